/* A filter is asked of a stored ticket by the statement it compiles to, so rules know every field and
 * relation that lists know. */
#include "crm/assignment.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/fields.h"
#include "crm/filter.h"
#include "crm/records.h"

enum { MAX_RULES = 200 };

static const struct {
	const char *rule, *ticket;
} consequences[] = {
	{"queue_id", "queue_id"}, {"assignee_id", "owner_id"}, {"priority", "priority"}};

gboolean assignment_rule_derive(Db *db, const Principal *principal, const json_t *before,
				json_t *after, GPtrArray *faults, GError **error)
{
	const char *filter = json_member_string(after, "filter");
	FilterScope scope = {.db = db, .principal = principal, .object = &OBJECT_TICKET};
	g_autoptr(SqlText) sql = sql_text_new();
	g_autoptr(GError) wrong = NULL;
	gboolean any = FALSE;

	(void)before;
	for (gsize i = 0; i < G_N_ELEMENTS(consequences); i++)
		any |= json_member_string(after, consequences[i].rule) != NULL;
	if (!any) {
		field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, "queue_id",
			    "or assignee_id or priority must be given");
		return FALSE;
	}
	sql_text(sql, principal->org_id);
	if (!filter || filter_compile(&scope, filter, sql, &wrong))
		return TRUE;
	field_fault(faults, error, ZHIYIN_ERROR_UNPROCESSABLE, "filter", wrong->message);
	return FALSE;
}

/* A rule that no longer can be read (a field was removed) holds for nothing. */
static gboolean rule_holds(Db *db, const Principal *system, const char *ticket_id,
			   const char *filter, gboolean *ret_holds, GError **error)
{
	FilterScope scope = {.db = db, .principal = system, .object = &OBJECT_TICKET};
	g_autoptr(SqlText) sql = sql_text_new();
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	*ret_holds = FALSE;
	g_string_append(sql->sql, "SELECT 1 FROM tickets t WHERE t.org_id = ");
	sql_text(sql, system->org_id); /* $1, as filters expect */
	g_string_append(sql->sql, " AND t.id = ");
	sql_text(sql, ticket_id);
	g_string_append(sql->sql, " AND ");
	if (!filter_compile(&scope, filter, sql, NULL))
		return TRUE;
	rows = sql_query(db, sql, error);
	if (!rows)
		return FALSE;
	*ret_holds = db_next(rows, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Rules in order, each as filter and its consequences. */
static GPtrArray *rules_read(Db *db, const char *org_id, GError **error)
{
	g_autoptr(GPtrArray) rules = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT filter, queue_id, assignee_id, priority FROM assignment_rules "
			 "WHERE org_id = $1 AND active = 1 AND deleted_at IS NULL ORDER BY "
			 "position, id LIMIT $2",
			 error, "si", org_id, (gint64)MAX_RULES);

	if (!rows)
		return NULL;
	while (db_next(rows, &failed))
		for (int i = 0; i < db_n_columns(rows); i++)
			g_ptr_array_add(rules, g_strdup(db_text(rows, i)));
	if (!failed)
		return g_steal_pointer(&rules);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* What the ticket lacks; a priority that is the usual one was not said. */
static void follow_rule(const json_t *ticket, char *const *values, json_t *patch)
{
	for (gsize i = 0; i < G_N_ELEMENTS(consequences); i++) {
		const char *has = json_member_string(ticket, consequences[i].ticket);

		if (values[i] && (!has || g_str_equal(has, "normal")))
			json_object_set_new(patch, consequences[i].ticket, json_string(values[i]));
	}
}

static gboolean ask_rules(Db *db, const Principal *system, const char *ticket_id,
			  const json_t *ticket, json_t *patch, GError **error)
{
	const guint n_columns = 1 + G_N_ELEMENTS(consequences);
	g_autoptr(GPtrArray) rules = rules_read(db, system->org_id, error);
	gboolean holds = FALSE;

	for (guint i = 0; rules && !holds && i < rules->len; i += n_columns) {
		if (!rule_holds(db, system, ticket_id, rules->pdata[i], &holds, error))
			return FALSE;
		if (holds)
			follow_rule(ticket, (char *const *)rules->pdata + i + 1, patch);
	}
	return rules != NULL;
}

/* ---- queues ----------------------------------------------------------------------------------------------------- */

#define MEMBER                                                                                  \
	"SELECT m.id, m.user_id FROM queue_members m JOIN users u ON u.org_id = m.org_id AND "  \
	"u.id = m.user_id JOIN queues q ON q.org_id = m.org_id AND q.id = m.queue_id WHERE "    \
	"m.org_id = $1 AND m.queue_id = $2 AND u.active = 1 AND m.deleted_at IS NULL AND "      \
	"q.deleted_at IS NULL AND q.assign <> 'manual' ORDER BY CASE WHEN q.assign = "          \
	"'least_open' THEN (SELECT count(*) FROM tickets t WHERE t.org_id = $1 AND t.owner_id " \
	"= m.user_id AND t.status IN ('new', 'open') AND t.deleted_at IS NULL) ELSE 0 END, "    \
	"coalesce(m.last_assigned_at, 0), m.id LIMIT 1"

static gboolean ask_queue(Db *db, const char *org_id, const char *queue_id, json_t *patch,
			  GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db, MEMBER, error, "ss", org_id, queue_id);
	g_autofree char *member = NULL;

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		if (!failed)
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	json_object_set_new(patch, "owner_id", json_string(db_text(rows, 1)));
	member = g_strdup(db_text(rows, 0));
	g_clear_pointer(&rows, db_rows_free);
	/* whose turn it is, is no change that anybody made; never the same moment twice */
	return db_run(db,
		      "UPDATE queue_members SET last_assigned_at = (SELECT CASE WHEN $3 > "
		      "coalesce(max(last_assigned_at), 0) THEN $3 ELSE 1 + max(last_assigned_at) "
		      "END FROM queue_members WHERE org_id = $1) WHERE org_id = $1 AND id = $2",
		      error, "ssi", org_id, member, clock_now_ms());
}

/* The value that the patch gives, else the one that is there. */
static const char *member_after(const json_t *ticket, const json_t *patch, const char *name)
{
	const char *given = json_member_string(patch, name);

	return given ? given : json_member_string(ticket, name);
}

gboolean assignment_run(Db *db, const char *org_id, const char *ticket_id, gboolean is_new,
			GError **error)
{
	Principal system = principal_system(org_id);
	g_autoptr(json_t) patch = json_object();
	g_autoptr(json_t) ticket = record_read(db, &system, &OBJECT_TICKET, ticket_id, NULL, error);
	const char *queue_id;

	if (!ticket || (is_new && !ask_rules(db, &system, ticket_id, ticket, patch, error)))
		return FALSE;
	queue_id = member_after(ticket, patch, "queue_id");
	if (queue_id && !member_after(ticket, patch, "owner_id") &&
	    !ask_queue(db, org_id, queue_id, patch, error))
		return FALSE;
	return !json_object_size(patch) ||
	       record_set(db, &system, &OBJECT_TICKET, ticket_id, patch, error);
}
