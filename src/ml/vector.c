/* One row after the other: a search reads all of the store once, which is what it waits for. */
#include "ml/vector.h"

#include <float.h>
#include <math.h>

#include "ml/kernels.h"

enum { LEAST_ROOM = 64, ROW_TOP = 127, QUERY_TOP = 16383 };

struct VectorStore {
	gint8 *rows;   /* n x VECTOR_DIMENSIONS */
	float *scales; /* n; 0: no vector */
	gsize n, room;
};

VectorStore *vector_store_new(void)
{
	return g_new0(VectorStore, 1);
}

void vector_store_free(VectorStore *store)
{
	if (!store)
		return;
	g_free(store->rows);
	g_free(store->scales);
	g_free(store);
}

static void set_room(VectorStore *store, gsize room)
{
	store->room = room;
	store->rows = g_realloc_n(store->rows, room, VECTOR_DIMENSIONS);
	store->scales = g_realloc_n(store->scales, room, sizeof(float));
}

static float top_of(const float *vector)
{
	float top = 0;

	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++)
		top = MAX(top, fabsf(vector[k]));
	return top;
}

void vector_store_add(VectorStore *store, const float *vector)
{
	float top = vector ? top_of(vector) : 0, factor = top > 0 ? ROW_TOP / top : 0;
	gint8 *row;

	if (store->n == store->room)
		set_room(store, MAX(LEAST_ROOM, store->room + store->room / 2));
	row = store->rows + store->n * VECTOR_DIMENSIONS;
	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++)
		row[k] = vector ? (gint8)lrintf(vector[k] * factor) : 0;
	store->scales[store->n++] = top / ROW_TOP;
}

void vector_store_trim(VectorStore *store)
{
	if (store->n)
		set_room(store, store->n);
}

gsize vector_store_bytes(const VectorStore *store)
{
	return store->room * (VECTOR_DIMENSIONS + sizeof(float));
}

void vector_store_scores(const VectorStore *store, const float *query, float *scores)
{
	const Kernels *kernels = kernels_best();
	gint16 rounded[VECTOR_DIMENSIONS];
	float top = top_of(query), factor = top > 0 ? QUERY_TOP / top : 0;

	for (gsize k = 0; k < VECTOR_DIMENSIONS; k++)
		rounded[k] = (gint16)lrintf(query[k] * factor);
	for (gsize i = 0; i < store->n; i++) {
		float sum = (float)kernels->dot(store->rows + i * VECTOR_DIMENSIONS, rounded);

		scores[i] = sum * store->scales[i] * (top / QUERY_TOP);
		if (scores[i] == 0 && store->scales[i] > 0)
			scores[i] = FLT_MIN;
	}
}
