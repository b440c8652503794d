/*
 * What a message is for, by rules over the normalised text: only what the dialogue must know before
 * it searches. Learned intents and moods come with the language engine and will stand behind the
 * same call. Threads: pure. Does not need a model; answers in microseconds.
 */
#pragma once

#include <glib.h>

typedef enum {
	INTENT_QUESTION, /* none of the others: look it up */
	INTENT_PERSON,	 /* wants a human being */
	INTENT_GREETING,
	INTENT_THANKS,
	INTENT_GOODBYE,
	INTENT_IDENTITY, /* are you a robot? */
	INTENT_AFFIRM,	 /* ok, yes, got it */
	INTENT_EMPTY	 /* nothing that could be looked up: signs, emoji */
} Intent;

typedef enum { SENTIMENT_NEUTRAL, SENTIMENT_POSITIVE, SENTIMENT_NEGATIVE } Sentiment;

typedef struct {
	Intent intent;
	Sentiment sentiment;
	gboolean angry; /* insults, threats to complain or sue: a person should see this */
} Judgement;

/* text: normalised by text_normalise. */
Judgement intent_judge(const char *text);
const char *intent_name(Intent intent);
const char *sentiment_name(Sentiment sentiment);
