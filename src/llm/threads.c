/* What the machine does minus what this process does is what the others need. */
#include "llm/threads.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

enum { STAT_BYTES = 512, N_BUSY = 7, IDLE = 3, WAIT = 4 };

/* a thread goes when others take more than this of its processor, and comes back below the second */
static const double leave_at = 0.6, return_at = 0.3;

gboolean threads_parse_busy(const char *text, gint64 ticks, guint64 *ret_busy_us)
{
	guint64 sum = 0;

	if (!g_str_has_prefix(text, "cpu ") || ticks <= 0)
		return FALSE;
	text += 4;
	for (int i = 0; i < N_BUSY; i++) { /* user nice system idle iowait irq softirq */
		char *end = NULL;
		guint64 value = g_ascii_strtoull(text, &end, 10);

		if (end == text)
			return FALSE;
		if (i != IDLE && i != WAIT)
			sum += value;
		text = end;
	}
	*ret_busy_us = sum * (guint64)(G_USEC_PER_SEC / ticks);
	return TRUE;
}

guint threads_choose(guint n_processors, guint n_threads, double others)
{
	double room = (double)n_processors - others;

	while (n_threads > 1 && room < (double)n_threads - leave_at)
		n_threads--;
	while (n_threads < n_processors && room >= (double)(n_threads + 1) - return_at)
		n_threads++;
	return CLAMP(n_threads, 1, n_processors);
}

static gboolean machine_busy(const ThreadWatch *watch, guint64 *ret_busy_us)
{
	char text[STAT_BYTES + 1];
	gssize n = watch->fd < 0 ? -1 : pread(watch->fd, text, STAT_BYTES, 0);

	if (n <= 0)
		return FALSE;
	text[n] = '\0';
	return threads_parse_busy(text, sysconf(_SC_CLK_TCK), ret_busy_us);
}

static guint64 own_busy(void)
{
	struct timespec used = {0};

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (guint64)used.tv_sec * G_USEC_PER_SEC + (guint64)used.tv_nsec / 1000;
}

void thread_watch_begin(ThreadWatch *watch)
{
	memset(watch, 0, sizeof(*watch));
	watch->n_processors = MAX(g_get_num_processors(), 1);
	watch->fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
	watch->n_threads = watch->n_processors;
	watch->looked_us = clock_monotonic_us();
	watch->own_us = own_busy();
	if (!machine_busy(watch, &watch->busy_us))
		watch->n_threads = MAX(watch->n_processors - 1, 1);
}

void thread_watch_end(ThreadWatch *watch)
{
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

guint thread_watch_look(ThreadWatch *watch, gint64 now_us)
{
	gint64 passed_us = now_us - watch->looked_us;
	guint64 busy_us, own_us = own_busy();
	double others;

	if (passed_us < THREADS_LOOK_MS * 1000LL || !machine_busy(watch, &busy_us))
		return watch->n_threads;
	others = ((double)(gint64)(busy_us - watch->busy_us) -
		  (double)(gint64)(own_us - watch->own_us)) /
		 (double)passed_us;
	others = CLAMP(others, 0, watch->n_processors);
	watch->others = watch->looked ? (watch->others + others) / 2 : others;
	watch->looked = TRUE;
	watch->n_threads = threads_choose(watch->n_processors, watch->n_threads, watch->others);
	watch->looked_us = now_us;
	watch->busy_us = busy_us;
	watch->own_us = own_us;
	return watch->n_threads;
}
