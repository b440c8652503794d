/* Dates, times of day and days of the week. What is ambiguous between countries (05/01/2026) is left
 * to be numbers; a month's name alone that is a verb, too (may, march), is none. */
#include "text/figures_scan.h"

#include <string.h>

enum { YEAR_FIRST = 1900, YEAR_LAST = 2199, N_WEEKDAYS = 7, N_MONTHS = 12 };

static gsize put_date(Scan *scan, int year, int month, int day, gsize n)
{
	Figure figure = {.kind = FIGURE_DATE};

	g_snprintf(figure.value, sizeof figure.value, "%04d-%02d-%02d", year, month, day);
	return figure_put(scan, &figure, n);
}

/* ---- dates ----------------------------------------------------------------------------------- */

static const char *const month_names[][2] = {
	{"january", "jan"},   {"february", "feb"}, {"march", "mar"},	{"april", "apr"},
	{"may", "may"},	      {"june", "jun"},	   {"july", "jul"},	{"august", "aug"},
	{"september", "sep"}, {"october", "oct"},  {"november", "nov"}, {"december", "dec"}};

static gboolean is_year(int n)
{
	return n >= YEAR_FIRST && n <= YEAR_LAST;
}

static gboolean is_day(int n)
{
	return n >= 1 && n <= 31;
}

static gsize skip_space(const char *text)
{
	return *text == ' ';
}

/* 5月1日, 5月, 1日: what may follow a year, from at on. */
static gsize read_month_day(const char *text, int *ret_month, int *ret_day)
{
	gsize n = figure_read_small(text, ret_month), m, end;

	if (!n || *ret_month < 1 || *ret_month > N_MONTHS)
		return 0;
	n += skip_space(text + n);
	if (!figure_has(text + n, "月"))
		return 0;
	n += HAN_BYTES;
	*ret_day = 0;
	end = n + skip_space(text + n);
	m = figure_read_small(text + end, ret_day);
	if (!m || !is_day(*ret_day)) {
		*ret_day = 0;
		return n;
	}
	end += m + skip_space(text + end + m);
	if (figure_has(text + end, "日") || figure_has(text + end, "号"))
		return end + HAN_BYTES;
	*ret_day = 0;
	return n;
}

gsize figure_date_han(Scan *scan)
{
	const char *text = scan->text + scan->at;
	int year = 0, month = 0, day = 0;
	gsize n = figure_read_small(text, &year), m;

	if (!n)
		return 0;
	m = n + skip_space(text + n);
	if (is_year(year) && figure_has(text + m, "年")) {
		n = m + HAN_BYTES;
		n += skip_space(text + n);
		m = read_month_day(text + n, &month, &day);
		return put_date(scan, year, m ? month : 0, m ? day : 0, n + m);
	}
	n = read_month_day(text, &month, &day);
	return n ? put_date(scan, 0, month, day, n) : 0;
}

/* 2026-05-01, 2026/5/1, 2026.5.1 */
gsize figure_date_digits(Scan *scan)
{
	const char *text = scan->text + scan->at;
	int part[3] = {0};
	gsize at = 0;
	char sign = '\0';

	for (int i = 0; i < 3; i++) {
		gsize from = at;

		if (i && (!text[at] || !strchr("-/.", text[at]) || (sign && text[at] != sign)))
			return 0;
		if (i)
			sign = text[at++];
		for (from = at; g_ascii_isdigit(text[at]) && at - from < 5; at++)
			part[i] = part[i] * 10 + (text[at] - '0');
		if (at == from)
			return 0;
	}
	if (!is_year(part[0]) || part[1] < 1 || part[1] > N_MONTHS || !is_day(part[2]))
		return 0;
	return put_date(scan, part[0], part[1], part[2], at);
}

/* A month's name; 0 = none. brief: "jan" instead of "january". */
static gsize read_month_name(const char *text, int *ret_month, gboolean *ret_brief)
{
	for (int i = 0; i < N_MONTHS; i++)
		for (int brief = 0; brief < 2; brief++) {
			gsize n = strlen(month_names[i][brief]);

			if (strncmp(text, month_names[i][brief], n) != 0 ||
			    g_ascii_isalnum(text[n]))
				continue;
			*ret_month = i + 1;
			*ret_brief = brief != 0;
			return n + (brief && text[n] == '.');
		}
	return 0;
}

/* 1, 1st, 22nd: a day that no unit follows. */
static gsize read_day(const char *text, int *ret_day)
{
	Decimal d;
	FigureUnit unit;
	gsize n = figure_read_digits(text, &d);

	*ret_day = n ? decimal_int(&d) : 0;
	if (!n || !is_day(*ret_day))
		return 0;
	if (figure_has(text + n, "st") || figure_has(text + n, "nd") ||
	    figure_has(text + n, "rd") || figure_has(text + n, "th"))
		n += 2;
	return g_ascii_isalnum(text[n]) || figure_read_unit(text + n, &unit) ? 0 : n;
}

static gsize read_year(const char *text, int *ret_year)
{
	gsize skip = *text == ',', n;
	Decimal d;

	skip += skip_space(text + skip);
	n = skip ? figure_read_digits(text + skip, &d) : 0;
	*ret_year = n ? decimal_int(&d) : 0;
	if (n != 4 || !is_year(*ret_year)) {
		*ret_year = 0;
		return 0;
	}
	return skip + n;
}

/* may 1st, 2026; may 2026; december */
gsize figure_date_month_first(Scan *scan)
{
	const char *text = scan->text + scan->at;
	int month = 0, day = 0, year = 0;
	gboolean brief = FALSE;
	gsize n = read_month_name(text, &month, &brief), m, k;

	if (!n)
		return 0;
	m = skip_space(text + n) ? read_day(text + n + 1, &day) : 0;
	if (m)
		m++;
	else
		day = 0;
	k = read_year(text + n + m, &year);
	if (!m && !k && (brief || month == 3 || month == 5)) /* verbs: may, march */
		return 0;
	return put_date(scan, year, month, day, n + m + k);
}

/* 1 may 2026, 1st of may */
gsize figure_date_day_first(Scan *scan)
{
	const char *text = scan->text + scan->at;
	int month = 0, day = 0, year = 0;
	gboolean brief = FALSE;
	gsize n = read_day(text, &day), m;

	if (!n || text[n] != ' ')
		return 0;
	n++;
	n += figure_has(text + n, "of ") ? 3 : 0;
	m = read_month_name(text + n, &month, &brief);
	if (!m || (month == 5 && figure_has(text + n + m, " be")))
		return 0;
	n += m;
	return put_date(scan, year, month, day, n + read_year(text + n, &year));
}

/* ---- times of day and weekdays --------------------------------------------------------------- */

static const char *const afternoon[] = {"下午", "傍晚", "晚上", "晚", "下午 ", "晚上 ", NULL};
static const char *const noon[] = {"中午", "中午 ", NULL};

static gsize read_half_day(const char *text, int *hour)
{
	static const struct {
		const char *text;
		gboolean pm;
	} rows[] = {{"a.m.", FALSE}, {"p.m.", TRUE}, {"am", FALSE}, {"pm", TRUE}};
	gsize skip = skip_space(text);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		gsize n = skip + strlen(rows[i].text);

		if (!figure_has(text + skip, rows[i].text) || g_ascii_isalnum(text[n]) ||
		    *hour > 12)
			continue;
		if (rows[i].pm && *hour < 12)
			*hour += 12;
		else if (!rows[i].pm && *hour == 12)
			*hour = 0;
		return n;
	}
	return 0;
}

static gsize put_time(Scan *scan, int hour, int minute, gsize n)
{
	Figure figure = {.kind = FIGURE_TIME};

	if (hour < 12 && (figure_stands_behind(scan, afternoon) ||
			  (hour < 3 && figure_stands_behind(scan, noon))))
		hour += 12;
	g_snprintf(figure.value, sizeof figure.value, "%02d:%02d", hour, minute);
	return figure_put(scan, &figure, n);
}

/* The minutes of 9点半, 9点30分, 9点一刻, 9点钟: bytes behind 点. */
static gsize read_han_minutes(const char *text, int *ret_minute)
{
	gsize n = figure_read_small(text, ret_minute);

	if (n && *ret_minute >= 0 && *ret_minute < 60 && figure_has(text + n, "分") &&
	    !figure_has(text + n, "分钟"))
		return n + HAN_BYTES;
	if (n && *ret_minute >= 1 && *ret_minute <= 3 && figure_has(text + n, "刻")) {
		*ret_minute *= 15;
		return n + HAN_BYTES;
	}
	*ret_minute = figure_has(text, "半") ? 30 : 0;
	return figure_has(text, "半") || figure_has(text, "钟") || figure_has(text, "整")
		       ? HAN_BYTES
		       : 0;
}

/* 9:00, 9:30 pm, 9 am, 9点半 */
gsize figure_time_of_day(Scan *scan)
{
	const char *text = scan->text + scan->at;
	int hour = 0, minute = 0;
	gsize n = figure_read_small(text, &hour), m;

	if (!n || hour < 0 || hour > 24)
		return 0;
	m = n + skip_space(text + n);
	if (figure_has(text + m, "点") && !figure_has(text + m, "点击")) {
		m += HAN_BYTES;
		m += read_han_minutes(text + m, &minute);
		return put_time(scan, hour, minute, m);
	}
	if (text[n] == ':' && g_ascii_isdigit(text[n + 1]) && g_ascii_isdigit(text[n + 2]) &&
	    !g_ascii_isdigit(text[n + 3])) {
		minute = (text[n + 1] - '0') * 10 + (text[n + 2] - '0');
		n += 3;
		if (minute > 59)
			return 0;
		n += read_half_day(text + n, &hour);
		return put_time(scan, hour, minute, n);
	}
	m = read_half_day(text + n, &hour);
	if (!m)
		m = figure_unit_bytes(text + n + skip_space(text + n), "o'clock");
	return m ? put_time(scan, hour, 0, n + m) : 0;
}

static gsize put_weekday(Scan *scan, int day, gsize n)
{
	Figure figure = {.kind = FIGURE_WEEKDAY};

	g_snprintf(figure.value, sizeof figure.value, "%d", day);
	return figure_put(scan, &figure, n);
}

/* 周五, 星期天; not the 周 of 每周一次. */
gsize figure_weekday_han(Scan *scan)
{
	static const char *const heads[] = {"星期", "礼拜", "周"};
	const char *text = scan->text + scan->at;

	for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
		gsize n = strlen(heads[i]);
		int day;

		if (!figure_has(text, heads[i]))
			continue;
		day = figure_has(text + n, "日") || figure_has(text + n, "天")
			      ? N_WEEKDAYS
			      : han_digit(text + n);
		if (day < 1 || day > N_WEEKDAYS ||
		    (day < N_WEEKDAYS && figure_has(text + n, "七")) ||
		    figure_has(text + n + HAN_BYTES, "次") ||
		    figure_has(text + n + HAN_BYTES, "个"))
			return 0;
		return put_weekday(scan, day, n + HAN_BYTES);
	}
	return 0;
}

gsize figure_weekday_english(Scan *scan)
{
	static const char *const names[] = {"monday", "tuesday",  "wednesday", "thursday",
					    "friday", "saturday", "sunday"};
	const char *text = scan->text + scan->at;

	for (int i = 0; i < N_WEEKDAYS; i++) {
		gsize n = strlen(names[i]);

		if (strncmp(text, names[i], n) != 0)
			continue;
		n += text[n] == 's';
		return g_ascii_isalnum(text[n]) ? 0 : put_weekday(scan, i + 1, n);
	}
	return 0;
}
