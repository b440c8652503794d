/* Days are those of the organisation's time zone, so that a period begins and ends at its midnights. */
#include "crm/voice_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crm/organisation.h"

enum { DAYS_DEFAULT = 30 };

static GTimeZone *zone_of(const char *name)
{
	GTimeZone *zone = g_time_zone_new_identifier(name);

	return zone ? zone : g_time_zone_new_utc();
}

static gboolean invalid(const char *what, GError **error)
{
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, what);
	return FALSE;
}

static gboolean read_day(const char *text, GTimeZone *zone, GDateTime **ret_day, GError **error)
{
	g_autofree char *midnight = g_strconcat(text, "T00:00:00", NULL);

	*ret_day = strlen(text) == 10 ? g_date_time_new_from_iso8601(midnight, zone) : NULL;
	return *ret_day || invalid("from and to must be days like 2026-11-01", error);
}

static gboolean read_days(const char *text, int *ret_days, GError **error)
{
	gint64 days = DAYS_DEFAULT;

	if (text && !g_ascii_string_to_signed(text, 10, 1, VOICE_DAYS_MAX, &days, NULL))
		return invalid("days must be 1 to 366", error);
	*ret_days = (int)days;
	return TRUE;
}

static GDateTime *midnight_of(GDateTime *time, int days_later)
{
	g_autoptr(GDateTime) day = g_date_time_add_days(time, days_later);
	g_autoptr(GTimeZone) zone = g_time_zone_ref(g_date_time_get_timezone(day));

	return g_date_time_new(zone, g_date_time_get_year(day), g_date_time_get_month(day),
			       g_date_time_get_day_of_month(day), 0, 0, 0);
}

static gint64 to_ms(GDateTime *time)
{
	return g_date_time_to_unix(time) * 1000;
}

static void put_day(GDateTime *first, int day, char text[11])
{
	g_autoptr(GDateTime) midnight = midnight_of(first, day);
	g_autofree char *said = g_date_time_format(midnight, "%Y-%m-%d");

	g_strlcpy(text, said, 11);
}

static gint64 midnight_ms(GDateTime *first, int day)
{
	g_autoptr(GDateTime) midnight = midnight_of(first, day);

	return to_ms(midnight);
}

static void settle(VoicePeriod *period, GDateTime *first, int n_days)
{
	period->n_days = n_days;
	period->before = midnight_ms(first, -n_days);
	period->from = midnight_ms(first, 0);
	period->to = midnight_ms(first, n_days);
	put_day(first, 0, period->first);
	put_day(first, n_days - 1, period->last);
	put_day(first, -n_days, period->before_first);
	put_day(first, -1, period->before_last);
}

static gboolean settle_days(VoicePeriod *period, GTimeZone *zone, const char *days, GError **error)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(clock_now_ms() / 1000);
	g_autoptr(GDateTime) now = g_date_time_to_timezone(utc, zone);
	g_autoptr(GDateTime) first = NULL;
	int n_days;

	if (!read_days(days, &n_days, error))
		return FALSE;
	first = midnight_of(now, 1 - n_days);
	settle(period, first, n_days);
	return TRUE;
}

static gboolean settle_span(VoicePeriod *period, GTimeZone *zone, const VoiceQuery *query,
			    GError **error)
{
	g_autoptr(GDateTime) first = NULL, last = NULL;
	int n_days = 1;

	if (!query->from || !query->to)
		return invalid("from and to go together", error);
	if (!read_day(query->from, zone, &first, error) || !read_day(query->to, zone, &last, error))
		return FALSE;
	while (n_days <= VOICE_DAYS_MAX && midnight_ms(first, n_days - 1) < to_ms(last))
		n_days++;
	if (n_days > VOICE_DAYS_MAX || g_date_time_compare(first, last) > 0)
		return invalid("to must be from or later, at most 366 days", error);
	settle(period, first, n_days);
	return TRUE;
}

gboolean voice_period_read(Db *db, const char *org_id, const VoiceQuery *query, VoicePeriod *period,
			   GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, org_id, error);
	g_autoptr(GTimeZone) zone = organisation ? zone_of(organisation->time_zone) : NULL;

	if (!organisation)
		return FALSE;
	period->time_zone = g_strdup(g_time_zone_get_identifier(zone));
	if (!query->from && !query->to)
		return settle_days(period, zone, query->days, error);
	return settle_span(period, zone, query, error);
}

void voice_period_clear(VoicePeriod *period)
{
	g_free(period->time_zone);
}

void voice_period_step(const VoicePeriod *period, int day, int n_days, VoiceStep *step)
{
	g_autoptr(GTimeZone) zone = zone_of(period->time_zone);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(period->from / 1000);
	g_autoptr(GDateTime) first = g_date_time_to_timezone(utc, zone);

	step->from = midnight_ms(first, day);
	step->to = midnight_ms(first, day + n_days);
	put_day(first, day, step->first);
	put_day(first, day + n_days - 1, step->last);
}
