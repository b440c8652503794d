/* The rules of leads, deals and orders, as the object table names them (ObjectDerive, ObjectChanged
 * in crm/objects.h). */
#pragma once

#include "crm/objects.h"

/* "converted" is reached by converting, not by writing it. */
gboolean lead_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error);
/* A deal stands in a stage of its pipeline: without one, in the first of the default pipeline. The
 * stage gives status and, unless it is set, probability; line items give the amount. */
gboolean deal_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error);
/* Notes when a deal came into its stage. */
gboolean deal_changed(Db *db, const Principal *principal, const char *deal_id, RecordChange what,
		      GError **error);
/* The total of the items. */
gboolean order_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		      GPtrArray *faults, GError **error);

/* The pipeline that a new organisation begins with, in its language. Inside a write. */
gboolean sales_make_pipeline(Db *db, const Principal *principal, const char *language,
			     GError **error);
