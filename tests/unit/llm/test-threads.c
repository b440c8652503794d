/* How many threads: by what others use, without flapping. */
#include "llm/threads.h"

static void test_choose(void)
{
	static const struct {
		guint n_processors, n_now;
		double others;
		guint expected;
	} rows[] = {
		{2, 2, 0.0, 2}, {2, 2, 0.5, 2}, {2, 2, 0.7, 1}, {2, 2, 2.0, 1},
		{2, 1, 0.5, 1}, {2, 1, 0.2, 2}, {1, 1, 1.0, 1}, {8, 8, 3.0, 5},
		{8, 5, 0.0, 8}, {8, 5, 2.6, 5}, {4, 9, 0.0, 4}, {4, 0, 9.0, 1},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpuint(
			threads_choose(rows[i].n_processors, rows[i].n_now, rows[i].others), ==,
			rows[i].expected);
}

static void test_parse(void)
{
	static const char *const bad[] = {"", "cpu", "cpu0 1 2 3 4 5 6 7", "cpu  1 2 3 4 5 6",
					  "cpu  1 2 x 4 5 6 7"};
	guint64 busy_us = 0;

	g_assert_true(
		threads_parse_busy("cpu  10 1 20 5000 70 2 3 0 0 0\ncpu0 1 2\n", 100, &busy_us));
	g_assert_cmpuint(busy_us, ==, 36 * 10000);
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_false(threads_parse_busy(bad[i], 100, &busy_us));
	g_assert_false(threads_parse_busy("cpu  1 2 3 4 5 6 7", 0, &busy_us));
}

static void test_watch(void)
{
	ThreadWatch watch;
	guint n;

	thread_watch_begin(&watch);
	g_assert_cmpuint(watch.n_threads, >=, 1);
	n = thread_watch_look(&watch, watch.looked_us + 1000 * G_USEC_PER_SEC);
	g_assert_cmpuint(n, >=, 1);
	g_assert_cmpuint(n, <=, watch.n_processors);
	thread_watch_end(&watch);
	/* blind, it keeps what it knew */
	g_assert_cmpuint(thread_watch_look(&watch, watch.looked_us + 2000 * G_USEC_PER_SEC), ==, n);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/threads/choose", test_choose);
	g_test_add_func("/threads/parse", test_parse);
	g_test_add_func("/threads/watch", test_watch);
	return g_test_run();
}
