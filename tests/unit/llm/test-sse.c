/* Event streams in pieces: whatever the cuts, the same events. */
#include "llm/sse.h"

#include <string.h>

#include "base/error.h"

static gboolean note(const char *type, const char *data, gsize n, gpointer user)
{
	g_assert_cmpuint(strlen(data), ==, n);
	g_string_append_printf(user, "(%s|%s)", type, data);
	return !g_str_equal(data, "[DONE]");
}

static void test_every_cut(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"data: a\n\ndata: b\n\n", "(|a)(|b)"},
		{"data: a\r\n\r\ndata: b\r\n\r\n", "(|a)(|b)"},
		{"data: a\r\rdata: b\r\r", "(|a)(|b)"},
		{"\xEF\xBB\xBF"
		 "data: a\n\n",
		 "(|a)"},
		{"data: a\ndata: b\n\n", "(|a\nb)"},
		{"data:a\n\n", "(|a)"},
		{"data:  a\n\n", "(| a)"},
		{"data\n\n", "(|)"},
		{": comment\n\ndata: a\n\n", "(|a)"},
		{"event: x\ndata: a\nid: 1\nretry: 5\n\ndata: b\n\n", "(x|a)(|b)"},
		{"event: x\n\n", ""},
		{"data: a\n", ""},
		{"data: a: b\n\n", "(|a: b)"},
		{"data: 你好\n\n", "(|你好)"},
		{"data: [DONE]\n\ndata: b\n\n", "(|[DONE])"},
		{"", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		for (gsize size = 1; size <= strlen(cases[i].in) + 1; size++) {
			g_autoptr(GString) out = g_string_new(NULL);
			g_autoptr(Sse) sse = sse_new(100, note, out);
			g_autoptr(GError) error = NULL;
			gsize n = strlen(cases[i].in);

			for (gsize at = 0; at < n; at += size)
				if (!sse_feed(sse, cases[i].in + at, MIN(size, n - at), &error))
					break;
			g_assert_no_error(error);
			g_assert_cmpstr(out->str, ==, cases[i].out);
		}
}

static void test_faults(void)
{
	static const struct {
		const char *in;
		gsize n;
		ZhiyinError code;
	} cases[] = {
		{"data: 12345678901234567890\n\n", 0, ZHIYIN_ERROR_TOO_LARGE},
		{"data: 12345678\ndata: 12345678\n\n", 0, ZHIYIN_ERROR_TOO_LARGE},
		{"data: \xff\n\n", 0, ZHIYIN_ERROR_INVALID},
		{"data: \xe4\xbd\n\n", 0, ZHIYIN_ERROR_INVALID},
		{"data: a\0b\n\n", 11, ZHIYIN_ERROR_INVALID},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(Sse) sse = sse_new(16, note, out);
		g_autoptr(GError) error = NULL;
		gsize n = cases[i].n ? cases[i].n : strlen(cases[i].in);

		g_assert_false(sse_feed(sse, cases[i].in, n, &error));
		g_assert_error(error, ZHIYIN_ERROR, (int)cases[i].code);
		g_assert_false(sse_feed(sse, "data: a\n\n", 9, NULL));
		g_assert_cmpstr(out->str, ==, "");
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sse/every_cut", test_every_cut);
	g_test_add_func("/sse/faults", test_faults);
	return g_test_run();
}
