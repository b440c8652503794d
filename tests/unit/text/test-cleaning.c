/* Every step on its own words, what it tells of them, and that a clean text stays as it is. */
#include "text/cleaning.h"

#include <string.h>

typedef struct {
	CleaningStep step;
	const char *text, *clean;
} Case;

static const Case cases[] = {
	{CLEANING_MARKUP, "<p>Hi&nbsp;<b>there</b></p>ok &amp; &#20320;", "Hi there\nok & 你"},
	{CLEANING_MARKUP, "a<script>x<y</script>b<!-- c -->", "ab"},
	{CLEANING_QUOTED, "好的\n> 原来的话\n> 第二行\n谢谢", "好的\n谢谢"},
	{CLEANING_QUOTED, "Fine.\n\nOn Mon, 5 May 2026, Jane wrote:\nold words", "Fine."},
	{CLEANING_QUOTED, "收到\n-----原始邮件-----\n发件人: x\n旧", "收到"},
	{CLEANING_SIGNATURE, "Where is it?\n\nSent from my iPhone", "Where is it?"},
	{CLEANING_SIGNATURE, "请退货\n\n发自我的iPhone", "请退货"},
	{CLEANING_SIGNATURE, "Thanks for it.\nBest regards,\nJane Doe\nACME", "Thanks for it."},
	{CLEANING_MOOD, "not good :-( (╥﹏╥) [流泪]", "not good 🙁 😭 😢"},
	{CLEANING_WIDTH, "ＡＢＣ１２３，好！", "ABC123，好！"},
	{CLEANING_INVISIBLE, "退\u200b货\u202e\u00ad", "退货"},
	{CLEANING_SIMPLIFIED, "請問什麼時候發貨", "请问什么时候发货"},
	{CLEANING_PARTS, "亻尔们马扁人，氵去退钅戋，讠青举扌艮", "你们骗人，法退钱，请举扌艮"},
	{CLEANING_PARTS, "這是马扁子，女马呀", "这是骗子，妈呀"},
	{CLEANING_SPACED, "我要 退 货 退 款", "我要 退货退款"},
	{CLEANING_SPACED, "r e f u n d now", "refund now"},
	{CLEANING_ELONGATED, "sooooo slow!!!! 哈哈哈哈哈", "soo slow!! 哈哈"},
	{CLEANING_SPACE, "  a   b \n\n\n\nc  ", "a b\n\nc"},
};

static gboolean has_step(const Cleaned *cleaned, CleaningStep step)
{
	for (guint i = 0; i < cleaned->changes->len; i++)
		if (g_array_index(cleaned->changes, CleaningChange, i).step == step)
			return TRUE;
	return FALSE;
}

static void test_steps(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(Cleaned) cleaned = text_cleaning(cases[i].text);
		g_auto(Cleaned) again = text_cleaning(cleaned.text);

		if (!g_str_equal(cleaned.text, cases[i].clean) ||
		    !has_step(&cleaned, cases[i].step))
			g_test_fail_printf("%s of '%s': '%s'", cleaning_step_name(cases[i].step),
					   cases[i].text, cleaned.text);
		g_assert_cmpstr(again.text, ==, cleaned.text);
		g_assert_cmpuint(again.changes->len, ==, 0);
	}
}

static void test_left_alone(void)
{
	static const char *const texts[] = {"",
					    "地方也好，充电口那边，一口下去",
					    "a < b and b > c",
					    "5 > 3",
					    "1000000",
					    "0.000",
					    "A B testing",
					    "见 https://a.example/b",
					    "Hello.\nWorld",
					    "iPhone 15, 100%",
					    "爸爸妈妈，看看！",
					    "¥1,299.00"};

	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_auto(Cleaned) cleaned = text_cleaning(texts[i]);

		g_assert_cmpstr(cleaned.text, ==, texts[i]);
		g_assert_cmpuint(cleaned.changes->len, ==, 0);
	}
}

static void test_moods(void)
{
	g_auto(Cleaned) cleaned = text_cleaning("👍🏽 谢谢 T_T 🦄 ❤️");
	static const MoodSign expected[] = {MOOD_POSITIVE, MOOD_NEGATIVE, MOOD_NEUTRAL,
					    MOOD_POSITIVE};

	g_assert_cmpuint(cleaned.moods->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmpint(g_array_index(cleaned.moods, CleaningMood, i).mood, ==,
				expected[i]);
}

static void test_explained(void)
{
	g_auto(Cleaned) cleaned = text_cleaning("soooo 請");
	const CleaningChange *changes = (const CleaningChange *)(gpointer)cleaned.changes->data;

	g_assert_cmpuint(cleaned.changes->len, ==, 2);
	g_assert_cmpint(changes[0].step, ==, CLEANING_SIMPLIFIED);
	g_assert_cmpstr(changes[0].before, ==, "請");
	g_assert_cmpstr(changes[0].after, ==, "请");
	g_assert_cmpuint(changes[0].at, ==, strlen("soooo "));
	g_assert_cmpstr(changes[1].before, ==, "oooo");
	g_assert_cmpstr(changes[1].after, ==, "oo");
}

/* The expressions are bounded: a text made to tire them is done soon. */
static void test_hostile(void)
{
	static const char *const pieces[] = {"<script>", "<!--", "&amp", "> \n", "a a ",     "退 ",
					     "a",	 "[",	 ":(",	 " \n",	 "From: x\n"};
	gint64 start = g_get_monotonic_time();

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_auto(Cleaned) cleaned = {0};

		while (text->len < 64000)
			g_string_append(text, pieces[i]);
		cleaned = text_cleaning(text->str);
		g_assert_nonnull(cleaned.text);
	}
	g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/cleaning/steps", test_steps);
	g_test_add_func("/cleaning/left-alone", test_left_alone);
	g_test_add_func("/cleaning/moods", test_moods);
	g_test_add_func("/cleaning/hostile", test_hostile);
	g_test_add_func("/cleaning/explained", test_explained);
	return g_test_run();
}
