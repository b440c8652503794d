/* Bytes to events, events to chunks, a chunk's text through the mask and the hold-back: four readers in
 * a row, none of which waits for more than it needs. */
#include "llm/completion.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "llm/holdback.h"
#include "llm/sse.h"

enum { TOKENS_MAX = 10000000 };

struct Completion {
	const Mask *mask;
	LlmPiece piece;
	gpointer data;
	GString *rest, *text; /* of the mask; what is to be given on */
	GString *document;
	HoldBack *holdback;
	Sse *sse;
	CompletionState state;
	gboolean broken; /* an event was no chunk */
};

static gboolean fail(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
		    "the model's endpoint sent what is no reply");
	return FALSE;
}

/* ---- text ------------------------------------------------------------------------------------ */

static gboolean give(Completion *c, const char *text, gsize n)
{
	if (!n)
		return TRUE;
	if (!c->state.n_pieces++)
		c->state.first_us = clock_monotonic_us();
	c->state.cancelled = !c->piece(text, n, c->data);
	return !c->state.cancelled;
}

/* A piece of the reply: FALSE when nothing more is wanted. */
static gboolean take_text(Completion *c, const char *text, gsize n, gboolean last)
{
	const char *out;
	gsize n_out;

	g_string_truncate(c->text, 0);
	mask_restore_piece(c->mask, c->rest, text, n, last, c->text);
	c->state.stopped = holdback_feed(c->holdback, c->text->str, c->text->len, &out, &n_out);
	return give(c, out, n_out) && !c->state.stopped;
}

void completion_flush(Completion *c)
{
	const char *out;
	gsize n_out;

	if (c->state.stopped || c->state.cancelled || !take_text(c, "", 0, TRUE))
		return;
	holdback_end(c->holdback, &out, &n_out);
	give(c, out, n_out);
}

/* ---- chunks ---------------------------------------------------------------------------------- */

static guint small_number(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	json_int_t number = json_is_integer(value) ? json_integer_value(value) : 0;

	return number > 0 && number < TOKENS_MAX ? (guint)number : 0;
}

static void take_usage(Completion *c, const json_t *usage)
{
	if (!json_is_object(usage))
		return;
	c->state.n_prompt = small_number(usage, "prompt_tokens");
	c->state.n_generated = small_number(usage, "completion_tokens");
	c->state.n_cached =
		small_number(json_object_get(usage, "prompt_tokens_details"), "cached_tokens");
}

/* {"choices": [{"delta" or "message": {"content"}, "finish_reason"}], "usage"} */
static gboolean take_chunk(Completion *c, const char *text, gsize n, const char *member)
{
	g_autoptr(json_t) chunk = json_parse(text, n, NULL);
	const json_t *choice = json_array_get(json_object_get(chunk, "choices"), 0);
	const json_t *content = json_object_get(json_object_get(choice, member), "content");
	const char *reason =
		json_is_object(choice) ? json_member_string(choice, "finish_reason") : NULL;

	c->broken = !json_is_object(chunk) || json_object_get(chunk, "error");
	if (c->broken)
		return FALSE;
	take_usage(c, json_object_get(chunk, "usage"));
	if (reason) {
		c->state.finished = TRUE;
		c->state.by_length = g_str_equal(reason, "length");
	}
	return !json_is_string(content) || c->state.stopped ||
	       take_text(c, json_string_value(content), json_string_length(content), FALSE);
}

static gboolean take_event(const char *type, const char *data, gsize n, gpointer user)
{
	Completion *c = user;

	(void)type;
	if (g_str_equal(data, "[DONE]")) {
		c->state.finished = TRUE;
		return TRUE;
	}
	return take_chunk(c, data, n, "delta");
}

/* ---- bytes ----------------------------------------------------------------------------------- */

Completion *completion_new(const char *stops, gsize n_stops, const Mask *mask, LlmPiece piece,
			   gpointer data)
{
	Completion *c = g_new0(Completion, 1);

	c->mask = mask;
	c->piece = piece;
	c->data = data;
	c->rest = g_string_new(NULL);
	c->text = g_string_new(NULL);
	c->document = g_string_new(NULL);
	c->holdback = holdback_new(stops, n_stops);
	c->sse = sse_new(COMPLETION_MAX_BYTES, take_event, c);
	return c;
}

void completion_free(Completion *c)
{
	if (!c)
		return;
	g_string_free(c->rest, TRUE);
	g_string_free(c->text, TRUE);
	g_string_free(c->document, TRUE);
	holdback_free(c->holdback);
	sse_free(c->sse);
	g_free(c);
}

gboolean completion_feed(Completion *c, gboolean is_stream, const char *bytes, gsize n,
			 GError **error)
{
	g_autoptr(GError) cause = NULL;

	if (!is_stream) {
		if (c->document->len + n > COMPLETION_MAX_BYTES)
			return fail(error);
		g_string_append_len(c->document, bytes, (gssize)n);
		return TRUE;
	}
	if (sse_feed(c->sse, bytes, n, &cause))
		return TRUE;
	return cause || c->broken ? fail(error) : FALSE;
}

gboolean completion_end(Completion *c, GError **error)
{
	if (c->document->len)
		take_chunk(c, c->document->str, c->document->len, "message");
	return c->broken ? fail(error) : TRUE;
}

const CompletionState *completion_state(const Completion *c)
{
	return &c->state;
}
