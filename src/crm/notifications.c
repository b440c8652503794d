/* Ids ascend with time, so the id is the order and the page token. */
#include "crm/notifications.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"

gboolean notification_add(Db *db, const char *org_id, const char *user_id, const char *kind,
			  const char *object, const char *record_id, const char *title,
			  GError **error)
{
	char id[ID_LENGTH + 1];

	return db_run(db,
		      "INSERT INTO notifications (org_id, user_id, id, kind, object, record_id, "
		      "title, at) VALUES ($1, $2, $3, $4, $5, $6, coalesce($7, ''), $8)",
		      error, "sssssssi", org_id, user_id, id_new(id), kind, object, record_id,
		      title, clock_now_ms());
}

static void put_item(JsonWriter *w, DbRows *rows)
{
	static const char *const names[] = {"id", "kind", "object", "record_id", "title"};

	json_object_begin(w, NULL);
	for (int i = 0; i < (int)G_N_ELEMENTS(names); i++)
		json_put_string(w, names[i], db_text(rows, i));
	json_put_time(w, "at", db_int(rows, 5));
	json_put_time(w, "read_at", db_int(rows, 6));
	json_object_end(w);
}

static gboolean put_unread(Db *db, const Principal *principal, JsonWriter *w, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT count(*) FROM notifications WHERE org_id = $1 "
					  "AND user_id = $2 AND read_at IS NULL",
					  error, "ss", principal->org_id, principal->id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	json_put_int(w, "unread", db_int(rows, 0));
	return TRUE;
}

gboolean notification_list(Db *db, const Principal *principal, gboolean unread_only, int page_size,
			   const char *page_token, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	g_autofree char *token = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	int n = 0;

	if (page_token && !id_valid(page_token)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "page_token was not given out by this list");
		return FALSE;
	}
	rows = db_query(db,
			"SELECT id, kind, object, record_id, title, at, read_at FROM notifications "
			"WHERE org_id = $1 AND user_id = $2 AND id < $3 AND ($4 = 0 OR read_at IS "
			"NULL) ORDER BY id DESC LIMIT $5",
			error, "sssii", principal->org_id, principal->id,
			page_token ? page_token : "g", (gint64)unread_only, (gint64)page_size + 1);
	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (n < page_size && db_next(rows, &failed)) {
		put_item(&w, rows);
		if (++n == page_size)
			token = g_strdup(db_text(rows, 0));
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token",
			token && !failed && db_next(rows, &failed) ? token : NULL);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!put_unread(db, principal, &w, error))
		return FALSE;
	json_object_end(&w);
	return TRUE;
}

gboolean notification_mark(Db *db, const Principal *principal, const char *id, gboolean is_read,
			   GError **error)
{
	if (!db_run(db,
		    "UPDATE notifications SET read_at = CASE WHEN $4 = 1 THEN coalesce(read_at, "
		    "$5) END WHERE org_id = $1 AND user_id = $2 AND (CAST ($3 AS TEXT) IS NULL OR "
		    "id = $3)",
		    error, "sssii", principal->org_id, principal->id, id, (gint64)is_read,
		    clock_now_ms()))
		return FALSE;
	if (!id || db_changes(db))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such notification");
	return FALSE;
}

gboolean notifications_after(Db *db, gint64 at, const char *id, int limit, NotificationFound found,
			     gpointer data, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT org_id, user_id, id, at FROM notifications WHERE at >= $1 AND id > $2 "
		"ORDER BY at, id LIMIT $3",
		error, "isi", at, id, (gint64)limit);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		found(db_text(rows, 0), db_text(rows, 1), db_text(rows, 2), db_int(rows, 3), data);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
