/*
 * The settings of this process, from the rows of settings.def.
 *
 * A value comes from, each stronger than the one before: the default, the file DIR/zhiyin.conf, what
 * was chosen in the console (DIR/console.conf, LIVE settings alone), the environment (ZHIYIN_NAME), a
 * flag. Each value is checked when it is read, config_check() judges them together. Sources may be read
 * in any order, but the console's choice last: it counts only where neither flag nor environment names
 * a model (config_fixed). The file has lines `name = value`; '#' and ';'
 * begin a comment line; a value reaches to the end of its line.
 * Ownership: strings that getters return belong to the Config. Threads: once loaded, a Config is
 * only read and may be shared.
 * Errors: INVALID (a bad value or file: what, where, what is expected), USAGE (a bad flag).
 * Does not log, does not write files but config_save_choice(), does not notice later changes of the file.
 */
#pragma once

#include <glib.h>

typedef enum {
#define SETTING_ROW(id, name, kind, fallback, min, max, when, help) SETTING_##id,
#include "base/settings.def"
#undef SETTING_ROW
	N_SETTINGS
} Setting;

typedef enum {
	SETTING_KIND_TEXT,
	SETTING_KIND_SECRET,
	SETTING_KIND_PATH,
	SETTING_KIND_FLAG,
	SETTING_KIND_NUMBER,
	SETTING_KIND_LISTEN,
	SETTING_KIND_URL,
	SETTING_KIND_NETWORKS,
	SETTING_KIND_DATABASE,
	SETTING_KIND_LEVEL,
	N_SETTING_KINDS
} SettingKind;

typedef enum { SETTING_WHEN_START, SETTING_WHEN_COMMAND, SETTING_WHEN_LIVE } SettingWhen;
typedef enum {
	CONFIG_DEFAULT,
	CONFIG_FILE,
	CONFIG_CONSOLE,
	CONFIG_ENVIRONMENT,
	CONFIG_FLAG
} ConfigOrigin;

typedef struct {
	const char *name;
	SettingKind kind;
	const char *fallback;
	gint64 min, max;
	SettingWhen when;
	const char *help;
} SettingRow;

const SettingRow *setting_row(Setting setting);
/* By its name; '-' counts as '_'. N_SETTINGS when there is none. */
Setting setting_find(const char *name);

typedef struct Config Config;

/* All defaults. */
Config *config_new(void);
Config *config_copy(const Config *config);
void config_free(Config *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Config, config_free)

/* One value. A weaker origin does not replace a stronger one, but is checked all the same. */
gboolean config_set(Config *config, Setting setting, const char *text, ConfigOrigin origin,
		    GError **error);
/* ZHIYIN_* of an environment as g_get_environ() gives it. Unknown ZHIYIN_ variables are left
 * alone. */
gboolean config_load_environment(Config *config, const char *const *environment, GError **error);
/* The file, which may be absent. Unknown names are refused with their line and the nearest name
 * there is. */
gboolean config_load_file(Config *config, const char *path, GError **error);
/* zhiyin.conf and console.conf in the data directory that is set so far. */
gboolean config_load_data(Config *config, GError **error);

/* ---- the console's choice: LIVE settings, those of the model ---------------------------------- */

typedef struct {
	Setting setting;
	const char *text;
} ConfigValue;

/* The first of the settings that name a model (model, llm_url, llm_model) which comes from a flag or the
 * environment: then the console has no choice. N_SETTINGS: it has. */
Setting config_fixed(const Config *config);
/* A copy in which the console has chosen these values, and the default for every other LIVE setting;
 * what it chose before is gone. CONFLICT when the choice is fixed, else as config_set and config_check.
 * The caller frees it. */
Config *config_choose(const Config *config, const ConfigValue *values, gsize n_values,
		      GError **error);
/* Writes what the console chose into DIR/console.conf (0600), whole and synced, or not at all. */
gboolean config_save_choice(const Config *config, GError **error);

/* What the server refuses to start with: half a TLS pair, people's sessions outside this machine
 * without TLS, and the like. */
gboolean config_check(const Config *config, GError **error);

/* The value, NULL when not set (empty). */
const char *config_string(const Config *config, Setting setting);
gint64 config_int(const Config *config, Setting setting);
gboolean config_bool(const Config *config, Setting setting);
ConfigOrigin config_origin(const Config *config, Setting setting);
/* "the default", "zhiyin.conf", "the console", "the environment", "a flag". */
const char *config_origin_name(ConfigOrigin origin);

/* The value as it may be shown: "" when not set, "(set)" for a secret. */
const char *config_shown(const Config *config, Setting setting);
typedef void (*ConfigEach)(const SettingRow *row, const char *shown, ConfigOrigin origin,
			   gpointer data);
void config_each(const Config *config, ConfigEach each, gpointer data);

/* Takes HOST:PORT or [IPV6]:PORT apart; port 0 lets the system choose. The caller frees
 * *ret_host. */
gboolean listen_parse(const char *text, char **ret_host, guint16 *ret_port, GError **error);
/* Whether a host stays on this machine: localhost, 127.0.0.0/8, ::1. */
gboolean host_is_loopback(const char *host);
