/* One statement over two indexed ranges, of what the principal reaches ($2 is its id). */
#include "crm/agenda.h"

#include "base/clock.h"
#include "base/json.h"
#include "crm/notifications.h"
#include "crm/objects.h"

#define AGENDA                                                                                    \
	"SELECT * FROM (SELECT 'tasks' AS object, t.id, t.title, NULL AS kind, t.status, "        \
	"t.due_at AS at, CAST (NULL AS BIGINT) AS ends_at, t.owner_id, t.contact_id, "            \
	"t.company_id, t.deal_id, t.ticket_id FROM tasks t WHERE t.org_id = $1 AND CAST ($2 AS "  \
	"TEXT) IS NOT NULL AND t.due_at >= $3 AND t.due_at < $4 AND (CAST ($5 AS TEXT) IS NULL "  \
	"OR t.owner_id = $5) AND ($6 = 1 OR t.status = 'open') AND t.deleted_at IS NULL AND %s "  \
	"ORDER BY t.due_at, t.id LIMIT $7) AS t UNION ALL SELECT * FROM (SELECT 'activities', "   \
	"t.id, t.subject, t.kind, NULL, t.starts_at, t.ends_at, t.owner_id, t.contact_id, "       \
	"t.company_id, t.deal_id, t.ticket_id FROM activities t WHERE t.org_id = $1 AND "         \
	"t.starts_at >= $3 AND t.starts_at < $4 AND (CAST ($5 AS TEXT) IS NULL OR t.owner_id = "  \
	"$5) AND t.deleted_at IS NULL AND %s ORDER BY t.starts_at, t.id LIMIT $7) AS a ORDER BY " \
	"6, 2"

static void put_item(JsonWriter *w, DbRows *rows)
{
	static const char *const before[] = {"object", "id", "title", "kind", "status"};
	static const char *const after[] = {"owner_id", "contact_id", "company_id", "deal_id",
					    "ticket_id"};

	json_object_begin(w, NULL);
	for (int i = 0; i < (int)G_N_ELEMENTS(before); i++)
		json_put_string(w, before[i], db_text(rows, i));
	json_put_time(w, "starts_at", db_int(rows, 5));
	json_put_time(w, "ends_at", db_int(rows, 6));
	for (int i = 0; i < (int)G_N_ELEMENTS(after); i++)
		json_put_string(w, after[i], db_text(rows, 7 + i));
	json_object_end(w);
}

gboolean agenda_write(Db *db, const Principal *principal, const AgendaQuery *query, GString *out,
		      GError **error)
{
	JsonWriter w = json_writer(out);
	g_autoptr(GError) failed = NULL;
	g_autofree char *tasks = access_where(principal, &OBJECT_TASK, ACCESS_READ, "t");
	g_autofree char *activities = access_where(principal, &OBJECT_ACTIVITY, ACCESS_READ, "t");
	g_autofree char *sql =
		g_strdup_printf(AGENDA, tasks ? tasks : "1 = 1", activities ? activities : "1 = 1");
	int n = 0;
	g_autoptr(DbRows) rows =
		db_query(db, sql, error, "ssiisii", principal->org_id, principal->id,
			 query->from_ms, query->to_ms, query->owner_id, (gint64)query->with_done,
			 (gint64)AGENDA_MAX_ITEMS + 1);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (n < AGENDA_MAX_ITEMS && db_next(rows, &failed)) {
		put_item(&w, rows);
		n++;
	}
	json_array_end(&w);
	json_put_bool(&w, "complete", n < AGENDA_MAX_ITEMS || !db_next(rows, &failed));
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- reminders -------------------------------------------------------------------------------------------------- */

typedef struct {
	char *org_id, *id, *owner_id, *title;
} Due;

static void due_free(gpointer data)
{
	Due *due = data;

	g_free(due->org_id);
	g_free(due->id);
	g_free(due->owner_id);
	g_free(due->title);
	g_free(due);
}

static GPtrArray *due_read(Db *db, gint64 now, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(due_free);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT org_id, id, owner_id, title FROM tasks WHERE remind_at <= $1 AND remind_at "
		"IS NOT NULL AND reminded_at IS NULL AND status = 'open' AND deleted_at IS NULL "
		"ORDER BY remind_at LIMIT $2",
		error, "ii", now, (gint64)REMINDERS_MAX);

	if (!rows)
		return NULL;
	while (db_next(rows, &failed)) {
		Due *due = g_new0(Due, 1);

		due->org_id = g_strdup(db_text(rows, 0));
		due->id = g_strdup(db_text(rows, 1));
		due->owner_id = g_strdup(db_text(rows, 2));
		due->title = g_strdup(db_text(rows, 3));
		g_ptr_array_add(all, due);
	}
	if (!failed)
		return g_steal_pointer(&all);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* That somebody was reminded is no change of the task: no version, no audit row. */
gboolean agenda_remind(Db *db, int *ret_n, GError **error)
{
	gint64 now = clock_now_ms();
	g_autoptr(GPtrArray) all = due_read(db, now, error);

	for (guint i = 0; all && i < all->len; i++) {
		const Due *due = all->pdata[i];

		if ((due->owner_id &&
		     !notification_add(db, due->org_id, due->owner_id, "task_reminder", "tasks",
				       due->id, due->title, error)) ||
		    !db_run(db, "UPDATE tasks SET reminded_at = $3 WHERE org_id = $1 AND id = $2",
			    error, "ssi", due->org_id, due->id, now))
			return FALSE;
	}
	*ret_n = all ? (int)all->len : 0;
	return all != NULL;
}
