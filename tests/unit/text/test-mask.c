/* Nothing personal is left in a masked text, and everything comes back. */
#include "text/mask.h"

#include <string.h>

static const char *const names[] = {"周雨桐", "Emily Carter", "李", NULL};

static void test_hide(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"我的电话是 138 0013 8000", "我的电话是 [PHONE_1]"},
		{"13800138000", "[PHONE_1]"},
		{"１３８００１３８０００", "[PHONE_1]"},
		{"+86 138-0013-8000 找我", "[PHONE_1] 找我"},
		{"(010) 6234 5678", "[PHONE_1]"},
		{"call +1 202-555-0131 now", "call [PHONE_1] now"},
		{"415 555 2671", "[PHONE_1]"},
		{"138\u200b0013\u200b8000", "[PHONE_1]"},
		{"一三八零零一三八零零零", "[NUMBER_1]"},
		{"a.b+c@mail.example.co.uk!", "[EMAIL_1]!"},
		{"邮箱lilei＠mail．example谢谢", "邮箱[EMAIL_1]谢谢"},
		{"lilei @ mail.example", "[EMAIL_1]"},
		{"a@mail.example_b@mail.example", "[EMAIL_1][EMAIL_2]"},
		{"身份证11010519491231002X。", "身份证[ID_1]。"},
		{"卡号 4111 1111 1111 1111", "卡号 [CARD_1]"},
		{"卡号 4111 1111 1111 1112", "卡号 [NUMBER_1]"},
		{"订单 2026112500017", "订单 [NUMBER_1]"},
		{"周雨桐的订单", "[NAME_1]的订单"},
		{"雨桐你好", "[NAME_1]你好"},
		{"ask emily or Carter", "ask [NAME_1] or [NAME_2]"},
		{"emilya carters", "emilya carters"},
		{"我叫韩梅梅，想退货", "我叫[NAME_1]，想退货"},
		{"My name is Jane Doe.", "My name is [NAME_1]."},
		{"[PHONE_1] phone_1 【name 2】", "[TEXT_1] [TEXT_2] [TEXT_3]"},
		{"PHONE_1", "[TEXT_1]"},
		{"日期 2026-05-01，¥1,299，7 天", "日期 2026-05-01，¥1,299，7 天"},
		{"李", "李"},
		{"寄到广东省深圳市南山区科技园路12号3栋501室，谢谢", "寄到[PLACE_1]，谢谢"},
		{"350 Fifth Avenue, New York, NY 10118", "[PLACE_1]"},
		{"请问张经理在吗", "请问[NAME_1]经理在吗"},
		{"ask Ms Carter", "ask [NAME_1]"},
		{"my IP is 10.0.0.1", "my IP is [IP_1]"},
		{"IBAN GB82 WEST 1234 5698 7654 32", "IBAN [CARD_1]"},
		{"iPhone 15 Pro on Black Friday, 北京烤鸭",
		 "iPhone 15 Pro on Black Friday, 北京烤鸭"},
		{"", ""},
		{"13800138000 或 138-0013-8001，13800138000", "[PHONE_1] 或 [PHONE_2]，[PHONE_1]"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Mask) mask = mask_new(names);
		g_autofree char *hidden = mask_hide(mask, cases[i].in);
		g_autofree char *back = mask_restore(mask, hidden);

		if (!g_str_equal(hidden, cases[i].out))
			g_test_fail_printf("%s: %s, not %s", cases[i].in, hidden, cases[i].out);
		g_assert_cmpstr(back, ==, cases[i].in);
	}
}

/* As models give them back. */
static void test_restore(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"拨打[PHONE_1]。", "拨打13800138000。"},
		{"[phone_1]", "13800138000"},
		{"【PHONE_1】", "13800138000"},
		{"［Phone 1］", "13800138000"},
		{"[ PHONE-1 ]", "13800138000 ]"},
		{"PHONE_1", "13800138000"},
		{"[PHONE\\_1]", "13800138000"},
		{"[PHONE_2]", "[PHONE_2]"},
		{"[PHONE_11]", "[PHONE_11]"},
		{"SMARTPHONE_1", "SMARTPHONE_1"},
		{"phone 1", "phone 1"},
		{"[PHONE_1", "13800138000"},
		{"[PHO", "[PHO"},
		{"a [b] c", "a [b] c"},
	};
	g_autoptr(Mask) mask = mask_new(NULL);
	g_autofree char *hidden = mask_hide(mask, "13800138000");

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		for (gsize size = 1; size < 12; size++) {
			g_autoptr(GString) rest = g_string_new(NULL), out = g_string_new(NULL);
			gsize n = strlen(cases[i].in);

			for (gsize at = 0; at < n; at += size)
				mask_restore_piece(mask, rest, cases[i].in + at, MIN(size, n - at),
						   at + size >= n, out);
			if (!g_str_equal(out->str, cases[i].out))
				g_test_fail_printf("%s by %zu: %s, not %s", cases[i].in, size,
						   out->str, cases[i].out);
			g_assert_cmpuint(rest->len, ==, 0);
		}
}

static void test_limit(void)
{
	g_autoptr(Mask) mask = mask_new(NULL);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autofree char *hidden = NULL;

	for (guint i = 0; i < MASK_MAX + 5; i++)
		g_string_append_printf(text, "a%u@b.example ", i);
	hidden = mask_hide(mask, text->str);
	g_assert_null(strchr(hidden, '@'));
	g_assert_cmpuint(mask_count(mask, MASK_EMAIL), ==, MASK_MAX);
	g_assert_nonnull(strstr(hidden, "[MORE]"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mask/hide", test_hide);
	g_test_add_func("/mask/restore", test_restore);
	g_test_add_func("/mask/limit", test_limit);
	return g_test_run();
}
