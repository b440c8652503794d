/* `zhiyin model add|list|show|verify|test`: which model files this installation trusts, which trained classifiers it
 * keeps, and what the chat model says. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/model_card.h"
#include "cli/open.h"
#include "llm/local.h"
#include "llm/models.h"
#include "llm/open.h"

static gboolean store_model(Db *db, gpointer model, GError **error)
{
	return model_add(db, model, error);
}

static gboolean print_model(CommandRun *run, const Model *model, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error, "%-8s %-40s %12" G_GINT64_FORMAT " bytes  %s\n",
				      model->kind, model->name, model->n_bytes, model->licence);
	model_write_json(model, &w);
	return print_json(run, out, error);
}

typedef struct {
	Principal actor;
	const char *name;
	GBytes *bytes;
	KeptClassifier kept;
} Added;

static gboolean store_classifier(Db *db, gpointer data, GError **error)
{
	Added *added = data;

	return classifier_add(db, &added->actor, added->name, added->bytes, &added->kept, error);
}

/* The store takes a copy, since the next training may write the same file. */
static gboolean add_classifier(CommandRun *run, const char *path, GError **error)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autoptr(GBytes) bytes = NULL;
	Added added = {.name = name};
	char org_id[37];
	g_autoptr(Store) store = NULL;
	gboolean good;

	if (!classifier_read(path, &bytes, error))
		return FALSE;
	store = open_store(run, org_id, error);
	if (!store)
		return FALSE;
	added.actor = principal_system(org_id);
	added.bytes = bytes;
	good = store_write(store, store_classifier, &added, error) &&
	       classifier_print_line(run, &added.kept, error);
	kept_classifier_clear(&added.kept);
	return good;
}

static gboolean model_add_run(CommandRun *run, GError **error)
{
	g_auto(Model) model = {0};
	g_autoptr(Store) store = NULL;

	if (classifier_is_file(run->arguments[0]))
		return add_classifier(run, run->arguments[0], error);
	if (!model_read(run->arguments[0], command_text(run, "licence"), &model, error))
		return FALSE;
	store = open_store(run, NULL, error);
	return store && store_write(store, store_model, &model, error) &&
	       print_model(run, &model, error);
}

typedef struct {
	CommandRun *run;
	JsonWriter *w; /* NULL: lines */
	guint n, n_damaged;
	gboolean verify;
	GError *error;
} Listing;

static void list_model(const Model *model, gpointer data)
{
	Listing *listing = data;
	g_autoptr(GError) fault = NULL;

	listing->n++;
	if (listing->verify && !model_verify(model, &fault)) {
		listing->n_damaged++;
		command_note(listing->run, "%s", fault->message);
	}
	if (listing->w)
		model_write_json(model, listing->w);
	else if (!listing->error)
		print_model(listing->run, model, &listing->error);
}

static gboolean list_classifiers(Listing *listing, Db *db, const char *org_id, GError **error)
{
	g_autoptr(GArray) all = classifier_list(db, org_id, error);

	for (guint i = 0; all && i < all->len; i++) {
		const KeptClassifier *kept = &g_array_index(all, KeptClassifier, i);
		g_autoptr(GError) fault = NULL;

		listing->n++;
		if (listing->verify && !classifier_verify(db, org_id, kept, &fault)) {
			listing->n_damaged++;
			command_note(listing->run, "%s: %s", kept->name, fault->message);
		}
		if (listing->w)
			kept_classifier_write(kept, listing->w);
		else if (!listing->error)
			classifier_print_line(listing->run, kept, &listing->error);
	}
	return all != NULL;
}

static gboolean list_models(CommandRun *run, gboolean verify, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	Listing listing = {.run = run, .w = run->json ? &w : NULL, .verify = verify};

	if (!db)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "models");
	if (!model_each(db, list_model, &listing, error) ||
	    !list_classifiers(&listing, db, org_id, error))
		return FALSE;
	json_array_end(&w);
	json_put_int(&w, "damaged", listing.n_damaged);
	json_object_end(&w);
	if (listing.error) {
		g_propagate_error(error, listing.error);
		return FALSE;
	}
	if (run->json && !print_json(run, out, error))
		return FALSE;
	if (!listing.n)
		command_note(run, "no model is registered (zhiyin model add FILE registers one)");
	if (!listing.n_damaged)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "%u model files are not what was registered", listing.n_damaged);
	return FALSE;
}

static gboolean model_list_run(CommandRun *run, GError **error)
{
	return list_models(run, FALSE, error);
}

static gboolean model_verify_run(CommandRun *run, GError **error)
{
	return list_models(run, TRUE, error);
}

/* ---- show ------------------------------------------------------------------------------------ */

enum { HASH_MIN = 8 };

typedef struct {
	const char *name;
	char sha256[65];
	guint n;
} Search;

static void match_model(const Model *model, gpointer data)
{
	Search *search = data;

	if (!g_str_equal(model->name, search->name) &&
	    (strlen(search->name) < HASH_MIN || !g_str_has_prefix(model->sha256, search->name)))
		return;
	g_strlcpy(search->sha256, model->sha256, sizeof search->sha256);
	search->n++;
}

/* The registered model of that name, or whose hash begins so. *ret_model has no name where it is a classifier. */
static gboolean find_model(Db *db, const char *org_id, const char *name, Model *ret_model,
			   KeptClassifier *ret_kept, GError **error)
{
	Search search = {.name = name};

	if (!model_each(db, match_model, &search, error))
		return FALSE;
	if (search.n == 1)
		return model_get(db, search.sha256, ret_model, error);
	if (!search.n && classifier_find(db, org_id, name, ret_kept, NULL))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, search.n ? ZHIYIN_ERROR_INVALID : ZHIYIN_ERROR_NOT_FOUND,
		    search.n ? "several models are called '%s': name it by its hash"
			     : "no registered model is called '%s' (zhiyin model list)",
		    name);
	return FALSE;
}

static gboolean model_show_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	g_auto(Model) model = {0};
	g_auto(KeptClassifier) kept = {0};
	g_autoptr(GError) fault = NULL;

	if (!db || !find_model(db, org_id, run->arguments[0], &model, &kept, error))
		return FALSE;
	if (kept.name)
		return classifier_print_card(run, &kept, error);
	if (run->json)
		return print_model(run, &model, error);
	return command_printf(run, error,
			      "name     %s\nkind     %s\nlicence  %s%s\nsha256   %s\n"
			      "bytes    %" G_GINT64_FORMAT "\nfile     %s%s\n",
			      model.name, model.kind, model.licence,
			      model.accepted_at ? " (accepted)" : "", model.sha256, model.n_bytes,
			      model.path, model_look(&model, &fault) ? "" : " (not there)");
}

/* ---- test ------------------------------------------------------------------------------------ */

enum { LOAD_MS = 120000 };

typedef struct {
	CommandRun *run;
	GString *text;
} Tested;

/* To the terminal as it comes, unless it is to be JSON. */
static gboolean take_piece(const char *piece, gsize n, gpointer data)
{
	Tested *answer = data;

	g_string_append_len(answer->text, piece, (gssize)n);
	if (answer->run->json || !command_print(answer->run, piece, (gssize)n, NULL))
		return answer->run->json;
	fflush(answer->run->out);
	return TRUE;
}

static gboolean print_answer(CommandRun *run, const Tested *answer, const LlmUsage *usage,
			     const LlmInfo *info, GError **error)
{
	static const char *const ends[] = {"stop", "length", "deadline", "cancelled"};
	double seconds = (usage->total_ms - usage->first_ms) / 1000.0;
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error,
				      "\n\n%s: %u + %u tokens (%u from the cache), first after "
				      "%.0f ms, then %.1f a second; ended by %s\n",
				      info->model, usage->n_prompt, usage->n_generated,
				      usage->n_cached, usage->first_ms,
				      seconds > 0 ? (usage->n_generated - 1) / seconds : 0.0,
				      ends[usage->end]);
	json_object_begin(&w, NULL);
	json_put_string(&w, "text", answer->text->str);
	json_put_string(&w, "model", info->model);
	json_put_string(&w, "sha256", info->sha256);
	json_put_string(&w, "end", ends[usage->end]);
	json_put_int(&w, "prompt_tokens", usage->n_prompt);
	json_put_int(&w, "cached_tokens", usage->n_cached);
	json_put_int(&w, "tokens", usage->n_generated);
	json_put_double(&w, "first_ms", usage->first_ms);
	json_put_double(&w, "total_ms", usage->total_ms);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean ask_model(CommandRun *run, Llm *llm, GError **error)
{
	const char *const *stop = command_list(run, "stop");
	g_autofree char *grammar = NULL;
	g_autoptr(GString) text = g_string_new(NULL);
	g_auto(LlmInfo) info = {0};
	Tested answer = {run, text};
	LlmUsage usage;
	LlmRequest request = {
		.fixed = command_text(run, "fixed"),
		.input = run->arguments[0],
		.stop = stop,
		.max_tokens = (guint)command_int(run, "tokens"),
		.temperature = command_number(run, "temperature"),
		.seed = (guint64)command_int(run, "seed"),
		.deadline_us = clock_monotonic_us() + command_int(run, "seconds") * G_USEC_PER_SEC,
		.session = "test",
		.names = command_list(run, "name"),
	};

	if (command_text(run, "grammar") &&
	    !g_file_get_contents(command_text(run, "grammar"), &grammar, NULL, error))
		return FALSE;
	request.grammar = grammar;
	if (!llm_generate(llm, &request, take_piece, &answer, &usage, error))
		return FALSE;
	llm_info(llm, &info);
	return print_answer(run, &answer, &usage, &info, error);
}

static gboolean model_test_run(CommandRun *run, GError **error)
{
	g_autofree char *path = models_chat_path(run->config);
	g_autoptr(Llm) llm = NULL;
	Local *local;
	int fd;

	if (!llm_open(run->config, NULL, &llm, error))
		return FALSE;
	if (llm)
		return ask_model(run, llm, error);
	if (!path) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "there is no chat model: name one with --model FILE.gguf, or put %s "
			    "into %s",
			    MODELS_CHAT_FILE, config_string(run->config, SETTING_MODELS));
		return FALSE;
	}
	if (!models_check(run->config, error))
		return FALSE;
	llm = local_new(NULL, NULL, &local);
	fd = local_spawn(path, (guint)config_int(run->config, SETTING_LLM_CONTEXT), error);
	if (fd < 0)
		return FALSE;
	local_attach(local, fd);
	return local_wait_ready(local, LOAD_MS, error) && ask_model(run, llm, error);
}

static const Setting test_settings[] = {
	SETTING_MODEL,	   SETTING_MODELS,	 SETTING_LLM_CONTEXT,  SETTING_LLM_URL,
	SETTING_LLM_MODEL, SETTING_LLM_KEY_FILE, SETTING_LLM_INSECURE, N_SETTINGS};
static const CommandOption test_options[] = {
	{.name = "fixed",
	 .kind = OPTION_TEXT,
	 .value_name = "TEXT",
	 .fallback = "",
	 .help = "what goes before the text, as a task's instructions do"},
	{.name = "tokens",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "64",
	 .min = 1,
	 .max = 4096,
	 .help = "write at most so many tokens"},
	{.name = "temperature",
	 .kind = OPTION_NUMBER,
	 .value_name = "X",
	 .fallback = "0",
	 .min = 0,
	 .max = 5,
	 .help = "0: always the likeliest token"},
	{.name = "seed",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "1",
	 .min = 0,
	 .max = 1e15,
	 .help = "of the chance, with a temperature"},
	{.name = "stop", .kind = OPTION_LIST, .value_name = "TEXT", .help = "ends the answer"},
	{.name = "name",
	 .kind = OPTION_LIST,
	 .value_name = "NAME",
	 .help = "of a person: does not leave this machine"},
	{.name = "grammar",
	 .kind = OPTION_PATH,
	 .value_name = "FILE",
	 .help = "GBNF that the answer must follow"},
	{.name = "seconds",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "60",
	 .min = 1,
	 .max = 3600,
	 .help = "end after so long"},
	{0},
};

const Command command_model_test = {
	.name = "model test",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Let the chat model go on with a text, and tell how fast it is.",
	.arguments = "TEXT",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = test_settings,
	.options = test_options,
	.details = "The text is continued as it stands, in a model process that lives for this "
		   "command: the same one, with the same sandbox, as under zhiyin serve.",
	.example = "zhiyin model test \"The capital of France is\" --tokens 8",
	.run = model_test_run,
};

/* ---- rows ------------------------------------------------------------------------------------ */

static const Setting settings[] = {SETTING_DATA, SETTING_MODELS, N_SETTINGS};
static const CommandOption add_options[] = {
	{.name = "licence",
	 .kind = OPTION_TEXT,
	 .value_name = "NAME",
	 .help = "licence of the weights"},
	{0},
};

const Command command_model_add = {
	.name = "model add",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Register a model file by its hash.",
	.details = "Of a classifier (zhiyin train sentiment|intent) the store keeps a copy, as the "
		   "next "
		   "version of its task; model promote puts it into use.",
	.arguments = "FILE",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.options = add_options,
	.example = "zhiyin model add ~/.cache/zhiyin/models/e5-small-q4.bin --data data/demo",
	.run = model_add_run,
};

const Command command_model_list = {
	.name = "model list",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "List the registered models.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin model list --data data/demo",
	.run = model_list_run,
};

const Command command_model_show = {
	.name = "model show",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Show a registered model with its licence or card, by name or hash.",
	.arguments = "NAME",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.example = "zhiyin model show gemma-3-270m-q4_k_m.gguf --data data/demo",
	.run = model_show_run,
};

const Command command_model_verify = {
	.name = "model verify",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Compare every registered model file with its hash.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin model verify --data data/demo",
	.run = model_verify_run,
};
