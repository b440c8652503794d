/* The unigram tokenizer: on a vocabulary small enough to know every answer, and on the real one
 * against recorded ids. */
#include "encoder_weights.h"

#include "base/error.h"
#include "base/json.h"
#include "ml/tokenizer.h"

typedef struct {
	char *path;
	Weights *weights;
	Tokenizer *tokenizer;
} Fixture;

static void fixture_open(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GByteArray) file = tiny_file(NULL, NULL);
	g_autoptr(GError) error = NULL;

	fixture->path = tiny_write(file->data, file->len);
	fixture->weights = weights_open(fixture->path, &error);
	g_assert_no_error(error);
	fixture->tokenizer = tokenizer_new(weights_vocabulary(fixture->weights));
}

static void fixture_close(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	tokenizer_free(fixture->tokenizer);
	weights_free(fixture->weights);
	g_unlink(fixture->path);
	g_free(fixture->path);
}

/* The pieces of a text, with a bar between; an unknown one is "?". */
static char *pieces_of(const Fixture *fixture, const char *prefix, const char *text, gsize n_bytes)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_true(tokenizer_split(fixture->tokenizer, prefix, text, n_bytes, tokens, &error));
	g_assert_no_error(error);
	for (guint i = 0; i < tokens->len; i++) {
		gint32 id = g_array_index(tokens, Token, i).id;

		g_string_append_printf(out, "%s%s", i ? "|" : "",
				       id == 3 ? "?" : tiny_pieces[id].text);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void check(const Fixture *fixture, const char *prefix, const char *text,
		  const char *expected)
{
	g_autofree char *pieces = pieces_of(fixture, prefix, text, strlen(text));

	g_assert_cmpstr(pieces, ==, expected);
}

static void test_split(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	check(fixture, NULL, "ab", "▁ab");
	check(fixture, NULL, "abcd", "▁a|bcd"); /* -14 against -14.5 for ▁ab|cd */
	check(fixture, NULL, "a b", "▁a|▁|b");
	check(fixture, NULL, "你好吗", "▁|你|好吗"); /* -15.5 against -16 for 你好|吗 */
	check(fixture, NULL, "你们12", "▁|你们|12");
	check(fixture, "query: ", "ab", "▁query|:|▁ab");
	check(fixture, "passage: ", "好", "▁passage|:|▁|好");
}

static void test_normalise(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	check(fixture, NULL, "ａｂ", "▁ab");
	check(fixture, NULL, "１2", "▁|12");
	check(fixture, NULL, "ﬁ", "▁|fi");
	check(fixture, NULL, "a\001b", "▁ab");
	check(fixture, NULL, "a \t\xc2\xa0\xe3\x80\x80 b", "▁a|▁|b");
	check(fixture, NULL, "  ab \t", "▁ab");
	check(fixture, "query: ", "\xe3\x80\x80 ab  ", "▁query|:|▁ab");
}

static void test_unknown(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	check(fixture, NULL, "Z", "▁|?");
	check(fixture, NULL, "aZ龘b", "▁a|?|?|b");
	check(fixture, NULL, "😀", "▁|😀");
}

static void test_empty(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	check(fixture, NULL, "", "");
	check(fixture, NULL, " \t\xe3\x80\x80", "");
	check(fixture, NULL, "\001", "");
	check(fixture, "query: ", "", "▁query|:");
	check(fixture, "query: ", "  ", "▁query|:");
}

/* Text is never a control piece. */
static void test_controls(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	check(fixture, NULL, "</s>", "▁|?|?|s|?");
	check(fixture, NULL, "<mask>", "▁|?|?|a|s|?|?");
	check(fixture, NULL, "<s>a", "▁|?|s|?|a");
}

static void test_invalid(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char bytes[] = "a\xff\xfe"
				    "b\xe4\xbd\xa0\xe4\xbd";
	static const char zero[] = "a\0b";
	g_autofree char *pieces = pieces_of(fixture, NULL, bytes, sizeof(bytes) - 1);
	g_autofree char *with_zero = pieces_of(fixture, NULL, zero, sizeof(zero) - 1);

	check(fixture, NULL,
	      "\xed\xa0\x80"
	      "a",
	      "▁a"); /* a surrogate half */
	check(fixture, NULL,
	      "\xf5\x80\x80\x80"
	      "a",
	      "▁a");
	g_assert_cmpstr(pieces, ==, "▁a|▁|b|你"); /* each odd byte a space, at the end none */
	g_assert_cmpstr(with_zero, ==, "▁a|?|b");
}

static void test_ranges(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	static const char text[] = " ab  de你好ﬁ ";
	static const Token expected[] = {{21, 0, 0}, {22, 0, 0},  {15, 1, 3},
					 {16, 5, 7}, {26, 7, 13}, {34, 13, 16}};
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));

	g_assert_true(
		tokenizer_split(fixture->tokenizer, "query: ", text, strlen(text), tokens, NULL));
	g_assert_cmpuint(tokens->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < tokens->len; i++) {
		const Token *token = &g_array_index(tokens, Token, i);

		g_assert_cmpint(token->id, ==, expected[i].id);
		g_assert_cmpuint(token->start, ==, expected[i].start);
		g_assert_cmpuint(token->end, ==, expected[i].end);
	}
}

static void test_limit(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autofree char *text = g_strnfill(TOKENIZER_MAX_BYTES + 1, 'a');
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	g_autoptr(GError) error = NULL;

	g_assert_false(
		tokenizer_split(fixture->tokenizer, NULL, text, strlen(text), tokens, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE);
	g_assert_cmpuint(tokens->len, ==, 0);
	g_assert_true(
		tokenizer_split(fixture->tokenizer, NULL, text, TOKENIZER_MAX_BYTES, tokens, NULL));
	g_assert_cmpuint(tokens->len, >=, TOKENIZER_MAX_BYTES / 4);
}

/* The best sum over every way to split ASCII letters, by trying all of them. */
static double best_sum(const char *text)
{
	double best = -1e9;

	if (!*text)
		return 0;
	for (gsize i = 4; i < G_N_ELEMENTS(tiny_pieces) - 1; i++)
		if (g_str_has_prefix(text, tiny_pieces[i].text))
			best = MAX(best, (double)tiny_pieces[i].score +
						 best_sum(text + strlen(tiny_pieces[i].text)));
	return MAX(best, -21.0 + best_sum(g_utf8_next_char(text))); /* the lowest score is -11 */
}

static void test_best(Fixture *fixture, G_GNUC_UNUSED gconstpointer data)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(3);

	for (int round = 0; round < 500; round++) {
		g_autoptr(GString) text = g_string_new(NULL), marked = g_string_new("▁");
		g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
		double sum = 0;
		int n = g_rand_int_range(random, 1, 9);

		for (int i = 0; i < n; i++)
			g_string_append_c(text, "abcdeZ12fi"[g_rand_int_range(random, 0, 10)]);
		g_string_append(marked, text->str);
		g_assert_true(tokenizer_split(fixture->tokenizer, NULL, text->str, text->len,
					      tokens, NULL));
		for (guint i = 0; i < tokens->len; i++) {
			gint32 id = g_array_index(tokens, Token, i).id;

			sum += id == 3 ? -21.0 : (double)tiny_pieces[id].score;
		}
		g_assert_cmpfloat_with_epsilon(sum, best_sum(marked->str), 1e-4);
	}
}

static void check_recorded(const Tokenizer *tokenizer, const json_t *row)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *ids = json_object_get(row, "ids");

	for (json_int_t i = 0; i < json_integer_value(json_object_get(row, "repeat")); i++)
		g_string_append(text, json_member_string(row, "text"));
	g_assert_true(tokenizer_split(tokenizer, "query: ", text->str, text->len, tokens, NULL));
	g_assert_cmpint(tokens->len, ==, json_integer_value(json_object_get(row, "n_ids")));
	g_assert_cmpuint(json_array_size(ids), >, 0);
	for (gsize i = 0; i < json_array_size(ids); i++)
		g_assert_cmpint(g_array_index(tokens, Token, i).id, ==,
				json_integer_value(json_array_get(ids, i)));
}

static void test_recorded(void)
{
	g_autofree char *path = real_weights(), *content = NULL;
	g_autoptr(Weights) weights = path ? weights_open(path, NULL) : NULL;
	g_autoptr(Tokenizer) tokenizer =
		weights ? tokenizer_new(weights_vocabulary(weights)) : NULL;
	g_autoptr(json_t) rows = NULL;
	gsize n;

	if (!path)
		return;
	g_assert_nonnull(tokenizer);
	g_assert_true(g_file_get_contents(ZHIYIN_SOURCE_DIR "/tests/unit/ml/encoder_reference.json",
					  &content, &n, NULL));
	rows = json_parse(content, n, NULL);
	g_assert_cmpuint(json_array_size(rows), >=, 10);
	for (gsize i = 0; i < json_array_size(rows); i++)
		check_recorded(tokenizer, json_array_get(rows, i));
}

#define ADD(name, function) \
	g_test_add("/ml/tokenizer/" name, Fixture, NULL, fixture_open, function, fixture_close)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("split", test_split);
	ADD("normalise", test_normalise);
	ADD("unknown", test_unknown);
	ADD("empty", test_empty);
	ADD("controls", test_controls);
	ADD("invalid", test_invalid);
	ADD("ranges", test_ranges);
	ADD("limit", test_limit);
	ADD("best", test_best);
	g_test_add_func("/ml/tokenizer/recorded", test_recorded);
	return g_test_run();
}
