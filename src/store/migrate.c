/* Forward-only migrations. What was applied is compared by checksum, so that two programs never
 * mean different schemas by one number. */
#include "store/migrate.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

const char migrate_table[] = "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER "
			     "PRIMARY KEY, name TEXT NOT NULL,"
			     " checksum TEXT NOT NULL, applied_at INTEGER NOT NULL)";
static const char LIST[] = "SELECT version, name, checksum FROM schema_migrations ORDER BY version";
static const char NEWEST[] = "SELECT coalesce(max(version), 0) FROM schema_migrations";
static const char ADD[] = "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
			  "VALUES ($1, $2, $3, $4)";

static char *migration_checksum(const StoreMigration *migration)
{
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guint8 *)migration->sql,
					   migration->n_bytes);
}

/* Fails when the row is not step number n_seen + 1 of this program, word for word. */
static gboolean compare_row(DbRows *rows, gsize n_seen, const StoreMigration *migrations,
			    gsize n_migrations, GError **error)
{
	const StoreMigration *migration = n_seen < n_migrations ? &migrations[n_seen] : NULL;
	g_autofree char *checksum = NULL;
	gint64 version = db_int(rows, 0);

	if (version > (gint64)n_migrations) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NEWER,
			    "the database is at version %" G_GINT64_FORMAT
			    ", this program knows %zu; use the newer program",
			    version, n_migrations);
		return FALSE;
	}
	if (!migration || version != migration->version) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "step %zu of the database's schema is missing", n_seen + 1);
		return FALSE;
	}
	checksum = migration_checksum(migration);
	if (g_strcmp0(checksum, db_text(rows, 2)) != 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "step %d (%s) of the database's schema was made by another text than "
			    "this program's",
			    migration->version, migration->name);
		return FALSE;
	}
	return TRUE;
}

static gboolean compare_all(Db *db, const StoreMigration *migrations, gsize n_migrations,
			    gsize *ret_n_applied, GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(GError) problem = NULL;
	gboolean same = TRUE;
	gboolean exists;

	*ret_n_applied = 0;
	if (!db->backend->has_table(db->link, "schema_migrations", &exists, error))
		return FALSE;
	if (!exists)
		return TRUE;
	rows = db_query(db, LIST, error, "");
	if (!rows)
		return FALSE;
	while (same && db_next(rows, &problem)) {
		same = compare_row(rows, *ret_n_applied, migrations, n_migrations, &problem);
		(*ret_n_applied)++;
	}
	if (!problem)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&problem));
	return FALSE;
}

static gboolean read_newest(Db *db, gint64 *ret_version, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db, NEWEST, error, "");

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_version = db_int(rows, 0);
	return TRUE;
}

/* Inside the transaction: another process may have applied it since we looked. */
static gboolean apply_inside(Db *db, const StoreMigration *migration, GError **error)
{
	g_autofree char *checksum = migration_checksum(migration);
	gint64 newest;

	if (!db->backend->migration_script(db->link, migrate_table, strlen(migrate_table), error) ||
	    !read_newest(db, &newest, error))
		return FALSE;
	if (newest >= migration->version)
		return TRUE;
	return db->backend->migration_script(db->link, migration->sql, migration->n_bytes, error) &&
	       db_run(db, ADD, error, "issi", (gint64)migration->version, migration->name, checksum,
		      clock_now_ms());
}

static gboolean apply_one(Db *db, const StoreMigration *migration, GError **error)
{
	gboolean done;

	if (!db->backend->migration_begin(db->link, error))
		return FALSE;
	done = apply_inside(db, migration, error);
	db_drop_rows(db);
	done = db->backend->migration_end(db->link, done, error) && done;
	if (!done)
		g_prefix_error(error, "step %d (%s) of the database's schema: ", migration->version,
			       migration->name);
	return done;
}

gboolean migrate_run(Db *db, const StoreMigration *migrations, gsize n_migrations, gboolean apply,
		     GError **error)
{
	gsize n_applied;

	if (!compare_all(db, migrations, n_migrations, &n_applied, error))
		return FALSE;
	if (n_applied == n_migrations)
		return TRUE;
	if (!apply) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "the database is at version %zu and this program needs %zu; zhiyin "
			    "serve brings it up to date",
			    n_applied, n_migrations);
		return FALSE;
	}
	for (gsize i = n_applied; i < n_migrations; i++) {
		if (!apply_one(db, &migrations[i], error))
			return FALSE;
	}
	/* whoever applied them */
	return compare_all(db, migrations, n_migrations, &n_applied, error);
}

gboolean migrate_check(Db *db, const StoreMigration *migrations, gsize n_migrations,
		       StoreFound found, gpointer data, GError **error)
{
	g_autoptr(GError) problem = NULL;
	gsize n_applied;

	if (compare_all(db, migrations, n_migrations, &n_applied, &problem)) {
		if (n_applied < n_migrations)
			found("the newest steps of the database's schema are missing", data);
		return TRUE;
	}
	if (!g_error_matches(problem, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED) &&
	    !g_error_matches(problem, ZHIYIN_ERROR, ZHIYIN_ERROR_NEWER)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	found(problem->message, data);
	return TRUE;
}
