/* The bot's own sentences: all there in both languages. */
#include "bot/texts.h"

static gboolean has_han(const char *text)
{
	for (; *text; text = g_utf8_next_char(text))
		if (g_unichar_get_script(g_utf8_get_char(text)) == G_UNICODE_SCRIPT_HAN)
			return TRUE;
	return FALSE;
}

static void test_both_languages(void)
{
	for (int text = 0; text < N_BOT_TEXTS; text++) {
		const char *zh = bot_text((BotText)text, "zh"), *en = bot_text((BotText)text, "en");

		g_test_message("%d %s", text, en);
		g_assert_true(g_utf8_validate(zh, -1, NULL) && has_han(zh));
		g_assert_true(*en && !has_han(en));
	}
}

static void test_other_languages_are_chinese(void)
{
	g_assert_cmpstr(bot_text(BOT_TEXT_GREETING, "fr"), ==, bot_text(BOT_TEXT_GREETING, "zh"));
	g_assert_cmpstr(bot_text(BOT_TEXT_GREETING, ""), ==, bot_text(BOT_TEXT_GREETING, "zh"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/texts/both_languages", test_both_languages);
	g_test_add_func("/texts/other_languages_are_chinese", test_other_languages_are_chinese);
	return g_test_run();
}
