/* Frames in pieces give the same messages as in one piece; a message that was read is written as the
 * same bytes. */
#include "llm/wire.h"

#include "base/error.h"
#include "fuzz/fuzz.h"

enum { ALL_READ = -1 };

/* Writes anew what it reads. Returns the code of the error, or ALL_READ. */
static int read_all(FuzzInput input, guint32 seed, GByteArray *written)
{
	g_autoptr(WireReader) reader = wire_reader_new();
	g_autoptr(GError) error = NULL;
	WireMessage message;

	while (input.n) {
		gsize n = seed ? fuzz_piece(&seed, input.n) : MIN(input.n, (gsize)WIRE_MAX_BYTES);

		if (!wire_feed(reader, input.at, n, &error))
			return (int)error->code;
		while (wire_next(reader, &message, &error))
			g_assert_true(wire_write(written, &message));
		if (error)
			return (int)error->code;
		input.at += n;
		input.n -= n;
	}
	return ALL_READ;
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint32 seed = 1u + fuzz_byte(&input);
	g_autoptr(GByteArray) whole = g_byte_array_new(), pieces = g_byte_array_new();
	int end = read_all(input, 0, whole);

	g_assert_true(end == ALL_READ || end == ZHIYIN_ERROR_INVALID);
	g_assert_cmpint(read_all(input, seed, pieces), ==, end);
	g_assert_cmpmem(pieces->data, pieces->len, whole->data, whole->len);
	g_assert_cmpuint(whole->len, <=, input.n);
	g_assert_true(!whole->len || memcmp(whole->data, input.at, whole->len) == 0);
	return 0;
}
