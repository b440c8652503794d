/* Money, and how many of what. */
#include "text/values_scan.h"

#include <string.h>

enum { DOZEN = 12 };

static const struct {
	const char *text, *code;
} currencies[] = {
	{"us", "USD"},	   {"hk", "HKD"},    {"a$", "AUD"},	{"c$", "CAD"},	 {"s$", "SGD"},
	{"nt$", "TWD"},	   {"$", "USD"},     {"dollar", "USD"}, {"buck", "USD"}, {"美", "USD"},
	{"刀", "USD"},	   {"¥", "CNY"},     {"元", "CNY"},	{"块", "CNY"},	 {"圆", "CNY"},
	{"人民币", "CNY"}, {"rmb", "CNY"},   {"cny", "CNY"},	{"yuan", "CNY"}, {"港", "HKD"},
	{"欧", "EUR"},	   {"€", "EUR"},     {"eur", "EUR"},	{"英", "GBP"},	 {"£", "GBP"},
	{"gbp", "GBP"},	   {"pound", "GBP"}, {"日", "JPY"},	{"yen", "JPY"},	 {"jpy", "JPY"},
	{"新", "SGD"},	   {"sgd", "SGD"},   {"aud", "AUD"},	{"cad", "CAD"},	 {"chf", "CHF"},
};

/* The code, NULL when nobody said the currency. */
static const char *currency_code(const char *text)
{
	for (guint i = 0; text && i < G_N_ELEMENTS(currencies); i++)
		if (g_ascii_strncasecmp(text, currencies[i].text, strlen(currencies[i].text)) == 0)
			return currencies[i].code;
	return NULL;
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

gboolean value_read_money(const ValueMatch *match, Value *value)
{
	g_autofree char *n = value_group(match, "n");
	g_autofree char *currency = value_group(match, "cur");
	char number[FIGURE_VALUE_MAX];

	if (!n || !value_number(n, number))
		return FALSE;
	add_tail(match, number);
	value->value = g_strdup(number);
	value->unit = g_strdup(currency_code(currency));
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
	int n = value_number(text, number) ? (int)g_ascii_strtoll(number, NULL, 10) : 1;
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
