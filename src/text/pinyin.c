/* One character is asked of ICU once (20 us) and then remembered. */
#include "text/pinyin.h"

#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { FIRST = 0x4e00, LAST = 0x9fff };

/* Surnames that are read otherwise than the character usually is. */
static const struct {
	const char *surname, *reading;
} surnames[] = {
	{"单", "shan"}, {"曾", "zeng"},	 {"解", "xie"},	 {"仇", "qiu"}, {"区", "ou"},
	{"查", "zha"},	{"盖", "ge"},	 {"朴", "piao"}, {"覃", "qin"}, {"缪", "miao"},
	{"尉", "yu"},	{"种", "chong"}, {"繁", "po"},	 {"员", "yun"}, {"召", "shao"},
	{"秘", "bi"},	{"黑", "he"},	 {"乐", "yue"},	 {"折", "she"}, {"翟", "zhai"},
};

static GMutex lock;
static UTransliterator *han_latin;
static char *readings[LAST - FIRST + 1];

static char *ask(gunichar c)
{
	UChar text[64] = {0};
	char latin[64] = "";
	int32_t n = 0, limit;
	UErrorCode status = U_ZERO_ERROR;

	U16_APPEND_UNSAFE(text, n, c);
	limit = n;
	utrans_transUChars(han_latin, text, &n, G_N_ELEMENTS(text) - 1, 0, &limit, &status);
	u_strToUTF8(latin, sizeof(latin) - 1, NULL, text, n, &status);
	g_strstrip(latin);
	return g_strdup(U_SUCCESS(status) && g_ascii_isalpha(*latin) ? latin : "");
}

static const char *reading_of(gunichar c)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lock);
	UErrorCode status = U_ZERO_ERROR;
	UChar id[64];

	(void)locked;
	if (!han_latin) {
		u_uastrcpy(id, "Han-Latin; Latin-ASCII");
		han_latin = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	}
	if (!han_latin || c < FIRST || c > LAST)
		return "";
	if (!readings[c - FIRST])
		readings[c - FIRST] = ask(c);
	return readings[c - FIRST];
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
			reading = reading_of(g_utf8_get_char(run));
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

static gboolean is_han(gunichar c)
{
	return c >= FIRST && c <= LAST;
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
