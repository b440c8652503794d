/* A reply, as an event stream or a document, that stop words on the first line may end. In pieces it
 * gives the same text and state as at once; the text is valid and holds no stop word. */
#include "llm/completion.h"

#include "base/error.h"
#include "fuzz/fuzz.h"

typedef struct {
	GString *text;
	CompletionState state;
	gboolean failed;
} Reply;

static void reply_clear(Reply *reply)
{
	if (reply->text)
		g_string_free(reply->text, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reply, reply_clear)

/* Ends at the sign "#" that the text may hold. */
static gboolean take(const char *piece, gsize n, gpointer data)
{
	g_assert_true(g_utf8_validate_len(piece, n, NULL));
	g_string_append_len(data, piece, (gssize)n);
	return !memchr(piece, '#', n);
}

static Reply read_reply(FuzzInput stops, FuzzInput input, gboolean is_stream, guint32 seed)
{
	g_autoptr(Mask) mask = mask_new(NULL);
	g_autofree char *hidden = mask_hide(mask, "13800138000, a@b.example");
	Reply reply = {.text = g_string_new(NULL)};
	g_autoptr(Completion) completion =
		completion_new(stops.at, stops.n, mask, take, reply.text);
	g_autoptr(GError) error = NULL;
	gboolean wanted = TRUE;

	while (input.n && wanted) {
		gsize n = seed ? fuzz_piece(&seed, input.n) : input.n;

		wanted = completion_feed(completion, is_stream, input.at, n, &error);
		input.at += n;
		input.n -= n;
	}
	if (wanted && completion_end(completion, &error))
		completion_flush(completion);
	reply.state = *completion_state(completion);
	reply.failed = error != NULL;
	g_assert_true(!error || error->code == ZHIYIN_ERROR_UNAVAILABLE);
	return reply;
}

static void check_text(const Reply *reply, FuzzInput stops)
{
	g_assert_true(g_utf8_validate_len(reply->text->str, reply->text->len, NULL));
	g_assert_cmpuint(reply->state.n_prompt, <, 10000000);
	g_assert_cmpuint(reply->state.n_generated, <, 10000000);
	g_assert_true((reply->state.n_pieces > 0) == (reply->text->len > 0));
	g_assert_true(!reply->state.by_length || reply->state.finished);
	/* broken bytes become U+FFFD, which a stop word, or one that is broken itself, may have as well */
	while (stops.n) {
		g_autofree char *stop = fuzz_text(fuzz_until(&stops, '\0'));

		if (*stop && g_utf8_validate(stop, -1, NULL) && !strstr(stop, "\xEF\xBF\xBD"))
			g_assert_null(strstr(reply->text->str, stop));
	}
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint8 knobs = fuzz_byte(&input);
	FuzzInput line = fuzz_until(&input, '\n');
	g_autofree char *words = line.n ? g_memdup2(line.at, line.n) : NULL;
	FuzzInput stops = {words, line.n};
	g_auto(Reply) whole = {0}, pieces = {0};

	for (gsize i = 0; i < line.n; i++)
		words[i] = words[i] == '|' ? '\0' : words[i];
	whole = read_reply(stops, input, knobs & 1, 0);
	pieces = read_reply(stops, input, knobs & 1, 1u + knobs);
	check_text(&whole, stops);
	g_assert_cmpstr(pieces.text->str, ==, whole.text->str);
	g_assert_cmpint(pieces.failed, ==, whole.failed);
	g_assert_cmpint(pieces.state.finished, ==, whole.state.finished);
	g_assert_cmpint(pieces.state.stopped, ==, whole.state.stopped);
	g_assert_cmpint(pieces.state.cancelled, ==, whole.state.cancelled);
	return 0;
}
