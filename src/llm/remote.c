/*
 * One call is one easy handle that runs until its end; its write function hands the bytes to the reader
 * (llm/completion.h), which gives pieces on as they come. Everything that outlives a call (breaker, budget,
 * idle connections) stands under one mutex.
 */
#include "llm/remote.h"

#include <string.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/error.h"
#include "base/json.h"
#include "llm/budget.h"
#include "llm/completion.h"
#include "llm/masks.h"
#include "text/tokenize.h"

enum {
	CONNECT_MS = 3000,
	FAILURES = 5,
	PAUSE_MS = 30000,
	RETRY_MS = 200,
	STOPS_SENT = 4, /* OpenAI takes no more */
	HEADERS_MAX_BYTES = 64 << 10,
	KEY_MAX_BYTES = 2000,
};

typedef struct {
	char *url, *model, *authorization; /* the header, or NULL */
	gint64 daily_tokens;
	Store *store; /* or NULL */
	guint failures, pause_ms, retry_ms;
	GMutex mutex;
	GQueue idle; /* CURL */
	Masks *masks;
	guint n_failed;		/* calls in a row */
	gint64 open_until_us;	/* the breaker; 0 = closed */
	gboolean trying;	/* one call tries whether it may close */
	gint64 day, day_tokens; /* of this process */
} Remote;

typedef struct {
	const LlmRequest *request;
	const GString *stops; /* one after the other, each with its NUL */
	LlmPiece piece;
	gpointer data;
	const Mask *mask;
	CURL *curl;
	Completion *completion; /* of the present attempt */
	CompletionState got;	/* of the last one */
	gsize n_bytes, n_header_bytes;
	gint64 start_us, retry_after_ms;
	long status;
	gboolean is_stream;
	GError *error;
} Call;

static gboolean fail(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "the model's endpoint %s", what);
	return FALSE;
}

/* ---- breaker and budget ---------------------------------------------------------------------- */

/* With the mutex. */
static void turn_day(Remote *remote, gint64 day)
{
	if (remote->day != day) {
		remote->day = day;
		remote->day_tokens = 0;
	}
}

/* Of this process and, where there is a store, of all. */
static gint64 tokens_of_today(Remote *remote)
{
	gint64 day = budget_today(), kept = 0, own;

	if (remote->store)
		budget_get(remote->store, day, &kept, NULL);
	g_mutex_lock(&remote->mutex);
	turn_day(remote, day);
	own = remote->day_tokens;
	g_mutex_unlock(&remote->mutex);
	return MAX(kept, own);
}

static gboolean is_used_up(Remote *remote)
{
	return remote->daily_tokens && tokens_of_today(remote) >= remote->daily_tokens;
}

static gboolean may_call(Remote *remote, GError **error)
{
	gboolean used_up = is_used_up(remote);
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&remote->mutex);

	(void)locked;
	if (used_up)
		return fail(error, "has used up the tokens of the day");
	if (!remote->open_until_us)
		return TRUE;
	if (remote->trying || clock_monotonic_us() < remote->open_until_us)
		return fail(error, "has failed several times, it is left alone for a while");
	remote->trying = TRUE;
	return TRUE;
}

static void note_tokens(Remote *remote, gint64 n_tokens)
{
	gint64 day = budget_today();

	g_mutex_lock(&remote->mutex);
	turn_day(remote, day);
	remote->day_tokens += n_tokens;
	g_mutex_unlock(&remote->mutex);
	if (remote->store && n_tokens)
		budget_add(remote->store, day, n_tokens, NULL);
}

static void note_end(Remote *remote, gboolean failed)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&remote->mutex);

	(void)locked;
	remote->trying = FALSE;
	remote->n_failed = failed ? remote->n_failed + 1 : 0;
	remote->open_until_us = remote->n_failed >= remote->failures
					? clock_monotonic_us() + (gint64)remote->pause_ms * 1000
					: 0;
}

/* ---- what comes back ------------------------------------------------------------------------- */

static size_t take_header(char *line, size_t size, size_t n, void *user)
{
	Call *call = user;
	g_autofree char *text = g_ascii_strdown(line, (gssize)(size * n));

	call->n_header_bytes += size * n;
	g_strstrip(text);
	if (g_str_has_prefix(text, "http/")) {
		call->is_stream = FALSE;
		call->retry_after_ms = 0;
	}
	if (g_str_has_prefix(text, "content-type:"))
		call->is_stream = strstr(text, "text/event-stream") != NULL;
	if (g_str_has_prefix(text, "retry-after:"))
		call->retry_after_ms =
			g_ascii_strtoll(text + strlen("retry-after:"), NULL, 10) * 1000;
	return call->n_header_bytes > HEADERS_MAX_BYTES ? 0 : size * n;
}

static size_t take_body(char *bytes, size_t size, size_t n, void *user)
{
	Call *call = user;
	gsize total = size * n;

	call->n_bytes += total;
	if (call->n_bytes > REMOTE_MAX_BYTES) {
		fail(&call->error, "sent too much");
		return 0;
	}
	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &call->status);
	if (call->status != 200)
		return total; /* its text is for people: not read */
	return completion_feed(call->completion, call->is_stream, bytes, total, &call->error)
		       ? total
		       : 0;
}

/* Ends a transfer whose deadline has passed, or that nobody wants, while nothing comes. */
static int look_up(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const Call *call = user;

	(void)a, (void)b, (void)c, (void)d;
	return clock_monotonic_us() >= call->request->deadline_us || !llm_wanted(call->request);
}

/* ---- what goes out --------------------------------------------------------------------------- */

static void put_message(JsonWriter *w, const char *role, const char *text)
{
	if (!*text)
		return;
	json_object_begin(w, NULL);
	json_put_string(w, "role", role);
	json_put_string(w, "content", text);
	json_object_end(w);
}

static char *request_body(const Remote *remote, const LlmRequest *request, const char *input)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "model", remote->model);
	json_array_begin(&w, "messages");
	put_message(&w, "system", request->fixed ? request->fixed : "");
	put_message(&w, "user", input);
	json_array_end(&w);
	json_put_bool(&w, "stream", TRUE);
	json_put_raw(&w, "stream_options", "{\"include_usage\":true}");
	json_put_int(&w, "max_tokens", request->max_tokens);
	json_put_double(&w, "temperature", request->temperature);
	json_put_int(&w, "seed", (gint64)(request->seed & G_MAXINT32));
	if (request->stop && request->stop[0]) {
		json_array_begin(&w, "stop");
		for (guint i = 0; i < STOPS_SENT && request->stop[i]; i++)
			json_put_string(&w, NULL, request->stop[i]);
		json_array_end(&w);
	}
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

static CURL *take_handle(Remote *remote)
{
	CURL *curl;

	g_mutex_lock(&remote->mutex);
	curl = g_queue_pop_head(&remote->idle);
	g_mutex_unlock(&remote->mutex);
	if (curl)
		curl_easy_reset(curl); /* keeps its connections */
	return curl ? curl : curl_easy_init();
}

static void return_handle(Remote *remote, CURL *curl)
{
	g_mutex_lock(&remote->mutex);
	if (remote->idle.length < REMOTE_SLOTS) {
		g_queue_push_head(&remote->idle, curl);
		curl = NULL;
	}
	g_mutex_unlock(&remote->mutex);
	if (curl)
		curl_easy_cleanup(curl);
}

static void set_up_handle(const Remote *remote, Call *call, const char *body,
			  const struct curl_slist *headers, long left_ms)
{
	CURL *curl = call->curl;

	curl_easy_setopt(curl, CURLOPT_URL, remote->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1");
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, MIN((long)CONNECT_MS, left_ms));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, left_ms + 2); /* not a hair early */
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look_up);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, call);
}

/* ---- one attempt ----------------------------------------------------------------------------- */

typedef enum { ATTEMPT_DONE, ATTEMPT_AGAIN, ATTEMPT_FAILED } Attempt;

static gboolean is_worth_another(CURLcode code, long status)
{
	static const long statuses[] = {408, 429, 500, 502, 503, 504};

	if (code != CURLE_OK)
		return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
		       code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR ||
		       code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
		       code == CURLE_PARTIAL_FILE;
	for (guint i = 0; i < G_N_ELEMENTS(statuses); i++)
		if (status == statuses[i])
			return TRUE;
	return FALSE;
}

static const char *trouble_of(const Call *call, CURLcode code)
{
	if (call->got.n_pieces)
		return "broke off";
	if (code != CURLE_OK)
		return "cannot be reached";
	if (call->status == 401 || call->status == 403)
		return "does not take the key";
	return call->status / 100 == 3 ? "sends elsewhere, which is not followed" : "refused";
}

static Attempt judge_unfinished(Call *call, CURLcode code)
{
	gboolean late = clock_monotonic_us() >= call->request->deadline_us;

	if (late || (code == CURLE_OPERATION_TIMEDOUT && call->got.n_pieces)) {
		if (call->got.n_pieces)
			completion_flush(call->completion);
		return ATTEMPT_DONE;
	}
	if (!call->got.n_pieces && is_worth_another(code, call->status))
		return ATTEMPT_AGAIN;
	fail(&call->error, trouble_of(call, code));
	return ATTEMPT_FAILED;
}

static void note_state(Call *call)
{
	call->got = *completion_state(call->completion);
	call->got.cancelled = call->got.cancelled || !llm_wanted(call->request);
}

static Attempt judge(Call *call, CURLcode code)
{
	if (!call->error && code == CURLE_OK && call->status == 200)
		completion_end(call->completion, &call->error);
	note_state(call);
	if (call->got.cancelled || call->got.stopped)
		return ATTEMPT_DONE;
	if (call->error)
		return ATTEMPT_FAILED;
	if (!call->got.finished)
		return judge_unfinished(call, code);
	completion_flush(call->completion);
	return ATTEMPT_DONE;
}

static Attempt attempt(Remote *remote, Call *call, const char *body)
{
	gint64 left_ms = (call->request->deadline_us - clock_monotonic_us()) / 1000;
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/json; charset=utf-8");
	CURLcode code;
	Attempt result;

	if (left_ms <= 0) {
		curl_slist_free_all(headers);
		return ATTEMPT_DONE;
	}
	headers = curl_slist_append(headers, "Accept: text/event-stream");
	headers = curl_slist_append(headers, "Expect:");
	if (remote->authorization)
		headers = curl_slist_append(headers, remote->authorization);
	call->curl = take_handle(remote);
	call->status = 0;
	call->completion = completion_new(call->stops->str, call->stops->len, call->mask,
					  call->piece, call->data);
	set_up_handle(remote, call, body, headers, (long)MIN(left_ms, G_MAXINT32));
	code = curl_easy_perform(call->curl);
	curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &call->status);
	return_handle(remote, call->curl);
	curl_slist_free_all(headers);
	result = judge(call, code);
	note_state(call);
	g_clear_pointer(&call->completion, completion_free);
	return result;
}

/* Half of the pause for certain, half by chance; what the endpoint asks for counts, too. FALSE: the
 * deadline would pass, or nobody wants it. */
static gboolean wait_before_retry(const Remote *remote, const Call *call, guint n_tried)
{
	gint64 pause_us = (gint64)remote->retry_ms * 1000 << n_tried;
	guint64 chance;

	random_bytes(&chance, sizeof chance);
	pause_us = pause_us / 2 + (gint64)(chance % (guint64)(pause_us / 2 + 1));
	pause_us = MAX(pause_us, CLAMP(call->retry_after_ms, 0, 60000) * 1000);
	pause_us += clock_monotonic_us();
	return pause_us < call->request->deadline_us && llm_sleep(call->request, pause_us);
}

static gboolean run_call(Remote *remote, Call *call, const char *body)
{
	Attempt result = ATTEMPT_AGAIN;

	for (guint i = 0; i < REMOTE_ATTEMPTS && result == ATTEMPT_AGAIN; i++) {
		if (i && !wait_before_retry(remote, call, i - 1))
			break;
		result = attempt(remote, call, body);
	}
	call->got.cancelled = call->got.cancelled || !llm_wanted(call->request);
	if (result == ATTEMPT_AGAIN && !call->got.cancelled)
		return fail(&call->error, "cannot be reached or is too busy");
	return result != ATTEMPT_FAILED;
}

/* ---- the provider ---------------------------------------------------------------------------- */

static GString *joined_stops(const LlmRequest *request)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; request->stop && request->stop[i] && i < LLM_STOP_MAX; i++)
		g_string_append_len(out, request->stop[i], (gssize)strlen(request->stop[i]) + 1);
	return out;
}

static void put_usage(const Call *call, const char *body, LlmUsage *usage)
{
	const CompletionState *got = &call->got;

	*usage = (LlmUsage){
		.end = got->cancelled		       ? LLM_END_CANCELLED
		       : got->by_length		       ? LLM_END_LENGTH
		       : got->finished || got->stopped ? LLM_END_STOP
						       : LLM_END_DEADLINE,
		.n_prompt = got->n_prompt ? got->n_prompt : (guint)text_weigh(body, strlen(body)),
		.n_cached = got->n_cached,
		.n_generated = got->n_generated ? got->n_generated : got->n_pieces,
		.first_ms = got->first_us ? (double)(got->first_us - call->start_us) / 1000 : 0,
		.total_ms = (double)(clock_monotonic_us() - call->start_us) / 1000,
	};
}

static gboolean remote_generate(gpointer self, const LlmRequest *request, LlmPiece piece,
				gpointer data, LlmUsage *ret_usage, GError **error)
{
	Remote *remote = self;
	Mask *mask = masks_take(remote->masks, request->conversation, request->names,
				clock_monotonic_us());
	g_autofree char *input = mask_hide(mask, request->input ? request->input : "");
	g_autofree char *body = request_body(remote, request, input);
	g_autoptr(GString) stops = joined_stops(request);
	Call call = {.request = request,
		     .piece = piece,
		     .data = data,
		     .mask = mask,
		     .stops = stops,
		     .start_us = clock_monotonic_us()};
	gboolean ok;

	*ret_usage = (LlmUsage){0};
	if (!may_call(remote, error)) {
		masks_return(remote->masks, request->conversation, mask, clock_monotonic_us());
		return FALSE;
	}
	ok = run_call(remote, &call, body);
	masks_return(remote->masks, request->conversation, mask, clock_monotonic_us());
	put_usage(&call, body, ret_usage);
	note_end(remote, !ok || (ret_usage->end == LLM_END_DEADLINE && !call.got.n_pieces));
	if (ok || call.got.n_pieces)
		note_tokens(remote, (gint64)ret_usage->n_prompt + ret_usage->n_generated);
	if (!ok)
		g_propagate_error(error, call.error);
	return ok;
}

static void remote_info(gpointer self, LlmInfo *ret_info)
{
	Remote *remote = self;
	gboolean broken;

	ret_info->model = g_strdup(remote->model);
	ret_info->daily_tokens = remote->daily_tokens;
	ret_info->day_tokens = tokens_of_today(remote);
	g_mutex_lock(&remote->mutex);
	broken = remote->open_until_us != 0;
	g_mutex_unlock(&remote->mutex);
	if (remote->daily_tokens && ret_info->day_tokens >= remote->daily_tokens) {
		ret_info->reason = "budget";
		ret_info->trouble = g_strdup("the tokens of the day are used up");
	} else if (broken) {
		ret_info->reason = "endpoint";
		ret_info->trouble = g_strdup("the endpoint has failed several times");
	}
	ret_info->ready = !ret_info->trouble;
}

static void remote_free(gpointer self)
{
	Remote *remote = self;
	CURL *curl;

	while ((curl = g_queue_pop_head(&remote->idle)))
		curl_easy_cleanup(curl);
	masks_free(remote->masks);
	if (remote->authorization)
		explicit_bzero(remote->authorization, strlen(remote->authorization));
	g_free(remote->authorization);
	g_free(remote->url);
	g_free(remote->model);
	g_mutex_clear(&remote->mutex);
	g_free(remote);
}

static const LlmProvider provider = {"remote", remote_generate, remote_info, remote_free, NULL};

/* ---- options --------------------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "llm_url: %s", what);
	return FALSE;
}

static gboolean check_url(const RemoteOptions *options, GError **error)
{
	g_autoptr(GUri) uri = g_uri_parse(options->url ? options->url : "", G_URI_FLAGS_NONE, NULL);
	const char *scheme = uri ? g_uri_get_scheme(uri) : "", *host;

	host = uri && g_uri_get_host(uri) ? g_uri_get_host(uri) : "";
	if (!*host || !(g_str_equal(scheme, "https") || g_str_equal(scheme, "http")))
		return refuse(error, "must be an http or https address");
	if (g_uri_get_userinfo(uri) || g_uri_get_query(uri) || g_uri_get_fragment(uri))
		return refuse(error, "must hold no user, query or fragment");
	if (g_str_equal(scheme, "http") && !host_is_loopback(host) && !options->insecure)
		return refuse(error, "must be https beyond this machine (or set llm_insecure)");
	return TRUE;
}

static gboolean check_key(const char *key, GError **error)
{
	gsize n = key ? strlen(key) : 0;

	for (gsize i = 0; i < n; i++)
		if (!g_ascii_isgraph(key[i]))
			return refuse(error, "its key holds a character that no key has");
	return n <= KEY_MAX_BYTES || refuse(error, "its key is too long");
}

/* https://host -> https://host/v1/chat/completions */
static char *complete_url(const char *url)
{
	g_autofree char *base = g_strdup(url);
	const char *path;

	while (g_str_has_suffix(base, "/"))
		base[strlen(base) - 1] = '\0';
	if (g_str_has_suffix(base, "/chat/completions"))
		return g_steal_pointer(&base);
	path = strchr(strstr(base, "://") + 3, '/');
	return g_strconcat(base, path ? "" : "/v1", "/chat/completions", NULL);
}

typedef enum { CURL_UNTRIED, CURL_READY, CURL_BROKEN } CurlState;

static gboolean curl_is_ready(void)
{
	static gsize state;

	if (g_once_init_enter(&state))
		g_once_init_leave(&state, curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK
						  ? CURL_READY
						  : CURL_BROKEN);
	return state == CURL_READY;
}

Llm *remote_new(const RemoteOptions *options, GError **error)
{
	Remote *remote;

	if (!check_url(options, error) || !check_key(options->key, error))
		return NULL;
	if (!options->model || !*options->model) {
		refuse(error, "llm_model must name the model");
		return NULL;
	}
	if (!curl_is_ready()) {
		fail(error, "cannot be reached: libcurl does not start");
		return NULL;
	}
	remote = g_new0(Remote, 1);
	remote->url = complete_url(options->url);
	remote->model = g_strdup(options->model);
	if (options->key && *options->key)
		remote->authorization = g_strconcat("Authorization: Bearer ", options->key, NULL);
	remote->daily_tokens = options->daily_tokens;
	remote->store = options->store;
	remote->failures = options->failures ? options->failures : FAILURES;
	remote->pause_ms = options->pause_ms ? options->pause_ms : PAUSE_MS;
	remote->retry_ms = options->retry_ms ? options->retry_ms : RETRY_MS;
	g_mutex_init(&remote->mutex);
	g_queue_init(&remote->idle);
	remote->masks = masks_new();
	return llm_new(&provider, remote, REMOTE_SLOTS);
}
