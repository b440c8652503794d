/* A session's token is looked up by its hash, so that a stolen database logs nobody in. */
#include "crm/sessions.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/roles.h"
#include "crm/totp.h"

static Principal self(const User *user)
{
	Principal actor = {.kind = PRINCIPAL_USER};

	g_strlcpy(actor.org_id, user->org_id, sizeof(actor.org_id));
	g_strlcpy(actor.id, user->id, sizeof(actor.id));
	return actor;
}

static gboolean wrong_code(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CODE_REQUIRED,
		    "the code is not right, or it was used already");
	return FALSE;
}

/* A step counts once, a recovery code once. */
static gboolean take_code(Db *db, const User *user, const char *code, GError **error)
{
	gint64 step = totp_match(user->totp_secret, code, clock_now_ms(), 0);
	g_autofree char *hash = NULL;

	if (step) {
		if (!db_run(db,
			    "UPDATE users SET totp_step = $3 WHERE org_id = $1 AND id = $2 AND "
			    "totp_step < $3",
			    error, "ssi", user->org_id, user->id, step))
			return FALSE;
		return db_changes(db) || wrong_code(error);
	}
	hash = recovery_code_hash(code);
	if (!db_run(db,
		    "DELETE FROM recovery_codes WHERE org_id = $1 AND user_id = $2 AND code_hash = "
		    "$3",
		    error, "sss", user->org_id, user->id, hash))
		return FALSE;
	return db_changes(db) || wrong_code(error);
}

gboolean session_create(Db *db, const User *user, const NewSession *fresh, char **ret_token,
			GError **error)
{
	g_autofree char *token = secret_new("zys_");
	g_autofree char *hash = secret_hash(token);
	Principal actor = self(user);
	char id[ID_LENGTH + 1];

	if (user->totp_secret && !fresh->code) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CODE_REQUIRED,
			    "send the code of your authenticator app, or a recovery code");
		return FALSE;
	}
	if ((user->totp_secret && !take_code(db, user, fresh->code, error)) ||
	    !db_run(db,
		    "INSERT INTO sessions (token_hash, org_id, user_id, created_at, seen_at, id, "
		    "address, agent) VALUES ($1, $2, $3, $4, $4, $5, $6, $7)",
		    error, "sssisss", hash, user->org_id, user->id, clock_now_ms(), id_new(id),
		    fresh->address, fresh->agent) ||
	    !audit_add(db, &actor, "login", "users", user->id, NULL, error))
		return FALSE;
	*ret_token = g_steal_pointer(&token);
	return TRUE;
}

gboolean session_principal(Db *db, const char *token, const SessionLimits *limits,
			   Principal *ret_principal, gboolean *ret_stale, GError **error)
{
	g_autofree char *hash = secret_hash(token);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT u.org_id, u.id, u.name, u.role, s.created_at, s.seen_at, "
		"o.access_version FROM sessions s JOIN users u ON u.org_id = s.org_id AND u.id = "
		"s.user_id JOIN organisations o ON o.id = u.org_id "
		"WHERE s.token_hash = $1 AND u.active = 1",
		error, "s", hash);
	gint64 now = clock_now_ms();

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed) || now - db_int(rows, 4) > limits->absolute_ms ||
	    now - db_int(rows, 5) > limits->idle_ms) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		else
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED,
				    "the session is over, log in again");
		return FALSE;
	}
	*ret_principal = (Principal){.kind = PRINCIPAL_USER, .name = g_strdup(db_text(rows, 2))};
	g_strlcpy(ret_principal->org_id, db_text(rows, 0), sizeof(ret_principal->org_id));
	g_strlcpy(ret_principal->id, db_text(rows, 1), sizeof(ret_principal->id));
	ret_principal->is_admin = g_str_equal(db_text(rows, 3), "admin");
	*ret_stale = now - db_int(rows, 5) > 60000;
	ret_principal->rights =
		rights_get(db, ret_principal->org_id, db_int(rows, 6), db_text(rows, 3), error);
	return ret_principal->rights != NULL;
}

gboolean session_touch(Db *db, const char *token, GError **error)
{
	g_autofree char *hash = secret_hash(token);

	return db_run(db, "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1", error, "si",
		      hash, clock_now_ms());
}

gboolean session_end(Db *db, const char *token, GError **error)
{
	g_autofree char *hash = secret_hash(token);

	return db_run(db, "DELETE FROM sessions WHERE token_hash = $1", error, "s", hash);
}

gboolean session_end_all(Db *db, const char *org_id, const char *user_id, const char *but_token,
			 GError **error)
{
	g_autofree char *but = but_token ? secret_hash(but_token) : g_strdup("");

	return db_run(
		db, "DELETE FROM sessions WHERE org_id = $1 AND user_id = $2 AND token_hash <> $3",
		error, "sss", org_id, user_id, but);
}

gboolean session_end_id(Db *db, const Principal *who, const char *id, GError **error)
{
	if (!db_run(db, "DELETE FROM sessions WHERE org_id = $1 AND user_id = $2 AND id = $3",
		    error, "sss", who->org_id, who->id, id))
		return FALSE;
	if (db_changes(db))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such session");
	return FALSE;
}

gboolean session_list(Db *db, const Principal *who, const char *token, GString *out, GError **error)
{
	g_autofree char *hash = token ? secret_hash(token) : g_strdup("");
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, created_at, seen_at, address, agent, token_hash = $3 FROM sessions "
		"WHERE org_id = $1 AND user_id = $2 AND id IS NOT NULL ORDER BY seen_at DESC, id",
		error, "sss", who->org_id, who->id, hash);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed)) {
		json_object_begin(&w, NULL);
		json_put_string(&w, "id", db_text(rows, 0));
		json_put_time(&w, "created_at", db_int(rows, 1));
		json_put_time(&w, "seen_at", db_int(rows, 2));
		json_put_string(&w, "address", db_text(rows, 3));
		json_put_string(&w, "agent", db_text(rows, 4));
		json_put_bool(&w, "current", db_int(rows, 5) != 0);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
