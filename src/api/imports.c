/* Imports over HTTP: the file is the body as it is, its options are in the query. The work is the worker's. */
#include <string.h>

#include "api/api.h"
#include "base/error.h"
#include "crm/imports.h"

static Imports call_imports(ApiCall *call)
{
	return (Imports){call->api->store, config_string(call->api->config, SETTING_DATA),
			 &call->principal};
}

/* ?strict=true&on_duplicate=update as the options of an import. The caller drops it. */
static json_t *query_options(const ApiCall *call)
{
	static const char *const flags[] = {"strict", "create_related"};
	static const char *const texts[] = {"on_duplicate", "group_by"};
	json_t *options = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++) {
		const char *value = http_query(call->exchange, flags[i]);

		if (value)
			json_object_set_new(options, flags[i],
					    g_str_equal(value, "true")	  ? json_true()
					    : g_str_equal(value, "false") ? json_false()
									  : json_string(value));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		const char *value = http_query(call->exchange, texts[i]);

		if (value && *value)
			json_object_set_new(options, texts[i], json_string(value));
	}
	return options;
}

/* A name for messages and lists; never a path. */
static char *query_name(const ApiCall *call)
{
	const char *name = http_query(call->exchange, "name");
	g_autofree char *base = name && *name ? g_path_get_basename(name) : g_strdup("import");

	return g_utf8_substring(base, 0, MIN(g_utf8_strlen(base, -1), 200));
}

static gboolean imports_post(ApiCall *call, GError **error)
{
	const char *object = http_query(call->exchange, "object");
	Imports imports = call_imports(call);
	ImportSource source = {.fd = -1};
	g_autofree char *name = query_name(call);
	g_autoptr(json_t) options = query_options(call);
	char id[37];

	source.name = name;
	source.bytes = http_body(call->exchange, &source.n_bytes);
	if (!object || !source.n_bytes) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "send the file as the body, and say what it holds: "
			    "?object=contacts&name=people.csv");
		return FALSE;
	}
	if (!import_take(&imports, object, &source, options, id, error))
		return FALSE;
	if (import_preview(&imports, id, call->out, error))
		return TRUE;
	import_drop(&imports, id, NULL);
	return FALSE;
}

static gboolean imports_get(ApiCall *call, GError **error)
{
	int page_size;
	const char *page_token;

	return call_page(call, 200, &page_size, &page_token, error) &&
	       import_list(call->db, &call->principal, page_size, page_token, call->out, error);
}

static gboolean import_get(ApiCall *call, GError **error)
{
	return import_put(call->db, &call->principal, call_id(call), TRUE, call->out, error);
}

static gboolean import_delete(ApiCall *call, GError **error)
{
	Imports imports = call_imports(call);

	return import_drop(&imports, call_id(call), error);
}

static gboolean import_preview_post(ApiCall *call, GError **error)
{
	Imports imports = call_imports(call);

	return import_set_options(&imports, call_id(call), call->body, error) &&
	       import_preview(&imports, call_id(call), call->out, error);
}

static gboolean queue_run(Db *db, gpointer data, GError **error)
{
	ApiCall *call = data;

	return import_queue(db, &call->principal, call_id(call), FALSE, error) &&
	       import_put(db, &call->principal, call_id(call), FALSE, call->out, error);
}

static gboolean import_start_post(ApiCall *call, GError **error)
{
	Imports imports = call_imports(call);

	return import_set_options(&imports, call_id(call), call->body, error) &&
	       store_write(call->api->store, queue_run, call, error);
}

static gboolean import_revert_post(ApiCall *call, GError **error)
{
	return import_queue(call->db, &call->principal, call_id(call), TRUE, error) &&
	       import_put(call->db, &call->principal, call_id(call), FALSE, call->out, error);
}

static gboolean import_errors_get(ApiCall *call, GError **error)
{
	g_autoptr(GString) table = g_string_new(NULL);

	if (!import_put_faults(call->db, &call->principal, call_id(call), table, error))
		return FALSE;
	http_add_header(call->exchange, "Content-Disposition",
			"attachment; filename=\"errors.csv\"");
	http_respond(call->exchange, 200, "text/csv; charset=utf-8",
		     g_string_free_to_bytes(g_steal_pointer(&table)));
	call->answered = TRUE;
	return TRUE;
}

#define ALL "/api/v1/imports"
#define ONE ALL "/{id}"
#define OPTIONS_QUERY "on_duplicate:string,strict:boolean,create_related:boolean,group_by:string"

const HttpRoute import_routes[] = {
	{"GET", ALL, "import_list", "What was imported, newest first", "records:read", API_READ, 0,
	 NULL, "ImportList", 200, "page_size:integer,page_token:string", imports_get, NULL},
	{"POST", ALL, "import_create",
	 "Take a file in (CSV, XLSX, JSON Lines, vCard) and show what its first rows would do",
	 "records:write", API_ENCODE, API_FILE_BYTES, ROUTE_BYTES, "ImportPreview", 201,
	 "object:string,name:string," OPTIONS_QUERY, imports_post, NULL},
	{"GET", ONE, "import_get", "How far it is, and its faulty rows", "records:read", API_READ,
	 0, NULL, "Import", 200, NULL, import_get, NULL},
	{"DELETE", ONE, "import_delete", "Forget one that has not begun", "records:write",
	 API_ENCODE, 0, NULL, NULL, 204, NULL, import_delete, NULL},
	{"POST", ONE "/preview", "import_preview", "Show it again with other options",
	 "records:write", API_ENCODE, 1048576, "ImportOptions", "ImportPreview", 200, NULL,
	 import_preview_post, NULL},
	{"POST", ONE "/start", "import_start", "Have it done, with these options", "records:write",
	 API_ENCODE, 1048576, "ImportOptions", "Import", 202, NULL, import_start_post, NULL},
	{"POST", ONE "/revert", "import_revert",
	 "Take it back, but for records that were changed since", "records:write", API_WRITE, 4096,
	 NULL, "Import", 202, NULL, import_revert_post, NULL},
	{"GET", ONE "/errors.csv", "import_errors", "The faulty rows as a table", "records:read",
	 API_READ, 0, NULL, ROUTE_BYTES, 200, NULL, import_errors_get, NULL},
};
const gsize n_import_routes = G_N_ELEMENTS(import_routes);
