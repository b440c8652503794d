/* Files of records over HTTP: the file is the body as it is. What comes back can do nothing in a browser. */
#include "api/api.h"
#include "base/error.h"
#include "crm/attachments.h"

static const char *data_directory(const ApiCall *call)
{
	return config_string(call->api->config, SETTING_DATA);
}

static gboolean call_record(const ApiCall *call, const char **ret_object, const char **ret_id,
			    GError **error)
{
	*ret_object = http_query(call->exchange, "object");
	*ret_id = http_query(call->exchange, "record_id");
	if (*ret_object && *ret_id)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "name the record: ?object=deals&record_id=…");
	return FALSE;
}

static gboolean attachments_post(ApiCall *call, GError **error)
{
	NewAttachment fresh = {.file_name = http_query(call->exchange, "filename")};

	fresh.bytes = http_body(call->exchange, &fresh.n_bytes);
	return call_record(call, &fresh.object, &fresh.record_id, error) &&
	       attachment_add(call->api->store, data_directory(call), &call->principal, &fresh,
			      call->out, error);
}

static gboolean attachments_get(ApiCall *call, GError **error)
{
	const char *object, *record_id;

	return call_record(call, &object, &record_id, error) &&
	       attachment_list(call->db, &call->principal, object, record_id, call->out, error);
}

/* attachment; filename="download"; filename*=UTF-8''... (RFC 6266) */
static char *disposition(const AttachmentFile *file, gboolean shown)
{
	g_autofree char *name = g_uri_escape_string(file->file_name, NULL, FALSE);

	return g_strdup_printf("%s; filename=\"download\"; filename*=UTF-8''%s",
			       shown ? "inline" : "attachment", name);
}

static gboolean attachment_get(ApiCall *call, GError **error)
{
	const char *shown = http_query(call->exchange, "inline");
	g_auto(AttachmentFile) file = {.file_name = NULL};
	g_autoptr(Db) db = db_begin_read(call->api->store, error);
	g_autofree char *how = NULL;
	gboolean inline_wanted = shown && g_str_equal(shown, "true");

	if (!db || !attachment_read(db, data_directory(call), &call->principal, call_id(call),
				    &file, error))
		return FALSE;
	inline_wanted = inline_wanted && file.shown;
	how = disposition(&file, inline_wanted);
	http_add_header(call->exchange, "Content-Disposition", how);
	http_add_header(call->exchange, "Content-Security-Policy", "default-src 'none'; sandbox");
	http_add_header(call->exchange, "Cross-Origin-Resource-Policy", "same-origin");
	http_respond(call->exchange, 200,
		     g_str_equal(file.content_type, "text/plain") ? "text/plain; charset=utf-8"
								  : file.content_type,
		     g_steal_pointer(&file.bytes));
	call->answered = TRUE;
	return TRUE;
}

static gboolean attachment_delete(ApiCall *call, GError **error)
{
	return attachment_remove(call->db, &call->principal, call_id(call), error);
}

#define ATTACHMENTS "/api/v1/attachments"

const HttpRoute attachment_routes[] = {
	{"GET", ATTACHMENTS, "attachment_list", "The files of a record", "records:read", API_READ,
	 0, NULL, "AttachmentList", 200, "object:string,record_id:string", attachments_get, NULL},
	{"POST", ATTACHMENTS, "attachment_create", "Add a file to a record", "records:write",
	 API_SLOW, API_ATTACHMENT_BYTES, ROUTE_BYTES, "Attachment", 201,
	 "object:string,record_id:string,filename:string", attachments_post, NULL},
	{"GET", ATTACHMENTS "/{id}", "attachment_get",
	 "The file itself, as a download; pictures and plain text also inline", "records:read",
	 API_SLOW, 0, NULL, ROUTE_BYTES, 200, "inline:boolean", attachment_get, NULL},
	{"DELETE", ATTACHMENTS "/{id}", "attachment_delete", "Remove a file", "records:write",
	 API_WRITE, 0, NULL, NULL, 204, NULL, attachment_delete, NULL},
};
const gsize n_attachment_routes = G_N_ELEMENTS(attachment_routes);
