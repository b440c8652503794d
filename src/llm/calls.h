/*
 * What the generating models of an organisation were asked: a row a call, with its task, its model, its
 * hashes, how it ended and what it cost, never its words (llm/task.h makes the records). From the rows
 * come the figures of the console's model page.
 *
 * Threads: model_call_keep() from any, it returns at once; the others as the Db they are given. Errors:
 * those of the store; what cannot be kept is logged. Limits: rows are swept after MODEL_CALLS_DAYS.
 * Does not count what commands ask: they have no server.
 */
#pragma once

#include "base/json.h"
#include "llm/task.h"
#include "store/store.h"

enum { MODEL_CALLS_DAYS = 90, MODEL_CALLS_LATEST = 20 };

/* Inside a write. A record without an organisation is org_id's. */
gboolean model_call_add(Db *db, const char *org_id, const TaskRecord *record, GError **error);
/* The same in its own time: the record is copied. */
void model_call_keep(Store *store, const char *org_id, const TaskRecord *record);

/* The record as members of the caller's object. */
void model_call_write_members(const TaskRecord *record, JsonWriter *w);

/* Members of the caller's object: "today" {"calls", "tokens"} since midnight UTC (where the budget of a
 * remote model begins anew, too), "latest" {"calls", "tokens_per_second", "first_ms"} over the last
 * MODEL_CALLS_LATEST that were answered (null without any), "errors" [{"kind", "count"}] of the last
 * 24 hours, most frequent first: "no_model", "late", or what the check found, "refused:number". */
gboolean model_calls_write_members(Db *db, const char *org_id, JsonWriter *w, GError **error);
