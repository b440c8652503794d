/* Tokens: tables, the full-text queries that must be found, and properties that must hold for any
 * bytes. */
#include "text/tokenize.h"

#include "../cpu_time.h"
#include "support.h"

typedef struct {
	GString *joined; /* tokens with | between */
	const char *text;
	gsize n_bytes;
	int last_end;
} Collected;

static int collect(const char *token, int n_bytes, int start, int end, gpointer data)
{
	Collected *c = data;

	g_assert_cmpint(n_bytes, >, 0);
	g_assert_cmpint(n_bytes, <=, TOKEN_BYTES_MAX);
	g_assert_cmpint(start, <, end);
	g_assert_cmpint(end, <=, (int)c->n_bytes);
	g_assert_cmpint(end, >=, c->last_end);
	g_assert_true(g_utf8_validate(token, n_bytes, NULL));
	c->last_end = end;
	g_string_append_c(c->joined, '|');
	g_string_append_len(c->joined, token, n_bytes);
	return 0;
}

static char *tokens_of(const char *text, gsize n_bytes)
{
	Collected c = {g_string_new(NULL), text, n_bytes, 0};

	g_assert_cmpint(text_tokenize(text, (int)n_bytes, collect, &c), ==, 0);
	g_string_append_c(c.joined, '|');
	return g_string_free(c.joined, FALSE);
}

static void test_table(void)
{
	static const char *const rows[][2] = {
		{"", "|"},
		{"我想退货,快递三天没到", "|我|想|退|货|快|递|三|天|没|到|"},
		{"ＡＢＣ Company wants a REFUND", "|abc|company|wants|a|refund|"},
		{"Café Cafe\u0301 naïve Łódź", "|cafe|cafe|naive|lodz|"},
		{"續約合同下週簽署，體驗", "|续|约|合|同|下|周|签|署|体|验|"},
		{"john.smith@example.com", "|john|smith|example|com|"},
		{"https://a.b/c?d=e&f_g", "|https|a|b|c|d|e|f|g|"},
		{"O'Brien’s customer's isn't 'quoted' dogs'", "|obrien|customer|isnt|quoted|dogs|"},
		{"3.5 1,234.50 1,2,3 12,345,678 192.168.1.1 v2.0.1 1.",
		 "|3.5|1234.50|1|2|3|12345678|192.168.1.1|v2.0.1|1|"},
		{"iPhone15 5G手机 ORD-2024-001", "|iphone15|5g|手|机|ord|2024|001|"},
		{"价格￥1,299元", "|价|格|1299|元|"},
		{"東京タワー ひらがな ｶﾞ", "|东|京|タ|ワ|ー|ひ|ら|が|な|ガ|"},
		{"한국어 학교", "|한|국|어|학|교|"},
		{"Привет мир Ελλάδα שלום", "|привет|мир|ελλάδα|שלום|"},
		{"ภาษาไทยง่าย", "|ภาษา|ไทย|ง่าย|"},
		{"😀😀 ok👍🏽 ❤️ © ™", "|😀|😀|ok|👍|❤|tm|"},
		{"㍿ ㎏ ½ Ⅷ ①", "|株|式|会|社|kg|1|2|viii|1|"},
		{"٣٤ १२", "|34|12|"},
		{"退\u200b货 re\u00adfund", "|退|货|refund|"},
		{"人々 〇 々", "|人|々|〇|々|"},
		{"a\u3000b\u00a0c", "|a|b|c|"},
		{"x\u0302y", "|xy|"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *tokens = tokens_of(rows[i][0], strlen(rows[i][0]));

		g_assert_cmpstr(tokens, ==, rows[i][1]);
	}
}

/* Full text takes the tokens of one query word as a phrase: they must follow each other in the
 * document. */
static void test_queries(void)
{
	static const char *const documents[] = {
		"我想退货,快递三天没到",
		"客户张伟来自上海有限公司，预算50万元",
		"ＡＢＣ Company wants a REFUND for Café order",
		"續約合同下週簽署",
		"人工智能客服系统报价单",
		"研究生命起源",
		"联系 O'Brien: smith.j@example.com, +86 138-0013-8000",
	};
	static const struct {
		const char *query;
		int document;
	} rows[] = {
		{"退货", 0},	    {"退貨", 0},   {"快递", 0},
		{"货", 0},	    {"没到", 0},   {"三天没到", 0},
		{"公司", 1},	    {"张伟", 1},   {"50", 1},
		{"有限公司", 1},    {"abc", 2},	   {"ABC", 2},
		{"ＡＢＣ", 2},	    {"café", 2},   {"cafe", 2},
		{"CAFÉ", 2},	    {"refund", 2}, {"合同", 3},
		{"续约", 3},	    {"續約", 3},   {"签署", 3},
		{"客服", 4},	    {"报价单", 4}, {"智能", 4},
		{"生命", 5},	    {"研究", 5},   {"研究生", 5},
		{"example.com", 6}, {"smith", 6},  {"obrien", 6},
		{"OBrien", 6},	    {"0013", 6},   {"smith.j@example.com", 6},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *query = tokens_of(rows[i].query, strlen(rows[i].query));

		for (gsize d = 0; d < G_N_ELEMENTS(documents); d++) {
			g_autofree char *document = tokens_of(documents[d], strlen(documents[d]));

			if ((strstr(document, query) != NULL) != ((int)d == rows[i].document))
				g_error("query %s, document %s", query, document);
		}
	}
}

typedef struct {
	const char *text;
	GString *slices;
} Slices;

static int slice(const char *token, int n_bytes, int start, int end, gpointer data)
{
	Slices *s = data;

	(void)token;
	(void)n_bytes;
	g_string_append_len(s->slices, s->text + start, end - start);
	g_string_append_c(s->slices, '|');
	return 0;
}

static void test_offsets(void)
{
	const char *text = "「退\u200b貨」Cafe\u0301's 1,234.5元 ㎏";
	g_autoptr(GString) slices = g_string_new(NULL);
	Slices s = {text, slices};

	text_tokenize(text, -1, slice, &s);
	g_assert_cmpstr(slices->str, ==, "退\u200b|貨|Cafe\u0301's|1,234.5|元|㎏|");
}

static int stop_at_third(const char *token, int n_bytes, int start, int end, gpointer data)
{
	int *n = data;

	(void)token, (void)n_bytes, (void)start, (void)end;
	return ++*n == 3 ? 42 : 0;
}

static void test_stop(void)
{
	static const char *const texts[] = {"a b c d", "退货三天", "ภาษาไทยง่ายมาก", "㍿㍿",
					    "a b 退 货 c"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		int n = 0;

		g_assert_cmpint(text_tokenize(texts[i], -1, stop_at_third, &n), ==, 42);
		g_assert_cmpint(n, ==, 3);
	}
}

static void check_any(const char *text, gsize n_bytes)
{
	g_autofree char *tokens = tokens_of(text, n_bytes);
	g_autofree char *again = tokens_of(text, n_bytes);

	g_assert_cmpstr(tokens, ==, again);
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

static int count(const char *token, int n_bytes, int start, int end, gpointer data)
{
	(void)token, (void)n_bytes, (void)start, (void)end;
	++*(gsize *)data;
	return 0;
}

static void test_large(void)
{
	static const char *const parts[] = {"a", "退", "ภ", "\xCC\x81", "'", "1,", "\xFF", "", "😀"};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GString) text = g_string_sized_new(1 << 20);
		gsize n = 0;
		double began;

		while (text->len < 1000000)
			g_string_append_len(text, parts[i], MAX((gssize)strlen(parts[i]), 1));
		began = cpu_seconds();
		text_tokenize(text->str, (int)text->len, count, &n);
		g_assert_cmpfloat(cpu_seconds() - began, <, 10.0);
		g_assert_cmpuint(n, <=, text->len);
	}
}

static void test_long_word(void)
{
	g_autoptr(GString) word = g_string_new(NULL);
	g_autofree char *tokens = NULL, *prefix = NULL;

	while (word->len < 300)
		g_string_append(word, "ab1");
	tokens = tokens_of(word->str, word->len);
	prefix = tokens_of(word->str, 60);
	prefix[61] = '\0';
	g_assert_cmpuint(strlen(tokens), ==, 300 + 4);
	g_assert_true(g_str_has_prefix(tokens, prefix));
}

static gpointer tokens_in_thread(gpointer text)
{
	return tokens_of(text, strlen(text));
}

static void test_threads(void)
{
	static char text[] = "ภาษาไทยง่าย 續約 Café 한국어 refund's 1,234";
	g_autofree char *expected = tokens_of(text, strlen(text));
	GThread *threads[4];

	for (int i = 0; i < 4; i++)
		threads[i] = g_thread_new("tokens", tokens_in_thread, text);
	for (int i = 0; i < 4; i++) {
		g_autofree char *tokens = g_thread_join(threads[i]);

		g_assert_cmpstr(tokens, ==, expected);
	}
}

static void test_weigh(void)
{
	g_assert_cmpfloat_with_epsilon(text_weigh("退货 refund", strlen("退货 refund")), 3.3, 1e-9);
	g_assert_cmpfloat(text_weigh("", 0), ==, 0.0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tokenize/table", test_table);
	g_test_add_func("/tokenize/queries", test_queries);
	g_test_add_func("/tokenize/offsets", test_offsets);
	g_test_add_func("/tokenize/stop", test_stop);
	g_test_add_func("/tokenize/any-bytes", test_any);
	g_test_add_func("/tokenize/naughty", test_naughty);
	g_test_add_func("/tokenize/large", test_large);
	g_test_add_func("/tokenize/long-word", test_long_word);
	g_test_add_func("/tokenize/threads", test_threads);
	g_test_add_func("/tokenize/weigh", test_weigh);
	return g_test_run();
}
