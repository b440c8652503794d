/* Text that may be shown: whole characters, nothing of a stop word, however the pieces fall. */
#include <string.h>

#include "llm/holdback.h"

/* Feeds a text in pieces of n bytes and returns all that comes out, with a '|' after what came before
 * the end. */
static char *through(const char *stops, gsize n_stops, const char *text, gsize n_bytes, gsize step,
		     gboolean *ret_ended)
{
	g_autoptr(HoldBack) holdback = holdback_new(stops, n_stops);
	GString *out = g_string_new(NULL);
	const char *part;
	gsize n;

	*ret_ended = FALSE;
	for (gsize at = 0; at < n_bytes && !*ret_ended; at += step) {
		*ret_ended = holdback_feed(holdback, text + at, MIN(step, n_bytes - at), &part, &n);
		g_assert_true(g_utf8_validate(part, (gssize)n, NULL));
		g_string_append_len(out, part, (gssize)n);
	}
	holdback_end(holdback, &part, &n);
	g_assert_true(g_utf8_validate(part, (gssize)n, NULL));
	if (n)
		g_string_append_printf(out, "|%.*s", (int)n, part);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *stops;
	gsize n_stops;
	const char *text, *expected;
	gboolean ends;
} rows[] = {
	{"", 0, "hello", "hello", FALSE},
	{"###", 4, "a ### b", "a ", TRUE},
	{"###", 4, "a ## b", "a ## b", FALSE},
	{"###", 4, "a ##", "a |##", FALSE},
	{"###\0\n\n", 7, "one\ntwo\n\nthree", "one\ntwo", TRUE},
	{"客户：", 10, "好的。客户：还有", "好的。", TRUE},
	{"客户：", 10, "好的。客服", "好的。客服", FALSE},
	{"客户：", 10, "好的客户", "好的|客户", FALSE},
	{"aab", 4, "aaab", "a", TRUE}, /* the first a was no beginning after all */
	{"\0\0", 2, "no stop word is empty", "no stop word is empty", FALSE},
	{"", 0, "cut \xe9\x80", "cut ", FALSE},
	{"", 0, "bad \xff\xfe byte", "bad \xef\xbf\xbd\xef\xbf\xbd byte", FALSE},
	{"", 0, "lone \x80 tail", "lone \xef\xbf\xbd tail", FALSE},
	{"", 0, "half \xe9\x80 way", "half \xef\xbf\xbd\xef\xbf\xbd way", FALSE},
	{"", 0, "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", FALSE},
	{"end", 4, "friend", "fri", TRUE},
	{"s\0</s>", 7, "a</s>b", "a", TRUE}, /* begins first, though the other is whole before it */
	{"s\0</s>", 7, "a</sb", "a</", TRUE},
	{"s\0</s>", 7, "a</s", "a|</", FALSE},
};

static void test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		gsize n = strlen(rows[i].text);

		for (gsize step = 1; step <= n; step++) {
			gboolean ended;
			g_autofree char *out = through(rows[i].stops, rows[i].n_stops, rows[i].text,
						       n, step, &ended);

			g_assert_cmpstr(out, ==, rows[i].expected);
			g_assert_cmpint(ended, ==, rows[i].ends);
		}
	}
}

static void test_nothing_waits_without_need(void)
{
	g_autoptr(HoldBack) holdback = holdback_new("###", 4);
	const char *text;
	gsize n;

	g_assert_false(holdback_feed(holdback, "now", 3, &text, &n));
	g_assert_cmpmem(text, n, "now", 3);
	g_assert_false(holdback_feed(holdback, "#", 1, &text, &n));
	g_assert_cmpuint(n, ==, 0);
	g_assert_false(holdback_feed(holdback, "1", 1, &text, &n));
	g_assert_cmpmem(text, n, "#1", 2);
}

static void test_nothing_comes_after_the_end(void)
{
	g_autoptr(HoldBack) holdback = holdback_new("###", 4);
	const char *text;
	gsize n;

	g_assert_true(holdback_feed(holdback, "a###b", 5, &text, &n));
	g_assert_cmpmem(text, n, "a", 1);
	g_assert_true(holdback_feed(holdback, "c", 1, &text, &n));
	g_assert_cmpuint(n, ==, 0);
	holdback_end(holdback, &text, &n);
	g_assert_cmpuint(n, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/holdback/rows", test_rows);
	g_test_add_func("/holdback/nothing_waits_without_need", test_nothing_waits_without_need);
	g_test_add_func("/holdback/nothing_comes_after_the_end", test_nothing_comes_after_the_end);
	return g_test_run();
}
