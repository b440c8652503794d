/* What is done with records beside keeping them: leads become customers, conversations tickets; what
 * pipelines promise, what is to be done when, and what a person is told. */
#include <string.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "crm/agenda.h"
#include "crm/forecast.h"
#include "crm/holidays.h"
#include "crm/leads.h"
#include "crm/notifications.h"
#include "crm/records.h"
#include "crm/service.h"

static gboolean lead_convert_post(ApiCall *call, GError **error)
{
	return lead_convert(call->db, &call->principal, call_id(call), call->body, call->out,
			    call->faults, error);
}

static gboolean lead_unconvert_post(ApiCall *call, GError **error)
{
	return lead_unconvert(call->db, &call->principal, call_id(call), call->out, error);
}

static gboolean conversation_ticket_post(ApiCall *call, GError **error)
{
	char id[37];

	return ticket_of_conversation(call->db, &call->principal, call_id(call), call->body, id,
				      call->faults, error) &&
	       record_get(call->db, &call->principal, &OBJECT_TICKET, id, NULL, call->out, NULL,
			  error);
}

static gboolean holidays_preset_post(ApiCall *call, GError **error)
{
	const char *country = json_member_string(call->body, "country");
	const json_t *year = json_object_get(call->body, "year");

	if (country && json_is_integer(year))
		return holidays_add(call->db, &call->principal, country,
				    (int)CLAMP(json_integer_value(year), 0, G_MAXINT16), call->out,
				    error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "send country (CN, US, UK or DE) and year");
	return FALSE;
}

/* ---- pipelines -------------------------------------------------------------------------------------------------- */

static gboolean pipeline_forecast_get(ApiCall *call, GError **error)
{
	const char *by = http_query(call->exchange, "by");

	return forecast_write(call->db, &call->principal, call_id(call),
			      http_query(call->exchange, "from"), http_query(call->exchange, "to"),
			      by ? by : "month", call->out, error);
}

static gboolean pipeline_conversion_get(ApiCall *call, GError **error)
{
	return forecast_write_conversion(call->db, &call->principal, call_id(call), call->out,
					 error);
}

static gboolean deal_stages_get(ApiCall *call, GError **error)
{
	return forecast_write_stages(call->db, &call->principal, call_id(call), call->out, error);
}

/* ---- notifications ---------------------------------------------------------------------------------------------- */

static gboolean notifications_get(ApiCall *call, GError **error)
{
	const char *page_token;
	gboolean unread;
	int page_size;

	return call_flag(call, "unread", &unread, error) &&
	       call_page(call, 200, &page_size, &page_token, error) &&
	       notification_list(call->db, &call->principal, unread, page_size, page_token,
				 call->out, error);
}

static gboolean notification_patch(ApiCall *call, GError **error)
{
	const json_t *read = json_object_get(call->body, "read");

	if (json_is_boolean(read))
		return notification_mark(call->db, &call->principal, call_id(call),
					 json_is_true(read), error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "send read: true or false");
	return FALSE;
}

static gboolean notifications_read_post(ApiCall *call, GError **error)
{
	return notification_mark(call->db, &call->principal, NULL, TRUE, error);
}

/* ---- agenda ----------------------------------------------------------------------------------------------------- */

static gboolean query_time(const ApiCall *call, const char *name, gint64 *ret_ms, GError **error)
{
	const char *text = http_query(call->exchange, name);

	if (!text || clock_parse(text, ret_ms))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s must be a time such as 2026-11-25T08:00:00Z", name);
	return FALSE;
}

/* Everybody's when no owner is named, one's own with "me". The next week unless said otherwise. */
static gboolean agenda_get(ApiCall *call, GError **error)
{
	const char *owner = http_query(call->exchange, "owner");
	AgendaQuery query = {.from_ms = clock_now_ms(),
			     .owner_id = owner && g_str_equal(owner, "me") ? call->principal.id
									   : owner};

	if (!call_flag(call, "done", &query.with_done, error) ||
	    !query_time(call, "from", &query.from_ms, error))
		return FALSE;
	query.to_ms = query.from_ms + 7 * 86400000LL;
	return query_time(call, "to", &query.to_ms, error) &&
	       agenda_write(call->db, &call->principal, &query, call->out, error);
}

#define NOTIFICATIONS "/api/v1/notifications"
#define LEADS "/api/v1/leads/{id}"
#define PIPELINES "/api/v1/pipelines/{id}"

const HttpRoute work_routes[] = {
	{"POST", LEADS "/convert", "lead_convert", "Make a lead a contact, a company and a deal",
	 "records:write", API_WRITE, 65536, "NewConversion", "Conversion", 200, NULL,
	 lead_convert_post, NULL},
	{"POST", LEADS "/unconvert", "lead_unconvert", "Undo a conversion", "records:write",
	 API_WRITE, 4096, NULL, "Conversion", 200, NULL, lead_unconvert_post, NULL},
	{"POST", "/api/v1/conversations/{id}/ticket", "conversation_ticket",
	 "Make a ticket of a conversation", "records:write", API_WRITE, 65536, "Ticket", "Ticket",
	 201, NULL, conversation_ticket_post, NULL},
	{"POST", "/api/v1/holidays/preset", "holidays_preset",
	 "Add the public holidays of a country in one year", "admin", API_WRITE, 4096,
	 "HolidayPreset", "HolidayAdded", 200, NULL, holidays_preset_post, NULL},
	{"GET", PIPELINES "/forecast", "pipeline_forecast",
	 "What a pipeline promises, by month of the expected close, owner or stage", "records:read",
	 API_READ, 0, NULL, "Forecast", 200, "from:string,to:string,by:string",
	 pipeline_forecast_get, NULL},
	{"GET", PIPELINES "/conversion", "pipeline_conversion",
	 "How many deals went on from each stage, and how long they stood in it", "records:read",
	 API_READ, 0, NULL, "StageConversionList", 200, NULL, pipeline_conversion_get, NULL},
	{"GET", "/api/v1/deals/{id}/stages", "deal_stages", "The stages that a deal stood in",
	 "records:read", API_READ, 0, NULL, "StageStayList", 200, NULL, deal_stages_get, NULL},
	{"GET", NOTIFICATIONS, "notifications_list", "What one is told, newest first", "session",
	 API_READ, 0, NULL, "NotificationList", 200,
	 "page_size:integer,page_token:string,unread:boolean", notifications_get, NULL},
	{"PATCH", NOTIFICATIONS "/{id}", "notification_update", "Mark one as read or unread",
	 "session", API_WRITE, 4096, "NotificationPatch", NULL, 204, NULL, notification_patch,
	 NULL},
	{"POST", NOTIFICATIONS "/read", "notifications_read", "Mark all as read", "session",
	 API_WRITE, 4096, NULL, NULL, 204, NULL, notifications_read_post, NULL},
	{"GET", "/api/v1/agenda", "agenda", "Tasks and activities of a span of time",
	 "records:read", API_READ, 0, NULL, "Agenda", 200,
	 "from:string,to:string,owner:string,done:boolean", agenda_get, NULL},
};
const gsize n_work_routes = G_N_ELEMENTS(work_routes);
