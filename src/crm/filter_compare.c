/* What = < : and the rest mean for each type of field. */
#include "crm/filter_compare.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/fields.h"

typedef struct {
	const FilterScope *scope;
	const FilterName *name;
	FilterOperator sign;
	const FilterLiteral *literal;
	SqlText *out;
} Comparison;

static const char *const signs[] = {
	[FILTER_EQUALS] = "=",	 [FILTER_DIFFERS] = "<>", [FILTER_BELOW] = "<",
	[FILTER_AT_MOST] = "<=", [FILTER_ABOVE] = ">",	  [FILTER_AT_LEAST] = ">=",
	[FILTER_HAS] = "="};

void filter_literal_clear(FilterLiteral *literal)
{
	g_clear_pointer(&literal->text, g_free);
}

static gboolean refuse(GError **error, const char *what)
{
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, what);
	return FALSE;
}

static gboolean is_word(const FilterLiteral *literal, const char *word)
{
	return !literal->quoted && g_str_equal(literal->text, word);
}

/* expression SIGN ; the caller appends the value. With <> the empty differs from everything. */
static void open_sign(const Comparison *c)
{
	if (c->sign == FILTER_DIFFERS && c->name->nullable)
		g_string_append_printf(c->out->sql, "%s IS NULL OR ", c->name->expression);
	g_string_append_printf(c->out->sql, "%s %s ", c->name->expression, signs[c->sign]);
}

/* ---- texts --------------------------------------------------------------------------------------------------- */

/* % and _ as they are; wildcards of ours become %. */
static char *like_pattern(const char *text, gboolean contains, gboolean wild)
{
	GString *pattern = g_string_new(contains ? "%" : NULL);

	for (const char *c = text; *c; c++) {
		if (wild && *c == '*') {
			g_string_append_c(pattern, '%');
			continue;
		}
		if (strchr("%_\\", *c))
			g_string_append_c(pattern, '\\');
		g_string_append_c(pattern, *c);
	}
	if (contains)
		g_string_append_c(pattern, '%');
	return g_string_free(pattern, FALSE);
}

static gboolean compare_like(const Comparison *c, const char *pattern)
{
	gboolean negated = c->sign == FILTER_DIFFERS;

	if (negated && c->name->nullable)
		g_string_append_printf(c->out->sql, "%s IS NULL OR ", c->name->expression);
	g_string_append_printf(c->out->sql, "lower(%s) %sLIKE lower(", c->name->expression,
			       negated ? "NOT " : "");
	sql_text(c->out, pattern);
	g_string_append(c->out->sql, ") ESCAPE '\\'");
	return TRUE;
}

/* name = "Li*": a range, so that an index serves. */
static gboolean compare_prefix(const Comparison *c, const char *prefix)
{
	g_autofree char *behind = g_strconcat(prefix, "\xF4\x8F\xBF\xBF", NULL);

	g_string_append_printf(c->out->sql, "%s >= ", c->name->expression);
	sql_text(c->out, prefix);
	g_string_append_printf(c->out->sql, " AND %s < ", c->name->expression);
	sql_text(c->out, behind);
	return TRUE;
}

static gboolean compare_wild(const Comparison *c, const char *text)
{
	const char *star = strchr(text, '*');
	g_autofree char *prefix = g_strndup(text, (gsize)(star - text));
	g_autofree char *pattern = NULL;

	if (c->sign == FILTER_EQUALS && !star[1] && *prefix)
		return compare_prefix(c, prefix);
	pattern = like_pattern(text, FALSE, TRUE);
	return compare_like(c, pattern);
}

static gboolean compare_text(const Comparison *c, GError **error)
{
	const char *text = c->literal->text;
	g_autofree char *stored = NULL, *pattern = NULL;
	gboolean equality = c->sign == FILTER_EQUALS || c->sign == FILTER_DIFFERS;

	if (c->sign == FILTER_HAS && c->name->type != FIELD_CHOICE &&
	    c->name->type != FIELD_REFERENCE) {
		pattern = like_pattern(text, TRUE, FALSE);
		return compare_like(c, pattern);
	}
	if (equality && strchr(text, '*') && c->name->type != FIELD_REFERENCE)
		return compare_wild(c, text);
	if (c->name->type == FIELD_REFERENCE && is_word(c->literal, "me"))
		text = c->scope->principal->id;
	stored = field_normalise(c->name->type, text, error);
	if (!stored)
		return FALSE;
	open_sign(c);
	sql_text(c->out, stored);
	return TRUE;
}

/* ---- numbers and times --------------------------------------------------------------------------------------- */

static gboolean compare_number(const Comparison *c, GError **error)
{
	g_autofree char *stored = NULL;
	gint64 amount;

	if (c->name->type == FIELD_MONEY && !(c->name->field->flags & FIELD_CUSTOM)) {
		if (!money_parse(c->literal->text, MONEY_DIGITS, &amount))
			return refuse(error, "the value is no amount");
		open_sign(c);
		sql_int(c->out, amount);
		return TRUE;
	}
	stored = field_normalise(FIELD_NUMBER, c->literal->text, error);
	if (!stored)
		return FALSE;
	open_sign(c);
	sql_double(c->out, g_ascii_strtod(stored, NULL));
	return TRUE;
}

/* A custom value reads as 1 and 0 from SQLite, as true and false from PostgreSQL. */
static gboolean compare_boolean(const Comparison *c, GError **error)
{
	g_autofree char *stored = field_normalise(FIELD_BOOLEAN, c->literal->text, error);
	gboolean custom = c->name->field && c->name->field->flags & FIELD_CUSTOM;

	if (!stored)
		return FALSE;
	if (!custom) {
		open_sign(c);
		sql_int(c->out, *stored == '1');
		return TRUE;
	}
	g_string_append_printf(c->out->sql, "coalesce(CAST(%s AS TEXT), '') %sIN (%s)",
			       c->name->expression, c->sign == FILTER_DIFFERS ? "NOT " : "",
			       *stored == '1' ? "'1', 'true'" : "'0', 'false'");
	return TRUE;
}

/* now, today, now-7d, today+2w: days, weeks, hours, minutes. */
static gboolean relative_time(const char *text, gint64 *ret_ms)
{
	static const struct {
		char unit;
		gint64 ms;
	} units[] = {{'m', 60000}, {'h', 3600000}, {'d', 86400000}, {'w', 604800000}};
	gboolean today = g_str_has_prefix(text, "today");
	const char *rest = today ? text + 5 : g_str_has_prefix(text, "now") ? text + 3 : NULL;
	gint64 now = clock_now_ms();
	char *end;
	gint64 n;

	if (!rest)
		return FALSE;
	*ret_ms = today ? now - now % 86400000 : now;
	if (!*rest)
		return TRUE;
	n = g_ascii_strtoll(rest, &end, 10);
	if ((*rest != '+' && *rest != '-') || end == rest || ABS(n) > 100000)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++)
		if (end[0] == units[i].unit && !end[1]) {
			*ret_ms += n * units[i].ms;
			return TRUE;
		}
	return FALSE;
}

static gboolean literal_time(const FilterLiteral *literal, gint64 *ret_ms, GError **error)
{
	g_autofree char *stored = NULL;

	if (!literal->quoted && relative_time(literal->text, ret_ms))
		return TRUE;
	stored = field_normalise(FIELD_TIME, literal->text, error);
	return stored &&
	       g_ascii_string_to_signed(stored, 10, -G_MAXINT64, G_MAXINT64, ret_ms, error);
}

static void append_id_bound(const Comparison *c, const char *sign, gint64 ms)
{
	char begin[ID_BEGIN_LENGTH + 1];

	g_string_append_printf(c->out->sql, "%s %s ", c->name->expression, sign);
	sql_text(c->out, id_begin(ms, begin));
}

/* The ids of a millisecond are those from its begin to the begin of the next. */
static gboolean compare_id_time(const Comparison *c, gint64 ms)
{
	static const struct {
		const char *sign;
		int after; /* which millisecond begins it */
		const char *other, *other_sign;
	} bounds[] = {
		[FILTER_EQUALS] = {">=", 0, " AND ", "<"}, [FILTER_HAS] = {">=", 0, " AND ", "<"},
		[FILTER_DIFFERS] = {"<", 0, " OR ", ">="}, [FILTER_BELOW] = {"<", 0, NULL, NULL},
		[FILTER_AT_MOST] = {"<", 1, NULL, NULL},   [FILTER_ABOVE] = {">=", 1, NULL, NULL},
		[FILTER_AT_LEAST] = {">=", 0, NULL, NULL},
	};

	append_id_bound(c, bounds[c->sign].sign, ms + bounds[c->sign].after);
	if (bounds[c->sign].other) {
		g_string_append(c->out->sql, bounds[c->sign].other);
		append_id_bound(c, bounds[c->sign].other_sign, ms + 1);
	}
	return TRUE;
}

static gboolean compare_time(const Comparison *c, GError **error)
{
	gboolean custom = c->name->field && c->name->field->flags & FIELD_CUSTOM;
	char text[CLOCK_TEXT_LENGTH + 1];
	gint64 ms;

	if (!literal_time(c->literal, &ms, error))
		return FALSE;
	if (c->name->is_id_time)
		return compare_id_time(c, ms);
	open_sign(c);
	if (custom)
		sql_text(c->out, clock_format(ms, text));
	else
		sql_int(c->out, ms);
	return TRUE;
}

static gboolean compare_date(const Comparison *c, GError **error)
{
	char text[CLOCK_TEXT_LENGTH + 1];
	g_autofree char *stored = NULL;
	gint64 ms;

	if (!c->literal->quoted && relative_time(c->literal->text, &ms)) {
		clock_format(ms, text);
		text[10] = '\0';
	} else {
		stored = field_normalise(FIELD_DATE, c->literal->text, error);
		if (!stored)
			return FALSE;
		g_strlcpy(text, stored, sizeof(text));
	}
	open_sign(c);
	sql_text(c->out, text);
	return TRUE;
}

/* ---- lists and objects --------------------------------------------------------------------------------------- */

static void bound_elements(const Comparison *c, const Field *field, char **key)
{
	FilterWide *wide = c->scope->ret_wide;

	if (c->scope->from) {
		g_string_append(c->out->sql, " AND x.record_id >= ");
		sql_text(c->out, c->scope->from);
	}
	if (c->scope->below) {
		g_string_append(c->out->sql, " AND x.record_id < ");
		sql_text(c->out, c->scope->below);
	}
	if (wide && !wide->field) {
		wide->field = field->name;
		wide->key = g_steal_pointer(key);
	}
}

/* An element of a list that field_index holds; without that, the text of the element in the JSON. */
static gboolean compare_list(const Comparison *c, GError **error)
{
	const Field *field = c->name->field;
	g_autoptr(json_t) value = json_string(c->literal->text);
	g_autofree char *key = field_index_key(value);
	g_autofree char *element = json_dumps(value, JSON_ENCODE_ANY);
	g_autofree char *pattern = like_pattern(element, TRUE, FALSE);
	const char *alias = c->name->relation ? "r" : "t";

	if (c->sign != FILTER_HAS && c->sign != FILTER_EQUALS && c->sign != FILTER_DIFFERS)
		return refuse(error, "a list is compared by : = or != with one of its elements");
	if (!(field->flags & FIELD_INDEXED))
		return compare_like(c, pattern);
	g_string_append_printf(c->out->sql,
			       "%s.id %sIN (SELECT x.record_id FROM field_index x WHERE x.org_id = "
			       "$1 AND x.object = '%s' AND x.field = '%s' AND x.key = ",
			       alias, c->sign == FILTER_DIFFERS ? "NOT " : "",
			       c->name->owner->plural, field->name);
	sql_text(c->out, key);
	if (!c->name->relation)
		bound_elements(c, field, &key);
	g_string_append_c(c->out->sql, ')');
	return TRUE;
}

static gboolean compare_object(const Comparison *c, GError **error)
{
	g_autofree char *pattern = like_pattern(c->literal->text, TRUE, FALSE);

	if (c->sign != FILTER_HAS)
		return refuse(error, "this field is compared by : or by one of its members");
	return compare_like(c, pattern);
}

/* ---- all ----------------------------------------------------------------------------------------------------- */

typedef gboolean (*Compare)(const Comparison *c, GError **error);
static const Compare compares[FIELD_N_TYPES] = {
	[FIELD_TEXT] = compare_text,	     [FIELD_LONG_TEXT] = compare_text,
	[FIELD_EMAIL] = compare_text,	     [FIELD_PHONE] = compare_text,
	[FIELD_URL] = compare_text,	     [FIELD_CHOICE] = compare_text,
	[FIELD_MULTI_CHOICE] = compare_list, [FIELD_REFERENCE] = compare_text,
	[FIELD_TAGS] = compare_list,	     [FIELD_JSON] = compare_object,
	[FIELD_NUMBER] = compare_number,     [FIELD_INTEGER] = compare_number,
	[FIELD_MONEY] = compare_number,	     [FIELD_CURRENCY] = compare_text,
	[FIELD_DATE] = compare_date,	     [FIELD_TIME] = compare_time,
	[FIELD_BOOLEAN] = compare_boolean,   [FIELD_ADDRESS] = compare_object,
	[FIELD_LINES] = compare_object,	     [FIELD_FILE] = compare_text,
};

/* The first half of a comparison with an indexed field of an administrator: which records can be
 * meant, from field_index; the comparison itself follows and decides. */
static void narrow(const Comparison *c)
{
	const Field *field = c->name->field;
	g_autoptr(json_t) value = NULL;
	g_autofree char *key = NULL;
	gboolean number;

	if (!field || !(field->flags & FIELD_CUSTOM) || !(field->flags & FIELD_INDEXED) ||
	    c->sign != FILTER_EQUALS || strchr(c->literal->text, '*') ||
	    compares[field->type] == compare_list || compares[field->type] == compare_time)
		return;
	number = compares[field->type] == compare_number;
	value = number ? json_real(g_ascii_strtod(c->literal->text, NULL))
		       : json_string(c->literal->text);
	if (compares[field->type] == compare_boolean || !value)
		return;
	key = field_index_key(value);
	g_string_append_printf(c->out->sql,
			       "%s.id IN (SELECT x.record_id FROM field_index x WHERE x.org_id = "
			       "$1 AND x.object = '%s' AND x.field = '%s' AND x.key = ",
			       c->name->relation ? "r" : "t", c->name->owner->plural, field->name);
	sql_text(c->out, key);
	g_string_append(c->out->sql, ") AND ");
}

/* email:* or email != null */
static gboolean wants_presence(FilterOperator sign, const FilterLiteral *literal)
{
	return (sign == FILTER_HAS && is_word(literal, "*")) ||
	       (sign == FILTER_DIFFERS && is_word(literal, "null"));
}

static gboolean compare_presence(const Comparison *c, gboolean present)
{
	g_string_append_printf(c->out->sql, "%s IS %sNULL", c->name->expression,
			       present ? "NOT " : "");
	return TRUE;
}

static gboolean compare_one(const Comparison *c, GError **error)
{
	if (wants_presence(c->sign, c->literal))
		return compare_presence(c, TRUE);
	if (is_word(c->literal, "null"))
		return c->sign == FILTER_EQUALS ? compare_presence(c, FALSE)
						: refuse(error, "null is compared by = or !=");
	narrow(c);
	return compares[c->name->type](c, error);
}

/* An undeclared member of custom is compared as what the literal looks like. */
static void guess_type(FilterName *name, const FilterLiteral *literal)
{
	g_autofree char *number = NULL;
	char *text;

	if (!name->is_free || literal->quoted)
		return;
	number = field_normalise(FIELD_NUMBER, literal->text, NULL);
	if (!number)
		return;
	text = name->expression;
	name->type = FIELD_NUMBER;
	name->expression = g_strdup_printf("CAST(%s AS DOUBLE PRECISION)", text);
	g_free(text);
}

/* The ids of the related records that the comparison holds for. */
static gboolean append_related(const Comparison *c, GError **error)
{
	g_string_append_printf(c->out->sql, "SELECT r.id FROM %s r WHERE ",
			       object_table(c->name->owner));
	filter_append_there(c->out->sql, c->name);
	g_string_append(c->out->sql, " AND (");
	if (!compare_one(c, error))
		return FALSE;
	g_string_append_c(c->out->sql, ')');
	return TRUE;
}

/* The same asked of the one record that a row names: no EXISTS, for which the planner may go through all related
 * records first. */
static gboolean append_named(const Comparison *c, GError **error)
{
	g_string_append_printf(c->out->sql, "(SELECT r.id FROM %s r WHERE ",
			       object_table(c->name->owner));
	filter_append_relation(c->out->sql, c->name);
	g_string_append(c->out->sql, " AND (");
	if (!compare_one(c, error))
		return FALSE;
	g_string_append(c->out->sql, ")) IS NOT NULL");
	return TRUE;
}

static gboolean compare_relation(const Comparison *c, GError **error)
{
	const char *column = c->name->relation->name;
	FilterWide *wide = c->scope->ret_wide;
	Comparison related = *c;

	if (wide && !wide->relation) {
		wide->relation = column;
		related.out = wide->related;
		if (related.out && !append_related(&related, error))
			return FALSE;
	}
	if (c->scope->walk && g_strcmp0(c->scope->kept, column) != 0)
		return append_named(c, error);
	g_string_append_printf(c->out->sql, "t.%s IN (", column);
	if (!append_related(c, error))
		return FALSE;
	g_string_append_c(c->out->sql, ')');
	return TRUE;
}

/* A range of an indexed column, or a relation: its index may give a page, or half of all rows. */
static gboolean is_wide(const FilterName *name, FilterOperator sign, const FilterLiteral *literal)
{
	gboolean range = (sign >= FILTER_BELOW && sign <= FILTER_AT_LEAST) ||
			 (sign == FILTER_EQUALS && strchr(literal->text, '*')) ||
			 (name->nullable && wants_presence(sign, literal));

	return name->relation || (range && name->is_indexed);
}

/* The same value through a function, which no index serves. */
static void hide_from_indexes(FilterName *name)
{
	char *plain = name->expression;

	name->expression = g_strdup_printf("coalesce(%s, NULL)", plain);
	g_free(plain);
}

gboolean filter_compare(const FilterScope *scope, const char *path, FilterOperator sign,
			const FilterLiteral *literal, SqlText *out, GError **error)
{
	g_auto(FilterName) name = {0};
	Comparison comparison = {scope, &name, sign, literal, out};
	gboolean wide;

	if (!filter_name_resolve(scope, path, &name, error))
		return FALSE;
	guess_type(&name, literal);
	wide = is_wide(&name, sign, literal);
	if (wide && scope->ret_wide)
		scope->ret_wide->rows = TRUE;
	if (wide && scope->walk && !name.relation)
		hide_from_indexes(&name);
	g_string_append_c(out->sql, '(');
	if (!(name.relation ? compare_relation : compare_one)(&comparison, error))
		return FALSE;
	g_string_append_c(out->sql, ')');
	return TRUE;
}
