/*
 * What a customer wants, as a record: who, what, how many, for how much, until when, under which
 * conditions, and how to reach them - each with the words it was read from. Read by rules from the
 * values of the text (text/values.h), Chinese and English.
 * Ownership: requirement_clear frees what it holds. Threads: any. Errors: none. Limits: REQUIREMENT_
 * CONSTRAINTS_MAX conditions, REQUIREMENT_THINGS_MAX things. Does not know what the firm sells, and says nothing of a text that
 * asks for nothing (`request.end` is 0 then).
 */
#pragma once

#include "text/values.h"

enum { REQUIREMENT_CONSTRAINTS_MAX = 8, REQUIREMENT_THINGS_MAX = 16 };

typedef struct {
	gsize start, end; /* bytes of the text; end 0 = nothing was said */
	double confidence;
	char *value; /* normalised; NULL = as written */
	char *unit;
} RequirementField;

typedef struct {
	RequirementField request; /* the sentence that asks */
	RequirementField who, what, quantity, budget, deadline, contact;
	RequirementField constraints[REQUIREMENT_CONSTRAINTS_MAX];
	guint n_constraints;
	/* everything that is counted or wanted, in text order; what is one of them, or a product by
	 * its looks */
	RequirementField things[REQUIREMENT_THINGS_MAX];
	guint n_things;
} Requirement;

/* values: of the same text, by text_values with the same now. */
Requirement requirement_find(const char *text, const GArray *values, GDateTime *now);
void requirement_clear(Requirement *requirement);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Requirement, requirement_clear)
