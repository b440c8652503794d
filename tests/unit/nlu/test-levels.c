/* Labels that are paths: what is one, how deep they are, what is left of them cut short. */
#include "nlu/levels.h"

static GPtrArray *labels_of(const char *text)
{
	GPtrArray *labels = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(text, " ", -1);

	for (guint i = 0; parts[i]; i++)
		g_ptr_array_add(labels, g_strdup(parts[i]));
	return labels;
}

static void test_paths(void)
{
	static const struct {
		const char *label;
		gboolean path;
		guint level;
	} rows[] = {
		{"a", TRUE, 1},	 {"售后/退款", TRUE, 2}, {"a/b/c", TRUE, 3}, {"", FALSE, 1},
		{"/", FALSE, 2}, {"/a", FALSE, 2},	 {"a/", FALSE, 2},   {"a//b", FALSE, 3},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_assert_true(label_is_path(rows[i].label) == rows[i].path);
		g_assert_cmpuint(label_level(rows[i].label), ==, rows[i].level);
	}
}

static void test_depth(void)
{
	static const struct {
		const char *labels;
		guint depth;
	} rows[] = {
		{"a b", 1},	 {"a/x a/y", 1}, {"a a/y", 1},
		{"a/x ab/x", 2}, {"a b/x/y", 3}, {"a/x", 1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) labels = labels_of(rows[i].labels);

		g_assert_cmpuint(labels_depth(labels, labels->len), ==, rows[i].depth);
		g_assert_cmpuint(labels_depth(labels, 1), ==, 1);
		g_assert_cmpuint(labels_depth(labels, 0), ==, 1);
	}
}

static void check_cut(const char *text, guint level, const char *expected, const char *numbers)
{
	g_autoptr(GPtrArray) labels = labels_of(text);
	g_autofree guint *of = g_new(guint, labels->len);
	g_autoptr(GPtrArray) cut = labels_cut(labels, level, of);
	g_autofree char *joined = NULL;
	g_autoptr(GString) told = g_string_new(NULL);

	for (guint i = 0; i < labels->len; i++)
		g_string_append_printf(told, "%u", of[i]);
	g_ptr_array_add(cut, NULL);
	joined = g_strjoinv(" ", (char **)cut->pdata);
	g_assert_cmpstr(joined, ==, expected);
	g_assert_cmpstr(told->str, ==, numbers);
}

static void test_cut(void)
{
	check_cut("a a-b/x a/x/1 a/x/2 b", 1, "a a-b b", "01002");
	check_cut("a a-b/x a/x/1 a/x/2 b", 2, "a a-b/x a/x b", "01223");
	check_cut("a a-b/x a/x/1 a/x/2 b", 9, "a a-b/x a/x/1 a/x/2 b", "01234");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/levels/paths", test_paths);
	g_test_add_func("/levels/depth", test_depth);
	g_test_add_func("/levels/cut", test_cut);
	return g_test_run();
}
