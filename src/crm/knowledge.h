/*
 * Knowledge: articles cut into passages (what retrieval searches), and the files they come from. An
 * FAQ article is one passage; a document is cut at its headings. The organisation's
 * knowledge_version rises with every change, so that an index in memory knows that it is old.
 * Vectors are filled in afterwards (worker or command): a passage without one is found by its words
 * alone.
 */
#pragma once

#include <jansson.h>

#include "crm/objects.h"
#include "store/store.h"

/* Hooks of the object table. */
void knowledge_article_prepare(json_t *fields);
gboolean knowledge_article_changed(Db *db, const Principal *principal, const char *record_id,
				   RecordChange what, GError **error);

/* -1 with error. */
gint64 knowledge_version(Db *db, const char *org_id, GError **error);
/* Notes that vectors were added. */
gboolean knowledge_bump(Db *db, const char *org_id, GError **error);

typedef struct {
	gint64 id;
	const char *article_id, *title, *url, *kind, *heading, *body, *language;
	const float *
		vector; /* 384, unit length, or NULL; unaligned access is fine: copied from the row */
} KnowledgePassage;
typedef void (*PassageEach)(const KnowledgePassage *passage, gpointer data);
/* Every passage of published articles, in order of id. encoding: whose vectors are wanted; a passage
 * encoded otherwise has none. */
gboolean knowledge_each_passage(Db *db, const char *org_id, const char *encoding, PassageEach each,
				gpointer data, GError **error);

/* What an encoder is for: n texts in, n x 384 floats out; as questions or as passages. */
typedef gboolean (*KnowledgeEncode)(const char *const *texts, gsize n, gboolean as_questions,
				    float *vectors, gpointer data, GError **error);
typedef struct {
	KnowledgeEncode encode;
	gpointer data;
	const char *encoding; /* names the weights: vectors of another name are made anew */
} KnowledgeEncoder;

/* A passage's vector is the mean of two where there is a title that says something, title and body
 * as a passage and title as a question; else of the body as a passage. Encodes passages that lack a
 * vector of this encoding, in batches, each stored at once; progress may be NULL, and its FALSE
 * stops. org_id NULL = all. */
typedef gboolean (*KnowledgeProgress)(gint64 n_done, gint64 n_all, gpointer data, GError **error);
gboolean knowledge_encode_missing(Store *store, const char *org_id, const KnowledgeEncoder *encoder,
				  KnowledgeProgress progress, gpointer progress_data,
				  GError **error);

/* Inside a write: queues a job when some passage has no vector of this encoding. */
gboolean knowledge_queue_encoding(Db *db, const char *encoding, GError **error);

/* Three titles of FAQ articles in that language, the same ones for the same knowledge. */
GPtrArray *knowledge_suggestions(Db *db, const char *org_id, const char *language, int n,
				 GError **error);
