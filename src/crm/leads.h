/*
 * Leads become customers. Converting a lead finds its contact (by e-mail, then phone) and its company
 * (by the domain of the e-mail address unless that is anybody's, then by name) or makes them, makes a
 * deal where one is wanted, and gives what belongs to the lead (notes, tasks, activities, its
 * conversation) to the contact. What it did is kept, so that it can be undone: what was made and not
 * changed since, and that nothing else refers to, is deleted; what was completed is emptied again where
 * it still holds what the conversion wrote.
 *
 * Errors: NOT_FOUND, CONFLICT (converted already, or not), INVALID (a member that is none),
 * UNPROCESSABLE with faults as in crm/fields.h. Threads: inside a write. Does not merge contacts.
 */
#pragma once

#include <jansson.h>

#include "crm/objects.h"

/* request: {"contact_id"?,"company_id"?,"create_deal"? (true unless said otherwise),"deal_name"?,
 * "amount"?,"currency"?,"pipeline_id"?,"stage_id"?,"expected_close_on"?}.
 * Appends {"lead":{...},"made":[{"object","id"}],"kept":[]}. */
gboolean lead_convert(Db *db, const Principal *principal, const char *id, const json_t *request,
		      GString *out, GPtrArray *faults, GError **error);
/* Appends the same, with what was made but had to be kept. */
gboolean lead_unconvert(Db *db, const Principal *principal, const char *id, GString *out,
			GError **error);
