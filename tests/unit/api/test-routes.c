/* The rows of the route tables agree with the tables that they name: permissions, schemas. */
#include "api/api.h"

#include <string.h>

#include "api/schemas.h"
#include "crm/objects.h"

typedef void (*RouteEach)(const HttpRoute *route, gpointer data);

static GPtrArray *program_objects(void)
{
	GPtrArray *objects = g_ptr_array_new();
	gsize n;
	const Object *const *all = objects_all(&n);

	for (gsize i = 0; i < n; i++)
		g_ptr_array_add(objects, (gpointer)(guintptr)all[i]);
	return objects;
}

typedef struct {
	RouteEach each;
	gpointer data;
} Walk;

/* Rows that stand for the objects of organisations have no schema of their own. */
static void declared_only(const HttpRoute *route, gpointer data)
{
	const Walk *walk = data;

	if (!strstr(route->pattern, "{objects}"))
		walk->each(route, walk->data);
}

static Interface *all;

static void each_route(RouteEach each, gpointer data)
{
	Walk walk = {each, data};

	router_each(interface_router(all), declared_only, &walk);
}

/* The system may do everything that has a name. */
static void check_permission(const HttpRoute *route, gpointer data)
{
	g_test_message("%s %s", route->method, route->pattern);
	g_assert_true(access_check(data, route->permission, NULL));
}

static void test_permissions_are_known(void)
{
	Principal system = principal_system("org");

	each_route(check_permission, &system);
}

static gboolean has_schema(const GArray *schemas, const char *name)
{
	for (guint i = 0; i < schemas->len; i++)
		if (g_str_equal(g_array_index(schemas, HttpSchema, i).name, name))
			return TRUE;
	return FALSE;
}

static void check_schemas(const HttpRoute *route, gpointer schemas)
{
	g_test_message("%s %s", route->method, route->pattern);
	g_assert_true(!route->request || g_str_equal(route->request, ROUTE_BYTES) ||
		      has_schema(schemas, route->request));
	g_assert_true(!route->response || g_str_equal(route->response, ROUTE_BYTES) ||
		      has_schema(schemas, route->response));
	g_assert_true(!route->request || route->max_body > 0); /* a body that may be sent is read */
}

static void test_schemas_are_there_and_are_json(void)
{
	g_autoptr(GPtrArray) objects = program_objects();
	g_autoptr(GArray) schemas = api_schemas(objects);

	each_route(check_schemas, schemas);
	for (guint i = 0; i < schemas->len; i++) {
		const HttpSchema *schema = &g_array_index(schemas, HttpSchema, i);
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) json = json_parse(schema->json, strlen(schema->json), &error);

		g_test_message("%s", schema->name);
		g_assert_no_error(error);
		g_assert_true(json_is_object(json));
	}
}

/* A change needs a method that browsers do not send by themselves, and reads change nothing. */
static void check_mode(const HttpRoute *route, gpointer operations)
{
	g_test_message("%s %s", route->method, route->pattern);
	/* what is read of a whole person leaves an audit row */
	g_assert_true(g_str_has_suffix(route->pattern, "/personal-data") ||
		      (g_str_equal(route->method, "GET") ? route->mode != API_WRITE
							 : route->mode != API_READ));
	g_assert_true(!g_str_equal(route->method, "GET") || route->max_body == 0);
	g_assert_nonnull(route->handler);
	g_assert_true(g_hash_table_add(operations, (gpointer)(guintptr)route->operation));
}

static void test_reads_read_and_operations_are_named_once(void)
{
	g_autoptr(GHashTable) operations = g_hash_table_new(g_str_hash, g_str_equal);

	each_route(check_mode, operations);
	g_assert_cmpuint(g_hash_table_size(operations), >, 30);
}

static void note_references(const json_t *value, GHashTable *names)
{
	const char *name;
	const json_t *member;
	json_t *element;
	gsize i;

	if (json_is_object(value)) {
		void *at = json_object_iter((json_t *)(guintptr)value);

		for (; at; at = json_object_iter_next((json_t *)(guintptr)value, at)) {
			name = json_object_iter_key(at);
			member = json_object_iter_value(at);
			if (g_str_equal(name, "$ref"))
				g_hash_table_add(names, g_strdup(json_string_value(member)));
			note_references(member, names);
		}
	}
	json_array_foreach(value, i, element) note_references(element, names);
}

/* What the document refers to stands in it. */
static void test_the_document_is_whole(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = api_openapi(NULL, &error);
	g_autoptr(json_t) document = NULL;
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const json_t *schemas;
	GHashTableIter at;
	gpointer name;

	g_assert_no_error(error);
	document = json_parse(text, strlen(text), &error);
	g_assert_no_error(error);
	schemas = json_object_get(json_object_get(document, "components"), "schemas");
	note_references(document, names);
	g_assert_cmpuint(g_hash_table_size(names), >, 10);
	g_hash_table_iter_init(&at, names);
	while (g_hash_table_iter_next(&at, &name, NULL)) {
		g_test_message("%s", (const char *)name);
		g_assert_true(g_str_has_prefix(name, "#/components/schemas/"));
		g_assert_nonnull(json_object_get(schemas, strrchr(name, '/') + 1));
	}
}

int main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	all = interface_new(NULL);
	g_assert_nonnull(all);
	g_test_add_func("/routes/permissions_are_known", test_permissions_are_known);
	g_test_add_func("/routes/schemas", test_schemas_are_there_and_are_json);
	g_test_add_func("/routes/reads_read", test_reads_read_and_operations_are_named_once);
	g_test_add_func("/routes/the_document_is_whole", test_the_document_is_whole);
	status = g_test_run();
	interface_free(all);
	return status;
}
