/*
 * The durable job queue: rows of the table jobs, added in the transaction of the change that needs
 * them, run by the worker. A job runs at least once: its work must be repeatable. A worker that is
 * to stop hands back what it has begun; what a killed one held is taken again after timeout_ms, so
 * long work says in between that it goes on. Knows no job kind: the app hands in a table of them.
 * Threads: job_add inside a write; the others from one thread of a worker process (several
 * processes may work).
 */
#pragma once

#include "store/store.h"

/* A job that runs; it belongs to the queue. */
typedef struct Job Job;

const char *job_org_id(const Job *job);
const char *job_payload(const Job *job);
/* Between two parts of long work: holds the job for another timeout_ms. FALSE with UNAVAILABLE when
 * the worker is to stop (the job is then due again at once, and this was no attempt), with CONFLICT
 * when another worker has taken it: the work ends there. */
gboolean job_go_on(Job *job, GError **error);

/* data is what the table's owner passed to jobs_run_due. FALSE with error: tried again later, up to
 * n_attempts. */
typedef gboolean (*JobRun)(Job *job, gpointer data, GError **error);

typedef struct {
	const char *kind;
	JobRun run;
	/* after this a running job counts as abandoned and is taken again, up to n_attempts */
	gint64 timeout_ms;
	int n_attempts;
	gint64 back_off_ms; /* doubled at each failure */
} JobKind;

/* unique_key: while a job with it is queued no second one is added, and one that is running runs
 * once more when it is done; NULL = always add. */
gboolean job_add(Db *db, const char *org_id, const char *kind, const char *payload,
		 const char *unique_key, GError **error);

typedef struct {
	const JobKind *kinds;
	gsize n_kinds;
	gboolean (*stopping)(gpointer data); /* is the worker to stop? */
	gpointer data;			     /* for it and for the kinds */
} JobRunner;

/* Takes and runs what is due until nothing is left or the worker is to stop. Returns how many ran,
 * -1 with error when the store failed. */
int jobs_run_due(Store *store, const JobRunner *runner, GError **error);
