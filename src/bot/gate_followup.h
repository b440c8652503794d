/*
 * The gate for a question that leans on what came before it. Together with the words it leans on it is
 * near to what was just answered, whatever it asks, so the two together must not open the gate. A
 * passage answers
 *
 * - when it passes the gate by the question's own words, and the two together do not speak against it;
 * - or when it was spoken of (it answered last; where nothing did, the two together find it first), the
 *   two together pass, and the question's own words stand in it, or the question asks for nothing but a
 *   figure and it has one of that kind;
 * - or when a model made one question of the two (rewritten), that passes by far, and the question's own
 *   words do not speak against it.
 *
 * So but for the passage that was spoken of, and without a model, it opens to nothing that would not open to
 * the question alone. Calibrated on tests/eval/followup, judged there.
 * Threads: pure. Ownership: what goes in is borrowed. Does not see the conversation: nlu/followup.h does.
 */
#pragma once

#include "bot/gate.h"
#include "nlu/followup.h"

typedef struct {
	const char *own, *joint; /* normal forms; joint is not the own question alone */
	const float *own_vector, *joint_vector; /* both, or neither */
	const char *language;
	Lean lean;
	gboolean rewritten;
	const IndexEntry *before; /* or NULL */
} FollowUp;

/* *ret_hits: IndexHit, best first, at most n; the verdict is about the first. The caller unrefs it. */
GateVerdict gate_followup(const RetrievalIndex *index, const FollowUp *question, guint n,
			  GArray **ret_hits);
