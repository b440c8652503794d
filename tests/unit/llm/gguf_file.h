/* A small, honest GGUF file made by the test, and knobs to make it dishonest. */
#pragma once

#include <glib.h>
#include <string.h>

enum { GGUF_U32 = 4, GGUF_I32 = 5, GGUF_F32 = 6, GGUF_STRING = 8, GGUF_ARRAY = 9, GGUF_U64 = 10 };

static inline void put_u32(GByteArray *file, guint32 value)
{
	value = GUINT32_TO_LE(value);
	g_byte_array_append(file, (const guint8 *)&value, 4);
}

static inline void put_u64(GByteArray *file, guint64 value)
{
	value = GUINT64_TO_LE(value);
	g_byte_array_append(file, (const guint8 *)&value, 8);
}

static inline void put_text(GByteArray *file, const char *text)
{
	put_u64(file, strlen(text));
	g_byte_array_append(file, (const guint8 *)text, (guint)strlen(text));
}

static inline void put_number(GByteArray *file, const char *key, guint32 value)
{
	put_text(file, key);
	put_u32(file, GGUF_U32);
	put_u32(file, value);
}

static inline void put_string(GByteArray *file, const char *key, const char *value)
{
	put_text(file, key);
	put_u32(file, GGUF_STRING);
	put_text(file, value);
}

static inline void put_array(GByteArray *file, const char *key, guint32 type, guint64 n)
{
	put_text(file, key);
	put_u32(file, GGUF_ARRAY);
	put_u32(file, type);
	put_u64(file, n);
}

typedef struct {
	const char *architecture;
	guint32 version, alignment, n_context, n_layers, n_width;
	guint64 n_tensors, n_keys; /* as the head says */
	guint n_tokens, n_scores;
	guint64 rows, columns; /* of the second tensor */
	guint32 type;	       /* of the second tensor */
	guint64 offset;	       /* of the second tensor */
	const char *extra_key, *second_name;
	guint n_dimensions;
	guint n_data; /* bytes behind the lists */
} GgufKnobs;

/* 10 keys; "a.weight" has 4 x 8 float32 = 128 bytes at 0, the second one 4 x 32 Q8_0 = 136 bytes. */
static inline GgufKnobs gguf_honest(void)
{
	return (GgufKnobs){.architecture = "llama",
			   .version = 3,
			   .alignment = 32,
			   .n_context = 128,
			   .n_layers = 2,
			   .n_width = 32,
			   .n_tensors = 2,
			   .n_keys = 10,
			   .n_tokens = 3,
			   .n_scores = 3,
			   .rows = 4,
			   .columns = 32,
			   .type = 8,
			   .offset = 128,
			   .extra_key = "general.author",
			   .second_name = "b.weight",
			   .n_dimensions = 2,
			   .n_data = 264};
}

static inline void put_keys(GByteArray *file, const GgufKnobs *knobs)
{
	g_autofree char *width = g_strconcat(knobs->architecture, ".embedding_length", NULL);
	g_autofree char *layers = g_strconcat(knobs->architecture, ".block_count", NULL);
	g_autofree char *context = g_strconcat(knobs->architecture, ".context_length", NULL);

	put_string(file, "general.architecture", knobs->architecture);
	put_string(file, "general.name", "tiny");
	put_number(file, "general.alignment", knobs->alignment);
	put_number(file, context, knobs->n_context);
	put_number(file, layers, knobs->n_layers);
	put_number(file, width, knobs->n_width);
	put_string(file, "tokenizer.ggml.model", "llama");
	put_array(file, "tokenizer.ggml.tokens", GGUF_STRING, knobs->n_tokens);
	for (guint i = 0; i < knobs->n_tokens; i++)
		put_text(file, i ? "a" : "<s>");
	put_array(file, "tokenizer.ggml.scores", GGUF_F32, knobs->n_scores);
	for (guint i = 0; i < knobs->n_scores; i++)
		put_u32(file, 0);
	put_string(file, knobs->extra_key, "x");
}

static inline void put_tensor(GByteArray *file, const char *name, guint n_dimensions,
			      guint64 columns, guint64 rows, guint32 type, guint64 offset)
{
	put_text(file, name);
	put_u32(file, n_dimensions);
	for (guint i = 0; i < n_dimensions; i++)
		put_u64(file, i == 0 ? columns : i == 1 ? rows : 1);
	put_u32(file, type);
	put_u64(file, offset);
}

static inline GByteArray *gguf_make(const GgufKnobs *knobs)
{
	GByteArray *file = g_byte_array_new();
	guint data;

	g_byte_array_append(file, (const guint8 *)"GGUF", 4);
	put_u32(file, knobs->version);
	put_u64(file, knobs->n_tensors);
	put_u64(file, knobs->n_keys);
	put_keys(file, knobs);
	put_tensor(file, "a.weight", 2, 8, 4, 0, 0);
	put_tensor(file, knobs->second_name, knobs->n_dimensions, knobs->columns, knobs->rows,
		   knobs->type, knobs->offset);
	data = (file->len + 31) / 32 * 32;
	while (file->len < data + knobs->n_data)
		g_byte_array_append(file, (const guint8 *)"\0", 1);
	return file;
}
