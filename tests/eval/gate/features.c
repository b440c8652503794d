/* For fit.py: what the gate sees for each question, from the very code that judges. Reads questions,
 * one a line, from standard input; writes {"near", "vectors": {...}, "words": {...}} a line: title of
 * the article that is nearly the question, title of the best article and features, with the
 * encoder's vectors and by words alone. */
#include <stdio.h>
#include <string.h>

#include "app/assets.h"
#include "bot/answer.h"
#include "bot/gate.h"
#include "crm/organisation.h"
#include "text/language.h"
#include "text/normalise.h"
#include "text/pieces.h"

enum { N_HITS = 5 };

static void put_features(const char *key, const RetrievalIndex *index, const char *question,
			 const char *language, const float *vector, JsonWriter *w)
{
	double x[N_GATE_FEATURES];
	QueryFacts facts;
	g_autoptr(GArray) hits = index_search(index, question, language, vector, N_HITS, &facts);

	gate_features(index, question, hits, &facts, language, x);
	json_object_begin(w, key);
	json_put_string(w, "title", g_array_index(hits, IndexHit, 0).entry->title);
	for (int i = 0; i < N_GATE_FEATURES; i++)
		json_put_double(w, gate_feature_name(i), x[i]);
	json_object_end(w);
}

static gboolean put_question(const AnswerEngine *engine, const RetrievalIndex *index,
			     const char *original, GError **error)
{
	const KnowledgeEncoder *encoder = answer_engine_encoder(engine);
	g_autofree char *question = text_normalise(original, -1);
	const char *language = text_language(original) == LANGUAGE_EN ? "en" : "zh";
	const IndexEntry *near = index_near_title(index, question);
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	float vector[384];

	if (!encoder->encode(&original, 1, TRUE, vector, encoder->data, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "near", near ? near->title : NULL);
	put_features("vectors", index, question, language, vector, &w);
	put_features("words", index, question, language, NULL, &w);
	json_object_end(&w);
	puts(out->str);
	return TRUE;
}

static gboolean put_all(Store *store, const char *encoder, GError **error)
{
	g_autoptr(AnswerEngine) engine = answer_engine_new(store, encoder, 2, 1 << 30);
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(RetrievalIndex) index = NULL;
	char org_id[37] = "";
	int c;

	{
		g_autoptr(Db) db = db_begin_read(store, error);

		if (!db || !organisation_first(db, org_id, error))
			return FALSE;
	}
	index = answer_engine_index(engine, org_id, error);
	while (index && (c = getchar()) != EOF) {
		if (c != '\n') {
			g_string_append_c(line, (char)c);
			continue;
		}
		if (!put_question(engine, index, line->str, error))
			return FALSE;
		g_string_truncate(line, 0);
	}
	return index != NULL;
}

int main(int argc, char **argv)
{
	StoreOptions options = {.path = argc == 3 ? argv[1] : NULL,
				.tokenize = text_tokenize_pieces};
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = NULL;

	if (argc != 3) {
		fputs("usage: features DATA ENCODER < questions\n", stderr);
		return 2;
	}
	asset_register(embedded_assets, n_embedded_assets);
	store = store_open(&options, &error);
	if (store && put_all(store, argv[2], &error))
		return 0;
	fprintf(stderr, "features: %s\n", error->message);
	return 1;
}
