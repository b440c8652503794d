/* `zhiyin config show`: every setting, its value and where it came from, so that nobody has to
 * guess which file won. */
#include "base/json.h"
#include "cli/command.h"
#include "cli/commands.h"

static const char *const origin_words[] = {"default", "file", "console", "environment", "flag"};
static const char *const when_words[] = {"at start", "with each command",
					 "in the console, at once"};

static void append_text(const SettingRow *row, const char *shown, ConfigOrigin origin,
			gpointer data)
{
	g_string_append_printf(data, "%-28s = %-34s # %s\n", row->name, shown,
			       config_origin_name(origin));
}

static void put_setting(const SettingRow *row, const char *shown, ConfigOrigin origin,
			gpointer data)
{
	JsonWriter *w = data;

	json_object_begin(w, NULL);
	json_put_string(w, "name", row->name);
	json_put_string(w, "value", shown);
	json_put_string(w, "origin", origin_words[origin]);
	json_put_string(w, "default", row->fallback);
	json_put_string(w, "changes", when_words[row->when]);
	json_put_string(w, "help", row->help);
	json_object_end(w);
}

static void append_json(const Config *config, GString *out)
{
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_array_begin(&w, "settings");
	config_each(config, put_setting, &w);
	json_array_end(&w);
	json_object_end(&w);
	g_string_append_c(out, '\n');
}

static gboolean show(CommandRun *run, GError **error)
{
	g_autoptr(GString) out = g_string_new("");
	g_autoptr(GError) refused = NULL;

	if (run->json)
		append_json(run->config, out);
	else
		config_each(run->config, append_text, out);
	if (!config_check(run->config, &refused))
		command_note(run, "zhiyin serve would refuse this: %s", refused->message);
	return command_print(run, out->str, (gssize)out->len, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};

const Command command_config_show = {
	.name = "config show",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Show every setting, its value and where it came from.",
	.arguments = "",
	.settings = settings,
	.details =
		"A setting stands in DIR/zhiyin.conf (name = value), is chosen in the console (the "
		"model alone, kept in DIR/console.conf), stands in the environment (ZHIYIN_NAME) "
		"or "
		"behind a flag (--name); the later of these wins. Secrets are not shown.",
	.example = "zhiyin config show --data data/demo",
	.run = show,
};
