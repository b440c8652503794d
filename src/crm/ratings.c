/* One row a rated message: messages themselves never change. */
#include "crm/ratings.h"

#include "base/clock.h"
#include "base/error.h"
#include "crm/audit.h"
#include "crm/conversations.h"

static gboolean is_bots(Db *db, const char *org_id, const char *conversation_id,
			const char *message_id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT role FROM messages WHERE org_id = $1 AND conversation_id = $2 AND id = $3",
		error, "sss", org_id, conversation_id, message_id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		if (g_str_equal(db_text(rows, 0), "bot"))
			return TRUE;
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
				    "only the bot's answers are rated");
	} else if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
	} else {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "there is no such message");
	}
	return FALSE;
}

static gboolean rating_store(Db *db, const char *org_id, const char *conversation_id,
			     const char *message_id, const char *rating, GError **error)
{
	if (!rating)
		return db_run(db,
			      "DELETE FROM message_ratings WHERE org_id = $1 AND message_id = $2",
			      error, "ss", org_id, message_id);
	return db_run(
		db,
		"INSERT INTO message_ratings (org_id, message_id, conversation_id, rating, at) "
		"VALUES ($1, $2, $3, $4, $5) ON CONFLICT (org_id, message_id) DO UPDATE SET "
		"rating = $4, at = $5",
		error, "sssii", org_id, message_id, conversation_id,
		g_str_equal(rating, "up") ? (gint64)1 : (gint64)-1, clock_now_ms());
}

gboolean message_rate(Db *db, const Principal *actor, const char *conversation_id,
		      const char *message_id, const char *rating, GString *out, GError **error)
{
	g_autoptr(GString) event = g_string_new(NULL);
	JsonWriter w = json_writer(event);

	if (rating && !g_str_equal(rating, "up") && !g_str_equal(rating, "down")) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
				    "rating must be up, down or null");
		return FALSE;
	}
	if (!is_bots(db, actor->org_id, conversation_id, message_id, error) ||
	    !rating_store(db, actor->org_id, conversation_id, message_id, rating, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "conversation_id", conversation_id);
	json_put_string(&w, "message_id", message_id);
	json_put_string(&w, "rating", rating);
	json_object_end(&w);
	g_string_append_len(out, event->str, (gssize)event->len);
	return conversation_event_add(db, actor->org_id, conversation_id, "rating", event->str,
				      error) &&
	       audit_add(db, actor, "rate", "messages", message_id, event->str, error);
}
