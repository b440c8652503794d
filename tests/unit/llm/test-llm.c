/* The queue before a provider: turns, fairness, bounds, deadlines. The provider here runs a call until
 * the test lets it go, and notes the order in which calls came to it. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "llm/llm.h"

enum { PATIENCE_S = 20 };

typedef struct {
	GMutex mutex;
	GCond news;
	GString *order; /* one letter for each call, as it got its turn */
	guint n_running, n_let_go, n_most;
	gboolean fails;
} Gate;

static gboolean gate_generate(gpointer self, const LlmRequest *request, LlmPiece piece,
			      gpointer data, LlmUsage *ret_usage, GError **error)
{
	Gate *gate = self;

	g_mutex_lock(&gate->mutex);
	g_string_append(gate->order, request->input);
	gate->n_running++;
	gate->n_most = MAX(gate->n_most, gate->n_running);
	g_cond_broadcast(&gate->news);
	while (!gate->n_let_go)
		g_cond_wait(&gate->news, &gate->mutex);
	gate->n_let_go--;
	gate->n_running--;
	g_cond_broadcast(&gate->news);
	g_mutex_unlock(&gate->mutex);
	if (gate->fails) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "told to");
		return FALSE;
	}
	piece(request->input, strlen(request->input), data);
	ret_usage->n_generated = 5;
	ret_usage->first_ms = 10;
	ret_usage->total_ms = 50;
	return TRUE;
}

static void gate_info(G_GNUC_UNUSED gpointer self, LlmInfo *ret_info)
{
	ret_info->model = g_strdup("gate");
	ret_info->ready = TRUE;
}

static const LlmProvider provider = {"gate", gate_generate, gate_info, NULL, NULL};

typedef struct {
	Gate gate;
	Llm *llm;
	GPtrArray *callers; /* GThread */
} Fixture;

typedef struct {
	Llm *llm;
	char session[2], input[2];
	gint64 deadline_us;
	gint n_looks; /* after so many it is not wanted any more; 0: it always is */
	GString *text;
	gboolean fine;
	LlmUsage usage;
	GError *error;
} Caller;

static gboolean take(const char *piece, gsize n, gpointer data)
{
	g_string_append_len(data, piece, (gssize)n);
	return TRUE;
}

static gboolean wanted(gpointer data)
{
	Caller *caller = data;

	return --caller->n_looks > 0;
}

static gpointer call(gpointer data)
{
	Caller *caller = data;
	LlmRequest request = {.fixed = "",
			      .input = caller->input,
			      .max_tokens = 8,
			      .session = caller->session,
			      .deadline_us = caller->deadline_us,
			      .wanted = caller->n_looks ? wanted : NULL,
			      .wanted_data = caller};

	caller->fine = llm_generate(caller->llm, &request, take, caller->text, &caller->usage,
				    &caller->error);
	return caller;
}

static void open_with(Fixture *fixture, guint n_slots)
{
	g_mutex_init(&fixture->gate.mutex);
	g_cond_init(&fixture->gate.news);
	fixture->gate.order = g_string_new(NULL);
	fixture->llm = llm_new(&provider, &fixture->gate, n_slots);
	fixture->callers = g_ptr_array_new();
}

static void fixture_open(Fixture *fixture, gconstpointer n_slots)
{
	open_with(fixture, GPOINTER_TO_UINT(n_slots));
}

static void let_go(Fixture *fixture, guint n)
{
	g_mutex_lock(&fixture->gate.mutex);
	fixture->gate.n_let_go += n;
	g_cond_broadcast(&fixture->gate.news);
	g_mutex_unlock(&fixture->gate.mutex);
}

static Caller *join(Fixture *fixture, guint i)
{
	return g_thread_join(g_ptr_array_index(fixture->callers, i));
}

static void caller_free(Caller *caller)
{
	g_string_free(caller->text, TRUE);
	g_clear_error(&caller->error);
	g_free(caller);
}

static void fixture_close(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	let_go(fixture, 1000);
	for (guint i = 0; i < fixture->callers->len; i++)
		caller_free(join(fixture, i));
	llm_free(fixture->llm);
	g_ptr_array_unref(fixture->callers);
	g_string_free(fixture->gate.order, TRUE);
	g_mutex_clear(&fixture->gate.mutex);
	g_cond_clear(&fixture->gate.news);
}

static LlmInfo state(Fixture *fixture)
{
	LlmInfo info;

	llm_info(fixture->llm, &info);
	return info;
}

/* Starts a call and waits until it has its turn or stands in the queue. */
static void begin(Fixture *fixture, const char *session, const char *input, gint64 deadline_us)
{
	Caller *caller = g_new0(Caller, 1);
	gint64 until = clock_monotonic_us() + PATIENCE_S * G_USEC_PER_SEC;
	guint n_wanted = fixture->callers->len + 1, n_there;

	caller->llm = fixture->llm;
	caller->text = g_string_new(NULL);
	caller->deadline_us = deadline_us;
	g_strlcpy(caller->session, session, sizeof(caller->session));
	g_strlcpy(caller->input, input, sizeof(caller->input));
	g_ptr_array_add(fixture->callers, g_thread_new("caller", call, caller));
	do {
		g_auto(LlmInfo) info = state(fixture);

		g_thread_yield();
		g_mutex_lock(&fixture->gate.mutex);
		n_there = (guint)fixture->gate.order->len + info.n_waiting;
		g_mutex_unlock(&fixture->gate.mutex);
		g_assert_cmpint(clock_monotonic_us(), <, until);
	} while (n_there < n_wanted);
}

/* Lets one go after the other and waits for the next to have its turn. */
static void run_in_turn(Fixture *fixture)
{
	guint n_all = fixture->callers->len;

	g_mutex_lock(&fixture->gate.mutex);
	while (fixture->gate.order->len < n_all) {
		gsize before = fixture->gate.order->len;

		fixture->gate.n_let_go++;
		g_cond_broadcast(&fixture->gate.news);
		while (fixture->gate.order->len == before)
			g_cond_wait(&fixture->gate.news, &fixture->gate.mutex);
	}
	g_mutex_unlock(&fixture->gate.mutex);
}

static gint64 never(void)
{
	return clock_monotonic_us() + 1000 * G_USEC_PER_SEC;
}

static void test_order_of_arrival(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	begin(fixture, "1", "a", never());
	begin(fixture, "2", "b", never());
	begin(fixture, "3", "c", never());
	begin(fixture, "4", "d", never());
	run_in_turn(fixture);
	g_assert_cmpstr(fixture->gate.order->str, ==, "abcd");
	g_assert_cmpuint(fixture->gate.n_most, ==, 1);
}

/* One session asks five times, then two others once each: they need not wait for all five. */
static void test_sessions_take_turns(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	for (guint i = 0; i < 5; i++)
		begin(fixture, "1", "a", never());
	begin(fixture, "2", "b", never());
	begin(fixture, "2", "B", never());
	begin(fixture, "3", "c", never());
	run_in_turn(fixture);
	g_assert_cmpstr(fixture->gate.order->str, ==, "abcaBaaa");
}

static void test_slots(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(LlmInfo) info = {0};

	for (guint i = 0; i < 5; i++)
		begin(fixture, "1", "a", never());
	info = state(fixture);
	g_assert_cmpuint(info.n_running, ==, 3);
	g_assert_cmpuint(info.n_waiting, ==, 2);
	let_go(fixture, 5);
	for (guint i = 0; i < 5; i++) {
		g_autoptr(GThread) thread = g_thread_ref(g_ptr_array_index(fixture->callers, i));
		Caller *caller = g_thread_join(g_steal_pointer(&thread));

		g_assert_true(caller->fine);
		g_assert_cmpstr(caller->text->str, ==, "a");
		caller_free(caller);
	}
	g_ptr_array_set_size(fixture->callers, 0);
	llm_info_clear(&info);
	info = state(fixture);
	g_assert_cmpuint(info.n_running + info.n_waiting, ==, 0);
	g_assert_cmpuint(info.n_done, ==, 5);
	g_assert_cmpuint(info.n_tokens, ==, 25);
	g_assert_cmpfloat_with_epsilon(info.tokens_per_second, 100, 1e-6); /* 4 tokens in 40 ms */
}

static gboolean refused(Fixture *fixture, const char *session, int code)
{
	Caller caller = {.llm = fixture->llm, .deadline_us = never()};
	gboolean matches;

	g_strlcpy(caller.session, session, sizeof(caller.session));
	caller.text = g_string_new(NULL);
	call(&caller);
	matches = !caller.fine && g_error_matches(caller.error, ZHIYIN_ERROR, code);
	g_string_free(caller.text, TRUE);
	g_clear_error(&caller.error);
	return matches;
}

static void test_queue_is_bounded(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	char session[2] = "A";

	begin(fixture, "z", "z", never());
	for (guint i = 0; i < LLM_QUEUE_MAX; i++) {
		if (i == LLM_QUEUE_MAX / 4) /* the first session has as many as one may have */
			g_assert_true(refused(fixture, "A", ZHIYIN_ERROR_UNAVAILABLE));
		session[0] = (char)('A' + i / (LLM_QUEUE_MAX / 4));
		begin(fixture, session, session, never());
	}
	g_assert_true(refused(fixture, "Y", ZHIYIN_ERROR_UNAVAILABLE));
}

static void test_deadline_while_waiting(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Caller caller = {.llm = fixture->llm, .session = "2", .input = "b"};
	g_auto(LlmInfo) info = {0};

	begin(fixture, "1", "a", never());
	caller.text = g_string_new(NULL);
	caller.deadline_us = clock_monotonic_us() - 1; /* over before its turn can come */
	call(&caller);
	g_assert_true(caller.fine);
	g_assert_cmpint(caller.usage.end, ==, LLM_END_DEADLINE);
	g_assert_cmpuint(caller.text->len, ==, 0);
	g_assert_cmpstr(fixture->gate.order->str, ==, "a"); /* the provider never saw it */
	info = state(fixture);
	g_assert_cmpuint(info.n_waiting, ==, 0);
	g_string_free(caller.text, TRUE);
}

static void test_not_wanted_while_waiting(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Caller caller = {.llm = fixture->llm, .session = "2", .input = "b", .n_looks = 2};
	g_auto(LlmInfo) info = {0};

	begin(fixture, "1", "a", never());
	caller.text = g_string_new(NULL);
	caller.deadline_us = never();
	call(&caller);
	g_assert_true(caller.fine);
	g_assert_cmpint(caller.usage.end, ==, LLM_END_CANCELLED);
	g_assert_cmpstr(fixture->gate.order->str, ==, "a");
	info = state(fixture);
	g_assert_cmpuint(info.n_waiting, ==, 0);
	g_string_free(caller.text, TRUE);
}

/* What the provider says after that is given to nobody. */
static void test_not_wanted_any_more(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Caller caller = {.llm = fixture->llm, .session = "2", .input = "b", .n_looks = 1};

	let_go(fixture, 1);
	caller.text = g_string_new(NULL);
	caller.deadline_us = never();
	call(&caller);
	g_assert_true(caller.fine);
	g_assert_cmpstr(caller.text->str, ==, "");
	g_string_free(caller.text, TRUE);
}

/* Calls took 50 ms: behind one that runs and one that waits there is room within a second, not within
 * 100 ms; who has no chance hears so at once. */
static void test_who_would_be_late_is_refused(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	Caller caller = {.llm = fixture->llm, .session = "4", .input = "x"};
	g_auto(LlmInfo) info = {0};

	let_go(fixture, 1);
	begin(fixture, "1", "a", never());
	run_in_turn(fixture);
	do {
		llm_info_clear(&info);
		info = state(fixture);
	} while (!info.n_done);
	llm_info_clear(&info);
	begin(fixture, "2", "b", never());
	begin(fixture, "3", "c", clock_monotonic_us() + PATIENCE_S * G_USEC_PER_SEC);
	caller.text = g_string_new(NULL);
	caller.deadline_us = clock_monotonic_us() + G_USEC_PER_SEC / 10;
	call(&caller);
	g_assert_false(caller.fine);
	g_assert_error(caller.error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	info = state(fixture);
	g_assert_cmpuint(info.n_waiting, ==, 1);
	g_string_free(caller.text, TRUE);
	g_clear_error(&caller.error);
}

static void test_failure_frees_the_slot(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(LlmInfo) info = {0};

	fixture->gate.fails = TRUE;
	let_go(fixture, 2);
	g_assert_true(refused(fixture, "1", ZHIYIN_ERROR_UNAVAILABLE));
	g_assert_true(refused(fixture, "1", ZHIYIN_ERROR_UNAVAILABLE));
	info = state(fixture);
	g_assert_cmpuint(info.n_failed, ==, 2);
	g_assert_cmpuint(info.n_running, ==, 0);
}

static void test_requests_are_checked(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char *const stops[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", NULL};
	g_autofree char *large = g_strnfill(LLM_PROMPT_MAX_BYTES, 'x');
	g_autoptr(GString) text = g_string_new(NULL);
	struct {
		LlmRequest request;
		int code;
	} rows[] = {
		{{.fixed = large, .input = "x", .max_tokens = 1}, ZHIYIN_ERROR_TOO_LARGE},
		{{.fixed = "", .input = "x", .max_tokens = 0}, ZHIYIN_ERROR_INVALID},
		{{.fixed = "", .input = "x", .max_tokens = 1, .stop = stops}, ZHIYIN_ERROR_INVALID},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		LlmUsage usage;

		rows[i].request.deadline_us = never();
		g_assert_false(
			llm_generate(fixture->llm, &rows[i].request, take, text, &usage, &error));
		g_assert_error(error, ZHIYIN_ERROR, rows[i].code);
	}
	g_assert_cmpuint(fixture->gate.order->len, ==, 0);
}

/* ---- another provider ------------------------------------------------------------------------- */

static void other_free(gpointer self)
{
	*(gboolean *)self = TRUE;
}

static gboolean other_generate(G_GNUC_UNUSED gpointer self, G_GNUC_UNUSED const LlmRequest *request,
			       LlmPiece piece, gpointer data, LlmUsage *ret_usage,
			       G_GNUC_UNUSED GError **error)
{
	piece("other", 5, data);
	ret_usage->n_generated = 1;
	return TRUE;
}

static void other_info(G_GNUC_UNUSED gpointer self, LlmInfo *ret_info)
{
	ret_info->model = g_strdup("other");
}

static const LlmProvider other = {"other", other_generate, other_info, other_free, NULL};

/* The call in progress is ended by the one that it began with; whoever waits, and all later ones, are
 * answered by the new one at once. */
static void test_replaced(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(LlmInfo) info = {0};
	gboolean freed = FALSE;
	Caller *running, *waiting;

	begin(fixture, "1", "a", never());
	begin(fixture, "2", "b", never());
	llm_replace(fixture->llm, llm_new(&other, &freed, 4));
	waiting = join(fixture, 1);
	g_assert_true(waiting->fine);
	g_assert_cmpstr(waiting->text->str, ==, "other");
	info = state(fixture);
	g_assert_cmpstr(info.provider, ==, "other");
	g_assert_cmpint(info.state, ==, LLM_DOWN); /* it does not say that it is ready */
	g_assert_cmpuint(info.n_running, ==, 1);
	let_go(fixture, 1);
	running = join(fixture, 0);
	g_assert_cmpstr(running->text->str, ==, "a");
	g_assert_false(freed);
	llm_replace(fixture->llm, NULL);
	g_assert_true(freed);
	g_ptr_array_set_size(fixture->callers, 0);
	caller_free(running);
	caller_free(waiting);
}

/* Nobody answers any more: whoever waits is told so and not left standing. */
static void test_replaced_by_none(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_auto(LlmInfo) info = {0};
	Caller *callers[3];

	begin(fixture, "1", "a", never());
	begin(fixture, "2", "b", never());
	begin(fixture, "2", "c", never());
	llm_replace(fixture->llm, NULL);
	callers[1] = join(fixture, 1);
	callers[2] = join(fixture, 2);
	g_assert_error(callers[1]->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_error(callers[2]->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	let_go(fixture, 1);
	callers[0] = join(fixture, 0);
	g_assert_true(callers[0]->fine);
	info = state(fixture);
	g_assert_cmpstr(info.provider, ==, "none");
	g_assert_cmpint(info.state, ==, LLM_ABSENT);
	g_ptr_array_set_size(fixture->callers, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(callers); i++)
		caller_free(callers[i]);
}

static void test_no_model(void)
{
	LlmRequest request = {.fixed = "", .input = "x", .max_tokens = 1};
	g_autoptr(GError) error = NULL;
	g_auto(LlmInfo) info = {0};
	LlmUsage usage;

	g_assert_false(llm_generate(NULL, &request, take, NULL, &usage, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	llm_info(NULL, &info);
	g_assert_cmpstr(info.provider, ==, "none");
	g_assert_false(info.ready);
	llm_free(NULL);
}

#define ADD(name, n_slots, function)                                                         \
	g_test_add("/llm/" name, Fixture, GUINT_TO_POINTER(n_slots), fixture_open, function, \
		   fixture_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("order_of_arrival", 1, test_order_of_arrival);
	ADD("sessions_take_turns", 1, test_sessions_take_turns);
	ADD("slots", 3, test_slots);
	ADD("queue_is_bounded", 1, test_queue_is_bounded);
	ADD("deadline_while_waiting", 1, test_deadline_while_waiting);
	ADD("not_wanted_while_waiting", 1, test_not_wanted_while_waiting);
	ADD("not_wanted_any_more", 1, test_not_wanted_any_more);
	ADD("who_would_be_late_is_refused", 1, test_who_would_be_late_is_refused);
	ADD("failure_frees_the_slot", 1, test_failure_frees_the_slot);
	ADD("requests_are_checked", 1, test_requests_are_checked);
	ADD("replaced", 1, test_replaced);
	ADD("replaced_by_none", 1, test_replaced_by_none);
	g_test_add_func("/llm/no_model", test_no_model);
	return g_test_run();
}
