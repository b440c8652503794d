/* One walk over the spans of work from a moment on; both questions are asked of it. */
#include "crm/calendar.h"

#include <string.h>

#include "base/json.h"

enum { MAX_SPANS = 8, MAX_DAYS = 4 * 366, DAYS_A_WEEK = 7 };

typedef struct {
	int from, to; /* minutes of the day */
} Span;

typedef struct {
	Span spans[MAX_SPANS];
	int n_spans;
} Day;

struct WorkCalendar {
	GTimeZone *zone;
	gboolean always_open;
	Day week[DAYS_A_WEEK]; /* Monday first */
	int first_worked;      /* weekday, -1 = none */
	GHashTable *days;      /* "2026-10-01" -> worked? */
};

static int minutes_of(const char *time)
{
	return (int)(g_ascii_strtoll(time, NULL, 10) * 60 +
		     g_ascii_strtoll(time + 3, NULL, 10)); /* "HH:MM", checked when it was stored */
}

static void read_day(const json_t *spans, Day *day)
{
	for (gsize i = 0; i < json_array_size(spans) && day->n_spans < MAX_SPANS; i++) {
		const json_t *span = json_array_get(spans, i);
		const char *from = json_string_value(json_array_get(span, 0));
		const char *to = json_string_value(json_array_get(span, 1));

		if (from && to)
			day->spans[day->n_spans++] = (Span){minutes_of(from), minutes_of(to)};
	}
}

WorkCalendar *work_calendar_new(const char *hours, const char *time_zone)
{
	static const char *const names[DAYS_A_WEEK] = {"mon", "tue", "wed", "thu",
						       "fri", "sat", "sun"};
	g_autoptr(json_t) week = json_parse(hours, strlen(hours), NULL);
	WorkCalendar *calendar = g_new0(WorkCalendar, 1);

	calendar->zone = g_time_zone_new_identifier(time_zone);
	if (!calendar->zone)
		calendar->zone = g_time_zone_new_utc();
	calendar->days = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	calendar->always_open = json_object_size(week) == 0;
	calendar->first_worked = -1;
	for (int i = 0; i < DAYS_A_WEEK; i++) {
		read_day(json_object_get(week, names[i]), &calendar->week[i]);
		if (calendar->first_worked < 0 && calendar->week[i].n_spans)
			calendar->first_worked = i;
	}
	return calendar;
}

void work_calendar_free(WorkCalendar *calendar)
{
	if (!calendar)
		return;
	g_time_zone_unref(calendar->zone);
	g_hash_table_unref(calendar->days);
	g_free(calendar);
}

void work_calendar_set_day(WorkCalendar *calendar, const char *date, gboolean is_worked)
{
	g_hash_table_insert(calendar->days, g_strdup(date), GINT_TO_POINTER(is_worked));
}

static const Day *day_of(const WorkCalendar *calendar, GDateTime *midnight)
{
	static const Day off = {.n_spans = 0};
	g_autofree char *date = g_date_time_format(midnight, "%Y-%m-%d");
	const Day *day = &calendar->week[g_date_time_get_day_of_week(midnight) - 1];
	gpointer is_worked;

	if (!g_hash_table_lookup_extended(calendar->days, date, NULL, &is_worked))
		return day;
	if (!GPOINTER_TO_INT(is_worked))
		return &off;
	return day->n_spans || calendar->first_worked < 0 ? day
							  : &calendar->week[calendar->first_worked];
}

/* The moment of a minute of that day: by its clock, so that a day of 23 hours ends when it ends. */
static gint64 moment(const WorkCalendar *calendar, GDateTime *midnight, int minute)
{
	g_autoptr(GDateTime) next =
		minute == 24 * 60 ? g_date_time_add_days(midnight, 1) : g_date_time_ref(midnight);
	g_autoptr(GDateTime) at = g_date_time_new(
		calendar->zone, g_date_time_get_year(next), g_date_time_get_month(next),
		g_date_time_get_day_of_month(next), minute / 60 % 24, minute % 60, 0);

	return g_date_time_to_unix(at) * 1000;
}

static GDateTime *midnight_of(const WorkCalendar *calendar, gint64 ms)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(ms / 1000);
	g_autoptr(GDateTime) local = g_date_time_to_timezone(utc, calendar->zone);

	return g_date_time_new(calendar->zone, g_date_time_get_year(local),
			       g_date_time_get_month(local), g_date_time_get_day_of_month(local), 0,
			       0, 0);
}

/* Calls each() for the spans of work from from_ms on, the first one cut, until it returns FALSE. */
typedef gboolean (*EachSpan)(gint64 from_ms, gint64 to_ms, gpointer data);

static void each_span(const WorkCalendar *calendar, gint64 from_ms, EachSpan each, gpointer data)
{
	g_autoptr(GDateTime) midnight = midnight_of(calendar, from_ms);

	for (int i = 0; i < MAX_DAYS; i++) {
		const Day *day = day_of(calendar, midnight);
		GDateTime *next;

		for (int k = 0; k < day->n_spans; k++) {
			gint64 from = moment(calendar, midnight, day->spans[k].from);
			gint64 to = moment(calendar, midnight, day->spans[k].to);

			if (to > from_ms && to > from && !each(MAX(from, from_ms), to, data))
				return;
		}
		next = g_date_time_add_days(midnight, 1);
		g_date_time_unref(midnight);
		midnight = next;
	}
}

typedef struct {
	gint64 left_ms, end_ms; /* still to be worked; the moment when nothing is */
} Adding;

static gboolean add_span(gint64 from_ms, gint64 to_ms, gpointer data)
{
	Adding *adding = data;

	if (to_ms - from_ms < adding->left_ms) {
		adding->left_ms -= to_ms - from_ms;
		return TRUE;
	}
	adding->end_ms = from_ms + adding->left_ms;
	return FALSE;
}

gint64 work_calendar_add(WorkCalendar *calendar, gint64 from_ms, gint64 work_ms)
{
	Adding adding = {MAX(work_ms, 0), 0};

	if (calendar->always_open)
		return from_ms + adding.left_ms;
	each_span(calendar, from_ms, add_span, &adding);
	return adding.end_ms;
}

typedef struct {
	gint64 until_ms, sum_ms;
} Counting;

static gboolean count_span(gint64 from_ms, gint64 to_ms, gpointer data)
{
	Counting *counting = data;

	if (from_ms >= counting->until_ms)
		return FALSE;
	counting->sum_ms += MIN(to_ms, counting->until_ms) - from_ms;
	return TRUE;
}

gint64 work_calendar_between(WorkCalendar *calendar, gint64 from_ms, gint64 to_ms)
{
	Counting counting = {to_ms, 0};

	if (to_ms <= from_ms)
		return 0;
	if (calendar->always_open)
		return to_ms - from_ms;
	each_span(calendar, from_ms, count_span, &counting);
	return counting.sum_ms;
}
