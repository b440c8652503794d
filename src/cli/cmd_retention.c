/* `zhiyin retention`: what the rules of keeping say goes; the worker runs them once a day. */
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/retention.h"

static gboolean retention_command_run(CommandRun *run, GError **error)
{
	g_autoptr(Store) store = open_store(run, NULL, error);
	g_autoptr(GString) out = g_string_new(NULL);
	Retention retention = {.store = store,
			       .data = config_string(run->config, SETTING_DATA),
			       .dry_run = command_flag(run, "dry-run")};

	return store && retention_run(&retention, out, error) && print_json(run, out, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "dry-run", .kind = OPTION_FLAG, .help = "tell what would go, and keep it"},
	{0},
};

const Command command_retention = {
	.name = "retention",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Remove what the retention rules keep no longer.",
	.arguments = "",
	.settings = settings,
	.options = options,
	.details = "A rule names an object, or a field of it, and the days that it is kept after "
		   "the last change: POST /api/v1/retention_rules. A server runs them every day.",
	.example = "zhiyin retention --dry-run --data data/demo",
	.run = retention_command_run,
};
