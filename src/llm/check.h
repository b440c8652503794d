/*
 * The gate behind every model: what a text states must stand in its sources, or the text is not shown.
 *
 * - every number, percentage, price, date, time and weekday (text/figures.h: 三十天 is 30 days), link
 *   and e-mail address stands in a cited passage; a number keeps its unit;
 * - no promise (promises.def: 免费, refund, guarantee ...) whose kind no passage makes;
 * - a name (quoted, capitalised within a sentence, Latin letters with digits, any Latin word in a
 *   Chinese text) stands in a passage or in the question;
 * - six of ten words that say something are the passages' (where all passages are in the language of the
 *   answer), in a short text one of them;
 * - the language is that of the question;
 * - no eight words in a row of the fixed prompt unless a passage has them, no secret marker;
 * - nothing that a passage denies ("不能水洗", "cannot be moved"), and not the question itself, nor a
 *   clause of it that no passage has;
 * - no control or invisible characters, HTML, images, Markdown links; of Markdown only bold and lists;
 * - neither too long nor the same again and again.
 *
 * A stream is judged sentence by sentence: check_feed() lets a sentence out when CHECK_HOLD_BACK
 * characters stand behind it, so nothing let out can still become part of a fault; the first ones wait
 * until one of them stands on the sources. The first fault ends it: nothing more comes out. What was let
 * out before stays out, and was in order.
 *
 * Ownership: a Check copies what it needs of its sources. Threads: one thread at a time; no state
 * outside. Limits: time linear in text and sources; the text has at most CHECK_MAX_CHARS characters.
 * Errors: none, a fault is an answer. Does not understand: a sentence of true facts that answers
 * another question passes, so does a Chinese name that nothing marks as one, and a first word of an
 * English sentence is not taken for a name.
 */
#pragma once

#include <glib.h>

enum { CHECK_HOLD_BACK = 64, CHECK_MAX_CHARS = 8000, CHECK_NGRAM = 8 };

typedef enum {
#define CHECK_ROW(id, name, help) CHECK_##id,
#include "llm/check.def"
#undef CHECK_ROW
	N_CHECK_FAULTS
} CheckFault;

/* "number", "promise", ... */
const char *check_fault_name(CheckFault fault);
const char *check_fault_help(CheckFault fault);

typedef struct {
	const char *const *passages; /* what the answer may rest on; NULL-terminated, or NULL */
	const char *question;	     /* what the customer wrote, or NULL */
	const char *language;	     /* "zh", "en", or NULL = any */
	const char *fixed;	     /* the fixed part of the prompt, or NULL */
	const char *const *secrets;  /* markers and canaries; NULL-terminated, or NULL */
	guint max_chars;	     /* 0 = CHECK_MAX_CHARS */
	gboolean loose; /* own words are welcome (a summary, a draft): no UNSUPPORTED, no ECHO */
} CheckSources;

typedef struct Check Check;

Check *check_new(const CheckSources *sources);
void check_free(Check *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Check, check_free)

/* More text; what may be shown is appended to released. FALSE: there is a fault. */
gboolean check_feed(Check *check, const char *piece, gsize n_bytes, GString *released);
/* No more comes. complete FALSE (token limit, deadline): a last sentence without its end is dropped.
 * FALSE: there is a fault, which nothing at all (EMPTY) is, too. */
gboolean check_end(Check *check, gboolean complete, GString *released);
CheckFault check_fault(const Check *check);
/* What was at fault: for staff and tests, never for the log. NULL without one. */
const char *check_detail(const Check *check);

/* A whole text at once. The caller frees *ret_detail (may be NULL). */
CheckFault check_text(const CheckSources *sources, const char *text, char **ret_detail);
