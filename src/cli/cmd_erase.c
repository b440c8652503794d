/* `zhiyin erase contact ID`: forgets a person, and prints the receipt. */
#include "base/error.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/erase.h"

static gboolean erase_run(CommandRun *run, GError **error)
{
	char org_id[37];
	g_autoptr(Store) store = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Principal actor;

	if (!g_str_equal(run->arguments[0], "contact")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "expected: erase contact ID, not '%s'", run->arguments[0]);
		return FALSE;
	}
	store = open_store(run, org_id, error);
	if (!store)
		return FALSE;
	actor = principal_system(org_id);
	actor.reason = command_text(run, "reason");
	return erase_person(store, config_string(run->config, SETTING_DATA), &actor,
			    run->arguments[1], command_flag(run, "dry-run"), out, error) &&
	       print_json(run, out, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "dry-run", .kind = OPTION_FLAG, .help = "tell what would go, and keep it"},
	{.name = "reason",
	 .kind = OPTION_TEXT,
	 .value_name = "TEXT",
	 .help = "why, for the audit trail; no name in it"},
	{0},
};

const Command command_erase = {
	.name = "erase",
	.group = COMMAND_GROUP_RECORDS,
	.summary = "Forget a person: everywhere, for good.",
	.arguments = "contact ID",
	.min_arguments = 2,
	.max_arguments = 2,
	.settings = settings,
	.options = options,
	.details =
		"The receipt counts what went. Backups and tables handed out before keep what they "
		"hold.",
	.example = "zhiyin erase contact 01997cbb-5a5e-7000-8000-000000000000 --data data/demo",
	.run = erase_run,
};
