/* `zhiyin openapi`: the description of the HTTP interface, from which the web client's types are
 * made. It stands here and not in cli/, since only app may know both api and cli. */
#include "api/api.h"
#include "cli/commands.h"

static gboolean openapi_run(CommandRun *run, GError **error)
{
	g_autofree char *document = api_openapi(NULL, error);

	return document && command_printf(run, error, "%s\n", document);
}

const Command command_openapi = {
	.name = "openapi",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Print the OpenAPI description of the HTTP interface.",
	.arguments = "",
	.example = "zhiyin openapi > openapi.json",
	.run = openapi_run,
};
