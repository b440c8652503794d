/*
 * The encoder's opinion of messages about which n-grams were not sure: the second stage of the cascade (nlu/classifier.h),
 * for the worker, which has time. The judgement of the first stage is stored and shown meanwhile; this one takes its
 * place, unless a person corrected it (judgement_refine()).
 *
 * What waits is a row of a table, written with the judgement: it survives any stop, and an opinion that is given again
 * changes nothing. The newest message comes first. At most OPINIONS_WAITING wait; of the older ones stands what n-grams
 * said. Promotions, rollbacks and corrections are noticed before the next messages.
 *
 * Ownership: borrows the store. Threads: one, but for opinions_bound(). Errors: those of the store. An encoder that
 * cannot be opened is logged once, and nothing is asked until the next start. About 40 MB while there is something to do,
 * besides the classifiers; released after idle_ms.
 * Does not judge urgency, language or aspects, and does not delay anybody.
 */
#pragma once

#include "store/store.h"

enum { OPINIONS_WAITING = 10000 };

typedef struct Opinions Opinions;

Opinions *opinions_new(Store *store, const char *encoder_path, gint64 idle_ms);
void opinions_free(Opinions *opinions);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Opinions, opinions_free)

/* Of all that wait, until stopping says TRUE. */
gboolean opinions_give(Opinions *opinions, gboolean (*stopping)(gpointer data), gpointer data,
		       GError **error);
/* Inside a write: no more wait than may. */
gboolean opinions_bound(Db *db, GError **error);
