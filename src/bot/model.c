/* Two locks: `changing` is held over a whole switch, so that links and choices come one after the other;
 * `lock` only while the settings are looked at, also on the threads that a switch waits for. */
#include "bot/model.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/log.h"
#include "crm/audit.h"
#include "llm/calls.h"
#include "llm/llama.h"
#include "llm/models.h"
#include "llm/open.h"
#include "text/language.h"

#define KEY_FILE_SUFFIX ".key"

struct BotModel {
	BotModelOptions options;
	Llm *llm;
	GMutex changing;
	Local *local; /* llm's provider, when that is a local one; with `changing` */
	GMutex lock;
	Config *config; /* with `lock` */
	gint n_tests;	/* atomic */
};

/* The caller frees it. */
static Config *current_config(BotModel *model)
{
	Config *config;

	g_mutex_lock(&model->lock);
	config = config_copy(model->config);
	g_mutex_unlock(&model->lock);
	return config;
}

/* ---- opening ---------------------------------------------------------------------------------- */

/* On a thread of the link. */
static char *approve(const char *sha256, const char *name, gpointer data)
{
	BotModel *model = data;
	g_autoptr(Config) config = current_config(model);
	g_autoptr(GError) error = NULL;

	if (models_trust(model->options.store, config, sha256, &error)) {
		log_event(LOG_INFO, "model_linked", "model", 's', name, "sha256", 's', sha256,
			  NULL);
		return NULL;
	}
	log_event(LOG_ERROR, "model_refused", "sha256", 's', sha256, "error", 'e', error, NULL);
	return g_strdup(error->message);
}

/* What the settings name; *ret_llm NULL: none. */
static gboolean open_named(BotModel *model, const Config *config, Llm **ret_llm, Local **ret_local,
			   GError **error)
{
	g_autofree char *path = models_chat_path(config);

	*ret_local = NULL;
	*ret_llm = NULL;
	if (!path)
		return llm_open(config, model->options.store, ret_llm, error);
	if (llama_is_built_in())
		*ret_llm = local_new(approve, model, ret_local);
	return TRUE;
}

/* From now on. Takes config and llm. */
static void use(BotModel *model, Config *config, Llm *llm, Local *local)
{
	gboolean writes = llm && models_chat_chosen(config);
	Config *before;

	g_mutex_lock(&model->lock);
	before = model->config;
	model->config = config;
	g_mutex_unlock(&model->lock);
	config_free(before);
	model->local = local;
	llm_replace(model->llm, llm);
	answer_engine_set_model(model->options.engine, model->options.tasks,
				writes ? model->llm : NULL);
}

BotModel *bot_model_new(const BotModelOptions *options, GError **error)
{
	g_autoptr(BotModel) model = g_new0(BotModel, 1);
	Llm *llm;
	Local *local;

	model->options = *options;
	g_mutex_init(&model->changing);
	g_mutex_init(&model->lock);
	model->llm = llm_new(NULL, NULL, 0);
	model->config = config_copy(options->config);
	if (!open_named(model, options->config, &llm, &local, error))
		return NULL;
	use(model, config_copy(options->config), llm, local);
	return g_steal_pointer(&model);
}

void bot_model_free(BotModel *model)
{
	if (!model)
		return;
	llm_free(model->llm);
	config_free(model->config);
	g_mutex_clear(&model->changing);
	g_mutex_clear(&model->lock);
	g_free(model);
}

void bot_model_attach(BotModel *model, int link_fd)
{
	g_mutex_lock(&model->changing);
	if (model->local)
		local_attach(model->local, link_fd);
	else
		close(link_fd);
	g_mutex_unlock(&model->changing);
}

void bot_model_refused(BotModel *model)
{
	g_mutex_lock(&model->changing);
	if (model->local)
		local_give_up(model->local,
			      "the model process does not take the file: its log line says why");
	g_mutex_unlock(&model->changing);
}

/* ---- a choice, from JSON to settings ------------------------------------------------------------ */

typedef struct {
	const json_t *wanted;
	const Config *config; /* as it is */
	char *path;	      /* local: of the file */
	char *key_file, *daily_tokens, *key;
	const char *key_from; /* for the audit */
	gboolean accepts;     /* the licence, for the first time */
	GArray *values;	      /* ConfigValue, texts borrowed */
	const char *member;   /* at fault */
} Choice;

static void choice_clear(Choice *choice)
{
	if (choice->key)
		explicit_bzero(choice->key, strlen(choice->key));
	g_free(choice->path);
	g_free(choice->key);
	g_free(choice->key_file);
	g_free(choice->daily_tokens);
	g_clear_pointer(&choice->values, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Choice, choice_clear)

static gboolean fault(Choice *choice, const char *member, int code, const char *what,
		      GError **error)
{
	choice->member = member;
	g_set_error_literal(error, ZHIYIN_ERROR, code, what);
	return FALSE;
}

static void choose(Choice *choice, Setting setting, const char *text)
{
	ConfigValue value = {setting, text};

	g_array_append_val(choice->values, value);
}

/* A string member; absent, null and no string are NULL. */
static const char *text_of(const Choice *choice, const char *member)
{
	return json_string_value(json_object_get(choice->wanted, member));
}

static gboolean read_none(Choice *choice, Store *store, GError **error)
{
	(void)store;
	(void)error;
	choose(choice, SETTING_MODEL, "none");
	return TRUE;
}

static gboolean read_local(Choice *choice, Store *store, GError **error)
{
	const char *sha256 = text_of(choice, "sha256");
	gboolean accepts = json_is_true(json_object_get(choice->wanted, "accept_licence"));
	g_autoptr(Db) db = db_begin_read(store, error);
	g_auto(Model) model = {0};

	choice->member = "sha256";
	if (!db || !model_get(db, sha256 ? sha256 : "", &model, error))
		return FALSE;
	if (!g_str_equal(model.kind, "chat"))
		return fault(choice, "sha256", ZHIYIN_ERROR_UNPROCESSABLE, "this is no chat model",
			     error);
	if (!model_look(&model, error))
		return FALSE;
	if (!llama_is_built_in())
		return fault(choice, "sha256", ZHIYIN_ERROR_UNAVAILABLE,
			     "this program was built without llama.cpp: no local model", error);
	if (!model.accepted_at && !accepts)
		return fault(choice, "accept_licence", ZHIYIN_ERROR_CONFLICT,
			     "the licence of this model has not been accepted yet", error);
	choice->accepts = !model.accepted_at;
	choice->path = g_strdup(model.path);
	choice->member = NULL;
	choose(choice, SETTING_MODEL, choice->path);
	return TRUE;
}

/* NAME.key in the data directory, and nothing else. */
static gboolean read_key_file(Choice *choice, const char *name, GError **error)
{
	if (strchr(name, '/') || name[0] == '.' || !g_str_has_suffix(name, KEY_FILE_SUFFIX))
		return fault(choice, "key_file", ZHIYIN_ERROR_UNPROCESSABLE,
			     "a key file is NAME.key in the data directory", error);
	choice->key_file =
		g_build_filename(config_string(choice->config, SETTING_DATA), name, NULL);
	choice->key_from = "file";
	return TRUE;
}

/* The key that is there stays, for the address that it belongs to. */
static void keep_key(Choice *choice)
{
	choice->key = g_strdup(config_string(choice->config, SETTING_LLM_KEY));
	choice->key_file = g_strdup(config_string(choice->config, SETTING_LLM_KEY_FILE));
	choice->key_from = choice->key ? "kept" : choice->key_file ? "file" : "none";
}

static gboolean key_is_given(const Config *config)
{
	return config_origin(config, SETTING_LLM_KEY) >= CONFIG_ENVIRONMENT ||
	       config_origin(config, SETTING_LLM_KEY_FILE) >= CONFIG_ENVIRONMENT;
}

/* Typed in, from a file, from the environment, or as it was. */
static gboolean read_key(Choice *choice, GError **error)
{
	const char *typed = text_of(choice, "key"), *file = text_of(choice, "key_file");
	const char *asked = file && *file ? "key_file" : typed && *typed ? "key" : NULL;
	gboolean same = g_strcmp0(config_string(choice->config, SETTING_LLM_URL),
				  text_of(choice, "url")) == 0;

	if (key_is_given(choice->config)) {
		choice->key_from = "environment";
		return !asked || fault(choice, asked, ZHIYIN_ERROR_CONFLICT,
				       "the key is given by the environment or a flag, which the "
				       "console cannot overrule",
				       error);
	}
	if (file && *file)
		return read_key_file(choice, file, error);
	if (!typed && same) {
		keep_key(choice);
		return TRUE;
	}
	choice->key = asked ? g_strdup(typed) : NULL;
	choice->key_from = asked ? "typed" : "none";
	return TRUE;
}

static gboolean read_remote(Choice *choice, Store *store, GError **error)
{
	const json_t *tokens = json_object_get(choice->wanted, "daily_tokens");
	const char *url = text_of(choice, "url"), *name = text_of(choice, "model");

	(void)store;
	if (!url || !*url)
		return fault(choice, "url", ZHIYIN_ERROR_UNPROCESSABLE,
			     "the address of the endpoint is missing", error);
	if (!name || !*name)
		return fault(choice, "model", ZHIYIN_ERROR_UNPROCESSABLE,
			     "the name of the model is missing", error);
	if (tokens && !json_is_null(tokens) && !json_is_integer(tokens))
		return fault(choice, "daily_tokens", ZHIYIN_ERROR_UNPROCESSABLE,
			     "daily_tokens must be a whole number", error);
	if (!read_key(choice, error))
		return FALSE;
	choice->daily_tokens = g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(tokens));
	choose(choice, SETTING_LLM_URL, url);
	choose(choice, SETTING_LLM_MODEL, name);
	choose(choice, SETTING_LLM_KEY, choice->key);
	choose(choice, SETTING_LLM_KEY_FILE, choice->key_file);
	choose(choice, SETTING_LLM_DAILY_TOKENS, choice->daily_tokens);
	return TRUE;
}

static gboolean read_choice(Choice *choice, Store *store, GError **error)
{
	static const struct {
		const char *provider;
		gboolean (*read)(Choice *choice, Store *store, GError **error);
	} rows[] = {{"none", read_none}, {"local", read_local}, {"remote", read_remote}};
	const char *provider = text_of(choice, "provider");

	choice->values = g_array_new(FALSE, FALSE, sizeof(ConfigValue));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(provider, rows[i].provider) == 0)
			return rows[i].read(choice, store, error);
	return fault(choice, "provider", ZHIYIN_ERROR_UNPROCESSABLE,
		     "provider must be none, local or remote", error);
}

/* Complaints about settings begin with their name. */
static void note_member(Choice *choice, GError **error)
{
	static const struct {
		Setting setting;
		const char *member;
	} rows[] = {{SETTING_LLM_KEY_FILE, "key_file"},
		    {SETTING_LLM_DAILY_TOKENS, "daily_tokens"},
		    {SETTING_LLM_MODEL, "model"},
		    {SETTING_LLM_KEY, "key"},
		    {SETTING_LLM_URL, "url"}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows) && !choice->member; i++)
		if (g_str_has_prefix((*error)->message, setting_row(rows[i].setting)->name))
			choice->member = rows[i].member;
	if (choice->member && (*error)->code == ZHIYIN_ERROR_INVALID)
		(*error)->code = ZHIYIN_ERROR_UNPROCESSABLE;
}

/* ---- switching --------------------------------------------------------------------------------- */

typedef struct {
	const Principal *actor;
	const Choice *choice;
} Switch;

static gboolean store_switch(Db *db, gpointer data, GError **error)
{
	const Switch *change = data;
	const Choice *choice = change->choice;
	const char *sha256 = text_of(choice, "sha256");
	g_autoptr(GString) detail = g_string_new(NULL);
	JsonWriter w = json_writer(detail);

	json_object_begin(&w, NULL);
	json_put_string(&w, "provider", text_of(choice, "provider"));
	json_put_string(&w, "sha256", choice->path ? sha256 : NULL);
	json_put_string(&w, "url", choice->key_from ? text_of(choice, "url") : NULL);
	json_put_string(&w, "model", choice->key_from ? text_of(choice, "model") : NULL);
	json_put_string(&w, "key", choice->key_from);
	json_put_bool(&w, "licence_accepted", choice->accepts);
	json_object_end(&w);
	return (!choice->accepts || model_accept(db, sha256, error)) &&
	       audit_add(db, change->actor, "switch", "model", "model", detail->str, error);
}

/* Kept and audited, or neither. */
static gboolean keep(BotModel *model, const Principal *actor, const Choice *choice,
		     const Config *chosen, GError **error)
{
	Switch change = {actor, choice};
	g_autoptr(GError) undone = NULL;

	if (!config_save_choice(chosen, error))
		return FALSE;
	if (store_write(model->options.store, store_switch, &change, error))
		return TRUE;
	if (!config_save_choice(choice->config, &undone))
		log_event(LOG_ERROR, "model_choice", "error", 'e', undone, NULL);
	return FALSE;
}

static gboolean switch_to(BotModel *model, const Principal *actor, Choice *choice, GError **error)
{
	g_autoptr(Config) chosen = NULL;
	g_autoptr(Llm) llm = NULL;
	Local *local;

	if (!read_choice(choice, model->options.store, error))
		return FALSE;
	chosen = config_choose(choice->config, (const ConfigValue *)(gpointer)choice->values->data,
			       choice->values->len, error);
	if (!chosen || !open_named(model, chosen, &llm, &local, error)) {
		note_member(choice, error);
		return FALSE;
	}
	if (!keep(model, actor, choice, chosen, error))
		return FALSE;
	use(model, g_steal_pointer(&chosen), g_steal_pointer(&llm), local);
	model->options.want(local != NULL, model->options.data);
	return TRUE;
}

gboolean bot_model_switch(BotModel *model, const Principal *actor, const json_t *wanted,
			  const char **ret_member, GError **error)
{
	g_autoptr(GMutexLocker) changing = g_mutex_locker_new(&model->changing);
	g_autoptr(Config) config = current_config(model);
	g_auto(Choice) choice = {.wanted = wanted, .config = config};
	g_autoptr(GError) failed = NULL;

	(void)changing;
	if (switch_to(model, actor, &choice, &failed))
		return TRUE;
	*ret_member = choice.member;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- what it is -------------------------------------------------------------------------------- */

/* By what the model is named: the strongest of the settings that may name one. */
static const char *chosen_by(const Config *config)
{
	static const char *const names[] = {"default", "file", "console", "environment", "flag"};

	return names[MAX(config_origin(config, SETTING_MODEL),
			 config_origin(config, SETTING_LLM_URL))];
}

/* "--llm-url", "ZHIYIN_LLM_URL", or null. */
static void put_fixed(const Config *config, JsonWriter *w)
{
	Setting fixed = config_fixed(config);
	const char *name = fixed == N_SETTINGS ? "" : setting_row(fixed)->name;
	g_autofree char *upper = g_ascii_strup(name, -1);
	g_autofree char *dashed = g_strdelimit(g_strdup(name), "_", '-');
	g_autofree char *shown = NULL;

	if (*name && config_origin(config, fixed) == CONFIG_FLAG)
		shown = g_strconcat("--", dashed, NULL);
	else if (*name)
		shown = g_strconcat("ZHIYIN_", upper, NULL);
	json_put_string(w, "fixed_by", shown);
}

static const char *key_source(const Config *config)
{
	const char *file = config_string(config, SETTING_LLM_KEY_FILE);
	ConfigOrigin origin = config_origin(config, SETTING_LLM_KEY);

	if (!config_string(config, SETTING_LLM_KEY))
		return file ? "file" : "none";
	if (file && config_origin(config, SETTING_LLM_KEY_FILE) > origin)
		return "file";
	return origin == CONFIG_ENVIRONMENT ? "environment" : "stored";
}

static void put_choice(const Config *config, JsonWriter *w)
{
	const char *key_file = config_string(config, SETTING_LLM_KEY_FILE);
	g_autofree char *name = key_file ? g_path_get_basename(key_file) : NULL;

	json_put_string(w, "chosen_by", chosen_by(config));
	put_fixed(config, w);
	json_put_string(w, "url", config_string(config, SETTING_LLM_URL));
	json_put_string(w, "key", key_source(config));
	json_put_string(w, "key_file", name);
	json_put_int(w, "daily_tokens", config_int(config, SETTING_LLM_DAILY_TOKENS));
	json_put_bool(w, "local_possible", llama_is_built_in());
}

/* Of the register, where the process has said which file it runs. */
static gboolean put_file(Db *db, const Config *config, const LlmInfo *info, JsonWriter *w,
			 GError **error)
{
	g_autofree char *path = models_chat_path(config);
	g_autoptr(GError) failed = NULL;
	g_auto(Model) file = {0};

	if (info->sha256 && !model_get(db, info->sha256, &file, &failed) &&
	    failed->code != ZHIYIN_ERROR_NOT_FOUND) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	json_put_string(w, "file", path);
	json_put_string(w, "licence", file.licence);
	json_put_int(w, "bytes", file.n_bytes);
	return TRUE;
}

static void put_state(const LlmInfo *info, JsonWriter *w)
{
	json_put_string(w, "provider", info->provider);
	json_put_string(w, "model", info->model);
	json_put_string(w, "sha256", info->sha256);
	json_put_string(w, "state", llm_state_name(info->state));
	json_put_string(w, "reason", info->reason);
	json_put_string(w, "trouble", info->trouble);
	json_put_int(w, "waiting", info->n_waiting);
	json_put_int(w, "running", info->n_running);
	json_put_int(w, "queue_max", LLM_QUEUE_MAX);
	json_put_int(w, "restarts", info->n_restarts);
	json_put_int(w, "memory_bytes", info->n_bytes);
	json_put_int(w, "day_tokens", info->day_tokens);
}

gboolean bot_model_write(BotModel *model, Db *db, const char *org_id, GString *out, GError **error)
{
	g_autoptr(Config) config = current_config(model);
	g_auto(LlmInfo) info = {0};
	JsonWriter w = json_writer(out);

	llm_info(model->llm, &info);
	json_object_begin(&w, NULL);
	put_state(&info, &w);
	json_put_bool(&w, "writes_answers", info.state != LLM_ABSENT && models_chat_chosen(config));
	put_choice(config, &w);
	if (!put_file(db, config, &info, &w, error) ||
	    !model_calls_write_members(db, org_id, &w, error))
		return FALSE;
	json_object_end(&w);
	return TRUE;
}

typedef struct {
	JsonWriter *w;
	const char *current;
} Listing;

static void put_model(const Model *file, gpointer data)
{
	const Listing *listing = data;
	JsonWriter *w = listing->w;

	json_object_begin(w, NULL);
	model_write_members(file, w);
	json_put_bool(w, "exists", model_look(file, NULL));
	json_put_bool(w, "current", g_strcmp0(file->sha256, listing->current) == 0);
	json_object_end(w);
}

gboolean bot_model_list(BotModel *model, Db *db, GString *out, GError **error)
{
	g_auto(LlmInfo) info = {0};
	JsonWriter w = json_writer(out);
	Listing listing = {.w = &w};

	llm_info(model->llm, &info);
	listing.current = info.sha256;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	if (!model_each(db, put_model, &listing, error))
		return FALSE;
	json_array_end(&w);
	json_put_null(&w, "next_page_token");
	json_object_end(&w);
	return TRUE;
}

/* ---- a trial ----------------------------------------------------------------------------------- */

enum { TRIAL_SECONDS = 20, TRIAL_TOKENS = 64, TRIAL_TOKENS_MAX = 256, TRIAL_MAX_CHARS = 4000 };

typedef struct {
	BotModel *model;
	const Principal *actor;
	const json_t *asked;
	GString *out;
} Trial;

static gboolean asked_text(const Trial *trial, const char *member, const char **ret_text,
			   GError **error)
{
	const char *text = json_string_value(json_object_get(trial->asked, member));

	*ret_text = text;
	if (text && *text && g_utf8_strlen(text, -1) <= TRIAL_MAX_CHARS)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "%s must be a text of 1 to %d characters", member, TRIAL_MAX_CHARS);
	return FALSE;
}

/* The record of a task's call becomes part of the answer. */
static void put_record(const TaskRecord *record, gpointer data)
{
	JsonWriter *w = data;

	json_object_begin(w, "model_call");
	model_call_write_members(record, w);
	json_object_end(w);
}

static const char *trial_language(const Trial *trial, const char *question)
{
	const char *given = json_string_value(json_object_get(trial->asked, "language"));

	if (given)
		return g_str_equal(given, "en") ? "en" : "zh";
	return text_language(question) == LANGUAGE_EN ? "en" : "zh";
}

static gboolean try_answer(const Trial *trial, GError **error)
{
	const char *question, *passage;
	TaskCall call = {.task = TASK_ANSWER,
			 .org_id = trial->actor->org_id,
			 .session = trial->actor->org_id};
	g_auto(TaskResult) result = {0};
	JsonWriter w = json_writer(trial->out);

	if (!asked_text(trial, "question", &question, error) ||
	    !asked_text(trial, "passage", &passage, error))
		return FALSE;
	call.question = question;
	call.passages = (const char *const[]){passage, NULL};
	call.language = trial_language(trial, question);
	json_object_begin(&w, NULL);
	task_run(trial->model->options.tasks, trial->model->llm, &call, NULL, put_record, &w,
		 &result);
	json_put_string(&w, "text", result.text);
	json_put_bool(&w, "generated", result.generated);
	json_put_string(&w, "outcome", task_outcome_name(result.outcome));
	json_put_string(&w, "fault", check_fault_name(result.fault));
	json_put_string(&w, "trouble", result.trouble);
	json_object_end(&w);
	return TRUE;
}

static gboolean collect(const char *piece, gsize n, gpointer text)
{
	g_string_append_len(text, piece, (gssize)n);
	return TRUE;
}

static TaskOutcome outcome_of(gboolean fine, const LlmUsage *usage)
{
	if (!fine)
		return TASK_NO_MODEL;
	return usage->end == LLM_END_DEADLINE ? TASK_LATE : TASK_DONE;
}

/* What no task asked leaves its row, too. */
static void keep_raw(const Trial *trial, TaskOutcome outcome, const LlmUsage *usage, JsonWriter *w)
{
	g_auto(LlmInfo) info = {0};
	char id[ID_LENGTH + 1];
	TaskRecord record = {.id = id_new(id),
			     .org_id = trial->actor->org_id,
			     .task = "raw",
			     .outcome = task_outcome_name(outcome),
			     .fault = check_fault_name(CHECK_OK),
			     .n_prompt = usage->n_prompt,
			     .n_cached = usage->n_cached,
			     .n_generated = usage->n_generated,
			     .queue_ms = usage->queue_ms,
			     .first_ms = usage->first_ms,
			     .total_ms = usage->total_ms};

	llm_info(trial->model->llm, &info);
	record.provider = info.provider;
	record.model = info.model;
	record.model_sha256 = info.sha256;
	put_record(&record, w);
	model_call_keep(trial->model->options.store, trial->actor->org_id, &record);
}

static guint trial_tokens(const Trial *trial)
{
	json_int_t n = json_integer_value(json_object_get(trial->asked, "max_tokens"));

	return n > 0 ? (guint)MIN(n, TRIAL_TOKENS_MAX) : TRIAL_TOKENS;
}

static gboolean try_prompt(const Trial *trial, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) failed = NULL;
	LlmRequest request = {.fixed = "",
			      .max_tokens = trial_tokens(trial),
			      .deadline_us = clock_monotonic_us() + TRIAL_SECONDS * G_USEC_PER_SEC,
			      .seed = 1,
			      .session = trial->actor->org_id};
	JsonWriter w = json_writer(trial->out);
	TaskOutcome outcome;
	LlmUsage usage;

	if (!asked_text(trial, "prompt", &request.input, error))
		return FALSE;
	outcome = outcome_of(
		llm_generate(trial->model->llm, &request, collect, text, &usage, &failed), &usage);
	json_object_begin(&w, NULL);
	json_put_string(&w, "text", text->str);
	json_put_bool(&w, "generated", outcome != TASK_NO_MODEL);
	json_put_string(&w, "outcome", task_outcome_name(outcome));
	json_put_string(&w, "fault", check_fault_name(CHECK_OK));
	json_put_string(&w, "trouble", failed ? failed->message : NULL);
	keep_raw(trial, outcome, &usage, &w);
	json_object_end(&w);
	return TRUE;
}

gboolean bot_model_test(BotModel *model, const Principal *actor, const json_t *asked, GString *out,
			GError **error)
{
	Trial trial = {model, actor, asked, out};
	gboolean fine;

	if (!g_atomic_int_compare_and_exchange(&model->n_tests, 0, 1)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
				    "another test is under way");
		return FALSE;
	}
	fine = json_object_get(asked, "prompt") ? try_prompt(&trial, error)
						: try_answer(&trial, error);
	g_atomic_int_set(&model->n_tests, 0);
	return fine;
}
