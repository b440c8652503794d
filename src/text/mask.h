/*
 * Personal data out of a text before it leaves the machine, and back into the reply: phones, e-mail
 * and postal addresses, numbers of identity cards, bank cards and the like, people with what makes
 * them one (text/values.h), any other run of seven digits and more, and the names that the caller
 * gives become "[PHONE_1]", "[NAME_2]" ... The same thing has the same placeholder throughout. A
 * text that already looks like a placeholder is masked itself, so nobody can ask for another's data by
 * its number. In a reply a placeholder is recognised in lower case, with other brackets, without its
 * underscore or with a space; one that stands for nothing stays as it is.
 *
 * Ownership: results are the caller's. Threads: one at a time; no state outside. Limits: time linear in
 * the text times the number of names; MASK_MAX things, what comes behind them is "[MORE]" and does not
 * come back. Errors: none, valid UTF-8 is expected (text_clean). Does not know names that nothing
 * announces and nobody told, nor numbers spelled in English words.
 */
#pragma once

#include <glib.h>

enum { MASK_MAX = 1000, MASK_NUMBER_DIGITS = 7 };

typedef enum {
	MASK_PHONE,
	MASK_EMAIL,
	MASK_ID,
	MASK_CARD,
	MASK_NUMBER,
	MASK_NAME,
	MASK_ADDRESS,
	MASK_IP,
	MASK_TEXT,
	N_MASK_KINDS
} MaskKind;

typedef struct Mask Mask;

/* names: of people, NULL-terminated, or NULL; their parts count, too (Emily, Carter, 雨桐). */
Mask *mask_new(const char *const *names);
void mask_free(Mask *mask);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mask, mask_free)

/* More of them, for what is hidden from now on. */
void mask_add_names(Mask *mask, const char *const *names);

char *mask_hide(Mask *mask, const char *text);
/* How many different things of this kind were hidden so far. */
guint mask_count(const Mask *mask, MaskKind kind);

/* A whole reply. */
char *mask_restore(const Mask *mask, const char *text);

/* A reply in pieces: what may be a placeholder that is not whole yet waits in rest, which is the
 * caller's and empty at first. last: nothing comes behind. */
void mask_restore_piece(const Mask *mask, GString *rest, const char *piece, gsize n, gboolean last,
			GString *out);
