/* Organisations. Opening hours are kept as JSON, since only this file reads them. */
#include "crm/organisation.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/working_hours.h"

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

static gboolean name_valid(const char *name, GError **error)
{
	if (*name && g_utf8_strlen(name, -1) <= ORGANISATION_NAME_MAX_CHARS)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "name must have 1 to %d characters", ORGANISATION_NAME_MAX_CHARS);
	return FALSE;
}

gboolean organisation_create(Db *db, const char *name, const char *language, gboolean is_demo,
			     char ret_id[37], GError **error)
{
	g_autofree char *shown = g_strstrip(g_strdup(name));

	if (!name_valid(shown, error))
		return FALSE;
	return db_run(db,
		      "INSERT INTO organisations (id, name, language, time_zone, working_hours, "
		      "is_demo, created_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7)",
		      error, "sssssii", id_new(ret_id), shown, language, "Asia/Shanghai",
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

/* A list of the changed members for the audit row. */
static char *changed_members(const OrganisationChange *change)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_array_begin(&w, "fields");
	if (change->name)
		json_put_string(&w, NULL, "name");
	if (change->time_zone)
		json_put_string(&w, NULL, "time_zone");
	if (change->working_hours)
		json_put_string(&w, NULL, "working_hours");
	json_array_end(&w);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

static gboolean change_valid(const OrganisationChange *change, const char *name, GError **error)
{
	if (name && !name_valid(name, error))
		return FALSE;
	if (change->time_zone && !time_zone_valid(change->time_zone)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "time_zone is no time zone known here (expected Asia/Shanghai, "
			    "Europe/Berlin, UTC, ...)");
		return FALSE;
	}
	return TRUE;
}

gboolean organisation_update(Db *db, const Principal *actor, const OrganisationChange *change,
			     GError **error)
{
	g_autofree char *name = change->name ? g_strstrip(g_strdup(change->name)) : NULL;
	g_autofree char *members = changed_members(change);
	g_autofree char *hours = NULL;

	if (!change_valid(change, name, error))
		return FALSE;
	if (change->working_hours) {
		hours = working_hours_read(change->working_hours, error);
		if (!hours)
			return FALSE;
	}
	return db_run(db,
		      "UPDATE organisations SET name = coalesce($2, name), "
		      "time_zone = coalesce($3, time_zone), "
		      "working_hours = coalesce($4, working_hours) WHERE id = $1",
		      error, "ssss", actor->org_id, name, change->time_zone, hours) &&
	       audit_add(db, actor, "update", "organisations", actor->org_id, members, error);
}

gboolean organisation_open_at(const Organisation *organisation, gint64 time_ms)
{
	return working_hours_open_at(organisation->working_hours, organisation->time_zone, time_ms);
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
