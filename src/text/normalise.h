/*
 * One text, two forms: the clean one is stored and shown, the normal one is compared, searched and
 * judged. text_clean keeps what the writer meant: valid UTF-8 (broken bytes become U+FFFD), without
 * NUL and control characters other than line feed and tab; CR LF, CR, vertical tab, form feed and
 * NEL become LF. text_normalise folds: NFKC case fold, traditional to simplified, zero-width, bidi,
 * variation selector and tag characters and control characters removed, every run of white space
 * one space, none at the ends. Folding twice changes nothing. Ownership: results belong to the
 * caller (g_free). Threads: pure functions. Errors: none, any bytes are accepted. Limits: time and
 * memory linear in the text; a normal form is at most 11 times as long (U+FDFA), usually shorter.
 * Does not undo look-alike letters of other scripts, leet or spaces put between characters; nor
 * accents (tokens do).
 */
#pragma once

#include <glib.h>

/* n < 0: up to NUL. */
char *text_normalise(const char *text, gssize n);
char *text_clean(const char *text, gssize n);
/* As text_clean, appended to out. */
void text_clean_append(GString *out, const char *text, gssize n);

/* Bytes of the longest prefix of at most n_chars code points, never inside one. n < 0: up to NUL.
 */
gsize text_prefix(const char *text, gssize n, gsize n_chars);
