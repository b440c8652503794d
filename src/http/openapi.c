/* The OpenAPI 3.1 document of a route table. Paths are sorted, so that the bytes change only when
 * the rows do. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/router.h"

static const char problem_schema[] =
	"{\"type\":\"object\",\"description\":\"RFC "
	"9457\",\"required\":[\"type\",\"title\",\"status\",\"code\"],"
	"\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},"
	"\"status\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"},\"code\":{\"type\":"
	"\"string\"},"
	"\"request_id\":{\"type\":\"string\"},\"errors\":{\"type\":\"array\",\"items\":{\"type\":"
	"\"object\","
	"\"required\":[\"path\",\"message\"],\"properties\":{\"path\":{\"type\":\"string\"},"
	"\"message\":{\"type\":\"string\"}}}}}}";

static const char security_schemes[] =
	"{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"API key or "
	"visitor's token\"},"
	"\"session\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"zhiyin_session\"}}";

static void put_reference(JsonWriter *w, const char *key, const char *schema)
{
	g_autofree char *reference = g_strconcat("#/components/schemas/", schema, NULL);

	json_object_begin(w, key);
	json_put_string(w, "$ref", reference);
	json_object_end(w);
}

static void put_media(JsonWriter *w, const char *type, const char *schema)
{
	json_object_begin(w, type);
	if (g_str_equal(schema, ROUTE_BYTES))
		json_put_raw(w, "schema", "{\"type\":\"string\",\"format\":\"binary\"}");
	else
		put_reference(w, "schema", schema);
	json_object_end(w);
}

/* bytes_type: of what is no JSON. */
static void put_content(JsonWriter *w, const char *bytes_type, const char *schema)
{
	json_object_begin(w, "content");
	put_media(w, g_str_equal(schema, ROUTE_BYTES) ? bytes_type : "application/json", schema);
	json_object_end(w);
}

/* What the server refuses before it knows the section is told as a Problem. */
static void put_failures(JsonWriter *w, const HttpSection *section)
{
	json_object_begin(w, "content");
	put_media(w, section->failure_type, section->failure);
	if (strcmp(section->failure, "Problem") != 0)
		put_media(w, "application/problem+json", "Problem");
	json_object_end(w);
}

static void put_parameter(JsonWriter *w, const char *name, const char *where, const char *type)
{
	json_object_begin(w, NULL);
	json_put_string(w, "name", name);
	json_put_string(w, "in", where);
	if (!strcmp(where, "path"))
		json_put_bool(w, "required", TRUE);
	json_object_begin(w, "schema");
	json_put_string(w, "type", type);
	json_object_end(w);
	json_object_end(w);
}

static void put_path_parameters(JsonWriter *w, const char *pattern)
{
	for (const char *at = strchr(pattern, '{'); at; at = strchr(at + 1, '{')) {
		g_autofree char *name = g_strndup(at + 1, strcspn(at + 1, "*}"));

		put_parameter(w, name, "path", "string");
	}
}

/* "page_size:integer,q" */
static void put_query_parameters(JsonWriter *w, const char *query)
{
	g_auto(GStrv) parts = g_strsplit(query, ",", -1);

	for (guint i = 0; parts[i]; i++) {
		char *type = strchr(parts[i], ':');

		if (type)
			*type++ = '\0';
		put_parameter(w, g_strstrip(parts[i]), "query", type ? g_strstrip(type) : "string");
	}
}

static void put_responses(JsonWriter *w, const HttpRoute *route, const HttpSection *section)
{
	char status[12];

	g_snprintf(status, sizeof(status), "%d", route->status);
	json_object_begin(w, "responses");
	json_object_begin(w, status);
	json_put_string(w, "description", "Done");
	if (route->response)
		put_content(w, "*/*", route->response);
	json_object_end(w);
	json_object_begin(w, "default");
	json_put_string(w, "description", "It did not work; the document says why");
	put_failures(w, section);
	json_object_end(w);
	json_object_end(w);
}

static void put_security(JsonWriter *w, const HttpRoute *route)
{
	json_array_begin(w, "security");
	if (strcmp(route->permission, "public")) {
		json_put_raw(w, NULL, "{\"session\":[]}");
		json_put_raw(w, NULL, "{\"bearer\":[]}");
	}
	json_array_end(w);
	json_put_string(w, "x-permission", route->permission);
}

typedef struct {
	const HttpSchema *schemas;
	gsize n_schemas;
	const HttpSection *sections;
	gsize n_sections;
	GPtrArray *rows; /* of const HttpRoute */
} Selection;

/* A change says what changes; elsewhere a body is needed where its schema needs something of it. */
static gboolean needs_body(const Selection *selection, const HttpRoute *route)
{
	if (strcmp(route->method, "POST") != 0 || g_str_equal(route->request, ROUTE_BYTES))
		return TRUE;
	for (gsize i = 0; i < selection->n_schemas; i++)
		if (g_str_equal(selection->schemas[i].name, route->request))
			return strstr(selection->schemas[i].json, "\"required\":[") != NULL;
	return TRUE;
}

static void put_operation(JsonWriter *w, const HttpRoute *route, const HttpSection *section,
			  gboolean body_required)
{
	g_autofree char *method = g_ascii_strdown(route->method, -1);

	json_object_begin(w, method);
	json_put_string(w, "operationId", route->operation);
	json_put_string(w, "summary", route->summary);
	json_array_begin(w, "parameters");
	put_path_parameters(w, route->pattern);
	if (route->query)
		put_query_parameters(w, route->query);
	json_array_end(w);
	if (route->request) {
		json_object_begin(w, "requestBody");
		json_put_bool(w, "required", body_required);
		put_content(w, "application/octet-stream", route->request);
		json_object_end(w);
	}
	put_responses(w, route, section);
	put_security(w, route);
	json_object_end(w);
}

static const HttpSection *section_of(const Selection *selection, const HttpRoute *route)
{
	for (gsize i = 0; i < selection->n_sections; i++)
		if (g_str_has_prefix(route->pattern, selection->sections[i].prefix))
			return &selection->sections[i];
	return NULL;
}

static void select_route(const HttpRoute *route, gpointer data)
{
	Selection *selection = data;

	if (section_of(selection, route))
		g_ptr_array_add(selection->rows, (gpointer)(guintptr)route);
}

static int compare_routes(gconstpointer a, gconstpointer b)
{
	const HttpRoute *first = *(const HttpRoute *const *)a;
	const HttpRoute *second = *(const HttpRoute *const *)b;
	int order = strcmp(first->pattern, second->pattern);

	return order ? order : strcmp(first->method, second->method);
}

/* "/files/{path*}" is "/files/{path}" in OpenAPI. */
static char *pattern_path(const char *pattern)
{
	GString *path = g_string_new(pattern);

	g_string_replace(path, "*}", "}", 0);
	return g_string_free(path, FALSE);
}

static void put_paths(JsonWriter *w, const Selection *selection)
{
	const GPtrArray *rows = selection->rows;
	const char *open = NULL;

	json_object_begin(w, "paths");
	for (guint i = 0; i < rows->len; i++) {
		const HttpRoute *route = rows->pdata[i];

		if (!open || strcmp(open, route->pattern)) {
			g_autofree char *path = pattern_path(route->pattern);

			if (open)
				json_object_end(w);
			json_object_begin(w, path);
			open = route->pattern;
		}
		put_operation(w, route, section_of(selection, route),
			      route->request && needs_body(selection, route));
	}
	if (open)
		json_object_end(w);
	json_object_end(w);
}

GString *openapi_document(const Router *router, const HttpSchema *schemas, gsize n_schemas,
			  const char *title, const char *version, const HttpSection *sections,
			  gsize n_sections)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	Selection selection = {schemas, n_schemas, sections, n_sections, rows};
	GString *out = g_string_sized_new(16 * 1024);
	JsonWriter w = json_writer(out);

	router_each(router, select_route, &selection);
	g_ptr_array_sort(rows, compare_routes);
	json_object_begin(&w, NULL);
	json_put_string(&w, "openapi", "3.1.0");
	json_object_begin(&w, "info");
	json_put_string(&w, "title", title);
	json_put_string(&w, "version", version);
	json_object_end(&w);
	put_paths(&w, &selection);
	json_object_begin(&w, "components");
	json_object_begin(&w, "schemas");
	json_put_raw(&w, "Problem", problem_schema);
	for (gsize i = 0; i < n_schemas; i++)
		json_put_raw(&w, schemas[i].name, schemas[i].json);
	json_object_end(&w);
	json_put_raw(&w, "securitySchemes", security_schemes);
	json_object_end(&w);
	json_object_end(&w);
	return out;
}
