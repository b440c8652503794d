/* Token buckets: a burst, then no more; keys that do not touch each other; bounded memory. */
#include "api/limits.h"

#include "base/error.h"

static gboolean take(Limits *limits, const char *key, guint per_minute)
{
	g_autoptr(GError) error = NULL;
	gboolean taken = limits_take(limits, key, per_minute, &error);

	if (!taken)
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_MANY);
	return taken;
}

static void test_a_burst(void)
{
	Limits *limits = limits_new();

	g_assert_true(take(limits, "a", 2));
	g_assert_true(take(limits, "a", 2));
	g_assert_false(take(limits, "a", 2));
	g_assert_false(take(limits, "a", 2));
	g_assert_true(take(limits, "b", 2)); /* another one's bucket */
	limits_free(limits);
}

static void test_memory_is_bounded(void)
{
	Limits *limits = limits_new();
	char key[16];

	for (int i = 0; i < LIMITS_MAX_KEYS; i++) {
		g_snprintf(key, sizeof(key), "%d", i);
		g_assert_true(take(limits, key, 2));
	}
	g_assert_false(take(limits, "one more", 2));
	g_assert_true(take(limits, "7", 2)); /* who has a bucket keeps it */
	limits_free(limits);
}

typedef struct {
	Limits *limits;
	gint n_taken;
} Race;

static gpointer race(gpointer data)
{
	Race *shared = data;

	for (int i = 0; i < 1000; i++)
		if (take(shared->limits, "shared", 5))
			g_atomic_int_inc(&shared->n_taken);
	return NULL;
}

static void test_threads_share_a_bucket(void)
{
	Race shared = {.limits = limits_new()};
	GThread *threads[4];

	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("race", race, &shared);
	for (gsize i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(shared.n_taken, >=, 5);
	g_assert_cmpint(shared.n_taken, <, 50); /* a slow machine lets some time pass */
	limits_free(shared.limits);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/limits/a_burst", test_a_burst);
	g_test_add_func("/limits/memory_is_bounded", test_memory_is_bounded);
	g_test_add_func("/limits/threads_share_a_bucket", test_threads_share_a_bucket);
	return g_test_run();
}
