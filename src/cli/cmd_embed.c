/* `zhiyin embed`: texts to vectors in NumPy's file format, for whoever wants to look at them or
 * learn from them. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "llm/models.h"
#include "ml/encoder.h"
#include "text/csv.h"
#include "text/input.h"

enum { BATCH = 64 };

static gboolean read_table(const char *file, const char *column, GPtrArray *texts, GError **error)
{
	g_autoptr(Input) input = input_open(file, 0, error);
	g_autoptr(CsvReader) reader = input ? csv_open(input, NULL, error) : NULL;
	CsvStep step;
	guint at;

	if (!reader || !csv_get(reader, column, &at, error))
		return FALSE;
	while ((step = csv_next(reader, error)) != CSV_END) {
		if (step == CSV_FAILED)
			return FALSE;
		if (step == CSV_BAD_ROW) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "%s:%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT ": %s", file,
				    csv_fault(reader)->line, csv_fault(reader)->column,
				    csv_fault(reader)->message);
			return FALSE;
		}
		g_ptr_array_add(texts, g_strdup(csv_cell(reader, at, NULL)));
	}
	return TRUE;
}

static gboolean add_json_line(const char *line, const char *column, GPtrArray *texts,
			      GError **error)
{
	g_autoptr(json_t) row = json_parse(line, strlen(line), error);
	const char *text = json_member_string(row, column);

	if (text)
		g_ptr_array_add(texts, g_strdup(text));
	else if (row)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected an object with \"%s\"", column);
	return text != NULL;
}

/* Every line is a text, also an empty one, so that rows and lines agree; in JSON Lines an empty line
 * is none. */
static gboolean read_lines(const char *file, const char *column, gboolean json, GPtrArray *texts,
			   GError **error)
{
	g_autofree char *text = input_load(file, 0, NULL, error);
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

	for (guint i = 0; lines && lines[i]; i++) {
		if (g_str_has_suffix(lines[i], "\r"))
			lines[i][strlen(lines[i]) - 1] = '\0';
		if (!*lines[i] && (json || !lines[i + 1]))
			continue;
		if (!json)
			g_ptr_array_add(texts, g_strdup(lines[i]));
		else if (!add_json_line(lines[i], column, texts, error)) {
			g_prefix_error(error, "%s:%u:1: ", file, i + 1);
			return FALSE;
		}
	}
	return lines != NULL;
}

static gboolean read_texts(const char *file, const char *column, GPtrArray *texts, GError **error)
{
	g_autofree char *name = g_ascii_strdown(file, -1);

	if (g_str_has_suffix(name, ".gz"))
		name[strlen(name) - 3] = '\0';
	if (g_str_has_suffix(name, ".csv") || g_str_has_suffix(name, ".tsv"))
		return read_table(file, column, texts, error);
	return read_lines(file, column,
			  g_str_has_suffix(name, ".jsonl") || g_str_has_suffix(name, ".json"),
			  texts, error);
}

/* NPY version 1.0: magic, header as a Python literal padded to 64 bytes, then the rows. */
static gboolean write_npy(CommandRun *run, const char *path, const float *vectors, gsize n,
			  GError **error)
{
	g_autofree char *text = g_strdup_printf(
		"{'descr': '<f4', 'fortran_order': False, 'shape': (%" G_GSIZE_FORMAT ", %d), }", n,
		ENCODER_DIMENSIONS);
	gsize n_header = (10 + strlen(text) + 1 + 63) / 64 * 64 - 10;
	g_autoptr(GString) out = g_string_new_len("\x93NUMPY\x01\x00", 8);

	g_string_append_c(out, (char)(n_header & 0xff));
	g_string_append_c(out, (char)(n_header >> 8));
	g_string_append(out, text);
	while (out->len < 10 + n_header - 1)
		g_string_append_c(out, ' ');
	g_string_append_c(out, '\n');
	g_string_append_len(out, (const char *)vectors,
			    (gssize)(n * ENCODER_DIMENSIONS * sizeof(float)));
	if (g_str_equal(path, "-"))
		return command_print(run, out->str, (gssize)out->len, error);
	return g_file_set_contents_full(path, out->str, (gssize)out->len,
					G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

static EncoderPrefix prefix_of(const char *word)
{
	return g_str_equal(word, "query")     ? ENCODER_QUERY
	       : g_str_equal(word, "passage") ? ENCODER_PASSAGE
					      : ENCODER_PLAIN;
}

static gboolean encode_all(const CommandRun *run, const char *path, GPtrArray *texts,
			   float *vectors, GError **error)
{
	g_autoptr(Encoder) encoder = encoder_open(path, 2, error);
	g_autoptr(Progress) progress = progress_new("encoding", "texts", texts->len, run->quiet);
	EncoderPrefix prefix = prefix_of(command_text(run, "prefix"));

	if (!encoder)
		return FALSE;
	for (guint i = 0; i < texts->len; i += BATCH) {
		if (!encoder_encode(encoder, prefix, (const char *const *)texts->pdata + i,
				    MIN(BATCH, texts->len - i),
				    vectors + (gsize)i * ENCODER_DIMENSIONS, error))
			return FALSE;
		progress_set(progress, i);
	}
	return TRUE;
}

static gboolean report(CommandRun *run, guint n, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (g_str_equal(command_text(run, "out"), "-"))
		return TRUE;
	if (!run->json)
		return command_printf(run, error, "%u texts, %d dimensions: %s\n", n,
				      ENCODER_DIMENSIONS, command_text(run, "out"));
	json_object_begin(&w, NULL);
	json_put_int(&w, "n", n);
	json_put_int(&w, "dimensions", ENCODER_DIMENSIONS);
	json_put_string(&w, "out", command_text(run, "out"));
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean embed_run(CommandRun *run, GError **error)
{
	g_autofree char *path = models_encoder_path(run->config);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autofree float *vectors = NULL;

	if (!command_text(run, "in") || !command_text(run, "out")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "give --in FILE and --out FILE.npy");
		return FALSE;
	}
	if (!models_check(run->config, error))
		return FALSE;
	if (!path) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "there is no encoder in %s (./dev build fetches it; --encoder FILE "
			    "names another)",
			    config_string(run->config, SETTING_MODELS));
		return FALSE;
	}
	if (!read_texts(command_text(run, "in"), command_text(run, "text"), texts, error))
		return FALSE;
	vectors = g_try_new(float, ((gsize)texts->len + 1) * ENCODER_DIMENSIONS);
	if (!vectors) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "%u texts need more memory than there is", texts->len);
		return FALSE;
	}
	return encode_all(run, path, texts, vectors, error) &&
	       write_npy(run, command_text(run, "out"), vectors, texts->len, error) &&
	       report(run, texts->len, error);
}

static const Setting settings[] = {SETTING_ENCODER, SETTING_MODELS, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "in",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "CSV, TSV or JSONL with a text column, or plain lines; - is standard input, plain "
		 "lines"},
	{.name = "out",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.npy",
	 .help = "where the vectors go: float32, one row a text; - is standard output"},
	{.name = "text",
	 .kind = OPTION_TEXT,
	 .value_name = "COLUMN",
	 .fallback = "text",
	 .help = "name of the text column"},
	{.name = "prefix",
	 .kind = OPTION_CHOICE,
	 .value_name = "query|passage|none",
	 .fallback = "query",
	 .help = "what the texts are"},
	{0},
};

const Command command_embed = {
	.name = "embed",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Encode texts as vectors of 384 numbers.",
	.arguments = "",
	.settings = settings,
	.options = options,
	.example = "zhiyin embed --in texts.csv --out vectors.npy",
	.run = embed_run,
};
