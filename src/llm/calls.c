/* Rows in, sums out. The median of few calls is taken by hand: SQL has none that both back ends know. */
#include "llm/calls.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum { DAY_MS = 86400000, AT_ONCE_MS = 20 };

static const char insert_sql[] = "INSERT INTO model_calls (org_id, id, at, session, task, version, "
				 "language, provider, model, "
				 "model_sha256, prompt_sha256, outcome, fault, prompt_tokens, "
				 "cached_tokens, completion_tokens, "
				 "queue_ms, first_ms, total_ms) VALUES ($1, $2, $3, $4, $5, $6, "
				 "$7, $8, $9, $10, $11, $12, $13, "
				 "$14, $15, $16, $17, $18, $19)";

static const char today_sql[] =
	"SELECT count(*), coalesce(sum(prompt_tokens + completion_tokens), 0) FROM model_calls "
	"WHERE org_id = $1 AND at >= $2";

static const char latest_sql[] =
	"SELECT completion_tokens, queue_ms, first_ms, total_ms FROM model_calls "
	"WHERE org_id = $1 AND completion_tokens > 0 AND outcome IN ('done', 'refused') "
	"ORDER BY at DESC, seq DESC LIMIT $2";

static const char errors_sql[] =
	"SELECT outcome || CASE WHEN outcome = 'refused' THEN ':' || fault ELSE '' END AS kind, "
	"count(*) AS n FROM model_calls WHERE org_id = $1 AND at >= $2 AND outcome NOT IN ('done', "
	"'cancelled') GROUP BY 1 ORDER BY n DESC, kind";

gboolean model_call_add(Db *db, const char *org_id, const TaskRecord *record, GError **error)
{
	return db_run(db, insert_sql, error, "ssississsssssiiiddd",
		      record->org_id ? record->org_id : org_id, record->id, clock_now_ms(),
		      record->session, record->task, (gint64)record->version, record->language,
		      record->provider, record->model, record->model_sha256, record->prompt_sha256,
		      record->outcome, record->fault, (gint64)record->n_prompt,
		      (gint64)record->n_cached, (gint64)record->n_generated, record->queue_ms,
		      record->first_ms, record->total_ms);
}

/* ---- in its own time ------------------------------------------------------------------------- */

/* The texts of a record that do not live as long as the program. */
static const gsize borrowed[] = {
	G_STRUCT_OFFSET(TaskRecord, id),
	G_STRUCT_OFFSET(TaskRecord, org_id),
	G_STRUCT_OFFSET(TaskRecord, session),
	G_STRUCT_OFFSET(TaskRecord, task),
	G_STRUCT_OFFSET(TaskRecord, language),
	G_STRUCT_OFFSET(TaskRecord, provider),
	G_STRUCT_OFFSET(TaskRecord, model),
	G_STRUCT_OFFSET(TaskRecord, model_sha256),
	G_STRUCT_OFFSET(TaskRecord, prompt_sha256),
};

typedef struct {
	TaskRecord record;
	char org_id[37];
} Kept;

static char **text_at(TaskRecord *record, gsize i)
{
	return (char **)(gpointer)((char *)record + borrowed[i]);
}

static gboolean add_kept(Db *db, gpointer data, GError **error)
{
	const Kept *kept = data;

	return model_call_add(db, kept->org_id, &kept->record, error);
}

static void kept_done(const GError *error, gpointer data)
{
	Kept *kept = data;

	if (error)
		log_event(LOG_WARNING, "model_call_not_kept", "error", 'e', error, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(borrowed); i++)
		g_free(*text_at(&kept->record, i));
	g_free(kept);
}

void model_call_keep(Store *store, const char *org_id, const TaskRecord *record)
{
	Kept *kept = g_new0(Kept, 1);

	kept->record = *record;
	kept->record.detail = NULL;
	g_strlcpy(kept->org_id, org_id, sizeof(kept->org_id));
	for (gsize i = 0; i < G_N_ELEMENTS(borrowed); i++)
		*text_at(&kept->record, i) = g_strdup(*text_at(&kept->record, i));
	store_write_async(store, add_kept, kept_done, kept);
}

void model_call_write_members(const TaskRecord *record, JsonWriter *w)
{
	json_put_string(w, "id", record->id);
	json_put_string(w, "task", record->task);
	json_put_int(w, "version", record->version);
	json_put_string(w, "outcome", record->outcome);
	json_put_string(w, "fault", record->fault);
	json_put_string(w, "detail", record->detail);
	json_put_string(w, "provider", record->provider);
	json_put_string(w, "model", record->model);
	json_put_string(w, "model_sha256", record->model_sha256);
	json_put_string(w, "prompt_sha256", record->prompt_sha256);
	json_put_int(w, "prompt_tokens", record->n_prompt);
	json_put_int(w, "cached_tokens", record->n_cached);
	json_put_int(w, "completion_tokens", record->n_generated);
	json_put_double(w, "queue_ms", record->queue_ms);
	json_put_double(w, "first_ms", record->first_ms);
	json_put_double(w, "total_ms", record->total_ms);
}

/* ---- figures --------------------------------------------------------------------------------- */

static gboolean write_today(Db *db, const char *org_id, JsonWriter *w, GError **error)
{
	gint64 now = clock_now_ms();
	g_autoptr(DbRows) rows = db_query(db, today_sql, error, "si", org_id, now - now % DAY_MS);

	if (!rows || !db_next(rows, error))
		return FALSE;
	json_object_begin(w, "today");
	json_put_int(w, "calls", db_int(rows, 0));
	json_put_int(w, "tokens", db_int(rows, 1));
	json_object_end(w);
	return TRUE;
}

static int by_size(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void put_median(JsonWriter *w, const char *key, double *values, guint n)
{
	if (!n) {
		json_put_null(w, key);
		return;
	}
	qsort(values, n, sizeof(double), by_size);
	json_put_double(w, key, (values[(n - 1) / 2] + values[n / 2]) / 2);
}

/* Tokens a second from the first one on; of what came all at once, from the call's turn on. */
static gboolean speed_of(DbRows *rows, double *ret_speed)
{
	double queue_ms = db_double(rows, 1), first_ms = db_double(rows, 2),
	       total_ms = db_double(rows, 3);
	double ms = total_ms - first_ms < AT_ONCE_MS ? total_ms - queue_ms : total_ms - first_ms;

	*ret_speed = ms > 0 ? (double)(db_int(rows, 0) - 1) * 1000 / ms : 0;
	return db_int(rows, 0) > 1 && ms > 0;
}

static gboolean write_latest(Db *db, const char *org_id, JsonWriter *w, GError **error)
{
	double first[MODEL_CALLS_LATEST], speed[MODEL_CALLS_LATEST];
	guint n = 0, n_speeds = 0;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, latest_sql, error, "si", org_id, (gint64)MODEL_CALLS_LATEST);

	if (!rows)
		return FALSE;
	while (n < MODEL_CALLS_LATEST && db_next(rows, &failed)) {
		first[n++] = db_double(rows, 2);
		n_speeds += speed_of(rows, &speed[n_speeds]);
	}
	json_object_begin(w, "latest");
	json_put_int(w, "calls", n);
	put_median(w, "tokens_per_second", speed, n_speeds);
	put_median(w, "first_ms", first, n);
	json_object_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean write_errors(Db *db, const char *org_id, JsonWriter *w, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, errors_sql, error, "si", org_id, clock_now_ms() - DAY_MS);

	if (!rows)
		return FALSE;
	json_array_begin(w, "errors");
	while (db_next(rows, &failed)) {
		json_object_begin(w, NULL);
		json_put_string(w, "kind", db_text(rows, 0));
		json_put_int(w, "count", db_int(rows, 1));
		json_object_end(w);
	}
	json_array_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean model_calls_write_members(Db *db, const char *org_id, JsonWriter *w, GError **error)
{
	return write_today(db, org_id, w, error) && write_latest(db, org_id, w, error) &&
	       write_errors(db, org_id, w, error);
}
