/* Any text over a small vocabulary: no control piece is written by it, spans stand in order within it,
 * and a piece of the vocabulary that stands for bytes of the text is no longer than they allow. */
#include "ml/tokenizer.h"

#include "fuzz/file.h"
#include "unit/ml/encoder_weights.h"

/* The tokenizer's part of the tiny file, without tensors; stays for all calls. */
static const Tokenizer *tiny_tokenizer(const WeightsVocabulary **ret_vocabulary)
{
	static Weights *weights;
	static Tokenizer *tokenizer;

	if (!weights) {
		g_autoptr(GByteArray) bytes = tiny_file(NULL, NULL);
		g_auto(FuzzFile) file = fuzz_file(bytes->data, bytes->len);

		weights = weights_open(file.path, NULL);
		tokenizer = tokenizer_new(weights_vocabulary(weights));
	}
	*ret_vocabulary = weights_vocabulary(weights);
	return tokenizer;
}

static void check_tokens(const WeightsVocabulary *v, const GArray *tokens, gsize n)
{
	guint32 before = 0;

	g_assert_cmpuint(tokens->len, <=, 2 * n + 16); /* a ligature is two letters */
	for (guint i = 0; i < tokens->len; i++) {
		const Token *token = &g_array_index(tokens, Token, i);

		g_assert_cmpint(token->id, >=, 0);
		g_assert_cmpint(token->id, <, (gint32)v->n_pieces);
		g_assert_true(token->id == v->unknown || v->scores[token->id] != 0);
		g_assert_cmpuint(token->end, <=, n);
		if (!token->end)
			continue;
		g_assert_cmpuint(token->start, >=, before);
		g_assert_cmpuint(token->start, <, token->end);
		before = token->start;
	}
}

static GArray *split(const Tokenizer *tokenizer, const char *prefix, const char *text, gsize n)
{
	GArray *tokens = g_array_new(FALSE, FALSE, sizeof(Token));

	g_assert_true(tokenizer_split(tokenizer, prefix, text, n, tokens, NULL));
	return tokens;
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	const WeightsVocabulary *vocabulary;
	const Tokenizer *tokenizer = tiny_tokenizer(&vocabulary);
	const char *text = (const char *)bytes;
	g_autofree char *spaced = g_malloc(n + 4);
	g_autoptr(GArray) tokens = split(tokenizer, NULL, text, n), again = NULL;
	g_autoptr(GArray) with_prefix = split(tokenizer, "query: ", text, n);

	check_tokens(vocabulary, tokens, n);
	check_tokens(vocabulary, with_prefix, n);
	/* spaces around change no token */
	memcpy(spaced, "  ", 2);
	memcpy(spaced + 2, text, n);
	memcpy(spaced + 2 + n, "  ", 2);
	again = split(tokenizer, NULL, spaced, n + 4);
	g_assert_cmpuint(again->len, ==, tokens->len);
	for (guint i = 0; i < tokens->len; i++)
		g_assert_cmpint(g_array_index(again, Token, i).id, ==,
				g_array_index(tokens, Token, i).id);
	return 0;
}
