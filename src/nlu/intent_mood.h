/*
 * The mood of a message by lexicon: three classes, and whether the writer is angry (insults;
 * threats to complain, sue or expose; money demanded back with emphasis). "How do I complain?" is a
 * calm question. Threads: pure. Errors: none; linear in the text. Does not understand irony, nor
 * who a word is about.
 */
#pragma once

#include "nlu/intent.h"

/* text: normalised; plain: its plain form. */
void mood_judge(const char *text, const char *plain, Sentiment *ret_sentiment, gboolean *ret_angry);
