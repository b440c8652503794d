/*
 * The durable job queue: rows of the table jobs, added in the transaction of the change that needs
 * them, run by the worker. A job runs at least once: its work must be repeatable. Knows no job
 * kind: the app hands in a table of them. Threads: job_add inside a write; jobs_run_due from one
 * thread of a worker process (several processes may work).
 */
#pragma once

#include "store/store.h"

/* data is what the table's owner passed to jobs_run_due. FALSE with error: tried again later, up to
 * n_attempts. */
typedef gboolean (*JobRun)(const char *org_id, const char *payload, gpointer data, GError **error);

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

/* Takes and runs what is due until nothing is left or *stop is set. Returns how many ran. */
int jobs_run_due(Store *store, const JobKind *kinds, gsize n_kinds, gpointer data, const gint *stop,
		 GError **error);
