/* Every line is a row of the conversation's facts, and one that has nothing to tell is left out. */
#include "bot/handover.h"

#include <string.h>

#include "bot/texts.h"
#include "crm/conversations.h"
#include "crm/organisation.h"
#include "llm/calls.h"
#include "nlu/intent.h"
#include "text/normalise.h"

enum { QUOTE_MAX_CHARS = 100, QUOTES_MAX = 4, MOOD_TURNS = 3 };

/* ---- lines ------------------------------------------------------------------------------------- */

static void put_line(GString *out, BotText label, const GPtrArray *values, const char *language)
{
	const char *between = g_str_equal(language, "en") ? "; " : "；";

	if (!values->len)
		return;
	g_string_append_printf(out, "%s%s", out->len ? "\n" : "", bot_text(label, language));
	for (guint i = 0; i < values->len; i++)
		g_string_append_printf(out, "%s%s", i ? between : "",
				       (const char *)g_ptr_array_index(values, i));
}

/* On one line, shortened; of more than QUOTES_MAX the last ones. */
static void quote(GPtrArray *values, const char *text)
{
	g_autofree char *cut = g_strndup(text, text_prefix(text, -1, QUOTE_MAX_CHARS));
	gboolean whole = strlen(cut) == strlen(text);

	g_strdelimit(cut, "\r\n\t", ' ');
	g_strstrip(cut);
	if (!*cut || g_ptr_array_find_with_equal_func(values, cut, g_str_equal, NULL))
		return;
	if (values->len == QUOTES_MAX)
		g_ptr_array_remove_index(values, 0);
	g_ptr_array_add(values, g_strconcat(cut, whole ? "" : "…", NULL));
}

/* ---- what was said ----------------------------------------------------------------------------- */

static Judgement judge(const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);

	return intent_judge(normal);
}

static gboolean is(const HandoverTurn *turn, const char *role)
{
	return g_str_equal(turn->role, role);
}

static const HandoverTurn *turn_at(const GPtrArray *turns, guint i)
{
	return g_ptr_array_index(turns, i);
}

/* A question that nobody answered: the bot's own sentences are no answer. */
static gboolean is_unanswered(const GPtrArray *turns, guint i)
{
	for (i++; i < turns->len && !is(turn_at(turns, i), "customer"); i++)
		if (g_strcmp0(turn_at(turns, i)->path, "template") != 0)
			return FALSE;
	return TRUE;
}

typedef struct {
	GPtrArray *said, *answered, *unanswered, *colleague;
} Told;

static void told_clear(Told *told)
{
	g_ptr_array_unref(told->said);
	g_ptr_array_unref(told->answered);
	g_ptr_array_unref(told->unanswered);
	g_ptr_array_unref(told->colleague);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Told, told_clear)

static void tell_customer(Told *told, const GPtrArray *turns, guint i)
{
	const HandoverTurn *turn = turn_at(turns, i);
	Intent intent = judge(turn->text).intent;

	if (intent == INTENT_PERSON)
		quote(told->said, turn->text);
	else if (intent == INTENT_QUESTION)
		quote(is_unanswered(turns, i) ? told->unanswered : told->said, turn->text);
}

static void tell(Told *told, const GPtrArray *turns)
{
	*told = (Told){
		g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free),
		g_ptr_array_new_with_free_func(g_free), g_ptr_array_new_with_free_func(g_free)};
	for (guint i = 0; i < turns->len; i++) {
		const HandoverTurn *turn = turn_at(turns, i);

		if (is(turn, "customer"))
			tell_customer(told, turns, i);
		else if (is(turn, "agent"))
			quote(told->colleague, turn->text);
		else if (turn->title && g_strcmp0(turn->path, "template") != 0)
			quote(told->answered, turn->title);
	}
}

/* By the customer's last words: once angry counts, else displeased, else pleased. */
static BotText mood_of(const GPtrArray *turns)
{
	BotText mood = BOT_TEXT_BRIEF_CALM;
	guint n = 0;

	for (guint i = turns->len; i-- > 0 && n < MOOD_TURNS;) {
		const HandoverTurn *turn = turn_at(turns, i);
		Judgement judgement;

		if (!is(turn, "customer"))
			continue;
		n++;
		judgement = judge(turn->text);
		if (judgement.angry)
			return BOT_TEXT_BRIEF_ANGRY;
		if (judgement.sentiment == SENTIMENT_NEGATIVE)
			mood = BOT_TEXT_BRIEF_DISPLEASED;
		else if (judgement.sentiment == SENTIMENT_POSITIVE && mood == BOT_TEXT_BRIEF_CALM)
			mood = BOT_TEXT_BRIEF_PLEASED;
	}
	return mood;
}

/* ---- who said it ------------------------------------------------------------------------------- */

static void put_customer(GString *out, const HandoverContact *contact, const char *language)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);
	const char *const known[] = {contact->name, contact->email, contact->phone};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (known[i])
			quote(values, known[i]);
	if (!values->len)
		quote(values, bot_text(BOT_TEXT_BRIEF_NOBODY, language));
	put_line(out, BOT_TEXT_BRIEF_CUSTOMER, values, language);
}

static void put_missing(GString *out, const HandoverContact *contact, const char *language)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);

	if (!contact->name)
		quote(values, bot_text(BOT_TEXT_BRIEF_NAME, language));
	if (!contact->email && !contact->phone)
		quote(values, bot_text(BOT_TEXT_BRIEF_REACH, language));
	put_line(out, BOT_TEXT_BRIEF_MISSING, values, language);
}

static void put_mood(GString *out, const GPtrArray *turns, const char *language)
{
	g_autoptr(GPtrArray) values = g_ptr_array_new_with_free_func(g_free);

	quote(values, bot_text(mood_of(turns), language));
	put_line(out, BOT_TEXT_BRIEF_MOOD, values, language);
}

char *handover_brief(const HandoverFacts *facts)
{
	GString *out = g_string_new(NULL);
	g_auto(Told) told = {0};

	tell(&told, facts->turns);
	put_customer(out, facts->contact, facts->language);
	put_line(out, BOT_TEXT_BRIEF_SAID, told.said, facts->language);
	put_line(out, BOT_TEXT_BRIEF_ANSWERED, told.answered, facts->language);
	put_line(out, BOT_TEXT_BRIEF_UNANSWERED, told.unanswered, facts->language);
	put_line(out, BOT_TEXT_BRIEF_COLLEAGUE, told.colleague, facts->language);
	put_mood(out, facts->turns, facts->language);
	put_missing(out, facts->contact, facts->language);
	return g_string_free(out, FALSE);
}

char *handover_brief_of(Db *db, const char *org_id, const char *conversation_id, GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, org_id, error);
	g_autoptr(GPtrArray) turns =
		organisation ? handover_turns(db, org_id, conversation_id, HANDOVER_TURNS, error)
			     : NULL;
	g_auto(HandoverContact) contact = {0};

	if (!turns || !handover_contact(db, org_id, conversation_id, &contact, error))
		return NULL;
	return handover_brief(&(HandoverFacts){turns, &contact, organisation->language});
}

/* ---- with a model ------------------------------------------------------------------------------ */

typedef struct {
	const char *org_id, *conversation_id;
	Conversation *conversation;
	GPtrArray *history;
	char *language;
	char *claimed; /* the summary as it is; NULL: not for us */
	char *better;
	GString *call; /* JSON object: who was asked */
} Summing;

static void summing_clear(Summing *summing)
{
	g_clear_pointer(&summing->conversation, conversation_free);
	g_clear_pointer(&summing->history, g_ptr_array_unref);
	g_free(summing->language);
	g_free(summing->claimed);
	g_free(summing->better);
	g_string_free(summing->call, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Summing, summing_clear)

static gboolean people_have(const Conversation *conversation)
{
	return g_str_equal(conversation->state, "handed_over") ||
	       g_str_equal(conversation->state, "pending");
}

static gboolean read_facts(Db *db, Summing *summing, GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, summing->org_id, error);

	if (!organisation)
		return FALSE;
	summing->language = g_strdup(organisation->language);
	summing->conversation =
		conversation_get(db, summing->org_id, summing->conversation_id, error);
	summing->history = conversation_history(db, summing->org_id, summing->conversation_id,
						HANDOVER_TURNS, error);
	return summing->conversation && summing->history;
}

static gboolean claim(Db *db, gpointer data, GError **error)
{
	Summing *summing = data;

	return handover_claim(db, summing->org_id, summing->conversation_id, &summing->claimed,
			      error);
}

static gboolean improve(Db *db, gpointer data, GError **error)
{
	Summing *summing = data;
	Principal bot = principal_system(summing->org_id);

	return handover_improve(db, &bot, summing->conversation_id, summing->claimed,
				summing->better, summing->call->str, error);
}

static void note_call(const TaskRecord *record, gpointer data)
{
	Summing *summing = data;
	JsonWriter w = json_writer(summing->call);

	json_object_begin(&w, NULL);
	model_call_write_members(record, &w);
	json_object_end(&w);
}

/* The model's account before the facts; NULL where it gave none that may be shown. */
static char *ask_model(Llm *llm, const Tasks *tasks, Summing *summing)
{
	const char *const names[] = {summing->conversation->contact_name, NULL};
	TaskCall call = {.task = TASK_SUMMARY,
			 .language = summing->language,
			 .history = summing->history,
			 .names = names,
			 .org_id = summing->org_id,
			 .session = summing->conversation_id,
			 .conversation = summing->conversation_id};
	g_auto(TaskResult) result = {0};

	task_run(tasks, llm, &call, NULL, note_call, summing, &result);
	return result.generated ? g_strdup_printf("%s\n%s", result.text, summing->claimed) : NULL;
}

gboolean handover_summarise(AnswerEngine *engine, Store *store, const char *org_id,
			    const char *conversation_id, GError **error)
{
	const Tasks *tasks;
	Llm *llm = answer_engine_model(engine, &tasks);
	g_auto(Summing) summing = {
		.org_id = org_id, .conversation_id = conversation_id, .call = g_string_new(NULL)};
	g_autoptr(Db) db = llm ? db_begin_read(store, error) : NULL;

	if (!llm)
		return TRUE;
	if (!db || !read_facts(db, &summing, error))
		return FALSE;
	g_clear_pointer(&db, db_free);
	if (!people_have(summing.conversation))
		return TRUE;
	if (!store_write(store, claim, &summing, error))
		return FALSE;
	summing.better = summing.claimed ? ask_model(llm, tasks, &summing) : NULL;
	return !summing.better || store_write(store, improve, &summing, error);
}
