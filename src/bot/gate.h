/*
 * The gate: does the knowledge hold the answer? A logistic model over facts of the query, the best
 * hit and the second, its weights calibrated on our own cases (tests/eval/gate), its zones per
 * language. Not one cosine threshold. Threads: pure.
 */
#pragma once

#include "bot/index.h"

typedef struct {
	double probability; /* that the first hit answers */
	gboolean answer;    /* above the upper threshold */
	gboolean clarify;   /* between the two: offer the best titles */
} GateVerdict;

/* hits: from index_search, best first. question: normalised. */
GateVerdict gate_judge(const RetrievalIndex *index, const char *question, const GArray *hits,
		       const QueryFacts *facts, gboolean has_vector, const char *language);
