/*
 * Speed of the store on the disk it is given: durable single-row writes, point reads, and how long
 * a contact takes to be created while another process (or this one) stores passages in bulk.
 *   bench-store [--directory DIR] [--seconds N] [--passages N]
 *
 * Prints one line of JSON per measurement; times in microseconds. The directory's disk is what is
 * measured: a memory file system shows the program's own cost, a real disk adds its sync. Does not
 * compare with other databases.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "store/store.h"

enum { PASSAGES_A_STEP = 10, VECTOR_BYTES = 1536, MAX_THREADS = 64 };

static const char schema[] =
	"CREATE TABLE contacts (id TEXT PRIMARY KEY, name TEXT, email TEXT UNIQUE, phone TEXT, "
	"company TEXT, custom TEXT,"
	" created_at INTEGER) STRICT, WITHOUT ROWID;"
	"CREATE INDEX contacts_company ON contacts (company);"
	"CREATE TABLE passages (id INTEGER PRIMARY KEY, body TEXT NOT NULL, vector BLOB) STRICT;"
	"CREATE VIRTUAL TABLE passages_text USING fts5 (body, content='', contentless_delete=1, "
	"tokenize='zhiyin');";
static const char ADD_CONTACT[] =
	"INSERT INTO contacts (id, name, email, phone, company, custom, created_at)"
	" VALUES ($1, $2, $3, $4, $5, '{}', $6)";
static const char READ_CONTACT[] =
	"SELECT id, name, email, phone, company, custom, created_at FROM contacts WHERE id = $1";
static const char ADD_PASSAGE[] = "INSERT INTO passages (body, vector) VALUES ($1, $2)";
static const char INDEX_PASSAGE[] =
	"INSERT INTO passages_text (rowid, body) VALUES (last_insert_rowid(), $1)";

static char *directory;
static char *bulk_only;
static int n_seconds = 3;
static int n_passages = 20000;

static const GOptionEntry options[] = {
	{"directory", 0, 0, G_OPTION_ARG_FILENAME, &directory, "where the databases are made",
	 "DIR"},
	{"seconds", 0, 0, G_OPTION_ARG_INT, &n_seconds, "for each measurement of writes and reads",
	 "N"},
	{"passages", 0, 0, G_OPTION_ARG_INT, &n_passages, "stored in bulk beside the contacts",
	 "N"},
	{"bulk-only", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &bulk_only,
	 "the child's part", "DIR"},
	G_OPTION_ENTRY_NULL,
};

/* ---- the database ---------------------------------------------------------------------------- */

static int tokenize_characters(const char *text, int n_bytes, StoreEmit emit, gpointer emit_data)
{
	for (int at = 0; at < n_bytes;) {
		int length = (int)(g_utf8_next_char(text + at) - (text + at));
		int result = emit(text + at, MIN(length, n_bytes - at), at, at + length, emit_data);

		if (result)
			return result;
		at += length;
	}
	return 0;
}

static Store *open_store(const char *path)
{
	static const StoreMigration migration = {1, "bench", schema, sizeof(schema) - 1};
	g_autoptr(GError) error = NULL;
	StoreOptions store_options = {
		.path = path,
		.tokenize = tokenize_characters,
		.create = TRUE,
		.migrate = TRUE,
		.migrations = &migration,
		.n_migrations = 1,
	};
	Store *store = store_open(&store_options, &error);

	if (!store)
		g_error("%s", error->message);
	return store;
}

static char *make_directory(void)
{
	char *path = g_build_filename(directory ? directory : g_get_tmp_dir(),
				      "zhiyin-bench-XXXXXX", NULL);

	if (!g_mkdtemp(path))
		g_error("cannot make a directory like %s", path);
	return path;
}

static void remove_directory(char *path)
{
	g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
	const char *name;

	while (listing && (name = g_dir_read_name(listing))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
	g_free(path);
}

/* ---- measuring ------------------------------------------------------------------------------- */

static gint compare_times(gconstpointer a, gconstpointer b)
{
	gint64 left = *(const gint64 *)a;
	gint64 right = *(const gint64 *)b;

	return left < right ? -1 : left > right;
}

static gint64 percentile(const GArray *sorted, double share)
{
	return sorted->len ? g_array_index(sorted, gint64,
					   MIN((guint)(share * sorted->len), sorted->len - 1))
			   : 0;
}

/* times may be NULL: then n_done things were done without a time for each. */
static void report(const char *what, int n_threads, GArray *times, gint64 n_done, double seconds,
		   gint64 n_commits)
{
	g_autoptr(GString) line = g_string_new(NULL);
	JsonWriter w = json_writer(line);

	json_object_begin(&w, NULL);
	json_put_string(&w, "what", what);
	json_put_int(&w, "threads", n_threads);
	json_put_int(&w, "count", n_done);
	json_put_int(&w, "per_second", (gint64)((double)n_done / seconds));
	if (times) {
		g_array_sort(times, compare_times);
		json_put_int(&w, "p50_us", percentile(times, 0.50));
		json_put_int(&w, "p99_us", percentile(times, 0.99));
		json_put_int(&w, "p999_us", percentile(times, 0.999));
		json_put_int(&w, "max_us", percentile(times, 1));
	}
	if (n_commits)
		json_put_int(&w, "commits", n_commits);
	json_object_end(&w);
	puts(line->str);
	fflush(stdout);
}

typedef struct Load Load;
typedef gint64 (*Action)(Load *load); /* does one thing, returns how long it took */

struct Load {
	Store *store;
	Action action;
	gint64 until_us;
	GArray *times;
	GPtrArray *ids; /* what may be read */
	guint position;
};

static gpointer run_load(gpointer data)
{
	Load *load = data;

	while (clock_monotonic_us() < load->until_us) {
		gint64 time_us = load->action(load);

		g_array_append_val(load->times, time_us);
	}
	return NULL;
}

static void count_commit(gpointer data)
{
	g_atomic_int_inc((gint *)data);
}

static void measure(const char *what, Store *store, Action action, int n_threads, GPtrArray *ids)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 begin_us = clock_monotonic_us();
	GThread *threads[MAX_THREADS];
	Load loads[MAX_THREADS];
	gint n_commits = 0;

	store_set_news(store, count_commit, &n_commits);
	for (int i = 0; i < n_threads; i++) {
		loads[i] = (Load){store,
				  action,
				  begin_us + n_seconds * G_USEC_PER_SEC,
				  g_array_new(FALSE, FALSE, sizeof(gint64)),
				  ids,
				  (guint)i};
		threads[i] = g_thread_new("load", run_load, &loads[i]);
	}
	for (int i = 0; i < n_threads; i++) {
		g_thread_join(threads[i]);
		g_array_append_vals(times, loads[i].times->data, loads[i].times->len);
		g_array_unref(loads[i].times);
	}
	report(what, n_threads, times, times->len,
	       (double)(clock_monotonic_us() - begin_us) / G_USEC_PER_SEC, n_commits);
	store_set_news(store, NULL, NULL);
}

/* ---- contacts -------------------------------------------------------------------------------- */

static gboolean add_contact(Db *db, gpointer data, GError **error)
{
	const char *id = data;
	g_autofree char *email = g_strdup_printf("%s@example.com", id);

	return db_run(db, ADD_CONTACT, error, "sssssi", id, "王小明", email, "+8613800138000",
		      id + 28, clock_now_ms());
}

static gint64 create_contact(Load *load)
{
	g_autoptr(GError) error = NULL;
	char id[ID_LENGTH + 1];
	gint64 begin_us = clock_monotonic_us();

	if (!store_write(load->store, add_contact, id_new(id), &error))
		g_error("%s", error->message);
	if (load->ids)
		g_ptr_array_add(load->ids, g_strdup(id));
	return clock_monotonic_us() - begin_us;
}

static gint64 read_contact(Load *load)
{
	g_autoptr(GError) error = NULL;
	gint64 begin_us = clock_monotonic_us();

	load->position = (load->position * 2654435761u + 12345) % load->ids->len;
	{
		g_autoptr(Db) db = db_begin_read(load->store, &error);
		g_autoptr(DbRows) rows =
			db_query(db, READ_CONTACT, &error, "s", load->ids->pdata[load->position]);

		if (!db_next(rows, &error) || !db_text(rows, 2))
			g_error("a contact is not there");
	}
	return clock_monotonic_us() - begin_us;
}

/* ---- passages in bulk ------------------------------------------------------------------------ */

typedef struct {
	int n_left;
	guint8 vector[VECTOR_BYTES];
} Passages;

static BulkStep add_passages(Db *db, gpointer data, GError **error)
{
	static const char text[] =
		"您好，订单签收之后七天之内可以申请退货，商品和包装需要保持完整，运费由我们承担。"
		"请在我的订单里点击申请退货，快递员会在两天之内上门取件，收到之后三个工作日退款。";
	Passages *passages = data;

	for (int i = 0; i < PASSAGES_A_STEP && passages->n_left > 0; i++, passages->n_left--) {
		random_bytes(passages->vector, sizeof(passages->vector));
		if (!db_run(db, ADD_PASSAGE, error, "sb", text, passages->vector,
			    sizeof(passages->vector)) ||
		    !db_run(db, INDEX_PASSAGE, error, "s", text))
			return BULK_FAILED;
	}
	return passages->n_left > 0 ? BULK_MORE : BULK_DONE;
}

static gpointer store_passages(gpointer data)
{
	g_autoptr(GError) error = NULL;
	Passages passages = {.n_left = n_passages};

	if (!store_write_bulk(data, add_passages, &passages, &error))
		g_error("%s", error->message);
	return NULL;
}

static gboolean child_ended(GPid pid)
{
	int status;

	return waitpid(pid, &status, WNOHANG) == pid;
}

static GPid start_bulk_process(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *part = g_strdup_printf("--bulk-only=%s", path);
	g_autofree char *count = g_strdup_printf("--passages=%d", n_passages);
	char *arguments[] = {self, part, count, NULL};
	GPid pid = 0;

	if (!g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid,
			   &error))
		g_error("%s", error->message);
	return pid;
}

/* A contact every 2 ms or so, as people and visitors would make them, until the bulk is stored. */
static void measure_beside_bulk(Store *store, const char *path)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 begin_us = clock_monotonic_us();
	Load load = {.store = store};
	GPid pid = start_bulk_process(path);

	while (!child_ended(pid)) {
		gint64 time_us = create_contact(&load);

		g_array_append_val(times, time_us);
		g_usleep(2000);
	}
	report("contact beside the bulk of another process", 1, times, times->len,
	       (double)(clock_monotonic_us() - begin_us) / G_USEC_PER_SEC, 0);
}

static void measure_beside_own_bulk(Store *store)
{
	g_autoptr(GArray) times = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 begin_us = clock_monotonic_us();
	GThread *thread = g_thread_new("bulk", store_passages, store);
	Load load = {.store = store};

	for (int i = 0; i < 1000; i++) {
		gint64 time_us = create_contact(&load);

		g_array_append_val(times, time_us);
		g_usleep(2000);
	}
	report("contact beside the bulk of its own process", 1, times, times->len,
	       (double)(clock_monotonic_us() - begin_us) / G_USEC_PER_SEC, 0);
	g_thread_join(thread);
}

static void measure_bulk_alone(Store *store)
{
	gint64 begin_us = clock_monotonic_us();

	store_passages(store);
	report("passages in bulk alone", 1, NULL, n_passages,
	       (double)(clock_monotonic_us() - begin_us) / G_USEC_PER_SEC, 0);
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;
	char *path;
	Store *store;

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error))
		g_error("%s", error->message);
	if (bulk_only) {
		store = open_store(bulk_only);
		store_passages(store);
		store_close(store);
		return 0;
	}
	path = make_directory();
	store = open_store(path);
	measure("durable single-row writes", store, create_contact, 1, ids);
	measure("durable single-row writes", store, create_contact, 8, NULL);
	measure("durable single-row writes", store, create_contact, MAX_THREADS, NULL);
	measure("point reads with a snapshot each", store, read_contact, 1, ids);
	measure("point reads with a snapshot each", store, read_contact, 8, ids);
	measure_bulk_alone(store);
	measure_beside_bulk(store, path);
	measure_beside_own_bulk(store);
	store_close(store);
	remove_directory(path);
	return 0;
}
