/* Rows are tried one after the other: errors are seldom, and a few hundred comparisons of first letters take microseconds. Of
 * several rows that match, the one with most letters of its own is meant. */
#include "base/error_text.h"

#include <string.h>

/* A name that was sent may be made so that there is no end of trying; the message then stays English. */
enum { PLACES_MAX = 8, NESTED_MAX = 6, TRIES_MAX = 100000 };

typedef struct {
	const char *en, *zh;
} Row;

static const Row rows[] = {
#define ERROR_TEXT(en, zh) {en, zh},
#include "base/error_texts.def"
#undef ERROR_TEXT
};

typedef struct {
	const char *at[PLACES_MAX]; /* what stands for each placeholder */
	gsize n_bytes[PLACES_MAX];
} Places;

/* ---- matching ------------------------------------------------------------------------------------------------ */

/* Bytes of the pattern up to its next placeholder, or its end. "%%" stays as it was said. */
static gsize literal_bytes(const char *pattern)
{
	gsize n = 0;

	while (pattern[n] && (pattern[n] != '%' || pattern[n + 1] == '%'))
		n += pattern[n] == '%' ? 2 : 1;
	return n;
}

/* Whether text begins with n bytes of the pattern, in which "%%" is '%'. Returns how many that are, or -1. */
static gssize literal_match(const char *pattern, gsize n, const char *text)
{
	gssize at = 0;

	for (gsize i = 0; i < n; i++, at++) {
		if (text[at] != pattern[i])
			return -1;
		i += pattern[i] == '%';
	}
	return at;
}

/* Tries every end of each placeholder. */
static gboolean match(const char *pattern, const char *text, gsize place, Places *places,
		      guint *tries)
{
	gsize n = literal_bytes(pattern);
	gssize literal = literal_match(pattern, n, text);
	char kind;

	if (literal < 0)
		return FALSE;
	pattern += n;
	text += literal;
	if (!*pattern)
		return !*text;
	if (place == PLACES_MAX || *tries == 0)
		return FALSE;
	kind = pattern[1];
	places->at[place] = text;
	for (gsize i = 0;; i++) {
		*tries -= *tries > 0;
		places->n_bytes[place] = i;
		if ((i || kind != 'd') && match(pattern + 2, text + i, place + 1, places, tries))
			return TRUE;
		if (!text[i] || !*tries || (kind == 'd' && !strchr("+-.0123456789", text[i])))
			return FALSE;
	}
}

static gsize own_bytes(const char *pattern)
{
	gsize n = 0, all = 0;

	while (*(pattern += n)) {
		n = literal_bytes(pattern);
		all += n;
		if (pattern[n])
			n += 2;
	}
	return all;
}

static const Row *find_row(const char *text, Places *ret_places, guint *tries)
{
	const Row *found = NULL;
	gsize most = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		Places places;
		gsize n;

		if ((rows[i].en[0] != '%' && rows[i].en[0] != text[0]) ||
		    !match(rows[i].en, text, 0, &places, tries))
			continue;
		n = own_bytes(rows[i].en);
		if (found && n <= most)
			continue;
		found = &rows[i];
		most = n;
		*ret_places = places;
	}
	return found;
}

/* ---- telling ------------------------------------------------------------------------------------------------- */

static char *translate(const char *text, int nested, guint *tries);

static void put_place(GString *out, char kind, const Places *places, gsize place, int nested,
		      guint *tries)
{
	g_autofree char *said = g_strndup(places->at[place], places->n_bytes[place]);
	g_autofree char *translated = kind == 't' ? translate(said, nested + 1, tries) : NULL;

	g_string_append(out, translated ? translated : said);
}

static char *fill(const char *zh, const Places *places, int nested, guint *tries)
{
	GString *out = g_string_new(NULL);
	gsize place = 0;

	for (const char *c = zh; *c; c++) {
		gboolean placed = *c == '%' && g_ascii_isdigit(c[1]) && c[2] == '$';

		if (*c != '%' || c[1] == '%') {
			g_string_append_c(out, *c);
			c += *c == '%';
			continue;
		}
		put_place(out, placed ? c[3] : c[1], places, placed ? (gsize)(c[1] - '1') : place++,
			  nested, tries);
		c += placed ? 3 : 1;
	}
	return g_string_free(out, FALSE);
}

/* The head of a message stays, its rest is a sentence. NULL where that is none. */
static char *translate_rest(const char *text, const char *at, gsize n_joint, const char *joint,
			    int nested, guint *tries)
{
	g_autofree char *rest = translate(at + n_joint, nested + 1, tries);

	return rest ? g_strdup_printf("%.*s%s%s", (int)(at - text), text, joint, rest) : NULL;
}

/* NULL where no row says it. */
static char *translate(const char *text, int nested, guint *tries)
{
	Places places;
	const Row *row = nested < NESTED_MAX ? find_row(text, &places, tries) : NULL;
	const char *at = nested < NESTED_MAX ? strstr(text, ": ") : NULL;
	char *told = NULL;

	if (row)
		return fill(row->zh, &places, nested, tries);
	if (at)
		told = translate_rest(text, at, 2, "：", nested, tries);
	/* the path of a field, which may hold anything */
	for (at = nested ? NULL : strchr(text, ' '); at && !told; at = strchr(at + 1, ' '))
		told = translate_rest(text, at, 1, " ", nested, tries);
	return told;
}

char *error_text(const char *message, Reader reader)
{
	guint tries = TRIES_MAX;
	char *text = reader == READER_ZH && strlen(message) <= ERROR_TEXT_MAX_BYTES
			     ? translate(message, 0, &tries)
			     : NULL;

	return text ? text : g_strdup(message);
}

const char *error_title(const ErrorKind *kind, Reader reader)
{
	return reader == READER_ZH ? kind->title_zh : kind->title;
}

char *error_detail(const GError *error, Reader reader)
{
	return error->domain == ZHIYIN_ERROR ? error_text(error->message, reader)
					     : g_strdup(error_title(error_kind(error), reader));
}

/* ---- who reads ----------------------------------------------------------------------------------------------- */

/* Weight of one range as "zh-CN;q=0.9"; *ret_reader is whose it is. 0 = none of ours. */
static double range_weight(char *range, Reader *ret_reader)
{
	char *weight = strchr(range, ';');
	gsize n;

	if (weight)
		*weight++ = '\0';
	g_strstrip(range);
	n = strcspn(range, "-");
	*ret_reader = n == 2 && g_ascii_strncasecmp(range, "zh", 2) == 0 ? READER_ZH : READER_EN;
	if (*ret_reader == READER_EN && (n != 2 || g_ascii_strncasecmp(range, "en", 2) != 0))
		return 0;
	weight = weight ? g_strstrip(weight) : NULL;
	return weight && g_str_has_prefix(weight, "q=") ? g_ascii_strtod(weight + 2, NULL) : 1;
}

Reader reader_of(const char *accept_language)
{
	g_auto(GStrv) ranges = g_strsplit(accept_language ? accept_language : "", ",", 32);
	Reader best = READER_EN;
	double most = 0;

	for (char **range = ranges; *range; range++) {
		Reader reader;
		double weight = range_weight(*range, &reader);

		if (weight > most) {
			most = weight;
			best = reader;
		}
	}
	return best;
}

const char *reader_language(Reader reader)
{
	return reader == READER_ZH ? "zh" : "en";
}
