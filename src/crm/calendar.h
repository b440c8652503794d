/*
 * Working time: how much of it lies between two moments, and when an amount of it is over. Made of the
 * organisation's working hours (crm/working_hours.h) and its days that are otherwise: holidays, and days
 * that are worked in their place. Hours that are always open know no holidays.
 * Times are milliseconds since 1970 UTC; days and hours are those of the time zone, so that a day may
 * have 23 hours. Threads: one at a time. Does not read the store.
 */
#pragma once

#include <glib.h>

typedef struct WorkCalendar WorkCalendar;

/* hours: the stored form; a time zone that is unknown counts as UTC. */
WorkCalendar *work_calendar_new(const char *hours, const char *time_zone);
void work_calendar_free(WorkCalendar *calendar);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WorkCalendar, work_calendar_free)

/* date: "2026-10-01". A day that is worked although its weekday is not has the hours of the first
 * weekday that is. */
void work_calendar_set_day(WorkCalendar *calendar, const char *date, gboolean is_worked);

/* The first moment by which work_ms have been worked since from_ms; 0 when that is not within four
 * years, since nobody works. */
gint64 work_calendar_add(WorkCalendar *calendar, gint64 from_ms, gint64 work_ms);
/* What was worked in between; 0 when to_ms is not later. Counts four years at most. */
gint64 work_calendar_between(WorkCalendar *calendar, gint64 from_ms, gint64 to_ms);
