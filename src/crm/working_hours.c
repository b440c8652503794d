/*
 * Working hours. Times are compared as texts: "HH:MM" with leading zeros sorts as the clock does.
 */
#include "crm/working_hours.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

enum { MAX_SPANS = 8, TIME_ZONE_MAX_BYTES = 64 };

static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

static gboolean fail(GError **error, const char *day, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "working_hours: %s: %s", day,
		    what);
	return FALSE;
}

static gboolean is_time(const char *text)
{
	if (!text || strlen(text) != 5 || text[2] != ':')
		return FALSE;
	for (int i = 0; i < 5; i++)
		if (i != 2 && !g_ascii_isdigit(text[i]))
			return FALSE;
	return strcmp(text, "24:00") <= 0 && text[3] < '6';
}

/* One span, which begins no earlier than *after; *after becomes its end. */
static gboolean read_span(const char *day, const json_t *span, const char **after, JsonWriter *w,
			  GError **error)
{
	const char *from = json_string_value(json_array_get(span, 0));
	const char *to = json_string_value(json_array_get(span, 1));

	if (json_array_size(span) != 2 || !is_time(from) || !is_time(to))
		return fail(error, day, "expected spans [\"HH:MM\",\"HH:MM\"]");
	if (strcmp(from, to) >= 0)
		return fail(error, day,
			    "a span must end later than it begins (over midnight: two spans)");
	if (strcmp(from, *after) < 0)
		return fail(error, day, "spans must ascend and not overlap");
	*after = to;
	json_array_begin(w, NULL);
	json_put_string(w, NULL, from);
	json_put_string(w, NULL, to);
	json_array_end(w);
	return TRUE;
}

static gboolean read_day(const char *day, const json_t *spans, JsonWriter *w, GError **error)
{
	const char *after = "00:00";

	if (!json_is_array(spans) || json_array_size(spans) > MAX_SPANS)
		return fail(error, day, "expected a list of at most 8 spans");
	json_array_begin(w, day);
	for (gsize i = 0; i < json_array_size(spans); i++)
		if (!read_span(day, json_array_get(spans, i), &after, w, error))
			return FALSE;
	json_array_end(w);
	return TRUE;
}

static gboolean only_days(const json_t *hours, GError **error)
{
	gsize n_days = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(days); i++)
		n_days += json_object_get(hours, days[i]) != NULL;
	if (json_is_object(hours) && n_days == json_object_size(hours))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "working_hours must be an object with the members mon, tue, wed, thu, fri, "
		    "sat, sun");
	return FALSE;
}

char *working_hours_read(const json_t *hours, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!only_days(hours, error))
		return NULL;
	json_object_begin(&w, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(days); i++) {
		const json_t *spans = json_object_get(hours, days[i]);

		if (spans && !read_day(days[i], spans, &w, error))
			return NULL;
	}
	json_object_end(&w);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static gboolean day_covers(const json_t *spans, const char *now)
{
	for (gsize i = 0; i < json_array_size(spans); i++) {
		const json_t *span = json_array_get(spans, i);
		const char *from = json_string_value(json_array_get(span, 0));
		const char *to = json_string_value(json_array_get(span, 1));

		if (from && to && strcmp(from, now) <= 0 && strcmp(now, to) < 0)
			return TRUE;
	}
	return FALSE;
}

gboolean working_hours_open_at(const char *hours, const char *time_zone, gint64 time_ms)
{
	g_autoptr(json_t) week = json_parse(hours, strlen(hours), NULL);
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(time_zone);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time_ms / 1000);
	g_autoptr(GDateTime) local =
		zone ? g_date_time_to_timezone(utc, zone) : g_date_time_ref(utc);
	g_autofree char *now = g_date_time_format(local, "%H:%M");
	const char *day = days[g_date_time_get_day_of_week(local) - 1];

	return json_object_size(week) == 0 || day_covers(json_object_get(week, day), now);
}

/* The characters first: the name becomes part of a path of the machine's database. */
gboolean time_zone_valid(const char *name)
{
	g_autoptr(GTimeZone) zone = NULL;

	if (strlen(name) > TIME_ZONE_MAX_BYTES || !g_ascii_isalpha(*name))
		return FALSE;
	for (const char *c = name; *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("_+-/", *c))
			return FALSE;
	if (g_str_equal(name, "UTC"))
		return TRUE;
	zone = g_time_zone_new_identifier(name);
	return zone != NULL;
}
