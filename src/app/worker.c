/* The worker process: durable jobs at low priority, one after the other. */
#include <sys/resource.h>

#include "app/process.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "bot/answer.h"
#include "crm/agenda.h"
#include "crm/attachments.h"
#include "crm/import_work.h"
#include "crm/knowledge.h"
#include "crm/notifications.h"
#include "crm/opinions.h"
#include "crm/retention.h"
#include "crm/search_renewal.h"
#include "crm/sla.h"
#include "crm/webhooks.h"
#include "jobs/queue.h"
#include "llm/calls.h"
#include "llm/models.h"
#include "text/pieces.h"

enum { LOOK_MS = 1000, OPINE_MS = 200, CLOCKS_MS = 5000, SWEEP_MS = 3600000, SWEEPS_A_DAY = 24 };

typedef struct {
	Store *store;
	const char *data; /* the store's directory */
	AnswerEngine *engine;
	Opinions *opinions; /* NULL: there is no encoder, or nothing is judged */
	gboolean allow_private;
	int delivering; /* atomic: 0 = the thread is to end */
	int control_fd;
	guint n_sweeps;
	gboolean stop; /* a signal is told once: it is noted here */
} Worker;

static gboolean worker_stopping(gpointer data)
{
	Worker *worker = data;

	worker->stop = worker->stop || !process_wait(worker->control_fd, 0);
	return worker->stop;
}

static gboolean encode_goes_on(gint64 n_done, gint64 n_all, gpointer job, GError **error)
{
	(void)n_done;
	(void)n_all;
	return job_go_on(job, error);
}

static gboolean run_encode(Job *job, gpointer data, GError **error)
{
	Worker *worker = data;

	return knowledge_encode_missing(worker->store, NULL, answer_engine_encoder(worker->engine),
					encode_goes_on, job, error);
}

/* A thread of its own, since receivers may take their time and other jobs shall not wait for them. */
static gboolean delivery_stopping(gpointer data)
{
	Worker *worker = data;

	return !g_atomic_int_get(&worker->delivering);
}

static gpointer deliver(gpointer data)
{
	Worker *worker = data;

	while (!delivery_stopping(worker)) {
		g_autoptr(GError) error = NULL;

		if (webhooks_send_due(worker->store, worker->allow_private, delivery_stopping,
				      worker, &error) < 0)
			log_event(LOG_WARNING, "webhooks", "error", 'e', error, NULL);
		for (int i = 0; i < LOOK_MS / 100 && !delivery_stopping(worker); i++)
			g_usleep(100000);
	}
	return NULL;
}

/* Likewise, since a message waits for it and other jobs take their time. */
static gpointer opine(gpointer data)
{
	Worker *worker = data;

	while (!delivery_stopping(worker)) {
		g_autoptr(GError) error = NULL;

		if (!opinions_give(worker->opinions, delivery_stopping, worker, &error))
			log_event(LOG_WARNING, "opinions", "error", 'e', error, NULL);
		for (int i = 0; i < OPINE_MS / 100 && !delivery_stopping(worker); i++)
			g_usleep(100000);
	}
	return NULL;
}

static gpointer renew(gpointer data)
{
	Worker *worker = data;
	g_autoptr(GError) error = NULL;

	if (!search_renew(worker->store, delivery_stopping, worker, &error))
		log_event(LOG_WARNING, "search_renewal", "error", 'e', error, NULL);
	return NULL;
}

/* What is kept only for a while: answers by Idempotency-Key, stream events, model calls,
 * sessions nobody uses, jobs that are done. */
static gboolean sweep(Db *db, gpointer data, GError **error)
{
	static const struct {
		const char *sql;
		gint64 age_ms;
	} rows[] = {
		{"DELETE FROM idempotency WHERE created_at < $1", 86400000},
		{"DELETE FROM conversation_events WHERE at < $1", 7 * 86400000LL},
		{"DELETE FROM model_calls WHERE at < $1", MODEL_CALLS_DAYS * 86400000LL},
		{"DELETE FROM sessions WHERE seen_at < $1", 7 * 86400000LL},
		{"DELETE FROM webhook_deliveries WHERE state <> 'pending' AND done_at < $1",
		 30 * 86400000LL},
		{"DELETE FROM notifications WHERE at < $1", NOTIFICATION_DAYS * 86400000LL},
		{"DELETE FROM jobs WHERE state IN ('done', 'failed') AND updated_at < $1",
		 30 * 86400000LL},
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (!db_run(db, rows[i].sql, error, "i", clock_now_ms() - rows[i].age_ms))
			return FALSE;
	return TRUE;
}

/* Clocks that ran out and tasks to be reminded of. More than one write holds is done by the next. */
static gboolean look_at_clocks(Db *db, gpointer data, GError **error)
{
	int *n = data, n_breaches = 0, n_reminders = 0;

	if (!sla_find_breaches(db, &n_breaches, error) || !agenda_remind(db, &n_reminders, error))
		return FALSE;
	*n = n_breaches + n_reminders;
	return TRUE;
}

static void clocks_round(Worker *worker)
{
	g_autoptr(GError) error = NULL;
	int n = 0;

	do {
		if (!store_write(worker->store, look_at_clocks, &n, &error))
			log_event(LOG_WARNING, "clocks", "error", 'e', error, NULL);
	} while (n && !error && !worker_stopping(worker));
}

/* A new release may bring new weights or corrections. */
static gboolean queue_encoding(Db *db, gpointer data, GError **error)
{
	return knowledge_queue_encoding(db, answer_engine_encoder(data)->encoding, error);
}

static gboolean run_import(Job *job, gpointer data, GError **error)
{
	Worker *worker = data;

	return import_work(worker->store, worker->data, job, FALSE, error);
}

static gboolean run_import_revert(Job *job, gpointer data, GError **error)
{
	Worker *worker = data;

	return import_work(worker->store, worker->data, job, TRUE, error);
}

static const JobKind kinds[] = {
	{"encode_passages", run_encode, 120000, 5, 30000},
	{"import", run_import, 120000, 5, 10000},
	{"import_revert", run_import_revert, 120000, 5, 10000},
};

/* Of every organisation: what is swept has no other owner than its file. */
static gboolean sweep_imports(Worker *worker, GError **error)
{
	Principal system = principal_system("");
	Imports imports = {worker->store, worker->data, &system};

	return import_sweep(&imports, error);
}

/* What it did stands in the audit trail. */
static void keep_rules(Worker *worker)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Retention retention = {.store = worker->store,
			       .data = worker->data,
			       .stopping = worker_stopping,
			       .stopping_data = worker};

	if (!retention_run(&retention, out, &error))
		log_event(LOG_WARNING, "retention", "error", 'e', error, NULL);
}

static void worker_round(Worker *worker, gint64 *swept_us, gint64 *clocks_us)
{
	JobRunner runner = {kinds, G_N_ELEMENTS(kinds), worker_stopping, worker};
	g_autoptr(GError) error = NULL;
	gint64 now = clock_monotonic_us();

	if (now - *swept_us > SWEEP_MS * 1000LL) {
		*swept_us = now;
		if (!store_write(worker->store, sweep, NULL, &error))
			log_event(LOG_WARNING, "sweep", "error", 'e', error, NULL);
		g_clear_error(&error);
		if (!sweep_imports(worker, &error))
			log_event(LOG_WARNING, "sweep_imports", "error", 'e', error, NULL);
		g_clear_error(&error);
		if (!attachments_sweep(worker->store, worker->data, &error))
			log_event(LOG_WARNING, "sweep_attachments", "error", 'e', error, NULL);
		g_clear_error(&error);
		if (worker->n_sweeps++ % SWEEPS_A_DAY == 0)
			keep_rules(worker);
	}
	if (now - *clocks_us > CLOCKS_MS * 1000LL) {
		*clocks_us = now;
		clocks_round(worker);
	}
	if (jobs_run_due(worker->store, &runner, &error) < 0)
		log_event(LOG_WARNING, "jobs", "error", 'e', error, NULL);
	answer_engine_tick(worker->engine);
}

int worker_main(const Config *config, int control_fd)
{
	StoreOptions options = {.path = config_string(config, SETTING_DATA),
				.tokenize = text_tokenize_pieces};
	g_autofree char *encoder = models_encoder_path(config);
	g_autoptr(GError) error = NULL;
	Worker worker = {.control_fd = control_fd,
			 .data = options.path,
			 .delivering = 1,
			 .allow_private = config_bool(config, SETTING_WEBHOOK_ALLOW_PRIVATE)};
	gint64 idle_ms = config_int(config, SETTING_ENCODER_IDLE_MINUTES) * 60000;
	GThread *delivery, *renewal, *opining = NULL;
	gint64 swept_us = clock_monotonic_us(), clocks_us = 0;

	setpriority(PRIO_PROCESS, 0, 10);
	worker.store = store_open(&options, &error);
	if (!worker.store) {
		log_event(LOG_ERROR, "worker_start", "error", 'e', error, NULL);
		return error_kind(error)->exit_code;
	}
	worker.engine = answer_engine_new(worker.store, encoder, 1, idle_ms);
	if (encoder && config_bool(config, SETTING_JUDGE))
		worker.opinions = opinions_new(worker.store, encoder, idle_ms);
	if (encoder && !store_write(worker.store, queue_encoding, worker.engine, &error)) {
		log_event(LOG_WARNING, "queue_encoding", "error", 'e', error, NULL);
		g_clear_error(&error);
	}
	delivery = g_thread_new("webhooks", deliver, &worker);
	renewal = g_thread_new("renewal", renew, &worker);
	if (worker.opinions)
		opining = g_thread_new("opinions", opine, &worker);
	process_ready(control_fd);
	while (!worker.stop && process_wait(control_fd, LOOK_MS))
		worker_round(&worker, &swept_us, &clocks_us);
	g_atomic_int_set(&worker.delivering, 0);
	g_thread_join(delivery);
	g_thread_join(renewal);
	if (opining)
		g_thread_join(opining);
	opinions_free(worker.opinions);
	answer_engine_free(worker.engine);
	store_close(worker.store);
	return 0;
}
