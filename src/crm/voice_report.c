/* One pass over the messages of both periods; what they say is counted into rows by place or by word. */
#include "crm/voice_report.h"

#include <string.h>

#include "base/error.h"
#include "ml/proportions.h"

const char *const voice_moods[VOICE_MOODS] = {"positive", "neutral", "negative"};
enum { POSITIVE = 0, NEGATIVE = 2, DAYS_BY_DAY = 31, WEEK = 7 };

void voice_report_free(VoiceReport *report)
{
	if (!report)
		return;
	voice_period_clear(&report->period);
	g_clear_pointer(&report->messages, g_array_unref);
	g_clear_pointer(&report->intents, g_array_unref);
	g_clear_pointer(&report->aspects, g_array_unref);
	g_clear_pointer(&report->channels, g_array_unref);
	g_clear_pointer(&report->steps, g_array_unref);
	g_clear_pointer(&report->topics, g_array_unref);
	g_clear_pointer(&report->improve, g_array_unref);
	voice_topics_unref(report->found);
	g_free(report);
}

double voice_share(guint n, guint of)
{
	return of ? (double)n / of : 0;
}

const char *voice_change(const guint n[N_PARTS], const guint of[N_PARTS], double p)
{
	if (p >= VOICE_LEVEL)
		return "none";
	return voice_share(n[NOW], of[NOW]) > voice_share(n[BEFORE], of[BEFORE]) ? "up" : "down";
}

/* ---- reading ------------------------------------------------------------------------------------- */

static DbRows *messages_between(Db *db, const Principal *principal, const VoicePeriod *period,
				GError **error)
{
	return db_query(
		db,
		"SELECT j.message_seq, j.at, coalesce(j.corrected_mood, j.mood), "
		"coalesce(j.corrected_intent, j.intent), j.urgent, c.channel, j.aspects FROM "
		"message_judgements j JOIN conversations c ON c.org_id = j.org_id AND c.id = "
		"j.conversation_id WHERE j.org_id = $1 AND j.at >= $4 AND j.at < $5 "
		"AND " ACCESS_CONVERSATIONS("$3", "$2") " ORDER BY j.at, j.message_seq LIMIT $6",
		error, "ssiiii", principal->org_id, principal->id,
		(gint64)access_reach(principal, "conversations", ACCESS_READ), period->before,
		period->to, (gint64)VOICE_MESSAGES + 1);
}

int voice_mood_place(const char *mood)
{
	for (int i = 0; i < VOICE_MOODS; i++)
		if (g_str_equal(mood, voice_moods[i]))
			return i;
	return 1;
}

/* "delivery:negative quality:positive" */
static void read_aspects(const char *told, VoiceMessage *message)
{
	g_auto(GStrv) parts = g_strsplit(told ? told : "", " ", -1);
	Aspect aspect;

	for (guint i = 0; parts[i]; i++) {
		const char *mood = strchr(parts[i], ':');

		if (mood && aspect_find(parts[i], (gsize)(mood - parts[i]), &aspect))
			message->aspects[aspect] = (guint8)(voice_mood_place(mood + 1) + 1);
	}
}

static VoiceMessage message_of(const VoicePeriod *period, DbRows *rows)
{
	gint64 at = db_int(rows, 1);

	return (VoiceMessage){.seq = db_int(rows, 0),
			      .at = at,
			      .mood = g_intern_string(db_text(rows, 2)),
			      .intent = g_intern_string(db_text(rows, 3)),
			      .urgent = db_int(rows, 4) != 0,
			      .channel = g_intern_string(db_text(rows, 5)),
			      .part = at >= period->from ? NOW : BEFORE,
			      .topic = -1};
}

static VoiceRow *row_of(GArray *rows, const char *word)
{
	VoiceRow fresh = {.word = word, .p = 1, .negative_p = 1};

	for (guint i = 0; i < rows->len; i++)
		if (g_str_equal(g_array_index(rows, VoiceRow, i).word, word))
			return &g_array_index(rows, VoiceRow, i);
	g_array_append_val(rows, fresh);
	return &g_array_index(rows, VoiceRow, rows->len - 1);
}

static gboolean read_messages(Db *db, const Principal *principal, VoiceReport *report,
			      GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = messages_between(db, principal, &report->period, error);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		VoiceMessage message = message_of(&report->period, rows);

		row_of(report->channels, message.channel)->n[message.part]++;
		read_aspects(db_text(rows, 6), &message);
		if ((!report->channel || g_str_equal(report->channel, message.channel)) &&
		    (report->aspect < 0 || message.aspects[report->aspect]))
			g_array_append_val(report->messages, message);
	}
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (report->messages->len <= VOICE_MESSAGES)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "there are more than %d messages: choose a shorter period", VOICE_MESSAGES);
	return FALSE;
}

/* ---- counting ------------------------------------------------------------------------------------ */

static void count_aspects(VoiceReport *report, const VoiceMessage *message)
{
	for (Aspect a = 0; a < N_ASPECTS; a++) {
		VoiceRow *row;

		if (!message->aspects[a])
			continue;
		row = row_of(report->aspects, aspect_name(a));
		row->n[message->part]++;
		row->positive[message->part] += message->aspects[a] == POSITIVE + 1;
		row->negative[message->part] += message->aspects[a] == NEGATIVE + 1;
	}
}

static void count_messages(VoiceReport *report)
{
	for (int i = 0; i < VOICE_MOODS; i++)
		report->moods[i].word = voice_moods[i];
	for (guint i = 0; i < report->messages->len; i++) {
		const VoiceMessage *message = &g_array_index(report->messages, VoiceMessage, i);
		int mood = voice_mood_place(message->mood);
		VoiceRow *intent = row_of(report->intents, message->intent);

		report->n[message->part]++;
		report->moods[mood].n[message->part]++;
		report->urgent.n[message->part] += message->urgent;
		intent->n[message->part]++;
		intent->negative[message->part] += mood == NEGATIVE;
		count_aspects(report, message);
	}
}

static void count_steps(VoiceReport *report)
{
	int step = report->period.n_days > DAYS_BY_DAY ? WEEK : 1;
	guint at = 0;

	report->by_week = step == WEEK;
	for (int day = 0; day < report->period.n_days; day += step) {
		VoiceStep fresh = {0};

		voice_period_step(&report->period, day, MIN(step, report->period.n_days - day),
				  &fresh);
		g_array_append_val(report->steps, fresh);
	}
	for (guint i = 0; i < report->messages->len; i++) {
		const VoiceMessage *message = &g_array_index(report->messages, VoiceMessage, i);

		if (message->part != NOW)
			continue;
		while (message->at >= g_array_index(report->steps, VoiceStep, at).to)
			at++;
		g_array_index(report->steps, VoiceStep, at)
			.moods[voice_mood_place(message->mood)]++;
	}
}

static int by_count(gconstpointer a, gconstpointer b)
{
	const VoiceRow *x = a, *y = b;

	if (x->n[NOW] != y->n[NOW])
		return x->n[NOW] < y->n[NOW] ? 1 : -1;
	return strcmp(x->word, y->word);
}

static void compare(const VoiceReport *report, VoiceRow *rows, guint n)
{
	g_autofree double *p = g_new(double, 2 * (gsize)n + 1);
	const guint *of = report->n;

	for (guint i = 0; i < n; i++) {
		const VoiceRow *row = &rows[i];

		p[i] = proportions_p(row->n[NOW], of[NOW], row->n[BEFORE], of[BEFORE]);
		p[n + i] = proportions_p(row->negative[NOW], of[NOW], row->negative[BEFORE],
					 of[BEFORE]);
	}
	proportions_holm(p, n);
	proportions_holm(p + n, n);
	for (guint i = 0; i < n; i++) {
		rows[i].p = p[i];
		rows[i].negative_p = p[n + i];
	}
}

static gboolean find_aspect(const char *name, int *ret_aspect, GError **error)
{
	Aspect aspect;

	*ret_aspect = -1;
	if (!name || !*name)
		return TRUE;
	if (!aspect_find(name, strlen(name), &aspect)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "there is no such aspect");
		return FALSE;
	}
	*ret_aspect = (int)aspect;
	return TRUE;
}

VoiceReport *voice_report_new(const Voice *voice, Db *db, const VoiceQuery *query, GError **error)
{
	g_autoptr(VoiceReport) report = g_new0(VoiceReport, 1);

	report->channel = query->channel && *query->channel ? query->channel : NULL;
	if (!find_aspect(query->aspect, &report->aspect, error))
		return NULL;
	report->aspects = g_array_new(FALSE, FALSE, sizeof(VoiceRow));
	report->messages = g_array_new(FALSE, FALSE, sizeof(VoiceMessage));
	report->intents = g_array_new(FALSE, FALSE, sizeof(VoiceRow));
	report->channels = g_array_new(FALSE, FALSE, sizeof(VoiceRow));
	report->steps = g_array_new(FALSE, FALSE, sizeof(VoiceStep));
	report->topics = g_array_new(FALSE, FALSE, sizeof(VoiceTopic));
	report->improve = g_array_new(FALSE, FALSE, sizeof(guint));
	if (!voice_period_read(db, voice->principal->org_id, query, &report->period, error) ||
	    !read_messages(db, voice->principal, report, error))
		return NULL;
	count_messages(report);
	count_steps(report);
	g_array_sort(report->intents, by_count);
	g_array_sort(report->aspects, by_count);
	g_array_sort(report->channels, by_count);
	compare(report, report->moods, VOICE_MOODS);
	compare(report, &report->urgent, 1);
	compare(report, (VoiceRow *)(gpointer)report->intents->data, report->intents->len);
	compare(report, (VoiceRow *)(gpointer)report->aspects->data, report->aspects->len);
	if (!voice_topics_fill(voice, db, report, error))
		return NULL;
	return g_steal_pointer(&report);
}
