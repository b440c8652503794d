/* The remote provider against an endpoint of this process, which records what it is asked and answers
 * what the test tells it: one canned reply a connection. */
#include "llm/remote.h"

#include <string.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "text/pieces.h"

#define HEAD(status, type) \
	"HTTP/1.1 " status "\r\nContent-Type: " type "\r\nConnection: close\r\n\r\n"
#define STREAM HEAD("200 OK", "text/event-stream")
#define PIECE(text) "data: {\"choices\":[{\"delta\":{\"content\":\"" text "\"}}]}\n\n"
#define END                                                                                    \
	"data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"                  \
	"data: {\"choices\":[],\"usage\":{\"prompt_tokens\":30,\"completion_tokens\":12}}\n\n" \
	"data: [DONE]\n\n"
#define HANG "hang" /* no answer until the test lets go */

typedef struct {
	GSocketService *service;
	GMainContext *context;
	GMainLoop *loop;
	GThread *thread;
	GMutex mutex;
	const char *const *replies; /* the last one again and again */
	guint n_requests;
	GString *seen; /* all requests */
	GPtrArray *hung;
	char *url;
	GString *text;
	guint n_pieces, cancel_after;
	gint n_looks; /* after so many the reply is not wanted any more; 0: it always is */
	LlmUsage usage;
	GError *error;
} Fixture;

/* Head and body of one request. */
static void read_request(GSocketConnection *connection, GString *out)
{
	GInputStream *in = g_io_stream_get_input_stream(G_IO_STREAM(connection));
	char buffer[4096];
	gssize n;

	do {
		const char *end = strstr(out->str, "\r\n\r\n");
		const char *length = strstr(out->str, "Content-Length: ");
		guint64 body = length ? g_ascii_strtoull(length + 16, NULL, 10) : 0;

		if (end && strlen(end + 4) >= body)
			return;
		n = g_input_stream_read(in, buffer, sizeof buffer, NULL, NULL);
		g_string_append_len(out, buffer, MAX(n, 0));
	} while (n > 0);
}

static gboolean incoming(GSocketService *service, GSocketConnection *connection, GObject *source,
			 gpointer data)
{
	Fixture *f = data;
	g_autoptr(GString) request = g_string_new(NULL);
	const char *reply;
	guint i = 0;

	(void)service;
	(void)source;
	read_request(connection, request);
	g_mutex_lock(&f->mutex);
	g_string_append(f->seen, request->str);
	while (i < f->n_requests && f->replies[i + 1])
		i++;
	f->n_requests++;
	reply = f->replies[i];
	if (g_str_equal(reply, HANG))
		g_ptr_array_add(f->hung, g_object_ref(connection));
	g_mutex_unlock(&f->mutex);
	if (!g_str_equal(reply, HANG)) {
		g_output_stream_write_all(g_io_stream_get_output_stream(G_IO_STREAM(connection)),
					  reply, strlen(reply), NULL, NULL, NULL);
		g_io_stream_close(G_IO_STREAM(connection), NULL, NULL);
	}
	return TRUE;
}

static gpointer serve(gpointer data)
{
	Fixture *f = data;

	g_main_context_push_thread_default(f->context);
	g_main_loop_run(f->loop);
	g_main_context_pop_thread_default(f->context);
	return NULL;
}

static void set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
	g_autoptr(GSocketAddress) any = g_inet_socket_address_new(loopback, 0);
	g_autoptr(GSocketAddress) bound = NULL;

	(void)data;
	f->seen = g_string_new(NULL);
	f->text = g_string_new(NULL);
	f->hung = g_ptr_array_new_with_free_func(g_object_unref);
	g_mutex_init(&f->mutex);
	f->context = g_main_context_new();
	f->loop = g_main_loop_new(f->context, FALSE);
	g_main_context_push_thread_default(f->context);
	f->service = g_socket_service_new();
	g_socket_listener_add_address(G_SOCKET_LISTENER(f->service), any, G_SOCKET_TYPE_STREAM,
				      G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
	g_assert_no_error(error);
	g_signal_connect(f->service, "incoming", G_CALLBACK(incoming), f);
	g_main_context_pop_thread_default(f->context);
	f->url = g_strdup_printf("http://127.0.0.1:%u/v1",
				 g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound)));
	f->thread = g_thread_new("endpoint", serve, f);
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	g_main_loop_quit(f->loop);
	g_thread_join(f->thread);
	g_socket_service_stop(f->service);
	g_clear_object(&f->service);
	g_ptr_array_unref(f->hung);
	g_main_loop_unref(f->loop);
	g_main_context_unref(f->context);
	g_string_free(f->seen, TRUE);
	g_string_free(f->text, TRUE);
	g_mutex_clear(&f->mutex);
	g_clear_error(&f->error);
	g_free(f->url);
}

static gboolean take(const char *piece, gsize n, gpointer data)
{
	Fixture *f = data;

	g_string_append_len(f->text, piece, (gssize)n);
	f->n_pieces++;
	return !f->cancel_after || f->n_pieces < f->cancel_after;
}

static gboolean wanted(gpointer data)
{
	Fixture *f = data;

	return --f->n_looks > 0;
}

static Llm *endpoint(Fixture *f, const RemoteOptions *more)
{
	RemoteOptions options = more ? *more : (RemoteOptions){0};
	g_autoptr(GError) error = NULL;
	Llm *llm;

	options.url = f->url;
	options.model = "some-model";
	options.key = "sk-secret-1";
	options.retry_ms = 2;
	llm = remote_new(&options, &error);
	g_assert_no_error(error);
	return llm;
}

/* One call; limit_ms is generous but where the test wants it to pass. */
static gboolean ask_input(Fixture *f, Llm *llm, const char *const *replies, const char *input,
			  const char *const *names, gint64 limit_ms)
{
	static const char *const stop[] = {"###", NULL};
	LlmRequest request = {.fixed = "Be brief.",
			      .input = input,
			      .stop = stop,
			      .max_tokens = 50,
			      .deadline_us = clock_monotonic_us() + limit_ms * 1000,
			      .session = "s",
			      .conversation = "c",
			      .names = names,
			      .wanted = f->n_looks ? wanted : NULL,
			      .wanted_data = f};

	g_mutex_lock(&f->mutex);
	f->replies = replies;
	f->n_requests = 0;
	g_string_truncate(f->seen, 0);
	g_mutex_unlock(&f->mutex);
	g_string_truncate(f->text, 0);
	f->n_pieces = 0;
	g_clear_error(&f->error);
	return llm_generate(llm, &request, take, f, &f->usage, &f->error);
}

static gboolean ask(Fixture *f, Llm *llm, const char *const *replies)
{
	return ask_input(f, llm, replies, "Hello?", NULL, 60000);
}

static void test_stream(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {STREAM ": hi\n\n" PIECE("你") PIECE("好。") END,
					      NULL};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	g_assert_true(ask(f, llm, replies));
	g_assert_cmpstr(f->text->str, ==, "你好。");
	g_assert_cmpint(f->usage.end, ==, LLM_END_STOP);
	g_assert_cmpuint(f->usage.n_prompt, ==, 30);
	g_assert_cmpuint(f->usage.n_generated, ==, 12);
	g_assert_true(g_str_has_prefix(f->seen->str, "POST /v1/chat/completions HTTP/1.1\r\n"));
	g_assert_nonnull(strstr(f->seen->str, "Authorization: Bearer sk-secret-1\r\n"));
	g_assert_nonnull(strstr(f->seen->str, "\"role\":\"system\",\"content\":\"Be brief.\""));
	g_assert_nonnull(strstr(f->seen->str, "\"role\":\"user\",\"content\":\"Hello?\""));
	g_assert_nonnull(strstr(f->seen->str, "\"stream\":true"));
}

static void test_whole_reply(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {
		HEAD("200 OK",
		     "application/json") "{\"choices\":[{\"message\":{\"content\":\"yes ### no\"},"
					 "\"finish_reason\":\"stop\"}]}",
		NULL};
	static const char *const length[] = {
		STREAM PIECE("a") "data: "
				  "{\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
		NULL};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	g_assert_true(ask(f, llm, replies));
	g_assert_cmpstr(f->text->str, ==, "yes ");
	g_assert_true(ask(f, llm, length));
	g_assert_cmpint(f->usage.end, ==, LLM_END_LENGTH);
}

static void test_stop_word(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {
		STREAM PIECE("yes\\n#") PIECE("## Question") PIECE("x"), NULL};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	g_assert_true(ask(f, llm, replies));
	g_assert_cmpstr(f->text->str, ==, "yes\n");
	g_assert_cmpint(f->usage.end, ==, LLM_END_STOP);
}

static void test_masked(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {"周雨桐", "Emily Carter", NULL};
	static const char *const replies[] = {STREAM PIECE("[NA") PIECE("ME_1]，打 [PHO")
						      PIECE("NE_1]，写 [EMAIL_1]。") END,
					      NULL};
	/* the next turn of the same conversation */
	static const char *const again[] = {STREAM PIECE("[PHONE_2]，不打 [PHONE_1]") END, NULL};
	static const char *const personal[] = {"周雨桐", "雨桐", "Emily", "Carter", "138",
					       "8000",	 "@",	 "1101",  "4111"};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	g_assert_true(ask_input(
		f, llm, replies,
		"我是周雨桐（Emily Carter），电话 138 0013 8000，邮箱 yt@mail.example，身份证 "
		"11010519491231002X，卡 4111111111111111",
		names, 60000));
	g_assert_cmpstr(f->text->str, ==, "周雨桐，打 138 0013 8000，写 yt@mail.example。");
	for (guint i = 0; i < G_N_ELEMENTS(personal); i++)
		g_assert_null(strstr(strstr(f->seen->str, "\r\n\r\n"), personal[i]));
	g_assert_nonnull(strstr(f->seen->str, "[ID_1]"));
	g_assert_nonnull(strstr(f->seen->str, "[CARD_1]"));
	g_assert_true(
		ask_input(f, llm, again, "请打 139 0013 9000，不是 138 0013 8000", NULL, 60000));
	g_assert_cmpstr(f->text->str, ==, "139 0013 9000，不打 138 0013 8000");
}

static void test_retries(Fixture *f, gconstpointer data)
{
	static const char *const later[] = {HEAD("503 Busy", "text/plain") "x",
					    HEAD("429 Slow", "text/plain"), STREAM PIECE("ok") END,
					    NULL};
	static const char *const never[] = {HEAD("500 Oh", "text/plain"), NULL};
	static const char *const closed[] = {"", STREAM PIECE("ok") END, NULL};
	static const char *const refused[] = {HEAD("400 Bad", "application/json") "{}", NULL};
	static const char *const elsewhere[] = {
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nConnection: close\r\n"
		"Content-Length: 0\r\n\r\n",
		NULL};
	static const char *const broken[] = {STREAM PIECE("half"), NULL};
	g_autoptr(Llm) llm = endpoint(f, &(RemoteOptions){.failures = 100});

	(void)data;
	g_assert_true(ask(f, llm, later));
	g_assert_cmpstr(f->text->str, ==, "ok");
	g_assert_cmpuint(f->n_requests, ==, 3);
	g_assert_true(ask(f, llm, closed));
	g_assert_cmpuint(f->n_requests, ==, 2);
	g_assert_false(ask(f, llm, never));
	g_assert_cmpuint(f->n_requests, ==, REMOTE_ATTEMPTS);
	g_assert_error(f->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_false(ask(f, llm, refused));
	g_assert_cmpuint(f->n_requests, ==, 1);
	g_assert_false(ask(f, llm, elsewhere));
	g_assert_cmpuint(f->n_requests, ==, 1);
	/* after the first piece there is no other try */
	g_assert_false(ask(f, llm, broken));
	g_assert_cmpuint(f->n_requests, ==, 1);
	g_assert_cmpstr(f->text->str, ==, "half");
	g_assert_null(strstr(f->error->message, "sk-secret"));
}

static void test_faulty_replies(Fixture *f, gconstpointer data)
{
	static const char *const replies[][2] = {
		{STREAM "data: {\"choices\":[\n\n"},
		{STREAM "data: \xff\n\n"},
		{STREAM "data: {\"error\":{\"message\":\"no\"}}\n\n"},
		{STREAM "data: []\n\n"},
		{HEAD("200 OK", "text/html") "<html>"},
		{HEAD("200 OK", "application/json") "{}"},
		{STREAM PIECE("a") "data: nonsense\n\n"},
	};
	g_autoptr(Llm) llm = endpoint(f, &(RemoteOptions){.failures = 100});

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(replies); i++) {
		g_assert_false(ask(f, llm, replies[i]));
		g_assert_error(f->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
		g_assert_cmpuint(f->n_requests, ==, 1);
	}
}

static void test_too_much(Fixture *f, gconstpointer data)
{
	g_autoptr(GString) endless = g_string_new(STREAM);
	const char *replies[] = {NULL, NULL};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	while (endless->len < REMOTE_MAX_BYTES + 100000)
		g_string_append(endless, PIECE("yes yes yes yes yes yes yes yes"));
	replies[0] = endless->str;
	g_assert_false(ask(f, llm, replies));
	g_assert_error(f->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_cmpuint(f->text->len, <, REMOTE_MAX_BYTES);
}

static void test_deadline(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {HANG, NULL};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	g_assert_true(ask_input(f, llm, replies, "Hello?", NULL, 150));
	g_assert_cmpint(f->usage.end, ==, LLM_END_DEADLINE);
	g_assert_cmpstr(f->text->str, ==, "");
}

static void test_cancel(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {STREAM PIECE("a") PIECE("b") PIECE("c") END, NULL};
	g_autoptr(Llm) llm = endpoint(f, NULL);

	(void)data;
	f->cancel_after = 2;
	g_assert_true(ask(f, llm, replies));
	g_assert_cmpint(f->usage.end, ==, LLM_END_CANCELLED);
	g_assert_cmpstr(f->text->str, ==, "ab");
}

/* Before the first byte, and between two tries; neither speaks against the endpoint. */
static void test_not_wanted_any_more(Fixture *f, gconstpointer data)
{
	static const char *const hang[] = {HANG, NULL};
	static const char *const busy[] = {HEAD("503 Busy", "text/plain"), NULL};
	static const char *const good[] = {STREAM PIECE("ok") END, NULL};
	g_autoptr(Llm) llm = endpoint(f, &(RemoteOptions){.failures = 1, .pause_ms = 3600000});

	(void)data;
	f->n_looks = 2;
	g_assert_true(ask(f, llm, hang));
	g_assert_cmpint(f->usage.end, ==, LLM_END_CANCELLED);
	f->n_looks = 1;
	g_assert_true(ask(f, llm, busy));
	g_assert_cmpint(f->usage.end, ==, LLM_END_CANCELLED);
	f->n_looks = 0;
	g_assert_true(ask(f, llm, good));
	g_assert_cmpstr(f->text->str, ==, "ok");
}

static void test_breaker(Fixture *f, gconstpointer data)
{
	static const char *const bad[] = {HEAD("400 Bad", "text/plain"), NULL};
	static const char *const good[] = {STREAM PIECE("ok") END, NULL};
	g_autoptr(Llm) llm = endpoint(f, &(RemoteOptions){.failures = 2, .pause_ms = 3600000});
	g_autoptr(Llm) soon = endpoint(f, &(RemoteOptions){.failures = 2, .pause_ms = 1});
	g_auto(LlmInfo) info = {0};
	guint n = 0;

	(void)data;
	g_assert_false(ask(f, llm, bad));
	g_assert_false(ask(f, llm, bad));
	g_assert_false(ask(f, llm, good)); /* open: not even asked */
	g_assert_cmpuint(f->n_requests, ==, 0);
	llm_info(llm, &info);
	g_assert_false(info.ready);
	g_assert_nonnull(info.trouble);
	/* one that closes again after a moment: the first call that is let through decides */
	g_assert_false(ask(f, soon, bad));
	g_assert_false(ask(f, soon, bad));
	while (!ask(f, soon, good) && n < 100000)
		n++;
	g_assert_cmpstr(f->text->str, ==, "ok");
	g_assert_true(ask(f, soon, good));
}

static void test_budget(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {STREAM PIECE("ok") END, NULL};
	g_autoptr(Llm) llm = endpoint(f, &(RemoteOptions){.daily_tokens = 50});

	(void)data;
	clock_fix(1764028800000, 0);
	g_assert_true(ask(f, llm, replies));
	g_assert_true(ask(f, llm, replies)); /* 42 of 50 were used when it began */
	g_assert_false(ask(f, llm, replies));
	g_assert_cmpuint(f->n_requests, ==, 0);
	clock_fix(1764028800000 + 86400000, 0);
	g_assert_true(ask(f, llm, replies));
	clock_fix(0, 0);
}

static void remove_store(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

/* Another provider on the same store stands for the next start, and for another process. */
static void test_budget_is_kept(Fixture *f, gconstpointer data)
{
	static const char *const replies[] = {STREAM PIECE("ok") END, NULL};
	g_autofree char *path = g_dir_make_tmp("zhiyin-budget-XXXXXX", NULL);
	StoreOptions options = {
		.path = path, .tokenize = text_tokenize_pieces, .create = TRUE, .migrate = TRUE};
	g_autoptr(GError) error = NULL;
	Store *store = store_open(&options, &error);
	g_auto(LlmInfo) info = {0};

	(void)data;
	g_assert_no_error(error);
	clock_fix(1764028800000, 0);
	for (guint i = 0; i < 3; i++) {
		g_autoptr(Llm) llm =
			endpoint(f, &(RemoteOptions){.daily_tokens = i ? 80 : 0, .store = store});

		g_assert_cmpint(ask(f, llm, replies), ==, i < 2);
		g_assert_cmpuint(f->n_requests, ==, i < 2);
		llm_info_clear(&info);
		llm_info(llm, &info);
		g_assert_cmpint(info.day_tokens, ==, i ? 84 : 42);
		g_assert_cmpint(info.daily_tokens, ==, i ? 80 : 0);
		g_assert_cmpint(info.ready, ==, i == 0);
	}
	clock_fix(1764028800000 + 86400000, 0);
	{
		g_autoptr(Llm) llm =
			endpoint(f, &(RemoteOptions){.daily_tokens = 80, .store = store});

		g_assert_true(ask(f, llm, replies));
	}
	clock_fix(0, 0);
	store_close(store);
	remove_store(path);
}

static void test_options(void)
{
	static const struct {
		const char *url, *model, *key;
		gboolean insecure, ok;
	} cases[] = {
		{"https://api.example/v1", "m", "k", FALSE, TRUE},
		{"http://127.0.0.1:1/v1", "m", NULL, FALSE, TRUE},
		{"http://[::1]:1", "m", NULL, FALSE, TRUE},
		{"http://api.example/v1", "m", NULL, FALSE, FALSE},
		{"http://api.example/v1", "m", NULL, TRUE, TRUE},
		{"ftp://api.example", "m", NULL, TRUE, FALSE},
		{"https://user:pw@api.example/v1", "m", NULL, FALSE, FALSE},
		{"https://api.example/v1?a=b", "m", NULL, FALSE, FALSE},
		{"nonsense", "m", NULL, FALSE, FALSE},
		{"https://api.example/v1", "", NULL, FALSE, FALSE},
		{"https://api.example/v1", "m", "a\r\nX: y", FALSE, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		RemoteOptions options = {.url = cases[i].url,
					 .model = cases[i].model,
					 .key = cases[i].key,
					 .insecure = cases[i].insecure};
		g_autoptr(GError) error = NULL;
		g_autoptr(Llm) llm = remote_new(&options, &error);

		g_assert_true((llm != NULL) == cases[i].ok);
		if (!llm)
			g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function)(Fixture *f, gconstpointer data);
	} tests[] = {{"/remote/stream", test_stream},
		     {"/remote/whole_reply", test_whole_reply},
		     {"/remote/stop_word", test_stop_word},
		     {"/remote/masked", test_masked},
		     {"/remote/retries", test_retries},
		     {"/remote/faulty_replies", test_faulty_replies},
		     {"/remote/too_much", test_too_much},
		     {"/remote/deadline", test_deadline},
		     {"/remote/cancel", test_cancel},
		     {"/remote/not_wanted_any_more", test_not_wanted_any_more},
		     {"/remote/breaker", test_breaker},
		     {"/remote/budget", test_budget},
		     {"/remote/budget_is_kept", test_budget_is_kept}};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
	g_test_add_func("/remote/options", test_options);
	return g_test_run();
}
