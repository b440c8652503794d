/*
 * The generator of random numbers of training: MT19937 [Matsumoto, Nishimura 1998], seeded and drawn from as
 * NumPy's RandomState does, so that a shuffle or a fold with a seed is the one that scikit-learn makes with it.
 * Threads: a Random belongs to one thread. Not for secrets (base/seal.h).
 */
#pragma once

#include <glib.h>

typedef struct {
	guint32 state[624];
	guint next;
} Random;

void random_seed(Random *random, guint32 seed);
guint32 random_next(Random *random);
/* 0 to most, each as likely. */
guint32 random_up_to(Random *random, guint32 most);
/* 0 <= x < 1, 53 bits. */
double random_unit(Random *random);
void random_shuffle(Random *random, guint32 *items, gsize n);
