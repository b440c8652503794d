/*
 * Rows of patterns to few compiled ones. Rows of a kind are joined to alternations as large as the
 * library allows, because one pass over the text with a hundred alternatives is far cheaper than a
 * hundred passes.
 */
#include "nlu/intent_rules.h"

#include <string.h>

enum {
	CHUNK_BYTES =
		12 * 1024 /* of expanded patterns; PCRE2 with short links compiles at most 64 KiB */
};

typedef struct {
	GPtrArray *kinds[N_RULES]; /* of GRegex */
	GPtrArray *rewrites;	   /* of GRegex, as long as rewrite_rows */
} Rules;

static const struct {
	const char *name, *pattern;
} class_rows[] = {
#define CLASS(name, pattern) {"<" name ">", pattern},
#include "nlu/intent_rules.def"
};

static const struct {
	RuleKind kind;
	const char *pattern;
} rule_rows[] = {
#define RULE(kind, pattern) {RULE_##kind, pattern},
#include "nlu/intent_rules.def"
};

static const struct {
	const char *pattern, *replacement;
} rewrite_rows[] = {
#define REWRITE(pattern, replacement) {pattern, replacement},
#include "nlu/intent_rules.def"
};

/* ---- compiling ---- */

/* Classes stand in the file before their users, so that from the last to the first one replacement
 * each is enough. */
static char *rule_expand(const char *pattern)
{
	g_autoptr(GString) out = g_string_new(pattern);

	for (gsize i = G_N_ELEMENTS(class_rows); i-- > 0;)
		g_string_replace(out, class_rows[i].name, class_rows[i].pattern, 0);
	return g_strdup(out->str);
}

static GRegex *rule_compile(const char *expanded)
{
	g_autoptr(GError) error = NULL;
	GRegex *regex =
		g_regex_new(expanded, G_REGEX_OPTIMIZE | G_REGEX_NO_AUTO_CAPTURE, 0, &error);

	if (!regex)
		g_error("intent rule: %s in %s", error->message, expanded);
	return regex;
}

static void chunk_end(GPtrArray *out, GString *chunk)
{
	if (chunk->len)
		g_ptr_array_add(out, rule_compile(chunk->str));
	g_string_truncate(chunk, 0);
}

static GPtrArray *kind_compile(RuleKind kind)
{
	GPtrArray *out = g_ptr_array_new();
	g_autoptr(GString) chunk = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(rule_rows); i++) {
		g_autofree char *expanded =
			rule_rows[i].kind == kind ? rule_expand(rule_rows[i].pattern) : NULL;

		if (!expanded)
			continue;
		if (chunk->len + strlen(expanded) > CHUNK_BYTES)
			chunk_end(out, chunk);
		g_string_append_printf(chunk, "%s(?:%s)", chunk->len ? "|" : "", expanded);
	}
	chunk_end(out, chunk);
	return out;
}

static Rules *rules_build(void)
{
	Rules *rules = g_new0(Rules, 1);

	for (RuleKind kind = 0; kind < N_RULES; kind++)
		rules->kinds[kind] = kind_compile(kind);
	rules->rewrites = g_ptr_array_new();
	for (gsize i = 0; i < G_N_ELEMENTS(rewrite_rows); i++) {
		g_autofree char *expanded = rule_expand(rewrite_rows[i].pattern);

		g_ptr_array_add(rules->rewrites, rule_compile(expanded));
	}
	return rules;
}

static const Rules *rules_get(void)
{
	static Rules *rules;

	if (g_once_init_enter(&rules))
		g_once_init_leave(&rules, rules_build());
	return rules;
}

/* ---- matching ---- */

gboolean rules_match(RuleKind kind, const char *text, gssize n)
{
	const GPtrArray *chunks = rules_get()->kinds[kind];

	for (guint i = 0; i < chunks->len; i++)
		if (g_regex_match_full(g_ptr_array_index(chunks, i), text, n, 0, 0, NULL, NULL))
			return TRUE;
	return FALSE;
}

char *rules_rewrite(const char *plain)
{
	const Rules *rules = rules_get();
	char *text = g_strdup(plain);

	for (guint i = 0; i < rules->rewrites->len; i++) {
		GRegex *regex = g_ptr_array_index(rules->rewrites, i);
		char *next;

		if (!g_regex_match(regex, text, 0, NULL))
			continue;
		next = g_regex_replace_literal(regex, text, -1, 0, rewrite_rows[i].replacement, 0,
					       NULL);
		if (next) {
			g_free(text);
			text = next;
		}
	}
	return text;
}
