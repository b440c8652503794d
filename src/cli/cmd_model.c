/* `zhiyin model add|list|verify`: which model files this installation trusts. */
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "llm/models.h"

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

static gboolean model_add_run(CommandRun *run, GError **error)
{
	g_auto(Model) model = {0};
	g_autoptr(Store) store = NULL;

	if (!model_read(run->arguments[0], command_text(run, "licence"), &model, error))
		return FALSE;
	store = open_store(run, NULL, error);
	return store && store_write(store, store_model, &model, error) &&
	       print_model(run, &model, error);
}

typedef struct {
	CommandRun *run;
	JsonWriter *w; /* NULL: lines */
	guint n_damaged;
	gboolean verify;
	GError *error;
} Listing;

static void list_model(const Model *model, gpointer data)
{
	Listing *listing = data;
	g_autoptr(GError) fault = NULL;

	if (listing->verify && !model_verify(model, &fault)) {
		listing->n_damaged++;
		command_note(listing->run, "%s", fault->message);
	}
	if (listing->w)
		model_write_json(model, listing->w);
	else if (!listing->error)
		print_model(listing->run, model, &listing->error);
}

static gboolean list_models(CommandRun *run, gboolean verify, GError **error)
{
	g_autoptr(Store) store = open_store(run, NULL, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	Listing listing = {.run = run, .w = run->json ? &w : NULL, .verify = verify};

	if (!db)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "models");
	if (!model_each(db, list_model, &listing, error))
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

const Command command_model_verify = {
	.name = "model verify",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Compare every registered model file with its hash.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin model verify --data data/demo",
	.run = model_verify_run,
};
