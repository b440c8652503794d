/*
 * Saved views: a name for a filter, an order and the columns of an object's list, for their maker
 * alone or for all colleagues. A colleague uses a shared view, only its maker or an administrator
 * changes it.
 *
 * Errors: NOT_FOUND (none, or somebody else's), FORBIDDEN, INVALID (a filter or order that the list
 * would refuse), UNPROCESSABLE (a value breaks its rule). Does not keep views that were deleted.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

enum { VIEWS_MAX_OF_ONE = 500, VIEW_NAME_MAX_CHARS = 100, VIEW_MAX_COLUMNS = 120 };

/* Appends {"items":[...],"next_page_token":null}: own and shared ones, by name; object NULL: of all
 * objects. */
gboolean view_list(Db *db, const Principal *principal, const char *object, GString *out,
		   GError **error);
gboolean view_get(Db *db, const Principal *principal, const char *id, GString *out, GError **error);
/* Inside a write. view: {"object","name","shared","filter","order_by","columns":[{"name","width"}]}.
 */
gboolean view_create(Db *db, const Principal *principal, const json_t *view, char ret_id[37],
		     GError **error);
/* patch: the same members; what is absent stays, the object always does. */
gboolean view_update(Db *db, const Principal *principal, const char *id, const json_t *patch,
		     GError **error);
gboolean view_delete(Db *db, const Principal *principal, const char *id, GError **error);
