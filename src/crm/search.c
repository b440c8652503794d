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

/* Without RETURNING, which would make a savepoint of the statement: FTS5 writes out what it holds
 * at each of them. */
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
	       text_add(db, id, text, error);
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
	return text_add(db, id, text, error);
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
	gint64 below; /* the last document of the page before */
	int page_size;
} SearchRange;

typedef struct {
	char *object, *record_id;
	gint64 document;
} SearchHit;

static void hit_clear(gpointer hit)
{
	g_free(((SearchHit *)hit)->object);
	g_free(((SearchHit *)hit)->record_id);
}

/* The newest documents below one that match, at most a page; GArray of SearchHit. */
static GArray *matching(Db *db, const SearchRange *range, const char *match, GError **error)
{
	g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(SearchHit));
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	g_array_set_clear_func(hits, hit_clear);
	rows = db_query(db,
			"SELECT d.object, d.record_id, d.id FROM search_text s JOIN "
			"search_documents d ON d.id = s.rowid "
			"WHERE s.search_text MATCH $1 AND s.rowid < $2 AND d.org_id = $3 AND (CAST "
			"($4 AS TEXT) "
			"IS NULL OR d.object = $4) "
			"ORDER BY s.rowid DESC LIMIT $5",
			error, "sissi", match, range->below, range->org_id, range->object,
			(gint64)range->page_size);
	if (!rows)
		return NULL;
	while (db_next(rows, &failed)) {
		SearchHit hit = {g_strdup(db_text(rows, 0)), g_strdup(db_text(rows, 1)),
				 db_int(rows, 2)};

		g_array_append_val(hits, hit);
	}
	if (!failed)
		return g_steal_pointer(&hits);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* The hits of the first mode that finds something worth showing: whole words when they fill the page; else words
 * that hold the pieces typed; else slips.
 * wanted: the mode that the token of this page keeps, or 0. */
static GArray *best_hits(Db *db, const SearchRange *range, const char *q, char wanted,
			 char *ret_mode, GError **error)
{
	static const SearchMode modes[] = {SEARCH_WHOLE, SEARCH_INSIDE, SEARCH_NEAR};
	gboolean has_words = search_has_words(q);

	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		guint enough = modes[i] == SEARCH_WHOLE ? (guint)range->page_size : 1;
		g_autofree char *match = NULL;
		g_autoptr(GArray) hits = NULL;

		if (wanted && wanted != (char)modes[i])
			continue;
		match = search_match(db, q, modes[i], error);
		hits = match ? matching(db, range, match, error) : NULL;
		if (!hits || hits->len >= enough || wanted || !has_words) {
			*ret_mode = (char)modes[i];
			return g_steal_pointer(&hits);
		}
	}
	return g_array_new(FALSE, FALSE, sizeof(SearchHit));
}

gboolean search_find(Db *db, const char *org_id, const char *object, const char *q, int page_size,
		     const char *page_token, SearchFound found, gpointer data,
		     char **ret_next_token, GError **error)
{
	SearchRange range = {org_id, object, G_MAXINT64, page_size};
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) hits = NULL;
	char wanted = 0, mode = 0;

	if (page_token) {
		wanted = *page_token && strchr("win", *page_token) ? *page_token : SEARCH_WHOLE;
		range.below = g_ascii_strtoll(page_token + 1, NULL, 10);
	}
	hits = best_hits(db, &range, q, wanted, &mode, &failed);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	for (guint i = 0; hits && i < hits->len; i++) {
		const SearchHit *hit = &g_array_index(hits, SearchHit, i);

		if (!found(hit->object, hit->record_id, data, error))
			return FALSE;
		if (i + 1 == (guint)page_size)
			*ret_next_token =
				g_strdup_printf("%c%" G_GINT64_FORMAT, mode, hit->document);
	}
	return TRUE;
}
