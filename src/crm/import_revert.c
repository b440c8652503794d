/*
 * Taking an import back. The journal is walked from its end; each record is undone only where it is as
 * the import left it, which its version tells. A row of the journal is dropped with its deed in one
 * transaction, so that an interrupted revert goes on, and one that is done has none left but those of
 * records that were kept.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/import_job.h"
#include "crm/record_sql.h"
#include "crm/records.h"
#include "crm/relations.h"
#include "crm/schema.h"

enum { READ_ROWS = 200 };

typedef struct {
	gint64 n, version;
	char object[64];
	char id[37];
	char *before;
} Entry;

typedef struct {
	const Imports *imports;
	ImportJob *job;
	gboolean done;
	GHashTable *undone; /* record id -> Versions */
} Revert;

/* What an undone change left: for an earlier change of the same record by the same import. */
typedef struct {
	gint64 stood_for, now;
} Versions;

static void entry_clear(gpointer data)
{
	g_free(((Entry *)data)->before);
}

/* The newest entries that have not been looked at. */
static GArray *read_entries(Db *db, const Revert *revert, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) entries = g_array_new(FALSE, TRUE, sizeof(Entry));
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT n, object, record_id, version, before FROM import_rows WHERE import_seq = "
		"$1 AND kept IS NULL ORDER BY n DESC LIMIT $2",
		error, "ii", revert->job->seq, (gint64)READ_ROWS);

	if (!rows)
		return NULL;
	g_array_set_clear_func(entries, entry_clear);
	while (db_next(rows, &failed)) {
		Entry entry = {.n = db_int(rows, 0), .version = db_int(rows, 3)};

		g_strlcpy(entry.object,
			  db_is_null(rows, 1) ? revert->job->object : db_text(rows, 1),
			  sizeof(entry.object));
		g_strlcpy(entry.id, db_text(rows, 2), sizeof(entry.id));
		entry.before = g_strdup(db_text(rows, 4));
		g_array_append_val(entries, entry);
	}
	if (!failed)
		return g_steal_pointer(&entries);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* ---- one record ------------------------------------------------------------------------------------------------ */

typedef struct {
	const Revert *revert;
	const Entry *entry;
	const char *kept; /* why, or NULL */
} Undoing;

/* Nobody can have changed a row of a log; as it cannot be deleted softly, it goes. */
static gboolean undo_log(Undoing *undoing, Db *db, const Object *object, GError **error)
{
	g_autofree char *sql = g_strdup_printf("DELETE FROM %s AS t WHERE %s AND t.id = $2",
					       object_table(object), object_sql(object)->where);

	return db_run(db, sql, error, "ss", undoing->revert->imports->actor->org_id,
		      undoing->entry->id);
}

static gboolean is_as_left(const Revert *revert, const Entry *entry, gint64 version)
{
	const Versions *undone = g_hash_table_lookup(revert->undone, entry->id);

	return version == entry->version ||
	       (undone && undone->stood_for == entry->version && undone->now == version);
}

static gboolean note_undone(const Revert *revert, Db *db, const Object *object, const Entry *entry,
			    GError **error)
{
	Versions versions = {.stood_for = entry->version - 1};
	g_autoptr(json_t) now =
		record_read(db, revert->imports->actor, object, entry->id, &versions.now, error);

	if (now)
		g_hash_table_insert(revert->undone, g_strdup(entry->id),
				    g_memdup2(&versions, sizeof(versions)));
	return now != NULL;
}

/* A related record that was made on the way stays while somebody refers to it. */
static gboolean undo_creation(Undoing *undoing, Db *db, const Object *object, GError **error)
{
	const Principal *actor = undoing->revert->imports->actor;
	gboolean related = !g_str_equal(undoing->entry->object, undoing->revert->job->object);
	gboolean refer = FALSE;

	if (related && !relations_any(db, actor, object, undoing->entry->id, &refer, error))
		return FALSE;
	if (!refer)
		return record_delete(db, actor, object, undoing->entry->id, NULL, error);
	undoing->kept = "referred to";
	return TRUE;
}

static gboolean undo(Db *db, gpointer data, GError **error)
{
	Undoing *undoing = data;
	const Entry *entry = undoing->entry;
	const Principal *actor = undoing->revert->imports->actor;
	const Object *object = schema_object(db, actor->org_id, entry->object, error);
	g_autoptr(json_t) now = NULL, before = NULL;
	g_autoptr(GError) failed = NULL;
	gint64 version;

	if (!object)
		return FALSE;
	if (object->flags & OBJECT_LOG)
		return undo_log(undoing, db, object, error);
	now = record_read(db, actor, object, entry->id, &version, &failed);
	if (!now && g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND)) {
		undoing->kept = entry->before ? "deleted" : NULL;
		return TRUE; /* a new record that is gone already is as it should be */
	}
	if (!now) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!is_as_left(undoing->revert, entry, version)) {
		undoing->kept = "changed";
		return TRUE;
	}
	if (!entry->before)
		return undo_creation(undoing, db, object, error);
	before = json_loads(entry->before, 0, NULL);
	return record_patch(db, actor, object, entry->id, before, NULL, NULL, error) &&
	       note_undone(undoing->revert, db, object, entry, error);
}

static gboolean settle(Db *db, const Revert *revert, const Entry *entry, const char *kept,
		       GError **error)
{
	if (kept) {
		revert->job->counts.n_kept++;
		return db_run(db,
			      "UPDATE import_rows SET kept = $3 WHERE import_seq = $1 AND n = $2",
			      error, "iis", revert->job->seq, entry->n, kept);
	}
	revert->job->counts.n_reverted++;
	return db_run(db, "DELETE FROM import_rows WHERE import_seq = $1 AND n = $2", error, "ii",
		      revert->job->seq, entry->n);
}

/* What another rule forbids (others refer to the record) is kept, too. */
static gboolean undo_entry(Db *db, const Revert *revert, const Entry *entry, GError **error)
{
	Undoing undoing = {revert, entry, NULL};
	g_autoptr(GError) failed = NULL;

	if (!db_nested(db, undo, &undoing, &failed)) {
		if (error_kind(failed)->http_status >= 500) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		undoing.kept = "refused";
	}
	return settle(db, revert, entry, undoing.kept, error);
}

/* ---- the whole ------------------------------------------------------------------------------------------------- */

static gboolean still_reverting(Db *db, const Revert *revert, GError **error)
{
	return import_job_set_state(db, revert->job, "reverting", "reverting", NULL, error);
}

static BulkStep revert_step(Db *db, gpointer data, GError **error)
{
	Revert *revert = data;
	ImportStep step = import_step_begin(revert->imports->store);
	g_autoptr(ImportJob) fresh =
		import_job_get(db, revert->imports->actor->org_id, revert->job->id, error);
	g_autoptr(GArray) entries = NULL;
	guint i = 0;

	if (!fresh || !still_reverting(db, revert, error))
		return BULK_FAILED;
	revert->job->counts = fresh->counts;
	entries = read_entries(db, revert, error);
	if (!entries)
		return BULK_FAILED;
	for (; i < entries->len && import_step_goes_on(&step); i++)
		if (!undo_entry(db, revert, &g_array_index(entries, Entry, i), error))
			return BULK_FAILED;
	revert->done = entries->len == 0;
	return import_job_save(db, revert->job, error) ? BULK_DONE : BULK_FAILED;
}

static gboolean begin(Db *db, gpointer data, GError **error)
{
	const Revert *revert = data;

	return import_job_set_state(db, revert->job, "done|failed|running|reverting", "reverting",
				    NULL, error);
}

static gboolean finish(Db *db, gpointer data, GError **error)
{
	const Revert *revert = data;
	const ImportCounts *n = &revert->job->counts;
	g_autofree char *detail =
		g_strdup_printf("{\"reverted\":%" G_GINT64_FORMAT ",\"kept\":%" G_GINT64_FORMAT "}",
				n->n_reverted, n->n_kept);

	return import_job_set_state(db, revert->job, "reverting", "reverted", NULL, error) &&
	       audit_add(db, revert->imports->actor, "import_revert", revert->job->object,
			 revert->job->id, detail, error);
}

static gboolean revert_all(Revert *revert, ImportProgress progress, gpointer data, GError **error)
{
	const ImportCounts *n = &revert->job->counts;

	while (!revert->done) {
		if (!store_write_bulk(revert->imports->store, revert_step, revert, error))
			return FALSE;
		if (progress && !progress(n->n_reverted + n->n_kept,
					  n->n_created + n->n_updated + n->n_related, data, error))
			return FALSE;
	}
	return TRUE;
}

gboolean import_revert(const Imports *imports, const char *id, ImportProgress progress,
		       gpointer data, GError **error)
{
	g_autoptr(GHashTable) undone =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	Revert revert = {
		.imports = imports, .job = import_job_read(imports, id, error), .undone = undone};
	gboolean ok = revert.job && store_write(imports->store, begin, &revert, error) &&
		      revert_all(&revert, progress, data, error) &&
		      store_write(imports->store, finish, &revert, error) &&
		      import_drop_file(imports, revert.job->file_hash, error);

	import_job_free(revert.job);
	return ok;
}

/* ---- sweeping -------------------------------------------------------------------------------------------------- */

static char *stale_one(Db *db, char ret_org_id[37], GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, org_id FROM imports WHERE state = 'ready' AND updated_at < $1 LIMIT 1",
		error, "i", clock_now_ms() - IMPORT_WAIT_DAYS * G_GINT64_CONSTANT(86400000));

	if (!rows || !db_next(rows, error))
		return NULL;
	g_strlcpy(ret_org_id, db_text(rows, 1), 37);
	return g_strdup(db_text(rows, 0));
}

/* At most some at a time: it comes round again. */
static gboolean sweep_journal(Db *db, gpointer data, GError **error)
{
	(void)data;
	return db_run(db,
		      "DELETE FROM import_rows WHERE (import_seq, n) IN (SELECT r.import_seq, r.n "
		      "FROM import_rows r JOIN imports i ON i.seq = r.import_seq WHERE i.state IN "
		      "('done', 'failed', 'reverted') AND i.updated_at < $1 LIMIT 5000)",
		      error, "i", clock_now_ms() - IMPORT_UNDO_DAYS * G_GINT64_CONSTANT(86400000));
}

gboolean import_sweep(const Imports *imports, GError **error)
{
	for (;;) {
		g_autoptr(GError) failed = NULL;
		g_autoptr(Db) db = db_begin_read(imports->store, error);
		Principal owner = principal_system("");
		Imports own = {imports->store, imports->data, &owner};
		g_autofree char *id = db ? stale_one(db, owner.org_id, &failed) : NULL;

		if (!db)
			return FALSE;
		if (failed) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		g_clear_pointer(&db, db_free);
		if (!id)
			break;
		if (!import_drop(&own, id, error))
			return FALSE;
	}
	return store_write(imports->store, sweep_journal, NULL, error);
}
