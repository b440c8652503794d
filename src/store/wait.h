/*
 * Who waits for the database's one write lock, over all processes: a small file mapped by each of
 * them (DIR/zhiyin.wait). A waiter stamps the time again and again while it waits, so that one
 * killed in its wait is forgotten a few milliseconds later.
 * Threads and processes: every function is safe from any. Fails never: without the file nobody is
 * seen waiting.
 * Does not lock anything.
 */
#pragma once

#include <glib.h>

typedef struct WaitFile WaitFile;

typedef enum { WAIT_URGENT, WAIT_BULK, WAIT_N_KINDS } WaitKind;

/* NULL when the file cannot be made (no room, no rights). */
WaitFile *wait_open(const char *path);
void wait_close(WaitFile *file);
void wait_note(WaitFile *file, WaitKind kind);
/* How long ago somebody was last seen waiting; G_MAXINT64: never. */
gint64 wait_age_us(WaitFile *file, WaitKind kind);
/* TRUE when somebody waited less than within_us ago and after the moment since_us
 * (clock_monotonic_us). */
gboolean wait_seen(WaitFile *file, WaitKind kind, gint64 within_us, gint64 since_us);
