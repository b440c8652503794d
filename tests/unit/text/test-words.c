#include <glib.h>

#include "text/words.h"

static void check_ends(const char *text, const char *expected)
{
	g_autoptr(GArray) ends = text_word_ends(text);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0, from = 0; i < ends->len; i++) {
		guint end = g_array_index(ends, guint32, i);

		g_string_append_printf(out, "%s%.*s", i ? "|" : "", (int)(end - from), text + from);
		from = end;
	}
	g_assert_cmpstr(out->str, ==, expected);
}

static void test_words(void)
{
	check_ends("", "");
	check_ends("good day", "good| |day");
	check_ends("我们在北京工作。", "我们|在|北京|工作|。");
	check_ends("买iPhone吗", "买|iPhone|吗");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/words", test_words);
	return g_test_run();
}
