/* `zhiyin model promote|rollback`: which trained classifier judges customers' messages. */
#include "base/error.h"
#include "cli/commands.h"
#include "cli/model_card.h"
#include "cli/open.h"
#include "llm/models.h"

static JudgePlace place_of(const CommandRun *run)
{
	return command_flag(run, "shadow") ? JUDGE_SHADOW : JUDGE_IN_USE;
}

static gboolean model_promote_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = open_store(run, org_id, error);
	g_autofree char *encoder = models_encoder_path(run->config);
	g_auto(KeptClassifier) kept = {0};
	Promotion promotion = {run->arguments[0], place_of(run), command_flag(run, "force"),
			       encoder};
	Principal actor;

	if (!store)
		return FALSE;
	actor = principal_system(org_id);
	return classifier_promote(store, &actor, &promotion, &kept, error) &&
	       classifier_print_line(run, &kept, error);
}

typedef struct {
	Principal actor;
	JudgeTask task;
	JudgePlace place;
} Rollback;

static gboolean store_rollback(Db *db, gpointer data, GError **error)
{
	const Rollback *rollback = data;

	return classifier_rollback(db, &rollback->actor, rollback->task, rollback->place, error);
}

/* What is in use now, or that it is what comes with the program. */
static gboolean print_now(CommandRun *run, Store *store, const Rollback *rollback, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(GArray) all = db ? classifier_list(db, rollback->actor.org_id, error) : NULL;
	const char *task = judge_task_name(rollback->task);

	if (!all)
		return FALSE;
	for (guint i = 0; i < all->len; i++) {
		const KeptClassifier *kept = &g_array_index(all, KeptClassifier, i);

		if (kept->task == rollback->task && kept->since[JUDGE_IN_USE])
			return classifier_print_line(run, kept, error);
	}
	if (run->json)
		return command_printf(run, error, "{\"task\":\"%s\",\"sha256\":null}\n", task);
	return command_printf(run, error, "%-9s what comes with the program is in use\n", task);
}

static gboolean model_rollback_run(CommandRun *run, GError **error)
{
	Rollback rollback = {.place = place_of(run)};
	char org_id[37];
	g_autoptr(Store) store = NULL;

	if (!judge_task_find(run->arguments[0], &rollback.task)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "there is no task '%s' (sentiment, intent)", run->arguments[0]);
		return FALSE;
	}
	store = open_store(run, org_id, error);
	if (!store)
		return FALSE;
	rollback.actor = principal_system(org_id);
	return store_write(store, store_rollback, &rollback, error) &&
	       print_now(run, store, &rollback, error);
}

static const Setting promote_settings[] = {SETTING_DATA, SETTING_ENCODER, SETTING_MODELS,
					   N_SETTINGS};
static const Setting rollback_settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption promote_options[] = {
	{.name = "shadow",
	 .kind = OPTION_FLAG,
	 .help = "let it judge beside the one in use, shown nowhere; model show counts"},
	{.name = "force",
	 .kind = OPTION_FLAG,
	 .help = "also where it is measurably worse than the one in use"},
	{0},
};
static const CommandOption rollback_options[] = {
	{.name = "shadow", .kind = OPTION_FLAG, .help = "end the shadow instead"},
	{0},
};

const Command command_model_promote = {
	.name = "model promote",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Let a registered classifier judge customers' messages.",
	.arguments = "NAME",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = promote_settings,
	.options = promote_options,
	.details = "NAME is the file's name (of several the newest), TASK@VERSION, or the first "
		   "digits of the hash. A running server takes it up within seconds. Refused "
		   "where labels are no moods, the file is damaged, or quality is significantly "
		   "below that of the one in use.",
	.example = "zhiyin model promote sentiment@2 --data data/demo",
	.run = model_promote_run,
};

const Command command_model_rollback = {
	.name = "model rollback",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Return to the classifier that was in use before.",
	.arguments = "TASK",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = rollback_settings,
	.options = rollback_options,
	.details = "TASK is sentiment or intent. Before the first promotion stands what comes "
		   "with the program.",
	.example = "zhiyin model rollback sentiment --data data/demo",
	.run = model_rollback_run,
};
