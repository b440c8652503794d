/* The answer is looked up as for the customer, without a model; how it is worded comes after. */
#include "bot/draft.h"

#include <string.h>

#include "bot/answer.h"
#include "bot/texts.h"
#include "crm/conversations.h"
#include "nlu/intent.h"
#include "text/normalise.h"

enum { HISTORY = 16 };

void draft_clear(Draft *draft)
{
	g_free(draft->text);
	g_free(draft->citations);
}

/* ---- the question ------------------------------------------------------------------------------ */

typedef struct {
	Conversation *conversation;
	GPtrArray *history;   /* pairs role, text */
	GPtrArray *before;    /* of them what stands before the question; borrowed */
	const char *question; /* the customer's last one, or NULL */
	gboolean upset;	      /* by the customer's last words */
} Reading;

static void reading_clear(Reading *reading)
{
	g_clear_pointer(&reading->conversation, conversation_free);
	g_clear_pointer(&reading->before, g_ptr_array_unref);
	g_clear_pointer(&reading->history, g_ptr_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reading, reading_clear)

static Judgement judge(const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);

	return intent_judge(normal);
}

/* The last customer's message that asks for something the knowledge may hold. */
static void find_question(Reading *reading)
{
	gboolean last = TRUE;

	reading->before = g_ptr_array_new();
	for (guint i = reading->history->len; i >= 2 && !reading->question; i -= 2) {
		const char *text = g_ptr_array_index(reading->history, i - 1);
		Judgement judgement;

		if (!g_str_equal(g_ptr_array_index(reading->history, i - 2), "customer"))
			continue;
		judgement = judge(text);
		if (last)
			reading->upset =
				judgement.angry || judgement.sentiment == SENTIMENT_NEGATIVE;
		last = FALSE;
		if (judgement.intent != INTENT_QUESTION)
			continue;
		reading->question = text;
		for (guint j = 0; j + 2 < i; j++)
			g_ptr_array_add(reading->before, g_ptr_array_index(reading->history, j));
	}
}

static gboolean read_conversation(Store *store, const DraftRequest *request, Reading *ret_reading,
				  GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	if (!db)
		return FALSE;
	ret_reading->conversation =
		conversation_get(db, request->org_id, request->conversation_id, error);
	if (!ret_reading->conversation)
		return FALSE;
	ret_reading->history =
		conversation_history(db, request->org_id, request->conversation_id, HISTORY, error);
	if (!ret_reading->history)
		return FALSE;
	find_question(ret_reading);
	return TRUE;
}

/* ---- the words --------------------------------------------------------------------------------- */

static char *frame(const Reading *reading, const char *body, const char *language)
{
	return g_strdup_printf(
		"%s\n%s\n%s",
		bot_text(reading->upset ? BOT_TEXT_DRAFT_SORRY : BOT_TEXT_DRAFT_HELLO, language),
		body, bot_text(BOT_TEXT_DRAFT_CLOSE, language));
}

/* The model's, or NULL. A small one would conclude what it does not understand. */
static char *ask_model(const AnswerEngine *engine, const DraftRequest *request,
		       const Reading *reading, const Answer *answer)
{
	const Citation *source = g_ptr_array_index(answer->citations, 0);
	const Tasks *tasks;
	Llm *llm = answer_engine_model(engine, &tasks);
	g_autofree char *passage = g_strdup_printf("%s\n%s", source->title, source->passage);
	const char *const passages[] = {passage, NULL};
	const char *const names[] = {reading->conversation->contact_name, NULL};
	TaskCall call = {.task = TASK_DRAFT,
			 .language = answer->language,
			 .passages = passages,
			 .history = reading->history,
			 .names = names,
			 .org_id = request->org_id,
			 .session = request->conversation_id,
			 .conversation = request->conversation_id,
			 .wanted = request->wanted,
			 .wanted_data = request->wanted_data};
	g_auto(TaskResult) result = {0};

	if (!llm || llm_is_small(llm))
		return NULL;
	task_run(tasks, llm, &call, NULL, NULL, NULL, &result);
	return result.generated ? g_steal_pointer(&result.text) : NULL;
}

static void word(const AnswerEngine *engine, const DraftRequest *request, const Reading *reading,
		 const Answer *answer, Draft *draft)
{
	draft->language = answer->language;
	if (answer->action != ANSWER_ANSWER || !answer->citations->len) {
		draft->path = "template";
		draft->text = frame(reading, bot_text(BOT_TEXT_DRAFT_UNKNOWN, draft->language),
				    draft->language);
		return;
	}
	draft->path = "generated";
	draft->text = ask_model(engine, request, reading, answer);
	if (draft->text)
		return;
	draft->path = answer->path;
	draft->text = frame(reading, answer->text, draft->language);
}

gboolean draft_make(AnswerEngine *engine, Store *store, const DraftRequest *request,
		    Draft *ret_draft, GError **error)
{
	g_auto(Reading) reading = {0};
	g_autoptr(Answer) answer = NULL;
	AnswerRequest asked = {.org_id = request->org_id, .no_model = TRUE};

	*ret_draft = (Draft){0};
	if (!read_conversation(store, request, &reading, error))
		return FALSE;
	ret_draft->language = g_str_equal(reading.conversation->language, "en") ? "en" : "zh";
	if (!reading.question) {
		ret_draft->path = "template";
		ret_draft->text = g_strdup(bot_text(BOT_TEXT_WIDGET_GREETING, ret_draft->language));
		ret_draft->citations = g_strdup("[]");
		return TRUE;
	}
	asked.question = reading.question;
	asked.history = reading.before;
	asked.language = reading.conversation->language;
	answer = answer_ask(engine, &asked, error);
	if (!answer)
		return FALSE;
	word(engine, request, &reading, answer, ret_draft);
	ret_draft->citations = answer_citations(answer);
	return TRUE;
}
