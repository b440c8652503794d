/* A merge of cursors: each source is a statement that is stepped only when its row is shown. */
#include "crm/timeline.h"

#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/records.h"

#define TIMELINE_CONTACTS "100"

typedef enum { OF_RECORD, OF_CONTACTS, OF_AUDIT } Link;

/* Expressions over c, as ACCESS_CONVERSATIONS speaks; a record's actor is its owner. */
typedef struct {
	const char *kind;
	const Object *object; /* NULL: conversations */
	const char *at, *title, *text;
	Link of_company; /* OF_RECORD: the row names the company, OF_CONTACTS: a contact of it */
} Source;

static const Source sources[] = {
	{"conversation", NULL, "c.created_at", "c.state", "c.last_text", OF_CONTACTS},
	{"order", &OBJECT_ORDER, "coalesce(c.placed_at, c.created_at)", "c.number", "c.status",
	 OF_RECORD},
	{"ticket", &OBJECT_TICKET, "c.created_at", "c.subject", "c.status", OF_RECORD},
	{"deal", &OBJECT_DEAL, "c.created_at", "c.name", "c.status", OF_RECORD},
	{"activity", &OBJECT_ACTIVITY, "coalesce(c.starts_at, c.created_at)", "c.subject",
	 "c.description", OF_RECORD},
	{"note", &OBJECT_NOTE, "c.created_at", "NULL", "c.body", OF_RECORD},
	{"task", &OBJECT_TASK, "c.created_at", "c.title", "c.status", OF_RECORD},
	{"event", &OBJECT_EVENT, "c.at", "c.type", "c.properties", OF_CONTACTS},
	{"change", NULL, NULL, NULL, NULL, OF_AUDIT},
};

enum { COLUMN_AT, COLUMN_ITEM, COLUMN_TITLE, COLUMN_TEXT, COLUMN_ACTOR, TEXT_CHARS = 2000 };

/* The place behind an item; texts of ids differ in all sources, so they are a total order. */
typedef struct {
	gint64 at;
	const char *id;
} Place;

typedef struct {
	const Source *source;
	DbRows *rows;
} Cursor;

static void cursor_free(gpointer data)
{
	Cursor *cursor = data;

	db_rows_free(cursor->rows);
	g_free(cursor);
}

/* Token of a page: "<at>.<id>". */
static gboolean place_read(const char *token, Place *place, GError **error)
{
	char *end = NULL;

	*place = (Place){G_MAXINT64, ""};
	if (!token)
		return TRUE;
	place->at = g_ascii_strtoll(token, &end, 10);
	if (end > token && *end == '.' && end[1]) {
		place->id = end + 1;
		if (id_valid(place->id) ||
		    (strlen(place->id) == 16 && strspn(place->id, "0123456789") == 16))
			return TRUE;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "page_token was not given out by this list");
	return FALSE;
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

/* $1 organisation, $2 the principal's id, $3 record, $4 and $5 the place, $6 how many, $7 how far the
 * principal reaches conversations (where it matters). */
static const char audit_sql[] =
	"SELECT a.at, CAST(1000000000000000 + a.seq AS TEXT), a.action, a.detail, coalesce(u.name, "
	"a.actor_kind) FROM audit a LEFT JOIN users u ON u.org_id = a.org_id AND u.id = a.actor_id "
	"WHERE a.org_id = $1 AND CAST ($2 AS TEXT) IS NOT NULL AND CAST ($7 AS BIGINT) IS NOT NULL "
	"AND a.object = $8 AND a.record_id = $3 AND a.action IN ('create', 'update', 'delete', "
	"'restore') AND a.at <= $4 AND (a.at < $4 OR CAST(1000000000000000 + a.seq AS TEXT) < $5) "
	"ORDER BY a.at DESC, a.seq DESC LIMIT $6";

static char *below(const char *alias, const char *at)
{
	g_auto(GStrv) parts = g_strsplit(at, "c.", -1);
	g_autofree char *prefix = g_strconcat(alias, ".", NULL);
	g_autofree char *own = g_strjoinv(prefix, parts);

	return g_strdup_printf("%s <= $4 AND (%s < $4 OR %s.id < $5) ORDER BY %s DESC, %s.id DESC "
			       "LIMIT $6",
			       own, own, alias, own, alias);
}

/* Which rows of the table are of the record. The caller frees it. */
static char *link_of(const Source *source, const Object *of, const char *table)
{
	g_autofree char *place = NULL;

	if (of == &OBJECT_CONTACT)
		return g_strdup("c.contact_id = $3");
	if (source->of_company == OF_RECORD)
		return g_strdup("c.company_id = $3");
	place = below("e", source->at);
	return g_strdup_printf(
		"c.id IN (SELECT e.id FROM %s e WHERE e.org_id = $1 AND e.contact_id = p.id AND "
		"%s)",
		table, place);
}

static char *access_of(const Source *source, const Principal *principal)
{
	char *where;

	if (!source->object)
		return g_strdup(ACCESS_CONVERSATIONS("$7", "$2"));
	where = access_where(principal, source->object, ACCESS_READ, "c");
	return where ? where : g_strdup("1 = 1");
}

static char *source_sql(const Source *source, const Object *of, const Principal *principal)
{
	const char *table = source->object ? object_table(source->object) : "conversations";
	const char *from_contacts =
		of == &OBJECT_COMPANY && source->of_company == OF_CONTACTS
			? "(SELECT k.id FROM contacts k WHERE k.org_id = $1 AND k.company_id = $3 "
			  "AND k.deleted_at IS NULL ORDER BY k.id DESC LIMIT " TIMELINE_CONTACTS
			  ") p CROSS JOIN "
			: "";
	gboolean has_owner = !source->object || object_field(source->object, "owner_id") != NULL;
	gboolean is_log = !source->object || source->object->flags & OBJECT_LOG;
	g_autofree char *link = link_of(source, of, table);
	g_autofree char *access = access_of(source, principal);
	g_autofree char *place = below("c", source->at);

	return g_strdup_printf(
		"SELECT %s, c.id, %s, substr(%s, 1, %d), %s FROM %s%s c%s WHERE c.org_id = $1 AND "
		"CAST ($2 AS TEXT) IS NOT NULL AND CAST ($7 AS BIGINT) IS NOT NULL AND CAST ($8 AS "
		"TEXT) IS NOT NULL%s AND %s AND %s AND %s",
		source->at, source->title, source->text, TEXT_CHARS, has_owner ? "u.name" : "NULL",
		from_contacts, table,
		has_owner ? " LEFT JOIN users u ON u.org_id = c.org_id AND u.id = "
			    "c.owner_id"
			  : "",
		is_log ? "" : " AND c.deleted_at IS NULL", link, access, place);
}

/* ---- cursors ---------------------------------------------------------------------------------------------------- */

static gboolean step(GPtrArray *cursors, guint i, GError **error)
{
	Cursor *cursor = cursors->pdata[i];
	g_autoptr(GError) failed = NULL;

	if (db_next(cursor->rows, &failed))
		return TRUE;
	if (!failed) {
		g_ptr_array_remove_index(cursors, i);
		return TRUE;
	}
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean open_cursor(Db *db, const Principal *principal, const TimelineQuery *query,
			    const Source *source, const Place *place, GPtrArray *cursors,
			    GError **error)
{
	g_autofree char *sql = source->of_company == OF_AUDIT
				       ? g_strdup(audit_sql)
				       : source_sql(source, query->object, principal);
	Cursor *cursor = g_new0(Cursor, 1);

	cursor->source = source;
	g_ptr_array_add(cursors, cursor);
	cursor->rows = db_query(db, sql, error, "sssisiis", principal->org_id, principal->id,
				query->id, place->at, place->id, (gint64)query->page_size + 1,
				(gint64)access_reach(principal, "conversations", ACCESS_READ),
				query->object->plural);
	return cursor->rows && step(cursors, cursors->len - 1, error);
}

static gboolean kind_wanted(const TimelineQuery *query, const Source *source)
{
	g_auto(GStrv) words = g_strsplit(query->kinds ? query->kinds : "", ",", -1);

	return !query->kinds || g_strv_contains((const char *const *)words, source->kind);
}

static gboolean kinds_valid(const char *kinds, GError **error)
{
	g_auto(GStrv) words = g_strsplit(kinds ? kinds : "", ",", -1);

	for (char **word = words; *word; word++) {
		gsize i = 0;

		while (i < G_N_ELEMENTS(sources) && !g_str_equal(sources[i].kind, *word))
			i++;
		if (i < G_N_ELEMENTS(sources))
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "kind must be of conversation, order, ticket, deal, activity, note, "
			    "task, event and change");
		return FALSE;
	}
	return TRUE;
}

/* The cursor with the newest row. */
static guint newest(const GPtrArray *cursors)
{
	guint best = 0;

	for (guint i = 1; i < cursors->len; i++) {
		DbRows *a = ((const Cursor *)cursors->pdata[i])->rows;
		DbRows *b = ((const Cursor *)cursors->pdata[best])->rows;
		gint64 later = db_int(a, COLUMN_AT) - db_int(b, COLUMN_AT);

		if (later > 0 ||
		    (!later && strcmp(db_text(a, COLUMN_ITEM), db_text(b, COLUMN_ITEM)) > 0))
			best = i;
	}
	return best;
}

/* ---- items ------------------------------------------------------------------------------------------------------ */

static void put_item(const Principal *principal, const TimelineQuery *query, const Cursor *cursor,
		     JsonWriter *w)
{
	const Source *source = cursor->source;
	gboolean audit = source->of_company == OF_AUDIT;
	const char *action = db_text(cursor->rows, COLUMN_TITLE);
	const char *id = audit ? query->id : db_text(cursor->rows, COLUMN_ITEM);
	const char *text = db_text(cursor->rows, COLUMN_TEXT);
	g_autofree char *shown = audit ? audit_shown(principal, query->object, text) : NULL;
	gboolean created = audit && g_strcmp0(action, "create") == 0;
	gboolean talk = !audit && !source->object;

	json_object_begin(w, NULL);
	json_put_string(w, "kind", created ? "created" : source->kind);
	json_put_time(w, "at", db_int(cursor->rows, COLUMN_AT));
	json_put_string(w, "object",
			audit  ? query->object->plural
			: talk ? "conversations"
			       : source->object->plural);
	json_put_string(w, "id", id);
	json_put_string(w, "title", action ? action : "");
	json_put_string(w, "conversation_id", talk ? id : NULL);
	json_put_string(w, "text", audit ? shown : text);
	json_put_string(w, "actor_name", db_text(cursor->rows, COLUMN_ACTOR));
	json_object_end(w);
}

static gboolean put_page(const Principal *principal, const TimelineQuery *query, GPtrArray *cursors,
			 JsonWriter *w, GError **error)
{
	g_autofree char *token = NULL;

	json_object_begin(w, NULL);
	json_array_begin(w, "items");
	for (int n = 0; n < query->page_size && cursors->len; n++) {
		guint i = newest(cursors);
		const Cursor *cursor = cursors->pdata[i];

		put_item(principal, query, cursor, w);
		g_free(token);
		token = g_strdup_printf("%" G_GINT64_FORMAT ".%s", db_int(cursor->rows, COLUMN_AT),
					db_text(cursor->rows, COLUMN_ITEM));
		if (!step(cursors, i, error))
			return FALSE;
	}
	json_array_end(w);
	json_put_string(w, "next_page_token", cursors->len ? token : NULL);
	json_object_end(w);
	return TRUE;
}

gboolean timeline_write(Db *db, const Principal *principal, const TimelineQuery *query,
			GString *out, GError **error)
{
	g_autoptr(GPtrArray) cursors = g_ptr_array_new_with_free_func(cursor_free);
	g_autoptr(json_t) record = NULL;
	JsonWriter w = json_writer(out);
	Place place;

	if (!place_read(query->page_token, &place, error) || !kinds_valid(query->kinds, error))
		return FALSE;
	record = record_read(db, principal, query->object, query->id, NULL, error);
	for (gsize i = 0; record && i < G_N_ELEMENTS(sources); i++)
		if (kind_wanted(query, &sources[i]) &&
		    !open_cursor(db, principal, query, &sources[i], &place, cursors, error))
			return FALSE;
	return record && put_page(principal, query, cursors, &w, error);
}
