/*
 * From argv to a function call. GLib's GOption does the parsing; the rows become its entries at run
 * time, all of them as bytes, since GLib would convert texts from the locale and refuse Chinese
 * under LANG=C.
 */
#include "cli/command.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/help.h"

enum { LINE_MAX_BYTES = 1024, ENTRIES_BESIDES = 6, NAME_MAX_WORDS = 3 };

struct CommandValue {
	gboolean flag;
	char *text;
	char **list;
	gint64 integer;
	double number;
	gboolean given;
};

/* What GOption writes into before it becomes a CommandRun. */
typedef struct {
	CommandRun run;
	gsize n_options, n_settings;
	gboolean *setting_flags; /* n_settings */
	char **setting_texts;	 /* n_settings */
	gboolean help;
} Parse;

static gsize count_options(const Command *command)
{
	gsize n = 0;

	while (command->options && command->options[n].name)
		n++;
	return n;
}

static gsize count_settings(const Command *command)
{
	gsize n = 0;

	while (command->settings && command->settings[n] != N_SETTINGS)
		n++;
	return n;
}

static void parse_init(Parse *parse, const Command *command, char **argv)
{
	*parse = (Parse){.run = {.command = command, .out = stdout, .argv = argv}};
	parse->n_options = count_options(command);
	parse->n_settings = count_settings(command);
	parse->run.values = g_new0(CommandValue, parse->n_options + 1);
	parse->setting_flags = g_new0(gboolean, parse->n_settings + 1);
	parse->setting_texts = g_new0(char *, parse->n_settings + 1);
	parse->run.config = config_new();
}

static void parse_clear(Parse *parse)
{
	for (gsize i = 0; i < parse->n_options; i++) {
		g_free(parse->run.values[i].text);
		g_strfreev(parse->run.values[i].list);
	}
	for (gsize i = 0; i < parse->n_settings; i++)
		g_free(parse->setting_texts[i]);
	g_free(parse->run.values);
	g_free(parse->setting_flags);
	g_free(parse->setting_texts);
	g_strfreev(parse->run.arguments);
	config_free(parse->run.config);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parse, parse_clear)

/* ---- options --------------------------------------------------------------------------------- */

static GOptionEntry option_entry(const CommandOption *option, CommandValue *value)
{
	switch (option->kind) {
	case OPTION_FLAG:
		return (GOptionEntry){option->name, 0,	  0,   G_OPTION_ARG_NONE,
				      &value->flag, NULL, NULL};
	case OPTION_LIST:
		return (GOptionEntry){option->name, 0,	  0,   G_OPTION_ARG_FILENAME_ARRAY,
				      &value->list, NULL, NULL};
	default:
		return (GOptionEntry){option->name, 0,	  0,   G_OPTION_ARG_FILENAME,
				      &value->text, NULL, NULL};
	}
}

/* The entries borrow names; those made of setting names are kept in names until parsing is over. */
static GArray *make_entries(Parse *parse, GPtrArray *names)
{
	const Command *command = parse->run.command;
	GArray *entries = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
	GOptionEntry common[] = {
		{"json", 0, 0, G_OPTION_ARG_NONE, &parse->run.json, NULL, NULL},
		{"quiet", 'q', 0, G_OPTION_ARG_NONE, &parse->run.quiet, NULL, NULL},
		{"help", 'h', 0, G_OPTION_ARG_NONE, &parse->help, NULL, NULL},
		{G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &parse->run.arguments, NULL,
		 NULL},
	};

	g_array_append_vals(entries, common, G_N_ELEMENTS(common));
	for (gsize i = 0; i < parse->n_options; i++) {
		GOptionEntry entry = option_entry(&command->options[i], &parse->run.values[i]);

		g_array_append_val(entries, entry);
	}
	for (gsize i = 0; i < parse->n_settings; i++) {
		const SettingRow *row = setting_row(command->settings[i]);
		char *name = g_strdelimit(g_strdup(row->name), "_", '-');
		gboolean flag = row->kind == SETTING_KIND_FLAG;
		GOptionEntry entry = {
			name, 0,    0,	 flag ? G_OPTION_ARG_NONE : G_OPTION_ARG_FILENAME,
			NULL, NULL, NULL};

		entry.arg_data = flag ? (gpointer)&parse->setting_flags[i]
				      : (gpointer)&parse->setting_texts[i];
		g_ptr_array_add(names, name);
		g_array_append_val(entries, entry);
	}
	return entries;
}

static void explain_option(const Command *command, GError *reason, GError **error)
{
	const char *dashes = strstr(reason->message, "--");
	const char *near = NULL;

	if (g_error_matches(reason, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION) && dashes)
		near = help_nearest_option(command, dashes + 2);
	if (near) {
		g_autofree char *dashed = g_strdelimit(g_strdup(near), "_", '-');

		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "%s, did you mean --%s?",
			    reason->message, dashed);
	} else {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "%s (zhiyin %s --help tells more)", reason->message, command->name);
	}
}

/* GOption takes what it understands out of a vector, so it gets a copy. */
static char **copy_words(const char *const *words)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	g_strv_builder_add(builder, "zhiyin");
	for (; *words; words++)
		g_strv_builder_add(builder, *words);
	return g_strv_builder_end(builder);
}

static gboolean parse_options(Parse *parse, const char *const *words, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) entries = make_entries(parse, names);
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_auto(GStrv) argv = copy_words(words);
	g_autoptr(GError) reason = NULL;

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_add_main_entries(context, (GOptionEntry *)(void *)entries->data, NULL);
	if (!g_option_context_parse_strv(context, &argv, &reason)) {
		explain_option(parse->run.command, reason, error);
		return FALSE;
	}
	return TRUE;
}

static gboolean bad_value(const CommandOption *option, const char *text, GError **error)
{
	if (option->kind == OPTION_CHOICE || option->kind == OPTION_TEXT)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "--%s '%s': expected %s",
			    option->name, text,
			    option->kind == OPTION_TEXT ? "text in UTF-8" : option->value_name);
	else if (option->min == option->max)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "--%s '%s': expected a%s number", option->name, text,
			    option->kind == OPTION_INT ? " whole" : "");
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "--%s '%s': expected a%s number from %.15g to %.15g", option->name,
			    text, option->kind == OPTION_INT ? " whole" : "", option->min,
			    option->max);
	return FALSE;
}

static gboolean in_bounds(const CommandOption *option, double number)
{
	return isfinite(number) &&
	       (option->min == option->max || (number >= option->min && number <= option->max));
}

static gboolean is_choice(const CommandOption *option, const char *text)
{
	g_auto(GStrv) words = g_strsplit(option->value_name, "|", -1);

	return g_strv_contains((const char *const *)words, text);
}

/* The text as what the row says it is; FALSE when it is not that. */
static gboolean read_value(const CommandOption *option, CommandValue *value)
{
	char *end = NULL;

	switch (option->kind) {
	case OPTION_INT:
		return g_ascii_string_to_signed(value->text, 10, G_MININT64, G_MAXINT64,
						&value->integer, NULL) &&
		       in_bounds(option, (double)value->integer);
	case OPTION_NUMBER:
		value->number = g_ascii_strtod(value->text, &end);
		return *value->text && !*end && in_bounds(option, value->number);
	case OPTION_CHOICE:
		return is_choice(option, value->text);
	case OPTION_TEXT:
		return g_utf8_validate(value->text, -1, NULL);
	default:
		return TRUE;
	}
}

static gboolean check_value(const CommandOption *option, CommandValue *value, GError **error)
{
	value->given = value->flag || value->text || value->list;
	if (!value->text && option->fallback)
		value->text = g_strdup(option->fallback);
	if (option->kind == OPTION_LIST && !value->list)
		value->list = g_new0(char *, 1);
	if (value->text && !read_value(option, value))
		return bad_value(option, value->text, error);
	return TRUE;
}

static gboolean check_lists(const CommandOption *option, const CommandValue *value, GError **error)
{
	for (char **text = value->list; text && *text; text++) {
		if (!g_utf8_validate(*text, -1, NULL)) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "--%s: expected text in UTF-8", option->name);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean check_arguments(CommandRun *run, GError **error)
{
	const Command *command = run->command;

	if (!run->arguments)
		run->arguments = g_new0(char *, 1);
	run->n_arguments = g_strv_length(run->arguments);
	if (run->n_arguments >= command->min_arguments &&
	    run->n_arguments <= command->max_arguments)
		return TRUE;
	if (command->max_arguments == 0)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "takes no arguments, but '%s' was given", run->arguments[0]);
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "expected: zhiyin %s %s",
			    command->name, command->arguments);
	return FALSE;
}

static gboolean check_options(Parse *parse, GError **error)
{
	const CommandOption *options = parse->run.command->options;

	for (gsize i = 0; i < parse->n_options; i++) {
		if (!check_value(&options[i], &parse->run.values[i], error) ||
		    !check_lists(&options[i], &parse->run.values[i], error))
			return FALSE;
	}
	return check_arguments(&parse->run, error);
}

/* ---- settings -------------------------------------------------------------------------------- */

static gboolean has_data(const Command *command)
{
	for (const Setting *setting = command->settings; setting && *setting != N_SETTINGS;
	     setting++) {
		if (*setting == SETTING_DATA)
			return TRUE;
	}
	return FALSE;
}

static gboolean load_settings(Parse *parse, GError **error)
{
	const Command *command = parse->run.command;
	Config *config = parse->run.config;
	g_auto(GStrv) environment = g_get_environ();

	for (gsize i = 0; i < parse->n_settings; i++) {
		const char *text = parse->setting_flags[i] ? "yes" : parse->setting_texts[i];

		if (text && !config_set(config, command->settings[i], text, CONFIG_FLAG, error))
			return FALSE;
	}
	if (!config_load_environment(config, (const char *const *)environment, error))
		return FALSE;
	if (has_data(command) && !config_load_data(config, error))
		return FALSE;
	log_set_level((LogLevel)config_int(config, SETTING_LOG_LEVEL));
	return TRUE;
}

/* ---- getters --------------------------------------------------------------------------------- */

static const CommandValue *value_of(const CommandRun *run, const char *name)
{
	for (gsize i = 0; run->command->options && run->command->options[i].name; i++) {
		if (g_str_equal(run->command->options[i].name, name))
			return &run->values[i];
	}
	g_error("the row of '%s' has no option '%s'", run->command->name, name);
}

gboolean command_flag(const CommandRun *run, const char *name)
{
	return value_of(run, name)->flag;
}

const char *command_text(const CommandRun *run, const char *name)
{
	return value_of(run, name)->text;
}

gint64 command_int(const CommandRun *run, const char *name)
{
	return value_of(run, name)->integer;
}

double command_number(const CommandRun *run, const char *name)
{
	return value_of(run, name)->number;
}

const char *const *command_list(const CommandRun *run, const char *name)
{
	return (const char *const *)value_of(run, name)->list;
}

gboolean command_given(const CommandRun *run, const char *name)
{
	return value_of(run, name)->given;
}

/* ---- in and out ------------------------------------------------------------------------------ */

static gboolean output_failed(GError **error)
{
	int code = errno == ENOSPC || errno == EDQUOT ? ZHIYIN_ERROR_STORAGE_FULL
						      : ZHIYIN_ERROR_INTERNAL;

	g_set_error(error, ZHIYIN_ERROR, code, "the result could not be written: %s",
		    g_strerror(errno));
	return FALSE;
}

gboolean command_print(CommandRun *run, const char *text, gssize n_bytes, GError **error)
{
	gsize length = n_bytes < 0 ? strlen(text) : (gsize)n_bytes;

	return fwrite(text, 1, length, run->out) == length || output_failed(error);
}

gboolean command_printf(CommandRun *run, GError **error, const char *format, ...)
{
	g_autofree char *text = NULL;
	va_list args;

	va_start(args, format);
	text = g_strdup_vprintf(format, args);
	va_end(args);
	return command_print(run, text, -1, error);
}

void command_note(const CommandRun *run, const char *format, ...)
{
	va_list args;

	if (run->quiet)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

char *command_read_line(GError **error)
{
	g_autoptr(GString) line = g_string_new("");
	int c;

	while ((c = getchar()) != EOF && c != '\n') {
		if (c == '\0' || line->len == LINE_MAX_BYTES) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "standard input: expected one line of at most %d bytes",
				    LINE_MAX_BYTES);
			return NULL;
		}
		g_string_append_c(line, (char)c);
	}
	if (line->len && line->str[line->len - 1] == '\r')
		g_string_truncate(line, line->len - 1);
	if (line->len == 0 || !g_utf8_validate(line->str, -1, NULL)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "standard input: expected one line of text in UTF-8");
		return NULL;
	}
	return g_string_free(g_steal_pointer(&line), FALSE);
}

/* ---- finding and running --------------------------------------------------------------------- */

const Command *command_find(const Command *const *commands, const char *const *words,
			    guint *ret_n_words)
{
	const Command *found = NULL;
	g_autoptr(GString) name = g_string_new("");

	for (guint n = 0; n < NAME_MAX_WORDS && words[n]; n++) {
		g_string_append_printf(name, "%s%s", n ? " " : "", words[n]);
		for (const Command *const *command = commands; *command; command++) {
			if (g_str_equal((*command)->name, name->str)) {
				found = *command;
				*ret_n_words = n + 1;
			}
		}
	}
	return found;
}

/* One line, whatever a library says in several. */
static int report(const char *name, const GError *error)
{
	g_autofree char *line = g_strdelimit(g_strdup(error->message), "\n\r", ' ');

	fprintf(stderr, "zhiyin%s%s: %s\n", name ? " " : "", name ? name : "", line);
	return error_kind(error)->exit_code;
}

static int print_text(char *text)
{
	g_autofree char *freed = text;

	return fputs(freed, stdout) < 0 || fflush(stdout) ? 1 : 0;
}

static gboolean run_parsed(Parse *parse, GError **error)
{
	if (!check_options(parse, error) || !load_settings(parse, error))
		return FALSE;
	if (!parse->run.command->run(&parse->run, error))
		return FALSE;
	return fflush(parse->run.out) == 0 || output_failed(error);
}

static int run_command(const Command *command, char **argv, const char *const *words)
{
	g_auto(Parse) parse = {0};
	g_autoptr(GError) error = NULL;

	parse_init(&parse, command, argv);
	if (!parse_options(&parse, words, &error))
		return report(command->name, error);
	if (parse.help)
		return print_text(help_page(command));
	if (!run_parsed(&parse, &error)) {
		fflush(stdout);
		return report(command->name, error);
	}
	return 0;
}

/* "kb" alone or "kb --help": what begins with it. */
static int show_family(const char *family, gboolean asked)
{
	fputs(family, asked ? stdout : stderr);
	return asked ? 0 : 2;
}

static int unknown_command(const Command *const *commands, const char *const *words)
{
	gboolean option = words[1] && words[1][0] == '-';
	g_autofree char *family = help_family(commands, words[0]);
	g_autofree char *two = g_strjoin(" ", words[0], option ? NULL : words[1], NULL);
	const char *near;
	g_autoptr(GError) error = NULL;

	if (family && (!words[1] || option))
		return show_family(family, option);
	near = help_nearest(commands, two);
	if (!near)
		near = help_nearest(commands, words[0]);
	g_set_error(&error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "there is no command '%s'%s%s%s",
		    near || family ? two : words[0],
		    near ? ", did you mean '" : " (zhiyin help lists them)", near ? near : "",
		    near ? "'?" : "");
	return report(NULL, error);
}

static int run_help(const Command *const *commands, const char *const *words)
{
	guint n_words = 0;
	const Command *command;
	char *family;

	if (words[0] && g_str_equal(words[0], "--json"))
		return print_text(help_json(commands));
	if (!words[0] || words[0][0] == '-')
		return print_text(help_overview(commands));
	command = command_find(commands, words, &n_words);
	if (command)
		return print_text(help_page(command));
	family = help_family(commands, words[0]);
	return family ? print_text(family) : unknown_command(commands, words);
}

int command_main(const Command *const *commands, int argc, char **argv)
{
	const char *const *words = (const char *const *)argv + MIN(argc, 1);
	guint n_words = 0;
	const Command *command;

	if (!words[0])
		return print_text(help_overview(commands));
	if (g_str_equal(words[0], "help") || g_str_equal(words[0], "--help") ||
	    g_str_equal(words[0], "-h"))
		return run_help(commands, words + 1);
	command = command_find(commands, words, &n_words);
	if (command)
		return run_command(command, argv, words + n_words);
	return unknown_command(commands, words);
}
