/* `zhiyin kb add`: files into knowledge, encoded at once when the encoder is there. */
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "crm/knowledge.h"
#include "crm/knowledge_import.h"
#include "llm/models.h"

static void show_rows(gint64 n_rows, gpointer progress)
{
	progress_set(progress, (guint64)n_rows);
}

static gboolean add_files(CommandRun *run, Store *store, const char *org_id,
			  KnowledgeImport *import, GError **error)
{
	Principal actor = principal_system(org_id);
	g_autoptr(Progress) progress = progress_new("reading", "rows", 0, run->quiet);

	return knowledge_import_files(store, &actor, (const char *const *)run->arguments, import,
				      show_rows, progress, error);
}

typedef struct {
	const CommandRun *run;
	Progress *progress;
} Encoding;

static gboolean show_encoded(gint64 n_done, gint64 n_all, gpointer data, GError **error)
{
	Encoding *encoding = data;

	(void)error;
	if (!encoding->progress)
		encoding->progress =
			progress_new("encoding", "passages", (guint64)n_all, encoding->run->quiet);
	progress_set(encoding->progress, (guint64)n_done);
	return TRUE;
}

static void encode(const CommandRun *run, Store *store, const char *org_id)
{
	g_autoptr(AnswerEngine) engine = open_engine(run, store, 2);
	g_autoptr(GError) failed = NULL;
	Encoding encoding = {.run = run};

	if (!knowledge_encode_missing(store, org_id, answer_engine_encoder(engine), show_encoded,
				      &encoding, &failed))
		command_note(run, "answers are found by words only for now: %s", failed->message);
	progress_free(encoding.progress);
}

static gboolean report(CommandRun *run, const KnowledgeImport *import, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	guint n_faults = import->faults ? import->faults->len : 0;

	for (guint i = 0; i < n_faults; i++)
		command_note(run, "%s", (const char *)g_ptr_array_index(import->faults, i));
	if (!run->json)
		return command_printf(run, error,
				      "%" G_GINT64_FORMAT " read: %" G_GINT64_FORMAT
				      " new, %" G_GINT64_FORMAT " changed, %" G_GINT64_FORMAT
				      " as before, %" G_GINT64_FORMAT " left out\n",
				      import->n_rows, import->n_created, import->n_updated,
				      import->n_unchanged, import->n_failed);
	json_object_begin(&w, NULL);
	json_put_int(&w, "rows", import->n_rows);
	json_put_int(&w, "created", import->n_created);
	json_put_int(&w, "updated", import->n_updated);
	json_put_int(&w, "unchanged", import->n_unchanged);
	json_put_int(&w, "failed", import->n_failed);
	json_array_begin(&w, "errors");
	for (guint i = 0; i < n_faults; i++)
		json_put_string(&w, NULL, g_ptr_array_index(import->faults, i));
	json_array_end(&w);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean kb_add_run(CommandRun *run, GError **error)
{
	g_auto(KnowledgeImport) import = {0};
	char org_id[37];
	g_autoptr(Store) store =
		models_check(run->config, error) ? open_store(run, org_id, error) : NULL;

	if (!store || !add_files(run, store, org_id, &import, error))
		return FALSE;
	if (!command_flag(run, "no-encode") && !encoder_declined(run))
		encode(run, store, org_id);
	return report(run, &import, error);
}

static const Setting settings[] = {SETTING_DATA, SETTING_ENCODER, SETTING_MODELS, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "no-encode",
	 .kind = OPTION_FLAG,
	 .help = "leave the encoding to the server's worker"},
	{0},
};

const Command command_kb_add = {
	.name = "kb add",
	.group = COMMAND_GROUP_KNOWLEDGE,
	.summary = "Add FAQ tables, Markdown and text files to the knowledge.",
	.arguments = "FILE...",
	.min_arguments = 1,
	.max_arguments = G_MAXUINT,
	.settings = settings,
	.options = options,
	.details = "- is standard input. FAQ tables are CSV or TSV with the columns question and "
		   "answer, and category, "
		   "url and language if you like. "
		   "Adding a file again changes only what changed in it.",
	.example = "zhiyin kb add faq.csv returns.md --data data",
	.run = kb_add_run,
};
