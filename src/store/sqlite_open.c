/*
 * Opening a SQLite database: the file and its rights, then every setting of a connection.
 * Design choice: a connection is never used before all its guards stand (defensive mode, limits,
 * authorizer), and the only way past the authorizer is a mode of our own link, never text that
 * comes from above.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "store/sqlite.h"

enum { OPENING_PATIENCE_US = 10000000 };

static const struct {
	const char *name;
	const char *pragma;
} synchronous_levels[] = {
	{"FULL", "PRAGMA synchronous = FULL"},
	{"EXTRA", "PRAGMA synchronous = EXTRA"},
	{"NORMAL", "PRAGMA synchronous = NORMAL"},
	{"OFF", "PRAGMA synchronous = OFF"},
};

/* ---- files ----------------------------------------------------------------------------------- */

static gboolean fail_errno(GError **error, const char *doing, const char *path)
{
	int os_error = errno;
	int code = os_error == ENOSPC || os_error == EDQUOT ? ZHIYIN_ERROR_STORAGE_FULL
							    : ZHIYIN_ERROR_UNAVAILABLE;

	g_set_error(error, ZHIYIN_ERROR, code, "cannot %s '%s': %s", doing, path,
		    g_strerror(os_error));
	return FALSE;
}

gboolean sqlite_sync_directory_of(const char *path, GError **error)
{
	g_autofree char *directory = g_path_get_dirname(path);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean synced = fd >= 0 && fsync(fd) == 0;

	if (!synced)
		fail_errno(error, "sync", directory);
	if (fd >= 0)
		close(fd);
	return synced;
}

static gboolean make_directory(const char *path, gboolean create, GError **error)
{
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return TRUE;
	if (!create) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is no data directory '%s'; make one with zhiyin init", path);
		return FALSE;
	}
	if (g_mkdir_with_parents(path, 0700) != 0)
		return fail_errno(error, "make the directory", path);
	return sqlite_sync_directory_of(path, error);
}

/* Made here and not by SQLite, so that its rights are right from the first moment; the log and the
 * index inherit them. */
static gboolean make_file(const char *path, gboolean create, GError **error)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && create) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd >= 0 && (fsync(fd) != 0 || !sqlite_sync_directory_of(path, error))) {
			close(fd);
			return error && *error ? FALSE : fail_errno(error, "sync", path);
		}
	}
	if (fd < 0 && errno == ENOENT) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "there is no database '%s'; make one with zhiyin init", path);
		return FALSE;
	}
	if (fd < 0)
		return fail_errno(error, "open", path);
	close(fd);
	return TRUE;
}

static const char *find_synchronous(const char *name, GError **error)
{
	for (gsize i = 0; i < G_N_ELEMENTS(synchronous_levels); i++) {
		if (!name || strcmp(name, synchronous_levels[i].name) == 0)
			return synchronous_levels[i].pragma;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL,
		    "synchronous is FULL, EXTRA, NORMAL or OFF");
	return NULL;
}

/* A connection belongs to one thread at a time and nobody reads SQLite's memory counters: no locks
 * for either. */
static gsize configure_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_initialize();
	return 1;
}

BackendStore *sqlite_open(const StoreOptions *options, GError **error)
{
	static gsize configured;
	const char *synchronous = find_synchronous(options->synchronous, error);
	g_autofree char *path = g_build_filename(options->path, DATABASE_FILE, NULL);
	g_autofree char *wait_path = g_build_filename(options->path, "zhiyin.wait", NULL);
	BackendStore *store;

	if (g_once_init_enter(&configured))
		g_once_init_leave(&configured, configure_library());
	if (!synchronous || !make_directory(options->path, options->create, error) ||
	    !make_file(path, options->create, error))
		return NULL;
	store = g_new0(BackendStore, 1);
	store->path = g_steal_pointer(&path);
	store->vfs = g_strdup(options->vfs);
	store->synchronous = synchronous;
	store->tokenize = options->tokenize;
	store->wait = wait_open(wait_path);
	return store;
}

void sqlite_close(BackendStore *store)
{
	wait_close(store->wait);
	g_free(store->vfs);
	g_free(store->path);
	g_free(store);
}

/* ---- connections ----------------------------------------------------------------------------- */

static const struct {
	int option;
	int value;
} switches[] = {
	{SQLITE_DBCONFIG_DEFENSIVE, 1},
	{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
	{SQLITE_DBCONFIG_ENABLE_TRIGGER, 1},
	{SQLITE_DBCONFIG_DQS_DML, 0},
	{SQLITE_DBCONFIG_DQS_DDL, 0},
	{SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0},
	{SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, 0},
	{SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, 0},
	/* a plan is made once: else SQLite prepares a statement anew when another LIMIT or another small
	 * number is bound, as FTS5 does at every look-up of a term */
	{SQLITE_DBCONFIG_ENABLE_QPSG, 1},
};

static const struct {
	int limit;
	int value;
} limits[] = {
	{SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024},
	{SQLITE_LIMIT_SQL_LENGTH, 1024 * 1024},
	{SQLITE_LIMIT_ATTACHED, 0},
	{SQLITE_LIMIT_VARIABLE_NUMBER, 32766},
	{SQLITE_LIMIT_COLUMN, 500},
	{SQLITE_LIMIT_COMPOUND_SELECT, 100},
	{SQLITE_LIMIT_FUNCTION_ARG, 100},
	{SQLITE_LIMIT_TRIGGER_DEPTH, 20},
	{SQLITE_LIMIT_WORKER_THREADS, 0},
	{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
};

/* No memory-mapped reading: an input/output error would be a SIGBUS instead of an error code. No
 * write-back and no shortening of the log on the way of a commit (a shortening costs 100 to 200 ms
 * on ext4): both are the keeper's work, sqlite_upkeep.c. */
static const char *const pragmas[] = {
	"PRAGMA cell_size_check = ON",	 "PRAGMA mmap_size = 0",
	"PRAGMA temp_store = MEMORY",	 "PRAGMA journal_size_limit = -1",
	"PRAGMA wal_autocheckpoint = 0",
};

static gboolean action_reads_or_changes_rows(int action, const char *first, const char *second)
{
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_INSERT:
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_FUNCTION:
	case SQLITE_RECURSIVE:
		return TRUE;
	case SQLITE_PRAGMA: /* full-text tables ask for it themselves */
		return first && g_ascii_strcasecmp(first, "data_version") == 0 && !second;
	default:
		return FALSE;
	}
}

static gboolean action_leaves_the_migration(int action, const char *first)
{
	if (action == SQLITE_PRAGMA) /* ALTER TABLE ADD COLUMN asks for this one itself */
		return !first || g_ascii_strcasecmp(first, "quick_check") != 0;
	return action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_TRANSACTION ||
	       action == SQLITE_SAVEPOINT;
}

static int authorize(void *data, int action, const char *first, const char *second,
		     const char *database, const char *trigger)
{
	const BackendLink *link = data;

	(void)database;
	(void)trigger;
	if (link->mode == LINK_MODE_INTERNAL || action_reads_or_changes_rows(action, first, second))
		return SQLITE_OK;
	if (link->mode == LINK_MODE_MIGRATE && !action_leaves_the_migration(action, first))
		return SQLITE_OK;
	return SQLITE_DENY;
}

static int wait_while_opening(void *data, int n_calls)
{
	BackendLink *link = data;

	if (n_calls == 0)
		link->wait_began_us = clock_monotonic_us();
	if (clock_monotonic_us() - link->wait_began_us > OPENING_PATIENCE_US)
		return 0;
	g_usleep(500);
	return 1;
}

/* An empty file becomes ours; a database of another program is left alone. */
static gboolean claim_file(BackendLink *link, GError **error)
{
	gint64 application = 0;
	gint64 n_objects = 0;

	if (!sqlite_get_int(link, "PRAGMA application_id", &application, error) ||
	    !sqlite_get_int(link, "SELECT count(*) FROM sqlite_schema", &n_objects, error))
		return FALSE;
	if (application == APPLICATION_ID)
		return TRUE;
	if (application == 0 && n_objects == 0)
		return sqlite_exec_own(link, "PRAGMA application_id = " G_STRINGIFY(APPLICATION_ID),
				       error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "this database belongs to another program or its header is damaged");
	return FALSE;
}

/* Switching an empty file to the write-ahead log needs it alone, and SQLite does not wait for that
 * by itself. */
static gboolean enter_log_mode(BackendLink *link, GError **error)
{
	gint64 until = clock_monotonic_us() + OPENING_PATIENCE_US;
	g_autoptr(GError) problem = NULL;

	while (!sqlite_exec_own(link, "PRAGMA journal_mode = WAL", &problem)) {
		if (link->fault != BACKEND_FAULT_BUSY || clock_monotonic_us() > until) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return FALSE;
		}
		g_clear_error(&problem);
		g_usleep(1000);
	}
	return TRUE;
}

gboolean sqlite_furnish(BackendLink *link, BackendRole role, GError **error)
{
	gboolean writes = role == BACKEND_WRITER;

	sqlite3_busy_handler(link->db, wait_while_opening, link);
	for (gsize i = 0; i < G_N_ELEMENTS(switches); i++)
		sqlite3_db_config(link->db, switches[i].option, switches[i].value, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(limits); i++)
		sqlite3_limit(link->db, limits[i].limit, limits[i].value);
	for (gsize i = 0; i < G_N_ELEMENTS(pragmas); i++) {
		if (!sqlite_exec_own(link, pragmas[i], error))
			return FALSE;
	}
	if (!sqlite_exec_own(link, link->store->synchronous, error))
		return FALSE;
	if (writes && (!enter_log_mode(link, error) || !claim_file(link, error)))
		return FALSE;
	if (!sqlite_exec_own(link,
			     writes ? "PRAGMA cache_size = -16384" : "PRAGMA cache_size = -8192",
			     error))
		return FALSE;
	if (!writes && !sqlite_exec_own(link, "PRAGMA query_only = ON", error))
		return FALSE;
	if (!sqlite_add_tokenizer(link, error))
		return FALSE;
	sqlite3_set_authorizer(link->db, authorize, link);
	return TRUE;
}
