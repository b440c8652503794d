/*
 * SQLite behind backend.h: statements, transactions and the waiting for its one write lock.
 * Design choice: locks are polled every few hundred microseconds and the waiting is told to other
 * processes (wait.h), since SQLite's own lock is unfair and its busy_timeout sleeps for many
 * milliseconds.
 */
#include "store/sqlite.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

enum {
	READER_PATIENCE_US = 5000000,
	BULK_GIVES_WAY_US = 1000000, /* at most, per pause */
	FULL_GIVES_WAY_US = 250000,  /* at most, per batch */
	WAITING_NOW_US = 5000,	     /* a stamp this young means: somebody is waiting */
	WAITED_LATELY_US = 50000
};

struct BackendStatement {
	BackendLink *link;
	sqlite3_stmt *stmt;
	int n_parameters;
	guint16 *places; /* places[N - 1] = SQLite's number of $N, 0 when the text skips it */
};

typedef struct {
	int code; /* primary or extended; the first row that fits counts */
	ZhiyinError error;
	BackendFault fault;
	/* NULL = SQLite's own words, which name the constraint and hold no values */
	const char *says;
} CodeMeaning;

static const CodeMeaning meanings[] = {
	{SQLITE_CONSTRAINT_UNIQUE, ZHIYIN_ERROR_CONFLICT, BACKEND_FAULT_NONE, NULL},
	{SQLITE_CONSTRAINT_PRIMARYKEY, ZHIYIN_ERROR_CONFLICT, BACKEND_FAULT_NONE, NULL},
	{SQLITE_CONSTRAINT_ROWID, ZHIYIN_ERROR_CONFLICT, BACKEND_FAULT_NONE, NULL},
	{SQLITE_CONSTRAINT_FOREIGNKEY, ZHIYIN_ERROR_CONFLICT, BACKEND_FAULT_NONE, NULL},
	{SQLITE_CONSTRAINT_TRIGGER, ZHIYIN_ERROR_CONFLICT, BACKEND_FAULT_NONE, NULL},
	{SQLITE_CONSTRAINT, ZHIYIN_ERROR_INTERNAL, BACKEND_FAULT_NONE, NULL},
	{SQLITE_FULL, ZHIYIN_ERROR_STORAGE_FULL, BACKEND_FAULT_FULL,
	 "there is no room left on the disk of the data directory"},
	{SQLITE_BUSY, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_BUSY,
	 "another process is writing to the database, try again"},
	{SQLITE_LOCKED, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_BUSY,
	 "the database is locked, try again"},
	{SQLITE_PROTOCOL, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_BUSY,
	 "the database is locked, try again"},
	{SQLITE_INTERRUPT, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_NONE,
	 "the statement was interrupted"},
	{SQLITE_IOERR_FSYNC, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_SYNC,
	 "the disk failed to store data"},
	{SQLITE_IOERR_DIR_FSYNC, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_SYNC,
	 "the disk failed to store data"},
	{SQLITE_IOERR, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_LINK,
	 "the disk of the data directory has an input/output error"},
	{SQLITE_CORRUPT, ZHIYIN_ERROR_DAMAGED, BACKEND_FAULT_LINK,
	 "the database is damaged; restore a backup"},
	{SQLITE_NOTADB, ZHIYIN_ERROR_DAMAGED, BACKEND_FAULT_LINK,
	 "the file is no database or its beginning is damaged; restore a backup"},
	{SQLITE_CANTOPEN, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_LINK,
	 "the database file cannot be opened"},
	{SQLITE_PERM, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_LINK,
	 "the database file may not be opened"},
	{SQLITE_READONLY, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_NONE,
	 "the database cannot be written here"},
	{SQLITE_NOMEM, ZHIYIN_ERROR_UNAVAILABLE, BACKEND_FAULT_NONE, "there is not enough memory"},
	{SQLITE_TOOBIG, ZHIYIN_ERROR_TOO_LARGE, BACKEND_FAULT_NONE,
	 "a value or statement is too large to store"},
	{SQLITE_AUTH, ZHIYIN_ERROR_INTERNAL, BACKEND_FAULT_NONE,
	 "the statement is not allowed here"},
	/* any other */
	{SQLITE_OK, ZHIYIN_ERROR_INTERNAL, BACKEND_FAULT_NONE,
	 "the database refused the statement"},
};

/* Quotas and file size limits come as plain input/output errors. */
static int full_in_disguise(BackendLink *link, int code)
{
	int os_error =
		link->db && (code & 0xff) == SQLITE_IOERR ? sqlite3_system_errno(link->db) : 0;

	if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC)
		return code;
	return os_error == ENOSPC || os_error == EDQUOT || os_error == EFBIG ? SQLITE_FULL : code;
}

void sqlite_fail(BackendLink *link, int code, const char *doing, GError **error)
{
	const CodeMeaning *meaning = meanings;
	const char *says;

	code = full_in_disguise(link, code);
	while (meaning->code != SQLITE_OK && meaning->code != code &&
	       meaning->code != (code & 0xff))
		meaning++;
	says = meaning->says ? meaning->says : sqlite3_errmsg(link->db);
	link->fault = meaning->fault;
	if (meaning->fault == BACKEND_FAULT_SYNC)
		link->store->frozen = TRUE;
	if (meaning->error == ZHIYIN_ERROR_INTERNAL)
		g_set_error(error, ZHIYIN_ERROR, meaning->error, "%s (SQLite %d: %.200s)", says,
			    code, doing);
	else
		g_set_error(error, ZHIYIN_ERROR, meaning->error, "%s (SQLite %d)", says, code);
}

static BackendFault sqlite_fault(BackendLink *link)
{
	return link->fault;
}

/* ---- our own statements ---------------------------------------------------------------------- */

static const char *const control_texts[N_CONTROLS] = {
	[CONTROL_BEGIN] = "BEGIN",
	[CONTROL_BEGIN_WRITE] = "BEGIN IMMEDIATE",
	[CONTROL_COMMIT] = "COMMIT",
	[CONTROL_ROLLBACK] = "ROLLBACK",
	[CONTROL_SAVEPOINT] = "SAVEPOINT request",
	[CONTROL_RELEASE] = "RELEASE request",
	[CONTROL_ROLLBACK_TO] = "ROLLBACK TO request",
	[CONTROL_DATA_VERSION] = "PRAGMA data_version",
};

/* Runs a prepared statement of ours; the first column of its row, if any, goes to ret_value. */
static int control_step(BackendLink *link, Control control, gint64 *ret_value)
{
	LinkMode mode = link->mode;
	int code = SQLITE_OK;

	/* also while SQLite prepares it anew after a change of schema */
	link->mode = LINK_MODE_INTERNAL;
	if (!link->controls[control])
		code = sqlite3_prepare_v3(link->db, control_texts[control], -1,
					  SQLITE_PREPARE_PERSISTENT, &link->controls[control],
					  NULL);
	if (code == SQLITE_OK) {
		code = sqlite3_step(link->controls[control]);
		if (code == SQLITE_ROW && ret_value)
			*ret_value = sqlite3_column_int64(link->controls[control], 0);
		if (code == SQLITE_ROW || code == SQLITE_DONE)
			code = SQLITE_OK;
		sqlite3_reset(link->controls[control]);
	}
	link->mode = mode;
	return code;
}

static gboolean control_run(BackendLink *link, Control control, GError **error)
{
	int code = control_step(link, control, NULL);

	if (code == SQLITE_OK)
		return TRUE;
	sqlite_fail(link, code, control_texts[control], error);
	return FALSE;
}

gboolean sqlite_get_int(BackendLink *link, const char *sql, gint64 *ret_value, GError **error)
{
	LinkMode mode = link->mode;
	sqlite3_stmt *stmt = NULL;
	int code;

	link->mode = LINK_MODE_INTERNAL;
	code = sqlite3_prepare_v2(link->db, sql, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW && ret_value)
		*ret_value = sqlite3_column_int64(stmt, 0);
	while (code == SQLITE_ROW)
		code = sqlite3_step(stmt);
	sqlite3_finalize(stmt);
	link->mode = mode;
	if (code == SQLITE_DONE)
		return TRUE;
	sqlite_fail(link, code, sql, error);
	return FALSE;
}

gboolean sqlite_exec_own(BackendLink *link, const char *sql, GError **error)
{
	return sqlite_get_int(link, sql, NULL, error);
}

/* ---- connections ----------------------------------------------------------------------------- */

static int wait_for_lock(void *data, int n_calls)
{
	BackendLink *link = data;
	gint64 now = clock_monotonic_us();

	if (n_calls == 0)
		link->wait_began_us = now;
	if (now - link->wait_began_us >= link->patience_us)
		return 0;
	if (link->waits_openly)
		wait_note(link->store->wait, link->wait_kind);
	g_usleep(n_calls < 10 ? 100 : 300);
	return 1;
}

static int note_log_size(void *data, sqlite3 *db, const char *name, int n_pages)
{
	BackendStore *store = data;

	(void)db;
	(void)name;
	if (n_pages < store->n_log_pages)
		store->n_saved_pages = 0; /* the log began anew */
	store->n_log_pages = n_pages;
	store->n_file_pages = MAX(store->n_file_pages, n_pages);
	store->committed_us = clock_monotonic_us();
	return SQLITE_OK;
}

void sqlite_disconnect(BackendLink *link)
{
	for (int i = 0; i < N_CONTROLS; i++)
		sqlite3_finalize(link->controls[i]);
	/* After a failed sync the log may read otherwise from the disk than from memory: the next
	 * start reads it by its checksums. */
	if (link->store->frozen)
		sqlite3_db_config(link->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close(link->db);
	g_free(link);
}

BackendLink *sqlite_connect(BackendStore *store, BackendRole role, GError **error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
		    SQLITE_OPEN_EXRESCODE;
	BackendLink *link = g_new0(BackendLink, 1);
	int code;

	link->store = store;
	link->mode = LINK_MODE_INTERNAL;
	link->patience_us = READER_PATIENCE_US;
	code = sqlite3_open_v2(store->path, &link->db, flags, store->vfs);
	if (code != SQLITE_OK)
		sqlite_fail(link, code, "open", error);
	if (code != SQLITE_OK || !sqlite_furnish(link, role, error)) {
		g_prefix_error(error, "%s: ", store->path);
		sqlite_disconnect(link);
		return NULL;
	}
	sqlite3_busy_handler(link->db, wait_for_lock, link);
	if (role == BACKEND_WRITER)
		sqlite3_wal_hook(link->db, note_log_size, store);
	link->mode = LINK_MODE_RUN;
	return link;
}

/* ---- statements ------------------------------------------------------------------------------ */

/* SQLite numbers $2, $1 by their order of appearance; here $N is values[N - 1]. */
static gboolean places_read(BackendStatement *statement, const char *sql, GError **error)
{
	int n_places = sqlite3_bind_parameter_count(statement->stmt);

	if (n_places == 0)
		return TRUE;
	for (int pass = 0; pass < 2; pass++) {
		for (int place = 1; place <= n_places; place++) {
			const char *name = sqlite3_bind_parameter_name(statement->stmt, place);
			guint64 number =
				name && name[0] == '$' ? g_ascii_strtoull(name + 1, NULL, 10) : 0;

			if (number < 1 || number > 32766) {
				g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
					    "parameters are written $1, $2, ...: %.200s", sql);
				return FALSE;
			}
			if (pass == 0)
				statement->n_parameters = MAX(statement->n_parameters, (int)number);
			else
				statement->places[number - 1] = (guint16)place;
		}
		if (pass == 0)
			statement->places = g_new0(guint16, statement->n_parameters);
	}
	return TRUE;
}

static void sqlite_finalize(BackendStatement *statement)
{
	sqlite3_finalize(statement->stmt);
	g_free(statement->places);
	g_free(statement);
}

static gboolean is_blank(const char *text)
{
	while (g_ascii_isspace(*text) || *text == ';')
		text++;
	return *text == '\0';
}

static BackendStatement *sqlite_prepare(BackendLink *link, const char *sql, GError **error)
{
	BackendStatement *statement = g_new0(BackendStatement, 1);
	const char *rest = "";
	int code = sqlite3_prepare_v3(link->db, sql, -1, SQLITE_PREPARE_PERSISTENT,
				      &statement->stmt, &rest);
	gboolean good = FALSE;

	statement->link = link;
	/* our own text is wrong, and SQLite's words hold nothing but that text */
	if (code == SQLITE_ERROR)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "%s: %.200s",
			    sqlite3_errmsg(link->db), sql);
	else if (code != SQLITE_OK)
		sqlite_fail(link, code, sql, error);
	else if (!statement->stmt || !is_blank(rest))
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "not exactly one statement: %.200s", sql);
	else
		good = places_read(statement, sql, error);
	if (good)
		return statement;
	sqlite_finalize(statement);
	return NULL;
}

static int bind_value(sqlite3_stmt *stmt, int place, const DbValue *value, gboolean lasting)
{
	sqlite3_destructor_type keeps = lasting ? SQLITE_TRANSIENT : SQLITE_STATIC;

	switch (value->type) {
	case DB_INT:
		return sqlite3_bind_int64(stmt, place, value->i);
	case DB_DOUBLE:
		return sqlite3_bind_double(stmt, place, value->d);
	case DB_TEXT:
		return sqlite3_bind_text64(stmt, place, value->text,
					   value->n_bytes < 0 ? strlen(value->text)
							      : (gsize)value->n_bytes,
					   keeps, SQLITE_UTF8);
	case DB_BLOB:
		return sqlite3_bind_blob64(stmt, place, value->blob, (gsize)value->n_bytes, keeps);
	case DB_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, place);
}

static gboolean sqlite_bind(BackendStatement *statement, const DbValue *values, gsize n_values,
			    gboolean lasting, GError **error)
{
	if (n_values != (gsize)statement->n_parameters) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
			    "%zu values for %d parameters: %.200s", n_values,
			    statement->n_parameters, sqlite3_sql(statement->stmt));
		return FALSE;
	}
	for (gsize i = 0; i < n_values; i++) {
		int code = statement->places[i] ? bind_value(statement->stmt, statement->places[i],
							     &values[i], lasting)
						: SQLITE_OK;

		if (code != SQLITE_OK) {
			sqlite_fail(statement->link, code, sqlite3_sql(statement->stmt), error);
			return FALSE;
		}
	}
	return TRUE;
}

static BackendStep sqlite_step(BackendStatement *statement, GError **error)
{
	int code = sqlite3_step(statement->stmt);

	if (code == SQLITE_ROW)
		return BACKEND_ROW;
	if (code == SQLITE_DONE)
		return BACKEND_END;
	sqlite_fail(statement->link, code, sqlite3_sql(statement->stmt), error);
	return BACKEND_FAILED;
}

static void sqlite_reset(BackendStatement *statement)
{
	sqlite3_reset(statement->stmt);
	/* large values are not kept, borrowed ones not remembered */
	sqlite3_clear_bindings(statement->stmt);
}

static int sqlite_n_columns(BackendStatement *statement)
{
	return sqlite3_column_count(statement->stmt);
}

static const char *sqlite_column_name(BackendStatement *statement, int column)
{
	return sqlite3_column_name(statement->stmt, column);
}

static gboolean sqlite_column_is_null(BackendStatement *statement, int column)
{
	return sqlite3_column_type(statement->stmt, column) == SQLITE_NULL;
}

static gint64 sqlite_column_int(BackendStatement *statement, int column)
{
	return sqlite3_column_int64(statement->stmt, column);
}

static double sqlite_column_double(BackendStatement *statement, int column)
{
	return sqlite3_column_double(statement->stmt, column);
}

static const char *sqlite_column_text(BackendStatement *statement, int column)
{
	return (const char *)sqlite3_column_text(statement->stmt, column);
}

static const void *sqlite_column_blob(BackendStatement *statement, int column)
{
	return sqlite3_column_blob(statement->stmt, column);
}

static gsize sqlite_column_length(BackendStatement *statement, int column)
{
	return (gsize)sqlite3_column_bytes(statement->stmt, column);
}

static gint64 sqlite_last_id(BackendLink *link)
{
	return sqlite3_last_insert_rowid(link->db);
}

static gint64 sqlite_changes(BackendLink *link)
{
	return sqlite3_changes64(link->db);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static gboolean sqlite_begin_read(BackendLink *link, GError **error)
{
	link->fault = BACKEND_FAULT_NONE;
	return control_run(link, CONTROL_BEGIN, error);
}

static gboolean sqlite_begin_write(BackendLink *link, gboolean urgent, gint64 patience_us,
				   GError **error)
{
	gboolean begun;

	link->fault = BACKEND_FAULT_NONE;
	link->patience_us = patience_us;
	link->wait_kind = urgent ? WAIT_URGENT : WAIT_BULK;
	link->waits_openly = TRUE;
	begun = control_run(link, CONTROL_BEGIN_WRITE, error);
	link->waits_openly = FALSE;
	link->patience_us = READER_PATIENCE_US;
	link->began_us = clock_monotonic_us();
	return begun;
}

static void sqlite_rollback(BackendLink *link)
{
	if (!sqlite3_get_autocommit(link->db))
		control_step(link, CONTROL_ROLLBACK, NULL);
}

static gboolean sqlite_commit(BackendLink *link, GError **error)
{
	if (control_run(link, CONTROL_COMMIT, error))
		return TRUE;
	sqlite_rollback(link);
	return FALSE;
}

static gboolean sqlite_in_transaction(BackendLink *link)
{
	return !sqlite3_get_autocommit(link->db);
}

static gboolean sqlite_savepoint(BackendLink *link, GError **error)
{
	return control_run(link, CONTROL_SAVEPOINT, error);
}

static gboolean sqlite_release(BackendLink *link, GError **error)
{
	return control_run(link, CONTROL_RELEASE, error);
}

static gboolean sqlite_rollback_to(BackendLink *link, GError **error)
{
	return control_run(link, CONTROL_ROLLBACK_TO, error) &&
	       control_run(link, CONTROL_RELEASE, error);
}

static gboolean sqlite_settled(BackendLink *link, GError **error)
{
	int unsettled = 0;
	int peak = 0;

	sqlite3_db_status(link->db, SQLITE_DBSTATUS_DEFERRED_FKS, &unsettled, &peak, 0);
	if (!unsettled)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, "FOREIGN KEY constraint failed");
	return FALSE;
}

static gboolean sqlite_others_committed(BackendLink *link)
{
	gint64 version = link->data_version;
	gboolean known = link->data_version != 0;

	if (control_step(link, CONTROL_DATA_VERSION, &version) != SQLITE_OK ||
	    version == link->data_version)
		return FALSE;
	link->data_version = version;
	return known;
}

static gint64 sqlite_quiet_us(BackendStore *store)
{
	gint64 age_us = wait_age_us(store->wait, WAIT_URGENT);

	return age_us < WAITING_NOW_US ? 0 : age_us;
}

static void sqlite_give_way_bulk(BackendStore *store)
{
	gint64 until = clock_monotonic_us() + BULK_GIVES_WAY_US;

	while (clock_monotonic_us() < until &&
	       (store->saves_rest || !sqlite_quiet_us(store) ||
		store->n_log_pages - store->n_saved_pages > LOG_LARGE_PAGES))
		g_usleep(1000);
	if (wait_seen(store->wait, WAIT_URGENT, WAITED_LATELY_US, 0) ||
	    wait_seen(store->wait, WAIT_BULK, WAITED_LATELY_US, 0))
		g_usleep(1000);
}

/* Interactive writers give way to those of other processes, and to a log that has grown past all
 * measure: it can only begin anew once nothing was added to it for a moment. */
static void sqlite_give_way(BackendLink *link)
{
	BackendStore *store = link->store;
	gint64 until = clock_monotonic_us() + FULL_GIVES_WAY_US;

	if (wait_seen(store->wait, WAIT_URGENT, WAITING_NOW_US, link->began_us))
		g_usleep(500);
	while (store->n_log_pages > LOG_FULL_PAGES &&
	       (store->saves_rest || store->n_log_pages - store->n_saved_pages > LOG_LARGE_PAGES) &&
	       clock_monotonic_us() < until)
		g_usleep(500);
}

/* ---- migrations ------------------------------------------------------------------------------ */

static gboolean sqlite_has_table(BackendLink *link, const char *table, gboolean *ret_exists,
				 GError **error)
{
	DbValue name = {.type = DB_TEXT, .text = table, .n_bytes = -1};
	BackendStatement *statement = sqlite_prepare(
		link, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1", error);
	BackendStep step = BACKEND_FAILED;

	if (!statement)
		return FALSE;
	if (sqlite_bind(statement, &name, 1, FALSE, error))
		step = sqlite_step(statement, error);
	sqlite_finalize(statement);
	*ret_exists = step == BACKEND_ROW;
	return step != BACKEND_FAILED;
}

/* Foreign keys are off meanwhile, since a table that is built anew is dropped first; migration_end
 * checks them all. */
static gboolean sqlite_migration_begin(BackendLink *link, GError **error)
{
	sqlite3_db_config(link->db, SQLITE_DBCONFIG_ENABLE_FKEY, 0, NULL);
	if (sqlite_begin_write(link, TRUE, READER_PATIENCE_US, error))
		return TRUE;
	sqlite3_db_config(link->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	return FALSE;
}

static gboolean sqlite_migration_script(BackendLink *link, const char *sql, gsize n_bytes,
					GError **error)
{
	g_autofree char *text = g_strndup(sql, n_bytes);
	const char *rest = text;
	int code = SQLITE_OK;

	link->mode = LINK_MODE_MIGRATE;
	while (code == SQLITE_OK && *rest) {
		const char *now = rest;
		sqlite3_stmt *stmt = NULL;

		code = sqlite3_prepare_v2(link->db, now, -1, &stmt, &rest);
		while (stmt && (code == SQLITE_OK || code == SQLITE_ROW))
			code = sqlite3_step(stmt);
		if (code == SQLITE_DONE)
			code = SQLITE_OK;
		if (code == SQLITE_ERROR)
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "%s: %.200s",
				    sqlite3_errmsg(link->db), now);
		else if (code != SQLITE_OK)
			sqlite_fail(link, code, now, error);
		sqlite3_finalize(stmt);
	}
	link->mode = LINK_MODE_RUN;
	return code == SQLITE_OK;
}

static gboolean references_hold(BackendLink *link, GError **error)
{
	gint64 n_broken = 0;

	if (!sqlite_get_int(link, "SELECT count(*) FROM pragma_foreign_key_check", &n_broken,
			    error))
		return FALSE;
	if (n_broken == 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "%" G_GINT64_FORMAT " rows would refer to rows that are not there", n_broken);
	return FALSE;
}

static gboolean sqlite_migration_end(BackendLink *link, gboolean apply, GError **error)
{
	gboolean done = apply && references_hold(link, error) && sqlite_commit(link, error);

	sqlite_rollback(link);
	sqlite3_db_config(link->db, SQLITE_DBCONFIG_ENABLE_FKEY, 1, NULL);
	return done;
}

const Backend backend_sqlite = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.connect = sqlite_connect,
	.disconnect = sqlite_disconnect,
	.fault = sqlite_fault,
	.prepare = sqlite_prepare,
	.bind = sqlite_bind,
	.step = sqlite_step,
	.reset = sqlite_reset,
	.finalize = sqlite_finalize,
	.n_columns = sqlite_n_columns,
	.column_name = sqlite_column_name,
	.column_is_null = sqlite_column_is_null,
	.column_int = sqlite_column_int,
	.column_double = sqlite_column_double,
	.column_text = sqlite_column_text,
	.column_blob = sqlite_column_blob,
	.column_length = sqlite_column_length,
	.changes = sqlite_changes,
	.last_id = sqlite_last_id,
	.begin_read = sqlite_begin_read,
	.begin_write = sqlite_begin_write,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.in_transaction = sqlite_in_transaction,
	.savepoint = sqlite_savepoint,
	.release = sqlite_release,
	.rollback_to = sqlite_rollback_to,
	.settled = sqlite_settled,
	.others_committed = sqlite_others_committed,
	.give_way_bulk = sqlite_give_way_bulk,
	.quiet_us = sqlite_quiet_us,
	.give_way = sqlite_give_way,
	.wants_tidy = sqlite_wants_tidy,
	.tidy = sqlite_tidy,
	.has_table = sqlite_has_table,
	.migration_begin = sqlite_migration_begin,
	.migration_script = sqlite_migration_script,
	.migration_end = sqlite_migration_end,
	.backup = sqlite_backup,
	.scrub = sqlite_scrub,
	.check = sqlite_check,
};
