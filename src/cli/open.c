/* Opening a store the way every command does. */
#include "cli/open.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "crm/organisation.h"
#include "llm/local.h"
#include "llm/models.h"
#include "llm/open.h"
#include "text/pieces.h"

static gboolean find_organisation(Store *store, char ret_org_id[37], GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db && organisation_first(db, ret_org_id, error);
}

Store *open_store(const CommandRun *run, char ret_org_id[37], GError **error)
{
	StoreOptions options = {.path = config_string(run->config, SETTING_DATA),
				.tokenize = text_tokenize_pieces,
				.migrate = TRUE};
	g_autoptr(Store) store = store_open(&options, error);

	if (!store) {
		g_prefix_error(error, "%s: ", options.path);
		return NULL;
	}
	if (ret_org_id && !find_organisation(store, ret_org_id, error))
		return NULL;
	return g_steal_pointer(&store);
}

gboolean claim_store(const char *data, gboolean *ret_made, GError **error)
{
	g_autofree char *file = g_build_filename(data, "zhiyin.db", NULL);
	int fd;

	*ret_made = !g_file_test(data, G_FILE_TEST_IS_DIR);
	if (g_mkdir_with_parents(data, 0700) != 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s: %s", data,
			    g_strerror(errno));
		return FALSE;
	}
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0) {
		close(fd);
		return TRUE;
	}
	if (errno == EEXIST)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "%s holds a store already (nothing was changed)", data);
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s: %s", file,
			    g_strerror(errno));
	return FALSE;
}

void discard_store(const char *data, gboolean made)
{
	static const char *const names[] = {"zhiyin.db", "zhiyin.db-wal", "zhiyin.db-shm",
					    "zhiyin.wait"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_build_filename(data, names[i], NULL);

		g_unlink(file);
	}
	if (made)
		g_rmdir(data);
}

AnswerEngine *open_engine(const CommandRun *run, Store *store, guint n_threads)
{
	g_autofree char *encoder = models_encoder_path(run->config);

	return answer_engine_new(store, encoder, n_threads, G_MAXINT64 / 1000);
}

/* ---- a model process that is started when it is needed ---------------------------------------- */

typedef struct {
	GMutex lock;
	char *path;
	guint64 file_bytes;
	guint n_context;
	Llm *llm; /* NULL: not started yet */
} LazyModel;

enum { LAZY_START_MS = 60000 };

static gboolean lazy_start(LazyModel *lazy, GError **error)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lazy->lock);
	g_autoptr(Llm) llm = NULL;
	Local *local;
	int fd;

	(void)locked;
	if (lazy->llm)
		return TRUE;
	fd = local_spawn(lazy->path, lazy->n_context, error);
	if (fd < 0)
		return FALSE;
	llm = local_new(NULL, NULL, &local);
	local_attach(local, fd);
	if (!local_wait_ready(local, LAZY_START_MS, error))
		return FALSE;
	lazy->llm = g_steal_pointer(&llm);
	return TRUE;
}

static gboolean lazy_generate(gpointer self, const LlmRequest *request, LlmPiece piece,
			      gpointer data, LlmUsage *ret_usage, GError **error)
{
	LazyModel *lazy = self;

	return lazy_start(lazy, error) &&
	       llm_generate(lazy->llm, request, piece, data, ret_usage, error);
}

static void lazy_info(gpointer self, LlmInfo *ret_info)
{
	LazyModel *lazy = self;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lazy->lock);

	(void)locked;
	if (lazy->llm)
		llm_info(lazy->llm, ret_info);
	else
		ret_info->model = g_path_get_basename(lazy->path);
	ret_info->file_bytes = lazy->file_bytes;
}

static void lazy_free(gpointer self)
{
	LazyModel *lazy = self;

	llm_free(lazy->llm);
	g_mutex_clear(&lazy->lock);
	g_free(lazy->path);
	g_free(lazy);
}

gboolean open_model(const CommandRun *run, Store *store, AnswerEngine *engine, Tasks **ret_tasks,
		    Llm **ret_llm, GError **error)
{
	static const LlmProvider provider = {"local", lazy_generate, lazy_info, lazy_free, NULL};
	g_autofree char *path = models_chat_path(run->config);
	LazyModel *lazy;
	GStatBuf status;

	if (!models_chat_chosen(run->config))
		return TRUE;
	*ret_tasks = tasks_load(error);
	if (!*ret_tasks || !llm_open(run->config, store, ret_llm, error))
		return FALSE;
	if (*ret_llm || !path) {
		answer_engine_set_model(engine, *ret_tasks, *ret_llm);
		return TRUE;
	}
	lazy = g_new0(LazyModel, 1);
	g_mutex_init(&lazy->lock);
	if (g_stat(path, &status) == 0)
		lazy->file_bytes = (guint64)status.st_size;
	lazy->path = g_steal_pointer(&path);
	lazy->n_context = (guint)config_int(run->config, SETTING_LLM_CONTEXT);
	*ret_llm = llm_new(&provider, lazy, 1);
	answer_engine_set_model(engine, *ret_tasks, *ret_llm);
	return TRUE;
}

gboolean encoder_declined(const CommandRun *run)
{
	return g_strcmp0(config_string(run->config, SETTING_ENCODER), "none") == 0;
}

gboolean print_json(CommandRun *run, GString *out, GError **error)
{
	g_string_append_c(out, '\n');
	return command_print(run, out->str, (gssize)out->len, error);
}
