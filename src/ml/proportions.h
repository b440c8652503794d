/*
 * How sure a share is, and whether two shares differ: k of n here, l of m there. The z-test of two proportions with the pooled share,
 * z = (k/n - l/m) / sqrt (p (1 - p) (1/n + 1/m)), p = (k + l) / (n + m) [Fleiss, Levin, Paik 2003, 3.1]; where a
 * cell of the table of four expects fewer than five [Cochran 1954], Fisher's exact test [Fisher 1934]: the sum of
 * the probabilities of all tables with these sums that are no likelier than this one. Both two-sided.
 * Threads: pure. Does not know that cases hang together, as messages of one conversation do: then p is too small.
 */
#pragma once

#include <glib.h>

/* The 95 % interval of a share k / n by its score [Wilson 1927]; of none of n and all of n, too, it is wider than a
 * point. 0 to 1 where n is 0. */
void proportions_interval(gsize k, gsize n, double *ret_low, double *ret_high);
/* The p-value; 1 where there is nothing to compare (n or m is 0). k <= n, l <= m. */
double proportions_p(guint k, guint n, guint l, guint m);
/* Of many comparisons at once, each p becomes what keeps the chance of any false alarm below the level
 * [Holm 1979]. */
void proportions_holm(double *p, gsize n);
