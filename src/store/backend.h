/*
 * What a database library must do for the store: one table of functions for each library (SQLite
 * now, PostgreSQL next).
 * Ownership: a BackendStore outlives its links, a link outlives its statements. Texts and blobs of
 * a row live until the next step, reset or finalize. Threads: a BackendStore is shared; a link with
 * its statements belongs to one thread at a time.
 * Errors: as listed in store.h; after a failure fault() says what it means for the writes that
 * follow.
 * Does not queue, pool, cache or retry: that is the store's part and the same for every library.
 */
#pragma once

#include "store/store.h"

typedef struct BackendStore BackendStore;
typedef struct BackendLink BackendLink;
typedef struct BackendStatement BackendStatement;

typedef enum { BACKEND_READER, BACKEND_WRITER } BackendRole;

typedef enum {
	BACKEND_FAULT_NONE, /* the statement's own fault: constraint, syntax, value */
	BACKEND_FAULT_BUSY, /* another writer held the lock for too long */
	BACKEND_FAULT_FULL, /* no room; goes away by itself when there is some */
	BACKEND_FAULT_LINK, /* this connection is of no more use */
	/* a sync failed: nobody knows what is on disk until the database is opened anew */
	BACKEND_FAULT_SYNC
} BackendFault;

typedef enum { BACKEND_ROW, BACKEND_END, BACKEND_FAILED } BackendStep;

typedef struct {
	const char *name;

	/* Prepares the place (directory, file) and what all connections share. */
	BackendStore *(*open)(const StoreOptions *options, GError **error);
	void (*close)(BackendStore *store);

	BackendLink *(*connect)(BackendStore *store, BackendRole role, GError **error);
	void (*disconnect)(BackendLink *link);
	/* Of the last failure on this connection; begin clears it. */
	BackendFault (*fault)(BackendLink *link);

	/* One statement that reads or changes rows; anything else (DDL, transactions, settings) is
	 * refused. */
	BackendStatement *(*prepare)(BackendLink *link, const char *sql, GError **error);
	/* values[0] is $1. With lasting the values are copied, else they must live until the
	 * reset. */
	gboolean (*bind)(BackendStatement *statement, const DbValue *values, gsize n_values,
			 gboolean lasting, GError **error);
	BackendStep (*step)(BackendStatement *statement, GError **error);
	void (*reset)(BackendStatement *statement);
	void (*finalize)(BackendStatement *statement);
	int (*n_columns)(BackendStatement *statement);
	const char *(*column_name)(BackendStatement *statement, int column);
	gboolean (*column_is_null)(BackendStatement *statement, int column);
	gint64 (*column_int)(BackendStatement *statement, int column);
	double (*column_double)(BackendStatement *statement, int column);
	const char *(*column_text)(BackendStatement *statement, int column);
	const void *(*column_blob)(BackendStatement *statement, int column);
	gsize (*column_length)(BackendStatement *statement, int column);
	gint64 (*changes)(BackendLink *link);
	gint64 (*last_id)(BackendLink *link);

	gboolean (*begin_read)(BackendLink *link, GError **error);
	/* Waits at most patience_us for other writers; urgent ones are seen by the bulk writers of
	 * every process. */
	gboolean (*begin_write)(BackendLink *link, gboolean urgent, gint64 patience_us,
				GError **error);
	/* On failure the transaction is gone. */
	gboolean (*commit)(BackendLink *link, GError **error);
	void (*rollback)(BackendLink *link);
	gboolean (*in_transaction)(BackendLink *link);
	/* begin_write, then any number of savepoint .. (release | rollback_to), also inside each
	 * other. */
	gboolean (*savepoint)(BackendLink *link, GError **error);
	gboolean (*release)(BackendLink *link, GError **error);
	gboolean (*rollback_to)(BackendLink *link, GError **error);
	/* FALSE with CONFLICT when a deferred constraint is violated now, which would fail the
	 * whole commit later. */
	gboolean (*settled)(BackendLink *link, GError **error);

	/* TRUE when other connections have committed since the last call on this one. */
	gboolean (*others_committed)(BackendLink *link);
	/* Between two bulk writes: returns when no urgent writer of any process waits and upkeep
	 * has caught up, in any case soon. */
	void (*give_way_bulk)(BackendStore *store);
	/* How long ago an urgent writer of any process was last seen waiting for the write lock: 0
	 * while one waits, G_MAXINT64 when none ever did. */
	gint64 (*quiet_us)(BackendStore *store);
	/* After a batch: lets a writer of another process in that waited meanwhile. */
	void (*give_way)(BackendLink *link);

	/* Whether tidy() has work (SQLite: enough of the log to write back); tidy() runs beside
	 * readers and writers. */
	gboolean (*wants_tidy)(BackendStore *store);
	gboolean (*tidy)(BackendLink *link, GError **error);

	gboolean (*has_table)(BackendLink *link, const char *table, gboolean *ret_exists,
			      GError **error);
	/* A transaction that may change the schema: begin .. script .. end. end commits when apply,
	 * after checking references. */
	gboolean (*migration_begin)(BackendLink *link, GError **error);
	gboolean (*migration_script)(BackendLink *link, const char *sql, gsize n_bytes,
				     GError **error);
	gboolean (*migration_end)(BackendLink *link, gboolean apply, GError **error);

	gboolean (*backup)(BackendLink *link, const char *path, GError **error);
	gboolean (*scrub)(BackendStore *store, GError **error);
	gboolean (*check)(BackendStore *store, StoreFound found, gpointer data, GError **error);
} Backend;

extern const Backend backend_sqlite;
