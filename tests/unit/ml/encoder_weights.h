/*
 * A small file of encoder weights for tests: the real layout, 40 pieces, 2 layers of random
 * numbers, 12 positions (windows of 10 tokens), so that everything but the real vectors can be
 * tested without the 72 MB file. Header only; test programs include it.
 */
#pragma once

#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

enum { TINY_LAYERS = 2, TINY_MIDDLE = 64, TINY_WORDS = 48, TINY_POSITIONS = 12, TINY_HEADER = 44 };

typedef struct {
	const char *text;
	float score;
} TinyPiece;

/* Ids 0-3 are bos, pad, eos, unknown, the last is the mask, all with score 0 as in the real
 * file. */
static const TinyPiece tiny_pieces[] = {
	{"<s>", 0},  {"<pad>", 0}, {"</s>", 0},	 {"<unk>", 0},	 {"▁", -3},	{"a", -5},
	{"b", -5},   {"c", -5},	   {"d", -5.5f}, {"e", -4.5f},	 {"ab", -6},	{"abc", -11},
	{"bcd", -8}, {"cd", -7},   {"▁a", -6},	 {"▁ab", -7.5f}, {"▁de", -7},	{"q", -6},
	{"u", -6},   {"r", -6},	   {"y", -6},	 {"▁query", -8}, {":", -4},	{"▁passage", -8},
	{"你", -6},  {"好", -6},   {"你好", -9}, {"们", -6.5f},	 {"你们", -10}, {"好吗", -9.5f},
	{"吗", -7},  {"1", -5},	   {"2", -5},	 {"12", -7},	 {"fi", -9},	{"f", -7},
	{"i", -6},   {"😀", -9},	   {"s", -6},	 {"<mask>", 0},
};

/* Full width to ASCII, spaces, a deletion, an expansion; rising code points. */
static const guint32 tiny_rules[][5] = {
	{0x01, 0},	  {'\t', 1, ' '},	 {0xa0, 1, ' '},
	{0x3000, 1, ' '}, {0xfb01, 2, 'f', 'i'}, /* the ligature fi */
	{0xff11, 1, '1'}, {0xff41, 1, 'a'},	 {0xff42, 1, 'b'},
	{0xfffd, 1, ' '},
};

static inline void tiny_u32(GByteArray *file, guint32 value)
{
	g_byte_array_append(file, (const guint8 *)&value, 4);
}

static inline void tiny_header(GByteArray *file)
{
	const guint32 shape[] = {1,	      384,	  TINY_LAYERS,	  12,
				 TINY_MIDDLE, TINY_WORDS, TINY_POSITIONS, 2};
	const float epsilon = 1e-12f;

	g_byte_array_append(file, (const guint8 *)"E5S1", 4);
	g_byte_array_append(file, (const guint8 *)shape, sizeof(shape));
	g_byte_array_append(file, (const guint8 *)&epsilon, 4);
	tiny_u32(file, 32);
}

static inline void tiny_vocabulary(GByteArray *file)
{
	guint64 n = 0;
	guint32 at = 0;

	tiny_u32(file, G_N_ELEMENTS(tiny_pieces));
	tiny_u32(file, 0), tiny_u32(file, 2), tiny_u32(file, 1), tiny_u32(file, 3);
	for (gsize i = 0; i < G_N_ELEMENTS(tiny_pieces); i++)
		n += strlen(tiny_pieces[i].text);
	g_byte_array_append(file, (const guint8 *)&n, 8);
	for (gsize i = 0; i < G_N_ELEMENTS(tiny_pieces); i++) {
		tiny_u32(file, at);
		at += (guint32)strlen(tiny_pieces[i].text);
	}
	tiny_u32(file, at);
	for (gsize i = 0; i < G_N_ELEMENTS(tiny_pieces); i++)
		g_byte_array_append(file, (const guint8 *)&tiny_pieces[i].score, 4);
	for (gsize i = 0; i < G_N_ELEMENTS(tiny_pieces); i++)
		g_byte_array_append(file, (const guint8 *)tiny_pieces[i].text,
				    (guint)strlen(tiny_pieces[i].text));
}

static inline void tiny_normaliser(GByteArray *file)
{
	guint32 n = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(tiny_rules); i++)
		n += 5 + 4 * tiny_rules[i][1];
	tiny_u32(file, G_N_ELEMENTS(tiny_rules));
	tiny_u32(file, n);
	for (gsize i = 0; i < G_N_ELEMENTS(tiny_rules); i++) {
		guint8 k = (guint8)tiny_rules[i][1];

		tiny_u32(file, tiny_rules[i][0]);
		g_byte_array_append(file, &k, 1);
		for (guint j = 0; j < k; j++)
			tiny_u32(file, tiny_rules[i][2 + j]);
	}
}

typedef struct {
	const char *name;
	gboolean quantised;
	guint32 n;
	float middle, spread; /* of float tensors */
} TinyTensor;

static inline void tiny_tensor_list(GArray *tensors)
{
	static const TinyTensor layer[] = {
		{"q.w", TRUE, 384 * 384, 0, 0},
		{"k.w", TRUE, 384 * 384, 0, 0},
		{"v.w", TRUE, 384 * 384, 0, 0},
		{"ao.w", TRUE, 384 * 384, 0, 0},
		{"fi.w", TRUE, TINY_MIDDLE * 384, 0, 0},
		{"fo.w", TRUE, 384 * TINY_MIDDLE, 0, 0},
		{"q.b", FALSE, 384, 0, .5f},
		{"k.b", FALSE, 384, 0, .5f},
		{"v.b", FALSE, 384, 0, .5f},
		{"ao.b", FALSE, 384, 0, .5f},
		{"fi.b", FALSE, TINY_MIDDLE, 0, .5f},
		{"fo.b", FALSE, 384, 0, .5f},
		{"aln.w", FALSE, 384, 1, .3f},
		{"aln.b", FALSE, 384, 0, .2f},
		{"oln.w", FALSE, 384, 1, .3f},
		{"oln.b", FALSE, 384, 0, .2f},
	};
	static const TinyTensor embedding[] = {
		{"emb.word", TRUE, TINY_WORDS * 384, 0, 0},
		{"emb.pos", FALSE, TINY_POSITIONS * 384, 0, .3f},
		{"emb.type", FALSE, 2 * 384, 0, .1f},
		{"emb.ln.w", FALSE, 384, 1, .3f},
		{"emb.ln.b", FALSE, 384, 0, .2f},
	};

	g_array_append_vals(tensors, embedding, G_N_ELEMENTS(embedding));
	for (int l = 0; l < TINY_LAYERS; l++) {
		for (gsize i = 0; i < G_N_ELEMENTS(layer); i++) {
			TinyTensor tensor = layer[i];
			g_autofree char *name = g_strdup_printf("l%d.%s", l, layer[i].name);

			tensor.name = g_intern_string(name);
			g_array_append_val(tensors, tensor);
		}
	}
}

static inline void tiny_numbers(GByteArray *file, const TinyTensor *tensor, GRand *random)
{
	for (guint32 i = 0; i < tensor->n && !tensor->quantised; i++) {
		float value =
			tensor->middle + tensor->spread * (float)g_rand_double_range(random, -1, 1);

		g_byte_array_append(file, (const guint8 *)&value, 4);
	}
	for (guint32 i = 0; i < tensor->n / 32 && tensor->quantised; i++) {
		guint16 scale =
			(guint16)(0x2000 + g_rand_int_range(random, 0, 0x400)); /* 2^-7 to 2^-6 */
		guint8 nibbles[16];

		for (int j = 0; j < 16; j++)
			nibbles[j] = (guint8)g_rand_int_range(random, 0, 256);
		g_byte_array_append(file, (const guint8 *)&scale, 2);
		g_byte_array_append(file, nibbles, 16);
	}
}

static inline guint64 tiny_aligned(guint64 at)
{
	return (at + 63) / 64 * 64;
}

/* The list of tensors with the places where tiny_file() will put them. */
static inline void tiny_directory(GByteArray *file, const GArray *tensors)
{
	guint64 at = file->len;

	for (guint i = 0; i < tensors->len; i++)
		at += 2 + strlen(g_array_index(tensors, TinyTensor, i).name) + 1 + 4 + 8 + 8;
	at = tiny_aligned(at);
	for (guint i = 0; i < tensors->len; i++) {
		const TinyTensor *tensor = &g_array_index(tensors, TinyTensor, i);
		guint64 n_bytes = tensor->quantised ? tensor->n / 32 * 18 : tensor->n * 4;
		guint16 n_name = (guint16)strlen(tensor->name);
		guint8 kind = tensor->quantised;

		g_byte_array_append(file, (const guint8 *)&n_name, 2);
		g_byte_array_append(file, (const guint8 *)tensor->name, n_name);
		g_byte_array_append(file, &kind, 1);
		tiny_u32(file, tensor->n);
		g_byte_array_append(file, (const guint8 *)&at, 8);
		g_byte_array_append(file, (const guint8 *)&n_bytes, 8);
		at = tiny_aligned(at + n_bytes);
	}
}

/* The whole file. offsets (name -> place of the tensor, GSIZE_TO_POINTER; owns its keys) and
 * directory_end may be NULL. */
static inline GByteArray *tiny_file(GHashTable *offsets, gsize *directory_end)
{
	GByteArray *file = g_byte_array_new();
	g_autoptr(GArray) tensors = g_array_new(FALSE, FALSE, sizeof(TinyTensor));
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	tiny_header(file);
	tiny_vocabulary(file);
	tiny_normaliser(file);
	tiny_tensor_list(tensors);
	tiny_u32(file, tensors->len);
	tiny_directory(file, tensors);
	if (directory_end)
		*directory_end = file->len;
	for (guint i = 0; i < tensors->len; i++) {
		const TinyTensor *tensor = &g_array_index(tensors, TinyTensor, i);
		guint first = (guint)tiny_aligned(file->len), gap = first - file->len;

		g_byte_array_set_size(file, first);
		memset(file->data + first - gap, 0, gap);
		if (offsets)
			g_hash_table_insert(offsets, g_strdup(tensor->name),
					    GSIZE_TO_POINTER(first));
		tiny_numbers(file, tensor, random);
	}
	return file;
}

/* Writes bytes to a new temporary file; free the name, remove the file. */
static inline char *tiny_write(const guint8 *bytes, gsize n)
{
	char *path = NULL;
	g_autoptr(GError) error = NULL;
	int fd = g_file_open_tmp("encoder-XXXXXX", &path, &error);

	g_assert_no_error(error);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, (const char *)bytes, (gssize)n, NULL));
	return path;
}

/* The real weights, or NULL after marking the test as skipped. */
static inline char *real_weights(void)
{
	const char *folder = g_getenv("ZHIYIN_MODELS");
	g_autofree char *path = folder ? g_build_filename(folder, "e5-small-q4.bin", NULL)
				       : g_build_filename(g_get_home_dir(), ".cache", "zhiyin",
							  "models", "e5-small-q4.bin", NULL);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&path);
	g_test_skip("e5-small-q4.bin is not here (set ZHIYIN_MODELS to its folder)");
	return NULL;
}
