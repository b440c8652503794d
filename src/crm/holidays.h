/*
 * Holidays of an organisation (records of the object holidays): those of countries that are known, and
 * the calendar that follows from them and the working hours.
 * Errors: UNPROCESSABLE (no such country, or nothing known of that year), NOT_FOUND.
 */
#pragma once

#include "crm/calendar.h"
#include "crm/objects.h"

enum { HOLIDAY_FIRST_YEAR = 2000, HOLIDAY_LAST_YEAR = 2100 };

/* Calls each() for the public holidays of a country ("CN", "US", "UK", "DE") in that year, and for the
 * days that are worked instead. FALSE when nothing is known. Pure. */
typedef void (*HolidayEach)(const char *date, gboolean is_worked, const char *name_zh,
			    const char *name_en, gpointer data);
gboolean holidays_of(const char *country, int year, HolidayEach each, gpointer data);

/* Stores those that are not there yet, with names in the organisation's language; appends
 * {"items":[{"id","on_date","name","is_worked"}]}. Inside a write, by an administrator. */
gboolean holidays_add(Db *db, const Principal *principal, const char *country, int year,
		      GString *out, GError **error);

/* The organisation's calendar with its holidays. NULL with error. */
WorkCalendar *holidays_calendar(Db *db, const char *org_id, GError **error);
