/* From an exchange to a handler and back. The one place where a request meets permission,
 * transaction and idempotency. */
#include <string.h>

#include "api/api.h"
#include "api/idempotency.h"
#include "api/limits.h"
#include "api/openai.h"
#include "api/session_cookie.h"
#include "base/clock.h"
#include "base/error_text.h"
#include "base/log.h"
#include "crm/audit.h"
#include "crm/conversations.h"
#include "crm/keys.h"
#include "crm/organisation.h"
#include "crm/sessions.h"
#include "crm/voice.h"

enum { WAITING_MAX = 256 /* calls that wait for a thread of a pool */ };

static const struct {
	ApiMode mode;
	int n_threads;
} pools[] = {{API_SLOW, 2}, {API_MODEL, 4}, {API_ENCODE, 2}};

#define SESSION_COOKIE_PLAIN "zhiyin_session"
#define SESSION_COOKIE_SECURE "__Host-zhiyin_session"

/* ---- who asks ------------------------------------------------------------------------------------------------ */

static gboolean touch_session(Db *db, gpointer token, GError **error)
{
	return session_touch(db, token, error);
}

static gboolean touch_key(Db *db, gpointer token, GError **error)
{
	return key_touch(db, token, error);
}

static void touched(const GError *error, gpointer token)
{
	if (error)
		log_event(LOG_WARNING, "touch", "error", 'e', error, NULL);
	g_free(token);
}

static gboolean keyed_principal(Api *api, Db *db, const char *key, Principal *principal,
				GError **error)
{
	gboolean stale;

	if (!key_principal(db, key, principal, &stale, error))
		return FALSE;
	if (stale)
		store_write_async(api->store, touch_key, touched, g_strdup(key));
	return TRUE;
}

static gboolean bearer_principal(Api *api, Db *db, const char *token, Principal *principal,
				 GError **error)
{
	if (g_str_has_prefix(token, "zyk_"))
		return keyed_principal(api, db, token, principal, error);
	if (g_str_has_prefix(token, "zyv_"))
		return conversation_principal(db, token, principal, error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED,
		    "this is neither an API key nor a chat token");
	return FALSE;
}

const char *session_token(const HttpExchange *exchange)
{
	return http_cookie(exchange,
			   http_is_secure(exchange) ? SESSION_COOKIE_SECURE : SESSION_COOKIE_PLAIN);
}

void session_cookie(HttpExchange *exchange, const char *token)
{
	gboolean secure = http_is_secure(exchange);
	g_autofree char *cookie = g_strdup_printf(
		"%s=%s; Path=/; HttpOnly; SameSite=Lax%s%s",
		secure ? SESSION_COOKIE_SECURE : SESSION_COOKIE_PLAIN, token ? token : "",
		secure ? "; Secure" : "", token ? "" : "; Max-Age=0");

	http_add_header(exchange, "Set-Cookie", cookie);
}

static gboolean cookie_principal(Api *api, Db *db, const char *token, Principal *principal,
				 GError **error)
{
	SessionLimits limits = {
		.idle_ms = config_int(api->config, SETTING_SESSION_IDLE_MINUTES) * 60000,
		.absolute_ms = config_int(api->config, SETTING_SESSION_HOURS) * 3600000};
	g_autoptr(GError) failed = NULL;
	gboolean stale;

	if (!session_principal(db, token, &limits, principal, &stale, &failed)) {
		if (g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED))
			return TRUE; /* an old cookie makes nobody, not an error: public pages still work */
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (stale)
		store_write_async(api->store, touch_session, touched, g_strdup(token));
	return TRUE;
}

static gboolean call_authenticate(ApiCall *call, Db *db, GError **error)
{
	const char *authorization = http_header(call->exchange, "Authorization");
	const char *cookie = session_token(call->exchange);

	call->principal = (Principal){.kind = PRINCIPAL_NOBODY};
	g_strlcpy(call->principal.org_id, call->api->org_id, sizeof(call->principal.org_id));
	if (authorization) {
		if (g_ascii_strncasecmp(authorization, "Bearer ", 7) != 0) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED,
				    "expected Authorization: Bearer KEY");
			return FALSE;
		}
		return bearer_principal(call->api, db, authorization + 7, &call->principal, error);
	}
	return !cookie || cookie_principal(call->api, db, cookie, &call->principal, error);
}

/* A page of another site must not act with the browser's cookie: unsafe methods need the same
 * origin. Programs that send neither header carry no cookie of a victim. */
static gboolean call_same_origin(const ApiCall *call, GError **error)
{
	const char *origin = http_header(call->exchange, "Origin");
	const char *site = http_header(call->exchange, "Sec-Fetch-Site");
	const char *host = http_header(call->exchange, "Host");
	const char *scheme = http_is_secure(call->exchange) ? "https://" : "http://";
	gboolean safe = g_str_equal(call->route->method, "GET");
	gboolean same = TRUE;

	if (safe || call->principal.kind != PRINCIPAL_USER)
		return TRUE;
	if (origin)
		same = g_str_has_prefix(origin, scheme) && host &&
		       g_ascii_strcasecmp(origin + strlen(scheme), host) == 0;
	else if (site)
		same = g_str_equal(site, "same-origin") || g_str_equal(site, "none");
	if (!same)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
			    "this request came from another site");
	return same;
}

/* ---- query ---------------------------------------------------------------------------------------------------- */

gboolean call_flag(const ApiCall *call, const char *name, gboolean *ret_flag, GError **error)
{
	const char *value = http_query(call->exchange, name);

	*ret_flag = value && g_str_equal(value, "true");
	if (!value || *ret_flag || g_str_equal(value, "false"))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s must be true or false", name);
	return FALSE;
}

/* ---- body ---------------------------------------------------------------------------------------------------- */

static gboolean call_read_body(ApiCall *call, GError **error)
{
	const char *type = http_header(call->exchange, "Content-Type");
	gsize n_bytes;
	const char *body = http_body(call->exchange, &n_bytes);

	if (!call->route->max_body || g_strcmp0(call->route->request, ROUTE_BYTES) == 0)
		return TRUE;
	if (!n_bytes && g_str_equal(call->route->method, "PATCH")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "send what shall change as a JSON object");
		return FALSE;
	}
	if (!n_bytes)
		return TRUE;
	if (!type || (g_ascii_strncasecmp(type, "application/json", 16) != 0 &&
		      g_ascii_strncasecmp(type, "application/merge-patch+json", 28) != 0)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_MEDIA_TYPE,
			    "send the body as Content-Type: application/json");
		return FALSE;
	}
	call->body = json_parse(body, n_bytes, error);
	if (!call->body)
		return FALSE;
	if (!json_is_object(call->body)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected a JSON object as body");
		return FALSE;
	}
	return TRUE;
}

/* ---- answering ----------------------------------------------------------------------------------------------- */

void call_free(ApiCall *call)
{
	route_match_clear(&call->match);
	principal_clear(&call->principal);
	g_clear_pointer(&call->body, json_decref);
	if (call->out)
		g_string_free(call->out, TRUE);
	g_clear_pointer(&call->faults, g_ptr_array_unref);
	g_clear_error(&call->failure);
	g_free(call->etag);
	g_free(call->reason);
	g_free(call->secret);
	g_free(call);
}

void call_answer(ApiCall *call)
{
	if (call->etag)
		http_add_header(call->exchange, "ETag", call->etag);
	if (call->replayed)
		http_add_header(call->exchange, "Idempotency-Replayed", "true");
	if (call->status == 204 || !call->out->len)
		http_respond(call->exchange, call->status, NULL, NULL);
	else
		http_respond_json(call->exchange, call->status, g_steal_pointer(&call->out));
	call_free(call);
}

/* paths: as of http_respond_problem(). */
static void respond_failure(HttpExchange *exchange, const GError *error, const char *const *paths)
{
	if (openai_speaks(http_path(exchange)))
		openai_respond_error(exchange, error, paths[0]);
	else
		http_respond_problem(exchange, error, paths);
}

void api_refuse(HttpExchange *exchange, const GError *error, gpointer data)
{
	const char *const no_paths[] = {NULL};

	(void)data;
	respond_failure(exchange, error, no_paths);
}

void call_fail(ApiCall *call, const GError *error)
{
	const ErrorKind *kind = error_kind(error);

	if (kind->http_status >= 500)
		log_event(LOG_ERROR, "request_failed", "operation", 's',
			  call->route ? call->route->operation : "none", "request_id", 's',
			  http_request_id(call->exchange), "error", 'e', error, NULL);
	if (kind->http_status == 503 || kind->http_status == 429)
		http_add_header(call->exchange, "Retry-After",
				kind->http_status == 503 ? "1" : "20");
	g_ptr_array_add(call->faults, NULL);
	respond_failure(call->exchange, error, (const char *const *)call->faults->pdata);
	call_free(call);
}

/* ---- running ------------------------------------------------------------------------------------------------- */

static void call_run(ApiCall *call)
{
	g_autoptr(GError) error = NULL;

	if (!call->route->handler(call, &error))
		call_fail(call, error);
	else if (call->answered)
		call_free(call);
	else
		call_answer(call);
}

/* On the writer thread, inside the transaction. */
static gboolean write_work(Db *db, gpointer data, GError **error)
{
	ApiCall *call = data;
	gboolean repeatable = g_str_equal(call->route->method, "POST") &&
			      http_header(call->exchange, "Idempotency-Key");
	gboolean ok;

	call->db = db;
	ok = repeatable ? idempotency_run(call, error) : call->route->handler(call, error);
	call->db = NULL;
	return ok;
}

static void write_done(const GError *error, gpointer data)
{
	ApiCall *call = data;

	if (error)
		call_fail(call, error);
	else if (call->route->after)
		call->route->after(call);
	else
		call_answer(call);
}

static void pool_run(gpointer data, gpointer user_data)
{
	(void)user_data;
	call_run(data);
}

static void pool_push(GThreadPool *pool, ApiCall *call)
{
	g_autoptr(GError) error = NULL;

	if (g_thread_pool_unprocessed(pool) < WAITING_MAX) {
		g_thread_pool_push(pool, call, NULL);
		return;
	}
	g_set_error(&error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
		    "too much is waiting, try again");
	call_fail(call, error);
}

static void call_start(ApiCall *call, Db *db)
{
	Api *api = call->api;

	switch ((ApiMode)call->route->mode) {
	case API_READ:
		call->db = db;
		call_run(call);
		break;
	case API_WRITE:
		store_write_async(api->store, write_work, write_done, call);
		break;
	case API_DIRECT:
		call_run(call);
		break;
	case API_SLOW:
	case API_MODEL:
	case API_ENCODE:
	case N_API_MODES:
		pool_push(api->pools[call->route->mode], call);
		break;
	}
}

/* Of a key that is held to so many requests a minute. */
static gboolean call_pace(ApiCall *call, GError **error)
{
	g_autofree char *key = NULL;

	if (!call->principal.per_minute)
		return TRUE;
	key = principal_key(&call->principal);
	return limits_take(call->api->limits, key, call->principal.per_minute, error);
}

/* X-Reason says why, in UTF-8 or percent-encoded: browsers send no other letters than Latin ones. */
static gboolean call_read_reason(ApiCall *call, GError **error)
{
	const char *sent = http_header(call->exchange, "X-Reason");

	call->principal.request_id = http_request_id(call->exchange);
	call->principal.reader = reader_of(http_header(call->exchange, "Accept-Language"));
	if (!sent || !*sent)
		return TRUE;
	call->reason = g_uri_unescape_string(sent, NULL);
	if (call->reason && g_utf8_validate(call->reason, -1, NULL) &&
	    g_utf8_strlen(call->reason, -1) <= AUDIT_REASON_MAX_CHARS) {
		call->principal.reason = call->reason;
		return TRUE;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "X-Reason is a text of at most %d characters", AUDIT_REASON_MAX_CHARS);
	return FALSE;
}

static gboolean call_prepare(ApiCall *call, Db *db, GError **error)
{
	return call_authenticate(call, db, error) && call_read_reason(call, error) &&
	       call_pace(call, error) &&
	       access_check(&call->principal, call->route->permission, error) &&
	       call_same_origin(call, error) && call_read_body(call, error);
}

static ApiCall *call_new(Api *api, HttpExchange *exchange)
{
	ApiCall *call = g_new0(ApiCall, 1);
	g_autofree char *allow = NULL;

	call->api = api;
	call->exchange = exchange;
	call->out = g_string_sized_new(512);
	call->faults = g_ptr_array_new_with_free_func(g_free);
	if (router_find(interface_router(api->interface), http_method(exchange),
			http_path(exchange), &call->match, &allow))
		call->route = call->match.route;
	else if (allow)
		http_add_header(exchange, "Allow", allow);
	if (call->route)
		call->status = call->route->status;
	call->answered = allow != NULL; /* for call_refuse: the path exists */
	return call;
}

/* No route: 404, or 405 where the path has other methods. */
static void call_refuse(ApiCall *call)
{
	g_autoptr(GError) error = NULL;

	if (call->answered)
		g_set_error(&error, ZHIYIN_ERROR, ZHIYIN_ERROR_METHOD,
			    "see the header Allow for what this address takes");
	else
		g_set_error(&error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is nothing at this address");
	call_fail(call, error);
}

/* A file is let in only when it is clear who sends it. */
static gssize admit_file(ApiCall *call)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(call->api->store, &error);
	Setting limit = call->route->max_body == API_ATTACHMENT_BYTES ? SETTING_ATTACHMENT_MAX_MB
								      : SETTING_IMPORT_MAX_MB;
	gint64 max_body = config_int(call->api->config, limit) << 20;

	max_body = MIN(max_body, (gint64)call->route->max_body);
	if (!db || !call_authenticate(call, db, &error) ||
	    !access_check(&call->principal, call->route->permission, &error)) {
		call_fail(call, error);
		return -1;
	}
	call_free(call);
	return (gssize)max_body;
}

gssize api_admit(HttpExchange *exchange, gpointer data)
{
	Api *api = data;
	ApiCall *call = call_new(api, exchange);
	gssize max_body;

	if (!call->route) {
		call_refuse(call);
		return -1;
	}
	if (g_strcmp0(call->route->request, ROUTE_BYTES) == 0)
		return admit_file(call);
	max_body = (gssize)call->route->max_body;
	call_free(call);
	return max_body;
}

void api_handle(HttpExchange *exchange, gpointer data)
{
	Api *api = data;
	ApiCall *call = call_new(api, exchange);
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = NULL;

	if (!call->route) {
		call_refuse(call);
		return;
	}
	db = db_begin_read(api->store, &error);
	if (!db || !call_prepare(call, db, &error)) {
		call_fail(call, error);
		return;
	}
	call_start(call, db);
}

/* ---- for handlers -------------------------------------------------------------------------------------------- */

const char *call_id(const ApiCall *call)
{
	return route_match_value(&call->match, "id");
}

gboolean call_page(const ApiCall *call, int max, int *ret_page_size, const char **ret_page_token,
		   GError **error)
{
	const char *size = http_query(call->exchange, "page_size");
	const char *token = http_query(call->exchange, "page_token");
	gint64 n = 50;

	if (size && !g_ascii_string_to_signed(size, 10, 1, max, &n, NULL)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "page_size must be a number from 1 to %d", max);
		return FALSE;
	}
	*ret_page_size = (int)n;
	*ret_page_token = token && *token ? token : NULL;
	return TRUE;
}

gboolean call_string(const ApiCall *call, const char *name, const char **ret_text, GError **error)
{
	const json_t *value = json_object_get(call->body, name);

	*ret_text = NULL;
	if (!value || json_is_null(value))
		return TRUE;
	if (!json_is_string(value)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s must be a string", name);
		return FALSE;
	}
	*ret_text = json_string_value(value);
	return TRUE;
}

gboolean call_bool(const ApiCall *call, const char *name, gboolean *ret_value, GError **error)
{
	const json_t *value = json_object_get(call->body, name);

	*ret_value = json_is_true(value);
	if (!value || json_is_boolean(value))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s must be true or false", name);
	return FALSE;
}

/* ---- the whole ----------------------------------------------------------------------------------------------- */

static gboolean api_organisation(Api *api, GError **error)
{
	g_autoptr(Db) db = db_begin_read(api->store, error);
	g_autoptr(Organisation) organisation = NULL;

	if (!db || !organisation_first(db, api->org_id, error))
		return FALSE;
	organisation = organisation_get(db, api->org_id, error);
	if (!organisation)
		return FALSE;
	api->is_demo = organisation->is_demo;
	return TRUE;
}

Api *api_new(const Config *config, Store *store, BotService *bot, GError **error)
{
	g_autoptr(Api) api = g_new0(Api, 1);

	api->config = config;
	api->store = store;
	api->bot = bot;
	api->interface = interface_new(error);
	if (!api->interface || !api_organisation(api, error))
		return NULL;
	api->openapi = api_openapi(NULL, error);
	if (!api->openapi)
		return NULL;
	api->limits = limits_new();
	api->voice_cache = voice_cache_new();
	api->started_ms = clock_now_ms();
	for (gsize i = 0; i < G_N_ELEMENTS(pools); i++) {
		GThreadPool *pool =
			g_thread_pool_new(pool_run, NULL, pools[i].n_threads, FALSE, error);

		if (!pool)
			return NULL;
		api->pools[pools[i].mode] = pool;
	}
	return g_steal_pointer(&api);
}

void api_stop(Api *api)
{
	for (gsize i = 0; i < G_N_ELEMENTS(pools); i++) {
		GThreadPool *pool = g_steal_pointer(&api->pools[pools[i].mode]);

		if (pool)
			g_thread_pool_free(pool, FALSE, TRUE);
	}
}

void api_free(Api *api)
{
	if (!api)
		return;
	api_stop(api);
	g_clear_pointer(&api->interface, interface_free);
	g_clear_pointer(&api->limits, limits_free);
	g_clear_pointer(&api->voice_cache, voice_cache_free);
	g_free(api->openapi);
	g_free(api);
}
