/* A person's rights: a copy of everything, and that everything is forgotten. */
#include "api/api.h"
#include "base/error.h"
#include "crm/erase.h"
#include "crm/person.h"

static gboolean personal_data_get(ApiCall *call, GError **error)
{
	return person_write(call->db, &call->principal, call_id(call), call->out, error);
}

/* On a thread of its own: merging the indexes of a large store takes its time. */
static gboolean erase_post(ApiCall *call, GError **error)
{
	gboolean dry_run;

	return call_flag(call, "dry_run", &dry_run, error) &&
	       erase_person(call->api->store, config_string(call->api->config, SETTING_DATA),
			    &call->principal, call_id(call), dry_run, call->out, error);
}

const HttpRoute person_routes[] = {
	{"GET", "/api/v1/contacts/{id}/personal-data", "contact_personal_data",
	 "Everything that is kept of a person, as a copy for that one", "admin", API_WRITE, 0, NULL,
	 "PersonalData", 200, NULL, personal_data_get, NULL},
	{"POST", "/api/v1/contacts/{id}/erase", "contact_erase",
	 "Forget a person; dry_run tells what would go", "admin", API_ENCODE, 4096, NULL,
	 "ErasureReceipt", 200, "dry_run:boolean", erase_post, NULL},
};
const gsize n_person_routes = G_N_ELEMENTS(person_routes);
