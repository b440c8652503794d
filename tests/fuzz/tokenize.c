/* Tokens stand in order within the text, are folded and not too long; the normal form of a text has
 * the tokens of the text, so that index, query and filters agree (but for Thai and its like: there ICU's
 * dictionary looks at the letters as they are). */
#include "text/tokenize.h"

#include "fuzz/fuzz.h"
#include "text/fold.h"
#include "text/normalise.h"

typedef struct {
	gsize n_bytes;
	int start;
	double weight;
	GString *texts;
} Walk;

static int take(const Token *token, gpointer data)
{
	Walk *walk = data;

	g_assert_cmpint(token->start, >=, walk->start);
	g_assert_cmpint(token->start, <, token->end);
	g_assert_cmpuint((gsize)token->end, <=, walk->n_bytes);
	g_assert_cmpint(token->n_bytes, >, 0);
	g_assert_cmpint(token->n_bytes, <=, TOKEN_BYTES_MAX);
	g_assert_true(g_utf8_validate_len(token->text, (gsize)token->n_bytes, NULL));
	walk->start = token->start;
	walk->weight += token->kind == TOKEN_CHARACTER ? 1.0 : 1.3;
	g_string_append_len(walk->texts, token->text, token->n_bytes);
	g_string_append_c(walk->texts, '\n');
	return 0;
}

static int stop_at_third(const char *token, int n_bytes, int start, int end, gpointer data)
{
	(void)token, (void)n_bytes, (void)start, (void)end;
	return ++*(int *)data == 3 ? 7 : 0;
}

/* Returns the texts of the tokens, one a line; the caller frees them. */
static char *tokens_of(const char *text, gsize n)
{
	Walk walk = {.n_bytes = n, .texts = g_string_new(NULL)};
	int seen = 0, result;

	g_assert_cmpint(text_foreach_token(text, n, take, &walk), ==, 0);
	g_assert_true(text_weigh(text, n) == walk.weight);
	result = text_tokenize(text, (int)n, stop_at_third, &seen);
	g_assert_cmpint(result, ==, seen == 3 ? 7 : 0);
	return g_string_free(walk.texts, FALSE);
}

static gboolean has_complex(const char *normal)
{
	for (; *normal; normal = g_utf8_next_char(normal))
		if (fold_char(g_utf8_get_char(normal)).kind == CHAR_COMPLEX)
			return TRUE;
	return FALSE;
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	const char *text = (const char *)bytes;
	g_autofree char *normal = text_normalise(text, (gssize)n);
	g_autofree char *tokens = tokens_of(text, n);
	g_autofree char *of_normal = tokens_of(normal, strlen(normal));

	if (!has_complex(normal))
		g_assert_cmpstr(of_normal, ==, tokens);
	return 0;
}
