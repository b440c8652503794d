/* The audit trail: all of it for administrators, that of one record for whoever may read the record. */
#include "api/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "crm/audit.h"

static gboolean query_time(ApiCall *call, const char *name, gint64 *ret_at, GError **error)
{
	const char *text = http_query(call->exchange, name);

	if (!text || !*text || clock_parse(text, ret_at))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s must be a time such as 2027-01-31T12:00:00Z", name);
	return FALSE;
}

static const char *query_text(ApiCall *call, const char *name)
{
	const char *text = http_query(call->exchange, name);

	return text && *text ? text : NULL;
}

static gboolean audit_get(ApiCall *call, GError **error)
{
	AuditQuery query = {.object = query_text(call, "object"),
			    .record_id = query_text(call, "record_id"),
			    .action = query_text(call, "action"),
			    .actor_id = query_text(call, "actor_id")};

	return query_time(call, "since", &query.since, error) &&
	       query_time(call, "until", &query.until, error) &&
	       call_page(call, 1000, &query.page_size, &query.page_token, error) &&
	       audit_list(call->db, &call->principal, NULL, &query, call->out, error);
}

/* Not locked during the walk: who asks meanwhile walks, too. */
static gboolean check_chain(ApiCall *call, gboolean full, AuditMark *mark, AuditState *state,
			    GError **error)
{
	Api *api = call->api;

	g_mutex_lock(&api->audit_lock);
	*mark = full ? (AuditMark){0} : api->audit_mark;
	g_mutex_unlock(&api->audit_lock);
	if (!audit_check_on(call->db, mark, state, error))
		return FALSE;
	g_mutex_lock(&api->audit_lock);
	api->audit_mark = *mark;
	g_mutex_unlock(&api->audit_lock);
	return TRUE;
}

static gboolean audit_state_get(ApiCall *call, GError **error)
{
	JsonWriter w = json_writer(call->out);
	gboolean full = FALSE;
	AuditMark mark;
	AuditState state;

	if (!call_flag(call, "full", &full, error) ||
	    !check_chain(call, full, &mark, &state, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_bool(&w, "verified", state.n_faults == 0);
	json_put_int(&w, "rows", state.n_rows);
	json_put_int(&w, "faults", state.n_faults);
	if (state.broken_at)
		json_put_int(&w, "broken_at", state.broken_at);
	else
		json_put_null(&w, "broken_at");
	json_put_time(&w, "checked_at", mark.walked_at);
	json_object_end(&w);
	return TRUE;
}

const HttpRoute audit_routes[] = {
	{"GET", "/api/v1/audit/state", "audit_state",
	 "Whether the chain is as it was written: what is new since checked_at, all of it with "
	 "full",
	 "admin", API_READ, 0, NULL, "AuditState", 200, "full:boolean", audit_state_get, NULL},
	{"GET", "/api/v1/audit", "audit_list", "Who did what, newest first", "admin", API_READ, 0,
	 NULL, "AuditList", 200,
	 "page_size:integer,page_token:string,object:string,record_id:string,action:string,"
	 "actor_id:string,since:string,until:string",
	 audit_get, NULL},
};
const gsize n_audit_routes = G_N_ELEMENTS(audit_routes);
