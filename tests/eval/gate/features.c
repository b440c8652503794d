/* For fit.py: what the gate sees for each question, from the very code that judges. Reads questions,
 * one a line, from standard input; writes {"title", "first": {...}, "words": {...}} a line: title of
 * the best article and features, with the encoder's vectors and by words alone. */
#include <stdio.h>
#include <string.h>

#include "bot/gate.h"
#include "crm/organisation.h"
#include "ml/encoder.h"
#include "text/language.h"
#include "text/normalise.h"
#include "text/tokenize.h"

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

static gboolean put_question(const RetrievalIndex *index, const Encoder *encoder,
			     const char *original, GError **error)
{
	g_autofree char *question = text_normalise(original, -1);
	const char *language = text_language(original) == LANGUAGE_EN ? "en" : "zh";
	const IndexEntry *near = index_near_title(index, question);
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	float vector[ENCODER_DIMENSIONS];

	if (!encoder_encode(encoder, ENCODER_QUERY, &original, 1, vector, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "near", near ? near->title : NULL);
	put_features("vectors", index, question, language, vector, &w);
	put_features("words", index, question, language, NULL, &w);
	json_object_end(&w);
	puts(out->str);
	return TRUE;
}

static RetrievalIndex *open_index(const char *path, GError **error)
{
	StoreOptions options = {.path = path, .tokenize = text_tokenize};
	g_autoptr(Store) store = store_open(&options, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	char org_id[37];

	return db && organisation_first(db, org_id, error) ? index_build(db, org_id, error) : NULL;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RetrievalIndex) index = argc == 3 ? open_index(argv[1], &error) : NULL;
	g_autoptr(Encoder) encoder = index ? encoder_open(argv[2], 2, &error) : NULL;
	g_autoptr(GString) line = g_string_new(NULL);
	int c;

	if (argc != 3) {
		fputs("usage: features DATA ENCODER < questions\n", stderr);
		return 2;
	}
	while (encoder && (c = getchar()) != EOF) {
		if (c != '\n') {
			g_string_append_c(line, (char)c);
			continue;
		}
		if (!put_question(index, encoder, line->str, &error))
			break;
		g_string_truncate(line, 0);
	}
	if (error)
		fprintf(stderr, "features: %s\n", error->message);
	return error != NULL;
}
