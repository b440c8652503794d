/* The store as its users see it: what is acknowledged is there, what is refused left nothing
 * behind, and who waits for whom. */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "fixture.h"

static const char ADD[] = "INSERT INTO items (id, name) VALUES ($1, $2)";

/* ---- values and statements ------------------------------------------------------------------- */

static gboolean add_values(Db *db, gpointer data, GError **error)
{
	(void)data;
	/* $2 stands before $1 on purpose. */
	return db_run(db,
		      "INSERT INTO items (name, id, amount, weight, data) VALUES ($2, $1, $3, $4, "
		      "$5)",
		      error, "isidb", (gint64)7, "张伟", (gint64)-5000000000, 0.25, "a\0b",
		      (gsize)3) &&
	       db_run(db, "INSERT INTO items (name, id, data) VALUES ($2, $1, $3)", error, "isb",
		      (gint64)8, "x", NULL, (gsize)0);
}

static void test_values(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Db *db;
	DbRows *rows;

	store_write(store, add_values, NULL, &error);
	g_assert_no_error(error);
	db = db_begin_read(store, &error);
	rows = db_query(db,
			"SELECT id, name, amount, weight, data FROM items WHERE $2 = name OR id = "
			"$1 ORDER BY id",
			&error, "is", (gint64)8, "张伟");
	g_assert_no_error(error);
	g_assert_true(db_next(rows, &error));
	g_assert_cmpint(db_n_columns(rows), ==, 5);
	g_assert_cmpstr(db_column_name(rows, 1), ==, "name");
	g_assert_cmpint(db_int(rows, 0), ==, 7);
	g_assert_cmpstr(db_text(rows, 1), ==, "张伟");
	g_assert_cmpint(db_int(rows, 2), ==, -5000000000);
	g_assert_cmpfloat(db_double(rows, 3), ==, 0.25);
	g_assert_cmpmem(db_blob(rows, 4), db_length(rows, 4), "a\0b", 3);
	g_assert_true(db_next(rows, &error));
	g_assert_cmpint(db_int(rows, 0), ==, 8);
	g_assert_true(db_is_null(rows, 4));
	g_assert_null(db_text(rows, 2));
	g_assert_false(db_next(rows, &error));
	g_assert_false(db_next(rows, &error)); /* does not run again */
	g_assert_no_error(error);
	db_rows_free(rows);
	db_free(db);
	store_close(store);
	fixture_remove(path);
}

static void test_helpers_of_queries(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	g_autoptr(Db) db = NULL;
	g_autoptr(GPtrArray) names = NULL;
	gboolean exists = FALSE;

	store_write(store, add_values, NULL, &error);
	g_assert_no_error(error);
	db = db_begin_read(store, &error);
	g_assert_true(db_exists(db, "SELECT 1 FROM items WHERE id = $1", &exists, &error, "i",
				(gint64)7));
	g_assert_true(exists);
	g_assert_true(db_exists(db, "SELECT 1 FROM items WHERE id = $1", &exists, &error, "i",
				(gint64)9));
	g_assert_false(exists);
	names = db_texts(db, "SELECT name FROM items WHERE id >= $1 ORDER BY id", &error, "i",
			 (gint64)7);
	g_assert_cmpuint(names->len, ==, 2);
	g_assert_cmpstr(names->pdata[0], ==, "张伟");
	g_assert_cmpstr(names->pdata[1], ==, "x");
	g_assert_false(db_exists(db, "SELECT 1 FROM nowhere", &exists, &error, ""));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
	g_clear_error(&error);
	g_assert_null(db_texts(db, "SELECT name FROM nowhere", &error, ""));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
	g_clear_pointer(&db, db_free);
	store_close(store);
	fixture_remove(path);
}

static void expect_refused(Store *store, const char *sql, const char *types, const char *part)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(store, NULL);
	gboolean run = db_run(db, sql, &error, types, (gint64)1, (gint64)2);

	g_assert_false(run);
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, part));
}

static void test_wrong_statements(void)
{
	char *path = fixture_directory();
	Store *store = fixture_open(path);

	expect_refused(store, "SELECT $1", "", "0 values for 1 parameters");
	expect_refused(store, "SELECT $1", "ii", "2 values for 1 parameters");
	expect_refused(store, "SELECT ?", "i", "$1, $2");
	expect_refused(store, "SELECT :name", "i", "$1, $2");
	expect_refused(store, "SELECT $1", "z", "no known type");
	expect_refused(store, "SELECT 1; SELECT 2", "", "one statement");
	expect_refused(store, "", "", "one statement");
	expect_refused(store, "SELECT absent FROM items", "", "no such column");
	g_assert_cmpint(fixture_int(store, "SELECT 5; "), ==, 5);
	store_close(store);
	fixture_remove(path);
}

static void test_value_not_in_error(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Db *db = db_begin_read(store, &error);
	DbRows *rows = db_query(db, "SELECT rowid FROM texts WHERE texts MATCH $1", &error, "s",
				"\"王小明 AND (");

	g_assert_no_error(error);
	g_assert_false(db_next(rows, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
	g_assert_null(strstr(error->message, "王小明"));
	db_rows_free(rows);
	db_free(db);
	store_close(store);
	fixture_remove(path);
}

static void test_no_schema_changes_at_run_time(void)
{
	static const char *const forbidden[] = {
		"CREATE TABLE evil (id INTEGER)",
		"DROP TABLE items",
		"ALTER TABLE items ADD COLUMN evil TEXT",
		"CREATE TRIGGER evil AFTER INSERT ON items BEGIN DELETE FROM items; END",
		"CREATE TEMP TABLE evil (id INTEGER)",
		"ATTACH DATABASE '/tmp/evil.db' AS evil",
		"PRAGMA foreign_keys = OFF",
		"PRAGMA writable_schema = ON",
		"VACUUM",
		"PRAGMA journal_mode = DELETE",
		"BEGIN",
		"COMMIT",
		"ROLLBACK",
		"SAVEPOINT evil",
		"REINDEX",
		"ANALYZE",
		"CREATE VIRTUAL TABLE evil USING fts5 (body)",
		"PRAGMA user_version",
		"DELETE FROM sqlite_schema",
		"INSERT INTO texts_data (id, block) VALUES (1, x'00')",
		"SELECT load_extension('evil')",
	};
	char *path = fixture_directory();
	Store *store = fixture_open(path);

	for (gsize i = 0; i < G_N_ELEMENTS(forbidden); i++)
		g_assert_cmpint(fixture_write_fails(store, forbidden[i]), ==,
				ZHIYIN_ERROR_INTERNAL);
	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'still here')");
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 1);
	g_assert_cmpint(
		fixture_int(store, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'evil%'"),
		==, 0);
	store_close(store);
	fixture_remove(path);
}

static void test_reader_cannot_write(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Db *db = db_begin_read(store, &error);

	g_assert_false(db_run(db, "INSERT INTO items (id, name) VALUES (1, 'x')", &error, ""));
	g_assert_nonnull(error);
	db_free(db);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 0);
	store_close(store);
	fixture_remove(path);
}

/* The same text inside its own loop, more texts than the cache holds, and rows that outlive their
 * connection. */
static void test_statement_cache(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Db *db = db_begin_read(store, &error);
	static const char sql[] = "SELECT value FROM json_each('[1,2,3]')";
	DbRows *outer = db_query(db, sql, &error, "");
	gint64 sum = 0;

	while (db_next(outer, &error)) {
		g_autoptr(DbRows) inner = db_query(db, sql, &error, "");

		while (db_next(inner, &error))
			sum += db_int(outer, 0) * db_int(inner, 0);
	}
	g_assert_cmpint(sum, ==, 36);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *text = g_strdup_printf("SELECT %d + $1", i);
		g_autoptr(DbRows) rows = db_query(db, text, &error, "i", (gint64)1);

		g_assert_no_error(error);
		g_assert_true(db_next(rows, &error));
		g_assert_cmpint(db_int(rows, 0), ==, i + 1);
	}
	db_rows_free(outer);
	outer = db_query(db, sql, &error, "");
	g_assert_true(db_next(outer, &error));
	db_free(db);
	g_assert_null(db_text(outer, 0));
	g_assert_false(db_next(outer, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
	db_rows_free(outer);
	store_close(store);
	fixture_remove(path);
}

static gboolean change_two(Db *db, gpointer data, GError **error)
{
	gint64 *n_changed = data;

	if (!db_run(db, "UPDATE items SET amount = 1", error, ""))
		return FALSE;
	*n_changed = db_changes(db);
	return TRUE;
}

static void test_changes(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	gint64 n_changed = 0;

	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'a'), (2, 'b')");
	store_write(store, change_two, &n_changed, &error);
	g_assert_no_error(error);
	g_assert_cmpint(n_changed, ==, 2);
	store_close(store);
	fixture_remove(path);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void test_conflicts(void)
{
	static char twice[] = "INSERT INTO items (id, name) VALUES (2, 'a')";
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);

	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'a')");
	fixture_write(store, "INSERT INTO parents (id) VALUES (1)");
	g_assert_cmpint(fixture_write_fails(store, "INSERT INTO items (id, name) VALUES (2, 'a')"),
			==, ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(fixture_write_fails(store, "INSERT INTO items (id, name) VALUES (1, 'b')"),
			==, ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(
		fixture_write_fails(store, "INSERT INTO children (id, parent) VALUES (1, 9)"), ==,
		ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(fixture_write_fails(store, "INSERT INTO late (id, parent) VALUES (1, 9)"),
			==, ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(fixture_write_fails(store, "UPDATE parents SET id = 2"), ==,
			ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(fixture_write_fails(store, "INSERT INTO items (id) VALUES (3)"), ==,
			ZHIYIN_ERROR_INTERNAL);
	g_assert_false(store_write(store, fixture_run, twice, &error));
	g_assert_nonnull(strstr(error->message, "items.name"));
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 1);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM late"), ==, 0);
	store_close(store);
	fixture_remove(path);
}

typedef struct {
	Store *store;
	gint64 id;
	gboolean fails;
	gint depth; /* of async answers still to come */
} Piece;

/* Writes first, then may fail: what it wrote must go, its neighbours' must stay. */
static gboolean add_piece(Db *db, gpointer data, GError **error)
{
	Piece *piece = data;
	g_autofree char *name = g_strdup_printf("item %" G_GINT64_FORMAT, piece->id);

	if (!db_run(db, ADD, error, "is", piece->id, name))
		return FALSE;
	if (!piece->fails)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "refused on purpose");
	return FALSE;
}

typedef struct {
	gint n_answered;
	gint n_refused;
} Answers;

static Answers answers; /* counted from the writer thread */

static void count_answer(const GError *error, gpointer data)
{
	Piece *piece = data;

	if (piece->fails)
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE);
	else
		g_assert_no_error(error);
	if (error)
		g_atomic_int_inc(&answers.n_refused);
	else
		g_assert_cmpint(fixture_int(piece->store, "SELECT count(*) FROM items"), >, 0);
	g_atomic_int_inc(&answers.n_answered);
}

/* All queue while the writer thread is held up, so that they share a batch; every third is refused,
 * the first one, too. */
static gboolean hold_up(Db *db, gpointer data, GError **error)
{
	(void)db;
	(void)error;
	while (!g_atomic_int_get((gint *)data))
		g_usleep(100);
	return TRUE;
}

static void count_news(gpointer data)
{
	g_atomic_int_inc((gint *)data);
}

static void test_refusal_spares_neighbours(void)
{
	enum { N_PIECES = 90 };
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	g_autofree Piece *pieces = g_new0(Piece, N_PIECES);
	gint go = 0;
	gint n_commits = 0;

	answers = (Answers){0, 0};
	store_set_news(store, count_news, &n_commits);
	store_write_async(store, hold_up, NULL, &go);
	for (int i = 0; i < N_PIECES; i++) {
		pieces[i] = (Piece){.store = store, .id = i + 1, .fails = i % 3 == 0};
		store_write_async(store, add_piece, count_answer, &pieces[i]);
	}
	g_atomic_int_set(&go, 1);
	while (g_atomic_int_get(&answers.n_answered) < N_PIECES)
		g_usleep(1000);
	g_assert_cmpint(answers.n_refused, ==, N_PIECES / 3);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==,
			N_PIECES - N_PIECES / 3);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items WHERE id % 3 = 1"), ==, 0);
	g_assert_cmpint(n_commits, <, N_PIECES / 4);
	store_close(store);
	fixture_remove(path);
}

static void test_deferred_refusal_spares_neighbours(void)
{
	static char bad[] = "INSERT INTO late (id, parent) VALUES (1, 99)";
	static char good[] = "INSERT INTO items (id, name) VALUES (5, 'good')";
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	gint go = 0;

	store_write_async(store, hold_up, NULL, &go);
	store_write_async(store, fixture_run, NULL, good);
	store_write_async(store, fixture_run, NULL, bad);
	g_atomic_int_set(&go, 1);
	store_close(store);
	store = fixture_open(path);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 1);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM late"), ==, 0);
	store_close(store);
	fixture_remove(path);
}

/* ---- group commit ---------------------------------------------------------------------------- */

enum { N_THREADS = 32, N_EACH = 40 };

typedef struct {
	Store *store;
	int number;
} Writer;

static gpointer write_and_read(gpointer data)
{
	const Writer *writer = data;

	for (int i = 0; i < N_EACH; i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *look = NULL;
		Piece piece = {.id = writer->number * 1000 + i + 1};

		store_write(writer->store, add_piece, &piece, &error);
		g_assert_no_error(error);
		look = g_strdup_printf("SELECT count(*) FROM items WHERE id = %" G_GINT64_FORMAT,
				       piece.id);
		g_assert_cmpint(fixture_int(writer->store, look), ==, 1); /* reads its own write */
	}
	return NULL;
}

static void test_group_commit(void)
{
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	GThread *threads[N_THREADS];
	Writer writers[N_THREADS];
	gint n_commits = 0;

	store_set_news(store, count_news, &n_commits);
	for (int i = 0; i < N_THREADS; i++) {
		writers[i] = (Writer){store, i};
		threads[i] = g_thread_new("writer", write_and_read, &writers[i]);
	}
	for (int i = 0; i < N_THREADS; i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, N_THREADS * N_EACH);
	g_assert_cmpint(n_commits, <, N_THREADS * N_EACH / 2);
	g_test_message("%d writes in %d commits", N_THREADS * N_EACH, n_commits);
	store_close(store);
	fixture_remove(path);
}

static void test_close_waits_for_queued(void)
{
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Piece pieces[50];

	for (int i = 0; i < 50; i++) {
		pieces[i] = (Piece){.id = i + 1};
		store_write_async(store, add_piece, NULL, &pieces[i]);
	}
	store_close(store);
	store = fixture_open(path);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 50);
	store_close(store);
	fixture_remove(path);
}

static gboolean write_from_writer(Db *db, gpointer data, GError **error)
{
	g_autofree char *sql = g_strdup("DELETE FROM items");

	(void)db;
	return store_write(data, fixture_run, sql, error);
}

static void test_writer_does_not_wait_for_itself(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);

	g_assert_false(store_write(store, write_from_writer, store, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
	store_close(store);
	fixture_remove(path);
}

/* ---- bulk ------------------------------------------------------------------------------------ */

typedef struct {
	Store *store;
	int number; /* keeps the rows of several loads apart */
	int n_left;
	gint n_done;
	gboolean fails_at_end;
	GArray *order; /* 'b' a bulk step, 'i' an interactive write; filled on the writer thread */
} Load;

static BulkStep add_load(Db *db, gpointer data, GError **error)
{
	Load *load = data;
	char mark = 'b';

	for (int i = 0; i < 50; i++) {
		gint64 id =
			(load->number + 1) * G_GINT64_CONSTANT(1000000) + load->n_left * 100 + i;
		g_autofree char *name = g_strdup_printf("bulk %" G_GINT64_FORMAT, id);

		if (!db_run(db, ADD, error, "is", id, name))
			return BULK_FAILED;
	}
	if (load->order)
		g_array_append_val(load->order, mark);
	g_atomic_int_inc(&load->n_done);
	if (--load->n_left > 0)
		return BULK_MORE;
	if (!load->fails_at_end)
		return BULK_DONE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "the last step fails");
	return BULK_FAILED;
}

static gpointer run_load(gpointer data)
{
	Load *load = data;
	g_autoptr(GError) error = NULL;

	store_write_bulk(load->store, add_load, load, &error);
	g_assert_no_error(error);
	return NULL;
}

static gboolean add_marked(Db *db, gpointer data, GError **error)
{
	Load *load = data;
	char mark = 'i';

	g_array_append_val(load->order, mark);
	return db_run(db,
		      "INSERT INTO items (id, name) VALUES ((SELECT count(*) FROM items WHERE id < "
		      "1000000) + 1,"
		      " 'interactive ' || (SELECT count(*) FROM items WHERE id < 1000000))",
		      error, "");
}

static int compare_steps(gconstpointer a, gconstpointer b)
{
	return *(const gint *)a - *(const gint *)b;
}

/* An interactive write is behind one bulk step: the one that runs when it comes. Steps that pass
 * while this thread does not run count as well, so the middle one of many writes is looked at. */
static void test_bulk_gives_way(void)
{
	enum { N_WRITES = 41 };
	gint n_steps[N_WRITES];
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Load load = {.store = store, .n_left = 2000, .order = g_array_new(FALSE, FALSE, 1)};
	GThread *thread = g_thread_new("bulk", run_load, &load);

	while (!g_atomic_int_get(&load.n_done))
		g_usleep(100);
	for (int i = 0; i < N_WRITES; i++) {
		gint before = g_atomic_int_get(&load.n_done);

		store_write(store, add_marked, &load, &error);
		g_assert_no_error(error);
		n_steps[i] = g_atomic_int_get(&load.n_done) - before;
	}
	qsort(n_steps, N_WRITES, sizeof(*n_steps), compare_steps);
	g_assert_cmpint(n_steps[N_WRITES / 2], <=, 3);
	/* they did not wait for its end */
	g_assert_cmpint(g_atomic_int_get(&load.n_done), <, 2000);
	g_thread_join(thread);
	g_assert_cmpint(load.order->len, ==, 2000 + N_WRITES);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 2000 * 50 + N_WRITES);
	g_array_unref(load.order);
	store_close(store);
	fixture_remove(path);
}

/* The same from another store, whose connections are as foreign as another process's: SQLite's own
 * lock would let it starve us. */
static void test_bulk_of_others_gives_way(void)
{
	enum { N_WRITES = 40 };
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Store *other = fixture_open(path);
	Load load = {.store = other, .n_left = 1500};
	GThread *thread = g_thread_new("bulk", run_load, &load);
	gint n_during = 0;

	while (!g_atomic_int_get(&load.n_done))
		g_usleep(100);
	g_assert_cmpint(store_quiet_us(other), ==, G_MAXINT64);
	for (int i = 0; i < N_WRITES; i++) {
		g_autofree char *sql =
			g_strdup_printf("INSERT INTO items (id, name) VALUES (%d, 'n%d')", i, i);
		gint before = g_atomic_int_get(&load.n_done);

		fixture_write(store, sql);
		n_during += g_atomic_int_get(&load.n_done) - before;
	}
	g_assert_cmpint(g_atomic_int_get(&load.n_done), <, 1500);
	g_assert_cmpint(store_quiet_us(other), <, G_MAXINT64);
	g_test_message("%d bulk steps during %d writes", n_during, N_WRITES);
	g_assert_cmpint(n_during, <, N_WRITES / 2);
	g_thread_join(thread);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 1500 * 50 + N_WRITES);
	store_close(other);
	store_close(store);
	fixture_remove(path);
}

static gboolean write_nothing(Db *db, gpointer data, GError **error)
{
	(void)data;
	return db_run(db, "UPDATE items SET name = name WHERE id = 0", error, "");
}

typedef struct {
	Store *store;
	gint64 before_us,
		during_us; /* of store_quiet_us(), around an interactive write that comes */
} Quiet;

static BulkStep look_whether_quiet(Db *db, gpointer data, GError **error)
{
	Quiet *quiet = data;

	(void)db;
	(void)error;
	quiet->before_us = store_quiet_us(quiet->store);
	store_write_async(quiet->store, write_nothing, NULL, NULL);
	quiet->during_us = store_quiet_us(quiet->store);
	return BULK_DONE;
}

/* Only writes that come during a bulk step disturb it, not those between. */
static void test_quiet(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Quiet first = {.store = store}, second = {.store = store};
	gint64 begun_us = clock_monotonic_us();

	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'alone')");
	store_write_bulk(store, look_whether_quiet, &first, &error);
	g_assert_no_error(error);
	g_assert_cmpint(first.before_us, ==, G_MAXINT64);
	g_assert_cmpint(first.during_us, ==, 0);
	fixture_write(store, "INSERT INTO items (id, name) VALUES (2, 'behind what came')");
	store_write_bulk(store, look_whether_quiet, &second, &error);
	g_assert_no_error(error);
	g_assert_cmpint(second.before_us, >, 0);
	g_assert_cmpint(second.before_us, <=, clock_monotonic_us() - begun_us);
	store_close(store);
	fixture_remove(path);
}

static void test_bulk_failure_keeps_what_was_committed(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Load load = {.store = store, .n_left = 4, .fails_at_end = TRUE};

	g_assert_false(store_write_bulk(store, add_load, &load, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 150);
	store_close(store);
	fixture_remove(path);
}

static BulkStep add_blobs(Db *db, gpointer data, GError **error)
{
	int *n_left = data;

	if (!db_run(db,
		    "INSERT INTO items (id, name, data) SELECT $1 * 10 + value, 'blob ' || ($1 * "
		    "10 + value), randomblob(100000)"
		    " FROM json_each('[0,1,2,3,4,5,6,7,8,9]')",
		    error, "i", (gint64)*n_left))
		return BULK_FAILED;
	return --*n_left > 0 ? BULK_MORE : BULK_DONE;
}

/* 150 MB pass through the log; it begins anew again and again, while its reader-free moments are
 * few. */
static void test_log_stays_bounded(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	g_autofree char *log = g_build_filename(path, "zhiyin.db-wal", NULL);
	Store *store = fixture_open(path);
	struct stat info;
	int n_left = 150;

	store_write_bulk(store, add_blobs, &n_left, &error);
	g_assert_no_error(error);
	g_assert_cmpint(stat(log, &info), ==, 0);
	g_test_message("log: %ld MB", (long)info.st_size >> 20);
	g_assert_cmpint(info.st_size, <, 100 << 20);
	store_close(store);
	fixture_remove(path);
}

typedef struct {
	Store *store;
	int n_left;
} Blobs;

static gboolean add_blobs_once(Db *db, gpointer data, GError **error)
{
	return add_blobs(db, data, error) != BULK_FAILED;
}

static gpointer run_blobs(gpointer data)
{
	Blobs *blobs = data;

	for (int i = 0; i < 100; i++) {
		g_autoptr(GError) error = NULL;
		int id = blobs->n_left - i;

		store_write(blobs->store, add_blobs_once, &id, &error);
		g_assert_no_error(error);
	}
	return NULL;
}

/* The same of interactive writers who never stop: 300 MB pass through the log. */
static void test_log_stays_bounded_without_bulk(void)
{
	enum { N_WRITERS = 3 };
	char *path = fixture_directory();
	g_autofree char *log = g_build_filename(path, "zhiyin.db-wal", NULL);
	Store *store = fixture_open(path);
	Blobs blobs[N_WRITERS];
	GThread *threads[N_WRITERS];
	struct stat info;

	for (int i = 0; i < N_WRITERS; i++) {
		blobs[i] = (Blobs){store, (i + 1) * 100};
		threads[i] = g_thread_new("writer", run_blobs, &blobs[i]);
	}
	for (int i = 0; i < N_WRITERS; i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(stat(log, &info), ==, 0);
	g_test_message("log: %ld MB", (long)info.st_size >> 20);
	g_assert_cmpint(info.st_size, <, 260 << 20);
	store_close(store);
	fixture_remove(path);
}

/* ---- several processes ----------------------------------------------------------------------- */

/* The body of a child: its own store, its own rows, bulk or one by one. */
static int child_main(const char *path, int number)
{
	Store *store = fixture_open(path);

	if (number % 2) {
		Load load = {.store = store, .number = number, .n_left = 200};
		g_autoptr(GError) error = NULL;

		store_write_bulk(store, add_load, &load, &error);
		g_assert_no_error(error);
	} else {
		for (int i = 0; i < 200; i++) {
			g_autoptr(GError) error = NULL;
			Piece piece = {.id = number * 1000 + i + 1};

			store_write(store, add_piece, &piece, &error);
			g_assert_no_error(error);
		}
	}
	store_close(store);
	return 0;
}

/* This program again, as a child process, with its part named on the command line. */
static GPid spawn_child(const char *path, int number)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *part = g_strdup_printf("%d", number);
	g_autofree char *where = g_strdup(path);
	char option[] = "--child";
	char *arguments[] = {self, option, where, part, NULL};
	GPid pid = 0;

	g_spawn_async(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error);
	g_assert_no_error(error);
	return pid;
}

static void expect_success(GPid pid)
{
	int status;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void test_processes_write_at_once(void)
{
	char *path = fixture_directory();
	GPid children[3];
	Store *store;

	/* Nobody has made the database: all three try. */
	for (int i = 0; i < 3; i++)
		children[i] = spawn_child(path, i + 1);
	for (int i = 0; i < 3; i++)
		expect_success(children[i]);
	store = fixture_open(path);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items WHERE id >= 1000000"), ==,
			2 * 200 * 50);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items WHERE id < 1000000"), ==,
			200);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	fixture_remove(path);
}

static void test_news_of_others(void)
{
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Store *other = fixture_open(path); /* its connections are as foreign as another process's */
	gint n_news = 0;
	gint n_waited = 0;

	store_set_news(store, count_news, &n_news);
	fixture_write(other, "INSERT INTO items (id, name) VALUES (1, 'a')");
	while (!g_atomic_int_get(&n_news) && n_waited++ < 5000)
		g_usleep(1000);
	g_assert_cmpint(g_atomic_int_get(&n_news), ==, 1);
	fixture_write(store, "INSERT INTO items (id, name) VALUES (2, 'b')");
	g_assert_cmpint(g_atomic_int_get(&n_news), ==, 2);
	store_close(other);
	store_close(store);
	fixture_remove(path);
}

static void test_forked_child_is_refused(void)
{
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	pid_t pid = fork();

	if (pid == 0) {
		g_autoptr(GError) error = NULL;
		gboolean refused = !db_begin_read(store, &error) && error &&
				   error->code == ZHIYIN_ERROR_UNAVAILABLE;

		store_close(store); /* leaves the parent's connections alone */
		_exit(refused ? 0 : 1);
	}
	expect_success(pid);
	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'a')");
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 1);
	store_close(store);
	fixture_remove(path);
}

/* ---- readers --------------------------------------------------------------------------------- */

typedef struct {
	Store *store;
	gint stop;
	gint n_reads;
} Reading;

/* Both sums belong to one snapshot, whatever is written meanwhile. */
static gpointer read_sums(gpointer data)
{
	Reading *reading = data;

	while (!g_atomic_int_get(&reading->stop)) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Db) db = db_begin_read(reading->store, &error);
		g_autoptr(DbRows) first = db_query(db, "SELECT count(*) FROM items", &error, "");
		g_autoptr(DbRows) second = NULL;

		g_assert_true(db_next(first, &error));
		g_thread_yield();
		second = db_query(db, "SELECT count(amount) FROM items", &error, "");
		g_assert_true(db_next(second, &error));
		g_assert_no_error(error);
		g_assert_cmpint(db_int(first, 0), ==, db_int(second, 0));
		g_atomic_int_inc(&reading->n_reads);
	}
	return NULL;
}

static void test_many_readers_during_writes(void)
{
	enum { N_READERS = 12 };
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	Reading reading = {.store = store};
	GThread *threads[N_READERS];

	for (int i = 0; i < N_READERS; i++)
		threads[i] = g_thread_new("reader", read_sums, &reading);
	for (int i = 0; i < 300; i++) {
		g_autofree char *sql = g_strdup_printf(
			"INSERT INTO items (id, name, amount) VALUES (%d, 'n%d', 1)", i, i);

		fixture_write(store, sql);
	}
	g_atomic_int_set(&reading.stop, 1);
	for (int i = 0; i < N_READERS; i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(reading.n_reads, >, 100);
	store_close(store);
	fixture_remove(path);
}

/* ---- full text ------------------------------------------------------------------------------- */

static gboolean add_text(Db *db, gpointer data, GError **error)
{
	return db_run(db, "INSERT INTO texts (rowid, body) VALUES ($1, $2)", error, "is", (gint64)1,
		      (const char *)data) &&
	       db_run(db, "INSERT INTO notes (id, body) VALUES ($1, $2)", error, "is", (gint64)1,
		      (const char *)data) &&
	       db_run(db, "INSERT INTO notes_text (rowid, body) VALUES ($1, $2)", error, "is",
		      (gint64)1, (const char *)data);
}

static gint64 count_matches(Store *store, const char *query)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT count(*) FROM texts WHERE texts MATCH '\"%s\"'", query);

	return fixture_int(store, sql);
}

static void test_full_text(void)
{
	static char text[] = "我想退货,快递三天没到";
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	Store *store = fixture_open(path);

	store_write(store, add_text, text, &error);
	g_assert_no_error(error);
	g_assert_cmpint(count_matches(store, "退货"), ==, 1);
	g_assert_cmpint(count_matches(store, "快递三天"), ==, 1);
	g_assert_cmpint(count_matches(store, "货退"), ==, 0);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	fixture_write(store, "DELETE FROM texts WHERE rowid = 1");
	g_assert_cmpint(count_matches(store, "退货"), ==, 0);
	/* The text changes, its index does not. */
	fixture_write(store, "UPDATE notes SET body = '换货'");
	g_assert_cmpint(fixture_n_faults(store), ==, 1);
	store_close(store);
	fixture_remove(path);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void test_rights(void)
{
	static const char *const names[] = {"zhiyin.db", "zhiyin.db-wal", "zhiyin.db-shm",
					    "zhiyin.wait"};
	char *parent = fixture_directory();
	g_autofree char *path = g_build_filename(parent, "data", NULL);
	mode_t before = umask(0);
	Store *store = fixture_open(path);
	struct stat info;

	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'a')");
	g_assert_cmpint(stat(path, &info), ==, 0);
	g_assert_cmpint(info.st_mode & 0777, ==, 0700);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_build_filename(path, names[i], NULL);

		g_assert_cmpint(stat(file, &info), ==, 0);
		g_assert_cmpint(info.st_mode & 0777, ==, 0600);
	}
	umask(before);
	store_close(store);
	fixture_remove(g_steal_pointer(&path));
	fixture_remove(parent);
}

static int open_fails(StoreOptions *options)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(store_open(options, &error));
	g_assert_nonnull(error);
	g_assert_true(error->domain == ZHIYIN_ERROR);
	g_test_message("%s", error->message);
	return error->code;
}

static void test_absent(void)
{
	char *parent = fixture_directory();
	g_autofree char *path = g_build_filename(parent, "data", NULL);
	StoreOptions options = fixture_options(path);

	options.create = FALSE;
	g_assert_cmpint(open_fails(&options), ==, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	options.path = parent;
	g_assert_cmpint(open_fails(&options), ==, ZHIYIN_ERROR_NOT_FOUND);
	fixture_remove(parent);
}

static void fill_store(Store *store, int n_rows)
{
	g_autofree char *sql = g_strdup_printf(
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
		" INSERT INTO items (id, name, amount) SELECT i, printf('row %%08d of the test', "
		"i), i"
		" FROM n",
		n_rows);

	fixture_write(store, sql);
}

static void write_at(const char *file, gint64 at, const void *bytes, gsize n_bytes)
{
	int fd = open(file, O_RDWR);

	g_assert_cmpint(pwrite(fd, bytes, n_bytes, at), ==, (gssize)n_bytes);
	close(fd);
}

static void test_garbage(void)
{
	char *path = fixture_directory();
	g_autofree char *file = g_build_filename(path, "zhiyin.db", NULL);
	StoreOptions options = fixture_options(path);
	Store *store;

	g_assert_true(g_file_set_contents(file,
					  "This is no database at all, but longer than a hundred "
					  "bytes, so that nobody takes it"
					  " for an empty file that may be used.",
					  -1, NULL));
	g_assert_cmpint(open_fails(&options), ==, ZHIYIN_ERROR_DAMAGED);
	g_unlink(file);
	store = fixture_open(path);
	fill_store(store, 20000);
	store_close(store);
	write_at(file, 0, "SQLite is broken", 16);
	g_assert_cmpint(open_fails(&options), ==, ZHIYIN_ERROR_DAMAGED);
	write_at(file, 0, "SQLite format 3\0", 16);
	store_close(fixture_open(path));
	g_assert_cmpint(truncate(file, 5000), ==, 0); /* torn in its second page */
	g_assert_cmpint(open_fails(&options), ==, ZHIYIN_ERROR_DAMAGED);
	fixture_remove(path);
}

static void test_foreign_database(void)
{
	char *path = fixture_directory();
	g_autofree char *file = g_build_filename(path, "zhiyin.db", NULL);
	StoreOptions options = fixture_options(path);
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(file, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, "CREATE TABLE theirs (id)", NULL, NULL, NULL), ==,
			SQLITE_OK);
	sqlite3_close(db);
	g_assert_cmpint(open_fails(&options), ==, ZHIYIN_ERROR_DAMAGED);
	fixture_remove(path);
}

static gint64 page_of(const char *file, const char *name)
{
	g_autofree char *sql =
		g_strdup_printf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", name);
	sqlite3 *db;
	sqlite3_stmt *stmt;
	gint64 page;

	g_assert_cmpint(sqlite3_open(file, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_step(stmt), ==, SQLITE_ROW);
	page = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return page;
}

/* One byte of an index page: once in its head, once in a key. */
static void test_check_finds_flipped_byte(void)
{
	static const int offsets[] = {3, 8, 9, 4000};
	char *path = fixture_directory();
	g_autofree char *file = g_build_filename(path, "zhiyin.db", NULL);
	gint64 page;

	Store *store = fixture_open(path);

	fill_store(store, 3000);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	page = page_of(file, "sqlite_autoindex_items_1");
	for (gsize i = 0; i < G_N_ELEMENTS(offsets); i++) {
		gint64 at = (page - 1) * 4096 + offsets[i];
		guint8 byte;
		int fd = open(file, O_RDONLY);

		g_assert_cmpint(pread(fd, &byte, 1, at), ==, 1);
		close(fd);
		byte ^= 0x04;
		write_at(file, at, &byte, 1);
		store = fixture_open(path);
		g_assert_cmpint(fixture_n_faults(store), >, 0);
		store_close(store);
		byte ^= 0x04;
		write_at(file, at, &byte, 1);
	}
	store = fixture_open(path);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	fixture_remove(path);
}

static void put_file(const char *directory, const char *name, const char *bytes, gsize n_bytes)
{
	g_autofree char *file = g_build_filename(directory, name, NULL);

	g_assert_true(g_file_set_contents_full(file, bytes, (gssize)n_bytes,
					       G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* A database opens to what one of its commits left, rows 1 to n of five each, or is refused as
 * damaged. */
static void expect_prefix(const char *path, int n_most, int *n_refused)
{
	g_autoptr(GError) error = NULL;
	StoreOptions options = fixture_options(path);
	g_autoptr(Store) store = store_open(&options, &error);
	gint64 n_rows;

	if (!store) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
		(*n_refused)++;
		return;
	}
	n_rows = fixture_int(store, "SELECT count(*) FROM items");
	g_assert_cmpint(n_rows % 5, ==, 0);
	g_assert_cmpint(n_rows, <=, n_most);
	g_assert_cmpint(fixture_int(store, "SELECT coalesce(max(id), 0) FROM items"), ==, n_rows);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
}

/* The log as a crash may leave it: cut at each frame and a byte to either side, a bit flipped or
 * zeros in each frame; the index of the log is stale garbage all the time. */
static void test_torn_log(void)
{
	enum { N_COMMITS = 12, FRAME = 4096 + 24, HEAD = 32 };
	char *path = fixture_directory();
	char *torn = fixture_directory();
	g_autofree char *database = NULL;
	g_autofree char *log = NULL;
	g_autofree char *file = g_build_filename(path, "zhiyin.db", NULL);
	g_autofree char *log_file = g_build_filename(path, "zhiyin.db-wal", NULL);
	Store *store = fixture_open(path);
	gsize n_database;
	gsize n_log;
	int n_refused = 0;

	store_close(store);
	store = fixture_open(path); /* the schema is written back, the log holds rows only */
	for (int i = 0; i < N_COMMITS; i++) {
		g_autofree char *sql = g_strdup_printf(
			"INSERT INTO items (id, name, data) SELECT %d + value, 'n' || (%d + value),"
			" randomblob(3000) FROM json_each('[1,2,3,4,5]')",
			i * 5, i * 5);

		fixture_write(store, sql);
	}
	g_assert_true(g_file_get_contents(file, &database, &n_database, NULL));
	g_assert_true(g_file_get_contents(log_file, &log, &n_log, NULL));
	store_close(store);
	g_assert_cmpint(n_log, >, HEAD + N_COMMITS * FRAME);
	for (gsize at = HEAD; at + FRAME <= n_log; at += FRAME) {
		for (gsize cut = at - 1; cut <= at + 1; cut++) {
			put_file(torn, "zhiyin.db", database, n_database);
			put_file(torn, "zhiyin.db-wal", log, cut);
			put_file(torn, "zhiyin.db-shm", log, MIN(n_log, 32768));
			expect_prefix(torn, N_COMMITS * 5, &n_refused);
		}
		for (int zero = 0; zero < 2; zero++) {
			g_autofree char *bad = g_memdup2(log, n_log);

			if (zero)
				memset(bad + at, 0, FRAME);
			else
				bad[at + (at / FRAME * 331) % FRAME] ^= (char)(1 << at / FRAME % 8);
			put_file(torn, "zhiyin.db", database, n_database);
			put_file(torn, "zhiyin.db-wal", bad, n_log);
			expect_prefix(torn, N_COMMITS * 5, &n_refused);
		}
	}
	put_file(torn, "zhiyin.db", database, n_database);
	put_file(torn, "zhiyin.db-wal", log, n_log);
	store = fixture_open(torn);
	/* unharmed, it holds everything */
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, N_COMMITS * 5);
	store_close(store);
	g_test_message("refused: %d", n_refused);
	fixture_remove(torn);
	fixture_remove(path);
}

/* ---- backup ---------------------------------------------------------------------------------- */

/* Copies while a bulk writer runs: every step adds 50 rows, so a consistent copy has a multiple of
 * 50. */
static void test_backup_under_load(void)
{
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	char *copy_path = fixture_directory();
	g_autofree char *copy = g_build_filename(copy_path, "zhiyin.db", NULL);
	Store *store = fixture_open(path);
	Load load = {.store = store, .n_left = 1500};
	GThread *thread;
	Store *restored;
	gint64 n_rows;
	gint before;

	fill_store(store, 5000);
	thread = g_thread_new("bulk", run_load, &load);
	while (g_atomic_int_get(&load.n_done) < 20)
		g_usleep(100);
	before = g_atomic_int_get(&load.n_done) - 1;
	store_backup(store, copy, &error);
	g_assert_no_error(error);
	g_assert_false(store_backup(store, copy, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT);
	g_thread_join(thread);
	restored = fixture_open(copy_path);
	n_rows = fixture_int(restored, "SELECT count(*) FROM items");
	g_assert_cmpint((n_rows - 5000) % 50, ==, 0);
	g_assert_cmpint(n_rows, >=, 5000 + 50 * before);
	g_assert_cmpint(n_rows, <, 5000 + 1500 * 50);
	g_assert_cmpint(fixture_n_faults(restored), ==, 0);
	store_close(restored);
	store_close(store);
	fixture_remove(copy_path);
	fixture_remove(path);
}

/* ---- trouble with the disk ------------------------------------------------------------------- */

static void test_full_disk(void)
{
	char *path = fixture_directory();
	Store *store = fixture_open(path);
	struct rlimit old;
	struct rlimit tight;
	g_autofree char *trouble = NULL;
	int n_waited = 0;

	signal(SIGXFSZ, SIG_IGN);
	fill_store(store, 100);
	getrlimit(RLIMIT_FSIZE, &old);
	tight = (struct rlimit){200000, old.rlim_max};
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &tight), ==, 0);
	g_assert_cmpint(fixture_write_fails(store, "UPDATE items SET data = randomblob(100000)"),
			==, ZHIYIN_ERROR_STORAGE_FULL);
	trouble = store_trouble(store);
	g_assert_nonnull(trouble);
	/* reads go on */
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items WHERE data IS NULL"), ==,
			100);
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &old), ==, 0);
	g_clear_pointer(&trouble, g_free);
	while ((trouble = store_trouble(store)) && n_waited++ < 500) { /* it finds out by itself */
		g_clear_pointer(&trouble, g_free);
		g_usleep(10000);
	}
	g_assert_null(trouble);
	fixture_write(store, "UPDATE items SET data = randomblob(1000)");
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	fixture_remove(path);
}

/* A VFS whose syncs fail on demand: the default one, with the xSync of the database file and of the
 * log replaced. */
static gint sync_fails;
static struct {
	sqlite3_io_methods failing;
	const sqlite3_io_methods *true_ones;
} kinds[2]; /* the database file, the log: SQLite has a table of functions for each */

static int failing_sync(sqlite3_file *file, int flags)
{
	gsize kind = file->pMethods == &kinds[1].failing;

	return g_atomic_int_get(&sync_fails) ? SQLITE_IOERR_FSYNC
					     : kinds[kind].true_ones->xSync(file, flags);
}

static int failing_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags,
			int *ret_flags)
{
	sqlite3_vfs *true_vfs = vfs->pAppData;
	int code = true_vfs->xOpen(true_vfs, name, file, flags, ret_flags);
	gsize kind = (flags & SQLITE_OPEN_WAL) != 0;

	if (code == SQLITE_OK && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL))) {
		kinds[kind].true_ones = file->pMethods;
		kinds[kind].failing = *file->pMethods;
		kinds[kind].failing.xSync = failing_sync;
		file->pMethods = &kinds[kind].failing;
	}
	return code;
}

static void test_failed_sync(void)
{
	static sqlite3_vfs vfs;
	g_autoptr(GError) error = NULL;
	char *path = fixture_directory();
	StoreOptions options = fixture_options(path);
	g_autofree char *trouble = NULL;
	Store *store;

	sqlite3_initialize();
	vfs = *sqlite3_vfs_find(NULL);
	vfs.pAppData = sqlite3_vfs_find(NULL);
	vfs.zName = "failing";
	vfs.xOpen = failing_open;
	vfs.pNext = NULL;
	sqlite3_vfs_register(&vfs, 0);
	options.vfs = "failing";
	store = store_open(&options, &error);
	g_assert_no_error(error);
	fixture_write(store, "INSERT INTO items (id, name) VALUES (1, 'before')");
	g_atomic_int_set(&sync_fails, 1);
	g_assert_cmpint(
		fixture_write_fails(store, "INSERT INTO items (id, name) VALUES (2, 'during')"), ==,
		ZHIYIN_ERROR_UNAVAILABLE);
	g_atomic_int_set(&sync_fails, 0);
	g_assert_cmpint(
		fixture_write_fails(store, "INSERT INTO items (id, name) VALUES (3, 'after')"), ==,
		ZHIYIN_ERROR_UNAVAILABLE);
	trouble = store_trouble(store);
	g_assert_nonnull(trouble);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items"), ==, 1); /* reads go on */
	store_close(store);
	store = fixture_open(path); /* started anew */
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM items WHERE id <> 2"), ==, 1);
	fixture_write(store, "INSERT INTO items (id, name) VALUES (4, 'again')");
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	fixture_remove(path);
	sqlite3_vfs_unregister(&vfs);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"/store/values", test_values},
	{"/store/exists-and-texts", test_helpers_of_queries},
	{"/store/wrong-statements", test_wrong_statements},
	{"/store/value-not-in-error", test_value_not_in_error},
	{"/store/no-schema-changes", test_no_schema_changes_at_run_time},
	{"/store/reader-cannot-write", test_reader_cannot_write},
	{"/store/statement-cache", test_statement_cache},
	{"/store/changes", test_changes},
	{"/store/conflicts", test_conflicts},
	{"/store/refusal-spares-neighbours", test_refusal_spares_neighbours},
	{"/store/deferred-refusal", test_deferred_refusal_spares_neighbours},
	{"/store/group-commit", test_group_commit},
	{"/store/close-waits", test_close_waits_for_queued},
	{"/store/writer-waits-not", test_writer_does_not_wait_for_itself},
	{"/store/bulk-gives-way", test_bulk_gives_way},
	{"/store/bulk-of-others-gives-way", test_bulk_of_others_gives_way},
	{"/store/quiet", test_quiet},
	{"/store/bulk-failure", test_bulk_failure_keeps_what_was_committed},
	{"/store/log-stays-bounded", test_log_stays_bounded},
	{"/store/log-stays-bounded-without-bulk", test_log_stays_bounded_without_bulk},
	{"/store/processes", test_processes_write_at_once},
	{"/store/news-of-others", test_news_of_others},
	{"/store/forked-child", test_forked_child_is_refused},
	{"/store/many-readers", test_many_readers_during_writes},
	{"/store/full-text", test_full_text},
	{"/store/rights", test_rights},
	{"/store/absent", test_absent},
	{"/store/garbage", test_garbage},
	{"/store/foreign-database", test_foreign_database},
	{"/store/flipped-byte", test_check_finds_flipped_byte},
	{"/store/torn-log", test_torn_log},
	{"/store/backup", test_backup_under_load},
	{"/store/full-disk", test_full_disk},
	{"/store/failed-sync", test_failed_sync},
};

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return child_main(argv[2], atoi(argv[3]));
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add_func(tests[i].name, tests[i].run);
	return g_test_run();
}
