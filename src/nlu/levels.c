/* A level is made anew from the labels whenever it is asked for, so that models need not hold any. */
#include "nlu/levels.h"

#include <string.h>

gboolean label_is_path(const char *label)
{
	return *label && *label != '/' && !g_str_has_suffix(label, "/") && !strstr(label, "//");
}

guint label_level(const char *label)
{
	guint level = 1;

	for (const char *at = strchr(label, '/'); at; at = strchr(at + 1, '/'))
		level++;
	return level;
}

/* Bytes of the label's first so many parts. */
static gsize cut_length(const char *label, guint level)
{
	const char *at = label - 1;

	for (guint l = 0; at && l < level; l++)
		at = strchr(at + 1, '/');
	return at ? (gsize)(at - label) : strlen(label);
}

guint labels_depth(const GPtrArray *labels, guint n)
{
	guint depth = 1;
	gboolean several = FALSE;

	for (guint i = 0; i < n; i++) {
		const char *first = labels->pdata[0], *label = labels->pdata[i];
		gsize length = cut_length(label, 1);

		depth = MAX(depth, label_level(label));
		several |= length != cut_length(first, 1) || memcmp(label, first, length) != 0;
	}
	return several ? depth : 1;
}

GPtrArray *labels_cut(const GPtrArray *labels, guint level, guint *ret_of)
{
	g_autoptr(GHashTable) numbers = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *cut = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < labels->len; i++) {
		const char *label = labels->pdata[i];
		g_autofree char *own = g_strndup(label, cut_length(label, level));
		gpointer number;

		if (!g_hash_table_lookup_extended(numbers, own, NULL, &number)) {
			number = GUINT_TO_POINTER(cut->len);
			g_hash_table_insert(numbers, own, number);
			g_ptr_array_add(cut, g_steal_pointer(&own));
		}
		ret_of[i] = GPOINTER_TO_UINT(number);
	}
	return cut;
}
