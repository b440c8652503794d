/*
 * Sentences of Chinese and English. A sentence ends
 * - behind 。！？｡ … and !, ? (runs of them together), with the quotes and brackets that close behind
 * them;
 * - behind a full stop that is no decimal, abbreviation ("Dr.", "e.g.", "Inc." inside a sentence),
 * initial or list number;
 * - at an empty line, and at a line end unless the next line goes on in lower case or the line ends
 * in a comma (wrapped text).
 * Spans are byte ranges of the text, without white space around, in order, and leave out nothing
 * else. Threads: pure. Errors: none, any bytes are accepted. Limits: time linear in the text. Does
 * not look into quotations: a full sentence inside quotes is a sentence.
 */
#pragma once

#include <glib.h>

typedef struct {
	gsize start, end;
} TextSpan;

/* The next sentence from *at on, which moves behind it; FALSE at the end. Begin with *at = 0. */
gboolean text_sentence_next(const char *text, gsize n_bytes, gsize *at, TextSpan *ret_span);
/* All of them: GArray of TextSpan, the caller's. */
GArray *text_sentences(const char *text, gsize n_bytes);
