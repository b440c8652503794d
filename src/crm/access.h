/*
 * Who asks, and what that one may do: the only place that decides. A principal is made by the api
 * layer from a session, a key or a visitor's token, or by a command for its data directory.
 *
 * Three questions, each answered here alone:
 *   may this one use the route?     access_check(), by the permission word of its row
 *   which records may it act on?    access_may() yes or no for the object, access_where() the
 *                                   condition on its rows, access_reaches() for one row
 *   which fields may it know, set?  access_field()
 * What a member of staff may follows from its role (crm/roles.h), what a key may from its scopes and,
 * where it is bound to one, from a role too: both must allow. "own" is what has the principal as
 * owner_id, "team" what has somebody of one of its teams; a record without owner_id follows its
 * contact, and one that has neither is open to whoever may do the act at all.
 *
 * Threads: pure functions, but for those that take db. Does not know HTTP.
 */
#pragma once

#include <glib.h>

#include "base/error_text.h"

#include "store/store.h"

typedef struct Object Object; /* crm/objects.h */
typedef struct Rights Rights; /* crm/roles.h */

typedef enum {
	ACCESS_READ,
	ACCESS_CREATE,
	ACCESS_UPDATE,
	ACCESS_DELETE,
	ACCESS_EXPORT,
	ACCESS_IMPORT,
	N_ACCESS_ACTIONS
} AccessAction;

typedef enum { REACH_NONE, REACH_OWN, REACH_TEAM, REACH_ALL } Reach;

typedef enum { FIELD_WRITABLE, FIELD_READABLE, FIELD_HIDDEN } FieldAccess;

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
	/* users, and keys bound to a role; lives until the program ends. A user without may nothing */
	const Rights *rights;
	/* for audit rows, borrowed; NULL = unknown: the request, and why it is made */
	const char *request_id, *reason;
	Reader reader; /* whom results of single rows are told */
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

/* ---- records ------------------------------------------------------------------------------------------------- */

/* "read", "create" ... FALSE for another word. */
gboolean access_action_find(const char *word, AccessAction *ret_action);
const char *access_action_name(AccessAction action);

/* How far the act reaches; plural: of an object, or "conversations". */
Reach access_reach(const Principal *principal, const char *plural, AccessAction action);
/* FORBIDDEN where it reaches nothing, or where administrators alone may. */
gboolean access_may(const Principal *principal, const Object *object, AccessAction action,
		    GError **error);
/* Whether anything narrows what it reaches, so that statements have to bind its id as $2. */
gboolean access_is_limited(const Principal *principal);
/* The condition on the rows of alias that it reaches, with $1 = its organisation and $2 = its id;
 * NULL when it reaches all. The caller frees it. */
char *access_where(const Principal *principal, const Object *object, AccessAction action,
		   const char *alias);
/* Whether the record is among them; a record that is not there is not. */
gboolean access_reaches(Db *db, const Principal *principal, const Object *object,
			AccessAction action, const char *id, gboolean *ret_reaches, GError **error);
/* name: of a field, or of a member of custom. */
FieldAccess access_field(const Principal *principal, const Object *object, const char *name);
/* Whether any field of the object is not writable, which is seldom. */
gboolean access_limits_fields(const Principal *principal, const Object *object);

/* ---- conversations ------------------------------------------------------------------------------------------- */

/* On conversations c: $N = access_reach(), $M = the principal's id. What no person has is everybody's
 * who may act on conversations at all. */
#define ACCESS_TEAM_OF(me)                                                                  \
	"(SELECT m.user_id FROM team_members m JOIN team_members i ON i.org_id = m.org_id " \
	"AND i.team_id = m.team_id WHERE i.org_id = $1 AND i.user_id = " me ")"
#define ACCESS_CONVERSATIONS(reach, me)                                                 \
	"(" reach " = 3 OR (" reach " > 0 AND (c.owner <> 'person' OR c.owner_id = " me \
	" OR (" reach " = 2 AND c.owner_id IN " ACCESS_TEAM_OF(me) "))))"

/* A visitor sees its own conversation, staff and keys those that they reach. Anything else is
 * NOT_FOUND, so that ids cannot be probed; FORBIDDEN for one that it sees and may not change. */
gboolean access_conversation(Db *db, const Principal *principal, const char *conversation_id,
			     AccessAction action, GError **error);
