/* Languages: a table, the order of the word list, and how often whole data sets of known language
 * are told right. */
#include "text/language.h"

#include "support.h"
#include "text/csv.h"

static void test_table(void)
{
	static const char *const rows[][2] = {
		{"", "unknown"},
		{"12345 !!! 😀", "unknown"},
		{"我想退货", "zh"},
		{"續約合同下週簽署", "zh"},
		{"我的 iPhone 15 Pro Max 坏了，想退货", "zh"},
		{"VIP会员怎么开通", "zh"},
		{"ok 好的", "zh"},
		{"订单 ORD-2024-001 status", "zh"},
		{"I want a refund", "en"},
		{"refund", "en"},
		{"Where is my order #12345?", "en"},
		{"The 张 family visited our shop yesterday and bought two of the big boxes", "en"},
		{"I'd like to send a café latte to my friend", "en"},
		{"How do I 退货", "mixed"},
		{"please 帮我 check 一下 my order", "mixed"},
		{"请问 how can I get 发票 for this order?", "mixed"},
		{"注文した商品がまだ届きません", "unknown"},
		{"東京タワーに行きたい", "unknown"},
		{"주문 취소하고 싶어요", "unknown"},
		{"Где мой заказ", "unknown"},
		{"Où est ma commande, s'il vous plaît ? Je ne l'ai pas reçue", "unknown"},
		{"Ich möchte meine Bestellung zurückgeben", "unknown"},
		{"¿Dónde está mi pedido? No lo he recibido", "unknown"},
		{"Hola", "unknown"},
		{"Bonjour", "unknown"},
		{"ภาษาไทย", "unknown"},
		{"Del Monte Los Angeles Las Vegas", "en"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		TextLanguage got = text_language(rows[i][0]);

		if (strcmp(text_language_name(got), rows[i][1]) != 0)
			g_error("\"%s\" is taken for %s", rows[i][0], text_language_name(got));
	}
	g_assert_cmpint(text_language_n("I want 退货", 6), ==, LANGUAGE_EN);
}

static void test_word_list(void)
{
	static const char *const words[] = {
#define FOREIGN(word) word,
#include "text/foreign.def"
	};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		g_assert_true(i == 0 || strcmp(words[i - 1], words[i]) < 0);
		g_assert_cmpint(text_language(words[i]), ==, LANGUAGE_UNKNOWN);
	}
}

/* The share of texts of a CSV column that are taken for language. */
static double share_of(const char *file, const char *column, TextLanguage language)
{
	g_autofree char *path = support_data(file);
	g_autoptr(GError) error = NULL;
	g_autoptr(Input) input = path ? input_open(path, 0, &error) : NULL;
	g_autoptr(CsvReader) reader = input ? csv_open(input, NULL, &error) : NULL;
	guint at = 0, n = 0, n_right = 0;
	CsvStep step;

	if (!path)
		return -1;
	g_assert_true(reader && csv_get(reader, column, &at, &error));
	while ((step = csv_next(reader, &error)) >= CSV_ROW) {
		TextLanguage got = text_language(csv_cell(reader, at, NULL));

		n++;
		n_right += got == language;
		if (got != language && g_test_verbose())
			g_test_message("%s: %s", text_language_name(got),
				       csv_cell(reader, at, NULL));
	}
	g_assert_no_error(error);
	g_test_message("%s: %u of %u texts are told right", file, n_right, n);
	return (double)n_right / n;
}

static void test_english_data(void)
{
	double share = share_of("banking77/test.csv", "text", LANGUAGE_EN);

	if (share >= 0)
		g_assert_cmpfloat(share, >=, 0.999);
}

static void test_chinese_data(void)
{
	double share = share_of("asap_sample/test_sample.csv", "reviewbody", LANGUAGE_ZH);

	if (share >= 0)
		g_assert_cmpfloat(share, >=, 0.995);
}

static void check_any(const char *text, gsize n_bytes)
{
	g_assert_cmpint(text_language_n(text, n_bytes), <=, LANGUAGE_MIXED);
}

static void test_naughty(void)
{
	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 2000);
	support_foreach_naughty(check_any);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/language/table", test_table);
	g_test_add_func("/language/word-list", test_word_list);
	g_test_add_func("/language/english-data", test_english_data);
	g_test_add_func("/language/chinese-data", test_chinese_data);
	g_test_add_func("/language/naughty", test_naughty);
	return g_test_run();
}
