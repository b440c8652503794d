/*
 * Texts to vectors, see encoder.h.
 * Texts become windows, windows of about equal length become stacks, and the threads of the call
 * take stacks until none is left.
 * Every window writes to a place of its own and the windows of a text are added up in order
 * afterwards, so that the result does not hang on who worked when.
 */
#include "ml/encoder.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ml/kernels.h"
#include "ml/tokenizer.h"
#include "ml/transformer.h"
#include "ml/weights.h"

#define MODEL ENCODER_DIMENSIONS
/* Tokens in a stack: enough for the matrix products to be fast, and little memory. A small call is
 * spread over its threads in stacks no smaller than the second number. */
#define STACK_ROWS 288
#define STACK_MIN_ROWS 48
/* Texts are taken in slabs of about so many tokens, which bounds the memory of a call. */
#define SLAB_TOKENS 65536
#define SLAB_TEXTS 4096
#define SLAB_TOKENS_KEPT 8192 /* where every token keeps its 384 numbers */

G_STATIC_ASSERT(ENCODER_DIMENSIONS == WEIGHTS_DIMENSIONS);

struct Encoder {
	Weights *weights;
	Tokenizer *tokenizer;
	Transformer *transformer;
	Adapter *adapter; /* NULL: as it was published */
	guint n_threads;
};

/* Up to n_positions - 2 tokens of one text, between bos and eos. */
typedef struct {
	gsize text;	/* in the slab */
	guint first, n; /* in Slab.ids, bos and eos included */
} Window;

typedef struct {
	guint first, n; /* in Slab.windows */
} Stack;

/* Some texts of a call on their way. */
typedef struct {
	const Encoder *encoder;
	EncoderPrefix prefix;
	GArray *ids;	 /* gint32: the tokens of all windows */
	GArray *tokens;	 /* Token: those of all texts, without bos and eos */
	GArray *ends;	 /* guint for each text: where its tokens end */
	GArray *windows; /* Window, the longest first */
	GArray *stacks;	 /* Stack */
	gboolean keep_tokens;
	float *means;	 /* windows x 384; or, with keep_tokens, tokens of ids x 384 */
	gint next_stack; /* atomic */
} Slab;

Encoder *encoder_open(const char *path, guint n_threads, GError **error)
{
	g_autoptr(Encoder) encoder = g_new0(Encoder, 1);

	encoder->n_threads = CLAMP(n_threads, 1, 256);
	encoder->weights = weights_open(path, error);
	if (!encoder->weights)
		return NULL;
	encoder->transformer = transformer_new(encoder->weights, error);
	if (!encoder->transformer)
		return NULL;
	encoder->tokenizer = tokenizer_new(weights_vocabulary(encoder->weights));
	return g_steal_pointer(&encoder);
}

void encoder_free(Encoder *encoder)
{
	if (!encoder)
		return;
	g_clear_pointer(&encoder->tokenizer, tokenizer_free);
	g_clear_pointer(&encoder->transformer, transformer_free);
	g_clear_pointer(&encoder->adapter, adapter_free);
	g_clear_pointer(&encoder->weights, weights_free);
	g_free(encoder);
}

gboolean encoder_correct(Encoder *encoder, const guint8 *bytes, gsize n_bytes, GError **error)
{
	g_autoptr(Adapter) adapter = adapter_parse(bytes, n_bytes, error);

	if (!adapter || !transformer_correct(encoder->transformer, adapter, error))
		return FALSE;
	g_clear_pointer(&encoder->adapter, adapter_free);
	encoder->adapter = g_steal_pointer(&adapter);
	return TRUE;
}

static const char *prefix_text(EncoderPrefix prefix)
{
	static const char *const texts[] = {
		[ENCODER_QUERY] = "query: ", [ENCODER_PASSAGE] = "passage: ", [ENCODER_PLAIN] = ""};

	return texts[prefix];
}

static void slab_clear(Slab *slab)
{
	g_clear_pointer(&slab->ids, g_array_unref);
	g_clear_pointer(&slab->tokens, g_array_unref);
	g_clear_pointer(&slab->ends, g_array_unref);
	g_clear_pointer(&slab->windows, g_array_unref);
	g_clear_pointer(&slab->stacks, g_array_unref);
	g_clear_pointer(&slab->means, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Slab, slab_clear)

static void slab_init(Slab *slab, const Encoder *encoder, EncoderPrefix prefix,
		      gboolean keep_tokens)
{
	*slab = (Slab){.encoder = encoder, .prefix = prefix, .keep_tokens = keep_tokens};
	slab->ids = g_array_new(FALSE, FALSE, sizeof(gint32));
	slab->tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	slab->ends = g_array_new(FALSE, FALSE, sizeof(guint));
	slab->windows = g_array_new(FALSE, FALSE, sizeof(Window));
	slab->stacks = g_array_new(FALSE, FALSE, sizeof(Stack));
}

/* Cuts the tokens [first, end) of a text into windows; without any, one window of bos and eos. */
static void windows_add(Slab *slab, gsize text, guint first, guint end)
{
	const WeightsVocabulary *vocabulary = weights_vocabulary(slab->encoder->weights);
	guint most = weights_shape(slab->encoder->weights)->n_positions - 2;

	do {
		guint n = MIN(end - first, most);
		Window window = {text, slab->ids->len, n + 2};

		g_array_append_val(slab->ids, vocabulary->bos);
		for (guint i = 0; i < n; i++)
			g_array_append_val(slab->ids,
					   g_array_index(slab->tokens, Token, first + i).id);
		g_array_append_val(slab->ids, vocabulary->eos);
		g_array_append_val(slab->windows, window);
		first += n;
	} while (first < end);
}

/* Takes texts until the slab is full; returns how many, 0 on failure. */
static gsize slab_fill(Slab *slab, const char *const *texts, gsize n_texts, GError **error)
{
	guint most = slab->keep_tokens ? SLAB_TOKENS_KEPT : SLAB_TOKENS;
	gsize n = 0;

	g_array_set_size(slab->ids, 0);
	g_array_set_size(slab->tokens, 0);
	g_array_set_size(slab->ends, 0);
	g_array_set_size(slab->windows, 0);
	for (; n < MIN(n_texts, SLAB_TEXTS) && slab->tokens->len < most; n++) {
		guint first = slab->tokens->len;

		if (!tokenizer_split(slab->encoder->tokenizer, prefix_text(slab->prefix), texts[n],
				     strlen(texts[n]), slab->tokens, error))
			return 0;
		g_array_append_val(slab->ends, slab->tokens->len);
		windows_add(slab, n, first, slab->tokens->len);
	}
	return n;
}

/* The longest first; equal ones in the order of the texts. */
static int window_compare(const void *a, const void *b)
{
	const Window *left = a, *right = b;

	if (left->n != right->n)
		return left->n < right->n ? 1 : -1;
	return left->first < right->first ? -1 : left->first > right->first;
}

static void slab_stack(Slab *slab)
{
	guint rows = CLAMP(slab->ids->len / slab->encoder->n_threads, STACK_MIN_ROWS, STACK_ROWS),
	      n_rows = 0;
	Stack stack = {0, 0};

	g_array_sort(slab->windows, window_compare);
	g_array_set_size(slab->stacks, 0);
	for (guint i = 0; i < slab->windows->len; i++) {
		const Window *window = &g_array_index(slab->windows, Window, i);

		if (stack.n && n_rows + window->n > rows) {
			g_array_append_val(slab->stacks, stack);
			stack = (Stack){i, 0};
			n_rows = 0;
		}
		stack.n++;
		n_rows += window->n;
	}
	if (stack.n)
		g_array_append_val(slab->stacks, stack);
}

/* The first window is the longest: no stack has more rows than it or STACK_ROWS. */
static gsize slab_max_rows(const Slab *slab)
{
	return MIN(slab->ids->len, MAX(STACK_ROWS, g_array_index(slab->windows, Window, 0).n));
}

static void rows_mean(const float *rows, guint n, float *mean)
{
	memset(mean, 0, MODEL * sizeof(float));
	for (guint i = 0; i < n; i++)
		for (guint j = 0; j < MODEL; j++)
			mean[j] += rows[i * MODEL + j];
	for (guint j = 0; j < MODEL; j++)
		mean[j] /= (float)n;
}

static void stack_finish(Slab *slab, const Stack *stack, const float *hidden)
{
	for (guint i = 0; i < stack->n; i++) {
		const Window *window = &g_array_index(slab->windows, Window, stack->first + i);

		if (slab->keep_tokens)
			memcpy(slab->means + (gsize)window->first * MODEL, hidden,
			       window->n * MODEL * sizeof(float));
		else
			rows_mean(hidden, window->n,
				  slab->means + (gsize)(stack->first + i) * MODEL);
		hidden += (gsize)window->n * MODEL;
	}
}

/* One thread's share: stacks until none is left. */
static void *slab_work(void *data)
{
	Slab *slab = data;
	const Transformer *transformer = slab->encoder->transformer;
	g_autoptr(TransformerStack) scratch =
		transformer_stack_new(transformer, slab_max_rows(slab));
	g_autoptr(GArray) sequences = g_array_new(FALSE, FALSE, sizeof(Sequence));
	guint next;

	while ((next = (guint)g_atomic_int_add(&slab->next_stack, 1)) < slab->stacks->len) {
		const Stack *stack = &g_array_index(slab->stacks, Stack, next);

		g_array_set_size(sequences, 0);
		for (guint i = 0; i < stack->n; i++) {
			const Window *window =
				&g_array_index(slab->windows, Window, stack->first + i);
			Sequence sequence = {&g_array_index(slab->ids, gint32, window->first),
					     window->n};

			g_array_append_val(sequences, sequence);
		}
		stack_finish(slab, stack,
			     transformer_run(transformer, scratch, (const void *)sequences->data,
					     stack->n));
	}
	return NULL;
}

/* Encodes the windows of a filled slab on this thread and as many others as there is work for. */
static void slab_run(Slab *slab)
{
	guint n_threads;
	g_autoptr(GPtrArray) threads = g_ptr_array_new();

	slab_stack(slab);
	g_free(slab->means);
	slab->means = g_new(
		float, (gsize)(slab->keep_tokens ? slab->ids->len : slab->windows->len) * MODEL);
	slab->next_stack = 0;
	n_threads = MIN(slab->encoder->n_threads, slab->stacks->len);
	for (guint i = 1; i < n_threads; i++) {
		GThread *thread = g_thread_try_new("encoder", slab_work, slab, NULL);

		if (thread) /* without it, the others do its work */
			g_ptr_array_add(threads, thread);
	}
	slab_work(slab);
	for (guint i = 0; i < threads->len; i++)
		g_thread_join(threads->pdata[i]);
}

/* Scales to unit length; FALSE when there is none. */
static gboolean vector_scale(float *vector)
{
	double squares = 0;
	float inverse;

	for (guint j = 0; j < MODEL; j++)
		squares += (double)vector[j] * (double)vector[j];
	if (!isfinite(squares) || squares <= 0)
		return FALSE;
	inverse = (float)(1 / sqrt(squares));
	for (guint j = 0; j < MODEL; j++)
		vector[j] *= inverse;
	return TRUE;
}

static gboolean vector_finish(float *vector, GError **error)
{
	if (vector_scale(vector))
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the encoder weights are damaged: they give no finite vector");
	return FALSE;
}

static int window_compare_place(const void *a, const void *b)
{
	const Window *const *left = a, *const *right = b;

	return (*left)->first < (*right)->first ? -1 : (*left)->first > (*right)->first;
}

/* The windows of each text, weighted by their tokens, added up in the order of the text. */
static gboolean slab_vectors(const Slab *slab, gsize n_texts, float *vectors, GError **error)
{
	g_autoptr(GPtrArray) order = g_ptr_array_sized_new(slab->windows->len);
	const Window *base = (const void *)slab->windows->data;

	memset(vectors, 0, n_texts * MODEL * sizeof(float));
	for (guint i = 0; i < slab->windows->len; i++)
		g_ptr_array_add(order, &g_array_index(slab->windows, Window, i));
	g_ptr_array_sort(order, window_compare_place);
	for (guint i = 0; i < order->len; i++) {
		const Window *window = order->pdata[i];
		const float *mean = slab->means + (gsize)(window - base) * MODEL;
		float weight = (float)MAX(window->n - 2, 1),
		      *vector = vectors + window->text * MODEL;

		for (guint j = 0; j < MODEL; j++)
			vector[j] += weight * mean[j];
	}
	for (gsize i = 0; i < n_texts; i++)
		if (!vector_finish(vectors + i * MODEL, error))
			return FALSE;
	return TRUE;
}

gboolean encoder_encode(const Encoder *encoder, EncoderPrefix prefix, const char *const *texts,
			gsize n_texts, float *vectors, GError **error)
{
	g_auto(Slab) slab;

	slab_init(&slab, encoder, prefix, FALSE);
	for (gsize done = 0, n; done < n_texts; done += n) {
		n = slab_fill(&slab, texts + done, n_texts - done, error);
		if (!n)
			return FALSE;
		slab_run(&slab);
		if (!slab_vectors(&slab, n, vectors + done * MODEL, error))
			return FALSE;
	}
	return TRUE;
}

/* Copies the tokens [first, end) that stand for something in the text. window: that of the first
 * one, in the order of the text; row of token k of a text: k + 1 + 2 for every window before, since
 * bos and eos take a row each. */
static gboolean tokens_copy(const Slab *slab, guint first, guint end, gsize row, EncoderTokens *to,
			    GError **error)
{
	guint most = weights_shape(slab->encoder->weights)->n_positions - 2;
	guint n = 0;

	to->ids = g_new(gint32, (gsize)(end - first) + 1);
	to->starts = g_new(guint32, (gsize)(end - first) + 1);
	to->ends = g_new(guint32, (gsize)(end - first) + 1);
	to->vectors = g_new(float, ((gsize)(end - first) + 1) * MODEL);
	for (guint i = first; i < end; i++) {
		const Token *token = &g_array_index(slab->tokens, Token, i);
		gsize at = row + (i - first) + 1 + 2 * (gsize)((i - first) / most);
		float *vector = to->vectors + (gsize)n * MODEL;

		if (token->end == 0)
			continue;
		to->ids[n] = token->id, to->starts[n] = token->start, to->ends[n] = token->end;
		memcpy(vector, slab->means + at * MODEL, MODEL * sizeof(float));
		if (!vector_finish(vector, error))
			return FALSE;
		n++;
	}
	to->n = n;
	return TRUE;
}

static gboolean slab_tokens(const Slab *slab, gsize n_texts, EncoderTokens *tokens, GError **error)
{
	guint most = weights_shape(slab->encoder->weights)->n_positions - 2, first = 0;
	gsize row = 0;

	for (gsize i = 0; i < n_texts; i++) {
		guint end = g_array_index(slab->ends, guint, i), n = end - first;

		if (!tokens_copy(slab, first, end, row, &tokens[i], error))
			return FALSE;
		row += n + 2 * (gsize)MAX((n + most - 1) / most, 1);
		first = end;
	}
	return TRUE;
}

gboolean encoder_encode_tokens(const Encoder *encoder, EncoderPrefix prefix,
			       const char *const *texts, gsize n_texts, EncoderTokens *tokens,
			       GError **error)
{
	g_auto(Slab) slab;
	gsize done = 0, n;

	slab_init(&slab, encoder, prefix, TRUE);
	memset(tokens, 0, n_texts * sizeof(*tokens));
	for (; done < n_texts; done += n) {
		n = slab_fill(&slab, texts + done, n_texts - done, error);
		if (!n)
			break;
		slab_run(&slab);
		if (!slab_tokens(&slab, n, tokens + done, error))
			break;
	}
	for (gsize i = 0; done < n_texts && i < n_texts; i++)
		encoder_tokens_clear(&tokens[i]);
	return done == n_texts;
}

void encoder_tokens_clear(EncoderTokens *tokens)
{
	g_free(tokens->ids);
	g_free(tokens->starts);
	g_free(tokens->ends);
	g_free(tokens->vectors);
	memset(tokens, 0, sizeof(*tokens));
}

gsize encoder_count(const Encoder *encoder, EncoderPrefix prefix, const char *text)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));

	if (!tokenizer_split(encoder->tokenizer, prefix_text(prefix), text, strlen(text), tokens,
			     NULL))
		return 0;
	return (gsize)tokens->len + 2;
}

const char *encoder_kernels(G_GNUC_UNUSED const Encoder *encoder)
{
	return kernels_best()->name;
}

const char *encoder_blas_hint(void)
{
#if defined(__x86_64__)
	static const char *const wide[] = {"SkylakeX", "Cooperlake", "SapphireRapids", NULL};
	static const char *const narrow[] = {"Haswell",	       "Zen", "SkylakeX", "Cooperlake",
					     "SapphireRapids", NULL};
	const char *active = openblas_get_corename();

	if (getenv("OPENBLAS_CORETYPE"))
		return NULL;
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl"))
		return g_strv_contains(wide, active) ? NULL : "SkylakeX";
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		return g_strv_contains(narrow, active) ? NULL : "Haswell";
#endif
	return NULL;
}
