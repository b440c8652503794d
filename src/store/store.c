/*
 * The write queue, its one writer thread and the keeper thread beside it; the same for every
 * database library.
 * Design choice: group commit without a timer. While one commit waits for its sync, requests queue
 * up; the next transaction takes them all (up to 10 ms of work). A lone request never waits for
 * company, a crowd shares one sync.
 */
#include "store/store.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "store/migrate.h"
#include "store/readers.h"

enum {
	BATCH_WORK_US = 10000,
	WRITE_PATIENCE_US = 5000000,
	BULK_PATIENCE_US = 5000, /* then the writer serves others and the bulk caller tries again */
	BULK_URGENT_AFTER_US = 1000000,
	BULK_URGENT_PATIENCE_US = 50000,
	BULK_GIVES_UP_US = 60000000,
	BULK_TURN_US = 20000, /* a bulk step that waited this long goes before the next batch */
	NEWS_EVERY_US = 500000,
	KEEPER_EVERY_US = 1000000,
	MAX_QUEUED = 10000
};

typedef struct {
	StoreWork work; /* NULL for a bulk step */
	StoreDone done;
	StoreBulk step;
	gpointer data;
	GError *error;
	GCond *answer; /* the blocking caller's; NULL: free the request after done */
	gboolean answered;
	gboolean urgent; /* bulk step that has waited too long */
	gboolean busy;	 /* bulk step that did not get the lock */
	BulkStep result;
	gint64 queued_us;
	GList link;
} Request;

struct Store {
	const Backend *backend;
	BackendStore *shared;
	Db *writer;
	Readers *readers;
	const StoreMigration *migrations;
	StoreMigration *own_migrations; /* NULL when a test brought its own */
	gsize n_migrations;
	pid_t process;
	GThread *writer_thread;
	GThread *keeper_thread;

	GMutex lock; /* of everything below */
	GCond queued;
	GCond upkeep;
	GQueue requests;
	GQueue bulk_requests;
	gboolean closing;
	gboolean keeper_wanted;
	gboolean bulk_works;
	gint64 waited_us; /* when an interactive request last came during a bulk step; 0: never */
	BackendFault trouble; /* NONE, FULL or SYNC */
	StoreNews news;
	gpointer news_data;
};

typedef struct {
	GQueue inside;	       /* done their work in the open transaction */
	GQueue refused;	       /* answered together with the others */
	gboolean open;	       /* a transaction is open */
	const GError *blocked; /* why none can be opened; of the request refused last */
} Batch;

/* ---- trouble --------------------------------------------------------------------------------- */

static const char *trouble_text(BackendFault trouble)
{
	if (trouble == BACKEND_FAULT_SYNC)
		return "the disk failed to store data; nothing is written until the program is "
		       "started anew";
	return trouble == BACKEND_FAULT_FULL
		       ? "there is no room left on the disk of the data directory"
		       : NULL;
}

char *store_trouble(Store *store)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&store->lock);

	(void)locked;
	return g_strdup(trouble_text(store->trouble));
}

/* A failed sync is for good, a full disk until the next commit that works. Other faults end with
 * their request. */
static void trouble_set(Store *store, BackendFault fault)
{
	BackendFault before;

	g_mutex_lock(&store->lock);
	before = store->trouble;
	if (before != BACKEND_FAULT_SYNC)
		store->trouble = fault;
	g_mutex_unlock(&store->lock);
	if (before == fault || before == BACKEND_FAULT_SYNC)
		return;
	if (fault == BACKEND_FAULT_NONE)
		log_event(LOG_INFO, "store_writes_resumed", NULL);
	else
		log_event(LOG_ERROR, "store_writes_refused", "why", 's', trouble_text(fault), NULL);
}

static void trouble_note(Store *store, BackendLink *link)
{
	BackendFault fault = store->backend->fault(link);

	if (fault == BACKEND_FAULT_FULL || fault == BACKEND_FAULT_SYNC)
		trouble_set(store, fault);
}

static BackendFault trouble_get(Store *store)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&store->lock);

	(void)locked;
	return store->trouble;
}

static gboolean refuse_after_sync_failure(Store *store, GError **error)
{
	if (trouble_get(store) != BACKEND_FAULT_SYNC)
		return FALSE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    trouble_text(BACKEND_FAULT_SYNC));
	return TRUE;
}

/* ---- one batch ------------------------------------------------------------------------------- */

static Request *request_take(Store *store, GQueue *queue)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&store->lock);
	GList *link = g_queue_pop_head_link(queue);

	(void)locked;
	return link ? link->data : NULL;
}

static void batch_refuse(Batch *batch, Request *request)
{
	if (!request->error)
		request->error = g_error_new_literal(ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
						     "a write failed without a reason");
	g_queue_push_tail_link(&batch->refused, &request->link);
}

/* The transaction is gone: nothing of it was stored. */
static void batch_lose(Batch *batch, const GError *error)
{
	GList *link;

	while ((link = g_queue_pop_head_link(&batch->inside))) {
		Request *request = link->data;

		request->error = g_error_copy(error);
		g_queue_push_tail_link(&batch->refused, link);
	}
	batch->open = FALSE;
}

static gboolean batch_open(Store *store, Batch *batch, GError **error)
{
	const Backend *backend = store->backend;

	if (batch->open)
		return TRUE;
	if (refuse_after_sync_failure(store, error))
		return FALSE;
	if (!backend->begin_write(store->writer->link, TRUE, WRITE_PATIENCE_US, error)) {
		trouble_note(store, store->writer->link);
		return FALSE;
	}
	batch->open = TRUE;
	return TRUE;
}

/* The work itself, and what must hold before its neighbours follow. */
static gboolean request_work(Store *store, Request *request)
{
	Db *db = store->writer;
	gboolean done = request->work(db, request->data, &request->error);

	db_drop_rows(db);
	return done && store->backend->settled(db->link, &request->error);
}

/* Undoes a failed request alone. The first one needs no savepoint: before it the transaction is
 * empty. */
static void batch_undo(Store *store, Batch *batch, Request *request, gboolean first)
{
	const Backend *backend = store->backend;
	BackendLink *link = store->writer->link;

	trouble_note(store, link);
	if (!request->error)
		request->error = g_error_new_literal(ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
						     "a write failed without a reason");
	if (first) {
		backend->rollback(link);
		batch->open = FALSE;
	} else if (!backend->in_transaction(link) || !backend->rollback_to(link, NULL)) {
		backend->rollback(link);
		batch_lose(batch, request->error);
	}
	batch_refuse(batch, request);
}

static void batch_add(Store *store, Batch *batch, Request *request)
{
	const Backend *backend = store->backend;
	BackendLink *link = store->writer->link;
	gboolean first = batch->inside.length == 0;
	gboolean done;

	if (!batch_open(store, batch, &request->error)) {
		batch_refuse(batch, request);
		batch->blocked = request->error;
		return;
	}
	done = (first || backend->savepoint(link, &request->error)) && request_work(store, request);
	/* A full disk may have ended the whole transaction although the work went on. */
	if (done && !backend->in_transaction(link)) {
		g_set_error(&request->error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "the transaction was ended by the database");
		done = FALSE;
	}
	done = done && (first || backend->release(link, &request->error));
	if (done)
		g_queue_push_tail_link(&batch->inside, &request->link);
	else
		batch_undo(store, batch, request, first);
}

static void call_news(Store *store)
{
	StoreNews news;
	gpointer data;

	g_mutex_lock(&store->lock);
	news = store->news;
	data = store->news_data;
	g_mutex_unlock(&store->lock);
	if (news)
		news(data);
}

static void answer(Store *store, GQueue *requests)
{
	GList *link;

	while ((link = g_queue_pop_head_link(requests))) {
		Request *request = link->data;

		if (request->answer) {
			g_mutex_lock(&store->lock);
			request->answered = TRUE; /* the request is the caller's from here on */
			g_cond_signal(request->answer);
			g_mutex_unlock(&store->lock);
			continue;
		}
		if (request->done)
			request->done(request->error, request->data);
		g_clear_error(&request->error);
		g_free(request);
	}
}

static void after_commit(Store *store)
{
	trouble_set(store, BACKEND_FAULT_NONE);
	call_news(store);
	if (!store->backend->wants_tidy(store->shared))
		return;
	g_mutex_lock(&store->lock);
	store->keeper_wanted = TRUE;
	g_cond_signal(&store->upkeep);
	g_mutex_unlock(&store->lock);
}

static void batch_commit(Store *store, Batch *batch)
{
	g_autoptr(GError) error = NULL;
	gboolean others = batch->open && store->backend->others_committed(store->writer->link);

	if (batch->open && batch->inside.length == 0) {
		store->backend->rollback(store->writer->link);
	} else if (batch->open && store->backend->commit(store->writer->link, &error)) {
		after_commit(store);
		others = FALSE;
	} else if (batch->open) {
		trouble_note(store, store->writer->link);
		batch_lose(batch, error);
	}
	if (others)
		call_news(store);
	answer(store, &batch->inside);
	answer(store, &batch->refused);
}

/* When no transaction can be opened, everybody who waits hears so at once, instead of each after
 * five seconds of his own. */
static void batch_refuse_queue(Store *store, Batch *batch)
{
	Request *request;

	while ((request = request_take(store, &store->requests))) {
		request->error = g_error_copy(batch->blocked);
		batch_refuse(batch, request);
	}
}

static void write_batch(Store *store)
{
	gint64 until = clock_monotonic_us() + BATCH_WORK_US;
	Batch batch = {G_QUEUE_INIT, G_QUEUE_INIT, FALSE, NULL};
	Request *request = request_take(store, &store->requests);

	while (request) {
		batch_add(store, &batch, request);
		request = batch.blocked || clock_monotonic_us() >= until
				  ? NULL
				  : request_take(store, &store->requests);
	}
	if (batch.blocked)
		batch_refuse_queue(store, &batch);
	batch_commit(store, &batch);
	store->backend->give_way(store->writer->link);
}

/* ---- one bulk step --------------------------------------------------------------------------- */

static gboolean bulk_begin(Store *store, Request *request)
{
	const Backend *backend = store->backend;
	BackendLink *link = store->writer->link;
	gint64 patience_us = request->urgent ? BULK_URGENT_PATIENCE_US : BULK_PATIENCE_US;

	if (refuse_after_sync_failure(store, &request->error))
		return FALSE;
	if (backend->begin_write(link, request->urgent, patience_us, &request->error))
		return TRUE;
	trouble_note(store, link);
	request->busy = backend->fault(link) == BACKEND_FAULT_BUSY;
	return FALSE;
}

static gboolean bulk_work(Store *store, Request *request)
{
	Db *db = store->writer;
	BackendLink *link = db->link;

	request->result = request->step(db, request->data, &request->error);
	db_drop_rows(db);
	if (request->result != BULK_FAILED && store->backend->settled(link, &request->error) &&
	    store->backend->commit(link, &request->error))
		return TRUE;
	trouble_note(store, link);
	if (store->backend->in_transaction(link))
		store->backend->rollback(link);
	request->result = BULK_FAILED;
	return FALSE;
}

static void set_bulk_works(Store *store, gboolean works)
{
	g_mutex_lock(&store->lock);
	store->bulk_works = works;
	g_mutex_unlock(&store->lock);
}

static void write_bulk_step(Store *store)
{
	Request *request = request_take(store, &store->bulk_requests);
	GQueue alone = G_QUEUE_INIT;

	if (!request)
		return;
	request->result = BULK_FAILED;
	set_bulk_works(store, TRUE);
	if (bulk_begin(store, request) && bulk_work(store, request))
		after_commit(store);
	set_bulk_works(store, FALSE);
	g_queue_push_tail_link(&alone, &request->link);
	answer(store, &alone);
}

/* ---- the writer thread ----------------------------------------------------------------------- */

typedef enum { TURN_NEWS, TURN_BATCH, TURN_BULK, TURN_END } Turn;

static Turn wait_for_turn(Store *store)
{
	gint64 until = clock_monotonic_us() + NEWS_EVERY_US;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&store->lock);
	Request *bulk;

	(void)locked;
	while (!store->requests.length && !store->bulk_requests.length) {
		if (store->closing)
			return TURN_END;
		if (!g_cond_wait_until(&store->queued, &store->lock, until))
			return TURN_NEWS;
	}
	bulk = g_queue_peek_head(&store->bulk_requests);
	if (!store->requests.length ||
	    (bulk && clock_monotonic_us() - bulk->queued_us > BULK_TURN_US))
		return TURN_BULK;
	return TURN_BATCH;
}

static gpointer writer_main(gpointer data)
{
	Store *store = data;
	Turn turn;

	while ((turn = wait_for_turn(store)) != TURN_END) {
		if (turn == TURN_BATCH)
			write_batch(store);
		else if (turn == TURN_BULK)
			write_bulk_step(store);
		else if (store->backend->others_committed(store->writer->link))
			call_news(store);
	}
	return NULL;
}

/* ---- the keeper thread ----------------------------------------------------------------------- */

static gboolean keeper_wait(Store *store)
{
	gint64 until = clock_monotonic_us() + KEEPER_EVERY_US;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&store->lock);

	(void)locked;
	while (!store->closing && !store->keeper_wanted) {
		if (!g_cond_wait_until(&store->upkeep, &store->lock, until))
			break;
	}
	store->keeper_wanted = FALSE;
	return !store->closing;
}

static void keeper_tidy(Store *store, Db **db)
{
	g_autoptr(GError) error = NULL;

	if (!*db)
		*db = db_open(store->backend, store->shared, BACKEND_WRITER, &error);
	if (*db && store->backend->tidy((*db)->link, &error))
		return;
	log_event(LOG_WARNING, "store_tidy_failed", "error", 'e', error, NULL);
	if (*db)
		trouble_note(store, (*db)->link);
	g_clear_pointer(db, db_close);
	g_usleep(KEEPER_EVERY_US / 10); /* a disk that fails is not asked in a tight loop */
}

/* Any change will do: it shows whether there is room again. */
static gboolean probe_room(Db *db, gpointer data, GError **error)
{
	(void)data;
	return db_run(db, "UPDATE schema_migrations SET applied_at = applied_at WHERE version = 1",
		      error, "");
}

static gpointer keeper_main(gpointer data)
{
	Store *store = data;
	Db *db = NULL;

	while (keeper_wait(store)) {
		if (store->backend->wants_tidy(store->shared))
			keeper_tidy(store, &db);
		if (trouble_get(store) == BACKEND_FAULT_FULL)
			store_write(store, probe_room, NULL, NULL);
		readers_trim(store->readers);
	}
	db_close(db);
	return NULL;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static gboolean check_process(Store *store, GError **error)
{
	if (getpid() == store->process)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
		    "a child process opens a store of its own");
	return FALSE;
}

static gboolean request_queue(Store *store, GQueue *queue, Request *request, GError **error)
{
	g_autoptr(GMutexLocker) locked = NULL;

	if (!check_process(store, error))
		return FALSE;
	locked = g_mutex_locker_new(&store->lock);
	(void)locked;
	if (store->closing || queue->length >= MAX_QUEUED) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    store->closing ? "the database is being closed"
					   : "too many writes are waiting, try again");
		return FALSE;
	}
	request->queued_us = clock_monotonic_us();
	if (queue == &store->requests && store->bulk_works)
		store->waited_us = request->queued_us;
	request->link.data = request;
	g_queue_push_tail_link(queue, &request->link);
	g_cond_signal(&store->queued);
	return TRUE;
}

/* Blocks until the writer thread has answered. */
static gboolean request_ask(Store *store, GQueue *queue, Request *request, GError **error)
{
	GCond answered;

	if (g_thread_self() == store->writer_thread) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "the writer thread cannot wait for itself");
		return FALSE;
	}
	g_cond_init(&answered);
	request->answer = &answered;
	request->answered = FALSE;
	if (request_queue(store, queue, request, error)) {
		g_mutex_lock(&store->lock);
		while (!request->answered)
			g_cond_wait(&answered, &store->lock);
		g_mutex_unlock(&store->lock);
	}
	g_cond_clear(&answered);
	return request->answered;
}

gboolean store_write(Store *store, StoreWork work, gpointer data, GError **error)
{
	Request request = {.work = work, .data = data};

	if (!request_ask(store, &store->requests, &request, error))
		return FALSE;
	if (!request.error)
		return TRUE;
	g_propagate_error(error, request.error);
	return FALSE;
}

void store_write_async(Store *store, StoreWork work, StoreDone done, gpointer data)
{
	g_autoptr(GError) error = NULL;
	Request *request = g_new0(Request, 1);

	request->work = work;
	request->done = done;
	request->data = data;
	if (request_queue(store, &store->requests, request, &error))
		return;
	g_free(request);
	if (done)
		done(error, data);
}

gboolean store_write_bulk(Store *store, StoreBulk step, gpointer data, GError **error)
{
	gint64 asked_us = clock_monotonic_us();
	Request request = {.step = step, .data = data, .result = BULK_MORE};

	while (request.result == BULK_MORE || request.busy) {
		g_clear_error(&request.error);
		request.busy = FALSE;
		request.urgent = clock_monotonic_us() - asked_us > BULK_URGENT_AFTER_US;
		store->backend->give_way_bulk(store->shared);
		if (!request_ask(store, &store->bulk_requests, &request, error))
			return FALSE;
		if (request.busy && clock_monotonic_us() - asked_us > BULK_GIVES_UP_US)
			break;
		if (!request.busy)
			asked_us = clock_monotonic_us();
	}
	if (!request.error && request.result == BULK_DONE)
		return TRUE;
	if (!request.error)
		request.error = g_error_new_literal(ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
						    "a bulk write failed without a reason");
	g_propagate_error(error, request.error);
	return FALSE;
}

gint64 store_quiet_us(Store *store)
{
	gint64 quiet_us = G_MAXINT64;

	g_mutex_lock(&store->lock);
	if (store->requests.length)
		quiet_us = 0;
	else if (store->waited_us)
		quiet_us = clock_monotonic_us() - store->waited_us;
	g_mutex_unlock(&store->lock);
	return MIN(quiet_us, store->backend->quiet_us(store->shared));
}

void store_set_news(Store *store, StoreNews news, gpointer data)
{
	g_mutex_lock(&store->lock);
	store->news = news;
	store->news_data = data;
	g_mutex_unlock(&store->lock);
}

/* ---- reading --------------------------------------------------------------------------------- */

Db *db_begin_read(Store *store, GError **error)
{
	return check_process(store, error) ? readers_lend(store->readers, error) : NULL;
}

void db_free(Db *db)
{
	if (db && db->readers)
		readers_give_back(db->readers, db);
}

/* ---- upkeep ---------------------------------------------------------------------------------- */

gboolean store_backup(Store *store, const char *path, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db && store->backend->backup(db->link, path, error);
}

gboolean store_scrub(Store *store, GError **error)
{
	return store->backend->scrub(store->shared, error);
}

gboolean store_check(Store *store, StoreFound found, gpointer data, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	if (!db || !migrate_check(db, store->migrations, store->n_migrations, found, data, error))
		return FALSE;
	return store->backend->check(store->shared, found, data, error);
}

/* ---- opening --------------------------------------------------------------------------------- */

static gboolean open_writer(Store *store, const StoreOptions *options, GError **error)
{
	store->shared = store->backend->open(options, error);
	if (!store->shared)
		return FALSE;
	store->writer = db_open(store->backend, store->shared, BACKEND_WRITER, error);
	if (!store->writer)
		return FALSE;
	if (!migrate_run(store->writer, store->migrations, store->n_migrations, options->migrate,
			 error)) {
		g_prefix_error(error, "%s: ", options->path);
		return FALSE;
	}
	store->backend->others_committed(store->writer->link); /* what came before is no news */
	return TRUE;
}

static void stop_threads(Store *store)
{
	g_mutex_lock(&store->lock);
	store->closing = TRUE;
	g_cond_broadcast(&store->queued);
	g_cond_broadcast(&store->upkeep);
	g_mutex_unlock(&store->lock);
	/* The keeper first: it may wait for a write of its own. */
	if (store->keeper_thread)
		g_thread_join(store->keeper_thread);
	if (store->writer_thread)
		g_thread_join(store->writer_thread);
}

void store_close(Store *store)
{
	/* the parent's connections are not ours to close */
	if (!store || getpid() != store->process)
		return;
	stop_threads(store);
	if (store->readers)
		readers_free(store->readers);
	db_close(store->writer);
	if (store->shared)
		store->backend->close(store->shared);
	g_cond_clear(&store->queued);
	g_cond_clear(&store->upkeep);
	g_mutex_clear(&store->lock);
	g_free(store->own_migrations);
	g_free(store);
}

Store *store_open(const StoreOptions *options, GError **error)
{
	g_autoptr(Store) store = g_new0(Store, 1);

	store->backend = &backend_sqlite;
	store->process = getpid();
	g_mutex_init(&store->lock);
	g_cond_init(&store->queued);
	g_cond_init(&store->upkeep);
	store->migrations = options->migrations;
	store->n_migrations = options->n_migrations;
	if (!store->migrations)
		store->migrations = store->own_migrations = migrations_own(&store->n_migrations);
	if (!open_writer(store, options, error))
		return NULL;
	store->readers = readers_new(store->backend, store->shared);
	store->writer_thread = g_thread_new("store-writer", writer_main, store);
	store->keeper_thread = g_thread_new("store-keeper", keeper_main, store);
	return g_steal_pointer(&store);
}
