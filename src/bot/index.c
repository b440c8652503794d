/* Postings in flat arrays; a query touches only the passages that share a term with it, the cosine
 * touches all. */
#include "bot/index.h"

#include <math.h>
#include <string.h>

#include "crm/knowledge.h"
#include "ml/encoder.h"
#include "ml/vector.h"
#include "text/normalise.h"
#include "text/terms.h"

#define K1 1.2F
#define B 0.75F
#define TITLE_WEIGHT 2.0F
#define WEAK_WEIGHT 0.3F
#define LANGUAGE_BONUS 0.03F
#define WORDS_SHARE 0.3F

typedef struct {
	guint32 row;
	guint16 n_title, n_body;
} Posting;

typedef struct {
	GArray *postings; /* Posting, rows ascending */
	gboolean weak;
	float idf;
} Term;

struct RetrievalIndex {
	gint64 version;
	GPtrArray *entries; /* IndexEntry */
	GHashTable *terms;  /* text -> Term */
	GHashTable *titles; /* normalised title -> IndexEntry, not owned */
	Vocabulary *vocabulary;
	GArray *lengths;   /* float per entry */
	GArray *title_idf; /* float per entry: sum of idf of the title's distinct terms */
	float average_length;
	VectorStore *vectors; /* one an entry */
	gsize n_vectors;      /* entries that have one */
};

static void entry_free(gpointer data)
{
	IndexEntry *entry = data;

	g_free(entry->article_id);
	g_free(entry->title);
	g_free(entry->url);
	g_free(entry->heading);
	g_free(entry->body);
	g_free(entry->language);
	g_free(entry);
}

static void term_free(gpointer data)
{
	Term *term = data;

	g_array_unref(term->postings);
	g_free(term);
}

static void index_clear(gpointer data)
{
	RetrievalIndex *index = data;

	g_ptr_array_unref(index->entries);
	g_hash_table_unref(index->terms);
	g_hash_table_unref(index->titles);
	vocabulary_free(index->vocabulary);
	g_array_unref(index->lengths);
	g_array_unref(index->title_idf);
	vector_store_free(index->vectors);
}

const Vocabulary *index_vocabulary(const RetrievalIndex *index)
{
	return index->vocabulary;
}

RetrievalIndex *index_ref(RetrievalIndex *index)
{
	return g_atomic_rc_box_acquire(index);
}

void index_unref(RetrievalIndex *index)
{
	if (index)
		g_atomic_rc_box_release_full(index, index_clear);
}

/* ---- building ------------------------------------------------------------------------------------------------ */

typedef struct {
	RetrievalIndex *index;
	guint32 row;
	gboolean in_title;
	float length;
} TermSink;

static int add_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	TermSink *sink = data;
	Term *term = g_hash_table_lookup(sink->index->terms, text);
	Posting *last;

	(void)kind;
	if (!term) {
		term = g_new0(Term, 1);
		term->weak = weak;
		term->postings = g_array_new(FALSE, FALSE, sizeof(Posting));
		g_hash_table_insert(sink->index->terms, g_strndup(text, n_bytes), term);
	}
	last = term->postings->len
		       ? &g_array_index(term->postings, Posting, term->postings->len - 1)
		       : NULL;
	if (!last || last->row != sink->row) {
		Posting fresh = {.row = sink->row};

		g_array_append_val(term->postings, fresh);
		last = &g_array_index(term->postings, Posting, term->postings->len - 1);
	}
	if (sink->in_title)
		last->n_title = (guint16)MIN(last->n_title + 1, G_MAXUINT16);
	else
		last->n_body = (guint16)MIN(last->n_body + 1, G_MAXUINT16);
	sink->length += sink->in_title ? TITLE_WEIGHT : 1.0F;
	return 0;
}

static void add_passage(const KnowledgePassage *passage, gpointer data)
{
	RetrievalIndex *index = data;
	IndexEntry *entry = g_new0(IndexEntry, 1);
	const char *title = passage->heading ? passage->heading : passage->title;
	TermSink sink = {.index = index, .row = index->entries->len, .in_title = TRUE};

	entry->passage_id = passage->id;
	entry->article_id = g_strdup(passage->article_id);
	entry->title = g_strdup(passage->title);
	entry->url = g_strdup(passage->url);
	entry->heading = g_strdup(passage->heading);
	entry->body = g_strdup(passage->body);
	entry->language = g_strdup(passage->language);
	entry->is_faq = g_strcmp0(passage->kind, "faq") == 0;
	g_ptr_array_add(index->entries, entry);
	vocabulary_add(index->vocabulary, title);
	vocabulary_add(index->vocabulary, entry->body);
	text_foreach_term(title, strlen(title), add_term, &sink);
	sink.in_title = FALSE;
	text_foreach_term(entry->body, strlen(entry->body), add_term, &sink);
	g_array_append_val(index->lengths, sink.length);
	index->average_length += sink.length;
	vector_store_add(index->vectors, passage->vector);
	index->n_vectors += passage->vector != NULL;
	if (entry->is_faq)
		g_hash_table_insert(index->titles, text_normalise(entry->title, -1), entry);
}

static void finish_terms(RetrievalIndex *index)
{
	GHashTableIter iter;
	gpointer value;
	float n = (float)index->entries->len;

	g_array_set_size(index->title_idf, index->entries->len);
	g_hash_table_iter_init(&iter, index->terms);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		Term *term = value;
		float df = (float)term->postings->len;

		term->idf = logf(1.0F + (n - df + 0.5F) / (df + 0.5F)) *
			    (term->weak ? WEAK_WEIGHT : 1.0F);
		for (guint i = 0; i < term->postings->len; i++) {
			const Posting *posting = &g_array_index(term->postings, Posting, i);

			if (posting->n_title)
				g_array_index(index->title_idf, float, posting->row) += term->idf;
		}
	}
	index->average_length = n > 0 ? index->average_length / n : 1.0F;
}

RetrievalIndex *index_build(Db *db, const char *org_id, const char *encoding, GError **error)
{
	g_autoptr(RetrievalIndex) index = g_atomic_rc_box_new0(RetrievalIndex);

	index->entries = g_ptr_array_new_with_free_func(entry_free);
	index->vocabulary = vocabulary_new();
	index->terms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, term_free);
	index->titles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	index->vectors = vector_store_new();
	index->lengths = g_array_new(FALSE, FALSE, sizeof(float));
	index->title_idf = g_array_new(FALSE, TRUE, sizeof(float));
	index->version = knowledge_version(db, org_id, error);
	if (index->version < 0 ||
	    !knowledge_each_passage(db, org_id, encoding, add_passage, index, error))
		return NULL;
	finish_terms(index);
	vector_store_trim(index->vectors);
	return g_steal_pointer(&index);
}

gint64 index_version(const RetrievalIndex *index)
{
	return index->version;
}

guint index_size(const RetrievalIndex *index)
{
	return index->entries->len;
}

gboolean index_has_vectors(const RetrievalIndex *index)
{
	return index->n_vectors > 0;
}

const IndexEntry *index_find_title(const RetrievalIndex *index, const char *normalised_question)
{
	return g_hash_table_lookup(index->titles, normalised_question);
}

/* ---- searching ----------------------------------------------------------------------------------------------- */

typedef struct {
	const RetrievalIndex *index;
	GHashTable *seen; /* distinct terms of the query: text -> Term or NULL */
	float *bm25;	  /* per entry, or NULL when only facts are wanted */
	QueryFacts facts;
} Query;

static void score_term(Query *query, const Term *term)
{
	for (guint i = 0; i < term->postings->len; i++) {
		const Posting *posting = &g_array_index(term->postings, Posting, i);
		float tf = TITLE_WEIGHT * posting->n_title + posting->n_body;
		float length = g_array_index(query->index->lengths, float, posting->row);
		float norm = K1 * (1.0F - B + B * length / query->index->average_length);

		query->bm25[posting->row] += term->idf * tf * (K1 + 1.0F) / (tf + norm);
	}
}

static int query_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	Query *query = data;
	const Term *term = g_hash_table_lookup(query->index->terms, text);
	float unknown = logf(1.0F + ((float)query->index->entries->len + 0.5F) / 0.5F) *
			(weak ? WEAK_WEIGHT : 1.0F);

	(void)kind;
	(void)n_bytes;
	if (g_hash_table_contains(query->seen, text))
		return 0;
	g_hash_table_insert(query->seen, g_strdup(text), (gpointer)(guintptr)term);
	query->facts.n_terms++;
	query->facts.idf_total += term ? term->idf : unknown;
	if (!term)
		query->facts.idf_unknown += unknown;
	else if (query->bm25)
		score_term(query, term);
	return 0;
}

/* Of the rows that have a vector; a cosine of exactly 0 says that a row has none. */
static float mean_cosine(const float *cosine, guint n_rows)
{
	double sum = 0;
	guint n = 0;

	for (guint row = 0; row < n_rows; row++) {
		sum += cosine[row];
		n += cosine[row] != 0;
	}
	return n ? (float)(sum / n) : 0;
}

static int hit_better(gconstpointer a, gconstpointer b)
{
	const IndexHit *x = a, *y = b;

	return x->fused > y->fused   ? -1
	       : x->fused < y->fused ? 1
				     : (x->row > y->row) - (x->row < y->row);
}

/* The n best rows, one per article: a bounded insertion, since n is small. */
static void keep_hit(GArray *hits, guint n, const IndexHit *hit)
{
	for (guint i = 0; i < hits->len; i++) {
		IndexHit *other = &g_array_index(hits, IndexHit, i);

		if (g_str_equal(other->entry->article_id, hit->entry->article_id)) {
			if (hit->fused > other->fused)
				*other = *hit;
			g_array_sort(hits, hit_better);
			return;
		}
	}
	if (hits->len == n && g_array_index(hits, IndexHit, n - 1).fused >= hit->fused)
		return;
	if (hits->len == n)
		g_array_set_size(hits, n - 1);
	g_array_append_val(hits, *hit);
	g_array_sort(hits, hit_better);
}

/* What a query gives to each row; cosine NULL: words alone. */
typedef struct {
	float *bm25, *cosine;
	float usual; /* cosine of a row without a vector */
	QueryFacts facts;
	const char *language;
} Scores;

static void scores_clear(Scores *scores)
{
	g_free(scores->bm25);
	g_free(scores->cosine);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Scores, scores_clear)

static void score_rows(const RetrievalIndex *index, const char *question, const char *language,
		       const float *query_vector, Scores *ret_scores)
{
	Query query = {.index = index, .bm25 = g_new0(float, index->entries->len + 1)};

	query.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	text_foreach_term(question, strlen(question), query_term, &query);
	g_hash_table_unref(query.seen);
	*ret_scores = (Scores){.bm25 = query.bm25, .facts = query.facts, .language = language};
	if (!query_vector || !index_has_vectors(index))
		return;
	ret_scores->cosine = g_new(float, index->entries->len);
	vector_store_scores(index->vectors, query_vector, ret_scores->cosine);
	ret_scores->usual = mean_cosine(ret_scores->cosine, index->entries->len);
}

static IndexHit score_hit(const RetrievalIndex *index, const Scores *scores, guint row)
{
	const IndexEntry *entry = g_ptr_array_index(index->entries, row);
	float per_idf = (scores->cosine ? WORDS_SHARE : 1) / (scores->facts.idf_total + 1e-6F);
	float meaning =
		scores->cosine && scores->cosine[row] != 0 ? scores->cosine[row] : scores->usual;
	float bonus = g_strcmp0(entry->language, scores->language) == 0 ? LANGUAGE_BONUS : 0;

	return (IndexHit){entry, row, scores->bm25[row], meaning,
			  scores->bm25[row] * per_idf + meaning + bonus};
}

GArray *index_search(const RetrievalIndex *index, const char *question, const char *language,
		     const float *query_vector, guint n, QueryFacts *ret_facts)
{
	GArray *hits = g_array_new(FALSE, FALSE, sizeof(IndexHit));
	g_auto(Scores) scores = {0};

	score_rows(index, question, language, query_vector, &scores);
	for (guint row = 0; row < index->entries->len; row++) {
		IndexHit hit = score_hit(index, &scores, row);

		if (hits->len < n || hit.fused > g_array_index(hits, IndexHit, hits->len - 1).fused)
			keep_hit(hits, n, &hit);
	}
	*ret_facts = scores.facts;
	return hits;
}

void index_score(const RetrievalIndex *index, const char *question, const char *language,
		 const float *query_vector, GArray *hits, QueryFacts *ret_facts)
{
	g_auto(Scores) scores = {0};

	score_rows(index, question, language, query_vector, &scores);
	for (guint i = 0; i < hits->len; i++) {
		IndexHit *hit = &g_array_index(hits, IndexHit, i);

		*hit = score_hit(index, &scores, hit->row);
	}
	*ret_facts = scores.facts;
}

const IndexEntry *index_find_body(const RetrievalIndex *index, const char *body)
{
	for (guint row = 0; row < index->entries->len; row++) {
		const IndexEntry *entry = g_ptr_array_index(index->entries, row);

		if (g_str_equal(entry->body, body))
			return entry;
	}
	return NULL;
}

/* "Warranty > 4. Mattresses" -> "Mattresses". */
static const char *section_of(const char *heading)
{
	const char *last = g_strrstr(heading, " > ");
	const char *section = last ? last + strlen(" > ") : heading;
	gsize number = strspn(section, "0123456789.) ");

	return section[number] ? section + number : section;
}

char *index_entry_name(const IndexEntry *entry)
{
	const char *section = entry->heading ? section_of(entry->heading) : "";

	if (entry->is_faq || !*section || g_str_equal(section, entry->title))
		return g_strdup(entry->title);
	return g_strconcat(entry->title, g_str_equal(entry->language, "zh") ? "：" : ": ", section,
			   NULL);
}

const IndexEntry *index_find_named(const RetrievalIndex *index, const char *name)
{
	for (guint row = 0; row < index->entries->len; row++) {
		const IndexEntry *entry = g_ptr_array_index(index->entries, row);
		g_autofree char *called = index_entry_name(entry);

		if (g_str_equal(called, name))
			return entry;
	}
	return NULL;
}

/* ---- nearly the title itself --------------------------------------------------------------------------------- */

typedef struct {
	const RetrievalIndex *index;
	GHashTable *seen;    /* distinct terms of the question */
	GHashTable *overlap; /* row + 1 -> float *: idf of the shared title terms */
	GHashTable *numbers; /* row + 1 -> how many of the question's numbers its title has */
	guint n_numbers;
	float idf_total;
} NearTitle;

static void count_number(NearTitle *near, guint row)
{
	gpointer key = GUINT_TO_POINTER(row + 1);
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(near->numbers, key));

	g_hash_table_insert(near->numbers, key, GUINT_TO_POINTER(n + 1));
}

static void near_add(NearTitle *near, const Term *term, TermKind kind)
{
	for (guint i = 0; i < term->postings->len; i++) {
		const Posting *posting = &g_array_index(term->postings, Posting, i);
		gpointer key = GUINT_TO_POINTER(posting->row + 1);
		float *overlap;

		if (!posting->n_title)
			continue;
		overlap = g_hash_table_lookup(near->overlap, key);
		if (!overlap) {
			overlap = g_new0(float, 1);
			g_hash_table_insert(near->overlap, key, overlap);
		}
		*overlap += term->idf;
		if (kind == TERM_NUMBER)
			count_number(near, posting->row);
	}
}

static int near_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	NearTitle *near = data;
	const Term *term = g_hash_table_lookup(near->index->terms, text);
	float unknown = logf(1.0F + ((float)near->index->entries->len + 0.5F) / 0.5F) *
			(weak ? WEAK_WEIGHT : 1.0F);

	if (!g_hash_table_add(near->seen, g_strndup(text, n_bytes)))
		return 0;
	near->idf_total += term ? term->idf : unknown;
	near->n_numbers += kind == TERM_NUMBER;
	if (term)
		near_add(near, term, kind);
	return 0;
}

static const IndexEntry *near_best(const NearTitle *near)
{
	const IndexEntry *found = NULL;
	GHashTableIter iter;
	gpointer key, value;
	guint n_found = 0;

	g_hash_table_iter_init(&iter, near->overlap);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		guint row = GPOINTER_TO_UINT(key) - 1;
		const IndexEntry *entry = g_ptr_array_index(near->index->entries, row);
		float shared = *(const float *)value;
		float all = near->idf_total + g_array_index(near->index->title_idf, float, row) -
			    shared;

		if (!entry->is_faq || shared < INDEX_NEAR * all ||
		    GPOINTER_TO_UINT(g_hash_table_lookup(near->numbers, key)) < near->n_numbers)
			continue;
		found = entry;
		n_found++;
	}
	return n_found == 1 ? found : NULL;
}

const IndexEntry *index_near_title(const RetrievalIndex *index, const char *normalised_question)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) overlap = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_autoptr(GHashTable) numbers = g_hash_table_new(NULL, NULL);
	NearTitle near = {.index = index, .seen = seen, .overlap = overlap, .numbers = numbers};

	text_foreach_term(normalised_question, strlen(normalised_question), near_term, &near);
	return near_best(&near);
}

/* ---- facts about a hit --------------------------------------------------------------------------------------- */

static gboolean term_in_row(const Term *term, guint row, gboolean *ret_title)
{
	guint low = 0, high = term->postings->len;

	while (low < high) {
		guint middle = (low + high) / 2;
		const Posting *posting = &g_array_index(term->postings, Posting, middle);

		if (posting->row == row) {
			*ret_title = posting->n_title > 0;
			return TRUE;
		}
		if (posting->row < row)
			low = middle + 1;
		else
			high = middle;
	}
	return FALSE;
}

HitFacts index_hit_facts(const RetrievalIndex *index, const char *question, guint row)
{
	Query query = {.index = index};
	HitFacts facts = {0};
	GHashTableIter iter;
	gpointer value;
	float in_title = 0, in_any = 0, title_idf = g_array_index(index->title_idf, float, row);

	query.seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	text_foreach_term(question, strlen(question), query_term, &query);
	g_hash_table_iter_init(&iter, query.seen);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Term *term = value;
		gboolean title = FALSE;

		if (!term || !term_in_row(term, row, &title))
			continue;
		in_any += term->idf;
		if (title)
			in_title += term->idf;
	}
	g_hash_table_unref(query.seen);
	facts.coverage = in_any / MAX(query.facts.idf_total, 1e-6F);
	facts.title_coverage = in_title / MAX(query.facts.idf_total, 1e-6F);
	facts.title_reverse = in_title / MAX(title_idf, 1e-6F);
	return facts;
}
