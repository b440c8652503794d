/* What a small model is given of a passage. The encoder is the test's: a sentence lies as near to the
 * question as its first letter says. */
#include "bot/focus.h"
#include "ml/encoder.h"

static gboolean encode(const char *const *texts, gsize n, gboolean as_questions, float *vectors,
		       gpointer data, G_GNUC_UNUSED GError **error)
{
	const gboolean *fails = data;

	for (gsize i = 0; i < n; i++) {
		float *vector = vectors + i * ENCODER_DIMENSIONS;
		float cosine = as_questions ? 1 : (float)(texts[i][0] - 'A') / 100;

		for (guint k = 0; k < ENCODER_DIMENSIONS; k++)
			vector[k] = 0;
		vector[0] = cosine;
	}
	return !*fails;
}

static void find(const char *passage, Focus *ret_focus)
{
	gboolean fails = FALSE;
	KnowledgeEncoder encoder = {encode, &fails, "test"};

	focus_find(&encoder, "how?", passage, ret_focus);
}

static void test_two_in_their_order(void)
{
	g_auto(Focus) focus = {0};

	find("Can be. May be \"good\". But not. Z is best.", &focus);
	g_assert_true(focus.sure);
	g_assert_cmpstr(focus.text, ==, "May be \"good\". Z is best.");
	g_assert_cmpstr(focus.grammar, ==,
			"root ::= \" \"? (\"May be \\\"good\\\".\" \" \")? \"Z is best.\"");
	focus_clear(&focus);
	find("Z 最好。M 也行。B 不行。", &focus);
	g_assert_cmpstr(focus.text, ==, "Z 最好。M 也行。");
	g_assert_cmpstr(focus.grammar, ==, "root ::= \" \"? \"Z 最好。\" (\"\" \"M 也行。\")?");
}

static void test_one(void)
{
	g_auto(Focus) focus = {0};

	find("K is \\ all.", &focus);
	g_assert_true(focus.sure);
	g_assert_cmpstr(focus.text, ==, "K is \\ all.");
	g_assert_cmpstr(focus.grammar, ==, "root ::= \" \"? \"K is \\\\ all.\"");
}

/* Of lists the items, without their markers; what is no sentence says nothing alone; tables are read whole. */
static void test_lists(void)
{
	g_auto(Focus) focus = {0};

	find("An order:\n\n- M is good.\n- Z is best.\n- But not.", &focus);
	g_assert_true(focus.sure);
	g_assert_cmpstr(focus.text, ==, "M is good. Z is best.");
	focus_clear(&focus);
	find("1. M 也行。\n2. Z 最好。\n3. B 不行。", &focus);
	g_assert_cmpstr(focus.text, ==, "M 也行。Z 最好。");
	focus_clear(&focus);
	find("You cannot return:\n\n- Zips and gift cards\n- Beds.", &focus);
	g_assert_false(focus.sure);
	focus_clear(&focus);
	find("You may order:\n\n- Zips.\n- Beds.", &focus);
	g_assert_true(focus.sure);
	g_assert_cmpstr(focus.text, ==, "Zips.");
	focus_clear(&focus);
	find("| Case | Days |\n| --- | --- |\n| Zips | 7 |\n\nZ is best. But not. A is bad.",
	     &focus);
	g_assert_false(focus.sure);
}

/* A third that is nearly as good, no encoder, nothing to read, too much of it. */
static void test_not_sure(void)
{
	gboolean fails = TRUE;
	KnowledgeEncoder encoder = {encode, &fails, "test"};
	g_autoptr(GString) passage = g_string_new(NULL);
	g_auto(Focus) focus = {0};

	find("Go one. For two. Even three.", &focus);
	g_assert_false(focus.sure);
	g_assert_cmpstr(focus.text, ==, "Go one. For two.");
	focus_clear(&focus);
	focus_find(&encoder, "how?", "Z is best.", &focus);
	g_assert_false(focus.sure);
	g_assert_null(focus.text);
	find("", &focus);
	g_assert_false(focus.sure);
	for (guint i = 0; i <= FOCUS_SENTENCES_MAX; i++)
		g_string_append(passage, i ? " But not." : "Z is best.");
	find(passage->str, &focus);
	g_assert_false(focus.sure);
}

static void test_choose(void)
{
	static const struct {
		float cosines[4];
		guint n, best, second;
		gboolean sure;
	} rows[] = {
		{{0.80F, 0.90F, 0.82F, 0.81F}, 4, 1, 2, TRUE},
		{{0.89F, 0.90F, 0.82F, 0.88F}, 4, 1, 0, FALSE},
		{{0.90F, 0.89F, 0.80F}, 3, 0, 1, TRUE},
		{{0.10F, 0.11F}, 2, 1, 0, TRUE},
		{{0.50F}, 1, 0, 0, TRUE},
		{{0}, 0, 0, 0, FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint best, second;

		g_assert_cmpint(focus_choose(rows[i].cosines, rows[i].n, &best, &second), ==,
				rows[i].sure);
		g_assert_cmpuint(best, ==, rows[i].best);
		g_assert_cmpuint(second, ==, rows[i].second);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/focus/two_in_their_order", test_two_in_their_order);
	g_test_add_func("/focus/one", test_one);
	g_test_add_func("/focus/lists", test_lists);
	g_test_add_func("/focus/not_sure", test_not_sure);
	g_test_add_func("/focus/choose", test_choose);
	return g_test_run();
}
