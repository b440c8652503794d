/* The encoder: against a plain double-precision BERT on tiny weights, on damaged files, and on the
 * real weights against recorded vectors of another engine. */
#include "encoder_weights.h"

#include <stdio.h>

#include "base/error.h"
#include "base/json.h"
#include "ml/encoder.h"
#include "ml/tokenizer.h"

#define MODEL ENCODER_DIMENSIONS

static const char *const texts[] = {
	"ab",
	"你好吗",
	"de abcd 12 12 ab",
	"",
	"f i q u 你们 好吗 abc de abcd bcd cd ab ab e e e a b c d 1 2 fi",
	"😀",
	" \t ",
	"a\xff",
	"</s>",
	"ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab ab"};

typedef struct {
	char *path;
	GByteArray *file;
	GHashTable *offsets;
	Encoder *encoder;
} Fixture;

static void fixture_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	fixture->offsets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	fixture->file = tiny_file(fixture->offsets, NULL);
	fixture->path = tiny_write(fixture->file->data, fixture->file->len);
	fixture->encoder = encoder_open(fixture->path, 2, &error);
	g_assert_no_error(error);
}

static void fixture_close(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	encoder_free(fixture->encoder);
	g_hash_table_unref(fixture->offsets);
	g_byte_array_unref(fixture->file);
	g_unlink(fixture->path);
	g_free(fixture->path);
}

static double cosine(const float *a, const double *b)
{
	double ab = 0, aa = 0, bb = 0;

	for (int i = 0; i < MODEL; i++) {
		ab += (double)a[i] * b[i];
		aa += (double)a[i] * (double)a[i];
		bb += b[i] * b[i];
	}
	return ab / sqrt(aa * bb);
}

/* --- a plain BERT --- */

typedef struct {
	const Weights *weights;
	guint layer;
} Naive;

static const float *naive_floats(const Naive *naive, const char *name, gsize n)
{
	g_autofree char *key = g_strdup_printf("l%u.%s", naive->layer, name);
	const float *values = weights_floats(naive->weights, key, n, NULL);

	g_assert_nonnull(values);
	return values;
}

/* out (n x n_out) = in (n x n_in) times the matrix, plus its bias. */
static void naive_multiply(const Naive *naive, const char *name, const double *in, gsize n,
			   gsize n_in, gsize n_out, double *out)
{
	g_autofree char *key = g_strdup_printf("l%u.%s.w", naive->layer, name),
			*bias_key = g_strdup_printf("%s.b", name);
	const guint8 *blocks = weights_blocks(naive->weights, key, n_out, n_in, NULL);
	const float *bias = naive_floats(naive, bias_key, n_out);
	g_autofree float *row = g_new(float, n_in);

	g_assert_nonnull(blocks);
	for (gsize o = 0; o < n_out; o++) {
		weights_unpack(blocks + o * n_in / 32 * 18, n_in, row);
		for (gsize i = 0; i < n; i++) {
			out[i * n_out + o] = (double)bias[o];
			for (gsize k = 0; k < n_in; k++)
				out[i * n_out + o] += in[i * n_in + k] * (double)row[k];
		}
	}
}

static void naive_normalise(double *rows, gsize n, const float *gain, const float *bias)
{
	for (double *row = rows; row < rows + n * MODEL; row += MODEL) {
		double mean = 0, variance = 0;

		for (int i = 0; i < MODEL; i++)
			mean += row[i] / MODEL;
		for (int i = 0; i < MODEL; i++)
			variance += (row[i] - mean) * (row[i] - mean) / MODEL;
		for (int i = 0; i < MODEL; i++)
			row[i] = (row[i] - mean) / sqrt(variance + 1e-12) * (double)gain[i] +
				 (double)bias[i];
	}
}

static void naive_attend(const double *q, const double *k, const double *v, gsize n, double *out)
{
	g_autofree double *weights = g_new(double, n);

	for (gsize head = 0; head < MODEL; head += 32) {
		for (gsize i = 0; i < n; i++) {
			double total = 0;

			for (gsize j = 0; j < n; j++) {
				double score = 0;

				for (gsize d = head; d < head + 32; d++)
					score += q[i * MODEL + d] * k[j * MODEL + d];
				total += weights[j] = exp(score / sqrt(32));
			}
			for (gsize d = head; d < head + 32; d++) {
				out[i * MODEL + d] = 0;
				for (gsize j = 0; j < n; j++)
					out[i * MODEL + d] += weights[j] / total * v[j * MODEL + d];
			}
		}
	}
}

static void naive_layer(const Naive *naive, double *x, gsize n)
{
	g_autofree double *q = g_new(double, n *MODEL), *k = g_new(double, n *MODEL),
			  *v = g_new(double, n *MODEL);
	g_autofree double *context = g_new(double, n *MODEL),
			  *middle = g_new(double, n *TINY_MIDDLE);

	naive_multiply(naive, "q", x, n, MODEL, MODEL, q);
	naive_multiply(naive, "k", x, n, MODEL, MODEL, k);
	naive_multiply(naive, "v", x, n, MODEL, MODEL, v);
	naive_attend(q, k, v, n, context);
	naive_multiply(naive, "ao", context, n, MODEL, MODEL, q);
	for (gsize i = 0; i < n * MODEL; i++)
		x[i] += q[i];
	naive_normalise(x, n, naive_floats(naive, "aln.w", MODEL),
			naive_floats(naive, "aln.b", MODEL));
	naive_multiply(naive, "fi", x, n, MODEL, TINY_MIDDLE, middle);
	for (gsize i = 0; i < n * TINY_MIDDLE; i++)
		middle[i] *= .5 * erfc(-middle[i] / sqrt(2));
	naive_multiply(naive, "fo", middle, n, TINY_MIDDLE, MODEL, q);
	for (gsize i = 0; i < n * MODEL; i++)
		x[i] += q[i];
	naive_normalise(x, n, naive_floats(naive, "oln.w", MODEL),
			naive_floats(naive, "oln.b", MODEL));
}

/* The hidden states of one window: free them. */
static double *naive_window(const Weights *weights, const Token *tokens, gsize n_tokens)
{
	gsize n = n_tokens + 2;
	double *x = g_new(double, n *MODEL);
	const guint8 *words = weights_blocks(weights, "emb.word", TINY_WORDS, MODEL, NULL);
	const float *positions = weights_floats(weights, "emb.pos", TINY_POSITIONS * MODEL, NULL);
	const float *types = weights_floats(weights, "emb.type", 2 * MODEL, NULL);
	Naive naive = {weights, 0};
	float word[MODEL];

	for (gsize i = 0; i < n; i++) {
		gint32 id = i == 0 ? 0 : i == n - 1 ? 2 : tokens[i - 1].id;

		weights_unpack(words + id * MODEL / 32 * 18, MODEL, word);
		for (int j = 0; j < MODEL; j++)
			x[i * MODEL + (gsize)j] = (double)word[j] +
						  (double)positions[i * MODEL + (gsize)j] +
						  (double)types[j];
	}
	naive_normalise(x, n, weights_floats(weights, "emb.ln.w", MODEL, NULL),
			weights_floats(weights, "emb.ln.b", MODEL, NULL));
	for (; naive.layer < TINY_LAYERS; naive.layer++)
		naive_layer(&naive, x, n);
	return x;
}

/* vector = the mean of the windows' means by their tokens; also the cosine of every token of ours
 * with the plain one. */
static void naive_encode(const Weights *weights, const char *text, const EncoderTokens *ours,
			 double *vector)
{
	g_autoptr(Tokenizer) tokenizer = tokenizer_new(weights_vocabulary(weights));
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	const gsize most = TINY_POSITIONS - 2;
	guint seen = 0;

	g_assert_true(tokenizer_split(tokenizer, "query: ", text, strlen(text), tokens, NULL));
	memset(vector, 0, MODEL * sizeof(double));
	for (gsize first = 0; first < tokens->len; first += most) {
		gsize n = MIN(tokens->len - first, most);
		const Token *window = &g_array_index(tokens, Token, first);
		g_autofree double *x = naive_window(weights, window, n);

		for (gsize i = 0; i < (n + 2) * MODEL; i++)
			vector[i % MODEL] += x[i] * (double)n / (double)(n + 2);
		for (gsize i = 0; i < n; i++) {
			if (window[i].end == 0)
				continue;
			g_assert_cmpint(ours->ids[seen], ==, window[i].id);
			g_assert_cmpuint(ours->starts[seen], ==, window[i].start);
			g_assert_cmpuint(ours->ends[seen], ==, window[i].end);
			g_assert_cmpfloat(
				cosine(ours->vectors + (gsize)seen++ * MODEL, x + (i + 1) * MODEL),
				>, .999);
		}
	}
	g_assert_cmpuint(seen, ==, ours->n);
}

static void test_plain(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(Weights) weights = weights_open(fixture->path, NULL);
	float vectors[G_N_ELEMENTS(texts) * MODEL];
	EncoderTokens tokens[G_N_ELEMENTS(texts)];
	g_autoptr(GError) error = NULL;

	g_assert_true(encoder_encode(fixture->encoder, ENCODER_QUERY, texts, G_N_ELEMENTS(texts),
				     vectors, &error));
	g_assert_no_error(error);
	g_assert_true(encoder_encode_tokens(fixture->encoder, ENCODER_QUERY, texts,
					    G_N_ELEMENTS(texts), tokens, &error));
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		const float *vector = vectors + i * MODEL;
		double exact[MODEL], length = 0;

		naive_encode(weights, texts[i], &tokens[i], exact);
		g_assert_cmpfloat(cosine(vector, exact), >, .9995);
		for (int j = 0; j < MODEL; j++)
			length += (double)vector[j] * (double)vector[j];
		g_assert_cmpfloat_with_epsilon(length, 1, 1e-5);
		encoder_tokens_clear(&tokens[i]);
	}
}

/* --- what does not depend on what --- */

typedef struct {
	const Encoder *encoder;
	const char *const *texts;
	gsize n;
	const float *expected;
} Call;

static void *call_encode(void *data)
{
	const Call *call = data;
	g_autofree float *vectors = g_new(float, call->n *MODEL);

	g_assert_true(
		encoder_encode(call->encoder, ENCODER_QUERY, call->texts, call->n, vectors, NULL));
	g_assert_cmpmem(vectors, call->n * MODEL * sizeof(float), call->expected,
			call->n * MODEL * sizeof(float));
	return NULL;
}

/* The same bits alone, in a batch, on more threads, and when several threads call. */
static void test_same(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	enum { N = 300 };
	g_autoptr(Encoder) three = encoder_open(fixture->path, 3, NULL);
	g_autofree float *expected = g_new(float, N *MODEL);
	const char *many[N];
	Call call = {three, many, N, expected}, other = {fixture->encoder, many, N, expected};
	GThread *threads[3];

	for (gsize i = 0; i < N; i++) {
		many[i] = texts[i * 7 % G_N_ELEMENTS(texts)];
		g_assert_true(encoder_encode(fixture->encoder, ENCODER_QUERY, &many[i], 1,
					     expected + i * MODEL, NULL));
	}
	call_encode(&other);
	for (gsize i = 0; i < 3; i++)
		threads[i] = g_thread_new("caller", call_encode, &call);
	for (gsize i = 0; i < 3; i++)
		g_thread_join(threads[i]);
}

static void test_prefixes(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const char *text = "ab", *spelled = "query: ab", *empty = "";
	float query[MODEL], plain[MODEL], passage[MODEL], none[MODEL], prefix_only[MODEL];
	EncoderTokens tokens;

	g_assert_true(encoder_encode(fixture->encoder, ENCODER_QUERY, &text, 1, query, NULL));
	g_assert_true(encoder_encode(fixture->encoder, ENCODER_PLAIN, &spelled, 1, plain, NULL));
	g_assert_true(encoder_encode(fixture->encoder, ENCODER_PASSAGE, &text, 1, passage, NULL));
	g_assert_cmpmem(query, sizeof(query), plain, sizeof(plain));
	g_assert_cmpint(memcmp(query, passage, sizeof(query)), !=, 0);
	g_assert_true(encoder_encode(fixture->encoder, ENCODER_PLAIN, &empty, 1, none, NULL));
	g_assert_true(
		encoder_encode(fixture->encoder, ENCODER_QUERY, &empty, 1, prefix_only, NULL));
	g_assert_cmpint(memcmp(none, prefix_only, sizeof(none)), !=, 0);
	g_assert_true(
		encoder_encode_tokens(fixture->encoder, ENCODER_QUERY, &empty, 1, &tokens, NULL));
	g_assert_cmpuint(tokens.n, ==, 0);
	encoder_tokens_clear(&tokens);
	g_assert_cmpuint(encoder_count(fixture->encoder, ENCODER_QUERY, "ab"), ==, 5);
	g_assert_cmpuint(encoder_count(fixture->encoder, ENCODER_PLAIN, ""), ==, 2);
	g_assert_true(encoder_encode(fixture->encoder, ENCODER_QUERY, NULL, 0, NULL, NULL));
}

/* More tokens than a slab holds, with and without their vectors. */
static void test_slabs(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	enum { N = 6000 };
	g_autofree const char **many = g_new(const char *, N);
	g_autofree float *vectors = g_new(float, N *MODEL);
	g_autofree EncoderTokens *tokens = g_new(EncoderTokens, N);
	float ab[MODEL];

	for (gsize i = 0; i < N; i++)
		many[i] = i % 1000 == 999 ? "ab" : i % 2 ? "e" : "你好";
	g_assert_true(encoder_encode(fixture->encoder, ENCODER_QUERY, &many[999], 1, ab, NULL));
	g_assert_true(encoder_encode(fixture->encoder, ENCODER_QUERY, many, N, vectors, NULL));
	g_assert_true(
		encoder_encode_tokens(fixture->encoder, ENCODER_QUERY, many, N, tokens, NULL));
	for (gsize i = 0; i < N; i++) {
		g_assert_cmpint(memcmp(vectors + i * MODEL, ab, sizeof(ab)) == 0, ==,
				i % 1000 == 999);
		g_assert_cmpuint(tokens[i].n, ==, 1);
		g_assert_cmpint(tokens[i].ids[0], ==, i % 1000 == 999 ? 15 : i % 2 ? 9 : 26);
		encoder_tokens_clear(&tokens[i]);
	}
}

static void test_too_large(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *large = g_strnfill(TOKENIZER_MAX_BYTES + 1, 'a');
	const char *two[] = {"ab", large};
	float vectors[2 * MODEL];
	EncoderTokens tokens[2];
	g_autoptr(GError) error = NULL;

	g_assert_false(encoder_encode(fixture->encoder, ENCODER_QUERY, two, 2, vectors, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE);
	g_assert_false(
		encoder_encode_tokens(fixture->encoder, ENCODER_QUERY, two, 2, tokens, NULL));
	g_assert_null(tokens[0].ids);
	g_assert_cmpuint(encoder_count(fixture->encoder, ENCODER_QUERY, large), ==, 0);
}

/* --- damaged files --- */

/* Opens bytes as a file; what opens must also encode, or say that it cannot. Returns whether it
 * opened. */
static gboolean bytes_try(const char *path, const guint8 *bytes, gsize n)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Encoder) encoder = NULL;
	FILE *file = fopen(path, "wb");
	float vectors[2 * MODEL];

	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(bytes, 1, n, file), ==, n);
	g_assert_cmpint(fclose(file), ==, 0);
	encoder = encoder_open(path, 1, &error);
	if (!encoder) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
		return FALSE;
	}
	if (!encoder_encode(encoder, ENCODER_QUERY, &texts[1], 2, vectors, &error))
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
	return TRUE;
}

static void test_truncated(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	gsize directory_end, step = 1;
	g_autoptr(GByteArray) file = tiny_file(NULL, &directory_end);

	for (gsize n = 0; n < file->len; n += step) {
		g_assert_false(bytes_try(fixture->path, file->data, n));
		step = n < directory_end + 64 ? 7 : file->len / 9;
	}
	g_assert_true(bytes_try(fixture->path, file->data, file->len));
}

/* Every field in front of the tensors: one bit flipped, or a word of extreme values. */
static void test_flipped(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const guint32 words[] = {0,	    1,		0x7fffffff, 0x80000000,
					0xffffffff, 0xfffffff0, 0x7fc00000};
	gsize directory_end, n_opened = 0;
	g_autoptr(GByteArray) file = tiny_file(NULL, &directory_end);
	g_autoptr(GRand) random = g_rand_new_with_seed(13);

	for (int round = 0; round < 1200; round++) {
		gsize at = (gsize)g_rand_int_range(random, 0,
						   round % 2 ? 130 : (gint32)directory_end - 4);
		guint32 before;

		memcpy(&before, file->data + at, 4);
		if (round % 3)
			file->data[at] ^= (guint8)(1 << g_rand_int_range(random, 0, 8));
		else
			memcpy(file->data + at,
			       &words[g_rand_int_range(random, 0, G_N_ELEMENTS(words))], 4);
		n_opened += bytes_try(fixture->path, file->data, file->len);
		memcpy(file->data + at, &before, 4);
	}
	g_assert_cmpuint(n_opened, <, 1000); /* flips in scores and piece texts may well pass */
}

/* Sound in form, absurd in its numbers. */
static void test_not_finite(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	const float nan = NAN;
	const guint16 infinite = 0x7c00;
	gsize gain = GPOINTER_TO_SIZE(g_hash_table_lookup(fixture->offsets, "l1.oln.w"));
	gsize matrix = GPOINTER_TO_SIZE(g_hash_table_lookup(fixture->offsets, "l0.k.w"));
	g_autoptr(Encoder) encoder = NULL;
	g_autoptr(GError) error = NULL;
	float vector[MODEL];

	g_assert_cmpuint(gain, >, 0);
	memcpy(fixture->file->data + gain, &nan, 4);
	memcpy(fixture->file->data + matrix, &infinite, 2);
	g_assert_true(g_file_set_contents(fixture->path, (const char *)fixture->file->data,
					  fixture->file->len, NULL));
	encoder = encoder_open(fixture->path, 1, NULL);
	g_assert_nonnull(encoder);
	g_assert_false(encoder_encode(encoder, ENCODER_QUERY, texts, 1, vector, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
}

static void test_absent(void)
{
	g_autoptr(GError) error = NULL, second = NULL;
	g_autofree char *path = tiny_write((const guint8 *)"", 0);

	g_assert_null(encoder_open("/nowhere/e5.bin", 1, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_null(encoder_open(path, 1, &second));
	g_assert_error(second, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
	g_unlink(path);
}

/* --- the real weights --- */

static void check_recorded(const Encoder *encoder, const json_t *row)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *recorded = json_object_get(row, "vector");
	const char *one;
	float vector[MODEL];
	double exact[MODEL];
	g_autoptr(GError) error = NULL;

	for (json_int_t i = 0; i < json_integer_value(json_object_get(row, "repeat")); i++)
		g_string_append(text, json_member_string(row, "text"));
	one = text->str;
	g_assert_true(encoder_encode(encoder, ENCODER_QUERY, &one, 1, vector, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(json_array_size(recorded), ==, MODEL);
	for (gsize i = 0; i < MODEL; i++)
		exact[i] = json_number_value(json_array_get(recorded, i));
	g_assert_cmpfloat(cosine(vector, exact), >, .9998);
}

static void test_recorded(void)
{
	g_autofree char *path = real_weights(), *content = NULL;
	g_autoptr(Encoder) encoder = path ? encoder_open(path, 2, NULL) : NULL;
	g_autoptr(json_t) rows = NULL;
	gsize n;

	if (!path)
		return;
	g_assert_nonnull(encoder);
	g_assert_true(g_file_get_contents(ZHIYIN_SOURCE_DIR "/tests/unit/ml/encoder_reference.json",
					  &content, &n, NULL));
	rows = json_parse(content, n, NULL);
	g_assert_cmpuint(json_array_size(rows), >=, 10);
	for (gsize i = 0; i < json_array_size(rows); i++)
		check_recorded(encoder, json_array_get(rows, i));
}

/* A question lies nearer to the passage that answers it, in the other language too. */
static void test_meaning(void)
{
	static const char *const questions[] = {"怎么申请退款？", "包裹什么时候能到？"};
	static const char *const passages[] = {
		"Refunds: open the order, press \"Refund\" and give a reason.",
		"Parcels usually arrive three to five days after they are sent."};
	g_autofree char *path = real_weights();
	g_autoptr(Encoder) encoder = path ? encoder_open(path, 1, NULL) : NULL;
	float asked[2 * MODEL], known[2 * MODEL];
	double likeness[2][2] = {{0}};

	if (!path)
		return;
	g_assert_nonnull(encoder);
	g_assert_true(encoder_encode(encoder, ENCODER_QUERY, questions, 2, asked, NULL));
	g_assert_true(encoder_encode(encoder, ENCODER_PASSAGE, passages, 2, known, NULL));
	for (gsize q = 0; q < 2; q++)
		for (gsize p = 0; p < 2; p++)
			for (gsize i = 0; i < MODEL; i++)
				likeness[q][p] +=
					(double)asked[q * MODEL + i] * (double)known[p * MODEL + i];
	g_assert_cmpfloat(likeness[0][0], >, likeness[0][1]);
	g_assert_cmpfloat(likeness[1][1], >, likeness[1][0]);
}

static void test_blas_hint(void)
{
	const char *hint;

	g_unsetenv("OPENBLAS_CORETYPE");
	hint = encoder_blas_hint();
	g_assert_true(!hint || strcmp(hint, "SkylakeX") == 0 || strcmp(hint, "Haswell") == 0);
	g_setenv("OPENBLAS_CORETYPE", "Haswell", TRUE);
	g_assert_null(encoder_blas_hint());
	g_unsetenv("OPENBLAS_CORETYPE");
}

#define ADD(name, function) \
	g_test_add("/ml/encoder/" name, Fixture, NULL, fixture_open, function, fixture_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("plain", test_plain);
	ADD("same", test_same);
	ADD("prefixes", test_prefixes);
	ADD("slabs", test_slabs);
	ADD("too_large", test_too_large);
	ADD("truncated", test_truncated);
	ADD("flipped", test_flipped);
	ADD("not_finite", test_not_finite);
	g_test_add_func("/ml/encoder/absent", test_absent);
	g_test_add_func("/ml/encoder/recorded", test_recorded);
	g_test_add_func("/ml/encoder/meaning", test_meaning);
	g_test_add_func("/ml/encoder/blas_hint", test_blas_hint);
	return g_test_run();
}
