/* Passages follow articles: rewritten whole at each change, since an article has few and they are
 * cheap to cut. */
#include "crm/knowledge.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "jobs/queue.h"
#include "text/language.h"
#include "text/markdown.h"
#include "text/normalise.h"

enum { ENCODE_BATCH = 8, VECTOR_LENGTH = 384 }; /* a worker that is to stop waits for one batch */

void knowledge_article_prepare(json_t *fields)
{
	const char *title = json_string_value(json_object_get(fields, "title"));
	const char *body = json_string_value(json_object_get(fields, "body"));

	if (!json_is_string(json_object_get(fields, "language")) && (title || body)) {
		g_autofree char *text =
			g_strdup_printf("%s\n%s", title ? title : "", body ? body : "");

		json_object_set_new(fields, "language",
				    json_string(text_language(text) == LANGUAGE_EN ? "en" : "zh"));
	}
}

gboolean knowledge_bump(Db *db, const char *org_id, GError **error)
{
	return db_run(
		db,
		"UPDATE organisations SET knowledge_version = knowledge_version + 1 WHERE id = $1",
		error, "s", org_id);
}

gint64 knowledge_version(Db *db, const char *org_id, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT knowledge_version FROM organisations WHERE id = $1", error,
			 "s", org_id);

	if (!rows || !db_next(rows, error)) {
		if (error && !*error)
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "there is no such organisation");
		return -1;
	}
	return db_int(rows, 0);
}

typedef struct {
	char *title, *body, *kind, *language;
	gboolean published;
} ArticleText;

static void article_text_clear(ArticleText *article)
{
	g_free(article->title);
	g_free(article->body);
	g_free(article->kind);
	g_free(article->language);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ArticleText, article_text_clear)

static gboolean article_read(Db *db, const char *org_id, const char *id, ArticleText *article,
			     GError **error)
{
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT title, body, kind, language, status FROM "
					  "articles WHERE org_id = $1 AND id = $2",
					  error, "ss", org_id, id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	article->title = g_strdup(db_text(rows, 0));
	article->body = g_strdup(db_text(rows, 1));
	article->kind = g_strdup(db_text(rows, 2));
	article->language = g_strdup(db_text(rows, 3));
	article->published = g_strcmp0(db_text(rows, 4), "published") == 0;
	return TRUE;
}

static gboolean passage_add(Db *db, const char *org_id, const char *article_id, int ordinal,
			    const char *heading, const char *body, const char *language,
			    GError **error)
{
	return db_run(db,
		      "INSERT INTO passages (org_id, article_id, ordinal, heading, body, language) "
		      "VALUES ($1, $2, $3, $4, $5, $6)",
		      error, "ssisss", org_id, article_id, (gint64)ordinal, heading, body,
		      language);
}

static gboolean passages_add(Db *db, const char *org_id, const char *id, const ArticleText *article,
			     GError **error)
{
	g_autoptr(GPtrArray) passages = NULL;

	if (g_str_equal(article->kind, "faq"))
		return passage_add(db, org_id, id, 0, NULL, article->body, article->language,
				   error);
	passages = markdown_passages(article->body, article->title);
	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		if (!passage_add(db, org_id, id, (int)i, passage->heading_path, passage->source,
				 article->language, error))
			return FALSE;
	}
	return TRUE;
}

gboolean knowledge_article_changed(Db *db, const Principal *principal, const char *record_id,
				   RecordChange what, GError **error)
{
	const char *org_id = principal->org_id;
	g_auto(ArticleText) article = {0};

	if (!db_run(db, "DELETE FROM passages WHERE org_id = $1 AND article_id = $2", error, "ss",
		    org_id, record_id) ||
	    !knowledge_bump(db, org_id, error))
		return FALSE;
	if (what == RECORD_DELETED)
		return TRUE;
	if (!article_read(db, org_id, record_id, &article, error))
		return FALSE;
	return !article.published ||
	       (passages_add(db, org_id, record_id, &article, error) &&
		job_add(db, org_id, "encode_passages", "{}", "encode_passages", error));
}

gboolean knowledge_each_passage(Db *db, const char *org_id, const char *encoding, PassageEach each,
				gpointer data, GError **error)
{
	g_autoptr(GError) failed = NULL;
	float vector[VECTOR_LENGTH];
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT p.id, p.article_id, a.title, a.url, a.kind, "
			 "p.heading, p.body, p.language, "
			 "CASE WHEN p.encoding = $2 THEN p.vector END FROM passages p "
			 "JOIN articles a ON a.org_id = p.org_id AND a.id = "
			 "p.article_id WHERE p.org_id = $1 ORDER BY p.id",
			 error, "ss", org_id, encoding);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		KnowledgePassage passage = {.id = db_int(rows, 0),
					    .article_id = db_text(rows, 1),
					    .title = db_text(rows, 2),
					    .url = db_text(rows, 3),
					    .kind = db_text(rows, 4),
					    .heading = db_text(rows, 5),
					    .body = db_text(rows, 6),
					    .language = db_text(rows, 7)};

		if (db_length(rows, 8) == sizeof(vector)) {
			memcpy(vector, db_blob(rows, 8), sizeof(vector));
			passage.vector = vector;
		}
		each(&passage, data);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- encoding ------------------------------------------------------------------------------------------------ */

typedef struct {
	const char *org_id;
	const KnowledgeEncoder *encoder;
	gint64 ids[ENCODE_BATCH];
	char *titles[ENCODE_BATCH]; /* NULL: the title is a file's name and says nothing */
	char *bodies[ENCODE_BATCH];
	float vectors[ENCODE_BATCH * VECTOR_LENGTH];
	char *org_ids[ENCODE_BATCH];
	gsize n;
	gint64 after; /* ids up to here were tried */
	gint64 n_missing;
} EncodeBatch;

static void encode_batch_empty(EncodeBatch *batch)
{
	for (gsize i = 0; i < batch->n; i++) {
		g_free(batch->titles[i]);
		g_free(batch->bodies[i]);
		g_free(batch->org_ids[i]);
	}
	batch->n = 0;
}

static void encode_batch_free(EncodeBatch *batch)
{
	encode_batch_empty(batch);
	g_free(batch);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EncodeBatch, encode_batch_free)

static gboolean encode_batch_read(Store *store, EncodeBatch *batch, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(GError) failed = NULL;

	if (!db)
		return FALSE;
	rows = db_query(db,
			"SELECT p.id, p.org_id, coalesce(p.heading, a.title), p.body, a.source "
			"FROM passages p JOIN articles a ON a.org_id = p.org_id "
			"AND a.id = p.article_id WHERE p.vector IS NULL AND p.id > $1 AND (CAST "
			"($2 AS TEXT) IS "
			"NULL OR p.org_id = $2) "
			"ORDER BY p.id LIMIT $3",
			error, "isi", batch->after, batch->org_id, (gint64)ENCODE_BATCH);
	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		gboolean is_name = g_strcmp0(db_text(rows, 2), db_text(rows, 4)) == 0;

		batch->ids[batch->n] = db_int(rows, 0);
		batch->org_ids[batch->n] = g_strdup(db_text(rows, 1));
		batch->titles[batch->n] = is_name ? NULL : g_strdup(db_text(rows, 2));
		batch->bodies[batch->n] = g_strdup(db_text(rows, 3));
		batch->after = batch->ids[batch->n++];
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* One text of each passage encoded and added up; NULL texts add nothing. */
static gboolean add_vectors(EncodeBatch *batch, GPtrArray *texts, gboolean as_questions,
			    GError **error)
{
	float vectors[ENCODE_BATCH * VECTOR_LENGTH];
	const char *present[ENCODE_BATCH];
	gsize rows[ENCODE_BATCH], n = 0;

	for (gsize i = 0; i < batch->n; i++)
		if (g_ptr_array_index(texts, i)) {
			present[n] = g_ptr_array_index(texts, i);
			rows[n++] = i;
		}
	if (n &&
	    !batch->encoder->encode(present, n, as_questions, vectors, batch->encoder->data, error))
		return FALSE;
	for (gsize i = 0; i < n; i++)
		for (gsize k = 0; k < VECTOR_LENGTH; k++)
			batch->vectors[rows[i] * VECTOR_LENGTH + k] +=
				vectors[i * VECTOR_LENGTH + k];
	return TRUE;
}

static void to_unit_length(float *vector)
{
	float square = 0;

	for (gsize k = 0; k < VECTOR_LENGTH; k++)
		square += vector[k] * vector[k];
	for (gsize k = 0; k < VECTOR_LENGTH; k++)
		vector[k] /= sqrtf(MAX(square, 1e-12F));
}

static gboolean encode_batch(EncodeBatch *batch, GError **error)
{
	g_autoptr(GPtrArray) titles = g_ptr_array_new();
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	memset(batch->vectors, 0, sizeof(batch->vectors));
	for (gsize i = 0; i < batch->n; i++) {
		g_ptr_array_add(titles, batch->titles[i]);
		g_ptr_array_add(texts, batch->titles[i]
					       ? g_strdup_printf("%s\n%s", batch->titles[i],
								 batch->bodies[i])
					       : g_strdup(batch->bodies[i]));
	}
	if (!add_vectors(batch, texts, FALSE, error) || !add_vectors(batch, titles, TRUE, error))
		return FALSE;
	for (gsize i = 0; i < batch->n; i++)
		to_unit_length(batch->vectors + i * VECTOR_LENGTH);
	return TRUE;
}

static BulkStep encode_batch_store(Db *db, gpointer data, GError **error)
{
	EncodeBatch *batch = data;

	for (gsize i = 0; i < batch->n; i++)
		if (!db_run(db, "UPDATE passages SET vector = $2, encoding = $3 WHERE id = $1",
			    error, "ibs", batch->ids[i], batch->vectors + i * VECTOR_LENGTH,
			    (gsize)VECTOR_LENGTH * sizeof(float), batch->encoder->encoding))
			return BULK_FAILED;
	for (gsize i = 0; i < batch->n; i++)
		if ((i == 0 || !g_str_equal(batch->org_ids[i], batch->org_ids[i - 1])) &&
		    !knowledge_bump(db, batch->org_ids[i], error))
			return BULK_FAILED;
	return BULK_DONE;
}

/* Vectors of other weights go: a portion a step. */
static BulkStep drop_outdated(Db *db, gpointer data, GError **error)
{
	const EncodeBatch *batch = data;

	if (!db_run(db,
		    "UPDATE passages SET vector = NULL, encoding = NULL WHERE id IN (SELECT id "
		    "FROM passages WHERE vector IS NOT NULL AND (encoding < $1 OR encoding > $1) "
		    "LIMIT 200)",
		    error, "s", batch->encoder->encoding))
		return BULK_FAILED;
	return db_changes(db) ? BULK_MORE : BULK_DONE;
}

static gboolean count_missing(Store *store, EncodeBatch *batch, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows = NULL;

	if (!db)
		return FALSE;
	rows = db_query(db,
			"SELECT count(*) FROM passages WHERE vector IS NULL AND (CAST ($1 AS TEXT) "
			"IS NULL OR org_id = $1)",
			error, "s", batch->org_id);
	if (!rows || !db_next(rows, error))
		return FALSE;
	batch->n_missing = db_int(rows, 0);
	return TRUE;
}

gboolean knowledge_encode_missing(Store *store, const char *org_id, const KnowledgeEncoder *encoder,
				  KnowledgeProgress progress, gpointer progress_data,
				  GError **error)
{
	g_autoptr(EncodeBatch) batch = g_new0(EncodeBatch, 1);
	gint64 n_done = 0;

	batch->org_id = org_id;
	batch->encoder = encoder;
	if (!store_write_bulk(store, drop_outdated, batch, error) ||
	    !count_missing(store, batch, error))
		return FALSE;
	while (batch->n_missing > 0) {
		if (!encode_batch_read(store, batch, error))
			return FALSE;
		if (!batch->n)
			return TRUE;
		if (!encode_batch(batch, error) ||
		    !store_write_bulk(store, encode_batch_store, batch, error))
			return FALSE;
		n_done += (gint64)batch->n;
		encode_batch_empty(batch);
		if (progress &&
		    !progress(n_done, MAX(n_done, batch->n_missing), progress_data, error))
			return FALSE;
	}
	return TRUE;
}

gboolean knowledge_queue_encoding(Db *db, const char *encoding, GError **error)
{
	g_autofree char *org_id = NULL;
	g_autoptr(GError) failed = NULL;
	DbRows *rows = db_query(db,
				"SELECT org_id FROM passages WHERE vector IS NULL UNION ALL "
				"SELECT org_id FROM passages WHERE vector IS NOT NULL AND "
				"(encoding < $1 OR encoding > $1) LIMIT 1",
				error, "s", encoding);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		org_id = g_strdup(db_text(rows, 0));
	db_rows_free(rows);
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	return !org_id || job_add(db, org_id, "encode_passages", "{}", "encode_passages", error);
}

GPtrArray *knowledge_suggestions(Db *db, const char *org_id, const char *language, int n,
				 GError **error)
{
	return db_texts(db,
			"SELECT title FROM articles WHERE org_id = $1 AND language = $2 AND kind "
			"= 'faq' AND "
			"status = 'published' AND deleted_at IS NULL ORDER BY id LIMIT $3",
			error, "ssi", org_id, language, (gint64)n);
}
