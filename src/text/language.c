/*
 * Language by counting: scripts tell Chinese from everything else at once, and for Latin letters
 * the commonest words of English and of its neighbours are enough, since only two answers matter.
 * No model, so that it is the same everywhere and costs nothing.
 */
#include "text/language.h"

#include <stdlib.h>
#include <string.h>

#include "text/fold.h"
#include "text/terms.h"
#include "text/tokenize.h"

#define HAN_PER_WORD 1.6 /* Chinese words have 1.6 characters on average */

static const char *const foreign_words[] = {
#define FOREIGN(word) word,
#include "text/foreign.def"
};

typedef struct {
	const char *text;
	guint n_han, n_kana, n_hangul;
	guint n_latin;	  /* words of Latin letters */
	guint n_english;  /* ... that are English grammar */
	guint n_foreign;  /* ... that are grammar of another language */
	guint n_accented; /* ... with a letter that is not ASCII */
	guint n_other;	  /* words of other alphabets */
} Counts;

static int compare_text(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

static void count_latin(Counts *counts, const Token *token)
{
	char word[32];
	gboolean has_digit = FALSE, accented = FALSE;

	for (int i = 0; i < token->n_bytes; i++)
		has_digit |= g_ascii_isdigit(token->text[i]);
	for (int i = token->start; i < token->end; i++)
		accented |= ((guchar)counts->text[i] & 0x80) != 0;
	if (has_digit || token->n_bytes >= (int)sizeof(word))
		return;
	memcpy(word, token->text, (gsize)token->n_bytes);
	word[token->n_bytes] = '\0';
	counts->n_latin++;
	counts->n_accented += accented;
	if (text_is_stop_word(word))
		counts->n_english++;
	else if (bsearch(word, foreign_words, G_N_ELEMENTS(foreign_words), sizeof(foreign_words[0]),
			 compare_text))
		counts->n_foreign++;
}

static int count_token(const Token *token, gpointer data)
{
	Counts *counts = data;
	gint32 code;
	gsize at = 0;

	if (token->kind == TOKEN_WORD) {
		if (token->latin)
			count_latin(counts, token);
		else
			counts->n_other++;
	} else if (token->kind == TOKEN_CHARACTER) {
		U8_NEXT_OR_FFFD(token->text, at, token->n_bytes, code);
		switch ((CharKind)fold_char((guint32)code).kind) {
		case CHAR_KANA:
			counts->n_kana++;
			break;
		case CHAR_HANGUL:
			counts->n_hangul++;
			break;
		default:
			counts->n_han++;
		}
	}
	return 0;
}

/* Latin words of a language that is not English. */
static gboolean is_foreign(const Counts *c)
{
	guint needed = c->n_latin <= 3 ? 1 : 2;

	if (c->n_foreign >= needed && c->n_foreign > c->n_english)
		return TRUE;
	return c->n_english == 0 && c->n_latin > 1 && c->n_accented * 3 >= c->n_latin;
}

static TextLanguage decide_both(const Counts *c, double zh, double en)
{
	double share = en / (zh + en);

	if (share >= 0.9)
		return LANGUAGE_EN;
	/* Names and terms make no English: it takes grammar. */
	if (share <= 0.2 || c->n_english == 0 || c->n_latin < 2)
		return LANGUAGE_ZH;
	return LANGUAGE_MIXED;
}

static TextLanguage decide(const Counts *c)
{
	double zh = c->n_han / HAN_PER_WORD;
	double en = is_foreign(c) ? 0 : c->n_latin;
	double other = c->n_other + c->n_kana + c->n_hangul / 2.0 + (c->n_latin - en);

	if (c->n_kana >= 2 && c->n_kana * 5 >= c->n_kana + c->n_han) /* Japanese, Han and all */
		return LANGUAGE_UNKNOWN;
	if (zh + en <= other)
		return LANGUAGE_UNKNOWN;
	if (en == 0)
		return LANGUAGE_ZH;
	return zh == 0 ? LANGUAGE_EN : decide_both(c, zh, en);
}

TextLanguage text_language_n(const char *text, gsize n_bytes)
{
	Counts counts = {.text = text};

	text_foreach_token(text, n_bytes, count_token, &counts);
	return decide(&counts);
}

TextLanguage text_language(const char *text)
{
	return text_language_n(text, strlen(text));
}

const char *text_language_name(TextLanguage language)
{
	static const char *const names[] = {"unknown", "zh", "en", "mixed"};

	return names[language];
}
