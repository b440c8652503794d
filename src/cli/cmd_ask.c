/* `zhiyin ask`: one question, or a file of them, answered from the knowledge without a server. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "llm/llm.h"
#include "llm/models.h"
#include "text/input.h"

typedef struct {
	CommandRun *run;
	AnswerEngine *engine;
	const char *org_id;
	Llm *llm; /* or NULL */
} Asking;

/* Other programs say "user" and "assistant". */
static const char *role_of(const json_t *turn)
{
	const char *role = json_member_string(turn, "role");

	if (!role || g_str_equal(role, "user"))
		return "customer";
	return g_str_equal(role, "assistant") ? "bot" : role;
}

static GPtrArray *history_of(const json_t *turns)
{
	GPtrArray *history = g_ptr_array_new();

	for (gsize i = 0; i < json_array_size(turns); i++) {
		const json_t *turn = json_array_get(turns, i);
		const char *text = json_is_string(turn) ? json_string_value(turn)
							: json_member_string(turn, "text");

		g_ptr_array_add(history, (gpointer)(guintptr)role_of(turn));
		g_ptr_array_add(history, (gpointer)(guintptr)(text ? text : ""));
	}
	return history;
}

static gboolean put_answer(const Asking *asking, const json_t *id, const char *question,
			   const GPtrArray *history, GError **error)
{
	AnswerRequest request = {
		.org_id = asking->org_id, .question = question, .history = history};
	g_autoptr(Answer) answer = answer_ask(asking->engine, &request, error);
	g_autofree char *id_text = id ? json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!answer)
		return FALSE;
	json_object_begin(&w, NULL);
	if (id_text)
		json_put_raw(&w, "id", id_text);
	answer_write_members(answer, &w);
	json_object_end(&w);
	return print_json(asking->run, out, error);
}

static void row_free(gpointer row)
{
	json_decref(row);
}

static gboolean add_row(GPtrArray *rows, const char *line, GError **error)
{
	g_autoptr(json_t) row = json_parse(line, strlen(line), error);
	const json_t *history = json_object_get(row, "history");

	if (!row)
		return FALSE;
	if (!json_member_string(row, "question") ||
	    (history && !json_is_array(history) && !json_is_null(history))) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected an object with \"question\", and \"history\" as a list if at "
			    "all");
		return FALSE;
	}
	g_ptr_array_add(rows, g_steal_pointer(&row));
	return TRUE;
}

/* All lines are read before the first is asked, so that a bad one leaves no half of the answers. */
static GPtrArray *read_batch(const char *file, GError **error)
{
	g_autofree char *text = input_load(file, 0, NULL, error);
	g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(row_free);

	for (guint i = 0; lines && lines[i]; i++) {
		g_strstrip(lines[i]);
		if (*lines[i] && !add_row(rows, lines[i], error)) {
			g_prefix_error(error, "%s:%u:1: ",
				       g_str_equal(file, "-") ? "standard input" : file, i + 1);
			return NULL;
		}
	}
	return lines ? g_steal_pointer(&rows) : NULL;
}

static gboolean ask_row(const Asking *asking, const json_t *row, GError **error)
{
	g_autoptr(GPtrArray) history = history_of(json_object_get(row, "history"));

	return put_answer(asking, json_object_get(row, "id"), json_member_string(row, "question"),
			  history, error);
}

/* Why the model, which was there, is there no more: the caller frees it. One that was not needed yet is no loss. */
static char *model_lost(const Asking *asking)
{
	g_auto(LlmInfo) info = {0};

	llm_info(asking->llm, &info);
	return info.state == LLM_DOWN ? g_steal_pointer(&info.trouble) : NULL;
}

/* Documents are answered by the passage itself then, which nobody would notice from the answers alone. */
static gboolean ask_batch(const Asking *asking, const GPtrArray *rows, GError **error)
{
	g_autoptr(Progress) progress =
		progress_new("asking", "questions", rows->len, asking->run->quiet);
	guint lost_at = 0;

	for (guint i = 0; i < rows->len; i++) {
		g_autofree char *why = NULL;

		if (!ask_row(asking, g_ptr_array_index(rows, i), error))
			return FALSE;
		progress_set(progress, i + 1);
		why = lost_at ? NULL : model_lost(asking);
		if (!why)
			continue;
		lost_at = i + 1;
		command_note(asking->run, "the model is lost at question %u: %s", lost_at, why);
	}
	if (lost_at)
		command_note(asking->run, "%u questions asked, %u of them without the model",
			     rows->len, rows->len - lost_at + 1);
	return TRUE;
}

static gboolean ask_one(const Asking *asking, const char *question, GError **error)
{
	AnswerRequest request = {.org_id = asking->org_id, .question = question};
	g_autoptr(Answer) answer = NULL;
	const Citation *source;

	if (asking->run->json)
		return put_answer(asking, NULL, question, NULL, error);
	answer = answer_ask(asking->engine, &request, error);
	if (!answer || !command_printf(asking->run, error, "%s\n", answer->text))
		return FALSE;
	if (answer->action != ANSWER_ANSWER || !answer->citations->len)
		return TRUE;
	source = g_ptr_array_index(answer->citations, 0);
	return command_printf(asking->run, error, "— %s%s%s (%.2f)\n", source->title,
			      source->url ? " " : "", source->url ? source->url : "",
			      source->score);
}

static gboolean ask_run(CommandRun *run, GError **error)
{
	const char *batch = command_text(run, "batch");
	char org_id[37];
	g_autoptr(Store) store = NULL;
	g_autoptr(Tasks) tasks = NULL;
	g_autoptr(Llm) llm = NULL;
	g_autoptr(AnswerEngine) engine = NULL;
	g_autoptr(GPtrArray) rows = NULL;
	Asking asking;

	if (!batch == !run->n_arguments) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "give one question, or --batch FILE.jsonl");
		return FALSE;
	}
	if (!models_check(run->config, error))
		return FALSE;
	rows = batch ? read_batch(batch, error) : NULL;
	if (batch && !rows)
		return FALSE;
	store = open_store(run, org_id, error);
	if (!store)
		return FALSE;
	engine = open_engine(run, store, 2);
	if (!open_model(run, store, engine, &tasks, &llm, error))
		return FALSE;
	asking = (Asking){run, engine, org_id, llm};
	return batch ? ask_batch(&asking, rows, error) : ask_one(&asking, run->arguments[0], error);
}

static const Setting settings[] = {SETTING_DATA,	 SETTING_MODEL,	  SETTING_ENCODER,
				   SETTING_MODELS,	 SETTING_LLM_URL, SETTING_LLM_MODEL,
				   SETTING_LLM_KEY_FILE, N_SETTINGS};
static const CommandOption options[] = {
	{.name = "batch",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .help = "ask every line's \"question\"; one JSON object a line"},
	{0},
};

const Command command_ask = {
	.name = "ask",
	.group = COMMAND_GROUP_KNOWLEDGE,
	.summary = "Ask the bot, as a customer would.",
	.arguments = "[QUESTION]",
	.max_arguments = 1,
	.settings = settings,
	.options = options,
	.details = "Works without a server. A batch file has lines "
		   "{\"id\",\"question\"[,\"history\"]}; answers come in order.",
	.example = "zhiyin ask '几天可以退货？' --data data/demo",
	.run = ask_run,
};
