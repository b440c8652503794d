/*
 * The pattern rules of intents and anger (intent_rules.def), compiled at first use and then shared.
 * Ownership: texts given back belong to the caller. Threads: safe from any thread. Errors: none; a
 * rule that does not compile is a mistake of ours and ends the program at first use. Limits: every
 * gap in a rule is bounded, so that a match costs time linear in the clause. Does not fold or
 * clean: patterns see the plain form (intent_plain.h).
 */
#pragma once

#include <glib.h>

typedef enum {
	RULE_PERSON_SURE,
	RULE_PERSON_LIKELY,
	RULE_PERSON_TOPIC,
	RULE_PERSON_MESSAGE,
	RULE_ANGRY,
	RULE_THREAT,
	RULE_CALM,
	RULE_DEMAND,
	N_RULES
} RuleKind;

/* The rewrites of the file, one behind the other. */
char *rules_rewrite(const char *plain);

/* Whether a rule of the kind matches text of n bytes; n < 0: up to NUL. */
gboolean rules_match(RuleKind kind, const char *text, gssize n);
