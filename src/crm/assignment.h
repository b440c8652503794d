/*
 * Who gets a ticket. Rules (records of the object assignment_rules) are asked in order when a ticket is
 * new: the first whose filter (crm/filter.h, over the ticket) holds gives it queue, owner and priority,
 * as far as they were not said. A ticket that stands in a queue without an owner goes to one of its
 * active members, in turn or to whom has fewest open tickets, unless the queue is to be served by hand.
 * What is assigned is written by the system, as the audit trail tells.
 */
#pragma once

#include "crm/objects.h"

/* ObjectDerive of rules: the filter is one, and something follows from it. */
gboolean assignment_rule_derive(Db *db, const Principal *principal, const json_t *before,
				json_t *after, GPtrArray *faults, GError **error);
/* After a ticket was written; is_new: by its creation. */
gboolean assignment_run(Db *db, const char *org_id, const char *ticket_id, gboolean is_new,
			GError **error);
