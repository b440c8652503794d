/*
 * HTTP/1.1 server on libmicrohttpd, hardened. Protocol only: knows no route's meaning, no user, no
 * record.
 *
 * One exchange = one request and its one response. The server reads head and body under absolute
 * deadlines and limits, refuses ambiguous framing (several or non-digit Content-Length,
 * Content-Length with Transfer-Encoding, obs-fold, missing or several or bad Host, NUL or control
 * bytes in head) with 400 and closes, then calls the handler on an event thread. The handler
 * answers there (short work only) or keeps the exchange and answers later from any thread; the
 * connection sleeps in between.
 *
 * What the head may not say: Content-Length with signs, lists or twice; Transfer-Encoding other
 * than "chunked"; lines ended by a bare LF; an absolute target of another host; escaped slashes,
 * NULs, control characters, dot segments in the path. "//" stays. HTTP/1.0 and chunked requests are
 * answered and the connection closed. HEAD reaches the handler as HEAD; the body is left off.
 *
 * Ownership: an exchange lives until http_respond*() was called for it; after that the pointer is
 * dead for the handler. Exactly one response per exchange. If the client goes away before, the
 * response is dropped silently. Threads: http_respond*() and http_stream_*() from any thread; the
 * getters from whoever holds the exchange.
 */
#pragma once

#include <glib.h>

typedef struct HttpServer HttpServer;
typedef struct HttpExchange HttpExchange;
typedef struct HttpStream HttpStream;

typedef void (*HttpHandler)(HttpExchange *exchange, gpointer data);
/* Called when the head is in, before the body: the largest body this request may have (0 = none).
 * To refuse at once, answer with http_respond* here (404, 405, 401, 413, 503 ...) and return -1. */
typedef gssize (*HttpAdmit)(HttpExchange *exchange, gpointer data);
/* Answers, with http_respond*, a request that the server itself refuses although its path is known: over
 * a limit, in most cases. */
typedef void (*HttpRefuse)(HttpExchange *exchange, const GError *error, gpointer data);

typedef struct {
	int listen_fd; /* already bound and listening (the supervisor holds it); the server does not close it */
	guint n_threads; /* event threads, at least 2 */
	guint max_connections; /* 0 = 12000; the soft limit of descriptors is raised for it, or it is lowered with a warning */
	guint max_per_address; /* 0 = 4096 for loopback and trusted proxies, 100 for others; else for all. IPv6 by /64 */
	guint header_timeout_ms; /* 0 = 10000, absolute from the first byte (or accept) */
	guint body_timeout_ms; /* 0 = 30000, absolute, plus one second per KiB received (or per 4 KiB of the answer) */
	guint idle_timeout_ms;				 /* 0 = 60000 between requests */
	const char *tls_certificate_file, *tls_key_file; /* PEM; NULL = plain */
	const char *const *
		trusted_proxies; /* CIDRs whose X-Forwarded-For/-Proto are believed; NULL-terminated */
	const char *const *
		allowed_hosts; /* names that Host may carry besides loopback and IP literals; NULL = any well-formed */
	HttpAdmit admit;   /* NULL = 64 KiB for all */
	HttpRefuse refuse; /* NULL = http_respond_problem() */
	HttpHandler handle;
	gpointer data;
} HttpOptions;

/* Fails with USAGE (a proxy's network, the TLS files) or INTERNAL. options and its strings may go
 * afterwards. */
HttpServer *http_server_start(const HttpOptions *options, GError **error);
/* Stops accepting, lets running exchanges finish for up to drain_ms, ends streams, joins the
 * threads, frees the server. Exchanges and streams that a handler still holds stay valid; what they
 * are answered goes nowhere. */
void http_server_stop(HttpServer *server, guint drain_ms);
/* Open connections, streams; requests answered since start by status class (index 1..5). For
 * /metrics. */
typedef struct {
	guint n_connections, n_streams;
	guint64 n_responses[6];
	guint64 n_refused; /* malformed or over a limit, answered before the handler */
} HttpCounts;
HttpCounts http_server_counts(HttpServer *server);

/* ---- request ------------------------------------------------------------------------------------------------- */

const char *http_method(const HttpExchange *x);
/* Path, percent-decoded once, valid UTF-8 without control characters, starting with '/', without
 * "." or ".." segments. */
const char *http_path(const HttpExchange *x);
/* Query argument, decoded; NULL when absent; the first one when repeated. */
const char *http_query(const HttpExchange *x, const char *name);
/* All query arguments by name in order of appearance. */
typedef void (*HttpEach)(const char *name, const char *value, gpointer data);
void http_query_each(const HttpExchange *x, HttpEach each, gpointer data);
const char *http_header(const HttpExchange *x, const char *name);
const char *http_cookie(const HttpExchange *x, const char *name);
/* The whole body, NUL-terminated behind n_bytes. */
const char *http_body(const HttpExchange *x, gsize *ret_n_bytes);
const char *http_request_id(
	const HttpExchange *x); /* own UUIDv7, or a well-formed X-Request-Id of a trusted proxy */
const char *http_client_address(
	const HttpExchange *x); /* textual, behind a trusted proxy the forwarded one */
gboolean http_is_secure(const HttpExchange *x); /* TLS here or at the trusted proxy */
gint64 http_started_us(const HttpExchange *x);	/* monotonic, when the head was complete */
/* Has the client hung up, so that nobody will read an answer? For handlers that work long. */
gboolean http_is_abandoned(HttpExchange *x);
/* The caller's own data on the exchange; freed by destroy with the exchange. */
void http_set_data(HttpExchange *x, gpointer data, GDestroyNotify destroy);
gpointer http_data(const HttpExchange *x);

/* ---- response ------------------------------------------------------------------------------------------------ */

/* Adds a response header (before responding). Name and value must hold no CR/LF: refused silently
 * otherwise. */
void http_add_header(HttpExchange *x, const char *name, const char *value);
/* Takes body (may be NULL for 204/304). Adds Content-Type, Content-Length, X-Request-Id,
 * X-Content-Type-Options: nosniff, Referrer-Policy: no-referrer, Cache-Control: no-store unless the
 * caller set one, HSTS when secure. HEAD is answered without body. */
void http_respond(HttpExchange *x, int status, const char *content_type, GBytes *body);
/* The same for the n_bytes of a file from its beginning; the descriptor is taken. */
void http_respond_file(HttpExchange *x, int status, const char *content_type, int fd,
		       guint64 n_bytes);
/* The same for a GString, which is taken. */
void http_respond_json(HttpExchange *x, int status, GString *json);
/* RFC 9457:
 * {"type":"about:blank","title","status","detail","code","request_id","errors":[{"path","message"}]}.
 * title, detail and messages in the language that Accept-Language asks for (base/error_text.h).
 * paths: pairs of field path and message in order, NULL-terminated, or NULL. */
void http_respond_problem(HttpExchange *x, const GError *error, const char *const *paths);

/* An event stream ("text/event-stream"): headers go out at once. The stream is reference-counted by
 * http_stream_ref/unref. The server sends ": ping" after 15 s of silence, so that dead peers are
 * found. */
HttpStream *http_respond_stream(HttpExchange *x);
/* Queues bytes. FALSE when the client is gone or more than 256 KiB wait (the stream is then ended:
 * the client resumes). */
gboolean http_stream_send(HttpStream *stream, const char *bytes, gsize n_bytes);
void http_stream_end(HttpStream *stream);
gboolean http_stream_is_open(HttpStream *stream);
HttpStream *http_stream_ref(HttpStream *stream);
void http_stream_unref(HttpStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpStream, http_stream_unref)
