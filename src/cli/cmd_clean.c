/* `zhiyin clean --text`: messages made fit for search, statistics and learning. One text in, one line
 * out, with the original beside it; the report says of every change what it was and which step made
 * it. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "cli/text_rows.h"
#include "text/cleaning.h"
#include "text/language.h"
#include "text/sentence.h"

typedef struct {
	guint64 n, n_changed, by_step[N_CLEANING_STEPS];
} CleanCounts;

static void put_moods(JsonWriter *w, const Cleaned *cleaned)
{
	json_array_begin(w, "moods");
	for (guint i = 0; i < cleaned->moods->len; i++) {
		const CleaningMood *mood = &g_array_index(cleaned->moods, CleaningMood, i);

		json_object_begin(w, NULL);
		json_put_string(w, "sign", mood->sign);
		json_put_string(w, "mood", mood_sign_name(mood->mood));
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_sentences(JsonWriter *w, const char *text)
{
	g_autoptr(GArray) sentences = text_sentences(text, strlen(text));

	json_array_begin(w, "sentences");
	for (guint i = 0; i < sentences->len; i++) {
		const TextSpan *span = &g_array_index(sentences, TextSpan, i);

		json_object_begin(w, NULL);
		json_put_int(w, "start", g_utf8_pointer_to_offset(text, text + span->start));
		json_put_int(w, "end", g_utf8_pointer_to_offset(text, text + span->end));
		json_put_string(w, "language",
				text_language_name(text_language_n(text + span->start,
								   span->end - span->start)));
		json_object_end(w);
	}
	json_array_end(w);
}

static void put_row(GString *out, const TextRows *rows, const Cleaned *cleaned)
{
	const json_t *id = json_object_get(text_rows_object(rows), "id");
	g_autofree char *id_text = id ? json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_int(&w, "line", (gint64)text_rows_line(rows));
	if (id_text)
		json_put_raw(&w, "id", id_text);
	json_put_string(&w, "text", cleaned->text);
	json_put_string(&w, "original", text_rows_text(rows));
	json_put_string(&w, "language", text_language_name(text_language(cleaned->text)));
	put_moods(&w, cleaned);
	put_sentences(&w, cleaned->text);
	json_object_end(&w);
	g_string_append_c(out, '\n');
}

/* A line for every change. */
static void put_changes(GString *out, guint64 line, const Cleaned *cleaned, CleanCounts *counts)
{
	for (guint i = 0; i < cleaned->changes->len; i++) {
		const CleaningChange *change = &g_array_index(cleaned->changes, CleaningChange, i);
		JsonWriter w = json_writer(out);

		json_object_begin(&w, NULL);
		json_put_int(&w, "line", (gint64)line);
		json_put_string(&w, "step", cleaning_step_name(change->step));
		json_put_string(&w, "before", change->before);
		json_put_string(&w, "after", change->after);
		json_object_end(&w);
		g_string_append_c(out, '\n');
		counts->by_step[change->step]++;
	}
}

static gboolean clean_all(const CommandRun *run, TextRows *rows, TextOut *out, TextOut *report,
			  CleanCounts *counts, GError **error)
{
	g_autoptr(Progress) progress = progress_new("cleaning", "texts", 0, run->quiet);
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) failure = NULL;

	while (text_rows_next(rows, &failure)) {
		g_auto(Cleaned) cleaned = text_cleaning(text_rows_text(rows));

		g_string_truncate(text, 0);
		put_row(text, rows, &cleaned);
		if (!text_out_write(out, text, error))
			return FALSE;
		g_string_truncate(text, 0);
		put_changes(text, text_rows_line(rows), &cleaned, counts);
		if (report && !text_out_write(report, text, error))
			return FALSE;
		counts->n_changed += cleaned.changes->len > 0;
		progress_set(progress, ++counts->n);
	}
	if (!failure)
		return text_out_commit(out, error) && (!report || text_out_commit(report, error));
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean print_counts(CommandRun *run, const CleanCounts *counts, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error,
				      "%" G_GUINT64_FORMAT " texts, %" G_GUINT64_FORMAT
				      " of them changed: %s\n",
				      counts->n, counts->n_changed, command_text(run, "out"));
	json_object_begin(&w, NULL);
	json_put_int(&w, "n", (gint64)counts->n);
	json_put_int(&w, "changed", (gint64)counts->n_changed);
	json_object_begin(&w, "steps");
	for (guint i = 0; i < N_CLEANING_STEPS; i++)
		json_put_int(&w, cleaning_step_name((CleaningStep)i), (gint64)counts->by_step[i]);
	json_object_end(&w);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean clean_run(CommandRun *run, GError **error)
{
	const char *path = command_text(run, "out"), *report_path = command_text(run, "report");
	g_autoptr(TextRows) rows = NULL;
	g_autoptr(TextOut) out = NULL, report = NULL;
	CleanCounts counts = {0};

	if (!command_given(run, "text") || !path) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "give --text, --in FILE and --out FILE.jsonl");
		return FALSE;
	}
	rows = text_rows_open(run, command_text(run, "in"), command_text(run, "column"), error);
	out = rows ? text_out_open(run, path, error) : NULL;
	if (!out)
		return FALSE;
	report = report_path ? text_out_open(run, report_path, error) : NULL;
	if (report_path && !report)
		return FALSE;
	return clean_all(run, rows, out, report, &counts, error) &&
	       (g_str_equal(path, "-") || print_counts(run, &counts, error));
}

static const CommandOption options[] = {
	{.name = "text", .kind = OPTION_FLAG, .help = "clean texts"},
	{.name = "in",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "CSV, TSV, XLSX or JSONL with a text column, or plain lines; - is standard input, "
		 "JSON Lines"},
	{.name = "out",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .help = "where the clean texts go, each with its original; - is standard output"},
	{.name = "report",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .help = "where every change goes: line, step, before, after"},
	{.name = "column",
	 .kind = OPTION_TEXT,
	 .value_name = "NAME",
	 .fallback = "text",
	 .help = "name of the column or member that holds the text"},
	{.name = "strict", .kind = OPTION_FLAG, .help = "end at the first faulty line"},
	{0},
};

const Command command_clean = {
	.name = "clean",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Clean texts and say what was changed.",
	.arguments = "",
	.options = options,
	.details =
		"Steps: markup, quoted mail, signatures, smileys to one emoji each with their "
		"mood, "
		"full-width letters, invisible characters, traditional to simplified, characters "
		"written as their parts, letters "
		"spaced "
		"out, drawn-out letters, white space. Encodings are recognised (UTF-8, GB18030, "
		"UTF-16). "
		"The language is told of every sentence.",
	.example = "zhiyin clean --text --in messages.csv --out clean.jsonl --report changes.jsonl",
	.run = clean_run,
};
