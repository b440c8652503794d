/*
 * Every expression of values.def over the folded text; then, of readings that overlap, the longest
 * stays (of equal ones the surer), and neighbours that say "from ... to" become
 * one. Linear in the text times the rows; a row whose class of characters is not in the text is not
 * tried.
 */
#include "text/values_scan.h"

#include <string.h>

#include "text/folded.h"
#include "text/value_names.h"

enum { HEAD_MAX_BYTES = 64, DATE_LENGTH = 10, SHORT_DAY_BYTES = 8, ADDRESS_GAP_BYTES = 3 };

/* What a text must have for a row to be worth trying. */
enum { NEEDS_DIGIT = 1, NEEDS_HAN = 2, NEEDS_LATIN = 4 };

typedef struct {
	ValueKind kind;
	guint needs;
	double confidence;
	const char *expression;
	ValueReader read;
} ValueRow;

#include "text/value_words.h"

static const ValueRow rows[] = {
#define VALUE_ROW(kind, needs, confidence, read, expression) \
	{VALUE_##kind, needs, confidence, expression, read},
#include "text/values.def"
#undef VALUE_ROW
};

/* What a bare number is in answer to a question for this kind. */
static const ValueRow asked_rows[] = {
	{VALUE_PEOPLE, 0, .75,
	 "(?:(?:just|only|with) )?(?<n>" NUMBER
	 "|\\b(?:a couple|couple|solo|alone|myself|me|both)\\b)(?![:.][0-9]| ?(?:am|pm)\\b)",
	 value_read_people},
	{VALUE_TIME, 0, .7,
	 "(?<![0-9:./-])(?<h>[01]?[0-9]|2[0-3]|" NUMBER_WORD
	 ")(?:[.: ]?(?<mi>[0-5][0-9]|thirty|fifteen|forty[ -]five))?(?![0-9/-]|[.:][0-9])",
	 value_read_time},
	{VALUE_DATE, 0, .65, "(?<![0-9:./-])" NTH "(?![:./-]?[0-9])", value_read_day},
};

static const struct {
	const char *name;
	gboolean personal;
} kinds_table[N_VALUE_KINDS] = {
#define VALUE_KIND(id, name, personal) {name, personal},
#include "text/value_kinds.def"
#undef VALUE_KIND
};

const char *value_kind_name(ValueKind kind)
{
	return kinds_table[kind].name;
}

ValueKind value_kind_named(const char *name)
{
	guint i = 0;

	while (i < N_VALUE_KINDS && g_strcmp0(kinds_table[i].name, name) != 0)
		i++;
	return (ValueKind)i;
}

guint64 value_kinds_personal(void)
{
	guint64 kinds = 0;

	for (guint i = 0; i < N_VALUE_KINDS; i++)
		if (kinds_table[i].personal)
			kinds |= VALUE_BIT(i);
	return kinds;
}

/* ---- what readers use ------------------------------------------------------------------------ */

char *value_group(const ValueMatch *match, const char *name)
{
	char *text = g_match_info_fetch_named(match->info, name);

	if (text && *text)
		return text;
	g_free(text);
	return NULL;
}

gboolean value_has(const ValueMatch *match, const char *name)
{
	g_autofree char *text = value_group(match, name);

	return text != NULL;
}

static const struct {
	const char *text;
	guint zeros;
} suffixes[] = {{"k", 3},	 {"w", 4},	 {"m", 6},	 {"hundred", 2},
		{"thousand", 3}, {"million", 6}, {"billion", 9}, {"grand", 3}};

/* The row of k, m, million ... at the end of text, -1 = none. */
static int suffix_row(const char *text)
{
	int i = (int)G_N_ELEMENTS(suffixes) - 1;

	while (i >= 0 && !g_str_has_suffix(text, suffixes[i].text))
		i--;
	return i;
}

/* Takes k, m, million ... off the end of a number in digits; returns its power of ten. 万 and its
 * like are read with the figure, English words too, but for "grand". */
static guint take_suffix(char *text)
{
	int row = suffix_row(text);

	if (row < 0 || (!g_ascii_isdigit(*text) && !g_str_equal(suffixes[row].text, "grand")))
		return 0;
	text[strlen(text) - strlen(suffixes[row].text)] = '\0';
	return suffixes[row].zeros;
}

/* Of "half a million" and "a couple hundred" the million, the hundred: its power of ten. */
static guint zeros_behind(const char *text)
{
	int row = suffix_row(text);

	return row < 0 ? 0 : suffixes[row].zeros;
}

/* 35 by 3 zeros, 3.5 by 3: the point moves. */
static void shift(char value[FIGURE_VALUE_MAX], guint zeros)
{
	char *point = strchr(value, '.');
	gsize n = strlen(value);

	for (; zeros && n + 1 < FIGURE_VALUE_MAX; zeros--) {
		if (point && point[1]) {
			point[0] = point[1];
			*++point = '.';
		} else {
			value[point ? n - 1 : n] = '0';
			value[point ? n : n + 1] = '\0';
			n += !point;
			point = NULL;
		}
		if (point && !point[1]) {
			*point = '\0';
			n--;
			point = NULL;
		}
	}
}

gboolean value_number(const char *text, char out[FIGURE_VALUE_MAX])
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	g_autoptr(GArray) figures = NULL;
	guint zeros;

	g_strstrip(lower);
	if (g_str_equal(lower, "半") || g_str_has_prefix(lower, "half")) {
		g_strlcpy(out, zeros_behind(lower) ? "5" : "0.5", FIGURE_VALUE_MAX);
		shift(out, MAX(zeros_behind(lower), 1) - 1);
		return TRUE;
	}
	if (g_str_has_prefix(lower, "a couple")) {
		g_strlcpy(out, "2", FIGURE_VALUE_MAX);
		shift(out, zeros_behind(lower));
		return TRUE;
	}
	if (g_str_equal(lower, "a") || g_str_equal(lower, "an")) {
		g_strlcpy(out, "1", FIGURE_VALUE_MAX);
		return TRUE;
	}
	zeros = take_suffix(lower);
	figures = figures_find(g_str_has_prefix(lower, "a ") ? lower + 2 : lower);
	for (guint i = 0; i < figures->len; i++) {
		const Figure *figure = &g_array_index(figures, Figure, i);

		if (figure->kind != FIGURE_NUMBER || figure->value[0] == '?')
			continue;
		g_strlcpy(out, figure->value, FIGURE_VALUE_MAX);
		shift(out, zeros);
		return TRUE;
	}
	return FALSE;
}

int value_group_int(const ValueMatch *match, const char *name)
{
	g_autofree char *text = value_group(match, name);
	char number[FIGURE_VALUE_MAX], *end;
	gint64 value;

	if (!text || !value_number(text, number))
		return -1;
	value = g_ascii_strtoll(number, &end, 10);
	return *end || value > G_MAXINT32 ? -1 : (int)value;
}

gboolean value_follows(const ValueMatch *match, const char *expression)
{
	gsize begin = match->start > HEAD_MAX_BYTES ? match->start - HEAD_MAX_BYTES : 0;
	g_autofree char *head = NULL, *whole = NULL;

	while (begin > 0 && ((guchar)match->text[begin] & 0xC0) == 0x80)
		begin--;
	head = g_strndup(match->text + begin, match->start - begin);
	whole = g_strconcat("(?:", expression, ")$", NULL);
	return g_regex_match_simple(whole, head, G_REGEX_CASELESS, 0);
}

/* ---- the walk -------------------------------------------------------------------------------- */

static GRegex **compile_rows(const ValueRow *table, guint n)
{
	GRegex **compiled = g_new0(GRegex *, n);

	for (guint i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;

		compiled[i] = g_regex_new(table[i].expression,
					  G_REGEX_CASELESS | G_REGEX_OPTIMIZE | G_REGEX_DUPNAMES, 0,
					  &error);
		if (!compiled[i])
			g_error("row %u of values.def: %s", i, error->message);
	}
	return compiled;
}

static guint classes_of(const char *text)
{
	guint classes = 0;

	for (; *text && classes != (NEEDS_DIGIT | NEEDS_HAN | NEEDS_LATIN); text++)
		classes |= g_ascii_isdigit(*text)   ? NEEDS_DIGIT
			   : g_ascii_isalpha(*text) ? NEEDS_LATIN
			   : (guchar)*text >= 0xC3  ? NEEDS_HAN
						    : 0;
	return classes;
}

static void value_clear(gpointer data)
{
	Value *value = data;

	g_clear_pointer(&value->value, g_free);
	g_clear_pointer(&value->unit, g_free);
}

static void find_row(const ValueRow *row, const GRegex *regex, const char *text, GDateTime *now,
		     GArray *found)
{
	g_autoptr(GMatchInfo) info = NULL;

	for (g_regex_match(regex, text, 0, &info); g_match_info_matches(info);
	     g_match_info_next(info, NULL)) {
		Value value = {.kind = row->kind, .confidence = row->confidence};
		ValueMatch match = {.info = info, .text = text, .now = now};
		int start = 0, end = 0;

		g_match_info_fetch_pos(info, 0, &start, &end);
		match.start = value.start = (gsize)start;
		match.end = value.end = (gsize)end;
		if (start == end || (row->read && !row->read(&match, &value))) {
			value_clear(&value);
			continue;
		}
		if (!value.value)
			value.value = g_strndup(text + value.start, value.end - value.start);
		g_array_append_val(found, value);
	}
}

/* The longest first, then by kind, then by place. */
static int by_weight(gconstpointer a, gconstpointer b)
{
	const Value *left = a, *right = b;
	gsize n_left = left->end - left->start, n_right = right->end - right->start;

	if (n_left != n_right)
		return n_left > n_right ? -1 : 1;
	if (left->confidence > right->confidence || left->confidence < right->confidence)
		return left->confidence > right->confidence ? -1 : 1;
	if (left->kind != right->kind)
		return (int)left->kind - (int)right->kind;
	return left->start < right->start ? -1 : left->start > right->start;
}

static int by_place(gconstpointer a, gconstpointer b)
{
	const Value *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

/* Leaves one reading for each byte. */
static void resolve(GArray *found, gsize n_bytes)
{
	g_autofree guint8 *taken = g_malloc0(n_bytes + 1);
	guint kept = 0;

	g_array_sort(found, by_weight);
	for (guint i = 0; i < found->len; i++) {
		Value value = g_array_index(found, Value, i);

		/* What is already taken is as long or longer: it covers an end or encloses it. */
		if (taken[value.start] || taken[value.end - 1]) {
			value_clear(&value);
			g_array_index(found, Value, i) = (Value){0};
			continue;
		}
		memset(taken + value.start, 1, value.end - value.start);
		g_array_index(found, Value, i) = (Value){0};
		g_array_index(found, Value, kept++) = value;
	}
	g_array_set_size(found, kept);
	g_array_sort(found, by_place);
}

static gboolean is_between(const char *text, gsize n)
{
	static const char *const words[] = {"-",      "~",  "至",   "到",      "–",
					    " - ",    "--", " to ", " until ", " through ",
					    " till ", "——", " and "};

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		if (strlen(words[i]) == n && g_ascii_strncasecmp(text, words[i], n) == 0)
			return TRUE;
	return FALSE;
}

/* The second of two dates leaves its month to the first: 5月1日到3日. The caller frees it. */
static char *last_of_range(const Value *first, const Value *second)
{
	g_autofree char *same_month = NULL;

	if (first->kind != VALUE_DATE || strlen(first->value) != DATE_LENGTH ||
	    strlen(second->value) != DATE_LENGTH || second->end - second->start > SHORT_DAY_BYTES)
		return g_strdup(second->value);
	same_month = g_strdup_printf("%.8s%s", first->value, second->value + DATE_LENGTH - 2);
	return strcmp(same_month, first->value) > 0 ? g_steal_pointer(&same_month)
						    : g_strdup(second->value);
}

/* 5月1日到3日, 3-5pm, ¥100-200: one value from the first to the last. */
static void join_ranges(const char *text, GArray *found)
{
	static const guint64 ranged =
		VALUE_BIT(VALUE_DATE) | VALUE_BIT(VALUE_TIME) | VALUE_BIT(VALUE_MONEY);

	for (guint i = 1; i < found->len;) {
		Value *first = &g_array_index(found, Value, i - 1);
		const Value *second = &g_array_index(found, Value, i);
		g_autofree char *last = NULL;
		char *both;

		if (first->kind != second->kind || !(VALUE_BIT(first->kind) & ranged) ||
		    (first->unit && g_strcmp0(first->unit, second->unit) != 0) ||
		    !is_between(text + first->end, second->start - first->end)) {
			i++;
			continue;
		}
		last = last_of_range(first, second);
		both = g_strconcat(first->value, "/", last, NULL);
		g_free(first->value);
		first->value = both;
		if (!first->unit)
			first->unit = g_strdup(second->unit);
		first->end = second->end;
		first->confidence = MIN(first->confidence, second->confidence);
		g_array_remove_index(found, i);
	}
}

static GRegex *const *compiled_rows(void)
{
	static GRegex **compiled;

	if (g_once_init_enter(&compiled))
		g_once_init_leave(&compiled, compile_rows(rows, G_N_ELEMENTS(rows)));
	return compiled;
}

/* Street, flat, city and country with commas and line ends between are one address. */
static void join_addresses(const char *text, GArray *found)
{
	for (guint i = 1; i < found->len;) {
		Value *first = &g_array_index(found, Value, i - 1);
		const Value *second = &g_array_index(found, Value, i);
		gsize gap = second->start - first->end;

		if (first->kind != VALUE_ADDRESS || gap > ADDRESS_GAP_BYTES ||
		    (second->kind != VALUE_ADDRESS && second->kind != VALUE_PLACE) ||
		    strspn(text + first->end, " ,\n") < gap) {
			i++;
			continue;
		}
		first->end = second->end;
		g_free(first->value);
		first->value = g_strndup(text + first->start, first->end - first->start);
		g_strdelimit(first->value, "\n", ' ');
		g_array_remove_index(found, i);
	}
}

static gboolean has_kind(const GArray *found, ValueKind kind)
{
	for (guint i = 0; i < found->len; i++)
		if (g_array_index(found, Value, i).kind == kind)
			return TRUE;
	return FALSE;
}

/* Of an answer that names the kind itself nothing more is read. */
static void find_asked(const char *text, GDateTime *now, ValueKind asked, GArray *found)
{
	static GRegex **compiled;

	if (g_once_init_enter(&compiled))
		g_once_init_leave(&compiled, compile_rows(asked_rows, G_N_ELEMENTS(asked_rows)));
	for (guint i = 0; i < G_N_ELEMENTS(asked_rows); i++)
		if (asked_rows[i].kind == asked && !has_kind(found, asked))
			find_row(&asked_rows[i], compiled[i], text, now, found);
}

GArray *text_values(const char *text, GDateTime *now, guint64 kinds)
{
	return text_values_asked(text, now, kinds, N_VALUE_KINDS);
}

GArray *text_values_asked(const char *text, GDateTime *now, guint64 kinds, ValueKind asked)
{
	GRegex *const *compiled = compiled_rows();
	g_autofree char *head = NULL;
	g_auto(Folded) folded = {0};
	GArray *found = g_array_new(FALSE, TRUE, sizeof(Value));
	guint classes;

	if (strlen(text) > VALUES_MAX_BYTES) {
		const char *end = g_utf8_find_prev_char(text, text + VALUES_MAX_BYTES);

		text = head = g_strndup(text, (gsize)(end - text));
	}
	folded = folded_new(text);
	g_array_set_clear_func(found, value_clear);
	classes = classes_of(folded.text->str);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if ((kinds & VALUE_BIT(rows[i].kind)) && (rows[i].needs & ~classes) == 0)
			find_row(&rows[i], compiled[i], folded.text->str, now, found);
	value_names_find(folded.text->str, kinds, found);
	find_asked(folded.text->str, now, asked, found);
	resolve(found, folded.text->len);
	join_ranges(folded.text->str, found);
	join_addresses(folded.text->str, found);
	for (guint i = 0; i < found->len; i++) {
		Value *value = &g_array_index(found, Value, i);

		value->start = folded_origin(&folded, value->start);
		value->end = folded_origin(&folded, value->end);
	}
	return found;
}
