/*
 * POST /v1/chat/completions: the bot as a model. The messages are a history that lives with the client;
 * the last one of the user is answered as a visitor's question is, and nothing is stored but the record
 * of what a generating model was asked.
 *
 * What a client may ask of a model and the bot cannot do is refused by name; what only shapes the text
 * (temperature, max_tokens, stop ...) is taken and has no effect, since the bot's answers have their own
 * form. A stream shows what passed the check, as it passes. It cannot take back a word: when the rest of
 * a generated answer does not pass, the answer that stands instead follows behind a blank line.
 */
#include <string.h>

#include "api/openai.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "text/normalise.h"

enum {
	BODY_MAX_BYTES = 1 << 20,
	TURNS = 16, /* of the history, the last ones */
	TEXT_MAX_CHARS = 4000,
};

typedef struct {
	char *question;
	GPtrArray *history; /* pairs role, text; all owned */
	gboolean stream, include_usage;
} Chat;

static void chat_clear(Chat *chat)
{
	g_free(chat->question);
	g_clear_pointer(&chat->history, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Chat, chat_clear)

/* ---- what is asked: options ------------------------------------------------------------------ */

typedef gboolean (*OptionFine)(const json_t *value);

static gboolean is_one(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) == 1;
}

static gboolean is_off(const json_t *value)
{
	return json_is_false(value) || (json_is_integer(value) && json_integer_value(value) == 0);
}

static gboolean is_empty(const json_t *value)
{
	return json_is_array(value) && json_array_size(value) == 0;
}

static gboolean is_no_call(const json_t *value)
{
	const char *word = json_string_value(value);

	return g_strcmp0(word, "none") == 0 || g_strcmp0(word, "auto") == 0;
}

static gboolean is_plain_format(const json_t *value)
{
	return json_is_object(value) && g_strcmp0(json_member_string(value, "type"), "text") == 0;
}

static gboolean is_text_only(const json_t *value)
{
	return json_is_array(value) && json_array_size(value) == 1 &&
	       g_strcmp0(json_string_value(json_array_get(value, 0)), "text") == 0;
}

static gboolean is_flag(const json_t *value)
{
	return json_is_boolean(value);
}

static gboolean is_never(const json_t *value)
{
	(void)value;
	return FALSE;
}

/* null counts as not given. */
static const struct {
	const char *name;
	OptionFine fine;
	const char *why;
} options[] = {
	{"n", is_one, "the bot gives one answer"},
	{"stream", is_flag, "expected true or false"},
	{"tools", is_empty, "the bot calls no tools"},
	{"tool_choice", is_no_call, "the bot calls no tools"},
	{"functions", is_empty, "the bot calls no functions"},
	{"function_call", is_no_call, "the bot calls no functions"},
	{"logprobs", is_off, "the bot knows no log probabilities"},
	{"top_logprobs", is_off, "the bot knows no log probabilities"},
	{"response_format", is_plain_format, "the bot answers as text"},
	{"modalities", is_text_only, "the bot answers as text"},
	{"audio", is_never, "the bot answers as text"},
};

static gboolean read_stream_options(ApiCall *call, Chat *chat, GError **error)
{
	const json_t *value = json_object_get(call->body, "stream_options");
	const json_t *usage = json_object_get(value, "include_usage");

	if (!value || json_is_null(value))
		return TRUE;
	if (!chat->stream || !json_is_object(value))
		return openai_refuse(call, "stream_options", "an object, for streams alone", error);
	if (usage && !json_is_boolean(usage) && !json_is_null(usage))
		return openai_refuse(call, "stream_options.include_usage", "expected true or false",
				     error);
	chat->include_usage = json_is_true(usage);
	return TRUE;
}

static gboolean read_options(ApiCall *call, Chat *chat, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
		const json_t *value = json_object_get(call->body, options[i].name);

		if (value && !json_is_null(value) && !options[i].fine(value))
			return openai_refuse(call, options[i].name, options[i].why, error);
	}
	chat->stream = json_is_true(json_object_get(call->body, "stream"));
	return read_stream_options(call, chat, error);
}

/* ---- what is asked: messages ----------------------------------------------------------------- */

/* speaker NULL: not the conversation's, left out. What a client instructs the bot to be is not its
 * business: the organisation's knowledge is. */
static const struct {
	const char *role, *speaker;
} roles[] = {
	{"user", "customer"}, {"assistant", "bot"}, {"system", NULL},
	{"developer", NULL},  {"tool", NULL},	    {"function", NULL},
};

static gboolean refuse_at(ApiCall *call, gsize i, const char *member, const char *why,
			  GError **error)
{
	g_autofree char *param = g_strdup_printf("messages[%" G_GSIZE_FORMAT "]%s", i, member);

	return openai_refuse(call, param, why, error);
}

static gboolean add_part(ApiCall *call, gsize i, gsize k, const json_t *part, GString *text,
			 GError **error)
{
	g_autofree char *member = g_strdup_printf(".content[%" G_GSIZE_FORMAT "]", k);
	const char *words = json_is_object(part) ? json_member_string(part, "text") : NULL;

	if (!words || g_strcmp0(json_member_string(part, "type"), "text") != 0)
		return refuse_at(
			call, i, member,
			"only parts {\"type\": \"text\", \"text\": \"...\"} are understood: no "
			"images, no sound, no files",
			error);
	g_string_append_printf(text, "%s%s", text->len ? "\n" : "", words);
	return TRUE;
}

static gboolean read_content(ApiCall *call, gsize i, const json_t *content, GString *text,
			     GError **error)
{
	json_t *part;
	gsize k;

	if (!content || json_is_null(content))
		return TRUE; /* of an assistant that called a tool */
	if (json_is_string(content))
		g_string_append(text, json_string_value(content));
	else if (!json_is_array(content))
		return refuse_at(call, i, ".content", "expected a text or a list of parts", error);
	json_array_foreach(content, k, part)
	{
		if (!add_part(call, i, k, part, text, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean add_message(ApiCall *call, gsize i, const json_t *message, Chat *chat,
			    GError **error)
{
	const char *role = json_is_object(message) ? json_member_string(message, "role") : NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	gsize row = 0;

	while (row < G_N_ELEMENTS(roles) && g_strcmp0(roles[row].role, role) != 0)
		row++;
	if (row == G_N_ELEMENTS(roles))
		return refuse_at(call, i, ".role",
				 "expected user, assistant, system, developer, tool or function",
				 error);
	if (!read_content(call, i, json_object_get(message, "content"), text, error))
		return FALSE;
	if (g_utf8_strlen(text->str, -1) > TEXT_MAX_CHARS && roles[row].speaker)
		return refuse_at(call, i, ".content", "has more than 4000 characters", error);
	if (roles[row].speaker) {
		g_ptr_array_add(chat->history, g_strdup(roles[row].speaker));
		g_ptr_array_add(chat->history, text_clean(text->str, (gssize)text->len));
	}
	return TRUE;
}

/* The user's last message leaves the history, with all that comes behind it. */
static gboolean take_question(ApiCall *call, Chat *chat, GError **error)
{
	guint at = chat->history->len;

	while (at && !g_str_equal(g_ptr_array_index(chat->history, at - 2), "customer"))
		at -= 2;
	if (!at)
		return openai_refuse(call, "messages", "there is no message of the user", error);
	chat->question = g_strdup(g_ptr_array_index(chat->history, at - 1));
	g_ptr_array_set_size(chat->history, (gint)at - 2);
	if (chat->history->len > 2 * TURNS)
		g_ptr_array_remove_range(chat->history, 0, chat->history->len - 2 * TURNS);
	return TRUE;
}

static gboolean read_chat(ApiCall *call, Chat *chat, GError **error)
{
	const json_t *messages = json_object_get(call->body, "messages");
	const char *model;
	json_t *message;
	gsize i;

	if (!openai_model(call, &model, error))
		return FALSE;
	if (!g_str_equal(model, OPENAI_BOT))
		return openai_no_such_model(call, error);
	if (!read_options(call, chat, error))
		return FALSE;
	if (!json_is_array(messages))
		return openai_refuse(call, "messages", "expected a list of messages", error);
	chat->history = g_ptr_array_new_with_free_func(g_free);
	json_array_foreach(messages, i, message)
	{
		if (!add_message(call, i, message, chat, error))
			return FALSE;
	}
	return take_question(call, chat, error);
}

/* ---- what is answered ------------------------------------------------------------------------ */

typedef struct {
	char id[ID_LENGTH + sizeof("chatcmpl-")];
	gint64 created;
	HttpExchange *exchange; /* NULL once there is a stream */
	HttpStream *stream;	/* NULL: one document */
	gboolean include_usage;
	GString *shown; /* what the stream has said */
} Completion;

static void begin_document(const Completion *c, const char *object, JsonWriter *w)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", c->id);
	json_put_string(w, "object", object);
	json_put_int(w, "created", c->created);
	json_put_string(w, "model", OPENAI_BOT);
}

static void put_usage(const Answer *answer, JsonWriter *w)
{
	json_object_begin(w, "usage");
	json_put_int(w, "prompt_tokens", answer->n_prompt);
	json_put_int(w, "completion_tokens", answer->n_generated);
	json_put_int(w, "total_tokens", (gint64)answer->n_prompt + answer->n_generated);
	json_object_begin(w, "prompt_tokens_details");
	json_put_int(w, "cached_tokens", answer->n_cached);
	json_object_end(w);
	json_object_end(w);
}

static void put_choice_end(const char *finish_reason, JsonWriter *w)
{
	json_put_null(w, "logprobs");
	json_put_string(w, "finish_reason", finish_reason);
	json_object_end(w);
	json_array_end(w);
}

/* What OpenAI has no word for. */
static void put_extra(Answer *answer, JsonWriter *w)
{
	g_autofree char *citations = answer_citations(answer);

	json_put_raw(w, "citations", citations);
	json_put_string(w, "action", answer_action_name(answer->action));
	json_put_string(w, "reason", answer->reason);
	json_put_string(w, "path", answer->path);
	json_put_string(w, "language", answer->language);
}

static void write_document(const Completion *c, Answer *answer, GString *out)
{
	JsonWriter w = json_writer(out);

	begin_document(c, "chat.completion", &w);
	json_array_begin(&w, "choices");
	json_object_begin(&w, NULL);
	json_put_int(&w, "index", 0);
	json_object_begin(&w, "message");
	json_put_string(&w, "role", "assistant");
	json_put_string(&w, "content", answer->text);
	json_put_null(&w, "refusal");
	json_object_end(&w);
	put_choice_end("stop", &w);
	put_usage(answer, &w);
	put_extra(answer, &w);
	json_object_end(&w);
}

/* ---- as a stream ----------------------------------------------------------------------------- */

static gboolean send_event(const Completion *c, const GString *json)
{
	g_autofree char *event = g_strdup_printf("data: %s\n\n", json->str);

	return http_stream_send(c->stream, event, strlen(event));
}

/* role, text: of the delta, or NULL. answer: with the last chunk, which ends the text. */
static gboolean send_chunk(const Completion *c, const char *role, const char *text, Answer *answer)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	begin_document(c, "chat.completion.chunk", &w);
	json_array_begin(&w, "choices");
	json_object_begin(&w, NULL);
	json_put_int(&w, "index", 0);
	json_object_begin(&w, "delta");
	if (role)
		json_put_string(&w, "role", role);
	if (text)
		json_put_string(&w, "content", text);
	json_object_end(&w);
	put_choice_end(answer ? "stop" : NULL, &w);
	if (c->include_usage)
		json_put_null(&w, "usage");
	if (answer)
		put_extra(answer, &w);
	json_object_end(&w);
	return send_event(c, out);
}

static void send_usage(const Completion *c, const Answer *answer)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	begin_document(c, "chat.completion.chunk", &w);
	json_array_begin(&w, "choices");
	json_array_end(&w);
	put_usage(answer, &w);
	json_object_end(&w);
	send_event(c, out);
}

static gboolean send_piece(const char *piece, gsize n, gpointer data)
{
	Completion *c = data;
	g_autofree char *text = g_strndup(piece, n);

	g_string_append_len(c->shown, piece, (gssize)n);
	return send_chunk(c, NULL, text, NULL);
}

/* What of the answer was not shown yet. */
static char *unshown(const Completion *c, const Answer *answer)
{
	const char *text = answer->text, *shown = c->shown->str;

	if (g_str_has_prefix(text, shown))
		return g_strdup(text + strlen(shown));
	if (g_str_has_prefix(shown, text)) /* it ends in spaces, which the answer does not */
		return g_strdup("");
	return g_strconcat("\n\n", text, NULL);
}

static void end_stream(Completion *c, Answer *answer)
{
	g_autofree char *rest = unshown(c, answer);

	if (*rest)
		send_chunk(c, NULL, rest, NULL);
	send_chunk(c, NULL, NULL, answer);
	if (c->include_usage)
		send_usage(c, answer);
	http_stream_send(c->stream, "data: [DONE]\n\n", 14);
}

/* The status is sent already: the failure is an event. */
static void fail_stream(Completion *c, const GError *error)
{
	g_autoptr(GString) out = g_string_new(NULL);

	log_event(LOG_ERROR, "completion_failed", "id", 's', c->id, "error", 'e', error, NULL);
	openai_write_error(error, NULL, out);
	send_event(c, out);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static gboolean is_wanted(gpointer data)
{
	const Completion *c = data;

	return c->stream ? http_stream_is_open(c->stream) : !http_is_abandoned(c->exchange);
}

static void begin(ApiCall *call, const Chat *chat, Completion *c)
{
	char id[ID_LENGTH + 1];

	g_snprintf(c->id, sizeof(c->id), "chatcmpl-%s", id_new(id));
	c->created = clock_now_ms() / 1000;
	c->exchange = call->exchange;
	c->include_usage = chat->include_usage;
	if (!chat->stream)
		return;
	c->stream = http_respond_stream(g_steal_pointer(&c->exchange));
	call->answered = TRUE;
	send_chunk(c, "assistant", "", NULL);
}

static Answer *ask(ApiCall *call, const Chat *chat, Completion *c, GError **error)
{
	g_autofree char *session = principal_key(&call->principal);
	AnswerRequest request = {.org_id = call->principal.org_id,
				 .question = chat->question,
				 .history = chat->history,
				 .session = session,
				 .nobody_takes_over = TRUE,
				 .piece = c->stream ? send_piece : NULL,
				 .piece_data = c,
				 .wanted = is_wanted,
				 .wanted_data = c};

	return answer_ask(bot_service_engine(call->api->bot), &request, error);
}

static gboolean completions_post(ApiCall *call, GError **error)
{
	g_auto(Chat) chat = {0};
	g_autoptr(Answer) answer = NULL;
	g_autoptr(GString) shown = g_string_new(NULL);
	g_autoptr(GError) failed = NULL;
	Completion c = {.shown = shown};

	if (!read_chat(call, &chat, error))
		return FALSE;
	begin(call, &chat, &c);
	answer = ask(call, &chat, &c, &failed);
	if (!c.stream && answer) {
		write_document(&c, answer, call->out);
		return TRUE;
	}
	if (!c.stream) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (answer)
		end_stream(&c, answer);
	else
		fail_stream(&c, failed);
	http_stream_end(c.stream);
	http_stream_unref(c.stream);
	return TRUE;
}

const HttpRoute completion_routes[] = {
	{"POST", OPENAI_PREFIX "chat/completions", "openai_chat_completions",
	 "Ask the bot as OpenAI's models are asked", "completions", API_MODEL, BODY_MAX_BYTES,
	 "ChatRequest", "ChatCompletion", 200, NULL, completions_post, NULL},
};
const gsize n_completion_routes = G_N_ELEMENTS(completion_routes);
