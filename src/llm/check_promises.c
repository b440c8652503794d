/*
 * Words that bind (promises.def) and what denies them. Of a source a promise counts only where nothing
 * near denies it; of an answer it counts unless what denies it stands right at it: in doubt the answer
 * promises and the source does not.
 */
#include "llm/check_promises.h"

#include <string.h>

enum { NEGATION_NEAR = 2, NEGATION_FAR = 6, CLAUSE_BYTES = 160 };

typedef enum {
	PROMISE_NONE,
	PROMISE_FREE,
	PROMISE_GIFT,
	PROMISE_FULL_REFUND,
	PROMISE_REFUND,
	PROMISE_COMPENSATION,
	PROMISE_GUARANTEE,
	PROMISE_FOREVER,
	PROMISE_DISCOUNT,
	PROMISE_ACTION,
} PromiseClass;

static const struct {
	PromiseClass class;
	const char *text;
} promises[] = {
#define PROMISE_ROW(class, text) {PROMISE_##class, text},
#include "llm/promises.def"
#undef PROMISE_ROW
};

static gboolean is_clause_end(const char *at)
{
	static const char *const signs[] = {"。", "！", "？", "、", "；", "…"};

	if (!*at)
		return TRUE;
	if (strchr(",.!?;:\n", *at))
		return *at == '\n' || !g_ascii_isdigit(at[1]);
	for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
		if (strncmp(at, signs[i], strlen(signs[i])) == 0)
			return TRUE;
	return FALSE;
}

static gsize clause_begin(const char *text, gsize at)
{
	gsize least = at > CLAUSE_BYTES ? at - CLAUSE_BYTES : 0;

	while (at > least && !is_clause_end(text + at - 1) &&
	       !(at >= 3 && is_clause_end(text + at - 3)))
		at--;
	return at;
}

static gsize clause_end(const char *text, gsize at)
{
	gsize most = at + CLAUSE_BYTES;

	while (at < most && !is_clause_end(text + at))
		at++;
	return at;
}

/* Does one of the negators stand in text[begin, at), with at most far words or characters between? */
static gboolean has_negator(const char *text, gsize begin, gsize at, guint far)
{
	static const char *const negators[] = {"不",   "没",   "无",   "非",	  "未",
					       "勿",   "恕",   "not ", "no ",	  "never ",
					       "n't ", "n’t ", "non-", "cannot ", "without "};
	gsize from = at;
	guint steps = 0;
	gboolean han = at > begin && (guchar)text[at - 1] >= 0x80;

	/* a Han character or a word is one step */
	while (from > begin && steps <= far + 1) {
		from--;
		if (((guchar)text[from] & 0xC0) == 0xC0 || (!han && text[from] == ' '))
			steps++;
	}
	for (gsize i = from; i < at; i++)
		for (guint j = 0; j < G_N_ELEMENTS(negators); j++)
			if (strncmp(text + i, negators[j], strlen(negators[j])) == 0 &&
			    (i == 0 || negators[j][0] != 'n' || negators[j][1] == '\'' ||
			     (guchar)negators[j][1] >= 0x80 || !g_ascii_isalpha(text[i - 1])))
				return TRUE;
	return FALSE;
}

/* "Refunds are not available". */
static gboolean is_denied_behind(const char *text, gsize at, gsize end)
{
	static const char *const denials[] = {"not available", "not possible", "not offered",
					      "not apply",     "cannot be",    "excluded",
					      "不支持",	       "不可",	       "不适用",
					      "不享受",	       "不提供",       "除外"};

	for (guint i = 0; i < G_N_ELEMENTS(denials); i++) {
		const char *found = g_strstr_len(text + at, (gssize)(end - at), denials[i]);

		if (found)
			return TRUE;
	}
	return FALSE;
}

/* The promise at text[at]: its row's index, or -1. */
static int promise_at(const char *text, gsize at, gsize *ret_n)
{
	for (guint i = 0; i < G_N_ELEMENTS(promises); i++) {
		const char *word = promises[i].text;
		gsize n = strlen(word);
		gboolean open = word[n - 1] == '*';

		n -= open;
		if (text[at] != *word || strncmp(text + at, word, n) != 0)
			continue;
		if (g_ascii_isalpha(*word) && at > 0 && g_ascii_isalpha(text[at - 1]))
			continue;
		if (g_ascii_isalpha(word[n - 1]) && !open && g_ascii_isalpha(text[at + n]))
			continue;
		*ret_n = n;
		return (int)i;
	}
	return -1;
}

#define BETWEEN " *_-~`'\".|/\\+"

static gboolean is_lone_letter(const char *text, gsize at)
{
	return g_ascii_isalpha(text[at]) && !g_ascii_isalnum(text[at + 1]) &&
	       (at == 0 || !g_ascii_isalnum(text[at - 1]));
}

/* Is the sign at text[at] only there to part what belongs together? */
static gboolean parts_a_word(const char *text, gsize at)
{
	gsize before = at, behind = at;

	if (strchr("*_`", text[at]))
		return TRUE;
	if (at > 0 && is_lone_letter(text, at - 1) && is_lone_letter(text, at + 1))
		return TRUE;
	while (before > 0 && at - before < 4 && strchr(BETWEEN, text[before - 1]))
		before--;
	behind += strspn(text + at, BETWEEN);
	return before > 0 && (guchar)text[before - 1] >= 0x80 && (guchar)text[behind] >= 0xE3;
}

/* What a writer may have put between the letters of a word is gone: signs and spaces between Han
 * characters, emphasis, spaces between single letters. */
char *promises_squeeze(const char *normal)
{
	GString *out = g_string_sized_new(strlen(normal));

	for (gsize i = 0; normal[i]; i++)
		if (!strchr(BETWEEN, normal[i]) || !parts_a_word(normal, i))
			g_string_append_c(out, normal[i]);
	return g_string_free(out, FALSE);
}

guint promises_made(const char *text)
{
	guint bits = 0;
	gsize n = 0;

	for (gsize at = 0; text[at]; at += MAX(n, 1)) {
		int row = promise_at(text, at, &n);

		if (row < 0) {
			n = 1;
			continue;
		}
		if (!has_negator(text, clause_begin(text, at), at, NEGATION_FAR) &&
		    !is_denied_behind(text, at, clause_end(text, at)))
			bits |= 1u << promises[row].class;
	}
	if (bits & (1u << PROMISE_FULL_REFUND))
		bits |= 1u << PROMISE_REFUND;
	return bits & ~(1u << PROMISE_NONE);
}

/* Is the whole clause a source's own words? */
static gboolean clause_is_quoted(const char *sources, const char *text, gsize begin, gsize end)
{
	g_autofree char *clause = g_strndup(text + begin, end - begin);

	g_strstrip(clause);
	return strlen(clause) >= 6 && strstr(sources, clause);
}

gboolean promises_check(guint made, const char *sources, const char *text, char **ret_detail)
{
	gsize n = 0;

	for (gsize at = 0; text[at]; at += MAX(n, 1)) {
		int row = promise_at(text, at, &n);
		gsize begin, end;

		if (row < 0) {
			n = 1;
			continue;
		}
		if (promises[row].class == PROMISE_NONE || (made & (1u << promises[row].class)))
			continue;
		begin = clause_begin(text, at);
		end = clause_end(text, at);
		if (has_negator(text, begin, at, NEGATION_NEAR) ||
		    is_denied_behind(text, at, end) || clause_is_quoted(sources, text, begin, end))
			continue;
		*ret_detail = g_strndup(text + at, n);
		return FALSE;
	}
	return TRUE;
}
