/*
 * Words as a reader parts them: between spaces and signs, and by ICU's dictionaries where a script has no spaces
 * (Chinese, Japanese, Thai, Lao, Khmer, Burmese).
 * Ownership: none. Threads: any (a break iterator each). Errors: none; text is valid UTF-8.
 * Does not fold and does not index: search goes by tokenize.h, which never misses a part of a word.
 */
#pragma once

#include <glib.h>
#include <unicode/ubrk.h>

/* Byte offsets (guint32) where the text's pieces end: words, and the signs and spaces between them. The caller frees it. */
GArray *text_word_ends(const char *text);
/* The thread's own iterator over words, in no text yet: set one, and keep no other of them at work meanwhile. NULL
 * where ICU has no tables. */
UBreakIterator *text_word_iterator(void);
