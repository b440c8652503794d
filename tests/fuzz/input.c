/* A file read in small pieces gives the text that it gives at once, or fails the same way; the text is
 * valid UTF-8; what is valid UTF-8 already comes out as it is. */
#include "text/input.h"

#include "base/error.h"
#include "fuzz/fuzz.h"

enum { MAX_BYTES = 1 << 16 };

/* NUL may stand in a text, which GLib's own check does not take. */
static gboolean is_utf8(const char *text, gsize n)
{
	const char *end = text;

	while (!g_utf8_validate_len(end, n - (gsize)(end - text), &end)) {
		if (*end)
			return FALSE;
		end++;
	}
	return TRUE;
}

static char *read_pieces(FuzzInput bytes, guint32 seed, GError **error)
{
	g_autoptr(Input) input = input_new_bytes("file", bytes.at, bytes.n, MAX_BYTES);
	g_autoptr(GString) text = g_string_new(NULL);
	char buffer[80];
	gssize n;

	while ((n = input_read(input, buffer, 8 + fuzz_piece(&seed, 64), error)) > 0) {
		g_assert_true(is_utf8(buffer, (gsize)n));
		g_string_append_len(text, buffer, n);
	}
	return n < 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

static void check_same(FuzzInput bytes, guint32 seed)
{
	g_autoptr(Input) input = input_new_bytes("file", bytes.at, bytes.n, MAX_BYTES);
	g_autoptr(GError) error = NULL, error_pieces = NULL;
	gsize n = 0;
	g_autofree char *text = input_load_rest(input, &n, &error);
	g_autofree char *pieces = read_pieces(bytes, seed, &error_pieces);

	g_assert_true(!text == !pieces);
	if (!text) {
		g_assert_cmpint(error->code, ==, error_pieces->code);
		g_assert_cmpstr(error->message, ==, error_pieces->message);
		return;
	}
	g_assert_cmpint(memcmp(text, pieces, n + 1), ==, 0);
	g_assert_true(is_utf8(text, n));
	if (input_encoding(input) == INPUT_UTF8 && !input_is_gzip(input)) {
		gsize mark = bytes.n >= 3 && memcmp(bytes.at, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

		g_assert_cmpmem(text, n, bytes.at + mark, bytes.n - mark);
	}
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint32 seed = fuzz_byte(&input);

	check_same(input, seed);
	return 0;
}
