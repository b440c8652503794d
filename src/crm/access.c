/* One table of permission words against kinds of principals; a word that is not in it is denied. */
#include "crm/access.h"

#include <string.h>

#include "base/error.h"

static const struct {
	const char *word;
	gboolean nobody, visitor, user;
	guint key_scopes; /* a key needs one of these; 0 = keys never */
	gboolean admin_only;
} permissions[] = {
	{"public", TRUE, TRUE, TRUE, SCOPE_ALL, FALSE},
	{"chat", FALSE, TRUE, TRUE, SCOPE_CHAT, FALSE},
	{"completions", FALSE, FALSE, TRUE, SCOPE_CHAT, FALSE},
	{"models", FALSE, FALSE, TRUE, SCOPE_CHAT | SCOPE_READ, FALSE},
	{"staff", FALSE, FALSE, TRUE, SCOPE_READ, FALSE},
	{"staff:write", FALSE, FALSE, TRUE, SCOPE_WRITE, FALSE},
	{"session", FALSE, FALSE, TRUE, 0, FALSE},
	{"records:read", FALSE, FALSE, TRUE, SCOPE_READ, FALSE},
	{"records:write", FALSE, FALSE, TRUE, SCOPE_WRITE, FALSE},
	{"admin", FALSE, FALSE, TRUE, SCOPE_ADMIN, TRUE},
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

static gboolean permission_holds(const Principal *p, gsize row)
{
	switch (p->kind) {
	case PRINCIPAL_NOBODY:
		return permissions[row].nobody;
	case PRINCIPAL_VISITOR:
		return permissions[row].visitor;
	case PRINCIPAL_USER:
		return permissions[row].user && (!permissions[row].admin_only || p->is_admin);
	case PRINCIPAL_KEY:
		return (p->scopes & permissions[row].key_scopes) != 0;
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

gboolean access_object(const Principal *principal, gboolean admin_only, GError **error)
{
	return !admin_only || access_check(principal, "admin", error);
}

gboolean access_conversation(const Principal *principal, const char *conversation_id,
			     GError **error)
{
	if (principal->kind != PRINCIPAL_VISITOR ||
	    g_str_equal(principal->conversation_id, conversation_id))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such conversation");
	return FALSE;
}
