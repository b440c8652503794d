/* All that a file of weights hands out lies within it, and its vocabulary can be used. */
#include "ml/weights.h"

#include <math.h>

#include "base/error.h"
#include "fuzz/file.h"
#include "ml/tokenizer.h"

static const char text[] = "a ab  \xEF\xBC\x91 你好 </s> \xFF x";

static void check_vocabulary(const Weights *weights)
{
	const WeightsVocabulary *v = weights_vocabulary(weights);
	g_autoptr(Tokenizer) tokenizer = tokenizer_new(v);
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));

	g_assert_cmpuint(v->n_pieces, <=, weights_shape(weights)->n_words);
	g_assert_true(tokenizer_split(tokenizer, "query: ", text, sizeof text - 1, tokens, NULL));
	for (guint i = 0; i < tokens->len; i++) {
		const Token *token = &g_array_index(tokens, Token, i);

		g_assert_cmpint(token->id, >=, 0);
		g_assert_cmpint(token->id, <, (gint32)v->n_pieces);
		g_assert_cmpuint(token->end, <=, sizeof text - 1);
	}
}

static void check_tensors(const Weights *weights)
{
	const float *floats = weights_floats(weights, "f", 4, NULL);
	const guint8 *blocks = weights_blocks(weights, "q", 1, WEIGHTS_BLOCK, NULL);
	float row[WEIGHTS_BLOCK], sum = 0;

	for (guint i = 0; floats && i < 4; i++)
		sum += floats[i];
	if (blocks) {
		weights_unpack(blocks, WEIGHTS_BLOCK, row);
		for (guint i = 0; i < WEIGHTS_BLOCK; i++)
			sum += row[i];
		weights_forget(weights, "q");
	}
	g_assert_true(sum == sum || !isfinite(sum));
	g_assert_null(weights_floats(weights, "no such tensor", 4, NULL));
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_auto(FuzzFile) file = fuzz_file(bytes, n);
	g_autoptr(GError) error = NULL;
	g_autoptr(Weights) weights = weights_open(file.path, &error);

	if (!weights) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED);
		return 0;
	}
	check_vocabulary(weights);
	check_tensors(weights);
	return 0;
}
