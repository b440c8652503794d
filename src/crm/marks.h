/*
 * What a person has opened lately and what that person keeps at hand: at most one row a person and
 * record. The newest 200 openings are kept. Errors: NOT_FOUND for a record that is none or that the
 * person may not see. Does not audit: nothing of the company's changes.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

typedef enum { MARK_OPENED, MARK_STARRED } MarkKind;

/* Inside a write: notes it at this time; again moves it to the front. */
gboolean mark_add(Db *db, const Principal *principal, MarkKind kind, const char *object,
		  const char *id, GError **error);
/* Inside a write. What is not marked stays so. */
gboolean mark_remove(Db *db, const Principal *principal, MarkKind kind, const char *object,
		     const char *id, GError **error);
/* Appends {"items":[{"object","id","title","at","starred"}],"next_page_token":null}, newest first;
 * what was deleted meanwhile is left out. */
gboolean mark_list(Db *db, const Principal *principal, MarkKind kind, GString *out, GError **error);
