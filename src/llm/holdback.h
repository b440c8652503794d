/*
 * Text as it comes from a model, made fit to be shown: whole UTF-8 characters only (bytes that are
 * none become U+FFFD), and nothing of a stop word, even if it comes in several pieces: what could be
 * the beginning of one is held back until it is clear. The stop word that begins first ends the text.
 *
 * Ownership: the stop words are copied; what is given out points into the hold-back until its next
 * call. Threads: one at a time. Limits: a piece of any length; at most as much is held back as the
 * longest stop word has, and three bytes. Does not look at what the text says.
 */
#pragma once

#include <glib.h>

typedef struct HoldBack HoldBack;

/* stops: words one after the other, each ended by a NUL, n_stops bytes in all; empty ones do not
 * count. */
HoldBack *holdback_new(const char *stops, gsize n_stops);
void holdback_free(HoldBack *holdback);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HoldBack, holdback_free)

/* Adds a piece. Gives the text that may go out now (maybe none); TRUE when a stop word has ended it:
 * nothing comes after that. */
gboolean holdback_feed(HoldBack *holdback, const char *piece, gsize n_bytes, const char **ret_text,
		       gsize *ret_n_bytes);
/* The text is at its end: gives what was held back, but for a character that is not whole. */
void holdback_end(HoldBack *holdback, const char **ret_text, gsize *ret_n_bytes);
