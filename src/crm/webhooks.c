/* Rows of webhooks and their deliveries. */
#include "crm/webhooks.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/fields.h"
#include "crm/records.h"

enum { MAX_WEBHOOKS = 50, MAX_EVENTS = 50 };

/* ---- administration --------------------------------------------------------------------------------------------- */

typedef struct {
	char *name, *url, *events;
	gboolean active;
} Declared;

static void declared_clear(Declared *declared)
{
	g_free(declared->name);
	g_free(declared->url);
	g_free(declared->events);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Declared, declared_clear)

/* "contact.created", "deal.*", "*" */
static gboolean event_pattern(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, ".", 3);
	const char *letters = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (g_str_equal(text, "*"))
		return TRUE;
	return g_strv_length(words) == 2 && *words[0] && *words[1] &&
	       !words[0][strspn(words[0], letters)] &&
	       (g_str_equal(words[1], "*") || !words[1][strspn(words[1], letters)]);
}

static char *read_events(const json_t *list, const char **ret_fault)
{
	gsize i;
	json_t *event;

	*ret_fault = "must be a list such as [\"contact.created\", \"deal.*\"] or [\"*\"]";
	if (!json_is_array(list) || !json_array_size(list) || json_array_size(list) > MAX_EVENTS)
		return NULL;
	json_array_foreach(list, i,
			   event) if (!json_is_string(event) ||
				      !event_pattern(json_string_value(event))) return NULL;
	return json_dumps(list, JSON_COMPACT);
}

static gboolean read_declared(const json_t *body, Declared *declared, GPtrArray *faults,
			      GError **error)
{
	const char *name = json_member_string(body, "name");
	const char *url = json_member_string(body, "url");
	const json_t *active = json_object_get(body, "active");
	g_autoptr(GError) failed = NULL;
	const char *fault = NULL;

	declared->name = g_strdup(name && *name ? name : "webhook");
	if (g_utf8_strlen(declared->name, -1) > 100)
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "name", "is too long");
	declared->url = url && *url != '/' ? field_normalise(FIELD_URL, url, NULL) : NULL;
	if (!declared->url || strlen(declared->url) > 2000)
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "url",
			    "must be an address that begins with https:// or http://");
	declared->events = read_events(json_object_get(body, "events"), &fault);
	if (!declared->events)
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "events", fault);
	if (active && !json_is_boolean(active))
		field_fault(faults, &failed, ZHIYIN_ERROR_UNPROCESSABLE, "active",
			    "must be true or false");
	declared->active = !active || json_is_true(active);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean room_left(Db *db, const Principal *principal, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db, "SELECT count(*) FROM webhooks WHERE org_id = $1",
					  error, "s", principal->org_id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	if (db_int(rows, 0) < MAX_WEBHOOKS)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, "there are %d webhooks already",
		    MAX_WEBHOOKS);
	return FALSE;
}

gboolean webhook_create(Db *db, const Principal *principal, const json_t *body, char ret_id[37],
			GPtrArray *faults, GError **error)
{
	g_auto(Declared) declared = {0};
	g_autofree char *secret = secret_new("zyw_");
	gint64 now = clock_now_ms();

	if (!read_declared(body, &declared, faults, error) || !room_left(db, principal, error))
		return FALSE;
	id_new(ret_id);
	return db_run(db,
		      "INSERT INTO webhooks (org_id, id, name, url, secret, events, active, "
		      "created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
		      error, "ssssssii", principal->org_id, ret_id, declared.name, declared.url,
		      secret, declared.events, (gint64)declared.active, now) &&
	       audit_add(db, principal, "create", "webhooks", ret_id, NULL, error);
}

static gboolean fail_not_found(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such webhook");
	return FALSE;
}

static DbRows *webhook_rows(Db *db, const char *org_id, const char *id, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT id, name, url, events, active, paused_because, failing_since, "
			 "created_at, updated_at, secret FROM webhooks WHERE org_id = $1 AND (CAST "
			 "($2 AS TEXT) "
			 "IS NULL OR id = $2) ORDER BY id",
			 error, "ss", org_id, id);

	if (!rows || !id || db_next(rows, error))
		return g_steal_pointer(&rows);
	if (!error || !*error)
		fail_not_found(error);
	return NULL;
}

gboolean webhook_patch(Db *db, const Principal *principal, const char *id, const json_t *patch,
		       GPtrArray *faults, GError **error)
{
	g_autoptr(DbRows) rows = webhook_rows(db, principal->org_id, id, error);
	g_autoptr(json_t) merged = NULL;
	g_auto(Declared) declared = {0};
	g_autofree char *secret = NULL;

	if (!rows)
		return FALSE;
	merged = json_pack("{s:s, s:s, s:o, s:b}", "name", db_text(rows, 1), "url",
			   db_text(rows, 2), "events", json_loads(db_text(rows, 3), 0, NULL),
			   "active", (int)db_int(rows, 4));
	secret = json_is_true(json_object_get(patch, "new_secret")) ? secret_new("zyw_")
								    : g_strdup(db_text(rows, 9));
	g_clear_pointer(&rows, db_rows_free);
	field_merge(merged, patch);
	return read_declared(merged, &declared, faults, error) &&
	       db_run(db,
		      "UPDATE webhooks SET name = $3, url = $4, events = $5, active = $6, secret = "
		      "$7, updated_at = $8, paused_because = CASE WHEN CAST ($6 AS BIGINT) = 1 "
		      "THEN NULL ELSE paused_because END, failing_since = NULL WHERE org_id = $1 "
		      "AND id = $2",
		      error, "sssssisi", principal->org_id, id, declared.name, declared.url,
		      declared.events, (gint64)declared.active, secret, clock_now_ms()) &&
	       audit_add(db, principal, "update", "webhooks", id, NULL, error);
}

gboolean webhook_delete(Db *db, const Principal *principal, const char *id, GError **error)
{
	if (!db_run(db, "DELETE FROM webhooks WHERE org_id = $1 AND id = $2", error, "ss",
		    principal->org_id, id))
		return FALSE;
	if (db_changes(db) != 1)
		return fail_not_found(error);
	return audit_add(db, principal, "delete", "webhooks", id, NULL, error);
}

static void put_webhook(JsonWriter *w, DbRows *rows, gboolean with_secret)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", db_text(rows, 0));
	json_put_string(w, "name", db_text(rows, 1));
	json_put_string(w, "url", db_text(rows, 2));
	json_put_raw(w, "events", db_text(rows, 3));
	json_put_bool(w, "active", db_int(rows, 4) != 0);
	json_put_string(w, "paused_because", db_text(rows, 5));
	json_put_time(w, "failing_since", db_int(rows, 6));
	json_put_time(w, "created_at", db_int(rows, 7));
	json_put_time(w, "updated_at", db_int(rows, 8));
	if (with_secret)
		json_put_string(w, "secret", db_text(rows, 9));
	json_object_end(w);
}

gboolean webhook_write(Db *db, const Principal *principal, const char *id, gboolean with_secret,
		       GString *out, GError **error)
{
	g_autoptr(DbRows) rows = webhook_rows(db, principal->org_id, id, error);
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	put_webhook(&w, rows, with_secret);
	return TRUE;
}

gboolean webhook_list(Db *db, const Principal *principal, GString *out, GError **error)
{
	g_autoptr(DbRows) rows = webhook_rows(db, principal->org_id, NULL, error);
	g_autoptr(GError) failed = NULL;
	JsonWriter w = json_writer(out);

	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (db_next(rows, &failed))
		put_webhook(&w, rows, FALSE);
	json_array_end(&w);
	json_put_null(&w, "next_page_token");
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static void put_delivery(JsonWriter *w, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "id", db_text(rows, 0));
	json_put_string(w, "event", db_text(rows, 1));
	json_put_string(w, "record_id", db_text(rows, 2));
	json_put_raw(w, "payload", db_text(rows, 3));
	json_put_string(w, "state", db_text(rows, 4));
	json_put_int(w, "attempts", db_int(rows, 5));
	json_put_time(w, "next_at", g_str_equal(db_text(rows, 4), "pending") ? db_int(rows, 6) : 0);
	if (db_is_null(rows, 7))
		json_put_null(w, "status");
	else
		json_put_int(w, "status", db_int(rows, 7));
	json_put_string(w, "trouble", db_text(rows, 8));
	json_put_time(w, "created_at", db_int(rows, 9));
	json_put_time(w, "done_at", db_int(rows, 10));
	json_object_end(w);
}

gboolean webhook_list_deliveries(Db *db, const Principal *principal, const char *id, int page_size,
				 const char *page_token, GString *out, GError **error)
{
	g_autoptr(DbRows) known = webhook_rows(db, principal->org_id, id, error);
	g_autoptr(DbRows) rows = NULL;
	g_autoptr(GError) failed = NULL;
	g_autofree char *token = NULL;
	JsonWriter w = json_writer(out);
	int n = 0;

	if (!known)
		return FALSE;
	rows = db_query(
		db,
		"SELECT id, event, record_id, payload, state, attempts, next_at, status, "
		"trouble, created_at, done_at FROM webhook_deliveries WHERE org_id = $1 AND "
		"webhook_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
		error, "sssi", principal->org_id, id, page_token ? page_token : "g",
		(gint64)page_size + 1);
	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (n < page_size && db_next(rows, &failed)) {
		put_delivery(&w, rows);
		if (++n == page_size)
			token = g_strdup(db_text(rows, 0));
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token", token && db_next(rows, &failed) ? token : NULL);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean webhook_replay(Db *db, const Principal *principal, const char *id, const char *delivery_id,
			GError **error)
{
	if (!db_run(db,
		    "UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_at = $4, "
		    "done_at = NULL WHERE org_id = $1 AND webhook_id = $2 AND id = $3",
		    error, "sssi", principal->org_id, id, delivery_id, clock_now_ms()))
		return FALSE;
	if (db_changes(db) == 1)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such delivery");
	return FALSE;
}

/* ---- noting ------------------------------------------------------------------------------------------------------ */

/* "contact.created" against "contact.created", "contact.*", "*". */
static gboolean wants(const char *events, const char *event)
{
	g_autoptr(json_t) patterns = json_loads(events, 0, NULL);
	gsize i;
	json_t *pattern;

	json_array_foreach(patterns, i, pattern)
	{
		const char *text = json_string_value(pattern);
		gsize n = strlen(text);

		if (text[n - 1] == '*' ? strncmp(text, event, n - 1) == 0
				       : g_str_equal(text, event))
			return TRUE;
	}
	return FALSE;
}

/* The body is whole when it is written, so that an attempt next day tells what happened today. */
static gboolean add_delivery(Db *db, const char *org_id, const char *webhook_id, const char *event,
			     const char *record_id, const char *data, char ret_id[37],
			     GError **error)
{
	GString *payload = g_string_new(NULL);
	JsonWriter w = json_writer(payload);
	gint64 now = clock_now_ms();
	gboolean ok;

	id_new(ret_id);
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", ret_id);
	json_put_string(&w, "event", event);
	json_put_time(&w, "at", now);
	json_put_string(&w, "organisation_id", org_id);
	json_put_string(&w, "record_id", record_id);
	json_put_raw(&w, "data", data);
	json_object_end(&w);
	ok = db_run(db,
		    "INSERT INTO webhook_deliveries (org_id, id, webhook_id, event, record_id, "
		    "payload, state, next_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, "
		    "'pending', $7, $7)",
		    error, "ssssssi", org_id, ret_id, webhook_id, event, record_id, payload->str,
		    now);
	g_string_free(payload, TRUE);
	return ok;
}

/* Ids of the active webhooks that want the event; empty when there is none. */
static GPtrArray *listeners(Db *db, const char *org_id, const char *event, GError **error)
{
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id, events FROM webhooks WHERE org_id = $1 AND active = 1",
			 error, "s", org_id);

	if (!rows)
		return NULL;
	while (db_next(rows, &failed))
		if (wants(db_text(rows, 1), event))
			g_ptr_array_add(ids, g_strdup(db_text(rows, 0)));
	if (!failed)
		return g_steal_pointer(&ids);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

gboolean webhook_note_event(Db *db, const char *org_id, const char *event, const char *record_id,
			    const char *data, GError **error)
{
	g_autoptr(GPtrArray) ids = listeners(db, org_id, event, error);
	char delivery_id[37];

	for (guint i = 0; ids && i < ids->len; i++)
		if (!add_delivery(db, org_id, ids->pdata[i], event, record_id, data, delivery_id,
				  error))
			return FALSE;
	return ids != NULL;
}

gboolean webhook_note(Db *db, const Principal *principal, const Object *object, const char *id,
		      const char *what, GError **error)
{
	g_autofree char *event = g_strconcat(object->name, ".", what, NULL);
	g_autoptr(GPtrArray) ids = listeners(db, principal->org_id, event, error);
	g_autoptr(GString) record = g_string_new(NULL);
	char delivery_id[37];

	if (!ids)
		return FALSE;
	if (ids->len && !g_str_equal(what, "deleted") &&
	    !record_get(db, principal, object, id, NULL, record, NULL, error))
		return FALSE;
	for (guint i = 0; i < ids->len; i++)
		if (!add_delivery(db, principal->org_id, ids->pdata[i], event, id,
				  record->len ? record->str : NULL, delivery_id, error))
			return FALSE;
	return TRUE;
}

gboolean webhook_test(Db *db, const Principal *principal, const char *id, char ret_delivery_id[37],
		      GError **error)
{
	g_autoptr(DbRows) rows = webhook_rows(db, principal->org_id, id, error);

	return rows && add_delivery(db, principal->org_id, id, "test.ping", id,
				    "{\"hello\":\"世界\"}", ret_delivery_id, error);
}
