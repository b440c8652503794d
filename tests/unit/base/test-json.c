/* The writer's escapes, numbers and commas, read back by the strict parser; what the parser must
 * refuse. */
#include <float.h>
#include <glib.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"

static void test_document(void)
{
	g_autoptr(GString) out = g_string_new("");
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "s", "a\"\\\n\x01\x7f知音");
	json_put_string(&w, "null", NULL);
	json_put_int(&w, "i", G_MININT64);
	json_put_bool(&w, "b", TRUE);
	json_array_begin(&w, "a");
	json_put_double(&w, NULL, 0.1);
	json_put_double(&w, NULL, NAN);
	json_array_begin(&w, NULL);
	json_array_end(&w);
	json_object_begin(&w, NULL);
	json_object_end(&w);
	json_array_end(&w);
	json_put_time(&w, "t", 1);
	json_put_raw(&w, "r", "[1]");
	json_object_end(&w);
	g_assert_cmpstr(out->str, ==,
			"{\"s\":\"a\\\"\\\\\\n\\u0001\\u007f知音\",\"null\":null,\"i\":-"
			"9223372036854775808,\"b\":true,"
			"\"a\":[0.1,null,[],{}],\"t\":\"1970-01-01T00:00:00.001Z\",\"r\":[1]}");
}

static void test_every_byte(void)
{
	for (int byte = 1; byte < 256; byte++) {
		const char text[] = {'x', (char)byte, 'y', 0};
		g_autoptr(GString) out = g_string_new("");
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) back = NULL;
		JsonWriter w = json_writer(out);

		json_array_begin(&w, NULL);
		json_put_string_n(&w, NULL, text, 3);
		json_array_end(&w);
		back = json_parse(out->str, out->len, &error);
		g_assert_no_error(error);
		g_assert_cmpstr(json_string_value(json_array_get(back, 0)), ==,
				byte < 128 ? text : "x\xef\xbf\xbdy");
	}
}

static void test_doubles(void)
{
	static const double values[] = {
		0.1, 1e300, 5e-324, DBL_MAX, DBL_EPSILON, 1.0 / 3, -2.5, 123456789012345680.0, 0};

	for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autoptr(GString) out = g_string_new("");
		JsonWriter w = json_writer(out);

		json_put_double(&w, NULL, values[i]);
		g_assert_true(g_ascii_strtod(out->str, NULL) == values[i]);
	}
}

static void test_refused(void)
{
	static const struct {
		const char *text;
		gssize n_bytes;
	} bad[] = {
		{"", -1},
		{"{", -1},
		{"[1,]", -1},
		{"\"\xff\"", -1},
		{"1 2", -1},
		{"\"a\0b\"", 5},
		{"[1e999]", -1},
		{"{a:1}", -1},
		{"NaN", -1},
		{"\"\\ud800\"", -1},
		{"99999999999999999999", -1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		gsize n_bytes = bad[i].n_bytes < 0 ? strlen(bad[i].text) : (gsize)bad[i].n_bytes;
		g_autoptr(GError) error = NULL;

		g_assert_null(json_parse(bad[i].text, n_bytes, &error));
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	}
}

/* As the standard says: of members with one name the last counts; our strings end at NUL, so an
 * escaped one is replaced. */
static void test_accepted(void)
{
	g_autoptr(json_t) twice = json_parse("{\"a\":\"x\",\"a\":\"y\"}", 17, NULL);
	g_autoptr(json_t) nul = json_parse("[\"a\\u0000b\\\\u0000\"]", 19, NULL);

	g_assert_cmpstr(json_member_string(twice, "a"), ==, "y");
	g_assert_cmpstr(json_string_value(json_array_get(nul, 0)), ==, "a\357\277\275b\\u0000");
}

static void test_depth(void)
{
	g_autoptr(GString) deep = g_string_new("");
	g_autoptr(json_t) fine = NULL;
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < 512; i++)
		g_string_append_c(deep, '[');
	for (int i = 0; i < 512; i++)
		g_string_append_c(deep, ']');
	fine = json_parse(deep->str, deep->len, &error);
	g_assert_no_error(error);
	g_string_prepend_c(deep, '[');
	g_string_append_c(deep, ']');
	g_assert_null(json_parse(deep->str, deep->len, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
}

static void test_where(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(json_parse("{\n \"a\": x}", 10, &error));
	g_assert_nonnull(strstr(error->message, "line 2"));
}

static void test_member(void)
{
	g_autoptr(json_t) object = json_parse("{\"a\":\"x\",\"n\":null,\"i\":1}", 24, NULL);

	g_assert_cmpstr(json_member_string(object, "a"), ==, "x");
	g_assert_null(json_member_string(object, "n"));
	g_assert_null(json_member_string(object, "i"));
	g_assert_null(json_member_string(object, "z"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/json/document", test_document);
	g_test_add_func("/json/every-byte", test_every_byte);
	g_test_add_func("/json/doubles", test_doubles);
	g_test_add_func("/json/refused", test_refused);
	g_test_add_func("/json/accepted", test_accepted);
	g_test_add_func("/json/depth", test_depth);
	g_test_add_func("/json/where", test_where);
	g_test_add_func("/json/member", test_member);
	return g_test_run();
}
