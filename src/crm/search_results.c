/* Search over all objects: what was found as lines that can be shown, each with the places that
 * match. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "crm/record_sql.h"
#include "crm/record_view.h"
#include "crm/schema.h"
#include "crm/search.h"
#include "crm/search_query.h"

enum { SNIPPET_CHARS = 160 };

typedef struct {
	Db *db;
	const Principal *principal;
	const char *q;
	JsonWriter *w;
} Results;

static void put_line(Results *results, const char *object, const char *id, const char *title,
		     const char *snippet)
{
	g_autofree char *cut =
		g_utf8_substring(snippet, 0, MIN(g_utf8_strlen(snippet, -1), (glong)SNIPPET_CHARS));
	g_autoptr(GString) in_title = g_string_new(NULL), in_snippet = g_string_new(NULL);

	search_put_marks(in_title, results->q, title);
	search_put_marks(in_snippet, results->q, cut);
	json_object_begin(results->w, NULL);
	json_put_string(results->w, "object", object);
	json_put_string(results->w, "id", id);
	json_put_string(results->w, "title", title);
	json_put_string(results->w, "snippet", *cut ? cut : NULL);
	json_object_begin(results->w, "marks");
	json_put_raw(results->w, "title", in_title->str);
	json_put_raw(results->w, "snippet", in_snippet->str);
	json_object_end(results->w);
	json_object_end(results->w);
}

/* A message is told as its conversation. A visitor without a name has no title: whoever shows the line
 * says so in the language of the reader. */
static gboolean put_message(Results *results, const char *seq, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		results->db,
		"SELECT m.conversation_id, coalesce(k.name, ''), m.body FROM messages m JOIN "
		"conversations c ON c.org_id = m.org_id AND c.id = m.conversation_id LEFT JOIN "
		"contacts k ON k.org_id = c.org_id AND k.id = c.contact_id WHERE m.org_id = $1 AND "
		"m.seq = CAST($2 AS INTEGER)",
		error, "ss", results->principal->org_id, seq);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed) && access_conversation(results->db, results->principal,
							  db_text(rows, 0), ACCESS_READ, &failed))
		put_line(results, "conversations", db_text(rows, 0), db_text(rows, 1),
			 db_text(rows, 2));
	if (!failed || g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* A field's text, of a custom one too; NULL when there is none. */
static const char *field_text(const Object *object, gsize i, DbRows *rows, const json_t *custom)
{
	int column = object_sql(object)->column[i];

	return column >= 0 ? db_text(rows, column)
			   : json_member_string(custom, object->fields[i].name);
}

/* The title, and behind it what else is searchable, a point between. */
static void put_row(Results *results, const Object *object, DbRows *rows)
{
	int custom_column = object_sql(object)->custom;
	const char *json = custom_column >= 0 ? db_text(rows, custom_column) : NULL;
	g_autoptr(json_t) custom = json ? json_loads(json, 0, NULL) : NULL;
	g_autoptr(GString) snippet = g_string_new(NULL);
	const char *title = NULL;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];
		const char *text = field_text(object, i, rows, custom);

		if (!text || !*text || !(field->flags & FIELD_SEARCHABLE) ||
		    field->type == FIELD_TAGS ||
		    access_field(results->principal, object, field->name) == FIELD_HIDDEN)
			continue;
		if (!title || g_strcmp0(field->name, object->title) == 0)
			title = text;
		if (title != text)
			g_string_append_printf(snippet, "%s%s", snippet->len ? " · " : "", text);
	}
	put_line(results, object->plural, db_text(rows, COLUMN_ID), title ? title : "",
		 snippet->str);
}

static gboolean put_record(Results *results, const char *plural, const char *id, GError **error)
{
	const Object *object = schema_object(results->db, results->principal->org_id, plural, NULL);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	gboolean reaches;

	if (!object || /* taken out of sight */
	    !access_may(results->principal, object, ACCESS_READ, NULL))
		return TRUE;
	if (!access_reaches(results->db, results->principal, object, ACCESS_READ, id, &reaches,
			    error))
		return FALSE;
	if (!reaches)
		return TRUE;
	rows = db_query(results->db, object_sql(object)->get, error, "ss",
			results->principal->org_id, id);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed) && db_is_null(rows, COLUMN_DELETED) &&
	    record_shows(results->principal, object, rows, results->q))
		put_row(results, object, rows);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean put_result(const char *object, const char *record_id, gpointer data, GError **error)
{
	Results *results = data;

	return g_str_equal(object, "messages") ? put_message(results, record_id, error)
					       : put_record(results, object, record_id, error);
}

gboolean search_everything(Db *db, const Principal *principal, const char *q, int page_size,
			   const char *page_token, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	Results results = {db, principal, q, &w};
	g_autofree char *token = NULL;
	gboolean ok;

	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	ok = search_find(db, principal->org_id, NULL, q, page_size, page_token, put_result,
			 &results, &token, error);
	json_array_end(&w);
	json_put_string(&w, "next_page_token", token);
	json_object_end(&w);
	return ok;
}
