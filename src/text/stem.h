/*
 * English stems by the published Porter2 ("English" of Snowball) algorithm: refunds, refunded,
 * refunding -> refund. Ownership: the word is changed in place. Threads: pure. Errors: none.
 * Limits: words of a to z in lower case, without apostrophes; any other word is left as it is. Does
 * not know irregular forms (bought, mice) and is not made for other languages.
 */
#pragma once

#include <glib.h>

/* word: n bytes, room for n + 1 (a stem may get an e back). Returns the length of the stem. */
int text_stem(char *word, int n);
