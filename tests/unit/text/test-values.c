/* What messages state, in one form; and what only looks like it. Now is Wednesday 2026-11-25 10:00. */
#include "text/values.h"

#include <string.h>

typedef struct {
	const char *text;
	ValueKind kind;
	const char *found, *value, *unit;
} Case;

static const Case cases[] = {
	/* dates */
	{"下周三见", VALUE_DATE, "下周三", "2026-12-02", NULL},
	{"本周五", VALUE_DATE, "本周五", "2026-11-27", NULL},
	{"上周一", VALUE_DATE, "上周一", "2026-11-16", NULL},
	{"星期二", VALUE_DATE, "星期二", "2026-12-01", NULL},
	{"大后天发货", VALUE_DATE, "大后天", "2026-11-28", NULL},
	{"二零二七年三月五日", VALUE_DATE, "二零二七年三月五日", "2027-03-05", NULL},
	{"2027年3月", VALUE_DATE, "2027年3月", "2027-03", NULL},
	{"5月1日到3日", VALUE_DATE, "5月1日到3日", "2027-05-01/2027-05-03", NULL},
	{"下个月15号", VALUE_DATE, "下个月15号", "2026-12-15", NULL},
	{"11月28日之前要", VALUE_DATE, "11月28日", "2026-11-28", NULL},
	{"12 月 3 日以前", VALUE_DATE, "12 月 3 日", "2026-12-03", NULL},
	{"半个月内", VALUE_DATE, "半个月内", "2026-12-10", NULL},
	{"三个工作日内", VALUE_DATE, "三个工作日内", "2026-11-30", NULL},
	{"月底", VALUE_DATE, "月底", "2026-11-30", NULL},
	{"农历八月十五", VALUE_DATE, "农历八月十五", "2027-09-15", NULL},
	{"中秋", VALUE_DATE, "中秋", "2027-09-15", NULL},
	{"春节前", VALUE_DATE, "春节", "2027-02-06", NULL},
	{"大年初一", VALUE_DATE, "大年初一", "2027-02-06", NULL},
	{"除夕", VALUE_DATE, "除夕", "2027-02-05", NULL},
	{"国庆", VALUE_DATE, "国庆", "2027-10-01", NULL},
	{"next Friday", VALUE_DATE, "next Friday", "2026-12-04", NULL},
	{"last Monday", VALUE_DATE, "last Monday", "2026-11-23", NULL},
	{"by May 1st, 2027", VALUE_DATE, "May 1st, 2027", "2027-05-01", NULL},
	{"23rd of August", VALUE_DATE, "23rd of August", "2027-08-23", NULL},
	{"in three weeks", VALUE_DATE, "in three weeks", "2026-12-16", NULL},
	{"two days ago", VALUE_DATE, "two days ago", "2026-11-23", NULL},
	{"Thanksgiving", VALUE_DATE, "Thanksgiving", "2026-11-26", NULL},
	{"Black Friday", VALUE_DATE, "Black Friday", "2026-11-27", NULL},
	{"Easter", VALUE_DATE, "Easter", "2027-03-28", NULL},
	{"2026-02-30", VALUE_DATE, NULL, NULL, NULL},
	{"我可以等", VALUE_DATE, NULL, NULL, NULL},
	/* times */
	{"下午两点半", VALUE_TIME, "下午两点半", "14:30", NULL},
	{"晚上八点一刻", VALUE_TIME, "晚上八点一刻", "20:15", NULL},
	{"中午12点", VALUE_TIME, "中午12点", "12:00", NULL},
	{"凌晨1点05分", VALUE_TIME, "凌晨1点05分", "01:05", NULL},
	{"quarter to four", VALUE_TIME, "quarter to four", "15:45", NULL},
	{"half past 3pm", VALUE_TIME, "half past 3pm", "15:30", NULL},
	{"12 am", VALUE_TIME, "12 am", "00:00", NULL},
	{"at 3", VALUE_TIME, "3", "15:00", NULL},
	{"at 3 people", VALUE_TIME, NULL, NULL, NULL},
	{"明晚七点", VALUE_DATE, "明晚", "2026-11-26", NULL},
	{"明晚七点", VALUE_TIME, "七点", "19:00", NULL},
	{"今早8点半", VALUE_TIME, "8点半", "08:30", NULL},
	{"二〇二七年元旦", VALUE_DATE, "二〇二七年元旦", "2027-01-01", NULL},
	/* money */
	{"1000-2000元", VALUE_MONEY, "1000-2000元", "1000/2000", "CNY"},
	{"两百八行不行", VALUE_MONEY, "两百八", "280", NULL},
	{"looking for 20 laptops", VALUE_QUANTITY, "20", "20", NULL},
	{"card # 4900948022576220", VALUE_CARD, "4900948022576220", "4900948022576220", NULL},
	{"order # 4900948022576220", VALUE_CARD, NULL, NULL, NULL},
	{"预算三万五", VALUE_MONEY, "三万五", "35000", NULL},
	{"$5k", VALUE_MONEY, "$5k", "5000", "USD"},
	{"¥1,299.00", VALUE_MONEY, "¥1,299.00", "1299", "CNY"},
	{"￥１２９９", VALUE_MONEY, "￥１２９９", "1299", "CNY"},
	{"120 USD", VALUE_MONEY, "120 USD", "120", "USD"},
	{"两千块", VALUE_MONEY, "两千块", "2000", "CNY"},
	{"三块五", VALUE_MONEY, "三块五", "3.5", "CNY"},
	{"2.5 million dollars", VALUE_MONEY, "2.5 million dollars", "2500000", "USD"},
	/* how many */
	{"三箱", VALUE_QUANTITY, "三箱", "3", "箱"},
	{"一打", VALUE_QUANTITY, "一打", "12", "piece"},
	{"2 dozen", VALUE_QUANTITY, "2 dozen", "24", "piece"},
	{"第三个", VALUE_QUANTITY, NULL, NULL, NULL},
	{"20个人", VALUE_PEOPLE, "20个人", "20", "person"},
	{"for 5 adults and 1 child", VALUE_PEOPLE, "5 adults and 1 child", "6", "person"},
	{"a table for 2 at noon", VALUE_PEOPLE, "2", "2", "person"},
	{"me, my wife and 2 kids", VALUE_PEOPLE, "me, my wife and 2 kids", "4", "person"},
	{"a table for 2 couples", VALUE_PEOPLE, "2 couples", "4", "person"},
	{"My wife and I need a table", VALUE_PEOPLE, "My wife and I", "2", "person"},
	{"my 3 siblings, parents and I", VALUE_PEOPLE, "my 3 siblings, parents and I", "5",
	 "person"},
	{"for 2 people and I need a high chair", VALUE_PEOPLE, "2 people", "2", "person"},
	{"for 10 people, I'm really sorry", VALUE_PEOPLE, "10 people", "10", "person"},
	{"at 7 and I come alone", VALUE_PEOPLE, NULL, NULL, NULL},
	{"it is just going to be me", VALUE_PEOPLE, "just going to be me", "1", "person"},
	{"it will just be me and my son", VALUE_PEOPLE, "me and my son", "2", "person"},
	{"I'd like all 4 seated", VALUE_PEOPLE, "4 seated", "4", "person"},
	{"no, i said 4", VALUE_PEOPLE, "4", "4", "person"},
	{"that is for the best", VALUE_PEOPLE, NULL, NULL, NULL},
	{"in half an hour", VALUE_TIME, "in half an hour", "10:30", NULL},
	{"8:00 tonight", VALUE_DATE, "tonight", "2026-11-25", NULL},
	/* ways to reach somebody */
	{"电话 138-0013-8000", VALUE_PHONE, "138-0013-8000", "+8613800138000", NULL},
	{"订单号13800138000", VALUE_PHONE, NULL, NULL, NULL},
	{"A.B@Mail.Example", VALUE_EMAIL, "A.B@Mail.Example", "a.b@mail.example", NULL},
	{"见 https://a.example/b?c=1。", VALUE_URL, "https://a.example/b?c=1",
	 "https://a.example/b?c=1", NULL},
	{"广东省深圳市南山区科技园路12号3栋501室", VALUE_ADDRESS,
	 "广东省深圳市南山区科技园路12号3栋501室", "广东省深圳市南山区科技园路12号3栋501室", NULL},
	{"350 Fifth Avenue, New York, NY 10118", VALUE_ADDRESS,
	 "350 Fifth Avenue, New York, NY 10118", "350 Fifth Avenue, New York, NY 10118", NULL},
	/* numbers with a check digit, right and wrong */
	{"11010519491231002X", VALUE_CHINESE_ID, "11010519491231002X", "11010519491231002X", NULL},
	{"110105194912310021", VALUE_CHINESE_ID, NULL, NULL, NULL},
	{"91440300708461136T", VALUE_CREDIT_CODE, "91440300708461136T", "91440300708461136T", NULL},
	{"91440300708461136U", VALUE_CREDIT_CODE, NULL, NULL, NULL},
	{"4111 1111 1111 1111", VALUE_CARD, "4111 1111 1111 1111", "4111111111111111", NULL},
	{"4111 1111 1111 1112", VALUE_CARD, NULL, NULL, NULL},
	{"GB82 WEST 1234 5698 7654 32", VALUE_IBAN, "GB82 WEST 1234 5698 7654 32",
	 "GB82WEST12345698765432", NULL},
	{"GB83 WEST 1234 5698 7654 32", VALUE_IBAN, NULL, NULL, NULL},
	{"SSN 123-45-6789", VALUE_SSN, "123-45-6789", "123456789", NULL},
	{"000-12-3456", VALUE_SSN, NULL, NULL, NULL},
	{"192.168.1.300", VALUE_IP, NULL, NULL, NULL},
	{"订单号：AB20261125001", VALUE_ORDER, "AB20261125001", "AB20261125001", NULL},
	{"order no. 77-1234", VALUE_ORDER, "77-1234", "77-1234", NULL},
	/* names */
	{"我叫王小明，", VALUE_PERSON, "王小明", "王小明", NULL},
	{"張經理您好", VALUE_PERSON, "張", "张", NULL},
	{"深圳市腾讯计算机系统有限公司", VALUE_COMPANY, "深圳市腾讯计算机系统有限公司",
	 "深圳市腾讯计算机系统有限公司", NULL},
	{"My name is Jane Doe.", VALUE_PERSON, "Jane Doe", "Jane Doe", NULL},
	{"I work at Acme Trading Ltd", VALUE_COMPANY, "Acme Trading Ltd", "Acme Trading Ltd", NULL},
	{"Regards, Tom Baker, Initech LLC", VALUE_COMPANY, "Initech LLC", "Initech LLC", NULL},
	{"改成成都市武侯区天府大道北段1700号", VALUE_ADDRESS, "成都市武侯区天府大道北段1700号",
	 "成都市武侯区天府大道北段1700号", NULL},
	{"快递公司太慢，这个酒店不错", VALUE_COMPANY, NULL, NULL, NULL},
	{"贵了一点", VALUE_TIME, NULL, NULL, NULL},
	{"where are the ATMs", VALUE_PERSON, NULL, NULL, NULL},
	{"Thanks for your help", VALUE_PERSON, NULL, NULL, NULL},
	{"谢谢，高兴", VALUE_PERSON, NULL, NULL, NULL},
};

static GDateTime *now_of_test(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();

	return g_date_time_new(zone, 2026, 11, 25, 10, 0, 0);
}

static const Value *find(const GArray *values, ValueKind kind)
{
	for (guint i = 0; i < values->len; i++)
		if (g_array_index(values, Value, i).kind == kind)
			return &g_array_index(values, Value, i);
	return NULL;
}

static void test_values(void)
{
	g_autoptr(GDateTime) now = now_of_test();

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GArray) values = text_values(cases[i].text, now, VALUES_ALL);
		const Value *value = find(values, cases[i].kind);
		g_autofree char *found =
			value ? g_strndup(cases[i].text + value->start, value->end - value->start)
			      : NULL;

		if (g_strcmp0(found, cases[i].found) != 0 ||
		    g_strcmp0(value ? value->value : NULL, cases[i].value) != 0 ||
		    g_strcmp0(value ? value->unit : NULL, cases[i].unit) != 0)
			g_test_fail_printf("%s: '%s' = %s %s", cases[i].text, found,
					   value ? value->value : "nothing",
					   value && value->unit ? value->unit : "");
	}
}

/* A bare number is what was asked for; where the answer says more, that counts. */
static void test_asked(void)
{
	static const struct {
		const char *text;
		ValueKind asked;
		const char *value;
	} answers[] = {{"four", VALUE_PEOPLE, "4"},
		       {"7", VALUE_TIME, "19:00"},
		       {"12", VALUE_DATE, "2026-12-12"},
		       {"6 boxes at 5pm", VALUE_TIME, "17:00"}};
	g_autoptr(GDateTime) now = now_of_test();

	for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
		g_autoptr(GArray) values =
			text_values_asked(answers[i].text, now, VALUES_ALL, answers[i].asked);
		g_autoptr(GArray) unasked = text_values(answers[i].text, now, VALUES_ALL);
		const Value *value = find(values, answers[i].asked);

		g_assert_nonnull(value);
		g_assert_cmpstr(value->value, ==, answers[i].value);
		g_assert_true(i > 2 || !find(unasked, answers[i].asked));
	}
	g_assert_cmpint(value_kind_named("date"), ==, VALUE_DATE);
	g_assert_cmpint(value_kind_named(NULL), ==, N_VALUE_KINDS);
}

/* Whatever comes, spans lie in the text, in order, on the edges of characters. */
static void test_any_text(void)
{
	static const char *const pieces[] = {"下周", "三",    "1",	"3,000", "点",	" ",
					     "-",    "/",     "年",	"月",	 "Mr ", "Li",
					     "@",    ".",     "\u200b", "￥",	 "王",	"路",
					     "号",   "next ", "th",	"é",	 "a.b", "\n"};
	g_autoptr(GDateTime) now = now_of_test();
	g_autoptr(GRand) rand = g_rand_new_with_seed(6);

	for (int round = 0; round < 500; round++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GArray) values = NULL;
		gsize at = 0;

		for (int i = 0; i < 12; i++)
			g_string_append(text,
					pieces[g_rand_int_range(rand, 0, G_N_ELEMENTS(pieces))]);
		values = text_values(text->str, now, VALUES_ALL);
		for (guint i = 0; i < values->len; i++) {
			const Value *value = &g_array_index(values, Value, i);

			g_assert_cmpuint(value->start, >=, at);
			g_assert_cmpuint(value->end, >, value->start);
			g_assert_cmpuint(value->end, <=, text->len);
			g_assert_true(g_utf8_validate(text->str + value->start,
						      (gssize)(value->end - value->start), NULL));
			g_assert_nonnull(value->value);
			at = value->end;
		}
	}
}

/* The expressions are bounded: a text made to tire them is done soon. */
static void test_hostile(void)
{
	static const char *const pieces[] = {"1",   "0 ", "a ",	 "A ",	 "a.",	  "1-",
					     "张",  "一", "路",	 "@",	 "9999 ", "me, ",
					     "A1 ", ":",  "月1", "next "};
	g_autoptr(GDateTime) now = now_of_test();
	gint64 start = g_get_monotonic_time();

	for (guint i = 0; i < G_N_ELEMENTS(pieces); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autoptr(GArray) values = NULL;

		while (text->len < 16000)
			g_string_append(text, pieces[i]);
		values = text_values(text->str, now, VALUES_ALL);
		g_test_message("%s: %u values", pieces[i], values->len);
	}
	g_assert_cmpint(g_get_monotonic_time() - start, <, 20 * G_USEC_PER_SEC);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/values/values", test_values);
	g_test_add_func("/values/hostile", test_hostile);
	g_test_add_func("/values/asked", test_asked);
	g_test_add_func("/values/any-text", test_any_text);
	return g_test_run();
}
