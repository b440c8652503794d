/* Vectors are the encoder's own, bit for bit, and each text is encoded once, from one memo and from one file to the next. */
#include "encoder_weights.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "ml/vector_memo.h"

#define N 4
static const char *const texts[N] = {"ab", "你好吗", "ab", "de abcd 12"};

static Encoder *tiny_encoder(char **ret_path)
{
	g_autoptr(GHashTable) offsets =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GByteArray) file = tiny_file(offsets, NULL);
	g_autoptr(GError) error = NULL;
	Encoder *encoder;

	*ret_path = tiny_write(file->data, file->len);
	encoder = encoder_open(*ret_path, 1, &error);
	g_assert_no_error(error);
	return encoder;
}

static void test_same_bits(void)
{
	g_autofree char *path = NULL;
	g_autoptr(Encoder) encoder = tiny_encoder(&path);
	g_autoptr(VectorMemo) memo = vector_memo_new(NULL);
	float plain[N * ENCODER_DIMENSIONS], kept[N * ENCODER_DIMENSIONS];

	g_assert_true(encoder_encode(encoder, ENCODER_QUERY, texts, N, plain, NULL));
	for (guint round = 0; round < 2; round++) {
		memset(kept, 0, sizeof kept);
		g_assert_true(vector_memo_encode(memo, encoder, texts, N, kept, NULL));
		g_assert_cmpmem(plain, sizeof plain, kept, sizeof kept);
		g_assert_cmpuint(vector_memo_size(memo), ==, 3);
	}
	g_assert_true(vector_memo_encode(NULL, encoder, texts, N, kept, NULL));
	g_assert_cmpmem(plain, sizeof plain, kept, sizeof kept);
	g_unlink(path);
}

/* Whole, damaged, and somebody else's. */
static void test_file(void)
{
	g_autofree char *weights = NULL, *bytes = NULL;
	g_autoptr(Encoder) encoder = tiny_encoder(&weights);
	g_autofree char *path = g_strconcat(weights, ".vectors", NULL);
	g_autoptr(VectorMemo) memo = vector_memo_new(path), again = vector_memo_new(path),
			      damaged = vector_memo_new(path), other = vector_memo_new(path);
	g_autoptr(GError) error = NULL;
	float vectors[N * ENCODER_DIMENSIONS];
	gsize n;

	g_assert_true(vector_memo_encode(memo, encoder, texts, N, vectors, NULL));
	g_assert_true(vector_memo_save(memo, NULL));
	g_assert_true(vector_memo_encode(again, encoder, texts, 1, vectors, NULL));
	g_assert_cmpuint(vector_memo_size(again), ==, 3);
	g_assert_true(g_file_get_contents(path, &bytes, &n, NULL));
	bytes[n / 2] ^= 1;
	g_assert_true(g_file_set_contents(path, bytes, (gssize)n, NULL));
	g_assert_true(vector_memo_encode(damaged, encoder, texts, 1, vectors, NULL));
	g_assert_cmpuint(vector_memo_size(damaged), ==, 1); /* counts as empty */
	g_assert_true(g_file_set_contents(path, "text,label\n", -1, NULL));
	g_assert_false(vector_memo_encode(other, encoder, texts, 1, vectors, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	g_unlink(path);
	g_unlink(weights);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vector-memo/same-bits", test_same_bits);
	g_test_add_func("/vector-memo/file", test_file);
	return g_test_run();
}
