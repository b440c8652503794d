/* What a text states in figures, whichever way it is written; and words that only look like numbers. */
#include "text/figures.h"

#include "text/normalise.h"

typedef struct {
	const char *text, *figures;
} Case;

static const char *const unit_names[] = {
	"",	"?",   "%",    "yuan", "usd", "hkd", "eur", "gbp", "s",	 "min", "h",  "day", "wday",
	"week", "mon", "year", "x",    "kg",  "g",   "km",  "m",   "cm", "mm",	"in", "l",   "ml"};

/* "30 day; ~1 ; date 0000-05-01" */
static char *shown(const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);
	g_autoptr(GArray) figures = figures_find(normal);
	GString *out = g_string_new(NULL);
	static const char *const kinds[] = {"", "date ", "time ", "weekday "};

	for (guint i = 0; i < figures->len; i++) {
		const Figure *f = &g_array_index(figures, Figure, i);

		g_assert_cmpuint(f->start, <, f->end);
		g_assert_cmpuint(f->end, <=, strlen(normal));
		g_string_append_printf(out, "%s%s%s%s%s%s", i ? "; " : "", f->vague ? "~" : "",
				       kinds[f->kind], f->value, unit_names[f->unit][0] ? " " : "",
				       unit_names[f->unit]);
	}
	return g_string_free(out, FALSE);
}

static void check(const Case *cases, gsize n)
{
	for (gsize i = 0; i < n; i++) {
		g_autofree char *found = shown(cases[i].text);

		if (!g_str_equal(found, cases[i].figures))
			g_test_message("in: %s", cases[i].text);
		g_assert_cmpstr(found, ==, cases[i].figures);
	}
}

static void test_numbers(void)
{
	static const Case cases[] = {
		{"三十天内", "30 day"},
		{"30 天内", "30 day"},
		{"３０天", "30 day"},
		{"30-day returns", "30 day"},
		{"thirty days", "30 day"},
		{"twenty-five days", "25 day"},
		{"one hundred and twenty five dollars", "125 usd"},
		{"two thousand five hundred yuan", "2500 yuan"},
		{"five", "5"},
		{"1,299", "1299"},
		{"１，２９９元", "1299 yuan"},
		{"1,299.00 yuan", "1299 yuan"},
		{"1.50", "1.5"},
		{"0.05%", "0.05 %"},
		{"007", "7"},
		{"1.5万", "15000"},
		{"3万元", "30000 yuan"},
		{"一万二千元", "12000 yuan"},
		{"两百五十块", "250 yuan"},
		{"一百零五元", "105 yuan"},
		{"¥199", "199 yuan"},
		{"￥ 199 元", "199 yuan"},
		{"RMB 199 or rmb199", "199 yuan; 199 yuan"},
		{"US$20, HK$30, $40, €5, £6", "20 usd; 30 hkd; 40 usd; 5 eur; 6 gbp"},
		{"20 dollars", "20 usd"},
		{"百分之三十", "30 %"},
		{"百分百", "100 %"},
		{"30 percent", "30 %"},
		{"八折", "20 %"},
		{"8.5折", "15 %"},
		{"八五折", "15 %"},
		{"85 折", "15 %"},
		{"三成", "30 %"},
		{"7个工作日", "7 wday"},
		{"7 working days", "7 wday"},
		{"five business days", "5 wday"},
		{"半年", "0.5 year"},
		{"半小时", "0.5 h"},
		{"一个半月", "1.5 mon"},
		{"half an hour", "0.5 h"},
		{"within a week", "1 week"},
		{"24 hours a day", "24 h"},
		{"两周", "2 week"},
		{"一年", "1 year"},
		{"三年质保", "3 year"},
		{"24个月", "24 mon"},
		{"3-5天", "3 day; 5 day"},
		{"3至5个工作日", "3 wday; 5 wday"},
		{"3 to 5 days", "3 day; 5 day"},
		{"¥100-200", "100 yuan; 200 yuan"},
		{"三四天", "3 day; 4 day"},
		{"满199包邮", "199"},
		{"199包邮", "199 ?"},
		{"3 seats", "3 ?"},
		{"重30kg", "30 kg"},
		{"180cm x 200cm", "180 cm; 200 cm"},
		{"30 days.", "30 day"},
		{"24/7", "24; 7"},
		{"13800138000", "13800138000"},
		{"一三八零零一三八零零零", "13800138000"},
		{"1234567890123456789012345678901234567890", "?"},
		{"iPhone15 Pro", ""},
	};

	check(cases, G_N_ELEMENTS(cases));
}

static void test_dates_and_times(void)
{
	static const Case cases[] = {
		{"2026年5月1日", "date 2026-05-01"},
		{"2026-05-01", "date 2026-05-01"},
		{"2026/5/1", "date 2026-05-01"},
		{"2026.5.1", "date 2026-05-01"},
		{"5月1号", "date 0000-05-01"},
		{"五月一日", "date 0000-05-01"},
		{"十二月", "date 0000-12-00"},
		{"2026年", "date 2026-00-00"},
		{"May 1st, 2026", "date 2026-05-01"},
		{"May 1", "date 0000-05-01"},
		{"1 May 2026", "date 2026-05-01"},
		{"the 1st of May", "date 0000-05-01"},
		{"Dec. 24", "date 0000-12-24"},
		{"in December", "date 0000-12-00"},
		{"you may 30 days", "30 day"},
		{"you may return it", ""},
		{"9:00-18:00", "time 09:00; time 18:00"},
		{"9 am to 6 pm", "time 09:00; time 18:00"},
		{"9:30 p.m.", "time 21:30"},
		{"12 am", "time 00:00"},
		{"上午9点到下午6点", "time 09:00; time 18:00"},
		{"早九点晚六点半", "time 09:00; time 18:30"},
		{"21点30分", "time 21:30"},
		{"周一至周五", "weekday 1; weekday 5"},
		{"星期天", "weekday 7"},
		{"每周一次", "~1 ?"},
		{"Monday to Fridays", "weekday 1; weekday 5"},
	};

	check(cases, G_N_ELEMENTS(cases));
}

static void test_vague(void)
{
	static const Case cases[] = {
		{"一般都可以", "~1 ?"}, {"这一款", "~1 ?"}, {"this one is fine", "~1 ?"},
		{"十分满意", "~10 ?"},	{"第一步", "~1 ?"}, {"四川", "~4 ?"},
		{"两款", "2 ?"},	{"万一", "~10001"}, {"one day", "1 day"},
		{"a day", ""},		{"", ""},
	};

	check(cases, G_N_ELEMENTS(cases));
}

/* Any bytes: nothing is read beyond the end, and every place is inside. */
static void test_noise(void)
{
	static const char *const bits[] = {"9",	     ":",    "月",    "日",	 "点", "半",
					   "百分之", "may ", "1,",    ".",	 " ",  "-",
					   "¥",	     "周",   "万",    "亿",	 "一", "th",
					   "of ",    "a ",   "half ", "within ", "年", "hundred "};
	guint64 seed = 1;

	for (int i = 0; i < 3000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		g_autofree char *found = NULL;

		for (int j = 0; j < 12; j++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			g_string_append(text, bits[(seed >> 33) % G_N_ELEMENTS(bits)]);
		}
		found = shown(text->str);
		g_assert_nonnull(found);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/figures/numbers", test_numbers);
	g_test_add_func("/figures/dates_and_times", test_dates_and_times);
	g_test_add_func("/figures/vague", test_vague);
	g_test_add_func("/figures/noise", test_noise);
	return g_test_run();
}
