/* Organisations. Opening hours are kept as JSON, since only this file reads them. */
#include "crm/organisation.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"

#define DEFAULT_HOURS "{}"

void organisation_free(Organisation *organisation)
{
	if (!organisation)
		return;
	g_free(organisation->name);
	g_free(organisation->language);
	g_free(organisation->time_zone);
	g_free(organisation->working_hours);
	g_free(organisation);
}

gboolean organisation_create(Db *db, const char *name, const char *language, gboolean is_demo,
			     char ret_id[37], GError **error)
{
	return db_run(db,
		      "INSERT INTO organisations (id, name, language, time_zone, working_hours, "
		      "is_demo, created_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
		      error, "sssssii", id_new(ret_id), name, language, "Asia/Shanghai",
		      DEFAULT_HOURS, (gint64)is_demo, clock_now_ms());
}

Organisation *organisation_get(Db *db, const char *id, GError **error)
{
	g_autoptr(Organisation) organisation = g_new0(Organisation, 1);
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT name, language, time_zone, working_hours, "
					  "is_demo FROM organisations WHERE id = $1",
					  error, "s", id);

	if (!rows)
		return NULL;
	if (!db_next(rows, error)) {
		if (error && !*error)
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "there is no such organisation");
		return NULL;
	}
	g_strlcpy(organisation->id, id, sizeof(organisation->id));
	organisation->name = g_strdup(db_text(rows, 0));
	organisation->language = g_strdup(db_text(rows, 1));
	organisation->time_zone = g_strdup(db_text(rows, 2));
	organisation->working_hours = g_strdup(db_text(rows, 3));
	organisation->is_demo = db_int(rows, 4) != 0;
	return g_steal_pointer(&organisation);
}

gboolean organisation_first(Db *db, char ret_id[37], GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id FROM organisations ORDER BY id LIMIT 1", error, "");

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		g_strlcpy(ret_id, db_text(rows, 0), 37);
		return TRUE;
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			"the store holds no organisation yet (zhiyin init --data DIR makes one)");
	return FALSE;
}

gboolean organisation_open_at(const Organisation *organisation, gint64 time_ms)
{
	static const char *const days[] = {"", "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(organisation->time_zone);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time_ms / 1000);
	g_autoptr(GDateTime) local =
		zone ? g_date_time_to_timezone(utc, zone) : g_date_time_ref(utc);
	g_autofree char *now = g_date_time_format(local, "%H:%M");
	g_autoptr(json_t) hours =
		json_parse(organisation->working_hours, strlen(organisation->working_hours), NULL);
	const json_t *spans = json_object_get(hours, days[g_date_time_get_day_of_week(local)]);
	gsize i;
	json_t *span;

	if (!hours || !json_object_size(hours))
		return TRUE;
	json_array_foreach(spans, i, span)
	{
		const char *from = json_string_value(json_array_get(span, 0));
		const char *to = json_string_value(json_array_get(span, 1));

		if (from && to && strcmp(from, now) <= 0 && strcmp(now, to) < 0)
			return TRUE;
	}
	return FALSE;
}

void organisation_write_json(const Organisation *organisation, const char *key, JsonWriter *w)
{
	json_object_begin(w, key);
	json_put_string(w, "id", organisation->id);
	json_put_string(w, "name", organisation->name);
	json_put_string(w, "language", organisation->language);
	json_put_string(w, "time_zone", organisation->time_zone);
	json_put_raw(w, "working_hours", organisation->working_hours);
	json_put_bool(w, "open_now", organisation_open_at(organisation, clock_now_ms()));
	json_put_bool(w, "is_demo", organisation->is_demo);
	json_object_end(w);
}
