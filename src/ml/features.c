/* An open-addressing table of keys; counting uses one counter for each feature, set back after each row, so
 * that a row costs no sorting. */
#include "ml/features.h"

#include <math.h>
#include <string.h>

typedef struct {
	guint32 key;
	guint32 value; /* index + 1, or the number of rows while building; 0 = free */
	guint32 last;  /* row + 1 that counted it last */
} Slot;

typedef struct {
	Slot *slots;
	gsize n_slots, n_used; /* n_slots: a power of two */
} KeyTable;

struct FeatureTable {
	KeyTable table;
	guint n;
	guint32 *keys;
	float *idf;
};

static void table_init(KeyTable *table, gsize n_expected)
{
	table->n_slots = 1024;
	while (table->n_slots < 2 * n_expected)
		table->n_slots *= 2;
	table->n_used = 0;
	table->slots = g_new0(Slot, table->n_slots);
}

static Slot *table_slot(const KeyTable *table, guint32 key)
{
	gsize at = (key * 2654435761U) & (table->n_slots - 1);

	while (table->slots[at].value && table->slots[at].key != key)
		at = (at + 1) & (table->n_slots - 1);
	return table->slots + at;
}

static void table_grow(KeyTable *table)
{
	KeyTable old = *table;

	table_init(table, old.n_slots);
	for (gsize i = 0; i < old.n_slots; i++)
		if (old.slots[i].value)
			*table_slot(table, old.slots[i].key) = old.slots[i];
	table->n_used = old.n_used;
	g_free(old.slots);
}

static void count_row(KeyTable *table, const GArray *row, guint32 stamp)
{
	for (guint k = 0; k < row->len; k++) {
		guint32 key = g_array_index(row, guint32, k);
		Slot *slot = table_slot(table, key);

		if (slot->value && slot->last == stamp)
			continue;
		if (!slot->value && ++table->n_used > table->n_slots / 2) {
			table_grow(table);
			slot = table_slot(table, key);
		}
		*slot = (Slot){key, slot->value + 1, stamp};
	}
}

/* More rows first; keys decide between equals, so that the order never depends on the table's size. */
static int by_rows(gconstpointer a, gconstpointer b)
{
	const Slot *x = a, *y = b;

	return x->value != y->value ? (x->value < y->value) - (x->value > y->value)
				    : (x->key > y->key) - (x->key < y->key);
}

FeatureTable *features_restore(const guint32 *keys, const float *idf, guint n)
{
	g_autoptr(FeatureTable) v = g_new0(FeatureTable, 1);

	table_init(&v->table, n);
	v->n = n;
	v->keys = g_memdup2(keys, n * sizeof *keys);
	v->idf = g_memdup2(idf, n * sizeof *idf);
	for (guint i = 0; i < n; i++) {
		Slot *slot = table_slot(&v->table, keys[i]);

		if (slot->value)
			return NULL;
		*slot = (Slot){keys[i], i + 1, 0};
	}
	return g_steal_pointer(&v);
}

FeatureTable *features_build(const GArray *const *rows, gsize n, guint min_rows, guint max_features)
{
	KeyTable table;
	gsize kept = 0;
	guint n_features;
	g_autofree guint32 *keys = NULL;
	g_autofree float *idf = NULL;

	table_init(&table, n * 16);
	for (gsize i = 0; i < n; i++)
		count_row(&table, rows[i], (guint32)i + 1);
	for (gsize i = 0; i < table.n_slots; i++)
		if (table.slots[i].value >= min_rows && table.slots[i].value)
			table.slots[kept++] = table.slots[i];
	qsort(table.slots, kept, sizeof *table.slots, by_rows);
	n_features = (guint)MIN(kept, max_features);
	keys = g_new(guint32, n_features + 1);
	idf = g_new(float, n_features + 1);
	for (guint i = 0; i < n_features; i++) {
		keys[i] = table.slots[i].key;
		idf[i] = (float)(1 + log((1.0 + (double)n) / (1.0 + table.slots[i].value)));
	}
	g_free(table.slots);
	return features_restore(keys, idf, n_features);
}

void features_free(FeatureTable *v)
{
	if (!v)
		return;
	g_free(v->table.slots);
	g_free(v->keys);
	g_free(v->idf);
	g_free(v);
}

guint features_size(const FeatureTable *v)
{
	return v->n;
}

gint features_find(const FeatureTable *v, guint32 key)
{
	return (gint)table_slot(&v->table, key)->value - 1;
}

guint32 features_key(const FeatureTable *v, guint index)
{
	return v->keys[index];
}

float features_idf(const FeatureTable *v, guint index)
{
	return v->idf[index];
}

void feature_row_clear(FeatureRow *row)
{
	g_clear_pointer(&row->indices, g_free);
	g_clear_pointer(&row->values, g_free);
	g_clear_pointer(&row->counts, g_free);
	row->n = row->room = row->n_counts = 0;
}

static void make_room(const FeatureTable *v, gsize n, FeatureRow *row)
{
	if (row->n_counts < v->n) {
		row->counts = g_renew(guint16, row->counts, v->n);
		memset(row->counts, 0, v->n * sizeof *row->counts);
		row->n_counts = v->n;
	}
	if (row->room < n || !row->indices) {
		row->room = (guint)n + 64;
		row->indices = g_renew(guint32, row->indices, row->room);
		row->values = g_renew(float, row->values, row->room);
	}
}

void features_weigh(const FeatureTable *v, const guint32 *keys, gsize n, FeatureRow *row)
{
	double square = 0;
	float scale;

	make_room(v, n, row);
	row->n = 0;
	for (gsize k = 0; k < n; k++) {
		guint32 value = table_slot(&v->table, keys[k])->value;

		if (!value)
			continue;
		if (!row->counts[value - 1])
			row->indices[row->n++] = value - 1;
		if (row->counts[value - 1] < G_MAXUINT16)
			row->counts[value - 1]++;
	}
	for (guint i = 0; i < row->n; i++) {
		guint16 *count = row->counts + row->indices[i];

		row->values[i] = (*count == 1 ? 1 : 1 + logf(*count)) * v->idf[row->indices[i]];
		square += (double)row->values[i] * (double)row->values[i];
		*count = 0;
	}
	scale = square > 0 ? (float)(1 / sqrt(square)) : 0;
	for (guint i = 0; i < row->n; i++)
		row->values[i] *= scale;
}
