/*
 * Puts the texts of a store into the full-text index anew after a migration that changed its terms: newest first, in
 * bulk steps, each saying how far it came, so that a kill loses nothing. Until then older texts are found by
 * whole words only. Threads: any, one at a time. Does nothing where nothing is to be renewed.
 */
#pragma once

#include "store/store.h"

/* stopping is asked between steps; the rest is done by the next call. */
gboolean search_renew(Store *store, gboolean (*stopping)(gpointer data), gpointer data,
		      GError **error);
