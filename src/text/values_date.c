/* Dates, reckoned from now: GDateTime for days of the year, ICU's Chinese calendar for lunar ones. */
#include "text/values_scan.h"

#include <string.h>

#include <unicode/ucal.h>

enum { DAYS_A_WEEK = 7, MONTHS_A_YEAR = 12 };

#define LIKELY_YEAR_CONFIDENCE .9 /* of a date that leaves the year to us */

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun",
					  "jul", "aug", "sep", "oct", "nov", "dec"};
static const char *const weekday_names[][2] = {{"mon", "一"}, {"tue", "二"}, {"wed", "三"},
					       {"thu", "四"}, {"fri", "五"}, {"sat", "六"},
					       {"sun", "日"}, {"", "天"},    {"", "末"}};

/* ---- results --------------------------------------------------------------------------------- */

static gboolean put(Value *value, int year, int month, int day)
{
	if (month < 1 || month > MONTHS_A_YEAR || year < 1 || year > 9999)
		return FALSE;
	if (!day) {
		value->value = g_strdup_printf("%04d-%02d", year, month);
		return TRUE;
	}
	if (!g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
		return FALSE;
	value->value = g_strdup_printf("%04d-%02d-%02d", year, month, day);
	return TRUE;
}

static gboolean put_time(Value *value, GDateTime *when)
{
	return when && put(value, g_date_time_get_year(when), g_date_time_get_month(when),
			   g_date_time_get_day_of_month(when));
}

static gboolean put_days(Value *value, GDateTime *now, int days)
{
	g_autoptr(GDateTime) when = g_date_time_add_days(now, days);

	return put_time(value, when);
}

static gboolean put_range(Value *value, GDateTime *first, GDateTime *last)
{
	g_autofree char *from = g_date_time_format(first, "%Y-%m-%d");
	g_autofree char *to = g_date_time_format(last, "%Y-%m-%d");

	value->value = g_strconcat(from, "/", to, NULL);
	return TRUE;
}

static gboolean begins(const char *text, const char *head)
{
	return text && g_ascii_strncasecmp(text, head, strlen(head)) == 0;
}

/* next 1, last -1, this 0; 下下 2. What is not said is 0. */
static int direction(const char *text)
{
	static const struct {
		const char *text;
		int steps;
	} words[] = {{"下下", 2},  {"上上", -2}, {"下", 1},  {"上", -1}, {"next", 1}, {"last", -1},
		     {"past", -1}, {"明", 1},	 {"去", -1}, {"后", 2},	 {"前", -2}};

	for (guint i = 0; text && i < G_N_ELEMENTS(words); i++)
		if (begins(text, words[i].text))
			return words[i].steps;
	return 0;
}

/* ---- days of the calendar -------------------------------------------------------------------- */

static int english_month(const char *name)
{
	for (int i = 0; i < MONTHS_A_YEAR; i++)
		if (begins(name, month_names[i]))
			return i + 1;
	return 0;
}

/* "23rd", "twenty-third", "third" */
static int english_day(const char *text)
{
	static const char *const ordinals[] = {
		"first",     "second",	    "third",	  "fourth",	"fifth",
		"sixth",     "seventh",	    "eighth",	  "ninth",	"tenth",
		"eleventh",  "twelfth",	    "thirteenth", "fourteenth", "fifteenth",
		"sixteenth", "seventeenth", "eighteenth", "nineteenth"};
	int tens = begins(text, "twent")				? 20
		   : begins(text, "thirt") && !begins(text, "thirteen") ? 30
									: 0;
	const char *rest = text;

	if (g_ascii_isdigit(*text))
		return (int)g_ascii_strtoll(text, NULL, 10);
	if (tens) {
		rest = strpbrk(text, " -");
		rest = rest ? rest + 1 : text + strlen("twenty");
		if (begins(rest, "ieth") || begins(rest, "eth") || begins(rest, "th"))
			return tens;
	}
	for (int i = 0; i < (int)G_N_ELEMENTS(ordinals); i++)
		if (begins(rest, ordinals[i]))
			return tens + i + 1;
	return tens;
}

/* The year in digits or read out (二零二六); of two digits this century's. */
static int read_year(const ValueMatch *match)
{
	int year = value_group_int(match, "y");

	return year >= 0 && year < 100 ? 2000 + year : year;
}

/* Of a day without a year: the next one, today counts. */
static int likely_year(GDateTime *now, int month, int day)
{
	int this_month = g_date_time_get_month(now), today = g_date_time_get_day_of_month(now);
	gboolean over = month < this_month || (month == this_month && day && day < today);

	return g_date_time_get_year(now) + over;
}

/* A day without a month: "the 23rd", 15号, 下个月3号. */
static gboolean put_day_of_month(const ValueMatch *match, Value *value, int day)
{
	g_autofree char *rm = value_group(match, "rm");
	int steps = rm ? direction(rm) : day < g_date_time_get_day_of_month(match->now);
	g_autoptr(GDateTime) first =
		g_date_time_add_days(match->now, 1 - g_date_time_get_day_of_month(match->now));
	g_autoptr(GDateTime) month = g_date_time_add_months(first, steps);

	return put(value, g_date_time_get_year(month), g_date_time_get_month(month), day);
}

/* December 10 to 15: with the group "to" it becomes a range of days of one month. FALSE when that does not go forward. */
static gboolean put_last_day(const ValueMatch *match, Value *value, int year, int month)
{
	g_autofree char *first = NULL, *end = NULL;

	if (!value_has(match, "to"))
		return TRUE;
	first = g_steal_pointer(&value->value);
	if (!put(value, year, month, value_group_int(match, "to")))
		return FALSE;
	end = g_steal_pointer(&value->value);
	value->value = g_strconcat(first, "/", end, NULL);
	return strcmp(first, end) < 0;
}

gboolean value_read_day(const ValueMatch *match, Value *value)
{
	g_autofree char *name = value_group(match, "mon");
	g_autofree char *d = value_group(match, "d");
	g_autofree char *ry = value_group(match, "ry");
	int month = name ? english_month(name) : value_group_int(match, "m"), day = 0, year;

	if (d)
		day = g_ascii_isdigit(*d) || g_ascii_isalpha(*d) ? english_day(d)
								 : value_group_int(match, "d");
	if (d && (day < 1 || day > 31))
		return FALSE;
	if (month < 0)
		return put_day_of_month(match, value, day);
	if (!name && month > MONTHS_A_YEAR && day <= MONTHS_A_YEAR) { /* 23/8 */
		int other = month;

		month = day;
		day = other;
	}
	year = read_year(match);
	if (ry)
		year = g_date_time_get_year(match->now) + direction(ry);
	if (year < 0) {
		year = likely_year(match->now, month, day);
		value->confidence *= LIKELY_YEAR_CONFIDENCE;
	}
	return put(value, year, month, day) && put_last_day(match, value, year, month);
}

/* ---- days counted from now ------------------------------------------------------------------- */

static gboolean put_named_day(const ValueMatch *match, Value *value, const char *name)
{
	static const struct {
		const char *text;
		int days;
	} names[] = {{"大前天", -3},
		     {"大后天", 3},
		     {"前", -2},
		     {"昨", -1},
		     {"今", 0},
		     {"当", 0},
		     {"明", 1},
		     {"后", 2},
		     {"the day before", -2},
		     {"day before", -2},
		     {"the day after", 2},
		     {"day after", 2},
		     {"yesterday", -1},
		     {"today", 0},
		     {"tonight", 0},
		     {"this", 0},
		     {"t", 1}};

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (begins(name, names[i].text))
			return put_days(value, match->now, names[i].days);
	return FALSE;
}

/* Monday to Friday; public holidays are not known here. */
static GDateTime *add_workdays(GDateTime *now, int n)
{
	GDateTime *day = g_date_time_ref(now);

	for (int left = ABS(n); left > 0;) {
		GDateTime *next = g_date_time_add_days(day, n > 0 ? 1 : -1);

		g_date_time_unref(day);
		day = next;
		left -= g_date_time_get_day_of_week(day) <= 5;
	}
	return day;
}

static GDateTime *add_units(GDateTime *now, const char *unit, int n)
{
	if (begins(unit, "workin") || begins(unit, "busin") || strstr(unit, "工作日"))
		return add_workdays(now, n);
	if (begins(unit, "week") || strstr(unit, "周") || strstr(unit, "星期") ||
	    strstr(unit, "礼拜"))
		return g_date_time_add_days(now, n * DAYS_A_WEEK);
	if (begins(unit, "fortn"))
		return g_date_time_add_days(now, n * 2 * DAYS_A_WEEK);
	if (begins(unit, "month") || strstr(unit, "月"))
		return g_date_time_add_months(now, n);
	if (begins(unit, "year") || strstr(unit, "年"))
		return g_date_time_add_years(now, n);
	return g_date_time_add_days(now, n);
}

/* 半个月 is fifteen days, 半年 six months. */
static GDateTime *add_half(GDateTime *now, const char *unit, int sign)
{
	if (strstr(unit, "月"))
		return g_date_time_add_days(now, sign * 15);
	return strstr(unit, "年") ? g_date_time_add_months(now, sign * 6) : NULL;
}

gboolean value_read_relative(const ValueMatch *match, Value *value)
{
	g_autofree char *name = value_group(match, "day");
	g_autofree char *unit = value_group(match, "u");
	g_autofree char *dir = value_group(match, "dir");
	g_autofree char *count = value_group(match, "n");
	g_autoptr(GDateTime) when = NULL;
	int n, sign;

	if (name)
		return put_named_day(match, value, name);
	sign = begins(dir, "ago") || begins(dir, "earlier") || (dir && strstr(dir, "前")) ? -1 : 1;
	if (g_str_equal(count, "半")) {
		when = add_half(match->now, unit, sign);
		return put_time(value, when);
	}
	n = begins(count, "a couple") ? 2
	    : begins(count, "a few")  ? 3
				      : value_group_int(match, "n");
	if (n < 0 || n > 1000)
		return FALSE;
	when = add_units(match->now, unit, sign * n);
	return put_time(value, when);
}

static int weekday_of(const char *name)
{
	for (int i = 0; i < (int)G_N_ELEMENTS(weekday_names); i++)
		if ((*weekday_names[i][0] && begins(name, weekday_names[i][0])) ||
		    begins(name, weekday_names[i][1]))
			return i < DAYS_A_WEEK ? i + 1 : i == DAYS_A_WEEK ? 7 : 6;
	return 0;
}

gboolean value_read_weekday(const ValueMatch *match, Value *value)
{
	g_autofree char *name = value_group(match, "wd");
	g_autofree char *rel = value_group(match, "rel");
	g_autofree char *week = value_group(match, "week");
	int day = weekday_of(name), today = g_date_time_get_day_of_week(match->now);
	int steps = direction(rel), days = day - today;
	gboolean han = rel && !g_ascii_isalpha(*rel);

	if (week && strstr(week, "next"))
		steps = 1;
	else if (week && strstr(week, "last"))
		steps = -1;
	else if (steps < 0 && !han)
		steps = days < 0 ? 0 : -1;
	else if (!steps && !han && days < 0)
		days += DAYS_A_WEEK;
	days += steps * DAYS_A_WEEK;
	if (g_str_has_prefix(name, "末")) { /* Saturday and Sunday */
		g_autoptr(GDateTime) first = g_date_time_add_days(match->now, days);
		g_autoptr(GDateTime) last = g_date_time_add_days(first, 1);

		return put_range(value, first, last);
	}
	return put_days(value, match->now, days);
}

/* ---- weeks, months, years -------------------------------------------------------------------- */

/* The first day of the period now lies in, and how many months (0: a week) it has. */
static GDateTime *period_begin(GDateTime *now, const char *unit, int *ret_months)
{
	int month = g_date_time_get_month(now), back = 0;
	g_autoptr(GDateTime) first =
		g_date_time_add_days(now, 1 - g_date_time_get_day_of_month(now));

	*ret_months = begins(unit, "quarter") || begins(unit, "季") ? 3
		      : begins(unit, "year") || begins(unit, "年")  ? MONTHS_A_YEAR
		      : begins(unit, "month") || begins(unit, "月") ? 1
								    : 0;
	if (!*ret_months)
		return g_date_time_add_days(now, 1 - g_date_time_get_day_of_week(now));
	back = (month - 1) % *ret_months;
	return g_date_time_add_months(first, -back);
}

static GDateTime *add_period(GDateTime *when, int months, int n)
{
	return months ? g_date_time_add_months(when, months * n)
		      : g_date_time_add_days(when, DAYS_A_WEEK * n);
}

gboolean value_read_period(const ValueMatch *match, Value *value)
{
	g_autofree char *unit = value_group(match, "u");
	g_autofree char *rel = value_group(match, "rel");
	g_autofree char *edge = value_group(match, "edge");
	int months, steps = direction(rel);
	g_autoptr(GDateTime) now = period_begin(match->now, unit, &months);
	g_autoptr(GDateTime) first = add_period(now, months, steps);
	g_autoptr(GDateTime) next = add_period(first, months, 1);
	g_autoptr(GDateTime) last = g_date_time_add_days(next, -1);

	if (g_str_has_suffix(unit, "end") || g_str_has_suffix(unit, "END")) { /* weekend */
		g_autoptr(GDateTime) saturday = g_date_time_add_days(last, -1);

		return put_range(value, saturday, last);
	}
	if (begins(edge, "end") || begins(edge, "底") || begins(edge, "末"))
		return put_time(value, last);
	if (edge)
		return put_time(value, first);
	return put_range(value, first, last);
}

/* ---- lunar days and festivals ---------------------------------------------------------------- */

/* Months whose first day ICU 72 puts a day off, since the new moon falls close to midnight in Beijing. */
static int lunar_correction(int year, int month)
{
	static const struct {
		int year, month, days;
	} rows[] = {{2027, 1, -1}, {2030, 1, 1}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].year == year && rows[i].month == month)
			return rows[i].days;
	return 0;
}

/* The lunar month and day that begin at or after `from`: a walk of at most two years. */
static GDateTime *find_lunar(GDateTime *from, int month, int day)
{
	UErrorCode status = U_ZERO_ERROR;
	UCalendar *calendar =
		ucal_open(u"Asia/Shanghai", -1, "zh_CN@calendar=chinese", UCAL_DEFAULT, &status);
	g_autoptr(GTimeZone) zone = g_time_zone_new_offset(8 * 3600);
	g_autoptr(GDateTime) noon =
		g_date_time_new(zone, g_date_time_get_year(from), g_date_time_get_month(from),
				g_date_time_get_day_of_month(from), 12, 0, 0);
	GDateTime *found = NULL;

	for (int i = 0; i < 780 && U_SUCCESS(status) && !found; i++) {
		g_autoptr(GDateTime) when = g_date_time_add_days(noon, i);

		ucal_setMillis(calendar, (UDate)g_date_time_to_unix(when) * 1000, &status);
		if (ucal_get(calendar, UCAL_MONTH, &status) == month - 1 &&
		    ucal_get(calendar, UCAL_DATE, &status) == day &&
		    !ucal_get(calendar, UCAL_IS_LEAP_MONTH, &status))
			found = g_date_time_add_days(
				when, lunar_correction(g_date_time_get_year(when), month));
	}
	ucal_close(calendar);
	return found;
}

/* Where the search begins: today, or the first of January of a year that was said. */
static GDateTime *search_begin(const ValueMatch *match)
{
	g_autofree char *ry = value_group(match, "ry");

	if (!ry)
		return g_date_time_ref(match->now);
	return g_date_time_new_utc(g_date_time_get_year(match->now) + direction(ry), 1, 1, 12, 0,
				   0);
}

static gboolean put_lunar(const ValueMatch *match, Value *value, int month, int day)
{
	g_autoptr(GDateTime) from = search_begin(match);
	g_autoptr(GDateTime) when = month >= 1 && month <= 12 && day >= 1 && day <= 30
					    ? find_lunar(from, month, day)
					    : NULL;

	return put_time(value, when);
}

/* 初五, 廿三, 十五, 三十 */
static int lunar_day(const char *text)
{
	g_autofree char *number = NULL;
	char digits[FIGURE_VALUE_MAX];

	if (g_str_has_prefix(text, "初"))
		number = g_strdup(text + strlen("初"));
	else if (g_str_has_prefix(text, "廿"))
		number = g_strconcat("二十", text + strlen("廿"), NULL);
	else
		number = g_strdup(text);
	return value_number(number, digits) ? (int)g_ascii_strtoll(digits, NULL, 10) : 0;
}

gboolean value_read_lunar(const ValueMatch *match, Value *value)
{
	g_autofree char *m = value_group(match, "m");
	g_autofree char *d = value_group(match, "d");
	int day = lunar_day(d), month = 1;

	if (m && g_str_has_prefix(m, "年") && day == 30) { /* the eve, also when it is the 29th */
		g_autoptr(GDateTime) from = search_begin(match);
		g_autoptr(GDateTime) next = find_lunar(from, 1, 1);

		return next && put_days(value, next, -1);
	}
	if (m && g_str_equal(m, "腊"))
		month = 12;
	else if (m && g_str_equal(m, "冬"))
		month = 11;
	else if (m && !g_str_equal(m, "正") && !g_str_has_suffix(m, "年"))
		month = value_group_int(match, "m");
	return put_lunar(match, value, month, day);
}

typedef enum {
	RULE_DAY,     /* month, day */
	RULE_LUNAR,   /* month, day */
	RULE_WEEKDAY, /* day = 10 * which + day of the week; which 5 = the last */
	RULE_EASTER,  /* day = days from Easter Sunday */
	RULE_EVE,     /* of the lunar year */
	RULE_QINGMING,
} FestivalRule;

static const struct {
	const char *name; /* beginning */
	FestivalRule rule;
	int month, day;
} festivals[] = {
#define FESTIVAL(name, rule, month, day) {name, RULE_##rule, month, day},
#include "text/festivals.def"
#undef FESTIVAL
};

/* Anonymous Gregorian algorithm (Meeus, Astronomical Algorithms, chapter 8). */
static GDateTime *easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4;
	int g = (8 * b + 13) / 25, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
	int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 19 * l) / 433;
	int month = (h + l - 7 * m + 90) / 25, day = (h + l - 7 * m + 33 * month + 19) % 32;

	return g_date_time_new_utc(year, month, day, 12, 0, 0);
}

/* The which-th day of the week of a month, 5 = the last. */
static GDateTime *nth_weekday(int year, int month, int which, int weekday)
{
	g_autoptr(GDateTime) first = g_date_time_new_utc(year, month, 1, 12, 0, 0);
	int days = (weekday - g_date_time_get_day_of_week(first) + DAYS_A_WEEK) % DAYS_A_WEEK +
		   (which - 1) * DAYS_A_WEEK;
	g_autoptr(GDateTime) when = g_date_time_add_days(first, days);

	return g_date_time_get_month(when) == month ? g_steal_pointer(&when)
						    : g_date_time_add_days(when, -DAYS_A_WEEK);
}

/* 清明 of this century: [Y x 0.2422 + 4.81] - [Y / 4], Y the last two digits of the year. */
static int qingming_day(int year)
{
	int y = year % 100;

	return (int)(y * .2422 + 4.81) - y / 4;
}

static GDateTime *festival_in(guint i, int year)
{
	int month = festivals[i].month, day = festivals[i].day;
	g_autoptr(GDateTime) begin = g_date_time_new_utc(year, 1, 1, 12, 0, 0);
	g_autoptr(GDateTime) base = NULL;

	switch (festivals[i].rule) {
	case RULE_LUNAR:
		return find_lunar(begin, month, day);
	case RULE_EVE:
		base = find_lunar(begin, 1, 1);
		return base ? g_date_time_add_days(base, -1) : NULL;
	case RULE_WEEKDAY:
		base = nth_weekday(year, month, day / 10 % 10, day % 10);
		return g_date_time_add_days(base, day / 100);
	case RULE_EASTER:
		base = easter(year);
		return g_date_time_add_days(base, day);
	case RULE_QINGMING:
		return g_date_time_new_utc(year, 4, qingming_day(year), 12, 0, 0);
	case RULE_DAY:
	default:
		return g_date_time_new_utc(year, month, day, 12, 0, 0);
	}
}

gboolean value_read_festival(const ValueMatch *match, Value *value)
{
	g_autofree char *name = value_group(match, "name");
	g_autofree char *ry = value_group(match, "ry");
	g_autofree char *today = g_date_time_format(match->now, "%Y-%m-%d");
	int year = g_date_time_get_year(match->now);
	guint i = 0;

	while (i < G_N_ELEMENTS(festivals) && !begins(name, festivals[i].name))
		i++;
	if (i == G_N_ELEMENTS(festivals))
		return FALSE;
	if (value_has(match, "y"))
		year = read_year(match);
	else if (ry && !begins(ry, "next"))
		year += direction(ry);
	for (int more = 0; more < 2; more++) {
		g_autoptr(GDateTime) when = festival_in(i, year + more);

		g_clear_pointer(&value->value, g_free);
		if (!put_time(value, when))
			return FALSE;
		if (value_has(match, "y") || (ry && !begins(ry, "next")) ||
		    strcmp(value->value, today) >= 0)
			return TRUE;
	}
	return TRUE;
}
