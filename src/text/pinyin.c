/* The readings of single characters are a table that the build makes (cmake/pinyin_table.c). */
#include "text/pinyin.h"

#include <string.h>

enum { FIRST = 0x4e00, LAST = 0x9fff };

static const char readings[LAST - FIRST + 1][7] = {
#include "pinyin_table.def"
};

/* Surnames that are read otherwise than the character usually is. */
static const struct {
	const char *surname, *reading;
} surnames[] = {
	{"单", "shan"}, {"曾", "zeng"},	 {"解", "xie"},	 {"仇", "qiu"}, {"区", "ou"},
	{"查", "zha"},	{"盖", "ge"},	 {"朴", "piao"}, {"覃", "qin"}, {"缪", "miao"},
	{"尉", "yu"},	{"种", "chong"}, {"繁", "po"},	 {"员", "yun"}, {"召", "shao"},
	{"秘", "bi"},	{"黑", "he"},	 {"乐", "yue"},	 {"折", "she"}, {"翟", "zhai"},
};

static gboolean is_han(gunichar c)
{
	return c >= FIRST && c <= LAST;
}

static const char *surname_of(const char *at)
{
	for (gsize i = 0; i < G_N_ELEMENTS(surnames); i++)
		if (g_str_has_prefix(at, surnames[i].surname))
			return surnames[i].reading;
	return NULL;
}

/* All together, one by one, first letters. */
static void add_words(GString *words, const char *run, guint n)
{
	g_autoptr(GString) whole = g_string_new(NULL), single = g_string_new(NULL),
			   initials = g_string_new(NULL);

	for (guint i = 0; i < n; i++, run = g_utf8_next_char(run)) {
		const char *reading = i == 0 ? surname_of(run) : NULL;

		if (!reading)
			reading = readings[g_utf8_get_char(run) - FIRST];
		if (!*reading)
			return;
		g_string_append(whole, reading);
		g_string_append_c(single, ' ');
		g_string_append(single, reading);
		g_string_append_c(initials, *reading);
	}
	if (words->len)
		g_string_append_c(words, ' ');
	g_string_append(words, whole->str);
	g_string_append(words, single->str);
	g_string_append_c(words, ' ');
	g_string_append(words, initials->str);
}

char *text_pinyin(const char *text)
{
	GString *words = g_string_new(NULL);
	const char *at = text;

	while (*at) {
		const char *run = at;
		guint n = 0;

		while (*at && is_han(g_utf8_get_char(at))) {
			at = g_utf8_next_char(at);
			n++;
		}
		if (n >= 2 && n <= PINYIN_MAX_CHARS)
			add_words(words, run, n);
		if (*at && at == run)
			at = g_utf8_next_char(at);
	}
	return g_string_free(words, words->len == 0);
}
