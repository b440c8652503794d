/* `zhiyin version`: what runs here, for a report of a fault. */
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands.h"

static gboolean version(CommandRun *run, GError **error)
{
	g_autoptr(GString) out = g_string_new("");
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error, "zhiyin %s\n", ZHIYIN_VERSION);
	json_object_begin(&w, NULL);
	json_put_string(&w, "version", ZHIYIN_VERSION);
	json_object_end(&w);
	g_string_append_c(out, '\n');
	return command_print(run, out->str, (gssize)out->len, error);
}

const Command command_version = {
	.name = "version",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Print the version of this program.",
	.arguments = "",
	.example = "zhiyin version",
	.run = version,
};
