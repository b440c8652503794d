/*
 * Staff and their sessions: what turns a person's secret into a Principal. Passwords are argon2id
 * (libsodium, 19 MiB, t=2 and up), session tokens are 256 random bits stored as SHA-256. password_hash()/password_matches() take tens of milliseconds and 19 MiB: run them on
 * the slow pool, never in a write. Errors: BAD_CREDENTIALS, UNAUTHENTICATED (session over),
 * UNPROCESSABLE (weak password), CONFLICT (e-mail in use), NOT_FOUND (no such user).
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

enum { PASSWORD_MIN_CHARS = 8, PASSWORD_MAX_BYTES = 1024 };

/* PHC string; NULL with UNPROCESSABLE when too short or long. The caller frees it. */
char *password_hash(const char *password, GError **error);

typedef struct {
	char id[37], org_id[37];
	char *name, *email, *role, *language, *password_hash;
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
gboolean user_update(Db *db, const Principal *actor, const char *id, const char *name,
		     const char *language, GError **error);
gboolean user_list(Db *db, const char *org_id, GString *out, GError **error);
void user_write_json(const User *user, const char *key, JsonWriter *w);
/* Takes as long for an unknown user (NULL) as for a known one. */
gboolean password_matches(const User *user, const char *password);

typedef struct {
	gint64 idle_ms, absolute_ms;
} SessionLimits;

/* Inside a write. The caller frees ret_token, which is not stored. */
gboolean session_create(Db *db, const User *user, char **ret_token, GError **error);
/* Fills the principal. ret_stale: the session was last noted over a minute ago, so session_touch()
 * is due. */
gboolean session_principal(Db *db, const char *token, const SessionLimits *limits,
			   Principal *ret_principal, gboolean *ret_stale, GError **error);
gboolean session_touch(Db *db, const char *token, GError **error);
gboolean session_end(Db *db, const char *token, GError **error);
