/*
 * What of a firm's work a message is about - delivery, price, quality, service ... (aspects.def) - and in which mood:
 * a text is parted at signs and at "but" (但是, however), the parts that name an aspect are judged each by itself
 * (nlu/judge.h), so that "质量很好，但是物流太慢" is content with the quality and unhappy with the delivery. An aspect named
 * in several parts has the mood of the strongest. Words are found by a list: English ones by their beginning, Chinese
 * ones anywhere.
 * Ownership: nothing is handed over. Threads: pure. Errors: none; valid UTF-8. Does not know aspects that the list
 * does not name, nor what "it" refers to.
 */
#pragma once

#include "nlu/judge.h"

typedef enum {
#define ASPECT(id, name, han, latin) ASPECT_##id,
#include "nlu/aspects.def"
#undef ASPECT
	N_ASPECTS
} Aspect;

typedef struct {
	Aspect aspect;
	gsize start, end; /* bytes of the part that decided */
	const char *mood; /* of the judge */
	double strength;  /* -1 to 1 */
} AspectMood;

/* "delivery" ... */
const char *aspect_name(Aspect aspect);
gboolean aspect_find(const char *name, gsize n_bytes, Aspect *ret_aspect);
/* At most one an aspect, in the order of the list; returns how many. */
guint aspects_find(const Judge *judge, const char *text, AspectMood found[N_ASPECTS]);
