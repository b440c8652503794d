/*
 * API keys: 256 random bits that a program holds, stored as their SHA-256, with scopes, an end if they
 * have one, and how often they may be used. What may be done with one is decided in crm/access.h.
 *
 * Threads: as the Db they are given. Errors: UNAUTHENTICATED (unknown, revoked, expired), UNPROCESSABLE
 * (a name or an end that cannot be), NOT_FOUND. A key that was revoked or has expired stays on record.
 * Does not count requests: the api layer does.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

typedef struct {
	const char *name;
	guint scopes;
	gint64 expires_at; /* milliseconds since 1970; 0 = never */
	guint per_minute;  /* requests; 0 = as many as it likes */
	const char *role;  /* it may do no more than this role may; NULL = bound to none */
} NewKey;

/* Inside a write. The key is shown once; the caller frees it. */
gboolean key_create(Db *db, const Principal *actor, const NewKey *fresh, char ret_id[37],
		    char **ret_key, GError **error);
/* Whose key it is, if it counts now. ret_stale: its use was last noted over a minute ago, so key_touch()
 * is due. */
gboolean key_principal(Db *db, const char *key, Principal *ret_principal, gboolean *ret_stale,
		       GError **error);
/* Inside a write: it is used now. */
gboolean key_touch(Db *db, const char *key, GError **error);
/* Inside a write. From now on it is none; once more is no error. */
gboolean key_revoke(Db *db, const Principal *actor, const char *id, GError **error);

typedef struct {
	char id[37];
	const char *name;  /* borrowed */
	const char *state; /* "active", "expired", "revoked" */
	const char *role;  /* or NULL; borrowed */
	guint scopes, per_minute;
	gint64 created_at, expires_at, revoked_at, used_at; /* but the first 0: never, not */
} Key;
typedef void (*KeyEach)(const Key *key, gpointer data);
/* Oldest first. */
gboolean key_each(Db *db, const char *org_id, KeyEach each, gpointer data, GError **error);
