/* Opening a store the way every command does. */
#include "cli/open.h"

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

AnswerEngine *open_engine(const CommandRun *run, Store *store, guint n_threads)
{
	g_autofree char *encoder = models_encoder_path(run->config);

	return answer_engine_new(store, encoder, n_threads, G_MAXINT64 / 1000);
}

gboolean print_json(CommandRun *run, GString *out, GError **error)
{
	g_string_append_c(out, '\n');
	return command_print(run, out->str, (gssize)out->len, error);
}
