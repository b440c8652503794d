/* The OpenAPI document: what the rows say, it says; nothing else. With ZHIYIN_OPENAPI_OUT set it is
 * also written there, for a validator of the standard. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "http/router.h"

static gboolean handler(struct ApiCall *call, GError **error)
{
	(void)call;
	(void)error;
	return FALSE;
}

static const HttpRoute table[] = {
	{.method = "PATCH",
	 .pattern = "/api/v1/contacts/{id}",
	 .operation = "contact_set",
	 .summary = "Change a contact",
	 .permission = "contacts:write",
	 .max_body = 65536,
	 .request = "ContactPatch",
	 .response = "Contact",
	 .status = 200,
	 .handler = handler},
	{.method = "GET",
	 .pattern = "/api/v1/contacts/{id}",
	 .operation = "contact_get",
	 .summary = "Read a contact",
	 .permission = "contacts:read",
	 .response = "Contact",
	 .status = 200,
	 .handler = handler},
	{.method = "DELETE",
	 .pattern = "/api/v1/contacts/{id}",
	 .operation = "contact_remove",
	 .summary = "Remove a contact",
	 .permission = "contacts:write",
	 .status = 204,
	 .handler = handler},
	{.method = "GET",
	 .pattern = "/api/v1/contacts",
	 .operation = "contact_list",
	 .summary = "List contacts",
	 .permission = "contacts:read",
	 .response = "ContactList",
	 .status = 200,
	 .query = "page_size:integer, page_token, q:string",
	 .handler = handler},
	{.method = "GET",
	 .pattern = "/api/v1/version",
	 .operation = "version",
	 .summary = "Version",
	 .permission = "public",
	 .status = 200,
	 .handler = handler},
	{.method = "GET",
	 .pattern = "/api/v1/files/{path*}",
	 .operation = "file_get",
	 .summary = "A \"file\"",
	 .permission = "public",
	 .status = 200,
	 .handler = handler},
	{.method = "POST",
	 .pattern = "/other/ask",
	 .operation = "ask",
	 .summary = "Says in its own way why not",
	 .permission = "public",
	 .status = 200,
	 .handler = handler},
	{.method = "GET",
	 .pattern = "/console/{path*}",
	 .operation = "console",
	 .summary = "Not part of the document",
	 .permission = "public",
	 .status = 200,
	 .handler = handler},
};

static const HttpSchema schemas[] = {
	{"Contact", "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}}"},
	{"ContactPatch", "{\"type\":\"object\"}"},
	{"Refusal", "{\"type\":\"object\"}"},
	{"ContactList",
	 "{\"type\":\"object\",\"properties\":{\"items\":{\"type\":\"array\",\"items\":"
	 "{\"$ref\":\"#/components/schemas/Contact\"}}}}"},
};

static const HttpSection sections[] = {{"/api/v1/", "Problem", "application/problem+json"},
				       {"/other/", "Refusal", "application/json"}};

static GString *document_of(gboolean reversed)
{
	const HttpRoute *one[] = {table, table + 3};
	const HttpRoute *two[] = {table + 3, table};
	const gsize n_one[] = {3, G_N_ELEMENTS(table) - 3}, n_two[] = {G_N_ELEMENTS(table) - 3, 3};
	g_autoptr(Router) router =
		reversed ? router_new(two, n_two, 2, NULL) : router_new(one, n_one, 2, NULL);

	g_assert_nonnull(router);
	return openapi_document(router, schemas, G_N_ELEMENTS(schemas), "Zhiyin", "0.1.0", sections,
				G_N_ELEMENTS(sections));
}

static const json_t *member(const json_t *value, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, " ", -1);

	for (guint i = 0; keys[i]; i++)
		value = json_is_array(value) ? json_array_get(value, (gsize)atoi(keys[i]))
					     : json_object_get(value, keys[i]);
	return value;
}

static const char *text_at(const json_t *document, const char *path)
{
	return json_string_value(member(document, path));
}

static void test_document(void)
{
	g_autoptr(GError) error = NULL;
	GString *text = document_of(FALSE);
	g_autoptr(json_t) document = json_parse(text->str, text->len, &error);
	const char *out = g_getenv("ZHIYIN_OPENAPI_OUT");
	static const struct {
		const char *path, *expected;
	} rows[] = {
		{"openapi", "3.1.0"},
		{"info title", "Zhiyin"},
		{"info version", "0.1.0"},
		{"paths /api/v1/contacts/{id} get operationId", "contact_get"},
		{"paths /api/v1/contacts/{id} get parameters 0 name", "id"},
		{"paths /api/v1/contacts/{id} get parameters 0 in", "path"},
		{"paths /api/v1/contacts/{id} get x-permission", "contacts:read"},
		{"paths /api/v1/contacts/{id} patch requestBody content application/json schema "
		 "$ref",
		 "#/components/schemas/ContactPatch"},
		{"paths /api/v1/contacts/{id} patch responses 200 content application/json schema "
		 "$ref",
		 "#/components/schemas/Contact"},
		{"paths /api/v1/contacts/{id} delete responses default content "
		 "application/problem+json schema $ref",
		 "#/components/schemas/Problem"},
		{"paths /other/ask post responses default content application/json schema $ref",
		 "#/components/schemas/Refusal"},
		{"paths /api/v1/contacts get parameters 0 schema type", "integer"},
		{"paths /api/v1/contacts get parameters 1 name", "page_token"},
		{"paths /api/v1/contacts get parameters 1 schema type", "string"},
		{"paths /api/v1/contacts get parameters 2 in", "query"},
		{"paths /api/v1/files/{path} get summary", "A \"file\""},
		{"components schemas Contact type", "object"},
		{"components schemas Problem type", "object"},
		{"components securitySchemes bearer scheme", "bearer"},
		{"components securitySchemes session in", "cookie"},
	};

	g_assert_no_error(error);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		g_assert_cmpstr(text_at(document, rows[i].path), ==, rows[i].expected);
	g_assert_cmpuint(json_object_size(member(document, "paths")), ==, 5);
	g_assert_null(member(document, "paths /api/v1/contacts/{id} delete responses 204 content"));
	g_assert_cmpuint(json_array_size(member(document, "paths /api/v1/version get security")),
			 ==, 0);
	g_assert_cmpuint(json_array_size(member(document, "paths /api/v1/contacts get security")),
			 ==, 2);
	g_assert_true(!out || g_file_set_contents(out, text->str, (gssize)text->len, NULL));
	g_string_free(text, TRUE);
}

static void test_stable(void)
{
	GString *one = document_of(FALSE);
	GString *two = document_of(TRUE);

	g_assert_cmpstr(one->str, ==, two->str);
	g_string_free(one, TRUE);
	g_string_free(two, TRUE);
}

static void test_empty(void)
{
	g_autoptr(Router) router = router_new(NULL, NULL, 0, NULL);
	GString *text = openapi_document(router, NULL, 0, "None", "0", NULL, 0);
	g_autoptr(json_t) document = json_parse(text->str, text->len, NULL);

	g_assert_cmpuint(json_object_size(member(document, "paths")), ==, 0);
	g_assert_cmpuint(json_object_size(member(document, "components schemas")), ==, 1);
	g_string_free(text, TRUE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/openapi/document", test_document);
	g_test_add_func("/http/openapi/stable", test_stable);
	g_test_add_func("/http/openapi/empty", test_empty);
	return g_test_run();
}
