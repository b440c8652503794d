/*
 * What many messages are about: texts in groups of like words, each with a name. Words and pairs of Han characters
 * (text/terms.h) weighted by TF-IDF, spherical k-means [Dhillon, Modha 2001] from seeds of k-means++ [Arthur,
 * Vassilvitskii 2007] with a fixed seed, so that the same texts give the same topics. k is the one of TOPICS_MIN to
 * TOPICS_MAX whose groups are told apart best: the highest mean of the simplified silhouette [Hruschka, Campello, de
 * Castro 2006]. At most TOPICS_FITTED texts, evenly spread, make the groups; then each text joins the nearest, or
 * none where that is no nearer than TOPICS_NEAR or the group has fewer than TOPICS_LEAST.
 * A name is one to three words (text/words.h) that set the group apart: the root of the share of its texts that have
 * the word times the logarithm of how much commoner it is there; stems are shown as they are mostly written.
 * Threads: pure. Limits: about a second for 10,000 messages. Ownership: the caller's. Does not know meanings: what
 * says the same in other words, or in the other language, is another topic.
 */
#pragma once

#include <glib.h>

enum { TOPICS_MIN = 2, TOPICS_MAX = 12, TOPICS_FITTED = 2000, TOPICS_LEAST = 3 };
#define TOPICS_NEAR 0.1F

typedef struct {
	guint n;      /* topics, the largest first */
	GStrv *words; /* n; of the name, NULL-terminated */
	gint *of;     /* n_texts: 0 to n - 1, or -1 */
	float *near;  /* n_texts: cosine of its own words to the centre */
} Topics;

/* hints: a word for each text that counts as one of its own, such as its intent; or NULL. */
Topics *topics_find(const char *const *texts, const char *const *hints, guint n_texts);
void topics_free(Topics *topics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Topics, topics_free)
