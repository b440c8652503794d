/* Rows of patterns, one compiled alternation a kind. What a question is about is not known here, so the
 * rules err to the side of leaning: the gate is strict with what leans. */
#include "nlu/followup.h"

#include <string.h>

#include "nlu/intent.h"
#include "nlu/intent_plain.h"
#include "text/figures.h"
#include "text/normalise.h"
#include "text/terms.h"
#include "text/tokenize.h"

/* as text_weigh counts */
#define CLEARLY_MAX_WEIGHT 14
#define MAYBE_MAX_WEIGHT 12

static const struct {
	const char *name, *pattern;
} fill_rows[] = {
#define FILL(name, pattern) {"<" name ">", pattern},
#include "nlu/followup.def"
};

static const char *const points_rows[] = {
#define POINTS(pattern) pattern,
#include "nlu/followup.def"
};

static const struct {
	Ask ask;
	const char *pattern;
} asks_rows[] = {
#define ASKS(ask, pattern) {ASK_##ask, pattern},
#include "nlu/followup.def"
};

typedef struct {
	GRegex *points, *asks[ASK_COUNT + 1], *price_told;
} Patterns;

/* ---- compiling ------------------------------------------------------------------------------- */

static GRegex *compile(const char *pattern)
{
	g_autoptr(GString) out = g_string_new(pattern);
	g_autoptr(GError) error = NULL;
	GRegex *regex;

	for (gsize i = 0; i < G_N_ELEMENTS(fill_rows); i++)
		g_string_replace(out, fill_rows[i].name, fill_rows[i].pattern, 0);
	regex = g_regex_new(out->str, G_REGEX_OPTIMIZE | G_REGEX_NO_AUTO_CAPTURE, 0, &error);
	if (!regex)
		g_error("follow-up rule: %s in %s", error->message, out->str);
	return regex;
}

static GRegex *compile_asks(Ask ask)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(asks_rows); i++)
		if (asks_rows[i].ask == ask)
			g_string_append_printf(all, "%s^;%s;+$", all->len ? "|" : "",
					       asks_rows[i].pattern);
	return compile(all->str);
}

static Patterns *patterns_build(void)
{
	Patterns *patterns = g_new0(Patterns, 1);
	g_autoptr(GString) all = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(points_rows); i++)
		g_string_append_printf(all, "%s%s", i ? "|" : "", points_rows[i]);
	patterns->points = compile(all->str);
	for (Ask ask = ASK_PRICE; ask <= ASK_COUNT; ask++)
		patterns->asks[ask] = compile_asks(ask);
	patterns->price_told = compile("[元镑$€£¥]|[块毛]钱|免费|不收费|\\bfree\\b|no charge");
	return patterns;
}

static const Patterns *patterns_get(void)
{
	static Patterns *patterns;

	if (g_once_init_enter(&patterns))
		g_once_init_leave(&patterns, patterns_build());
	return patterns;
}

/* ---- one question ---------------------------------------------------------------------------- */

Lean followup_lean(const char *normal)
{
	g_autofree char *plain = intent_plain(normal);
	double weight = text_weigh(normal, strlen(normal));

	if (weight <= CLEARLY_MAX_WEIGHT && g_regex_match(patterns_get()->points, plain, 0, NULL))
		return LEAN_CLEARLY;
	return weight <= MAYBE_MAX_WEIGHT ? LEAN_MAYBE : LEAN_NOT;
}

Ask followup_ask(const char *normal)
{
	g_autofree char *plain = intent_plain(normal);

	for (Ask ask = ASK_PRICE; ask <= ASK_COUNT; ask++)
		if (g_regex_match(patterns_get()->asks[ask], plain, 0, NULL))
			return ask;
	return ASK_MORE;
}

static gboolean figure_tells(const Figure *figure, Ask ask)
{
	gboolean lasts = figure->kind == FIGURE_NUMBER && figure->unit >= UNIT_SECOND &&
			 figure->unit <= UNIT_YEAR;

	switch (ask) {
	case ASK_DURATION:
		return lasts;
	case ASK_TIME:
		return figure->kind != FIGURE_NUMBER || lasts;
	case ASK_COUNT:
		return figure->kind == FIGURE_NUMBER && !figure->vague;
	case ASK_MORE:
	case ASK_PRICE:
		break;
	}
	return FALSE;
}

gboolean followup_told(Ask ask, const char *normal_passage)
{
	g_autoptr(GArray) figures = NULL;
	gboolean told = FALSE;

	if (ask == ASK_PRICE)
		return g_regex_match(patterns_get()->price_told, normal_passage, 0, NULL);
	figures = figures_find(normal_passage);
	for (guint i = 0; i < figures->len && !told; i++)
		told = figure_tells(&g_array_index(figures, Figure, i), ask);
	return told;
}

/* ---- the conversation ------------------------------------------------------------------------ */

char *followup_topic(const GPtrArray *history)
{
	GString *topic = g_string_new(NULL);
	guint n_turns = 0;
	Lean lean = LEAN_CLEARLY;

	for (guint i = history ? history->len : 0;
	     i >= 2 && n_turns < FOLLOWUP_TURNS_MAX && lean != LEAN_NOT; i -= 2) {
		const char *text = g_ptr_array_index(history, i - 1);
		g_autofree char *cut =
			g_strndup(text, text_prefix(text, -1, FOLLOWUP_TOPIC_MAX_CHARS));
		g_autofree char *normal = text_normalise(cut, -1);

		if (!g_str_equal(g_ptr_array_index(history, i - 2), "customer") ||
		    intent_judge(normal).intent != INTENT_QUESTION)
			continue;
		g_string_prepend(topic, n_turns++ ? " " : "");
		g_string_prepend(topic, cut);
		lean = followup_lean(normal) == LEAN_CLEARLY ? LEAN_CLEARLY : LEAN_NOT;
	}
	if (topic->len)
		return g_string_free(topic, FALSE);
	g_string_free(topic, TRUE);
	return NULL;
}

/* Words that say something, with their kind. */
static int collect(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	if (!weak)
		g_hash_table_insert(data, g_strndup(text, n_bytes), GINT_TO_POINTER(kind));
	return 0;
}

static GHashTable *words_of(const char *text)
{
	GHashTable *words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *normal = text_normalise(text, -1);

	text_foreach_term(normal, strlen(normal), collect, words);
	return words;
}

/* How many words of a, without those of one kind, stand in b and not in the third (may be NULL). */
static guint count_shared(GHashTable *a, TermKind without, GHashTable *b, GHashTable *except)
{
	GHashTableIter iter;
	gpointer word, kind;
	guint n = 0;

	g_hash_table_iter_init(&iter, a);
	while (g_hash_table_iter_next(&iter, &word, &kind))
		n += GPOINTER_TO_INT(kind) != (int)without && g_hash_table_contains(b, word) &&
		     !(except && g_hash_table_contains(except, word));
	return n;
}

gboolean followup_joins(const char *normal, const char *topic, const char *rewritten)
{
	g_autoptr(GHashTable) asked = words_of(normal), before = words_of(topic),
			      said = words_of(rewritten);
	guint n_asked = count_shared(asked, TERM_HAN2, asked, NULL);
	guint n_kept = count_shared(asked, TERM_HAN2, said, NULL);

	return n_kept * 3 >= n_asked * 2 && count_shared(before, TERM_HAN1, said, asked) > 0;
}
