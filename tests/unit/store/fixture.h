/* A store of its own in a temporary directory, with a small schema, for the tests of this
 * folder. */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "store/store.h"

static const char fixture_first[] =
	"CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, amount INTEGER, "
	"weight REAL, data BLOB) STRICT;"
	"CREATE TABLE parents (id INTEGER PRIMARY KEY) STRICT;"
	"CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents "
	"(id)) STRICT;"
	"CREATE TABLE late (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id)"
	" DEFERRABLE INITIALLY DEFERRED) STRICT;"
	"CREATE TRIGGER parents_stay BEFORE UPDATE ON parents BEGIN SELECT RAISE (ABORT, 'parents "
	"stay'); END;";
static const char fixture_second[] =
	"CREATE VIRTUAL TABLE texts USING fts5 (body, content='', contentless_delete=1, "
	"tokenize='zhiyin');"
	"CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT;"
	"CREATE VIRTUAL TABLE notes_text USING fts5 (body, content='notes', content_rowid='id', "
	"tokenize='zhiyin');"
	"-- the end; of the step\n";

static const StoreMigration fixture_migrations[] = {
	{1, "first", fixture_first, sizeof(fixture_first) - 1},
	{2, "second", fixture_second, sizeof(fixture_second) - 1},
};

/* One token per character: enough to find any substring. */
static inline int fixture_tokenize(const char *text, int n_bytes, StoreEmit emit,
				   gpointer emit_data)
{
	for (int at = 0; at < n_bytes;) {
		int length = (int)(g_utf8_next_char(text + at) - (text + at));
		int result = text[at] == ' ' ? 0
					     : emit(text + at, MIN(length, n_bytes - at), at,
						    at + length, emit_data);

		if (result)
			return result;
		at += length;
	}
	return 0;
}

static inline StoreOptions fixture_options(const char *path)
{
	return (StoreOptions){
		.path = path,
		.tokenize = fixture_tokenize,
		.create = TRUE,
		.migrate = TRUE,
		.migrations = fixture_migrations,
		.n_migrations = G_N_ELEMENTS(fixture_migrations),
	};
}

static inline char *fixture_directory(void)
{
	g_autoptr(GError) error = NULL;
	char *path = g_dir_make_tmp("zhiyin-store-XXXXXX", &error);

	g_assert_no_error(error);
	return path;
}

static inline void fixture_remove(char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
	g_free(path);
}

static inline Store *fixture_open(const char *path)
{
	g_autoptr(GError) error = NULL;
	StoreOptions options = fixture_options(path);
	Store *store = store_open(&options, &error);

	g_assert_no_error(error);
	g_assert_nonnull(store);
	return store;
}

/* A work that runs one statement without parameters: data is its text. */
static inline gboolean fixture_run(Db *db, gpointer data, GError **error)
{
	return db_run(db, data, error, "");
}

static inline void fixture_write(Store *store, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = g_strdup(sql);

	store_write(store, fixture_run, text, &error);
	g_assert_no_error(error);
}

static inline int fixture_write_fails(Store *store, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = g_strdup(sql);

	g_assert_false(store_write(store, fixture_run, text, &error));
	g_assert_nonnull(error);
	g_assert_true(error->domain == ZHIYIN_ERROR);
	return error->code;
}

static inline gint64 fixture_int(Store *store, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(store, &error);
	g_autoptr(DbRows) rows = NULL;

	g_assert_no_error(error);
	rows = db_query(db, sql, &error, "");
	g_assert_no_error(error);
	g_assert_true(db_next(rows, &error));
	g_assert_no_error(error);
	return db_int(rows, 0);
}

static inline void fixture_found(const char *what, gpointer data)
{
	g_ptr_array_add(data, g_strdup(what));
}

static inline guint fixture_n_faults(Store *store)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	gboolean ran = store_check(store, fixture_found, faults, &error);

	g_assert_no_error(error);
	g_assert_true(ran);
	return faults->len;
}
