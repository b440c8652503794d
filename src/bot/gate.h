/*
 * The gate: does the knowledge hold the answer? A logistic model over facts of the query, the best
 * hit and the others, its weights calibrated on our own cases (tests/eval/gate/fit.py). Not one
 * cosine threshold. Without vectors the words alone decide, by weights of their own.
 * Threads: pure. Does not rank: that is the index.
 */
#pragma once

#include "bot/index.h"

typedef struct {
	double probability;		  /* that the first hit answers */
	gboolean answer;		  /* above the upper threshold */
	gboolean clarify;		  /* between the two: offer the best titles */
	double answer_from, clarify_from; /* the thresholds */
} GateVerdict;

typedef enum {
#define GATE(name, with_vectors, words_only) GATE_##name,
#include "bot/gate_weights.def"
#undef GATE
	N_GATE_FEATURES
} GateFeature;

/* hits: from index_search, best first. question: normalised. */
GateVerdict gate_judge(const RetrievalIndex *index, const char *question, const GArray *hits,
		       const QueryFacts *facts, gboolean has_vector, const char *language);

/* What the model sees, for its calibration: x has N_GATE_FEATURES. There must be a hit. */
void gate_features(const RetrievalIndex *index, const char *question, const GArray *hits,
		   const QueryFacts *facts, const char *language, double *x);
/* "ONE", "COSINE" ... */
const char *gate_feature_name(GateFeature feature);
