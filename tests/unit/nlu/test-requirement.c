/* What is wanted, from whole messages. Now is Wednesday 2026-11-25. */
#include "nlu/requirement.h"

#include <string.h>

typedef struct {
	const char *text;
	const char *what, *quantity, *budget, *deadline, *who, *contact,
		*constraint; /* as written */
} Case;

static const Case cases[] = {
	{"您好，我是上海华信科技有限公司的采购经理李明，想采购50台笔记本电脑，预算30万以内，希望12"
	 "月15日前交货",
	 "笔记本电脑", "50台", "30万", "12月15日", "李明", NULL, NULL},
	{"买三箱苹果，必须开发票，电话13800138000", "苹果", "三箱", NULL, NULL, NULL, "13800138000",
	 "必须开发票"},
	{"我想退货，商品是蓝牙耳机，上周五买的，花了299元", "蓝牙耳机", NULL, NULL, NULL, NULL,
	 NULL, NULL},
	{"We're looking for 20 laptops under $1,000 each, delivered before the end of the month.",
	 "laptops", "20", "$1,000", "end of the month", NULL, NULL, NULL},
	{"My name is Jane Doe, I need 2 dozen red mugs by May 1st. jane@shop.example", "red mugs",
	 "2 dozen", NULL, "May 1st", "Jane Doe", "jane@shop.example", NULL},
	{"I want to buy the red one, not the blue one.", "red one", NULL, NULL, NULL, NULL, NULL,
	 "not the blue one"},
	{"我们公司想团购中秋月饼200盒，每盒不超过150元", "中秋月饼", "200盒", "150元", "中秋", NULL,
	 NULL, NULL},
	{"想订50箱A4打印纸，预算8000元，12月5日前送到", "A4打印纸", "50箱", "8000元", "12月5日",
	 NULL, NULL, NULL},
	{"想买两台空气净化器给办公室用，一万以内", "空气净化器", "两台", "一万", NULL, NULL, NULL,
	 NULL},
	{"需要一批工作服，大概200套，颜色要藏青色", "工作服", "200套", NULL, NULL, NULL, NULL,
	 "颜色要藏青色"},
	{"麻烦帮我退一下昨天买的鞋子", "鞋子", NULL, NULL, NULL, NULL, NULL, NULL},
	{"请问能不能给我开一张增值税发票？", "增值税发票", "一张", NULL, NULL, NULL, NULL, NULL},
	{"我们想预约下周三下午两点来看样品，一共4个人", NULL, "4个人", NULL, "下周三下午两点", NULL,
	 NULL, NULL},
	{"We'd like to order 300 tote bags with our logo, up to 6k in total", "tote bags", "300",
	 "6k", NULL, NULL, NULL, NULL},
	{"Need someone to fix my washing machine this Saturday", "washing machine", NULL, NULL,
	 "this Saturday", NULL, NULL, NULL},
	{"I paid $20 yesterday", NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{"谢谢，再见", NULL, NULL, NULL, NULL, NULL, NULL, NULL},
	{"", NULL, NULL, NULL, NULL, NULL, NULL, NULL},
};

static void expect(const char *text, const char *name, const RequirementField *field,
		   const char *expected)
{
	g_autofree char *found =
		field->end ? g_strndup(text + field->start, field->end - field->start) : NULL;

	if (g_strcmp0(found, expected) != 0)
		g_test_fail_printf("%s of '%s': %s, not %s", name, text, found ? found : "nothing",
				   expected ? expected : "nothing");
}

static void test_requirement(void)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_utc();
	g_autoptr(GDateTime) now = g_date_time_new(zone, 2026, 11, 25, 10, 0, 0);

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Case *c = &cases[i];
		g_autoptr(GArray) values = text_values(c->text, now, VALUES_ALL);
		g_auto(Requirement) r = requirement_find(c->text, values, now);

		expect(c->text, "what", &r.what, c->what);
		expect(c->text, "quantity", &r.quantity, c->quantity);
		expect(c->text, "budget", &r.budget, c->budget);
		expect(c->text, "deadline", &r.deadline, c->deadline);
		expect(c->text, "who", &r.who, c->who);
		expect(c->text, "contact", &r.contact, c->contact);
		expect(c->text, "constraint", &r.constraints[0], c->constraint);
		g_assert_cmpuint(r.n_constraints, ==, c->constraint ? 1 : 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/requirement/find", test_requirement);
	return g_test_run();
}
