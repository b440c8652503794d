/* Names as they are typed. */
#include "text/pinyin.h"

static void test_names(void)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{"李雷", "lilei li lei ll"},
		{"欧阳娜娜", "ouyangnana ou yang na na oynn"},
		{"单雄信", "shanxiongxin shan xiong xin sxx"},
		{"曾国藩", "zengguofan zeng guo fan zgf"},
		{"Anna 王芳 (上海)", "wangfang wang fang wf shanghai shang hai sh"},
		{"王", NULL},
		{"Smith", NULL},
		{"", NULL},
		{"一二三四五六七八九十一二三四五六七", NULL}, /* no name */
		{"\xff\xfe", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *words = text_pinyin(cases[i].text);

		g_assert_cmpstr(words, ==, cases[i].words);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pinyin/names", test_names);
	return g_test_run();
}
