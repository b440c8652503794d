/* Normal and clean forms: tables, then properties that must hold for any bytes. */
#include "text/normalise.h"

#include "support.h"

static void test_normalise(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"  Hello \t\r\n World  ", "hello world"},
		{"ＡＢＣ１２３", "abc123"},
		{"續約合同下週簽署", "续约合同下周签署"},
		{"我要退貨", "我要退货"},
		{"退\u200b货\ufeff\u2060", "退货"},
		{"\u202egnp.exe", "gnp.exe"},
		{"a\uFE0Fb\U000E0041c", "abc"},
		{"CAFE\u0301", "caf\u00e9"},
		{"Caf\u00c9", "caf\u00e9"},
		{"Stra\u00dfe", "strasse"},
		{"\ufb01ne", "fine"},
		{"\u2460\u33a5", "1m3"},
		{"ｶﾞｷﾞ", "ガギ"},
		{"\u1100\u1161\u11a8", "\uac01"},
		{"\u1100\x05\u1161\u200b\u11a8", "\uac01"}, /* what vanishes parts nothing */
		{"e\x01\u0301", "\u00e9"},
		{"你好\u3000世界", "你好 世界"},
		{"a\u00a0b\u2003c", "a b c"},
		{"a\x01\x02"
		 "b\x7f",
		 "ab"},
		{"\xff"
		 "a\xe4\xbd",
		 "\uFFFDa\uFFFD"},
		{"😀👍🏽", "😀👍🏽"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *normal = text_normalise(rows[i][0], -1);

		g_assert_cmpstr(normal, ==, rows[i][1]);
	}
}

static void test_length(void)
{
	g_autofree char *cut = text_normalise("ABCdef", 4), *nul = text_normalise("A\0B C", 5);

	g_assert_cmpstr(cut, ==, "abcd");
	g_assert_cmpstr(nul, ==, "ab c");
	g_assert_cmpuint(text_prefix("退货a", -1, 2), ==, 6);
	g_assert_cmpuint(text_prefix("退货a", 4, 9), ==, 4);
	g_assert_cmpuint(text_prefix("退货a", -1, 0), ==, 0);
}

static void test_clean(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"Ａb\tc\n", "Ａb\tc\n"},
		{"a\r\nb\rc\n\r", "a\nb\nc\n\n"},
		{"a\x01\x1b[31mb\x7f", "a[31mb"},
		{"續約 Café", "續約 Café"},
		{"\xc2\x85\xc2\x80x\f\xc2\xa0", "\nx\n\u00a0"},
		{"\xff\xe4\xbd"
		 "a",
		 "\uFFFD\uFFFDa"},
		{"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
		{"👨\u200d👩", "👨\u200d👩"},
	};
	g_autofree char *nul = text_clean("a\0b", 3);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *clean = text_clean(rows[i][0], -1);

		g_assert_cmpstr(clean, ==, rows[i][1]);
	}
	g_assert_cmpstr(nul, ==, "ab");
}

static void check_any(const char *text, gsize n_bytes)
{
	g_autofree char *normal = text_normalise(text, (gssize)n_bytes),
			*clean = text_clean(text, (gssize)n_bytes);
	g_autofree char *again = text_normalise(normal, -1), *clean_again = text_clean(clean, -1);
	g_autofree char *of_clean = text_normalise(clean, -1);

	g_assert_true(g_utf8_validate(normal, -1, NULL));
	g_assert_true(g_utf8_validate(clean, -1, NULL));
	g_assert_cmpstr(again, ==, normal);
	g_assert_cmpstr(clean_again, ==, clean);
	g_assert_cmpstr(of_clean, ==, normal);
	g_assert_null(strstr(normal, "  "));
	g_assert_null(strpbrk(normal, "\n\t\r"));
	g_assert_null(strchr(clean, '\r'));
	g_assert_false(g_str_has_prefix(normal, " ") || g_str_has_suffix(normal, " "));
}

static void test_any(void)
{
	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 20000);
}

static void test_naughty(void)
{
	support_foreach_naughty(check_any);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/normalise/table", test_normalise);
	g_test_add_func("/normalise/length", test_length);
	g_test_add_func("/normalise/clean", test_clean);
	g_test_add_func("/normalise/any-bytes", test_any);
	g_test_add_func("/normalise/naughty", test_naughty);
	return g_test_run();
}
