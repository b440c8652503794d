/*
 * A tree of path segments: per node a hash of the literals, one parameter branch, one rest branch,
 * and the rows that end there. Literals win over parameters, parameters over the rest; a branch
 * that leads nowhere is left again, so that /a/{id}/x and /a/b may stand side by side. The path alone
 * decides which node it is, the method only which of its rows. The work is bounded by the depth of the
 * patterns, not by the path sent.
 */
#include "http/router.h"

#include <string.h>

#include "base/error.h"
#include "http/head.h"

enum {
	ROUTER_MAX_DEPTH = 16,
	SEGMENT_MAX_BYTES = 64, /* of a literal; longer ones in a path cannot be literals */
};

typedef struct {
	const HttpRoute *route;
	guint n_names;
	char *names[ROUTER_MAX_PARAMETERS];
} Row;

typedef struct Node Node;
struct Node {
	GHashTable *literals; /* char * -> Node */
	Node *parameter, *rest;
	GPtrArray *rows; /* of Row that end here */
};

struct Router {
	Node *root;
	GPtrArray *rows; /* all, in declared order */
};

/* ---- building --------------------------------------------------------------------------------------- */

static void row_free(gpointer data)
{
	Row *row = data;

	for (guint i = 0; i < row->n_names; i++)
		g_free(row->names[i]);
	g_free(row);
}

static Node *node_new(void)
{
	Node *node = g_new0(Node, 1);

	node->rows = g_ptr_array_new();
	return node;
}

/* Depth is bounded by ROUTER_MAX_DEPTH. */
static void node_free(gpointer data)
{
	Node *node = data;

	if (!node)
		return;
	g_clear_pointer(&node->literals, g_hash_table_unref);
	node_free(node->parameter);
	node_free(node->rest);
	g_ptr_array_unref(node->rows);
	g_free(node);
}

void router_free(Router *router)
{
	if (!router)
		return;
	node_free(router->root);
	g_ptr_array_unref(router->rows);
	g_free(router);
}

static gboolean router_fail(const HttpRoute *route, const char *what, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "route %s %s: %s",
		    route->method ? route->method : "(none)",
		    route->pattern ? route->pattern : "(none)", what);
	return FALSE;
}

static Node **node_literal(Node *node, const char *segment, Node **spare)
{
	if (!node->literals)
		node->literals = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, node_free);
	*spare = g_hash_table_lookup(node->literals, segment);
	if (!*spare) {
		*spare = node_new();
		g_hash_table_insert(node->literals, g_strdup(segment), *spare);
	}
	return spare;
}

/* "{name}" -> "name", "{name*}" -> "name" and rest; NULL for a literal. */
static char *segment_name(const char *segment, gboolean *ret_rest)
{
	gsize n = strlen(segment);

	*ret_rest = FALSE;
	if (n < 3 || segment[0] != '{' || segment[n - 1] != '}')
		return NULL;
	*ret_rest = segment[n - 2] == '*';
	return g_strndup(segment + 1, n - 2 - (*ret_rest ? 1 : 0));
}

static gboolean row_add_name(Row *row, char *name, GError **error)
{
	if (row->n_names == ROUTER_MAX_PARAMETERS || !head_is_token(name) || strpbrk(name, "*{}")) {
		g_free(name);
		return router_fail(row->route, "bad or too many parameters", error);
	}
	row->names[row->n_names++] = name;
	for (guint i = 0; i + 1 < row->n_names; i++) {
		if (!strcmp(row->names[i], name))
			return router_fail(row->route, "two parameters of one name", error);
	}
	return TRUE;
}

/* The node below for one segment of a pattern; NULL with error when the segment is malformed. */
static Node *node_descend(Node *node, Row *row, const char *segment, gboolean last, GError **error)
{
	Node **branch, *spare;
	gboolean rest;
	char *name = segment_name(segment, &rest);

	if (!name) {
		if (strpbrk(segment, "{}*") || strlen(segment) >= SEGMENT_MAX_BYTES ||
		    (!*segment && !last)) {
			router_fail(row->route, "a segment is malformed", error);
			return NULL;
		}
		return *node_literal(node, segment, &spare);
	}
	if (!row_add_name(row, name, error))
		return NULL;
	if (rest && !last) {
		router_fail(row->route, "only the last segment may take the rest", error);
		return NULL;
	}
	branch = rest ? &node->rest : &node->parameter;
	if (!*branch)
		*branch = node_new();
	return *branch;
}

static gboolean node_add_row(Node *node, Row *row, GError **error)
{
	for (guint i = 0; i < node->rows->len; i++) {
		const Row *other = node->rows->pdata[i];

		if (!strcmp(other->route->method, row->route->method))
			return router_fail(row->route, "declared twice", error);
		/* One path, one set of names: OpenAPI knows no other. */
		for (guint j = 0; j < row->n_names; j++) {
			if (strcmp(other->names[j], row->names[j]))
				return router_fail(row->route,
						   "another row names the parameters differently",
						   error);
		}
	}
	g_ptr_array_add(node->rows, row);
	return TRUE;
}

static gboolean router_add_pattern(Router *router, Row *row, GError **error)
{
	g_auto(GStrv) segments = g_strsplit(row->route->pattern + 1, "/", -1);
	guint n = g_strv_length(segments);
	Node *node = router->root;

	if (n > ROUTER_MAX_DEPTH)
		return router_fail(row->route, "too many segments", error);
	if (!n) /* g_strsplit makes nothing of "", which is the one segment of "/" */
		node = node_descend(node, row, "", TRUE, error);
	for (guint i = 0; i < n && node; i++)
		node = node_descend(node, row, segments[i], i + 1 == n, error);
	return node && node_add_row(node, row, error);
}

static gboolean route_check(const HttpRoute *route, GHashTable *operations, GError **error)
{
	if (!route->method || !head_is_token(route->method) || !route->pattern ||
	    route->pattern[0] != '/')
		return router_fail(route, "method or pattern is malformed", error);
	if (!route->operation || !route->summary || !route->permission || !route->handler)
		return router_fail(
			route, "operation, summary, permission and handler must be given", error);
	if (route->status < 200 || route->status > 399)
		return router_fail(route, "the status of success is not one", error);
	if (!g_hash_table_add(operations, (gpointer)(guintptr)route->operation))
		return router_fail(route, "the operation name is taken", error);
	return TRUE;
}

static gboolean router_add(Router *router, const HttpRoute *route, GHashTable *operations,
			   GError **error)
{
	Row *row;

	if (!route_check(route, operations, error))
		return FALSE;
	row = g_new0(Row, 1);
	row->route = route;
	g_ptr_array_add(router->rows, row);
	return router_add_pattern(router, row, error);
}

Router *router_new(const HttpRoute *const *tables, const gsize *n_rows, gsize n_tables,
		   GError **error)
{
	g_autoptr(GHashTable) operations = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(Router) router = g_new0(Router, 1);

	router->root = node_new();
	router->rows = g_ptr_array_new_with_free_func(row_free);
	for (gsize i = 0; i < n_tables; i++) {
		for (gsize j = 0; j < n_rows[i]; j++) {
			if (!router_add(router, &tables[i][j], operations, error))
				return NULL;
		}
	}
	return g_steal_pointer(&router);
}

/* ---- finding ---------------------------------------------------------------------------------------- */

/* Where the parameters of the branch tried now stand in the path. */
typedef struct {
	const Node *found;
	guint n_values;
	struct {
		const char *start;
		gsize n_bytes;
	} values[ROUTER_MAX_PARAMETERS];
} Search;

static gboolean node_take(const Node *node, Search *search)
{
	search->found = node;
	return node->rows->len > 0;
}

static gboolean node_search(const Node *node, const char *path, Search *search);

static gboolean node_search_with(const Node *node, const char *value, gsize n_bytes,
				 const char *next, Search *search)
{
	search->values[search->n_values].start = value;
	search->values[search->n_values++].n_bytes = n_bytes;
	if (next ? node_search(node, next, search) : node_take(node, search))
		return TRUE;
	search->n_values--;
	return FALSE;
}

static const Node *node_find_literal(const Node *node, const char *path, gsize n)
{
	char segment[SEGMENT_MAX_BYTES];

	if (!node->literals || n >= sizeof(segment))
		return NULL;
	memcpy(segment, path, n);
	segment[n] = '\0';
	return g_hash_table_lookup(node->literals, segment);
}

/* path stands at the first byte of a segment. Recursion is as deep as the patterns are, at most
 * ROUTER_MAX_DEPTH. */
static gboolean node_search(const Node *node, const char *path, Search *search)
{
	gsize n = strcspn(path, "/");
	const char *next = path[n] ? path + n + 1 : NULL;
	const Node *literal = node_find_literal(node, path, n);

	if (literal && (next ? node_search(literal, next, search) : node_take(literal, search)))
		return TRUE;
	if (node->parameter && n && node_search_with(node->parameter, path, n, next, search))
		return TRUE;
	return node->rest && node_search_with(node->rest, path, strlen(path), NULL, search);
}

static const Row *node_find_row(const Node *node, const char *method)
{
	const Row *get = NULL;

	for (guint i = 0; i < node->rows->len; i++) {
		const Row *row = node->rows->pdata[i];

		if (!strcmp(row->route->method, method))
			return row;
		if (!strcmp(row->route->method, "GET"))
			get = row;
	}
	return strcmp(method, "HEAD") ? NULL : get;
}

static int compare_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *node_allowed(const Node *node)
{
	g_autoptr(GPtrArray) methods = g_ptr_array_new();

	for (guint i = 0; i < node->rows->len; i++) {
		const Row *row = node->rows->pdata[i];

		g_ptr_array_add(methods, (gpointer)(guintptr)row->route->method);
		if (!strcmp(row->route->method, "GET"))
			g_ptr_array_add(methods, (gpointer)(guintptr) "HEAD");
	}
	g_ptr_array_sort(methods, compare_text);
	g_ptr_array_add(methods, NULL);
	return g_strjoinv(", ", (char **)methods->pdata);
}

gboolean router_find(const Router *router, const char *method, const char *path,
		     RouteMatch *ret_match, char **ret_allow)
{
	Search search = {.n_values = 0};
	const Row *row;

	memset(ret_match, 0, sizeof(*ret_match));
	if (ret_allow)
		*ret_allow = NULL;
	if (path[0] != '/' || !node_search(router->root, path + 1, &search))
		return FALSE;
	row = node_find_row(search.found, method);
	if (!row) {
		if (ret_allow)
			*ret_allow = node_allowed(search.found);
		return FALSE;
	}
	ret_match->route = row->route;
	for (guint i = 0; i < search.n_values; i++) {
		ret_match->names[i] = row->names[i];
		ret_match->values[i] = g_strndup(search.values[i].start, search.values[i].n_bytes);
	}
	return TRUE;
}

void route_match_clear(RouteMatch *match)
{
	for (guint i = 0; i < ROUTER_MAX_PARAMETERS; i++)
		g_free(match->values[i]);
	memset(match, 0, sizeof(*match));
}

const char *route_match_value(const RouteMatch *match, const char *name)
{
	for (guint i = 0; i < ROUTER_MAX_PARAMETERS && match->names[i]; i++) {
		if (!strcmp(match->names[i], name))
			return match->values[i];
	}
	return NULL;
}

void router_each(const Router *router, void (*each)(const HttpRoute *route, gpointer data),
		 gpointer data)
{
	for (guint i = 0; i < router->rows->len; i++)
		each(((const Row *)router->rows->pdata[i])->route, data);
}
