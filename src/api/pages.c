/* The pages inside the binary: console, widget, demo shop. Their policies: scripts and styles from
 * here only, no text ever becomes markup or script (and no Trusted Types policy may allow it), and
 * only the widget may stand in another site's frame. */
#include <string.h>

#include "api/api.h"
#include "base/asset.h"
#include "base/error.h"

#define POLICY                                                                                     \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src " \
	"'self'; connect-src 'self'; "                                                             \
	"base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; "                \
	"trusted-types 'none'; "

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".json", "application/json"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".ico", "image/x-icon"},
	{".woff2", "font/woff2"},
	{".webmanifest", "application/manifest+json"},
};

static const char *content_type(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
		if (g_str_has_suffix(name, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

static gboolean wants_gzip(const ApiCall *call)
{
	const char *accepted = http_header(call->exchange, "Accept-Encoding");

	return accepted && strstr(accepted, "gzip");
}

/* Names with a content hash never change; the others are asked for again. */
static const char *cache_policy(const char *name)
{
	return strstr(name, "/assets/") ? "public, max-age=31536000, immutable" : "no-cache";
}

static gboolean send_asset(ApiCall *call, const char *name, const char *frame_policy,
			   GError **error)
{
	const char *known = http_header(call->exchange, "If-None-Match");
	g_autofree char *zipped = g_strconcat(name, ".gz", NULL);
	g_autofree char *policy = g_strconcat(POLICY, frame_policy, NULL);
	const Asset *asset = wants_gzip(call) ? asset_find(zipped) : NULL;

	if (asset)
		http_add_header(call->exchange, "Content-Encoding", "gzip");
	else
		asset = asset_find(name);
	if (!asset) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such page");
		return FALSE;
	}
	http_add_header(call->exchange, "Content-Security-Policy", policy);
	http_add_header(call->exchange, "Cache-Control", cache_policy(name));
	http_add_header(call->exchange, "ETag", asset->etag);
	http_add_header(call->exchange, "Vary", "Accept-Encoding");
	if (known && g_str_equal(known, asset->etag))
		http_respond(call->exchange, 304, NULL, NULL);
	else
		http_respond(call->exchange, 200, content_type(name),
			     g_bytes_new_static(asset->data, asset->n_bytes));
	call->answered = TRUE;
	return TRUE;
}

/* The file of that name, or the start page: the console draws its own addresses. */
static gboolean console_get(ApiCall *call, GError **error)
{
	const char *rest = route_match_value(&call->match, "path");
	g_autofree char *name = g_strconcat("console/", rest ? rest : "", NULL);

	return send_asset(call, asset_find(name) ? name : "console/index.html",
			  "frame-ancestors 'none'", error);
}

static gboolean widget_get(ApiCall *call, GError **error)
{
	const char *rest = route_match_value(&call->match, "path");
	g_autofree char *name = g_strconcat("widget/", rest ? rest : "index.html", NULL);

	http_add_header(call->exchange, "Cross-Origin-Resource-Policy", "cross-origin");
	return send_asset(call, name, "frame-ancestors *", error);
}

static gboolean demo_get(ApiCall *call, GError **error)
{
	const char *rest = route_match_value(&call->match, "path");
	g_autofree char *name = g_strconcat("demo/", rest ? rest : "index.html", NULL);

	if (!call->api->is_demo) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "this is not the demo company");
		return FALSE;
	}
	return send_asset(call, name, "frame-src 'self'; frame-ancestors 'none'", error);
}

static gboolean redirect(ApiCall *call, const char *address)
{
	http_add_header(call->exchange, "Location", address);
	http_respond(call->exchange, 302, NULL, NULL);
	call->answered = TRUE;
	return TRUE;
}

static gboolean root_get(ApiCall *call, GError **error)
{
	(void)error;
	return redirect(call, "/console/");
}

/* As people type it, without the slash; the row's own pattern, so that it leads nowhere else. */
static gboolean slash_get(ApiCall *call, GError **error)
{
	g_autofree char *address = g_strconcat(call->route->pattern, "/", NULL);

	(void)error;
	return redirect(call, address);
}

const HttpRoute page_routes[] = {
	{"GET", "/", "root", "To the console", "public", API_DIRECT, 0, NULL, NULL, 302, NULL,
	 root_get, NULL},
	{"GET", "/console", "console_slash", "To the console", "public", API_DIRECT, 0, NULL, NULL,
	 302, NULL, slash_get, NULL},
	{"GET", "/demo", "demo_slash", "To the demo shop", "public", API_DIRECT, 0, NULL, NULL, 302,
	 NULL, slash_get, NULL},
	{"GET", "/console/", "console", "The staff console", "public", API_DIRECT, 0, NULL, NULL,
	 200, NULL, console_get, NULL},
	{"GET", "/console/{path*}", "console_file", "The staff console", "public", API_DIRECT, 0,
	 NULL, NULL, 200, NULL, console_get, NULL},
	{"GET", "/widget/", "widget", "The chat widget", "public", API_DIRECT, 0, NULL, NULL, 200,
	 NULL, widget_get, NULL},
	{"GET", "/widget/{path*}", "widget_file", "The chat widget", "public", API_DIRECT, 0, NULL,
	 NULL, 200, NULL, widget_get, NULL},
	{"GET", "/demo/", "demo", "The demo shop", "public", API_DIRECT, 0, NULL, NULL, 200, NULL,
	 demo_get, NULL},
	{"GET", "/demo/{path*}", "demo_file", "The demo shop", "public", API_DIRECT, 0, NULL, NULL,
	 200, NULL, demo_get, NULL},
};
const gsize n_page_routes = G_N_ELEMENTS(page_routes);
