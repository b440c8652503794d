/* The report and its lists as JSON. */
#include "crm/voice.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "crm/voice_report.h"
#include "text/mask.h"
#include "text/normalise.h"

enum { QUOTE_CHARS = 200 };

/* ---- the report ---------------------------------------------------------------------------------- */

static void put_counts(JsonWriter *w, const VoiceRow *row, const guint of[N_PARTS])
{
	json_put_int(w, "n", row->n[NOW]);
	json_put_double(w, "share", voice_share(row->n[NOW], of[NOW]));
	json_put_int(w, "n_before", row->n[BEFORE]);
	json_put_double(w, "share_before", voice_share(row->n[BEFORE], of[BEFORE]));
	json_put_double(w, "p", row->p);
	json_put_string(w, "change", voice_change(row->n, of, row->p));
}

static void put_negative(JsonWriter *w, const VoiceRow *row, const guint of[N_PARTS])
{
	json_put_int(w, "negative", row->negative[NOW]);
	json_put_int(w, "negative_before", row->negative[BEFORE]);
	json_put_double(w, "negative_p", row->negative_p);
	json_put_string(w, "negative_change", voice_change(row->negative, of, row->negative_p));
}

static void put_period(JsonWriter *w, const VoiceReport *report)
{
	const VoicePeriod *period = &report->period;

	json_put_string(w, "from", period->first);
	json_put_string(w, "to", period->last);
	json_put_string(w, "before_from", period->before_first);
	json_put_string(w, "before_to", period->before_last);
	json_put_int(w, "days", period->n_days);
	json_put_string(w, "time_zone", period->time_zone);
	json_put_string(w, "channel", report->channel);
	json_put_string(w, "aspect",
			report->aspect < 0 ? NULL : aspect_name((Aspect)report->aspect));
	json_put_int(w, "n", report->n[NOW]);
	json_put_int(w, "n_before", report->n[BEFORE]);
	json_put_int(w, "n_read", report->n_read[NOW]);
	json_put_int(w, "n_read_before", report->n_read[BEFORE]);
}

static void put_rows(JsonWriter *w, const VoiceReport *report)
{
	json_array_begin(w, "moods");
	for (int i = 0; i < VOICE_MOODS; i++) {
		json_object_begin(w, NULL);
		json_put_string(w, "mood", report->moods[i].word);
		put_counts(w, &report->moods[i], report->n);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_begin(w, "urgent");
	put_counts(w, &report->urgent, report->n);
	json_object_end(w);
	json_array_begin(w, "intents");
	for (guint i = 0; i < report->intents->len; i++) {
		const VoiceRow *row = &g_array_index(report->intents, VoiceRow, i);

		json_object_begin(w, NULL);
		json_put_string(w, "intent", row->word);
		put_counts(w, row, report->n);
		put_negative(w, row, report->n);
		json_object_end(w);
	}
	json_array_end(w);
	json_array_begin(w, "aspects");
	for (guint i = 0; i < report->aspects->len; i++) {
		const VoiceRow *row = &g_array_index(report->aspects, VoiceRow, i);

		json_object_begin(w, NULL);
		json_put_string(w, "aspect", row->word);
		put_counts(w, row, report->n);
		json_put_int(w, "positive", row->positive[NOW]);
		json_put_int(w, "positive_before", row->positive[BEFORE]);
		put_negative(w, row, report->n);
		json_object_end(w);
	}
	json_array_end(w);
	json_array_begin(w, "channels");
	for (guint i = 0; i < report->channels->len; i++)
		json_put_string(w, NULL, g_array_index(report->channels, VoiceRow, i).word);
	json_array_end(w);
}

static void put_steps(JsonWriter *w, const VoiceReport *report)
{
	json_put_string(w, "step", report->by_week ? "week" : "day");
	json_array_begin(w, "steps");
	for (guint i = 0; i < report->steps->len; i++) {
		const VoiceStep *step = &g_array_index(report->steps, VoiceStep, i);

		json_object_begin(w, NULL);
		json_put_string(w, "from", step->first);
		json_put_string(w, "to", step->last);
		for (int m = 0; m < VOICE_MOODS; m++)
			json_put_int(w, voice_moods[m], step->moods[m]);
		json_object_end(w);
	}
	json_array_end(w);
}

/* ---- quotes -------------------------------------------------------------------------------------- */

#define MESSAGE                                                                           \
	"SELECT m.id, m.conversation_id, m.at, m.body, k.name FROM messages m JOIN "      \
	"conversations c ON c.org_id = m.org_id AND c.id = m.conversation_id LEFT JOIN "  \
	"contacts k ON k.org_id = c.org_id AND k.id = c.contact_id WHERE m.seq = $1 AND " \
	"m.org_id = $2"

static char *masked(const char *text, const char *name)
{
	const char *const names[] = {name, NULL};
	g_autoptr(Mask) mask = mask_new(names);
	g_autofree char *hidden = mask_hide(mask, text);
	gsize n = text_prefix(hidden, -1, QUOTE_CHARS);

	return hidden[n] ? g_strdup_printf("%.*s…", (int)n, hidden) : g_steal_pointer(&hidden);
}

static gboolean put_quote(JsonWriter *w, Db *db, const char *org_id, gint64 seq, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db, MESSAGE, error, "is", seq, org_id);
	g_autofree char *text = NULL;

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return !*error;
	}
	text = masked(db_text(rows, 3), db_text(rows, 4));
	json_object_begin(w, NULL);
	json_put_string(w, "message_id", db_text(rows, 0));
	json_put_string(w, "conversation_id", db_text(rows, 1));
	json_put_time(w, "at", db_int(rows, 2));
	json_put_string(w, "text", text);
	json_object_end(w);
	return TRUE;
}

static gboolean put_topic(JsonWriter *w, Db *db, const char *org_id, const VoiceReport *report,
			  const VoiceTopic *topic, GError **error)
{
	json_object_begin(w, NULL);
	json_array_begin(w, "words");
	for (char **word = topic->words; *word; word++)
		json_put_string(w, NULL, *word);
	json_array_end(w);
	put_counts(w, &topic->row, report->n_read);
	put_negative(w, &topic->row, report->n_read);
	json_put_double(w, "growth", topic->growth);
	json_put_double(w, "score", topic->score);
	json_array_begin(w, "quotes");
	for (int i = 0; i < VOICE_QUOTES && topic->quotes[i]; i++)
		if (!put_quote(w, db, org_id, topic->quotes[i], error))
			return FALSE;
	json_array_end(w);
	json_object_end(w);
	return TRUE;
}

static gboolean put_topics(JsonWriter *w, Db *db, const char *org_id, const VoiceReport *report,
			   GError **error)
{
	json_array_begin(w, "topics");
	for (guint i = 0; i < report->topics->len; i++)
		if (!put_topic(w, db, org_id, report, &g_array_index(report->topics, VoiceTopic, i),
			       error))
			return FALSE;
	json_array_end(w);
	json_array_begin(w, "improve");
	for (guint i = 0; i < report->improve->len; i++)
		json_put_int(w, NULL, g_array_index(report->improve, guint, i));
	json_array_end(w);
	return TRUE;
}

gboolean voice_write(const Voice *voice, const VoiceQuery *query, GString *out, GError **error)
{
	g_autoptr(Db) db = db_begin_read(voice->store, error);
	g_autoptr(VoiceReport) report = db ? voice_report_new(voice, db, query, error) : NULL;
	JsonWriter w = json_writer(out);

	if (!report)
		return FALSE;
	json_object_begin(&w, NULL);
	put_period(&w, report);
	put_rows(&w, report);
	put_steps(&w, report);
	if (!put_topics(&w, db, voice->principal->org_id, report, error))
		return FALSE;
	json_object_end(&w);
	return TRUE;
}

/* ---- the messages behind a number ---------------------------------------------------------------- */

typedef struct {
	int part;
	gint64 topic; /* -1: any */
	int aspect;   /* -1: any */
	const VoiceSelection *words;
} Wanted;

static gboolean read_selection(const VoiceSelection *selection, Wanted *wanted, gint64 *ret_after,
			       GError **error)
{
	gboolean before = selection->part && g_str_equal(selection->part, "before");

	*wanted = (Wanted){before ? BEFORE : NOW, -1, -1, selection};
	*ret_after = 0;
	if ((!selection->part || before || g_str_equal(selection->part, "now")) &&
	    (!selection->topic ||
	     g_ascii_string_to_signed(selection->topic, 10, 0, G_MAXINT16, &wanted->topic, NULL)) &&
	    (!selection->page_token || g_ascii_string_to_signed(selection->page_token, 10, 0,
								VOICE_MESSAGES, ret_after, NULL)))
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "part must be now or before, topic a number of the report, page_token "
			    "one that this list gave out");
	return FALSE;
}

static gboolean is_wanted(const Wanted *wanted, const VoiceMessage *message)
{
	const VoiceSelection *words = wanted->words;

	return message->part == wanted->part &&
	       (!words->mood || g_str_equal(words->mood, message->mood)) &&
	       (!words->intent || g_str_equal(words->intent, message->intent)) &&
	       (!words->urgent || message->urgent) &&
	       (wanted->aspect < 0 || !words->aspect_mood ||
		message->aspects[wanted->aspect] == voice_mood_place(words->aspect_mood) + 1) &&
	       (wanted->topic < 0 || message->topic == wanted->topic);
}

static gboolean put_message(JsonWriter *w, Db *db, const char *org_id, const VoiceMessage *message,
			    GError **error)
{
	g_autoptr(DbRows) rows = db_query(db, MESSAGE, error, "is", message->seq, org_id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	json_object_begin(w, NULL);
	json_put_string(w, "message_id", db_text(rows, 0));
	json_put_string(w, "conversation_id", db_text(rows, 1));
	json_put_time(w, "at", db_int(rows, 2));
	json_put_string(w, "text", db_text(rows, 3));
	json_put_string(w, "contact_name", db_text(rows, 4));
	json_put_string(w, "mood", message->mood);
	json_put_string(w, "intent", message->intent);
	json_put_bool(w, "urgent", message->urgent);
	json_object_end(w);
	return TRUE;
}

/* The newest first; the token says how many went before. */
static gboolean put_page(JsonWriter *w, Db *db, const char *org_id, const GPtrArray *found,
			 gint64 after, int page_size, GError **error)
{
	gint64 end = MIN(after + page_size, (gint64)found->len);
	g_autofree char *token =
		end < (gint64)found->len ? g_strdup_printf("%" G_GINT64_FORMAT, end) : NULL;

	json_object_begin(w, NULL);
	json_put_int(w, "n", found->len);
	json_array_begin(w, "items");
	for (gint64 i = after; i < end; i++)
		if (!put_message(w, db, org_id, found->pdata[found->len - 1 - i], error))
			return FALSE;
	json_array_end(w);
	json_put_string(w, "next_page_token", token);
	json_object_end(w);
	return TRUE;
}

gboolean voice_write_messages(const Voice *voice, const VoiceQuery *query,
			      const VoiceSelection *selection, GString *out, GError **error)
{
	g_autoptr(Db) db = db_begin_read(voice->store, error);
	g_autoptr(VoiceReport) report = db ? voice_report_new(voice, db, query, error) : NULL;
	g_autoptr(GPtrArray) found = g_ptr_array_new();
	JsonWriter w = json_writer(out);
	Wanted wanted;
	gint64 after;

	if (!report || !read_selection(selection, &wanted, &after, error))
		return FALSE;
	wanted.aspect = report->aspect;
	for (guint i = 0; i < report->messages->len; i++)
		if (is_wanted(&wanted, &g_array_index(report->messages, VoiceMessage, i)))
			g_ptr_array_add(found, &g_array_index(report->messages, VoiceMessage, i));
	return put_page(&w, db, voice->principal->org_id, found, after, selection->page_size,
			error);
}
