/* Ranking terms: tables (kind, weakness, text), order of the stop lists, any bytes. */
#include "text/terms.h"

#include "support.h"

/* 1 Han, 2 pair, w word, n number; a - behind it when weak. */
static char *terms_of(const char *text)
{
	static const char marks[] = "12wn";
	g_autoptr(GPtrArray) terms = text_terms(text);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < terms->len; i++) {
		const TextTerm *term = g_ptr_array_index(terms, i);

		g_assert_cmpuint(term->n_bytes, ==, strlen(term->text));
		g_string_append_printf(out, "%s%c%s:%s", i ? " " : "", marks[term->kind],
				       term->weak ? "-" : "", term->text);
	}
	return g_string_free(out, FALSE);
}

static void test_table(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"退货", "1:退 1:货 2:退货"},
		{"退貨", "1:退 1:货 2:退货"},
		{"退 货,退", "1:退 1:货 1:退"},
		{"退\u200b货", "1:退 1:货 2:退货"},
		{"怎么退", "1:怎 2-:怎么 1:退 2-:么退"},
		{"我的", "2-:我的"},
		{"地址", "1:址 2:地址"},
		{"好了吗", "1:好 2-:好了"},
		{"refunds were REFUNDED", "w:refund w:refund"},
		{"How much is it?", "w-:how w-:much"},
		{"the customer's order", "w:custom w:order"},
		{"iPhone15 costs 1,299.00 元", "w:iphone15 w:cost n:1299.00 1:元"},
		{"5G手机", "w:5g 1:手 1:机 2:手机"},
		{"Привет café 😀", "w:привет w:cafe"},
		{"don't can't", ""},
		{"㍿", "1:株 1:式 1:会 1:社"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *terms = terms_of(rows[i][0]);

		g_assert_cmpstr(terms, ==, rows[i][1]);
	}
}

/* Binary search needs the lists in order; every entry must be found through the public door. */
static void test_lists(void)
{
	static const char *const stop_words[] = {
#define STOP_WORD(text) text,
#include "text/stopwords.def"
	};
	static const char *const weak_pairs[] = {
#define WEAK_PAIR(text) text,
#include "text/stopwords.def"
	};

	for (gsize i = 0; i < G_N_ELEMENTS(stop_words); i++) {
		g_autofree char *terms = terms_of(stop_words[i]);

		g_assert_true(i == 0 || strcmp(stop_words[i - 1], stop_words[i]) < 0);
		g_assert_cmpstr(terms, ==, "");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(weak_pairs); i++) {
		g_autofree char *terms = terms_of(weak_pairs[i]),
				*expected = g_strdup_printf("2-:%s", weak_pairs[i]);

		g_assert_true(i == 0 || strcmp(weak_pairs[i - 1], weak_pairs[i]) < 0);
		g_assert_nonnull(strstr(terms, expected));
	}
}

static int check_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	(void)weak, (void)data;
	g_assert_cmpuint(n_bytes, ==, strlen(text));
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_true(kind != TERM_HAN2 || g_utf8_strlen(text, -1) == 2);
	g_assert_true(kind != TERM_HAN1 || g_utf8_strlen(text, -1) == 1);
	return 0;
}

static void check_any(const char *text, gsize n_bytes)
{
	text_foreach_term(text, n_bytes, check_term, NULL);
}

static void test_any(void)
{
	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 20000);
}

static void test_naughty(void)
{
	support_foreach_naughty(check_any);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/terms/table", test_table);
	g_test_add_func("/terms/lists", test_lists);
	g_test_add_func("/terms/any-bytes", test_any);
	g_test_add_func("/terms/naughty", test_naughty);
	return g_test_run();
}
