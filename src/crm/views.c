/* Saved views. What a view shows is one JSON text, since nothing but the console looks inside. */
#include "crm/views.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/filter.h"
#include "crm/schema.h"

enum { COLUMN_MIN_WIDTH = 40, COLUMN_MAX_WIDTH = 2000 };

/* ---- reading --------------------------------------------------------------------------------------------------- */

#define VISIBLE "org_id = $1 AND (user_id = $2 OR shared = 1)"

static void put_view(JsonWriter *w, const Principal *principal, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", db_text(rows, 0));
	json_put_string(w, "object", db_text(rows, 1));
	json_put_string(w, "name", db_text(rows, 2));
	json_put_bool(w, "shared", db_int(rows, 3) != 0);
	json_put_bool(w, "mine", g_str_equal(db_text(rows, 4), principal->id));
	json_put_string(w, "filter", db_text(rows, 5));
	json_put_string(w, "order_by", db_text(rows, 6));
	json_put_raw(w, "columns", db_text(rows, 7));
	json_put_time(w, "updated_at", db_int(rows, 8));
	json_object_end(w);
}

#define COLUMNS "id, object, name, shared, user_id, filter, order_by, columns, updated_at"

gboolean view_list(Db *db, const Principal *principal, const char *object, GString *out,
		   GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT " COLUMNS " FROM views WHERE " VISIBLE
		" AND (CAST ($3 AS TEXT) IS NULL OR object = $3) ORDER BY name, id LIMIT 1000",
		error, "sss", principal->org_id, principal->id, object);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed))
		put_view(&w, principal, rows);
	json_array_end(&w);
	json_put_null(&w, "next_page_token");
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* The row of a view that the principal sees; NOT_FOUND. */
static DbRows *find_view(Db *db, const Principal *principal, const char *id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " COLUMNS " FROM views WHERE " VISIBLE " AND id = $3", error,
			 "sss", principal->org_id, principal->id, id);

	if (!rows)
		return NULL;
	if (db_next(rows, &failed))
		return g_steal_pointer(&rows);
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such view");
	return NULL;
}

gboolean view_get(Db *db, const Principal *principal, const char *id, GString *out, GError **error)
{
	g_autoptr(DbRows) rows = find_view(db, principal, id, error);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	put_view(&w, principal, rows);
	return TRUE;
}

/* ---- writing --------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *object, *name, *filter, *order_by;
	gboolean shared;
	char *columns; /* JSON */
} View;

static void view_clear(View *view)
{
	g_free(view->columns);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(View, view_clear)

static gboolean refuse(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "%s", what);
	return FALSE;
}

static gboolean column_valid(const Object *object, const json_t *column)
{
	const char *name = json_is_object(column) ? json_member_string(column, "name") : NULL;
	const json_t *width = json_object_get(column, "width");

	if (width && !json_is_null(width) &&
	    (!json_is_integer(width) || json_integer_value(width) < COLUMN_MIN_WIDTH ||
	     json_integer_value(width) > COLUMN_MAX_WIDTH))
		return FALSE;
	return name && (object_field(object, name) || g_str_equal(name, "created_at") ||
			g_str_equal(name, "updated_at"));
}

static gboolean read_columns(const Object *object, const json_t *columns, char **ret_columns,
			     GError **error)
{
	gsize i;
	json_t *column;

	if (!json_is_array(columns) || json_array_size(columns) > VIEW_MAX_COLUMNS)
		return refuse(error, "columns must be a list of at most 120 of {name, width}");
	json_array_foreach(columns, i, column)
	{
		if (!column_valid(object, column))
			return refuse(error, "columns: each is {name: a field, width: 40 to 2000}");
	}
	*ret_columns = json_dumps(columns, JSON_COMPACT);
	return TRUE;
}

/* What the list would refuse is refused here. */
static gboolean query_valid(Db *db, const Principal *principal, const Object *object,
			    const View *view, GError **error)
{
	FilterScope scope = {.db = db, .principal = principal, .object = object};
	g_autoptr(SqlText) text = sql_text_new();
	g_autoptr(GPtrArray) keys = NULL;

	if (*view->filter && !filter_compile(&scope, view->filter, text, error))
		return FALSE;
	if (!*view->order_by)
		return TRUE;
	keys = order_parse(&scope, view->order_by, error);
	return keys != NULL;
}

static gboolean member_text(const json_t *body, const char *name, const char *standard,
			    const char **ret_text, GError **error)
{
	const json_t *value = json_object_get(body, name);

	*ret_text = json_is_string(value) ? json_string_value(value) : standard;
	if (!value || json_is_null(value) || json_is_string(value))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "%s must be a text", name);
	return FALSE;
}

/* view comes with what stands for absent members. */
static gboolean read_view(Db *db, const Principal *principal, const json_t *body, View *view,
			  GError **error)
{
	const json_t *shared = json_object_get(body, "shared");
	const json_t *columns = json_object_get(body, "columns");
	const Object *object = schema_object(db, principal->org_id, view->object, error);

	if (!object || !member_text(body, "name", view->name, &view->name, error) ||
	    !member_text(body, "filter", view->filter, &view->filter, error) ||
	    !member_text(body, "order_by", view->order_by, &view->order_by, error))
		return FALSE;
	if (!*view->name || g_utf8_strlen(view->name, -1) > VIEW_NAME_MAX_CHARS)
		return refuse(error, "name must have 1 to 100 characters");
	if (shared && !json_is_boolean(shared))
		return refuse(error, "shared must be true or false");
	if (shared)
		view->shared = json_is_true(shared);
	if (columns) {
		g_clear_pointer(&view->columns, g_free);
		if (!read_columns(object, columns, &view->columns, error))
			return FALSE;
	}
	return query_valid(db, principal, object, view, error);
}

static gboolean room_for_one_more(Db *db, const Principal *principal, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT count(*) FROM views WHERE org_id = $1 AND user_id = $2", error,
			 "ss", principal->org_id, principal->id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	if (db_int(rows, 0) < VIEWS_MAX_OF_ONE)
		return TRUE;
	return refuse(error, "one person keeps at most 500 views");
}

gboolean view_create(Db *db, const Principal *principal, const json_t *body, char ret_id[37],
		     GError **error)
{
	g_auto(View) view = {NULL, "", "", "", FALSE, g_strdup("[]")};
	gint64 now = clock_now_ms();

	view.object = json_member_string(body, "object");
	if (!view.object)
		return refuse(error, "object is missing (the path of an object: deals)");
	if (!read_view(db, principal, body, &view, error) ||
	    !room_for_one_more(db, principal, error))
		return FALSE;
	id_new(ret_id);
	return db_run(db,
		      "INSERT INTO views (org_id, id, object, name, user_id, shared, filter, "
		      "order_by, columns, created_at, updated_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
		      error, "sssssisssi", principal->org_id, ret_id, view.object, view.name,
		      principal->id, (gint64)view.shared, view.filter, view.order_by, view.columns,
		      now) &&
	       audit_add(db, principal, "create", "views", ret_id, NULL, error);
}

/* The row of a view that the principal may change; NOT_FOUND, FORBIDDEN. */
static DbRows *changeable(Db *db, const Principal *principal, const char *id, GError **error)
{
	g_autoptr(DbRows) rows = find_view(db, principal, id, error);

	if (!rows || principal->is_admin || g_str_equal(db_text(rows, 4), principal->id))
		return g_steal_pointer(&rows);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
		    "only who made a view, or an administrator, changes it");
	return NULL;
}

gboolean view_update(Db *db, const Principal *principal, const char *id, const json_t *patch,
		     GError **error)
{
	g_autoptr(DbRows) rows = changeable(db, principal, id, error);
	g_auto(View) view = {0};

	if (!rows)
		return FALSE;
	view = (View){db_text(rows, 1), db_text(rows, 2),     db_text(rows, 5),
		      db_text(rows, 6), db_int(rows, 3) != 0, g_strdup(db_text(rows, 7))};
	return read_view(db, principal, patch, &view, error) &&
	       db_run(db,
		      "UPDATE views SET name = $3, shared = $4, filter = $5, order_by = $6, "
		      "columns = $7, updated_at = $8 WHERE org_id = $1 AND id = $2",
		      error, "sssisssi", principal->org_id, id, view.name, (gint64)view.shared,
		      view.filter, view.order_by, view.columns, clock_now_ms()) &&
	       audit_add(db, principal, "update", "views", id, NULL, error);
}

gboolean view_delete(Db *db, const Principal *principal, const char *id, GError **error)
{
	g_autoptr(DbRows) rows = changeable(db, principal, id, error);

	return rows &&
	       db_run(db, "DELETE FROM views WHERE org_id = $1 AND id = $2", error, "ss",
		      principal->org_id, id) &&
	       audit_add(db, principal, "delete", "views", id, NULL, error);
}
