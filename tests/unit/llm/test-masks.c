/* A conversation's numbers go on; others, later ones and calls at once have their own. */
#include "llm/masks.h"

static void check(Masks *masks, const char *conversation, gint64 now_us, const char *text,
		  const char *hidden)
{
	static const char *const names[] = {"Emily Carter", NULL};
	Mask *mask = masks_take(masks, conversation, names, now_us);
	g_autofree char *got = mask_hide(mask, text);
	g_autofree char *back = mask_restore(mask, got);

	g_assert_cmpstr(got, ==, hidden);
	g_assert_cmpstr(back, ==, text);
	masks_return(masks, conversation, mask, now_us);
}

static void test_turns(void)
{
	g_autoptr(Masks) masks = masks_new();

	check(masks, "a", 1, "Emily: 13800138000", "[NAME_1]: [PHONE_1]");
	check(masks, "a", 2, "13900139000 or 13800138000", "[PHONE_2] or [PHONE_1]");
	check(masks, "b", 3, "13900139000, Carter", "[PHONE_1], [NAME_1]");
	check(masks, "a", 4, "Carter, 13900139000", "[NAME_2], [PHONE_2]");
	check(masks, NULL, 5, "13900139000", "[PHONE_1]");
	check(masks, "a", 5 + MASKS_KEPT_US, "13900139000", "[PHONE_1]");
}

/* A name that is told later is hidden from then on. */
static void test_names(void)
{
	static const char *const names[] = {"周雨桐", NULL};
	g_autoptr(Masks) masks = masks_new();
	Mask *mask = masks_take(masks, "a", NULL, 1);
	g_autofree char *before = mask_hide(mask, "雨桐的票"), *after = NULL;

	masks_return(masks, "a", mask, 1);
	mask = masks_take(masks, "a", names, 2);
	after = mask_hide(mask, "雨桐的票");
	masks_return(masks, "a", mask, 2);
	g_assert_cmpstr(before, ==, "雨桐的票");
	g_assert_cmpstr(after, ==, "[NAME_1]的票");
}

static void test_at_once(void)
{
	g_autoptr(Masks) masks = masks_new();
	Mask *one, *two;

	check(masks, "a", 1, "13800138000", "[PHONE_1]");
	one = masks_take(masks, "a", NULL, 2);
	two = masks_take(masks, "a", NULL, 2);
	g_assert_cmpuint(mask_count(one, MASK_PHONE), ==, 1);
	g_assert_cmpuint(mask_count(two, MASK_PHONE), ==, 0);
	masks_return(masks, "a", one, 3);
	masks_return(masks, "a", two, 3);
	check(masks, "a", 4, "13900139000", "[PHONE_2]");
}

static void test_many(void)
{
	g_autoptr(Masks) masks = masks_new();

	for (int i = 0; i <= MASKS_MAX; i++) {
		g_autofree char *conversation = g_strdup_printf("c%d", i);

		check(masks, conversation, i, "13800138000", "[PHONE_1]");
	}
	check(masks, "c0", MASKS_MAX, "13900139000", "[PHONE_1]"); /* forgotten */
	check(masks, "c9", MASKS_MAX, "13900139000", "[PHONE_2]");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/masks/turns", test_turns);
	g_test_add_func("/masks/names", test_names);
	g_test_add_func("/masks/at-once", test_at_once);
	g_test_add_func("/masks/many", test_many);
	return g_test_run();
}
