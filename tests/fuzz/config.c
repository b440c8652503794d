/* A settings file that is taken, written out and read again gives the same settings; one that is
 * refused says where, and never what a secret was. */
#include "base/config.h"

#include "base/error.h"
#include "fuzz/file.h"

/* Every setting that the file gave, as lines of such a file. */
static char *written(const Config *config)
{
	GString *out = g_string_new(NULL);

	for (Setting setting = 0; setting < N_SETTINGS; setting++) {
		const char *text = config_string(config, setting);

		if (config_origin(config, setting) == CONFIG_FILE)
			g_string_append_printf(out, "%s = %s\n", setting_row(setting)->name,
					       text ? text : "");
	}
	return g_string_free(out, FALSE);
}

static Config *load(const void *bytes, gsize n, GError **error)
{
	g_autoptr(Config) config = config_new();
	g_auto(FuzzFile) file = fuzz_file(bytes, n);

	return config_load_file(config, file.path, error) ? g_steal_pointer(&config) : NULL;
}

static void check_values(const Config *config)
{
	for (Setting setting = 0; setting < N_SETTINGS; setting++) {
		const SettingRow *row = setting_row(setting);
		gint64 number = config_int(config, setting);

		if (row->kind == SETTING_KIND_NUMBER)
			g_assert_true(number >= row->min && number <= row->max);
		if (row->kind == SETTING_KIND_SECRET)
			g_assert_true(strlen(config_shown(config, setting)) <= strlen("(set)"));
		g_assert_true(g_utf8_validate(config_shown(config, setting), -1, NULL));
	}
}

/* A key with a control character behind it is refused, and the message does not tell the key. */
static void check_secret(const guint8 *bytes, gsize n)
{
	static const char line[] = "\nllm_key = zy-secret-7c\x01\n";
	g_autofree char *text = g_malloc(n + sizeof line);
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = NULL;

	memcpy(text, bytes, n);
	memcpy(text + n, line, sizeof line);
	config = load(text, n + sizeof line - 1, &error);
	g_assert_null(config);
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	g_assert_null(strstr(error->message, "zy-secret"));
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Config) config = load(bytes, n, &error), again = NULL;
	g_autofree char *text = NULL, *text_again = NULL;

	if (!memmem(bytes, n, "zy-secret", 9))
		check_secret(bytes, n);
	if (!config) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		return 0;
	}
	check_values(config);
	config_check(config, NULL);
	text = written(config);
	again = load(text, strlen(text), &error);
	g_assert_no_error(error);
	text_again = written(again);
	g_assert_cmpstr(text_again, ==, text);
	return 0;
}
