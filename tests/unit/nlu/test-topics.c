/* Four themes that share no words must come out whole, in both languages; the rest of the checks hold of any texts. */
#include "nlu/topics.h"

#include <string.h>

static const char *const patterns[] = {
	"快递一直没有到，第%u天了，快递员也不接电话", "优惠券用不了，第%u张优惠券提示已过期",
	"my discount code %u does not work, discount codes are broken",
	"the mattress smells, mattress number %u"};

enum { EACH = 12, N = EACH * G_N_ELEMENTS(patterns) };

static GPtrArray *texts_new(void)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < N; i++) {
		g_auto(GStrv) parts = g_strsplit(patterns[i % G_N_ELEMENTS(patterns)], "%u", 2);

		g_ptr_array_add(texts, g_strdup_printf("%s%u%s", parts[0], i, parts[1]));
	}
	return texts;
}

static void test_themes(void)
{
	g_autoptr(GPtrArray) texts = texts_new();
	g_autoptr(Topics) topics = topics_find((const char *const *)texts->pdata, NULL, N);
	g_autoptr(Topics) again = topics_find((const char *const *)texts->pdata, NULL, N);
	static const char *const expected[] = {"快递", "优惠", "discount", "mattress"};

	g_assert_cmpuint(topics->n, ==, G_N_ELEMENTS(patterns));
	for (guint i = 0; i < N; i++) {
		const char *theme = expected[i % G_N_ELEMENTS(patterns)];
		g_autofree char *name = NULL;

		g_assert_cmpint(topics->of[i], >=, 0);
		g_assert_cmpint(topics->of[i], ==, topics->of[i % G_N_ELEMENTS(patterns)]);
		name = g_strjoinv(" ", topics->words[topics->of[i]]);
		g_assert_nonnull(strstr(name, theme));
		g_assert_cmpint(again->of[i], ==, topics->of[i]);
		g_assert_cmpfloat(again->near[i], ==, topics->near[i]);
	}
}

static void test_few(void)
{
	static const char *const two[] = {"", "!!!"};
	g_autoptr(Topics) none = topics_find(NULL, NULL, 0);
	g_autoptr(Topics) empty = topics_find(two, NULL, 2);

	g_assert_cmpuint(none->n, ==, 0);
	g_assert_cmpuint(empty->n, ==, 0);
	g_assert_cmpint(empty->of[0], ==, -1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/topics/themes", test_themes);
	g_test_add_func("/topics/few", test_few);
	return g_test_run();
}
