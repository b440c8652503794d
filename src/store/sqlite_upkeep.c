/*
 * Upkeep of a SQLite database: writing the log back, copying, checking.
 * Design choice: nothing here runs on the way of an answer. The log is written back by a thread of
 * its own, passively; only when it is large and never gets empty does that thread take the write
 * lock, for the little that is left then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/sqlite.h"

enum {
	SCRUB_PATIENCE_US = 10000000,
	SCRUB_PAUSE_US = 5000,
	LARGE_PATIENCE_US = 5000,
	LARGE_EVERY_US = 250000,
	QUIET_US = 10000000,
	LARGE_MAX_REST_PAGES = 500,
	COPY_PAGES = 256,
	MAX_FAULTS = 100
};

/* ---- the write-ahead log --------------------------------------------------------------------- */

static gboolean wants_shorter(BackendStore *store)
{
	return store->n_file_pages > LOG_HUGE_PAGES &&
	       clock_monotonic_us() - store->committed_us > QUIET_US;
}

gboolean sqlite_wants_tidy(BackendStore *store)
{
	return !store->frozen && (store->n_log_pages - store->n_saved_pages >= LOG_TIDY_PAGES ||
				  wants_shorter(store));
}

static int checkpoint(BackendLink *link, int mode, int *ret_n_log, int *ret_n_saved)
{
	int code = sqlite3_wal_checkpoint_v2(link->db, NULL, mode, ret_n_log, ret_n_saved);

	if (code == SQLITE_OK && *ret_n_saved <= link->store->n_log_pages)
		link->store->n_saved_pages = *ret_n_saved;
	return code;
}

/*
 * A log that is written back whole begins anew with the next commit, by itself; under steady
 * writing it never is. Then bulk writers, and past LOG_FULL_PAGES all, pause while the rest is
 * written back once more, and the write lock is taken only for the few pages that came even then.
 */
static int tidy_large(BackendLink *link, int *ret_n_log, int *ret_n_saved)
{
	BackendStore *store = link->store;
	int code;

	store->large_tried_us = clock_monotonic_us();
	store->saves_rest = TRUE;
	code = checkpoint(link, SQLITE_CHECKPOINT_PASSIVE, ret_n_log, ret_n_saved);
	/* *ret_n_log is what the log had when the writing back began; the hook has counted what
	 * came since. */
	if (code == SQLITE_OK &&
	    MAX(*ret_n_log, store->n_log_pages) - *ret_n_saved < LARGE_MAX_REST_PAGES) {
		link->patience_us = LARGE_PATIENCE_US;
		code = checkpoint(link, SQLITE_CHECKPOINT_RESTART, ret_n_log, ret_n_saved);
	}
	store->saves_rest = FALSE;
	return code;
}

/* Once, also when it fails: a reader may sit in the log, and the next large one brings us back
 * here. */
static int tidy_huge(BackendLink *link, int *ret_n_log, int *ret_n_saved)
{
	int code;

	link->store->n_file_pages = 0;
	link->patience_us = LARGE_PATIENCE_US;
	code = checkpoint(link, SQLITE_CHECKPOINT_TRUNCATE, ret_n_log, ret_n_saved);
	if (code == SQLITE_OK)
		link->store->n_log_pages = 0;
	return code;
}

gboolean sqlite_tidy(BackendLink *link, GError **error)
{
	BackendStore *store = link->store;
	int n_log = 0;
	int n_saved = 0;
	int code = checkpoint(link, SQLITE_CHECKPOINT_PASSIVE, &n_log, &n_saved);

	if (code == SQLITE_OK && n_log > LOG_LARGE_PAGES &&
	    clock_monotonic_us() - store->large_tried_us > LARGE_EVERY_US)
		code = tidy_large(link, &n_log, &n_saved);
	if (code == SQLITE_OK && wants_shorter(store))
		code = tidy_huge(link, &n_log, &n_saved);
	if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY || (code & 0xff) == SQLITE_LOCKED)
		return TRUE; /* readers or another process hold the rest; next time */
	sqlite_fail(link, code, "checkpoint", error);
	return FALSE;
}

/* On a connection of its own, which nobody else's patience hangs on. */
gboolean sqlite_scrub(BackendStore *store, GError **error)
{
	BackendLink *link = sqlite_connect(store, BACKEND_WRITER, error);
	gint64 until = clock_monotonic_us() + SCRUB_PATIENCE_US;
	int code = SQLITE_BUSY;

	if (!link)
		return FALSE;
	while (code == SQLITE_BUSY && clock_monotonic_us() < until) {
		int n_log, n_saved;

		code = sqlite3_wal_checkpoint_v2(link->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &n_log,
						 &n_saved) &
		       0xff;
		if (code == SQLITE_BUSY)
			g_usleep(SCRUB_PAUSE_US);
	}
	if (code == SQLITE_BUSY)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "the log is in use; it will be emptied later");
	else if (code != SQLITE_OK)
		sqlite_fail(link, code, "checkpoint", error);
	sqlite_disconnect(link);
	return code == SQLITE_OK;
}

/* ---- backup ---------------------------------------------------------------------------------- */

static gboolean fail_file(GError **error, const char *doing, const char *path)
{
	int os_error = errno;
	int code = os_error == EEXIST			      ? ZHIYIN_ERROR_CONFLICT
		   : os_error == ENOSPC || os_error == EDQUOT ? ZHIYIN_ERROR_STORAGE_FULL
							      : ZHIYIN_ERROR_UNAVAILABLE;

	g_set_error(error, ZHIYIN_ERROR, code, "cannot %s '%s': %s", doing, path,
		    g_strerror(os_error));
	return FALSE;
}

/* The source connection holds one snapshot, so that writers never make the copy start again. */
static int copy_pages(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int code = SQLITE_OK;

	if (!backup)
		return sqlite3_errcode(to);
	while (code == SQLITE_OK)
		code = sqlite3_backup_step(backup, COPY_PAGES);
	sqlite3_backup_finish(backup);
	return code == SQLITE_DONE ? SQLITE_OK : code;
}

static gboolean copy_database(BackendLink *link, const char *path, GError **error)
{
	BackendLink copy = {.store = link->store};
	int code = sqlite3_open_v2(
		path, &copy.db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
		NULL);

	/* A copy that fails is thrown away: no journal; it is synced once, at the end. */
	if (code == SQLITE_OK)
		code = sqlite3_exec(copy.db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
				    NULL, NULL, NULL);
	if (code == SQLITE_OK)
		code = copy_pages(link->db, copy.db);
	if (code != SQLITE_OK)
		sqlite_fail(&copy, code, "backup", error);
	sqlite3_close(copy.db);
	return code == SQLITE_OK;
}

static gboolean sync_file(const char *path, GError **error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	gboolean synced = fd >= 0 && fsync(fd) == 0;

	if (!synced)
		fail_file(error, "sync", path);
	if (fd >= 0)
		close(fd);
	return synced;
}

/* Gives the finished copy its name; never over a file that is there. */
static gboolean name_file(const char *partial, const char *path, GError **error)
{
	if (renameat2(AT_FDCWD, partial, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return sqlite_sync_directory_of(path, error);
	if (errno != EINVAL && errno != ENOSYS)
		return fail_file(error, "write", path);
	if (access(path, F_OK) == 0) {
		errno = EEXIST;
		return fail_file(error, "write", path);
	}
	return rename(partial, path) == 0 ? sqlite_sync_directory_of(path, error)
					  : fail_file(error, "write", path);
}

gboolean sqlite_backup(BackendLink *link, const char *path, GError **error)
{
	g_autofree char *partial = g_strconcat(path, ".partial", NULL);
	gint64 unused;
	gboolean done;
	int fd;

	if (access(path, F_OK) == 0) {
		errno = EEXIST;
		return fail_file(error, "write", path);
	}
	g_unlink(partial); /* of a backup that was killed */
	fd = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_file(error, "write", partial);
	close(fd);
	done = sqlite_get_int(link, "SELECT count(*) FROM sqlite_schema", &unused, error) &&
	       copy_database(link, partial, error) && sync_file(partial, error) &&
	       name_file(partial, path, error);
	if (!done)
		g_unlink(partial);
	return done;
}

/* ---- check ----------------------------------------------------------------------------------- */

typedef struct {
	StoreFound found;
	gpointer data;
	gboolean quiet; /* nothing found so far */
} Finder;

static void find(Finder *finder, const char *what)
{
	finder->quiet = FALSE;
	finder->found(what, finder->data);
}

/* A damaged database may fail in the middle of the question: that is an answer, too. */
static gboolean find_failure(BackendLink *link, Finder *finder, int code, const char *doing,
			     GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (code == SQLITE_DONE || code == SQLITE_OK)
		return TRUE;
	sqlite_fail(link, code, doing, &problem);
	if (!g_error_matches(problem, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	find(finder, problem->message);
	return TRUE;
}

static gboolean check_integrity(BackendLink *link, Finder *finder, GError **error)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(link->db, "PRAGMA integrity_check(100)", -1, &stmt, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW &&
		    g_strcmp0((const char *)sqlite3_column_text(stmt, 0), "ok") != 0)
			find(finder, (const char *)sqlite3_column_text(stmt, 0));
	}
	sqlite3_finalize(stmt);
	return find_failure(link, finder, code, "integrity_check", error);
}

static gboolean check_references(BackendLink *link, Finder *finder, GError **error)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(link->db, "PRAGMA foreign_key_check", -1, &stmt, NULL);
	int n_found = 0;

	while ((code == SQLITE_OK || code == SQLITE_ROW) && n_found < MAX_FAULTS) {
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW) {
			g_autofree char *what = g_strdup_printf(
				"row %lld of table %s refers to a row of %s that is not there",
				sqlite3_column_int64(stmt, 1), sqlite3_column_text(stmt, 0),
				sqlite3_column_text(stmt, 2));

			n_found++;
			find(finder, what);
		}
	}
	sqlite3_finalize(stmt);
	return find_failure(link, finder, code == SQLITE_ROW ? SQLITE_DONE : code,
			    "foreign_key_check", error);
}

/* integrity_check has looked at every full-text index already, but does not compare the ones whose
 * text lies in another table. */
static gboolean check_full_text(BackendLink *link, const char *table, Finder *finder,
				GError **error)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO \"%w\" (\"%w\", rank) VALUES ('integrity-check', 1)", table, table);
	int code = sqlite3_exec(link->db, sql, NULL, NULL, NULL);
	gboolean ran = find_failure(link, finder, code, "full-text integrity-check", error);

	sqlite3_free(sql);
	return ran;
}

static gboolean check_full_texts(BackendLink *link, Finder *finder, GError **error)
{
	g_autoptr(GPtrArray) tables = g_ptr_array_new_with_free_func(g_free);
	sqlite3_stmt *stmt = NULL;
	gboolean ran = TRUE;
	int code = sqlite3_prepare_v2(
		link->db,
		"SELECT name FROM sqlite_schema"
		" WHERE sql LIKE 'CREATE VIRTUAL TABLE%' AND sql LIKE '%fts5%' AND sql LIKE "
		"'%content%=%'"
		" AND replace(replace(sql, ' ', ''), '\"', '''') NOT LIKE '%content=''''%'",
		-1, &stmt, NULL);

	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(stmt);
		if (code == SQLITE_ROW)
			g_ptr_array_add(tables,
					g_strdup((const char *)sqlite3_column_text(stmt, 0)));
	}
	sqlite3_finalize(stmt);
	ran = find_failure(link, finder, code, "list of full-text tables", error);
	for (guint i = 0; ran && i < tables->len; i++)
		ran = check_full_text(link, tables->pdata[i], finder, error);
	return ran;
}

static gboolean check_link(BackendLink *link, Finder *finder, GError **error)
{
	link->mode = LINK_MODE_INTERNAL;
	if (!check_integrity(link, finder, error) || !check_references(link, finder, error))
		return FALSE;
	return !finder->quiet || check_full_texts(link, finder, error);
}

gboolean sqlite_check(BackendStore *store, StoreFound found, gpointer data, GError **error)
{
	g_autoptr(GError) problem = NULL;
	BackendLink *link = sqlite_connect(store, BACKEND_WRITER, &problem);
	Finder finder = {found, data, TRUE};
	gboolean ran;

	if (!link && g_error_matches(problem, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED)) {
		find(&finder, problem->message);
		return TRUE;
	}
	if (!link) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	ran = check_link(link, &finder, error);
	sqlite_disconnect(link);
	return ran;
}
