/* The core process: store, bot threads, live streams and the HTTP server, put together and taken
 * apart in order. */
#include <string.h>

#include "api/api.h"
#include "api/live.h"

#include "app/process.h"
#include "base/error.h"
#include "base/log.h"
#include "crm/judging.h"
#include "llm/calls.h"
#include "llm/models.h"
#include "text/pieces.h"

enum { TICK_MS = 5000, DRAIN_MS = 5000 };

typedef struct {
	Store *store;
	AnswerEngine *engine;
	BotService *bot;
	Live *live;
	Api *api;
	HttpServer *server;
	BotModel *model;
	Judging *judging;
	Tasks *tasks;
	int control_fd;
	char *encoder;
	char org_id[37]; /* whose the calls are that nobody claims */
	GStrv proxies;
} Core;

static void core_clear(Core *core)
{
	if (core->server)
		http_server_stop(core->server, DRAIN_MS);
	if (core->api)
		api_stop(core->api);
	g_clear_pointer(&core->judging, judging_free);
	g_clear_pointer(&core->bot, bot_service_free);
	if (core->store)
		store_set_news(core->store, NULL, NULL);
	g_clear_pointer(&core->live, live_free);
	g_clear_pointer(&core->api, api_free);
	g_clear_pointer(&core->engine, answer_engine_free);
	g_clear_pointer(&core->model, bot_model_free);
	g_clear_pointer(&core->tasks, tasks_free);
	g_clear_pointer(&core->store, store_close);
	g_free(core->encoder);
	g_strfreev(core->proxies);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Core, core_clear)

/* On whatever thread asked. */
static void keep_call(const TaskRecord *record, gpointer data)
{
	const Core *core = data;

	model_call_keep(core->store, core->org_id, record);
}

static void want_model(gboolean wanted, gpointer data)
{
	const Core *core = data;

	if (!process_say(core->control_fd, wanted ? PROCESS_MODEL : PROCESS_NO_MODEL))
		log_event(LOG_WARNING, "supervisor_unreachable", NULL);
}

static gboolean core_open_bot(Core *core, const Config *config, GError **error)
{
	BotModelOptions model = {
		.store = core->store, .config = config, .want = want_model, .data = core};

	core->encoder = models_encoder_path(config);
	core->engine = answer_engine_new(core->store, core->encoder, 1,
					 config_int(config, SETTING_ENCODER_IDLE_MINUTES) * 60000);
	core->tasks = tasks_load(error);
	if (!core->tasks)
		return FALSE;
	model.engine = core->engine;
	model.tasks = core->tasks;
	core->model = bot_model_new(&model, error);
	core->bot = bot_service_new(core->store, core->engine);
	return core->model != NULL;
}

static gboolean core_open(Core *core, const Config *config, GError **error)
{
	StoreOptions options = {.path = config_string(config, SETTING_DATA),
				.tokenize = text_tokenize_pieces,
				.migrate = TRUE};

	core->store = store_open(&options, error);
	if (!core->store || !core_open_bot(core, config, error))
		return FALSE;
	core->live = live_new(core->store, error);
	core->api = core->live ? api_new(config, core->store, core->bot, error) : NULL;
	if (!core->api)
		return FALSE;
	core->api->live = core->live;
	core->api->model = core->model;
	core->judging = config_bool(config, SETTING_JUDGE) ? judging_new(core->store) : NULL;
	core->api->judging = core->judging;
	g_strlcpy(core->org_id, core->api->org_id, sizeof(core->org_id));
	tasks_set_audit(core->tasks, keep_call, core);
	bot_service_set_hear(core->bot, live_token, core->live);
	store_set_news(core->store, live_news, core->live);
	return TRUE;
}

static gboolean core_listen(Core *core, const Config *config, int listen_fd, GError **error)
{
	const char *proxies = config_string(config, SETTING_TRUSTED_PROXY);
	HttpOptions options = {.listen_fd = listen_fd,
			       .n_threads = (guint)config_int(config, SETTING_EVENT_THREADS),
			       .tls_certificate_file = config_string(config, SETTING_TLS_CERT),
			       .tls_key_file = config_string(config, SETTING_TLS_KEY),
			       .admit = api_admit,
			       .refuse = api_refuse,
			       .handle = api_handle,
			       .data = core->api};

	if (proxies)
		core->proxies = g_strsplit(proxies, ",", -1);
	options.trusted_proxies = (const char *const *)core->proxies;
	core->server = http_server_start(&options, error);
	core->api->server = core->server;
	return core->server && bot_service_resume(core->bot, error);
}

int core_main(const Config *config, int listen_fd, int control_fd)
{
	g_auto(Core) core = {.control_fd = control_fd};
	g_autoptr(GError) error = NULL;
	ProcessNews news;
	int link_fd;

	if (!core_open(&core, config, &error) || !core_listen(&core, config, listen_fd, &error)) {
		log_event(LOG_ERROR, "core_start", "error", 'e', error, NULL);
		return error_kind(error)->exit_code;
	}
	process_ready(control_fd);
	while ((news = process_wait_news(control_fd, TICK_MS, &link_fd)) != PROCESS_STOPPING) {
		answer_engine_tick(core.engine);
		if (link_fd >= 0)
			bot_model_attach(core.model, link_fd);
		if (news == PROCESS_MODEL_REFUSED)
			bot_model_refused(core.model);
	}
	log_event(LOG_INFO, "core_stopping", NULL);
	return 0;
}
