/* Times of day. An hour that may be before or after noon is taken as business hours have it. */
#include "text/values_scan.h"

#include <string.h>

enum { NOON = 12, HOURS = 24, MINUTES = 60, QUARTER = 15, FIRST_OPEN_HOUR = 8 };

#define EITHER_HALF_CONFIDENCE .75 /* of an hour that nobody said the half of */

static const struct {
	const char *text;
	int from, to;	   /* an hour is put into from..to-1 + 12 where that fits */
	const char *value; /* of the word alone */
} parts[] = {
	{"凌晨", 0, 6, "03:00"},      {"清晨", 4, 10, "06:00"},	      {"早", 4, 12, "08:00"},
	{"上午", 6, 13, "10:00"},     {"中午", 11, 15, "12:00"},      {"下午", 12, 20, "15:00"},
	{"午后", 12, 20, "14:00"},    {"傍晚", 16, 21, "18:00"},      {"晚上", 17, 29, "19:00"},
	{"晚", 17, 29, "19:00"},      {"夜", 18, 30, "22:00"},	      {"半夜", 22, 30, "00:00"},
	{"morning", 4, 12, "09:00"},  {"afternoon", 12, 19, "15:00"}, {"evening", 16, 24, "19:00"},
	{"tonight", 16, 28, "19:00"}, {"night", 17, 29, "20:00"},     {"noon", 12, 13, "12:00"},
	{"midday", 12, 13, "12:00"},  {"mid-day", 12, 13, "12:00"},   {"midnight", 0, 1, "00:00"},
	{"lunch", 12, 13, "12:00"},   {"dinner", 19, 20, "19:00"},
};

static const char *const hour_words[] = {"",	 "one",	   "two",   "three", "four",
					 "five", "six",	   "seven", "eight", "nine",
					 "ten",	 "eleven", "twelve"};

/* Index into parts of a word that ends as written there, -1 = none. */
static int part_of(const char *text)
{
	g_autofree char *lower = text ? g_ascii_strdown(text, -1) : NULL;
	int found = -1;
	gsize longest = 0;

	for (int i = 0; lower && i < (int)G_N_ELEMENTS(parts); i++)
		if (strstr(lower, parts[i].text) && strlen(parts[i].text) > longest) {
			longest = strlen(parts[i].text);
			found = i;
		}
	return found;
}

static int read_hour(const ValueMatch *match)
{
	g_autofree char *text = value_group(match, "h");

	for (int i = 1; text && i <= NOON; i++)
		if (g_ascii_strcasecmp(text, hour_words[i]) == 0)
			return i;
	return value_group_int(match, "h");
}

/* Minutes as digits, Han or words; -1 when there are none. */
static int read_minutes(const ValueMatch *match)
{
	static const struct {
		const char *text;
		int minutes;
	} words[] = {{"半", 30},	   {"half", 30},   {"一刻", 15},   {"三刻", 45},
		     {"quarter", QUARTER}, {"整", 0},	   {"thirty", 30}, {"fifteen", 15},
		     {"forty", 45},	   {"o'clock", 0}, {"five", 5},	   {"ten", 10},
		     {"twenty", 20}};
	g_autofree char *q = value_group(match, "q");
	g_autofree char *mi = value_group(match, "mi");
	const char *text = q ? q : mi;

	for (guint i = 0; text && i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strncasecmp(text, words[i].text, strlen(words[i].text)) == 0)
			return words[i].minutes;
	return q ? value_group_int(match, "q") : mi ? value_group_int(match, "mi") : -1;
}

/* The hour in the half of the day that was said or that is likely. */
static int settle_hour(const ValueMatch *match, Value *value, int hour, gboolean exact)
{
	g_autofree char *half = value_group(match, "half");
	g_autofree char *part_text = value_group(match, "part");
	int part = part_of(part_text);

	if (half)
		return hour % NOON + (g_ascii_tolower(*half) == 'p' ? NOON : 0);
	if (part >= 0) {
		for (int h = hour % NOON; h < parts[part].to; h += NOON)
			if (h >= parts[part].from)
				return h % HOURS;
		return hour;
	}
	if (hour >= 1 && hour < FIRST_OPEN_HOUR && !exact) {
		value->confidence *= EITHER_HALF_CONFIDENCE;
		return hour + NOON;
	}
	return hour;
}

/* 07:15 is exact, 7:15 is not. */
static gboolean is_exact(const ValueMatch *match)
{
	g_autofree char *h = value_group(match, "h");

	return h && (h[0] == '0' || g_ascii_strtoll(h, NULL, 10) > NOON);
}

/* 一点 alone is "a little". */
static gboolean is_a_little(const ValueMatch *match, const char *part, int minutes)
{
	g_autofree char *h = value_group(match, "h");

	return g_str_equal(h, "一") && !part && minutes < 0 &&
	       g_str_has_prefix(match->text + match->end - strlen("点"), "点");
}

gboolean value_read_time(const ValueMatch *match, Value *value)
{
	g_autofree char *dir = value_group(match, "dir");
	g_autofree char *part = value_group(match, "part");
	int hour, minutes = read_minutes(match);

	if (!value_has(match, "h")) {
		int i = part_of(part);

		value->value = i >= 0 ? g_strdup(parts[i].value) : NULL;
		return i >= 0;
	}
	hour = read_hour(match);
	if (is_a_little(match, part, minutes))
		return FALSE;
	if (hour < 0 || hour > HOURS || minutes >= MINUTES)
		return FALSE;
	minutes = MAX(minutes, 0);
	hour = settle_hour(match, value, hour, is_exact(match));
	if (dir && (*dir == 't' || *dir == 'T' || *dir == 'b') && minutes) { /* a quarter to four */
		minutes = MINUTES - minutes;
		hour--;
	}
	value->value = g_strdup_printf("%02d:%02d", (hour + HOURS) % HOURS, minutes);
	return TRUE;
}

gboolean value_read_from_now(const ValueMatch *match, Value *value)
{
	g_autofree char *count = value_group(match, "n");
	g_autofree char *unit = value_group(match, "u");
	gboolean hours = g_ascii_tolower(*unit) == 'h';
	g_autoptr(GDateTime) when = NULL;
	char number[FIGURE_VALUE_MAX];
	double n;

	if (!value_number(g_str_has_prefix(count, "a couple") ? "2" : count, number))
		return FALSE;
	n = g_ascii_strtod(number, NULL) * (hours ? MINUTES : 1);
	when = n < HOURS * MINUTES ? g_date_time_add_minutes(match->now, (int)n) : NULL;
	value->value = when ? g_date_time_format(when, "%H:%M") : NULL;
	return when != NULL;
}
