/* `zhiyin serve` and the processes it starts: the rows, and the lines that tell people where to
 * go. */
#include "app/serve.h"

#include <fcntl.h>

#include "app/process.h"
#include "app/supervisor.h"
#include "base/error.h"
#include "base/json.h"
#include "llm/llama.h"
#include "llm/models.h"
#include "ml/encoder.h"

enum { SERVE_WORDS = 2 }; /* "zhiyin serve" */

static const Setting settings[] = {
	SETTING_DATA,	       SETTING_LISTEN,
	SETTING_DATABASE,      SETTING_MODEL,
	SETTING_ENCODER,       SETTING_MODELS,
	SETTING_LLM_URL,       SETTING_LLM_MODEL,
	SETTING_LLM_CONTEXT,   SETTING_LLM_IDLE_SECONDS,
	SETTING_LLM_KEY_FILE,  SETTING_LLM_DAILY_TOKENS,
	SETTING_LLM_INSECURE,  SETTING_TLS_CERT,
	SETTING_TLS_KEY,       SETTING_PUBLIC_URL,
	SETTING_TRUSTED_PROXY, SETTING_NO_WORKER,
	SETTING_JUDGE,	       SETTING_EVENT_THREADS,
	SETTING_LOG_LEVEL,     N_SETTINGS,
};

/* ./dev keeps the login of the demo company, one line "EMAIL PASSWORD", beside its store; other
 * stores have no such file. */
static char *demo_login(const CommandRun *run)
{
	g_autofree char *path =
		g_build_filename(config_string(run->config, SETTING_DATA), "demo-login", NULL);
	char *login = NULL;

	return g_file_get_contents(path, &login, NULL, NULL) ? g_strchomp(login) : NULL;
}

static void print_text(CommandRun *run, const char *url)
{
	const char *public_url = config_string(run->config, SETTING_PUBLIC_URL);
	const char *base = public_url ? public_url : url;
	g_autofree char *login = demo_login(run);

	command_printf(run, NULL,
		       "Zhiyin %s serves on %s (Ctrl-C stops it)\n  console         %s/console/\n",
		       ZHIYIN_VERSION, url, base);
	if (login)
		command_printf(run, NULL, "  console login   %s\n  demo shop page  %s/demo/\n",
			       login, base);
}

static void print_json(CommandRun *run, const char *url)
{
	g_autoptr(GString) out = g_string_new("");
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "url", url);
	json_put_string(&w, "version", ZHIYIN_VERSION);
	json_object_end(&w);
	g_string_append_c(out, '\n');
	command_print(run, out->str, (gssize)out->len, NULL);
}

static void print_ready(const char *url, gpointer data)
{
	CommandRun *run = data;

	if (run->json)
		print_json(run, url);
	else
		print_text(run, url);
	fflush(run->out);
}

/* Children read these when OpenBLAS is loaded, long before main. */
static void set_blas_environment(void)
{
	const char *hint = encoder_blas_hint();

	g_setenv("OPENBLAS_NUM_THREADS", "1", FALSE);
	if (hint)
		g_setenv("OPENBLAS_CORETYPE", hint, FALSE);
}

static gboolean serve(CommandRun *run, GError **error)
{
	g_autofree char *model = models_chat_path(run->config);
	SupervisorOptions options = {.config = run->config,
				     .with_model = model && llama_is_built_in(),
				     .ready = print_ready,
				     .data = run};

	if (!config_check(run->config, error) || !models_check(run->config, error))
		return FALSE;
	if (model && !options.with_model)
		command_note(run, "this program was built without llama.cpp: it answers without a "
				  "local model (./dev build adds it when its source can be had)");
	set_blas_environment();
	options.arguments = (const char *const *)run->argv + SERVE_WORDS;
	return supervisor_run(&options, error);
}

const Command command_serve = {
	.name = "serve",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Run the server: console, chat widget, bot and programming interface.",
	.arguments = "",
	.settings = settings,
	.details = "Every option may also stand in DIR/zhiyin.conf or in the environment "
		   "(ZHIYIN_LISTEN and so on). "
		   "Beyond this machine it needs TLS, its own or a trusted proxy's.",
	.example = "zhiyin serve --data data/demo --listen 127.0.0.1:8787",
	.run = serve,
};

/* ---- children -------------------------------------------------------------------------------- */

/* Descriptors that the supervisor hands over. */
static const CommandOption child_options[] = {
	{.name = "control-fd",
	 .kind = OPTION_INT,
	 .value_name = "FD",
	 .fallback = "-1",
	 .min = -1,
	 .max = 1 << 20},
	{.name = "listen-fd",
	 .kind = OPTION_INT,
	 .value_name = "FD",
	 .fallback = "-1",
	 .min = -1,
	 .max = 1 << 20},
	{.name = "link-fd",
	 .kind = OPTION_INT,
	 .value_name = "FD",
	 .fallback = "-1",
	 .min = -1,
	 .max = 1 << 20},
	{.name = "deadly", .kind = OPTION_FLAG},
	{NULL},
};

static gboolean exit_with(int code, const char *role, GError **error)
{
	if (code == 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
		    "%s ended with a fault, the log says which", role);
	return FALSE;
}

static gboolean run_core(CommandRun *run, GError **error)
{
	int control_fd = (int)command_int(run, "control-fd"),
	    listen_fd = (int)command_int(run, "listen-fd");

	if (fcntl(control_fd, F_SETFD, FD_CLOEXEC) || fcntl(listen_fd, F_SETFD, FD_CLOEXEC)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "is started by zhiyin serve, not by hand");
		return FALSE;
	}
	process_begin("core", TRUE);
	return exit_with(core_main(run->config, listen_fd, control_fd), "core", error);
}

const Command command_core = {
	.name = "core",
	.group = COMMAND_GROUP_INTERNAL,
	.summary = "Answer requests; started by zhiyin serve.",
	.arguments = "",
	.settings = settings,
	.options = child_options,
	.example = "zhiyin serve --data data/demo",
	.run = run_core,
};

static gboolean run_llmd(CommandRun *run, GError **error)
{
	int control_fd = (int)command_int(run, "control-fd"),
	    link_fd = (int)command_int(run, "link-fd");
	g_autofree char *path = models_chat_path(run->config);
	LlmdOptions options = {.path = path,
			       .n_context = (guint)config_int(run->config, SETTING_LLM_CONTEXT),
			       .idle_seconds = config_int(run->config, SETTING_LLM_IDLE_SECONDS),
			       .lazy = link_fd < 0 && !models_chat_chosen(run->config),
			       .deadly = command_flag(run, "deadly")};

	if ((control_fd < 0 && link_fd < 0) || !path ||
	    (control_fd >= 0 && fcntl(control_fd, F_SETFD, FD_CLOEXEC)) ||
	    (link_fd >= 0 && fcntl(link_fd, F_SETFD, FD_CLOEXEC))) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "is started by zhiyin serve, not by hand");
		return FALSE;
	}
	process_begin("llmd", control_fd >= 0);
	llmd_main(&options, link_fd, control_fd);
}

const Command command_llmd = {
	.name = "llmd",
	.group = COMMAND_GROUP_INTERNAL,
	.summary = "Own the chat model; started by zhiyin serve.",
	.arguments = "",
	.settings = settings,
	.options = child_options,
	.example = "zhiyin serve --data data/demo",
	.uses_blas = TRUE,
	.run = run_llmd,
};

static gboolean run_worker(CommandRun *run, GError **error)
{
	int control_fd = (int)command_int(run, "control-fd");

	if (control_fd >= 0 && fcntl(control_fd, F_SETFD, FD_CLOEXEC)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "--control-fd is for zhiyin serve alone");
		return FALSE;
	}
	process_begin("worker", control_fd >= 0);
	return exit_with(worker_main(run->config, control_fd), "worker", error);
}

const Command command_worker = {
	.name = "worker",
	.group = COMMAND_GROUP_SERVER,
	.summary =
		"Run the background jobs alone, beside a server that was started with --no-worker.",
	.arguments = "",
	.settings = settings,
	.options = child_options,
	.example = "zhiyin worker --data data/demo",
	.run = run_worker,
};
