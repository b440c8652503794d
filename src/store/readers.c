/* Last in, first out, so that the caches in use stay warm and the others become old enough to be
 * closed. */
#include "store/readers.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"

enum {
	READERS_MAX_LENT = 64,
	READERS_MAX_KEPT = 8,
	READERS_IDLE_US = 30000000,
	READERS_WAIT_US = 5000000
};

struct Readers {
	const Backend *backend;
	BackendStore *shared;
	GMutex lock;
	GCond returned;
	GQueue idle; /* Db, the one returned last first */
	guint n_lent;
};

Readers *readers_new(const Backend *backend, BackendStore *shared)
{
	Readers *readers = g_new0(Readers, 1);

	readers->backend = backend;
	readers->shared = shared;
	g_mutex_init(&readers->lock);
	g_cond_init(&readers->returned);
	g_queue_init(&readers->idle);
	return readers;
}

void readers_free(Readers *readers)
{
	if (readers->n_lent)
		log_event(LOG_ERROR, "store_snapshots_not_given_back", "count", 'i',
			  (gint64)readers->n_lent, NULL);
	g_queue_clear_full(&readers->idle, (GDestroyNotify)db_close);
	g_cond_clear(&readers->returned);
	g_mutex_clear(&readers->lock);
	g_free(readers);
}

/* An idle connection, or NULL when the caller may open one. */
static gboolean take_place(Readers *readers, Db **ret_db, GError **error)
{
	gint64 until = clock_monotonic_us() + READERS_WAIT_US;
	gboolean in_time = TRUE;

	g_mutex_lock(&readers->lock);
	while (in_time && readers->n_lent >= READERS_MAX_LENT)
		in_time = g_cond_wait_until(&readers->returned, &readers->lock, until);
	if (in_time) {
		readers->n_lent++;
		*ret_db = g_queue_pop_head(&readers->idle);
	}
	g_mutex_unlock(&readers->lock);
	if (!in_time)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "too many readers of the database at once");
	return in_time;
}

static void leave_place(Readers *readers, Db *keep)
{
	g_mutex_lock(&readers->lock);
	readers->n_lent--;
	if (keep && readers->idle.length < READERS_MAX_KEPT) {
		keep->idle_since_us = clock_monotonic_us();
		g_queue_push_head(&readers->idle, keep);
		keep = NULL;
	}
	g_cond_signal(&readers->returned);
	g_mutex_unlock(&readers->lock);
	db_close(keep);
}

Db *readers_lend(Readers *readers, GError **error)
{
	Db *db = NULL;

	if (!take_place(readers, &db, error))
		return NULL;
	if (!db)
		db = db_open(readers->backend, readers->shared, BACKEND_READER, error);
	if (db && readers->backend->begin_read(db->link, error)) {
		db->readers = readers;
		return db;
	}
	db_close(db);
	leave_place(readers, NULL);
	return NULL;
}

void readers_give_back(Readers *readers, Db *db)
{
	gboolean good = readers->backend->fault(db->link) == BACKEND_FAULT_NONE;

	db_drop_rows(db);
	good = readers->backend->commit(db->link, NULL) && good;
	if (!good) {
		db_close(db);
		db = NULL;
	}
	leave_place(readers, db);
}

void readers_trim(Readers *readers)
{
	gint64 old = clock_monotonic_us() - READERS_IDLE_US;
	Db *db = NULL;

	do {
		g_mutex_lock(&readers->lock);
		db = g_queue_peek_tail(&readers->idle);
		if (readers->idle.length > 1 && db->idle_since_us < old)
			g_queue_pop_tail(&readers->idle);
		else
			db = NULL;
		g_mutex_unlock(&readers->lock);
		db_close(db);
	} while (db);
}
