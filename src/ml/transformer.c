/*
 * Forward pass of the encoder, see transformer.h.
 * The wide middle of a layer is computed for a few rows at a time, so that it stays in the cache
 * and costs little memory; the other products take the whole stack.
 */
#include "ml/transformer.h"

#include <string.h>

#include "base/error.h"
#include "ml/kernels.h"

#define MODEL WEIGHTS_DIMENSIONS
#define STRIP 96 /* rows of the middle at a time, a multiple of every table's n_rows */

typedef struct {
	QuantMatrix qkv, attention, up, down;
	const float *attention_gain, *attention_bias, *output_gain, *output_bias; /* in the map */
} Layer;

struct Transformer {
	const Kernels *kernels;
	guint n_layers;
	gsize n_middle;
	float epsilon;
	const guint8 *words;
	const float *positions, *types, *gain, *bias;
	Layer *layers;
	const Adapter *adapter; /* NULL: none */
};

struct TransformerStack {
	gsize max_rows;			   /* whole groups */
	float *hidden, *context, *product; /* max_rows x 384 */
	float *qkv;			   /* max_rows x 1152 */
	float *middle;			   /* STRIP x n_middle */
	float *attention;		   /* scratch of Kernels.attend */
	guint8 *tile;			   /* scratch of Kernels.multiply */
	QuantRows rows;
};

typedef struct {
	const char *name; /* of the tensors, "l3.<name>.w" and ".b" */
	gsize matrix;	  /* offset in Layer */
	gsize part;	  /* which 384 outputs */
	gboolean from_middle, to_middle;
} MatrixRow;

static const MatrixRow matrices[] = {
	{"q", G_STRUCT_OFFSET(Layer, qkv), 0, FALSE, FALSE},
	{"k", G_STRUCT_OFFSET(Layer, qkv), 1, FALSE, FALSE},
	{"v", G_STRUCT_OFFSET(Layer, qkv), 2, FALSE, FALSE},
	{"ao", G_STRUCT_OFFSET(Layer, attention), 0, FALSE, FALSE},
	{"fi", G_STRUCT_OFFSET(Layer, up), 0, FALSE, TRUE},
	{"fo", G_STRUCT_OFFSET(Layer, down), 0, TRUE, FALSE},
};

static gboolean matrix_load(Layer *layer, const Weights *weights, guint number,
			    const MatrixRow *row, GError **error)
{
	gsize n_middle = weights_shape(weights)->n_feed_forward;
	gsize n_inputs = row->from_middle ? n_middle : MODEL,
	      n_outputs = row->to_middle ? n_middle : MODEL;
	g_autofree char *blocks_name = g_strdup_printf("l%u.%s.w", number, row->name);
	g_autofree char *bias_name = g_strdup_printf("l%u.%s.b", number, row->name);
	const guint8 *blocks = weights_blocks(weights, blocks_name, n_outputs, n_inputs, error);
	const float *bias = blocks ? weights_floats(weights, bias_name, n_outputs, error) : NULL;

	if (!bias)
		return FALSE;
	quant_matrix_set(G_STRUCT_MEMBER_P(layer, row->matrix), row->part * MODEL, n_outputs,
			 blocks, bias);
	weights_forget(weights, blocks_name);
	return TRUE;
}

static const float *norm_load(const Weights *weights, guint number, const char *name,
			      GError **error)
{
	g_autofree char *key = g_strdup_printf("l%u.%s", number, name);

	return weights_floats(weights, key, MODEL, error);
}

static gboolean layer_load(Layer *layer, const Weights *weights, guint number, GError **error)
{
	gsize n_middle = weights_shape(weights)->n_feed_forward;

	quant_matrix_init(&layer->qkv, 3 * MODEL, MODEL);
	quant_matrix_init(&layer->attention, MODEL, MODEL);
	quant_matrix_init(&layer->up, n_middle, MODEL);
	quant_matrix_init(&layer->down, MODEL, n_middle);
	for (gsize i = 0; i < G_N_ELEMENTS(matrices); i++)
		if (!matrix_load(layer, weights, number, &matrices[i], error))
			return FALSE;
	return (layer->attention_gain = norm_load(weights, number, "aln.w", error)) &&
	       (layer->attention_bias = norm_load(weights, number, "aln.b", error)) &&
	       (layer->output_gain = norm_load(weights, number, "oln.w", error)) &&
	       (layer->output_bias = norm_load(weights, number, "oln.b", error));
}

static gboolean embedding_load(Transformer *t, const Weights *weights, GError **error)
{
	const WeightsShape *shape = weights_shape(weights);

	return (t->words = weights_blocks(weights, "emb.word", shape->n_words, MODEL, error)) &&
	       (t->positions = weights_floats(weights, "emb.pos", (gsize)shape->n_positions * MODEL,
					      error)) &&
	       (t->types = weights_floats(weights, "emb.type", (gsize)shape->n_types * MODEL,
					  error)) &&
	       (t->gain = weights_floats(weights, "emb.ln.w", MODEL, error)) &&
	       (t->bias = weights_floats(weights, "emb.ln.b", MODEL, error));
}

gboolean transformer_correct(Transformer *t, const Adapter *adapter, GError **error)
{
	if (adapter->n_layers != t->n_layers || adapter->n_middle != t->n_middle) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the corrections are for another encoder");
		return FALSE;
	}
	t->adapter = adapter;
	return TRUE;
}

Transformer *transformer_new(const Weights *weights, GError **error)
{
	g_autoptr(Transformer) t = g_new0(Transformer, 1);
	const WeightsShape *shape = weights_shape(weights);

	t->kernels = kernels_best();
	t->n_middle = shape->n_feed_forward;
	t->epsilon = shape->epsilon;
	t->n_layers = shape->n_layers;
	t->layers = g_new0(Layer, t->n_layers);
	if (!embedding_load(t, weights, error))
		return NULL;
	for (guint i = 0; i < t->n_layers; i++)
		if (!layer_load(&t->layers[i], weights, i, error))
			return NULL;
	return g_steal_pointer(&t);
}

void transformer_free(Transformer *transformer)
{
	if (!transformer)
		return;
	for (guint i = 0; i < transformer->n_layers; i++) {
		quant_matrix_clear(&transformer->layers[i].qkv);
		quant_matrix_clear(&transformer->layers[i].attention);
		quant_matrix_clear(&transformer->layers[i].up);
		quant_matrix_clear(&transformer->layers[i].down);
	}
	g_free(transformer->layers);
	g_free(transformer);
}

static float *floats_new(gsize n_rows, gsize n_columns)
{
	return g_aligned_alloc0(n_rows * n_columns, sizeof(float), 64);
}

TransformerStack *transformer_stack_new(const Transformer *t, gsize max_rows)
{
	TransformerStack *stack = g_new0(TransformerStack, 1);
	gsize n_rows =
		(max_rows + t->kernels->n_rows - 1) / t->kernels->n_rows * t->kernels->n_rows;
	gsize n_inputs = MAX(n_rows * MODEL, STRIP * t->n_middle);

	stack->max_rows = n_rows;
	stack->hidden = floats_new(n_rows, MODEL);
	stack->context = floats_new(n_rows, MODEL);
	stack->product = floats_new(n_rows, MODEL);
	stack->qkv = floats_new(n_rows, 3 * MODEL);
	stack->middle = floats_new(STRIP, t->n_middle);
	stack->attention = floats_new(1, kernels_attend_scratch(max_rows));
	stack->tile = g_aligned_alloc(MAX(MODEL, t->n_middle), QUANT_TILE, 64);
	stack->rows.bytes = g_aligned_alloc(n_inputs, 1, 64);
	stack->rows.scales = floats_new(n_inputs / QUANT_BLOCK, 1);
	stack->rows.offsets = g_aligned_alloc(n_inputs / QUANT_BLOCK, sizeof(gint32), 64);
	return stack;
}

void transformer_stack_free(TransformerStack *stack)
{
	if (!stack)
		return;
	g_aligned_free(stack->hidden);
	g_aligned_free(stack->context);
	g_aligned_free(stack->product);
	g_aligned_free(stack->qkv);
	g_aligned_free(stack->middle);
	g_aligned_free(stack->attention);
	g_aligned_free(stack->tile);
	g_aligned_free(stack->rows.bytes);
	g_aligned_free(stack->rows.scales);
	g_aligned_free(stack->rows.offsets);
	g_free(stack);
}

/* Word, position and type of every token, normalised. Returns the number of rows. */
static gsize stack_embed(const Transformer *t, TransformerStack *stack, const Sequence *sequences,
			 gsize n_sequences)
{
	const gsize row_bytes = MODEL / WEIGHTS_BLOCK * WEIGHTS_BLOCK_BYTES;
	gsize n = 0;

	for (gsize s = 0; s < n_sequences; s++) {
		for (gsize i = 0; i < sequences[s].n; i++, n++) {
			float *row = stack->hidden + n * MODEL;
			const float *position = t->positions + i * MODEL;

			weights_unpack(t->words + (gsize)sequences[s].ids[i] * row_bytes, MODEL,
				       row);
			for (gsize j = 0; j < MODEL; j++)
				row[j] += position[j] + t->types[j];
			t->kernels->normalise(row, NULL, t->gain, t->bias, t->epsilon);
		}
	}
	return n;
}

/* Rows behind the last one, up to a whole group, hold zeros or what an earlier run left: numbers
 * nobody reads. */
static gsize rows_up(const Transformer *t, gsize n)
{
	return (n + t->kernels->n_rows - 1) / t->kernels->n_rows * t->kernels->n_rows;
}

static void stack_multiply(const Transformer *t, TransformerStack *stack, const QuantMatrix *matrix,
			   const float *in, gsize n_rows, float *out)
{
	for (gsize i = 0; i < n_rows; i++)
		t->kernels->quantise(in + i * MODEL, MODEL, &stack->rows, i);
	t->kernels->multiply(matrix, &stack->rows, n_rows, stack->tile, out);
}

/* out (rows of `stride`) += the correction of a matrix, of what went in. */
static void stack_correct(const Transformer *t, guint layer, AdapterMatrix matrix, const float *in,
			  gsize n_rows, float *out, gsize stride)
{
	const Adapter *a = t->adapter;
	const float *down, *up;

	if (!a || layer < a->first_layer)
		return;
	down = a->values + adapter_down(a, layer, matrix);
	up = a->values + adapter_up(a, layer, matrix);
	for (gsize i = 0; i < n_rows; i++)
		t->kernels->correct(in + i * MODEL, down, up, a->rank, adapter_outputs(a, matrix),
				    out + i * stride);
}

static void stack_attend(const Transformer *t, TransformerStack *stack, guint number,
			 const Sequence *sequences, gsize n_sequences, gsize n_rows)
{
	const Layer *layer = &t->layers[number];
	gsize first = 0;

	stack_multiply(t, stack, &layer->qkv, stack->hidden, rows_up(t, n_rows), stack->qkv);
	for (AdapterMatrix m = ADAPTER_QUERY; m <= ADAPTER_VALUE; m++)
		stack_correct(t, number, m, stack->hidden, n_rows,
			      stack->qkv + (m - ADAPTER_QUERY) * MODEL, 3 * MODEL);
	for (gsize s = 0; s < n_sequences; first += sequences[s++].n)
		t->kernels->attend(stack->qkv + first * 3 * MODEL, sequences[s].n,
				   stack->context + first * MODEL, stack->attention);
	stack_multiply(t, stack, &layer->attention, stack->context, rows_up(t, n_rows),
		       stack->product);
	stack_correct(t, number, ADAPTER_OUTPUT, stack->context, n_rows, stack->product, MODEL);
	for (gsize i = 0; i < n_rows; i++)
		t->kernels->normalise(stack->hidden + i * MODEL, stack->product + i * MODEL,
				      layer->attention_gain, layer->attention_bias, t->epsilon);
}

static void stack_feed(const Transformer *t, TransformerStack *stack, guint number, gsize n_rows)
{
	const Layer *layer = &t->layers[number];

	for (gsize first = 0; first < n_rows; first += STRIP) {
		gsize n = MIN(n_rows - first, STRIP), whole = rows_up(t, n);
		float *hidden = stack->hidden + first * MODEL;

		stack_multiply(t, stack, &layer->up, hidden, whole, stack->middle);
		stack_correct(t, number, ADAPTER_UP, hidden, n, stack->middle, t->n_middle);
		for (gsize i = 0; i < whole; i++)
			t->kernels->quantise_gelu(stack->middle + i * t->n_middle, t->n_middle,
						  &stack->rows, i);
		t->kernels->multiply(&layer->down, &stack->rows, whole, stack->tile,
				     stack->product);
		for (gsize i = 0; i < n; i++)
			t->kernels->normalise(hidden + i * MODEL, stack->product + i * MODEL,
					      layer->output_gain, layer->output_bias, t->epsilon);
	}
}

const float *transformer_run_to(const Transformer *transformer, TransformerStack *stack,
				const Sequence *sequences, gsize n_sequences, guint n_layers)
{
	gsize n_rows = stack_embed(transformer, stack, sequences, n_sequences);

	for (guint i = 0; i < n_layers; i++) {
		stack_attend(transformer, stack, i, sequences, n_sequences, n_rows);
		stack_feed(transformer, stack, i, n_rows);
	}
	return stack->hidden;
}

const float *transformer_run(const Transformer *transformer, TransformerStack *stack,
			     const Sequence *sequences, gsize n_sequences)
{
	return transformer_run_to(transformer, stack, sequences, n_sequences,
				  transformer->n_layers);
}
