/* One table of permission words against kinds of principals; a word that is not in it is denied. Rows
 * and fields follow from roles, whose rights crm/roles.c keeps ready. */
#include "crm/access.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "crm/record_sql.h"
#include "crm/roles.h"

#define ANYTHING "*"

static const struct {
	const char *word;
	gboolean nobody, visitor, user;
	guint key_scopes; /* a key needs one of these; 0 = keys never */
	gboolean admin_only;
	/* of what staff and keys must reach some: of that, of anything at all, or NULL */
	const char *plural;
	AccessAction action;
} permissions[] = {
	{"public", TRUE, TRUE, TRUE, SCOPE_ALL, FALSE, NULL, 0},
	{"chat", FALSE, TRUE, TRUE, SCOPE_CHAT, FALSE, NULL, 0},
	{"completions", FALSE, FALSE, TRUE, SCOPE_CHAT, FALSE, NULL, 0},
	{"models", FALSE, FALSE, TRUE, SCOPE_CHAT | SCOPE_READ, FALSE, NULL, 0},
	{"staff", FALSE, FALSE, TRUE, SCOPE_READ, FALSE, NULL, 0},
	{"staff:write", FALSE, FALSE, TRUE, SCOPE_WRITE, FALSE, ANYTHING, ACCESS_UPDATE},
	{"session", FALSE, FALSE, TRUE, 0, FALSE, NULL, 0},
	{"conversations:read", FALSE, FALSE, TRUE, SCOPE_READ, FALSE, "conversations", ACCESS_READ},
	{"conversations:write", FALSE, FALSE, TRUE, SCOPE_WRITE, FALSE, "conversations",
	 ACCESS_UPDATE},
	{"records:read", FALSE, FALSE, TRUE, SCOPE_READ, FALSE, NULL, 0},
	{"records:write", FALSE, FALSE, TRUE, SCOPE_WRITE, FALSE, ANYTHING, ACCESS_UPDATE},
	{"admin", FALSE, FALSE, TRUE, SCOPE_ADMIN, TRUE, NULL, 0},
};

static const struct {
	const char *word;
	guint bits;
} scope_words[] = {
	{"all", SCOPE_ALL},	{"read", SCOPE_READ}, {"write", SCOPE_WRITE},
	{"admin", SCOPE_ADMIN}, {"chat", SCOPE_CHAT},
};

void principal_clear(Principal *principal)
{
	g_clear_pointer(&principal->name, g_free);
}

Principal principal_system(const char *org_id)
{
	Principal principal = {.kind = PRINCIPAL_SYSTEM, .is_admin = TRUE, .scopes = SCOPE_ALL};

	g_strlcpy(principal.org_id, org_id, sizeof(principal.org_id));
	return principal;
}

const char *principal_kind_name(const Principal *principal)
{
	static const char *const names[] = {"nobody", "visitor", "user", "key", "system"};

	return names[principal->kind];
}

char *principal_key(const Principal *principal)
{
	const char *id =
		principal->kind == PRINCIPAL_VISITOR ? principal->conversation_id : principal->id;

	return g_strdup_printf("%s:%s", principal_kind_name(principal), id);
}

gboolean scopes_parse(const char *text, guint *ret_scopes, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);
	guint scopes = 0;

	for (char **word = words; *word; word++) {
		guint bits = 0;

		g_strstrip(*word);
		for (gsize i = 0; i < G_N_ELEMENTS(scope_words); i++)
			if (g_str_equal(*word, scope_words[i].word))
				bits = scope_words[i].bits;
		if (!bits) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "unknown scope '%s' (expected all, read, write, admin or chat)",
				    *word);
			return FALSE;
		}
		scopes |= bits;
	}
	if (!scopes) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "expected a scope: all, read, write, admin or chat");
		return FALSE;
	}
	*ret_scopes = scopes;
	return TRUE;
}

char *scopes_text(guint scopes)
{
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(scope_words); i++)
		if ((scopes & scope_words[i].bits) == scope_words[i].bits) {
			g_string_append_printf(text, "%s%s", text->len ? "," : "",
					       scope_words[i].word);
			scopes &= ~scope_words[i].bits;
		}
	return g_string_free(text, FALSE);
}

static gboolean reaches_some(const Principal *p, gsize row)
{
	const char *plural = permissions[row].plural;

	if (!plural)
		return TRUE;
	if (!g_str_equal(plural, ANYTHING))
		return access_reach(p, plural, permissions[row].action) != REACH_NONE;
	return p->rights ? rights_write_anything(p->rights) : p->kind == PRINCIPAL_KEY;
}

static gboolean permission_holds(const Principal *p, gsize row)
{
	switch (p->kind) {
	case PRINCIPAL_NOBODY:
		return permissions[row].nobody;
	case PRINCIPAL_VISITOR:
		return permissions[row].visitor;
	case PRINCIPAL_USER:
		return permissions[row].user && (!permissions[row].admin_only || p->is_admin) &&
		       reaches_some(p, row);
	case PRINCIPAL_KEY:
		return (p->scopes & permissions[row].key_scopes) != 0 && reaches_some(p, row);
	case PRINCIPAL_SYSTEM:
		return TRUE;
	}
	return FALSE;
}

gboolean access_check(const Principal *principal, const char *permission, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(permissions); i++)
		if (g_str_equal(permission, permissions[i].word) && permission_holds(principal, i))
			return TRUE;
	if (principal->kind == PRINCIPAL_NOBODY)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED,
			    "log in or send an API key (Authorization: Bearer …)");
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
			    "this needs the right '%s'", permission);
	return FALSE;
}

/* ---- records ------------------------------------------------------------------------------------------------- */

static const char *const action_words[N_ACCESS_ACTIONS] = {
	[ACCESS_READ] = "read",	    [ACCESS_CREATE] = "create", [ACCESS_UPDATE] = "update",
	[ACCESS_DELETE] = "delete", [ACCESS_EXPORT] = "export", [ACCESS_IMPORT] = "import",
};

gboolean access_action_find(const char *word, AccessAction *ret_action)
{
	for (int i = 0; i < N_ACCESS_ACTIONS; i++)
		if (g_str_equal(word, action_words[i])) {
			*ret_action = (AccessAction)i;
			return TRUE;
		}
	return FALSE;
}

const char *access_action_name(AccessAction action)
{
	return action_words[action];
}

/* Who chats leaves name and address: crm/people.c decides into which contact. */
static Reach reach_of_chat(const char *plural, AccessAction action)
{
	return g_str_equal(plural, "contacts") && action <= ACCESS_UPDATE ? REACH_ALL : REACH_NONE;
}

/* The route has asked for the scope; who writes is answered with what was written. */
static Reach reach_of_key(const Principal *key, const char *plural, AccessAction action)
{
	guint needed = SCOPE_ADMIN | (action == ACCESS_READ	? SCOPE_READ | SCOPE_WRITE
				      : action == ACCESS_EXPORT ? SCOPE_READ
								: SCOPE_WRITE);
	Reach role = key->rights ? rights_reach(key->rights, plural, action) : REACH_ALL;

	if (key->scopes & needed)
		return role;
	if (!(key->scopes & SCOPE_CHAT))
		return REACH_NONE;
	return g_str_equal(plural, "conversations") ? role
						    : MIN(role, reach_of_chat(plural, action));
}

Reach access_reach(const Principal *principal, const char *plural, AccessAction action)
{
	switch (principal->kind) {
	case PRINCIPAL_NOBODY:
	case PRINCIPAL_VISITOR:
		return reach_of_chat(plural, action);
	case PRINCIPAL_USER:
		return principal->rights ? rights_reach(principal->rights, plural, action)
					 : REACH_NONE;
	case PRINCIPAL_KEY:
		return reach_of_key(principal, plural, action);
	case PRINCIPAL_SYSTEM:
		return REACH_ALL;
	}
	return REACH_NONE;
}

gboolean access_may(const Principal *principal, const Object *object, AccessAction action,
		    GError **error)
{
	gboolean changes = action != ACCESS_READ && action != ACCESS_EXPORT;

	if (object->flags & OBJECT_ADMIN_ONLY && changes)
		return access_check(principal, "admin", error);
	if (access_reach(principal, object->plural, action) != REACH_NONE)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN, "this needs the right to %s %s",
		    action_words[action], object->plural);
	return FALSE;
}

gboolean access_is_limited(const Principal *principal)
{
	return principal->rights && !rights_are_whole(principal->rights);
}

static char *owner_condition(Reach reach, const char *alias)
{
	if (reach == REACH_NONE)
		return g_strdup("FALSE");
	if (reach == REACH_OWN)
		return g_strdup_printf("%s.owner_id = $2", alias);
	return g_strdup_printf("(%s.owner_id = $2 OR %s.owner_id IN " ACCESS_TEAM_OF("$2") ")",
			       alias, alias);
}

char *access_where(const Principal *principal, const Object *object, AccessAction action,
		   const char *alias)
{
	Reach reach = access_reach(principal, object->plural, action);
	g_autofree char *of_contact = NULL;

	if (reach == REACH_ALL || object->flags & OBJECT_INTERNAL)
		return NULL;
	if (reach == REACH_NONE || object_field(object, "owner_id"))
		return owner_condition(reach, alias);
	if (!object_field(object, "contact_id"))
		return NULL;
	of_contact = owner_condition(reach, "k");
	return g_strdup_printf("EXISTS (SELECT 1 FROM contacts k WHERE k.org_id = $1 AND k.id = "
			       "%s.contact_id AND %s)",
			       alias, of_contact);
}

gboolean access_reaches(Db *db, const Principal *principal, const Object *object,
			AccessAction action, const char *id, gboolean *ret_reaches, GError **error)
{
	g_autofree char *where = access_where(principal, object, action, "t");
	g_autofree char *sql = NULL;

	*ret_reaches = TRUE;
	if (!where)
		return TRUE;
	sql = g_strdup_printf("SELECT 1 FROM %s t WHERE %s AND t.id = $3 AND $2 <> '' AND %s",
			      object_table(object), object_sql(object)->where, where);
	return db_exists(db, sql, ret_reaches, error, "sss", principal->org_id, principal->id, id);
}

FieldAccess access_field(const Principal *principal, const Object *object, const char *name)
{
	return principal->rights ? rights_field(principal->rights, object->plural, name)
				 : FIELD_WRITABLE;
}

gboolean access_limits_fields(const Principal *principal, const Object *object)
{
	return principal->rights && rights_limit_fields(principal->rights, object->plural);
}

/* ---- conversations ------------------------------------------------------------------------------------------- */

static gboolean conversation_within(Db *db, const Principal *principal, const char *id,
				    AccessAction action, gboolean *ret_within, GError **error)
{
	Reach reach = access_reach(principal, "conversations", action);

	return db_exists(db,
			 "SELECT 1 FROM conversations c WHERE c.org_id = $1 AND c.id = $2 "
			 "AND " ACCESS_CONVERSATIONS("$3", "$4"),
			 ret_within, error, "ssis", principal->org_id, id, (gint64)reach,
			 principal->id);
}

static gboolean no_conversation(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such conversation");
	return FALSE;
}

gboolean access_conversation(Db *db, const Principal *principal, const char *conversation_id,
			     AccessAction action, GError **error)
{
	gboolean within;

	if (principal->kind == PRINCIPAL_VISITOR)
		return g_str_equal(principal->conversation_id, conversation_id) ||
		       no_conversation(error);
	if (!conversation_within(db, principal, conversation_id, ACCESS_READ, &within, error))
		return FALSE;
	if (!within)
		return no_conversation(error);
	if (action == ACCESS_READ)
		return TRUE;
	if (!conversation_within(db, principal, conversation_id, action, &within, error))
		return FALSE;
	if (!within)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
			    "this needs the right to change this conversation");
	return within;
}
