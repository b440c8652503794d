/* Settings: every source and its rank, every kind's good and bad values, what is refused
 * together. */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "base/config.h"
#include "base/error.h"

static void assert_fails(Config *config, Setting setting, const char *text, const char *complaint)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(config_set(config, setting, text, CONFIG_FLAG, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE);
	if (!strstr(error->message, complaint))
		g_error("'%s' does not say '%s'", error->message, complaint);
}

static void set(Config *config, Setting setting, const char *text)
{
	g_autoptr(GError) error = NULL;

	config_set(config, setting, text, CONFIG_FLAG, &error);
	g_assert_no_error(error);
}

static void test_defaults(void)
{
	g_autoptr(Config) config = config_new();
	g_autofree char *models = g_build_filename(g_get_home_dir(), ".cache/zhiyin/models", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpstr(config_string(config, SETTING_LISTEN), ==, "127.0.0.1:8787");
	g_assert_cmpstr(config_string(config, SETTING_MODELS), ==, models);
	g_assert_null(config_string(config, SETTING_TLS_CERT));
	g_assert_false(config_bool(config, SETTING_NO_WORKER));
	g_assert_cmpint(config_int(config, SETTING_SESSION_HOURS), ==, 12);
	g_assert_true(config_check(config, &error));
	g_assert_no_error(error);
}

static void test_names(void)
{
	g_assert_cmpint(setting_find("public-url"), ==, SETTING_PUBLIC_URL);
	g_assert_cmpint(setting_find("public_url"), ==, SETTING_PUBLIC_URL);
	g_assert_cmpint(setting_find("public"), ==, N_SETTINGS);
	for (Setting setting = 0; setting < N_SETTINGS; setting++) {
		g_assert_cmpint(setting_find(setting_row(setting)->name), ==, setting);
		g_assert_cmpint(strlen(setting_row(setting)->help), >, 10);
	}
}

static void test_rank(void)
{
	static const char *const environment[] = {"HOME=/x", "ZHIYIN_LISTEN=127.0.0.1:2",
						  "ZHIYIN_LISTENING=no", "ZHIYIN_MODEL=", NULL};
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;

	g_assert_true(config_load_environment(config, environment, &error));
	g_assert_true(config_set(config, SETTING_LISTEN, "127.0.0.1:1", CONFIG_FILE, &error));
	g_assert_cmpstr(config_string(config, SETTING_LISTEN), ==, "127.0.0.1:2");
	g_assert_cmpint(config_origin(config, SETTING_LISTEN), ==, CONFIG_ENVIRONMENT);
	g_assert_cmpint(config_origin(config, SETTING_MODEL), ==, CONFIG_DEFAULT);
	set(config, SETTING_LISTEN, "127.0.0.1:3");
	g_assert_true(config_load_environment(config, environment, &error));
	g_assert_cmpstr(config_string(config, SETTING_LISTEN), ==, "127.0.0.1:3");
	g_assert_false(config_set(config, SETTING_LISTEN, "weak but wrong", CONFIG_FILE, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
}

static void test_bad_environment(void)
{
	static const char *const environment[] = {"ZHIYIN_EVENT_THREADS=1", NULL};
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(config_load_environment(config, environment, &error));
	g_assert_cmpstr(error->message, ==,
			"ZHIYIN_EVENT_THREADS in the environment: event_threads '1': expected a "
			"whole number from 2 to 64");
}

static void test_good_values(void)
{
	static const struct {
		Setting setting;
		const char *text;
	} good[] = {
		{SETTING_LISTEN, "[::1]:0"},
		{SETTING_LISTEN, "localhost:65535"},
		{SETTING_NO_WORKER, "on"},
		{SETTING_EVENT_THREADS, "64"},
		{SETTING_LOG_LEVEL, "debug"},
		{SETTING_PUBLIC_URL, "https://crm.example.com"},
		{SETTING_PUBLIC_URL, ""},
		{SETTING_DATABASE, "sqlite"},
		{SETTING_DATABASE, "postgres://h/db"},
		{SETTING_TRUSTED_PROXY, "10.0.0.0/8, fd00::/8"},
		{SETTING_LLM_MODEL, "通义千问"},
		{SETTING_LLM_URL, "http://vllm:8000/v1"},
	};
	g_autoptr(Config) config = config_new();

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
		set(config, good[i].setting, good[i].text);
	g_assert_true(config_bool(config, SETTING_NO_WORKER));
	g_assert_cmpint(config_int(config, SETTING_LOG_LEVEL), ==, 0);
	g_assert_cmpint(config_int(config, SETTING_EVENT_THREADS), ==, 64);
}

static void test_bad_values(void)
{
	static const struct {
		Setting setting;
		const char *text, *complaint;
	} bad[] = {
		{SETTING_LISTEN, "8787", "HOST:PORT"},
		{SETTING_LISTEN, ":8787", "HOST:PORT"},
		{SETTING_LISTEN, "::1:8787", "HOST:PORT"},
		{SETTING_LISTEN, "127.0.0.1:65536", "HOST:PORT"},
		{SETTING_LISTEN, "127.0.0.1:-1", "HOST:PORT"},
		{SETTING_LISTEN, "127.0.0.1:", "HOST:PORT"},
		{SETTING_LISTEN, "", "empty"},
		{SETTING_DATA, "", "empty"},
		{SETTING_EVENT_THREADS, "1", "from 2 to 64"},
		{SETTING_EVENT_THREADS, "65", "from 2 to 64"},
		{SETTING_EVENT_THREADS, "2x", "whole number"},
		{SETTING_EVENT_THREADS, "", "whole number"},
		{SETTING_EVENT_THREADS, "99999999999999999999", "whole number"},
		{SETTING_NO_WORKER, "maybe", "yes or no"},
		{SETTING_LOG_LEVEL, "loud", "debug, info"},
		{SETTING_PUBLIC_URL, "crm.example.com", "http://"},
		{SETTING_PUBLIC_URL, "ftp://crm.example.com", "http://"},
		{SETTING_PUBLIC_URL, "https://", "host"},
		{SETTING_PUBLIC_URL, "https://a:b@example.com", "password"},
		{SETTING_PUBLIC_URL, "https://example.com/?x=1", "'?'"},
		{SETTING_TRUSTED_PROXY, "10.0.0.0/33", "10.0.0.0/8"},
		{SETTING_TRUSTED_PROXY, "proxy.example.com", "10.0.0.0/8"},
		{SETTING_TRUSTED_PROXY, "0.0.0.0/0", "believe anyone"},
		{SETTING_DATABASE, "mysql://h/db", "postgres://"},
		{SETTING_LLM_MODEL, "a\nb", "control character"},
		{SETTING_LLM_MODEL, "\xff", "UTF-8"},
	};
	g_autofree char *long_text = g_strnfill(201, 'x');
	g_autoptr(Config) config = config_new();

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_fails(config, bad[i].setting, bad[i].text, bad[i].complaint);
	assert_fails(config, SETTING_LLM_MODEL, long_text, "longer than 200");
}

static void test_secret(void)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;

	set(config, SETTING_LLM_KEY, "sk-canary");
	g_assert_cmpstr(config_shown(config, SETTING_LLM_KEY), ==, "(set)");
	g_assert_false(config_set(config, SETTING_LLM_KEY, "sk-canary\n", CONFIG_FLAG, &error));
	g_assert_null(strstr(error->message, "canary"));
}

/* ---- the file -------------------------------------------------------------------------------- */

static char *file_with(const char *text, int mode)
{
	char *path = NULL;
	int fd = g_file_open_tmp("zhiyin-XXXXXX.conf", &path, NULL);

	g_assert_cmpint(fd, >=, 0);
	g_close(fd, NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_assert_cmpint(g_chmod(path, mode), ==, 0);
	return path;
}

static void load(const char *text, int mode, Config *config, GError **error)
{
	g_autofree char *path = file_with(text, mode);

	config_load_file(config, path, error);
	g_assert_cmpint(g_unlink(path), ==, 0);
}

static void test_file(void)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;

	load("\xef\xbb\xbf# where\r\n\r\n  listen = 127.0.0.1:9 \r\n; more\nllm-model = a = b # "
	     "c\nno_worker=yes",
	     0644, config, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config_string(config, SETTING_LISTEN), ==, "127.0.0.1:9");
	g_assert_cmpstr(config_string(config, SETTING_LLM_MODEL), ==, "a = b # c");
	g_assert_true(config_bool(config, SETTING_NO_WORKER));
	g_assert_cmpint(config_origin(config, SETTING_LISTEN), ==, CONFIG_FILE);
}

static void test_bad_files(void)
{
	static const struct {
		const char *text, *complaint;
	} bad[] = {
		{"\nlisten_on = x:1\n", ":2: there is no setting 'listen_on'"},
		{"listn = 127.0.0.1:1\n", "did you mean 'listen'?"},
		{"listen 127.0.0.1:1\n", ":1: expected 'name = value'"},
		{"data = elsewhere\n", "cannot stand in it"},
		{"# ok\nevent_threads = many\n", ":2: event_threads 'many'"},
		{"llm_key = sk-1\n", "chmod 600"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(Config) config = config_new();
		g_autoptr(GError) error = NULL;

		load(bad[i].text, 0644, config, &error);
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		if (!strstr(error->message, bad[i].complaint))
			g_error("'%s' does not say '%s'", error->message, bad[i].complaint);
	}
}

static void test_file_private(void)
{
	g_autoptr(Config) config = config_new();
	g_autoptr(GError) error = NULL;

	load("llm_key = sk-1\n", 0600, config, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config_string(config, SETTING_LLM_KEY), ==, "sk-1");
	g_assert_true(config_load_file(config, "/nonexistent/zhiyin.conf", &error));
	g_assert_no_error(error);
}

/* ---- all together ---------------------------------------------------------------------------- */

static void test_refused_together(void)
{
	static const struct {
		const char *settings, *complaint; /* NULL: allowed */
	} cases[] = {
		{"listen=0.0.0.0:8787", "without TLS"},
		{"listen=192.168.1.5:8787", "without TLS"},
		{"listen=[::]:8787", "without TLS"},
		{"listen=crm.example.com:443", "without TLS"},
		{"listen=0.0.0.0:8787 trusted_proxy=10.0.0.0/8", "without TLS"},
		{"listen=0.0.0.0:8787 public_url=https://a.example", "without TLS"},
		{"listen=0.0.0.0:8787 trusted_proxy=10.0.0.0/8 public_url=https://a.example", NULL},
		{"listen=0.0.0.0:8787 tls_cert=c.pem tls_key=k.pem", NULL},
		{"listen=127.9.9.9:1", NULL},
		{"listen=localhost:1", NULL},
		{"listen=[::1]:1", NULL},
		{"tls_cert=c.pem", "belong together"},
		{"tls_key=k.pem", "belong together"},
		{"llm_url=http://127.0.0.1:1", "llm_model"},
		{"llm_model=m", "llm_url"},
		{"llm_key=k", "llm_url"},
		{"llm_url=http://127.0.0.1:1 llm_model=m llm_key=k", NULL},
		{"public_url=http://a.example", "https://"},
		{"public_url=http://127.0.0.1:8787", NULL},
		{"database=postgres://h/db", "SQLite only"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Config) config = config_new();
		g_auto(GStrv) pairs = g_strsplit(cases[i].settings, " ", -1);
		g_autoptr(GError) error = NULL;

		for (char **pair = pairs; *pair; pair++) {
			char *equals = strchr(*pair, '=');

			*equals = '\0';
			set(config, setting_find(*pair), equals + 1);
		}
		g_assert_cmpint(config_check(config, &error), ==, !cases[i].complaint);
		if (cases[i].complaint && !strstr(error->message, cases[i].complaint))
			g_error("%s: '%s' does not say '%s'", cases[i].settings, error->message,
				cases[i].complaint);
	}
}

/* ---- the console's choice --------------------------------------------------------------------- */

static void test_choice_is_kept(void)
{
	const ConfigValue remote[] = {{SETTING_LLM_URL, "https://a.example/v1"},
				      {SETTING_LLM_MODEL, "big"},
				      {SETTING_LLM_KEY, "sk-canary"},
				      {SETTING_LLM_DAILY_TOKENS, "5000"}};
	const ConfigValue local[] = {{SETTING_MODEL, "/m/a.gguf"}};
	g_autofree char *folder = g_dir_make_tmp("zhiyin-choice-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "console.conf", NULL);
	g_autoptr(Config) config = config_new(), loaded = config_new(), again = config_new();
	g_autoptr(Config) chosen = NULL, other = NULL;
	g_autoptr(GError) error = NULL;
	struct stat status;

	set(config, SETTING_DATA, folder);
	set(loaded, SETTING_DATA, folder);
	set(again, SETTING_DATA, folder);
	config_set(config, SETTING_MODEL, "/m/ours.gguf", CONFIG_FILE, &error);
	chosen = config_choose(config, remote, G_N_ELEMENTS(remote), &error);
	g_assert_no_error(error);
	g_assert_null(
		config_string(chosen, SETTING_MODEL)); /* what zhiyin.conf says is set aside */
	g_assert_cmpstr(config_string(config, SETTING_MODEL), ==, "/m/ours.gguf");
	config_save_choice(chosen, &error);
	g_assert_no_error(error);
	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpuint(status.st_mode & 0777, ==, 0600);
	config_load_data(loaded, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config_string(loaded, SETTING_LLM_KEY), ==, "sk-canary");
	g_assert_cmpint(config_int(loaded, SETTING_LLM_DAILY_TOKENS), ==, 5000);
	g_assert_cmpint(config_origin(loaded, SETTING_MODEL), ==, CONFIG_CONSOLE);

	other = config_choose(loaded, local, 1, &error); /* nothing of the first is left */
	g_assert_no_error(error);
	g_assert_null(config_string(other, SETTING_LLM_URL));
	g_assert_null(config_string(other, SETTING_LLM_KEY));
	config_save_choice(other, &error);
	config_load_data(again, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config_string(again, SETTING_MODEL), ==, "/m/a.gguf");
	g_assert_null(config_string(again, SETTING_LLM_KEY));
	g_unlink(path);
	g_rmdir(folder);
}

/* A flag or the environment that names a model leaves the console nothing to choose, also nothing that
 * it chose before. */
static void test_choice_is_fixed(void)
{
	static const char *const key[] = {"ZHIYIN_LLM_KEY=k", NULL};
	static const char *const url[] = {"ZHIYIN_LLM_URL=https://a.example/v1",
					  "ZHIYIN_LLM_MODEL=m", NULL};
	const ConfigValue none[] = {{SETTING_MODEL, "none"}};
	g_autofree char *folder = g_dir_make_tmp("zhiyin-choice-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "console.conf", NULL);
	g_autoptr(Config) free_one = config_new(), fixed = config_new(), chosen = NULL;
	g_autoptr(GError) error = NULL;

	set(fixed, SETTING_DATA, folder);
	config_load_environment(free_one, key, &error);
	g_assert_no_error(error);
	g_assert_cmpint(config_fixed(free_one), ==, N_SETTINGS);
	g_assert_true(config_check(free_one, &error)); /* the key waits for an address */
	chosen = config_choose(free_one, none, 1, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(config_string(chosen, SETTING_LLM_KEY), ==, "k");

	g_file_set_contents(path, "model = /m/a.gguf\n", -1, NULL);
	config_load_environment(fixed, url, &error);
	config_load_data(fixed, &error);
	g_assert_no_error(error);
	g_assert_cmpint(config_fixed(fixed), ==, SETTING_LLM_URL);
	g_assert_null(config_string(fixed, SETTING_MODEL));
	g_assert_null(config_choose(fixed, none, 1, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT);
	g_unlink(path);
	g_rmdir(folder);
}

static void test_choice_is_checked(void)
{
	static const struct {
		const char *file;
		int mode;
		const char *complaint;
	} cases[] = {{"listen = 127.0.0.1:1\n", 0600, "belongs into zhiyin.conf"},
		     {"model /m\n", 0600, "expected 'name = value'"},
		     {"llm_key = k\n", 0644, "chmod 600"},
		     {"llm_daily_tokens = -1\n", 0600, "whole number"}};
	const ConfigValue half[] = {{SETTING_LLM_URL, "https://a.example/v1"}};
	const ConfigValue bad[] = {{SETTING_LLM_URL, "ftp://a.example"}, {SETTING_LLM_MODEL, "m"}};
	g_autofree char *folder = g_dir_make_tmp("zhiyin-choice-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "console.conf", NULL);
	g_autoptr(Config) config = config_new();

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Config) read = config_new();
		g_autoptr(GError) error = NULL;

		set(read, SETTING_DATA, folder);
		g_file_set_contents(path, cases[i].file, -1, NULL);
		g_chmod(path, cases[i].mode);
		g_assert_false(config_load_data(read, &error));
		if (!strstr(error->message, cases[i].complaint) ||
		    !strstr(error->message, "console.conf"))
			g_error("'%s' does not say '%s'", error->message, cases[i].complaint);
	}
	g_assert_null(config_choose(config, half, 1, NULL));
	g_assert_null(config_choose(config, bad, 2, NULL));
	g_unlink(path);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/config/defaults", test_defaults);
	g_test_add_func("/config/names", test_names);
	g_test_add_func("/config/rank", test_rank);
	g_test_add_func("/config/bad-environment", test_bad_environment);
	g_test_add_func("/config/good-values", test_good_values);
	g_test_add_func("/config/bad-values", test_bad_values);
	g_test_add_func("/config/secret", test_secret);
	g_test_add_func("/config/file", test_file);
	g_test_add_func("/config/bad-files", test_bad_files);
	g_test_add_func("/config/file-private", test_file_private);
	g_test_add_func("/config/refused-together", test_refused_together);
	g_test_add_func("/config/choice-is-kept", test_choice_is_kept);
	g_test_add_func("/config/choice-is-fixed", test_choice_is_fixed);
	g_test_add_func("/config/choice-is-checked", test_choice_is_checked);
	return g_test_run();
}
