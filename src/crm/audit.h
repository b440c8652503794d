/*
 * The audit trail: one row per change, in the transaction of the change, chained by hash:
 *   hash(n) = SHA-256( hash(n-1) | "\x1f"-joined fields of row n ), hash(0) = 64 zeros.
 * A row that is changed, removed from the middle, inserted or swapped breaks the chain from there
 * on. Does not notice a cut-off tail by itself.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* Inside a write. detail is a JSON object or NULL for {}. */
gboolean audit_add(Db *db, const Principal *actor, const char *action, const char *object,
		   const char *record_id, const char *detail, GError **error);
/* Walks the whole chain; calls found() for each break. */
gboolean audit_check(Db *db, StoreFound found, gpointer data, GError **error);
