/* Due records are found as a list is, by filter, so that fields and objects of administrators are covered;
 * a page of them is one write. */
#include "crm/retention.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/erase.h"
#include "crm/fields.h"
#include "crm/record_sql.h"
#include "crm/records.h"
#include "crm/schema.h"

enum { PAGE_RECORDS = 100, SHOWN_IDS = 100 };

#define DAY_MS 86400000LL

/* ---- declaring -------------------------------------------------------------------------------------------------- */

static void check_field(const Object *object, const char *name, GPtrArray *faults, GError **error)
{
	const Field *field = object_field(object, name);

	if (!field)
		field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, "field",
			    "is none of the object");
	else if (object->flags & OBJECT_LOG || field->computed ||
		 field->flags & (FIELD_REQUIRED | FIELD_READ_ONLY))
		field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, "field",
			    "cannot be emptied");
}

gboolean retention_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
			  GPtrArray *faults, GError **error)
{
	const char *plural = json_member_string(after, "object");
	const char *field = json_member_string(after, "field");
	json_int_t days = json_integer_value(json_object_get(after, "days"));
	g_autoptr(GError) failed = NULL;
	const Object *object = schema_object(db, principal->org_id, plural ? plural : "", &failed);

	(void)before;
	if (failed && error_kind(failed)->http_status >= 500) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	g_clear_error(&failed);
	if (!object || object->flags & (OBJECT_INTERNAL | OBJECT_ADMIN_ONLY))
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "object",
			    "must be the plural of an object whose records are kept");
	else if (field)
		check_field(object, field, faults, &failed);
	if (days < 1 || days > RETENTION_MAX_DAYS)
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "days",
			    "must be 1 to 36500");
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

typedef struct {
	char *org_id, *id, *plural, *field;
	gint64 days;
} Rule;

static void rule_free(gpointer data)
{
	Rule *rule = data;

	g_free(rule->org_id);
	g_free(rule->id);
	g_free(rule->plural);
	g_free(rule->field);
	g_free(rule);
}

static GPtrArray *read_rules(Store *store, GError **error)
{
	g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(rule_free);
	g_autoptr(GError) failed = NULL;
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows =
		db ? db_query(db,
			      "SELECT org_id, id, object, field, days FROM retention_rules WHERE "
			      "deleted_at IS NULL ORDER BY org_id, id",
			      error, "")
		   : NULL;

	if (!rows)
		return NULL;
	while (db_next(rows, &failed)) {
		Rule *rule = g_new0(Rule, 1);

		rule->org_id = g_strdup(db_text(rows, 0));
		rule->id = g_strdup(db_text(rows, 1));
		rule->plural = g_strdup(db_text(rows, 2));
		rule->field = g_strdup(db_text(rows, 3));
		rule->days = db_int(rows, 4);
		g_ptr_array_add(rules, rule);
	}
	if (!failed)
		return g_steal_pointer(&rules);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* ---- what is due ------------------------------------------------------------------------------------------------ */

/* One rule at work. */
typedef struct {
	const Retention *retention;
	const Rule *rule;
	Principal program;
	const Object *object;
	gboolean deleted; /* those that were deleted, not those in sight */
	char *filter, *page_token;
	GPtrArray *ids; /* char *, of the page */
	gint64 n_due, n_kept;
	GPtrArray *shown; /* char * */
} Work;

static char *due_filter(const Work *work)
{
	char at[CLOCK_TEXT_LENGTH + 1];

	clock_format(clock_now_ms() - work->rule->days * DAY_MS, at);
	return g_strdup_printf(
		"%s < \"%s\"%s%s%s", work->object->flags & OBJECT_LOG ? "created_at" : "updated_at",
		at, work->rule->field ? " AND " : "", work->rule->field ? work->rule->field : "",
		work->rule->field ? ":*" : "");
}

static gboolean read_page(Work *work, GError **error)
{
	g_autoptr(Db) db = db_begin_read(work->retention->store, error);
	g_autoptr(RecordView) view =
		db ? record_view_new(db, &work->program, work->object, "id", NULL, error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) page = NULL;
	RecordQuery query = {.filter = work->filter,
			     .page_size = PAGE_RECORDS,
			     .page_token = work->page_token,
			     .view = view,
			     .deleted = work->deleted};
	const json_t *item;
	gsize i;

	if (!view || !record_list(db, &work->program, work->object, &query, out, error))
		return FALSE;
	page = json_parse(out->str, out->len, error);
	if (!page)
		return FALSE;
	g_ptr_array_set_size(work->ids, 0);
	json_array_foreach(json_object_get(page, "items"), i, item)
		g_ptr_array_add(work->ids, g_strdup(json_member_string(item, "id")));
	g_free(work->page_token);
	work->page_token = g_strdup(json_member_string(page, "next_page_token"));
	return TRUE;
}

/* ---- what is done ----------------------------------------------------------------------------------------------- */

typedef struct {
	Work *work;
	const char *id;
} One;

static gboolean remove_row(Db *db, const Work *work, const char *id, GError **error)
{
	g_autofree char *sql =
		g_strdup_printf("DELETE FROM %s AS t WHERE %s AND t.id = $2",
				object_table(work->object), object_sql(work->object)->where);

	return db_run(db, sql, error, "ss", work->rule->org_id, id);
}

static gboolean empty_field(Db *db, const Work *work, const char *id, GError **error)
{
	g_autoptr(json_t) patch = json_object();

	json_object_set_new(patch, work->rule->field, json_null());
	return record_set(db, &work->program, work->object, id, patch, error);
}

/* A log has no audit rows of its own. */
static gboolean do_one(Db *db, gpointer data, GError **error)
{
	const One *one = data;
	const Work *work = one->work;
	const char *plural = work->object->plural;
	g_autofree char *detail = NULL;
	gint64 n = 0;

	if (work->object->flags & OBJECT_LOG)
		return remove_row(db, work, one->id, error);
	if (work->rule->field
		    ? !empty_field(db, work, one->id, error)
		    : (!work->deleted &&
		       !record_delete(db, &work->program, work->object, one->id, NULL, error)) ||
			      !record_purge(db, &work->program, work->object, one->id, error))
		return FALSE;
	if (!audit_erase(db, work->rule->org_id, plural, one->id, &n, error))
		return FALSE;
	detail = g_strdup_printf("{\"audit\":%" G_GINT64_FORMAT ",\"rule\":\"%s\"}", n,
				 work->rule->id);
	return audit_add(db, &work->program, "erase", plural, one->id, detail, error);
}

static gboolean do_page(Db *db, gpointer data, GError **error)
{
	Work *work = data;
	gint64 n_kept = 0;

	for (guint i = 0; i < work->ids->len; i++) {
		One one = {work, work->ids->pdata[i]};
		g_autoptr(GError) failed = NULL;

		if (db_nested(db, do_one, &one, &failed))
			continue;
		if (error_kind(failed)->http_status >= 500) {
			g_propagate_error(error, g_steal_pointer(&failed));
			return FALSE;
		}
		n_kept++;
	}
	work->n_kept += n_kept;
	if (!(work->object->flags & OBJECT_LOG) || !work->ids->len)
		return TRUE;
	{
		g_autofree char *detail =
			g_strdup_printf("{\"rows\":%u,\"rule\":\"%s\"}",
					work->ids->len - (guint)n_kept, work->rule->id);

		return audit_add(db, &work->program, "purge", work->object->plural, "*", detail,
				 error);
	}
}

static gboolean forget_page(Work *work, GError **error)
{
	for (guint i = 0; i < work->ids->len; i++) {
		g_autoptr(GString) receipt = g_string_new(NULL);

		if (!erase_person_rows(work->retention->store, work->retention->data,
				       &work->program, work->ids->pdata[i], FALSE, receipt, error))
			return FALSE;
	}
	return !work->ids->len || erase_clean(work->retention->store, error);
}

static gboolean act_on_page(Work *work, GError **error)
{
	if (work->retention->dry_run)
		return TRUE;
	return work->object == &OBJECT_CONTACT && !work->rule->field
		       ? forget_page(work, error)
		       : store_write(work->retention->store, do_page, work, error);
}

static gboolean goes_on(const Retention *retention, GError **error)
{
	if (!retention->stopping || !retention->stopping(retention->stopping_data))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "stopped");
	return FALSE;
}

static gboolean walk(Work *work, GError **error)
{
	do {
		if (!goes_on(work->retention, error) || !read_page(work, error))
			return FALSE;
		work->n_due += work->ids->len;
		for (guint i = 0; i < work->ids->len && work->shown->len < SHOWN_IDS; i++)
			g_ptr_array_add(work->shown, g_strdup(work->ids->pdata[i]));
		if (!act_on_page(work, error))
			return FALSE;
	} while (work->page_token);
	return TRUE;
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static void put_work(JsonWriter *w, const Work *work)
{
	json_object_begin(w, NULL);
	json_put_string(w, "rule_id", work->rule->id);
	json_put_string(w, "object", work->rule->plural);
	json_put_string(w, "field", work->rule->field);
	json_put_int(w, "days", work->rule->days);
	json_put_int(w, "records", work->n_due);
	json_put_int(w, "kept", work->n_kept);
	json_array_begin(w, "ids");
	for (guint i = 0; i < work->shown->len; i++)
		json_put_string(w, NULL, work->shown->pdata[i]);
	json_array_end(w);
	json_object_end(w);
}

/* Records that were deleted wait for a restore: they go by the same rule. Walked first, since what is
 * walked next is deleted on its way. */
static gboolean walk_both(Work *work, GError **error)
{
	work->deleted = !work->rule->field && !(work->object->flags & OBJECT_LOG);
	if (work->deleted && !walk(work, error))
		return FALSE;
	work->deleted = FALSE;
	return walk(work, error);
}

static const Object *find_object(Store *store, const Rule *rule, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db ? schema_object(db, rule->org_id, rule->plural, error) : NULL;
}

static gboolean run_rule(const Retention *retention, const Rule *rule, JsonWriter *w,
			 GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) shown = g_ptr_array_new_with_free_func(g_free);
	Work work = {.retention = retention,
		     .rule = rule,
		     .program = principal_system(rule->org_id),
		     .object = find_object(retention->store, rule, &failed),
		     .ids = ids,
		     .shown = shown};
	gboolean done = FALSE;

	if (work.object && rule->field && !object_field(work.object, rule->field))
		return TRUE; /* removed since */
	if (work.object) {
		work.program.reason = "retention";
		work.filter = due_filter(&work);
		done = walk_both(&work, &failed);
	} else if (error_kind(failed)->http_status < 500) {
		return TRUE;
	}
	g_free(work.filter);
	g_free(work.page_token);
	if (done)
		put_work(w, &work);
	else
		g_propagate_error(error, g_steal_pointer(&failed));
	return done;
}

gboolean retention_run(const Retention *retention, GString *out, GError **error)
{
	g_autoptr(GPtrArray) rules = read_rules(retention->store, error);
	JsonWriter w = json_writer(out);

	if (!rules)
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_bool(&w, "dry_run", retention->dry_run);
	json_array_begin(&w, "items");
	for (guint i = 0; i < rules->len; i++)
		if (!run_rule(retention, rules->pdata[i], &w, error))
			return FALSE;
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}
