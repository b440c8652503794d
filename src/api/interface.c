/* What the program offers over HTTP: all tables of routes as one, and the document that tells of them. */
#include "api/interface.h"

#include "api/api.h"
#include "api/openai.h"
#include "api/records.h"
#include "api/schemas.h"

/* Stands for the objects that organisations invent: its rows serve all of them. */
static const Object any_object = {.name = "record", .plural = "{objects}"};

struct Interface {
	Router *router;
	GPtrArray *tables; /* of const HttpRoute * */
	GArray *n_rows;
	GPtrArray *made; /* of GArray: the rows of objects, which the router borrows */
};

static void add_table(Interface *all, const HttpRoute *rows, gsize n)
{
	g_ptr_array_add(all->tables, (gpointer)(guintptr)rows);
	g_array_append_val(all->n_rows, n);
}

static void add_object(Interface *all, const Object *object)
{
	GArray *routes = record_routes_of(object);

	g_ptr_array_add(all->made, routes);
	add_table(all, (const HttpRoute *)(gpointer)routes->data, routes->len);
}

static void unref_array(gpointer array)
{
	g_array_unref(array);
}

static GPtrArray *program_objects(void)
{
	GPtrArray *objects = g_ptr_array_new();
	gsize n;
	const Object *const *all = objects_all(&n);

	for (gsize i = 0; i < n; i++)
		g_ptr_array_add(objects, (gpointer)(guintptr)all[i]);
	return objects;
}

static Interface *interface_of(const GPtrArray *objects, gboolean any, GError **error)
{
	g_autoptr(Interface) all = g_new0(Interface, 1);

	all->tables = g_ptr_array_new();
	all->n_rows = g_array_new(FALSE, FALSE, sizeof(gsize));
	all->made = g_ptr_array_new_with_free_func(unref_array);
	add_table(all, session_routes, n_session_routes);
	add_table(all, user_routes, n_user_routes);
	add_table(all, access_routes, n_access_routes);
	add_table(all, audit_routes, n_audit_routes);
	add_table(all, person_routes, n_person_routes);
	add_table(all, conversation_routes, n_conversation_routes);
	add_table(all, judgement_routes, n_judgement_routes);
	add_table(all, classifier_routes, n_classifier_routes);
	add_table(all, report_routes, n_report_routes);
	add_table(all, record_routes, n_record_routes);
	add_table(all, object_routes, n_object_routes);
	add_table(all, webhook_routes, n_webhook_routes);
	add_table(all, model_routes, n_model_routes);
	add_table(all, view_routes, n_view_routes);
	add_table(all, work_routes, n_work_routes);
	add_table(all, attachment_routes, n_attachment_routes);
	add_table(all, import_routes, n_import_routes);
	add_table(all, system_routes, n_system_routes);
	add_table(all, page_routes, n_page_routes);
	add_table(all, openai_routes, n_openai_routes);
	add_table(all, completion_routes, n_completion_routes);
	for (guint i = 0; i < objects->len; i++)
		add_object(all, objects->pdata[i]);
	if (any)
		add_object(all, &any_object);
	all->router =
		router_new((const HttpRoute *const *)all->tables->pdata,
			   (const gsize *)(gpointer)all->n_rows->data, all->tables->len, error);
	return all->router ? g_steal_pointer(&all) : NULL;
}

Interface *interface_new(GError **error)
{
	g_autoptr(GPtrArray) objects = program_objects();

	return interface_of(objects, TRUE, error);
}

void interface_free(Interface *all)
{
	if (!all)
		return;
	g_clear_pointer(&all->router, router_free);
	g_ptr_array_unref(all->tables);
	g_array_unref(all->n_rows);
	g_ptr_array_unref(all->made);
	g_free(all);
}

const Router *interface_router(const Interface *all)
{
	return all->router;
}

char *api_openapi(const GPtrArray *objects, GError **error)
{
	static const HttpSection sections[] = {{"/api/v1/", "Problem", "application/problem+json"},
					       {OPENAI_PREFIX, "OpenaiError", "application/json"}};
	g_autoptr(GPtrArray) own = objects ? NULL : program_objects();
	const GPtrArray *all = objects ? objects : own;
	g_autoptr(Interface) made = interface_of(all, FALSE, error);
	g_autoptr(GArray) schemas = NULL;
	GString *document;

	if (!made)
		return NULL;
	schemas = api_schemas(all);
	document = openapi_document(made->router, (const HttpSchema *)(gpointer)schemas->data,
				    schemas->len, "Zhiyin", ZHIYIN_VERSION, sections,
				    G_N_ELEMENTS(sections));
	return g_string_free(document, FALSE);
}
