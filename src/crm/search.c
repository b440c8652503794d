/* One FTS table for all objects; its rowid is the row of search_documents, which knows the owner of
 * the text. */
#include "crm/search.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "crm/record_title.h"
#include "crm/schema.h"
#include "text/tokenize.h"

enum { SEARCH_MAX_TOKENS = 32 };

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

static gboolean document_add(Db *db, const char *org_id, const char *object, const char *record_id,
			     gint64 *ret_id, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db,
					  "INSERT INTO search_documents (org_id, object, "
					  "record_id) VALUES ($1, $2, $3) RETURNING id",
					  error, "sss", org_id, object, record_id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_id = db_int(rows, 0);
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

typedef struct {
	GString *match;
	int n_tokens;
	int last_end;
	gboolean last_is_word;
} MatchText;

/* Tokens that touch (Han characters) join into one phrase; separate words are ANDed. */
static int match_token(const char *token, int n_bytes, int start, int end, gpointer data)
{
	MatchText *m = data;

	if (m->n_tokens++ == SEARCH_MAX_TOKENS)
		return 1;
	if (m->n_tokens > 1)
		g_string_append(m->match, start == m->last_end ? " + " : " AND ");
	g_string_append_c(m->match, '"');
	for (int i = 0; i < n_bytes; i++) {
		if (token[i] == '"')
			g_string_append_c(m->match, '"');
		g_string_append_c(m->match, token[i]);
	}
	g_string_append_c(m->match, '"');
	m->last_end = end;
	m->last_is_word = (guchar)token[0] < 0x80 || g_utf8_strlen(token, n_bytes) > 1;
	return 0;
}

/* The MATCH expression of what a person typed, or NULL when it holds no token. The caller frees it.
 */
static char *match_expression(const char *q, gboolean *ret_last_is_word)
{
	MatchText m = {.match = g_string_new(NULL)};

	text_tokenize(q, (int)MIN(strlen(q), 1000), match_token, &m);
	*ret_last_is_word = m.last_is_word;
	return g_string_free(m.match, m.n_tokens == 0);
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
		"SELECT count(*) FROM (SELECT 1 FROM search_text s JOIN search_documents d ON "
		"d.id = s.rowid WHERE s.search_text MATCH $1 AND d.org_id = $2 AND ($3 IS NULL OR "
		"d.object = $3) ORDER BY s.rowid DESC LIMIT $4) AS found",
		error, "sssi", match, range->org_id, range->object, (gint64)page_size);

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_fills = db_int(rows, 0) == page_size;
	return TRUE;
}

/* The last word counts as begun, not as whole, unless as a whole word it is found often enough:
 * merging all words with a common beginning is slow, walking one is not. The token of the next page
 * keeps what was chosen: "w" whole, "b" begun. */
static char *choose_match(Db *db, const SearchRange *range, const char *q, int page_size,
			  const char *page_token, char *ret_mode, GError **error)
{
	gboolean last_is_word, fills = FALSE;
	g_autofree char *match = match_expression(q, &last_is_word);

	if (!match)
		return NULL;
	*ret_mode = page_token ? *page_token : 'w';
	if (!page_token && last_is_word && !fills_page(db, range, match, page_size, &fills, error))
		return NULL;
	if (!page_token && last_is_word && !fills)
		*ret_mode = 'b';
	return *ret_mode == 'b' ? g_strconcat(match, "*", NULL) : g_steal_pointer(&match);
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
			"WHERE s.search_text MATCH $1 AND s.rowid < $2 AND d.org_id = $3 AND ($4 "
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

/* ---- everything ---------------------------------------------------------------------------------------------- */

/* What stands for a record in a mixed list: id to open, title, a piece of text. A visitor without a
 * name has no title: whoever shows the row says so in the language of the reader. */
static const struct {
	const char *object, *shown_as, *sql;
} result_rows[] = {
	{"contacts", "contacts",
	 "SELECT id, coalesce(name, email, phone, '-'), trim(coalesce(email, '') || ' ' || "
	 "coalesce(phone, '')) FROM contacts "
	 "WHERE org_id = $1 AND id = $2 AND deleted_at IS NULL"},
	{"articles", "articles",
	 "SELECT id, title, substr(body, 1, 160) FROM articles WHERE org_id = $1 AND id = $2 AND "
	 "deleted_at IS NULL"},
	{"messages", "conversations",
	 "SELECT m.conversation_id, coalesce(k.name, ''), substr(m.body, 1, 160) FROM "
	 "messages m "
	 "JOIN conversations c ON c.org_id = m.org_id AND c.id = m.conversation_id "
	 "LEFT JOIN contacts k ON k.org_id = c.org_id AND k.id = c.contact_id WHERE m.org_id = $1 "
	 "AND m.seq = CAST($2 AS INTEGER)"},
};

typedef struct {
	Db *db;
	const Principal *principal;
	JsonWriter *w;
} Results;

static void put_hit(JsonWriter *w, const char *object, const char *id, const char *title,
		    const char *snippet)
{
	json_object_begin(w, NULL);
	json_put_string(w, "object", object);
	json_put_string(w, "id", id);
	json_put_string(w, "title", title);
	json_put_string(w, "snippet", snippet);
	json_object_end(w);
}

/* A record that says no more than its title. What is gone, or hidden from the principal, is left out. */
static gboolean put_titled(Results *results, const char *plural, const char *record_id,
			   GError **error)
{
	const Principal *principal = results->principal;
	g_autoptr(GError) failed = NULL;
	g_autofree char *title = NULL;
	const Object *object = schema_object(results->db, principal->org_id, plural, &failed);

	if (object && record_title(results->db, principal, object, record_id, &title, &failed))
		put_hit(results->w, plural, record_id, title, NULL);
	if (!failed || g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND) ||
	    g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean put_result(const char *object, const char *record_id, gpointer data, GError **error)
{
	Results *results = data;

	for (gsize i = 0; i < G_N_ELEMENTS(result_rows); i++) {
		g_autoptr(GError) failed = NULL;
		g_autoptr(DbRows) rows = NULL;

		if (!g_str_equal(result_rows[i].object, object))
			continue;
		rows = db_query(results->db, result_rows[i].sql, error, "ss",
				results->principal->org_id, record_id);
		if (!rows)
			return FALSE;
		if (db_next(rows, &failed))
			put_hit(results->w, result_rows[i].shown_as, db_text(rows, 0),
				db_text(rows, 1), db_text(rows, 2));
		if (!failed)
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	return put_titled(results, object, record_id, error);
}

gboolean search_everything(Db *db, const Principal *principal, const char *q, int page_size,
			   const char *page_token, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	Results results = {db, principal, &w};
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
