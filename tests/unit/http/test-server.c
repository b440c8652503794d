/* The server over real sockets: framing, limits, deadlines, waiting exchanges, event streams,
 * stopping. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/error.h"
#include "client.h"
#include "http/http.h"

/* ThreadSanitizer does not see what GLib's queues order, so it is told. */
#if defined(__SANITIZE_THREAD__)
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#else
#define __tsan_acquire(address) ((void)(address))
#define __tsan_release(address) ((void)(address))
#endif

#define HOST "Host: localhost\r\n"

enum { ECHO_LIMIT = 10 * 1024 * 1024 };

typedef struct {
	HttpOptions options;
	HttpServer *server;
	guint16 port;
	int listen_fd;
	GAsyncQueue *held;    /* exchanges that a handler kept */
	GAsyncQueue *streams; /* streams that a handler opened */
	GAsyncQueue *paths;   /* char *: every path that reached the handler */
	gint n_destroyed;     /* of data set on exchanges; atomic */
	GThreadPool *workers;
} Fixture;

static void give(GAsyncQueue *queue, gpointer thing)
{
	__tsan_release(queue);
	g_async_queue_push(queue, thing);
}

static gpointer take(GAsyncQueue *queue)
{
	gpointer thing = g_async_queue_pop(queue);

	__tsan_acquire(queue);
	return thing;
}

/* ---- the application under the server --------------------------------------------------------------- */

static void respond_text(HttpExchange *x, int status, const char *text)
{
	http_respond(x, status, "text/plain", g_bytes_new(text, strlen(text)));
}

static void append_pair(const char *name, const char *value, gpointer data)
{
	g_string_append_printf(data, " %s=%s", name, value);
}

static void respond_info(HttpExchange *x)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "%s %s", http_method(x), http_path(x));
	http_query_each(x, append_pair, text);
	g_string_append_printf(text, " | client=%s secure=%d id=%s cookie=%s",
			       http_client_address(x), http_is_secure(x), http_request_id(x),
			       http_cookie(x, "b") ? http_cookie(x, "b") : "-");
	http_respond(x, 200, "text/plain", g_string_free_to_bytes(text));
}

static void respond_echo(HttpExchange *x)
{
	gsize n_bytes;
	const char *body = http_body(x, &n_bytes);

	g_assert_cmpint(body[n_bytes], ==, '\0');
	http_respond(x, 200, "application/octet-stream", g_bytes_new(body, n_bytes));
}

static void respond_cached(HttpExchange *x)
{
	http_add_header(x, "Cache-Control", "max-age=60");
	http_add_header(x, "X-Evil", "a\r\nSet-Cookie: b");
	http_add_header(x, "Bad Name", "a");
	respond_text(x, 200, "cached");
}

static void work(gpointer exchange, gpointer data)
{
	__tsan_acquire(data);
	respond_text(exchange, 200, http_header(exchange, "X-Say"));
}

static void push_work(Fixture *f, HttpExchange *x)
{
	__tsan_release(f);
	g_thread_pool_push(f->workers, x, NULL);
}

static void count_destroyed(gpointer counter)
{
	g_atomic_int_inc((gint *)counter);
}

static HttpStream *open_stream(HttpExchange *x)
{
	HttpStream *stream = http_respond_stream(x);

	http_stream_send(stream, "retry: 2000\n\n", 13);
	return stream;
}

static void fixture_handle(HttpExchange *x, gpointer data)
{
	Fixture *f = data;
	const char *path = http_path(x);

	give(f->paths, g_strdup(path));
	http_set_data(x, &f->n_destroyed, count_destroyed);
	if (!strcmp(path, "/echo"))
		respond_echo(x);
	else if (!strcmp(path, "/later"))
		push_work(f, x);
	else if (!strcmp(path, "/hold"))
		give(f->held, x);
	else if (!strcmp(path, "/stream"))
		give(f->streams, open_stream(x));
	else if (!strcmp(path, "/silent"))
		give(f->streams, http_respond_stream(x));
	else if (!strcmp(path, "/nothing"))
		http_respond(x, 204, NULL, NULL);
	else if (!strcmp(path, "/cached"))
		respond_cached(x);
	else
		respond_info(x);
}

static gssize fixture_admit(HttpExchange *x, gpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	if (!strcmp(http_path(x), "/missing")) {
		error = g_error_new_literal(ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "nothing here");
		http_respond_problem(x, error, (const char *const[]){"a.b", "is wrong", NULL});
		return -1;
	}
	return strcmp(http_path(x), "/echo") ? 0 : ECHO_LIMIT;
}

static int listen_anywhere(guint16 *ret_port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n_address = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)(gpointer)&address, sizeof(address)), ==, 0);
	g_assert_cmpint(listen(fd, 1024), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)(gpointer)&address, &n_address), ==, 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void fixture_new(Fixture *f, const HttpOptions *options)
{
	g_autoptr(GError) error = NULL;

	memset(f, 0, sizeof(*f));
	f->options = *options;
	f->listen_fd = f->options.listen_fd = listen_anywhere(&f->port);
	f->options.n_threads = 2;
	f->options.admit = fixture_admit;
	f->options.handle = fixture_handle;
	f->options.data = f;
	f->held = g_async_queue_new();
	f->streams = g_async_queue_new();
	f->paths = g_async_queue_new_full(g_free);
	f->workers = g_thread_pool_new(work, f, 4, FALSE, NULL);
	f->server = http_server_start(&f->options, &error);
	g_assert_no_error(error);
	g_assert_nonnull(f->server);
}

static void fixture_stop(Fixture *f, guint drain_ms)
{
	http_server_stop(f->server, drain_ms);
	f->server = NULL;
}

static void fixture_clear(Fixture *f)
{
	HttpStream *stream;

	g_thread_pool_free(f->workers, FALSE, TRUE);
	if (f->server)
		fixture_stop(f, 2000);
	while ((stream = g_async_queue_try_pop(f->streams)))
		http_stream_unref(stream);
	g_async_queue_unref(f->held);
	g_async_queue_unref(f->streams);
	g_async_queue_unref(f->paths);
	/* The supervisor's socket is still its own. */
	g_assert_cmpint(fcntl(f->listen_fd, F_GETFD), >=, 0);
	close(f->listen_fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, fixture_clear)

/* Waits for what the server's threads do on their own, such as noticing a hang-up. */
#define wait_until(condition)                                                   \
	do {                                                                    \
		gint64 until_us = g_get_monotonic_time() + 10 * G_USEC_PER_SEC; \
		while (!(condition)) {                                          \
			g_assert_cmpint(g_get_monotonic_time(), <, until_us);   \
			g_usleep(1000);                                         \
		}                                                               \
	} while (0)

/* ---- requests and responses ------------------------------------------------------------------------- */

static void test_answers(void)
{
	static const struct {
		const char *request, *path;
	} rows[] = {
		{"GET / HTTP/1.1\r\n" HOST "\r\n", "GET / |"},
		{"GET /a%20b/%E9%80%80%E8%B4%A7?x=1&y=%2B+%26&x=2&z HTTP/1.1\r\n" HOST "\r\n",
		 "GET /a b/退货 x=1 y=+ & x=2 z= |"},
		{"GET /退货?q=退货 HTTP/1.1\r\n" HOST "\r\n", "GET /退货 q=退货 |"},
		{"GET /%252e HTTP/1.1\r\n" HOST "\r\n", "GET /%2e |"},
		{"GET /a+b HTTP/1.1\r\n" HOST "\r\n", "GET /a+b |"},
		{"GET //x HTTP/1.1\r\n" HOST "\r\n", "GET //x |"},
		{"GET http://localhost/abs?x=1 HTTP/1.1\r\n" HOST "\r\n", "GET /abs x=1 |"},
		{"DELETE /?& HTTP/1.1\r\n" HOST "\r\n", "DELETE / |"},
		{"PURGE /own HTTP/1.1\r\n" HOST "\r\n", "PURGE /own |"},
		{"GET /... HTTP/1.1\r\nHost:\t[::1]:80 \t\r\nX: \r\n\r\n", "GET /... |"},
		{"GET / HTTP/1.1\r\n" HOST "Cookie: a=1; b=2=3; c\r\n\r\n", " cookie=2=3"},
	};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		client_ask(client, rows[i].request, &r);
		g_test_message("%s -> %s", rows[i].request, r.body->str);
		g_assert_cmpint(r.status, ==, 200);
		g_assert_nonnull(strstr(r.body->str, rows[i].path));
	}
	g_assert_cmpuint(http_server_counts(f.server).n_responses[2], ==, G_N_ELEMENTS(rows));
	g_assert_cmpuint(http_server_counts(f.server).n_connections, ==, 1);
}

static void assert_header(const Response *r, const char *name, const char *value)
{
	g_autofree char *found = response_header(r, name);

	g_assert_cmpstr(found, ==, value);
}

static void test_headers(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;
	g_autofree char *id = NULL;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	g_assert_cmpint(client_ask(client,
				   "GET / HTTP/1.1\r\n" HOST "X-Request-Id: mine-12345\r\n\r\n",
				   &r),
			==, 200);
	assert_header(&r, "Cache-Control", "no-store");
	assert_header(&r, "X-Content-Type-Options", "nosniff");
	assert_header(&r, "Referrer-Policy", "no-referrer");
	assert_header(&r, "Content-Type", "text/plain");
	assert_header(&r, "Strict-Transport-Security", NULL);
	id = response_header(&r, "X-Request-Id");
	g_assert_cmpuint(strlen(id), ==, 36);
	g_assert_cmpint(client_ask(client, "GET /cached HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	assert_header(&r, "Cache-Control", "max-age=60");
	assert_header(&r, "X-Evil", NULL);
	assert_header(&r, "Set-Cookie", NULL);
	g_assert_cmpint(client_ask(client, "GET /nothing HTTP/1.1\r\n" HOST "\r\n", &r), ==, 204);
	assert_header(&r, "Content-Length", NULL);
	g_assert_cmpint(client_ask(client, "HEAD /x HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	g_assert_cmpint(client_ask(client, "GET /x HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	g_assert_cmpuint(http_server_counts(f.server).n_connections, ==, 1);
}

static void test_problem(void)
{
	static const char *const parts[] = {
		"\"status\":404", "\"code\":\"not_found\"", "\"detail\":\"nothing here\"",
		"\"path\":\"a.b\",\"message\":\"is wrong\"", "\"request_id\":\""};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	/* Refused by admit, without and with a small body: the connection goes on. */
	for (int i = 0; i < 2; i++) {
		g_assert_cmpint(client_ask(client,
					   i ? "POST /missing HTTP/1.1\r\n" HOST
					       "Content-Length: 3\r\n\r\nabc"
					     : "GET /missing HTTP/1.1\r\n" HOST "\r\n",
					   &r),
				==, 404);
		assert_header(&r, "Content-Type", "application/problem+json");
		assert_header(&r, "Connection", NULL);
		for (gsize j = 0; j < G_N_ELEMENTS(parts); j++)
			g_assert_nonnull(strstr(r.body->str, parts[j]));
	}
	g_assert_cmpint(client_ask(client, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	/* With a large one the answer comes first and the connection ends. */
	g_assert_cmpint(client_ask(client,
				   "POST /missing HTTP/1.1\r\n" HOST
				   "Content-Length: 3000000\r\n\r\nabc",
				   &r),
			==, 404);
	g_assert_true(client_is_closed(client));
}

static void test_http_1_0(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	static const char *const requests[] = {
		"GET /a HTTP/1.0\r\n\r\n", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"GET /a HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"};

	fixture_new(&f, &(HttpOptions){0});
	for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
		g_autoptr(Client) client = client_connect(f.port);

		g_assert_cmpint(client_ask(client, requests[i], &r), ==, 200);
		g_assert_true(client_is_closed(client));
	}
}

/* HTTP/1.0 knows no chunks: the stream goes on until the connection ends. HEAD gets the head. */
static void test_stream_forms(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) old = NULL;
	g_autoptr(Client) head = NULL;
	HttpStream *stream;

	fixture_new(&f, &(HttpOptions){0});
	old = client_connect(f.port);
	g_assert_true(client_send(old, "GET /stream HTTP/1.0\r\n\r\n"));
	stream = take(f.streams);
	g_assert_true(http_stream_send(stream, "data: 1\n\n", 9));
	http_stream_end(stream);
	http_stream_unref(stream);
	client_read(old, FALSE, &r);
	assert_header(&r, "Transfer-Encoding", NULL);
	g_assert_cmpstr(r.body->str, ==, "retry: 2000\n\ndata: 1\n\n");
	head = client_connect(f.port);
	g_assert_cmpint(client_ask(head, "HEAD /stream HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	assert_header(&r, "Content-Type", "text/event-stream");
	g_assert_cmpint(client_ask(head, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	wait_until(http_server_counts(f.server).n_streams == 0);
}

/* Uploads that stop half-way leave nothing behind and reach no handler. */
static void test_body_abandoned(void)
{
	static const char *const heads[] = {
		"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
		"POST /missing HTTP/1.1\r\n" HOST "Content-Length: 50\r\n\r\nabc",
		"POST /echo HTTP/1.1\r\n" HOST "Content-Le"};
	g_auto(Fixture) f;

	/* An end that comes in one packet with the last bytes is overlooked by libmicrohttpd; the
	 * deadline sees to it. */
	fixture_new(&f, &(HttpOptions){.header_timeout_ms = 300, .body_timeout_ms = 300});
	for (gsize i = 0; i < 10 * G_N_ELEMENTS(heads); i++) {
		g_autoptr(Client) client = client_connect(f.port);

		g_assert_true(client_send(client, heads[i % G_N_ELEMENTS(heads)]));
		if (i % 3)
			shutdown(client->fd, SHUT_WR);
	}
	wait_until(http_server_counts(f.server).n_connections == 0);
	g_assert_null(g_async_queue_try_pop(f.paths));
}

static void test_pipeline(void)
{
	enum { N = 100 };
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;
	g_autoptr(GString) requests = g_string_new(NULL);

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	for (int i = 0; i < N; i++) {
		/* Every third waits for another thread, every third has a body: the order stays. */
		if (i % 3 == 1)
			g_string_append_printf(
				requests, "GET /later HTTP/1.1\r\n" HOST "X-Say: later%d.\r\n\r\n",
				i);
		else if (i % 3 == 2)
			g_string_append_printf(
				requests,
				"POST /echo HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\n%04d.", i);
		else
			g_string_append_printf(requests, "GET /n/%d HTTP/1.1\r\n" HOST "\r\n", i);
	}
	g_assert_true(client_send_n(client, requests->str, requests->len));
	for (int i = 0; i < N; i++) {
		g_autofree char *part = i % 3 == 1   ? g_strdup_printf("later%d.", i)
					: i % 3 == 2 ? g_strdup_printf("%04d.", i)
						     : g_strdup_printf("GET /n/%d ", i);

		client_read(client, FALSE, &r);
		g_assert_cmpint(r.status, ==, 200);
		g_assert_true(g_str_has_prefix(r.body->str, part));
	}
}

/* ---- bodies ----------------------------------------------------------------------------------------- */

static void assert_echo(Client *client, const char *head, const char *body, gsize n_body)
{
	g_auto(Response) r = {0};

	g_assert_true(client_send(client, head));
	g_assert_true(client_send_n(client, body, n_body));
	client_read(client, FALSE, &r);
	g_assert_cmpint(r.status, ==, 200);
	g_assert_cmpmem(r.body->str, r.body->len, body, n_body);
}

static void test_body(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;
	g_autoptr(Client) other = NULL;
	g_autofree char *large = g_malloc(ECHO_LIMIT);
	g_autofree char *line = NULL;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	for (gsize i = 0; i < ECHO_LIMIT; i++)
		large[i] = (char)(i * 7 + i / 251);
	assert_echo(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n", "", 0);
	assert_echo(client, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 10485760\r\n\r\n",
		    large, ECHO_LIMIT);
	/* One byte more is refused before it is sent; who sends on all the same is let finish, so
	 * that no reset eats the answer. */
	g_assert_true(client_send(client, "POST /echo HTTP/1.1\r\n" HOST
					  "Content-Length: 10485761\r\n\r\n"));
	g_assert_true(client_send_n(client, large, ECHO_LIMIT));
	client_read(client, FALSE, &r);
	g_assert_cmpint(r.status, ==, 413);
	g_assert_true(client_is_closed(client));
	/* Expect: 100-continue asks first. */
	other = client_connect(f.port);
	g_assert_cmpint(client_ask(other,
				   "POST /echo HTTP/1.1\r\n" HOST
				   "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
				   &r),
			==, 100);
	assert_echo(other, "", "hello", 5);
	g_assert_cmpint(client_ask(other,
				   "POST /a HTTP/1.1\r\n" HOST
				   "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n",
				   &r),
			==, 413);
	g_assert_true(client_is_closed(other));
}

static void test_body_chunked(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;
	g_autoptr(Client) other = NULL;
	g_autoptr(Client) third = NULL;
	g_autofree char *piece = g_strnfill(0x10000, 'x');
	gboolean open = TRUE;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	g_assert_cmpint(client_ask(client,
				   "POST /echo HTTP/1.1\r\n" HOST
				   "Transfer-Encoding: chunked\r\n\r\n"
				   "5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\nTrailer: a\r\n\r\n",
				   &r),
			==, 200);
	g_assert_cmpstr(r.body->str, ==, "hello world");
	/* We do not see the chunk lines, so nothing may come behind them. */
	g_assert_true(client_is_closed(client));
	/* Counted while it arrives: a little over the limit is read to its end and refused, much
	 * over is cut. */
	for (int n_pieces = 161; open; n_pieces += 64) {
		g_autoptr(Client) big = client_connect(f.port);

		g_assert_true(client_send(big, "POST /echo HTTP/1.1\r\n" HOST
					       "Transfer-Encoding: chunked\r\n\r\n"));
		for (int i = 0; i < n_pieces && open; i++)
			open = client_send(big, "10000\r\n") &&
			       client_send_n(big, piece, 0x10000) && client_send(big, "\r\n");
		if (open && client_send(big, "0\r\n\r\n")) {
			client_read(big, FALSE, &r);
			open = r.status != 0;
			g_assert_true(!open || r.status == 413);
		}
		g_assert_cmpint(n_pieces, <, 1000);
		g_assert_true(n_pieces > 161 || open);
	}
	other = client_connect(f.port);
	g_assert_cmpint(client_ask(other,
				   "POST /a HTTP/1.1\r\n" HOST
				   "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
				   &r),
			==, 413);
	g_assert_true(client_is_closed(other));
	/* No chunk lines without end. */
	third = client_connect(f.port);
	g_assert_true(client_send(third, "POST /echo HTTP/1.1\r\n" HOST
					 "Transfer-Encoding: chunked\r\n\r\n5;"));
	client_send_n(third, piece, 0x10000);
	client_read(third, FALSE, &r);
	g_assert_cmpint(r.status, !=, 200);
	g_assert_true(client_is_closed(third));
}

/* ---- malformed requests ----------------------------------------------------------------------------- */

typedef enum { REFUSED, TAKEN, SKIPPED } Verdict;
#define R(text) text, sizeof(text) - 1

/* REFUSED: answered 4xx (or 5xx for a version) or just cut, closed, and neither it nor what follows
 * reaches the handler. TAKEN: understood the one way it can be; what follows is a request of its
 * own, or the connection is closed. SKIPPED: not a request at all, passed over. */
static const struct {
	const char *name, *bytes;
	gsize n_bytes;
	Verdict verdict;
	int status;
} malformed[] = {
	{"no host", R("GET / HTTP/1.1\r\n\r\n"), REFUSED, 400},
	{"two hosts", R("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), REFUSED, 400},
	{"two hosts in 1.0", R("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), REFUSED, 400},
	{"empty host", R("GET / HTTP/1.1\r\nHost:\r\n\r\n"), REFUSED, 400},
	{"host with a path", R("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), REFUSED, 400},
	{"host with a user", R("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), REFUSED, 400},
	{"host list", R("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), REFUSED, 400},
	{"host with a bad port", R("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n"), REFUSED, 400},
	{"host with port letters", R("GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n"), REFUSED, 400},
	{"host with a broken v6", R("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"), REFUSED, 400},
	{"host v6 with a tail", R("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"), REFUSED, 400},
	{"two equal lengths",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
	 REFUSED, 400},
	{"two different lengths",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 0\r\n\r\nabc"),
	 REFUSED, 400},
	{"length and encoding",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"encoding and length",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"length with plus", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\nabc"),
	 REFUSED, 400},
	{"length with minus", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\nabc"),
	 REFUSED, 400},
	{"length list", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc"),
	 REFUSED, 400},
	{"length hexadecimal", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\nabc"),
	 REFUSED, 400},
	{"length empty", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\nabc"), REFUSED,
	 400},
	{"length with a point", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3.0\r\n\r\nabc"),
	 REFUSED, 400},
	{"length with inner space",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3 0\r\n\r\nabc"), REFUSED, 400},
	{"length with a vertical tab",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length:\v3\r\n\r\nabc"), REFUSED, 400},
	{"length over 64 bits",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551619\r\n\r\nabc"),
	 REFUSED, 413},
	{"length of 20 zeros",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 00000000000000000003\r\n\r\nabc"),
	 REFUSED, 400},
	{"space before colon of length",
	 R("POST /echo HTTP/1.1\r\n" HOST "Content-Length : 3\r\n\r\nabc"), REFUSED, 400},
	{"space before colon of encoding",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), REFUSED,
	 400},
	{"tab before colon", R("GET / HTTP/1.1\r\n" HOST "X\t: y\r\n\r\n"), REFUSED, 400},
	{"encoding with vertical tab",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"), REFUSED,
	 400},
	{"encoding xchunked",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"), REFUSED,
	 400},
	{"encoding gzip, chunked",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"encoding identity",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n"), REFUSED, 400},
	{"encoding empty", R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n"), REFUSED,
	 400},
	{"encoding with trailing space",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n0\r\n\r\n"), REFUSED,
	 400},
	{"encoding twice",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"encoding in 1.0",
	 R("POST /echo HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), REFUSED,
	 400},
	{"folded value", R("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), REFUSED, 400},
	{"folded length", R("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n 0\r\n\r\nabc"),
	 REFUSED, 400},
	{"folded encoding",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"folded to nothing", R("GET / HTTP/1.1\r\n" HOST "X: a\r\n \r\n\r\n"), REFUSED, 400},
	{"first line folded", R("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), REFUSED, 400},
	{"bare LF everywhere", R("GET / HTTP/1.1\nHost: localhost\n\n"), REFUSED, 400},
	{"bare LF after the request line", R("GET / HTTP/1.1\n" HOST "\r\n"), REFUSED, 400},
	{"bare LF after a header", R("GET / HTTP/1.1\r\nX: y\n" HOST "\r\n"), REFUSED, 400},
	{"bare LF after an empty value", R("GET / HTTP/1.1\r\nX:\n" HOST "\r\n"), REFUSED, 400},
	{"bare LF as the last line", R("GET / HTTP/1.1\r\n" HOST "\n"), REFUSED, 400},
	{"bare LF hides a header",
	 R("POST /echo HTTP/1.1\r\n" HOST "X: y\nContent-Length: 3\r\n\r\nabc"), REFUSED, 400},
	{"bare CR in a value", R("GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n"), REFUSED, 400},
	{"CR CR LF", R("GET / HTTP/1.1\r\n" HOST "X: a\r\r\n\r\n"), REFUSED, 400},
	{"NUL in a value", R("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), REFUSED, 400},
	{"NULs like line ends in a value", R("GET / HTTP/1.1\r\n" HOST "X: a\0\0Y: b\r\n\r\n"),
	 REFUSED, 400},
	{"NULs like a head's end", R("GET / HTTP/1.1\r\n" HOST "X: a\0\0\0\0b\r\n\r\n"), REFUSED,
	 400},
	{"NUL in a name", R("GET / HTTP/1.1\r\n" HOST "X\0Y: a\r\n\r\n"), REFUSED, 400},
	{"NUL starts a line", R("GET / HTTP/1.1\r\n" HOST "\0X: a\r\n\r\n"), REFUSED, 400},
	{"NUL in the target", R("GET /a\0b HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"NUL in the query", R("GET /a?b\0c HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"NUL in the method", R("GE\0T / HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"control byte in a value", R("GET / HTTP/1.1\r\n" HOST "X: a\x01\r\n\r\n"), REFUSED, 400},
	{"DEL in a value", R("GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n"), REFUSED, 400},
	{"no colon", R("GET / HTTP/1.1\r\n" HOST "Nonsense\r\n\r\n"), REFUSED, 400},
	{"no name", R("GET / HTTP/1.1\r\n" HOST ": x\r\n\r\n"), REFUSED, 400},
	{"name with a space", R("GET / HTTP/1.1\r\n" HOST "X Y: z\r\n\r\n"), REFUSED, 400},
	{"name with a byte above ASCII", R("GET / HTTP/1.1\r\n" HOST "X\xc3\xa9: z\r\n\r\n"),
	 REFUSED, 400},
	{"name in brackets", R("GET / HTTP/1.1\r\n" HOST "(X): z\r\n\r\n"), REFUSED, 400},
	{"no version", R("GET /\r\n" HOST "\r\n"), REFUSED, 400},
	{"no target", R("GET\r\n" HOST "\r\n"), REFUSED, 0},
	{"version 2", R("GET / HTTP/2.0\r\n" HOST "\r\n"), REFUSED, 505},
	{"version 1.2", R("GET / HTTP/1.2\r\n" HOST "\r\n"), REFUSED, 400},
	{"version lower case", R("GET / http/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"version with a tail", R("GET / HTTP/1.1x\r\n" HOST "\r\n"), REFUSED, 400},
	{"preface of HTTP/2", R("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), REFUSED, 505},
	{"space in the target", R("GET /a b HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"two spaces", R("GET  / HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"two spaces before the version", R("GET /  HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"space behind the version", R("GET / HTTP/1.1 \r\n" HOST "\r\n"), REFUSED, 400},
	{"tab for a space", R("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"method with a bracket", R("GE[T / HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"control byte in the target", R("GET /a\x01 HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"tab in the target", R("GET /a\tb HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"fragment", R("GET /a#b HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"asterisk", R("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"authority", R("CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"relative target", R("GET a HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"absolute target of another host", R("GET http://evil/a HTTP/1.1\r\n" HOST "\r\n"),
	 REFUSED, 400},
	{"absolute target with a longer host",
	 R("GET http://localhost.evil/a HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"absolute target with a user", R("GET http://x@localhost/a HTTP/1.1\r\n" HOST "\r\n"),
	 REFUSED, 400},
	{"absolute target of another scheme", R("GET ftp://localhost/a HTTP/1.1\r\n" HOST "\r\n"),
	 REFUSED, 400},
	{"escaped NUL", R("GET /a%00b HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"escaped NUL in the query", R("GET /a?b=%00 HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"escaped line end", R("GET /a%0d%0ab HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"escaped C1", R("GET /a%c2%85 HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"escaped slash", R("GET /a%2fb HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"half an escape", R("GET /a%2 HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"no escape", R("GET /a%zz HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"bad UTF-8", R("GET /a%ff HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"overlong UTF-8", R("GET /%c0%ae%c0%ae/ HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"bad UTF-8 in the query", R("GET /a?b=%ff HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"dot segment", R("GET /a/./b HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"two dots", R("GET /a/../b HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"two dots at the end", R("GET /a/.. HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"escaped dots", R("GET /%2e%2E/a HTTP/1.1\r\n" HOST "\r\n"), REFUSED, 400},
	{"chunk size with a plus",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"chunk size 0x5",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"chunk size over 64 bits",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n"),
	 REFUSED, 413},
	{"chunk size empty",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"chunk size with a space",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"chunk longer than said",
	 R("POST /echo HTTP/1.1\r\n" HOST
	   "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"),
	 REFUSED, 400},
	{"TLS hello", R("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 \r\n\r\n"), REFUSED, 400},
	/* libmicrohttpd ends these lines as it ends others and shows no trace of it, but nothing
	 * follows on the connection. */
	{"bare LF in chunk lines",
	 R("POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n"),
	 TAKEN, 200},
	{"empty line first", R("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), TAKEN, 200},
	{"spaces around a value", R("GET / HTTP/1.1\r\n" HOST "X: \t a \t \r\n\r\n"), TAKEN, 200},
	{"only empty lines", R("\r\n\r\n"), SKIPPED, 0},
};

static gboolean reached(Fixture *f, const char *path)
{
	gboolean found = FALSE;
	char *each;

	while ((each = g_async_queue_try_pop(f->paths))) {
		found = found || !path || !strcmp(each, path);
		g_free(each);
	}
	return found;
}

static void assert_verdict(Fixture *f, gsize i)
{
	static const char next[] = "GET /smuggled HTTP/1.1\r\n" HOST "\r\n";
	g_autoptr(Client) client = client_connect(f->port);
	g_auto(Response) r = {0};

	g_test_message("%s", malformed[i].name);
	client_send_n(client, malformed[i].bytes, malformed[i].n_bytes);
	client_send(client, next);
	if (malformed[i].verdict != SKIPPED) {
		client_read(client, FALSE, &r);
		g_assert_cmpint(r.status, ==, malformed[i].status);
	}
	if (malformed[i].verdict == REFUSED) {
		/* To a malformed Content-Length libmicrohttpd itself answers, its head twice: only
		 * the end counts here. */
		while (client_fill(client))
			;
		g_assert_true(client->in->len == 0 || g_str_has_suffix(client->in->str, "</html>"));
		g_assert_false(reached(f, NULL));
		return;
	}
	/* Either it is the one request behind, whole, or nothing. */
	client_read(client, FALSE, &r);
	g_assert_true(r.status == 200 ? g_str_has_prefix(r.body->str, "GET /smuggled ")
				      : client_is_closed(client));
	reached(f, NULL);
}

static void test_malformed(void)
{
	g_auto(Fixture) f;

	fixture_new(&f, &(HttpOptions){0});
	for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++)
		assert_verdict(&f, i);
	g_assert_cmpuint(http_server_counts(f.server).n_refused, >, 90);
	g_assert_cmpuint(G_N_ELEMENTS(malformed), >, 110);
}

/* The same, byte by byte in its own packets, and behind a good request: position in the buffer must
 * not matter. */
static void test_malformed_behind(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){0});
	for (gsize i = 0; i < G_N_ELEMENTS(malformed); i++) {
		g_autoptr(Client) client = client_connect(f.port);
		g_autoptr(GString) bytes =
			g_string_new("POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc");

		if (malformed[i].verdict != REFUSED)
			continue;
		g_string_append_len(bytes, malformed[i].bytes, (gssize)malformed[i].n_bytes);
		for (gsize j = 0; j < bytes->len; j++) {
			if (!client_send_n(client, bytes->str + j, 1))
				break;
		}
		client_read(client, FALSE, &r);
		g_assert_cmpint(r.status, ==, 200);
		g_assert_cmpstr(r.body->str, ==, "abc");
		client_send(client, "GET /smuggled HTTP/1.1\r\n" HOST "\r\n");
		client_read(client, FALSE, &r);
		g_assert_true(r.status == 0 || r.status >= 400);
		while (client_fill(client))
			;
		g_assert_false(reached(&f, "/smuggled"));
	}
}

/* Cookies and arguments are taken apart a second time by libmicrohttpd, in the same memory. */
static void test_crowded_heads(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){0});
	for (guint n = 50; n <= 350; n += 50) {
		g_autoptr(Client) client = client_connect(f.port);
		g_autoptr(GString) request = g_string_new("GET /?x=1");

		for (guint i = 1; i < n / 4; i++)
			g_string_append_printf(request, "&a%u=%u", i, i);
		g_string_append(request, " HTTP/1.1\r\n" HOST "Cookie: a=1");
		for (guint i = 0; i < n; i++)
			g_string_append_printf(request, "; session_%u=0123456", i);
		g_string_append(request, "; b=last\r\n\r\n");
		client_send_n(client, request->str, request->len);
		client_read(client, FALSE, &r);
		g_test_message("%u cookies in %u bytes: %d", n, (guint)request->len, r.status);
		if (n <= 100) {
			g_assert_cmpint(r.status, ==, 200);
			g_assert_nonnull(strstr(r.body->str, "cookie=last"));
		} else {
			g_assert_true(r.status == 200 || r.status == 431);
		}
	}
}

static void test_arguments_limit(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){0});
	for (guint n = 99; n <= 101; n++) {
		g_autoptr(Client) client = client_connect(f.port);
		g_autoptr(GString) request = g_string_new("GET /?x=1");

		for (guint i = 1; i < n; i++)
			g_string_append_printf(request, "&a%u=%u", i, i);
		g_string_append(request, " HTTP/1.1\r\n" HOST "\r\n");
		g_assert_cmpint(client_ask(client, request->str, &r), ==, n <= 100 ? 200 : 400);
	}
}

static void test_head_limits(void)
{
	static const struct {
		gsize n_target, n_value;
		guint n_fields;
		gboolean taken;
	} rows[] = {
		{7000, 10, 1, TRUE},  {9000, 10, 1, FALSE}, {40000, 10, 1, FALSE},
		{10, 7000, 1, TRUE},  {10, 9000, 1, FALSE}, {10, 40000, 1, FALSE},
		{10, 1, 99, TRUE},    {10, 1, 100, FALSE},  {10, 1, 500, FALSE},
		{10, 1, 2000, FALSE},
	};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){0});
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Client) client = client_connect(f.port);
		g_autofree char *target = g_strnfill(rows[i].n_target, 'a');
		g_autofree char *value = g_strnfill(rows[i].n_value, 'b');
		g_autoptr(GString) request = g_string_new(NULL);

		g_string_printf(request, "GET /%s HTTP/1.1\r\n" HOST, target);
		for (guint j = 0; j < rows[i].n_fields; j++)
			g_string_append_printf(request, "X%u: %s\r\n", j, value);
		g_string_append(request, "\r\n");
		client_send_n(client, request->str, request->len);
		client_read(client, FALSE, &r);
		g_test_message("row %u: %d", (guint)i, r.status);
		if (rows[i].taken) {
			g_assert_cmpint(r.status, ==, 200);
			continue;
		}
		g_assert_true(r.status == 431 || r.status == 414);
		g_assert_true(client_is_closed(client));
	}
}

/* ---- who asks --------------------------------------------------------------------------------------- */

static void test_forwarded(void)
{
	static const struct {
		const char *source, *headers, *expected;
	} rows[] = {
		{"127.0.0.2",
		 "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\nX-Request-Id: "
		 "from-proxy-1\r\n",
		 "client=203.0.113.9 secure=1 id=from-proxy-1"},
		{"127.0.0.2", "X-Forwarded-For: 6.6.6.6, 203.0.113.9, 10.1.2.3\r\n",
		 "client=203.0.113.9 secure=0"},
		{"127.0.0.2", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.9\r\n",
		 "client=203.0.113.9 "},
		{"127.0.0.2", "X-Forwarded-For: 2001:db8::1\r\n", "client=2001:db8::1 "},
		{"127.0.0.2", "X-Forwarded-For: 203.0.113.9, nonsense\r\n", "client=127.0.0.2 "},
		{"127.0.0.2", "X-Forwarded-For: 10.1.1.1, 10.1.2.3\r\n", "client=10.1.1.1 "},
		{"127.0.0.2", "", "client=127.0.0.2 secure=0"},
		{"127.0.0.1", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n",
		 "client=127.0.0.1 secure=0"},
	};
	static const char *const trusted[] = {"127.0.0.2/32", "10.0.0.0/8", "fd00::/8", NULL};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){.trusted_proxies = trusted});
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Client) client = client_connect_from(f.port, rows[i].source);
		g_autofree char *request =
			g_strdup_printf("GET / HTTP/1.1\r\n" HOST "%s\r\n", rows[i].headers);

		g_assert_cmpint(client_ask(client, request, &r), ==, 200);
		g_assert_nonnull(strstr(r.body->str, rows[i].expected));
		if (strstr(rows[i].expected, "secure=1"))
			assert_header(&r, "Strict-Transport-Security", "max-age=31536000");
	}
}

static void test_hosts(void)
{
	static const struct {
		const char *host;
		gboolean allowed;
	} rows[] = {
		{"crm.example.com", TRUE},   {"CRM.example.com:8443", TRUE},
		{"crm.example.com.", TRUE},  {"localhost:1", TRUE},
		{"a.localhost", TRUE},	     {"127.0.0.1:8787", TRUE},
		{"[::1]:8787", TRUE},	     {"192.0.2.7", TRUE},
		{"evil.com", FALSE},	     {"crm.example.com.evil.com", FALSE},
		{"xcrm.example.com", FALSE}, {"localhost.evil.com", FALSE},
	};
	static const char *const allowed[] = {"Crm.Example.com", NULL};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){.allowed_hosts = allowed});
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(Client) client = client_connect(f.port);
		g_autofree char *request =
			g_strdup_printf("GET / HTTP/1.1\r\nHost: %s\r\n\r\n", rows[i].host);

		g_assert_cmpint(client_ask(client, request, &r), ==, rows[i].allowed ? 200 : 400);
	}
}

/* ---- limits and deadlines --------------------------------------------------------------------------- */

/* Drips bytes until the server has had enough; the pace is only there to be slower than the
 * deadline. */
static int drip(Fixture *f, const char *head, const char *pattern, Response *r)
{
	g_autoptr(Client) client = client_connect(f->port);
	struct pollfd row = {.fd = client->fd, .events = POLLIN};

	g_assert_true(client_send(client, head));
	for (int i = 0; i < 400; i++) {
		if (poll(&row, 1, 25) > 0) {
			client_read(client, FALSE, r);
			return i;
		}
		client_send_n(client, pattern + i % (int)strlen(pattern), 1);
	}
	return -1;
}

static void test_slow(void)
{
	static const struct {
		const char *name, *head, *pattern;
	} rows[] = {
		{"nothing", "", "\r\n"},
		{"request line", "GET /", "a"},
		{"headers", "GET / HTTP/1.1\r\n" HOST, "X: y\r\n"},
		{"body", "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 100000\r\n\r\n", "a"},
		{"chunked body",
		 "POST /echo HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"},
		{"refused body", "POST /missing HTTP/1.1\r\n" HOST "Content-Length: 60000\r\n\r\n",
		 "a"},
	};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){.header_timeout_ms = 300,
				       .body_timeout_ms = 300,
				       .idle_timeout_ms = 300});
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		int n = drip(&f, rows[i].head, rows[i].pattern, &r);

		g_test_message("%s: cut after %d drips", rows[i].name, n);
		g_assert_cmpint(n, >, 0);
		g_assert_cmpint(r.status, ==, 0);
	}
	wait_until(http_server_counts(f.server).n_connections == 0);
}

static void test_idle(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;
	g_autoptr(Client) waiting = NULL;
	HttpExchange *held;

	fixture_new(&f, &(HttpOptions){.header_timeout_ms = 300,
				       .body_timeout_ms = 300,
				       .idle_timeout_ms = 300});
	client = client_connect(f.port);
	waiting = client_connect(f.port);
	g_assert_true(client_send(waiting, "GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	held = take(f.held);
	g_assert_cmpint(client_ask(client, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	g_assert_true(client_is_closed(client));
	/* The handler's time is not the client's: by now the other one waited as long, and is still
	 * there. */
	respond_text(held, 200, "patience");
	client_read(waiting, FALSE, &r);
	g_assert_cmpstr(r.body->str, ==, "patience");
}

/* A reader that never reads is cut once its time is over, though the response would fill every
 * buffer. */
static void test_slow_reader(void)
{
	g_auto(Fixture) f;
	g_autoptr(Client) client = NULL;
	g_autofree char *body = g_strnfill(1024 * 1024, 'x');
	g_autoptr(GString) requests = g_string_new(NULL);

	fixture_new(&f, &(HttpOptions){.header_timeout_ms = 300,
				       .body_timeout_ms = 300,
				       .idle_timeout_ms = 300});
	client = client_connect(f.port);
	g_assert_true(client_send(client, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	{
		g_autoptr(HttpStream) stream = take(f.streams);
		gboolean sent = TRUE;

		/* Kernel buffers first, then ours; the one too many ends the stream. */
		for (int i = 0; i < 4096 && sent; i++) {
			sent = http_stream_send(stream, body, 64 * 1024);
			g_thread_yield();
		}
		g_assert_false(sent);
		g_assert_false(http_stream_is_open(stream));
		g_assert_false(http_stream_send(stream, "x", 1));
	}
	wait_until(http_server_counts(f.server).n_connections == 0);
	g_assert_cmpuint(http_server_counts(f.server).n_streams, ==, 0);
}

static void test_connection_limits(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	Client *clients[4];

	fixture_new(&f, &(HttpOptions){.max_connections = 4, .max_per_address = 3});
	for (int i = 0; i < 4; i++) {
		clients[i] = client_connect_from(f.port, i < 3 ? "127.0.0.1" : "127.0.0.9");
		g_assert_cmpint(client_ask(clients[i], "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==,
				200);
		if (i == 2) { /* the address is full, the server is not */
			g_autoptr(Client) extra = client_connect(f.port);

			g_assert_cmpint(client_ask(extra, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==,
					503);
			assert_header(&r, "Retry-After", "1");
			g_assert_true(client_is_closed(extra));
		}
	}
	{
		g_autoptr(Client) extra = client_connect_from(f.port, "127.0.0.10");

		client_read(extra, FALSE, &r);
		g_assert_cmpint(r.status, ==, 503);
	}
	g_assert_cmpuint(http_server_counts(f.server).n_connections, ==, 4);
	for (int i = 0; i < 4; i++)
		client_free(clients[i]);
	wait_until(http_server_counts(f.server).n_connections == 0);
	clients[0] = client_connect(f.port);
	g_assert_cmpint(client_ask(clients[0], "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	client_free(clients[0]);
}

/* Out of descriptors: told so, not left hanging; and well again once there are some. */
static void test_descriptors(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) first = NULL;
	g_autoptr(Client) client = NULL;
	g_autoptr(Client) after = NULL;
	struct rlimit limit, few;

	fixture_new(&f, &(HttpOptions){.max_connections = 100});
	client = client_connect(f.port);
	g_assert_cmpint(client_ask(client, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	first = g_new0(Client, 1);
	first->in = g_string_new(NULL);
	first->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	few = limit;
	few.rlim_cur = (rlim_t)first->fd + 1;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
	{
		struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(f.port)};

		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		g_assert_cmpint(
			connect(first->fd, (struct sockaddr *)(gpointer)&address, sizeof(address)),
			==, 0);
		client_read(first, FALSE, &r);
		g_assert_cmpint(r.status, ==, 503);
	}
	/* Those that are in go on. */
	g_assert_cmpint(client_ask(client, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &limit), ==, 0);
	after = client_connect(f.port);
	g_assert_cmpint(client_ask(after, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
}

/* ---- waiting exchanges ------------------------------------------------------------------------------ */

static void test_later(void)
{
	enum { N = 50 };
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	Client *clients[N];

	fixture_new(&f, &(HttpOptions){0});
	for (int i = 0; i < N; i++)
		clients[i] = client_connect(f.port);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < N; i++) {
			g_autofree char *request = g_strdup_printf(
				"GET /later HTTP/1.1\r\n" HOST "X-Say: %d/%d\r\n\r\n", round, i);

			g_assert_true(client_send(clients[i], request));
		}
		for (int i = 0; i < N; i++) {
			g_autofree char *expected = g_strdup_printf("%d/%d", round, i);

			client_read(clients[i], FALSE, &r);
			g_assert_cmpstr(r.body->str, ==, expected);
		}
	}
	wait_until(g_atomic_int_get(&f.n_destroyed) == 20 * N);
	for (int i = 0; i < N; i++)
		client_free(clients[i]);
}

static void test_client_gone(void)
{
	enum { N = 20 };
	g_auto(Fixture) f;
	HttpExchange *held[N];

	fixture_new(&f, &(HttpOptions){0});
	for (int i = 0; i < N; i++) {
		g_autoptr(Client) client = client_connect(f.port);

		g_assert_true(client_send(client, "GET /hold HTTP/1.1\r\n" HOST
						  "X-Say: still here\r\n\r\n"));
		held[i] = take(f.held);
	}
	/* All have hung up; what was asked stays readable until it is answered. */
	for (int i = 0; i < N; i++) {
		g_assert_cmpstr(http_header(held[i], "X-Say"), ==, "still here");
		respond_text(held[i], 200, "too late");
	}
	wait_until(http_server_counts(f.server).n_connections == 0);
	g_assert_cmpint(g_atomic_int_get(&f.n_destroyed), ==, N);
}

/* Whoever works long for a client may ask whether it is still there; what it sends meanwhile does not
 * count as leaving. */
static void test_abandoned(void)
{
	g_auto(Fixture) f;
	g_autoptr(Client) client = NULL;
	HttpExchange *x;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	g_assert_true(client_send(client, "GET /hold HTTP/1.1\r\n" HOST "\r\nGET /next"));
	x = take(f.held);
	g_assert_false(http_is_abandoned(x));
	g_clear_pointer(&client, client_free);
	wait_until(http_is_abandoned(x));
	respond_text(x, 200, "too late");
	wait_until(http_server_counts(f.server).n_connections == 0);
}

static void refuse_in_short(HttpExchange *x, const GError *error, gpointer data)
{
	g_assert_nonnull(data);
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE);
	respond_text(x, 413, http_path(x));
}

static void test_refusals_in_words_of_the_caller(void)
{
	static const char *const requests[] = {
		"POST /a HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello",
		"POST /a HTTP/1.1\r\n" HOST
		"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"};
	g_auto(Fixture) f;
	g_auto(Response) r = {0};

	fixture_new(&f, &(HttpOptions){.refuse = refuse_in_short});
	for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
		g_autoptr(Client) client = client_connect(f.port);

		g_assert_cmpint(client_ask(client, requests[i], &r), ==, 413);
		g_assert_cmpstr(r.body->str, ==, "/a");
	}
}

/* ---- event streams ---------------------------------------------------------------------------------- */

static void test_streams(void)
{
	enum { N = 200, N_EVENTS = 20 };
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	Client *clients[N];
	HttpStream *streams[N];

	fixture_new(&f, &(HttpOptions){0});
	for (int i = 0; i < N; i++) {
		g_autofree char *head = NULL;

		clients[i] = client_connect(f.port);
		g_assert_true(client_send(clients[i], "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
		streams[i] = take(f.streams);
		head = client_read_until(clients[i], "retry: 2000\n\n");
		g_assert_nonnull(strstr(head, "Content-Type: text/event-stream\r\n"));
		g_assert_nonnull(strstr(head, "Cache-Control: no-store\r\n"));
		g_assert_nonnull(strstr(head, "X-Accel-Buffering: no\r\n"));
	}
	g_assert_cmpuint(http_server_counts(f.server).n_streams, ==, N);
	for (int i = 0; i < N * N_EVENTS; i++) {
		g_autofree char *event = g_strdup_printf("data: %d of %d\n\n", i / N, i % N);

		g_assert_true(http_stream_send(streams[i % N], event, strlen(event)));
	}
	for (int i = 0; i < N; i++) {
		for (int j = 0; j < N_EVENTS; j++) {
			g_autofree char *event = g_strdup_printf("data: %d of %d\n\n", j, i);

			g_free(client_read_until(clients[i], event));
		}
		http_stream_end(streams[i]);
		g_assert_false(http_stream_is_open(streams[i]));
		/* An ended stream leaves a connection that can be used: the client resumes on it.
		 */
		g_free(client_read_until(clients[i], "\r\n0\r\n\r\n"));
		g_assert_cmpint(client_ask(clients[i], "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==,
				200);
		http_stream_unref(streams[i]);
		client_free(clients[i]);
	}
	wait_until(http_server_counts(f.server).n_streams == 0);
}

/* The head goes out before there is anything to say. */
static void test_stream_head(void)
{
	g_auto(Fixture) f;
	g_autoptr(Client) client = NULL;
	g_autoptr(HttpStream) stream = NULL;
	g_autofree char *head = NULL;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	g_assert_true(client_send(client, "GET /silent HTTP/1.1\r\n" HOST "\r\n"));
	stream = take(f.streams);
	head = client_read_until(client, "\r\n\r\n");
	g_assert_true(g_str_has_prefix(head, "HTTP/1.1 200 OK\r\n"));
	http_stream_end(stream);
}

static void test_stream_gone(void)
{
	g_auto(Fixture) f;
	g_autoptr(HttpStream) stream = NULL;

	fixture_new(&f, &(HttpOptions){0});
	{
		g_autoptr(Client) client = client_connect(f.port);

		g_assert_true(client_send(client, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
		stream = take(f.streams);
		g_free(client_read_until(client, "retry: 2000\n\n"));
	}
	/* Nobody sends anything; the hang-up is still noticed. */
	wait_until(!http_stream_is_open(stream));
	g_assert_false(http_stream_send(stream, "x", 1));
	wait_until(http_server_counts(f.server).n_connections == 0);
	g_assert_cmpuint(http_server_counts(f.server).n_streams, ==, 0);
}

typedef struct {
	HttpStream *stream;
	int n;
} Sender;

static gpointer send_many(gpointer data)
{
	Sender *sender = data;

	for (int i = 0; i < sender->n; i++) {
		g_autofree char *event = g_strdup_printf("data: %d\n\n", i);

		while (http_stream_is_open(sender->stream) &&
		       !http_stream_send(sender->stream, event, strlen(event)))
			g_thread_yield();
	}
	http_stream_end(sender->stream);
	return NULL;
}

/* Two threads send while the client reads: nothing is lost, nothing cut in two. */
static void test_stream_order(void)
{
	enum { N = 5000 };
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) client = NULL;
	Sender sender = {.n = N};
	GThread *thread;
	const char *at;

	fixture_new(&f, &(HttpOptions){0});
	client = client_connect(f.port);
	g_assert_true(client_send(client, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	sender.stream = take(f.streams);
	thread = g_thread_new("sender", send_many, &sender);
	client_read(client, FALSE, &r);
	g_thread_join(thread);
	http_stream_unref(sender.stream);
	at = strstr(r.body->str, "data: 0\n");
	g_assert_nonnull(at);
	for (int i = 0; i < N; i++) {
		g_autofree char *event = g_strdup_printf("data: %d\n\n", i);

		g_assert_true(g_str_has_prefix(at, event));
		at += strlen(event);
	}
	g_assert_cmpstr(at, ==, "");
}

/* ---- stopping --------------------------------------------------------------------------------------- */

static gpointer stop_server(gpointer data)
{
	fixture_stop(data, 10000);
	return NULL;
}

/* A running request is answered, an idle connection closed, a stream ended, and no new one taken.
 */
static void test_stop_graceful(void)
{
	g_auto(Fixture) f;
	g_auto(Response) r = {0};
	g_autoptr(Client) running = NULL;
	g_autoptr(Client) idle = NULL;
	g_autoptr(Client) streaming = NULL;
	g_autofree char *end = NULL;
	HttpExchange *held;
	GThread *thread;

	fixture_new(&f, &(HttpOptions){0});
	running = client_connect(f.port);
	idle = client_connect(f.port);
	streaming = client_connect(f.port);
	g_assert_cmpint(client_ask(idle, "GET / HTTP/1.1\r\n" HOST "\r\n", &r), ==, 200);
	g_assert_true(client_send(streaming, "GET /stream HTTP/1.1\r\n" HOST "\r\n"));
	g_assert_true(client_send(running, "GET /hold HTTP/1.1\r\n" HOST "\r\n"));
	held = take(f.held);
	give(f.streams, take(f.streams));
	thread = g_thread_new("stop", stop_server, &f);
	g_assert_true(client_is_closed(idle));
	end = client_read_until(streaming, "\r\n0\r\n\r\n");
	g_assert_nonnull(end);
	g_assert_true(client_is_closed(streaming));
	respond_text(held, 200, "done");
	client_read(running, FALSE, &r);
	g_assert_cmpint(r.status, ==, 200);
	assert_header(&r, "Connection", "close");
	g_assert_true(client_is_closed(running));
	g_thread_join(thread);
}

/* Handlers that do not come back in time are not waited for, and may answer into the void
 * afterwards. */
static void test_stop_hard(void)
{
	enum { N = 30 };
	g_auto(Fixture) f;
	Client *clients[N];
	HttpExchange *held[N];
	HttpStream *stream;

	fixture_new(&f, &(HttpOptions){0});
	for (int i = 0; i < N; i++) {
		clients[i] = client_connect(f.port);
		g_assert_true(
			client_send(clients[i], "GET /hold HTTP/1.1\r\n" HOST "X-Say: hm\r\n\r\n"));
		held[i] = take(f.held);
	}
	fixture_stop(&f, 1);
	for (int i = 0; i < N; i++) {
		g_assert_true(client_is_closed(clients[i]));
		g_assert_cmpstr(http_header(held[i], "X-Say"), ==, "hm");
		if (i % 2) {
			respond_text(held[i], 200, "void");
		} else {
			stream = http_respond_stream(held[i]);
			g_assert_false(http_stream_send(stream, "x", 1));
			http_stream_unref(stream);
		}
		client_free(clients[i]);
	}
	g_assert_cmpint(f.n_destroyed, ==, N);
}

typedef struct {
	Fixture *f;
	guint n_answered, n_cut;
} Load;

static gpointer ask_until_closed(gpointer data)
{
	Load *load = data;
	g_autoptr(Client) client = client_connect(load->f->port);
	g_auto(Response) r = {0};

	while (client_send(client, load->n_answered % 2 ? "GET /later HTTP/1.1\r\n" HOST
							  "X-Say: a\r\n\r\n"
							: "POST /echo HTTP/1.1\r\n" HOST
							  "Content-Length: 3\r\n\r\nabc")) {
		client_read(client, FALSE, &r);
		if (r.status == 200)
			load->n_answered++;
		if (r.status != 200 || strstr(r.head, "Connection: close"))
			break;
	}
	load->n_cut += r.status != 200;
	return NULL;
}

/* Under load: every request that was read is answered; stopping does not hang. */
static void test_stop_under_load(void)
{
	enum { N = 8 };
	Load loads[N];
	GThread *threads[N];

	for (int round = 0; round < 5; round++) {
		g_auto(Fixture) f;
		guint n_answered = 0;

		fixture_new(&f, &(HttpOptions){0});
		for (int i = 0; i < N; i++) {
			loads[i] = (Load){.f = &f};
			threads[i] = g_thread_new("load", ask_until_closed, &loads[i]);
		}
		wait_until(http_server_counts(f.server).n_responses[2] > 200);
		fixture_stop(&f, 5000);
		for (int i = 0; i < N; i++) {
			g_thread_join(threads[i]);
			n_answered += loads[i].n_answered;
		}
		g_assert_cmpuint(n_answered, >, 200);
		g_assert_cmpint(g_atomic_int_get(&f.n_destroyed), >=, (gint)n_answered);
	}
}

/* ---- TLS -------------------------------------------------------------------------------------------- */

static gboolean run_quietly(char **ret_out, const char *const *arguments)
{
	int status = 1;

	return g_spawn_sync(NULL, (char **)(guintptr)arguments, NULL,
			    G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, ret_out,
			    NULL, &status, NULL) &&
	       status == 0;
}

static gboolean certificate_make(const char *directory, const char *name, char **ret_certificate,
				 char **ret_key)
{
	char *certificate = g_strdup_printf("%s/%s.pem", directory, name);
	char *key = g_strdup_printf("%s/%s.key", directory, name);

	*ret_certificate = certificate;
	*ret_key = key;
	return run_quietly(NULL,
			   (const char *const[]){"openssl", "req", "-x509", "-newkey", "ec",
						 "-pkeyopt", "ec_paramgen_curve:prime256v1",
						 "-nodes", "-days", "2", "-subj", "/CN=localhost",
						 "-keyout", key, "-out", certificate, NULL});
}

static void assert_tls(const Fixture *f)
{
	g_autofree char *url = g_strdup_printf("https://127.0.0.1:%u/tls", f->port);
	g_autofree char *out = NULL;
	g_autofree char *plain = NULL;
	g_autoptr(Client) client = client_connect(f->port);

	g_assert_true(run_quietly(
		&out, (const char *const[]){"curl", "-ski", "--max-time", "10", url, NULL}));
	g_assert_nonnull(strstr(out, "GET /tls |"));
	g_assert_nonnull(strstr(out, "secure=1"));
	g_assert_nonnull(strstr(out, "Strict-Transport-Security: max-age="));
	g_assert_false(run_quietly(NULL, (const char *const[]){"curl", "-sk", "--max-time", "10",
							       "--tls-max", "1.1", "--ciphers",
							       "DEFAULT@SECLEVEL=0", url, NULL}));
	/* Plain HTTP at the TLS port is not answered. */
	client_send(client, "GET / HTTP/1.1\r\n" HOST "\r\n");
	while (client_fill(client))
		;
	g_assert_null(strstr(client->in->str, "HTTP/1.1"));
}

static void test_tls(void)
{
	g_autofree char *directory = g_dir_make_tmp("zhiyin-tls-XXXXXX", NULL);
	g_autofree char *certificate = NULL, *key = NULL, *other_certificate = NULL,
			*other_key = NULL, *version = NULL;
	g_autoptr(GError) error = NULL;
	HttpOptions mixed = {0};
	guint16 port;

	if (!certificate_make(directory, "one", &certificate, &key) ||
	    !certificate_make(directory, "two", &other_certificate, &other_key) ||
	    !run_quietly(&version, (const char *const[]){"curl", "--version", NULL})) {
		g_test_skip("needs openssl and curl");
		return;
	}
	{
		g_auto(Fixture) f;

		fixture_new(&f, &(HttpOptions){.tls_certificate_file = certificate,
					       .tls_key_file = key});
		assert_tls(&f);
	}
	mixed.tls_certificate_file = certificate;
	mixed.tls_key_file = other_key;
	mixed.listen_fd = listen_anywhere(&port);
	g_assert_null(http_server_start(&mixed, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "belong together"));
	close(mixed.listen_fd);
	unlink(certificate);
	unlink(key);
	unlink(other_certificate);
	unlink(other_key);
	rmdir(directory);
}

static void test_start_errors(void)
{
	static const char *const bad_proxies[] = {"10.0.0.0/99", NULL};
	const struct {
		HttpOptions options;
		const char *part;
	} rows[] = {
		{{.trusted_proxies = bad_proxies}, "10.0.0.0/99"},
		{{.tls_certificate_file = "/nonexistent.pem", .tls_key_file = "/nonexistent.key"},
		 "/nonexistent.pem"},
		{{.tls_certificate_file = "/etc/hostname"}, "both"},
		{{.tls_certificate_file = "/etc/hostname", .tls_key_file = "/etc/hostname"}, "key"},
		{{.listen_fd = -1}, "descriptor"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		HttpOptions options = rows[i].options;
		guint16 port;

		if (options.listen_fd == 0)
			options.listen_fd = listen_anywhere(&port);
		g_assert_null(http_server_start(&options, &error));
		g_assert_nonnull(error);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, rows[i].part));
		if (options.listen_fd >= 0)
			close(options.listen_fd);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/server/answers", test_answers);
	g_test_add_func("/http/server/headers", test_headers);
	g_test_add_func("/http/server/problem", test_problem);
	g_test_add_func("/http/server/http_1_0", test_http_1_0);
	g_test_add_func("/http/server/stream_forms", test_stream_forms);
	g_test_add_func("/http/server/body_abandoned", test_body_abandoned);
	g_test_add_func("/http/server/pipeline", test_pipeline);
	g_test_add_func("/http/server/body", test_body);
	g_test_add_func("/http/server/body_chunked", test_body_chunked);
	g_test_add_func("/http/server/malformed", test_malformed);
	g_test_add_func("/http/server/malformed_behind", test_malformed_behind);
	g_test_add_func("/http/server/crowded_heads", test_crowded_heads);
	g_test_add_func("/http/server/arguments_limit", test_arguments_limit);
	g_test_add_func("/http/server/head_limits", test_head_limits);
	g_test_add_func("/http/server/forwarded", test_forwarded);
	g_test_add_func("/http/server/hosts", test_hosts);
	g_test_add_func("/http/server/slow", test_slow);
	g_test_add_func("/http/server/idle", test_idle);
	g_test_add_func("/http/server/slow_reader", test_slow_reader);
	g_test_add_func("/http/server/connection_limits", test_connection_limits);
	g_test_add_func("/http/server/descriptors", test_descriptors);
	g_test_add_func("/http/server/later", test_later);
	g_test_add_func("/http/server/client_gone", test_client_gone);
	g_test_add_func("/http/server/abandoned", test_abandoned);
	g_test_add_func("/http/server/refusals_in_words_of_the_caller",
			test_refusals_in_words_of_the_caller);
	g_test_add_func("/http/server/streams", test_streams);
	g_test_add_func("/http/server/stream_head", test_stream_head);
	g_test_add_func("/http/server/stream_gone", test_stream_gone);
	g_test_add_func("/http/server/stream_order", test_stream_order);
	g_test_add_func("/http/server/stop_graceful", test_stop_graceful);
	g_test_add_func("/http/server/stop_hard", test_stop_hard);
	g_test_add_func("/http/server/stop_under_load", test_stop_under_load);
	g_test_add_func("/http/server/tls", test_tls);
	g_test_add_func("/http/server/start_errors", test_start_errors);
	return g_test_run();
}
