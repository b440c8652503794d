/* Money, and how many of what. */
#include "text/values_scan.h"

#include <string.h>

enum { DOZEN = 12, HAN_BYTES = 3 };

static const struct {
	const char *text, *code;
} currencies[] = {
	{"us", "USD"},	   {"hk", "HKD"},    {"a$", "AUD"},	{"c$", "CAD"},	  {"s$", "SGD"},
	{"nt$", "TWD"},	   {"$", "USD"},     {"dollar", "USD"}, {"buck", "USD"},  {"美", "USD"},
	{"刀", "USD"},	   {"¥", "CNY"},     {"元", "CNY"},	{"块", "CNY"},	  {"圆", "CNY"},
	{"人民币", "CNY"}, {"rmb", "CNY"},   {"cny", "CNY"},	{"yuan", "CNY"},  {"港", "HKD"},
	{"欧", "EUR"},	   {"€", "EUR"},     {"eur", "EUR"},	{"英", "GBP"},	  {"£", "GBP"},
	{"gbp", "GBP"},	   {"pound", "GBP"}, {"quid", "GBP"},	{"pence", "GBP"}, {"日", "JPY"},
	{"yen", "JPY"},	   {"jpy", "JPY"},   {"新", "SGD"},	{"sgd", "SGD"},	  {"aud", "AUD"},
	{"cad", "CAD"},	   {"chf", "CHF"},   {"cent", "USD"},	{"毛", "CNY"},	  {"角", "CNY"},
	{"分", "CNY"},
};

/* The code, NULL when nobody said the currency. */
static const char *currency_code(const char *text)
{
	for (guint i = 0; text && i < G_N_ELEMENTS(currencies); i++)
		if (g_ascii_strncasecmp(text, currencies[i].text, strlen(currencies[i].text)) == 0)
			return currencies[i].code;
	return NULL;
}

/* 1.200,50 becomes 1200.50, 壹仟 becomes 一千, 两个亿 becomes 两亿. */
static void plain_number(char **number)
{
	static const char *const formal[][2] = {
		{"壹", "一"}, {"贰", "二"}, {"叁", "三"}, {"肆", "四"}, {"伍", "五"},
		{"陆", "六"}, {"柒", "七"}, {"捌", "八"}, {"玖", "九"}, {"拾", "十"},
		{"佰", "百"}, {"仟", "千"}, {"个", ""},
	};
	g_autoptr(GString) text = g_string_new(*number);

	for (guint i = 0; i < G_N_ELEMENTS(formal); i++)
		g_string_replace(text, formal[i][0], formal[i][1], 0);
	g_free(*number);
	*number = g_string_free(g_steal_pointer(&text), FALSE);
}

static void plain_euro(char **number)
{
	g_autoptr(GString) text = g_string_new(*number);

	g_string_replace(text, ".", "", 0);
	g_string_replace(text, ",", ".", 0);
	g_free(*number);
	*number = g_string_free(g_steal_pointer(&text), FALSE);
}

/* 99 cents are 0.99, 三毛钱 0.3. */
static void part_of_unit(const char *sub, char number[FIGURE_VALUE_MAX])
{
	gboolean tenths = g_str_has_prefix(sub, "毛") || g_str_has_prefix(sub, "角");

	g_snprintf(number, FIGURE_VALUE_MAX, "%g",
		   g_ascii_strtod(number, NULL) / (tenths ? 10 : 100));
}

/* 两三百: the two digits before a power are from and to. The caller frees it; NULL = no range. */
static char *han_range(const char *n)
{
	static const char digits[] = "一二三四五六七八九";
	const char *second =
		g_str_has_prefix(n, "两") ? strstr(digits, "三") : strstr(digits, "二");
	char from[FIGURE_VALUE_MAX], to[FIGURE_VALUE_MAX];
	g_autofree char *low = NULL;

	for (gsize at = 0; at + 2 * HAN_BYTES <= strlen(digits); at += HAN_BYTES)
		if (strncmp(n, digits + at, HAN_BYTES) == 0)
			second = digits + at + HAN_BYTES;
	if (strlen(n) < 3 * HAN_BYTES || strncmp(n + HAN_BYTES, second, HAN_BYTES) != 0)
		return NULL;
	low = g_strdup_printf("%.3s%s", n, n + 2 * (gsize)HAN_BYTES);
	return value_number(low, from) && value_number(n + HAN_BYTES, to)
		       ? g_strconcat(from, "/", to, NULL)
		       : NULL;
}

/* 三块五: what stands behind the unit is tenths. */
static void add_tail(const ValueMatch *match, char number[FIGURE_VALUE_MAX])
{
	g_autofree char *tail = value_group(match, "tail");
	char tenths[FIGURE_VALUE_MAX];

	if (!tail || strchr(number, '.') || !value_number(tail, tenths) || strlen(tenths) != 1)
		return;
	g_strlcat(number, ".", FIGURE_VALUE_MAX);
	g_strlcat(number, tenths, FIGURE_VALUE_MAX);
}

/* ... and 50 cents; $10-15. */
static void add_rest(const ValueMatch *match, char number[FIGURE_VALUE_MAX], Value *value)
{
	int cents = value_group_int(match, "cents");
	g_autofree char *to = value_group(match, "to");
	char last[FIGURE_VALUE_MAX];

	if (cents > 0 && !strchr(number, '.'))
		value->value = g_strdup_printf(cents % 10 ? "%s.%02d" : "%s.%d", number,
					       cents % 10 ? cents : cents / 10);
	else if (to && value_number(to, last))
		value->value = g_strconcat(number, "/", last, NULL);
	else
		value->value = g_strdup(number);
}

/* Whichever group holds the number, as value_number() reads it. */
static char *money_number(const ValueMatch *match)
{
	char *n = value_group(match, "n");

	if (n) {
		plain_number(&n);
		return n;
	}
	n = value_group(match, "euro");
	if (n)
		plain_euro(&n);
	return n;
}

gboolean value_read_money(const ValueMatch *match, Value *value)
{
	g_autofree char *n = money_number(match);
	g_autofree char *currency = value_group(match, "cur"), *sub = value_group(match, "sub");
	char number[FIGURE_VALUE_MAX];

	if (!n || !value_number(n, number))
		return FALSE;
	if (sub)
		part_of_unit(sub, number);
	value->unit = g_strdup(currency_code(sub ? sub : currency));
	value->value = han_range(n);
	if (value->value)
		return TRUE;
	add_tail(match, number);
	add_rest(match, number, value);
	return TRUE;
}

/* 2 dozen, 一打: by twelve. */
static void times_twelve(char number[FIGURE_VALUE_MAX])
{
	g_snprintf(number, FIGURE_VALUE_MAX, "%g", g_ascii_strtod(number, NULL) * DOZEN);
}

gboolean value_read_quantity(const ValueMatch *match, Value *value)
{
	g_autofree char *n = value_group(match, "n");
	g_autofree char *unit = value_group(match, "unit");
	char number[FIGURE_VALUE_MAX];
	gboolean dozen = unit && (g_str_equal(unit, "打") ||
				  g_ascii_strncasecmp(unit, "dozen", strlen("dozen")) == 0);

	if (!n || !value_number(n, number))
		return FALSE;
	if (dozen)
		times_twelve(number);
	value->value = g_strdup(number);
	value->unit = dozen ? g_strdup("piece") : unit ? g_ascii_strdown(unit, -1) : NULL;
	return TRUE;
}

/* How many "my 2 kids", "me", "a couple" are. */
static int party_of(const char *text)
{
	char number[FIGURE_VALUE_MAX];
	int n = !g_str_has_prefix(text, "a couple") && value_number(text, number)
			? (int)g_ascii_strtoll(number, NULL, 10)
			: 1;
	gboolean couple = strstr(text, "couple") && !strstr(text, "couple of");

	return MAX(n, 1) * (couple ? 2 : 1);
}

gboolean value_read_party(const ValueMatch *match, Value *value)
{
	g_autofree char *found = g_strndup(match->text + match->start, match->end - match->start);
	g_autofree char *lower = g_ascii_strdown(found, -1);
	g_auto(GStrv) parts =
		g_regex_split_simple(" ?, and | ?, | and | plus | & | with ", lower, 0, 0);
	int n = 0;

	for (char **part = parts; *part; part++)
		n += **part ? party_of(*part) : 0;
	value->value = g_strdup_printf("%d", n);
	value->unit = g_strdup("person");
	return n > 0 && n < 1000;
}

gboolean value_read_people(const ValueMatch *match, Value *value)
{
	int n = value_group_int(match, "n"), more = value_group_int(match, "more");

	if (n < 0)
		return value_read_party(match, value);
	value->value = g_strdup_printf("%d", n + MAX(more, 0));
	value->unit = g_strdup("person");
	return TRUE;
}

gboolean value_read_age(const ValueMatch *match, Value *value)
{
	int age = value_group_int(match, "n"), start = 0, end = 0;

	if (age < 0 || age > 130 || !g_match_info_fetch_named_pos(match->info, "n", &start, &end))
		return FALSE;
	value->start = (gsize)start;
	value->end = (gsize)end;
	value->value = g_strdup_printf("%d", age);
	value->unit = g_strdup("year");
	return TRUE;
}

static const struct {
	const char *text, *unit;
} durations[] = {
	{"半小时", "half hour"}, {"小时", "hour"},  {"钟头", "hour"},	   {"h", "hour"},
	{"分", "minute"},	 {"min", "minute"}, {"秒", "second"},	   {"s", "second"},
	{"天", "day"},		 {"d", "day"},	    {"工作日", "workday"}, {"work", "workday"},
	{"busi", "workday"},	 {"n", "day"},	    {"周", "week"},	   {"星期", "week"},
	{"礼拜", "week"},	 {"w", "week"},	    {"年", "year"},	   {"y", "year"},
	{"月", "month"},	 {"m", "month"},
};

gboolean value_read_duration(const ValueMatch *match, Value *value)
{
	g_autofree char *n = value_group(match, "n");
	g_autofree char *unit = value_group(match, "u");
	char number[FIGURE_VALUE_MAX];

	if (!n || !value_number(n, number))
		return FALSE;
	value->value = g_strdup(number);
	for (guint i = 0; i < G_N_ELEMENTS(durations) && !value->unit; i++)
		if (g_ascii_strncasecmp(unit, durations[i].text, strlen(durations[i].text)) == 0)
			value->unit = g_strdup(durations[i].unit);
	return value->unit != NULL;
}
