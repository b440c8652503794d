/*
 * The work of an import. Rows are read in batches outside of transactions and stored in steps of a few
 * milliseconds inside. A step begins by looking whether the import stands where this process thinks it
 * does, so that of two processes one stops; it ends by saying how far it is.
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/fields.h"
#include "crm/import_run.h"
#include "crm/organisation.h"
#include "crm/record_sql.h"
#include "crm/records.h"
#include "crm/schema.h"

/* A batch is as much as a long step stores, of short rows. */
enum { BATCH_ROWS = 4000, BATCH_BYTES = 8 << 20, PREVIEW_ROWS = 20 };
#define TRIED "tried"

static void run_free(ImportRun *run)
{
	if (!run)
		return;
	g_clear_pointer(&run->reader, import_reader_free);
	g_clear_pointer(&run->matcher, import_matcher_free);
	g_clear_pointer(&run->map, import_map_free);
	g_clear_pointer(&run->zone, g_time_zone_unref);
	g_clear_pointer(&run->job, import_job_free);
	g_clear_pointer(&run->batch, g_ptr_array_unref);
	g_clear_pointer(&run->outcomes, g_ptr_array_unref);
	g_clear_pointer(&run->later, g_ptr_array_unref);
	g_clear_pointer(&run->groups, g_hash_table_unref);
	if (run->told)
		g_string_free(run->told, TRUE);
	g_free(run);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportRun, run_free)

/* ---- faults ---------------------------------------------------------------------------------------------------- */

/* "email", "custom.level", "items" -> the column that fills it, or the field itself. */
static const char *column_of(const ImportRun *run, const char *path)
{
	for (guint i = 0; i < run->map->columns->len; i++) {
		const ImportColumn *column = import_map_column(run->map, i);

		if (g_str_equal(column->target, path) ||
		    (column->field && g_str_equal(column->field->name, path)))
			return column->column;
	}
	return path;
}

static void take_faults(ImportStoring *storing, const GError *failed)
{
	ImportRow *row = storing->row;

	for (guint i = 0; i + 1 < storing->faults->len; i += 2)
		import_row_fault(row, row->line, column_of(storing->run, storing->faults->pdata[i]),
				 storing->faults->pdata[i + 1]);
	if (!row->faults)
		import_row_fault(row, row->line, NULL, failed->message);
}

static gboolean tell_faults(Db *db, ImportRun *run, const ImportRow *row, GError **error)
{
	for (guint i = 0; row->faults && i < row->faults->len; i++) {
		const ImportFault *fault = &g_array_index(row->faults, ImportFault, i);

		if (run->told && run->n_faults < IMPORT_FAULTS_SHOWN)
			import_put_fault(&run->tell, fault->line, fault->column, fault->message,
					 run->imports->actor->reader);
		if (run->n_faults++ >= IMPORT_FAULTS_MAX || run->trial)
			continue;
		if (!db_run(db,
			    "INSERT INTO import_faults (import_seq, n, line, column_name, message) "
			    "VALUES ($1, $2, $3, $4, $5)",
			    error, "iiiss", run->job->seq, run->n_faults, (gint64)fault->line,
			    fault->column, fault->message))
			return FALSE;
	}
	return TRUE;
}

static void count(ImportRun *run, const ImportRow *row, ImportOutcome outcome)
{
	ImportCounts *n = &run->job->counts;
	gint64 joined = 0;
	gint64 *counters[] = {[OUTCOME_FAILED] = &n->n_failed,
			      [OUTCOME_CREATED] = &n->n_created,
			      [OUTCOME_UPDATED] = &n->n_updated,
			      [OUTCOME_SKIPPED] = &n->n_skipped,
			      [OUTCOME_JOINED] = &joined};

	(*counters[outcome])++;
	n->position += row->n_rows;
	if (outcome == OUTCOME_CREATED)
		import_matched(run->matcher, row->fields);
	if (outcome == OUTCOME_CREATED && run->trial && row->group)
		g_hash_table_add(run->groups, g_strdup(row->group));
	if (run->outcomes)
		g_ptr_array_add(run->outcomes, GINT_TO_POINTER(outcome));
}

/* FALSE only for what is nobody's mistake. */
static gboolean run_row(Db *db, ImportRun *run, ImportRow *row, GError **error)
{
	g_autoptr(GError) failed = NULL;
	ImportStoring storing = {.run = run, .row = row, .outcome = OUTCOME_FAILED};
	gint64 n_journal = run->n_journal, n_related = run->job->counts.n_related;
	gboolean ok;

	if (row->faults) {
		count(run, row, OUTCOME_FAILED);
		return tell_faults(db, run, row, error);
	}
	storing.faults = field_faults_new();
	/* what breaks a rule fails before it writes, so that only a row that made others can leave
	 * something behind */
	if (!(run->create_related && row->lookups
		      ? db_nested(db, import_store_row, &storing, &failed)
		      : import_store_row(db, &storing, &failed))) {
		if (storing.made_related)
			import_matcher_forget(run->matcher);
		run->n_journal = n_journal;
		run->job->counts.n_related = n_related;
		storing.outcome = OUTCOME_FAILED;
		if (error_kind(failed)->http_status < 500)
			take_faults(&storing, failed);
	}
	g_ptr_array_unref(storing.faults);
	if (failed && !row->faults) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	ok = !row->faults || tell_faults(db, run, row, error);
	count(run, row, storing.outcome);
	return ok;
}

/* ---- steps ----------------------------------------------------------------------------------------------------- */

/* Another process may have gone on, or the import may have been stopped. */
static gboolean still_ours(Db *db, const ImportRun *run, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db, "SELECT state, position FROM imports WHERE seq = $1",
					  error, "i", run->job->seq);

	if (!rows || !db_next(rows, error))
		return FALSE;
	if (g_str_equal(db_text(rows, 0), "running") &&
	    db_int(rows, 1) == run->job->counts.position)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
		    "another process goes on with this import");
	return FALSE;
}

static gboolean step_rows(Db *db, ImportRun *run, GError **error)
{
	ImportStep step = import_step_begin(run->imports->store);

	while (run->at < run->batch->len && import_step_goes_on(&step))
		if (!run_row(db, run, run->batch->pdata[run->at++], error))
			return FALSE;
	return TRUE;
}

static gboolean try_rows(Db *db, gpointer data, GError **error)
{
	if (step_rows(db, data, error))
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, TRIED);
	return FALSE;
}

/* In a trial what a step did is undone: nothing is committed but an empty transaction. */
static BulkStep run_step(Db *db, gpointer data, GError **error)
{
	ImportRun *run = data;
	g_autoptr(GError) failed = NULL;

	if (run->trial) {
		db_nested(db, try_rows, run, &failed);
		import_matcher_forget(run->matcher);
		if (!g_str_equal(failed->message, TRIED)) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return BULK_FAILED;
		}
	} else if (!still_ours(db, run, error) || !step_rows(db, run, error) ||
		   !import_job_save(db, run->job, error)) {
		return BULK_FAILED;
	}
	return run->at < run->batch->len ? BULK_MORE : BULK_DONE;
}

static void free_lookup(gpointer data)
{
	g_free(((ImportLookup *)data)->text);
	g_free(data);
}

static void free_row(gpointer row)
{
	import_row_free(row);
}

/* FALSE with error; an empty batch is the end. */
static gboolean read_batch(ImportRun *run, guint n_rows, GError **error)
{
	g_autoptr(GError) failed = NULL;
	gsize n_bytes = 0;

	g_ptr_array_set_size(run->batch, 0);
	run->at = 0;
	while (run->batch->len < n_rows && n_bytes < BATCH_BYTES) {
		ImportRow *row = import_reader_next(run->reader, &failed);

		if (!row)
			break;
		n_bytes += row->n_bytes;
		g_ptr_array_add(run->batch, row);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean run_all(ImportRun *run, ImportProgress progress, gpointer data, GError **error)
{
	for (;;) {
		if (!read_batch(run, BATCH_ROWS, error))
			return FALSE;
		if (!run->batch->len)
			return TRUE;
		if (!store_write_bulk(run->imports->store, run_step, run, error) ||
		    (progress &&
		     !progress(run->job->counts.position, run->job->n_rows, data, error)))
			return FALSE;
	}
}

/* ---- references within the table ------------------------------------------------------------------------------- */

/* One of import_later, as a row with one look-up. */
typedef struct {
	ImportStoring storing;
	char *column;
} Later;

static void later_clear(Later *later)
{
	import_row_free(later->storing.row);
	if (later->storing.faults)
		g_ptr_array_unref(later->storing.faults);
	g_free(later->column);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Later, later_clear)

/* FALSE at the end, or with error. */
static gboolean next_later(Db *db, ImportRun *run, Later *ret_later, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT record_id, column_name, line, text FROM "
					  "import_later WHERE import_seq = $1 LIMIT 1",
					  error, "i", run->job->seq);

	if (!rows || !db_next(rows, error))
		return FALSE;
	ret_later->storing.run = run;
	ret_later->storing.faults = field_faults_new();
	ret_later->storing.row = import_row_new((guint64)db_int(rows, 2));
	g_strlcpy(ret_later->storing.id, db_text(rows, 0), sizeof(ret_later->storing.id));
	ret_later->column = g_strdup(db_text(rows, 1));
	for (guint i = 0; i < run->map->columns->len; i++)
		if (g_str_equal(import_map_column(run->map, i)->column, ret_later->column))
			import_row_look_up(ret_later->storing.row, i, db_text(rows, 3), -1);
	return TRUE;
}

static gboolean run_later(Db *db, ImportRun *run, Later *later, GError **error)
{
	g_autoptr(GError) failed = NULL;

	if (later->storing.row->lookups &&
	    !db_nested(db, import_store_later, &later->storing, &failed)) {
		if (error_kind(failed)->http_status >= 500) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		import_matcher_forget(run->matcher);
		take_faults(&later->storing, failed);
	}
	return tell_faults(db, run, later->storing.row, error) &&
	       db_run(db,
		      "DELETE FROM import_later WHERE import_seq = $1 AND record_id = $2 AND "
		      "column_name = $3",
		      error, "iss", run->job->seq, later->storing.id, later->column);
}

static BulkStep later_step(Db *db, gpointer data, GError **error)
{
	ImportRun *run = data;
	ImportStep step = import_step_begin(run->imports->store);
	gboolean more = TRUE;

	if (!still_ours(db, run, error))
		return BULK_FAILED;
	while (more && import_step_goes_on(&step)) {
		g_auto(Later) later = {.column = NULL};
		g_autoptr(GError) failed = NULL;

		more = next_later(db, run, &later, &failed);
		if (more && !run_later(db, run, &later, &failed))
			more = FALSE;
		if (!failed)
			continue;
		g_propagate_error(error, g_steal_pointer(&failed));
		return BULK_FAILED;
	}
	if (!import_job_save(db, run->job, error))
		return BULK_FAILED;
	return more ? BULK_MORE : BULK_DONE;
}

/* Of a trial: what its rows would have made is remembered. */
static gboolean try_later(Db *db, ImportRun *run, GError **error)
{
	for (guint i = 0; i < run->later->len && !run->create_related; i++) {
		const ImportLookup *lookup = run->later->pdata[i];
		const ImportColumn *column = import_map_column(run->map, lookup->column);
		g_autoptr(ImportRow) row = import_row_new((guint64)lookup->item);
		g_autofree char *message =
			g_strdup_printf("names none of the %s", column->related->plural);

		if (import_may_be_made(run->matcher, column->lookup, lookup->text))
			continue;
		import_row_fault(row, row->line, column->column, message);
		if (!tell_faults(db, run, row, error))
			return FALSE;
		run->n_unresolved++;
	}
	return TRUE;
}

/* ---- opening --------------------------------------------------------------------------------------------------- */

/* Columns by their names as they were when the file was taken in: the same targets as then. */
static ImportMap *map_of(Db *db, const ImportRun *run, GError **error)
{
	const json_t *targets = json_object_get(run->job->options, "map");
	const json_t *day_first = json_object_get(run->job->options, "day_first");
	g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(ImportSample));
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	const char *name;
	json_t *value;
	ImportMap *map;
	gsize at;

	json_object_foreach((json_t *)(guintptr)targets, name, value)
	{
		ImportSample sample = {name, none};

		g_array_append_val(samples, sample);
	}
	map = import_map_new(db, run->imports->actor, run->object,
			     (const ImportSample *)(gpointer)samples->data, samples->len, targets,
			     error);
	for (guint i = 0; map && i < map->columns->len; i++) {
		ImportColumn *column = import_map_column(map, i);

		column->form = (ImportForm){FALSE, run->zone};
		json_array_foreach(day_first, at, value) column->form.day_first |=
			g_strcmp0(json_string_value(value), column->column) == 0;
	}
	return map;
}

static gboolean count_journal(Db *db, ImportRun *run, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT (SELECT coalesce(max(n), 0) FROM import_rows WHERE import_seq = $1), "
		"(SELECT coalesce(max(n), 0) FROM import_faults WHERE import_seq = $1)",
		error, "i", run->job->seq);

	if (!rows || !db_next(rows, error))
		return FALSE;
	run->n_journal = db_int(rows, 0);
	run->n_faults = db_int(rows, 1);
	return TRUE;
}

static gboolean open_declarations(ImportRun *run, GError **error)
{
	const Principal *actor = run->imports->actor;
	g_autoptr(Db) db = db_begin_read(run->imports->store, error);
	g_autoptr(Organisation) organisation = NULL;

	run->object = db ? schema_object(db, actor->org_id, run->job->object, error) : NULL;
	organisation = run->object ? organisation_get(db, actor->org_id, error) : NULL;
	if (!organisation || !access_may(actor, run->object, ACCESS_IMPORT, error))
		return FALSE;
	run->zone = g_time_zone_new_identifier(organisation->time_zone);
	if (!run->zone)
		run->zone = g_time_zone_new_utc();
	run->map = map_of(db, run, error);
	return run->map && count_journal(db, run, error);
}

static ImportRun *run_open(const Imports *imports, const char *id, gboolean trial, GError **error)
{
	g_autoptr(ImportRun) run = g_new0(ImportRun, 1);
	g_autofree char *path = NULL;
	Table *table;

	run->imports = imports;
	run->trial = trial;
	run->batch = g_ptr_array_new_with_free_func(free_row);
	run->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	run->later = g_ptr_array_new_with_free_func(free_lookup);
	run->job = import_job_read(imports, id, error);
	if (!run->job || !open_declarations(run, error))
		return NULL;
	run->on_duplicate = import_on_duplicate(run->job->options);
	run->create_related = import_option(run->job->options, "create_related");
	run->matcher = import_matcher_new(imports->actor, run->object, trial);
	path = import_file(imports, run->job->file_hash);
	table = table_open(path, run->job->file_name, error);
	if (!table)
		return NULL;
	run->reader = import_reader_new(table, run->map, run->object,
					json_member_string(run->job->options, "group_by"));
	return g_steal_pointer(&run);
}

/* ---- running --------------------------------------------------------------------------------------------------- */

static gboolean begin(Db *db, gpointer data, GError **error)
{
	const ImportRun *run = data;

	return import_job_set_state(db, run->job, "ready|queued|running", "running", NULL, error);
}

static gboolean finish(Db *db, gpointer data, GError **error)
{
	const ImportRun *run = data;
	const ImportCounts *n = &run->job->counts;
	g_autofree char *detail = g_strdup_printf(
		"{\"created\":%" G_GINT64_FORMAT ",\"updated\":%" G_GINT64_FORMAT
		",\"skipped\":%" G_GINT64_FORMAT ",\"failed\":%" G_GINT64_FORMAT "}",
		n->n_created, n->n_updated, n->n_skipped, n->n_failed);

	return still_ours(db, run, error) &&
	       import_job_set_state(db, run->job, "running", "done", NULL, error) &&
	       audit_add(db, run->imports->actor, "import", run->object->plural, run->job->id,
			 detail, error);
}

/* Strict: every row is tried before the first is stored. */
static gboolean check_strict(const Imports *imports, const char *id, ImportProgress progress,
			     gpointer data, GError **error)
{
	g_autoptr(ImportRun) run = run_open(imports, id, TRUE, error);

	if (!run || !run_all(run, progress, data, error) || !try_later(NULL, run, error))
		return FALSE;
	if (!run->job->counts.n_failed && !run->n_unresolved)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%" G_GINT64_FORMAT " rows break a rule, so nothing was stored",
		    run->job->counts.n_failed + run->n_unresolved);
	return FALSE;
}

gboolean import_run(const Imports *imports, const char *id, ImportProgress progress, gpointer data,
		    GError **error)
{
	g_autoptr(ImportRun) run = run_open(imports, id, FALSE, error);

	if (!run)
		return FALSE;
	if (import_option(run->job->options, "strict") && !run->job->counts.position &&
	    !check_strict(imports, id, NULL, NULL, error))
		return FALSE;
	return store_write(imports->store, begin, run, error) &&
	       import_reader_skip(run->reader, run->job->counts.position, error) &&
	       run_all(run, progress, data, error) &&
	       store_write_bulk(imports->store, later_step, run, error) &&
	       store_write(imports->store, finish, run, error) &&
	       import_drop_file(imports, run->job->file_hash, error);
}

gboolean import_try(const Imports *imports, const char *id, ImportProgress progress, gpointer data,
		    GString *out, GError **error)
{
	g_autoptr(ImportRun) run = run_open(imports, id, TRUE, error);
	JsonWriter w = json_writer(out);

	if (!run)
		return FALSE;
	run->told = g_string_new(NULL);
	run->tell = json_writer(run->told);
	json_array_begin(&run->tell, NULL);
	if (!run_all(run, progress, data, error) || !try_later(NULL, run, error))
		return FALSE;
	json_array_end(&run->tell);
	import_job_put(run->job, NULL, &w);
	json_put_raw(&w, "errors", run->told->str);
	json_object_end(&w);
	return TRUE;
}

/* ---- preview --------------------------------------------------------------------------------------------------- */

static void put_columns(const ImportRun *run, JsonWriter *w)
{
	const json_t *because = json_object_get(run->job->options, "because");

	json_array_begin(w, "columns");
	for (guint i = 0; i < run->map->columns->len; i++) {
		const ImportColumn *column = import_map_column(run->map, i);

		json_object_begin(w, NULL);
		json_put_string(w, "column", column->column);
		json_put_string(w, "target", column->target);
		json_put_string(w, "because", json_member_string(because, column->column));
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_row(JsonWriter *w, const ImportRow *row, ImportOutcome outcome, Reader reader)
{
	static const char *const words[] = {[OUTCOME_FAILED] = "fail",
					    [OUTCOME_CREATED] = "create",
					    [OUTCOME_UPDATED] = "update",
					    [OUTCOME_SKIPPED] = "skip",
					    [OUTCOME_JOINED] = "join"};
	g_autofree char *fields = json_dumps(row->fields, JSON_COMPACT | JSON_REAL_PRECISION(15));

	json_object_begin(w, NULL);
	json_put_int(w, "line", (gint64)row->line);
	json_put_string(w, "action", words[outcome]);
	json_put_raw(w, "fields", fields);
	json_array_begin(w, "errors");
	for (guint i = 0; row->faults && i < row->faults->len; i++) {
		const ImportFault *fault = &g_array_index(row->faults, ImportFault, i);

		import_put_fault(w, fault->line, fault->column, fault->message, reader);
	}
	json_array_end(w);
	json_object_end(w);
}

gboolean import_preview(const Imports *imports, const char *id, GString *out, GError **error)
{
	g_autoptr(ImportRun) run = run_open(imports, id, TRUE, error);
	JsonWriter w = json_writer(out);

	if (!run)
		return FALSE;
	run->outcomes = g_ptr_array_new();
	if (!read_batch(run, PREVIEW_ROWS, error) ||
	    (run->batch->len && !store_write_bulk(imports->store, run_step, run, error)))
		return FALSE;
	run->job->counts = (ImportCounts){0};
	json_object_begin(&w, NULL);
	import_job_put(run->job, "import", &w);
	json_object_end(&w);
	put_columns(run, &w);
	json_array_begin(&w, "rows");
	for (guint i = 0; i < run->batch->len; i++)
		put_row(&w, run->batch->pdata[i],
			(ImportOutcome)GPOINTER_TO_INT(run->outcomes->pdata[i]),
			imports->actor->reader);
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}
