/* Claiming is one UPDATE in the writer's transaction, so two workers never hold the same job. */
#include "jobs/queue.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"

typedef struct {
	char *id, *org_id, *kind, *payload;
	int n_attempts;
	/* the outcome, for job_settle */
	const JobKind *row;
	const GError *trouble;
} Job;

static void job_free(Job *job)
{
	g_free(job->id);
	g_free(job->org_id);
	g_free(job->kind);
	g_free(job->payload);
	g_free(job);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_free)

gboolean job_add(Db *db, const char *org_id, const char *kind, const char *payload,
		 const char *unique_key, GError **error)
{
	char id[ID_LENGTH + 1];

	return db_run(db,
		      "INSERT INTO jobs (id, org_id, kind, payload, unique_key, state, run_at, "
		      "created_at, updated_at) "
		      "VALUES ($1, $2, $3, $4, $5, 'queued', $6, $6, $6) ON CONFLICT DO NOTHING",
		      error, "sssssi", id_new(id), org_id, kind, payload, unique_key,
		      clock_now_ms());
}

static gboolean job_claim(Db *db, gpointer data, GError **error)
{
	Job *job = data;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"UPDATE jobs SET state = 'running', attempts = attempts + 1, locked_until = $1 + "
		"600000, updated_at = $1 "
		"WHERE id = (SELECT id FROM jobs WHERE (state = 'queued' AND run_at <= $1) "
		"OR (state = 'running' AND locked_until < $1) ORDER BY run_at LIMIT 1) "
		"RETURNING id, org_id, kind, payload, attempts",
		error, "i", clock_now_ms());

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		job->id = g_strdup(db_text(rows, 0));
		job->org_id = g_strdup(db_text(rows, 1));
		job->kind = g_strdup(db_text(rows, 2));
		job->payload = g_strdup(db_text(rows, 3));
		job->n_attempts = (int)db_int(rows, 4);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean job_settle(Db *db, gpointer data, GError **error)
{
	const Job *job = data;
	gboolean again = job->trouble && job->row && job->n_attempts < job->row->n_attempts;
	gint64 now = clock_now_ms();
	gint64 run_at = again ? now + (job->row->back_off_ms << MIN(job->n_attempts - 1, 10)) : now;

	return db_run(db,
		      "UPDATE jobs SET state = $2, run_at = $3, locked_until = NULL, trouble = $4, "
		      "updated_at = $5 WHERE id = $1",
		      error, "ssisi", job->id,
		      again	     ? "queued"
		      : job->trouble ? "failed"
				     : "done",
		      run_at, job->trouble ? job->trouble->message : NULL, now);
}

static const JobKind *kind_find(const JobKind *kinds, gsize n_kinds, const char *name)
{
	for (gsize i = 0; i < n_kinds; i++)
		if (g_str_equal(kinds[i].kind, name))
			return &kinds[i];
	return NULL;
}

static gboolean job_run(Store *store, Job *job, gpointer data, GError **error)
{
	g_autoptr(GError) trouble = NULL;
	gint64 start = clock_monotonic_us();

	if (!job->row)
		g_set_error(&trouble, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "no such job kind");
	else if (!job->row->run(job->org_id, job->payload, data, &trouble) && !trouble)
		g_set_error(&trouble, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "failed without a reason");
	job->trouble = trouble;
	log_event(trouble ? LOG_WARNING : LOG_INFO, "job", "kind", 's', job->kind, "id", 's',
		  job->id, "ms", 'i', (clock_monotonic_us() - start) / 1000, "error", 'e', trouble,
		  NULL);
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

int jobs_run_due(Store *store, const JobKind *kinds, gsize n_kinds, gpointer data, const gint *stop,
		 GError **error)
{
	int n_run = 0;

	while (!g_atomic_int_get(stop)) {
		g_autoptr(Job) job = g_new0(Job, 1);
		gboolean waits;

		if (!job_waits(store, &waits, error))
			return -1;
		if (!waits)
			break;
		if (!store_write(store, job_claim, job, error))
			return -1;
		if (!job->id)
			break;
		job->row = kind_find(kinds, n_kinds, job->kind);
		if (!job_run(store, job, data, error))
			return -1;
		n_run++;
	}
	return n_run;
}
