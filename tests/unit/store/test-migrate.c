/* Migrations: applied once, whole or not at all, and never across a difference that nobody can
 * explain. */
#include "fixture.h"

#define STEP(number, text)                             \
	{                                              \
		number, "step", text, sizeof(text) - 1 \
	}

static const char people[] = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT) STRICT;"
			     "CREATE TABLE letters (id INTEGER PRIMARY KEY, person INTEGER NOT "
			     "NULL REFERENCES people (id)) STRICT;"
			     "INSERT INTO people (id, name) VALUES (1, 'a; b'), (2, 'c');"
			     "INSERT INTO letters (id, person) VALUES (1, 2);"
			     "CREATE TRIGGER letters_stay BEFORE DELETE ON letters BEGIN SELECT 1; "
			     "SELECT RAISE (ABORT, 'no; never'); END;";
static const char people_other[] =
	"CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER) STRICT;";
static const char rebuild[] =
	"CREATE TABLE people_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
	"INSERT INTO people_new SELECT id, name FROM people;"
	"DROP TABLE people;"
	"ALTER TABLE people_new RENAME TO people;"
	"ALTER TABLE people ADD COLUMN email TEXT;";
static const char rebuild_broken[] =
	"CREATE TABLE people_new (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
	"INSERT INTO people_new SELECT id, name FROM people WHERE id = 1;"
	"DROP TABLE people; ALTER TABLE people_new RENAME TO people;";
static const char half[] =
	"CREATE TABLE half (id INTEGER PRIMARY KEY); CREATE TABLE people (id INTEGER PRIMARY KEY);";

static Store *open_with(const char *path, const StoreMigration *migrations, gsize n_migrations,
			gboolean migrate, GError **error)
{
	StoreOptions options = fixture_options(path);

	options.migrations = migrations;
	options.n_migrations = n_migrations;
	options.migrate = migrate;
	return store_open(&options, error);
}

static void open_and_close(const char *path, const StoreMigration *migrations, gsize n_migrations)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = open_with(path, migrations, n_migrations, TRUE, &error);

	g_assert_no_error(error);
	g_assert_nonnull(store);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM schema_migrations"), ==,
			n_migrations);
}

static void expect_refused(const char *path, const StoreMigration *migrations, gsize n_migrations,
			   gboolean migrate, int code, const char *part)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(open_with(path, migrations, n_migrations, migrate, &error));
	g_test_message("%s", error->message);
	g_assert_error(error, ZHIYIN_ERROR, code);
	g_assert_nonnull(strstr(error->message, part));
}

static void test_forward(void)
{
	static const StoreMigration steps[] = {STEP(1, people), STEP(2, rebuild)};
	char *path = fixture_directory();
	g_autoptr(GError) error = NULL;
	Store *store;

	open_and_close(path, steps, 1);
	open_and_close(path, steps, 1);
	expect_refused(path, steps, 2, FALSE, ZHIYIN_ERROR_UNAVAILABLE,
		       "version 1 and this program needs 2");
	open_and_close(path, steps, 2);
	store = open_with(path, steps, 2, FALSE, &error);
	g_assert_no_error(error);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM people WHERE name IN ('a; b', "
					   "'c') AND email IS NULL"),
			==, 2);
	g_assert_cmpint(fixture_write_fails(store, "DELETE FROM letters"), ==,
			ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(
		fixture_write_fails(store, "INSERT INTO letters (id, person) VALUES (2, 3)"), ==,
		ZHIYIN_ERROR_CONFLICT);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	fixture_remove(path);
}

static void test_newer_is_refused(void)
{
	static const StoreMigration steps[] = {STEP(1, people), STEP(2, rebuild)};
	char *path = fixture_directory();

	open_and_close(path, steps, 2);
	expect_refused(path, steps, 1, TRUE, ZHIYIN_ERROR_NEWER, "version 2, this program knows 1");
	open_and_close(path, steps, 2);
	fixture_remove(path);
}

static void test_changed_text_is_refused(void)
{
	static const StoreMigration steps[] = {STEP(1, people), STEP(2, rebuild)};
	static const StoreMigration others[] = {STEP(1, people_other), STEP(2, rebuild)};
	char *path = fixture_directory();

	open_and_close(path, steps, 1);
	expect_refused(path, others, 2, TRUE, ZHIYIN_ERROR_DAMAGED, "step 1");
	open_and_close(path, steps, 1); /* the refusal applied nothing */
	fixture_remove(path);
}

static void test_missing_step_is_refused(void)
{
	static const StoreMigration steps[] = {STEP(1, people), STEP(2, rebuild)};
	char *path = fixture_directory();
	g_autoptr(GError) error = NULL;
	Store *store;

	open_and_close(path, steps, 2);
	store = open_with(path, steps, 2, TRUE, &error);
	fixture_write(store, "DELETE FROM schema_migrations WHERE version = 1");
	g_assert_cmpint(fixture_n_faults(store), ==, 1);
	store_close(store);
	expect_refused(path, steps, 2, TRUE, ZHIYIN_ERROR_DAMAGED, "step 1");
	fixture_remove(path);
}

static void test_check_compares(void)
{
	static const StoreMigration steps[] = {STEP(1, people)};
	char *path = fixture_directory();
	g_autoptr(GError) error = NULL;
	Store *store = open_with(path, steps, 1, TRUE, &error);

	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	fixture_write(store, "UPDATE schema_migrations SET checksum = 'other'");
	g_assert_cmpint(fixture_n_faults(store), ==, 1);
	store_close(store);
	fixture_remove(path);
}

static void test_whole_or_not_at_all(void)
{
	static const StoreMigration steps[] = {STEP(1, people), STEP(2, half)};
	static const StoreMigration broken[] = {STEP(1, people), STEP(2, rebuild_broken)};
	char *path = fixture_directory();
	g_autoptr(GError) error = NULL;
	Store *store;

	expect_refused(path, steps, 2, TRUE, ZHIYIN_ERROR_INTERNAL, "already exists");
	expect_refused(path, broken, 2, TRUE, ZHIYIN_ERROR_DAMAGED, "1 rows would refer");
	store = open_with(path, steps, 1, FALSE, &error);
	g_assert_no_error(error);
	g_assert_cmpint(
		fixture_int(store, "SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), ==,
		0);
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM people"), ==, 2);
	store_close(store);
	fixture_remove(path);
}

static void test_cannot_leave_its_transaction(void)
{
	static const char *const texts[] = {
		"CREATE TABLE half (id INTEGER); COMMIT",
		"CREATE TABLE half (id INTEGER); SAVEPOINT evil",
		"CREATE TABLE half (id INTEGER); ATTACH DATABASE ':memory:' AS evil",
		"CREATE TABLE half (id INTEGER); PRAGMA journal_mode = OFF",
	};
	char *path = fixture_directory();
	static const StoreMigration nothing[] = {STEP(1, "SELECT 1;")};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		StoreMigration step = {1, "evil", texts[i], strlen(texts[i])};

		expect_refused(path, &step, 1, TRUE, ZHIYIN_ERROR_INTERNAL, "not allowed here");
	}
	open_and_close(path, nothing, 1);
	fixture_remove(path);
}

static void test_own_migrations(void)
{
	char *path = fixture_directory();
	g_autoptr(GError) error = NULL;
	Store *store = open_with(path, NULL, 0, TRUE, &error);

	g_assert_no_error(error);
	g_assert_cmpint(store_schema_version(), >=, 1);
	g_assert_cmpint(fixture_int(store, "SELECT max(version) FROM schema_migrations"), ==,
			store_schema_version());
	g_assert_cmpint(fixture_int(store, "SELECT count(*) FROM organisations"), ==, 0);
	g_assert_cmpint(fixture_n_faults(store), ==, 0);
	store_close(store);
	fixture_remove(path);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/migrate/forward", test_forward);
	g_test_add_func("/migrate/newer", test_newer_is_refused);
	g_test_add_func("/migrate/changed", test_changed_text_is_refused);
	g_test_add_func("/migrate/missing", test_missing_step_is_refused);
	g_test_add_func("/migrate/check", test_check_compares);
	g_test_add_func("/migrate/whole", test_whole_or_not_at_all);
	g_test_add_func("/migrate/transaction", test_cannot_leave_its_transaction);
	g_test_add_func("/migrate/own", test_own_migrations);
	return g_test_run();
}
