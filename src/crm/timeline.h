/*
 * What happened with a contact or a company, newest first: conversations, orders, tickets, deals,
 * activities, notes, tasks, events, and changes of the record itself ("created", "change"), each as far
 * as the principal reaches it. Of a company: what names it, and the conversations and events of its
 * 100 newest contacts.
 *
 * Every kind is one query over an index in the order of the page, of which no more rows are read than
 * the page shows; pages stay in place while others write. Errors: NOT_FOUND (no such record), INVALID
 * (a kind or a token that is none). Does not tell single messages.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

typedef struct {
	const Object *object; /* OBJECT_CONTACT or OBJECT_COMPANY */
	const char *id;
	const char *kinds; /* "order,ticket", or NULL = all */
	int page_size;
	const char *page_token;
} TimelineQuery;

/* {"items":[{"kind","at","object","id","title","conversation_id","text","actor_name"}],
 * "next_page_token"} */
gboolean timeline_write(Db *db, const Principal *principal, const TimelineQuery *query,
			GString *out, GError **error);
