/* Messages survive the wire whole, in pieces of any size; what is no message is refused, and no limit
 * can be talked around. */
#include <string.h>

#include "base/error.h"
#include "llm/wire.h"

static const WireMessage samples[] = {
	{.kind = WIRE_GENERATE,
	 .id = 7,
	 .max_tokens = 64,
	 .temperature = 0.5,
	 .seed = G_MAXUINT64,
	 .deadline_us = 1234567890123,
	 .fixed = "be kind\n",
	 .n_fixed = 8,
	 .input = "\0binary\xff",
	 .n_input = 8,
	 .grammar = "root ::= \"a\"",
	 .n_grammar = 12,
	 .stops = "###\0\n\n",
	 .n_stops = 7},
	{.kind = WIRE_CANCEL, .id = G_MAXUINT32},
	{.kind = WIRE_ASK_INFO},
	{.kind = WIRE_PREPARE},
	{.kind = WIRE_PIECE, .id = 1, .text = "退", .n_text = 3},
	{.kind = WIRE_DONE,
	 .id = 2,
	 .end = 1,
	 .n_prompt = 600,
	 .n_cached = 580,
	 .n_generated = 12,
	 .queue_ms = 0.25,
	 .first_ms = 81,
	 .total_ms = 400.5},
	{.kind = WIRE_FAILED, .id = 3, .code = 9, .text = "no", .n_text = 2},
	{.kind = WIRE_INFO,
	 .text = "Gemma",
	 .n_text = 5,
	 .sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	 .n_sha256 = 64,
	 .n_slots = 4,
	 .n_running = 1,
	 .n_context = 4096,
	 .pid = 4711,
	 .file_bytes = 5000000000,
	 .tokens_per_second = 57.5},
};

static void assert_text(const char *a, gsize n_a, const char *b, gsize n_b)
{
	g_assert_cmpmem(a, n_a, b, n_b);
}

static void assert_same(const WireMessage *a, const WireMessage *b)
{
	g_assert_cmpint(a->kind, ==, b->kind);
	g_assert_cmpuint(a->id, ==, b->id);
	g_assert_cmpuint(a->max_tokens, ==, b->max_tokens);
	g_assert_cmpfloat(a->temperature, ==, b->temperature);
	g_assert_cmpuint(a->seed, ==, b->seed);
	g_assert_cmpint(a->deadline_us, ==, b->deadline_us);
	assert_text(a->fixed, a->n_fixed, b->fixed, b->n_fixed);
	assert_text(a->input, a->n_input, b->input, b->n_input);
	assert_text(a->grammar, a->n_grammar, b->grammar, b->n_grammar);
	assert_text(a->stops, a->n_stops, b->stops, b->n_stops);
	assert_text(a->text, a->n_text, b->text, b->n_text);
	assert_text(a->sha256, a->n_sha256, b->sha256, b->n_sha256);
	g_assert_cmpuint(a->end, ==, b->end);
	g_assert_cmpuint(a->code, ==, b->code);
	g_assert_cmpuint(a->n_prompt, ==, b->n_prompt);
	g_assert_cmpuint(a->n_cached, ==, b->n_cached);
	g_assert_cmpuint(a->n_generated, ==, b->n_generated);
	g_assert_cmpfloat(a->queue_ms, ==, b->queue_ms);
	g_assert_cmpfloat(a->first_ms, ==, b->first_ms);
	g_assert_cmpfloat(a->total_ms, ==, b->total_ms);
	g_assert_cmpuint(a->n_slots, ==, b->n_slots);
	g_assert_cmpuint(a->n_running, ==, b->n_running);
	g_assert_cmpuint(a->n_context, ==, b->n_context);
	g_assert_cmpfloat(a->tokens_per_second, ==, b->tokens_per_second);
}

static GByteArray *all_samples(void)
{
	GByteArray *bytes = g_byte_array_new();

	for (gsize i = 0; i < G_N_ELEMENTS(samples); i++)
		g_assert_true(wire_write(bytes, &samples[i]));
	return bytes;
}

/* Feeds n bytes at a time and expects the samples in their order. */
static void read_in_steps(const GByteArray *bytes, gsize step)
{
	g_autoptr(WireReader) reader = wire_reader_new();
	g_autoptr(GError) error = NULL;
	WireMessage message;
	gsize n = 0;

	for (gsize at = 0; at < bytes->len; at += step) {
		gsize part = MIN(step, bytes->len - at);

		g_assert_true(wire_feed(reader, bytes->data + at, part, &error));
		while (wire_next(reader, &message, &error)) {
			g_assert_cmpuint(n, <, G_N_ELEMENTS(samples));
			assert_same(&message, &samples[n++]);
		}
		g_assert_no_error(error);
	}
	g_assert_cmpuint(n, ==, G_N_ELEMENTS(samples));
}

static void test_round_trip(void)
{
	g_autoptr(GByteArray) bytes = all_samples();

	for (gsize step = 1; step <= bytes->len; step = step < 16 ? step + 1 : step * 3)
		read_in_steps(bytes, step);
}

/* Reads until there is nothing more or a fault. TRUE when there was one. */
static gboolean is_refused(const guint8 *bytes, gsize n)
{
	g_autoptr(WireReader) reader = wire_reader_new();
	g_autoptr(GError) error = NULL;
	WireMessage message;

	if (!wire_feed(reader, bytes, n, &error))
		return TRUE;
	while (wire_next(reader, &message, &error))
		;
	if (error)
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	return error != NULL;
}

static void test_damaged(void)
{
	static const struct {
		const char *bytes;
		gsize n;
	} rows[] = {
		{"\0\0\0\0", 4},	   /* empty */
		{"\1\0\0\0\x63", 5},	   /* no such kind */
		{"\1\0\0\0\2", 5},	   /* cancel without an id */
		{"\6\0\0\0\2abcde", 10},   /* and with too much */
		{"\xff\xff\xff\xff\1", 5}, /* four gigabytes to come */
		{"\1\0\2\0\1", 5},	   /* one byte over the limit to come */
		{"\x9\0\0\0\x10"
		 "abcd\5\0\0\0",
		 13}, /* a text longer than its message */
		{"\x9\0\0\0\x10"
		 "abcd\xff\xff\xff\xff",
		 13},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_true(is_refused((const guint8 *)rows[i].bytes, rows[i].n));
}

/* Every byte of every sample set to a few values: never a crash, never a message over the limits. */
static void test_flipped_bytes(void)
{
	static const guint8 values[] = {0, 1, 0x7f, 0x80, 0xff};
	g_autoptr(GByteArray) bytes = all_samples();
	guint n_refused = 0;

	for (guint at = 0; at < bytes->len; at++) {
		guint8 was = bytes->data[at];

		for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
			bytes->data[at] = values[i];
			n_refused += is_refused(bytes->data, bytes->len);
		}
		bytes->data[at] = was;
	}
	g_assert_cmpuint(n_refused, >, 50);
}

static void test_limits(void)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autofree char *text = g_strnfill(WIRE_PROMPT_MAX + 1, 'x');
	WireMessage message = {.kind = WIRE_GENERATE, .fixed = text, .input = text};
	WireMessage piece = {.kind = WIRE_PIECE, .text = text, .n_text = WIRE_PIECE_MAX};

	message.n_fixed = WIRE_PROMPT_MAX;
	g_assert_true(wire_write(bytes, &message));
	message.n_input = 1; /* each may be long, not both */
	g_assert_false(wire_write(bytes, &message));
	message.n_fixed = WIRE_PROMPT_MAX + 1;
	message.n_input = 0;
	g_assert_false(wire_write(bytes, &message));
	g_assert_true(wire_write(bytes, &piece));
	piece.n_text++;
	g_assert_false(wire_write(bytes, &piece));
	g_byte_array_set_size(bytes, 0);
	message = samples[0];
	message.kind = 99;
	g_assert_false(wire_write(bytes, &message));
	g_assert_cmpuint(bytes->len, ==, 0); /* nothing half-written */
}

static void test_too_much_at_once(void)
{
	g_autoptr(WireReader) reader = wire_reader_new();
	g_autoptr(GError) error = NULL;
	g_autofree guint8 *zeros = g_malloc0(WIRE_MAX_BYTES + 1);
	guint8 head[5] = {0, 0, 2, 0, WIRE_PIECE}; /* the longest message there may be */
	WireMessage message;

	g_assert_false(wire_feed(reader, zeros, WIRE_MAX_BYTES + 1, &error));
	g_clear_error(&error);
	g_assert_true(wire_feed(reader, head, sizeof(head), &error));
	g_assert_false(wire_next(reader, &message, &error));
	g_assert_no_error(error);
	g_assert_true(wire_feed(reader, zeros, WIRE_MAX_BYTES, &error));
	g_assert_false(wire_feed(reader, zeros, 1, &error)); /* nobody takes any out */
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/wire/round_trip", test_round_trip);
	g_test_add_func("/wire/damaged", test_damaged);
	g_test_add_func("/wire/flipped_bytes", test_flipped_bytes);
	g_test_add_func("/wire/limits", test_limits);
	g_test_add_func("/wire/too_much_at_once", test_too_much_at_once);
	return g_test_run();
}
