/*
 * The retrieval index of one organisation's knowledge, in memory: BM25 over title and body, and
 * vectors.
 *
 *   bm25(q, d)  = sum over terms t of q: idf(t) * tf * (k1 + 1) / (tf + k1 * (1 - b + b * |d| /
 *   avg)),
 *                 tf = TITLE_WEIGHT * tf_title + tf_body, idf = ln (1 + (N - df + .5) / (df + .5))
 *                 [Robertson, Zaragoza 2009]
 *   fused(q, d) = cosine + WORDS_SHARE * bm25 / (sum of idf of q's words) + LANGUAGE_BONUS when d
 *   is in q's language. While vectors are missing: bm25 / (sum of idf) + LANGUAGE_BONUS
 * Both parts are on their own fixed scales, so words count by how much of the question they
 * explain, not by being the best of poor ones, and more knowledge does not stretch the scores.
 *
 * Built once per version of the knowledge, never changed after: threads may share it. Does not
 * decide whether to answer.
 */
#pragma once

#include "store/store.h"
#include "text/spelling.h"

typedef struct RetrievalIndex RetrievalIndex;

typedef struct {
	gint64 passage_id;
	char *article_id, *title, *url, *heading, *body, *language;
	gboolean is_faq;
} IndexEntry;

/* One found passage; entry is borrowed from the index. */
typedef struct {
	const IndexEntry *entry;
	guint row;
	float bm25, cosine, fused; /* cosine is 0 when there is no vector */
} IndexHit;

/* encoding: whose vectors to take (crm/knowledge.h), or NULL. */
RetrievalIndex *index_build(Db *db, const char *org_id, const char *encoding, GError **error);
RetrievalIndex *index_ref(RetrievalIndex *index);
void index_unref(RetrievalIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RetrievalIndex, index_unref)

gint64 index_version(const RetrievalIndex *index); /* knowledge_version it was built from */
guint index_size(const RetrievalIndex *index);
gboolean index_has_vectors(const RetrievalIndex *index);

/* The English words of the knowledge; lives as long as the index. */
const Vocabulary *index_vocabulary(const RetrievalIndex *index);

/* The entry whose normalised title is exactly that text, or NULL. */
const IndexEntry *index_find_title(const RetrievalIndex *index, const char *normalised_question);
/* The one entry whose title has nearly the words of the question: idf-weighted Jaccard of at least
 * INDEX_NEAR, every number of the question in it and no second entry as near; else NULL. Words
 * alone, no encoder. */
#define INDEX_NEAR 0.8F
const IndexEntry *index_near_title(const RetrievalIndex *index, const char *normalised_question);

/* What the query's words say about themselves and about the hits: input of the gate. */
typedef struct {
	guint n_terms;
	float idf_total;   /* sum of idf of the query's distinct terms */
	float idf_unknown; /* of those that stand nowhere in the knowledge */
} QueryFacts;

/* The best passages, at most n, one per article, best first. query_vector: 384 floats or NULL
 * (words only). */
GArray *index_search(const RetrievalIndex *index, const char *question, const char *language,
		     const float *query_vector, guint n, QueryFacts *ret_facts);

/* The scores of given passages for another question: each of hits (any order, as of index_search) anew. */
void index_score(const RetrievalIndex *index, const char *question, const char *language,
		 const float *query_vector, GArray *hits, QueryFacts *ret_facts);

/* The passage that is exactly this text, or NULL: what a reply was taken from. */
const IndexEntry *index_find_body(const RetrievalIndex *index, const char *body);

/* What an entry is called where people choose: the question, or the document with the section. The caller
 * frees it. */
char *index_entry_name(const IndexEntry *entry);
/* The first entry that is called so, or NULL. */
const IndexEntry *index_find_named(const RetrievalIndex *index, const char *name);

/* Share of the query's idf that stands in the hit's title / anywhere in it; share of the title's
 * idf that stands in the query. */
typedef struct {
	float coverage, title_coverage, title_reverse;
} HitFacts;
HitFacts index_hit_facts(const RetrievalIndex *index, const char *question, guint row);
