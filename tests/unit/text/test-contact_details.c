/* E-mail addresses and phones in what customers write; and what only looks like them. */
#include "text/contact_details.h"

#include "base/clock.h"
#include "base/json.h"

typedef struct {
	const char *text, *email, *phone;
} Case;

static const Case cases[] = {
	/* Chinese */
	{"我的邮箱是 li.lei@mail.example，电话 138 0013 8000", "li.lei@mail.example",
	 "138 0013 8000"},
	{"邮箱lilei@mail.example谢谢", "lilei@mail.example", NULL},
	{"手机13800138000，随时打", NULL, "13800138000"},
	{"打我手机吧:138-0013-8000", NULL, "138-0013-8000"},
	{"138.0013.8000", NULL, "138.0013.8000"},
	{"138–0013–8000", NULL, "138-0013-8000"},
	{"+86 138 0013 8000", NULL, "+86 138 0013 8000"},
	{"0086 13800138000", NULL, "0086 13800138000"},
	{"86 13800138000", NULL, "86 13800138000"},
	{"座机 010-62345678", NULL, "010-62345678"},
	{"座机：(0755)8888 6666", NULL, "(0755)8888 6666"},
	{"0755 8888 6666", NULL, "0755 8888 6666"},
	{"客服 400-800-8820 打不通", NULL, "400-800-8820"},
	{"13800138000 13900139000 都行", NULL, "13800138000"},
	{"我的订单的联系电话是13800138000", NULL, "13800138000"},
	{"微信同手机号 13800138000", NULL, "13800138000"},
	/* full-width */
	{"ｌｉ＠ｍａｉｌ．ｃｏｍ", "li@mail.com", NULL},
	{"电话１３８００１３８０００", NULL, "13800138000"},
	{"（０１０）６２３４５６７８", NULL, "(010)62345678"},
	{"＋８６　１３８００１３８０００", NULL, "+86 13800138000"},
	/* English */
	{"Write to Jane.Doe+shop@Mail.Example.co.uk, please.", "Jane.Doe+shop@Mail.Example.co.uk",
	 NULL},
	{"mail me (jane@mail.example).", "jane@mail.example", NULL},
	{"call (415) 555-2671 or 415-555-2672", NULL, "(415) 555-2671"},
	{"my number is 415 555 2671", NULL, "415 555 2671"},
	{"+1-415-555-2671", NULL, "+1-415-555-2671"},
	{"+44 20 7946 0958", NULL, "+44 20 7946 0958"},
	{"020 7946 0958", NULL, "020 7946 0958"},
	{"07911 123456", NULL, "07911 123456"},
	{"+49 (30) 1234567", NULL, "+49 (30) 1234567"},
	{"+852 2345 6789", NULL, "+852 2345 6789"},
	{"My phone: 13800138000, order 13900139000", NULL, "13800138000"},
	{"order 13900139000, phone 13800138000", NULL, "13800138000"},
	/* numbers that are none */
	{"订单号13800138000", NULL, NULL},
	{"订单号：13800138000 什么时候发货", NULL, NULL},
	{"订单编号是 13800138000", NULL, NULL},
	{"运单号 13800138000", NULL, NULL},
	{"快递单号：13800138000", NULL, NULL},
	{"身份证号 110101199003078888", NULL, NULL},
	{"order no. 13800138000", NULL, NULL},
	{"Order number is 415-555-2671", NULL, NULL},
	{"tracking number: 13800138000", NULL, NULL},
	{"my invoice #13800138000", NULL, NULL},
	{"account 13800138000", NULL, NULL},
	{"QM20261123138001380001", NULL, NULL},
	{"SF1380013800012", NULL, NULL},
	{"20261123138001380001", NULL, NULL},
	{"6222 0213 8001 3800 0123", NULL, NULL},
	{"6222021380013800012", NULL, NULL},
	{"2026-11-23 10:30:00", NULL, NULL},
	{"2026-11-23", NULL, NULL},
	{"价格 13800138000.50 元", NULL, NULL},
	{"192.168.100.200", NULL, NULL},
	{"978-7-111-12345-6", NULL, NULL},
	{"1.380.013.800", NULL, NULL},
	{"12345", NULL, NULL},
	{"+20% 还是 +100", NULL, NULL},
	{"+8613800138000123456", NULL, NULL},
	/* addresses that are none */
	{"@qimu 你好", NULL, NULL},
	{"a@b", NULL, NULL},
	{"a@.com", NULL, NULL},
	{"a..b@mail.example", NULL, NULL},
	{"", NULL, NULL},
	{"什么时候发货？", NULL, NULL},
};

static void test_cases(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(json_t) found = contact_details_find(cases[i].text);
		const char *email = json_string_value(json_object_get(found, "email"));
		const char *phone = json_string_value(json_object_get(found, "phone"));

		if (g_strcmp0(email, cases[i].email) || g_strcmp0(phone, cases[i].phone)) {
			g_test_message("'%s': e-mail %s, phone %s", cases[i].text, email, phone);
			g_test_fail();
		}
		g_assert_true(!found == (!cases[i].email && !cases[i].phone));
	}
}

/* Whatever is found is accepted by the fields it goes into: at most so long, of these signs. */
static void test_bounds(void)
{
	g_autofree char *local = g_strnfill(300, 'a');
	g_autofree char *label = g_strnfill(60, 'b');
	g_autofree char *long_local = g_strdup_printf("%s@mail.example", local);
	g_autofree char *long_domain =
		g_strdup_printf("%s@%s.%s.%s.%s.example", label, label, label, label, label);
	g_autoptr(json_t) first = contact_details_find(long_local);
	g_autoptr(json_t) second = contact_details_find(long_domain);
	g_autoptr(json_t) third = contact_details_find("\xff\xfe 13800138000");

	g_assert_null(first);
	g_assert_null(second);
	g_assert_null(third); /* no text at all */
}

/* The expressions are bounded: a message made to tire them is done at once. */
static void test_hostile(void)
{
	static const char *const pieces[] = {"1",  "0", "+1 ", "(1)",  "a@",
					     "a.", "-", "1-",  "138 ", "订单"};
	gint64 start = clock_monotonic_us();

	for (gsize i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		while (text->len < 16000)
			g_string_append(text, pieces[i]);
		json_decref(contact_details_find(text->str));
	}
	g_assert_cmpint(clock_monotonic_us() - start, <, 5 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/contact_details/cases", test_cases);
	g_test_add_func("/contact_details/bounds", test_bounds);
	g_test_add_func("/contact_details/hostile", test_hostile);
	return g_test_run();
}
