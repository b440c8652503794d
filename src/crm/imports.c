/* What is stored of imports, and taking files in. The work is in import_run.c and import_revert.c. */
#include "crm/imports.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/import_job.h"
#include "crm/schema.h"
#include "jobs/queue.h"

enum { SAMPLE_CELLS = 50, COPY_BYTES = 65536 };

/* ---- options --------------------------------------------------------------------------------------------------- */

static const char *const duplicate_words[] = {"skip", "update", "create"};

OnDuplicate import_on_duplicate(const json_t *options)
{
	const char *word = json_member_string(options, "on_duplicate");

	for (guint i = 0; word && i < G_N_ELEMENTS(duplicate_words); i++)
		if (g_str_equal(word, duplicate_words[i]))
			return (OnDuplicate)i;
	return DUPLICATE_SKIP;
}

gboolean import_option(const json_t *options, const char *name)
{
	return json_is_true(json_object_get(options, name));
}

static gboolean is_duplicate_word(const json_t *value)
{
	for (guint i = 0; i < G_N_ELEMENTS(duplicate_words); i++)
		if (g_strcmp0(json_string_value(value), duplicate_words[i]) == 0)
			return TRUE;
	return FALSE;
}

static gboolean is_flag(const json_t *value)
{
	return json_is_boolean(value);
}

static gboolean is_text(const json_t *value)
{
	return json_is_string(value);
}

static gboolean is_map(const json_t *value)
{
	const char *name;
	json_t *target;

	json_object_foreach((json_t *)(guintptr)value, name,
			    target) if (!json_is_string(target) &&
					!json_is_null(target)) return FALSE;
	return json_is_object(value);
}

gboolean import_check_options(const json_t *options, GError **error)
{
	static const struct {
		const char *name, *expected;
		gboolean (*is_right)(const json_t *value);
	} rows[] = {{"map", "an object of columns and their targets", is_map},
		    {"on_duplicate", "skip, update or create", is_duplicate_word},
		    {"strict", "true or false", is_flag},
		    {"create_related", "true or false", is_flag},
		    {"group_by", "the name of a column", is_text}};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(guintptr)options, name, value)
	{
		gsize i = 0;

		while (i < G_N_ELEMENTS(rows) && !g_str_equal(rows[i].name, name))
			i++;
		if (i < G_N_ELEMENTS(rows) && (json_is_null(value) || rows[i].is_right(value)))
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "%s: expected %s", name,
			    i < G_N_ELEMENTS(rows)
				    ? rows[i].expected
				    : "map, on_duplicate, strict, create_related or group_by");
		return FALSE;
	}
	return TRUE;
}

/* ---- rows ------------------------------------------------------------------------------------------------------ */

void import_job_free(ImportJob *job)
{
	if (!job)
		return;
	g_free(job->object);
	g_free(job->state);
	g_free(job->file_name);
	g_free(job->file_hash);
	g_clear_pointer(&job->options, json_decref);
	g_free(job);
}

#define JOB_COLUMNS                                                                            \
	"seq, id, object, state, file_name, file_hash, options, n_rows, position, n_created, " \
	"n_updated, n_skipped, n_failed, n_related, n_reverted, n_kept"

static ImportJob *job_of(DbRows *rows)
{
	ImportJob *job = g_new0(ImportJob, 1);

	job->seq = db_int(rows, 0);
	g_strlcpy(job->id, db_text(rows, 1), sizeof(job->id));
	job->object = g_strdup(db_text(rows, 2));
	job->state = g_strdup(db_text(rows, 3));
	job->file_name = g_strdup(db_text(rows, 4));
	job->file_hash = g_strdup(db_text(rows, 5));
	job->options = json_loads(db_text(rows, 6), 0, NULL);
	job->n_rows = db_int(rows, 7);
	job->counts = (ImportCounts){db_int(rows, 8),  db_int(rows, 9),	 db_int(rows, 10),
				     db_int(rows, 11), db_int(rows, 12), db_int(rows, 13),
				     db_int(rows, 14), db_int(rows, 15)};
	return job;
}

ImportJob *import_job_get(Db *db, const char *org_id, const char *id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " JOB_COLUMNS " FROM imports WHERE org_id = $1 AND id = $2",
			 error, "ss", org_id, id);

	if (!rows)
		return NULL;
	if (db_next(rows, &failed))
		return job_of(rows);
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such import");
	return NULL;
}

ImportJob *import_job_read(const Imports *imports, const char *id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(imports->store, error);

	return db ? import_job_get(db, imports->actor->org_id, id, error) : NULL;
}

gboolean import_job_set_state(Db *db, const ImportJob *job, const char *from, const char *state,
			      const char *trouble, GError **error)
{
	g_auto(GStrv) states = g_strsplit(from, "|", -1);
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT state FROM imports WHERE seq = $1", error, "i", job->seq);

	if (!rows || !db_next(rows, error))
		return FALSE;
	if (!g_strv_contains((const char *const *)states, db_text(rows, 0))) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "the import is %s, so that it cannot become %s", db_text(rows, 0),
			    state);
		return FALSE;
	}
	g_clear_pointer(&rows, db_rows_free);
	return db_run(db,
		      "UPDATE imports SET state = $2, trouble = $3, updated_at = $4 WHERE seq = $1",
		      error, "issi", job->seq, state, trouble, clock_now_ms());
}

gboolean import_job_save(Db *db, const ImportJob *job, GError **error)
{
	const ImportCounts *n = &job->counts;

	return db_run(db,
		      "UPDATE imports SET position = $2, n_created = $3, n_updated = $4, n_skipped "
		      "= $5, n_failed = $6, n_related = $7, n_reverted = $8, n_kept = $9, "
		      "updated_at = $10 WHERE seq = $1",
		      error, "iiiiiiiiii", job->seq, n->position, n->n_created, n->n_updated,
		      n->n_skipped, n->n_failed, n->n_related, n->n_reverted, n->n_kept,
		      clock_now_ms());
}

/* ---- files ----------------------------------------------------------------------------------------------------- */

char *import_file(const Imports *imports, const char *hash)
{
	return g_build_filename(imports->data, "imports", hash, NULL);
}

static gboolean fail_file(const char *what, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR,
		    errno == ENOSPC || errno == EDQUOT ? ZHIYIN_ERROR_STORAGE_FULL
						       : ZHIYIN_ERROR_UNAVAILABLE,
		    "%s: %s", what, g_strerror(errno));
	return FALSE;
}

static gboolean write_all(int fd, const char *bytes, gsize n, GError **error)
{
	while (n) {
		gssize written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_file("the file could not be taken in", error);
		bytes += written;
		n -= (gsize)written;
	}
	return TRUE;
}

static gboolean fail_large(const ImportSource *source, guint64 max, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
		    "%s:1:1: the file is larger than %" G_GUINT64_FORMAT " MiB", source->name,
		    max >> 20);
	return FALSE;
}

static gboolean copy(const ImportSource *source, int fd, GChecksum *sum, GError **error)
{
	guint64 max = source->max_bytes ? source->max_bytes : INPUT_MAX_DEFAULT, n_copied = 0;
	g_autofree char *buffer = g_malloc(COPY_BYTES);
	gssize n;

	if (source->fd < 0) {
		g_checksum_update(sum, source->bytes, (gssize)source->n_bytes);
		return source->n_bytes > max ? fail_large(source, max, error)
					     : write_all(fd, source->bytes, source->n_bytes, error);
	}
	while ((n = read(source->fd, buffer, COPY_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_file(source->name, error);
		n_copied += (guint64)n;
		if (n_copied > max)
			return fail_large(source, max, error);
		g_checksum_update(sum, (const guchar *)buffer, n);
		if (!write_all(fd, buffer, (gsize)n, error))
			return FALSE;
	}
	return TRUE;
}

/* The hash under which the file lies now. The caller frees it. */
static char *take_file(const Imports *imports, const ImportSource *source, GError **error)
{
	g_autofree char *folder = g_build_filename(imports->data, "imports", NULL);
	g_autofree char *part = g_build_filename(folder, ".part-XXXXXX", NULL);
	g_autofree char *path = NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gboolean ok;
	int fd;

	if (g_mkdir(folder, 0700) != 0 && errno != EEXIST) {
		fail_file(folder, error);
		return NULL;
	}
	fd = g_mkstemp_full(part, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0) {
		fail_file(folder, error);
		return NULL;
	}
	ok = copy(source, fd, sum, error);
	if (ok && fsync(fd) != 0)
		ok = fail_file(folder, error);
	close(fd);
	path = g_build_filename(folder, g_checksum_get_string(sum), NULL);
	if (ok && g_rename(part, path) == 0)
		return g_strdup(g_checksum_get_string(sum));
	if (ok)
		fail_file(folder, error);
	g_unlink(part);
	return NULL;
}

gboolean import_drop_file(const Imports *imports, const char *hash, GError **error)
{
	g_autofree char *path = import_file(imports, hash);
	g_autoptr(Db) db = db_begin_read(imports->store, error);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!db)
		return FALSE;
	rows = db_query(db,
			"SELECT 1 FROM imports WHERE file_hash = $1 AND state IN ('ready', "
			"'queued', 'running') LIMIT 1",
			error, "s", hash);
	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed) && !failed)
		g_unlink(path);
	return TRUE;
}

/* ---- looking through a table ----------------------------------------------------------------------------------- */

static void sample_clear(gpointer data)
{
	ImportSample *sample = data;

	g_ptr_array_unref((GPtrArray *)(guintptr)sample->cells);
	g_free((char *)(guintptr)sample->name);
}

void import_look_free(ImportLook *look)
{
	if (!look)
		return;
	g_array_unref(look->samples);
	g_free(look);
}

static void look_at(ImportLook *look, const Table *table)
{
	for (guint i = 0; i < table_n_columns(table); i++) {
		const char *cell = table_cell(table, i);
		GPtrArray *cells;

		if (i >= look->samples->len) {
			ImportSample sample = {g_strdup(table_name(table, i)),
					       g_ptr_array_new_with_free_func(g_free)};

			g_array_append_val(look->samples, sample);
		}
		cells = (GPtrArray *)(guintptr)g_array_index(look->samples, ImportSample, i).cells;
		if (*cell && cells->len < SAMPLE_CELLS)
			g_ptr_array_add(cells, g_strstrip(g_strndup(cell, 200)));
	}
}

ImportLook *import_look(const char *path, const char *name, GError **error)
{
	g_autoptr(Table) table = table_open(path, name, error);
	g_autoptr(ImportLook) look = NULL;
	CsvStep step = CSV_ROW;

	if (!table)
		return NULL;
	look = g_new0(ImportLook, 1);
	look->samples = g_array_new(FALSE, FALSE, sizeof(ImportSample));
	g_array_set_clear_func(look->samples, sample_clear);
	look->format = table_format(table);
	look_at(look, table);
	while ((step = table_next(table, error)) != CSV_END) {
		if (step == CSV_FAILED)
			return NULL;
		look->n_rows++;
		if (step == CSV_ROW && (look->n_rows < 10 * SAMPLE_CELLS ||
					table_n_columns(table) > look->samples->len))
			look_at(look, table);
	}
	return g_steal_pointer(&look);
}

/* ---- taking ---------------------------------------------------------------------------------------------------- */

/* What one import was asked for; its columns are all named, so that it goes on the same way. */
typedef struct {
	const Imports *imports;
	const Object *object;
	const ImportSource *source;
	const ImportLook *look;
	const char *hash;
	json_t *options;
	char *id;
} Taking;

static gboolean insert_import(Db *db, gpointer data, GError **error)
{
	const Taking *taking = data;
	const Principal *actor = taking->imports->actor;
	g_autofree char *options = json_dumps(taking->options, JSON_COMPACT);

	return db_run(db,
		      "INSERT INTO imports (org_id, id, object, state, file_name, file_hash, "
		      "format, options, actor_kind, actor_id, n_rows, created_at, updated_at) "
		      "VALUES ($1, $2, $3, 'ready', $4, $5, $6, $7, $8, $9, $10, $11, $11)",
		      error, "sssssssssii", actor->org_id, taking->id, taking->object->plural,
		      taking->source->name, taking->hash, table_format_name(taking->look->format),
		      options, principal_kind_name(actor), *actor->id ? actor->id : NULL,
		      taking->look->n_rows, clock_now_ms());
}

static const Object *import_object(const Imports *imports, Db *db, const char *plural,
				   GError **error)
{
	const Object *object = schema_object(db, imports->actor->org_id, plural, error);

	return object && access_may(imports->actor, object, ACCESS_IMPORT, error) ? object : NULL;
}

static gboolean check_group(const ImportLook *look, const char *group_by, GError **error)
{
	for (guint i = 0; group_by && i < look->samples->len; i++)
		if (g_str_equal(g_array_index(look->samples, ImportSample, i).name, group_by))
			return TRUE;
	if (!group_by)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "the table has no column '%s'",
		    group_by);
	return FALSE;
}

/* The names of unknown columns, for --strict. */
static gboolean check_known(const ImportMap *map, gboolean strict, GError **error)
{
	for (guint i = 0; strict && i < map->columns->len; i++) {
		const ImportColumn *column = import_map_column(map, i);

		if (!g_str_equal(column->because, "unknown"))
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "column '%s' is unknown: name its field or leave it out ('%s=')",
			    column->column, column->column);
		return FALSE;
	}
	return TRUE;
}

/* Options as they are kept: every column with its target and why. NULL with error. */
static json_t *full_options(Db *db, const Imports *imports, const Object *object,
			    const ImportLook *look, const json_t *given, GError **error)
{
	g_autoptr(ImportMap) map = import_map_new(
		db, imports->actor, object, (const ImportSample *)(gpointer)look->samples->data,
		look->samples->len, json_object_get(given, "map"), error);
	json_t *options;
	g_autoptr(json_t) because = json_object();
	g_autoptr(json_t) day_first = json_array();

	if (!map || !check_group(look, json_member_string(given, "group_by"), error) ||
	    !check_known(map, import_option(given, "strict"), error))
		return NULL;
	for (guint i = 0; i < map->columns->len; i++) {
		const ImportColumn *column = import_map_column(map, i);

		json_object_set_new(because, column->column, json_string(column->because));
		if (column->form.day_first)
			json_array_append_new(day_first, json_string(column->column));
	}
	options = given ? json_deep_copy(given) : json_object();
	json_object_set_new(options, "map", import_map_json(map));
	json_object_set(options, "because", because);
	json_object_set(options, "day_first", day_first);
	return options;
}

static gboolean take(Taking *taking, const char *plural, const json_t *given, GError **error)
{
	const Imports *imports = taking->imports;
	g_autofree char *path = import_file(imports, taking->hash);
	g_autoptr(ImportLook) look = NULL;
	g_autoptr(Db) db = db_begin_read(imports->store, error);
	gboolean ok;

	taking->object = db ? import_object(imports, db, plural, error) : NULL;
	look = taking->object ? import_look(path, taking->source->name, error) : NULL;
	if (!look)
		return FALSE;
	taking->look = look;
	taking->options = full_options(db, imports, taking->object, look, given, error);
	ok = taking->options && store_write(imports->store, insert_import, taking, error);
	g_clear_pointer(&taking->options, json_decref);
	return ok;
}

gboolean import_take(const Imports *imports, const char *object, const ImportSource *source,
		     const json_t *options, char ret_id[37], GError **error)
{
	g_autofree char *hash = NULL;
	Taking taking = {.imports = imports, .source = source, .id = id_new(ret_id)};

	if (!import_check_options(options, error))
		return FALSE;
	hash = take_file(imports, source, error);
	if (!hash)
		return FALSE;
	taking.hash = hash;
	if (take(&taking, object, options, error))
		return TRUE;
	import_drop_file(imports, hash, NULL);
	return FALSE;
}

gboolean import_find_begun(const Imports *imports, const char *id, char ret_id[37], GError **error)
{
	g_autoptr(ImportJob) fresh = import_job_read(imports, id, error);
	g_autofree char *text = fresh ? json_dumps(fresh->options, JSON_COMPACT) : NULL;
	g_autoptr(Db) db = fresh ? db_begin_read(imports->store, error) : NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	*ret_id = '\0';
	if (!db)
		return FALSE;
	rows = db_query(db,
			"SELECT id FROM imports WHERE org_id = $1 AND object = $2 AND file_hash = "
			"$3 AND options = $4 AND id <> $5 AND state = 'running' ORDER BY seq LIMIT "
			"1",
			error, "sssss", imports->actor->org_id, fresh->object, fresh->file_hash,
			text, id);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		g_strlcpy(ret_id, db_text(rows, 0), 37);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- changing what has not begun ------------------------------------------------------------------------------- */

typedef struct {
	const ImportJob *job;
	json_t *options;
} NewOptions;

static gboolean store_options(Db *db, gpointer data, GError **error)
{
	const NewOptions *new = data;
	g_autofree char *text = json_dumps(new->options, JSON_COMPACT);

	return import_job_set_state(db, new->job, "ready", "ready", NULL, error) &&
	       db_run(db, "UPDATE imports SET options = $2 WHERE seq = $1", error, "is",
		      new->job->seq, text);
}

gboolean import_set_options(const Imports *imports, const char *id, const json_t *options,
			    GError **error)
{
	g_autoptr(ImportJob) job = import_job_read(imports, id, error);
	g_autofree char *path = job ? import_file(imports, job->file_hash) : NULL;
	g_autoptr(ImportLook) look = NULL;
	g_autoptr(Db) db = NULL;
	g_autoptr(json_t) merged = NULL;
	const Object *object;
	NewOptions new = {job, NULL};

	if (!job || !import_check_options(options, error))
		return FALSE;
	if (!json_object_size(options))
		return TRUE;
	look = import_look(path, job->file_name, error);
	db = look ? db_begin_read(imports->store, error) : NULL;
	object = db ? import_object(imports, db, job->object, error) : NULL;
	if (!object)
		return FALSE;
	merged = json_deep_copy(job->options);
	json_object_del(merged, "because");
	json_object_del(merged, "day_first");
	if (json_object_get(options, "map")) { /* what is not named is guessed anew */
		json_object_update_missing(json_object_get(options, "map"),
					   json_object_get(merged, "map"));
	}
	json_object_update(merged, (json_t *)(guintptr)options);
	new.options = full_options(db, imports, object, look, merged, error);
	if (!new.options)
		return FALSE;
	{
		gboolean ok = store_write(imports->store, store_options, &new, error);

		json_decref(new.options);
		return ok;
	}
}

static gboolean delete_import(Db *db, gpointer data, GError **error)
{
	const ImportJob *job = data;

	return import_job_set_state(db, job, "ready", "ready", NULL, error) &&
	       db_run(db, "DELETE FROM import_later WHERE import_seq = $1", error, "i", job->seq) &&
	       db_run(db, "DELETE FROM import_faults WHERE import_seq = $1", error, "i",
		      job->seq) &&
	       db_run(db, "DELETE FROM imports WHERE seq = $1", error, "i", job->seq);
}

gboolean import_drop(const Imports *imports, const char *id, GError **error)
{
	g_autoptr(ImportJob) job = import_job_read(imports, id, error);

	return job && store_write(imports->store, delete_import, job, error) &&
	       import_drop_file(imports, job->file_hash, error);
}

gboolean import_queue(Db *db, const Principal *actor, const char *id, gboolean revert,
		      GError **error)
{
	g_autoptr(ImportJob) job = import_job_get(db, actor->org_id, id, error);
	const Object *object;
	g_autofree char *payload = NULL, *key = NULL;

	if (!job)
		return FALSE;
	object = schema_object(db, actor->org_id, job->object, error);
	if (!object || !access_may(actor, object, ACCESS_IMPORT, error) ||
	    !import_job_set_state(db, job, revert ? "done|failed|reverting" : "ready",
				  revert ? "reverting" : "queued", NULL, error))
		return FALSE;
	payload = g_strdup_printf("{\"id\":\"%s\"}", id);
	key = g_strconcat("import:", id, NULL);
	return job_add(db, actor->org_id, revert ? "import_revert" : "import", payload, key, error);
}

/* ---- telling --------------------------------------------------------------------------------------------------- */

void import_put_fault(JsonWriter *w, guint64 line, const char *column, const char *message,
		      Reader reader)
{
	g_autofree char *text = error_text(message, reader);

	json_object_begin(w, NULL);
	json_put_int(w, "line", (gint64)line);
	json_put_string(w, "column", column);
	json_put_string(w, "message", text);
	json_object_end(w);
}

void import_job_put(const ImportJob *job, const char *key, JsonWriter *w)
{
	g_autoptr(json_t) options = json_deep_copy(job->options);
	g_autofree char *text = NULL;

	json_object_del(options, "because");
	text = json_dumps(options, JSON_COMPACT);
	json_object_begin(w, key);
	json_put_string(w, "id", job->id);
	json_put_string(w, "import_id", job->id);
	json_put_string(w, "object", job->object);
	json_put_string(w, "state", job->state);
	json_put_string(w, "file_name", job->file_name);
	json_put_int(w, "rows", job->n_rows);
	json_put_int(w, "done", job->counts.position);
	json_put_int(w, "created", job->counts.n_created);
	json_put_int(w, "updated", job->counts.n_updated);
	json_put_int(w, "skipped", job->counts.n_skipped);
	json_put_int(w, "failed", job->counts.n_failed);
	json_put_int(w, "related", job->counts.n_related);
	json_put_int(w, "reverted", job->counts.n_reverted);
	json_put_int(w, "kept", job->counts.n_kept);
	json_put_raw(w, "options", text);
}

static gboolean put_state(Db *db, const ImportJob *job, Reader reader, JsonWriter *w,
			  GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT trouble, created_at, updated_at FROM imports WHERE seq = $1",
			 error, "i", job->seq);
	g_autofree char *trouble = NULL;

	if (!rows || !db_next(rows, error))
		return FALSE;
	trouble = db_is_null(rows, 0) ? NULL : error_text(db_text(rows, 0), reader);
	json_put_string(w, "trouble", trouble);
	json_put_time(w, "created_at", db_int(rows, 1));
	json_put_time(w, "updated_at", db_int(rows, 2));
	return TRUE;
}

static gboolean put_errors(Db *db, const ImportJob *job, Reader reader, JsonWriter *w,
			   GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT line, column_name, message FROM import_faults "
					  "WHERE import_seq = $1 ORDER BY n LIMIT $2",
					  error, "ii", job->seq, (gint64)IMPORT_FAULTS_SHOWN);

	if (!rows)
		return FALSE;
	json_array_begin(w, "errors");
	while (db_next(rows, &failed))
		import_put_fault(w, (guint64)db_int(rows, 0), db_text(rows, 1), db_text(rows, 2),
				 reader);
	json_array_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean import_put(Db *db, const Principal *principal, const char *id, gboolean errors,
		    GString *out, GError **error)
{
	g_autoptr(ImportJob) job = import_job_get(db, principal->org_id, id, error);
	JsonWriter w = json_writer(out);

	if (!job)
		return FALSE;
	import_job_put(job, NULL, &w);
	if (!put_state(db, job, principal->reader, &w, error) ||
	    (errors && !put_errors(db, job, principal->reader, &w, error)))
		return FALSE;
	json_object_end(&w);
	return TRUE;
}

gboolean import_list(Db *db, const Principal *principal, int page_size, const char *page_token,
		     GString *out, GError **error)
{
	gint64 below = page_token ? g_ascii_strtoll(page_token, NULL, 10) : G_MAXINT64;
	g_autoptr(GError) failed = NULL;
	g_autofree char *token = NULL;
	JsonWriter w = json_writer(out);
	int n = 0;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT " JOB_COLUMNS " FROM imports WHERE org_id = $1 AND seq < $2 ORDER BY "
		"seq DESC LIMIT $3",
		error, "sii", principal->org_id, below, (gint64)page_size);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed)) {
		g_autoptr(ImportJob) job = job_of(rows);

		import_job_put(job, NULL, &w);
		if (!put_state(db, job, principal->reader, &w, error))
			return FALSE;
		json_object_end(&w);
		if (++n == page_size)
			token = g_strdup_printf("%" G_GINT64_FORMAT, job->seq);
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token", token);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean import_put_faults(Db *db, const Principal *principal, const char *id, GString *out,
			   GError **error)
{
	g_autoptr(ImportJob) job = import_job_get(db, principal->org_id, id, error);
	CsvWriter w = {.out = out};
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!job)
		return FALSE;
	g_string_append(out, "\xEF\xBB\xBFline,column,message\n");
	rows = db_query(db,
			"SELECT line, column_name, message FROM import_faults WHERE import_seq = "
			"$1 ORDER BY n",
			error, "i", job->seq);
	while (rows && db_next(rows, &failed)) {
		g_autofree char *message = error_text(db_text(rows, 2), principal->reader);

		csv_put_int(&w, db_int(rows, 0));
		csv_put_text(&w, db_text(rows, 1));
		csv_put_text(&w, message);
		csv_end_row(&w);
	}
	if (!failed)
		return rows != NULL;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
