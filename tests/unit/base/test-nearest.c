/* Distances worked out by hand, and the rule for when a word is near enough to be offered. */
#include <glib.h>

#include "base/nearest.h"

static void test_distance(void)
{
	static const struct {
		const char *a, *b;
		guint distance;
	} cases[] = {
		{"", "", 0},
		{"a", "", 1},
		{"serve", "serve", 0},
		{"serv", "serve", 1},
		{"sreve", "serve", 1},
		{"kitten", "sitting", 3},
		{"ca", "abc", 3},
		{"import", "export", 2},
		{"backup", "restore", 7},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpuint(word_distance(cases[i].a, cases[i].b), ==, cases[i].distance);
		g_assert_cmpuint(word_distance(cases[i].b, cases[i].a), ==, cases[i].distance);
	}
}

static void test_long_words(void)
{
	g_autofree char *a = g_strnfill(5000, 'a');
	g_autofree char *b = g_strnfill(5000, 'b');

	g_assert_cmpuint(word_distance(a, b), ==, 64);
}

static void test_nearer(void)
{
	g_assert_cmpstr(word_nearer("sevre", NULL, "serve"), ==, "serve");
	g_assert_cmpstr(word_nearer("sevre", "serve", "server"), ==, "serve");
	g_assert_null(word_nearer("frobnicate", NULL, "serve"));
	g_assert_null(word_nearer("xy", NULL, "kb"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nearest/distance", test_distance);
	g_test_add_func("/nearest/long-words", test_long_words);
	g_test_add_func("/nearest/nearer", test_nearer);
	return g_test_run();
}
