/* Settings to options; keys are read here and nowhere else. */
#include "llm/open.h"

#include <string.h>

#include "base/error.h"
#include "llm/remote.h"
#include "llm/scripted.h"

enum { KEY_FILE_MAX_BYTES = 4000 };

static gboolean refuse(GError **error, const char *what)
{
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, what);
	return FALSE;
}

static const char *script_path(const Config *config)
{
	const char *model = config_string(config, SETTING_MODEL);

	return model && g_str_has_prefix(model, LLM_SCRIPTED_PREFIX)
		       ? model + strlen(LLM_SCRIPTED_PREFIX)
		       : NULL;
}

gboolean llm_is_other(const Config *config)
{
	return script_path(config) ||
	       (config_string(config, SETTING_LLM_URL) &&
		g_strcmp0(config_string(config, SETTING_MODEL), "none") != 0);
}

static char *read_file(const char *path, gsize *ret_n, GError **error)
{
	g_autoptr(GError) reason = NULL;
	char *text = NULL;

	if (g_file_get_contents(path, &text, ret_n, &reason))
		return text;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "%s", reason->message);
	return NULL;
}

/* The first line of the key's file, or the setting: of two the one from the stronger source. */
static gboolean read_key(const Config *config, char **ret_key, GError **error)
{
	const char *path = config_string(config, SETTING_LLM_KEY_FILE),
		   *key = config_string(config, SETTING_LLM_KEY);
	ConfigOrigin of_path = config_origin(config, SETTING_LLM_KEY_FILE),
		     of_key = config_origin(config, SETTING_LLM_KEY);
	gsize n = 0;

	*ret_key = NULL;
	if (path && key && of_path == of_key)
		return refuse(error, "llm_key and llm_key_file: set one of them");
	if (!path || (key && of_key > of_path)) {
		*ret_key = g_strdup(key);
		return TRUE;
	}
	*ret_key = read_file(path, &n, error);
	if (!*ret_key) {
		g_prefix_error(error, "llm_key_file: ");
		return FALSE;
	}
	if (n > KEY_FILE_MAX_BYTES || strlen(*ret_key) != n) {
		g_clear_pointer(ret_key, g_free);
		return refuse(error, "llm_key_file: is no file with a key");
	}
	g_strstrip(*ret_key);
	return **ret_key || refuse(error, "llm_key_file: is empty");
}

static Llm *open_remote(const Config *config, Store *store, GError **error)
{
	g_autofree char *key = NULL;
	RemoteOptions options = {.url = config_string(config, SETTING_LLM_URL),
				 .model = config_string(config, SETTING_LLM_MODEL),
				 .daily_tokens = config_int(config, SETTING_LLM_DAILY_TOKENS),
				 .store = store,
				 .insecure = config_bool(config, SETTING_LLM_INSECURE)};
	Llm *llm;

	if (!read_key(config, &key, error))
		return NULL;
	options.key = key;
	llm = remote_new(&options, error);
	if (key)
		explicit_bzero(key, strlen(key));
	return llm;
}

static Llm *open_scripted(const char *path, GError **error)
{
	gsize n = 0;
	g_autofree char *text = NULL;

	const char *test = g_getenv("ZHIYIN_TEST");

	if (!test || !*test) {
		refuse(error, "model: a scripted model is for tests alone");
		return NULL;
	}
	text = read_file(path, &n, error);
	return text ? scripted_new(text, n, error) : NULL;
}

gboolean llm_open(const Config *config, Store *store, Llm **ret_llm, GError **error)
{
	const char *script = script_path(config);

	*ret_llm = NULL;
	if (!llm_is_other(config))
		return TRUE;
	*ret_llm = script ? open_scripted(script, error) : open_remote(config, store, error);
	return *ret_llm != NULL;
}
