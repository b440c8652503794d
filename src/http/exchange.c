/*
 * One request and its response. libmicrohttpd 0.9.75 forgives too much: it joins folded lines to
 * the wrong field, ends lines at a bare LF, ends values at a NUL, counts no Content-Length twice.
 * It leaves the head in place, though, with only the separators overwritten by NULs; so the head is
 * walked once more where it lies, and any byte that is not where CRLF framing puts it refuses the
 * request. The handler gets a copy and never touches libmicrohttpd.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "http/internal.h"

enum {
	BODY_FIRST_BYTES = 4096,
	SMALL_BODY_BYTES =
		64 *
		1024, /* read to its end and dropped, so that the connection can go on after a refusal */
	SPILL_BYTES = 1024 *
		      1024, /* read and dropped behind the limit, so that the client sees the 413 */
	SEND_BYTES_PER_SECOND = 4096, /* slower readers are cut */
	BODY_BYTES_PER_SECOND = 1024, /* slower writers are cut */
};
static const gint64 all_bodies_max_bytes = 512 * 1024 * 1024;

/* ---- life ------------------------------------------------------------------------------------------- */

static void exchange_drop_body(HttpExchange *x)
{
	if (x->n_body_room)
		atomic_fetch_sub(&x->server->n_body_bytes, (gint64)x->n_body_room);
	g_clear_pointer(&x->body, g_free);
	x->n_body = x->n_body_room = 0;
}

static void exchange_unref(HttpExchange *x)
{
	if (atomic_fetch_sub(&x->n_refs, 1) > 1)
		return;
	if (x->destroy)
		x->destroy(x->data);
	exchange_drop_body(x);
	g_clear_pointer(&x->headers, g_ptr_array_unref);
	g_clear_pointer(&x->cookies, g_ptr_array_unref);
	g_free(x->head);
	g_free(x->arguments);
	server_unref(x->server);
	g_free(x);
}

/* libmicrohttpd has the request line: keep the target as it was sent, since it is about to be cut
 * up. */
void *exchange_start(void *data, const char *target, struct MHD_Connection *connection)
{
	HttpServer *server = data;
	Wire *wire = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			     ->socket_context;
	gsize n_target = target ? strlen(target) : 0;
	HttpExchange *x = g_malloc0(sizeof(*x) + n_target + 1);

	x->server = server_ref(server);
	x->wire = wire;
	x->connection = connection;
	x->n_refs = 2; /* libmicrohttpd's and the handler's */
	x->n_target = n_target;
	if (target)
		memcpy(x->target, target, n_target);
	if (wire->n_requests++)
		wire_set_deadline(wire, server->options.header_timeout_ms);
	pthread_mutex_lock(&wire->lock);
	wire->exchange = x;
	pthread_mutex_unlock(&wire->lock);
	return x;
}

void exchange_completed(void *data, struct MHD_Connection *connection, void **context,
			enum MHD_RequestTerminationCode code)
{
	HttpServer *server = data;
	HttpExchange *x = g_steal_pointer(context);
	struct MHD_Response *unsent;
	gboolean abandoned;

	(void)connection;
	if (!x)
		return;
	pthread_mutex_lock(&x->wire->lock);
	x->connection = NULL;
	x->wire->exchange = NULL;
	if (x->wire->stream)
		stream_detach(x->wire->stream);
	unsent = g_steal_pointer(&x->response);
	abandoned = !x->handed && !x->answered;
	pthread_mutex_unlock(&x->wire->lock);
	if (unsent)
		MHD_destroy_response(unsent);
	wire_set_deadline(x->wire, server->options.idle_timeout_ms);
	if (abandoned) {
		if (code == MHD_REQUEST_TERMINATED_WITH_ERROR)
			atomic_fetch_add(&server->n_refused, 1);
		exchange_unref(x);
	}
	exchange_unref(x);
}

/* ---- reading the head ------------------------------------------------------------------------------- */

/* The walk over the head: `at` is where the next field's name must stand. */
typedef struct {
	const char *start, *at, *end;
	guint n_fields;
	gboolean torn;
	struct {
		guint16 name, value;
	} offsets[HEAD_MAX_FIELDS];
} HeadWalk;

/* "Name" NUL [SP/TAB] "value" NUL NUL, and the next name right behind. */
static enum MHD_Result head_walk_field(void *data, enum MHD_ValueKind kind, const char *name,
				       size_t n_name, const char *value, size_t n_value)
{
	HeadWalk *walk = data;
	const char *at = walk->at;

	(void)kind;
	walk->torn = TRUE;
	if (walk->n_fields == HEAD_MAX_FIELDS || name != at || n_name >= (gsize)(walk->end - at) ||
	    at[n_name])
		return MHD_NO;
	at += n_name + 1;
	while (at < walk->end && (*at == ' ' || *at == '\t'))
		at++;
	if (value != at || (gsize)(walk->end - at) < n_value + 2 || at[n_value] || at[n_value + 1])
		return MHD_NO;
	walk->offsets[walk->n_fields].name = (guint16)(name - walk->start);
	walk->offsets[walk->n_fields++].value = (guint16)(value - walk->start);
	walk->at = at + n_value + 2;
	walk->torn = FALSE;
	return MHD_YES;
}

/* METHOD NUL target NUL HTTP/1.x NUL NUL; returns where the first field must stand, or NULL. */
static const char *head_request_line_end(const HttpExchange *x, const char *url, const char *method,
					 const char *version)
{
	if (!head_is_token(method) || url != method + strlen(method) + 1 ||
	    version != url + x->n_target + 1)
		return NULL;
	if (strcmp(version, "HTTP/1.1") && strcmp(version, "HTTP/1.0"))
		return NULL;
	return version[9] ? NULL : version + 10;
}

static gboolean head_walk(HttpExchange *x, HeadWalk *walk, const char *url, const char *method,
			  const char *version, GError **error)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	gsize n_bytes = info ? info->header_size : 0;

	if (n_bytes > HEAD_MAX_BYTES) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_HEADERS_TOO_LARGE,
			    "The request head is larger than %d bytes", HEAD_MAX_BYTES);
		return FALSE;
	}
	walk->start = method;
	walk->end = method + n_bytes;
	walk->at = head_request_line_end(x, url, method, version);
	if (!walk->at || walk->at + 2 > walk->end) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "The request line is malformed");
		return FALSE;
	}
	MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, head_walk_field, walk);
	if (walk->n_fields == HEAD_MAX_FIELDS && walk->torn) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_HEADERS_TOO_LARGE,
			    "The request has more than %d headers", HEAD_MAX_FIELDS);
		return FALSE;
	}
	if (walk->torn || walk->at + 2 != walk->end || walk->at[0] || walk->at[1]) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "The request head is malformed: every line must be 'Name: value' ended "
			    "by CR LF");
		return FALSE;
	}
	return TRUE;
}

static void head_copy(HttpExchange *x, const HeadWalk *walk)
{
	gsize n_bytes = (gsize)(walk->end - walk->start);
	gsize n_index = walk->n_fields * sizeof(HeadField);
	char *bytes;

	x->head = g_malloc(n_index + n_bytes);
	x->fields = (HeadField *)(gpointer)x->head;
	x->n_fields = walk->n_fields;
	bytes = x->head + n_index;
	memcpy(bytes, walk->start, n_bytes);
	for (guint i = 0; i < walk->n_fields; i++) {
		x->fields[i].name = bytes + walk->offsets[i].name;
		x->fields[i].value = bytes + walk->offsets[i].value;
	}
	x->method = bytes;
}

static gboolean exchange_read_target(HttpExchange *x, GError **error)
{
	char *path, *query;

	if (!target_parse(x->target, http_header(x, "Host"), &path, &query, error))
		return FALSE;
	x->path = path;
	if (!query || !*query)
		return TRUE;
	x->arguments = g_new(HeadField, MIN(target_count_arguments(query), HEAD_MAX_ARGUMENTS));
	return target_parse_query(query, x->arguments, &x->n_arguments, error);
}

static gboolean exchange_read_head(HttpExchange *x, const char *url, const char *method,
				   const char *version, GError **error)
{
	const char *host;
	HeadWalk walk;

	walk.n_fields = 0;
	walk.torn = FALSE;
	if (!head_walk(x, &walk, url, method, version, error))
		return FALSE;
	head_copy(x, &walk);
	x->http_1_0 = version[7] == '0';
	if (!head_check(x->fields, x->n_fields, x->http_1_0, &x->framing, error))
		return FALSE;
	host = http_header(x, "Host");
	if (host && !server_allows_host(x->server, host)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "This server does not serve that host name; set the public URL to "
			    "allow it");
		return FALSE;
	}
	return exchange_read_target(x, error);
}

/* ---- who asks --------------------------------------------------------------------------------------- */

/* X-Forwarded-For from the right: each trusted proxy vouches for the address before it; the first
 * untrusted one is the client. */
static void exchange_read_forwarded(HttpExchange *x)
{
	for (guint i = x->n_fields; i-- > 0;) {
		g_auto(GStrv) parts = NULL;

		if (g_ascii_strcasecmp(x->fields[i].name, "X-Forwarded-For"))
			continue;
		parts = g_strsplit(x->fields[i].value, ",", -1);
		for (guint j = g_strv_length(parts); j-- > 0;) {
			const char *address = g_strstrip(parts[j]);

			if (strlen(address) >= ADDRESS_TEXT_BYTES ||
			    !g_hostname_is_ip_address(address))
				return;
			g_strlcpy(x->client, address, sizeof(x->client));
			if (!server_trusts(x->server, address))
				return;
		}
	}
}

static gboolean request_id_valid(const char *id)
{
	gsize n = id ? strlen(id) : 0;

	if (n < 8 || n > REQUEST_ID_MAX_BYTES)
		return FALSE;
	for (; *id; id++) {
		if (!g_ascii_isalnum(*id) && !strchr("-._", *id))
			return FALSE;
	}
	return TRUE;
}

static void exchange_identify(HttpExchange *x)
{
	const char *id = NULL, *scheme;

	memcpy(x->client, x->wire->peer, sizeof(x->client));
	x->secure = x->server->tls_key != NULL;
	if (x->wire->trusted) {
		exchange_read_forwarded(x);
		scheme = http_header(x, "X-Forwarded-Proto");
		x->secure = x->secure || (scheme && !g_ascii_strcasecmp(scheme, "https"));
		id = http_header(x, "X-Request-Id");
	}
	if (request_id_valid(id))
		g_strlcpy(x->request_id, id, sizeof(x->request_id));
	else
		id_new(x->request_id);
}

/* ---- the steps of a request, on the event thread ---------------------------------------------------- */

static gboolean exchange_is_answered(HttpExchange *x)
{
	gboolean answered;

	pthread_mutex_lock(&x->wire->lock);
	answered = x->answered;
	pthread_mutex_unlock(&x->wire->lock);
	return answered;
}

static void exchange_refuse(HttpExchange *x, ZhiyinError code, const char *detail)
{
	g_autoptr(GError) error = g_error_new_literal(ZHIYIN_ERROR, (int)code, detail);

	atomic_fetch_add(&x->server->n_refused, 1);
	if (code == ZHIYIN_ERROR_UNAVAILABLE)
		http_add_header(x, "Retry-After", "1");
	if (x->path && x->server->options.refuse)
		x->server->options.refuse(x, error, x->server->options.data);
	else
		http_respond_problem(x, error, NULL);
}

/* Gives the answer to libmicrohttpd. */
static enum MHD_Result exchange_queue(HttpExchange *x)
{
	struct MHD_Connection *connection;
	struct MHD_Response *response;
	enum MHD_Result result;
	gboolean stream;

	pthread_mutex_lock(&x->wire->lock);
	connection = x->connection;
	response = g_steal_pointer(&x->response);
	stream = x->wire->stream != NULL;
	pthread_mutex_unlock(&x->wire->lock);
	if (x->close || atomic_load(&x->server->draining))
		MHD_add_response_header(response, "Connection", "close");
	wire_set_deadline(x->wire, stream ? 0
					  : x->server->options.body_timeout_ms +
						    x->n_sent * 1000 / SEND_BYTES_PER_SECOND);
	result = MHD_queue_response(connection, (guint)x->status, response);
	MHD_destroy_response(response);
	return result;
}

static void exchange_set_body_deadline(HttpExchange *x)
{
	gint64 gone_ms = (clock_monotonic_us() - x->started_us) / 1000;
	guint64 allowed_ms =
		x->server->options.body_timeout_ms + x->n_received * 1000 / BODY_BYTES_PER_SECOND;

	wire_set_deadline(x->wire,
			  allowed_ms > (guint64)gone_ms ? allowed_ms - (guint64)gone_ms : 1);
}

static void exchange_admit(HttpExchange *x)
{
	const HttpOptions *options = &x->server->options;
	gssize limit = options->admit ? options->admit(x, options->data) : SMALL_BODY_BYTES;

	x->n_limit = limit > 0 ? (guint64)limit : 0;
	if (exchange_is_answered(x))
		return;
	if (x->framing.content_length > x->n_limit || (x->framing.chunked && !x->n_limit))
		exchange_refuse(x, ZHIYIN_ERROR_TOO_LARGE,
				"The body is larger than this address takes");
}

static enum MHD_Result exchange_begin(HttpExchange *x, const char *url, const char *method,
				      const char *version)
{
	g_autoptr(GError) error = NULL;
	gboolean has_body;

	x->begun = TRUE;
	x->started_us = clock_monotonic_us();
	if (exchange_read_head(x, url, method, version, &error)) {
		exchange_identify(x);
		/* The chunk lines themselves are out of our sight, so nothing may follow them on
		 * this connection. */
		x->close = x->http_1_0 || x->framing.chunked;
		exchange_admit(x);
	} else {
		exchange_identify(x);
		x->close = TRUE;
		exchange_refuse(x, (ZhiyinError)error->code, error->message);
		x->wire->linger = TRUE;
		return exchange_queue(x);
	}
	has_body = x->framing.content_length || x->framing.chunked;
	if (has_body)
		exchange_set_body_deadline(x);
	if (!has_body || !exchange_is_answered(x))
		return MHD_YES;
	/* Refused with a body under way: drop a small one and keep the connection, else answer and
	 * close now, which is what libmicrohttpd does with an answer before the body. */
	x->discard = !x->close && !x->framing.expect_continue &&
		     x->framing.content_length <= SMALL_BODY_BYTES;
	if (x->discard)
		return MHD_YES;
	x->close = TRUE;
	x->wire->linger = TRUE;
	return exchange_queue(x);
}

static gboolean body_reserve(HttpExchange *x, gsize n_bytes)
{
	gsize room = MAX(x->n_body_room, BODY_FIRST_BYTES);
	char *body;

	if (n_bytes <= x->n_body_room)
		return TRUE;
	while (room < n_bytes)
		room *= 2;
	if (!x->framing.chunked) /* the announced length is known to be within the limit */
		room = MIN(room, MAX((gsize)x->framing.content_length + 1, n_bytes));
	if (atomic_fetch_add(&x->server->n_body_bytes, (gint64)(room - x->n_body_room)) +
			    (gint64)(room - x->n_body_room) >
		    all_bodies_max_bytes ||
	    !(body = g_try_realloc(x->body, room))) {
		atomic_fetch_sub(&x->server->n_body_bytes, (gint64)(room - x->n_body_room));
		return FALSE;
	}
	x->body = body;
	x->n_body_room = room;
	return TRUE;
}

/* Takes a piece of the body. FALSE: enough, the connection is to be cut. */
static gboolean exchange_feed(HttpExchange *x, const char *bytes, gsize n_bytes)
{
	x->n_received += n_bytes;
	exchange_set_body_deadline(x);
	if (x->discard) {
		x->wire->linger = TRUE;
		return x->n_received <= MAX(x->n_limit, SMALL_BODY_BYTES) + SPILL_BYTES;
	}
	if (x->n_received <= x->n_limit && body_reserve(x, x->n_body + n_bytes + 1)) {
		memcpy(x->body + x->n_body, bytes, n_bytes);
		x->n_body += n_bytes;
		x->body[x->n_body] = '\0';
		return TRUE;
	}
	exchange_drop_body(x);
	x->discard = x->close = TRUE;
	if (x->n_received > x->n_limit)
		exchange_refuse(x, ZHIYIN_ERROR_TOO_LARGE,
				"The body is larger than this address takes");
	else
		exchange_refuse(x, ZHIYIN_ERROR_UNAVAILABLE, "Too many uploads at once");
	return TRUE;
}

/* The request is complete, or its answer came after a wait. */
static enum MHD_Result exchange_finish(HttpExchange *x)
{
	const HttpOptions *options = &x->server->options;
	gboolean answered;

	if (!x->handed && !exchange_is_answered(x)) {
		x->handed = TRUE;
		wire_set_deadline(x->wire, 0);
		options->handle(x, options->data);
	}
	pthread_mutex_lock(&x->wire->lock);
	answered = x->answered;
	if (!answered && !atomic_load(&x->server->aborting)) {
		x->suspended = TRUE;
		MHD_suspend_connection(x->connection);
		pthread_mutex_unlock(&x->wire->lock);
		return MHD_YES;
	}
	pthread_mutex_unlock(&x->wire->lock);
	return answered ? exchange_queue(x) : MHD_NO;
}

enum MHD_Result exchange_access(void *server, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *n_upload, void **context)
{
	HttpExchange *x = *context;
	gsize n_bytes = *n_upload;

	(void)server;
	(void)connection;
	if (!x)
		return MHD_NO;
	if (!x->begun)
		return exchange_begin(x, url, method, version);
	if (!n_bytes)
		return exchange_finish(x);
	*n_upload = 0;
	return exchange_feed(x, upload, n_bytes) ? MHD_YES : MHD_NO;
}

/* ---- the response, from any thread ------------------------------------------------------------------ */

void exchange_answer(HttpExchange *x, int status, struct MHD_Response *response)
{
	struct MHD_Response *unsent = NULL;

	if (status >= 100 && status < 600)
		atomic_fetch_add(&x->server->n_responses[status / 100], 1);
	log_event(LOG_DEBUG, "answered", "request", 's', x->request_id, "status", 'i',
		  (gint64)status, "microseconds", 'i', clock_monotonic_us() - x->started_us, NULL);
	pthread_mutex_lock(&x->wire->lock);
	x->answered = TRUE;
	x->status = status;
	if (!x->connection) {
		unsent = response;
	} else {
		x->response = response;
		if (x->suspended) {
			x->suspended = FALSE;
			MHD_resume_connection(x->connection);
		}
	}
	pthread_mutex_unlock(&x->wire->lock);
	if (unsent)
		MHD_destroy_response(unsent);
	exchange_unref(x);
}

void exchange_abort(HttpExchange *x)
{
	if (x->suspended && x->connection) {
		x->suspended = FALSE;
		MHD_resume_connection(x->connection);
	}
}

void exchange_put_headers(HttpExchange *x, struct MHD_Response *response, const char *content_type)
{
	gboolean cached = FALSE;

	if (content_type)
		MHD_add_response_header(response, "Content-Type", content_type);
	MHD_add_response_header(response, "X-Request-Id", x->request_id);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	if (x->secure)
		MHD_add_response_header(response, "Strict-Transport-Security", "max-age=31536000");
	for (guint i = 0; x->headers && i < x->headers->len; i += 2) {
		const char *name = x->headers->pdata[i];

		cached = cached || !g_ascii_strcasecmp(name, "Cache-Control");
		MHD_add_response_header(response, name, x->headers->pdata[i + 1]);
	}
	if (!cached)
		MHD_add_response_header(response, "Cache-Control", "no-store");
}

void http_add_header(HttpExchange *x, const char *name, const char *value)
{
	if (!head_is_token(name) || strpbrk(value, "\r\n"))
		return;
	if (!x->headers)
		x->headers = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(x->headers, g_strdup(name));
	g_ptr_array_add(x->headers, g_strdup(value));
}

static void release_bytes(void *bytes)
{
	g_bytes_unref(bytes);
}

static struct MHD_Response *response_new(GBytes *body)
{
	gsize n_bytes = body ? g_bytes_get_size(body) : 0;

	if (!n_bytes) {
		g_clear_pointer(&body, g_bytes_unref);
		return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	}
	/* It only reads the buffer, but its type does not say so. */
	return MHD_create_response_from_buffer_with_free_callback_cls(
		n_bytes, (void *)(guintptr)g_bytes_get_data(body, NULL), release_bytes, body);
}

void http_respond(HttpExchange *x, int status, const char *content_type, GBytes *body)
{
	struct MHD_Response *response;

	x->n_sent = body ? g_bytes_get_size(body) : 0;
	response = response_new(body);
	exchange_put_headers(x, response, content_type);
	exchange_answer(x, status, response);
}

void http_respond_file(HttpExchange *x, int status, const char *content_type, int fd,
		       guint64 n_bytes)
{
	struct MHD_Response *response = MHD_create_response_from_fd64(n_bytes, fd);

	x->n_sent = n_bytes;
	exchange_put_headers(x, response, content_type);
	exchange_answer(x, status, response);
}

void http_respond_json(HttpExchange *x, int status, GString *json)
{
	http_respond(x, status, "application/json; charset=utf-8", g_string_free_to_bytes(json));
}

/* ---- what the handler asks -------------------------------------------------------------------------- */

const char *http_method(const HttpExchange *x)
{
	return x->method;
}

const char *http_path(const HttpExchange *x)
{
	return x->path;
}

const char *http_query(const HttpExchange *x, const char *name)
{
	for (guint i = 0; i < x->n_arguments; i++) {
		if (!strcmp(x->arguments[i].name, name))
			return x->arguments[i].value;
	}
	return NULL;
}

void http_query_each(const HttpExchange *x, HttpEach each, gpointer data)
{
	for (guint i = 0; i < x->n_arguments; i++)
		each(x->arguments[i].name, x->arguments[i].value, data);
}

const char *http_header(const HttpExchange *x, const char *name)
{
	return head_find(x->fields, x->n_fields, name);
}

static GPtrArray *cookies_parse(const char *header)
{
	GPtrArray *cookies = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) parts = g_strsplit(header, ";", -1);

	for (guint i = 0; parts[i]; i++) {
		char *name = g_strstrip(parts[i]);
		char *value = strchr(name, '=');

		if (!value)
			continue;
		*value++ = '\0';
		g_ptr_array_add(cookies, g_strdup(name));
		g_ptr_array_add(cookies, g_strdup(value));
	}
	return cookies;
}

const char *http_cookie(const HttpExchange *x, const char *name)
{
	/* Lazily parsed: most requests carry an API key and no cookie. Whoever holds the exchange
	 * holds it alone. */
	HttpExchange *holder = (HttpExchange *)(guintptr)x;
	const char *header;

	if (!x->cookies) {
		header = http_header(x, "Cookie");
		if (!header)
			return NULL;
		holder->cookies = cookies_parse(header);
	}
	for (guint i = 0; i < x->cookies->len; i += 2) {
		if (!strcmp(x->cookies->pdata[i], name))
			return x->cookies->pdata[i + 1];
	}
	return NULL;
}

const char *http_body(const HttpExchange *x, gsize *ret_n_bytes)
{
	if (ret_n_bytes)
		*ret_n_bytes = x->n_body;
	return x->body ? x->body : "";
}

const char *http_request_id(const HttpExchange *x)
{
	return x->request_id;
}

const char *http_client_address(const HttpExchange *x)
{
	return x->client;
}

gboolean http_is_secure(const HttpExchange *x)
{
	return x->secure;
}

gint64 http_started_us(const HttpExchange *x)
{
	return x->started_us;
}

gboolean http_is_abandoned(HttpExchange *x)
{
	gboolean abandoned;

	pthread_mutex_lock(&x->wire->lock);
	abandoned = !x->connection || atomic_load(&x->server->aborting) || wire_is_hung_up(x->wire);
	pthread_mutex_unlock(&x->wire->lock);
	return abandoned;
}

void http_set_data(HttpExchange *x, gpointer data, GDestroyNotify destroy)
{
	if (x->destroy)
		x->destroy(x->data);
	x->data = data;
	x->destroy = destroy;
}

gpointer http_data(const HttpExchange *x)
{
	return x->data;
}
