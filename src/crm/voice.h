/*
 * Voice of customers: what customers' messages say in a period, beside the period of as many days before it. Counts and
 * shares of moods, intents and aspects (each in its own mood; of messages judged since they are looked for), per day or week; topics (nlu/topics.h) with typical words of customers, personal data
 * masked (text/mask.h); and what to improve first: unhappy messages of a topic times their growth, which is the
 * quotient of ((unhappy + 1) / (all + 2)) now and before, smoothed so that nothing is divided by none.
 * A change is "up" or "down" where the shares differ at VOICE_LEVEL (ml/proportions.h, after Holm within a table), else
 * "none". What people corrected counts as they said. Topics are of messages that are more than small talk and thanks, at
 * most VOICE_TEXTS a period, evenly spread where there are more.
 * Only conversations that the principal may read count. Every number can be opened: voice_write_messages() with the
 * same query and its words gives the messages that it counts.
 * Threads: all functions from any. Limits: VOICE_MESSAGES in both periods (UNPROCESSABLE); two seconds for 5,000
 * messages. Errors: INVALID for a query that is none. Does not know that messages of one conversation hang together.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

enum { VOICE_MESSAGES = 400000, VOICE_TEXTS = 5000, VOICE_DAYS_MAX = 366 };
#define VOICE_LEVEL 0.05

/* As it came: days until today, or from and to (both included, "2026-11-01"), in the organisation's time zone; none of
 * them: 30 days. channel NULL: all. */
typedef struct {
	const char *days, *from, *to, *channel;
	const char *aspect; /* only messages that name it (nlu/aspects.h), or NULL */
} VoiceQuery;

/* NULL: any. part: "now" (also NULL) or "before"; topic: its place in the report, from 0. */
typedef struct {
	const char *part, *mood, *intent, *topic;
	const char *aspect_mood; /* of the query's aspect */
	gboolean urgent;
	int page_size;
	const char *page_token;
} VoiceSelection;

/* Topics of the last reports, by the messages that they were found in. */
typedef struct VoiceCache VoiceCache;
VoiceCache *voice_cache_new(void);
void voice_cache_free(VoiceCache *cache);

typedef struct {
	Store *store;
	VoiceCache *cache;
	const Principal *principal;
} Voice;

gboolean voice_write(const Voice *voice, const VoiceQuery *query, GString *out, GError **error);
/* {"n", "items": [message with conversation, contact, mood, intent], "next_page_token"}, the newest first. */
gboolean voice_write_messages(const Voice *voice, const VoiceQuery *query,
			      const VoiceSelection *selection, GString *out, GError **error);
/* The numbers as a workbook at path; folder: for what is temporary. language: "zh" or "en". */
gboolean voice_write_table(const Voice *voice, const VoiceQuery *query, const char *language,
			   const char *path, const char *folder, GError **error);
