/* The register is by hash: a file that changes its content is another model. */
#include "llm/models.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "llm/open.h"

static const struct {
	const char *magic, *kind, *licence;
} kinds[] = {
	{"E5S1", "encoder", "MIT"},
	{"GGUF", "chat", "unknown"},
};

/* What set-up fetches (deps.lock), with the licence that the file itself does not tell. */
static const struct {
	const char *sha256, *licence;
} known[] = {
	{"1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f", "MIT"},
	{"a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
	 "Gemma Terms of Use, https://ai.google.dev/gemma/terms"},
	{"b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", "Apache-2.0"},
};

static const char *known_licence(const char *sha256)
{
	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_equal(known[i].sha256, sha256))
			return known[i].licence;
	return NULL;
}

/* The file that a setting names, else the default one where it exists. */
static char *find_file(const Config *config, Setting setting, const char *name)
{
	const char *named = config_string(config, setting);
	g_autofree char *path = NULL;

	if (g_strcmp0(named, "none") == 0)
		return NULL;
	if (named)
		return g_strdup(named);
	path = g_build_filename(config_string(config, SETTING_MODELS), name, NULL);
	return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path) : NULL;
}

char *models_encoder_path(const Config *config)
{
	return find_file(config, SETTING_ENCODER, MODELS_ENCODER_FILE);
}

gboolean models_chat_chosen(const Config *config)
{
	const char *model = config_string(config, SETTING_MODEL);

	return (model && !g_str_equal(model, "none")) || config_string(config, SETTING_LLM_URL);
}

char *models_chat_path(const Config *config)
{
	return llm_is_other(config) ? NULL : find_file(config, SETTING_MODEL, MODELS_CHAT_FILE);
}

static gboolean check_kind(const char *path, const char *kind, GError **error)
{
	char magic[5] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gssize n = fd < 0 ? -1 : read(fd, magic, 4);
	int reason = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "%s: %s", path,
			    g_strerror(reason));
		return FALSE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i].kind, kind) && g_str_equal(kinds[i].magic, magic))
			return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s: is no file of %s", path,
		    g_str_equal(kind, "chat") ? "a chat model (GGUF)" : "encoder weights (E5S1)");
	return FALSE;
}

gboolean models_check(const Config *config, GError **error)
{
	static const struct {
		Setting setting;
		const char *kind;
	} named[] = {{SETTING_ENCODER, "encoder"}, {SETTING_MODEL, "chat"}};

	for (gsize i = 0; i < G_N_ELEMENTS(named); i++) {
		const char *path = config_string(config, named[i].setting);

		if ((named[i].setting == SETTING_MODEL && llm_is_other(config)) ||
		    config_origin(config, named[i].setting) == CONFIG_CONSOLE)
			continue;
		if (path && !g_str_equal(path, "none") && !check_kind(path, named[i].kind, error))
			return FALSE;
	}
	return TRUE;
}

void model_clear(Model *model)
{
	g_free(model->name);
	g_free(model->kind);
	g_free(model->path);
	g_free(model->licence);
	memset(model, 0, sizeof(*model));
}

/* SHA-256 and length of a file, and its first four bytes. */
static gboolean file_digest(const char *path, char ret_sha256[65], gint64 *ret_n_bytes,
			    char ret_magic[5], GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree guchar *buffer = g_malloc(1 << 20);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gssize n;

	if (fd < 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "%s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	*ret_n_bytes = 0;
	while ((n = read(fd, buffer, 1 << 20)) > 0) {
		if (!*ret_n_bytes) {
			memset(ret_magic, 0, 5);
			memcpy(ret_magic, buffer, (gsize)MIN(n, 4));
		}
		g_checksum_update(sum, buffer, n);
		*ret_n_bytes += n;
	}
	close(fd);
	if (n < 0 || !*ret_n_bytes) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s: cannot be read, or is empty", path);
		return FALSE;
	}
	g_strlcpy(ret_sha256, g_checksum_get_string(sum), 65);
	return TRUE;
}

gboolean model_read(const char *path, const char *licence, Model *ret_model, GError **error)
{
	g_autofree char *full = g_canonicalize_filename(path, NULL);
	char magic[5] = "";
	const char *told;

	memset(ret_model, 0, sizeof(*ret_model));
	if (!file_digest(full, ret_model->sha256, &ret_model->n_bytes, magic, error))
		return FALSE;
	told = known_licence(ret_model->sha256);
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!g_str_equal(magic, kinds[i].magic))
			continue;
		ret_model->name = g_path_get_basename(full);
		ret_model->kind = g_strdup(kinds[i].kind);
		ret_model->licence = g_strdup(licence && *licence ? licence
					      : told		  ? told
								  : kinds[i].licence);
		ret_model->path = g_steal_pointer(&full);
		return TRUE;
	}
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s: is no model file (expected GGUF, or encoder weights E5S1)", path);
	return FALSE;
}

static gboolean row_exists(Db *db, const char *sha256, gboolean *ret_exists, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT 1 FROM models WHERE sha256 = $1", error, "s", sha256);

	if (!rows)
		return FALSE;
	*ret_exists = db_next(rows, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean model_add(Db *db, const Model *model, GError **error)
{
	return db_run(db, "DELETE FROM models WHERE path = $1 AND sha256 <> $2", error, "ss",
		      model->path, model->sha256) &&
	       db_run(db,
		      "INSERT INTO models (sha256, name, kind, path, n_bytes, licence, added_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7) "
		      "ON CONFLICT (sha256) DO UPDATE SET path = $4, licence = $6",
		      error, "ssssisi", model->sha256, model->name, model->kind, model->path,
		      model->n_bytes, model->licence, clock_now_ms());
}

static gboolean write_model(Db *db, gpointer model, GError **error)
{
	return model_add(db, model, error);
}

static gboolean has_row(Store *store, const char *sha256, gboolean *ret_has, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db && row_exists(db, sha256, ret_has, error);
}

/* What is known need not be read again: whoever asks has its hash from the file itself. */
static gboolean read_known(const char *path, const char *sha256, Model *ret_model)
{
	struct stat status;

	memset(ret_model, 0, sizeof(*ret_model));
	if (stat(path, &status) != 0)
		return FALSE;
	g_strlcpy(ret_model->sha256, sha256, sizeof(ret_model->sha256));
	ret_model->name = g_path_get_basename(path);
	ret_model->kind = g_strdup("chat");
	ret_model->path = g_canonicalize_filename(path, NULL);
	ret_model->licence = g_strdup(known_licence(sha256));
	ret_model->n_bytes = (gint64)status.st_size;
	return TRUE;
}

gboolean models_trust(Store *store, const Config *config, const char *sha256, GError **error)
{
	const char *named = config_string(config, SETTING_MODEL);
	g_autofree char *path = models_chat_path(config);
	gboolean registered = FALSE;
	g_auto(Model) model = {0};

	if (!has_row(store, sha256, &registered, error))
		return FALSE;
	if (registered)
		return TRUE;
	if (known_licence(sha256))
		return !path || !read_known(path, sha256, &model) ||
		       store_write(store, write_model, &model, error);
	if (named && !model_read(named, NULL, &model, error))
		return FALSE;
	if (!named || !g_str_equal(model.sha256, sha256)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
				    "the model file is not registered (zhiyin model add FILE)");
		return FALSE;
	}
	log_event(LOG_WARNING, "model_registered", "sha256", 's', sha256, NULL);
	return store_write(store, write_model, &model, error);
}

#define COLUMNS "sha256, name, kind, path, n_bytes, licence, accepted_at"

static void take_row(DbRows *rows, Model *ret_model)
{
	*ret_model = (Model){.name = g_strdup(db_text(rows, 1)),
			     .kind = g_strdup(db_text(rows, 2)),
			     .path = g_strdup(db_text(rows, 3)),
			     .n_bytes = db_int(rows, 4),
			     .licence = g_strdup(db_text(rows, 5)),
			     .accepted_at = db_int(rows, 6)};
	g_strlcpy(ret_model->sha256, db_text(rows, 0), sizeof(ret_model->sha256));
}

gboolean model_get(Db *db, const char *sha256, Model *ret_model, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db, "SELECT " COLUMNS " FROM models WHERE sha256 = $1",
					  error, "s", sha256);

	memset(ret_model, 0, sizeof(*ret_model));
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		take_row(rows, ret_model);
		return TRUE;
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "there is no registered model with this hash (zhiyin model "
				    "add FILE registers one)");
	return FALSE;
}

gboolean model_accept(Db *db, const char *sha256, GError **error)
{
	return db_run(
		db, "UPDATE models SET accepted_at = $2 WHERE sha256 = $1 AND accepted_at IS NULL",
		error, "si", sha256, clock_now_ms());
}

gboolean model_each(Db *db, ModelEach each, gpointer data, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " COLUMNS " FROM models ORDER BY added_at", error, "");

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		g_auto(Model) model = {0};

		take_row(rows, &model);
		each(&model, data);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean model_look(const Model *model, GError **error)
{
	return check_kind(model->path, model->kind, error);
}

gboolean model_verify(const Model *model, GError **error)
{
	char sha256[65], magic[5];
	gint64 n_bytes;

	if (!file_digest(model->path, sha256, &n_bytes, magic, error))
		return FALSE;
	if (g_str_equal(sha256, model->sha256))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "%s: is not the file that was registered", model->path);
	return FALSE;
}

void model_write_members(const Model *model, JsonWriter *w)
{
	json_put_string(w, "name", model->name);
	json_put_string(w, "kind", model->kind);
	json_put_string(w, "sha256", model->sha256);
	json_put_int(w, "bytes", model->n_bytes);
	json_put_string(w, "licence", model->licence);
	json_put_bool(w, "licence_accepted", model->accepted_at != 0);
	json_put_string(w, "path", model->path);
}

void model_write_json(const Model *model, JsonWriter *w)
{
	json_object_begin(w, NULL);
	model_write_members(model, w);
	json_object_end(w);
}
