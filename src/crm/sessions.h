/*
 * Sessions of staff: what turns a cookie into a Principal. A token is 256 random bits, stored as
 * SHA-256. Errors: UNAUTHENTICATED (over), CODE_REQUIRED (a second factor is wanted, or the code is
 * wrong or used), NOT_FOUND.
 */
#pragma once

#include "crm/users.h"

typedef struct {
	gint64 idle_ms, absolute_ms;
} SessionLimits;

typedef struct {
	const char *code;	     /* of the second factor, or NULL */
	const char *address, *agent; /* where it comes from, for its owner to look at; or NULL */
} NewSession;

/* Inside a write, for a user whose password was right. The caller frees ret_token, which is not
 * stored. */
gboolean session_create(Db *db, const User *user, const NewSession *fresh, char **ret_token,
			GError **error);
/* Fills the principal with its rights. ret_stale: the session was last noted over a minute ago, so
 * session_touch() is due. */
gboolean session_principal(Db *db, const char *token, const SessionLimits *limits,
			   Principal *ret_principal, gboolean *ret_stale, GError **error);
gboolean session_touch(Db *db, const char *token, GError **error);
gboolean session_end(Db *db, const char *token, GError **error);
/* but_token: the one that stays, or NULL. */
gboolean session_end_all(Db *db, const char *org_id, const char *user_id, const char *but_token,
			 GError **error);
gboolean session_end_id(Db *db, const Principal *who, const char *id, GError **error);
/* {"items":[{"id","created_at","seen_at","address","agent","current"}]}; token: the current one. */
gboolean session_list(Db *db, const Principal *who, const char *token, GString *out,
		      GError **error);
