/*
 * Sentence ends by rules. The full stop is the only hard case, so it has a table of abbreviations
 * with three behaviours; everything is decided by the few characters around a candidate, never by a
 * look at the whole text.
 */
#include "text/sentence.h"

#include <string.h>
#include <unicode/utf8.h>

#define QUOTE_LOOK 500 /* bytes before a straight quote in which its opening one is looked for */

typedef enum {
	STOP_NEVER,	   /* titles and the like stand before a name */
	STOP_BEFORE_UPPER, /* may end a sentence */
	STOP_NOT_NUMBER,   /* "No. 5" goes on, "No." ends */
} StopRule;

static const struct {
	const char *word;
	StopRule rule;
} abbreviations[] = {
	{"mr", STOP_NEVER},	    {"mrs", STOP_NEVER},	 {"ms", STOP_NEVER},
	{"dr", STOP_NEVER},	    {"prof", STOP_NEVER},	 {"st", STOP_NEVER},
	{"gen", STOP_NEVER},	    {"rep", STOP_NEVER},	 {"sen", STOP_NEVER},
	{"rev", STOP_NEVER},	    {"hon", STOP_NEVER},	 {"vs", STOP_NEVER},
	{"e.g", STOP_NEVER},	    {"i.e", STOP_NEVER},	 {"cf", STOP_NEVER},
	{"viz", STOP_NEVER},	    {"approx", STOP_NEVER},	 {"incl", STOP_NEVER},
	{"excl", STOP_NEVER},	    {"tel", STOP_NEVER},	 {"ext", STOP_NEVER},
	{"eg", STOP_NEVER},	    {"ie", STOP_NEVER},		 {"attn", STOP_NEVER},
	{"jr", STOP_BEFORE_UPPER},  {"sr", STOP_BEFORE_UPPER},	 {"inc", STOP_BEFORE_UPPER},
	{"ltd", STOP_BEFORE_UPPER}, {"co", STOP_BEFORE_UPPER},	 {"corp", STOP_BEFORE_UPPER},
	{"etc", STOP_BEFORE_UPPER}, {"dept", STOP_BEFORE_UPPER}, {"a.m", STOP_BEFORE_UPPER},
	{"p.m", STOP_BEFORE_UPPER}, {"al", STOP_BEFORE_UPPER},	 {"est", STOP_BEFORE_UPPER},
	{"no", STOP_NOT_NUMBER},    {"nos", STOP_NOT_NUMBER},	 {"fig", STOP_NOT_NUMBER},
	{"sec", STOP_NOT_NUMBER},   {"art", STOP_NOT_NUMBER},	 {"vol", STOP_NOT_NUMBER},
	{"pp", STOP_NOT_NUMBER},    {"p", STOP_NOT_NUMBER},	 {"ch", STOP_NOT_NUMBER},
	{"eq", STOP_NOT_NUMBER},    {"jan", STOP_NOT_NUMBER},	 {"feb", STOP_NOT_NUMBER},
	{"mar", STOP_NOT_NUMBER},   {"apr", STOP_NOT_NUMBER},	 {"jun", STOP_NOT_NUMBER},
	{"jul", STOP_NOT_NUMBER},   {"aug", STOP_NOT_NUMBER},	 {"sep", STOP_NOT_NUMBER},
	{"sept", STOP_NOT_NUMBER},  {"oct", STOP_NOT_NUMBER},	 {"nov", STOP_NOT_NUMBER},
	{"dec", STOP_NOT_NUMBER},
};

typedef struct {
	const char *text;
	gsize n;
	gsize start; /* of the present sentence */
} Scan;

static gint32 char_at(const Scan *s, gsize at, gsize *ret_next)
{
	gint32 code;

	if (at >= s->n) {
		*ret_next = s->n;
		return 0;
	}
	U8_NEXT_OR_FFFD(s->text, at, s->n, code);
	*ret_next = at;
	return code;
}

static gboolean is_space(gint32 code)
{
	return code == ' ' || (code >= '\t' && code <= '\r') || code == 0xA0 || code == 0x3000 ||
	       code == 0x2028 || code == 0x2029;
}

static gboolean is_hard_end(gint32 code)
{
	return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == 0xFF61 ||
	       code == 0x203C || code == 0x2049 || code == 0x2047 || code == 0x2048;
}

static gboolean is_soft_end(gint32 code)
{
	return code == '!' || code == '?' || code == '.' || code == 0x2026;
}

static gboolean is_closer(gint32 code)
{
	static const gint32 closers[] = {'"',	 '\'',	 ')',	 ']',	 0x201D, 0x2019, 0x300D,
					 0x300F, 0x3011, 0x300B, 0xFF09, 0xFF02, 0x3009};

	for (gsize i = 0; i < G_N_ELEMENTS(closers); i++)
		if (closers[i] == code)
			return TRUE;
	return FALSE;
}

static gboolean is_cjk(gint32 code)
{
	return (code >= 0x2E80 && code < 0xA000) || (code >= 0xF900 && code < 0xFB00) ||
	       (code >= 0xFF00 && code < 0xFFF0) || (code >= 0x20000 && code < 0x32000);
}

static gsize skip_space(const Scan *s, gsize at)
{
	gsize next;

	while (at < s->n && is_space(char_at(s, at, &next)))
		at = next;
	return at;
}

/* Letters and inner points before at, lower case, into word; "" when longer than it. Returns where
 * it begins. */
static gsize word_before(const Scan *s, gsize at, char word[8])
{
	gsize from = at, n;

	while (from > s->start &&
	       (g_ascii_isalnum(s->text[from - 1]) || s->text[from - 1] == '.') && at - from < 8)
		from--;
	n = at - from;
	if (n >= 8)
		n = 0;
	for (gsize i = 0; i < n; i++)
		word[i] = g_ascii_tolower(s->text[from + i]);
	word[n] = '\0';
	return from;
}

/* What follows, behind white space, begins a sentence as far as one character can tell. */
static gboolean begins_sentence(gint32 code)
{
	return !(code < 0x80 && g_ascii_islower((char)code));
}

static gboolean abbreviation_ends(StopRule rule, gint32 next)
{
	switch (rule) {
	case STOP_NEVER:
		return FALSE;
	case STOP_BEFORE_UPPER:
		return begins_sentence(next) && !(next < 0x80 && g_ascii_isdigit((char)next));
	case STOP_NOT_NUMBER:
		return !(next < 0x80 && g_ascii_isdigit((char)next));
	}
	return TRUE;
}

/* "1. Open the box", "a. ...": a number at the beginning of a line. */
static gboolean is_list_number(const Scan *s, gsize from, const char *word)
{
	gsize n = strlen(word);

	if (n == 0 || n > 3 || (from > s->start && s->text[from - 1] != '\n'))
		return FALSE;
	return strspn(word, "0123456789") == n || n == 1;
}

/* A full stop at dot, with white space or the end at behind (closers skipped). */
static gboolean full_stop_ends(const Scan *s, gsize dot, gsize behind)
{
	char word[8];
	gsize from = word_before(s, dot, word), ignored;
	gsize next_at = skip_space(s, behind);
	gint32 next = char_at(s, next_at, &ignored);

	if (next_at == s->n)
		return TRUE;
	if (is_list_number(s, from, word))
		return FALSE;
	if (!begins_sentence(next))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(abbreviations); i++)
		if (strcmp(word, abbreviations[i].word) == 0)
			return abbreviation_ends(abbreviations[i].rule, next);
	/* J. Smith, U.S. Army */
	if (word[0] && (!word[1] || word[strlen(word) - 2] == '.') &&
	    g_ascii_isupper(s->text[dot - 1]))
		return FALSE;
	return TRUE;
}

/* A closing sign behind a sentence end; a straight quote is one only when an odd number of them
 * stands before. */
static gboolean closes(const Scan *s, gsize at, gint32 code)
{
	gboolean odd = FALSE;
	gsize next;

	if (!is_closer(code))
		return FALSE;
	next = at + 1;
	if ((code != '"' && code != '\'') || next >= s->n || is_space(char_at(s, next, &next)))
		return TRUE;
	for (gsize i = at - s->start > QUOTE_LOOK ? at - QUOTE_LOOK : s->start; i < at; i++)
		odd ^= s->text[i] == (char)code;
	return odd;
}

typedef struct {
	gboolean hard; /* a sign that always ends */
	guint n_stops; /* full stops, 0 when another sign is among them */
	gsize signs_end;
	gsize end; /* behind the closers */
} Ending;

static Ending scan_ending(const Scan *s, gsize at)
{
	Ending ending = {FALSE, 0, at, at};
	gboolean only_stops = TRUE;
	gsize next;
	gint32 code;

	while ((code = char_at(s, ending.end, &next)) && (is_hard_end(code) || is_soft_end(code))) {
		ending.hard |= is_hard_end(code);
		only_stops &= code == '.';
		ending.n_stops++;
		ending.signs_end = ending.end = next;
	}
	if (!only_stops)
		ending.n_stops = 0;
	while ((code = char_at(s, ending.end, &next)) && closes(s, ending.end, code))
		ending.end = next;
	return ending;
}

static gboolean cjk_before(const Scan *s, gsize at)
{
	gsize before = at, next;

	if (at == s->start)
		return FALSE;
	U8_BACK_1((const guint8 *)s->text, s->start, before);
	return is_cjk(char_at(s, before, &next));
}

/* "well... maybe" goes on, "Well... Yes." does not. */
static gboolean dots_end(const Scan *s, gsize behind)
{
	gsize next;

	return begins_sentence(char_at(s, skip_space(s, behind), &next));
}

static gboolean ending_ends(const Scan *s, gsize at, const Ending *ending)
{
	gsize next;
	gint32 code = char_at(s, ending->end, &next);

	if (ending->hard || ending->end >= s->n)
		return TRUE;
	if (ending->n_stops == 1 && is_cjk(code))
		return cjk_before(s, at);
	if (!is_space(code) && !is_cjk(code))
		return FALSE;
	if (ending->n_stops == 1)
		return full_stop_ends(s, at, ending->end);
	if (ending->n_stops > 1 || char_at(s, at, &next) == 0x2026)
		return dots_end(s, ending->end);
	return TRUE;
}

/* A sign that may end a sentence stands at at. Returns the end of the sentence, 0 when it goes on.
 */
static gsize end_behind_sign(const Scan *s, gsize at, gsize *ret_signs_end)
{
	Ending ending = scan_ending(s, at);

	*ret_signs_end = ending.signs_end;
	return ending_ends(s, at, &ending) ? ending.end : 0;
}

/* A line feed at at. TRUE when the sentence ends there. */
static gboolean ends_at_line(const Scan *s, gsize at)
{
	gsize next, first = at + 1, before = at;
	gint32 code;

	while (first < s->n &&
	       (s->text[first] == ' ' || s->text[first] == '\t' || s->text[first] == '\r'))
		first++;
	if (first >= s->n || s->text[first] == '\n')
		return TRUE;
	while (before > s->start && g_ascii_isspace(s->text[before - 1]))
		before--;
	if (before > s->start && s->text[before - 1] == ',')
		return FALSE;
	code = char_at(s, first, &next);
	return begins_sentence(code);
}

/* Where the sentence that begins at s->start ends. */
static gsize find_end(const Scan *s)
{
	gsize at = s->start, next;

	while (at < s->n) {
		gint32 code = char_at(s, at, &next);

		if (code == '\n' && ends_at_line(s, at))
			return at;
		if (is_hard_end(code) || is_soft_end(code)) {
			gsize end = end_behind_sign(
				s, at, &next); /* a run of signs is judged as a whole */

			if (end)
				return end;
		}
		at = next;
	}
	return s->n;
}

gboolean text_sentence_next(const char *text, gsize n_bytes, gsize *at, TextSpan *ret_span)
{
	Scan s = {text, n_bytes, 0};
	gsize end;

	s.start = skip_space(&s, *at);
	if (s.start >= n_bytes) {
		*at = n_bytes;
		return FALSE;
	}
	end = find_end(&s);
	*at = end;
	while (end > s.start && g_ascii_isspace(text[end - 1]))
		end--;
	*ret_span = (TextSpan){s.start, end};
	return TRUE;
}

GArray *text_sentences(const char *text, gsize n_bytes)
{
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(TextSpan));
	TextSpan span;
	gsize at = 0;

	while (text_sentence_next(text, n_bytes, &at, &span))
		g_array_append_val(spans, span);
	return spans;
}
