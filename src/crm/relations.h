/*
 * What references between records mean: that the target is there, and what becomes of those that
 * refer to a record that goes. Private to crm/record*.c.
 */
#pragma once

#include "crm/fields.h"

/* Every reference of values that differs from before (API form, or NULL) names a live record that
 * the principal may read. FALSE with UNPROCESSABLE. */
gboolean relations_check(Db *db, const Principal *principal, const Object *object,
			 const json_t *before, const json_t *after, GPtrArray *faults,
			 GError **error);
/* Before a record is deleted: CONFLICT when a rule forbids it; those that go with it go, at the same
 * moment. */
gboolean relations_delete(Db *db, const Principal *principal, const Object *object, const char *id,
			  gint64 at, GError **error);
/* Brings back what went with it at that moment. */
gboolean relations_restore(Db *db, const Principal *principal, const Object *object, const char *id,
			   gint64 at, GError **error);
/* Empties the references to a record that is gone for good, and removes its attachments. */
gboolean relations_purge(Db *db, const Principal *principal, const Object *object, const char *id,
			 GError **error);
/* Whether any live record refers to it. */
gboolean relations_any(Db *db, const Principal *principal, const Object *object, const char *id,
		       gboolean *ret_any, GError **error);
