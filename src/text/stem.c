/*
 * Porter2, step by step as its author describes it: each step finds the longest suffix of its list,
 * then looks whether the rest of the word allows the change. Suffixes are rows; only what a row
 * cannot say is code.
 */
#include "text/stem.h"

#include <string.h>

typedef struct {
	char *text;
	int n;
	int r1, r2; /* regions: behind the first (second) consonant that follows a vowel */
} Word;

typedef struct {
	const char *suffix;
	const char *replacement;
	const char *before; /* letters of which one must stand before; NULL = any */
} Row;

static gboolean is_vowel(char c)
{
	return c && strchr("aeiouy", c) != NULL; /* Y, a y that sounds as consonant, is none */
}

static gboolean ends(const Word *w, const char *suffix)
{
	int n = (int)strlen(suffix);

	return w->n >= n && memcmp(w->text + w->n - n, suffix, (gsize)n) == 0;
}

static gboolean has_vowel(const Word *w, int n)
{
	for (int i = 0; i < n; i++)
		if (is_vowel(w->text[i]))
			return TRUE;
	return FALSE;
}

static void replace(Word *w, int n_suffix, const char *replacement)
{
	gsize n = strlen(replacement);

	memcpy(w->text + w->n - n_suffix, replacement, n);
	w->n += (int)n - n_suffix;
}

/* Rows stand with the longest suffix first. */
static const Row *find_row(const Word *w, const Row *rows, gsize n_rows)
{
	for (gsize i = 0; i < n_rows; i++)
		if (ends(w, rows[i].suffix))
			return &rows[i];
	return NULL;
}

static void apply_row(Word *w, const Row *row, int region)
{
	int at = row ? w->n - (int)strlen(row->suffix) : 0;

	if (!row || at < region || !row->replacement)
		return;
	if (row->before && (at == 0 || !strchr(row->before, w->text[at - 1])))
		return;
	replace(w, w->n - at, row->replacement);
}

static int region_after(const Word *w, int from)
{
	for (int i = from + 1; i < w->n; i++)
		if (!is_vowel(w->text[i]) && is_vowel(w->text[i - 1]))
			return i + 1;
	return w->n;
}

static void find_regions(Word *w)
{
	static const char *const prefixes[] = {"gener", "commun", "arsen", "past", "univers",
					       "later", "emerg",  "organ", "inter"};

	w->r1 = region_after(w, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(prefixes); i++)
		if (w->n >= (int)strlen(prefixes[i]) &&
		    memcmp(w->text, prefixes[i], strlen(prefixes[i])) == 0)
			w->r1 = (int)strlen(prefixes[i]);
	w->r2 = region_after(w, w->r1);
}

/* The first n letters end in a short syllable. */
static gboolean ends_short(const Word *w, int n)
{
	const char *t = w->text;

	if (n == 4 && memcmp(t, "past", 4) == 0)
		return TRUE;
	if (n == 2)
		return is_vowel(t[0]) && !is_vowel(t[1]);
	if (n < 3 || is_vowel(t[n - 1]) || strchr("wxY", t[n - 1]))
		return FALSE;
	return is_vowel(t[n - 2]) && !is_vowel(t[n - 3]);
}

/* Words that the steps would spoil. TRUE when the word is one of them. */
static gboolean stem_exception(Word *w)
{
	static const char *const pairs[][2] = {
		{"skis", "ski"},      {"skies", "sky"},	  {"idly", "idl"},    {"gently", "gentl"},
		{"ugly", "ugli"},     {"early", "earli"}, {"only", "onli"},   {"singly", "singl"},
		{"sky", "sky"},	      {"news", "news"},	  {"howe", "howe"},   {"atlas", "atlas"},
		{"cosmos", "cosmos"}, {"bias", "bias"},	  {"andes", "andes"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		if (w->n == (int)strlen(pairs[i][0]) && ends(w, pairs[i][0])) {
			replace(w, w->n, pairs[i][1]);
			return TRUE;
		}
	return FALSE;
}

static void step_plural(Word *w)
{
	if (ends(w, "sses"))
		w->n -= 2;
	else if (ends(w, "ied") || ends(w, "ies"))
		w->n -= w->n > 4 ? 2 : 1;
	else if (ends(w, "us") || ends(w, "ss"))
		return;
	else if (ends(w, "s") && has_vowel(w, w->n - 2))
		w->n--;
}

static gboolean is_whole(const Word *w)
{
	static const char *const words[] = {"inning",  "outing",  "canning", "herring", "earring",
					    "evening", "proceed", "exceed",  "succeed"};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (w->n == (int)strlen(words[i]) && ends(w, words[i]))
			return TRUE;
	return FALSE;
}

/* Puts back what -ed and -ing took: hoping -> hope, hopping -> hop. */
static void mend(Word *w)
{
	static const char *const doubles[] = {"bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"};

	if (ends(w, "at") || ends(w, "bl") || ends(w, "iz")) {
		w->text[w->n++] = 'e';
		return;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(doubles); i++)
		if (ends(w, doubles[i])) {
			/* add, egg, off stay whole */
			if (w->n > 3 || !strchr("aeo", w->text[0]))
				w->n--;
			return;
		}
	if (w->r1 >= w->n && ends_short(w, w->n))
		w->text[w->n++] = 'e';
}

static void step_past(Word *w)
{
	static const Row rows[] = {{"eedly", "ee", NULL}, {"ingly", "", NULL}, {"edly", "", NULL},
				   {"eed", "ee", NULL},	  {"ing", "", NULL},   {"ed", "", NULL}};
	const Row *row = find_row(w, rows, G_N_ELEMENTS(rows));
	int n_rest;

	if (!row)
		return;
	if (*row->replacement) {
		apply_row(w, row, w->r1);
		return;
	}
	n_rest = w->n - (int)strlen(row->suffix);
	/* dying, lying, tying */
	if (strcmp(row->suffix, "ing") == 0 && n_rest == 2 && w->text[1] == 'y' &&
	    !is_vowel(w->text[0])) {
		replace(w, 4, "ie");
		return;
	}
	if (!has_vowel(w, n_rest))
		return;
	w->n = n_rest;
	mend(w);
}

static void step_y(Word *w)
{
	if (w->n > 2 && (w->text[w->n - 1] == 'y' || w->text[w->n - 1] == 'Y') &&
	    !is_vowel(w->text[w->n - 2]))
		w->text[w->n - 1] = 'i';
}

static void step_derived(Word *w)
{
	static const Row rows[] = {
		{"ization", "ize", NULL}, {"ational", "ate", NULL}, {"fulness", "ful", NULL},
		{"ousness", "ous", NULL}, {"iveness", "ive", NULL}, {"tional", "tion", NULL},
		{"biliti", "ble", NULL},  {"lessli", "less", NULL}, {"entli", "ent", NULL},
		{"ation", "ate", NULL},	  {"alism", "al", NULL},    {"aliti", "al", NULL},
		{"ousli", "ous", NULL},	  {"iviti", "ive", NULL},   {"fulli", "ful", NULL},
		{"ogist", "og", NULL},	  {"enci", "ence", NULL},   {"anci", "ance", NULL},
		{"abli", "able", NULL},	  {"izer", "ize", NULL},    {"ator", "ate", NULL},
		{"alli", "al", NULL},	  {"bli", "ble", NULL},	    {"ogi", "og", "l"},
		{"li", "", "cdeghkmnrt"},
	};

	apply_row(w, find_row(w, rows, G_N_ELEMENTS(rows)), w->r1);
}

static void step_adjective(Word *w)
{
	static const Row rows[] = {
		{"ational", "ate", NULL}, {"tional", "tion", NULL}, {"alize", "al", NULL},
		{"icate", "ic", NULL},	  {"iciti", "ic", NULL},    {"ative", "", NULL},
		{"ical", "ic", NULL},	  {"ness", "", NULL},	    {"ful", "", NULL}};
	const Row *row = find_row(w, rows, G_N_ELEMENTS(rows));

	apply_row(w, row, row && strcmp(row->suffix, "ative") == 0 ? w->r2 : w->r1);
}

static void step_suffix(Word *w)
{
	static const Row rows[] = {
		{"ement", "", NULL}, {"ance", "", NULL}, {"ence", "", NULL}, {"able", "", NULL},
		{"ible", "", NULL},  {"ment", "", NULL}, {"ant", "", NULL},  {"ent", "", NULL},
		{"ism", "", NULL},   {"ate", "", NULL},	 {"iti", "", NULL},  {"ous", "", NULL},
		{"ive", "", NULL},   {"ize", "", NULL},	 {"ion", "", "st"},  {"al", "", NULL},
		{"er", "", NULL},    {"ic", "", NULL},
	};

	apply_row(w, find_row(w, rows, G_N_ELEMENTS(rows)), w->r2);
}

static void step_last(Word *w)
{
	int last = w->n - 1;

	if (w->text[last] == 'e') {
		if (last >= w->r2 || (last >= w->r1 && !ends_short(w, last)))
			w->n--;
	} else if (w->text[last] == 'l' && last >= w->r2 && w->text[last - 1] == 'l') {
		w->n--;
	}
}

int text_stem(char *word, int n)
{
	Word w = {.text = word, .n = n};

	if (n < 3 || (int)strspn(word, "abcdefghijklmnopqrstuvwxyz") < n || stem_exception(&w))
		return w.n;
	for (int i = 0; i < n; i++)
		if (word[i] == 'y' && (i == 0 || is_vowel(word[i - 1])))
			word[i] = 'Y';
	find_regions(&w);
	step_plural(&w);
	if (!is_whole(&w)) {
		step_past(&w);
		step_y(&w);
		step_derived(&w);
		step_adjective(&w);
		step_suffix(&w);
		step_last(&w);
	}
	for (int i = 0; i < w.n; i++)
		word[i] = g_ascii_tolower(word[i]);
	return w.n;
}
