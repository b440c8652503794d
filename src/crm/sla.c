/* The two clocks are rows of one table; everything else is said once for both. */
#include "crm/sla.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/fields.h"
#include "crm/holidays.h"
#include "crm/notifications.h"
#include "crm/records.h"
#include "crm/webhooks.h"

enum { MAX_MINUTES = 366 * 24 * 60, MINUTE_MS = 60000 };

static const struct {
	const char *word, *minutes, *due, *done, *breached;
	const char *overdue; /* $1 now, $2 limit */
} clocks[] = {
	{"first_response", "first_response_minutes", "first_response_due_at", "first_responded_at",
	 "first_response_breached_at",
	 "SELECT org_id, id FROM tickets WHERE first_response_due_at <= $1 AND "
	 "first_response_due_at IS NOT NULL AND first_responded_at IS NULL AND "
	 "first_response_breached_at IS NULL AND paused_at IS NULL AND deleted_at IS NULL ORDER BY "
	 "first_response_due_at LIMIT $2"},
	{"resolution", "resolution_minutes", "resolution_due_at", "resolved_at",
	 "resolution_breached_at",
	 "SELECT org_id, id FROM tickets WHERE resolution_due_at <= $1 AND resolution_due_at IS "
	 "NOT NULL AND resolution_breached_at IS NULL AND paused_at IS NULL AND deleted_at IS NULL "
	 "ORDER BY resolution_due_at LIMIT $2"},
};

gboolean sla_policy_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
			   GPtrArray *faults, GError **error)
{
	g_autoptr(GError) failed = NULL;
	gboolean any = FALSE;

	(void)db;
	(void)principal;
	(void)before;
	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		const json_t *minutes = json_object_get(after, clocks[i].minutes);

		if (!json_is_integer(minutes))
			continue;
		any = TRUE;
		if (json_integer_value(minutes) < 1 || json_integer_value(minutes) > MAX_MINUTES)
			field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, clocks[i].minutes,
				    "must be 1 to 527040 minutes");
	}
	if (!any)
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "resolution_minutes",
			    "or first_response_minutes must be given");
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- clocks of one ticket --------------------------------------------------------------------------------------- */

typedef struct {
	gint64 minutes[G_N_ELEMENTS(clocks)]; /* 0 = no such clock */
	WorkCalendar *calendar;		      /* NULL: around the clock */
} Policy;

static void policy_clear(Policy *policy)
{
	g_clear_pointer(&policy->calendar, work_calendar_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Policy, policy_clear)

static gboolean policy_read(Db *db, const char *org_id, const char *priority, Policy *policy,
			    GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT first_response_minutes, resolution_minutes, working_hours FROM "
			 "sla_policies WHERE org_id = $1 AND priority = $2 AND deleted_at IS NULL",
			 error, "ss", org_id, priority);

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		return !failed && (!error || !*error);
	}
	policy->minutes[0] = db_int(rows, 0);
	policy->minutes[1] = db_int(rows, 1);
	if (!db_int(rows, 2))
		return TRUE;
	policy->calendar = holidays_calendar(db, org_id, error);
	return policy->calendar != NULL;
}

static gint64 passed(const Policy *policy, gint64 from_ms, gint64 to_ms)
{
	return policy->calendar ? work_calendar_between(policy->calendar, from_ms, to_ms)
				: MAX(to_ms - from_ms, 0);
}

static void set_due(const Policy *policy, json_t *ticket)
{
	gint64 opened = field_time(ticket, "opened_at");
	gint64 paused = json_integer_value(json_object_get(ticket, "paused_ms"));

	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		gint64 work = policy->minutes[i] * MINUTE_MS + paused;
		gint64 due = !policy->minutes[i] ? 0
			     : policy->calendar	 ? work_calendar_add(policy->calendar, opened, work)
						 : opened + work;

		field_set_time(ticket, clocks[i].due, due);
	}
}

/* What came after its time is noted at once: nobody needs to be told any more. */
static void note_late(json_t *ticket)
{
	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		gint64 due = field_time(ticket, clocks[i].due);
		gint64 done = field_time(ticket, clocks[i].done);

		if (due && done > due && !field_time(ticket, clocks[i].breached))
			field_set_time(ticket, clocks[i].breached, due);
	}
}

gboolean sla_run_clocks(Db *db, const Principal *principal, const json_t *before, json_t *after,
			GError **error)
{
	static const char *const running[] = {"new", "open", NULL};
	const char *status = json_member_string(after, "status");
	const char *priority = json_member_string(after, "priority");
	gboolean runs = !status || g_strv_contains(running, status);
	gint64 now = clock_now_ms(), paused = field_time(after, "paused_at");
	gboolean goes_on = runs && paused;
	g_auto(Policy) policy = {.calendar = NULL};

	if (!field_time(after, "opened_at"))
		field_set_time(after, "opened_at", now);
	if (!runs && !paused)
		field_set_time(after, "paused_at", now);
	if (!before || goes_on ||
	    g_strcmp0(json_member_string(before, "priority"), priority) != 0) {
		if (!policy_read(db, principal->org_id, priority ? priority : "normal", &policy,
				 error))
			return FALSE;
		if (goes_on) {
			json_object_set_new(after, "paused_ms",
					    json_integer(json_integer_value(json_object_get(
								 after, "paused_ms")) +
							 passed(&policy, paused, now)));
			field_set_time(after, "paused_at", 0);
		}
		set_due(&policy, after);
	}
	note_late(after);
	return TRUE;
}

/* ---- replies ---------------------------------------------------------------------------------------------------- */

/* Ids of two columns, organisation and ticket, one after the other. */
static GPtrArray *take_ids(DbRows *rows, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;

	while (db_next(rows, &failed))
		for (int i = 0; i < db_n_columns(rows); i++)
			g_ptr_array_add(ids, g_strdup(db_text(rows, i)));
	if (!failed)
		return g_steal_pointer(&ids);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

gboolean sla_note_reply(Db *db, const char *org_id, const char *conversation_id, gint64 at_ms,
			GError **error)
{
	Principal system = principal_system(org_id);
	g_autoptr(json_t) patch = json_object();
	g_autoptr(GPtrArray) ids = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT id FROM tickets WHERE org_id = $1 AND conversation_id = $2 AND "
			 "first_responded_at IS NULL AND deleted_at IS NULL",
			 error, "ss", org_id, conversation_id);

	if (!rows)
		return FALSE;
	ids = take_ids(rows, error);
	g_clear_pointer(&rows, db_rows_free);
	field_set_time(patch, "first_responded_at", at_ms);
	for (guint i = 0; ids && i < ids->len; i++)
		if (!record_set(db, &system, &OBJECT_TICKET, ids->pdata[i], patch, error))
			return FALSE;
	return ids != NULL;
}

/* ---- breaches --------------------------------------------------------------------------------------------------- */

static GPtrArray *people_to_tell(Db *db, const char *org_id, const json_t *ticket, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT u.id FROM users u WHERE u.org_id = $1 AND u.active = 1 AND CASE WHEN CAST "
		"($2 AS TEXT) IS "
		"NOT NULL THEN u.id = $2 WHEN EXISTS (SELECT 1 FROM queue_members m WHERE m.org_id "
		"= $1 AND m.queue_id = $3 AND m.deleted_at IS NULL) THEN EXISTS (SELECT 1 FROM "
		"queue_members m WHERE m.org_id = $1 AND m.queue_id = $3 AND m.user_id = u.id AND "
		"m.deleted_at IS NULL) ELSE u.role = 'admin' END ORDER BY u.id LIMIT 100",
		error, "sss", org_id, json_member_string(ticket, "owner_id"),
		json_member_string(ticket, "queue_id"));

	return rows ? take_ids(rows, error) : NULL;
}

static gboolean tell_event(Db *db, const char *org_id, const char *id, const json_t *ticket,
			   gsize clock, GError **error)
{
	g_autoptr(GString) data = g_string_new(NULL);
	JsonWriter w = json_writer(data);

	json_object_begin(&w, NULL);
	json_put_string(&w, "ticket_id", id);
	json_put_int(&w, "number", json_integer_value(json_object_get(ticket, "number")));
	json_put_string(&w, "clock", clocks[clock].word);
	json_put_time(&w, "due_at", field_time(ticket, clocks[clock].due));
	json_object_end(&w);
	return webhook_note_event(db, org_id, "ticket.breached", id, data->str, error);
}

static gboolean breach(Db *db, const char *org_id, const char *id, gsize clock, GError **error)
{
	Principal system = principal_system(org_id);
	g_autofree char *kind = g_strconcat(clocks[clock].word, "_breached", NULL);
	g_autoptr(json_t) patch = json_object();
	g_autoptr(json_t) ticket = record_read(db, &system, &OBJECT_TICKET, id, NULL, error);
	g_autoptr(GPtrArray) people = ticket ? people_to_tell(db, org_id, ticket, error) : NULL;

	if (!people)
		return FALSE;
	field_set_time(patch, clocks[clock].breached, field_time(ticket, clocks[clock].due));
	for (guint i = 0; i < people->len; i++)
		if (!notification_add(db, org_id, people->pdata[i], kind, "tickets", id,
				      json_member_string(ticket, "subject"), error))
			return FALSE;
	return record_set(db, &system, &OBJECT_TICKET, id, patch, error) &&
	       tell_event(db, org_id, id, ticket, clock, error);
}

gboolean sla_find_breaches(Db *db, int *ret_n, GError **error)
{
	*ret_n = 0;
	for (gsize i = 0; i < G_N_ELEMENTS(clocks); i++) {
		g_autoptr(DbRows) rows = db_query(db, clocks[i].overdue, error, "ii",
						  clock_now_ms(), (gint64)SLA_MAX_BREACHES);
		g_autoptr(GPtrArray) ids = rows ? take_ids(rows, error) : NULL;

		g_clear_pointer(&rows, db_rows_free);
		for (guint k = 0; ids && k < ids->len; k += 2)
			if (!breach(db, ids->pdata[k], ids->pdata[k + 1], i, error))
				return FALSE;
		if (!ids)
			return FALSE;
		*ret_n += (int)ids->len / 2;
	}
	return TRUE;
}
