/* Tickets and tasks. */
#include "crm/service.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"

/* The time when status came to be one of words; gone when it is none of them. */
static void note_when(json_t *after, const char *name, const char *const *words)
{
	const char *status = json_member_string(after, "status");
	char text[CLOCK_TEXT_LENGTH + 1];

	if (!status || !g_strv_contains(words, status))
		json_object_del(after, name);
	else if (!json_member_string(after, name))
		json_object_set_new(after, name, json_string(clock_format(clock_now_ms(), text)));
}

gboolean ticket_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		       GPtrArray *faults, GError **error)
{
	static const char *const resolved[] = {"resolved", "closed", NULL};
	g_autoptr(DbRows) rows = NULL;

	(void)faults;
	note_when(after, "resolved_at", resolved);
	if (before)
		return TRUE;
	rows = db_query(db, "SELECT coalesce(max(number), 0) + 1 FROM tickets WHERE org_id = $1",
			error, "s", principal->org_id);
	if (!rows || !db_next(rows, error))
		return FALSE;
	json_object_set_new(after, "number", json_integer(db_int(rows, 0)));
	return TRUE;
}

gboolean task_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
		     GPtrArray *faults, GError **error)
{
	static const char *const done[] = {"done", NULL};

	(void)db;
	(void)principal;
	(void)before;
	(void)faults;
	(void)error;
	note_when(after, "done_at", done);
	return TRUE;
}
