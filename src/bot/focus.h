/*
 * Which sentences of a passage speak of a question, by the cosines that the encoder is taught for: what a
 * small model is given instead of the whole, since it finds nothing in many sentences, and a grammar by
 * which it can only repeat them, since it states the opposite as easily (decision 0007).
 *
 * Ownership: the Focus copies. Threads: pure but for the encoder. Limits: a passage of FOCUS_SENTENCES_MAX
 * sentences; a longer one, one with a table, a best line that is no sentence ("- gift cards"), or no
 * encoder, gives a Focus that is not sure. Errors: none.
 * Does not judge whether the passage holds the answer: that is the gate's.
 */
#pragma once

#include <glib.h>

#include "crm/knowledge.h"

enum { FOCUS_SENTENCES_MAX = 24 };

typedef struct {
	gboolean sure; /* the best sentence stands out */
	char *text;    /* the best sentence and the second best, in the passage's order */
	char *grammar; /* GBNF: both, or the best alone */
} Focus;

void focus_clear(Focus *focus);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Focus, focus_clear)

void focus_find(const KnowledgeEncoder *encoder, const char *question, const char *passage,
		Focus *ret_focus);

/* The rule, for tests: places of the best and the second best of n cosines (the same when there is one),
 * and whether the best stands out. */
gboolean focus_choose(const float *cosines, guint n, guint *ret_best, guint *ret_second);
