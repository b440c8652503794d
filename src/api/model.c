/* The model behind the bot, for administrators: how it does, which files there are, a trial, another
 * one. */
#include "api/api.h"

static gboolean model_get_now(ApiCall *call, GError **error)
{
	return bot_model_write(call->api->model, call->db, call->principal.org_id, call->out,
			       error);
}

static gboolean models_get(ApiCall *call, GError **error)
{
	return bot_model_list(call->api->model, call->db, call->out, error);
}

/* Answers with what is the case from now on. */
static gboolean answer_now(ApiCall *call, GError **error)
{
	g_autoptr(Db) db = db_begin_read(call->api->store, error);

	return db &&
	       bot_model_write(call->api->model, db, call->principal.org_id, call->out, error);
}

static gboolean switch_post(ApiCall *call, GError **error)
{
	g_autoptr(GError) failed = NULL;
	const char *member = NULL;

	if (bot_model_switch(call->api->model, &call->principal, call->body, &member, &failed))
		return answer_now(call, error);
	if (member) {
		g_ptr_array_add(call->faults, g_strdup(member));
		g_ptr_array_add(call->faults, g_strdup(failed->message));
	}
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean test_post(ApiCall *call, GError **error)
{
	return bot_model_test(call->api->model, &call->principal, call->body, call->out, error);
}

const HttpRoute model_routes[] = {
	{"GET", "/api/v1/model", "model_get", "The model that answers: state, figures, choice",
	 "admin", API_READ, 0, NULL, "Model", 200, NULL, model_get_now, NULL},
	{"GET", "/api/v1/models", "model_list", "The registered model files", "admin", API_READ, 0,
	 NULL, "ModelFileList", 200, NULL, models_get, NULL},
	{"POST", "/api/v1/model/switch", "model_switch",
	 "Choose none, a registered file or a remote endpoint, at once", "admin", API_SLOW, 16384,
	 "ModelChoice", "Model", 200, NULL, switch_post, NULL},
	{"POST", "/api/v1/model/test", "model_test",
	 "Ask the model about a passage, or let it go on with a text", "admin", API_SLOW, 65536,
	 "ModelTrial", "ModelTrialResult", 200, NULL, test_post, NULL},
};
const gsize n_model_routes = G_N_ELEMENTS(model_routes);
