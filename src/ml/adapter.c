/* Reading, writing and finding one's way in the corrections; one table of matrices gives all
 * sizes. */
#include "ml/adapter.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "ml/weights.h"

#define MODEL WEIGHTS_DIMENSIONS

enum { MAX_LAYERS = 48, MAX_MIDDLE = 8192, MAX_CARD = 65536 };

typedef struct {
	char magic[4];
	guint32 first_layer, n_layers, rank, n_middle, n_card;
	float scale, offset;
} Head;

G_STATIC_ASSERT(sizeof(Head) == 32);

guint adapter_outputs(const Adapter *adapter, AdapterMatrix matrix)
{
	return matrix == ADAPTER_UP ? adapter->n_middle : MODEL;
}

static gsize matrix_values(const Adapter *adapter, AdapterMatrix matrix)
{
	return (gsize)adapter->rank * (MODEL + adapter_outputs(adapter, matrix));
}

gsize adapter_down(const Adapter *adapter, guint layer, AdapterMatrix matrix)
{
	gsize per_layer = 0, before = 0;

	for (AdapterMatrix m = 0; m < N_ADAPTER_MATRICES; m++) {
		if (m < matrix)
			before += matrix_values(adapter, m);
		per_layer += matrix_values(adapter, m);
	}
	return (layer - adapter->first_layer) * per_layer + before;
}

gsize adapter_up(const Adapter *adapter, guint layer, AdapterMatrix matrix)
{
	return adapter_down(adapter, layer, matrix) + (gsize)adapter->rank * MODEL;
}

static Adapter *adapter_alloc(guint first_layer, guint n_layers, guint rank, guint n_middle)
{
	Adapter *adapter = g_new0(Adapter, 1);

	*adapter = (Adapter){.first_layer = first_layer,
			     .n_layers = n_layers,
			     .rank = rank,
			     .n_middle = n_middle};
	adapter->n = adapter_down(adapter, n_layers, 0);
	adapter->values = g_new0(float, adapter->n);
	return adapter;
}

void adapter_free(Adapter *adapter)
{
	if (!adapter)
		return;
	g_free(adapter->values);
	g_free(adapter);
}

/* Box and Muller; the generator is GLib's, the same for the same seed everywhere. */
static float normal(GRand *chance)
{
	double u = g_rand_double(chance), v = g_rand_double(chance);

	return (float)(sqrt(-2 * log(1 - u)) * cos(2 * G_PI * v));
}

Adapter *adapter_new(guint first_layer, guint n_layers, guint rank, guint n_middle, guint64 seed)
{
	Adapter *adapter = adapter_alloc(first_layer, n_layers, rank, n_middle);
	guint32 words[2] = {(guint32)seed, (guint32)(seed >> 32)};
	GRand *chance = g_rand_new_with_seed_array(words, G_N_ELEMENTS(words));

	for (guint layer = first_layer; layer < n_layers; layer++)
		for (AdapterMatrix m = 0; m < N_ADAPTER_MATRICES; m++) {
			float *down = adapter->values + adapter_down(adapter, layer, m);

			for (gsize i = 0; i < (gsize)rank * MODEL; i++)
				down[i] = normal(chance) / sqrtf(MODEL);
		}
	g_rand_free(chance);
	adapter->scale = 30;
	adapter->offset = 0.84f;
	return adapter;
}

/* ---- rows of the file ---------------------------------------------------------------------------- */

typedef void (*RowEach)(float *row, gsize n, gpointer data);

static void each_row(const Adapter *adapter, RowEach each, gpointer data)
{
	float *at = adapter->values;

	for (guint layer = adapter->first_layer; layer < adapter->n_layers; layer++)
		for (AdapterMatrix m = 0; m < N_ADAPTER_MATRICES; m++)
			for (guint part = 0; part < 2; part++) {
				gsize n = part ? adapter_outputs(adapter, m) : MODEL;

				for (guint r = 0; r < adapter->rank; r++, at += n)
					each(at, n, data);
			}
}

static void row_write(float *row, gsize n, gpointer data)
{
	GByteArray *out = data;
	float top = 0, scale;

	for (gsize i = 0; i < n; i++)
		top = MAX(top, fabsf(row[i]));
	scale = top / 127;
	g_byte_array_append(out, (const guint8 *)&scale, sizeof(scale));
	for (gsize i = 0; i < n; i++) {
		gint8 byte = scale > 0 ? (gint8)lrintf(row[i] / scale) : 0;

		g_byte_array_append(out, (const guint8 *)&byte, 1);
	}
}

GByteArray *adapter_format(const Adapter *adapter, const char *card)
{
	GByteArray *out = g_byte_array_new();
	Head head = {.magic = {'Z', 'Y', 'A', '1'},
		     .first_layer = adapter->first_layer,
		     .n_layers = adapter->n_layers,
		     .rank = adapter->rank,
		     .n_middle = adapter->n_middle,
		     .n_card = (guint32)MIN(strlen(card), MAX_CARD),
		     .scale = adapter->scale,
		     .offset = adapter->offset};

	g_byte_array_append(out, (const guint8 *)&head, sizeof(head));
	g_byte_array_append(out, (const guint8 *)card, head.n_card);
	each_row(adapter, row_write, out);
	return out;
}

typedef struct {
	const guint8 *at;
	gboolean sound;
} RowReader;

static void row_read(float *row, gsize n, gpointer data)
{
	RowReader *reader = data;
	float scale;

	memcpy(&scale, reader->at, sizeof(scale));
	reader->sound = reader->sound && isfinite(scale) && scale >= 0 && scale < 1000;
	for (gsize i = 0; i < n; i++)
		row[i] = (float)(gint8)reader->at[sizeof(scale) + i] * scale;
	reader->at += sizeof(scale) + n;
}

static void row_count(float *row, gsize n, gpointer data)
{
	(void)row;
	*(gsize *)data += sizeof(float) + n;
}

static gboolean head_sound(const Head *head)
{
	return memcmp(head->magic, "ZYA1", 4) == 0 && head->rank >= 1 &&
	       head->rank <= ADAPTER_MAX_RANK && head->n_layers >= 1 &&
	       head->n_layers <= MAX_LAYERS && head->first_layer < head->n_layers &&
	       head->n_middle % WEIGHTS_BLOCK == 0 && head->n_middle >= 32 &&
	       head->n_middle <= MAX_MIDDLE && head->n_card <= MAX_CARD && isfinite(head->scale) &&
	       isfinite(head->offset);
}

Adapter *adapter_parse(const guint8 *bytes, gsize n_bytes, GError **error)
{
	g_autoptr(Adapter) adapter = NULL;
	gsize expected = sizeof(Head);
	RowReader reader = {.sound = TRUE};
	Head head;

	if (n_bytes >= sizeof(head))
		memcpy(&head, bytes, sizeof(head));
	if (n_bytes < sizeof(head) || !head_sound(&head)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "this is not a file of encoder corrections");
		return NULL;
	}
	adapter = adapter_alloc(head.first_layer, head.n_layers, head.rank, head.n_middle);
	adapter->scale = head.scale;
	adapter->offset = head.offset;
	expected += head.n_card;
	each_row(adapter, row_count, &expected);
	if (expected == n_bytes) {
		reader.at = bytes + sizeof(head) + head.n_card;
		each_row(adapter, row_read, &reader);
	}
	if (expected != n_bytes || !reader.sound) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the encoder's corrections are cut off or damaged");
		return NULL;
	}
	return g_steal_pointer(&adapter);
}
