/* The route table: which row a path finds, what it is told otherwise, which tables are refused. */
#include <string.h>

#include "base/error.h"
#include "http/router.h"

static gboolean handler(struct ApiCall *call, GError **error)
{
	(void)call;
	(void)error;
	return FALSE;
}

#define ROW(verb, path, name)                                                       \
	{                                                                           \
		.method = verb, .pattern = path, .operation = name, .summary = "x", \
		.permission = "public", .status = 200, .handler = handler           \
	}

static const HttpRoute table[] = {
	ROW("GET", "/", "root"),
	ROW("GET", "/api/v1/contacts", "contact_list"),
	ROW("POST", "/api/v1/contacts", "contact_add"),
	ROW("GET", "/api/v1/contacts/{id}", "contact_get"),
	ROW("PATCH", "/api/v1/contacts/{id}", "contact_set"),
	ROW("GET", "/api/v1/contacts/{id}/timeline", "contact_timeline"),
	ROW("POST", "/api/v1/contacts/merge", "contact_merge"),
	ROW("GET", "/api/v1/{object}/{id}/history/{version}", "history"),
	ROW("GET", "/console/{path*}", "console"),
	ROW("GET", "/console/app.js", "script"),
	ROW("GET", "/slash/", "slash"),
};

static Router *router_of(const HttpRoute *rows, gsize n, GError **error)
{
	return router_new(&rows, &n, 1, error);
}

static void test_find(void)
{
	static const struct {
		const char *method, *path, *operation,
			*values; /* operation NULL: values is the Allow list, or NULL */
	} rows[] = {
		{"GET", "/", "root", ""},
		{"HEAD", "/", "root", ""},
		{"GET", "/api/v1/contacts", "contact_list", ""},
		{"POST", "/api/v1/contacts", "contact_add", ""},
		{"GET", "/api/v1/contacts/", NULL, NULL},
		{"GET", "/api/v1/contacts/42", "contact_get", "id=42,"},
		{"HEAD", "/api/v1/contacts/42", "contact_get", "id=42,"},
		{"GET", "/api/v1/contacts/退货 x", "contact_get", "id=退货 x,"},
		{"GET", "/api/v1/contacts/42/timeline", "contact_timeline", "id=42,"},
		{"POST", "/api/v1/contacts/merge", "contact_merge", ""},
		/* The literal is the address, whatever the method. */
		{"GET", "/api/v1/contacts/merge", NULL, "POST"},
		{"GET", "/api/v1/contacts/merge/timeline", "contact_timeline", "id=merge,"},
		/* The literal "contacts" leads nowhere here: back to the parameter. */
		{"GET", "/api/v1/contacts/7/history/3", "history",
		 "object=contacts,id=7,version=3,"},
		{"GET", "/api/v1/deals/7/history/3", "history", "object=deals,id=7,version=3,"},
		{"GET", "/api/v1/deals/7/history/", NULL, NULL},
		{"GET", "/api/v1/deals//history/3", NULL, NULL},
		{"GET", "/console/", "console", "path=,"},
		{"GET", "/console/a/b//c", "console", "path=a/b//c,"},
		{"GET", "/console/app.js", "script", ""},
		{"GET", "/console/app.js/x", "console", "path=app.js/x,"},
		{"GET", "/console", NULL, NULL},
		{"GET", "/slash/", "slash", ""},
		{"GET", "/slash", NULL, NULL},
		{"GET", "//", NULL, NULL},
		{"GET", "/nope", NULL, NULL},
		{"GET", "nope", NULL, NULL},
		{"DELETE", "/nope", NULL, NULL},
		{"DELETE", "/api/v1/contacts", NULL, "GET, HEAD, POST"},
		{"DELETE", "/api/v1/contacts/merge", NULL, "POST"},
		{"POST", "/console/x", NULL, "GET, HEAD"},
		{"get", "/", NULL, "GET, HEAD"},
	};
	g_autoptr(GError) error = NULL;
	g_autoptr(Router) router = router_of(table, G_N_ELEMENTS(table), &error);

	g_assert_no_error(error);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *allow = NULL;
		g_autoptr(GString) values = g_string_new(NULL);
		RouteMatch match;
		gboolean found = router_find(router, rows[i].method, rows[i].path, &match, &allow);

		g_test_message("%s %s", rows[i].method, rows[i].path);
		g_assert_cmpstr(found ? match.route->operation : NULL, ==, rows[i].operation);
		for (int j = 0; j < ROUTER_MAX_PARAMETERS && match.names[j]; j++)
			g_string_append_printf(values, "%s=%s,", match.names[j],
					       route_match_value(&match, match.names[j]));
		g_assert_cmpstr(found ? values->str : allow, ==, rows[i].values);
		g_assert_null(route_match_value(&match, "nothing"));
		route_match_clear(&match);
	}
}

static void test_long_paths(void)
{
	g_autoptr(Router) router = router_of(table, G_N_ELEMENTS(table), NULL);
	g_autofree char *segment = g_strnfill(100000, 'a');
	g_autofree char *slashes = g_strnfill(100000, '/');
	g_autofree char *path = g_strconcat("/api/v1/contacts/", segment, NULL);
	g_autofree char *rest = g_strconcat("/console/", slashes, NULL);
	RouteMatch match;

	g_assert_true(router_find(router, "GET", path, &match, NULL));
	g_assert_cmpstr(route_match_value(&match, "id"), ==, segment);
	route_match_clear(&match);
	g_assert_true(router_find(router, "GET", rest, &match, NULL));
	g_assert_cmpstr(route_match_value(&match, "path"), ==, slashes);
	route_match_clear(&match);
	g_assert_false(router_find(router, "GET", slashes, &match, NULL));
}

static void test_refused(void)
{
	static const struct {
		HttpRoute rows[2];
		const char *part;
	} tables[] = {
		{{ROW("GET", "/a", "a"), ROW("GET", "/a", "b")}, "declared twice"},
		{{ROW("GET", "/a/{x}", "a"), ROW("GET", "/a/{y}", "b")}, "declared twice"},
		{{ROW("GET", "/a/{x}", "a"), ROW("POST", "/a/{y}", "b")},
		 "names the parameters differently"},
		{{ROW("GET", "/a", "a"), ROW("GET", "/b", "a")}, "operation name is taken"},
		{{ROW("GET", "a", "a")}, "malformed"},
		{{ROW("GE T", "/a", "a")}, "malformed"},
		{{ROW("GET", "/a//b", "a")}, "segment is malformed"},
		{{ROW("GET", "/a/{b", "a")}, "segment is malformed"},
		{{ROW("GET", "/a/x{b}", "a")}, "segment is malformed"},
		{{ROW("GET", "/a/{}", "a")}, "segment is malformed"},
		{{ROW("GET", "/a/{b c}", "a")}, "parameters"},
		{{ROW("GET", "/{b}/{b}", "a")}, "two parameters"},
		{{ROW("GET", "/{a}/{b}/{c}/{d}/{e}", "a")}, "too many"},
		{{ROW("GET", "/{a*}/b", "a")}, "last segment"},
		{{ROW("GET", "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a", "a")}, "too many segments"},
		{{{.method = "GET",
		   .pattern = "/a",
		   .operation = "a",
		   .summary = "x",
		   .status = 200,
		   .handler = handler}},
		 "permission"},
		{{{.method = "GET",
		   .pattern = "/a",
		   .operation = "a",
		   .summary = "x",
		   .permission = "public",
		   .handler = handler}},
		 "status"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(Router) router =
			router_of(tables[i].rows, tables[i].rows[1].method ? 2 : 1, &error);

		g_assert_null(router);
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, tables[i].part));
	}
}

static void collect(const HttpRoute *route, gpointer data)
{
	g_ptr_array_add(data, (gpointer)(guintptr)route->operation);
}

static void test_each(void)
{
	static const HttpRoute more[] = {ROW("GET", "/more", "more")};
	const HttpRoute *tables[] = {table, more};
	const gsize n_rows[] = {G_N_ELEMENTS(table), G_N_ELEMENTS(more)};
	g_autoptr(Router) router = router_new(tables, n_rows, 2, NULL);
	g_autoptr(GPtrArray) operations = g_ptr_array_new();

	router_each(router, collect, operations);
	g_assert_cmpuint(operations->len, ==, G_N_ELEMENTS(table) + 1);
	g_assert_cmpstr(operations->pdata[0], ==, "root");
	g_assert_cmpstr(operations->pdata[operations->len - 1], ==, "more");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/router/find", test_find);
	g_test_add_func("/http/router/long_paths", test_long_paths);
	g_test_add_func("/http/router/refused", test_refused);
	g_test_add_func("/http/router/each", test_each);
	return g_test_run();
}
