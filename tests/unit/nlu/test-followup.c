/* What leans on a conversation and what stands alone, in both languages. */
#include "nlu/followup.h"

#include <string.h>

#include "text/normalise.h"

typedef struct {
	const char *text;
	int wanted;
} Row;

static void test_lean(void)
{
	static const Row rows[] = {
		{"那运费呢？", LEAN_CLEARLY},
		{"退房呢", LEAN_CLEARLY},
		{"它能水洗吗", LEAN_CLEARLY},
		{"那里能充电吗", LEAN_CLEARLY},
		{"整车也能寄吗", LEAN_CLEARLY},
		{"這個呢", LEAN_CLEARLY},
		{"他特别害怕怎么办", LEAN_CLEARLY},
		{"and for the large one?", LEAN_CLEARLY},
		{"What about Dublin?", LEAN_CLEARLY},
		{"How much is it?", LEAN_CLEARLY},
		{"can I charge my car there", LEAN_CLEARLY},
		{"Do they have child seats?", LEAN_CLEARLY},
		{"运费谁出", LEAN_MAYBE},
		{"其他付款方式有哪些", LEAN_MAYBE},
		{"who pays the postage", LEAN_MAYBE},
		{"Is there parking?", LEAN_MAYBE},
		{"我想给公司采购五十件冲锋衣，有折扣不", LEAN_NOT},
		{"if I buy one course today, is it mine forever or does it run out after some time",
		 LEAN_NOT},
		{"我上周在你们店里买的那个三人沙发能不能换成两人的", LEAN_NOT},
		{"How many days do I have to send a pair of shoes back to your warehouse?",
		 LEAN_NOT},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *normal = text_normalise(rows[i].text, -1);

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(followup_lean(normal), ==, rows[i].wanted);
	}
}

static void test_ask(void)
{
	static const Row rows[] = {{"一晚要加多少", ASK_PRICE},
				   {"那多少钱呢？", ASK_PRICE},
				   {"要加钱吗", ASK_PRICE},
				   {"免费吗", ASK_PRICE},
				   {"怎么收费", ASK_PRICE},
				   {"最长多久", ASK_DURATION},
				   {"一般要几天", ASK_DURATION},
				   {"大概多长时间", ASK_DURATION},
				   {"几点开始", ASK_TIME},
				   {"什么时候", ASK_TIME},
				   {"一天几次", ASK_COUNT},
				   {"有多少种", ASK_COUNT},
				   {"How much is it?", ASK_PRICE},
				   {"and what does it cost per night?", ASK_PRICE},
				   {"is it free?", ASK_PRICE},
				   {"how long does it take", ASK_DURATION},
				   {"and when?", ASK_TIME},
				   {"How often can I do that?", ASK_COUNT},
				   {"how many kinds", ASK_COUNT},
				   {"贴面多少钱", ASK_MORE},
				   {"电动滑板车多少钱", ASK_MORE},
				   {"怎么取消呢", ASK_MORE},
				   {"How much is whitening?", ASK_MORE},
				   {"how long is the warranty", ASK_MORE},
				   {"", ASK_MORE},
				   {"？", ASK_MORE}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *normal = text_normalise(rows[i].text, -1);

		g_test_message("%s", rows[i].text);
		g_assert_cmpint(followup_ask(normal), ==, rows[i].wanted);
	}
}

static void test_told(void)
{
	static const struct {
		Ask ask;
		const char *passage;
		gboolean wanted;
	} rows[] = {{ASK_PRICE, "每晚 35 澳元。", TRUE},
		    {ASK_PRICE, "A taxi is about A$65.", TRUE},
		    {ASK_PRICE, "浴巾免费领取。", TRUE},
		    {ASK_PRICE, "最多 14 天。", FALSE},
		    {ASK_PRICE, "Feel freedom for 3 days.", FALSE},
		    {ASK_DURATION, "签收后七天内可以退货。", TRUE},
		    {ASK_DURATION, "It takes 2 hours.", TRUE},
		    {ASK_DURATION, "每晚 35 元，限 2 台。", FALSE},
		    {ASK_DURATION, "共 14 种口味。", FALSE},
		    {ASK_TIME, "退房时间为 11:00。", TRUE},
		    {ASK_TIME, "Closed on Mondays.", TRUE},
		    {ASK_TIME, "共 14 种口味。", FALSE},
		    {ASK_COUNT, "共 14 种口味。", TRUE},
		    {ASK_COUNT, "请联系客服。", FALSE},
		    {ASK_MORE, "每晚 35 元。", FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *normal = text_normalise(rows[i].passage, -1);

		g_test_message("%s", rows[i].passage);
		g_assert_cmpint(followup_told(rows[i].ask, normal), ==, rows[i].wanted);
	}
}

static GPtrArray *talk(const char *const *words)
{
	GPtrArray *history = g_ptr_array_new();

	for (; *words; words++)
		g_ptr_array_add(history, (gpointer)(guintptr)*words);
	return history;
}

static void expect_topic(const char *const *words, const char *wanted)
{
	g_autoptr(GPtrArray) history = talk(words);
	g_autofree char *topic = followup_topic(history);

	g_assert_cmpstr(topic, ==, wanted);
}

static void test_topic(void)
{
	static const char *const one[] = {"customer", "几天可以退货？", "bot", "七天。", NULL};
	static const char *const chain[] = {"customer", "能借自行车吗", "bot", "可以。",
					    "customer", "退货期限多久", "bot", "30 天。",
					    "customer", "那整车呢",	"bot", "14 天。",
					    NULL};
	static const char *const polite[] = {
		"customer", "How long is the trial?", "bot", "21 days.", "customer", "thanks",
		"bot",	    "You are welcome.",	      NULL};
	static const char *const nothing[] = {"customer", "你好", "bot", "您好", NULL};
	static const char *const none[] = {NULL};

	expect_topic(one, "几天可以退货？");
	expect_topic(chain, "退货期限多久 那整车呢");
	expect_topic(polite, "How long is the trial?");
	expect_topic(nothing, NULL);
	expect_topic(none, NULL);
	g_assert_null(followup_topic(NULL));
}

static void test_joins(void)
{
	static const struct {
		const char *question, *topic, *rewritten;
		gboolean wanted;
	} rows[] = {
		{"那整车呢", "几天可以退货", "整车几天可以退货？", TRUE},
		{"那整车呢", "几天可以退货", "那整车呢？", FALSE},
		{"那整车呢", "几天可以退货", "几天可以退货？", FALSE},
		{"那整车呢", "几天可以退货", "整车可以改期吗？", FALSE},
		{"and for Windows?", "Is there a mobile app?", "Is there an app for Windows?",
		 TRUE},
		{"and for Windows?", "Is there a mobile app?", "And for Windows?", FALSE},
		{"and for Windows?", "Is there a mobile app?", "Is there a mobile app?", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *normal = text_normalise(rows[i].question, -1);

		g_test_message("%s", rows[i].rewritten);
		g_assert_cmpint(followup_joins(normal, rows[i].topic, rows[i].rewritten), ==,
				rows[i].wanted);
	}
}

/* Whatever comes in, in time that grows no faster than it. */
static void test_hostile(void)
{
	static const char *const texts[] = {"那", "呢", "and ", "一个人", "how much ", "那这个呢;"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *normal = NULL;
		const char *const words[] = {"customer", NULL, NULL};
		g_autoptr(GPtrArray) history = NULL;
		gint64 start = g_get_monotonic_time();

		while (text->len < 100000)
			g_string_append(text, texts[i]);
		normal = text_normalise(text->str, -1);
		followup_lean(normal);
		followup_ask(normal);
		history = talk(words);
		g_ptr_array_add(history, text->str);
		g_free(followup_topic(history));
		g_assert_cmpint(g_get_monotonic_time() - start, <, 10 * G_USEC_PER_SEC);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nlu/followup/lean", test_lean);
	g_test_add_func("/nlu/followup/ask", test_ask);
	g_test_add_func("/nlu/followup/told", test_told);
	g_test_add_func("/nlu/followup/topic", test_topic);
	g_test_add_func("/nlu/followup/joins", test_joins);
	g_test_add_func("/nlu/followup/hostile", test_hostile);
	return g_test_run();
}
