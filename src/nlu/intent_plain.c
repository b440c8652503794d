/*
 * Plain forms: one pass over the characters with a buffer for the present word. Corrections look a
 * word up first (slips, words to leave alone), and only what is unknown is measured against the few
 * keys that begin alike.
 */
#include "nlu/intent_plain.h"

#include <string.h>

#include "base/nearest.h"

enum { WORD_MAX = 20, KEY_MIN = 5 };

typedef struct {
	GString *out;
	char word[WORD_MAX + 1];
	guint n_word;
	gboolean is_long; /* the word's beginning is already out: it is none of ours */
	gboolean space;	  /* a space stands before the next word */
	gunichar last;	  /* the last character put, for runs and Chinese */
	guint n_run;
} Plain;

static const char *const key_words[] = {
#define KEY_WORD(word) word,
#include "nlu/intent_words.def"
};

static const char *const slips[][2] = {
#define SLIP(wrong, right) {wrong, right},
#include "nlu/intent_words.def"
};

static const char *const own_words[] = {
#define OWN_WORD(word) word,
#include "nlu/intent_words.def"
};

/* ---- spelling ---- */

/* What is known without measuring: word -> the word to write. */
static GHashTable *words_build(void)
{
	GHashTable *words = g_hash_table_new(g_str_hash, g_str_equal);

	for (gsize i = 0; i < G_N_ELEMENTS(own_words); i++)
		g_hash_table_insert(words, (gpointer)(gsize)own_words[i],
				    (gpointer)(gsize)own_words[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(key_words); i++)
		g_hash_table_insert(words, (gpointer)(gsize)key_words[i],
				    (gpointer)(gsize)key_words[i]);
	for (gsize i = 0; i < G_N_ELEMENTS(slips); i++)
		g_hash_table_insert(words, (gpointer)(gsize)slips[i][0],
				    (gpointer)(gsize)slips[i][1]);
	return words;
}

static const char *word_find(const char *word)
{
	static GHashTable *words;

	if (g_once_init_enter(&words))
		g_once_init_leave(&words, words_build());
	return g_hash_table_lookup(words, word);
}

static guint slips_allowed(guint n_key)
{
	return n_key <= 7 ? 1 : n_key <= 10 ? 2 : 3;
}

/* agents, connected, supporting: the key with an ending is no slip. */
static gboolean is_inflected(const char *word, const char *key, guint n_key)
{
	static const char *const endings[] = {"s",  "es",  "ed",  "d",	  "ing",
					      "er", "ers", "ion", "ions", "ive"};

	if (strncmp(word, key, n_key) != 0)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(endings); i++)
		if (strcmp(word + n_key, endings[i]) == 0)
			return TRUE;
	return FALSE;
}

static gboolean begins_alike(const char *word, const char *key)
{
	return word[0] == key[0] || (word[0] == key[1] && word[1] == key[0]);
}

/* The key that word is a slip of; NULL = leave it. */
static const char *word_nearest(const char *word, guint n)
{
	const char *best = NULL;
	guint best_distance = G_MAXUINT;

	for (gsize i = 0; i < G_N_ELEMENTS(key_words); i++) {
		guint n_key = (guint)strlen(key_words[i]), allowed = slips_allowed(n_key), distance;

		if (is_inflected(word, key_words[i], n_key))
			return NULL;
		if (!begins_alike(word, key_words[i]) || n > n_key + allowed || n + allowed < n_key)
			continue;
		distance = word_distance(word, key_words[i]);
		if (distance <= allowed && distance < best_distance) {
			best = key_words[i];
			best_distance = distance;
		}
	}
	return best;
}

static gboolean is_letters(const char *word)
{
	while (g_ascii_islower(*word))
		word++;
	return *word == '\0';
}

static const char *word_correct(const char *word, guint n)
{
	const char *right = word_find(word);

	if (!right && n >= KEY_MIN - 1 && is_letters(word))
		right = word_nearest(word, n);
	return right ? right : word;
}

/* ---- the form ---- */

static void plain_end_word(Plain *plain)
{
	plain->word[plain->n_word] = '\0';
	if (plain->n_word)
		g_string_append(plain->out, plain->is_long
						    ? plain->word
						    : word_correct(plain->word, plain->n_word));
	plain->n_word = 0;
	plain->is_long = FALSE;
}

static gboolean is_han(gunichar c)
{
	return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0x20000 && c <= 0x3FFFF) || c == 0x3007;
}

static void plain_put_space(Plain *plain)
{
	if (plain->space && plain->last != ';')
		g_string_append_c(plain->out, ' ');
	plain->space = FALSE;
}

static void plain_put_sign(Plain *plain)
{
	plain_end_word(plain);
	if (plain->last != ';')
		g_string_append_c(plain->out, ';');
	plain->last = ';';
	plain->space = FALSE;
}

static void plain_put_ascii(Plain *plain, char c)
{
	gboolean again = !plain->space && plain->last == (guchar)c && g_ascii_isalpha(c);

	plain_put_space(plain);
	plain->n_run = again ? plain->n_run + 1 : 1;
	plain->last = (guchar)c;
	if (plain->n_run > 2) {
		if (plain->n_run == 3 && plain->n_word)
			plain->n_word--; /* the second one too: the run is drawn out */
		return;
	}
	if (plain->n_word == WORD_MAX) {
		g_string_append_len(plain->out, plain->word, WORD_MAX);
		plain->n_word = 0;
		plain->is_long = TRUE;
	}
	plain->word[plain->n_word++] = c;
}

static void plain_put_letter(Plain *plain, gunichar c)
{
	plain_end_word(plain);
	if (is_han(c) || is_han(plain->last))
		plain->space = FALSE;
	plain_put_space(plain);
	g_string_append_unichar(plain->out, c);
	plain->last = c;
}

/* Signs inside a word or between two, which do not end a clause. */
static gboolean is_apostrophe(gunichar c)
{
	return c == '\'' || c == '`' || c == 0x2019 || c == 0x2018 || c == 0xB4 || c == 0x2BC;
}

static gboolean is_joint(gunichar c)
{
	return c == ' ' || c == '-' || c == '_' || c == '/' || c == '&' || c == 0x2010 ||
	       c == 0x2011 || c == 0xB7;
}

static void plain_put(Plain *plain, gunichar c)
{
	if (is_apostrophe(c))
		return;
	if (is_joint(c)) {
		plain_end_word(plain);
		plain->space = TRUE;
	} else if (c < 0x80 && g_ascii_isalnum((char)c)) {
		if (is_han(plain->last))
			plain->space = FALSE;
		plain_put_ascii(plain, g_ascii_tolower((char)c));
	} else if (g_unichar_isalnum(c) || g_unichar_ismark(c)) {
		plain_put_letter(plain, c);
	} else {
		plain_put_sign(plain);
	}
}

char *intent_plain(const char *text)
{
	g_autofree char *valid =
		g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
	Plain plain = {.out = g_string_new(";"), .last = ';'};

	for (const char *p = valid ? valid : text; *p; p += g_utf8_skip[(guchar)*p])
		plain_put(&plain, g_utf8_get_char(p));
	plain_put_sign(&plain);
	return g_string_free(plain.out, FALSE);
}
