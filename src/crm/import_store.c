/* What one row of an import does in the store, inside the transaction. */
#include "base/error.h"
#include "base/json.h"
#include "crm/import_run.h"
#include "crm/records.h"

/* ---- what undoes it --------------------------------------------------------------------------------------------------- */

/* What undoes a write. */
typedef struct {
	const char *object; /* NULL: that of the import */
	const char *id;
	gint64 version;	    /* that it left */
	const char *before; /* NULL: the record is new */
	const char *group;
} Entry;

static gboolean journal(Db *db, ImportRun *run, const Entry *entry, GError **error)
{
	return run->trial ||
	       db_run(db,
		      "INSERT INTO import_rows (import_seq, n, object, record_id, version, before, "
		      "group_key) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		      error, "iississ", run->job->seq, ++run->n_journal, entry->object, entry->id,
		      entry->version, entry->before, entry->group);
}

static gboolean fail_column(ImportStoring *storing, const ImportColumn *column, const char *message,
			    GError **error)
{
	import_row_fault(storing->row, storing->row->line, column->column, message);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "%s %s", column->column,
		    message);
	return FALSE;
}

static gboolean fail_look_up(ImportStoring *storing, const ImportColumn *column, int n_found,
			     GError **error)
{
	g_autofree char *message =
		g_strdup_printf(n_found ? "names more than one of the %s" : "names none of the %s",
				column->related->plural);

	return fail_column(storing, column, message, error);
}

static gboolean fail_related(ImportStoring *storing, const ImportColumn *column, const char *fault,
			     GError **error)
{
	g_autofree char *message =
		g_strdup_printf("%s (of the %s)", fault, column->related->plural);

	return fail_column(storing, column, message, error);
}

/* A related record of which no more is known than this. */
static gboolean make_related(ImportStoring *storing, Db *db, const ImportColumn *column,
			     const char *text, char ret_id[37], GError **error)
{
	ImportRun *run = storing->run;
	g_autoptr(json_t) fields = json_object();
	const char *currency = NULL, *fault = NULL;
	json_t *value = import_value(column->lookup, text, &column->form, &currency, &fault);
	g_autoptr(GError) failed = NULL;

	if (!value)
		return fail_related(storing, column, fault, error);
	json_object_set_new(column->lookup->flags & FIELD_CUSTOM &&
					    !(column->related->flags & OBJECT_INVENTED)
				    ? (json_object_set_new(fields, "custom", json_object()),
				       json_object_get(fields, "custom"))
				    : fields,
			    column->lookup->name, value);
	storing->made_related = TRUE;
	if (!record_create(db, run->imports->actor, column->related, fields, ret_id, NULL,
			   &failed)) {
		if (error_kind(failed)->http_status < 500)
			return fail_related(storing, column, failed->message, error);
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	run->job->counts.n_related++;
	return journal(db, run,
		       &(Entry){.object = column->related->plural, .id = ret_id, .version = 1},
		       error);
}

static void set_reference(const ImportRow *row, const ImportColumn *column,
			  const ImportLookup *lookup, const char *id)
{
	json_t *into = row->fields;

	if (lookup->item >= 0)
		into = json_array_get(json_object_get(into, column->field->name),
				      (gsize)lookup->item);
	json_object_set_new(into, lookup->item >= 0 ? column->member : column->field->name,
			    json_string(id));
}

/* Does the column name records of the very table? */
static gboolean is_own(const ImportRun *run, const ImportColumn *column)
{
	return column->kind == IMPORT_RELATION && column->related == run->object;
}

static gboolean resolve(ImportStoring *storing, Db *db, GError **error)
{
	ImportRun *run = storing->run;
	const ImportRow *row = storing->row;

	for (guint i = 0; row->lookups && i < row->lookups->len; i++) {
		const ImportLookup *lookup = &g_array_index(row->lookups, ImportLookup, i);
		const ImportColumn *column = import_map_column(run->map, lookup->column);
		gboolean may_make =
			run->create_related && !(column->related->flags & OBJECT_INTERNAL);
		char id[37];
		int n;

		if (!import_look_up(run->matcher, db, column->related, column->lookup, lookup->text,
				    id, &n, error))
			return FALSE;
		if (n > 1)
			return fail_look_up(storing, column, n, error);
		if (!n && is_own(run, column))
			continue; /* it may come: see store_later() */
		if (!n && !may_make)
			return fail_look_up(storing, column, n, error);
		if (!n && !make_related(storing, db, column, lookup->text, id, error))
			return FALSE;
		set_reference(row, column, lookup, id);
	}
	return TRUE;
}

static gboolean create(ImportStoring *storing, Db *db, GError **error)
{
	ImportRun *run = storing->run;

	storing->outcome = OUTCOME_CREATED;
	return record_create(db, run->imports->actor, run->object, storing->row->fields,
			     storing->id, storing->faults, error) &&
	       journal(db, run,
		       &(Entry){.id = storing->id, .version = 1, .group = storing->row->group},
		       error);
}

/* What patch replaces in document, as a patch that puts it back. The caller frees it. */
static json_t *values_before(const json_t *document, const json_t *patch)
{
	json_t *before = json_object();
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(guintptr)patch, name, value)
	{
		json_t *old = json_object_get(document, name);

		if (json_is_object(value) && json_is_object(old))
			json_object_set_new(before, name, values_before(old, value));
		else
			json_object_set(before, name, old ? old : json_null());
	}
	return before;
}

static gboolean update(ImportStoring *storing, Db *db, const char *id, json_t *patch,
		       GError **error)
{
	ImportRun *run = storing->run;
	gint64 version, version_after;
	g_autoptr(json_t) document =
		record_read(db, run->imports->actor, run->object, id, &version, error);
	g_autoptr(json_t) before = NULL, after = NULL;
	g_autofree char *text = NULL;

	if (!document)
		return FALSE;
	before = values_before(document, patch);
	if (!record_patch(db, run->imports->actor, run->object, id, patch, NULL, storing->faults,
			  error))
		return FALSE;
	after = record_read(db, run->imports->actor, run->object, id, &version_after, error);
	if (!after)
		return FALSE;
	storing->outcome = version == version_after ? OUTCOME_SKIPPED : OUTCOME_UPDATED;
	if (storing->outcome == OUTCOME_SKIPPED)
		return TRUE;
	text = json_dumps(before, JSON_COMPACT | JSON_REAL_PRECISION(15));
	return journal(db, run, &(Entry){.id = id, .version = version_after, .before = text},
		       error);
}

/* The id that the row names counts when such a record is there. */
static gboolean find_double(ImportStoring *storing, Db *db, char ret_id[37], GError **error)
{
	ImportRun *run = storing->run;
	g_autoptr(json_t) named = NULL;

	*ret_id = '\0';
	if (storing->row->id)
		named = record_read(db, run->imports->actor, run->object, storing->row->id, NULL,
				    NULL);
	if (named)
		g_strlcpy(ret_id, storing->row->id, 37);
	return named || import_match(run->matcher, db, storing->row->fields, ret_id, error);
}

/* item: the line. */
static ImportLookup *later_of(const ImportLookup *lookup, guint64 line)
{
	ImportLookup *later = g_new(ImportLookup, 1);

	*later = (ImportLookup){lookup->column, g_strdup(lookup->text), (int)line};
	return later;
}

/* References of the row to records of its own table that are not there (yet). */
static gboolean store_later(ImportStoring *storing, Db *db, GError **error)
{
	ImportRun *run = storing->run;
	const ImportRow *row = storing->row;

	for (guint i = 0; row->lookups && i < row->lookups->len; i++) {
		const ImportLookup *lookup = &g_array_index(row->lookups, ImportLookup, i);
		const ImportColumn *column = import_map_column(run->map, lookup->column);

		if (!is_own(run, column) || json_object_get(row->fields, column->field->name))
			continue;
		if (run->trial) {
			g_ptr_array_add(run->later, later_of(lookup, row->line));
		} else if (!db_run(db,
				   "INSERT INTO import_later (import_seq, record_id, column_name, "
				   "line, text) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
				   error, "issis", run->job->seq, storing->id, column->column,
				   (gint64)row->line, lookup->text)) {
			return FALSE;
		}
	}
	return TRUE;
}

/* The record that this import made of earlier rows of the group; empty when there is none. */
static gboolean find_group(ImportStoring *storing, Db *db, char ret_id[37], GError **error)
{
	const ImportRun *run = storing->run;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	*ret_id = '\0';
	if (!storing->row->group)
		return TRUE;
	if (run->trial) {
		if (g_hash_table_contains(run->groups, storing->row->group))
			g_strlcpy(ret_id, "-", 37);
		return TRUE;
	}
	rows = db_query(db,
			"SELECT record_id FROM import_rows WHERE import_seq = $1 AND group_key = "
			"$2 LIMIT 1",
			error, "is", run->job->seq, storing->row->group);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		g_strlcpy(ret_id, db_text(rows, 0), 37);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Only the lines of the rows count: the record had its other values from the first ones. */
static gboolean join_group(ImportStoring *storing, Db *db, const char *id, GError **error)
{
	ImportRun *run = storing->run;
	g_autoptr(json_t) document = NULL, patch = json_object();

	storing->outcome = OUTCOME_JOINED;
	if (g_str_equal(id, "-"))
		return TRUE;
	document = record_read(db, run->imports->actor, run->object, id, NULL, error);
	if (!document)
		return FALSE;
	for (gsize i = 0; i < run->object->n_fields; i++) {
		const char *name = run->object->fields[i].name;
		const json_t *old = json_object_get(document, name);
		json_t *lines = json_object_get(storing->row->fields, name), *both;

		if (run->object->fields[i].type != FIELD_LINES || !lines)
			continue;
		both = json_is_array(old) ? json_copy((json_t *)(guintptr)old) : json_array();
		json_array_extend(both, lines);
		json_object_set_new(patch, name, both);
	}
	if (!update(storing, db, id, patch, error))
		return FALSE;
	storing->outcome = OUTCOME_JOINED;
	return TRUE;
}

static gboolean store_record(ImportStoring *storing, Db *db, GError **error)
{
	ImportRun *run = storing->run;
	char group[37];

	if (!find_group(storing, db, group, error))
		return FALSE;
	if (*group)
		return join_group(storing, db, group, error);
	if (run->on_duplicate != DUPLICATE_CREATE && !find_double(storing, db, storing->id, error))
		return FALSE;
	if (!*storing->id)
		return create(storing, db, error) && store_later(storing, db, error);
	if (run->object->flags & OBJECT_LOG || run->on_duplicate == DUPLICATE_SKIP) {
		storing->outcome = OUTCOME_SKIPPED;
		return TRUE;
	}
	if (g_str_equal(storing->id, "-")) { /* was made and undone by this trial */
		storing->outcome = OUTCOME_UPDATED;
		return TRUE;
	}
	return update(storing, db, storing->id, storing->row->fields, error) &&
	       store_later(storing, db, error);
}

gboolean import_store_row(Db *db, gpointer data, GError **error)
{
	return resolve(data, db, error) && store_record(data, db, error);
}

/* Now it is there, or is made, or is a fault; the record stands in any case. */
gboolean import_store_later(Db *db, gpointer data, GError **error)
{
	ImportStoring *storing = data;
	ImportRun *run = storing->run;
	const ImportLookup *lookup = &g_array_index(storing->row->lookups, ImportLookup, 0);
	const ImportColumn *column = import_map_column(run->map, lookup->column);
	char id[37];
	int n;

	if (!import_look_up(run->matcher, db, column->related, column->lookup, lookup->text, id, &n,
			    error))
		return FALSE;
	if (n > 1 || (!n && !run->create_related))
		return fail_look_up(storing, column, n, error);
	if (!n && !make_related(storing, db, column, lookup->text, id, error))
		return FALSE;
	set_reference(storing->row, column, lookup, id);
	return update(storing, db, storing->id, storing->row->fields, error);
}
