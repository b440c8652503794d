/* Opening a store the way every command does. */
#include "cli/open.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "crm/organisation.h"
#include "llm/models.h"
#include "text/tokenize.h"

static gboolean find_organisation(Store *store, char ret_org_id[37], GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db && organisation_first(db, ret_org_id, error);
}

Store *open_store(const CommandRun *run, char ret_org_id[37], GError **error)
{
	StoreOptions options = {.path = config_string(run->config, SETTING_DATA),
				.tokenize = text_tokenize,
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

gboolean encoder_declined(const CommandRun *run)
{
	return g_strcmp0(config_string(run->config, SETTING_ENCODER), "none") == 0;
}

gboolean print_json(CommandRun *run, GString *out, GError **error)
{
	g_string_append_c(out, '\n');
	return command_print(run, out->str, (gssize)out->len, error);
}
