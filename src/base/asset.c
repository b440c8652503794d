/* A sorted table and a binary search. The table is handed in, so that tests and tools link without
 * the pages. */
#include "base/asset.h"

#include <string.h>

/* Set once by asset_register() before any thread starts. */
static const Asset *table;
static gsize n_table;

void asset_register(const Asset *assets, gsize n_assets)
{
	table = assets;
	n_table = n_assets;
}

/* The first whose name is not before name. */
static gsize lower_bound(const char *name)
{
	gsize low = 0, high = n_table;

	while (low < high) {
		gsize middle = low + (high - low) / 2;

		if (strcmp(table[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const Asset *asset_find(const char *name)
{
	gsize at = lower_bound(name);

	return at < n_table && g_str_equal(table[at].name, name) ? &table[at] : NULL;
}

void asset_each(const char *prefix, AssetEach each, gpointer data)
{
	for (gsize at = lower_bound(prefix);
	     at < n_table && g_str_has_prefix(table[at].name, prefix); at++)
		each(&table[at], data);
}
