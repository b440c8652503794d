/* One FTS table for all objects; its rowid is the row of search_documents, which knows the owner of
 * the text. */
#include "crm/search.h"

#include <string.h>

#include "base/error.h"
#include "crm/search_query.h"
#include "crm/search_words.h"

static gboolean document_id(Db *db, const char *object, const char *record_id, gint64 *ret_id,
			    GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id FROM search_documents WHERE object = $1 AND record_id = $2",
			 error, "ss", object, record_id);

	if (!rows)
		return FALSE;
	*ret_id = db_next(rows, &failed) ? db_int(rows, 0) : 0;
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Without RETURNING, as in search_words.c. */
static gboolean document_add(Db *db, const char *org_id, const char *object, const char *record_id,
			     gint64 *ret_id, GError **error)
{
	if (!db_run(db,
		    "INSERT INTO search_documents (org_id, object, record_id) VALUES ($1, $2, $3)",
		    error, "sss", org_id, object, record_id))
		return FALSE;
	*ret_id = db_last_id(db);
	return TRUE;
}

static gboolean text_add(Db *db, gint64 id, const char *text, GError **error)
{
	return db_run(db, "INSERT INTO search_text (rowid, body) VALUES ($1, $2)", error, "is", id,
		      text);
}

gboolean search_add(Db *db, const char *org_id, const char *object, const char *record_id,
		    const char *text, GError **error)
{
	gint64 id;

	return document_add(db, org_id, object, record_id, &id, error) &&
	       text_add(db, id, text, error) && search_words_note(db, org_id, text, error);
}

gboolean search_put(Db *db, const char *org_id, const char *object, const char *record_id,
		    const char *text, GError **error)
{
	gint64 id;

	if (!document_id(db, object, record_id, &id, error))
		return FALSE;
	if (id && !db_run(db, "DELETE FROM search_text WHERE rowid = $1", error, "i", id))
		return FALSE;
	if (!id && !document_add(db, org_id, object, record_id, &id, error))
		return FALSE;
	return text_add(db, id, text, error) && search_words_note(db, org_id, text, error);
}

gboolean search_remove(Db *db, const char *object, const char *record_id, GError **error)
{
	gint64 id;

	if (!document_id(db, object, record_id, &id, error))
		return FALSE;
	return !id || (db_run(db, "DELETE FROM search_text WHERE rowid = $1", error, "i", id) &&
		       db_run(db, "DELETE FROM search_documents WHERE id = $1", error, "i", id));
}

/* What is searched: object NULL = all of the organisation. */
typedef struct {
	const char *org_id, *object;
} SearchRange;

static gboolean fills_page(Db *db, const SearchRange *range, const char *match, int page_size,
			   gboolean *ret_fills, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT count(*) FROM (SELECT 1 FROM search_text s JOIN search_documents d ON d.id "
		"= s.rowid WHERE s.search_text MATCH $1 AND d.org_id = $2 AND (CAST ($3 AS TEXT) "
		"IS NULL OR d.object = $3) ORDER BY s.rowid DESC LIMIT $4) AS found",
		error, "sssi", match, range->org_id, range->object, (gint64)page_size);

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_fills = db_int(rows, 0) == page_size;
	return TRUE;
}

/* The first mode that finds something worth showing: whole words when they fill the page, since
 * walking one word is quick and merging many is not; else words that hold the pieces typed; else slips.
 * The token of the next page keeps what was chosen. */
static char *choose_match(Db *db, const SearchRange *range, const char *q, int page_size,
			  const char *page_token, char *ret_mode, GError **error)
{
	static const struct {
		SearchMode mode;
		gboolean full; /* must fill the page to be taken */
	} steps[] = {{SEARCH_WHOLE, TRUE}, {SEARCH_INSIDE, FALSE}, {SEARCH_NEAR, FALSE}};
	g_autofree char *match = NULL;

	*ret_mode = page_token && strchr("win", *page_token) ? *page_token : SEARCH_WHOLE;
	match = search_match(db, range->org_id, q, (SearchMode)*ret_mode, error);
	if (!match || page_token || !search_has_words(q))
		return g_steal_pointer(&match);
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++) {
		gboolean fills;
		g_autofree char *wider = search_match(db, range->org_id, q, steps[i].mode, error);

		if (!wider ||
		    !fills_page(db, range, wider, steps[i].full ? page_size : 1, &fills, error))
			return NULL;
		if (fills) {
			*ret_mode = (char)steps[i].mode;
			return g_steal_pointer(&wider);
		}
	}
	return g_steal_pointer(&match);
}

gboolean search_find(Db *db, const char *org_id, const char *object, const char *q, int page_size,
		     const char *page_token, SearchFound found, gpointer data,
		     char **ret_next_token, GError **error)
{
	gint64 below = page_token ? g_ascii_strtoll(page_token + 1, NULL, 10) : G_MAXINT64;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	g_autofree char *match = NULL;
	SearchRange range = {org_id, object};
	char mode;
	int n = 0;

	match = choose_match(db, &range, q, page_size, page_token, &mode, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!match)
		return TRUE;
	rows = db_query(db,
			"SELECT d.object, d.record_id, d.id FROM search_text s JOIN "
			"search_documents d ON d.id = s.rowid "
			"WHERE s.search_text MATCH $1 AND s.rowid < $2 AND d.org_id = $3 AND (CAST "
			"($4 AS TEXT) "
			"IS NULL OR d.object = $4) "
			"ORDER BY s.rowid DESC LIMIT $5",
			error, "sissi", match, below, org_id, object, (gint64)page_size);
	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		if (!found(db_text(rows, 0), db_text(rows, 1), data, error))
			return FALSE;
		if (++n == page_size)
			*ret_next_token =
				g_strdup_printf("%c%" G_GINT64_FORMAT, mode, db_int(rows, 2));
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
