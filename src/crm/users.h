/*
 * Staff: who they are, how they come in and how they leave. Passwords are argon2id (libsodium, 19 MiB,
 * t=2 and up). password_hash()/password_matches() take tens of milliseconds and 19 MiB: run them on
 * the slow pool, never in a write. Errors: BAD_CREDENTIALS, UNPROCESSABLE (weak password, no such
 * role), CONFLICT (e-mail in use, the last administrator), NOT_FOUND (no such user, link over).
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

enum { PASSWORD_MIN_CHARS = 8, PASSWORD_MAX_BYTES = 1024, USER_LINK_DAYS = 7 };

/* PHC string; NULL with UNPROCESSABLE when too short or long. The caller frees it. */
char *password_hash(const char *password, GError **error);

typedef struct {
	char id[37], org_id[37];
	char *name, *email, *role, *language;
	char *password_hash; /* "": invited, no password yet */
	char *totp_secret,
		*totp_pending; /* NULL: no second factor; none that waits for its first code */
	gboolean active;
} User;

void user_free(User *user);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(User, user_free)

/* Inside a write; hash from password_hash(). */
gboolean user_create(Db *db, const Principal *actor, const char *name, const char *email,
		     const char *role, const char *language, const char *hash, char ret_id[37],
		     GError **error);
/* The form in which an address is compared: however it is spelled, it is one account. The caller
 * frees it. */
char *user_email_key(const char *email);
/* NULL without error when there is none. */
User *user_find_email(Db *db, const char *email, GError **error);
User *user_get(Db *db, const char *org_id, const char *id, GError **error);
typedef struct {
	const char *name, *language, *role; /* NULL = as it is */
} UserChange;

/* Inside a write; whether the actor may is asked before. */
gboolean user_update(Db *db, const Principal *actor, const char *id, const UserChange *change,
		     GError **error);
gboolean user_list(Db *db, const char *org_id, GString *out, GError **error);
void user_write_json(const User *user, const char *key, JsonWriter *w);
/* Takes as long for an unknown user (NULL) as for a known one. */
gboolean password_matches(const User *user, const char *password);

/* ---- coming and going (inside a write, by an administrator) ------------------------------------------------------- */

typedef struct {
	const char *name, *email, *role, *language;
} NewUser;

/* ret_token: of the link that sets the first password, for USER_LINK_DAYS; the caller frees it. */
gboolean user_invite(Db *db, const Principal *actor, const NewUser *fresh, char ret_id[37],
		     char **ret_token, GError **error);
/* A link that sets another password; drop_totp: and the second factor is off, for a lost device. */
gboolean user_reset(Db *db, const Principal *actor, const char *id, gboolean drop_totp,
		    char **ret_token, GError **error);
/* All sessions end. heir_id: who gets the records, or NULL: they stay. */
gboolean user_deactivate(Db *db, const Principal *actor, const char *id, const char *heir_id,
			 gint64 *ret_n_records, GError **error);
gboolean user_reactivate(Db *db, const Principal *actor, const char *id, GError **error);

/* ---- by themselves (inside a write, but for the reading) ----------------------------------------------------------- */

/* Whose link it is. */
User *user_find_link(Db *db, const char *token, gint64 *ret_expires_at, GError **error);
/* Sets the password and uses up the link. The caller frees ret_user. */
gboolean user_accept(Db *db, const char *token, const char *hash, User **ret_user, GError **error);
/* but_token: the session that goes on; all others end. */
gboolean user_set_password(Db *db, const Principal *actor, const char *id, const char *hash,
			   const char *but_token, GError **error);
/* A secret that waits for its first code. The caller frees it. */
gboolean user_begin_totp(Db *db, const Principal *who, char **ret_secret, GError **error);
/* From now on a code is wanted. codes gets the recovery codes (char *), shown once. */
gboolean user_confirm_totp(Db *db, const Principal *who, const char *code, GPtrArray *codes,
			   GError **error);
gboolean user_drop_totp(Db *db, const Principal *actor, const char *id, GError **error);
