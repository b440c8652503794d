/* One statement over both sources, so that order and paging are the database's. */
#include "crm/timeline.h"

#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/records.h"

static void put_item(const Principal *principal, JsonWriter *w, DbRows *rows)
{
	g_autofree char *changes =
		db_is_null(rows, 3) ? audit_shown(principal, &OBJECT_CONTACT, db_text(rows, 4))
				    : NULL;

	json_object_begin(w, NULL);
	json_put_string(w, "kind", db_text(rows, 0));
	json_put_time(w, "at", db_int(rows, 1));
	json_put_string(w, "title", db_text(rows, 2));
	json_put_string(w, "conversation_id", db_text(rows, 3));
	json_put_string(w, "text", changes ? changes : db_text(rows, 4));
	json_put_string(w, "actor_name", db_text(rows, 5));
	json_object_end(w);
}

/* The place behind an item: time, number of the audit row (0 for a conversation), conversation. */
typedef struct {
	gint64 at, seq;
	const char *id;
} Place;

/* Token of a page: "<at>.<seq>.<id>". */
static gboolean place_read(const char *token, Place *place, GError **error)
{
	char *end = NULL;

	*place = (Place){G_MAXINT64, 0, ""};
	if (!token)
		return TRUE;
	place->at = g_ascii_strtoll(token, &end, 10);
	if (end > token && *end == '.') {
		token = end + 1;
		place->seq = g_ascii_strtoll(token, &end, 10);
	}
	if (end > token && *end == '.' && (!end[1] || id_valid(end + 1))) {
		place->id = end + 1;
		return TRUE;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "page_token was not given out by this list");
	return FALSE;
}

#define STORY                                                                                     \
	"SELECT 'conversation' AS kind, c.created_at AS at, c.state AS title, c.id AS id, "       \
	"c.last_text AS body, u.name AS actor, 0 AS seq FROM conversations c LEFT JOIN users u "  \
	"ON u.org_id = c.org_id AND u.id = c.owner_id WHERE c.org_id = $1 AND c.contact_id = $2 " \
	"AND " ACCESS_CONVERSATIONS("$7", "$8") " "                                               \
						"UNION ALL SELECT CASE a.action WHEN 'create' "   \
						"THEN 'created' ELSE 'change' END, a.at, "        \
						"a.action, NULL, a.detail, coalesce(u.name, "     \
						"a.actor_kind), a.seq FROM audit a LEFT JOIN "    \
						"users u ON u.org_id = a.org_id AND u.id = "      \
						"a.actor_id WHERE a.org_id = $1 AND "             \
						"a.object = 'contacts' AND a.record_id = $2"

static gboolean put_page(const Principal *principal, DbRows *rows, int page_size, JsonWriter *w,
			 GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autofree char *token = NULL;
	int n = 0;

	json_object_begin(w, NULL);
	json_array_begin(w, "items");
	while (n < page_size && db_next(rows, &failed)) {
		put_item(principal, w, rows);
		if (++n == page_size)
			token = g_strdup_printf("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT ".%s",
						db_int(rows, 1), db_int(rows, 6),
						db_is_null(rows, 3) ? "" : db_text(rows, 3));
	}
	json_array_end(w);
	json_put_string(w, "next_page_token",
			token && !failed && db_next(rows, &failed) ? token : NULL);
	json_object_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean timeline_write(Db *db, const Principal *principal, const char *contact_id, int page_size,
			const char *page_token, GString *out, GError **error)
{
	g_autoptr(GString) contact = g_string_new(NULL);
	g_autoptr(DbRows) rows = NULL;
	JsonWriter w = json_writer(out);
	Place below;

	if (!place_read(page_token, &below, error) ||
	    !record_get(db, principal, &OBJECT_CONTACT, contact_id, NULL, contact, NULL, error))
		return FALSE;
	rows = db_query(db,
			"SELECT * FROM (" STORY ") AS story WHERE (at, seq, coalesce(id, '')) < "
			"($3, $4, $5) ORDER BY at DESC, seq DESC, coalesce(id, '') DESC LIMIT $6",
			error, "ssiisiis", principal->org_id, contact_id, below.at, below.seq,
			below.id, (gint64)page_size + 1,
			(gint64)access_reach(principal, "conversations", ACCESS_READ),
			principal->id);
	return rows && put_page(principal, rows, page_size, &w, error);
}
