/* Lists: a filter, an order, and pages that stay in place while others write. A page token is the
 * sort values and id of the last row shown, so the next page begins behind that row wherever it is
 * now. */
#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "crm/fields.h"
#include "crm/filter.h"
#include "crm/record_sql.h"
#include "crm/records.h"
#include "crm/search.h"

enum {
	TOTAL_EXACT = 10000,
	FEW = 100,
	WALKED_FOR_ONE = 10,
	OF_EACH = 4,
	GROWS = 8,
	WALK_PAGE = 1000
};

/* How the rows of a page are found: by what the planner likes, or in the order of their ids, all of
 * them, those with an element, or those of related records. */
typedef enum { BY_INDEX, WALK_ALL, WALK_ELEMENT, WALK_RELATED } Way;

/* Where the first key of an order may be empty, an index gives only the rows that have a value. */
typedef enum { PART_ALL, PART_VALUES, PART_EMPTY } Part;

typedef struct {
	Db *db;
	const Principal *principal;
	const Object *object;
	const RecordQuery *query;
	const ObjectSql *sql;
	GPtrArray *keys; /* of OrderKey, or NULL */
	json_t *after;	 /* the page token: [values..., id], or NULL */
	JsonWriter *w;
	int n_rows;
	char *last; /* the page token behind the last row of a full page */
	AccessAction action;
	FilterWide wide;
	Part part;
	Way way;
	gboolean chosen;  /* what the index gives was counted: it is few */
	const char *from; /* the id of the last row of the walk, or NULL */
	RecordWalk each;  /* of record_walk(), which gets every row from out; NULL for a page */
	gpointer data;
	GString *out;
} List;

static gboolean append_filter(const List *list, SqlText *text, GError **error)
{
	FilterScope scope = {.db = list->db,
			     .principal = list->principal,
			     .object = list->object,
			     .walk = list->way != BY_INDEX,
			     .kept = list->way == WALK_RELATED ? list->wide.relation : NULL,
			     .from = list->from};

	if (list->way != BY_INDEX && list->after)
		scope.below = json_string_value(json_array_get(list->after, 0));

	if (!list->query->filter || !*list->query->filter)
		return TRUE;
	g_string_append(text->sql, " AND ");
	return filter_compile(&scope, list->query->filter, text, error);
}

static gboolean put_row(List *list, DbRows *rows, GError **error)
{
	if (list->each) {
		g_string_truncate(list->out, 0);
		*list->w = json_writer(list->out);
	}
	return record_put(list->db, list->principal, list->object, list->query->view, rows, list->w,
			  error) &&
	       (!list->each || list->each(list->out->str, list->out->len, list->data, error));
}

static const char *live_condition(const List *list)
{
	return list->query->deleted ? " AND t.deleted_at IS NOT NULL" : list->sql->live;
}

/* $1 = organisation, and where anything is kept from the principal $2 = its id. */
static SqlText *statement_new(const List *list)
{
	SqlText *text = sql_text_new();

	sql_bind(text, &(DbValue){.type = DB_TEXT, .text = list->principal->org_id, .n_bytes = -1});
	if (access_is_limited(list->principal))
		sql_bind(text,
			 &(DbValue){.type = DB_TEXT, .text = list->principal->id, .n_bytes = -1});
	return text;
}

/* " FROM ... WHERE" with what the principal may read of it, as far as the filter. */
static void append_from(const List *list, SqlText *text)
{
	g_autofree char *reach = access_where(list->principal, list->object, list->action, "t");

	g_string_append_printf(text->sql, " FROM %s t WHERE %s%s", object_table(list->object),
			       list->sql->where, live_condition(list));
	if (access_is_limited(list->principal))
		g_string_append(text->sql, " AND $2 <> ''");
	if (reach)
		g_string_append_printf(text->sql, " AND %s", reach);
}

/* ---- page tokens ------------------------------------------------------------------------------------------------ */

static char *encode_token(const json_t *after)
{
	g_autofree char *text = json_dumps(after, JSON_COMPACT | JSON_REAL_PRECISION(17));
	char *token = g_base64_encode((const guchar *)text, strlen(text));

	return g_strdelimit(g_strdelimit(token, "+", '-'), "/", '_');
}

static json_t *decode_token(const char *token)
{
	g_autofree char *plain = g_strdelimit(g_strdelimit(g_strdup(token), "-", '+'), "_", '/');
	gsize n_bytes;
	g_autofree guchar *text = g_base64_decode(plain, &n_bytes);

	return json_parse((const char *)text, n_bytes, NULL);
}

/* A plain list's token is the id alone. */
static gboolean read_token(List *list, GError **error)
{
	const char *token = list->query->page_token;
	gsize n = list->keys ? list->keys->len + 1 : 1;

	if (!token)
		return TRUE;
	list->after = list->keys ? decode_token(token) : json_pack("[s]", token);
	if (json_is_array(list->after) && json_array_size(list->after) == n &&
	    id_valid(json_string_value(json_array_get(list->after, n - 1))))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "page_token is none that this list gave out");
	return FALSE;
}

static json_t *column_json(DbRows *rows, int column, FieldType type)
{
	if (db_is_null(rows, column))
		return json_null();
	switch (type) {
	case FIELD_NUMBER:
		return json_real(db_double(rows, column));
	case FIELD_INTEGER:
	case FIELD_MONEY:
	case FIELD_TIME:
	case FIELD_BOOLEAN:
		return json_integer(db_int(rows, column));
	default:
		return json_string(db_text(rows, column));
	}
}

static char *next_token(const List *list, DbRows *rows)
{
	g_autoptr(json_t) after = json_array();

	if (!list->keys)
		return g_strdup(db_text(rows, COLUMN_ID));
	for (guint i = 0; i < list->keys->len; i++) {
		const OrderKey *key = list->keys->pdata[i];

		json_array_append_new(after,
				      column_json(rows, list->sql->n_columns + (int)i, key->type));
	}
	json_array_append_new(after, json_string(db_text(rows, COLUMN_ID)));
	return encode_token(after);
}

/* Among equals ids go the way of the first key, so that its index gives the whole order. */
static gboolean id_ascends(const List *list)
{
	return list->keys && !((const OrderKey *)list->keys->pdata[0])->descending;
}

/* ---- behind the last row ---------------------------------------------------------------------------------------- */

static void append_json(SqlText *text, const json_t *value)
{
	if (json_is_integer(value))
		sql_int(text, json_integer_value(value));
	else if (json_is_real(value))
		sql_double(text, json_real_value(value));
	else
		sql_text(text, json_string_value(value));
}

/* Empty values stand last, whichever way. */
static void append_behind(SqlText *text, const OrderKey *key, const json_t *value)
{
	if (json_is_null(value)) {
		g_string_append(text->sql, "FALSE");
		return;
	}
	g_string_append_printf(text->sql, "(%s %c ", key->expression, key->descending ? '<' : '>');
	append_json(text, value);
	if (key->nullable)
		g_string_append_printf(text->sql, " OR %s IS NULL", key->expression);
	g_string_append_c(text->sql, ')');
}

static void append_same(SqlText *text, const OrderKey *key, const json_t *value)
{
	if (json_is_null(value)) {
		g_string_append_printf(text->sql, "%s IS NULL", key->expression);
		return;
	}
	g_string_append_printf(text->sql, "%s = ", key->expression);
	append_json(text, value);
}

/* (k1 behind) OR (k1 same AND k2 behind) OR ... OR (all same AND id behind). */
static void append_after(const List *list, SqlText *text)
{
	gsize n = list->keys ? list->keys->len : 0;
	const json_t *id = list->after ? json_array_get(list->after, n) : NULL;

	if (!list->after)
		return;
	g_string_append(text->sql, " AND (");
	for (gsize level = 0; level <= n; level++) {
		g_string_append(text->sql, level ? " OR (" : "(");
		for (gsize i = 0; i < level; i++) {
			append_same(text, list->keys->pdata[i], json_array_get(list->after, i));
			g_string_append(text->sql, " AND ");
		}
		if (level < n) {
			append_behind(text, list->keys->pdata[level],
				      json_array_get(list->after, level));
		} else {
			g_string_append(text->sql, id_ascends(list) ? "t.id > " : "t.id < ");
			sql_text(text, json_string_value(id));
		}
		g_string_append_c(text->sql, ')');
	}
	g_string_append_c(text->sql, ')');
}

/* What an index can begin with: the first key is not before the last row. */
static void append_bound(const List *list, SqlText *text)
{
	const OrderKey *key = list->keys ? list->keys->pdata[0] : NULL;
	const json_t *value = list->after ? json_array_get(list->after, 0) : NULL;

	if (!key || !value || list->part == PART_EMPTY)
		return;
	g_string_append_printf(text->sql, " AND %s %s ", key->expression,
			       key->descending ? "<=" : ">=");
	append_json(text, value);
}

static void append_part(const List *list, SqlText *text)
{
	if (list->part != PART_ALL)
		g_string_append_printf(text->sql, " AND %s IS %s",
				       ((const OrderKey *)list->keys->pdata[0])->expression,
				       list->part == PART_EMPTY ? "NULL" : "NOT NULL");
}

static void append_order(const List *list, SqlText *text)
{
	g_string_append(text->sql, " ORDER BY ");
	for (guint i = 0; list->keys && i < list->keys->len; i++) {
		const OrderKey *key = list->keys->pdata[i];

		g_string_append_printf(text->sql, "%s %s%s, ", key->expression,
				       key->descending ? "DESC" : "ASC", i ? " NULLS LAST" : "");
	}
	g_string_append(text->sql, id_ascends(list) ? "t.id LIMIT " : "t.id DESC LIMIT ");
	sql_int(text, list->query->page_size + 1 - list->n_rows);
}

/* ---- by filter and order ---------------------------------------------------------------------------------------- */

/* " AND t.id IN (...)": the ids first, as they were counted, whatever the planner takes for the nearest way to an
 * order of ids. */
static gboolean append_chosen(const List *list, SqlText *text, GError **error)
{
	g_string_append_printf(text->sql, " AND t.id IN (SELECT t.id FROM %s t WHERE %s",
			       object_table(list->object), list->sql->where);
	if (!append_filter(list, text, error))
		return FALSE;
	g_string_append_c(text->sql, ')');
	return TRUE;
}

static SqlText *list_statement(const List *list, GError **error)
{
	g_autoptr(SqlText) text = statement_new(list);

	g_string_append_printf(text->sql, "SELECT %s", list->sql->columns);
	for (guint i = 0; list->keys && i < list->keys->len; i++)
		g_string_append_printf(text->sql, ", %s",
				       ((const OrderKey *)list->keys->pdata[i])->expression);
	append_from(list, text);
	if (!(list->chosen ? append_chosen : append_filter)(list, text, error))
		return NULL;
	if (list->from) {
		g_string_append(text->sql, " AND t.id >= ");
		sql_text(text, list->from);
	}
	append_part(list, text);
	append_bound(list, text);
	append_after(list, text);
	append_order(list, text);
	return g_steal_pointer(&text);
}

/* Goes on with the page where the last rows ended. */
static gboolean put_rows(List *list, char **ret_token, GError **error)
{
	g_autoptr(SqlText) text = list_statement(list, error);
	g_autoptr(DbRows) rows = text ? sql_query(list->db, text, error) : NULL;
	g_autoptr(GError) failed = NULL;

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		if (list->n_rows == list->query->page_size) {
			*ret_token = g_steal_pointer(&list->last);
			break;
		}
		if (!put_row(list, rows, error))
			return FALSE;
		if (++list->n_rows == list->query->page_size)
			list->last = next_token(list, rows);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Those that have a value for the first key, then the others. */
static gboolean put_parts(List *list, char **ret_token, GError **error)
{
	gboolean nullable = list->keys && ((const OrderKey *)list->keys->pdata[0])->nullable;

	if (!nullable)
		return put_rows(list, ret_token, error);
	if (!list->after || !json_is_null(json_array_get(list->after, 0))) {
		list->part = PART_VALUES;
		if (!put_rows(list, ret_token, error))
			return FALSE;
		g_clear_pointer(&list->after, json_decref);
	}
	list->part = PART_EMPTY;
	return *ret_token || put_rows(list, ret_token, error);
}

/* ---- by index or by walking -------------------------------------------------------------------------------------

The rows that the index of a wide condition gives are all fetched and sorted; by walking, all rows
are looked at, newest first, until the page is full. No statistics say which ends sooner, so both are
tried in turn, each time GROWS times as far: what the nearer of them takes is never exceeded by much,
however many rows there are and wherever in the table they stand. What an index gives in the order of
ids is walked in that: the records with an element, and those of each of not too many related ones. */

/* What is wide in the filter; nothing where the order is another than that of the ids. */
static gboolean find_wide(List *list, GError **error)
{
	g_autoptr(SqlText) text = sql_text_new();
	FilterScope scope = {.db = list->db,
			     .principal = list->principal,
			     .object = list->object,
			     .ret_wide = &list->wide};

	return list->keys || !list->query->filter || list->query->deleted ||
	       filter_compile(&scope, list->query->filter, text, error);
}

/* SELECT ... FROM the table, all of the organisation. */
static void append_all(const List *list, SqlText *text, const char *select)
{
	g_string_append_printf(text->sql, "%s FROM %s t WHERE %s%s", select,
			       object_table(list->object), list->sql->where,
			       access_is_limited(list->principal) ? " AND $2 <> ''" : "");
}

/* Runs a statement that gives one value at most. */
static DbRows *query_one(const List *list, const SqlText *text, gboolean *ret_there, GError **error)
{
	g_autoptr(DbRows) rows = sql_query(list->db, text, error);
	g_autoptr(GError) failed = NULL;

	if (!rows)
		return NULL;
	*ret_there = db_next(rows, &failed);
	if (!failed)
		return g_steal_pointer(&rows);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* Whether "SELECT ... FROM (", what was appended since, has fewer than n rows. */
static gboolean count_is_below(const List *list, SqlText *text, gint64 n, gboolean *ret_below,
			       GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	gboolean there;

	g_string_append(text->sql, " LIMIT ");
	sql_int(text, n);
	g_string_append(text->sql, ") AS counted");
	rows = query_one(list, text, &there, error);
	if (!rows)
		return FALSE;
	*ret_below = there && db_int(rows, 0) < n;
	return TRUE;
}

/* Whether indexes give fewer than n rows; what is deleted counts, so that the index alone can tell. */
static gboolean index_gives_few(const List *list, gint64 n, gboolean *ret_few, GError **error)
{
	g_autoptr(SqlText) text = statement_new(list);

	append_all(list, text, "SELECT count(*) FROM (SELECT 1");
	return append_filter(list, text, error) && count_is_below(list, text, n, ret_few, error);
}

/* SELECT of the related ids. */
static gboolean append_related(const List *list, SqlText *text, GError **error)
{
	g_autoptr(SqlText) unused = sql_text_new();
	FilterWide wide = {.related = text};
	FilterScope scope = {.db = list->db,
			     .principal = list->principal,
			     .object = list->object,
			     .ret_wide = &wide};
	gboolean ok = filter_compile(&scope, list->query->filter, unused, error);

	g_free(wide.key);
	return ok;
}

static gboolean related_are_few(const List *list, gint64 n, gboolean *ret_few, GError **error)
{
	g_autoptr(SqlText) text = statement_new(list);

	g_string_append(text->sql, "SELECT count(*) FROM (");
	if (!append_related(list, text, error))
		return FALSE;
	if (access_is_limited(list->principal))
		g_string_append(text->sql, " AND $2 <> ''");
	return count_is_below(list, text, n, ret_few, error);
}

/* ---- how far to walk -------------------------------------------------------------------------------------------- */

/* A statement for the id that n others are walked before. */
typedef gboolean (*FindFrom)(const List *list, SqlText *text, gint64 n, GError **error);

static void append_nth(const List *list, SqlText *text, gint64 n)
{
	append_after(list, text);
	g_string_append(text->sql, " ORDER BY t.id DESC LIMIT 1 OFFSET ");
	sql_int(text, n);
}

static gboolean from_all(const List *list, SqlText *text, gint64 n, GError **error)
{
	(void)error;
	append_all(list, text, "SELECT t.id");
	append_nth(list, text, n);
	return TRUE;
}

static gboolean from_element(const List *list, SqlText *text, gint64 n, GError **error)
{
	(void)error;
	g_string_append_printf(text->sql,
			       "SELECT t.id FROM (SELECT x.record_id AS id FROM field_index x "
			       "WHERE x.org_id = $1 AND x.object = '%s' AND x.field = '%s' AND "
			       "x.key = ",
			       list->object->plural, list->wide.field);
	sql_text(text, list->wide.key);
	g_string_append_printf(text->sql, ") t WHERE %s",
			       access_is_limited(list->principal) ? "$2 <> ''" : "TRUE");
	append_nth(list, text, n);
	return TRUE;
}

/* The newest of the n-th ids of each: n rows at least stand before it, n of each related one at most. */
static gboolean from_related(const List *list, SqlText *text, gint64 n, GError **error)
{
	append_all(list, text, "SELECT max(found.id) FROM (SELECT (SELECT t.id");
	g_string_append_printf(text->sql, " AND t.%s = q.id", list->wide.relation);
	append_nth(list, text, n);
	g_string_append(text->sql, ") AS id FROM (");
	if (!append_related(list, text, error))
		return FALSE;
	g_string_append(text->sql, ") AS q) AS found");
	return TRUE;
}

static const FindFrom find_from[] = {
	[WALK_ALL] = from_all, [WALK_ELEMENT] = from_element, [WALK_RELATED] = from_related};

/* The next n rows, as the way counts them; *ret_end: there were no more. */
static gboolean walk_rows(List *list, Way way, gint64 n, char **ret_token, gboolean *ret_end,
			  GError **error)
{
	g_autoptr(SqlText) text = statement_new(list);
	g_autoptr(DbRows) rows = NULL;
	g_autofree char *from = NULL;
	gboolean there, ok;

	if (!find_from[way](list, text, n, error))
		return FALSE;
	rows = query_one(list, text, &there, error);
	if (!rows)
		return FALSE;
	from = there ? g_strdup(db_text(rows, 0)) : NULL;
	list->way = way;
	list->from = from;
	ok = put_rows(list, ret_token, error);
	list->way = BY_INDEX;
	list->from = NULL;
	json_decref(list->after);
	list->after = from ? json_pack("[s]", from) : NULL;
	*ret_end = !from;
	return ok;
}

/* ---- the page --------------------------------------------------------------------------------------------------- */

static gboolean walk_to_end(List *list, Way way, gint64 n, char **ret_token, GError **error)
{
	gboolean end = FALSE;

	for (; !end && !*ret_token; n *= GROWS)
		if (!walk_rows(list, way, n, ret_token, &end, error))
			return FALSE;
	return TRUE;
}

/* Counting what an index gives for related records fetches all of these first. */
static gboolean choose_way(const List *list, gint64 n, Way *ret_way, GError **error)
{
	gboolean few = TRUE, few_related = FALSE;

	*ret_way = WALK_ALL;
	if (list->wide.relation && !related_are_few(list, n * WALKED_FOR_ONE, &few, error))
		return FALSE;
	if (!few)
		return TRUE;
	if (!index_gives_few(list, n, &few, error) ||
	    (!few && list->wide.relation && !related_are_few(list, n / GROWS, &few_related, error)))
		return FALSE;
	*ret_way = few ? BY_INDEX : few_related ? WALK_RELATED : WALK_ALL;
	return TRUE;
}

static gboolean list_wide(List *list, char **ret_token, GError **error)
{
	gboolean end = FALSE;
	Way way;

	if (list->wide.key)
		return walk_to_end(list, WALK_ELEMENT, 2 * (list->query->page_size + 1), ret_token,
				   error);
	for (gint64 n = FEW; !end && !*ret_token; n *= GROWS) {
		if (!choose_way(list, n, &way, error))
			return FALSE;
		list->chosen = way == BY_INDEX;
		if (list->chosen)
			return put_rows(list, ret_token, error);
		if (way == WALK_RELATED)
			return walk_to_end(list, way, OF_EACH, ret_token, error);
		if (!walk_rows(list, way, n * WALKED_FOR_ONE, ret_token, &end, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean list_rows(List *list, char **ret_token, GError **error)
{
	if (!find_wide(list, error))
		return FALSE;
	return list->wide.rows || list->wide.key ? list_wide(list, ret_token, error)
						 : put_parts(list, ret_token, error);
}

/* ---- by words --------------------------------------------------------------------------------------------------- */

typedef struct {
	List *list;
	SqlText *text; /* one record, by its id, when it passes the filter */
	int id;	       /* which of the values that is */
} Found;

static gboolean put_found(const char *object_name, const char *record_id, gpointer data,
			  GError **error)
{
	Found *found = data;
	List *list = found->list;
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(GError) failed = NULL;

	(void)object_name;
	found->text->values[found->id].text = record_id;
	rows = sql_query(list->db, found->text, error);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		return !record_shows(list->principal, list->object, rows, list->query->q) ||
		       put_row(list, rows, error);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean list_found(List *list, char **ret_token, GError **error)
{
	g_autoptr(SqlText) text = statement_new(list);
	Found found = {list, text, (int)text->n_values};

	g_string_append_printf(text->sql, "SELECT %s", list->sql->columns);
	append_from(list, text);
	g_string_append(text->sql, " AND t.id = ");
	sql_text(text, "");
	return append_filter(list, text, error) &&
	       search_find(list->db, list->principal->org_id, list->object->plural, list->query->q,
			   list->query->page_size, list->query->page_token, put_found, &found,
			   ret_token, error);
}

/* ---- all -------------------------------------------------------------------------------------------------------- */

static gboolean put_total(const List *list, GError **error)
{
	g_autoptr(SqlText) text = statement_new(list);
	g_autoptr(DbRows) rows = NULL;

	g_string_append(text->sql, "SELECT count(*) FROM (SELECT 1");
	append_from(list, text);
	if (!append_filter(list, text, error))
		return FALSE;
	g_string_append(text->sql, " LIMIT ");
	sql_int(text, TOTAL_EXACT + 1);
	g_string_append(text->sql, ") AS counted");
	rows = sql_query(list->db, text, error);
	if (!rows || !db_next(rows, error))
		return FALSE;
	json_put_int(list->w, "total", MIN(db_int(rows, 0), TOTAL_EXACT));
	json_put_bool(list->w, "total_exact", db_int(rows, 0) <= TOTAL_EXACT);
	return TRUE;
}

static gboolean list_open(List *list, GError **error)
{
	FilterScope scope = {.db = list->db, .principal = list->principal, .object = list->object};
	const char *order_by = list->query->order_by;

	if (list->query->deleted && list->object->flags & OBJECT_LOG) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "nothing of the %s is ever deleted", list->object->plural);
		return FALSE;
	}
	if (!access_may(list->principal, list->object, list->action, error))
		return FALSE;
	if (list->query->q && *list->query->q)
		return TRUE; /* the index of words has tokens of its own */
	if (order_by && *order_by) {
		list->keys = order_parse(&scope, order_by, error);
		if (!list->keys)
			return FALSE;
	}
	return read_token(list, error);
}

gboolean record_list(Db *db, const Principal *principal, const Object *object,
		     const RecordQuery *query, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	List list = {.db = db,
		     .principal = principal,
		     .object = object,
		     .query = query,
		     .sql = object_sql(object),
		     .w = &w,
		     .action = ACCESS_READ};
	g_autofree char *token = NULL;
	gboolean ok;

	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	ok = list_open(&list, error) && (query->q && *query->q ? list_found(&list, &token, error)
							       : list_rows(&list, &token, error));
	json_array_end(&w);
	json_put_string(&w, "next_page_token", token);
	if (ok && query->total)
		ok = put_total(&list, error);
	json_object_end(&w);
	g_clear_pointer(&list.keys, g_ptr_array_unref);
	g_clear_pointer(&list.after, json_decref);
	g_free(list.last);
	g_free(list.wide.key);
	return ok;
}

/* ---- every one -------------------------------------------------------------------------------------------------- */

static gboolean every_found(List *list, RecordQuery *page, GError **error)
{
	g_autofree char *token = NULL;

	do {
		g_autofree char *last = g_steal_pointer(&token);

		page->page_token = last;
		if (!list_found(list, &token, error))
			return FALSE;
	} while (token);
	return TRUE;
}

gboolean record_walk(Db *db, const Principal *principal, const Object *object,
		     const RecordQuery *query, RecordWalk each, gpointer data, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	gboolean words = query->q && *query->q;
	RecordQuery all = {.filter = query->filter,
			   .order_by = query->order_by,
			   .q = query->q,
			   .page_size = words ? WALK_PAGE : G_MAXINT - 1,
			   .view = query->view,
			   .deleted = query->deleted};
	List list = {.db = db,
		     .principal = principal,
		     .object = object,
		     .query = &all,
		     .sql = object_sql(object),
		     .w = &w,
		     .action = ACCESS_EXPORT,
		     .each = each,
		     .data = data,
		     .out = out};
	g_autofree char *token = NULL;
	gboolean ok = list_open(&list, error) &&
		      (words ? every_found(&list, &all, error) : put_parts(&list, &token, error));

	g_clear_pointer(&list.keys, g_ptr_array_unref);
	return ok;
}
