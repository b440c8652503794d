/*
 * Judging: plain form, rewrites, then the questions in the order of their weight: nothing at all, a
 * person, small talk. Rules are data (the .def files), because what people type is a list that only
 * ever grows.
 */
#include "nlu/intent.h"

#include <string.h>

#include "nlu/intent_mood.h"
#include "nlu/intent_phrases.h"
#include "nlu/intent_plain.h"
#include "nlu/intent_rules.h"

/* In the order of their weight in one message. */
typedef enum {
	TALK_FILLER,
	TALK_AFFIRM,
	TALK_GREETING,
	TALK_IDENTITY,
	TALK_THANKS,
	TALK_GOODBYE,
	N_TALKS
} Talk;

static const Intent talk_intents[N_TALKS] = {
	[TALK_FILLER] = INTENT_QUESTION,   [TALK_AFFIRM] = INTENT_AFFIRM,
	[TALK_GREETING] = INTENT_GREETING, [TALK_IDENTITY] = INTENT_IDENTITY,
	[TALK_THANKS] = INTENT_THANKS,	   [TALK_GOODBYE] = INTENT_GOODBYE,
};

static const char *const intent_names[] = {"question", "person",   "greeting", "thanks",
					   "goodbye",  "identity", "affirm",   "empty"};

/* ---- small talk ---- */

static PhraseSet *small_talk_build(void)
{
	static const PhraseRow rows[] = {
#define TALK(kind, phrases) {TALK_##kind, phrases},
#include "nlu/intent_small_talk.def"
		{TALK_IDENTITY, "@"},
	};

	return phrases_new(rows, G_N_ELEMENTS(rows));
}

/* What the whole of the text is, QUESTION when any of it is not small talk. */
static Intent small_talk_judge(const char *text)
{
	static PhraseSet *phrases;
	Talk talk = TALK_FILLER;

	if (g_once_init_enter(&phrases))
		g_once_init_leave(&phrases, small_talk_build());
	for (const char *p = text; *p;) {
		int value = TALK_FILLER;
		gsize n = *p == ';' || *p == ' ' ? 1 : phrases_find(phrases, p, &value);

		if (!n)
			return INTENT_QUESTION;
		talk = MAX(talk, (Talk)value);
		p += n;
	}
	return talk_intents[talk];
}

/* ---- a person ---- */

/* clause: n bytes, from its ";" to the next one. */
static gboolean clause_wants_person(const char *clause, gsize n)
{
	if (rules_match(RULE_PERSON_SURE, clause, (gssize)n))
		return TRUE;
	return rules_match(RULE_PERSON_LIKELY, clause, (gssize)n) &&
	       !rules_match(RULE_PERSON_TOPIC, clause, (gssize)n);
}

static gboolean wants_person(const char *text)
{
	for (const char *p = text, *end; (end = strchr(p + 1, ';')); p = end)
		if (clause_wants_person(p, (gsize)(end - p) + 1))
			return TRUE;
	return rules_match(RULE_PERSON_MESSAGE, text, -1);
}

/* ---- judgement ---- */

Judgement intent_judge(const char *text)
{
	g_autofree char *plain = intent_plain(text);
	g_autofree char *rewritten = rules_rewrite(plain);
	Judgement judgement = {INTENT_EMPTY, SENTIMENT_NEUTRAL, FALSE};

	mood_judge(text, plain, &judgement.sentiment, &judgement.angry);
	if (strcmp(plain, ";") != 0)
		judgement.intent =
			wants_person(rewritten) ? INTENT_PERSON : small_talk_judge(rewritten);
	return judgement;
}

const char *intent_name(Intent intent)
{
	return intent_names[intent];
}

const char *sentiment_name(Sentiment sentiment)
{
	static const char *const names[] = {"neutral", "positive", "negative"};

	return names[sentiment];
}
