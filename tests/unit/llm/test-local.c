/* The provider of the local process, with the process played by the test at the other end of the
 * socketpair: what it answers, and what a caller gets when it goes, talks nonsense or is silent. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "llm/local.h"
#include "llm/wire.h"

enum { PATIENCE_MS = 20000 };

typedef struct {
	Llm *llm;
	Local *local;
	int fd; /* the process's end; -1: it has gone */
	WireReader *reader;
	char *refuses; /* what approve says */
} Fixture;

static char *approve(const char *sha256, const char *name, gpointer data)
{
	const Fixture *fixture = data;

	g_assert_cmpuint(strlen(sha256), ==, 64);
	g_assert_cmpstr(name, ==, "test model");
	return g_strdup(fixture->refuses);
}

static void say(Fixture *fixture, const WireMessage *message)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	g_assert_true(wire_write(bytes, message));
	g_assert_cmpint(send(fixture->fd, bytes->data, bytes->len, MSG_NOSIGNAL), ==, bytes->len);
}

/* Waits for the next message of the caller. */
static WireMessage hear(Fixture *fixture)
{
	g_autoptr(GError) error = NULL;
	guint8 buffer[4096];
	WireMessage message;

	while (!wire_next(fixture->reader, &message, &error)) {
		gssize n = recv(fixture->fd, buffer, sizeof(buffer), 0);

		g_assert_no_error(error);
		g_assert_cmpint(n, >, 0);
		g_assert_true(wire_feed(fixture->reader, buffer, (gsize)n, &error));
	}
	return message;
}

static void introduce(Fixture *fixture)
{
	WireMessage info = {.kind = WIRE_INFO,
			    .text = "test model",
			    .n_text = 10,
			    .n_sha256 = 64,
			    .pid = (guint32)getpid()};
	g_autofree char *sha256 = g_strnfill(64, 'a');

	info.sha256 = sha256;
	say(fixture, &info);
}

/* A new process takes the place of the old. */
static void attach(Fixture *fixture)
{
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	if (fixture->fd >= 0)
		close(fixture->fd);
	g_clear_pointer(&fixture->reader, wire_reader_free);
	fixture->fd = pair[0];
	fixture->reader = wire_reader_new();
	local_attach(fixture->local, pair[1]);
}

static void process_goes(Fixture *fixture)
{
	close(fixture->fd);
	fixture->fd = -1;
}

static void fixture_open(Fixture *fixture, gconstpointer data)
{
	fixture->fd = -1;
	fixture->llm = local_new(approve, fixture, &fixture->local);
	if (!data) {
		g_autoptr(GError) error = NULL;

		attach(fixture);
		introduce(fixture);
		g_assert_true(local_wait_ready(fixture->local, PATIENCE_MS, &error));
		g_assert_no_error(error);
	}
}

static void fixture_close(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	llm_free(fixture->llm);
	if (fixture->fd >= 0)
		close(fixture->fd);
	g_clear_pointer(&fixture->reader, wire_reader_free);
	g_free(fixture->refuses);
}

/* ---- a caller on a thread of its own --------------------------------------------------------- */

typedef struct {
	Llm *llm;
	gint64 deadline_us;
	guint n_pieces_wanted; /* then it wants no more; 0: all */
	gint n_looks;	       /* after so many it is not wanted any more; 0: it always is */
	GString *text;
	guint n_pieces;
	gboolean fine;
	LlmUsage usage;
	GError *error;
	GThread *thread;
} Caller;

static gboolean take(const char *piece, gsize n, gpointer data)
{
	Caller *caller = data;

	g_string_append_len(caller->text, piece, (gssize)n);
	caller->n_pieces++;
	return !caller->n_pieces_wanted || caller->n_pieces < caller->n_pieces_wanted;
}

static gboolean wanted(gpointer data)
{
	Caller *caller = data;

	return --caller->n_looks > 0;
}

static gpointer call(gpointer data)
{
	static const char *const stops[] = {"###", "\n\n", NULL};
	Caller *caller = data;
	LlmRequest request = {.fixed = "fixed ",
			      .input = "input",
			      .stop = stops,
			      .max_tokens = 8,
			      .temperature = 0.5,
			      .seed = 3,
			      .session = "s",
			      .deadline_us = caller->deadline_us,
			      .wanted = caller->n_looks ? wanted : NULL,
			      .wanted_data = caller};

	caller->fine =
		llm_generate(caller->llm, &request, take, caller, &caller->usage, &caller->error);
	return NULL;
}

static Caller *begin(Fixture *fixture, gint64 deadline_us)
{
	Caller *caller = g_new0(Caller, 1);

	caller->llm = fixture->llm;
	caller->deadline_us = deadline_us;
	caller->text = g_string_new(NULL);
	caller->thread = g_thread_new("caller", call, caller);
	return caller;
}

static void end(Caller *caller)
{
	g_thread_join(caller->thread);
}

static void caller_free(Caller *caller)
{
	g_string_free(caller->text, TRUE);
	g_clear_error(&caller->error);
	g_free(caller);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Caller, caller_free)

static gint64 never(void)
{
	return clock_monotonic_us() + 1000 * G_USEC_PER_SEC;
}

static void say_piece(Fixture *fixture, guint32 id, const char *text)
{
	WireMessage piece = {.kind = WIRE_PIECE, .id = id, .text = text, .n_text = strlen(text)};

	say(fixture, &piece);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_answer(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) caller = begin(fixture, never());
	WireMessage asked = hear(fixture), done = {.kind = WIRE_DONE,
						   .id = asked.id,
						   .end = LLM_END_LENGTH,
						   .n_prompt = 10,
						   .n_cached = 6,
						   .n_generated = 2};
	g_auto(LlmInfo) info = {0};

	g_assert_cmpint(asked.kind, ==, WIRE_GENERATE);
	g_assert_cmpmem(asked.fixed, asked.n_fixed, "fixed ", 6);
	g_assert_cmpmem(asked.input, asked.n_input, "input", 5);
	g_assert_cmpmem(asked.stops, asked.n_stops, "###\0\n\n", 7);
	g_assert_cmpuint(asked.max_tokens, ==, 8);
	g_assert_cmpuint(asked.seed, ==, 3);
	g_assert_cmpint(asked.deadline_us, ==, caller->deadline_us);
	say_piece(fixture, asked.id + 7, "of another call");
	say_piece(fixture, asked.id, "退");
	say_piece(fixture, asked.id, "货");
	say(fixture, &done);
	end(caller);
	g_assert_no_error(caller->error);
	g_assert_true(caller->fine);
	g_assert_cmpstr(caller->text->str, ==, "退货");
	g_assert_cmpint(caller->usage.end, ==, LLM_END_LENGTH);
	g_assert_cmpuint(caller->usage.n_prompt, ==, 10);
	g_assert_cmpuint(caller->usage.n_cached, ==, 6);
	llm_info(fixture->llm, &info);
	g_assert_true(info.ready);
	g_assert_cmpstr(info.provider, ==, "local");
	g_assert_cmpstr(info.model, ==, "test model");
}

static void test_process_refuses(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) caller = begin(fixture, never());
	WireMessage asked = hear(fixture), failed = {.kind = WIRE_FAILED,
						     .id = asked.id,
						     .code = ZHIYIN_ERROR_TOO_LARGE,
						     .text = "too \xff long",
						     .n_text = 10};

	say(fixture, &failed);
	end(caller);
	g_assert_error(caller->error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE);
	g_assert_true(g_utf8_validate(caller->error->message, -1, NULL));
}

static void test_process_goes_in_the_middle(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) caller = begin(fixture, never());
	g_autoptr(Caller) other = begin(fixture, never());
	WireMessage asked = hear(fixture);
	g_auto(LlmInfo) info = {0};

	hear(fixture);
	say_piece(fixture, asked.id, "as I was");
	process_goes(fixture);
	end(caller);
	end(other);
	g_assert_error(caller->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_error(other->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	llm_info(fixture->llm, &info);
	g_assert_false(info.ready);
	g_assert_nonnull(info.trouble);
}

static void test_the_next_process_serves(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) before = begin(fixture, never());
	g_autoptr(Caller) after = NULL;
	WireMessage done = {.kind = WIRE_DONE};

	hear(fixture);
	attach(fixture); /* the old one's calls are over, though it never answered */
	end(before);
	g_assert_error(before->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	introduce(fixture);
	g_assert_true(local_wait_ready(fixture->local, PATIENCE_MS, NULL));
	after = begin(fixture, never());
	done.id = hear(fixture).id;
	say(fixture, &done);
	end(after);
	g_assert_no_error(after->error);
}

static void test_nonsense(Fixture *fixture, gconstpointer text)
{
	g_autoptr(Caller) caller = begin(fixture, never());
	WireMessage asked = hear(fixture);

	say_piece(fixture, asked.id, text);
	end(caller);
	g_assert_error(caller->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_cmpuint(caller->text->len, ==, 0);
	asked = hear(fixture);
	g_assert_cmpint(asked.kind, ==, WIRE_CANCEL);
}

static void test_bytes_that_are_no_message(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) caller = begin(fixture, never());

	hear(fixture);
	g_assert_cmpint(send(fixture->fd, "\xff\xff\xff\xff\xff", 5, MSG_NOSIGNAL), ==, 5);
	end(caller);
	g_assert_error(caller->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
}

static void test_a_million_tokens(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) caller = begin(fixture, never());
	g_autofree char *text = g_strnfill(WIRE_PIECE_MAX, 'x');
	WireMessage asked = hear(fixture);

	for (gsize n = 0; n <= LOCAL_ANSWER_MAX; n += WIRE_PIECE_MAX)
		say_piece(fixture, asked.id, text);
	end(caller);
	g_assert_error(caller->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_cmpuint(caller->text->len, <=, LOCAL_ANSWER_MAX);
}

static void test_deadline(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) caller = begin(fixture, clock_monotonic_us() + 20000);
	WireMessage asked = hear(fixture), next;

	say_piece(fixture, asked.id, "slow"); /* and nothing more */
	end(caller);
	g_assert_true(caller->fine);
	g_assert_cmpint(caller->usage.end, ==, LLM_END_DEADLINE);
	next = hear(fixture);
	g_assert_cmpint(next.kind, ==, WIRE_CANCEL);
	g_assert_cmpuint(next.id, ==, asked.id);
}

static void test_caller_wants_no_more(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Caller caller = {.llm = fixture->llm, .deadline_us = never(), .n_pieces_wanted = 1};
	WireMessage asked, next;

	caller.text = g_string_new(NULL);
	caller.thread = g_thread_new("caller", call, &caller);
	asked = hear(fixture);
	say_piece(fixture, asked.id, "enough");
	end(&caller);
	g_assert_true(caller.fine);
	g_assert_cmpint(caller.usage.end, ==, LLM_END_CANCELLED);
	next = hear(fixture);
	g_assert_cmpint(next.kind, ==, WIRE_CANCEL);
	g_assert_cmpuint(next.id, ==, asked.id);
	g_string_free(caller.text, TRUE);
}

static void test_not_wanted_any_more(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Caller caller = {.llm = fixture->llm, .deadline_us = never(), .n_looks = 2};
	WireMessage asked, next;

	caller.text = g_string_new(NULL);
	caller.thread = g_thread_new("caller", call, &caller);
	asked = hear(fixture); /* and nothing is said */
	end(&caller);
	g_assert_true(caller.fine);
	g_assert_cmpint(caller.usage.end, ==, LLM_END_CANCELLED);
	next = hear(fixture);
	g_assert_cmpint(next.kind, ==, WIRE_CANCEL);
	g_assert_cmpuint(next.id, ==, asked.id);
	g_string_free(caller.text, TRUE);
}

static void expect_unavailable(Fixture *fixture)
{
	g_autoptr(Caller) caller = begin(fixture, never());

	end(caller);
	g_assert_error(caller->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
}

static void test_not_there_yet(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	expect_unavailable(fixture);
	g_assert_false(local_wait_ready(fixture->local, 0, &error));
	attach(fixture); /* there, but it has not said what it is */
	expect_unavailable(fixture);
}

static void test_refused_model(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_auto(LlmInfo) info = {0};

	fixture->refuses = g_strdup("not registered");
	attach(fixture);
	introduce(fixture);
	g_assert_false(local_wait_ready(fixture->local, PATIENCE_MS, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	expect_unavailable(fixture);
	llm_info(fixture->llm, &info);
	g_assert_false(info.ready);
	g_assert_cmpstr(info.trouble, ==, "not registered");
}

/* The process hears of a call that is likely; nobody waits, and nobody need be there. */
static void test_prepare(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	llm_prepare(NULL);
	llm_prepare(fixture->llm);
	attach(fixture);
	llm_prepare(fixture->llm);
	g_assert_cmpint(hear(fixture).kind, ==, WIRE_PREPARE);
}

static void expect_state(Fixture *fixture, LlmState state, const char *reason, guint n_restarts)
{
	g_auto(LlmInfo) info = {0};

	llm_info(fixture->llm, &info);
	g_assert_cmpint(info.state, ==, state);
	g_assert_cmpstr(info.reason, ==, reason);
	g_assert_cmpuint(info.n_restarts, ==, n_restarts);
	g_assert_true((info.n_bytes > 0) == (state == LLM_READY));
}

/* From the first look to a process that will not come, and one that comes after all. */
static void test_states(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Caller) waiting = NULL;

	expect_state(fixture, LLM_STARTING, "loading", 0);
	attach(fixture);
	expect_state(fixture, LLM_STARTING, "loading", 0);
	introduce(fixture);
	g_assert_true(local_wait_ready(fixture->local, PATIENCE_MS, NULL));
	expect_state(fixture, LLM_READY, NULL, 0);
	waiting = begin(fixture, never());
	hear(fixture);
	process_goes(fixture);
	end(waiting);
	expect_state(fixture, LLM_DOWN, "gone", 0);
	local_give_up(fixture->local, "no file for it");
	expect_state(fixture, LLM_DOWN, "file", 0);
	attach(fixture);
	introduce(fixture);
	g_assert_true(local_wait_ready(fixture->local, PATIENCE_MS, NULL));
	expect_state(fixture, LLM_READY, NULL, 1);
}

#define ADD(name, data, function) \
	g_test_add("/local/" name, Fixture, data, fixture_open, function, fixture_close)
#define ADD_READY(name, data, function) \
	g_test_add("/local/" name, Fixture, data, open_ready, function, fixture_close)

static void open_ready(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	fixture_open(fixture, NULL);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("answer", NULL, test_answer);
	ADD("process_refuses", NULL, test_process_refuses);
	ADD("process_goes_in_the_middle", NULL, test_process_goes_in_the_middle);
	ADD("the_next_process_serves", NULL, test_the_next_process_serves);
	ADD_READY("broken_utf8", "ab\xff", test_nonsense);
	ADD_READY("half_a_character", "\xe9\x80", test_nonsense);
	ADD("bytes_that_are_no_message", NULL, test_bytes_that_are_no_message);
	ADD("a_million_tokens", NULL, test_a_million_tokens);
	ADD("deadline", NULL, test_deadline);
	ADD("caller_wants_no_more", NULL, test_caller_wants_no_more);
	ADD("not_wanted_any_more", NULL, test_not_wanted_any_more);
	ADD("not_there_yet", "alone", test_not_there_yet);
	ADD("refused_model", "alone", test_refused_model);
	ADD("prepare", "alone", test_prepare);
	ADD("states", "alone", test_states);
	return g_test_run();
}
