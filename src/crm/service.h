/* The rules of tickets and tasks, as the object table names them (ObjectDerive, ObjectChanged in
 * crm/objects.h). */
#pragma once

#include "crm/objects.h"

/* A number that counts up in the organisation; when it was resolved; its clocks (crm/sla.h). */
gboolean ticket_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		       GPtrArray *faults, GError **error);
/* Who gets it (crm/assignment.h). */
gboolean ticket_changed(Db *db, const Principal *principal, const char *ticket_id,
			RecordChange what, GError **error);
/* A ticket of what is talked about in a conversation, with its contact; body: fields of a ticket that
 * are otherwise, the subject above all (else the customer's first words). CONFLICT while another one of
 * it is not done. Inside a write. */
gboolean ticket_of_conversation(Db *db, const Principal *principal, const char *conversation_id,
				const json_t *body, char ret_id[37], GPtrArray *faults,
				GError **error);
/* When it was done; another time to be reminded is told again. */
gboolean task_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error);
