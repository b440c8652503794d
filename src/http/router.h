/*
 * The route table: declared rows, found by method and path. From the rows also follow the OpenAPI
 * 3.1 document and the access check of the layer above (permission and mode are opaque here). A
 * pattern is a literal path with {names}; a name matches one non-empty segment; a trailing {name*}
 * matches the rest. Threads: a router never changes after router_new. Does not call handlers
 * itself.
 */
#pragma once

#include <glib.h>

struct ApiCall; /* of the layer above, opaque here */

/* As request or response: any bytes, no JSON. */
#define ROUTE_BYTES "*"

typedef struct {
	const char *method;	/* "GET" ... */
	const char *pattern;	/* "/api/v1/contacts/{id}" */
	const char *operation;	/* operationId, unique: "contact_get" */
	const char *summary;	/* one line */
	const char *permission; /* opaque here, never NULL: "public", "contacts:read" ... */
	int mode;		/* opaque here: where the handler runs */
	gsize max_body;		/* bytes, 0 = no body */
	const char *request;	/* name of a schema in the schema table, ROUTE_BYTES or NULL */
	const char *response;	/* likewise; NULL = no JSON body */
	int status;		/* of success: 200, 201, 204 */
	const char *query;	/* "page_size:integer,page_token:string" or NULL */
	gboolean (*handler)(struct ApiCall *call, GError **error); /* not called here */
	void (*after)(
		struct ApiCall *
			call); /* likewise: after the commit, sees to the answer; NULL = the plain one */
} HttpRoute;

typedef struct {
	const char *name; /* "Contact" */
	const char *json; /* a JSON Schema as text */
} HttpSchema;

typedef struct Router Router;
enum { ROUTER_MAX_PARAMETERS = 4 };
typedef struct {
	const HttpRoute *route;
	const char *names[ROUTER_MAX_PARAMETERS];
	char *values[ROUTER_MAX_PARAMETERS]; /* freed by route_match_clear */
} RouteMatch;

/* Rows are borrowed and must stay. Fails with INTERNAL when two rows collide or a row is malformed.
 */
Router *router_new(const HttpRoute *const *tables, const gsize *n_rows, gsize n_tables,
		   GError **error);
void router_free(Router *router);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Router, router_free)
/* FALSE: no such path (ret_allow NULL) or the path has other methods (ret_allow = "GET, POST", to
 * be freed). */
gboolean router_find(const Router *router, const char *method, const char *path,
		     RouteMatch *ret_match, char **ret_allow);
void route_match_clear(RouteMatch *match);
const char *route_match_value(const RouteMatch *match, const char *name);
void router_each(const Router *router, void (*each)(const HttpRoute *route, gpointer data),
		 gpointer data);

/* Rows that say in the same form why something did not work. */
typedef struct {
	const char *prefix;	  /* of their patterns */
	const char *failure;	  /* name of the schema of that; "Problem" is always there */
	const char *failure_type; /* content type of that */
} HttpSection;

/* OpenAPI 3.1 over all rows of the sections: paths, parameters, request and response schemas, security
 * schemes (cookie, bearer), x-permission. Stable order and bytes. */
GString *openapi_document(const Router *router, const HttpSchema *schemas, gsize n_schemas,
			  const char *title, const char *version, const HttpSection *sections,
			  gsize n_sections);
