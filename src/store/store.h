/*
 * The store: one database of one installation, behind an interface that knows no database library.
 *
 * Reading: db_begin_read() lends a connection with a snapshot; it goes back with db_free().
 * Writing: store_write() and store_write_async() queue a function for the one writer thread of this
 * process. The writer takes everything that queued during the last sync, runs each function in a
 * SAVEPOINT of its own inside one BEGIN IMMEDIATE, commits once, and only then answers: an
 * acknowledged write is on disk, one refusal does not undo its neighbours, and a reader that starts
 * after the answer sees the write. Several processes may write (core, worker, commands); bulk
 * writers give way to interactive ones of any process.
 *
 * Statements are whole texts with $1, $2, ... (bound by number, whatever their order of
 * appearance), prepared once per connection. Ownership: texts and rows are borrowed until the next
 * step. Threads: a Store is shared by all threads; a Db and its rows belong to one thread at a
 * time.
 * Errors: UNAVAILABLE (busy too long, closing), STORAGE_FULL, CONFLICT (unique or foreign key; the
 * message names the constraint), DAMAGED, NEWER, INTERNAL. After an input/output error of a sync
 * every further write is refused until restart.
 * Does not know any table but its own (schema_migrations).
 */
#pragma once

#include <glib.h>

typedef struct Store Store;
typedef struct Db Db;
typedef struct DbRows DbRows;

/* ---- opening --------------------------------------------------------------------------------- */

/* Splits text into search tokens: calls emit(token, n_bytes, start, end, emit_data) for each; emit
 * returns 0 to go on, else its value is returned at once. start and end are byte offsets into text.
 * A token that begins with STORE_TOKEN_MARK stands where the one before it does.
 * Called from any thread. */
#define STORE_TOKEN_MARK '\x01'
typedef int (*StoreEmit)(const char *token, int n_bytes, int start, int end, gpointer emit_data);
typedef int (*StoreTokenize)(const char *text, int n_bytes, StoreEmit emit, gpointer emit_data);

/* One numbered step of the schema. Once released it never changes: its SHA-256 is kept in the
 * database and compared. */
typedef struct {
	int version; /* 1, 2, 3, ... without gaps */
	const char *name;
	const char *sql; /* any number of statements */
	gsize n_bytes;
} StoreMigration;

typedef struct {
	const char *path;	/* data directory; the SQLite file is DIR/zhiyin.db */
	StoreTokenize tokenize; /* full-text tokenizer "zhiyin"; must outlive the store */
	gboolean create; /* make the directory (0700) and file (0600) when absent; else NOT_FOUND */
	gboolean migrate; /* apply missing migrations; else a database that is behind is refused */
	const char *synchronous; /* NULL = "FULL"; tests show what "OFF" loses */
	const char *vfs;	 /* NULL = default; the power-cut test names its own */
	/* NULL = the program's own; tests bring theirs. Must outlive the store */
	const StoreMigration *migrations;
	gsize n_migrations;
} StoreOptions;

/* Opens or makes the database and starts its threads. A child made by fork() cannot use the
 * parent's store (UNAVAILABLE): it opens its own. Limits: 64 MB a value, 1 MB a statement, 32766
 * parameters, 64 snapshots lent at a time (the next waits 5 s). */
Store *store_open(const StoreOptions *options, GError **error);
/* Waits for queued writes, then closes. Every Db must have been given back; no other thread may
 * still use the store. */
void store_close(Store *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Store, store_close)

/* Why writes are refused now (disk full, sync failed), or NULL. The caller frees it. */
char *store_trouble(Store *store);

/* ---- reading --------------------------------------------------------------------------------- */

/* A snapshot. Short: a forgotten one keeps the log growing. Never NULL without error. */
Db *db_begin_read(Store *store, GError **error);
void db_free(Db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_free)

typedef enum { DB_NULL, DB_INT, DB_DOUBLE, DB_TEXT, DB_BLOB } DbType;
typedef struct {
	DbType type;
	union {
		gint64 i;
		double d;
		const char *text; /* NUL-terminated, or n_bytes long when n_bytes >= 0 */
		const void *blob;
	};
	gssize n_bytes; /* DB_TEXT: -1 = up to NUL; DB_BLOB: length */
} DbValue;

/* Runs a statement. types: one letter a parameter: 's' const char * (NULL = NULL), 'i' gint64, 'd'
 * double, 'b' const void * followed by gsize; "" for none. Errors carry the SQL state, never the
 * values. */
DbRows *db_query(Db *db, const char *sql, GError **error, const char *types, ...);
DbRows *db_query_values(Db *db, const char *sql, const DbValue *values, gsize n_values,
			GError **error);
/* Like db_query, steps to the end, drops rows. */
gboolean db_run(Db *db, const char *sql, GError **error, const char *types, ...);
gboolean db_run_values(Db *db, const char *sql, const DbValue *values, gsize n_values,
		       GError **error);
/* Whether the query has a row. */
gboolean db_exists(Db *db, const char *sql, gboolean *ret_exists, GError **error, const char *types,
		   ...);
/* The first column of all its rows: char *, freed with the array. */
GPtrArray *db_texts(Db *db, const char *sql, GError **error, const char *types, ...);
/* Rows changed by the last db_run on this connection. */
gint64 db_changes(Db *db);
/* The number that the last INSERT of this connection gave its row, in a table whose key is an INTEGER.
 * Costs nothing, where RETURNING makes a savepoint of the statement (see crm/search.c). */
gint64 db_last_id(Db *db);

/* TRUE with the next row, FALSE at the end or on error (then error is set). */
gboolean db_next(DbRows *rows, GError **error);
/* Give the statement back (also in mid-result). */
void db_rows_free(DbRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)

gint64 db_int(DbRows *rows, int column);
double db_double(DbRows *rows, int column);
const char *db_text(DbRows *rows, int column); /* NULL for NULL */
gsize db_length(DbRows *rows, int column);     /* bytes of the text or blob */
const void *db_blob(DbRows *rows, int column);
gboolean db_is_null(DbRows *rows, int column);
int db_n_columns(DbRows *rows);
const char *db_column_name(DbRows *rows, int column);

/* ---- writing --------------------------------------------------------------------------------- */

/* One unit of work inside the writer's transaction. FALSE with error undoes it alone. At most a few
 * milliseconds: no waiting, no network, no model in here. Runs on the writer thread. After a
 * statement has failed return FALSE (PostgreSQL would refuse whatever follows; use ON CONFLICT
 * where a conflict is expected). It runs at most once. */
typedef gboolean (*StoreWork)(Db *db, gpointer data, GError **error);
/* Called on the writer thread after the commit (error NULL) or the refusal; on the calling thread
 * when the queue is full (10,000) or the store closes. Must be short. */
typedef void (*StoreDone)(const GError *error, gpointer data);

/* Blocks until committed or refused. Not from the writer thread. */
gboolean store_write(Store *store, StoreWork work, gpointer data, GError **error);
void store_write_async(Store *store, StoreWork work, StoreDone done, gpointer data);

/* Inside a unit of work: a part of it that can be undone alone. FALSE with error undoes what work
 * did; the caller may go on. Parts may stand inside parts. */
gboolean db_nested(Db *db, StoreWork work, gpointer data, GError **error);

typedef enum { BULK_FAILED, BULK_MORE, BULK_DONE } BulkStep;
typedef BulkStep (*StoreBulk)(Db *db, gpointer data, GError **error);
/* Long writes: calls step again and again (each at most about 10 ms of work, or more while it is
 * quiet, see store_quiet_us(); each committed by itself) and makes room for interactive writers of this
 * and other processes in between. What was committed before a failure stays. Blocks. */
gboolean store_write_bulk(Store *store, StoreBulk step, gpointer data, GError **error);
/* How long ago an interactive writer of this or another process last had to wait for a bulk step or a
 * write of another process: 0 while one waits, G_MAXINT64 when none ever did. From any thread. */
gint64 store_quiet_us(Store *store);

/* ---- news ------------------------------------------------------------------------------------ */

/* Called after every commit of this process at once, and within a second after commits of others.
 * One listener; set before the first write; runs on the writer thread, must be
 * short and must not write. */
typedef void (*StoreNews)(gpointer data);
void store_set_news(Store *store, StoreNews news, gpointer data);

/* ---- upkeep ---------------------------------------------------------------------------------- */

/* A consistent copy of the running database into the file path (must not exist), synced. */
gboolean store_backup(Store *store, const char *path, GError **error);
/* Writes the log back and empties it, so that what was deleted stands in no file any more (freed places
 * are overwritten when they are freed). Waits for readers and writers up to 10 s: UNAVAILABLE. */
gboolean store_scrub(Store *store, GError **error);
/* integrity_check, foreign_key_check, every full-text index against its content, migrations against
 * their checksums. Calls found() for each fault. TRUE when the check itself could run. */
typedef void (*StoreFound)(const char *what, gpointer data);
gboolean store_check(Store *store, StoreFound found, gpointer data, GError **error);
/* Number of the newest migration that the program brings; an open database that migrates is at
 * it. */
int store_schema_version(void);
