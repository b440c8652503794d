/* Gradients against finite differences, and that a head learns what it can. */
#include "ml/head.h"

#include <math.h>
#include <string.h>

#include "ml/random.h"

enum { N = 6, IN = 5, CLASSES = 3 };

static void fill(Random *random, float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		values[i] = (float)(2 * random_unit(random) - 1);
}

static void check_gradient(guint n_hidden)
{
	static const guint classes[N] = {0, 1, 2, 2, 0, 1};
	static const float weights[CLASSES] = {1, 2, .5F};
	g_autoptr(Head) head = head_new(IN, n_hidden, CLASSES, 3);
	g_autofree float *gradient = g_new(float, head->n), *unused = g_new(float, head->n);
	float vectors[N * IN], d_vectors[N * IN];
	Random random;

	random_seed(&random, 5);
	fill(&random, vectors, N * IN);
	fill(&random, head->values, head->n);
	head_standardise(head, vectors, N);
	head_loss(head, vectors, classes, N, weights, 0.1, gradient, d_vectors);
	for (gsize i = 0; i < head->n + N * IN; i++) {
		float *value = i < head->n ? head->values + i : vectors + (i - head->n),
		      kept = *value;
		double told = (double)(i < head->n ? gradient[i] : d_vectors[i - head->n]), high,
		       low, step = 1e-2;

		*value = kept + (float)step;
		high = head_loss(head, vectors, classes, N, weights, 0.1, unused, NULL);
		*value = kept - (float)step;
		low = head_loss(head, vectors, classes, N, weights, 0.1, unused, NULL);
		*value = kept;
		/* a unit that switches within the step has no derivative there */
		if (!n_hidden || fabs((high - low) / (2 * step) - told) > 1e-2)
			g_assert_cmpfloat_with_epsilon((high - low) / (2 * step), told,
						       n_hidden ? 0.05
								: 1e-3 * MAX(fabs(told), 0.2));
	}
}

static void test_gradient(void)
{
	check_gradient(0);
}

static void test_gradient_hidden(void)
{
	check_gradient(4);
}

/* "exactly one of two" is nothing for a line, and easy for a hidden layer */
static void test_learns(void)
{
	static const float vectors[] = {0, 0, 0, 1, 1, 0, 1, 1};
	static const guint classes[] = {0, 1, 1, 0};
	HeadOptions options = {.rate = 0.02, .n_epochs = 600, .batch = 4, .seed = 1};
	g_autoptr(Head) head = head_new(2, 16, 2, 1), again = head_new(2, 16, 2, 1);
	float logits[8];

	head_standardise(head, vectors, 4);
	head_train(head, vectors, classes, 4, &options);
	head_logits(head, vectors, 4, logits);
	for (guint i = 0; i < 4; i++)
		g_assert_true((logits[2 * i + 1] > logits[2 * i]) == (classes[i] == 1));
	head_standardise(again, vectors, 4);
	head_train(again, vectors, classes, 4, &options);
	g_assert_cmpmem(head->values, head->n * sizeof(float), again->values,
			again->n * sizeof(float));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/head/gradient", test_gradient);
	g_test_add_func("/head/gradient-hidden", test_gradient_hidden);
	g_test_add_func("/head/learns", test_learns);
	return g_test_run();
}
