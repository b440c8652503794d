/* Stop words on the first line, each ended by a bar, then the text. In pieces it comes out as in one
 * piece, and both as a model says: what stands before the first stop word, each byte that is no
 * character replaced. */
#include "llm/holdback.h"

#include "fuzz/fuzz.h"

static void feed_all(FuzzInput stops, FuzzInput text, guint32 seed, GString *out)
{
	g_autoptr(HoldBack) holdback = holdback_new(stops.at, stops.n);
	gboolean ended = FALSE;
	const char *given;
	gsize n_given;

	while (text.n && !ended) {
		gsize n = seed ? fuzz_piece(&seed, text.n) : text.n;

		ended = holdback_feed(holdback, text.at, n, &given, &n_given);
		g_assert_true(g_utf8_validate_len(given, n_given, NULL));
		g_string_append_len(out, given, (gssize)n_given);
		text.at += n;
		text.n -= n;
	}
	if (ended) {
		holdback_feed(holdback, "more", 4, &given, &n_given);
		g_assert_cmpuint(n_given, ==, 0);
	}
	holdback_end(holdback, &given, &n_given);
	g_string_append_len(out, given, (gssize)n_given);
}

static gsize first_stop(FuzzInput stops, FuzzInput text)
{
	gsize first = text.n;

	while (stops.n) {
		FuzzInput stop = fuzz_until(&stops, '\0');
		const char *at = stop.n && text.n ? memmem(text.at, text.n, stop.at, stop.n) : NULL;

		if (at)
			first = MIN(first, (gsize)(at - text.at));
	}
	return first;
}

/* A character that the end cuts in two is left out, but not one that a stop word cuts. */
static gboolean is_cut(FuzzInput text, gboolean at_end)
{
	guchar byte = (guchar)text.at[0];
	gsize length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

	if (!at_end || length <= text.n)
		return FALSE;
	for (gsize i = 1; i < text.n; i++)
		if (((guchar)text.at[i] & 0xc0) != 0x80)
			return FALSE;
	return TRUE;
}

static void model(FuzzInput text, gboolean at_end, GString *out)
{
	while (text.n && !is_cut(text, at_end)) {
		gunichar c = g_utf8_get_char_validated(text.at, (gssize)text.n);
		gboolean valid = c != (gunichar)-1 && c != (gunichar)-2 && c != 0;
		gsize n = valid ? (gsize)g_utf8_skip[(guchar)*text.at] : 1;

		g_string_append_unichar(out, valid ? c : 0xFFFD);
		text.at += n;
		text.n -= n;
	}
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint32 seed = 1u + fuzz_byte(&input);
	FuzzInput line = fuzz_until(&input, '\n');
	g_autofree char *words = line.n ? g_memdup2(line.at, line.n) : NULL;
	FuzzInput stops = {words, line.n}, before = {input.at, first_stop(stops, input)};
	g_autoptr(GString) whole = g_string_new(NULL), pieces = g_string_new(NULL);
	g_autoptr(GString) expected = g_string_new(NULL);

	for (gsize i = 0; i < line.n; i++)
		words[i] = words[i] == '|' ? '\0' : words[i];
	before.n = first_stop(stops, input);
	model(before, before.n == input.n, expected);
	feed_all(stops, input, 0, whole);
	feed_all(stops, input, seed, pieces);
	g_assert_cmpstr(whole->str, ==, expected->str);
	g_assert_cmpstr(pieces->str, ==, expected->str);
	return 0;
}
