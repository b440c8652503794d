/* Webhooks: who is told of changes, what was told, and telling it again. */
#include <string.h>

#include "api/api.h"
#include "crm/webhooks.h"

static gboolean webhooks_get(ApiCall *call, GError **error)
{
	return webhook_list(call->db, &call->principal, call->out, error);
}

static gboolean webhook_get(ApiCall *call, GError **error)
{
	return webhook_write(call->db, &call->principal, call_id(call), FALSE, call->out, error);
}

static gboolean webhook_post(ApiCall *call, GError **error)
{
	char id[37];

	return webhook_create(call->db, &call->principal, call->body, id, call->faults, error) &&
	       webhook_write(call->db, &call->principal, id, TRUE, call->out, error);
}

static gboolean webhook_one_patch(ApiCall *call, GError **error)
{
	gboolean renewed;

	return call_bool(call, "new_secret", &renewed, error) &&
	       webhook_patch(call->db, &call->principal, call_id(call), call->body, call->faults,
			     error) &&
	       webhook_write(call->db, &call->principal, call_id(call), renewed, call->out, error);
}

static gboolean webhook_one_delete(ApiCall *call, GError **error)
{
	return webhook_delete(call->db, &call->principal, call_id(call), error);
}

static gboolean webhook_test_post(ApiCall *call, GError **error)
{
	JsonWriter w = json_writer(call->out);
	char id[37];

	if (!webhook_test(call->db, &call->principal, call_id(call), id, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "delivery_id", id);
	json_object_end(&w);
	return TRUE;
}

static gboolean deliveries_get(ApiCall *call, GError **error)
{
	int page_size;
	const char *page_token;

	return call_page(call, 200, &page_size, &page_token, error) &&
	       webhook_list_deliveries(call->db, &call->principal, call_id(call), page_size,
				       page_token, call->out, error);
}

static gboolean replay_post(ApiCall *call, GError **error)
{
	return webhook_replay(call->db, &call->principal, call_id(call),
			      route_match_value(&call->match, "delivery_id"), error);
}

#define ALL "/api/v1/webhooks"
#define ONE ALL "/{id}"

const HttpRoute webhook_routes[] = {
	{"GET", ALL, "webhook_list", "Who is told of changes", "admin", API_READ, 0, NULL,
	 "WebhookList", 200, NULL, webhooks_get, NULL},
	{"POST", ALL, "webhook_create", "Tell an address of changes; answers with the secret once",
	 "admin", API_WRITE, 65536, "Webhook", "Webhook", 201, NULL, webhook_post, NULL},
	{"GET", ONE, "webhook_get", "One webhook", "admin", API_READ, 0, NULL, "Webhook", 200, NULL,
	 webhook_get, NULL},
	{"PATCH", ONE, "webhook_update",
	 "Change it; active ends a pause, new_secret makes another secret", "admin", API_WRITE,
	 65536, "Webhook", "Webhook", 200, NULL, webhook_one_patch, NULL},
	{"DELETE", ONE, "webhook_delete", "Tell it nothing any more", "admin", API_WRITE, 0, NULL,
	 NULL, 204, NULL, webhook_one_delete, NULL},
	{"POST", ONE "/test", "webhook_test", "Send the event test.ping", "admin", API_WRITE, 4096,
	 NULL, "WebhookTest", 202, NULL, webhook_test_post, NULL},
	{"GET", ONE "/deliveries", "webhook_deliveries", "What it was told, newest first", "admin",
	 API_READ, 0, NULL, "WebhookDeliveryList", 200, "page_size:integer,page_token:string",
	 deliveries_get, NULL},
	{"POST", ONE "/deliveries/{delivery_id}/replay", "webhook_replay", "Tell it again", "admin",
	 API_WRITE, 4096, NULL, NULL, 204, NULL, replay_post, NULL},
};
const gsize n_webhook_routes = G_N_ELEMENTS(webhook_routes);
