/* `zhiyin init`: makes the store with its organisation and first administrator; --demo fills it
 * with the demo company. */
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/demo.h"
#include "cli/open.h"
#include "crm/fields.h"
#include "crm/knowledge.h"
#include "crm/organisation.h"
#include "crm/sales.h"
#include "crm/users.h"
#include "llm/models.h"
#include "text/pieces.h"

#define DEMO_ADMIN "admin@qimu.example"
#define DEMO_AGENT "agent@qimu.example"

typedef struct {
	const CommandRun *run;
	gboolean demo;
	const char *email;
	char *password, *hash, *agent_hash;
	char org_id[37];
} Init;

static void init_clear(Init *init)
{
	g_free(init->password);
	g_free(init->hash);
	g_free(init->agent_hash);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Init, init_clear)

static gboolean make_organisation(Db *db, gpointer data, GError **error)
{
	Init *init = data;
	const char *name = command_text(init->run, "name");
	char user_id[37];
	Principal actor;

	if (!organisation_create(db,
				 name	      ? name
				 : init->demo ? "栖木家居 Qimu Home"
					      : "Zhiyin",
				 "zh", init->demo, init->org_id, error))
		return FALSE;
	actor = principal_system(init->org_id);
	if (!sales_make_pipeline(db, &actor, "zh", error))
		return FALSE;
	if (!user_create(db, &actor, init->demo ? "林晓" : "Admin", init->email, "admin", "zh",
			 init->hash, user_id, error))
		return FALSE;
	return !init->agent_hash || user_create(db, &actor, "Emma Chen", DEMO_AGENT, "agent", "en",
						init->agent_hash, user_id, error);
}

/* The password of --password-stdin, or one made here that is shown once. */
static gboolean choose_password(Init *init, GError **error)
{
	init->password = command_flag(init->run, "password-stdin") ? command_read_line(error)
								   : secret_new("");
	if (!init->password)
		return FALSE;
	if (!command_flag(init->run, "password-stdin"))
		init->password[16] = '\0';
	init->hash = password_hash(init->password, error);
	if (init->demo)
		init->agent_hash = g_strdup(init->hash);
	return init->hash != NULL;
}

static gboolean fill_demo(const Init *init, Store *store, GError **error)
{
	g_autoptr(AnswerEngine) engine = open_engine(init->run, store, 2);
	g_autoptr(GError) failed = NULL;

	if (!demo_load(store, init->org_id, error))
		return FALSE;
	if (!encoder_declined(init->run) &&
	    !knowledge_encode_missing(store, init->org_id, answer_engine_encoder(engine), NULL,
				      NULL, &failed))
		command_note(init->run, "answers are found by words only for now: %s",
			     failed->message);
	return TRUE;
}

static gboolean report(CommandRun *run, const Init *init, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	gboolean given = command_flag(run, "password-stdin");

	if (!run->json) {
		if (!command_printf(run, error, "made %s for %s\n",
				    config_string(run->config, SETTING_DATA), init->email))
			return FALSE;
		return given ||
		       command_printf(run, error, "password: %s (shown once)\n", init->password);
	}
	json_object_begin(&w, NULL);
	json_put_string(&w, "data", config_string(run->config, SETTING_DATA));
	json_put_string(&w, "organisation_id", init->org_id);
	json_put_string(&w, "admin", init->email);
	json_put_string(&w, "password", given ? NULL : init->password);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean make_store(CommandRun *run, Init *init, GError **error)
{
	StoreOptions options = {.path = config_string(run->config, SETTING_DATA),
				.tokenize = text_tokenize_pieces,
				.create = TRUE,
				.migrate = TRUE};
	g_autoptr(Store) store = store_open(&options, error);

	return store && store_write(store, make_organisation, init, error) &&
	       (!init->demo || fill_demo(init, store, error)) && report(run, init, error);
}

static gboolean check_email(const char *email, GError **error)
{
	g_autofree char *address = field_normalise(FIELD_EMAIL, email, NULL);

	if (!address)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "--admin '%s': expected an e-mail address (name@domain.example)",
			    email);
	return address != NULL;
}

static gboolean init_run(CommandRun *run, GError **error)
{
	g_auto(Init) init = {.run = run, .demo = command_flag(run, "demo")};
	const char *data = config_string(run->config, SETTING_DATA);
	gboolean made;

	init.email = command_text(run, "admin") ? command_text(run, "admin")
		     : init.demo		? DEMO_ADMIN
						: "admin@localhost.localdomain";
	if (!check_email(init.email, error) || !models_check(run->config, error) ||
	    !choose_password(&init, error) || !claim_store(data, &made, error))
		return FALSE;
	if (make_store(run, &init, error))
		return TRUE;
	discard_store(data, made);
	return FALSE;
}

static const Setting settings[] = {SETTING_DATA, SETTING_ENCODER, SETTING_MODELS, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "admin",
	 .kind = OPTION_TEXT,
	 .value_name = "EMAIL",
	 .help = "e-mail of the first administrator"},
	{.name = "password-stdin",
	 .kind = OPTION_FLAG,
	 .help = "read the administrator's password from standard input"},
	{.name = "name",
	 .kind = OPTION_TEXT,
	 .value_name = "NAME",
	 .help = "name of the organisation"},
	{.name = "demo", .kind = OPTION_FLAG, .help = "fill the store with the demo company"},
	{0},
};

const Command command_init = {
	.name = "init",
	.group = COMMAND_GROUP_SERVER,
	.summary = "Make a new store with its first administrator.",
	.arguments = "",
	.settings = settings,
	.options = options,
	.details = "Without --password-stdin a password is made and shown once. With --demo there "
		   "is an agent besides, "
		   "agent@qimu.example, with the same password.",
	.example = "echo 'a long pass phrase' | zhiyin init --data data --admin me@company.example "
		   "--password-stdin",
	.run = init_run,
};
