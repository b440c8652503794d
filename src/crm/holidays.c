/* Two tables: days as they were proclaimed, and rules that give them for any year. */
#include "crm/holidays.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "crm/organisation.h"
#include "crm/records.h"

enum { SATURDAY = 6 };
typedef enum { FIXED, NTH, EASTER } RuleKind;
typedef enum { STAYS, NEAREST, NEXT } Shift;

typedef struct {
	const char *country, *first, *last;
	gboolean is_worked;
	const char *zh, *en;
} Period;

typedef struct {
	const char *country;
	RuleKind kind;
	int month, a, b, since;
	const char *zh, *en;
} Rule;

#define RULE(...)
#define PERIOD(...) {__VA_ARGS__},
static const Period periods[] = {
#include "crm/holidays.def"
};
#undef RULE
#undef PERIOD
#define PERIOD(...)
#define RULE(...) {__VA_ARGS__},
static const Rule rules[] = {
#include "crm/holidays.def"
};

static GDateTime *day(int year, int month, int day_of_month)
{
	return g_date_time_new_utc(year, month, day_of_month, 0, 0, 0);
}

static GDateTime *moved(GDateTime *from, int n_days)
{
	GDateTime *to = g_date_time_add_days(from, n_days);

	g_date_time_unref(from);
	return to;
}

/* Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher). */
static GDateTime *easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int d = b / 4, e = b % 4, g = (8 * b + 13) / 25;
	int h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
	int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 19 * l) / 433;
	int month = (h + l - 7 * m + 90) / 25;

	return day(year, month, (h + l - 7 * m + 33 * month + 19) % 32);
}

static GDateTime *nth_weekday(int year, int month, int nth, int weekday)
{
	GDateTime *found;
	int ahead;

	if (nth > 0) {
		found = day(year, month, 1);
		ahead = (weekday - g_date_time_get_day_of_week(found) + 7) % 7;
		return moved(found, ahead + (nth - 1) * 7);
	}
	found = moved(month == 12 ? day(year + 1, 1, 1) : day(year, month + 1, 1), -1);
	return moved(found, -((g_date_time_get_day_of_week(found) - weekday + 7) % 7));
}

/* taken: dates that are given already, so that two holidays do not move to one day. */
static GDateTime *shifted(GDateTime *date, Shift shift, GHashTable *taken)
{
	int weekday = g_date_time_get_day_of_week(date);

	if (shift == NEAREST && weekday >= SATURDAY)
		return moved(date, weekday == SATURDAY ? -1 : 1);
	while (shift == NEXT) {
		g_autofree char *text = g_date_time_format(date, "%Y-%m-%d");

		if (g_date_time_get_day_of_week(date) < SATURDAY &&
		    !g_hash_table_contains(taken, text))
			break;
		date = moved(date, 1);
	}
	return date;
}

static GDateTime *date_of(const Rule *rule, int year, GHashTable *taken)
{
	switch (rule->kind) {
	case FIXED:
		return shifted(day(year, rule->month, rule->a), (Shift)rule->b, taken);
	case NTH:
		return nth_weekday(year, rule->month, rule->a, rule->b);
	case EASTER:
		return moved(easter(year), rule->a);
	}
	return NULL;
}

static gboolean each_period(const char *country, int year, HolidayEach each, gpointer data)
{
	gboolean any = FALSE;

	for (gsize i = 0; i < G_N_ELEMENTS(periods); i++) {
		const Period *period = &periods[i];
		g_autoptr(GDateTime) date = NULL;

		if (!g_str_equal(period->country, country) ||
		    g_ascii_strtoll(period->first, NULL, 10) != year)
			continue;
		any = TRUE;
		date = day(year, (int)g_ascii_strtoll(period->first + 5, NULL, 10),
			   (int)g_ascii_strtoll(period->first + 8, NULL, 10));
		for (;;) {
			g_autofree char *text = g_date_time_format(date, "%Y-%m-%d");

			each(text, period->is_worked, period->zh, period->en, data);
			if (strcmp(text, period->last) >= 0)
				break;
			date = moved(date, 1);
		}
	}
	return any;
}

gboolean holidays_of(const char *country, int year, HolidayEach each, gpointer data)
{
	g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gboolean any = FALSE;

	if (year < HOLIDAY_FIRST_YEAR || year > HOLIDAY_LAST_YEAR)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(rules); i++) {
		const Rule *rule = &rules[i];
		g_autoptr(GDateTime) date = NULL;
		char *text;

		if (!g_str_equal(rule->country, country) || year < rule->since)
			continue;
		any = TRUE;
		date = date_of(rule, year, taken);
		text = g_date_time_format(date, "%Y-%m-%d");
		g_hash_table_add(taken, text);
		each(text, FALSE, rule->zh, rule->en, data);
	}
	return each_period(country, year, each, data) || any;
}

/* ---- in the store ----------------------------------------------------------------------------------------------- */

typedef struct {
	Db *db;
	const Principal *principal;
	gboolean zh;
	JsonWriter *w;
	GError **error;
	gboolean failed;
} Adding;

static gboolean stored_already(Adding *adding, const char *date, gboolean *ret_stored)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(adding->db,
					  "SELECT 1 FROM holidays WHERE org_id = $1 AND on_date = "
					  "$2 AND deleted_at IS NULL",
					  adding->error, "ss", adding->principal->org_id, date);

	if (!rows)
		return FALSE;
	*ret_stored = db_next(rows, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(adding->error, g_steal_pointer(&failed));
	return FALSE;
}

static void add_one(const char *date, gboolean is_worked, const char *name_zh, const char *name_en,
		    gpointer data)
{
	Adding *adding = data;
	const char *name = adding->zh ? name_zh : name_en;
	g_autoptr(json_t) fields =
		json_pack("{s:s, s:s, s:b}", "on_date", date, "name", name, "is_worked", is_worked);
	gboolean stored = FALSE;
	char id[37];

	if (adding->failed)
		return;
	adding->failed = !stored_already(adding, date, &stored) ||
			 (!stored && !record_create(adding->db, adding->principal, &OBJECT_HOLIDAY,
						    fields, id, NULL, adding->error));
	if (adding->failed || stored)
		return;
	json_object_begin(adding->w, NULL);
	json_put_string(adding->w, "id", id);
	json_put_string(adding->w, "on_date", date);
	json_put_string(adding->w, "name", name);
	json_put_bool(adding->w, "is_worked", is_worked);
	json_object_end(adding->w);
}

gboolean holidays_add(Db *db, const Principal *principal, const char *country, int year,
		      GString *out, GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, principal->org_id, error);
	JsonWriter w = json_writer(out);
	Adding adding = {.db = db, .principal = principal, .w = &w, .error = error};

	if (!organisation)
		return FALSE;
	adding.zh = g_str_equal(organisation->language, "zh");
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	if (!holidays_of(country, year, add_one, &adding)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "nothing is known of the holidays of %d in that country (CN: 2025 to "
			    "2027; US, UK, DE: %d to %d)",
			    year, HOLIDAY_FIRST_YEAR, HOLIDAY_LAST_YEAR);
		return FALSE;
	}
	json_array_end(&w);
	json_object_end(&w);
	return !adding.failed;
}

WorkCalendar *holidays_calendar(Db *db, const char *org_id, GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, org_id, error);
	g_autoptr(WorkCalendar) calendar = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!organisation)
		return NULL;
	calendar = work_calendar_new(organisation->working_hours, organisation->time_zone);
	rows = db_query(db,
			"SELECT on_date, is_worked FROM holidays WHERE org_id = $1 AND deleted_at "
			"IS NULL",
			error, "s", org_id);
	if (!rows)
		return NULL;
	while (db_next(rows, &failed))
		work_calendar_set_day(calendar, db_text(rows, 0), db_int(rows, 1) != 0);
	if (!failed)
		return g_steal_pointer(&calendar);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}
