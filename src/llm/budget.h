/*
 * How many tokens a model elsewhere has cost, by day (UTC), kept in the store: the next start and other
 * processes of the installation know of them.
 *
 * Threads: any, but the writer's; budget_add() blocks until it is committed. Errors: those of the store.
 * Does not decide what may still be spent.
 */
#pragma once

#include "store/store.h"

/* Today, as a number of days since 1970 UTC. */
gint64 budget_today(void);
gboolean budget_get(Store *store, gint64 day, gint64 *ret_tokens, GError **error);
gboolean budget_add(Store *store, gint64 day, gint64 n_tokens, GError **error);
