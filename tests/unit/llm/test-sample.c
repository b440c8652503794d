/* The choice of a token: the likeliest, or by chance with the right shares, the same for the same
 * seed; never one that is not allowed. */
#include <math.h>

#include "llm/sample.h"

static void test_greedy(void)
{
	const float logits[] = {-1, 3, NAN, 2, 3};
	const float none[] = {-INFINITY, NAN};

	g_assert_cmpint(sample_greedy(logits, 5), ==, 1); /* of equals the first */
	g_assert_cmpint(sample_greedy(none, 2), ==, 0);
}

static void test_greedy_anywhere(void)
{
	enum { N = 70 };
	float logits[N];

	for (gint best = 0; best < N; best++) {
		for (guint n = (guint)best + 1; n <= N; n++) {
			for (guint i = 0; i < n; i++)
				logits[i] = i % 5 ? -3.0f : NAN;
			logits[best] = -2.0f;
			g_assert_cmpint(sample_greedy(logits, n), ==, best);
		}
	}
}

static void test_top_is_the_sorted_top(void)
{
	enum { N = 5000 };
	g_autofree float *logits = g_new(float, N);
	SampleCandidate top[SAMPLE_TOP];

	for (gint i = 0; i < N; i++)
		logits[i] = (float)(i * 7919 % N); /* each once, in no order */
	g_assert_cmpuint(sample_top(logits, N, top, SAMPLE_TOP), ==, SAMPLE_TOP);
	for (guint i = 0; i < SAMPLE_TOP; i++) {
		g_assert_cmpfloat(top[i].logit, ==, N - 1 - i);
		g_assert_cmpint(top[i].token * 7919 % N, ==, N - 1 - (gint)i);
	}
}

static void test_top_of_few(void)
{
	const float logits[] = {1, NAN, -INFINITY, 2};
	SampleCandidate top[SAMPLE_TOP];

	g_assert_cmpuint(sample_top(logits, 4, top, SAMPLE_TOP), ==, 2);
	g_assert_cmpint(top[0].token, ==, 3);
	g_assert_cmpint(top[1].token, ==, 0);
	g_assert_cmpuint(sample_top(logits, 4, top, 1), ==, 1);
	g_assert_cmpint(top[0].token, ==, 3);
}

static void test_shares(void)
{
	enum { DRAWS = 20000 };
	/* shares 1/2, 1/4, 1/4 and one that is below a twentieth of the best */
	const SampleCandidate candidates[] = {
		{10, 0.0f}, {11, -0.6931472f}, {12, -INFINITY}, {13, -0.6931472f}, {14, -3.5f}};
	guint counts[5] = {0};
	guint64 state = 42;

	for (guint i = 0; i < DRAWS; i++)
		counts[sample_pick(candidates, 5, 1.0, &state) - 10]++;
	g_assert_cmpuint(counts[0], >, DRAWS * 48 / 100);
	g_assert_cmpuint(counts[0], <, DRAWS * 52 / 100);
	g_assert_cmpuint(counts[1], >, DRAWS * 23 / 100);
	g_assert_cmpuint(counts[3], >, DRAWS * 23 / 100);
	g_assert_cmpuint(counts[2] + counts[4], ==, 0);
}

static void test_seed_decides(void)
{
	const SampleCandidate candidates[] = {{0, 0}, {1, 0}, {2, 0}, {3, 0}};
	guint64 a = 7, b = 7, c = 8;
	guint n_same = 0, n_other = 0;

	for (guint i = 0; i < 64; i++) {
		gint32 token = sample_pick(candidates, 4, 0.8, &a);

		n_same += token == sample_pick(candidates, 4, 0.8, &b);
		n_other += token == sample_pick(candidates, 4, 0.8, &c);
	}
	g_assert_cmpuint(n_same, ==, 64);
	g_assert_cmpuint(n_other, <, 48);
}

static void test_only_what_is_allowed(void)
{
	const SampleCandidate candidates[] = {{5, -INFINITY}, {6, 1}, {7, 0}};
	const SampleCandidate none[] = {{5, -INFINITY}, {6, NAN}};
	guint64 state = 1;

	g_assert_cmpint(sample_pick(candidates, 3, 0, &state), ==, 6);
	for (guint i = 0; i < 100; i++)
		g_assert_cmpint(sample_pick(candidates, 3, 5, &state), !=, 5);
	g_assert_cmpint(sample_pick(none, 2, 1, &state), ==, -1);
	g_assert_cmpint(sample_pick(none, 0, 0, &state), ==, -1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sample/greedy", test_greedy);
	g_test_add_func("/sample/greedy_anywhere", test_greedy_anywhere);
	g_test_add_func("/sample/top_is_the_sorted_top", test_top_is_the_sorted_top);
	g_test_add_func("/sample/top_of_few", test_top_of_few);
	g_test_add_func("/sample/shares", test_shares);
	g_test_add_func("/sample/seed_decides", test_seed_decides);
	g_test_add_func("/sample/only_what_is_allowed", test_only_what_is_allowed);
	return g_test_run();
}
