/* Records of declared objects, and search over all of them. One handler serves every object: the
 * path says which. */
#include <string.h>

#include "api/api.h"
#include "base/error.h"
#include "crm/records.h"
#include "crm/search.h"
#include "crm/timeline.h"

/* "/api/v1/contacts/..." -> contacts. The route table names only declared objects, so it is found.
 */
static const Object *call_object(const ApiCall *call)
{
	g_auto(GStrv) parts = g_strsplit(call->route->pattern, "/", 5);

	return object_find(parts[3]);
}

static void set_etag(ApiCall *call, gint64 version)
{
	g_free(call->etag);
	call->etag = g_strdup_printf("\"v%" G_GINT64_FORMAT "\"", version);
}

static gboolean answer_record(ApiCall *call, const char *id, GError **error)
{
	gint64 version;

	if (!record_get(call->db, &call->principal, call_object(call), id, call->out, &version,
			error))
		return FALSE;
	set_etag(call, version);
	return TRUE;
}

static const char *query_filter(const char *field, gpointer data)
{
	const ApiCall *call = data;
	const char *value = http_query(call->exchange, field);

	return value && *value ? value : NULL;
}

static gboolean record_list_get(ApiCall *call, GError **error)
{
	RecordQuery query = {
		.q = http_query(call->exchange, "q"), .filter = query_filter, .filter_data = call};

	return call_page(call, RECORD_MAX_PAGE, &query.page_size, &query.page_token, error) &&
	       record_list(call->db, &call->principal, call_object(call), &query, call->out, error);
}

static gboolean record_post(ApiCall *call, GError **error)
{
	char id[37];

	return record_create(call->db, &call->principal, call_object(call), call->body, id,
			     call->faults, error) &&
	       answer_record(call, id, error);
}

static gboolean record_one_get(ApiCall *call, GError **error)
{
	return answer_record(call, call_id(call), error);
}

static gboolean record_one_patch(ApiCall *call, GError **error)
{
	return record_patch(call->db, &call->principal, call_object(call), call_id(call),
			    call->body, http_header(call->exchange, "If-Match"), call->faults,
			    error) &&
	       answer_record(call, call_id(call), error);
}

static gboolean record_one_delete(ApiCall *call, GError **error)
{
	return record_delete(call->db, &call->principal, call_object(call), call_id(call),
			     http_header(call->exchange, "If-Match"), error);
}

static gboolean record_one_restore(ApiCall *call, GError **error)
{
	return record_restore(call->db, &call->principal, call_object(call), call_id(call),
			      error) &&
	       answer_record(call, call_id(call), error);
}

static gboolean contact_timeline_get(ApiCall *call, GError **error)
{
	int page_size;
	const char *page_token;

	return call_page(call, 200, &page_size, &page_token, error) &&
	       timeline_write(call->db, &call->principal, call_id(call), page_size, page_token,
			      call->out, error);
}

static gboolean search_get(ApiCall *call, GError **error)
{
	const char *q = http_query(call->exchange, "q");
	int page_size;
	const char *page_token;

	if (!q || !*q) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "say what to search for: ?q=…");
		return FALSE;
	}
	return call_page(call, 200, &page_size, &page_token, error) &&
	       search_everything(call->db, &call->principal, q, page_size, page_token, call->out,
				 error);
}

#define PAGE_QUERY "page_size:integer,page_token:string"
#define OBJECT_ROUTES(plural, Name, name, filters, max_body)                                   \
	{"GET",                                                                                \
	 "/api/v1/" plural,                                                                    \
	 name "_list",                                                                         \
	 "List, newest first",                                                                 \
	 "records:read",                                                                       \
	 API_READ,                                                                             \
	 0,                                                                                    \
	 NULL,                                                                                 \
	 Name "List",                                                                          \
	 200,                                                                                  \
	 PAGE_QUERY ",q:string" filters,                                                       \
	 record_list_get,                                                                      \
	 NULL},                                                                                \
		{"POST",                                                                       \
		 "/api/v1/" plural,                                                            \
		 name "_create",                                                               \
		 "Create; honours Idempotency-Key",                                            \
		 "records:write",                                                              \
		 API_WRITE,                                                                    \
		 max_body,                                                                     \
		 Name,                                                                         \
		 Name,                                                                         \
		 201,                                                                          \
		 NULL,                                                                         \
		 record_post,                                                                  \
		 NULL},                                                                        \
		{"GET",                                                                        \
		 "/api/v1/" plural "/{id}",                                                    \
		 name "_get",                                                                  \
		 "Read one",                                                                   \
		 "records:read",                                                               \
		 API_READ,                                                                     \
		 0,                                                                            \
		 NULL,                                                                         \
		 Name,                                                                         \
		 200,                                                                          \
		 NULL,                                                                         \
		 record_one_get,                                                               \
		 NULL},                                                                        \
		{"PATCH",                                                                      \
		 "/api/v1/" plural "/{id}",                                                    \
		 name "_update",                                                               \
		 "Change fields (JSON merge patch); honours If-Match",                         \
		 "records:write",                                                              \
		 API_WRITE,                                                                    \
		 max_body,                                                                     \
		 Name,                                                                         \
		 Name,                                                                         \
		 200,                                                                          \
		 NULL,                                                                         \
		 record_one_patch,                                                             \
		 NULL},                                                                        \
		{"DELETE",                                                                     \
		 "/api/v1/" plural "/{id}",                                                    \
		 name "_delete",                                                               \
		 "Delete; can be restored",                                                    \
		 "records:write",                                                              \
		 API_WRITE,                                                                    \
		 0,                                                                            \
		 NULL,                                                                         \
		 NULL,                                                                         \
		 204,                                                                          \
		 NULL,                                                                         \
		 record_one_delete,                                                            \
		 NULL},                                                                        \
	{                                                                                      \
		"POST", "/api/v1/" plural "/{id}/restore", name "_restore", "Undo a deletion", \
			"records:write", API_WRITE, 4096, NULL, Name, 200, NULL,               \
			record_one_restore, NULL                                               \
	}

const HttpRoute record_routes[] = {
	OBJECT_ROUTES("contacts", "Contact", "contact",
		      ",email:string,phone:string,language:string,source:string,owner_id:string",
		      1048576),
	OBJECT_ROUTES("articles", "Article", "article",
		      ",kind:string,category:string,language:string,status:string,source:string",
		      1048576),
	{"GET", "/api/v1/contacts/{id}/timeline", "contact_timeline",
	 "What happened with this contact, newest first", "records:read", API_READ, 0, NULL,
	 "Timeline", 200, PAGE_QUERY, contact_timeline_get, NULL},
	{"GET", "/api/v1/search", "search", "Find records of all kinds", "records:read", API_READ,
	 0, NULL, "SearchResults", 200, PAGE_QUERY ",q:string", search_get, NULL},
};
const gsize n_record_routes = G_N_ELEMENTS(record_routes);
