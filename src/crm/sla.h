/*
 * Service levels. Each ticket has two clocks, for the first response and for its resolution, as the
 * policy of its priority says (records of the object sla_policies): so many minutes since it was opened,
 * of working time (crm/calendar.h) or around the clock. Clocks stand while the ticket waits for somebody
 * else (pending, on_hold) or is done (resolved, closed); the due times move by as much when it goes on.
 *
 *   due = the moment when minutes + paused_ms have passed since opened_at
 *
 * Due times are reckoned anew when a ticket is made, goes on, or gets another priority; a change of a
 * policy or of the holidays moves no ticket that is there. A clock that ran out is noted once in
 * first_response_breached_at or resolution_breached_at, also when the answer came late.
 */
#pragma once

#include "crm/objects.h"

/* ObjectDerive of policies: minutes are positive, and there is at least one clock. */
gboolean sla_policy_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
			   GPtrArray *faults, GError **error);
/* The clocks of a ticket, as part of its rules. */
gboolean sla_run_clocks(Db *db, const Principal *principal, const json_t *before, json_t *after,
			GError **error);
/* An agent answered in this conversation: the first response of its tickets. Inside a write. */
gboolean sla_note_reply(Db *db, const char *org_id, const char *conversation_id, gint64 at_ms,
			GError **error);

/* Notes up to SLA_MAX_BREACHES clocks of all organisations that ran out: on the ticket, as webhook event
 * "ticket.breached", and to its owner, else to the people of its queue, else to the administrators.
 * Inside a write, by the worker. ret_n: how many. */
enum { SLA_MAX_BREACHES = 50 };
gboolean sla_find_breaches(Db *db, int *ret_n, GError **error);
