/*
 * The person behind a conversation: contacts found or made from what was said or filled in.
 * Found by e-mail, then by phone, never by the name alone. Inside a write.
 */
#pragma once

#include <jansson.h>

#include "crm/access.h"
#include "store/store.h"

/* Does details ({"name"?,"email"?,"phone"?}) hold anything, be it of the wrong type? */
gboolean people_details_given(const json_t *details);
/* Links the conversation to its contact, found or made; what the contact lacks is filled in, what
 * it has stays. Whoever may not write records writes only into a contact that it made itself: naming somebody's address
 * links the conversation and changes nothing. ret_kept: FALSE when the contact did not take all of
 * it, so that it must be told to staff in another way. The caller frees ret_contact_id. Fails with
 * UNPROCESSABLE when details hold nothing. */
gboolean people_leave_details(Db *db, const Principal *actor, const char *conversation_id,
			      const json_t *details, char **ret_contact_id, gboolean *ret_kept,
			      GError **error);
/* Has the conversation a contact with an e-mail address or a phone number? */
gboolean people_reachable(Db *db, const char *org_id, const char *conversation_id,
			  gboolean *ret_reachable, GError **error);
/* Appends the contact's JSON. Whoever may not read records gets its id alone. */
gboolean people_write(Db *db, const Principal *actor, const char *contact_id, GString *out,
		      GError **error);
