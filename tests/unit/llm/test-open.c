/* Which model the settings name. */
#include "llm/open.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "llm/models.h"

typedef struct {
	const char *model, *url, *key, *key_file;
	const char *provider; /* NULL: none or a local one */
	ZhiyinError code;     /* when it fails */
	gboolean fails;
} Case;

static void check(const Case *c)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(Llm) llm = NULL;
	const struct {
		Setting setting;
		const char *value;
	} values[] = {{SETTING_MODEL, c->model},
		      {SETTING_LLM_URL, c->url},
		      {SETTING_LLM_MODEL, c->url ? "m" : NULL},
		      {SETTING_LLM_KEY, c->key},
		      {SETTING_LLM_KEY_FILE, c->key_file}};
	gboolean ok;

	for (guint i = 0; i < G_N_ELEMENTS(values); i++)
		if (values[i].value)
			g_assert_true(config_set(config, values[i].setting, values[i].value,
						 CONFIG_FILE, NULL));
	ok = llm_open(config, NULL, &llm, &error);
	g_assert_true(ok == !c->fails);
	if (c->fails)
		g_assert_error(error, ZHIYIN_ERROR, (int)c->code);
	g_assert_true((llm != NULL) == (c->provider != NULL));
	if (llm) {
		g_auto(LlmInfo) info = {0};

		llm_info(llm, &info);
		g_assert_cmpstr(info.provider, ==, c->provider);
		g_assert_null(models_chat_path(config));
		g_assert_true(models_check(config, NULL));
	}
}

static char *file_of(const char *text)
{
	char *path = NULL;
	int fd = g_file_open_tmp("zhiyin-open-XXXXXX", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void test_settings(void)
{
	g_autofree char *key = file_of("sk-1\n"), *empty = file_of(" \n");
	g_autofree char *script = file_of("{\"rules\":[]}"), *faulty = file_of("{");
	g_autofree char *scripted = g_strconcat("scripted:", script, NULL);
	g_autofree char *broken = g_strconcat("scripted:", faulty, NULL);
	const char *url = "http://127.0.0.1:1/v1";
	const Case cases[] = {
		{0},
		{.model = "none"},
		{.model = "some.gguf"},
		{.url = url, .provider = "remote"},
		{.url = url, .model = "none"},
		{.url = url, .key = "sk-1", .provider = "remote"},
		{.url = url, .key_file = key, .provider = "remote"},
		{.url = url,
		 .key_file = key,
		 .key = "sk",
		 .fails = TRUE,
		 .code = ZHIYIN_ERROR_INVALID},
		{.url = url, .key_file = empty, .fails = TRUE, .code = ZHIYIN_ERROR_INVALID},
		{.url = url,
		 .key_file = "/nonexistent",
		 .fails = TRUE,
		 .code = ZHIYIN_ERROR_NOT_FOUND},
		{.url = "http://far.example/v1", .fails = TRUE, .code = ZHIYIN_ERROR_INVALID},
		{.model = scripted, .provider = "scripted"},
		{.model = broken, .fails = TRUE, .code = ZHIYIN_ERROR_INVALID},
		{.model = "scripted:/nonexistent", .fails = TRUE, .code = ZHIYIN_ERROR_NOT_FOUND},
	};
	const Case refused = {.model = scripted, .fails = TRUE, .code = ZHIYIN_ERROR_INVALID};

	g_setenv("ZHIYIN_TEST", "1", TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		check(&cases[i]);
	g_unsetenv("ZHIYIN_TEST");
	check(&refused);
	g_unlink(key);
	g_unlink(empty);
	g_unlink(script);
	g_unlink(faulty);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/open/settings", test_settings);
	return g_test_run();
}
