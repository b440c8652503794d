/* The text that stands for a record where records of many objects stand together. */
#pragma once

#include "crm/access.h"
#include "crm/objects.h"

/* The value of the object's title field, "" when that is empty; of objects without one, "". NOT_FOUND
 * when there is no such record, it is deleted, or the principal may not see it. The caller frees it.
 */
gboolean record_title(Db *db, const Principal *principal, const Object *object, const char *id,
		      char **ret_title, GError **error);
