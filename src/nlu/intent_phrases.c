/* Phrase sets: one sorted array, longest first within a first character, and where each first
 * character begins. */
#include "nlu/intent_phrases.h"

#include <string.h>

typedef struct {
	gunichar first;
	const char *text; /* not NUL-terminated */
	guint n_bytes;
	int value;
} Phrase;

struct PhraseSet {
	GArray *phrases;
	GHashTable *begins; /* first character -> position + 1 */
};

static gint phrase_compare(gconstpointer a, gconstpointer b)
{
	const Phrase *left = a, *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return (right->n_bytes > left->n_bytes) - (right->n_bytes < left->n_bytes);
}

static void row_add(GArray *phrases, const PhraseRow *row)
{
	for (const char *p = row->phrases; *p;) {
		Phrase phrase = {g_utf8_get_char(p), p, (guint)strcspn(p, "|"), row->value};

		g_array_append_val(phrases, phrase);
		p += phrase.n_bytes;
		p += *p == '|';
	}
}

PhraseSet *phrases_new(const PhraseRow *rows, gsize n_rows)
{
	PhraseSet *set = g_new0(PhraseSet, 1);

	set->phrases = g_array_new(FALSE, FALSE, sizeof(Phrase));
	set->begins = g_hash_table_new(NULL, NULL);
	for (gsize i = 0; i < n_rows; i++)
		row_add(set->phrases, &rows[i]);
	g_array_sort(set->phrases, phrase_compare);
	for (guint i = set->phrases->len; i-- > 0;)
		g_hash_table_insert(set->begins,
				    GUINT_TO_POINTER(g_array_index(set->phrases, Phrase, i).first),
				    GUINT_TO_POINTER(i + 1));
	return set;
}

/* Letters and digits of ASCII on both sides are one word. */
static gboolean is_cut(const Phrase *phrase, const char *text)
{
	return g_ascii_isalnum(phrase->text[phrase->n_bytes - 1]) &&
	       g_ascii_isalnum(text[phrase->n_bytes]);
}

gsize phrases_find(const PhraseSet *set, const char *text, int *ret_value)
{
	gunichar first = g_utf8_get_char(text);
	guint at = GPOINTER_TO_UINT(g_hash_table_lookup(set->begins, GUINT_TO_POINTER(first)));

	if (!at)
		return 0;
	for (guint i = at - 1; i < set->phrases->len; i++) {
		const Phrase *phrase = &g_array_index(set->phrases, Phrase, i);

		if (phrase->first != first)
			break;
		if (strncmp(text, phrase->text, phrase->n_bytes) == 0 && !is_cut(phrase, text)) {
			*ret_value = phrase->value;
			return phrase->n_bytes;
		}
	}
	return 0;
}
