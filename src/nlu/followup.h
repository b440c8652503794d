/*
 * A question of a conversation before it is searched: does it lean on what came before ("那运费呢？",
 * "and for the large one?"), on which words, and does it ask for nothing but a figure of what was
 * spoken of ("how much is it?")? By rules (followup.def) over the plain form of intent_plain.h.
 *
 * Ownership: texts given back belong to the caller. Threads: pure; safe from any thread. Errors: none.
 * Limits: time linear in the text; a topic is made of at most FOLLOWUP_TURNS_MAX questions.
 * Does not know what the words stand for, and does not look into the knowledge: a short question that
 * stands alone is told apart by the gate (bot/gate_followup.h), not here.
 */
#pragma once

#include <glib.h>

enum { FOLLOWUP_TURNS_MAX = 3, FOLLOWUP_TOPIC_MAX_CHARS = 300 };

typedef enum {
	LEAN_NOT,     /* says enough itself */
	LEAN_MAYBE,   /* so short that it may */
	LEAN_CLEARLY, /* a word of it points back */
} Lean;

/* normal: a text normalised by text_normalise, here and below. */
Lean followup_lean(const char *normal);

typedef enum { ASK_MORE, ASK_PRICE, ASK_DURATION, ASK_TIME, ASK_COUNT } Ask;

/* What the whole question asks for; ASK_MORE where it has other words, too. */
Ask followup_ask(const char *normal);
/* Has the passage a figure of that kind? FALSE for ASK_MORE. */
gboolean followup_told(Ask ask, const char *normal_passage);

/* The customer's last questions that the next one leans on, joined, oldest first: back to the last one
 * that says enough itself. history: pairs role, text, oldest first. NULL where nothing was asked. */
char *followup_topic(const GPtrArray *history);

/* Is rewritten the question with what it leans on: has it two of three words of the question that say
 * something, and one of the topic that the question does not have? */
gboolean followup_joins(const char *normal, const char *topic, const char *rewritten);
