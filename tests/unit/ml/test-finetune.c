/* Gradients against differences, the two forward passes against each other, the file of corrections
 * against damage. */
#include <math.h>

#include "base/error.h"
#include "encoder_weights.h"
#include "ml/adam.h"
#include "ml/contrast.h"
#include "ml/finetune.h"

#define N 384

enum { RANK = 4 };

typedef struct {
	char *path;
	Weights *weights;
	Adapter *adapter;
} Fixture;

static const gint32 ids_a[] = {0, 5, 6, 7, 8, 2}, ids_b[] = {0, 9, 2}, ids_c[] = {0, 24, 25, 2};
static const Sequence sequences[] = {{ids_a, 6}, {ids_b, 3}, {ids_c, 4}};

static void setup(Fixture *fixture, gconstpointer data)
{
	GRand *chance = g_rand_new_with_seed(7);

	g_autoptr(GByteArray) file = tiny_file(NULL, NULL);

	(void)data;
	fixture->path = tiny_write(file->data, file->len);
	fixture->weights = weights_open(fixture->path, NULL);
	fixture->adapter = adapter_new(0, TINY_LAYERS, RANK, TINY_MIDDLE, 5);
	for (gsize i = 0; i < fixture->adapter->n; i++) /* U is zero when new */
		fixture->adapter->values[i] += (float)g_rand_double_range(chance, -.05, .05);
	g_rand_free(chance);
}

static void teardown(Fixture *fixture, gconstpointer data)
{
	(void)data;
	adapter_free(fixture->adapter);
	weights_free(fixture->weights);
	g_unlink(fixture->path);
	g_free(fixture->path);
}

/* The mean of what the encoder's own pass gives, of unit length. */
static void encode(const Transformer *t, gsize s, float *vector)
{
	g_autoptr(TransformerStack) stack = transformer_stack_new(t, 16);
	const float *hidden = transformer_run(t, stack, &sequences[s], 1);
	float square = 0;

	for (gsize i = 0; i < N; i++) {
		vector[i] = 0;
		for (gsize r = 0; r < sequences[s].n; r++)
			vector[i] += hidden[r * N + i];
		square += vector[i] * vector[i];
	}
	for (gsize i = 0; i < N; i++)
		vector[i] /= sqrtf(square);
}

static float likeness(const float *a, const float *b)
{
	float sum = 0;

	for (gsize i = 0; i < N; i++)
		sum += a[i] * b[i];
	return sum;
}

static void test_both_passes_agree(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Finetune) finetune = finetune_new(fixture->weights, fixture->adapter, NULL);
	g_autoptr(FinetunePass) pass = finetune_pass_new(finetune, 32);
	g_autoptr(Transformer) tuned = transformer_new(fixture->weights, NULL);
	g_autoptr(Transformer) plain = transformer_new(fixture->weights, NULL);
	float vectors[3 * N], vector[N], before[N];

	(void)data;
	g_assert_true(transformer_correct(tuned, fixture->adapter, NULL));
	finetune_forward(pass, sequences, 3, vectors);
	for (gsize s = 0; s < 3; s++) {
		encode(tuned, s, vector);
		encode(plain, s, before);
		g_assert_cmpfloat(likeness(vector, vectors + s * N), >, .9995);
		g_assert_cmpfloat(likeness(before, vectors + s * N), <, .999);
	}
}

/* A smooth function of the vectors, to be differentiated. */
static double value_of(FinetunePass *pass, const float *direction, float *d_vectors)
{
	float vectors[3 * N];
	double sum = 0;

	finetune_forward(pass, sequences, 3, vectors);
	for (gsize i = 0; i < 3 * N; i++) {
		sum += (double)direction[i] * vectors[i];
		if (d_vectors)
			d_vectors[i] = direction[i];
	}
	return sum;
}

static void test_gradient(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Finetune) finetune = finetune_new(fixture->weights, fixture->adapter, NULL);
	g_autoptr(FinetunePass) pass = finetune_pass_new(finetune, 32);
	g_autofree float *gradient = g_new0(float, fixture->adapter->n);
	float direction[3 * N], d_vectors[3 * N];
	GRand *chance = g_rand_new_with_seed(3);
	float *values = fixture->adapter->values;

	(void)data;
	for (gsize i = 0; i < 3 * N; i++)
		direction[i] = (float)g_rand_double_range(chance, -1, 1);
	value_of(pass, direction, d_vectors);
	finetune_backward(pass, d_vectors, gradient);
	/* along the gradient's signs in each matrix of each layer, D and U: derivative by
	 * differences */
	for (int k = 0; k < 2 * 2 * N_ADAPTER_MATRICES; k++) {
		AdapterMatrix m = (AdapterMatrix)(k / 2 % N_ADAPTER_MATRICES);
		guint layer = (guint)k / 2 / N_ADAPTER_MATRICES;
		gsize first = k % 2 ? adapter_up(fixture->adapter, layer, m)
				    : adapter_down(fixture->adapter, layer, m);
		gsize n = RANK * (gsize)(k % 2 ? adapter_outputs(fixture->adapter, m) : N);
		g_autofree float *kept = g_memdup2(values, fixture->adapter->n * sizeof(float));
		g_autofree float *along = g_new(float, n);
		double analytic = 0, up, down, step = 2e-3;

		for (gsize i = 0; i < n; i++) {
			along[i] = gradient[first + i] >= 0 ? 1 : -1;
			analytic += (double)along[i] * gradient[first + i];
		}
		for (gsize i = 0; i < n; i++)
			values[first + i] = kept[first + i] + (float)step * along[i];
		up = value_of(pass, direction, NULL);
		for (gsize i = 0; i < n; i++)
			values[first + i] = kept[first + i] - (float)step * along[i];
		down = value_of(pass, direction, NULL);
		memcpy(values, kept, fixture->adapter->n * sizeof(float));
		g_assert_cmpfloat_with_epsilon((up - down) / (2 * step) / analytic, 1, .03);
	}
	g_rand_free(chance);
}

static void test_same_bits(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Finetune) finetune = finetune_new(fixture->weights, fixture->adapter, NULL);
	g_autoptr(FinetunePass) one = finetune_pass_new(finetune, 32);
	g_autoptr(FinetunePass) two = finetune_pass_new(finetune, 64);
	g_autofree float *g1 = g_new0(float, fixture->adapter->n);
	g_autofree float *g2 = g_new0(float, fixture->adapter->n);
	float a[3 * N], b[3 * N];

	(void)data;
	finetune_forward(one, sequences, 3, a);
	finetune_backward(one, a, g1);
	finetune_forward(two, sequences + 1, 2, b); /* what a pass did before leaves no trace */
	finetune_forward(two, sequences, 3, b);
	finetune_backward(two, b, g2);
	g_assert_cmpmem(a, sizeof(a), b, sizeof(b));
	g_assert_cmpmem(g1, fixture->adapter->n * 4, g2, fixture->adapter->n * 4);
}

static void test_file(Fixture *fixture, gconstpointer data)
{
	g_autoptr(GByteArray) file = adapter_format(fixture->adapter, "{\"task\":\"test\"}");
	g_autoptr(Adapter) read = adapter_parse(file->data, file->len, NULL);

	(void)data;
	g_assert_nonnull(read);
	g_assert_cmpuint(read->n, ==, fixture->adapter->n);
	g_assert_cmpfloat(read->scale, ==, fixture->adapter->scale);
	for (gsize i = 0; i < read->n; i++)
		g_assert_cmpfloat_with_epsilon(read->values[i], fixture->adapter->values[i], 2e-3);
	for (gsize n = 0; n < file->len; n += n < 64 ? 1 : 997) { /* cut anywhere */
		g_autoptr(GError) error = NULL;
		g_autofree guint8 *cut = g_memdup2(file->data, n);

		g_assert_null(adapter_parse(cut, n, &error));
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
	}
	for (gsize i = 0; i < 32; i++) { /* a wild byte in the head: an error or sound, no crash */
		g_autoptr(Adapter) odd = NULL;

		file->data[i] ^= 0xff;
		odd = adapter_parse(file->data, file->len, NULL);
		g_assert_true(!odd || i >= 24);
		file->data[i] ^= 0xff;
	}
}

static void test_adapter_of_another_encoder(Fixture *fixture, gconstpointer data)
{
	g_autoptr(Adapter) other = adapter_new(1, 3, 2, TINY_MIDDLE, 1);
	g_autoptr(Transformer) plain = transformer_new(fixture->weights, NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(finetune_new(fixture->weights, other, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
	g_clear_error(&error);
	g_assert_false(transformer_correct(plain, other, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
}

static void test_contrast(void)
{
	float q[] = {1, 0, 0, 1, .6f, .8f}, p[] = {.8f, .6f, 0, 1}, dq[6], dp[4], spare_q[6],
	      spare_p[4];
	guint wanted[] = {0, 1, 2};
	Contrast c = {q, p, 3, 2, 2, wanted, 5, .7f};
	ContrastResult r = contrast_loss(&c, dq, dp), up, down;
	/* question 1: logits 4, 0, none 3.5 */
	double first = log(exp(4) + exp(0) + exp(3.5)) - 4;
	double second = log(exp(3) + exp(5) + exp(3.5)) - 5;
	double third = log(exp(.96 * 5) + exp(4) + exp(3.5)) - 3.5;
	float step = 1e-3f;

	g_assert_cmpfloat_with_epsilon(r.loss, (first + second + third) / 3, 1e-5);
	g_assert_cmpfloat_with_epsilon(r.accuracy, 2.0 / 3, 1e-6);
	for (int i = 0; i < 6; i++) {
		q[i] += step;
		up = contrast_loss(&c, spare_q, spare_p);
		q[i] -= 2 * step;
		down = contrast_loss(&c, spare_q, spare_p);
		q[i] += step;
		g_assert_cmpfloat_with_epsilon((up.loss - down.loss) / (2 * step), dq[i], 2e-3);
	}
	c.offset += step;
	up = contrast_loss(&c, spare_q, spare_p);
	c.offset -= step;
	c.scale += .01f;
	down = contrast_loss(&c, spare_q, spare_p);
	g_assert_cmpfloat_with_epsilon((up.loss - r.loss) / step, r.d_offset, 1e-2);
	g_assert_cmpfloat_with_epsilon((down.loss - r.loss) / .01, r.d_scale, 1e-3);
}

static void test_adam_finds_the_bottom(void)
{
	g_autoptr(Adam) adam = adam_new(2, 1);
	float values[] = {3, -2}, gradient[2];

	for (int i = 0; i < 2000; i++) {
		gradient[0] = 2 * (values[0] - 1), gradient[1] = 20 * (values[1] - .5f);
		adam_step(adam, values, gradient, .01);
	}
	g_assert_cmpfloat_with_epsilon(values[0], 1, 1e-2);
	g_assert_cmpfloat_with_epsilon(values[1], .5, 1e-2);
	gradient[0] = NAN, gradient[1] = 0;
	adam_step(adam, values, gradient, .01);
	g_assert_true(isfinite(values[0]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define ADD(name, function) g_test_add(name, Fixture, NULL, setup, function, teardown)
	ADD("/finetune/both-passes-agree", test_both_passes_agree);
	ADD("/finetune/gradient", test_gradient);
	ADD("/finetune/same-bits", test_same_bits);
	ADD("/adapter/file", test_file);
	ADD("/adapter/another-encoder", test_adapter_of_another_encoder);
	g_test_add_func("/contrast/loss-and-slopes", test_contrast);
	g_test_add_func("/adam/bottom", test_adam_finds_the_bottom);
	return g_test_run();
}
