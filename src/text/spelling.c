/* Every word of the body is a candidate; a question has few words that are not in it, so they are
 * simply all looked at (20,000 words: 3 ms a slip; those of other length or first letter cost
 * nothing). */
#include "text/spelling.h"

#include <string.h>

#include "base/nearest.h"
#include "text/stem.h"

enum { WORD_MIN = 5, WORD_MAX = 24, LONG_WORD = 9 };

struct Vocabulary {
	GHashTable *words; /* word -> how often */
	GHashTable *stems; /* set */
};

Vocabulary *vocabulary_new(void)
{
	Vocabulary *vocabulary = g_new(Vocabulary, 1);

	vocabulary->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	vocabulary->stems = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return vocabulary;
}

void vocabulary_free(Vocabulary *vocabulary)
{
	if (!vocabulary)
		return;
	g_hash_table_unref(vocabulary->words);
	g_hash_table_unref(vocabulary->stems);
	g_free(vocabulary);
}

static char *stem_of(const char *word)
{
	char *stem = g_malloc(strlen(word) + 2);
	int n;

	memcpy(stem, word, strlen(word) + 1);
	n = text_stem(stem, (int)strlen(word));
	stem[n] = '\0';
	return stem;
}

/* The next run of Latin letters from *at on; FALSE at the end. Its bytes are [*ret_start, *at). */
static gboolean next_word(const char **at, const char **ret_start)
{
	const char *c = *at;

	while (*c && !g_ascii_isalpha(*c))
		c++;
	*ret_start = c;
	while (g_ascii_isalpha(*c))
		c++;
	*at = c;
	return c > *ret_start;
}

void vocabulary_add(Vocabulary *vocabulary, const char *text)
{
	const char *at = text, *start;

	while (next_word(&at, &start)) {
		gsize n = (gsize)(at - start);
		g_autofree char *word = NULL;
		gpointer count;

		if (n < WORD_MIN - 1 || n > WORD_MAX)
			continue;
		word = g_ascii_strdown(start, (gssize)n);
		count = g_hash_table_lookup(vocabulary->words, word);
		if (!count)
			g_hash_table_add(vocabulary->stems, stem_of(word));
		g_hash_table_insert(vocabulary->words, g_steal_pointer(&word),
				    GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
	}
}

typedef struct {
	const char *word;
	guint distance, count;
	gboolean tied;
} Best;

static void consider(Best *best, const char *slip, const char *word, guint count)
{
	gsize n = strlen(slip), m = strlen(word);
	guint most = n >= LONG_WORD ? 2 : 1, distance;

	if (*word != *slip || m + most < n || n + most < m)
		return;
	distance = word_distance(slip, word);
	if (distance > most || (best->word && distance > best->distance))
		return;
	if (!best->word || distance < best->distance || count > best->count)
		*best = (Best){word, distance, count, FALSE};
	else if (count == best->count)
		best->tied = TRUE;
}

/* What the slip was meant to be, or NULL. */
static const char *meant(const Vocabulary *vocabulary, const char *slip, SpellingCost cost,
			 gpointer data)
{
	g_autofree char *stem = stem_of(slip);
	gsize oddness = cost(slip, data);
	Best best = {0};
	GHashTableIter at;
	gpointer word, count;

	if (oddness < 2 || g_hash_table_contains(vocabulary->words, slip) ||
	    g_hash_table_contains(vocabulary->stems, stem))
		return NULL;
	g_hash_table_iter_init(&at, vocabulary->words);
	while (g_hash_table_iter_next(&at, &word, &count))
		consider(&best, slip, word, GPOINTER_TO_UINT(count));
	return best.word && !best.tied && cost(best.word, data) < oddness ? best.word : NULL;
}

char *spelling_correct(const Vocabulary *vocabulary, const char *text, SpellingCost cost,
		       gpointer data)
{
	GString *right = g_string_new(NULL);
	const char *at = text, *start, *copied = text;

	while (next_word(&at, &start)) {
		gsize n = (gsize)(at - start);
		g_autofree char *slip = NULL;
		const char *word;

		if (n < WORD_MIN || n > WORD_MAX)
			continue;
		slip = g_ascii_strdown(start, (gssize)n);
		word = meant(vocabulary, slip, cost, data);
		if (!word)
			continue;
		g_string_append_len(right, copied, start - copied);
		g_string_append(right, word);
		copied = at;
	}
	if (copied != text)
		g_string_append(right, copied);
	return g_string_free(right, copied == text);
}
