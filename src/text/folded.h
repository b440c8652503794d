/*
 * A copy of a text in which things are looked for, and where each of its bytes came from: full-width
 * signs are plain, every dash is '-', digits of all scripts are ASCII, traditional characters are
 * simplified, invisible characters and accents that stand alone are gone. Letters keep their case in
 * `text`; `lower` is the same, byte for byte at the same places, in lower case. Lines stay lines.
 * Ownership: folded_clear frees what it holds. Threads: pure. Errors: none, valid UTF-8 is expected
 * (text_clean). Limits: linear. Private to the text layer.
 */
#pragma once

#include <glib.h>

typedef struct {
	GString *text, *lower;
	GArray *offsets; /* gsize: for each byte and the end, where it stands in the original */
} Folded;

Folded folded_new(const char *text);
void folded_clear(Folded *folded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Folded, folded_clear)
/* Where byte at of the copy stands in the original. */
gsize folded_origin(const Folded *folded, gsize at);
