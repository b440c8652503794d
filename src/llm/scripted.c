/* Rules are looked through in order; a hostile mode is a row of texts and one of a few ways to say
 * them. The count of calls picks the text, so a run can be repeated. */
#include "llm/scripted.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "text/normalise.h"

enum { N_TEXTS = 12, ENDLESS_BYTES = 4 << 20, DRIP_MS = 50, DELAY_MAX_MS = 600000 };

typedef enum { MODE_SAY, MODE_ENDLESS, MODE_SILENCE, MODE_DRIP, MODE_CRASH } HostileMode;

typedef struct {
	const char *name;
	HostileMode mode;
	const char *texts[N_TEXTS];
} Hostile;

static const Hostile hostile[] = {
#define HOSTILE_ROW(name, mode, ...) {name, MODE_##mode, {__VA_ARGS__}},
#include "llm/scripted.def"
#undef HOSTILE_ROW
};

typedef struct {
	char *match, *text;
	const Hostile *hostile;		    /* NULL: none */
	gboolean any;			    /* all hostile rows in turn */
	gint64 chunk, delay_ms, fail_after; /* fail_after -1: never */
	int error;			    /* of ZhiyinError, -1: none */
} Rule;

typedef struct {
	char *model;
	GArray *rules; /* Rule */
	_Atomic guint n_calls;
} Script;

/* ---- the file -------------------------------------------------------------------------------- */

static void rule_clear(gpointer data)
{
	Rule *rule = data;

	g_free(rule->match);
	g_free(rule->text);
}

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "script of a model: %s", what);
	return FALSE;
}

static gboolean read_number(const json_t *row, const char *name, gint64 max, gint64 *ret,
			    GError **error)
{
	const json_t *value = json_object_get(row, name);

	if (!value)
		return TRUE;
	*ret = json_is_integer(value) ? json_integer_value(value) : -1;
	return (*ret >= 0 && *ret <= max) || fail(error, name);
}

static gboolean read_hostile(Rule *rule, const char *name, GError **error)
{
	rule->any = g_strcmp0(name, "any") == 0;
	for (guint i = 0; i < G_N_ELEMENTS(hostile) && name; i++)
		if (g_str_equal(hostile[i].name, name))
			rule->hostile = &hostile[i];
	return !name || rule->any || rule->hostile || fail(error, "hostile");
}

static gboolean read_error(Rule *rule, const char *name, GError **error)
{
	static const struct {
		const char *name;
		ZhiyinError code;
	} rows[] = {{"unavailable", ZHIYIN_ERROR_UNAVAILABLE},
		    {"too_large", ZHIYIN_ERROR_TOO_LARGE},
		    {"invalid", ZHIYIN_ERROR_INVALID}};

	rule->error = -1;
	for (guint i = 0; i < G_N_ELEMENTS(rows) && name; i++)
		if (g_str_equal(rows[i].name, name))
			rule->error = (int)rows[i].code;
	return !name || rule->error >= 0 || fail(error, "error");
}

static gboolean read_rule(Script *script, const json_t *row, GError **error)
{
	Rule rule = {.fail_after = -1};
	gboolean ok;

	if (!json_is_object(row))
		return fail(error, "a rule is an object");
	rule.match = g_strdup(json_member_string(row, "match"));
	rule.text = g_strdup(json_member_string(row, "text"));
	ok = read_number(row, "chunk", SCRIPTED_MAX_BYTES, &rule.chunk, error) &&
	     read_number(row, "delay_ms", DELAY_MAX_MS, &rule.delay_ms, error) &&
	     read_number(row, "fail_after", SCRIPTED_MAX_BYTES, &rule.fail_after, error) &&
	     read_hostile(&rule, json_member_string(row, "hostile"), error) &&
	     read_error(&rule, json_member_string(row, "error"), error);
	g_array_append_val(script->rules, rule);
	return ok;
}

static void script_free(gpointer self)
{
	Script *script = self;

	g_array_unref(script->rules);
	g_free(script->model);
	g_free(script);
}

/* ---- saying ---------------------------------------------------------------------------------- */

typedef struct {
	const LlmRequest *request;
	LlmPiece piece;
	gpointer data;
	LlmUsage *usage;
	gint64 start_us;
	gsize n_given;
} Speech;

/* Waits, but not beyond the deadline, nor when nobody listens. FALSE when that came first. */
static gboolean wait_ms(Speech *speech, gint64 ms)
{
	if (llm_sleep(speech->request, clock_monotonic_us() + ms * 1000))
		return TRUE;
	speech->usage->end = llm_wanted(speech->request) ? LLM_END_DEADLINE : LLM_END_CANCELLED;
	return FALSE;
}

static gboolean give(Speech *speech, const char *text, gsize n)
{
	if (!speech->n_given)
		speech->usage->first_ms = (double)(clock_monotonic_us() - speech->start_us) / 1000;
	speech->n_given += n;
	speech->usage->n_generated++;
	if (speech->piece(text, n, speech->data))
		return TRUE;
	speech->usage->end = LLM_END_CANCELLED;
	return FALSE;
}

/* Up to the end of the character, where there are characters. */
static gsize chunk_bytes(const char *text, gsize left, gint64 chunk)
{
	gsize n = chunk > 0 ? MIN((gsize)chunk, left) : left;

	while (n < left && ((guchar)text[n] & 0xC0) == 0x80)
		n++;
	return n;
}

static gboolean say(Speech *speech, const char *text, gsize n, gint64 chunk, gint64 delay_ms)
{
	for (gsize at = 0; at < n;) {
		gsize bytes = chunk_bytes(text + at, n - at, chunk);

		if (!wait_ms(speech, delay_ms) || !give(speech, text + at, bytes))
			return FALSE;
		at += bytes;
	}
	return TRUE;
}

/* The first word of the prompt that looks like a marker: eight and more hexadecimal digits. */
static char *find_secret(const char *text)
{
	gsize n = 0;

	for (; *text; text += MAX(n, 1)) {
		n = strspn(text, "0123456789abcdef");
		if (n >= 8)
			return g_strndup(text, n);
	}
	return g_strdup("canary");
}

static char *fill(const char *text, const LlmRequest *request)
{
	g_autofree char *secret = find_secret(request->input);
	GString *out = g_string_new(text);

	g_string_replace(out, "{secret}", secret, 0);
	g_string_replace(out, "{fixed}", request->fixed ? request->fixed : "", 1);
	g_string_replace(out, "{input}", request->input, 1);
	return g_string_free(out, FALSE);
}

static gboolean gone(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "the scripted model is gone");
	return FALSE;
}

static gboolean say_hostile(Speech *speech, const Hostile *row, guint n_call, gint64 chunk,
			    GError **error)
{
	guint n_texts = 1;
	g_autofree char *text = NULL;
	gsize n;

	while (n_texts < N_TEXTS && row->texts[n_texts])
		n_texts++;
	text = fill(row->texts[n_call % n_texts], speech->request);
	n = strlen(text);
	switch (row->mode) {
	case MODE_SAY:
		say(speech, text, n, chunk, 0);
		break;
	case MODE_ENDLESS:
		while (speech->n_given < ENDLESS_BYTES && wait_ms(speech, 0) &&
		       give(speech, text, n))
			;
		break;
	case MODE_SILENCE:
		wait_ms(speech, DELAY_MAX_MS);
		break;
	case MODE_DRIP:
		while (say(speech, text, n, 1, DRIP_MS))
			;
		break;
	case MODE_CRASH:
		return !say(speech, text, n, 3, 0) || gone(error);
	}
	return TRUE;
}

static gboolean say_rule(Speech *speech, const Rule *rule, guint n_call, GError **error)
{
	const char *text = rule->text ? rule->text : "";
	gsize n = strlen(text);

	if (rule->error >= 0) {
		g_set_error(error, ZHIYIN_ERROR, rule->error, "the script of the model says so");
		return FALSE;
	}
	if (rule->any)
		return say_hostile(speech, &hostile[n_call % G_N_ELEMENTS(hostile)],
				   n_call / G_N_ELEMENTS(hostile), rule->chunk, error);
	if (rule->hostile)
		return say_hostile(speech, rule->hostile, n_call, rule->chunk, error);
	if (rule->fail_after >= 0)
		n = text_prefix(text, (gssize)MIN(n, (gsize)rule->fail_after), n);
	if (!wait_ms(speech, rule->delay_ms) || !say(speech, text, n, rule->chunk, rule->delay_ms))
		return TRUE;
	return rule->fail_after < 0 || gone(error);
}

static gboolean script_generate(gpointer self, const LlmRequest *request, LlmPiece piece,
				gpointer data, LlmUsage *ret_usage, GError **error)
{
	Script *script = self;
	guint n_call = script->n_calls++;
	Speech speech = {.request = request,
			 .piece = piece,
			 .data = data,
			 .usage = ret_usage,
			 .start_us = clock_monotonic_us()};
	gboolean ok;

	*ret_usage = (LlmUsage){.end = LLM_END_STOP,
				.n_prompt = (guint)g_utf8_strlen(request->input, -1)};
	for (guint i = 0; i < script->rules->len; i++) {
		const Rule *rule = &g_array_index(script->rules, Rule, i);

		if (rule->match && !strstr(request->input, rule->match) &&
		    !(request->fixed && strstr(request->fixed, rule->match)))
			continue;
		ok = say_rule(&speech, rule, n_call, error);
		ret_usage->total_ms = (double)(clock_monotonic_us() - speech.start_us) / 1000;
		return ok;
	}
	return gone(error);
}

static void script_info(gpointer self, LlmInfo *ret_info)
{
	const Script *script = self;

	ret_info->model = g_strdup(script->model);
	ret_info->ready = TRUE;
}

Llm *scripted_new(const char *text, gsize n_bytes, GError **error)
{
	static const LlmProvider provider = {"scripted", script_generate, script_info, script_free,
					     NULL};
	g_autoptr(json_t) root = NULL;
	const json_t *rules;
	Script *script;

	if (n_bytes > SCRIPTED_MAX_BYTES) {
		fail(error, "the file is too large");
		return NULL;
	}
	root = json_parse(text, n_bytes, error);
	if (!root)
		return NULL;
	rules = json_object_get(root, "rules");
	if (!json_is_object(root) || !json_is_array(rules)) {
		fail(error, "expected {\"rules\": [...]}, with \"model\" if it is to have a name");
		return NULL;
	}
	script = g_new0(Script, 1);
	script->model = g_strdup(json_member_string(root, "model"));
	script->rules = g_array_new(FALSE, TRUE, sizeof(Rule));
	g_array_set_clear_func(script->rules, rule_clear);
	for (gsize i = 0; i < json_array_size(rules); i++)
		if (!read_rule(script, json_array_get(rules, i), error)) {
			script_free(script);
			return NULL;
		}
	if (!script->model)
		script->model = g_strdup("script");
	return llm_new(&provider, script, 4);
}
