/*
 * Files that travel inside the binary: web pages ("console/index.html", "widget/loader.js"), the
 * demo company ("demo/faq.zh.csv", its shop page "demo/index.html") and prompts ("prompts/...").
 * cmake/assets.cmake makes the table; text pages have a packed twin, name + ".gz". An ETag is
 * quoted, as it stands in the header.
 * Ownership: everything is static. Threads: register once before threads start; then all functions
 * are pure.
 * Does not read files at run time.
 */
#pragma once

#include <glib.h>

typedef struct {
	const char *name;
	const guint8 *data;
	gsize n_bytes;
	const char *etag;
} Asset;

/* The table, sorted by name; it is borrowed for ever. */
void asset_register(const Asset *assets, gsize n_assets);
/* NULL when there is none. */
const Asset *asset_find(const char *name);
/* All whose name begins with prefix, by name. */
typedef void (*AssetEach)(const Asset *asset, gpointer data);
void asset_each(const char *prefix, AssetEach each, gpointer data);
