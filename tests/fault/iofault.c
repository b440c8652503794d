/*
 * Every operation of the disk and every allocation of the database library fails once, or from then
 * on, one after the other.
 *     iofault [--kind write]
 *
 * A scenario (make a database, write, read, check, close) runs again and again; in run n the n-th
 * operation of one kind fails, until the scenario ends without meeting that number. Whatever
 * happens in between: the program goes on, errors are of the list, and a database opened anew
 * afterwards is sound and holds every row that was acknowledged.
 * Exit: 0 = so it is, 1 = it is not (each case is named), 2 = wrong usage.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/error.h"
#include "store/store.h"

typedef enum {
	FAIL_OPEN,
	FAIL_READ,
	FAIL_WRITE,
	FAIL_FULL,
	FAIL_SYNC,
	FAIL_TRUNCATE,
	FAIL_DELETE,
	FAIL_INDEX,
	FAIL_MEMORY,
	FAIL_N_KINDS
} FailKind;

static const struct {
	const char *name;
	int code;
} kinds[FAIL_N_KINDS] = {
	[FAIL_OPEN] = {"open", SQLITE_CANTOPEN},
	[FAIL_READ] = {"read", SQLITE_IOERR_READ},
	[FAIL_WRITE] = {"write", SQLITE_IOERR_WRITE},
	[FAIL_FULL] = {"full", SQLITE_FULL},
	[FAIL_SYNC] = {"sync", SQLITE_IOERR_FSYNC},
	[FAIL_TRUNCATE] = {"truncate", SQLITE_IOERR_TRUNCATE},
	[FAIL_DELETE] = {"delete", SQLITE_IOERR_DELETE},
	[FAIL_INDEX] = {"index", SQLITE_IOERR_SHMMAP},
	[FAIL_MEMORY] = {"memory", SQLITE_NOMEM},
};

/* The fault that is set now: of which kind, at which operation, once or for good. */
static struct {
	gint armed;
	FailKind kind;
	gboolean for_good;
	gint at;
	gint n_seen;
} fault;

static gboolean fails(FailKind kind)
{
	gint number;

	if (!g_atomic_int_get(&fault.armed) || kind != fault.kind)
		return FALSE;
	number = g_atomic_int_add(&fault.n_seen, 1) + 1;
	return fault.for_good ? number >= fault.at : number == fault.at;
}

/* ---- the disk -------------------------------------------------------------------------------- */

enum { MAX_METHODS = 8 };

static struct {
	const sqlite3_io_methods *true_ones;
	sqlite3_io_methods ours;
} methods[MAX_METHODS];
static GMutex methods_lock;

static const sqlite3_io_methods *true_methods(sqlite3_file *handle)
{
	for (guint i = 0; i < MAX_METHODS; i++) {
		if (handle->pMethods == &methods[i].ours)
			return methods[i].true_ones;
	}
	g_assert_not_reached();
}

static int fail_read(sqlite3_file *handle, void *data, int n_bytes, sqlite3_int64 at)
{
	return fails(FAIL_READ) ? SQLITE_IOERR_READ
				: true_methods(handle)->xRead(handle, data, n_bytes, at);
}

/* A write that fails may have been half done. */
static int fail_write(sqlite3_file *handle, const void *data, int n_bytes, sqlite3_int64 at)
{
	int code = fails(FAIL_WRITE)  ? SQLITE_IOERR_WRITE
		   : fails(FAIL_FULL) ? SQLITE_FULL
				      : SQLITE_OK;

	if (code == SQLITE_OK)
		return true_methods(handle)->xWrite(handle, data, n_bytes, at);
	true_methods(handle)->xWrite(handle, data, n_bytes / 2, at);
	return code;
}

static int fail_sync(sqlite3_file *handle, int flags)
{
	(void)flags;
	(void)handle;
	return fails(FAIL_SYNC) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int fail_truncate(sqlite3_file *handle, sqlite3_int64 length)
{
	return fails(FAIL_TRUNCATE) ? SQLITE_IOERR_TRUNCATE
				    : true_methods(handle)->xTruncate(handle, length);
}

static int fail_map(sqlite3_file *handle, int region, int n_bytes, int extend,
		    void volatile **ret_memory)
{
	if (!fails(FAIL_INDEX))
		return true_methods(handle)->xShmMap(handle, region, n_bytes, extend, ret_memory);
	*ret_memory = NULL;
	return SQLITE_IOERR_SHMMAP;
}

static const sqlite3_io_methods *our_methods(const sqlite3_io_methods *ones)
{
	guint i = 0;

	g_mutex_lock(&methods_lock);
	while (methods[i].true_ones && methods[i].true_ones != ones)
		g_assert_cmpint(++i, <, MAX_METHODS);
	if (!methods[i].true_ones) {
		methods[i].ours = *ones;
		methods[i].ours.xRead = fail_read;
		methods[i].ours.xWrite = fail_write;
		methods[i].ours.xSync = fail_sync;
		methods[i].ours.xTruncate = fail_truncate;
		methods[i].ours.xShmMap = fail_map;
		methods[i].true_ones = ones;
	}
	g_mutex_unlock(&methods_lock);
	return &methods[i].ours;
}

static int fail_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *handle, int flags,
		     int *ret_flags)
{
	sqlite3_vfs *true_vfs = vfs->pAppData;
	int code;

	handle->pMethods = NULL;
	if (fails(FAIL_OPEN))
		return SQLITE_CANTOPEN;
	code = true_vfs->xOpen(true_vfs, name, handle, flags, ret_flags);
	if (code == SQLITE_OK)
		handle->pMethods = our_methods(handle->pMethods);
	return code;
}

static int fail_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	sqlite3_vfs *true_vfs = vfs->pAppData;

	return fails(FAIL_DELETE) ? SQLITE_IOERR_DELETE
				  : true_vfs->xDelete(true_vfs, name, sync_directory);
}

static void disk_register(void)
{
	static sqlite3_vfs vfs;

	sqlite3_initialize();
	vfs = *sqlite3_vfs_find(NULL);
	vfs.pAppData = sqlite3_vfs_find(NULL);
	vfs.pNext = NULL;
	vfs.zName = "iofault";
	vfs.xOpen = fail_open;
	vfs.xDelete = fail_delete;
	sqlite3_vfs_register(&vfs, 0);
}

/* ---- the memory ------------------------------------------------------------------------------ */

static sqlite3_mem_methods true_memory;

static void *fail_malloc(int n_bytes)
{
	return fails(FAIL_MEMORY) ? NULL : true_memory.xMalloc(n_bytes);
}

static void *fail_realloc(void *memory, int n_bytes)
{
	return fails(FAIL_MEMORY) ? NULL : true_memory.xRealloc(memory, n_bytes);
}

static void memory_register(void)
{
	sqlite3_mem_methods ours;

	sqlite3_config(SQLITE_CONFIG_GETMALLOC, &true_memory);
	ours = true_memory;
	ours.xMalloc = fail_malloc;
	ours.xRealloc = fail_realloc;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}

/* ---- the scenario ---------------------------------------------------------------------------- */

enum { N_WRITES = 6 };

static const char schema[] =
	"CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT) STRICT;"
	"CREATE VIRTUAL TABLE texts USING fts5 (body, content='', contentless_delete=1, "
	"tokenize='zhiyin');";

static int tokenize_bytes(const char *text, int n_bytes, StoreEmit emit, gpointer emit_data)
{
	for (int at = 0; at < n_bytes; at += 3) {
		int result =
			emit(text + at, MIN(3, n_bytes - at), at, MIN(at + 3, n_bytes), emit_data);

		if (result)
			return result;
	}
	return 0;
}

static Store *open_store(const char *path, const char *vfs, GError **error)
{
	static const StoreMigration migration = {1, "schema", schema, sizeof(schema) - 1};
	StoreOptions options = {
		.path = path,
		.tokenize = tokenize_bytes,
		.create = TRUE,
		.migrate = TRUE,
		.vfs = vfs,
		.migrations = &migration,
		.n_migrations = 1,
	};

	return store_open(&options, error);
}

static gboolean add_item(Db *db, gpointer data, GError **error)
{
	gint64 id = *(gint64 *)data;
	g_autofree char *body = g_strnfill(6000, (char)('a' + id % 26));
	g_autofree char *name = g_strdup_printf("item %" G_GINT64_FORMAT, id);

	return db_run(db, "INSERT INTO items (id, name, body) VALUES ($1, $2, $3)", error, "iss",
		      id, name, body) &&
	       db_run(db, "INSERT INTO texts (rowid, body) VALUES ($1, $2)", error, "is", id, name);
}

static BulkStep add_bulk(Db *db, gpointer data, GError **error)
{
	gint64 *id = data;

	if (!add_item(db, id, error))
		return BULK_FAILED;
	return ++*id < 103 ? BULK_MORE : BULK_DONE;
}

static void ignore_found(const char *what, gpointer data)
{
	(void)what;
	(void)data;
}

typedef struct {
	gint64 acknowledged[N_WRITES];
	guint n_acknowledged;
	gboolean bulk_acknowledged;
	GString *complaints;
} Run;

static void expect_known(Run *run, GError **error)
{
	if (*error && (*error)->domain != ZHIYIN_ERROR)
		g_string_append_printf(run->complaints, "an error of another kind: %s; ",
				       (*error)->message);
	g_clear_error(error);
}

static void run_reads(Store *store, Run *run)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(store, &error);
	g_autoptr(DbRows) rows =
		db ? db_query(db, "SELECT id, body FROM items ORDER BY id", &error, "") : NULL;
	guint n_rows = 0;

	while (rows && db_next(rows, &error))
		n_rows += db_text(rows, 1) != NULL;
	if (!error && n_rows < run->n_acknowledged)
		g_string_append(run->complaints, "an acknowledged row cannot be read; ");
	expect_known(run, &error);
	store_check(store, ignore_found, NULL, &error);
	expect_known(run, &error);
}

static void run_scenario(const char *path, Run *run)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = open_store(path, "iofault", &error);
	gint64 bulk_id = 100;

	expect_known(run, &error);
	if (!store)
		return;
	for (gint64 id = 1; id <= N_WRITES; id++) {
		if (store_write(store, add_item, &id, &error))
			run->acknowledged[run->n_acknowledged++] = id;
		expect_known(run, &error);
	}
	run->bulk_acknowledged = store_write_bulk(store, add_bulk, &bulk_id, &error);
	expect_known(run, &error);
	run_reads(store, run);
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static void complain(const char *what, gpointer data)
{
	Run *run = data;

	g_string_append_printf(run->complaints, "afterwards: %s; ", what);
}

static gboolean has_item(Db *db, gint64 id)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT length(body) FROM items WHERE id = $1", NULL, "i", id);

	return rows && db_next(rows, NULL) && db_int(rows, 0) == 6000;
}

static void audit(const char *path, Run *run)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = open_store(path, NULL, &error);
	g_autoptr(Db) db = store ? db_begin_read(store, &error) : NULL;

	if (!db) {
		complain(error->message, run);
		return;
	}
	for (guint i = 0; i < run->n_acknowledged; i++) {
		if (!has_item(db, run->acknowledged[i]))
			complain("an acknowledged row is lost", run);
	}
	for (gint64 id = 100; run->bulk_acknowledged && id < 103; id++) {
		if (!has_item(db, id))
			complain("an acknowledged row of the bulk is lost", run);
	}
	if (!store_check(store, complain, run, &error))
		complain(error->message, run);
}

static void remove_directory(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

/* TRUE when the scenario has met the fault; complaints are printed and counted. */
static gboolean try_fault(FailKind kind, gint at, gboolean for_good, guint *n_complaints)
{
	g_autofree char *path = g_dir_make_tmp("zhiyin-iofault-XXXXXX", NULL);
	Run run = {.complaints = g_string_new(NULL)};

	fault.kind = kind;
	fault.at = at;
	fault.for_good = for_good;
	fault.n_seen = 0;
	g_atomic_int_set(&fault.armed, 1);
	run_scenario(path, &run);
	g_atomic_int_set(&fault.armed, 0);
	audit(path, &run);
	if (run.complaints->len) {
		g_printerr("%s %d%s: %s\n", kinds[kind].name, at, for_good ? " and on" : "",
			   run.complaints->str);
		(*n_complaints)++;
	}
	g_string_free(run.complaints, TRUE);
	remove_directory(path);
	return fault.n_seen >= at;
}

static void try_kind(FailKind kind, gboolean for_good, guint *n_complaints)
{
	gint at = 1;
	guint n_tried = 0;

	/* Allocations are many thousands: the first hundreds one by one, then with growing gaps. */
	while (try_fault(kind, at, for_good, n_complaints)) {
		at += kind == FAIL_MEMORY && at > 200 ? at / 50 : 1;
		n_tried++;
	}
	g_print("%s%s: %u faults, the last at operation %d\n", kinds[kind].name,
		for_good ? " and on" : "", n_tried, at);
}

int main(int argc, char **argv)
{
	char *only = NULL;
	const GOptionEntry entries[] = {
		{"kind", 0, 0, G_OPTION_ARG_STRING, &only, "Only this kind of fault", "NAME"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	guint n_complaints = 0;
	guint n_kinds = 0;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		g_printerr("iofault: %s\n", error->message);
		return 2;
	}
	memory_register();
	disk_register();
	for (FailKind kind = 0; kind < FAIL_N_KINDS; kind++) {
		if (only && strcmp(only, kinds[kind].name) != 0)
			continue;
		n_kinds++;
		try_kind(kind, FALSE, &n_complaints);
		try_kind(kind, TRUE, &n_complaints);
	}
	g_free(only);
	g_print("cases that went wrong: %u\n", n_complaints);
	return n_kinds == 0 ? 2 : n_complaints ? 1 : 0;
}
