/* What is done with records beside keeping them: leads become customers. */
#include "api/api.h"
#include "crm/leads.h"

static gboolean lead_convert_post(ApiCall *call, GError **error)
{
	return lead_convert(call->db, &call->principal, call_id(call), call->body, call->out,
			    call->faults, error);
}

static gboolean lead_unconvert_post(ApiCall *call, GError **error)
{
	return lead_unconvert(call->db, &call->principal, call_id(call), call->out, error);
}

#define LEADS "/api/v1/leads/{id}"

const HttpRoute work_routes[] = {
	{"POST", LEADS "/convert", "lead_convert", "Make a lead a contact, a company and a deal",
	 "records:write", API_WRITE, 65536, "NewConversion", "Conversion", 200, NULL,
	 lead_convert_post, NULL},
	{"POST", LEADS "/unconvert", "lead_unconvert", "Undo a conversion", "records:write",
	 API_WRITE, 4096, NULL, "Conversion", 200, NULL, lead_unconvert_post, NULL},
};
const gsize n_work_routes = G_N_ELEMENTS(work_routes);
