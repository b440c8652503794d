/* A job is taken in the writer's transaction, so two workers never hold the same one. */
#include "jobs/queue.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"

enum { TIMEOUT_MS_DEFAULT = 600000 };

struct Job {
	Store *store;
	const JobRunner *runner;
	char *id, *org_id, *kind, *payload;
	int n_attempts;
	gint64 run_at; /* as it was when the job was taken: later means that it was added anew */
	gint64 locked_until;
	gboolean was_running;
	gboolean stopped;      /* job_go_on() has said that the worker is to stop */
	const JobKind *row;    /* NULL: no such kind */
	const GError *trouble; /* the outcome, for job_settle */
};

static void job_free(Job *job)
{
	g_free(job->id);
	g_free(job->org_id);
	g_free(job->kind);
	g_free(job->payload);
	g_free(job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

/* A job that runs has perhaps passed by what is new, so it is marked by its time: it runs again. */
gboolean job_add(Db *db, const char *org_id, const char *kind, const char *payload,
		 const char *unique_key, GError **error)
{
	char id[ID_LENGTH + 1];

	return db_run(db,
		      "INSERT INTO jobs (id, org_id, kind, payload, unique_key, state, run_at, "
		      "created_at, updated_at) "
		      "VALUES ($1, $2, $3, $4, $5, 'queued', $6, $6, $6) ON CONFLICT (unique_key) "
		      "WHERE unique_key IS NOT NULL AND state IN ('queued', 'running') DO UPDATE "
		      "SET run_at = jobs.run_at + 1 WHERE jobs.state = 'running'",
		      error, "sssssi", id_new(id), org_id, kind, payload, unique_key,
		      clock_now_ms());
}

/* ---- taking ---------------------------------------------------------------------------------- */

typedef struct {
	const JobRunner *runner;
	Job *job;	  /* what was taken, or NULL */
	gboolean gave_up; /* on one that was abandoned too often: there may be others */
} Claim;

static const JobKind *kind_find(const Claim *claim, const char *name)
{
	for (gsize i = 0; i < claim->runner->n_kinds; i++)
		if (g_str_equal(claim->runner->kinds[i].kind, name))
			return &claim->runner->kinds[i];
	return NULL;
}

/* The job that is due for longest, NULL without error when there is none. */
static Job *job_find_due(Db *db, const Claim *claim, gint64 now, GError **error)
{
	g_autoptr(Job) job = g_new0(Job, 1);
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, org_id, kind, payload, attempts, run_at, state FROM jobs WHERE "
		"(state = 'queued' AND run_at <= $1) OR (state = 'running' AND locked_until < $1) "
		"ORDER BY run_at LIMIT 1",
		error, "i", now);

	if (!rows || !db_next(rows, error))
		return NULL;
	job->id = g_strdup(db_text(rows, 0));
	job->org_id = g_strdup(db_text(rows, 1));
	job->kind = g_strdup(db_text(rows, 2));
	job->payload = g_strdup(db_text(rows, 3));
	job->n_attempts = (int)db_int(rows, 4);
	job->run_at = db_int(rows, 5);
	job->was_running = g_str_equal(db_text(rows, 6), "running");
	job->row = kind_find(claim, job->kind);
	return g_steal_pointer(&job);
}

/* What takes its worker along each time must not do so for ever. */
static gboolean job_give_up(Db *db, const Job *job, gint64 now, GError **error)
{
	return db_run(db,
		      "UPDATE jobs SET state = 'failed', locked_until = NULL, trouble = $2, "
		      "updated_at = $3 WHERE id = $1",
		      error, "ssi", job->id, "abandoned at every attempt", now);
}

static gboolean job_claim(Db *db, gpointer data, GError **error)
{
	Claim *claim = data;
	g_autoptr(GError) failed = NULL;
	gint64 now = clock_now_ms();
	g_autoptr(Job) job = job_find_due(db, claim, now, &failed);

	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!job)
		return TRUE;
	if (job->was_running && (!job->row || job->n_attempts >= job->row->n_attempts)) {
		claim->gave_up = TRUE;
		return job_give_up(db, job, now, error);
	}
	job->locked_until = now + (job->row ? job->row->timeout_ms : TIMEOUT_MS_DEFAULT);
	if (!db_run(db,
		    "UPDATE jobs SET state = 'running', attempts = attempts + 1, "
		    "locked_until = $2, updated_at = $3 WHERE id = $1",
		    error, "sii", job->id, job->locked_until, now))
		return FALSE;
	job->n_attempts++;
	claim->job = g_steal_pointer(&job);
	return TRUE;
}

/* ---- running --------------------------------------------------------------------------------- */

const char *job_org_id(const Job *job)
{
	return job->org_id;
}

const char *job_payload(const Job *job)
{
	return job->payload;
}

static gboolean job_hold(Db *db, gpointer data, GError **error)
{
	const Job *job = data;

	if (!db_run(db,
		    "UPDATE jobs SET locked_until = $2, updated_at = $3 "
		    "WHERE id = $1 AND state = 'running' AND attempts = $4",
		    error, "siii", job->id, job->locked_until, clock_now_ms(),
		    (gint64)job->n_attempts))
		return FALSE;
	if (!db_changes(db))
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "another worker has taken the job");
	return db_changes(db) > 0;
}

/* Half of the time may pass without a write. */
gboolean job_go_on(Job *job, GError **error)
{
	gint64 now = clock_now_ms();

	job->stopped = job->runner->stopping(job->runner->data);
	if (job->stopped) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "the worker stops");
		return FALSE;
	}
	if (job->locked_until - now > job->row->timeout_ms / 2)
		return TRUE;
	job->locked_until = now + job->row->timeout_ms;
	return store_write(job->store, job_hold, job, error);
}

/* Of a job that another worker has taken meanwhile the other's outcome counts. */
static gboolean job_settle(Db *db, gpointer data, GError **error)
{
	const Job *job = data;
	gboolean handed_back = job->trouble && job->stopped;
	gboolean again =
		handed_back || (job->trouble && job->row && job->n_attempts < job->row->n_attempts);
	gint64 now = clock_now_ms();
	gint64 wait_ms =
		again && !handed_back ? job->row->back_off_ms << MIN(job->n_attempts - 1, 10) : 0;
	const char *state = again ? "queued" : job->trouble ? "failed" : "done";

	return db_run(
		db,
		"UPDATE jobs SET state = CASE WHEN run_at <> $5 THEN 'queued' ELSE $2 END, "
		"attempts = CASE WHEN run_at <> $5 THEN 0 ELSE attempts - $8 END, run_at = $3, "
		"locked_until = NULL, trouble = $4, updated_at = $6 "
		"WHERE id = $1 AND state = 'running' AND attempts = $7",
		error, "ssisiiii", job->id, state, now + wait_ms,
		job->trouble ? job->trouble->message : NULL, job->run_at, now,
		(gint64)job->n_attempts, (gint64)(handed_back ? 1 : 0));
}

static gboolean job_run(Store *store, const JobRunner *runner, Job *job, GError **error)
{
	g_autoptr(GError) trouble = NULL;
	gint64 start = clock_monotonic_us();

	job->store = store;
	job->runner = runner;
	if (!job->row)
		g_set_error(&trouble, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "no such job kind");
	else if (!job->row->run(job, runner->data, &trouble) && !trouble)
		g_set_error(&trouble, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "failed without a reason");
	job->trouble = trouble;
	log_event(trouble && !job->stopped ? LOG_WARNING : LOG_INFO, "job", "kind", 's', job->kind,
		  "id", 's', job->id, "ms", 'i', (clock_monotonic_us() - start) / 1000, "error",
		  'e', trouble, NULL);
	return store_write(store, job_settle, job, error);
}

/* Looks before it writes, so that an idle worker costs no sync. */
static gboolean job_waits(Store *store, gboolean *ret_waits, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(GError) failed = NULL;

	if (!db)
		return FALSE;
	rows = db_query(db,
			"SELECT 1 FROM jobs WHERE (state = 'queued' AND run_at <= $1) OR (state = "
			"'running' AND locked_until < $1) "
			"LIMIT 1",
			error, "i", clock_now_ms());
	if (!rows)
		return FALSE;
	*ret_waits = db_next(rows, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

int jobs_run_due(Store *store, const JobRunner *runner, GError **error)
{
	int n_run = 0;

	while (!runner->stopping(runner->data)) {
		Claim claim = {.runner = runner};
		g_autoptr(Job) job = NULL;
		gboolean waits, written;

		if (!job_waits(store, &waits, error))
			return -1;
		if (!waits)
			break;
		written = store_write(store, job_claim, &claim, error);
		job = claim.job;
		if (!written)
			return -1;
		if (!job && !claim.gave_up)
			break;
		if (job && !job_run(store, runner, job, error))
			return -1;
		n_run += job != NULL;
	}
	return n_run;
}
