/*
 * What is to be done and when: tasks by their due time and activities (calls, meetings, visits) by their
 * beginning, and reminders of tasks.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

enum { AGENDA_MAX_ITEMS = 1000, REMINDERS_MAX = 100 };

typedef struct {
	gint64 from_ms, to_ms; /* to_ms is not part of it */
	const char *owner_id;  /* NULL = everybody's */
	gboolean with_done;    /* also tasks that are done or cancelled */
} AgendaQuery;

/* {"items":[{"object","id","title","kind","status","starts_at","ends_at","owner_id","contact_id",
 * "company_id","deal_id","ticket_id"}],"complete"} in order of time; complete is false where there are more than
 * AGENDA_MAX_ITEMS of a kind. */
gboolean agenda_write(Db *db, const Principal *principal, const AgendaQuery *query, GString *out,
		      GError **error);

/* Tells the owners of open tasks whose time to be reminded has come, up to REMINDERS_MAX of all
 * organisations, each once. Inside a write, by the worker. ret_n: how many. */
gboolean agenda_remind(Db *db, int *ret_n, GError **error);
