/* Both forms of a text are fixed points, and cleaning changes nothing that the normal form sees. */
#include "text/normalise.h"

#include "fuzz/fuzz.h"

static void check_clean(const char *clean)
{
	const char *at;

	g_assert_true(g_utf8_validate(clean, -1, &at));
	for (at = clean; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		g_assert_true(c >= 0xA0 || (c >= 0x20 && c < 0x7F) || c == '\n' || c == '\t');
	}
}

static void check_normal(const char *normal)
{
	g_assert_true(g_utf8_validate(normal, -1, NULL));
	g_assert_false(g_str_has_prefix(normal, " ") || g_str_has_suffix(normal, " "));
	g_assert_null(strstr(normal, "  "));
	g_assert_null(strpbrk(normal, "\t\n\v\f\r"));
}

static void check_prefix(const char *text, gsize n, gsize n_chars)
{
	gsize at = text_prefix(text, (gssize)n, n_chars);

	g_assert_cmpuint(at, <=, n);
	g_assert_cmpuint(text_prefix(text, (gssize)at, n_chars), ==, at);
	g_assert_cmpuint(text_prefix(text, (gssize)n, n), ==, n);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	const char *text = (const char *)bytes;
	g_autofree char *clean = text_clean(text, (gssize)n), *clean_twice = text_clean(clean, -1);
	g_autofree char *normal = text_normalise(text, (gssize)n);
	g_autofree char *twice = text_normalise(normal, -1), *of_clean = text_normalise(clean, -1);

	check_clean(clean);
	g_assert_cmpstr(clean_twice, ==, clean);
	check_normal(normal);
	g_assert_cmpstr(twice, ==, normal);
	g_assert_cmpstr(of_clean, ==, normal);
	g_assert_cmpuint(strlen(normal), <=, 11 * n + 3);
	check_prefix(text, n, n / 2);
	return 0;
}
