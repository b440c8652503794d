/*
 * Choosing the next token from a model's logits: the likeliest, or by chance among the likely ones.
 * The same logits, temperature and state give the same token, on every machine.
 *
 * Threads: pure. Limits: at most SAMPLE_TOP candidates are looked at. Logits that are no numbers
 * count as impossible. Does not know what a token says.
 */
#pragma once

#include <glib.h>

enum { SAMPLE_TOP = 64 };

typedef struct {
	gint32 token;
	float logit; /* -INFINITY: not allowed */
} SampleCandidate;

/* The likeliest token; 0 when none is possible. */
gint32 sample_greedy(const float *logits, guint n_tokens);
/* The likeliest n_top (at most SAMPLE_TOP) into top, best first. Returns how many are possible. */
guint sample_top(const float *logits, guint n_tokens, SampleCandidate *top, guint n_top);
/* One of the candidates, which stand best first: the first with temperature 0, else by chance among
 * the 40 best that are at least a twentieth as likely as the best. -1 when none is allowed. state is
 * of the random sequence and moves on; any seed will do as its beginning. */
gint32 sample_pick(const SampleCandidate *candidates, guint n, double temperature, guint64 *state);
