/* A made-up command with every kind of option: what it gets, what is refused before it runs, which
 * exit code comes out. */
#include <glib.h>
#include <string.h>

#include "base/error.h"
#include "cli/command.h"

static gboolean succeed(CommandRun *run, GError **error)
{
	g_assert_cmpstr(command_text(run, "format"), ==, "csv");
	g_assert_cmpint(command_int(run, "folds"), ==, 5);
	g_assert_false(command_given(run, "folds"));
	g_assert_true(command_number(run, "threshold") == 0.5);
	g_assert_cmpstr(command_list(run, "map")[0], ==, "a=b");
	g_assert_cmpstr(command_list(run, "map")[1], ==, "姓名=name");
	g_assert_null(command_list(run, "map")[2]);
	g_assert_true(command_flag(run, "strict"));
	g_assert_null(command_text(run, "out"));
	g_assert_cmpuint(run->n_arguments, ==, 2);
	g_assert_cmpstr(run->arguments[0], ==, "-");
	g_assert_cmpstr(run->arguments[1], ==, "问题");
	g_assert_true(run->quiet && !run->json);
	g_assert_cmpint(config_int(run->config, SETTING_EVENT_THREADS), ==, 9);
	(void)error;
	return TRUE;
}

static gboolean fail(CommandRun *run, GError **error)
{
	int code = (int)command_int(run, "code");

	g_set_error(error, ZHIYIN_ERROR, code, "said so");
	return FALSE;
}

static const CommandOption options[] = {
	{.name = "format",
	 .kind = OPTION_CHOICE,
	 .value_name = "csv|jsonl",
	 .fallback = "csv",
	 .help = "x"},
	{.name = "folds",
	 .kind = OPTION_INT,
	 .value_name = "N",
	 .fallback = "5",
	 .min = 2,
	 .max = 20,
	 .help = "x"},
	{.name = "threshold",
	 .kind = OPTION_NUMBER,
	 .value_name = "P",
	 .fallback = "0.5",
	 .max = 1,
	 .help = "x"},
	{.name = "map", .kind = OPTION_LIST, .value_name = "A=B", .help = "x"},
	{.name = "name", .kind = OPTION_TEXT, .value_name = "NAME", .help = "x"},
	{.name = "strict", .kind = OPTION_FLAG, .help = "x"},
	{.name = "out", .kind = OPTION_PATH, .value_name = "FILE", .help = "x"},
	{.name = NULL},
};
static const CommandOption fail_options[] = {
	{.name = "code", .kind = OPTION_INT, .value_name = "N", .fallback = "0", .help = "x"},
	{.name = NULL},
};
static const Setting settings[] = {SETTING_EVENT_THREADS, SETTING_NO_WORKER, N_SETTINGS};

static const Command good = {.name = "good do",
			     .summary = "Do.",
			     .arguments = "FILE...",
			     .min_arguments = 1,
			     .max_arguments = 2,
			     .settings = settings,
			     .options = options,
			     .example = "zhiyin good do",
			     .run = succeed};
static const Command bad = {.name = "bad",
			    .summary = "Fail.",
			    .arguments = "",
			    .options = fail_options,
			    .example = "zhiyin bad",
			    .run = fail};
static const Command *const commands[] = {&good, &bad, NULL};

/* words separated by '|', since arguments may hold blanks. */
static int run_words(const char *words)
{
	g_autofree char *line = g_strconcat("zhiyin|", words, NULL);
	g_auto(GStrv) argv = g_strsplit(line, "|", -1);

	return command_main(commands, (int)g_strv_length(argv), argv);
}

static void test_values(void)
{
	g_assert_cmpint(
		run_words("good|do|-q|--map|a=b|--event-threads|9|--map=姓名=name|--strict|-|问题"),
		==, 0);
}

static void test_refused(void)
{
	static const char *const lines[] = {
		"good|do",
		"good|do|1|2|3",
		"good|do|f|--format|xml",
		"good|do|f|--folds|1",
		"good|do|f|--folds|21",
		"good|do|f|--folds|x",
		"good|do|f|--folds|5.5",
		"good|do|f|--threshold|1.01",
		"good|do|f|--threshold|nan",
		"good|do|f|--threshold|",
		"good|do|f|--name|\xff",
		"good|do|f|--map|\xff",
		"good|do|f|--event-threads|1",
		"good|do|f|--unknown",
		"good|do|f|--folds",
		"good",
		"nothing",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++) {
		if (run_words(lines[i]) != 2)
			g_error("'%s' was not refused as wrong usage", lines[i]);
	}
}

static void test_exit_codes(void)
{
	for (int code = 0; code < ZHIYIN_N_ERRORS; code++) {
		g_autofree char *words = g_strdup_printf("bad|--code|%d", code);
		g_autoptr(GError) error = g_error_new_literal(ZHIYIN_ERROR, code, "");

		g_assert_cmpint(run_words(words), ==, error_kind(error)->exit_code);
	}
}

static void test_find(void)
{
	static const char *const two[] = {"good", "do", "it", NULL};
	static const char *const one[] = {"good", NULL};
	guint n_words = 0;

	g_assert_true(command_find(commands, two, &n_words) == &good);
	g_assert_cmpuint(n_words, ==, 2);
	g_assert_null(command_find(commands, one, &n_words));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/command/values", test_values);
	g_test_add_func("/command/refused", test_refused);
	g_test_add_func("/command/exit-codes", test_exit_codes);
	g_test_add_func("/command/find", test_find);
	return g_test_run();
}
