/* Seconds of processor time that this thread has used: what a test of linear time measures, so that a
 * busy machine does not fail it. */
#pragma once

#include <time.h>

static inline double cpu_seconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
