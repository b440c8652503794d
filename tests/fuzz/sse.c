/* A stream in pieces gives the same events and the same end as in one piece, and as a second reader
 * that takes the whole text apart the way the standard words it. */
#include "llm/sse.h"

#include "base/error.h"
#include "fuzz/fuzz.h"

enum { MAX_BYTES = 200 };

/* Writes the events down one behind the other; ends the reading at one of the type "end". */
static gboolean take(const char *type, const char *data, gsize n, gpointer user)
{
	GString *seen = user;

	g_assert_true(g_utf8_validate_len(data, n, NULL));
	g_assert_null(strpbrk(data, "\r"));
	g_assert_null(strpbrk(type, "\r\n"));
	g_assert_cmpuint(n, <=, MAX_BYTES);
	g_string_append_printf(seen, "%s\n%s\n\n", type, data);
	return !g_str_equal(type, "end");
}

enum { ALL_READ = -1, ENDED = -2 };

/* ALL_READ, ENDED by the event "end", or the code of the error. */
static int read_all(FuzzInput input, guint32 seed, GString *seen)
{
	g_autoptr(Sse) sse = sse_new(MAX_BYTES, take, seen);
	g_autoptr(GError) error = NULL;

	while (input.n) {
		gsize n = seed ? fuzz_piece(&seed, input.n) : input.n;

		if (!sse_feed(sse, input.at, n, &error)) {
			g_assert_false(sse_feed(sse, "data: x\n\n", 9, NULL));
			return error ? (int)error->code : ENDED;
		}
		input.at += n;
		input.n -= n;
	}
	return ALL_READ;
}

static void model_line(const char *line, GString *type, GString *data, GString *seen,
		       gboolean *over)
{
	const char *colon = strchr(line, ':');
	const char *value = colon ? colon + 1 + (colon[1] == ' ') : line + strlen(line);
	g_autofree char *name = colon ? g_strndup(line, (gsize)(colon - line)) : g_strdup(line);

	if (!*line) {
		if (data->len) {
			g_string_truncate(data, data->len - 1); /* the last one's line feed */
			*over = !take(type->str, data->str, data->len, seen);
		}
		g_string_truncate(data, 0);
		g_string_truncate(type, 0);
	} else if (g_str_equal(name, "data")) {
		g_string_append_printf(data, "%s\n", value);
	} else if (g_str_equal(name, "event")) {
		g_string_assign(type, value);
	}
}

/* For text without NUL, valid and within the limits. */
static void model(const char *text, GString *seen)
{
	g_autoptr(GString) type = g_string_new(NULL), data = g_string_new(NULL);
	gboolean over = FALSE;

	text += g_str_has_prefix(text, "\xEF\xBB\xBF") ? 3 : 0;
	while (!over) {
		gsize n = strcspn(text, "\r\n");
		g_autofree char *line = g_strndup(text, n);

		if (!text[n])
			return;
		text += n + (text[n] == '\r' && text[n + 1] == '\n' ? 2 : 1);
		model_line(line, type, data, seen, &over);
	}
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint32 seed = 1u + fuzz_byte(&input);
	g_autoptr(GString) whole = g_string_new(NULL), pieces = g_string_new(NULL);
	g_autoptr(GString) expected = g_string_new(NULL);
	int end = read_all(input, 0, whole);

	g_assert_cmpint(read_all(input, seed, pieces), ==, end);
	g_assert_cmpstr(pieces->str, ==, whole->str);
	if (end < 0) {
		g_autofree char *text = fuzz_text(input);

		model(text, expected);
		g_assert_cmpstr(whole->str, ==, expected->str);
	}
	return 0;
}
