/*
 * What a long Chinese text says of its mood, read as a review: a classifier of two moods that learnt from reviews
 * (models/reviews) and travels in the binary. The judge's messages are short; their classifier is of little use for a
 * text of five lines, this one of little use for a question. So it counts as the text is long. A long text is the mean
 * of its sentences: where praise stands beside blame it may be neutral.
 * Ownership: several may share the classifier (8 MB of memory). Threads: may be shared once nothing is left out any more.
 * Errors: DAMAGED.
 * Limits: knows no neutral sentence, and Chinese alone.
 */
#pragma once

#include <glib.h>

/* Han characters up to which it only counts beside the judge's own view, and from which on it tells alone of what that
 * view does not take for neutral: a long request has no mood. */
enum { REVIEWS_BESIDE = 20, REVIEWS_ALONE = 40 };

typedef struct Reviews Reviews;

/* kin: shares its classifier, or NULL. Without the classifier among the assets it says nothing of any text. */
Reviews *reviews_new(const Reviews *kin, GError **error);
void reviews_free(Reviews *reviews);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Reviews, reviews_free)

/* Says nothing of that text from now on: a person judged it. */
void reviews_leave_out(Reviews *reviews, const char *text);
typedef struct {
	double odds;  /* log (p (positive) / p (negative)), times how much it counts beside */
	double alone; /* how much it tells alone, 0 to 1 */
	double negative, neutral, positive; /* what it tells then: probabilities */
} ReviewsView;

ReviewsView reviews_view(const Reviews *reviews, const char *text);
