/*
 * Who asks, and what that one may do: the only place that decides. A principal is made by the api
 * layer from a session, a key or a visitor's token, or by a command for its data directory.
 * Permissions are words of the route table: "public", "session", "staff", "staff:write", "admin",
 * "records:read", "records:write", "chat", "completions", "models". Threads: pure functions. Does not know HTTP.
 */
#pragma once

#include <glib.h>

typedef enum {
	PRINCIPAL_NOBODY,  /* no credential: may see public things only */
	PRINCIPAL_VISITOR, /* holds the token of one conversation */
	PRINCIPAL_USER,	   /* a member of staff */
	PRINCIPAL_KEY,	   /* a program */
	PRINCIPAL_SYSTEM   /* bot, worker, commands on the data directory */
} PrincipalKind;

typedef enum {
	SCOPE_READ = 1,
	SCOPE_WRITE = 2,
	SCOPE_ADMIN = 4,
	SCOPE_CHAT = 8,
	SCOPE_ALL = 15
} Scope;

typedef struct {
	PrincipalKind kind;
	char org_id[37];
	char id[37];		  /* user, key; empty for visitors and system */
	char conversation_id[37]; /* visitors only */
	char *name;		  /* shown beside messages; owned */
	gboolean is_admin;
	guint scopes;	  /* keys only */
	guint per_minute; /* keys only: requests; 0 = as many as it likes */
} Principal;

void principal_clear(Principal *principal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Principal, principal_clear)

/* The system acting in one organisation. */
Principal principal_system(const char *org_id);
/* Text for audit rows: "visitor", "user", "key", "system". */
const char *principal_kind_name(const Principal *principal);
/* Key of idempotency and rate limits: kind and id. The caller frees it. */
char *principal_key(const Principal *principal);

/* "all", "read,write,chat" ... -> bits. FALSE with USAGE when a word is unknown or there is none. */
gboolean scopes_parse(const char *text, guint *ret_scopes, GError **error);

/* The reverse: "all", or its words in order. The caller frees it. */
char *scopes_text(guint scopes);

/* TRUE when the permission word allows this principal; else UNAUTHENTICATED (nobody) or FORBIDDEN.
 */
gboolean access_check(const Principal *principal, const char *permission, GError **error);
/* Whether the principal, whom the route has let in, may write records of an object that is (or is not)
 * for administrators only. FORBIDDEN. */
gboolean access_object(const Principal *principal, gboolean admin_only, GError **error);
/* Staff and keys see every conversation of their organisation, a visitor its own. Anything else is
 * NOT_FOUND, so that ids cannot be probed. */
gboolean access_conversation(const Principal *principal, const char *conversation_id,
			     GError **error);
