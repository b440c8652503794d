/* The rules of tickets and tasks, as the object table names them (ObjectDerive in crm/objects.h). */
#pragma once

#include "crm/objects.h"

/* A number that counts up in the organisation; when it was resolved. */
gboolean ticket_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		       GPtrArray *faults, GError **error);
/* When it was done. */
gboolean task_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error);
