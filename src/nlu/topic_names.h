/* Names of groups of texts, as nlu/topics.h says. Private to it. */
#pragma once

#include <glib.h>

#include "text/terms.h"

enum { TOPIC_WORDS = 3 };

/* Whether a term may say what a text is about: no single character, no figure, no word of time and number. */
gboolean topic_term_tells(TermKind kind, gboolean weak, const char *term);

/* n_topics lists of one to TOPIC_WORDS words, the most telling first. of: the topic of each text, or -1. The caller
 * frees each and the array. */
GStrv *topic_names(const char *const *texts, const gint *of, guint n_texts, guint n_topics);
