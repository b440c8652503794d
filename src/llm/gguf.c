/* A cursor that can only move forward within the bytes: each step is checked before it is taken, so
 * the rest of the file reads as if it were trusted. */
#include "llm/gguf.h"

#include <string.h>

#include "base/error.h"

enum { ALIGNMENT = 32 }; /* of tensors, when the file does not say */

typedef enum {
	VALUE_U8,
	VALUE_I8,
	VALUE_U16,
	VALUE_I16,
	VALUE_U32,
	VALUE_I32,
	VALUE_F32,
	VALUE_BOOL,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_U64,
	VALUE_I64,
	VALUE_F64,
	N_VALUES
} ValueType;

/* 0: of no fixed size */
static const guint8 value_bytes[N_VALUES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

/* ggml's types by number: weights a block, bytes a block; 0: not known here. */
static const struct {
	guint16 n_weights, n_bytes;
} tensor_types[] = {
	[0] = {1, 4},	   [1] = {1, 2},      [2] = {32, 18},	 [3] = {32, 20},
	[6] = {32, 22},	   [7] = {32, 24},    [8] = {32, 34},	 [10] = {256, 84},
	[11] = {256, 110}, [12] = {256, 144}, [13] = {256, 176}, [14] = {256, 210},
	[16] = {256, 66},  [17] = {256, 74},  [18] = {256, 98},	 [19] = {256, 50},
	[20] = {32, 18},   [21] = {256, 110}, [22] = {256, 82},	 [23] = {256, 136},
	[29] = {256, 56},  [30] = {1, 2},     [34] = {256, 54},	 [35] = {256, 66},
	[39] = {32, 17},
};

/* Decoders of text that llama.cpp v0.5.0 knows and that need no second file. */
static const char *const architectures[] = {
	"llama",    "gemma",	 "gemma2",	  "gemma3",   "gemma3n",   "qwen2",	 "qwen3",
	"phi2",	    "phi3",	 "granite",	  "olmo2",    "smollm3",   "stablelm",	 "minicpm",
	"minicpm3", "internlm2", "glm4",	  "chatglm",  "deepseek2", "starcoder2", "exaone",
	"exaone4",  "ernie4_5",	 "hunyuan-dense", "baichuan", "mistral3",  "lfm2",
};

typedef struct {
	const guint8 *bytes;
	gsize n_bytes, at;
} Cursor;

typedef struct {
	const guint8 *at; /* within the file */
	gsize n;
} Text;

/* What the keys say; counts are 0 and texts empty where a key is absent. */
typedef struct {
	Text architecture, name, tokenizer;
	guint64 alignment, n_context, n_layers, n_width, n_heads;
	guint64 n_tokens, n_scores, n_token_types, n_split;
} Keys;

typedef struct {
	Text name;
	guint64 offset, n_bytes;
} Tensor;

static gboolean refuse(GError **error, const char *where, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "GGUF %s: %s", where, what);
	return FALSE;
}

/* ---- the cursor ------------------------------------------------------------------------------ */

static const guint8 *take(Cursor *cursor, guint64 n)
{
	const guint8 *at = cursor->bytes + cursor->at;

	if (n > cursor->n_bytes - cursor->at)
		return NULL;
	cursor->at += (gsize)n;
	return at;
}

static gboolean take_u32(Cursor *cursor, guint32 *ret_value)
{
	const guint8 *at = take(cursor, sizeof(*ret_value));

	if (!at)
		return FALSE;
	memcpy(ret_value, at, sizeof(*ret_value));
	*ret_value = GUINT32_FROM_LE(*ret_value);
	return TRUE;
}

static gboolean take_u64(Cursor *cursor, guint64 *ret_value)
{
	const guint8 *at = take(cursor, sizeof(*ret_value));

	if (!at)
		return FALSE;
	memcpy(ret_value, at, sizeof(*ret_value));
	*ret_value = GUINT64_FROM_LE(*ret_value);
	return TRUE;
}

static gboolean take_text(Cursor *cursor, gsize max, Text *ret_text)
{
	guint64 n;

	if (!take_u64(cursor, &n) || n > max)
		return FALSE;
	ret_text->n = (gsize)n;
	ret_text->at = take(cursor, n);
	return ret_text->at != NULL;
}

static gboolean text_is(Text text, const char *word)
{
	return text.n == strlen(word) && memcmp(text.at, word, text.n) == 0;
}

/* The text behind a prefix, or an empty one. */
static Text text_after(Text text, Text prefix)
{
	if (text.n <= prefix.n || !prefix.n || memcmp(text.at, prefix.at, prefix.n) != 0)
		return (Text){NULL, 0};
	return (Text){text.at + prefix.n, text.n - prefix.n};
}

/* ---- keys ------------------------------------------------------------------------------------ */

typedef struct {
	guint32 type; /* of the value, or of an array's elements */
	gboolean is_array;
	guint64 n;	/* elements */
	guint64 number; /* of an unsigned one */
	Text text;
} Value;

static gboolean take_array(Cursor *cursor, Value *value)
{
	Text ignored;

	if (!take_u32(cursor, &value->type) || value->type >= N_VALUES ||
	    value->type == VALUE_ARRAY || !take_u64(cursor, &value->n) ||
	    value->n > GGUF_ELEMENTS_MAX)
		return FALSE;
	if (value->type != VALUE_STRING) /* at most 2^22 x 8: no overflow */
		return take(cursor, value->n * value_bytes[value->type]) != NULL;
	for (guint64 i = 0; i < value->n; i++)
		if (!take_text(cursor, GGUF_TEXT_MAX_BYTES, &ignored))
			return FALSE;
	return TRUE;
}

static gboolean take_value(Cursor *cursor, Value *value)
{
	const guint8 *at;
	guint32 type;

	memset(value, 0, sizeof(*value));
	if (!take_u32(cursor, &type) || type >= N_VALUES)
		return FALSE;
	value->is_array = type == VALUE_ARRAY;
	if (value->is_array)
		return take_array(cursor, value);
	value->type = type;
	if (type == VALUE_STRING)
		return take_text(cursor, GGUF_TEXT_MAX_BYTES, &value->text);
	at = take(cursor, value_bytes[type]);
	if (!at || (type == VALUE_BOOL && *at > 1))
		return FALSE;
	memcpy(&value->number, at, value_bytes[type]);
	value->number = GUINT64_FROM_LE(value->number);
	return TRUE;
}

static gboolean key_is_plain(Text key)
{
	for (gsize i = 0; i < key.n; i++)
		if (!g_ascii_isalnum(key.at[i]) && !memchr("._-/", key.at[i], 4))
			return FALSE;
	return key.n > 0;
}

typedef enum { WANT_NUMBER, WANT_U32, WANT_TEXT, WANT_STRINGS, WANT_FLOATS, WANT_INTS } Want;

/* The keys whose values this file looks at. '*' stands for the architecture. */
static const struct {
	const char *key;
	Want want;
	gsize offset; /* in Keys */
} wanted[] = {
	{"general.architecture", WANT_TEXT, G_STRUCT_OFFSET(Keys, architecture)},
	{"general.name", WANT_TEXT, G_STRUCT_OFFSET(Keys, name)},
	{"general.alignment", WANT_U32, G_STRUCT_OFFSET(Keys, alignment)},
	{"split.count", WANT_NUMBER, G_STRUCT_OFFSET(Keys, n_split)},
	{"*.context_length", WANT_NUMBER, G_STRUCT_OFFSET(Keys, n_context)},
	{"*.block_count", WANT_NUMBER, G_STRUCT_OFFSET(Keys, n_layers)},
	{"*.embedding_length", WANT_NUMBER, G_STRUCT_OFFSET(Keys, n_width)},
	{"*.attention.head_count", WANT_NUMBER, G_STRUCT_OFFSET(Keys, n_heads)},
	{"tokenizer.ggml.model", WANT_TEXT, G_STRUCT_OFFSET(Keys, tokenizer)},
	{"tokenizer.ggml.tokens", WANT_STRINGS, G_STRUCT_OFFSET(Keys, n_tokens)},
	{"tokenizer.ggml.scores", WANT_FLOATS, G_STRUCT_OFFSET(Keys, n_scores)},
	{"tokenizer.ggml.token_type", WANT_INTS, G_STRUCT_OFFSET(Keys, n_token_types)},
};

static gboolean value_fits(const Value *value, Want want)
{
	static const struct {
		gboolean is_array;
		guint32 type;
	} types[] = {
		[WANT_TEXT] = {FALSE, VALUE_STRING}, [WANT_STRINGS] = {TRUE, VALUE_STRING},
		[WANT_FLOATS] = {TRUE, VALUE_F32},   [WANT_INTS] = {TRUE, VALUE_I32},
		[WANT_NUMBER] = {FALSE, VALUE_U32},  [WANT_U32] = {FALSE, VALUE_U32},
	};

	if (want == WANT_NUMBER && !value->is_array)
		return value->type == VALUE_U32 || value->type == VALUE_U64 ||
		       value->type == VALUE_U16;
	return value->is_array == types[want].is_array && value->type == types[want].type;
}

static gboolean keys_set(Keys *keys, Text key, const Value *value)
{
	Text rest = text_after(key, keys->architecture);

	for (gsize i = 0; i < G_N_ELEMENTS(wanted); i++) {
		const char *name = wanted[i].key;
		guint8 *at = (guint8 *)keys + wanted[i].offset;

		if (!(*name == '*' ? text_is(rest, name + 1) : text_is(key, name)))
			continue;
		/* heads may be listed by layer: then llama.cpp checks them */
		if (value->is_array && wanted[i].want == WANT_NUMBER)
			return value->type == VALUE_U32 || value->type == VALUE_I32;
		if (!value_fits(value, wanted[i].want))
			return FALSE;
		if (wanted[i].want == WANT_TEXT)
			memcpy(at, &value->text, sizeof(value->text));
		else
			memcpy(at, value->is_array ? &value->n : &value->number, sizeof(guint64));
		return TRUE;
	}
	return TRUE;
}

static char *text_for_people(Text key)
{
	return g_strdup_printf("key %.*s", (int)key.n, (const char *)key.at);
}

static gboolean read_key(Cursor *cursor, Keys *keys, GHashTable *seen, GError **error)
{
	g_autofree char *where = NULL;
	Value value;
	Text key;

	if (!take_text(cursor, GGUF_KEY_MAX_BYTES, &key) || !key_is_plain(key))
		return refuse(error, "keys", "a key that is too long, cut off or not plain");
	where = text_for_people(key);
	if (!take_value(cursor, &value))
		return refuse(error, where,
			      "a value that is cut off, too long or of no known type");
	if (!g_hash_table_add(seen, g_strndup((const char *)key.at, key.n)))
		return refuse(error, where, "stands there twice");
	return keys_set(keys, key, &value) ? TRUE
					   : refuse(error, where, "a value of the wrong type");
}

static gboolean read_keys(Cursor *cursor, guint64 n_keys, Keys *keys, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint64 i = 0; i < n_keys; i++)
		if (!read_key(cursor, keys, seen, error))
			return FALSE;
	return TRUE;
}

static gboolean architecture_is_known(Text architecture)
{
	for (gsize i = 0; i < G_N_ELEMENTS(architectures); i++)
		if (text_is(architecture, architectures[i]))
			return TRUE;
	return FALSE;
}

static gboolean between(guint64 value, guint64 low, guint64 high)
{
	return value >= low && value <= high;
}

/* Numbers that must be there. */
static const struct {
	gsize offset; /* in Keys */
	guint64 max;
	const char *where;
} bounds[] = {
	{G_STRUCT_OFFSET(Keys, n_context), GGUF_CONTEXT_MAX, "context_length"},
	{G_STRUCT_OFFSET(Keys, n_layers), GGUF_LAYERS_MAX, "block_count"},
	{G_STRUCT_OFFSET(Keys, n_width), GGUF_WIDTH_MAX, "embedding_length"},
	{G_STRUCT_OFFSET(Keys, n_tokens), GGUF_ELEMENTS_MAX, "tokenizer.ggml.tokens"},
};

static gboolean check_bounds(const Keys *keys, GError **error)
{
	guint64 value;

	for (gsize i = 0; i < G_N_ELEMENTS(bounds); i++) {
		memcpy(&value, (const guint8 *)keys + bounds[i].offset, sizeof(value));
		if (!between(value, 1, bounds[i].max))
			return refuse(error, bounds[i].where, "absent or out of bounds");
	}
	return keys->n_heads <= keys->n_width
		       ? TRUE
		       : refuse(error, "attention.head_count", "more heads than width");
}

static gboolean check_tokenizer(const Keys *keys, GError **error)
{
	if (!keys->tokenizer.n)
		return refuse(error, "tokenizer.ggml.model", "absent");
	if ((keys->n_scores && keys->n_scores != keys->n_tokens) ||
	    (keys->n_token_types && keys->n_token_types != keys->n_tokens))
		return refuse(error, "tokenizer", "its arrays are not equally long");
	return TRUE;
}

static gboolean check_keys(Keys *keys, GError **error)
{
	if (!architecture_is_known(keys->architecture))
		return refuse(error, "general.architecture", "no chat model that is known here");
	if (keys->n_split > 1)
		return refuse(error, "split.count", "a file in several parts; join them first");
	if (!between(keys->alignment, 8, GGUF_ALIGNMENT_MAX) ||
	    keys->alignment & (keys->alignment - 1))
		return refuse(error, "general.alignment", "no power of two from 8 to 1 MiB");
	return check_bounds(keys, error) && check_tokenizer(keys, error);
}

/* ---- tensors --------------------------------------------------------------------------------- */

/* The bytes of a tensor of these dimensions, FALSE when they are none or do not fit into 64 bits. */
static gboolean tensor_bytes(const guint64 *dimensions, guint n, guint32 type, guint64 *ret_n_bytes)
{
	guint64 n_weights = 1;

	if (type >= G_N_ELEMENTS(tensor_types) || !tensor_types[type].n_weights ||
	    dimensions[0] % tensor_types[type].n_weights)
		return FALSE;
	for (guint i = 0; i < n; i++)
		if (!between(dimensions[i], 1, G_MAXINT32) ||
		    !g_uint64_checked_mul(&n_weights, n_weights, dimensions[i]) ||
		    n_weights > G_MAXINT64)
			return FALSE;
	return g_uint64_checked_mul(ret_n_bytes, n_weights / tensor_types[type].n_weights,
				    tensor_types[type].n_bytes) &&
	       *ret_n_bytes <= G_MAXINT64;
}

static gboolean read_tensor(Cursor *cursor, Tensor *ret_tensor, GError **error)
{
	guint64 dimensions[4] = {1, 1, 1, 1};
	guint32 n_dimensions, type;

	if (!take_text(cursor, GGUF_NAME_MAX_BYTES, &ret_tensor->name) || !ret_tensor->name.n ||
	    memchr(ret_tensor->name.at, 0, ret_tensor->name.n) ||
	    !take_u32(cursor, &n_dimensions) || !between(n_dimensions, 1, 4))
		return refuse(error, "tensors", "a name or a number of dimensions out of bounds");
	for (guint i = 0; i < n_dimensions; i++)
		if (!take_u64(cursor, &dimensions[i]))
			return refuse(error, "tensors", "the list is cut off");
	if (!take_u32(cursor, &type) || !take_u64(cursor, &ret_tensor->offset))
		return refuse(error, "tensors", "the list is cut off");
	if (!tensor_bytes(dimensions, n_dimensions, type, &ret_tensor->n_bytes))
		return refuse(error, "tensors", "a type or a size that cannot be");
	return TRUE;
}

static guint64 padding(guint64 at, guint64 alignment)
{
	return (alignment - at % alignment) % alignment;
}

/* Each where the one before it ends, as the library has it; no name twice. *end moves behind it. */
static gboolean check_tensor(const Tensor *tensor, GHashTable *names, guint64 *end, GError **error)
{
	if (tensor->offset != *end)
		return refuse(error, "tensors", "one is not where the one before it ends");
	if (!g_uint64_checked_add(end, *end, tensor->n_bytes) || *end > G_MAXINT64)
		return refuse(error, "tensors", "a type or a size that cannot be");
	return g_hash_table_add(names, g_strndup((const char *)tensor->name.at, tensor->name.n))
		       ? TRUE
		       : refuse(error, "tensors", "two have one name");
}

static gboolean read_tensors(Cursor *cursor, const Keys *keys, GgufSummary *summary, GError **error)
{
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint64 end = 0;
	Tensor tensor;

	for (guint64 i = 0; i < summary->n_tensors; i++) {
		end += padding(end, keys->alignment);
		if (!read_tensor(cursor, &tensor, error) ||
		    !check_tensor(&tensor, names, &end, error))
			return FALSE;
		summary->n_tensor_bytes += tensor.n_bytes;
	}
	if (!take(cursor, padding(cursor->at, keys->alignment)))
		return refuse(error, "tensors", "their data is cut off");
	return end <= cursor->n_bytes - cursor->at
		       ? TRUE
		       : refuse(error, "tensors", "one reaches over the end of the file");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static gboolean read_head(Cursor *cursor, guint64 *ret_n_tensors, guint64 *ret_n_keys,
			  GError **error)
{
	const guint8 *magic = take(cursor, 4);
	guint32 version;

	if (!magic || memcmp(magic, "GGUF", 4) != 0)
		return refuse(error, "head", "is no GGUF file");
	if (!take_u32(cursor, &version) || !between(version, 2, 3))
		return refuse(error, "head", "a version other than 2 and 3, or big-endian");
	if (!take_u64(cursor, ret_n_tensors) || !between(*ret_n_tensors, 1, GGUF_TENSORS_MAX) ||
	    !take_u64(cursor, ret_n_keys) || !between(*ret_n_keys, 1, GGUF_KEYS_MAX))
		return refuse(error, "head", "counts out of bounds");
	return TRUE;
}

static void text_copy(Text text, char *to, gsize size)
{
	g_autofree char *copy = g_strndup((const char *)text.at, MIN(text.n, size - 1));
	g_autofree char *valid = g_utf8_make_valid(copy, -1);

	g_strlcpy(to, valid, size);
	if (!g_utf8_validate(to, -1, NULL)) /* cut within a character */
		*to = '\0';
}

gboolean gguf_check(const guint8 *bytes, gsize n_bytes, GgufSummary *ret_summary, GError **error)
{
	Cursor cursor = {bytes, n_bytes, 0};
	Keys keys = {.alignment = ALIGNMENT};
	guint64 n_keys;

	memset(ret_summary, 0, sizeof(*ret_summary));
	if (!read_head(&cursor, &ret_summary->n_tensors, &n_keys, error) ||
	    !read_keys(&cursor, n_keys, &keys, error) || !check_keys(&keys, error) ||
	    !read_tensors(&cursor, &keys, ret_summary, error))
		return FALSE;
	text_copy(keys.architecture, ret_summary->architecture, sizeof(ret_summary->architecture));
	if (keys.name.n)
		text_copy(keys.name, ret_summary->name, sizeof(ret_summary->name));
	ret_summary->n_context = (guint32)keys.n_context;
	ret_summary->n_layers = (guint32)keys.n_layers;
	ret_summary->n_width = (guint32)keys.n_width;
	ret_summary->n_tokens = (guint32)keys.n_tokens;
	return TRUE;
}
