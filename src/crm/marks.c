/* Marks of records. One table for both kinds: a column of times each. */
#include "crm/marks.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crm/record_title.h"
#include "crm/schema.h"

enum { OPENED_KEPT = 200 };

/* Whole statements for each kind. */
static const struct {
	const char *add, *remove, *list;
} statements[] = {
	[MARK_OPENED] =
		{"INSERT INTO record_marks (org_id, user_id, object, record_id, opened_at) "
		 "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id, user_id, object, "
		 "record_id) DO UPDATE SET opened_at = excluded.opened_at",
		 "UPDATE record_marks SET opened_at = NULL WHERE org_id = $1 AND user_id = "
		 "$2 AND object = $3 AND record_id = $4",
		 "SELECT object, record_id, opened_at, starred_at FROM record_marks WHERE "
		 "org_id = $1 AND user_id = $2 AND opened_at IS NOT NULL ORDER BY opened_at "
		 "DESC LIMIT 50"},
	[MARK_STARRED] =
		{"INSERT INTO record_marks (org_id, user_id, object, record_id, "
		 "starred_at) "
		 "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id, user_id, object, "
		 "record_id) DO UPDATE SET starred_at = excluded.starred_at",
		 "UPDATE record_marks SET starred_at = NULL WHERE org_id = $1 AND user_id = "
		 "$2 AND object = $3 AND record_id = $4",
		 "SELECT object, record_id, starred_at, starred_at FROM record_marks WHERE "
		 "org_id = $1 AND user_id = $2 AND starred_at IS NOT NULL ORDER BY "
		 "starred_at DESC LIMIT 200"},
};

/* Rows without a mark, and openings beyond the newest. */
static gboolean sweep(Db *db, const Principal *principal, GError **error)
{
	return db_run(db,
		      "UPDATE record_marks SET opened_at = NULL WHERE org_id = $1 AND user_id = $2 "
		      "AND opened_at < (SELECT opened_at FROM record_marks WHERE org_id = $1 AND "
		      "user_id = $2 AND opened_at IS NOT NULL ORDER BY opened_at DESC LIMIT 1 "
		      "OFFSET $3)",
		      error, "ssi", principal->org_id, principal->id, (gint64)OPENED_KEPT) &&
	       db_run(db,
		      "DELETE FROM record_marks WHERE org_id = $1 AND user_id = $2 AND opened_at "
		      "IS NULL AND starred_at IS NULL",
		      error, "ss", principal->org_id, principal->id);
}

gboolean mark_add(Db *db, const Principal *principal, MarkKind kind, const char *object,
		  const char *id, GError **error)
{
	const Object *declared = schema_object(db, principal->org_id, object, error);
	g_autofree char *title = NULL;

	return declared && record_title(db, principal, declared, id, &title, error) &&
	       db_run(db, statements[kind].add, error, "ssssi", principal->org_id, principal->id,
		      object, id, clock_now_ms()) &&
	       sweep(db, principal, error);
}

gboolean mark_remove(Db *db, const Principal *principal, MarkKind kind, const char *object,
		     const char *id, GError **error)
{
	return db_run(db, statements[kind].remove, error, "ssss", principal->org_id, principal->id,
		      object, id) &&
	       sweep(db, principal, error);
}

/* Writes nothing for what is gone. */
static gboolean put_mark(Db *db, const Principal *principal, JsonWriter *w, DbRows *rows,
			 GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autofree char *title = NULL;
	const Object *object = schema_object(db, principal->org_id, db_text(rows, 0), &failed);

	if (object && record_title(db, principal, object, db_text(rows, 1), &title, &failed)) {
		json_object_begin(w, NULL);
		json_put_string(w, "object", object->plural);
		json_put_string(w, "id", db_text(rows, 1));
		json_put_string(w, "title", title);
		json_put_time(w, "at", db_int(rows, 2));
		json_put_bool(w, "starred", !db_is_null(rows, 3));
		json_object_end(w);
		return TRUE;
	}
	if (g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND) ||
	    g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean mark_list(Db *db, const Principal *principal, MarkKind kind, GString *out, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, statements[kind].list, error, "ss", principal->org_id, principal->id);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed))
		if (!put_mark(db, principal, &w, rows, error))
			return FALSE;
	json_array_end(&w);
	json_put_null(&w, "next_page_token");
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
