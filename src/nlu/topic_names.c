/* Words are counted once a text: those of Han characters as ICU parts them, others by their stems; a stem in a name is then
 * read out of the topic's texts again as it is mostly written. */
#include "nlu/topic_names.h"

#include <math.h>
#include <string.h>

#include "text/normalise.h"
#include "text/stem.h"
#include "text/terms.h"
#include "text/tokenize.h"
#include "text/words.h"

enum { CANDIDATES = 12 };

/* A pair with one of these is no word, or says how many and when. */
#define HAN_EMPTY                                                                                                                              \
	"我你您他她它们这那哪谁一二两三四五六七八九十百千万个几第了的吗呢吧啊哦呀就还也都是有在和" \
	"与跟被把给让很太真再又才只次直已"
/* Stems. */
static const char *const empty[] = {
	"actual", "again", "anoth",  "back",	  "call",  "day",   "differ", "even",  "ever",
	"first",  "get",   "good",   "got",	  "hello", "hi",    "hour",   "just",  "know",
	"like",	  "look",  "make",   "minut",	  "month", "much",  "new",    "next",  "never",
	"now",	  "ok",	   "old",    "one",	  "peopl", "put",   "realli", "said",  "say",
	"second", "sinc",  "someth", "still",	  "take",  "thing", "third",  "three", "time",
	"told",	  "today", "tri",    "twice",	  "two",   "us",    "want",   "way",   "week",
	"went",	  "work",  "year",   "yesterday",
};

/* "不" and "没" begin words, they do not end them. */
static gboolean han_pair_tells(const char *first, const char *second)
{
	return !g_utf8_strchr(HAN_EMPTY, -1, g_utf8_get_char(first)) &&
	       !g_utf8_strchr(HAN_EMPTY "不没", -1, g_utf8_get_char(second));
}

gboolean topic_term_tells(TermKind kind, gboolean weak, const char *term)
{
	if (weak || (kind != TERM_HAN2 && kind != TERM_WORD) || g_utf8_strlen(term, -1) < 2)
		return FALSE;
	if (kind == TERM_HAN2)
		return han_pair_tells(term, g_utf8_next_char(term));
	for (gsize i = 0; i < G_N_ELEMENTS(empty); i++)
		if (g_str_equal(term, empty[i]))
			return FALSE;
	return TRUE;
}

typedef struct {
	guint n_topics;
	guint *sizes;	    /* n_topics */
	GHashTable *counts; /* term -> guint[n_topics + 1], the last of all texts */
	GHashTable *seen;   /* of the text at hand */
	gint topic;	    /* likewise */
} Counts;

typedef struct {
	const char *term; /* of counts */
	double score;
} Candidate;

static void count_word(Counts *c, const char *word)
{
	gpointer own;
	guint *counts;

	if (!g_hash_table_lookup_extended(c->counts, word, &own, (gpointer *)&counts)) {
		own = g_strdup(word);
		counts = g_new0(guint, c->n_topics + 1);
		g_hash_table_insert(c->counts, own, counts);
	}
	if (!g_hash_table_add(c->seen, own))
		return;
	counts[c->n_topics]++;
	if (c->topic >= 0)
		counts[c->topic]++;
}

static int count_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	(void)n_bytes;
	if (kind == TERM_WORD && topic_term_tells(kind, weak, text))
		count_word(data, text);
	return 0;
}

/* Of two characters and more, and whole. */
static gboolean han_word_tells(const char *word)
{
	if (g_utf8_strlen(word, -1) < 2)
		return FALSE;
	for (const char *at = word; *at; at = g_utf8_next_char(at))
		if (g_unichar_get_script(g_utf8_get_char(at)) != G_UNICODE_SCRIPT_HAN ||
		    g_utf8_strchr(HAN_EMPTY, -1, g_utf8_get_char(at)))
			return FALSE;
	return TRUE;
}

static void count_han_words(Counts *c, const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);
	g_autoptr(GArray) ends = text_word_ends(normal);
	guint32 start = 0;

	for (guint i = 0; i < ends->len; i++) {
		guint32 end = g_array_index(ends, guint32, i);
		g_autofree char *word = g_strndup(normal + start, end - start);

		start = end;
		if (han_word_tells(word))
			count_word(c, word);
	}
}

static void count_words(Counts *c, const char *const *texts, const gint *of, guint n_texts)
{
	for (guint i = 0; i < n_texts; i++) {
		g_hash_table_remove_all(c->seen);
		c->topic = of[i];
		if (c->topic >= 0)
			c->sizes[c->topic]++;
		text_foreach_term(texts[i], strlen(texts[i]), count_term, c);
		count_han_words(c, texts[i]);
	}
}

static int by_score(gconstpointer a, gconstpointer b)
{
	const Candidate *x = a, *y = b;

	return x->score != y->score ? (x->score < y->score ? 1 : -1) : strcmp(x->term, y->term);
}

static GArray *candidates_of(const Counts *c, guint topic, guint n_texts)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(Candidate));
	double n = c->sizes[topic], others = n_texts - n;
	GHashTableIter iter;
	gpointer term, value;

	g_hash_table_iter_init(&iter, c->counts);
	while (g_hash_table_iter_next(&iter, &term, &value)) {
		const guint *counts = value;
		double in = counts[topic], out = counts[c->n_topics] - in;
		Candidate candidate = {term, sqrt(in / n) * log((in + 0.5) / (n + 1) *
								(others + 1) / (out + 0.5))};

		if (in >= 2 && candidate.score > 0)
			g_array_append_val(all, candidate);
	}
	g_array_sort(all, by_score);
	g_array_set_size(all, MIN(all->len, CANDIDATES));
	return all;
}

/* ---- words --------------------------------------------------------------------------------------- */

static gboolean is_han(const char *text)
{
	return g_unichar_get_script(g_utf8_get_char(text)) == G_UNICODE_SCRIPT_HAN;
}

typedef struct {
	const char *stem;
	GHashTable *forms; /* form -> times */
} Forms;

static int count_form(const Token *token, gpointer data)
{
	Forms *forms = data;
	char stem[TOKEN_BYTES_MAX + 2];
	int n = token->n_bytes;

	if (token->kind != TOKEN_WORD || n > TOKEN_BYTES_MAX)
		return 0;
	memcpy(stem, token->text, (gsize)n);
	stem[n] = '\0';
	stem[text_stem(stem, n)] = '\0';
	if (g_str_equal(stem, forms->stem)) {
		char *form = g_strndup(token->text, (gsize)n);
		guint times = GPOINTER_TO_UINT(g_hash_table_lookup(forms->forms, form)) + 1;

		g_hash_table_insert(forms->forms, form, GUINT_TO_POINTER(times));
	}
	return 0;
}

static char *commonest_form(const GPtrArray *texts, const char *stem)
{
	g_autoptr(GHashTable) counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Forms forms = {stem, counts};
	GHashTableIter iter;
	gpointer form, times;
	const char *best = stem;
	guint most = 0;

	for (guint i = 0; i < texts->len; i++)
		text_foreach_token(texts->pdata[i], strlen(texts->pdata[i]), count_form, &forms);
	g_hash_table_iter_init(&iter, counts);
	while (g_hash_table_iter_next(&iter, &form, &times)) {
		guint n = GPOINTER_TO_UINT(times);

		if (n > most || (n == most && strcmp(form, best) < 0)) {
			most = n;
			best = form;
		}
	}
	return g_strdup(best);
}

static gboolean overlaps(const GPtrArray *words, const char *word)
{
	for (guint i = 0; i < words->len; i++)
		if (strstr(words->pdata[i], word) || strstr(word, words->pdata[i]))
			return TRUE;
	return FALSE;
}

/* texts: of the topic, normalised. */
static GStrv name_of(const GPtrArray *texts, const GArray *candidates)
{
	GPtrArray *words = g_ptr_array_new();

	for (guint i = 0; i < candidates->len && words->len < TOPIC_WORDS; i++) {
		const char *term = g_array_index(candidates, Candidate, i).term;
		char *word;

		word = is_han(term) ? g_strdup(term) : commonest_form(texts, term);
		if (overlaps(words, word))
			g_free(word);
		else
			g_ptr_array_add(words, word);
	}
	g_ptr_array_add(words, NULL);
	return (GStrv)g_ptr_array_free(words, FALSE);
}

static GPtrArray *texts_of(const char *const *texts, const gint *of, guint n_texts, guint topic)
{
	GPtrArray *own = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < n_texts; i++)
		if (of[i] == (gint)topic)
			g_ptr_array_add(own, text_normalise(texts[i], -1));
	return own;
}

GStrv *topic_names(const char *const *texts, const gint *of, guint n_texts, guint n_topics)
{
	g_autoptr(GHashTable) counts =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autofree guint *sizes = g_new0(guint, n_topics);
	Counts c = {n_topics, sizes, counts, seen, -1};
	GStrv *names = g_new0(GStrv, n_topics);

	count_words(&c, texts, of, n_texts);
	for (guint topic = 0; topic < n_topics; topic++) {
		g_autoptr(GArray) candidates = candidates_of(&c, topic, n_texts);
		g_autoptr(GPtrArray) own = texts_of(texts, of, n_texts, topic);

		names[topic] = name_of(own, candidates);
	}
	return names;
}
