/* Accounts: made, invited, changed, left. A link is looked up by its hash, so that a stolen database lets
 * nobody in. */
#include "crm/users.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/fields.h"
#include "crm/record_sql.h"
#include "crm/roles.h"
#include "crm/schema.h"
#include "crm/sessions.h"
#include "crm/totp.h"

enum { ARGON_OPS = 2, ARGON_BYTES = 19 * 1024 * 1024, NAME_MAX_CHARS = 200 };

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
	gboolean usable = user && user->active && *user->password_hash;

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
	g_free(user->totp_secret);
	g_free(user->totp_pending);
	g_free(user);
}

static gboolean unfit(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "%s", what);
	return FALSE;
}

static gboolean name_fits(const char *name, GError **error)
{
	return (*name && g_utf8_strlen(name, -1) <= NAME_MAX_CHARS) ||
	       unfit(error, "a name has 1 to 200 characters");
}

static gboolean language_fits(const char *language, GError **error)
{
	return g_str_equal(language, "zh") || g_str_equal(language, "en") ||
	       unfit(error, "language must be zh or en");
}

static gboolean role_fits(Db *db, const char *org_id, const char *role, GError **error)
{
	gboolean exists;

	return role_exists(db, org_id, role, &exists, error) &&
	       (exists || unfit(error, "there is no such role"));
}

gboolean user_create(Db *db, const Principal *actor, const char *name, const char *email,
		     const char *role, const char *language, const char *hash, char ret_id[37],
		     GError **error)
{
	g_autofree char *address = field_normalise(FIELD_EMAIL, email, error);

	if (!address || !name_fits(name, error) || !language_fits(language, error) ||
	    !role_fits(db, actor->org_id, role, error))
		return FALSE;
	return db_run(db,
		      "INSERT INTO users (org_id, id, name, email, role, language, password_hash, "
		      "created_at, updated_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
		      error, "sssssssi", actor->org_id, id_new(ret_id), name, address, role,
		      language, hash, clock_now_ms()) &&
	       audit_add(db, actor, "create", "users", ret_id, NULL, error);
}

#define USER_COLUMNS                                                                    \
	"id, org_id, name, email, role, language, password_hash, active, totp_secret, " \
	"totp_pending"

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
	user->totp_secret = g_strdup(db_text(rows, 8));
	user->totp_pending = g_strdup(db_text(rows, 9));
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

/* An organisation that nobody can administer is lost. */
static gboolean admin_left(Db *db, const char *org_id, GError **error)
{
	gboolean left;

	if (!db_exists(db,
		       "SELECT 1 FROM users WHERE org_id = $1 AND role = 'admin' AND active = 1 "
		       "LIMIT 1",
		       &left, error, "s", org_id))
		return FALSE;
	if (!left)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "the last administrator must stay one");
	return left;
}

static gboolean role_changed(Db *db, const Principal *actor, const char *role, GError **error)
{
	return !role ||
	       (role_fits(db, actor->org_id, role, error) && admin_left(db, actor->org_id, error) &&
		access_changed(db, actor->org_id, error));
}

/* Which members, not what they are: names of people have no place in the trail of settings. */
static char *change_detail(const UserChange *change)
{
	return change->role ? g_strdup_printf("{\"role\":\"%s\"}", change->role) : NULL;
}

gboolean user_update(Db *db, const Principal *actor, const char *id, const UserChange *change,
		     GError **error)
{
	g_autofree char *shown = change->name ? g_strstrip(g_strdup(change->name)) : NULL;
	g_autofree char *detail = NULL;

	if ((shown && !name_fits(shown, error)) ||
	    (change->language && !language_fits(change->language, error)) ||
	    !db_run(db,
		    "UPDATE users SET name = coalesce($3, name), language = coalesce($4, "
		    "language), role = coalesce($5, role), updated_at = $6 "
		    "WHERE org_id = $1 AND id = $2",
		    error, "sssssi", actor->org_id, id, shown, change->language, change->role,
		    clock_now_ms()))
		return FALSE;
	if (!db_changes(db))
		return fail_no_user(error);
	if (!role_changed(db, actor, change->role, error))
		return FALSE;
	detail = change_detail(change);
	return audit_add(db, actor, "update", "users", id, detail, error);
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
	json_put_string(w, "state",
			!user->active	       ? "deactivated"
			: *user->password_hash ? "active"
					       : "invited");
	json_put_bool(w, "totp", user->totp_secret != NULL);
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

/* ---- coming and going ------------------------------------------------------------------------------------------ */

static gboolean add_link(Db *db, const Principal *actor, const char *id, const char *kind,
			 char **ret_token, GError **error)
{
	g_autofree char *token = secret_new("zyl_");
	g_autofree char *hash = secret_hash(token);
	gint64 now = clock_now_ms();

	if (!db_run(db, "DELETE FROM user_links WHERE org_id = $1 AND user_id = $2", error, "ss",
		    actor->org_id, id) ||
	    !db_run(db,
		    "INSERT INTO user_links (token_hash, org_id, user_id, kind, created_at, "
		    "expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
		    error, "ssssii", hash, actor->org_id, id, kind, now,
		    now + USER_LINK_DAYS * 86400000LL))
		return FALSE;
	*ret_token = g_steal_pointer(&token);
	return TRUE;
}

gboolean user_invite(Db *db, const Principal *actor, const NewUser *fresh, char ret_id[37],
		     char **ret_token, GError **error)
{
	return user_create(db, actor, fresh->name, fresh->email, fresh->role, fresh->language, "",
			   ret_id, error) &&
	       add_link(db, actor, ret_id, "invitation", ret_token, error) &&
	       audit_add(db, actor, "invite", "users", ret_id, NULL, error);
}

gboolean user_reset(Db *db, const Principal *actor, const char *id, gboolean drop_totp,
		    char **ret_token, GError **error)
{
	g_autoptr(User) user = user_get(db, actor->org_id, id, error);

	return user && (!drop_totp || user_drop_totp(db, actor, id, error)) &&
	       add_link(db, actor, id, *user->password_hash ? "reset" : "invitation", ret_token,
			error) &&
	       audit_add(db, actor, "reset", "users", id, NULL, error);
}

User *user_find_link(Db *db, const char *token, gint64 *ret_expires_at, GError **error)
{
	g_autofree char *hash = secret_hash(token);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT org_id, user_id, expires_at FROM user_links WHERE token_hash = $1",
		error, "s", hash);
	g_autoptr(User) user = NULL;

	if (!rows)
		return NULL;
	if (db_next(rows, &failed) && db_int(rows, 2) > clock_now_ms())
		user = user_get(db, db_text(rows, 0), db_text(rows, 1), NULL);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	if (user && user->active) {
		*ret_expires_at = db_int(rows, 2);
		return g_steal_pointer(&user);
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
		    "this link was used already or is over; ask an administrator for another");
	return NULL;
}

gboolean user_set_password(Db *db, const Principal *actor, const char *id, const char *hash,
			   const char *but_token, GError **error)
{
	if (!db_run(db,
		    "UPDATE users SET password_hash = $3, updated_at = $4 WHERE org_id = $1 AND "
		    "id = $2",
		    error, "sssi", actor->org_id, id, hash, clock_now_ms()))
		return FALSE;
	return (db_changes(db) || fail_no_user(error)) &&
	       db_run(db, "DELETE FROM user_links WHERE org_id = $1 AND user_id = $2", error, "ss",
		      actor->org_id, id) &&
	       session_end_all(db, actor->org_id, id, but_token, error) &&
	       audit_add(db, actor, "set_password", "users", id, NULL, error);
}

gboolean user_accept(Db *db, const char *token, const char *hash, User **ret_user, GError **error)
{
	gint64 expires_at;
	g_autoptr(User) user = user_find_link(db, token, &expires_at, error);
	Principal self = {.kind = PRINCIPAL_USER};

	if (!user)
		return FALSE;
	g_strlcpy(self.org_id, user->org_id, sizeof(self.org_id));
	g_strlcpy(self.id, user->id, sizeof(self.id));
	if (!user_set_password(db, &self, user->id, hash, NULL, error))
		return FALSE;
	*ret_user = user_get(db, self.org_id, self.id, error);
	return *ret_user != NULL;
}

/* What has an owner goes to the other one; one row of the trail tells how much of each object. */
static gboolean hand_over_object(Db *db, const Principal *actor, const Object *object,
				 const char *from, const char *to, gint64 *n, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
		"UPDATE %s AS t SET owner_id = $3, version = version + 1, updated_at = $4 WHERE %s "
		"AND t.owner_id = $2",
		object_table(object), object_sql(object)->where);
	g_autofree char *detail = NULL;
	gint64 n_here;

	if (!object_field(object, "owner_id"))
		return TRUE;
	if (!db_run(db, sql, error, "sssi", actor->org_id, from, to, clock_now_ms()))
		return FALSE;
	n_here = db_changes(db);
	*n += n_here;
	detail = g_strdup_printf("{\"object\":\"%s\",\"to\":\"%s\",\"n\":%" G_GINT64_FORMAT "}",
				 object->plural, to, n_here);
	return !n_here || audit_add(db, actor, "hand_over", "users", from, detail, error);
}

static gboolean hand_over(Db *db, const Principal *actor, const char *from, const char *to,
			  gint64 *n, GError **error)
{
	g_autoptr(GPtrArray) objects = NULL;
	g_autoptr(User) heir = user_get(db, actor->org_id, to, error);

	if (!heir)
		return FALSE;
	if (!heir->active || g_str_equal(from, to))
		return unfit(error, "the records go to another user who is active");
	objects = schema_objects(db, actor->org_id, error);
	for (guint i = 0; objects && i < objects->len; i++)
		if (!hand_over_object(db, actor, objects->pdata[i], from, to, n, error))
			return FALSE;
	return objects &&
	       db_run(db,
		      "UPDATE conversations SET owner_id = $3 WHERE org_id = $1 AND owner_id = $2",
		      error, "sss", actor->org_id, from, to);
}

static gboolean set_active(Db *db, const Principal *actor, const char *id, gboolean active,
			   GError **error)
{
	if (!db_run(db,
		    "UPDATE users SET active = $3, updated_at = $4 WHERE org_id = $1 AND id = $2",
		    error, "ssii", actor->org_id, id, (gint64)active, clock_now_ms()))
		return FALSE;
	return (db_changes(db) || fail_no_user(error)) &&
	       access_changed(db, actor->org_id, error) &&
	       audit_add(db, actor, active ? "reactivate" : "deactivate", "users", id, NULL, error);
}

gboolean user_deactivate(Db *db, const Principal *actor, const char *id, const char *heir_id,
			 gint64 *ret_n_records, GError **error)
{
	*ret_n_records = 0;
	return set_active(db, actor, id, FALSE, error) && admin_left(db, actor->org_id, error) &&
	       session_end_all(db, actor->org_id, id, NULL, error) &&
	       db_run(db, "DELETE FROM user_links WHERE org_id = $1 AND user_id = $2", error, "ss",
		      actor->org_id, id) &&
	       (!heir_id || hand_over(db, actor, id, heir_id, ret_n_records, error));
}

gboolean user_reactivate(Db *db, const Principal *actor, const char *id, GError **error)
{
	return set_active(db, actor, id, TRUE, error);
}

/* ---- second factor ---------------------------------------------------------------------------------------------- */

gboolean user_begin_totp(Db *db, const Principal *who, char **ret_secret, GError **error)
{
	g_autofree char *secret = totp_secret_new();

	if (!db_run(db, "UPDATE users SET totp_pending = $3 WHERE org_id = $1 AND id = $2", error,
		    "sss", who->org_id, who->id, secret))
		return FALSE;
	*ret_secret = g_steal_pointer(&secret);
	return TRUE;
}

static gboolean add_recovery_codes(Db *db, const Principal *who, GPtrArray *codes, GError **error)
{
	for (int i = 0; i < TOTP_N_RECOVERY; i++) {
		char *code = recovery_code_new();
		g_autofree char *hash = recovery_code_hash(code);

		g_ptr_array_add(codes, code);
		if (!db_run(db,
			    "INSERT INTO recovery_codes (org_id, user_id, code_hash) VALUES ($1, "
			    "$2, "
			    "$3)",
			    error, "sss", who->org_id, who->id, hash))
			return FALSE;
	}
	return TRUE;
}

static gboolean drop_recovery_codes(Db *db, const Principal *who, const char *id, GError **error)
{
	return db_run(db, "DELETE FROM recovery_codes WHERE org_id = $1 AND user_id = $2", error,
		      "ss", who->org_id, id);
}

gboolean user_confirm_totp(Db *db, const Principal *who, const char *code, GPtrArray *codes,
			   GError **error)
{
	g_autoptr(User) user = user_get(db, who->org_id, who->id, error);
	gint64 step;

	if (!user)
		return FALSE;
	step = user->totp_pending ? totp_match(user->totp_pending, code, clock_now_ms(), 0) : 0;
	if (!step)
		return unfit(error, "the code is not that of the secret that was shown");
	return db_run(db,
		      "UPDATE users SET totp_secret = totp_pending, totp_pending = NULL, totp_step "
		      "= "
		      "$3 WHERE org_id = $1 AND id = $2",
		      error, "ssi", who->org_id, who->id, step) &&
	       drop_recovery_codes(db, who, who->id, error) &&
	       add_recovery_codes(db, who, codes, error) &&
	       audit_add(db, who, "totp_on", "users", who->id, NULL, error);
}

gboolean user_drop_totp(Db *db, const Principal *actor, const char *id, GError **error)
{
	return db_run(db,
		      "UPDATE users SET totp_secret = NULL, totp_pending = NULL WHERE org_id = $1 "
		      "AND id = $2",
		      error, "ss", actor->org_id, id) &&
	       drop_recovery_codes(db, actor, id, error) &&
	       audit_add(db, actor, "totp_off", "users", id, NULL, error);
}
