/*
 * Settings as rows: one parser, one checker a kind, no setting has code of its own but in
 * config_check(). A value is kept as text and as number, so that getters neither parse nor fail.
 */
#include "base/config.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/nearest.h"

enum { FILE_MAX_BYTES = 1 << 20 };

#define CHOICE_FILE "console.conf"

typedef struct {
	char *text;
	gint64 number;
	ConfigOrigin origin;
} Value;

struct Config {
	Value values[N_SETTINGS];
};

static const SettingRow rows[N_SETTINGS] = {
#define SETTING_ROW(id, name, kind, fallback, min, max, when, help) \
	{name, SETTING_KIND_##kind, fallback, min, max, SETTING_WHEN_##when, help},
#include "base/settings.def"
#undef SETTING_ROW
};

const SettingRow *setting_row(Setting setting)
{
	return &rows[setting];
}

Setting setting_find(const char *name)
{
	g_autofree char *wanted = g_strdelimit(g_strdup(name), "-", '_');
	Setting setting = 0;

	while (setting < N_SETTINGS && !g_str_equal(rows[setting].name, wanted))
		setting++;
	return setting;
}

/* ---- one checker a kind: TRUE, or what is expected ------------------------------------------- */

gboolean host_is_loopback(const char *host)
{
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);

	return address ? g_inet_address_get_is_loopback(address)
		       : g_ascii_strcasecmp(host, "localhost") == 0;
}

gboolean listen_parse(const char *text, char **ret_host, guint16 *ret_port, GError **error)
{
	const char *colon = strrchr(text, ':');
	gboolean bracketed = colon && text[0] == '[' && colon > text + 1 && colon[-1] == ']';
	guint64 port;

	if (!colon || colon == text || (!bracketed && memchr(text, ':', (gsize)(colon - text))) ||
	    !g_ascii_string_to_unsigned(colon + 1, 10, 0, G_MAXUINT16, &port, NULL)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "'%s' is no HOST:PORT (127.0.0.1:8787, [::1]:8787, port 0 to 65535)",
			    text);
		return FALSE;
	}
	*ret_host = bracketed ? g_strndup(text + 1, (gsize)(colon - text) - 2)
			      : g_strndup(text, (gsize)(colon - text));
	*ret_port = (guint16)port;
	return TRUE;
}

static const char *check_nothing(const SettingRow *row, const char *text, gint64 *ret_number)
{
	(void)row, (void)text, (void)ret_number;
	return NULL;
}

static const char *check_flag(const SettingRow *row, const char *text, gint64 *ret_number)
{
	static const char *const yes[] = {"yes", "true", "on", "1", NULL};
	static const char *const no[] = {"no", "false", "off", "0", NULL};

	(void)row;
	*ret_number = g_strv_contains(yes, text);
	return *ret_number || g_strv_contains(no, text) ? NULL : "expected yes or no";
}

static const char *check_number(const SettingRow *row, const char *text, gint64 *ret_number)
{
	return g_ascii_string_to_signed(text, 10, row->min, row->max, ret_number, NULL)
		       ? NULL
		       : "expected a whole number";
}

static const char *check_listen(const SettingRow *row, const char *text, gint64 *ret_number)
{
	g_autofree char *host = NULL;
	guint16 port = 0;

	(void)row;
	if (!listen_parse(text, &host, &port, NULL))
		return "expected HOST:PORT, such as 127.0.0.1:8787 or [::1]:8787";
	*ret_number = port;
	return NULL;
}

static const char *check_url(const SettingRow *row, const char *text, gint64 *ret_number)
{
	g_autoptr(GUri) uri = g_uri_parse(text, G_URI_FLAGS_NONE, NULL);
	const char *scheme = uri ? g_uri_get_scheme(uri) : "";

	(void)row, (void)ret_number;
	if (!g_str_equal(scheme, "http") && !g_str_equal(scheme, "https"))
		return "expected an address that begins with http:// or https://";
	if (!g_uri_get_host(uri) || !*g_uri_get_host(uri))
		return "expected an address with a host name";
	if (g_uri_get_userinfo(uri) || g_uri_get_query(uri) || g_uri_get_fragment(uri))
		return "expected an address without password, '?' and '#'";
	return NULL;
}

static const char *check_networks(const SettingRow *row, const char *text, gint64 *ret_number)
{
	g_auto(GStrv) networks = g_strsplit(text, ",", 64);

	(void)row, (void)ret_number;
	for (char **network = networks; *network; network++) {
		g_autoptr(GInetAddressMask) mask =
			g_inet_address_mask_new_from_string(g_strstrip(*network), NULL);

		if (!mask)
			return "expected networks such as 10.0.0.0/8, separated by commas";
		if (g_inet_address_mask_get_length(mask) == 0)
			return "a network of every address would believe anyone";
	}
	return NULL;
}

static const char *check_database(const SettingRow *row, const char *text, gint64 *ret_number)
{
	(void)row, (void)ret_number;
	if (g_str_equal(text, "sqlite") || g_str_has_prefix(text, "postgres://") ||
	    g_str_has_prefix(text, "postgresql://"))
		return NULL;
	return "expected sqlite or postgres://...";
}

static const char *check_level(const SettingRow *row, const char *text, gint64 *ret_number)
{
	static const char *const names[] = {"debug", "info", "warning", "error"};

	(void)row;
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		*ret_number = (gint64)i;
		if (g_str_equal(text, names[i]))
			return NULL;
	}
	return "expected debug, info, warning or error";
}

static const char *(*const checks[N_SETTING_KINDS])(const SettingRow *row, const char *text,
						    gint64 *ret_number) = {
	[SETTING_KIND_TEXT] = check_nothing,	  [SETTING_KIND_SECRET] = check_nothing,
	[SETTING_KIND_PATH] = check_nothing,	  [SETTING_KIND_FLAG] = check_flag,
	[SETTING_KIND_NUMBER] = check_number,	  [SETTING_KIND_LISTEN] = check_listen,
	[SETTING_KIND_URL] = check_url,		  [SETTING_KIND_NETWORKS] = check_networks,
	[SETTING_KIND_DATABASE] = check_database, [SETTING_KIND_LEVEL] = check_level,
};

static gboolean is_clean(const char *text)
{
	for (; *text; text++) {
		if (g_ascii_iscntrl(*text))
			return FALSE;
	}
	return TRUE;
}

/* For kinds whose bounds are a length. */
static char *length_fault(const SettingRow *row, const char *text)
{
	gint64 length = (gint64)strlen(text);

	if (length < row->min)
		return g_strdup("must not be empty");
	if (length > row->max)
		return g_strdup_printf("is longer than %" G_GINT64_FORMAT " bytes", row->max);
	return NULL;
}

/* The complaint, or NULL. An empty text passes where the row allows it. */
static char *value_fault(const SettingRow *row, const char *text, gint64 *ret_number)
{
	gboolean bounded = row->kind != SETTING_KIND_NUMBER && row->kind != SETTING_KIND_FLAG;
	char *fault = bounded ? length_fault(row, text) : NULL;
	const char *expected;

	if (fault || (bounded && !*text))
		return fault;
	if (!g_utf8_validate(text, -1, NULL))
		return g_strdup("is not valid UTF-8");
	if (!is_clean(text))
		return g_strdup("holds a control character");
	expected = checks[row->kind](row, text, ret_number);
	if (!expected)
		return NULL;
	if (row->kind == SETTING_KIND_NUMBER)
		return g_strdup_printf("%s from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
				       expected, row->min, row->max);
	return g_strdup(expected);
}

/* ---- values ---------------------------------------------------------------------------------- */

static char *value_text(const SettingRow *row, const char *text)
{
	if (row->kind == SETTING_KIND_PATH && g_str_has_prefix(text, "~/"))
		return g_build_filename(g_get_home_dir(), text + 2, NULL);
	return g_strdup(text);
}

static gboolean refuse_value(const SettingRow *row, const char *text, ConfigOrigin origin,
			     const char *where, const char *fault, GError **error)
{
	g_autofree char *dashed = g_strdelimit(g_strdup(row->name), "_", '-');
	g_autofree char *name =
		origin == CONFIG_FLAG ? g_strconcat("--", dashed, NULL) : g_strdup(row->name);
	int code = origin == CONFIG_FLAG ? ZHIYIN_ERROR_USAGE : ZHIYIN_ERROR_INVALID;

	if (row->kind == SETTING_KIND_SECRET)
		g_set_error(error, ZHIYIN_ERROR, code, "%s%s: %s", where, name, fault);
	else
		g_set_error(error, ZHIYIN_ERROR, code, "%s%s '%s': %s", where, name, text, fault);
	return FALSE;
}

/* where: "zhiyin.conf:3: " and the like, "" for none. */
static gboolean set_value(Config *config, Setting setting, const char *text, ConfigOrigin origin,
			  const char *where, GError **error)
{
	const SettingRow *row = &rows[setting];
	Value *value = &config->values[setting];
	gint64 number = 0;
	g_autofree char *fault = value_fault(row, text, &number);

	if (fault)
		return refuse_value(row, text, origin, where, fault, error);
	if (origin < value->origin)
		return TRUE;
	g_free(value->text);
	*value = (Value){.text = value_text(row, text), .number = number, .origin = origin};
	return TRUE;
}

Config *config_new(void)
{
	Config *config = g_new0(Config, 1);

	for (Setting setting = 0; setting < N_SETTINGS; setting++) {
		if (!set_value(config, setting, rows[setting].fallback, CONFIG_DEFAULT, "", NULL))
			g_error("settings.def: the default of %s breaks its own rule",
				rows[setting].name);
	}
	return config;
}

Config *config_copy(const Config *config)
{
	Config *made = g_new(Config, 1);

	*made = *config;
	for (Setting setting = 0; setting < N_SETTINGS; setting++)
		made->values[setting].text = g_strdup(config->values[setting].text);
	return made;
}

void config_free(Config *config)
{
	if (!config)
		return;
	for (Setting setting = 0; setting < N_SETTINGS; setting++)
		g_free(config->values[setting].text);
	g_free(config);
}

gboolean config_set(Config *config, Setting setting, const char *text, ConfigOrigin origin,
		    GError **error)
{
	return set_value(config, setting, text, origin, "", error);
}

/* An empty variable counts as none, as shells have it. */
static gboolean load_variable(Config *config, Setting setting, const char *const *environment,
			      GError **error)
{
	g_autofree char *upper = g_ascii_strup(rows[setting].name, -1);
	g_autofree char *name = g_strconcat("ZHIYIN_", upper, NULL);
	g_autofree char *where = g_strconcat(name, " in the environment: ", NULL);
	gsize length = strlen(name);

	for (const char *const *variable = environment; *variable; variable++) {
		const char *text = *variable + length + 1;

		if (strncmp(*variable, name, length) == 0 && text[-1] == '=' && *text &&
		    !set_value(config, setting, text, CONFIG_ENVIRONMENT, where, error))
			return FALSE;
	}
	return TRUE;
}

gboolean config_load_environment(Config *config, const char *const *environment, GError **error)
{
	for (Setting setting = 0; setting < N_SETTINGS; setting++) {
		if (!load_variable(config, setting, environment, error))
			return FALSE;
	}
	return TRUE;
}

/* ---- the file -------------------------------------------------------------------------------- */

static gboolean unknown_name(const char *where, const char *name, GError **error)
{
	const char *near = NULL;

	for (Setting setting = 0; setting < N_SETTINGS; setting++)
		near = word_nearer(name, near, rows[setting].name);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%sthere is no setting '%s'%s%s%s",
		    where, name, near ? ", did you mean '" : "", near ? near : "",
		    near ? "'?" : "");
	return FALSE;
}

/* A setting that the file of this origin may not hold: why, or NULL. */
static const char *out_of_place(Setting setting, ConfigOrigin origin)
{
	if (setting == SETTING_DATA)
		return "is the directory of this file and cannot stand in it";
	return origin == CONFIG_CONSOLE && rows[setting].when != SETTING_WHEN_LIVE
		       ? "belongs into zhiyin.conf: this file is the console's"
		       : NULL;
}

static gboolean load_line(Config *config, char *line, ConfigOrigin origin, const char *where,
			  GError **error)
{
	char *equals = strchr(g_strstrip(line), '=');
	const char *fault;
	Setting setting;

	if (!*line || *line == '#' || *line == ';')
		return TRUE;
	if (!equals) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%sexpected 'name = value'",
			    where);
		return FALSE;
	}
	*equals = '\0';
	setting = setting_find(g_strchomp(line));
	if (setting == N_SETTINGS)
		return unknown_name(where, line, error);
	fault = out_of_place(setting, origin);
	if (fault) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s'%s' %s", where,
			    rows[setting].name, fault);
		return FALSE;
	}
	return set_value(config, setting, g_strchug(equals + 1), origin, where, error);
}

/* A secret in a file that others can read is no secret. */
static gboolean check_file_mode(const Config *config, const char *path, ConfigOrigin origin,
				GError **error)
{
	struct stat status;

	if (stat(path, &status) || !(status.st_mode & (S_IRGRP | S_IROTH)))
		return TRUE;
	for (Setting setting = 0; setting < N_SETTINGS; setting++) {
		if (rows[setting].kind == SETTING_KIND_SECRET &&
		    config->values[setting].origin == origin && *config->values[setting].text) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "%s holds %s but others can read it: chmod 600 %s", path,
				    rows[setting].name, path);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean load_file(Config *config, const char *path, ConfigOrigin origin, GError **error)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	g_autoptr(GError) absent = NULL;
	gsize n_bytes;

	if (!g_file_get_contents(path, &text, &n_bytes, &absent)) {
		if (g_error_matches(absent, G_FILE_ERROR, G_FILE_ERROR_NOENT) ||
		    g_error_matches(absent, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
			return TRUE;
		g_propagate_error(error, g_steal_pointer(&absent));
		return FALSE;
	}
	if (n_bytes > FILE_MAX_BYTES || strlen(text) != n_bytes) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s is no settings file (over 1 MiB, or with NUL bytes)", path);
		return FALSE;
	}
	lines = g_strsplit(g_str_has_prefix(text, "\xef\xbb\xbf") ? text + 3 : text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		g_autofree char *where = g_strdup_printf("%s:%u: ", path, i + 1);

		if (!load_line(config, lines[i], origin, where, error))
			return FALSE;
	}
	return check_file_mode(config, path, origin, error);
}

gboolean config_load_file(Config *config, const char *path, GError **error)
{
	return load_file(config, path, CONFIG_FILE, error);
}

static char *data_file(const Config *config, const char *name)
{
	return g_build_filename(config_string(config, SETTING_DATA), name, NULL);
}

gboolean config_load_data(Config *config, GError **error)
{
	g_autofree char *ours = data_file(config, "zhiyin.conf");
	g_autofree char *chosen = data_file(config, CHOICE_FILE);

	return load_file(config, ours, CONFIG_FILE, error) &&
	       (config_fixed(config) != N_SETTINGS ||
		load_file(config, chosen, CONFIG_CONSOLE, error));
}

/* ---- the console's choice --------------------------------------------------------------------- */

Setting config_fixed(const Config *config)
{
	static const Setting naming[] = {SETTING_MODEL, SETTING_LLM_URL, SETTING_LLM_MODEL};

	for (gsize i = 0; i < G_N_ELEMENTS(naming); i++)
		if (config->values[naming[i]].origin >= CONFIG_ENVIRONMENT)
			return naming[i];
	return N_SETTINGS;
}

static const char *chosen_text(Setting setting, const ConfigValue *values, gsize n_values)
{
	for (gsize i = 0; i < n_values; i++)
		if (values[i].setting == setting && values[i].text)
			return values[i].text;
	return rows[setting].fallback;
}

Config *config_choose(const Config *config, const ConfigValue *values, gsize n_values,
		      GError **error)
{
	g_autoptr(Config) chosen = config_copy(config);
	Setting fixed = config_fixed(config);

	if (fixed != N_SETTINGS) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "%s is given by %s, which the console cannot overrule",
			    rows[fixed].name, config_origin_name(config_origin(config, fixed)));
		return NULL;
	}
	for (Setting setting = 0; setting < N_SETTINGS; setting++)
		if (rows[setting].when == SETTING_WHEN_LIVE &&
		    !set_value(chosen, setting, chosen_text(setting, values, n_values),
			       CONFIG_CONSOLE, "", error))
			return NULL;
	return config_check(chosen, error) ? g_steal_pointer(&chosen) : NULL;
}

gboolean config_save_choice(const Config *config, GError **error)
{
	g_autofree char *path = data_file(config, CHOICE_FILE);
	g_autoptr(GString) text =
		g_string_new("# What was chosen in the console, which writes this "
			     "file. Your own settings stand in zhiyin.conf.\n");
	g_autoptr(GError) reason = NULL;

	for (Setting setting = 0; setting < N_SETTINGS; setting++)
		if (config->values[setting].origin == CONFIG_CONSOLE)
			g_string_append_printf(text, "%s = %s\n", rows[setting].name,
					       config->values[setting].text);
	if (g_file_set_contents_full(path, text->str, (gssize)text->len,
				     G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
				     S_IRUSR | S_IWUSR, &reason))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL,
		    "the choice could not be written: %s", reason->message);
	return FALSE;
}

/* ---- all together ---------------------------------------------------------------------------- */

static gboolean refuse(GError **error, const char *message)
{
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, message);
	return FALSE;
}

static gboolean url_is_safe(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

	return g_str_equal(g_uri_get_scheme(uri), "https") || host_is_loopback(g_uri_get_host(uri));
}

static gboolean check_listening(const Config *config, GError **error)
{
	const char *public_url = config_string(config, SETTING_PUBLIC_URL);
	g_autofree char *host = NULL;
	guint16 port;

	if (!listen_parse(config_string(config, SETTING_LISTEN), &host, &port, error))
		return FALSE;
	if (host_is_loopback(host) || config_string(config, SETTING_TLS_CERT))
		return TRUE;
	if (config_string(config, SETTING_TRUSTED_PROXY) && public_url &&
	    g_str_has_prefix(public_url, "https://"))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "listen '%s' is open to other machines without TLS: set tls_cert and tls_key, "
		    "or trusted_proxy and a public_url "
		    "with https, or listen on 127.0.0.1",
		    config_string(config, SETTING_LISTEN));
	return FALSE;
}

gboolean config_check(const Config *config, GError **error)
{
	const char *public_url = config_string(config, SETTING_PUBLIC_URL);

	if (!config_string(config, SETTING_TLS_CERT) != !config_string(config, SETTING_TLS_KEY))
		return refuse(error, "tls_cert and tls_key belong together: set both or none");
	if (!config_string(config, SETTING_LLM_URL) != !config_string(config, SETTING_LLM_MODEL))
		return refuse(error, "llm_url and llm_model belong together: set both or none");
	/* one in the environment may wait for an address that is chosen in the console */
	if (!config_string(config, SETTING_LLM_URL) &&
	    ((config_string(config, SETTING_LLM_KEY) &&
	      config_origin(config, SETTING_LLM_KEY) != CONFIG_ENVIRONMENT) ||
	     config_string(config, SETTING_LLM_KEY_FILE)))
		return refuse(error, "llm_key or llm_key_file is set but llm_url is not");
	if (public_url && !url_is_safe(public_url))
		return refuse(error,
			      "public_url must begin with https:// unless it is on this machine");
	if (!g_str_equal(config_string(config, SETTING_DATABASE), "sqlite"))
		return refuse(
			error,
			"database: this version stores in SQLite only, set database = sqlite");
	return check_listening(config, error);
}

const char *config_string(const Config *config, Setting setting)
{
	const char *text = config->values[setting].text;

	return *text ? text : NULL;
}

gint64 config_int(const Config *config, Setting setting)
{
	return config->values[setting].number;
}

gboolean config_bool(const Config *config, Setting setting)
{
	return config->values[setting].number != 0;
}

ConfigOrigin config_origin(const Config *config, Setting setting)
{
	return config->values[setting].origin;
}

const char *config_origin_name(ConfigOrigin origin)
{
	static const char *const names[] = {"the default", "zhiyin.conf", "the console",
					    "the environment", "a flag"};

	return names[origin];
}

const char *config_shown(const Config *config, Setting setting)
{
	const char *text = config->values[setting].text;

	return *text && rows[setting].kind == SETTING_KIND_SECRET ? "(set)" : text;
}

void config_each(const Config *config, ConfigEach each, gpointer data)
{
	for (Setting setting = 0; setting < N_SETTINGS; setting++)
		each(&rows[setting], config_shown(config, setting), config->values[setting].origin,
		     data);
}
