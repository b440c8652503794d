/* One statement over both sources, so that order and paging are the database's. */
#include "crm/timeline.h"

#include "base/json.h"

static void put_item(JsonWriter *w, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "kind", db_text(rows, 0));
	json_put_time(w, "at", db_int(rows, 1));
	json_put_string(w, "title", db_text(rows, 2));
	json_put_string(w, "conversation_id", db_text(rows, 3));
	json_put_string(w, "text", db_text(rows, 4));
	json_put_string(w, "actor_name", db_text(rows, 5));
	json_object_end(w);
}

gboolean timeline_write(Db *db, const Principal *principal, const char *contact_id, int page_size,
			const char *page_token, GString *out, GError **error)
{
	gint64 below = page_token ? g_ascii_strtoll(page_token, NULL, 10) : G_MAXINT64;
	g_autoptr(GError) failed = NULL;
	g_autofree char *token = NULL;
	JsonWriter w = json_writer(out);
	int n = 0;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT * FROM (SELECT 'conversation' AS kind, c.created_at AS at, c.state AS "
		"title, c.id AS conversation_id, "
		"c.last_text AS body, u.name AS actor FROM conversations c LEFT JOIN users u ON "
		"u.org_id = c.org_id AND "
		"u.id = c.owner_id WHERE c.org_id = $1 AND c.contact_id = $2 "
		"UNION ALL SELECT CASE a.action WHEN 'create' THEN 'created' ELSE 'change' END, "
		"a.at, a.action, NULL, a.detail, "
		"coalesce(u.name, a.actor_kind) FROM audit a LEFT JOIN users u ON u.org_id = "
		"a.org_id AND u.id = a.actor_id "
		"WHERE a.org_id = $1 AND a.object = 'contacts' AND a.record_id = $2) AS story "
		"WHERE at < $3 ORDER BY at DESC LIMIT $4",
		error, "ssii", principal->org_id, contact_id, below, (gint64)page_size);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed)) {
		put_item(&w, rows);
		if (++n == page_size)
			token = g_strdup_printf("%" G_GINT64_FORMAT, db_int(rows, 1));
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token", token);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
