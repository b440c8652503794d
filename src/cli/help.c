/* Help follows from the rows; nothing about one command stands here. */
#include "cli/help.h"

#include <string.h>

#include "base/json.h"
#include "base/nearest.h"

enum { COLUMN = 34, WIDTH = 100 };

static const char *const group_titles[N_COMMAND_GROUPS] = {
	[COMMAND_GROUP_SERVER] = "Run the server",
	[COMMAND_GROUP_KNOWLEDGE] = "Knowledge and answers",
	[COMMAND_GROUP_RECORDS] = "Customers and records",
	[COMMAND_GROUP_LEARNING] = "Learn and predict",
	[COMMAND_GROUP_UPKEEP] = "Look after it",
	[COMMAND_GROUP_INTERNAL] = "Internal",
};

static const CommandOption common[] = {
	{.name = "json", .help = "print one JSON object"},
	{.name = "quiet", .help = "no remarks and no progress"},
	{.name = "help", .help = "this page"},
	{NULL},
};

/* One row as people see it, whether it stems from a setting or an option. */
typedef struct {
	char *flag;	   /* "--public-url URL" */
	const char *name;  /* "public_url" */
	const char *value; /* "HOST:PORT" or NULL */
	const char *fallback;
	const char *help;
} Line;

static const char *setting_value_name(const SettingRow *row)
{
	static const char *const names[N_SETTING_KINDS] = {
		[SETTING_KIND_TEXT] = "TEXT",
		[SETTING_KIND_PATH] = "PATH",
		[SETTING_KIND_NUMBER] = "N",
		[SETTING_KIND_LISTEN] = "HOST:PORT",
		[SETTING_KIND_URL] = "URL",
		[SETTING_KIND_NETWORKS] = "CIDR,...",
		[SETTING_KIND_DATABASE] = "sqlite|URL",
		[SETTING_KIND_LEVEL] = "LEVEL",
	};

	return names[row->kind];
}

static char *flag_text(const char *name, const char *value)
{
	g_autofree char *dashed = g_strdelimit(g_strdup(name), "_", '-');

	return g_strconcat("--", dashed, value ? " " : "", value, NULL);
}

typedef void (*LineEach)(const Line *line, gpointer data);

static void line_emit(Line line, LineEach each, gpointer data)
{
	line.flag = flag_text(line.name, line.value);
	each(&line, data);
	g_free(line.flag);
}

static void option_lines(const CommandOption *options, LineEach each, gpointer data)
{
	for (const CommandOption *option = options; option && option->name; option++) {
		if (!option->help)
			continue;
		line_emit((Line){.name = option->name,
				 .value = option->value_name,
				 .fallback = option->fallback,
				 .help = option->help},
			  each, data);
	}
}

static void each_line(const Command *command, LineEach each, gpointer data)
{
	for (const Setting *setting = command->settings; setting && *setting != N_SETTINGS;
	     setting++) {
		const SettingRow *row = setting_row(*setting);
		gboolean flag = row->kind == SETTING_KIND_FLAG;

		line_emit((Line){.name = row->name,
				 .value = setting_value_name(row),
				 .fallback = flag || !*row->fallback ? NULL : row->fallback,
				 .help = row->help},
			  each, data);
	}
	option_lines(command->options, each, data);
}

/* Breaks text between words so that no line passes WIDTH; every further line begins at indent. */
static void append_wrapped(GString *out, const char *text, gsize indent)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gsize column = indent;

	for (char **word = words; *word; word++) {
		gsize length = (gsize)g_utf8_strlen(*word, -1);

		if (column > indent && column + 1 + length > WIDTH) {
			g_string_append_printf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			g_string_append_c(out, ' ');
			column++;
		}
		g_string_append(out, *word);
		column += length;
	}
	g_string_append_c(out, '\n');
}

static void append_row(GString *out, const char *left, const char *right)
{
	gsize start = out->len;

	g_string_append_printf(out, "  %s", left);
	if (out->len - start + 2 > COLUMN)
		g_string_append_printf(out, "\n%*s", COLUMN, "");
	else
		g_string_append_printf(out, "%*s", (int)(COLUMN - (out->len - start)), "");
	append_wrapped(out, right, COLUMN);
}

static void append_line(const Line *line, gpointer data)
{
	g_autofree char *help = line->fallback
					? g_strdup_printf("%s [%s]", line->help, line->fallback)
					: g_strdup(line->help);

	append_row(data, line->flag, help);
}

char *help_page(const Command *command)
{
	GString *out = g_string_new("");

	append_wrapped(out, command->summary, 0);
	g_string_append_printf(out, "\nUsage: zhiyin %s [OPTION...]%s%s\n", command->name,
			       *command->arguments ? " " : "", command->arguments);
	if (command->details) {
		g_string_append_c(out, '\n');
		append_wrapped(out, command->details, 0);
	}
	if (command->settings || command->options) {
		g_string_append(out, "\nOptions:\n");
		each_line(command, append_line, out);
	}
	g_string_append(out, "\nCommon options:\n");
	option_lines(common, append_line, out);
	g_string_append_printf(out, "\nExample:\n  %s\n", command->example);
	return g_string_free(out, FALSE);
}

static void append_group(GString *out, const Command *const *commands, CommandGroup group)
{
	gboolean any = FALSE;

	for (; *commands; commands++) {
		if ((*commands)->group != group)
			continue;
		if (!any)
			g_string_append_printf(out, "\n%s\n", group_titles[group]);
		any = TRUE;
		append_row(out, (*commands)->name, (*commands)->summary);
	}
}

char *help_overview(const Command *const *commands)
{
	GString *out = g_string_new(
		"Zhiyin: customer relations with a language model as a working part.\n\n"
		"Usage: zhiyin COMMAND [OPTION...]\n");

	for (CommandGroup group = 0; group < COMMAND_GROUP_INTERNAL; group++)
		append_group(out, commands, group);
	g_string_append(out, "\nzhiyin COMMAND --help tells more of each. Exit codes: 0 done, 1 "
			     "failed, 2 wrong usage, 3 bad input data.\n"
			     "\nExample:\n  zhiyin serve --help\n");
	return g_string_free(out, FALSE);
}

static gboolean belongs(const Command *command, const char *word)
{
	gsize length = strlen(word);

	return command->group != COMMAND_GROUP_INTERNAL &&
	       strncmp(command->name, word, length) == 0 && command->name[length] == ' ';
}

char *help_family(const Command *const *commands, const char *word)
{
	GString *out = g_string_new("");
	const Command *first = NULL;

	g_string_append_printf(out, "Usage: zhiyin %s COMMAND [OPTION...]\n\n", word);
	for (; *commands; commands++) {
		if (!belongs(*commands, word))
			continue;
		if (!first)
			first = *commands;
		append_row(out, (*commands)->name, (*commands)->summary);
	}
	if (first)
		g_string_append_printf(out, "\nExample:\n  %s\n", first->example);
	return g_string_free(out, first == NULL);
}

/* ---- as JSON --------------------------------------------------------------------------------- */

static void put_line(const Line *line, gpointer data)
{
	JsonWriter *w = data;

	json_object_begin(w, NULL);
	json_put_string_n(w, "name", line->flag + 2, strlen(line->name));
	json_put_string(w, "value", line->value);
	json_put_string(w, "default", line->fallback);
	json_put_string(w, "help", line->help);
	json_object_end(w);
}

static void put_command(JsonWriter *w, const Command *command)
{
	json_object_begin(w, NULL);
	json_put_string(w, "name", command->name);
	json_put_string(w, "group", group_titles[command->group]);
	json_put_string(w, "summary", command->summary);
	json_put_string(w, "arguments", command->arguments);
	json_array_begin(w, "options");
	each_line(command, put_line, w);
	option_lines(common, put_line, w);
	json_array_end(w);
	json_put_string(w, "example", command->example);
	json_object_end(w);
}

char *help_json(const Command *const *commands)
{
	GString *out = g_string_new("");
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_array_begin(&w, "commands");
	for (; *commands; commands++) {
		if ((*commands)->group != COMMAND_GROUP_INTERNAL)
			put_command(&w, *commands);
	}
	json_array_end(&w);
	json_object_end(&w);
	g_string_append_c(out, '\n');
	return g_string_free(out, FALSE);
}

/* ---- did you mean ---------------------------------------------------------------------------- */

const char *help_nearest(const Command *const *commands, const char *typed)
{
	const char *best = NULL;

	for (; *commands; commands++) {
		if ((*commands)->group != COMMAND_GROUP_INTERNAL)
			best = word_nearer(typed, best, (*commands)->name);
	}
	return best;
}

typedef struct {
	const char *typed;
	const char *best; /* a name of the rows, so it stays */
} Nearest;

static void nearer_line(const Line *line, gpointer data)
{
	Nearest *nearest = data;

	nearest->best = word_nearer(nearest->typed, nearest->best, line->name);
}

const char *help_nearest_option(const Command *command, const char *typed)
{
	Nearest nearest = {.typed = typed};

	each_line(command, nearer_line, &nearest);
	option_lines(common, nearer_line, &nearest);
	return nearest.best;
}
