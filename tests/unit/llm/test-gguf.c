/* Our own look at a model file: an honest one passes; a folder of damaged ones, made here, does not,
 * each with its reason; and no cut and no flipped byte makes it read where it may not (the sanitizers
 * watch). */
#include <glib/gstdio.h>

#include "base/error.h"
#include "gguf_file.h"
#include "llm/gguf.h"

static void test_honest(void)
{
	GgufKnobs knobs = gguf_honest();
	g_autoptr(GByteArray) file = gguf_make(&knobs);
	g_autoptr(GError) error = NULL;
	GgufSummary summary;

	g_assert_true(gguf_check(file->data, file->len, &summary, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(summary.architecture, ==, "llama");
	g_assert_cmpstr(summary.name, ==, "tiny");
	g_assert_cmpuint(summary.n_context, ==, 128);
	g_assert_cmpuint(summary.n_layers, ==, 2);
	g_assert_cmpuint(summary.n_width, ==, 32);
	g_assert_cmpuint(summary.n_tokens, ==, 3);
	g_assert_cmpuint(summary.n_tensors, ==, 2);
	g_assert_cmpuint(summary.n_tensor_bytes, ==, 128 + 136);
}

/* One knob each; what is 0 or NULL stays as it is in the honest file. */
static const struct {
	const char *name, *reason;
	GgufKnobs knobs;
} damaged[] = {
	{"version-1", "version", {.version = 1}},
	{"big-endian", "version", {.version = 0x03000000}},
	{"no-tensor-count", "counts", {.n_tensors = G_MAXUINT64}},
	{"many-tensors", "counts", {.n_tensors = GGUF_TENSORS_MAX + 1}},
	{"many-keys", "counts", {.n_keys = G_MAXUINT64 / 2}},
	{"more-keys-than-there-are", "key", {.n_keys = 12}},
	{"fewer-keys-than-there-are", "tensors", {.n_keys = 9}},
	{"more-tensors-than-there-are", "tensors", {.n_tensors = 3}},
	{"no-such-architecture", "architecture", {.architecture = "bert"}},
	{"alignment-3", "alignment", {.alignment = 3}},
	{"alignment-huge", "alignment", {.alignment = 1u << 21}},
	{"alignment-48", "alignment", {.alignment = 48}},
	{"context-huge", "context_length", {.n_context = G_MAXUINT32}},
	{"layers-many", "block_count", {.n_layers = GGUF_LAYERS_MAX + 1}},
	{"width-huge", "embedding_length", {.n_width = G_MAXUINT32}},
	{"scores-of-another-length", "equally long", {.n_scores = 2}},
	{"rows-overflow", "cannot be", {.rows = G_MAXUINT64 / 4}},
	{"columns-overflow", "cannot be", {.columns = 1ULL << 63}},
	{"product-overflow", "cannot be", {.rows = 1ULL << 31, .columns = 1ULL << 31}},
	{"columns-no-block", "cannot be", {.columns = 33}},
	{"type-unknown", "cannot be", {.type = 200}},
	{"type-removed", "cannot be", {.type = 4}},
	{"offset-behind-the-end", "the one before", {.offset = 1u << 20}},
	{"offset-overflow", "the one before", {.offset = G_MAXUINT64 - 31}},
	{"offset-not-aligned", "the one before", {.offset = 129}},
	{"tensors-overlap", "the one before", {.offset = 96}},
	{"tensors-with-a-gap", "the one before", {.offset = 160}},
	{"rows-behind-the-end", "over the end", {.rows = 5}},
	{"data-cut", "over the end", {.n_data = 263}},
	{"five-dimensions", "dimensions", {.n_dimensions = 5}},
	{"name-twice", "one name", {.second_name = "a.weight"}},
	{"key-twice", "twice", {.extra_key = "general.name"}},
	{"key-with-a-blank", "plain", {.extra_key = "general author"}},
	{"key-of-another-type", "wrong type", {.extra_key = "split.count"}},
	{"scores-as-text", "twice", {.extra_key = "tokenizer.ggml.scores"}},
};

#define OVERRIDE(field)    \
	if (change->field) \
	knobs.field = change->field

static GgufKnobs knobs_with(const GgufKnobs *change)
{
	GgufKnobs knobs = gguf_honest();

	OVERRIDE(architecture);
	OVERRIDE(version);
	OVERRIDE(alignment);
	OVERRIDE(n_context);
	OVERRIDE(n_layers);
	OVERRIDE(n_width);
	OVERRIDE(n_tensors);
	OVERRIDE(n_keys);
	OVERRIDE(n_scores);
	OVERRIDE(rows);
	OVERRIDE(columns);
	OVERRIDE(type);
	OVERRIDE(offset);
	OVERRIDE(extra_key);
	OVERRIDE(second_name);
	OVERRIDE(n_dimensions);
	OVERRIDE(n_data);
	return knobs;
}

static char *write_folder(void)
{
	char *folder = g_dir_make_tmp("zhiyin-gguf-XXXXXX", NULL);

	g_assert_nonnull(folder);
	for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
		GgufKnobs knobs = knobs_with(&damaged[i].knobs);
		g_autoptr(GByteArray) file = gguf_make(&knobs);
		g_autofree char *path = g_build_filename(folder, damaged[i].name, NULL);

		g_assert_true(g_file_set_contents(path, (const char *)file->data, (gssize)file->len,
						  NULL));
	}
	return folder;
}

static void test_damaged_folder(void)
{
	g_autofree char *folder = write_folder();

	for (gsize i = 0; i < G_N_ELEMENTS(damaged); i++) {
		g_autofree char *path = g_build_filename(folder, damaged[i].name, NULL);
		g_autoptr(GMappedFile) map = g_mapped_file_new(path, FALSE, NULL);
		g_autoptr(GError) error = NULL;
		GgufSummary summary;

		g_test_message("%s", damaged[i].name);
		g_assert_nonnull(map);
		g_assert_false(gguf_check((const guint8 *)g_mapped_file_get_contents(map),
					  g_mapped_file_get_length(map), &summary, &error));
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, damaged[i].reason));
		g_unlink(path);
	}
	g_rmdir(folder);
}

/* A copy of exactly n bytes, so that a read behind them is seen. */
static gboolean passes(const guint8 *bytes, gsize n)
{
	g_autofree guint8 *copy = g_memdup2(bytes, n);
	g_autoptr(GError) error = NULL;
	GgufSummary summary;
	gboolean passed = gguf_check(copy, n, &summary, &error);

	g_assert_true(passed == (error == NULL));
	return passed;
}

static void test_cut_anywhere(void)
{
	GgufKnobs knobs = gguf_honest();
	g_autoptr(GByteArray) file = gguf_make(&knobs);

	for (guint n = 0; n < file->len; n++)
		g_assert_false(passes(file->data, n));
	g_assert_true(passes(file->data, file->len));
}

static void test_flipped_bytes(void)
{
	static const guint8 values[] = {0, 1, 0x7f, 0x80, 0xff};
	GgufKnobs knobs = gguf_honest();
	g_autoptr(GByteArray) file = gguf_make(&knobs);
	guint n_refused = 0;

	for (guint at = 0; at < file->len; at++) {
		guint8 was = file->data[at];

		for (gsize i = 0; i < G_N_ELEMENTS(values); i++) {
			file->data[at] = values[i];
			n_refused += !passes(file->data, file->len);
		}
		file->data[at] = was;
	}
	g_assert_cmpuint(n_refused, >, 1000);
}

/* A length of 2^64 - 1 and an array of arrays: the classics. */
static void test_lengths_of_texts_and_arrays(void)
{
	static const guint64 lengths[] = {GGUF_TEXT_MAX_BYTES + 1, G_MAXUINT64, 1ULL << 63};

	for (gsize i = 0; i < G_N_ELEMENTS(lengths); i++) {
		g_autoptr(GByteArray) file = g_byte_array_new();

		g_byte_array_append(file, (const guint8 *)"GGUF", 4);
		put_u32(file, 3);
		put_u64(file, 1);
		put_u64(file, 1);
		put_text(file, "general.name");
		put_u32(file, GGUF_STRING);
		put_u64(file, lengths[i]);
		g_assert_false(passes(file->data, file->len));
		g_byte_array_set_size(file, file->len - 12);
		put_u32(file, GGUF_ARRAY);
		put_u32(file, i ? GGUF_U64 : GGUF_ARRAY);
		put_u64(file, i ? lengths[i] : 1);
		put_u64(file, 0);
		g_assert_false(passes(file->data, file->len));
	}
}

static void test_name_in_broken_utf8(void)
{
	GgufKnobs knobs = gguf_honest();
	g_autoptr(GByteArray) file = gguf_make(&knobs);
	guint8 *name = memmem(file->data, file->len, "tiny", 4);
	GgufSummary summary;

	g_assert_nonnull(name);
	memcpy(name,
	       "\xff\x1f"
	       "\0y",
	       4);
	g_assert_true(gguf_check(file->data, file->len, &summary, NULL));
	g_assert_true(g_utf8_validate(summary.name, -1, NULL));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/gguf/honest", test_honest);
	g_test_add_func("/gguf/damaged_folder", test_damaged_folder);
	g_test_add_func("/gguf/cut_anywhere", test_cut_anywhere);
	g_test_add_func("/gguf/flipped_bytes", test_flipped_bytes);
	g_test_add_func("/gguf/lengths_of_texts_and_arrays", test_lengths_of_texts_and_arrays);
	g_test_add_func("/gguf/name_in_broken_utf8", test_name_in_broken_utf8);
	return g_test_run();
}
