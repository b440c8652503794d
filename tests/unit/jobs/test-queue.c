/* The queue on a real store, at a clock that stands: how often a job runs, when again, and what
 * becomes of it when its worker stops or dies. */
#include "jobs/queue.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

enum { START_MS = 1000000, TIMEOUT_MS = 1000, BACK_OFF_MS = 100, N_ATTEMPTS = 3 };

typedef struct {
	char *path;
	Store *store;
	JobRunner runner;
	gint64 now_ms;
	GString *ran; /* payloads, each followed by a space */
	gboolean fail, stop;
} Queue;

static int no_tokens(const char *text, int n_bytes, StoreEmit emit, gpointer data)
{
	(void)text;
	(void)n_bytes;
	(void)emit;
	(void)data;
	return 0;
}

static void set_clock(Queue *q, gint64 now_ms)
{
	q->now_ms = now_ms;
	clock_fix(now_ms, 0);
}

static gboolean write_add(Db *db, gpointer job, GError **error)
{
	const char *const *words = job;

	return job_add(db, "org", words[0], words[1], words[2], error);
}

static void add(Queue *q, const char *kind, const char *payload, const char *unique_key)
{
	const char *words[] = {kind, payload, unique_key};
	g_autoptr(GError) error = NULL;

	store_write(q->store, write_add, words, &error);
	g_assert_no_error(error);
}

/* "state attempts" of every job in order of payload, joined by commas. */
static char *states(Queue *q)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(q->store, &error);
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT coalesce(group_concat(line), '') FROM (SELECT state || ' ' || "
			 "attempts AS line FROM jobs ORDER BY payload, id)",
			 &error, "");

	g_assert_true(db_next(rows, &error));
	return g_strdup(db_text(rows, 0));
}

static char *trouble(Queue *q)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(q->store, &error);
	g_autoptr(DbRows) rows = db_query(db, "SELECT trouble FROM jobs", &error, "");

	g_assert_true(db_next(rows, &error));
	return g_strdup(db_text(rows, 0));
}

static void expect_states(Queue *q, const char *wanted)
{
	g_autofree char *found = states(q);

	g_assert_cmpstr(found, ==, wanted);
}

static int run_due(Queue *q)
{
	g_autoptr(GError) error = NULL;
	int n = jobs_run_due(q->store, &q->runner, &error);

	g_assert_no_error(error);
	return n;
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static gboolean run_note(Job *job, gpointer data, GError **error)
{
	Queue *q = data;

	g_assert_cmpstr(job_org_id(job), ==, "org");
	g_string_append_printf(q->ran, "%s ", job_payload(job));
	if (q->fail)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "not today");
	return !q->fail;
}

static gboolean run_silent(Job *job, gpointer data, GError **error)
{
	(void)job;
	(void)data;
	(void)error;
	return FALSE;
}

/* Adds itself anew while it runs, the first time. */
static gboolean run_again(Job *job, gpointer data, GError **error)
{
	Queue *q = data;

	g_string_append_printf(q->ran, "%s ", job_payload(job));
	if (q->ran->len < 4)
		add(q, "again", "x", "key");
	(void)error;
	return TRUE;
}

/* Works in parts until the worker is to stop, which it is at the third. */
static gboolean run_long(Job *job, gpointer data, GError **error)
{
	Queue *q = data;

	for (int part = 0; part < 10; part++) {
		g_string_append_printf(q->ran, "%d ", part);
		q->stop = part == 2;
		if (!job_go_on(job, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean is_held_until(Queue *q, gint64 until_ms)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(q->store, &error);
	g_autoptr(DbRows) rows = db_query(db, "SELECT locked_until FROM jobs", &error, "");

	return db_next(rows, &error) && db_int(rows, 0) == until_ms;
}

/* Takes longer than its time, but says that it goes on. */
static gboolean run_slow(Job *job, gpointer data, GError **error)
{
	Queue *q = data;

	g_assert_true(is_held_until(q, START_MS + TIMEOUT_MS));
	set_clock(q, START_MS + TIMEOUT_MS / 4);
	g_assert_true(job_go_on(job, error));
	g_assert_true(is_held_until(q, START_MS + TIMEOUT_MS)); /* early: without a write */
	set_clock(q, START_MS + TIMEOUT_MS - 1);
	g_assert_true(job_go_on(job, error));
	g_assert_true(is_held_until(q, START_MS + 2 * TIMEOUT_MS - 1));
	set_clock(q, START_MS + 2 * TIMEOUT_MS - 2);
	g_assert_cmpint(run_due(q), ==, 0); /* nobody else may take it */
	return TRUE;
}

/* Says nothing for too long: another worker takes it, and that one's outcome counts. */
static gboolean run_late(Job *job, gpointer data, GError **error)
{
	Queue *q = data;

	g_string_append(q->ran, "run ");
	if (q->ran->len > 4)
		return TRUE;
	set_clock(q, q->now_ms + TIMEOUT_MS + 1);
	g_assert_cmpint(run_due(q), ==, 1);
	g_assert_false(job_go_on(job, error));
	g_assert_error(*error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT);
	return FALSE;
}

static const JobKind kinds[] = {
	{"note", run_note, TIMEOUT_MS, N_ATTEMPTS, BACK_OFF_MS},
	{"silent", run_silent, TIMEOUT_MS, 1, BACK_OFF_MS},
	{"again", run_again, TIMEOUT_MS, N_ATTEMPTS, BACK_OFF_MS},
	{"long", run_long, TIMEOUT_MS, N_ATTEMPTS, BACK_OFF_MS},
	{"slow", run_slow, TIMEOUT_MS, N_ATTEMPTS, BACK_OFF_MS},
	{"late", run_late, TIMEOUT_MS, N_ATTEMPTS, BACK_OFF_MS},
};

static gboolean is_stopping(gpointer data)
{
	const Queue *q = data;

	return q->stop;
}

static Queue *queue_new(void)
{
	g_autoptr(GError) error = NULL;
	Queue *q = g_new0(Queue, 1);
	StoreOptions options = {
		.tokenize = no_tokens, .create = TRUE, .migrate = TRUE, .synchronous = "OFF"};

	q->path = g_dir_make_tmp("zhiyin-jobs-XXXXXX", &error);
	g_assert_no_error(error);
	options.path = q->path;
	q->store = store_open(&options, &error);
	g_assert_no_error(error);
	q->ran = g_string_new(NULL);
	q->runner = (JobRunner){kinds, G_N_ELEMENTS(kinds), is_stopping, q};
	set_clock(q, START_MS);
	return q;
}

static void queue_free(Queue *q)
{
	g_autoptr(GDir) directory = g_dir_open(q->path, 0, NULL);
	const char *name;

	clock_fix(0, 0);
	store_close(q->store);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(q->path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(q->path);
	g_string_free(q->ran, TRUE);
	g_free(q->path);
	g_free(q);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Queue, queue_free)

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_each_runs_once(void)
{
	g_autoptr(Queue) q = queue_new();

	g_assert_cmpint(run_due(q), ==, 0);
	add(q, "note", "a", NULL);
	set_clock(q, START_MS + 1);
	add(q, "note", "b", NULL);
	g_assert_cmpint(run_due(q), ==, 2);
	g_assert_cmpstr(q->ran->str, ==, "a b ");
	g_assert_cmpint(run_due(q), ==, 0);
	expect_states(q, "done 1,done 1");
}

static void test_a_key_is_queued_once(void)
{
	g_autoptr(Queue) q = queue_new();

	for (int i = 0; i < 3; i++)
		add(q, "note", "a", "key");
	add(q, "note", "b", "other key");
	g_assert_cmpint(run_due(q), ==, 2);
	add(q, "note", "a", "key"); /* the first is done */
	g_assert_cmpint(run_due(q), ==, 1);
}

static void test_added_while_it_runs(void)
{
	g_autoptr(Queue) q = queue_new();

	add(q, "again", "x", "key");
	g_assert_cmpint(run_due(q), ==, 2);
	g_assert_cmpstr(q->ran->str, ==, "x x ");
	expect_states(q, "done 1");
}

static void test_failures_wait_longer_and_end(void)
{
	g_autoptr(Queue) q = queue_new();
	g_autofree char *why = NULL;

	q->fail = TRUE;
	add(q, "note", "a", NULL);
	g_assert_cmpint(run_due(q), ==, 1);
	expect_states(q, "queued 1");
	set_clock(q, START_MS + BACK_OFF_MS - 1);
	g_assert_cmpint(run_due(q), ==, 0);
	set_clock(q, START_MS + BACK_OFF_MS);
	g_assert_cmpint(run_due(q), ==, 1);
	set_clock(q, START_MS + 3 * BACK_OFF_MS - 1);
	g_assert_cmpint(run_due(q), ==, 0);
	set_clock(q, START_MS + 3 * BACK_OFF_MS);
	g_assert_cmpint(run_due(q), ==, 1);
	expect_states(q, "failed 3");
	why = trouble(q);
	g_assert_cmpstr(why, ==, "not today");
	set_clock(q, G_MAXINT64 / 2);
	g_assert_cmpint(run_due(q), ==, 0);
}

static void test_a_later_attempt_may_succeed(void)
{
	g_autoptr(Queue) q = queue_new();
	g_autofree char *why = NULL;

	q->fail = TRUE;
	add(q, "note", "a", NULL);
	run_due(q);
	q->fail = FALSE;
	set_clock(q, START_MS + BACK_OFF_MS);
	g_assert_cmpint(run_due(q), ==, 1);
	expect_states(q, "done 2");
	why = trouble(q);
	g_assert_null(why);
}

static void test_no_such_kind(void)
{
	g_autoptr(Queue) q = queue_new();

	add(q, "frobnicate", "a", NULL);
	add(q, "silent", "b", NULL);
	g_assert_cmpint(run_due(q), ==, 2);
	expect_states(q, "failed 1,failed 1");
}

static void test_a_stop_hands_the_job_back(void)
{
	g_autoptr(Queue) q = queue_new();

	add(q, "long", "a", NULL);
	g_assert_cmpint(run_due(q), ==, 1);
	g_assert_cmpstr(q->ran->str, ==, "0 1 2 ");
	expect_states(q, "queued 0");
	g_assert_cmpint(run_due(q), ==, 0); /* still stopping */
	q->stop = FALSE;
	g_assert_cmpint(run_due(q), ==, 1); /* due at once, at the same time */
	g_assert_cmpstr(q->ran->str, ==, "0 1 2 0 1 2 ");
}

static void test_long_work_holds_its_job(void)
{
	g_autoptr(Queue) q = queue_new();

	add(q, "slow", "a", NULL);
	g_assert_cmpint(run_due(q), ==, 1);
	expect_states(q, "done 1");
}

static void test_another_worker_takes_over(void)
{
	g_autoptr(Queue) q = queue_new();

	add(q, "late", "a", NULL);
	g_assert_cmpint(run_due(q), ==, 1);
	g_assert_cmpstr(q->ran->str, ==, "run run ");
	expect_states(q, "done 2");
}

static gboolean write_killed(Db *db, gpointer until_ms, GError **error)
{
	return db_run(db,
		      "UPDATE jobs SET state = 'running', attempts = attempts + 1, "
		      "locked_until = $1",
		      error, "i", *(gint64 *)until_ms);
}

/* What kill -9 leaves behind. */
static void test_the_job_of_a_dead_worker(void)
{
	g_autoptr(Queue) q = queue_new();
	g_autofree char *why = NULL;
	gint64 until_ms = START_MS + TIMEOUT_MS;

	add(q, "note", "a", NULL);
	store_write(q->store, write_killed, &until_ms, NULL);
	set_clock(q, until_ms);
	g_assert_cmpint(run_due(q), ==, 0);
	set_clock(q, until_ms + 1);
	g_assert_cmpint(run_due(q), ==, 1);
	expect_states(q, "done 2");

	add(q, "note", "b", NULL);
	for (int i = 0; i < N_ATTEMPTS; i++)
		store_write(q->store, write_killed, &until_ms, NULL);
	g_assert_cmpint(run_due(q), ==, 0);
	expect_states(q, "failed 5,failed 3");
	why = trouble(q);
	g_assert_cmpstr(why, ==, "abandoned at every attempt");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/each_runs_once", test_each_runs_once);
	g_test_add_func("/queue/a_key_is_queued_once", test_a_key_is_queued_once);
	g_test_add_func("/queue/added_while_it_runs", test_added_while_it_runs);
	g_test_add_func("/queue/failures_wait_longer_and_end", test_failures_wait_longer_and_end);
	g_test_add_func("/queue/a_later_attempt_may_succeed", test_a_later_attempt_may_succeed);
	g_test_add_func("/queue/no_such_kind", test_no_such_kind);
	g_test_add_func("/queue/a_stop_hands_the_job_back", test_a_stop_hands_the_job_back);
	g_test_add_func("/queue/long_work_holds_its_job", test_long_work_holds_its_job);
	g_test_add_func("/queue/another_worker_takes_over", test_another_worker_takes_over);
	g_test_add_func("/queue/the_job_of_a_dead_worker", test_the_job_of_a_dead_worker);
	return g_test_run();
}
