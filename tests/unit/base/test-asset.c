/* Finding and walking a table of files, at both ends and between. */
#include <glib.h>

#include "base/asset.h"

static const Asset files[] = {
	{"console/app.js", (const guint8 *)"1", 1, "\"a\""},
	{"console/app.js.gz", (const guint8 *)"2", 1, "\"b\""},
	{"demo/faq.csv", (const guint8 *)"3", 1, "\"c\""},
	{"widget/index.html", (const guint8 *)"4", 1, "\"d\""},
};

static void test_find(void)
{
	asset_register(files, G_N_ELEMENTS(files));
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		g_assert_true(asset_find(files[i].name) == &files[i]);
	g_assert_null(asset_find("console/app"));
	g_assert_null(asset_find("console/app.jsx"));
	g_assert_null(asset_find(""));
	g_assert_null(asset_find("zzz"));
}

static void append_name(const Asset *asset, gpointer data)
{
	g_string_append_printf(data, "%s ", asset->name);
}

static void test_each(void)
{
	g_autoptr(GString) names = g_string_new("");

	asset_register(files, G_N_ELEMENTS(files));
	asset_each("console/", append_name, names);
	g_assert_cmpstr(names->str, ==, "console/app.js console/app.js.gz ");
	asset_each("w", append_name, g_string_truncate(names, 0));
	g_assert_cmpstr(names->str, ==, "widget/index.html ");
	asset_each("x", append_name, g_string_truncate(names, 0));
	g_assert_cmpstr(names->str, ==, "");
}

static void test_empty(void)
{
	asset_register(NULL, 0);
	g_assert_null(asset_find("console/app.js"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/asset/find", test_find);
	g_test_add_func("/asset/each", test_each);
	g_test_add_func("/asset/empty", test_empty);
	return g_test_run();
}
