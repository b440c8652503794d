/* Records of declared objects, and search over all of them. One handler serves every object: the
 * path says which. */
#include "api/records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "api/api.h"
#include "base/error.h"
#include "base/log.h"
#include "crm/audit.h"
#include "crm/export.h"
#include "crm/records.h"
#include "crm/schema.h"
#include "crm/search.h"
#include "crm/timeline.h"

/* "/api/v1/contacts/..." -> contacts, as this organisation has it. */
static const Object *call_object(ApiCall *call, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(http_path(call->exchange), "/", 5);

	return schema_object(call->db, call->principal.org_id, parts[3], error);
}

static void set_etag(ApiCall *call, gint64 version)
{
	g_free(call->etag);
	call->etag = g_strdup_printf("\"v%" G_GINT64_FORMAT "\"", version);
}

/* A query argument that is true or false; anything else is INVALID. */
static gboolean call_view(ApiCall *call, const Object *object, RecordView **ret_view,
			  GError **error)
{
	const char *fields = http_query(call->exchange, "fields");
	const char *expand = http_query(call->exchange, "expand");

	*ret_view = NULL;
	if (!fields && !expand)
		return TRUE;
	*ret_view = record_view_new(call->db, &call->principal, object, fields, expand, error);
	return *ret_view != NULL;
}

static gboolean answer_record(ApiCall *call, const Object *object, const char *id, GError **error)
{
	g_autoptr(RecordView) view = NULL;
	gint64 version;

	if (!call_view(call, object, &view, error) ||
	    !record_get(call->db, &call->principal, object, id, view, call->out, &version, error))
		return FALSE;
	if (!(object->flags & OBJECT_LOG))
		set_etag(call, version);
	return TRUE;
}

/* ?source=fair says the same as filter=source = "fair"; both together must hold. A field that has the
 * name of an argument of the list (total of an order) is asked for by filter only. NULL when neither
 * is there. The caller frees it. */
static char *call_filter(const ApiCall *call, const Object *object)
{
	static const char *const taken[] = {"q",	  "filter",  "order_by", "fields",
					    "expand",	  "deleted", "total",	 "page_size",
					    "page_token", "custom",  NULL};
	const char *given = http_query(call->exchange, "filter");
	GString *filter = g_string_new(NULL);

	if (given && *given)
		g_string_append(filter, given); /* OR binds tighter than what follows */
	for (gsize i = 0; i < object->n_fields; i++) {
		const char *name = object->fields[i].name;
		const char *value = http_query(call->exchange, name);

		if (!value || !*value || g_strv_contains(taken, name))
			continue;
		g_string_append_printf(filter, " %s = \"", name);
		for (const char *c = value; *c; c++)
			g_string_append_printf(filter, strchr("\\\"", *c) ? "\\%c" : "%c", *c);
		g_string_append_c(filter, '"');
	}
	return g_string_free(filter, filter->len == 0);
}

/* ---- what is sensitive ------------------------------------------------------------------------------------------- */

typedef struct {
	Principal who;
	char *request_id, *reason, *record_id;
	const Object *object;
	const char *action;
} Reading;

static gboolean store_reading(Db *db, gpointer data, GError **error)
{
	const Reading *reading = data;

	return audit_add(db, &reading->who, reading->action, reading->object->plural,
			 reading->record_id, NULL, error);
}

static void reading_stored(const GError *error, gpointer data)
{
	Reading *reading = data;

	if (error)
		log_event(LOG_ERROR, "audit_of_reading", "error", 'e', error, NULL);
	g_free(reading->request_id);
	g_free(reading->reason);
	g_free(reading->record_id);
	g_free(reading);
}

/* Reading is done on a snapshot, its row is written beside. */
static void note_reading(ApiCall *call, const Object *object, const char *action,
			 const char *record_id)
{
	Reading *reading;

	if (!audit_wants_read(&call->principal, object))
		return;
	reading = g_new0(Reading, 1);
	reading->who = call->principal;
	reading->who.name = NULL;
	reading->who.request_id = reading->request_id = g_strdup(call->principal.request_id);
	reading->who.reason = reading->reason = g_strdup(call->principal.reason);
	reading->record_id = g_strdup(record_id);
	reading->object = object;
	reading->action = action;
	store_write_async(call->api->store, store_reading, reading_stored, reading);
}

gboolean record_list_get(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);
	g_autofree char *filter = object ? call_filter(call, object) : NULL;
	g_autoptr(RecordView) view = NULL;
	RecordQuery query = {
		.q = http_query(call->exchange, "q"),
		.filter = filter,
		.order_by = http_query(call->exchange, "order_by"),
	};

	if (!object || !call_view(call, object, &view, error) ||
	    !call_flag(call, "deleted", &query.deleted, error) ||
	    !call_flag(call, "total", &query.total, error))
		return FALSE;
	query.view = view;
	if (!call_page(call, RECORD_MAX_PAGE, &query.page_size, &query.page_token, error) ||
	    !record_list(call->db, &call->principal, object, &query, call->out, error))
		return FALSE;
	note_reading(call, object, "list", "");
	return TRUE;
}

/* ---- writes ------------------------------------------------------------------------------------------------------ */

/* With ?dry_run=true everything is done and then undone: the answer is what would have been. */
typedef struct {
	ApiCall *call;
	gboolean (*handler)(ApiCall *call, GError **error);
} Trial;

#define DRY_RUN "dry run"

static gboolean try_it(Db *db, gpointer data, GError **error)
{
	Trial *trial = data;

	(void)db;
	if (trial->handler(trial->call, error))
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, DRY_RUN);
	return FALSE;
}

static gboolean run_or_try(ApiCall *call, gboolean (*handler)(ApiCall *call, GError **error),
			   GError **error)
{
	Trial trial = {call, handler};
	g_autoptr(GError) failed = NULL;
	gboolean dry_run;

	if (!call_flag(call, "dry_run", &dry_run, error))
		return FALSE;
	if (!dry_run)
		return handler(call, error);
	db_nested(call->db, try_it, &trial, &failed);
	if (failed && g_str_equal(failed->message, DRY_RUN))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean create_one(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);
	char id[37];

	return object &&
	       record_create(call->db, &call->principal, object, call->body, id, call->faults,
			     error) &&
	       answer_record(call, object, id, error);
}

static gboolean record_post(ApiCall *call, GError **error)
{
	return run_or_try(call, create_one, error);
}

static gboolean record_one_get(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);

	if (!object || !answer_record(call, object, call_id(call), error))
		return FALSE;
	note_reading(call, object, "read", call_id(call));
	return TRUE;
}

static gboolean patch_one(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);

	return object &&
	       record_patch(call->db, &call->principal, object, call_id(call), call->body,
			    http_header(call->exchange, "If-Match"), call->faults, error) &&
	       answer_record(call, object, call_id(call), error);
}

static gboolean record_one_patch(ApiCall *call, GError **error)
{
	return run_or_try(call, patch_one, error);
}

static gboolean record_one_delete(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);
	gboolean purge;

	if (!object || !call_flag(call, "purge", &purge, error))
		return FALSE;
	if (purge)
		return record_purge(call->db, &call->principal, object, call_id(call), error);
	return record_delete(call->db, &call->principal, object, call_id(call),
			     http_header(call->exchange, "If-Match"), error);
}

static gboolean record_one_restore(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);

	return object && record_restore(call->db, &call->principal, object, call_id(call), error) &&
	       answer_record(call, object, call_id(call), error);
}

static gboolean bulk_all(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);

	return object &&
	       record_bulk(call->db, &call->principal, object, call->body, call->out, error);
}

static gboolean record_bulk_post(ApiCall *call, GError **error)
{
	return run_or_try(call, bulk_all, error);
}

static gboolean record_history_get(ApiCall *call, GError **error)
{
	const Object *object = call_object(call, error);
	AuditQuery query = {.record_id = call_id(call)};
	g_autoptr(GString) unused = g_string_new(NULL);

	if (!object || !call_page(call, 200, &query.page_size, &query.page_token, error) ||
	    !record_get(call->db, &call->principal, object, call_id(call), NULL, unused, NULL,
			error))
		return FALSE;
	query.object = object->plural;
	return audit_list(call->db, &call->principal, object, &query, call->out, error);
}

/* ---- export ------------------------------------------------------------------------------------------------------ */

typedef struct {
	ApiCall *call;
	const Object *object;
	ExportQuery query;
	gint64 n_rows;
} Export;

static gboolean audit_export(Db *db, gpointer data, GError **error)
{
	const Export *export = data;

	return export_audit(db, &export->call->principal, export->object, &export->query,
			    export->n_rows, error);
}

static gboolean write_export(Export *export, FILE *file, GError **error)
{
	ApiCall *call = export->call;
	const char *data = config_string(call->api->config, SETTING_DATA);
	g_autoptr(Db) db = db_begin_read(call->api->store, error);
	gboolean ok;

	call->db = db;
	export->object = db ? call_object(call, error) : NULL;
	ok = export->object && export_write(db, &call->principal, export->object, &export->query,
					    data, file, &export->n_rows, error);
	call->db = NULL;
	return ok;
}

/* The whole table into a file without a name, so that what goes wrong is an error and not half a
 * table; then from the file, at the client's pace. */
static gboolean send_export(Export *export, FILE *file, GError **error)
{
	HttpExchange *exchange = export->call->exchange;
	g_autofree char *name = NULL;
	struct stat state;
	int fd;

	if (!write_export(export, file, error) ||
	    !store_write(export->call->api->store, audit_export, export, error))
		return FALSE;
	fd = fflush(file) == 0 ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
	if (fd < 0 || fstat(fd, &state) != 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL,
			    "the table could not be written");
		return FALSE;
	}
	name = g_strdup_printf("attachment; filename=\"%s.%s\"", export->object->plural,
			       export->query.format);
	http_add_header(exchange, "Content-Disposition", name);
	http_respond_file(exchange, 200, export_media(export->query.format), fd,
			  (guint64)state.st_size);
	export->call->answered = TRUE;
	return TRUE;
}

static gboolean record_export_get(ApiCall *call, GError **error)
{
	const char *format = http_query(call->exchange, "format");
	Export export = {.call = call,
			 .query = {.format = format ? format : "csv",
				   .filter = http_query(call->exchange, "filter"),
				   .q = http_query(call->exchange, "q"),
				   .order_by = http_query(call->exchange, "order_by"),
				   .fields = http_query(call->exchange, "fields")}};
	const char *data = config_string(call->api->config, SETTING_DATA);
	int fd = open(data, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w+b");
	gboolean ok = file && send_export(&export, file, error);

	if (!file)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "there is no room for the table: %s", g_strerror(errno));
	if (file)
		fclose(file);
	return ok;
}

/* ---- beside records ---------------------------------------------------------------------------------------------- */

static gboolean timeline_of(ApiCall *call, const Object *object, GError **error)
{
	TimelineQuery query = {
		.object = object, .id = call_id(call), .kinds = http_query(call->exchange, "kind")};

	return call_page(call, 200, &query.page_size, &query.page_token, error) &&
	       timeline_write(call->db, &call->principal, &query, call->out, error);
}

static gboolean contact_timeline_get(ApiCall *call, GError **error)
{
	return timeline_of(call, &OBJECT_CONTACT, error);
}

static gboolean company_timeline_get(ApiCall *call, GError **error)
{
	return timeline_of(call, &OBJECT_COMPANY, error);
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

/* ---- routes ---------------------------------------------------------------------------------------------------- */

#define PAGE_QUERY "page_size:integer,page_token:string"
#define VIEW_QUERY "fields:string,expand:string"

/* %s in summaries and patterns is the object. */
static const HttpRoute templates[] = {
	{"GET", "", "list", "List; newest first unless order_by says otherwise", "records:read",
	 API_READ, 0, NULL, "List", 200,
	 PAGE_QUERY ",q:string,filter:string,order_by:string," VIEW_QUERY
		    ",deleted:boolean,total:boolean",
	 record_list_get, NULL},
	{"POST", "", "create", "Create; honours Idempotency-Key", "records:write", API_WRITE,
	 1048576, "", "", 201, "dry_run:boolean", record_post, NULL},
	{"GET", "/{id}", "get", "Read one", "records:read", API_READ, 0, NULL, "", 200, VIEW_QUERY,
	 record_one_get, NULL},
	{"PATCH", "/{id}", "update", "Change fields (JSON merge patch); honours If-Match",
	 "records:write", API_WRITE, 1048576, "", "", 200, "dry_run:boolean", record_one_patch,
	 NULL},
	{"DELETE", "/{id}", "delete", "Delete; can be restored unless purge is true",
	 "records:write", API_WRITE, 0, NULL, NULL, 204, "purge:boolean", record_one_delete, NULL},
	{"POST", "/{id}/restore", "restore", "Undo a deletion", "records:write", API_WRITE, 4096,
	 NULL, "", 200, NULL, record_one_restore, NULL},
	{"GET", "/{id}/history", "history", "Who changed what, newest first", "records:read",
	 API_READ, 0, NULL, "AuditList", 200, PAGE_QUERY, record_history_get, NULL},
	{"GET", "/export", "export", "All of them as a table: csv, jsonl or xlsx", "records:read",
	 API_ENCODE, 0, NULL, ROUTE_BYTES, 200,
	 "format:string,filter:string,q:string,order_by:string,fields:string", record_export_get,
	 NULL},
	{"POST", "/bulk", "bulk", "Create, change and delete up to 1,000; each with its own result",
	 "records:write", API_WRITE, 16777216, "Bulk", "BulkResult", 200, "dry_run:boolean",
	 record_bulk_post, NULL},
};

const char *object_schema_name(const Object *object)
{
	g_autofree char *name = g_strdup(object->name);

	name[0] = g_ascii_toupper(name[0]);
	for (char *c = name; *c; c++)
		if (*c == '_' && c[1]) {
			memmove(c, c + 1, strlen(c));
			*c = g_ascii_toupper(*c);
		}
	return g_intern_string(name);
}

static const char *join(const char *first, const char *second)
{
	g_autofree char *text = g_strconcat(first, second, NULL);

	return g_intern_string(text);
}

/* "" is the object's own schema, "List" its list; others stand as they are. */
static const char *schema_of(const char *name, const char *schema)
{
	if (!schema || (*schema && !g_str_equal(schema, "List")))
		return schema;
	return join(name, schema);
}

GArray *record_routes_of(const Object *object)
{
	g_autofree char *path = g_strconcat("/api/v1/", object->plural, NULL);
	g_autofree char *prefix = g_strconcat(object->name, "_", NULL);
	const char *name = object_schema_name(object);
	GArray *routes = g_array_new(FALSE, FALSE, sizeof(HttpRoute));

	for (gsize i = 0; i < G_N_ELEMENTS(templates); i++) {
		HttpRoute route = templates[i];

		/* GET /api/v1/events is also the inbox's stream: see conversations.c */
		if (object == &OBJECT_EVENT && g_str_equal(route.operation, "list"))
			continue;
		if (object->flags & OBJECT_LOG &&
		    (g_str_equal(route.method, "PATCH") || g_str_equal(route.method, "DELETE") ||
		     g_str_has_suffix(route.pattern, "restore") ||
		     g_str_has_suffix(route.pattern, "history")))
			continue;
		if (object->flags & OBJECT_ADMIN_ONLY && route.mode == API_WRITE)
			route.permission = "admin";
		route.pattern = join(path, route.pattern);
		route.operation = join(prefix, route.operation);
		route.request = schema_of(name, route.request);
		route.response = schema_of(name, route.response);
		g_array_append_val(routes, route);
	}
	return routes;
}

const HttpRoute record_routes[] = {
	{"GET", "/api/v1/contacts/{id}/timeline", "contact_timeline",
	 "What happened with this contact, newest first", "records:read", API_READ, 0, NULL,
	 "Timeline", 200, PAGE_QUERY ",kind:string", contact_timeline_get, NULL},
	{"GET", "/api/v1/companies/{id}/timeline", "company_timeline",
	 "What happened with this company, newest first", "records:read", API_READ, 0, NULL,
	 "Timeline", 200, PAGE_QUERY ",kind:string", company_timeline_get, NULL},
	{"GET", "/api/v1/search", "search", "Find records of all kinds", "records:read", API_READ,
	 0, NULL, "SearchResults", 200, PAGE_QUERY ",q:string", search_get, NULL},
};
const gsize n_record_routes = G_N_ELEMENTS(record_routes);
