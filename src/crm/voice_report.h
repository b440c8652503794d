/* The numbers of crm/voice.h, found once, from which page, list and table are written. Private to crm/voice*.c. */
#pragma once

#include "crm/voice.h"
#include "nlu/aspects.h"

enum { NOW, BEFORE, N_PARTS };
enum { VOICE_MOODS = 3, VOICE_QUOTES = 3 };
extern const char *const voice_moods[VOICE_MOODS];

typedef struct {
	gint64 seq, at;
	const char *mood, *intent, *channel; /* interned */
	gboolean urgent;
	int part, topic;	   /* topic -1: of none */
	float near;		   /* to the centre of the topic */
	gboolean is_read;	   /* topics were looked for in it */
	guint8 aspects[N_ASPECTS]; /* 0: not named; else its mood's place + 1 */
} VoiceMessage;

/* What is counted, now and before; p of the shares n / of, and of the unhappy ones among all. */
typedef struct {
	const char *word; /* borrowed, NULL where the place says it */
	guint n[N_PARTS], positive[N_PARTS], negative[N_PARTS];
	double p, negative_p;
} VoiceRow;

typedef struct {
	gint64 from, to; /* to excluded */
	char first[11], last[11];
	guint moods[VOICE_MOODS];
} VoiceStep;

typedef struct {
	VoiceRow row;
	char **words;		     /* of Topics */
	gint64 quotes[VOICE_QUOTES]; /* seqs, 0 = none */
	double growth, score;
} VoiceTopic;

typedef struct {
	gint64 before, from, to; /* to excluded */
	int n_days;
	char first[11], last[11]; /* "2026-11-01" */
	char before_first[11], before_last[11];
	char *time_zone;
} VoicePeriod;

typedef struct {
	VoicePeriod period;
	const char *channel; /* or NULL */
	int aspect;	     /* or -1 */
	GArray *messages;    /* of VoiceMessage, oldest first */
	guint n[N_PARTS], n_read[N_PARTS];
	VoiceRow moods[VOICE_MOODS], urgent;
	GArray *intents; /* of VoiceRow, the commonest first */
	GArray *aspects; /* of VoiceRow, positive and negative by the aspect's mood; the commonest first */
	GArray *channels; /* of VoiceRow: before the filter */
	gboolean by_week;
	GArray *steps;	 /* of VoiceStep */
	GArray *topics;	 /* of VoiceTopic, the largest first */
	GArray *improve; /* guint: places in topics, what comes first first */
	struct VoiceTopics *found;
} VoiceReport;

void voice_report_free(VoiceReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VoiceReport, voice_report_free)
VoiceReport *voice_report_new(const Voice *voice, Db *db, const VoiceQuery *query, GError **error);

/* crm/voice_period.c */
gboolean voice_period_read(Db *db, const char *org_id, const VoiceQuery *query, VoicePeriod *period,
			   GError **error);
void voice_period_clear(VoicePeriod *period);
/* n_days of it from its day on, the first being 0. */
void voice_period_step(const VoicePeriod *period, int day, int n_days, VoiceStep *step);

/* crm/voice_topics.c: fills in topics, improve and the messages' places. */
gboolean voice_topics_fill(const Voice *voice, Db *db, VoiceReport *report, GError **error);
void voice_topics_unref(struct VoiceTopics *found);

/* "up", "down" or "none". of: how many there are in all. */
const char *voice_change(const guint n[N_PARTS], const guint of[N_PARTS], double p);
double voice_share(guint n, guint of);
/* Of voice_moods; 1 for a word that is none. */
int voice_mood_place(const char *mood);
