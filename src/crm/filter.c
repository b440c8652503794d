/* A recursive descent over the filter text that writes SQL as it goes. What a comparison means for
 * each type stands in filter_compare.c. */
#include "crm/filter.h"

#include <string.h>

#include "base/error.h"
#include "crm/filter_compare.h"

typedef struct {
	const FilterScope *scope;
	const char *text, *at;
	SqlText *out;
	int depth;
} Parser;

static gboolean fail_at(const Parser *p, const char *at, const char *what, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "filter, column %ld: %s",
		    g_utf8_pointer_to_offset(p->text, at) + 1, what);
	return FALSE;
}

static void skip_space(Parser *p)
{
	while (g_ascii_isspace(*p->at))
		p->at++;
}

/* A keyword stands alone: ANDREW is a name. */
static gboolean take_word(Parser *p, const char *word)
{
	gsize n = strlen(word);

	skip_space(p);
	if (strncmp(p->at, word, n) != 0 || !(g_ascii_isspace(p->at[n]) || p->at[n] == '('))
		return FALSE;
	p->at += n;
	return TRUE;
}

/* "..." or '...'; \ takes the next character as it is. */
static char *take_quoted(Parser *p, GError **error)
{
	const char *start = p->at;
	char quote = *p->at++;
	GString *value = g_string_new(NULL);

	while (*p->at && *p->at != quote) {
		if (*p->at == '\\' && p->at[1])
			p->at++;
		g_string_append_c(value, *p->at++);
	}
	if (*p->at) {
		p->at++;
		return g_string_free(value, FALSE);
	}
	g_string_free(value, TRUE);
	fail_at(p, start, "this quote is not closed", error);
	return NULL;
}

static gboolean take_literal(Parser *p, FilterLiteral *literal, GError **error)
{
	const char *start;

	skip_space(p);
	literal->quoted = *p->at == '"' || *p->at == '\'';
	start = p->at;
	if (literal->quoted) {
		literal->text = take_quoted(p, error);
		return literal->text != NULL;
	}
	if (*start && strchr("=<>", *start))
		return fail_at(p, start, "a value that begins with = < or > stands in quotes",
			       error);
	while (*p->at && !g_ascii_isspace(*p->at) && *p->at != ')' && *p->at != '(')
		p->at++;
	if (p->at == start)
		return fail_at(p, start, "expected a value", error);
	literal->text = g_strndup(start, (gsize)(p->at - start));
	return TRUE;
}

static gboolean take_operator(Parser *p, FilterOperator *ret_operator)
{
	static const struct {
		const char *text;
		FilterOperator sign;
	} operators[] = {{"<=", FILTER_AT_MOST}, {">=", FILTER_AT_LEAST}, {"!=", FILTER_DIFFERS},
			 {"=", FILTER_EQUALS},	 {"<", FILTER_BELOW},	  {">", FILTER_ABOVE},
			 {":", FILTER_HAS}};

	skip_space(p);
	for (gsize i = 0; i < G_N_ELEMENTS(operators); i++)
		if (g_str_has_prefix(p->at, operators[i].text)) {
			p->at += strlen(operators[i].text);
			*ret_operator = operators[i].sign;
			return TRUE;
		}
	return FALSE;
}

/* path operator literal */
static gboolean parse_restriction(Parser *p, GError **error)
{
	const char *start = p->at;
	g_autofree char *path = NULL;
	g_autoptr(GError) failed = NULL;
	g_auto(FilterLiteral) literal = {0};
	const char *value_at;
	FilterOperator sign;

	while (g_ascii_isalnum(*p->at) || *p->at == '_' || *p->at == '.')
		p->at++;
	path = g_strndup(start, (gsize)(p->at - start));
	if (!*path)
		return fail_at(p, start, "expected the name of a field", error);
	if (!take_operator(p, &sign))
		return fail_at(p, p->at,
			       "expected one of = != < <= > >= : after the name of a field", error);
	skip_space(p);
	value_at = p->at;
	if (!take_literal(p, &literal, error))
		return FALSE;
	if (filter_compare(p->scope, path, sign, &literal, p->out, &failed))
		return TRUE;
	return fail_at(p, g_str_has_prefix(failed->message, "there is no field") ? start : value_at,
		       failed->message, error);
}

static gboolean parse_expression(Parser *p, GError **error);

static gboolean parse_simple(Parser *p, GError **error)
{
	const char *start;

	skip_space(p);
	start = p->at;
	if (*p->at != '(')
		return parse_restriction(p, error);
	p->at++;
	if (++p->depth > FILTER_MAX_DEPTH)
		return fail_at(p, start, "too many parentheses inside each other", error);
	if (!parse_expression(p, error))
		return FALSE;
	p->depth--;
	skip_space(p);
	if (*p->at != ')')
		return fail_at(p, *p->at ? p->at : start,
			       *p->at ? "expected ) or AND or OR" : "this ( is not closed", error);
	p->at++;
	return TRUE;
}

/* The empty is not equal to anything, so NOT makes it true. */
static gboolean parse_term(Parser *p, GError **error)
{
	const FilterScope *outer = p->scope;
	FilterScope scope = *outer;
	gboolean negated = take_word(p, "NOT"), ok;

	skip_space(p);
	if (!negated && *p->at == '-') {
		negated = TRUE;
		p->at++;
	}
	if (!negated)
		return parse_simple(p, error);
	g_string_append(p->out->sql, "NOT coalesce(");
	scope.ret_wide = NULL; /* no index gives what something is not */
	p->scope = &scope;
	ok = parse_simple(p, error);
	p->scope = outer;
	if (!ok)
		return FALSE;
	g_string_append(p->out->sql, ", FALSE)");
	return TRUE;
}

static gboolean parse_factor(Parser *p, GError **error)
{
	g_string_append_c(p->out->sql, '(');
	if (!parse_term(p, error))
		return FALSE;
	while (take_word(p, "OR")) {
		g_string_append(p->out->sql, " OR ");
		if (!parse_term(p, error))
			return FALSE;
	}
	g_string_append_c(p->out->sql, ')');
	return TRUE;
}

/* AND between them or nothing: both say the same. */
static gboolean parse_expression(Parser *p, GError **error)
{
	g_string_append_c(p->out->sql, '(');
	for (;;) {
		if (!parse_factor(p, error))
			return FALSE;
		if (!take_word(p, "AND")) {
			skip_space(p);
			if (!*p->at || *p->at == ')')
				break;
		}
		g_string_append(p->out->sql, " AND ");
	}
	g_string_append_c(p->out->sql, ')');
	return TRUE;
}

gboolean filter_compile(const FilterScope *scope, const char *filter, SqlText *out, GError **error)
{
	Parser parser = {scope, filter, filter, out, 0};

	if (g_utf8_strlen(filter, -1) > FILTER_MAX_CHARS) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "a filter has at most %d characters", FILTER_MAX_CHARS);
		return FALSE;
	}
	if (!parse_expression(&parser, error))
		return FALSE;
	if (*parser.at)
		return fail_at(&parser, parser.at, "there is no ( for this )", error);
	if (out->n_values < SQL_MAX_VALUES)
		return TRUE;
	return fail_at(&parser, filter, "this filter compares too many values", error);
}

/* ---- order --------------------------------------------------------------------------------------------------- */

static void order_key_free(gpointer data)
{
	OrderKey *key = data;

	g_free(key->expression);
	g_free(key);
}

static char *order_expression(const FilterName *name)
{
	g_autoptr(GString) sql = g_string_new(NULL);

	if (!name->relation)
		return g_strdup(name->expression);
	g_string_printf(sql, "(SELECT %s FROM %s r WHERE ", name->expression,
			object_table(name->owner));
	filter_append_relation(sql, name);
	g_string_append_c(sql, ')');
	return g_strdup(sql->str);
}

/* "amount desc" */
static OrderKey *order_key(const FilterScope *scope, char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(g_strstrip(text), " ", 2);
	const char *direction = words[0] && words[1] ? g_strstrip(words[1]) : "asc";
	g_auto(FilterName) name = {0};
	OrderKey *key;

	if (!words[0] || (!g_str_equal(direction, "asc") && !g_str_equal(direction, "desc"))) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "order_by: expected FIELD or FIELD desc, separated by commas");
		return NULL;
	}
	if (!filter_name_resolve(scope, words[0], &name, error)) {
		g_prefix_error(error, "order_by: ");
		return NULL;
	}
	key = g_new0(OrderKey, 1);
	key->expression = order_expression(&name);
	key->type = name.is_id_time ? FIELD_REFERENCE : name.type;
	key->nullable = name.nullable;
	key->descending = g_str_equal(direction, "desc");
	return key;
}

GPtrArray *order_parse(const FilterScope *scope, const char *order_by, GError **error)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(order_key_free);
	g_auto(GStrv) parts = g_strsplit(order_by, ",", -1);

	if (g_strv_length(parts) > 3) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "order_by takes at most 3 fields");
		return NULL;
	}
	for (char **part = parts; *part; part++) {
		OrderKey *key = order_key(scope, *part, error);

		if (!key)
			return NULL;
		g_ptr_array_add(keys, key);
	}
	return g_steal_pointer(&keys);
}
