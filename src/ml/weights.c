/*
 * Reader of the packed encoder weights, see weights.h.
 * One cursor walks the file from front to back and refuses to step over its end, so no length in
 * the file is ever trusted: everything later code indexes with has been checked here.
 */
#include "ml/weights.h"

#include <math.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

enum { WEIGHTS_FLOAT = 0, WEIGHTS_Q4 = 1 };

#define WEIGHTS_MAX_LAYERS 48
#define WEIGHTS_MAX_FEED_FORWARD 8192
#define WEIGHTS_MAX_POSITIONS 8192
#define WEIGHTS_MAX_WORDS (4u << 20)
#define WEIGHTS_MAX_TENSORS 4096
#define WEIGHTS_MAX_NAME 64
#define WEIGHTS_MAX_BYTES (G_GUINT64_CONSTANT(4) << 30)

typedef struct {
	guint kind;
	gsize n; /* numbers */
	const guint8 *data;
	gsize n_bytes;
} Tensor;

struct Weights {
	GMappedFile *file;
	WeightsShape shape;
	WeightsVocabulary vocabulary;
	GHashTable *tensors; /* name -> Tensor */
};

typedef struct {
	const guint8 *base; /* of the file, page aligned */
	gsize at, n;	    /* at <= n */
} Cursor;

static gboolean damaged(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "the encoder weights are damaged: %s", what);
	return FALSE;
}

/* The next n bytes, or NULL when the file ends before. */
static const guint8 *cursor_take(Cursor *cursor, gsize n)
{
	const guint8 *here = cursor->base + cursor->at;

	if (n > cursor->n - cursor->at)
		return NULL;
	cursor->at += n;
	return here;
}

static gboolean cursor_copy(Cursor *cursor, void *value, gsize n)
{
	const guint8 *bytes = cursor_take(cursor, n);

	if (bytes)
		memcpy(value, bytes, n);
	return bytes != NULL;
}

static gboolean between(gint32 value, gint32 low, gint32 high)
{
	return value >= low && value <= high;
}

/* The first 44 bytes of the file. */
typedef struct {
	char magic[4];
	guint32 version;
	gint32 hidden, layers, heads, feed_forward, words, positions, types;
	float epsilon;
	gint32 block;
} Head;

G_STATIC_ASSERT(sizeof(Head) == 44);

static gboolean head_sizes_sound(const Head *head)
{
	return between(head->layers, 1, WEIGHTS_MAX_LAYERS) &&
	       between(head->feed_forward, WEIGHTS_BLOCK, WEIGHTS_MAX_FEED_FORWARD) &&
	       head->feed_forward % WEIGHTS_BLOCK == 0 &&
	       between(head->words, 4, WEIGHTS_MAX_WORDS) &&
	       between(head->positions, 3, WEIGHTS_MAX_POSITIONS) && between(head->types, 1, 16) &&
	       head->epsilon >= 0 && head->epsilon <= 1e-2f;
}

static gboolean shape_read(WeightsShape *shape, Cursor *cursor, GError **error)
{
	Head head;

	if (!cursor_copy(cursor, &head, sizeof(head)) || memcmp(head.magic, "E5S1", 4) != 0)
		return damaged(error, "this is not a file of encoder weights");
	if (head.version != 1)
		return damaged(error, "unknown version");
	if (head.hidden != WEIGHTS_DIMENSIONS ||
	    head.heads != WEIGHTS_DIMENSIONS / WEIGHTS_HEAD_SIZE || head.block != WEIGHTS_BLOCK)
		return damaged(error, "not 384 dimensions in 12 heads and blocks of 32");
	if (!head_sizes_sound(&head))
		return damaged(error, "a size in the header is out of bounds");
	*shape = (WeightsShape){.n_layers = (guint)head.layers,
				.n_feed_forward = (guint)head.feed_forward,
				.n_words = (guint)head.words,
				.n_positions = (guint)head.positions,
				.n_types = (guint)head.types,
				.epsilon = head.epsilon};
	return TRUE;
}

/* Offsets rise by at most the piece limit and end at the end of the blob; scores are finite. */
static gboolean pieces_check(const WeightsVocabulary *v, GError **error)
{
	if (v->starts[0] != 0 || v->starts[v->n_pieces] != v->n_blob)
		return damaged(error, "the pieces do not fill their text");
	for (guint i = 0; i < v->n_pieces; i++) {
		if (v->starts[i + 1] < v->starts[i] ||
		    v->starts[i + 1] - v->starts[i] > WEIGHTS_MAX_PIECE_BYTES)
			return damaged(error, "a piece has an impossible length");
		if (!isfinite(v->scores[i]) || fabsf(v->scores[i]) > 1e6f)
			return damaged(error, "a piece has an impossible score");
	}
	return TRUE;
}

static gboolean replacements_check(Cursor *cursor, guint8 n)
{
	guint32 code;

	for (guint k = 0; k < n; k++)
		if (!cursor_copy(cursor, &code, 4) || !code || !g_unichar_validate(code))
			return FALSE;
	return TRUE;
}

static gboolean rules_check(const WeightsVocabulary *v, GError **error)
{
	Cursor cursor = {v->rules, 0, v->n_rule_bytes};
	guint32 code, last = 0;
	guint8 n;

	for (guint i = 0; i < v->n_rules; i++) {
		if (!cursor_copy(&cursor, &code, 4) || !cursor_copy(&cursor, &n, 1) ||
		    (i && code <= last))
			return damaged(error, "the normaliser table is cut off or out of order");
		if (!replacements_check(&cursor, n))
			return damaged(error, "the normaliser table holds an impossible character");
		last = code;
	}
	return cursor.at == cursor.n || damaged(error, "the normaliser table has the wrong length");
}

static gboolean rules_read(WeightsVocabulary *v, Cursor *cursor, GError **error)
{
	gint32 n_rules;
	guint32 n_bytes;

	if (!cursor_copy(cursor, &n_rules, 4) || !cursor_copy(cursor, &n_bytes, 4) ||
	    !between(n_rules, 0, 0x110000))
		return damaged(error, "the normaliser table is missing");
	v->n_rules = (guint)n_rules;
	v->n_rule_bytes = n_bytes;
	v->rules = cursor_take(cursor, n_bytes);
	return v->rules ? rules_check(v, error) : damaged(error, "the normaliser table is cut off");
}

static gboolean specials_read(WeightsVocabulary *v, Cursor *cursor, guint n_words)
{
	gint32 n_pieces, ids[4];

	if (!cursor_copy(cursor, &n_pieces, 4) || !between(n_pieces, 4, (gint32)n_words) ||
	    !cursor_copy(cursor, ids, sizeof(ids)))
		return FALSE;
	for (guint i = 0; i < G_N_ELEMENTS(ids); i++)
		if (!between(ids[i], 0, n_pieces - 1))
			return FALSE;
	v->n_pieces = (guint)n_pieces;
	v->bos = ids[0], v->eos = ids[1], v->pad = ids[2], v->unknown = ids[3];
	return TRUE;
}

static gboolean vocabulary_read(Weights *weights, Cursor *cursor, GError **error)
{
	WeightsVocabulary *v = &weights->vocabulary;
	guint64 n_blob;

	if (!specials_read(v, cursor, weights->shape.n_words))
		return damaged(error, "the number of pieces or a special piece is out of bounds");
	if (!cursor_copy(cursor, &n_blob, 8) || n_blob > G_MAXUINT32)
		return damaged(error, "the vocabulary is cut off");
	/* The header is 72 bytes and both arrays hold words of four, so these casts keep the
	 * alignment of the map. */
	v->starts = (const void *)cursor_take(cursor, 4 * ((gsize)v->n_pieces + 1));
	v->scores = v->starts ? (const void *)cursor_take(cursor, 4 * (gsize)v->n_pieces) : NULL;
	v->n_blob = (gsize)n_blob;
	v->blob = v->scores ? (const void *)cursor_take(cursor, v->n_blob) : NULL;
	if (!v->blob)
		return damaged(error, "the vocabulary is cut off");
	return pieces_check(v, error) && rules_read(v, cursor, error);
}

/* The name of the next tensor, or NULL. */
static char *name_read(Cursor *cursor)
{
	guint16 n;
	const guint8 *name;

	if (!cursor_copy(cursor, &n, 2) || n == 0 || n > WEIGHTS_MAX_NAME)
		return NULL;
	name = cursor_take(cursor, n);
	return name ? g_strndup((const char *)name, n) : NULL;
}

/* Where the numbers of a tensor lie, FALSE when that is not inside the file. */
static gboolean extent_read(Tensor *tensor, Cursor *cursor)
{
	guint8 kind;
	guint32 n;
	guint64 at, n_bytes, expected;

	if (!cursor_copy(cursor, &kind, 1) || !cursor_copy(cursor, &n, 4) ||
	    !cursor_copy(cursor, &at, 8) || !cursor_copy(cursor, &n_bytes, 8))
		return FALSE;
	if (kind > WEIGHTS_Q4 || (kind == WEIGHTS_Q4 && n % WEIGHTS_BLOCK))
		return FALSE;
	expected = kind == WEIGHTS_Q4 ? (guint64)n / WEIGHTS_BLOCK * WEIGHTS_BLOCK_BYTES
				      : (guint64)n * sizeof(float);
	if (n_bytes != expected || at % 4 || at > cursor->n || n_bytes > cursor->n - at)
		return FALSE;
	*tensor = (Tensor){kind, n, cursor->base + at, (gsize)n_bytes};
	return TRUE;
}

static gboolean tensor_read(Weights *weights, Cursor *cursor, GError **error)
{
	g_autofree char *name = name_read(cursor);
	g_autofree Tensor *tensor = g_new0(Tensor, 1);

	if (!name)
		return damaged(error, "a tensor has no usable name");
	if (!extent_read(tensor, cursor))
		return damaged(error, "a tensor is of an unknown kind or lies outside the file");
	if (g_hash_table_contains(weights->tensors, name))
		return damaged(error, "a tensor is there twice");
	g_hash_table_insert(weights->tensors, g_steal_pointer(&name), g_steal_pointer(&tensor));
	return TRUE;
}

static gboolean tensors_read(Weights *weights, Cursor *cursor, GError **error)
{
	gint32 n_tensors;

	if (!cursor_copy(cursor, &n_tensors, 4) || !between(n_tensors, 1, WEIGHTS_MAX_TENSORS))
		return damaged(error, "the list of tensors is missing");
	for (gint32 i = 0; i < n_tensors; i++)
		if (!tensor_read(weights, cursor, error))
			return FALSE;
	return TRUE;
}

static GMappedFile *file_map(const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, &cause);

	if (!file) {
		gboolean absent = g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT);

		g_set_error(error, ZHIYIN_ERROR,
			    absent ? ZHIYIN_ERROR_NOT_FOUND : ZHIYIN_ERROR_UNAVAILABLE,
			    "the encoder weights cannot be read: %s", cause->message);
		return NULL;
	}
	if (g_mapped_file_get_length(file) == 0 ||
	    g_mapped_file_get_length(file) > WEIGHTS_MAX_BYTES) {
		damaged(error, "the file has an impossible size");
		return NULL;
	}
	return g_steal_pointer(&file);
}

Weights *weights_open(const char *path, GError **error)
{
	g_autoptr(Weights) weights = g_new0(Weights, 1);
	Cursor cursor;

	if (G_BYTE_ORDER != G_LITTLE_ENDIAN) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "the encoder needs a little-endian machine");
		return NULL;
	}
	weights->tensors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	weights->file = file_map(path, error);
	if (!weights->file)
		return NULL;
	cursor = (Cursor){(const guint8 *)g_mapped_file_get_contents(weights->file), 0,
			  g_mapped_file_get_length(weights->file)};
	if (!shape_read(&weights->shape, &cursor, error) ||
	    !vocabulary_read(weights, &cursor, error) || !tensors_read(weights, &cursor, error))
		return NULL;
	return g_steal_pointer(&weights);
}

void weights_free(Weights *weights)
{
	if (!weights)
		return;
	g_clear_pointer(&weights->tensors, g_hash_table_unref);
	g_clear_pointer(&weights->file, g_mapped_file_unref);
	g_free(weights);
}

const WeightsShape *weights_shape(const Weights *weights)
{
	return &weights->shape;
}

const WeightsVocabulary *weights_vocabulary(const Weights *weights)
{
	return &weights->vocabulary;
}

static const guint8 *tensor_find(const Weights *weights, const char *name, guint kind, gsize n,
				 GError **error)
{
	const Tensor *tensor = g_hash_table_lookup(weights->tensors, name);

	if (tensor && tensor->kind == kind && tensor->n == n)
		return tensor->data;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "the encoder weights are damaged: tensor '%s' is missing or has another size",
		    name);
	return NULL;
}

const float *weights_floats(const Weights *weights, const char *name, gsize n, GError **error)
{
	return (const void *)tensor_find(weights, name, WEIGHTS_FLOAT, n, error);
}

const guint8 *weights_blocks(const Weights *weights, const char *name, gsize n_rows,
			     gsize n_columns, GError **error)
{
	gsize n;

	if (!g_size_checked_mul(&n, n_rows, n_columns) || n_columns % WEIGHTS_BLOCK) {
		damaged(error, "rows of a tensor do not end at a block");
		return NULL;
	}
	return tensor_find(weights, name, WEIGHTS_Q4, n, error);
}

void weights_forget(const Weights *weights, const char *name)
{
	const Tensor *tensor = g_hash_table_lookup(weights->tensors, name);
	gsize page = (gsize)sysconf(_SC_PAGESIZE);
	guint8 *base = (guint8 *)g_mapped_file_get_contents(weights->file);
	gsize first, end;

	if (!tensor)
		return;
	first = ((gsize)(tensor->data - base) + page - 1) / page * page;
	end = (gsize)(tensor->data - base + tensor->n_bytes) / page * page;
	if (end > first)
		(void)madvise(base + first, end - first, MADV_DONTNEED);
}

float weights_scale(const guint8 *block)
{
	guint32 half = (guint32)block[0] | (guint32)block[1] << 8;
	guint32 exponent = half >> 10 & 0x1f, fraction = half & 0x3ff, bits;
	float value;

	if (exponent == 0) {
		value = ldexpf((float)fraction, -24);
		return half & 0x8000 ? -value : value;
	}
	bits = (half & 0x8000) << 16 | (exponent == 31 ? 0xff : exponent + 112) << 23 |
	       fraction << 13;
	memcpy(&value, &bits, 4);
	return value;
}

void weights_unpack(const guint8 *row, gsize n_columns, float *values)
{
	for (gsize i = 0; i < n_columns; i += WEIGHTS_BLOCK, row += WEIGHTS_BLOCK_BYTES) {
		float scale = weights_scale(row);

		for (gsize j = 0; j < WEIGHTS_BLOCK / 2; j++) {
			values[i + j] = (float)((row[2 + j] & 15) - 8) * scale;
			values[i + j + WEIGHTS_BLOCK / 2] = (float)((row[2 + j] >> 4) - 8) * scale;
		}
	}
}
