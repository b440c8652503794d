/*
 * The person behind a conversation: contacts found or made from what was said or filled in.
 * Found by e-mail, then by phone, never by the name alone. Inside a write.
 */
#pragma once

#include <jansson.h>

#include "crm/access.h"
#include "store/store.h"

/* details: {"name"?,"email"?,"phone"?}; what the contact lacks is filled in, what it has stays. The
 * caller frees ret_contact_id, NULL when details hold neither e-mail nor phone nor name. */
gboolean people_identify(Db *db, const Principal *actor, const json_t *details,
			 char **ret_contact_id, GError **error);
/* The same for a conversation: links the contact, or adds to the one it has. */
gboolean people_leave_details(Db *db, const Principal *actor, const char *conversation_id,
			      const json_t *details, char **ret_contact_id, GError **error);
/* Appends the contact's JSON. A visitor sees only what it may: the whole record is staff's. */
gboolean people_write(Db *db, const Principal *actor, const char *contact_id, GString *out,
		      GError **error);
