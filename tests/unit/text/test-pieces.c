/* Terms of the index: words with their pieces, where they stand, and queries that are spelled already. */
#include "text/pieces.h"

#include "support.h"

typedef struct {
	GString *joined; /* terms with | between, the mark as ~ */
	int n_bytes;
	int last_start, last_end; /* of the last word */
} Collected;

static int collect(const char *token, int n_bytes, int start, int end, gpointer data)
{
	Collected *c = data;
	gboolean piece = *token == PIECE_MARK;

	g_assert_cmpint(n_bytes, >, 0);
	g_assert_cmpint(end, <=, c->n_bytes);
	g_assert_true(g_utf8_validate(token, n_bytes, NULL));
	if (piece) {
		glong n_chars = g_utf8_strlen(token + 1, n_bytes - 1);

		g_assert_true(n_chars == PIECE_MIN || n_chars == PIECE_MAX);
		g_assert_cmpint(start, ==, c->last_start);
		g_assert_cmpint(end, ==, c->last_end);
	}
	c->last_start = start;
	c->last_end = end;
	g_string_append(c->joined, piece ? "|~" : "|");
	g_string_append_len(c->joined, token + piece, n_bytes - piece);
	return 0;
}

static char *terms_of(const char *text, gsize n_bytes)
{
	Collected c = {g_string_new(NULL), (int)n_bytes, 0, 0};

	g_assert_cmpint(text_tokenize_pieces(text, (int)n_bytes, collect, &c), ==, 0);
	return g_string_free(c.joined, FALSE);
}

static void test_table(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"王建国", "|王|建|国"},
		{"ab", "|ab"},
		{"Smi", "|smi|~smi"},
		{"smith", "|smith|~smi|~smith|~mit|~ith"},
		{"sevenly", "|sevenly|~sev|~seven|~eve|~evenl|~ven|~venly|~enl|~nly"},
		{"a 1234", "|a|1234|~123|~234"},
		{"мир", "|мир|~мир"},
		{"lilei li lei ll", "|lilei|~lil|~lilei|~ile|~lei|li|lei|ll"},
		{"lei smi lei", "|lei|~lei|smi|~smi|lei|~lei"},
		{"smi Smi smit", "|smi|~smi|smi|smit|~smi|~mit"},
		{"\x01smith", "|smith"},
		{"\x01", ""},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *terms = terms_of(rows[i][0], strlen(rows[i][0]));

		g_assert_cmpstr(terms, ==, rows[i][1]);
	}
}

static void test_long_words_have_none(void)
{
	g_autofree char *at = g_strnfill(PIECE_WORD_MAX, 'a');
	g_autofree char *over = g_strnfill(PIECE_WORD_MAX + 1, 'a');
	g_autofree char *at_terms = terms_of(at, strlen(at));
	g_autofree char *over_terms = terms_of(over, strlen(over));

	g_assert_nonnull(strstr(at_terms, "|~aaaaa"));
	g_assert_null(strchr(over_terms, '~'));
}

static int stop_at_third(const char *token, int n_bytes, int start, int end, gpointer data)
{
	(void)token, (void)n_bytes, (void)start, (void)end;
	return ++*(int *)data == 3 ? 7 : 0;
}

static void test_stops(void)
{
	int n = 0;

	g_assert_cmpint(text_tokenize_pieces("smith wang", -1, stop_at_third, &n), ==, 7);
	g_assert_cmpint(n, ==, 3);
}

static void check_nasty(const char *text, gsize n_bytes)
{
	g_autofree char *terms = terms_of(text, n_bytes);

	g_assert_nonnull(terms);
}

static void test_any_bytes(void)
{
	support_foreach_nasty(check_nasty);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pieces/table", test_table);
	g_test_add_func("/pieces/long_words_have_none", test_long_words_have_none);
	g_test_add_func("/pieces/stops", test_stops);
	g_test_add_func("/pieces/any_bytes", test_any_bytes);
	return g_test_run();
}
