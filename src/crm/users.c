/* Users and sessions. A secret is looked up by its hash, so that a stolen database logs nobody in. */
#include "crm/users.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/fields.h"

enum { ARGON_OPS = 2, ARGON_BYTES = 19 * 1024 * 1024 };

char *password_hash(const char *password, GError **error)
{
	char hash[crypto_pwhash_STRBYTES];

	if (g_utf8_strlen(password, -1) < PASSWORD_MIN_CHARS ||
	    strlen(password) > PASSWORD_MAX_BYTES) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "a password needs %d characters or more (and at most %d bytes)",
			    PASSWORD_MIN_CHARS, PASSWORD_MAX_BYTES);
		return NULL;
	}
	if (crypto_pwhash_str_alg(hash, password, strlen(password), ARGON_OPS, ARGON_BYTES,
				  crypto_pwhash_ALG_ARGON2ID13) != 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "not enough memory to check a password, try again");
		return NULL;
	}
	return g_strdup(hash);
}

gboolean password_matches(const User *user, const char *password)
{
	/* The hash of a random password nobody has: an unknown user costs the same work. */
	static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$"
				     "9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ";
	gboolean usable = user && user->active;

	if (strlen(password) > PASSWORD_MAX_BYTES)
		return FALSE;
	return crypto_pwhash_str_verify(usable ? user->password_hash : nobody, password,
					strlen(password)) == 0 &&
	       usable;
}

void user_free(User *user)
{
	if (!user)
		return;
	g_free(user->name);
	g_free(user->email);
	g_free(user->role);
	g_free(user->language);
	g_free(user->password_hash);
	g_free(user);
}

gboolean user_create(Db *db, const Principal *actor, const char *name, const char *email,
		     const char *role, const char *language, const char *hash, char ret_id[37],
		     GError **error)
{
	g_autofree char *address = field_normalise(FIELD_EMAIL, email, error);

	if (!address)
		return FALSE;
	return db_run(db,
		      "INSERT INTO users (org_id, id, name, email, role, language, password_hash, "
		      "created_at, updated_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
		      error, "sssssssi", actor->org_id, id_new(ret_id), name, address, role,
		      language, hash, clock_now_ms()) &&
	       audit_add(db, actor, "create", "users", ret_id, NULL, error);
}

#define USER_COLUMNS "id, org_id, name, email, role, language, password_hash, active"

static User *user_from_rows(DbRows *rows)
{
	User *user = g_new0(User, 1);

	g_strlcpy(user->id, db_text(rows, 0), sizeof(user->id));
	g_strlcpy(user->org_id, db_text(rows, 1), sizeof(user->org_id));
	user->name = g_strdup(db_text(rows, 2));
	user->email = g_strdup(db_text(rows, 3));
	user->role = g_strdup(db_text(rows, 4));
	user->language = g_strdup(db_text(rows, 5));
	user->password_hash = g_strdup(db_text(rows, 6));
	user->active = db_int(rows, 7) != 0;
	return user;
}

char *user_email_key(const char *email)
{
	return g_strstrip(g_utf8_strdown(email, -1));
}

User *user_find_email(Db *db, const char *email, GError **error)
{
	g_autofree char *address = user_email_key(email);
	g_autoptr(DbRows) rows = db_query(db, "SELECT " USER_COLUMNS " FROM users WHERE email = $1",
					  error, "s", address);

	return rows && db_next(rows, error) ? user_from_rows(rows) : NULL;
}

static gboolean fail_no_user(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such user");
	return FALSE;
}

User *user_get(Db *db, const char *org_id, const char *id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " USER_COLUMNS " FROM users WHERE org_id = $1 AND id = $2",
			 error, "ss", org_id, id);

	if (!rows)
		return NULL;
	if (db_next(rows, &failed))
		return user_from_rows(rows);
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		fail_no_user(error);
	return NULL;
}

gboolean user_update(Db *db, const Principal *actor, const char *id, const char *name,
		     const char *language, GError **error)
{
	g_autofree char *shown = name ? g_strstrip(g_strdup(name)) : NULL;

	if (language && !g_str_equal(language, "zh") && !g_str_equal(language, "en")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "language must be zh or en");
		return FALSE;
	}
	if (shown && (!*shown || g_utf8_strlen(shown, -1) > 200)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "a name has 1 to 200 characters");
		return FALSE;
	}
	if (!db_run(db,
		    "UPDATE users SET name = coalesce($3, name), language = coalesce($4, "
		    "language), updated_at = $5 "
		    "WHERE org_id = $1 AND id = $2",
		    error, "ssssi", actor->org_id, id, shown, language, clock_now_ms()))
		return FALSE;
	return db_changes(db) ? audit_add(db, actor, "update", "users", id, NULL, error)
			      : fail_no_user(error);
}

void user_write_json(const User *user, const char *key, JsonWriter *w)
{
	json_object_begin(w, key);
	json_put_string(w, "id", user->id);
	json_put_string(w, "name", user->name);
	json_put_string(w, "email", user->email);
	json_put_string(w, "role", user->role);
	json_put_string(w, "language", user->language);
	json_put_bool(w, "active", user->active);
	json_object_end(w);
}

gboolean user_list(Db *db, const char *org_id, GString *out, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT " USER_COLUMNS " FROM users WHERE org_id = $1 ORDER BY id LIMIT 1000",
		error, "s", org_id);
	g_autoptr(GError) failed = NULL;
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed)) {
		g_autoptr(User) user = user_from_rows(rows);

		user_write_json(user, NULL, &w);
	}
	json_array_end(&w);
	json_put_null(&w, "next_page_token");
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- sessions ------------------------------------------------------------------------------------------------ */

gboolean session_create(Db *db, const User *user, char **ret_token, GError **error)
{
	g_autofree char *token = secret_new("zys_");
	g_autofree char *hash = secret_hash(token);
	gint64 now = clock_now_ms();
	Principal actor = {.kind = PRINCIPAL_USER};

	g_strlcpy(actor.org_id, user->org_id, sizeof(actor.org_id));
	g_strlcpy(actor.id, user->id, sizeof(actor.id));
	if (!db_run(db,
		    "INSERT INTO sessions (token_hash, org_id, user_id, created_at, seen_at) "
		    "VALUES ($1, $2, $3, $4, $4)",
		    error, "sssi", hash, user->org_id, user->id, now) ||
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
		"SELECT u.org_id, u.id, u.name, u.role, s.created_at, s.seen_at FROM sessions s "
		"JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id "
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
	return TRUE;
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
