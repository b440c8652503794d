/* Three lists from one pass over the messages: the later ones are kept aside until the values are written. */
#include "crm/facts.h"

#include <math.h>

#include "base/json.h"
#include "nlu/aspects.h"
#include "nlu/requirement.h"

static void put_words(JsonWriter *w, const char *text, const Value *value)
{
	json_put_string_n(w, "text", text + value->start, value->end - value->start);
	if (value->value)
		json_put_string(w, "value", value->value);
	else
		json_put_string_n(w, "value", text + value->start, value->end - value->start);
	json_put_string(w, "unit", value->unit);
	json_put_int(w, "start", g_utf8_pointer_to_offset(text, text + value->start));
	json_put_int(w, "end", g_utf8_pointer_to_offset(text, text + value->end));
	json_put_double(w, "confidence", round(value->confidence * 100) / 100);
}

static void put_values(JsonWriter *w, const char *message_id, const char *text,
		       const GArray *values)
{
	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);

		json_object_begin(w, NULL);
		json_put_string(w, "message_id", message_id);
		json_put_string(w, "type", value_kind_name(value->kind));
		put_words(w, text, value);
		json_object_end(w);
	}
}

static void put_field(JsonWriter *w, const char *key, const char *text,
		      const RequirementField *field)
{
	if (field->end)
		json_put_string_n(w, key, text + field->start, field->end - field->start);
	else
		json_put_null(w, key);
}

static void put_request(JsonWriter *w, const char *message_id, const char *text,
			const GArray *values, GDateTime *now)
{
	g_auto(Requirement) r = requirement_find(text, values, now);

	if (!r.request.end)
		return;
	json_object_begin(w, NULL);
	json_put_string(w, "message_id", message_id);
	put_field(w, "text", text, &r.request);
	put_field(w, "what", text, &r.what);
	put_field(w, "quantity", text, &r.quantity);
	put_field(w, "budget", text, &r.budget);
	put_field(w, "deadline", text, &r.deadline);
	json_object_end(w);
}

static void put_aspects(JsonWriter *w, const Judge *judge, const char *message_id, const char *text)
{
	AspectMood found[N_ASPECTS];
	guint n = judge ? aspects_find(judge, text, found) : 0;

	for (guint i = 0; i < n; i++) {
		json_object_begin(w, NULL);
		json_put_string(w, "message_id", message_id);
		json_put_string(w, "aspect", aspect_name(found[i].aspect));
		json_put_string(w, "mood", found[i].mood);
		json_put_double(w, "strength", round(found[i].strength * 1000) / 1000);
		json_put_string_n(w, "text", text + found[i].start, found[i].end - found[i].start);
		json_object_end(w);
	}
}

static GDateTime *time_of(gint64 at_ms, GTimeZone *zone)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(at_ms / 1000);

	return g_date_time_to_timezone(utc, zone);
}

static gboolean put_messages(DbRows *rows, const Judge *judge, JsonWriter *w, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GString) requests = g_string_new(NULL);
	g_autoptr(GString) aspects = g_string_new(NULL);
	JsonWriter asked = json_writer(requests), judged = json_writer(aspects);

	json_object_begin(w, NULL);
	json_array_begin(w, "items");
	json_array_begin(&asked, NULL);
	json_array_begin(&judged, NULL);
	while (db_next(rows, &failed)) {
		const char *id = db_text(rows, 0), *text = db_text(rows, 1);
		g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(db_text(rows, 3));
		g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
		g_autoptr(GDateTime) now = time_of(db_int(rows, 2), zone ? zone : utc);
		g_autoptr(GArray) values = text_values(text, now, VALUES_ALL);

		put_values(w, id, text, values);
		put_request(&asked, id, text, values, now);
		put_aspects(&judged, judge, id, text);
	}
	json_array_end(&asked);
	json_array_end(&judged);
	json_array_end(w);
	json_put_raw(w, "requests", requests->str);
	json_put_raw(w, "aspects", aspects->str);
	json_object_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean facts_write(Db *db, const Judge *judge, const char *org_id, const char *conversation_id,
		     GString *out, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, body, at, zone FROM (SELECT m.id, m.body, m.at, m.seq, o.time_zone AS "
		"zone FROM messages m JOIN organisations o ON o.id = m.org_id WHERE m.org_id = $1 "
		"AND m.conversation_id = $2 AND m.role = 'customer' ORDER BY m.seq DESC LIMIT $3) "
		"AS newest ORDER BY seq",
		error, "ssi", org_id, conversation_id, (gint64)FACTS_MESSAGES);
	JsonWriter w = json_writer(out);

	return rows && put_messages(rows, judge, &w, error);
}
