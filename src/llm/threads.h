/*
 * How many threads the model may compute with just now: all processors when the machine is idle, fewer
 * when others (the server above all) need some. On two processors a second thread with a busy neighbour
 * halves the speed of both, for the threads wait for each other at every layer.
 *
 * Ownership: the watch holds one descriptor, opened at its beginning, so that it works behind the
 * sandbox. Threads: one. Limits: looks at most every THREADS_LOOK_MS. Where the kernel's figures
 * cannot be had it stays with one thread less than there are processors.
 * Does not look at single processes.
 */
#pragma once

#include <glib.h>

enum { THREADS_LOOK_MS = 200 };

typedef struct {
	int fd;
	guint n_processors, n_threads;
	gboolean looked; /* since its beginning */
	gint64 looked_us;
	guint64 busy_us, own_us; /* at the last look */
	double others;		 /* processors that others use, smoothed */
} ThreadWatch;

void thread_watch_begin(ThreadWatch *watch);
void thread_watch_end(ThreadWatch *watch);
/* The number for the next batch. */
guint thread_watch_look(ThreadWatch *watch, gint64 now_us);

/* The rule, for tests: so many processors, so many threads now, so many used by others. */
guint threads_choose(guint n_processors, guint n_threads, double others);
/* Busy time of all processors from the first line of /proc/stat, in microseconds; FALSE when it is
 * not of that form. ticks: of the kernel's clock, per second. */
gboolean threads_parse_busy(const char *text, gint64 ticks, guint64 *ret_busy_us);
