/* Judging goes by the messages' own number, so that what was judged last is where to go on. */
#include "crm/judgements.h"

#include "base/clock.h"
#include "base/error.h"
#include "crm/audit.h"
#include "crm/conversations.h"

void unjudged_message_clear(gpointer data)
{
	UnjudgedMessage *message = data;

	g_free(message->org_id);
	g_free(message->conversation_id);
	g_free(message->id);
	g_free(message->text);
}

GArray *judgements_waiting(Db *db, int n, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) waiting = g_array_new(FALSE, FALSE, sizeof(UnjudgedMessage));
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT seq, org_id, conversation_id, id, body, at FROM "
					  "messages WHERE seq > (SELECT "
					  "coalesce(max(message_seq), 0) FROM message_judgements) "
					  "AND role = 'customer' ORDER BY seq "
					  "LIMIT $1",
					  error, "i", (gint64)n);

	if (!rows)
		return NULL;
	g_array_set_clear_func(waiting, unjudged_message_clear);
	while (db_next(rows, &failed)) {
		UnjudgedMessage message = {db_int(rows, 0),
					   g_strdup(db_text(rows, 1)),
					   g_strdup(db_text(rows, 2)),
					   g_strdup(db_text(rows, 3)),
					   g_strdup(db_text(rows, 4)),
					   db_int(rows, 5)};

		g_array_append_val(waiting, message);
	}
	if (!failed)
		return g_steal_pointer(&waiting);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* ---- reading ------------------------------------------------------------------------------------- */

#define COLUMNS                                                                                    \
	"message_id, at, language, mood, mood_probability, strength, intent, intent_probability, " \
	"urgent, "                                                                                 \
	"version, corrected_mood, corrected_intent, corrected_at, conversation_id"

static void put_judgement(JsonWriter *w, DbRows *rows)
{
	json_object_begin(w, NULL);
	json_put_string(w, "message_id", db_text(rows, 0));
	json_put_string(w, "conversation_id", db_text(rows, 13));
	json_put_time(w, "at", db_int(rows, 1));
	json_put_string(w, "language", db_text(rows, 2));
	json_put_string(w, "mood", db_text(rows, 3));
	json_put_double(w, "mood_probability", db_double(rows, 4));
	json_put_double(w, "strength", db_double(rows, 5));
	json_put_string(w, "intent", db_text(rows, 6));
	json_put_double(w, "intent_probability", db_double(rows, 7));
	json_put_bool(w, "urgent", db_int(rows, 8) != 0);
	json_put_string(w, "version", db_text(rows, 9));
	json_put_string(w, "corrected_mood", db_text(rows, 10));
	json_put_string(w, "corrected_intent", db_text(rows, 11));
	json_put_time(w, "corrected_at", db_int(rows, 12));
	json_object_end(w);
}

static gboolean write_one(Db *db, const char *org_id, const char *conversation_id,
			  const char *message_id, GString *out, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT " COLUMNS " FROM message_judgements WHERE org_id = $1 AND "
			 "conversation_id = $2 AND message_id = $3",
			 error, "sss", org_id, conversation_id, message_id);
	JsonWriter w = json_writer(out);

	if (!rows || !db_next(rows, error))
		return FALSE;
	put_judgement(&w, rows);
	return TRUE;
}

static gboolean put_items(JsonWriter *w, DbRows *rows, GError **error)
{
	g_autoptr(GError) failed = NULL;

	json_object_begin(w, NULL);
	json_array_begin(w, "items");
	while (db_next(rows, &failed))
		put_judgement(w, rows);
	json_array_end(w);
	json_object_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean judgements_write(Db *db, const char *org_id, const char *conversation_id, GString *out,
			  GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT " COLUMNS " FROM message_judgements WHERE org_id = $1 AND "
			 "conversation_id = $2 ORDER BY message_id LIMIT 1000",
			 error, "ss", org_id, conversation_id);
	JsonWriter w = json_writer(out);

	return rows && put_items(&w, rows, error);
}

gboolean judgements_write_moods(Db *db, const Principal *principal, const char *contact_id,
				GString *out, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT * FROM (SELECT " COLUMNS " FROM message_judgements j WHERE org_id = $1 AND "
		"conversation_id IN (SELECT c.id FROM conversations c WHERE c.org_id = $1 AND "
		"c.contact_id = $2 AND " ACCESS_CONVERSATIONS(
			"$3",
			"$4") ") ORDER BY at DESC, message_id DESC LIMIT $5) AS last ORDER BY at, "
			      "message_id",
		error, "ssisi", principal->org_id, contact_id,
		(gint64)access_reach(principal, "conversations", ACCESS_READ), principal->id,
		(gint64)JUDGEMENTS_OF_CONTACT);
	JsonWriter w = json_writer(out);

	return rows && put_items(&w, rows, error);
}

static gboolean write_counts(Db *db, const char *sql, const char *key, const char *org_id,
			     gint64 from, gint64 to, JsonWriter *w, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db, sql, error, "sii", org_id, from, to);

	if (!rows)
		return FALSE;
	json_object_begin(w, key);
	while (db_next(rows, &failed)) {
		g_autofree char *word = json_key(db_text(rows, 0));

		json_put_int(w, word, db_int(rows, 1));
	}
	json_object_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

#define BETWEEN "FROM message_judgements WHERE org_id = $1 AND at >= $2 AND at < $3"

gboolean judgements_write_summary(Db *db, const char *org_id, gint64 from, gint64 to, GString *out,
				  GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	JsonWriter w = json_writer(out);

	to = to ? to : clock_now_ms() + 1;
	rows = db_query(db,
			"SELECT count(*), coalesce(sum(urgent), 0), count(corrected_at), "
			"count(*) FILTER (WHERE corrected_at IS NOT NULL AND "
			"coalesce(corrected_mood, mood) = mood AND coalesce(corrected_intent, "
			"intent) = intent) " BETWEEN,
			error, "sii", org_id, from, to);
	if (!rows || !db_next(rows, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_int(&w, "n", db_int(rows, 0));
	json_put_int(&w, "urgent", db_int(rows, 1));
	json_put_int(&w, "reviewed", db_int(rows, 2));
	json_put_int(&w, "agreed", db_int(rows, 3));
	if (!write_counts(db,
			  "SELECT coalesce(corrected_mood, mood) AS word, count(*) " BETWEEN
			  " GROUP BY word ORDER BY word",
			  "moods", org_id, from, to, &w, error) ||
	    !write_counts(db,
			  "SELECT coalesce(corrected_intent, intent) AS word, count(*) " BETWEEN
			  " GROUP BY word ORDER BY word",
			  "intents", org_id, from, to, &w, error))
		return FALSE;
	json_object_end(&w);
	return TRUE;
}

/* ---- writing ------------------------------------------------------------------------------------- */

/* For staff's streams alone (api/live.c). */
#define EVENT "judgement"

static gboolean add_shadows(Db *db, const UnjudgedMessage *m, const JudgedMessage *j,
			    GError **error)
{
	for (JudgeTask task = 0; task < N_JUDGE_TASKS; task++)
		if (j->shadows[task].word &&
		    !db_run(db,
			    "INSERT INTO message_shadows (message_seq, org_id, conversation_id, "
			    "task, sha256, word, probability) VALUES ($1, $2, $3, $4, $5, $6, $7) "
			    "ON CONFLICT (message_seq, task, sha256) DO NOTHING",
			    error, "isssssd", m->seq, m->org_id, m->conversation_id,
			    judge_task_name(task), j->shadows[task].sha256, j->shadows[task].word,
			    j->shadows[task].probability))
			return FALSE;
	return TRUE;
}

static gboolean await_opinion(Db *db, const UnjudgedMessage *m, GError **error)
{
	return db_run(db,
		      "INSERT INTO unsure_messages (message_seq, org_id, conversation_id) VALUES "
		      "($1, $2, $3) ON CONFLICT (message_seq) DO NOTHING",
		      error, "iss", m->seq, m->org_id, m->conversation_id);
}

static gboolean tell(Db *db, const UnjudgedMessage *m, GError **error)
{
	g_autoptr(GString) json = g_string_new(NULL);

	return write_one(db, m->org_id, m->conversation_id, m->id, json, error) &&
	       conversation_event_add(db, m->org_id, m->conversation_id, EVENT, json->str, error);
}

gboolean judgement_add(Db *db, const UnjudgedMessage *m, const JudgedMessage *j,
		       const char *version, const char *aspects, GError **error)
{
	/* one that was forgotten meanwhile leaves nothing */
	if (!db_run(db,
		    "INSERT INTO message_judgements (message_seq, org_id, message_id, "
		    "conversation_id, at, language, "
		    "mood, mood_probability, strength, intent, intent_probability, urgent, "
		    "version, aspects) SELECT $1, $2, $3, "
		    "$4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 WHERE EXISTS (SELECT 1 FROM "
		    "messages WHERE seq = $1) "
		    "ON CONFLICT (message_seq) DO NOTHING",
		    error, "isssissddsdiss", m->seq, m->org_id, m->id, m->conversation_id, m->at,
		    text_language_name(j->language), j->mood, j->mood_probability, j->strength,
		    j->intent, j->intent_probability, (gint64)j->urgent, version, aspects))
		return FALSE;
	return !db_changes(db) ||
	       (add_shadows(db, m, j, error) && (!j->unsure || await_opinion(db, m, error)) &&
		tell(db, m, error));
}

gboolean judgement_refine(Db *db, const UnjudgedMessage *m, const JudgedMessage *j,
			  const char *version, GError **error)
{
	gboolean judged;

	if (!db_run(db, "DELETE FROM unsure_messages WHERE message_seq = $1", error, "i", m->seq) ||
	    !db_exists(db, "SELECT 1 FROM message_judgements WHERE message_seq = $1", &judged,
		       error, "i", m->seq))
		return FALSE;
	if (!judged)
		return TRUE;
	/* what a person looked at stays as they saw it */
	if (!db_run(db,
		    "UPDATE message_judgements SET mood = $2, mood_probability = $3, strength = "
		    "$4, intent = $5, intent_probability = $6, version = $7 WHERE message_seq = $1 "
		    "AND corrected_at IS NULL AND version <> $7",
		    error, "isddsds", m->seq, j->mood, j->mood_probability, j->strength, j->intent,
		    j->intent_probability, version))
		return FALSE;
	return (!db_changes(db) || tell(db, m, error)) && add_shadows(db, m, j, error);
}

/* ---- corrections --------------------------------------------------------------------------------- */

static gboolean check_words(const Judge *judge, const char *mood, const char *intent,
			    GError **error)
{
	if (mood && !judge_knows_mood(judge, mood)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
				    "mood must be positive, neutral or negative");
		return FALSE;
	}
	if (intent && !judge_knows_intent(judge, intent)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
				    "there is no such intent");
		return FALSE;
	}
	return TRUE;
}

gboolean judgement_correct(Db *db, const Principal *actor, const Judge *judge,
			   const char *conversation_id, const char *message_id, const char *mood,
			   const char *intent, GString *out, GError **error)
{
	gboolean takes_back = !mood && !intent;
	g_autoptr(GString) json = g_string_new(NULL);

	if (!check_words(judge, mood, intent, error) ||
	    !db_run(db,
		    "UPDATE message_judgements SET corrected_mood = $4, corrected_intent = $5, "
		    "corrected_by = $6, "
		    "corrected_at = CASE WHEN $7 = 0 THEN NULL ELSE $7 END WHERE org_id = $1 AND "
		    "conversation_id = $2 "
		    "AND message_id = $3",
		    error, "ssssssi", actor->org_id, conversation_id, message_id, mood, intent,
		    takes_back ? NULL : actor->id, takes_back ? (gint64)0 : clock_now_ms()))
		return FALSE;
	if (!db_changes(db)) {
		g_set_error_literal(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			"there is no such message of a customer, or it is not judged yet");
		return FALSE;
	}
	if (!write_one(db, actor->org_id, conversation_id, message_id, json, error))
		return FALSE;
	g_string_append_len(out, json->str, (gssize)json->len);
	return conversation_event_add(db, actor->org_id, conversation_id, EVENT, json->str,
				      error) &&
	       audit_add(db, actor, takes_back ? "uncorrect" : "correct", "messages", message_id,
			 json->str, error);
}

GArray *judgements_corrected(Db *db, const char *org_id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) corrections = g_array_new(FALSE, FALSE, sizeof(JudgeCorrection));
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT * FROM (SELECT m.body, j.corrected_mood, j.corrected_intent, "
			 "j.corrected_at FROM message_judgements j "
			 "JOIN messages m ON m.seq = j.message_seq WHERE j.org_id = $1 AND "
			 "j.corrected_at IS NOT NULL ORDER BY "
			 "j.corrected_at DESC LIMIT $2) AS last ORDER BY 4",
			 error, "si", org_id, (gint64)JUDGEMENTS_LEARNT);

	if (!rows)
		return NULL;
	g_array_set_clear_func(corrections, judge_correction_clear);
	while (db_next(rows, &failed)) {
		JudgeCorrection correction = {g_strdup(db_text(rows, 0)),
					      g_strdup(db_text(rows, 1)),
					      g_strdup(db_text(rows, 2))};

		g_array_append_val(corrections, correction);
	}
	if (!failed)
		return g_steal_pointer(&corrections);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

GPtrArray *judgements_organisations(Db *db, GError **error)
{
	return db_texts(
		db, "SELECT DISTINCT org_id FROM message_judgements WHERE corrected_at IS NOT NULL",
		error, "");
}
