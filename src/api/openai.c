/* Failures, the list of models, and embeddings. */
#include "api/openai.h"

#include <string.h>

#include "base/error.h"
#include "ml/encoder.h"

enum {
	INPUTS_MAX = 256,
	INPUTS_MAX_BYTES = 128 << 10, /* of all: a minute or two of one core */
	BODY_MAX_BYTES = 512 << 10,
	SLICE = 8, /* texts encoded before it is looked whether the client is still there */
};

/* ---- failures ------------------------------------------------------------------------------- */

gboolean openai_speaks(const char *path)
{
	return g_str_has_prefix(path, OPENAI_PREFIX);
}

/* Where OpenAI has a word of its own; else the code is ours. */
static const struct {
	ZhiyinError code;
	const char *param; /* only about that one, or NULL */
	const char *type, *word;
} words[] = {
	{ZHIYIN_ERROR_UNAUTHENTICATED, NULL, "invalid_request_error", "invalid_api_key"},
	{ZHIYIN_ERROR_NOT_FOUND, "model", "invalid_request_error", "model_not_found"},
	{ZHIYIN_ERROR_TOO_MANY, NULL, "rate_limit_error", "rate_limit_exceeded"},
};

void openai_write_error(const GError *error, const char *param, GString *out)
{
	const ErrorKind *kind = error_kind(error);
	const char *type = kind->http_status >= 500 ? "server_error" : "invalid_request_error";
	const char *word = kind->slug;
	JsonWriter w = json_writer(out);

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_error_matches(error, ZHIYIN_ERROR, (int)words[i].code) &&
		    (!words[i].param || g_strcmp0(words[i].param, param) == 0)) {
			type = words[i].type;
			word = words[i].word;
		}
	json_object_begin(&w, NULL);
	json_object_begin(&w, "error");
	json_put_string(&w, "message",
			error->domain == ZHIYIN_ERROR ? error->message : kind->title);
	json_put_string(&w, "type", type);
	json_put_string(&w, "param", param);
	json_put_string(&w, "code", word);
	json_object_end(&w);
	json_object_end(&w);
}

void openai_respond_error(HttpExchange *exchange, const GError *error, const char *param)
{
	GString *out = g_string_new(NULL);

	openai_write_error(error, param, out);
	http_respond_json(exchange, error_kind(error)->http_status, out);
}

gboolean openai_refuse(ApiCall *call, const char *param, const char *why, GError **error)
{
	g_ptr_array_add(call->faults, g_strdup(param));
	g_ptr_array_add(call->faults, g_strdup(why));
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s: %s", param, why);
	return FALSE;
}

gboolean openai_no_such_model(ApiCall *call, GError **error)
{
	static const char why[] = "there is no such model, GET " OPENAI_PREFIX "models lists them";

	g_ptr_array_add(call->faults, g_strdup("model"));
	g_ptr_array_add(call->faults, g_strdup(why));
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "model: %s", why);
	return FALSE;
}

gboolean openai_model(ApiCall *call, const char **ret_model, GError **error)
{
	const json_t *model = json_object_get(call->body, "model");

	*ret_model = json_string_value(model);
	return *ret_model || openai_refuse(call, "model", "name a model, as a string", error);
}

/* ---- models --------------------------------------------------------------------------------- */

static const char *encoder_name(const ApiCall *call)
{
	return answer_engine_encoder_name(bot_service_engine(call->api->bot));
}

static void put_model(const ApiCall *call, const char *id, JsonWriter *w)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", id);
	json_put_string(w, "object", "model");
	json_put_int(w, "created", call->api->started_ms / 1000);
	json_put_string(w, "owned_by", "zhiyin");
	json_object_end(w);
}

static gboolean models_get(ApiCall *call, GError **error)
{
	JsonWriter w = json_writer(call->out);

	(void)error;
	json_object_begin(&w, NULL);
	json_put_string(&w, "object", "list");
	json_array_begin(&w, "data");
	put_model(call, OPENAI_BOT, &w);
	if (encoder_name(call))
		put_model(call, encoder_name(call), &w);
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

static gboolean model_get(ApiCall *call, GError **error)
{
	const char *id = call_id(call);
	JsonWriter w = json_writer(call->out);

	if (!g_str_equal(id, OPENAI_BOT) && g_strcmp0(id, encoder_name(call)) != 0)
		return openai_no_such_model(call, error);
	put_model(call, id, &w);
	return TRUE;
}

/* ---- embeddings ----------------------------------------------------------------------------- */

typedef struct {
	GPtrArray *texts; /* borrowed from the body */
	gsize n_bytes;	  /* of all texts */
	EncoderPrefix prefix;
	gboolean base64;
} Wanted;

static void wanted_clear(Wanted *wanted)
{
	g_clear_pointer(&wanted->texts, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wanted, wanted_clear)

static gboolean add_text(ApiCall *call, Wanted *wanted, const json_t *text, GError **error)
{
	if (json_is_integer(text) || json_is_array(text))
		return openai_refuse(call, "input",
				     "tokens are not understood here, send texts (in LangChain: "
				     "check_embedding_ctx_length=False)",
				     error);
	if (!json_is_string(text) || !json_string_length(text))
		return openai_refuse(call, "input", "expected texts that are not empty", error);
	wanted->n_bytes += json_string_length(text);
	if (wanted->n_bytes > INPUTS_MAX_BYTES)
		return openai_refuse(call, "input", "the texts may have 131072 bytes in all",
				     error);
	g_ptr_array_add(wanted->texts, (gpointer)(guintptr)json_string_value(text));
	return TRUE;
}

static gboolean read_input(ApiCall *call, Wanted *wanted, GError **error)
{
	const json_t *input = json_object_get(call->body, "input");
	json_t *text;
	gsize i;

	wanted->texts = g_ptr_array_new();
	if (!json_is_array(input))
		return add_text(call, wanted, input, error);
	if (!json_array_size(input) || json_array_size(input) > INPUTS_MAX)
		return openai_refuse(call, "input", "expected 1 to 256 texts", error);
	json_array_foreach(input, i, text)
	{
		if (!add_text(call, wanted, text, error))
			return FALSE;
	}
	return TRUE;
}

/* One of two words; the first where there is none. */
static gboolean read_word(ApiCall *call, const char *name, const char *first, const char *second,
			  gboolean *ret_second, GError **error)
{
	const json_t *value = json_object_get(call->body, name);
	const char *word = !value || json_is_null(value) ? first : json_string_value(value);
	g_autofree char *why = g_strdup_printf("expected \"%s\" or \"%s\"", first, second);

	*ret_second = g_strcmp0(word, second) == 0;
	return *ret_second || g_strcmp0(word, first) == 0 || openai_refuse(call, name, why, error);
}

static gboolean read_wanted(ApiCall *call, Wanted *wanted, GError **error)
{
	const json_t *dimensions = json_object_get(call->body, "dimensions");
	const char *model;
	gboolean passages;

	if (!openai_model(call, &model, error))
		return FALSE;
	if (g_strcmp0(model, encoder_name(call)) != 0)
		return openai_no_such_model(call, error);
	if (dimensions && !json_is_null(dimensions) &&
	    json_integer_value(dimensions) != ENCODER_DIMENSIONS)
		return openai_refuse(call, "dimensions", "this model has 384", error);
	if (!read_word(call, "encoding_format", "float", "base64", &wanted->base64, error) ||
	    !read_word(call, "input_type", "query", "passage", &passages, error))
		return FALSE;
	wanted->prefix = passages ? ENCODER_PASSAGE : ENCODER_QUERY;
	return read_input(call, wanted, error);
}

/* As little-endian float32, like the machines that this is built for. */
static void put_vector(const float *vector, gboolean base64, JsonWriter *w)
{
	g_autofree char *text = NULL;

	G_STATIC_ASSERT(G_BYTE_ORDER == G_LITTLE_ENDIAN);
	if (base64) {
		text = g_base64_encode((const guchar *)(gconstpointer)vector,
				       ENCODER_DIMENSIONS * sizeof(float));
		json_put_string(w, "embedding", text);
		return;
	}
	json_array_begin(w, "embedding");
	for (guint i = 0; i < ENCODER_DIMENSIONS; i++) {
		char number[G_ASCII_DTOSTR_BUF_SIZE];

		/* nine digits are read back as the same float */
		json_put_raw(w, NULL,
			     g_ascii_formatd(number, sizeof(number), "%.9g", (double)vector[i]));
	}
	json_array_end(w);
}

static void write_embeddings(ApiCall *call, const Wanted *wanted, const float *vectors,
			     gint64 n_tokens)
{
	JsonWriter w = json_writer(call->out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "object", "list");
	json_array_begin(&w, "data");
	for (guint i = 0; i < wanted->texts->len; i++) {
		json_object_begin(&w, NULL);
		json_put_string(&w, "object", "embedding");
		json_put_int(&w, "index", i);
		put_vector(vectors + (gsize)i * ENCODER_DIMENSIONS, wanted->base64, &w);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_put_string(&w, "model", encoder_name(call));
	json_object_begin(&w, "usage");
	json_put_int(&w, "prompt_tokens", n_tokens);
	json_put_int(&w, "total_tokens", n_tokens);
	json_object_end(&w);
	json_object_end(&w);
}

static gboolean embeddings_post(ApiCall *call, GError **error)
{
	AnswerEngine *engine = bot_service_engine(call->api->bot);
	g_auto(Wanted) wanted = {0};
	g_autofree float *vectors = NULL;
	gsize n_all = 0;

	if (!read_wanted(call, &wanted, error))
		return FALSE;
	vectors = g_new0(float, (gsize)wanted.texts->len *ENCODER_DIMENSIONS);
	for (guint at = 0; at < wanted.texts->len && !http_is_abandoned(call->exchange);
	     at += SLICE) {
		gsize n_tokens;

		if (!answer_engine_embed(
			    engine, wanted.prefix, (const char *const *)wanted.texts->pdata + at,
			    MIN(SLICE, wanted.texts->len - at),
			    vectors + (gsize)at * ENCODER_DIMENSIONS, &n_tokens, error))
			return FALSE;
		n_all += n_tokens;
	}
	write_embeddings(call, &wanted, vectors, (gint64)n_all);
	return TRUE;
}

const HttpRoute openai_routes[] = {
	{"GET", OPENAI_PREFIX "models", "openai_models", "The models, as OpenAI lists them",
	 "models", API_DIRECT, 0, NULL, "OpenaiModels", 200, NULL, models_get, NULL},
	{"GET", OPENAI_PREFIX "models/{id}", "openai_model", "One model", "models", API_DIRECT, 0,
	 NULL, "OpenaiModel", 200, NULL, model_get, NULL},
	{"POST", OPENAI_PREFIX "embeddings", "openai_embeddings",
	 "Texts to vectors, as OpenAI does it", "models", API_ENCODE, BODY_MAX_BYTES,
	 "EmbeddingsRequest", "Embeddings", 200, NULL, embeddings_post, NULL},
};
const gsize n_openai_routes = G_N_ELEMENTS(openai_routes);
