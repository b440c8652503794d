/* What happened with a contact, newest first: conversations and changes of the record. */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* NOT_FOUND when there is no such contact. {"items":[{"kind","at","title","conversation_id","text","actor_name"}],"next_page_token"} */
gboolean timeline_write(Db *db, const Principal *principal, const char *contact_id, int page_size,
			const char *page_token, GString *out, GError **error);
