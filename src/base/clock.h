/*
 * The time of day and random bytes, which tests can fix.
 * ZHIYIN_TEST_CLOCK (milliseconds since 1970, then advancing by one per reading) and
 * ZHIYIN_TEST_SEED are read once, only in builds of the test suite that call
 * clock_fix()/random_fix(). Threads: all functions are safe from any thread.
 */
#pragma once

#include <glib.h>

#define CLOCK_TEXT_LENGTH 24 /* "2026-11-23T08:00:00.123Z" */

/* Milliseconds since 1970-01-01 UTC. */
gint64 clock_now_ms(void);
/* Monotonic microseconds: for deadlines and durations, never stored. */
gint64 clock_monotonic_us(void);
/* Microseconds of processor time that the calling thread has used. */
gint64 clock_thread_us(void);
/* From now on the clock stands at now_ms and moves by step_ms at each reading; 0, 0 lets it run
 * again. Tests only. */
void clock_fix(gint64 now_ms, gint64 step_ms);

/* RFC 3339 in UTC with milliseconds, into text, which is also returned. */
char *clock_format(gint64 time_ms, char text[CLOCK_TEXT_LENGTH + 1]);
/* The reverse, also for other offsets and without fractions. FALSE when it is no time. */
gboolean clock_parse(const char *text, gint64 *ret_time_ms);

/* Unguessable bytes (libsodium), or the fixed sequence after random_fix(). */
void random_bytes(void *bytes, gsize n_bytes);
/* Tests only; 0 makes it unguessable again. */
void random_fix(guint64 seed);
