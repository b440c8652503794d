/*
 * How far a long piece of work is: one line on standard error with share, rate and time left,
 * redrawn at most ten times a second; only on a terminal and not with --quiet, so that a pipe sees
 * nothing.
 * Threads: one at a time. Does not estimate: the rate is the average so far.
 */
#pragma once

#include <glib.h>

typedef struct Progress Progress;

/* label: "encoding"; unit: "texts"; total 0 = unknown. Both texts are borrowed and must stay. */
Progress *progress_new(const char *label, const char *unit, guint64 total, gboolean quiet);
void progress_set(Progress *progress, guint64 done);
/* Takes the line away and frees. NULL is fine. */
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* The line for a state; the caller frees it. */
char *progress_text(const char *label, const char *unit, guint64 done, guint64 total,
		    gint64 elapsed_us);
