/* The steps of one answer, each a function: judge, look up, gate, phrase. */
#include "bot/answer.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "bot/focus.h"
#include "bot/gate_followup.h"
#include "bot/index.h"
#include "bot/texts.h"
#include "llm/calls.h"
#include "ml/encoder.h"
#include "text/language.h"
#include "text/normalise.h"

enum { N_HITS = 5, N_CLARIFY = 3, QUESTION_MAX_CHARS = 1000 };

/* ---- answers ------------------------------------------------------------------------------------------------- */

static void citation_free(gpointer data)
{
	Citation *citation = data;

	g_free(citation->article_id);
	g_free(citation->title);
	g_free(citation->passage);
	g_free(citation->url);
	g_free(citation->name);
	g_free(citation);
}

void answer_free(Answer *answer)
{
	if (!answer)
		return;
	g_free(answer->text);
	g_free(answer->why);
	g_ptr_array_unref(answer->citations);
	g_free(answer);
}

static void cite(Answer *answer, const IndexEntry *entry, double score)
{
	Citation *citation = g_new0(Citation, 1);

	citation->article_id = g_strdup(entry->article_id);
	citation->title = g_strdup(entry->title);
	citation->passage = g_strdup(entry->body);
	citation->url = g_strdup(entry->url);
	citation->name = index_entry_name(entry);
	citation->score = score;
	g_ptr_array_add(answer->citations, citation);
}

static void say(Answer *answer, AnswerAction action, const char *reason, BotText text)
{
	answer->action = action;
	answer->reason = reason;
	answer->path = "template";
	g_free(answer->text);
	answer->text = g_strdup(bot_text(text, answer->language));
}

static void answer_from(Answer *answer, const IndexEntry *entry)
{
	answer->action = ANSWER_ANSWER;
	answer->reason = entry->is_faq ? "curated" : "passage";
	answer->path = entry->is_faq ? "curated" : "extract";
	answer->text = g_strdup(entry->body);
}

#define OPTION_SIGN "• "

/* What the best hits are called, each once: a question, or a section of a document; borrowed. */
static GPtrArray *option_names(const Answer *answer)
{
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < answer->citations->len && names->len < N_CLARIFY; i++) {
		char *name = ((const Citation *)g_ptr_array_index(answer->citations, i))->name;

		if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_ptr_array_add(names, name);
	}
	return names;
}

/* "Did you mean": one a line. */
static void answer_clarify(Answer *answer)
{
	g_autoptr(GString) text = g_string_new(bot_text(BOT_TEXT_CLARIFY, answer->language));
	g_autoptr(GPtrArray) names = option_names(answer);

	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(text, "\n" OPTION_SIGN "%s",
				       (const char *)g_ptr_array_index(names, i));
	say(answer, ANSWER_CLARIFY, "ambiguous", BOT_TEXT_CLARIFY);
	g_free(answer->text);
	answer->text = g_strdup(text->str);
	answer->missed = TRUE;
}

/* Did the bot offer just this, word for word, in its last words? */
static gboolean was_offered(const GPtrArray *history, const char *question)
{
	guint n = history ? history->len : 0;
	g_autofree char *line = g_strconcat(OPTION_SIGN, question, NULL);
	g_auto(GStrv) lines = NULL;

	if (n < 2 || !g_str_equal(g_ptr_array_index(history, n - 2), "bot"))
		return FALSE;
	lines = g_strsplit(g_ptr_array_index(history, n - 1), "\n", -1);
	return g_strv_contains((const char *const *)lines, line);
}

static const struct {
	Intent intent;
	AnswerAction action;
	const char *reason;
	BotText text;
} small_talk[] = {
	{INTENT_PERSON, ANSWER_HANDOVER, "asked_for_person", BOT_TEXT_HANDED_OVER},
	{INTENT_GREETING, ANSWER_ANSWER, "small_talk", BOT_TEXT_GREETING},
	{INTENT_THANKS, ANSWER_ANSWER, "small_talk", BOT_TEXT_THANKS},
	{INTENT_GOODBYE, ANSWER_ANSWER, "small_talk", BOT_TEXT_GOODBYE},
	{INTENT_IDENTITY, ANSWER_ANSWER, "small_talk", BOT_TEXT_IDENTITY},
	{INTENT_AFFIRM, ANSWER_ANSWER, "small_talk", BOT_TEXT_AFFIRM},
	{INTENT_EMPTY, ANSWER_CLARIFY, "ambiguous", BOT_TEXT_EMPTY},
};

static gboolean answer_small_talk(Answer *answer)
{
	for (gsize i = 0; i < G_N_ELEMENTS(small_talk); i++)
		if (small_talk[i].intent == answer->judgement.intent) {
			say(answer, small_talk[i].action, small_talk[i].reason, small_talk[i].text);
			return TRUE;
		}
	return FALSE;
}

/* How the answer came about; what a model was asked is added behind it. searched: the words that
 * were looked up where they are not the question's. */
static void note_why(Answer *answer, const char *searched, const GArray *hits,
		     const GateVerdict *verdict)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_double(&w, "probability", verdict->probability);
	json_put_double(&w, "answer_from", verdict->answer_from);
	json_put_double(&w, "clarify_from", verdict->clarify_from);
	if (searched)
		json_put_string(&w, "searched", searched);
	json_array_begin(&w, "passages");
	for (guint i = 0; i < hits->len; i++) {
		const IndexHit *hit = &g_array_index(hits, IndexHit, i);

		json_object_begin(&w, NULL);
		json_put_string(&w, "article_id", hit->entry->article_id);
		json_put_string(&w, "title", hit->entry->title);
		json_put_string(&w, "heading", hit->entry->heading);
		json_put_string(&w, "passage", hit->entry->body);
		json_put_double(&w, "score", hit->fused);
		json_put_double(&w, "words", hit->bm25);
		json_put_double(&w, "cosine", hit->cosine);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	g_free(answer->why);
	answer->why = g_string_free(out, FALSE);
}

/* Nothing was searched: the question is known. */
static void answer_exactly(Answer *answer, const IndexEntry *entry)
{
	const GateVerdict verdict = {.probability = 1, .answer = TRUE};
	const IndexHit hit = {.entry = entry, .fused = 1};
	g_autoptr(GArray) hits = g_array_new(FALSE, FALSE, sizeof(IndexHit));

	g_array_append_val(hits, hit);
	answer->exact = TRUE;
	answer_from(answer, entry);
	cite(answer, entry, 1);
	note_why(answer, NULL, hits, &verdict);
}

static void cite_hits(Answer *answer, const GArray *hits, const GateVerdict *verdict)
{
	g_ptr_array_set_size(answer->citations, 0);
	for (guint i = 0; i < hits->len; i++) {
		const IndexHit *hit = &g_array_index(hits, IndexHit, i);

		cite(answer, hit->entry, i ? hit->fused : verdict->probability);
	}
}

/* A wording, and what it means; a part of an answer in the making. */
typedef struct {
	AnswerEngine *engine;
	const RetrievalIndex *index;
	const AnswerRequest *request;
	Answer *answer;
	const char *original; /* the question as it was written, cut */
	const char *normal;
	char *asked;	/* what was meant, where that is more than was written */
	GString *calls; /* what a model was asked: members of the reasons */
} Asking;

static void asking_clear(Asking *asking)
{
	g_free(asking->asked);
	g_string_free(asking->calls, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Asking, asking_clear)

typedef struct {
	char *normal;
	float vector[ENCODER_DIMENSIONS];
	gboolean has_vector;
} Wording;

static void wording_clear(Wording *wording)
{
	g_free(wording->normal);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Wording, wording_clear)

static gboolean wording_read(const Asking *asking, const char *text, Wording *ret_wording,
			     GError **error)
{
	g_autofree char *spelt = answer_engine_spell(asking->engine, asking->index, text);
	g_autoptr(GError) failed = NULL;

	text = spelt ? spelt : text;
	ret_wording->normal = text_normalise(text, -1);
	ret_wording->has_vector =
		index_has_vectors(asking->index) &&
		answer_engine_encode(asking->engine, text, ret_wording->vector, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Retrieval and gate for the question as it stands. */
static gboolean look_up(const Asking *asking, const char *text, GArray **ret_hits,
			GateVerdict *ret_verdict, GError **error)
{
	g_auto(Wording) wording = {0};
	const float *vector = wording.vector;
	QueryFacts facts;

	if (!wording_read(asking, text, &wording, error))
		return FALSE;
	*ret_hits = index_search(asking->index, wording.normal, asking->answer->language,
				 wording.has_vector ? vector : NULL, N_HITS, &facts);
	*ret_verdict = gate_judge(asking->index, wording.normal, *ret_hits, &facts,
				  wording.has_vector, asking->answer->language);
	return TRUE;
}

static gboolean pass_piece(const char *piece, gsize n, gpointer data)
{
	const AnswerRequest *request = ((const Asking *)data)->request;

	return !request->piece || request->piece(piece, n, request->piece_data);
}

/* A model's call is one of the reasons. */
static void note_call(const TaskRecord *record, gpointer data)
{
	Asking *asking = data;
	JsonWriter w;

	g_string_append_printf(asking->calls, ",\"%s\":",
			       g_str_equal(record->task, TASK_REWRITE) ? "rewrite_call"
								       : "model_call");
	w = json_writer(asking->calls);
	json_object_begin(&w, NULL);
	model_call_write_members(record, &w);
	json_object_end(&w);
	asking->answer->n_prompt += record->n_prompt;
	asking->answer->n_cached += record->n_cached;
	asking->answer->n_generated += record->n_generated;
}

/* What a small model is to repeat; FALSE: it is not clear what that is. */
static gboolean focus_for_small(const Asking *asking, const IndexEntry *entry, TaskCall *call,
				Focus *focus, const char *passages[])
{
	focus_find(answer_engine_encoder(asking->engine), call->question, entry->body, focus);
	passages[0] = focus->text;
	call->grammar = focus->grammar;
	return focus->sure;
}

/* What a document's passage says to this question, in the model's words; FALSE: in its own. */
static gboolean answer_generated(Asking *asking, const IndexEntry *entry)
{
	g_auto(Focus) focus = {0};
	const AnswerRequest *request = asking->request;
	Answer *answer = asking->answer;
	const Tasks *tasks;
	Llm *llm = answer_engine_model(asking->engine, &tasks);
	const char *title = entry->heading ? entry->heading : entry->title;
	g_autofree char *passage = g_strdup_printf("%s\n%s", title, entry->body);
	const char *passages[] = {passage, NULL};
	TaskCall call = {.task = TASK_ANSWER,
			 .language = answer->language,
			 .question = asking->asked ? asking->asked : request->question,
			 .passages = passages,
			 .names = request->names,
			 .org_id = request->org_id,
			 .wanted = request->wanted,
			 .wanted_data = request->wanted_data,
			 .session = request->session ? request->session : request->org_id,
			 .conversation = request->conversation};
	g_auto(TaskResult) result = {0};

	if (!llm || request->no_model || entry->is_faq ||
	    (llm_is_small(llm) && !focus_for_small(asking, entry, &call, &focus, passages)))
		return FALSE;
	task_run(tasks, llm, &call, pass_piece, note_call, asking, &result);
	if (!result.generated)
		return FALSE;
	answer->action = ANSWER_ANSWER;
	answer->reason = "passage";
	answer->path = "generated";
	g_free(answer->text);
	answer->text = g_steal_pointer(&result.text);
	return TRUE;
}

/* ---- what leans on the conversation ------------------------------------------------------------ */

/* What the last answer was taken from: the passage that a reply repeats, else (a model's words, another
 * program's) what answers the topic. NULL: nothing was answered. */
static gboolean find_before(const Asking *asking, const char *topic, const IndexEntry **ret_entry,
			    GError **error)
{
	const GPtrArray *history = asking->request->history;
	g_autoptr(GArray) hits = NULL;
	GateVerdict verdict;

	*ret_entry = NULL;
	for (guint i = history->len; i >= 2; i -= 2) {
		const char *text = g_ptr_array_index(history, i - 1);

		if (!g_str_equal(g_ptr_array_index(history, i - 2), "bot") || bot_text_known(text))
			continue;
		*ret_entry = index_find_body(asking->index, text);
		if (*ret_entry)
			return TRUE;
		if (!look_up(asking, topic, &hits, &verdict, error))
			return FALSE;
		if (verdict.answer)
			*ret_entry = g_array_index(hits, IndexHit, 0).entry;
		return TRUE;
	}
	return TRUE;
}

/* The question as a model words it with all it leans on; NULL where it did not, or lost some of it. */
static char *rewrite(Asking *asking, const char *topic)
{
	const AnswerRequest *request = asking->request;
	const Tasks *tasks;
	Llm *llm = answer_engine_model(asking->engine, &tasks);
	TaskCall call = {.task = TASK_REWRITE,
			 .language = asking->answer->language,
			 .question = asking->original,
			 .history = request->history,
			 .names = request->names,
			 .org_id = request->org_id,
			 .wanted = request->wanted,
			 .wanted_data = request->wanted_data,
			 .session = request->session ? request->session : request->org_id,
			 .conversation = request->conversation};
	g_auto(TaskResult) result = {0};

	if (!llm || request->no_model)
		return NULL;
	task_run(tasks, llm, &call, NULL, note_call, asking, &result);
	return result.generated && followup_joins(asking->normal, topic, result.text)
		       ? g_steal_pointer(&result.text)
		       : NULL;
}

static gboolean judge_joint(Asking *asking, FollowUp *question, const Wording *own,
			    const char *joint, GArray **ret_hits, GateVerdict *ret_verdict,
			    GError **error)
{
	g_auto(Wording) wording = {0};

	if (!wording_read(asking, joint, &wording, error))
		return FALSE;
	question->own = own->normal;
	question->joint = wording.normal;
	if (own->has_vector && wording.has_vector) {
		question->own_vector = own->vector;
		question->joint_vector = wording.vector;
	}
	*ret_verdict = gate_followup(asking->index, question, N_HITS, ret_hits);
	g_free(asking->asked);
	asking->asked = g_strdup(joint);
	return TRUE;
}

/* First by rules; a model is asked only where they find no answer. */
static gboolean look_up_followup(Asking *asking, Lean lean, const char *topic, GArray **ret_hits,
				 GateVerdict *ret_verdict, GError **error)
{
	FollowUp question = {.language = asking->answer->language, .lean = lean};
	g_autofree char *joint = g_strdup_printf("%s %s", topic, asking->original);
	g_autofree char *rewritten = NULL;
	g_autoptr(GArray) hits = NULL;
	g_auto(Wording) own = {0};
	GateVerdict verdict;

	if (!wording_read(asking, asking->original, &own, error) ||
	    !find_before(asking, topic, &question.before, error) ||
	    !judge_joint(asking, &question, &own, joint, ret_hits, ret_verdict, error))
		return FALSE;
	rewritten = ret_verdict->answer ? NULL : rewrite(asking, topic);
	if (!rewritten)
		return TRUE;
	question.rewritten = TRUE;
	if (!judge_joint(asking, &question, &own, rewritten, &hits, &verdict, error))
		return FALSE;
	if (verdict.answer) {
		g_array_unref(*ret_hits);
		*ret_hits = g_steal_pointer(&hits);
		*ret_verdict = verdict;
	}
	return TRUE;
}

/* ---- what the knowledge says ------------------------------------------------------------------- */

static void answer_by(Asking *asking, const GArray *hits, const GateVerdict *verdict)
{
	Answer *answer = asking->answer;

	if (verdict->answer) {
		const IndexEntry *best = g_array_index(hits, IndexHit, 0).entry;

		if (!answer_generated(asking, best))
			answer_from(answer, best);
	} else if (verdict->clarify) {
		answer_clarify(answer);
	} else {
		say(answer, ANSWER_HANDOVER, "nothing_found", BOT_TEXT_MISSED);
		answer->missed = TRUE;
	}
}

static gboolean answer_knowledge(Asking *asking, GError **error)
{
	const IndexEntry *exact = index_find_title(asking->index, asking->normal);
	Lean lean = followup_lean(asking->normal);
	g_autofree char *topic = lean == LEAN_NOT ? NULL : followup_topic(asking->request->history);
	g_autoptr(GArray) hits = NULL;
	GateVerdict verdict;

	if (!exact && was_offered(asking->request->history, asking->original))
		exact = index_find_named(asking->index, asking->original);
	if (!exact)
		exact = index_near_title(asking->index, asking->normal);
	if (exact) {
		answer_exactly(asking->answer, exact);
		return TRUE;
	}
	if (topic ? !look_up_followup(asking, lean, topic, &hits, &verdict, error)
		  : !look_up(asking, asking->original, &hits, &verdict, error))
		return FALSE;
	cite_hits(asking->answer, hits, &verdict);
	note_why(asking->answer, asking->asked, hits, &verdict);
	answer_by(asking, hits, &verdict);
	return TRUE;
}

static const char *answer_language(const char *question, const char *language)
{
	switch (text_language(question)) {
	case LANGUAGE_EN:
		return "en";
	case LANGUAGE_ZH:
	case LANGUAGE_MIXED:
		return "zh";
	default:
		return g_strcmp0(language, "en") == 0 ? "en" : "zh";
	}
}

static Answer *answer_new(const char *question, const char *normal, const char *language)
{
	Answer *answer = g_new0(Answer, 1);

	answer->citations = g_ptr_array_new_with_free_func(citation_free);
	answer->language = answer_language(question, language);
	answer->judgement = intent_judge(normal);
	return answer;
}

/* The reasons have members, and the calls begin with a comma. */
static void add_calls(const Asking *asking)
{
	Answer *answer = asking->answer;
	gsize n = answer->why ? strlen(answer->why) : 0;
	char *whole;

	if (!asking->calls->len || !n)
		return;
	whole = g_strdup_printf("%.*s%s}", (int)n - 1, answer->why, asking->calls->str);
	g_free(answer->why);
	answer->why = whole;
}

Answer *answer_ask(AnswerEngine *engine, const AnswerRequest *request, GError **error)
{
	gint64 start = clock_monotonic_us();
	g_autofree char *original = g_strndup(
		request->question, text_prefix(request->question, -1, QUESTION_MAX_CHARS));
	g_autofree char *normal = text_normalise(original, -1);
	g_autoptr(Answer) answer = answer_new(original, normal, request->language);
	g_autoptr(RetrievalIndex) index = NULL;

	if (!answer_small_talk(answer)) {
		g_auto(Asking) asking = {.engine = engine,
					 .request = request,
					 .answer = answer,
					 .original = original,
					 .normal = normal,
					 .calls = g_string_new(NULL)};

		index = answer_engine_index(engine, request->org_id, error);
		asking.index = index;
		if (!index || !answer_knowledge(&asking, error))
			return NULL;
		add_calls(&asking);
		if (answer->judgement.angry && answer->action != ANSWER_ANSWER)
			say(answer, ANSWER_HANDOVER, "angry", BOT_TEXT_HANDED_OVER_ANGRY);
	}
	if (request->nobody_takes_over && answer->action == ANSWER_HANDOVER && !answer->missed)
		say(answer, ANSWER_HANDOVER, answer->reason, BOT_TEXT_NO_HANDOVER);
	answer->ms = (double)(clock_monotonic_us() - start) / 1000;
	return g_steal_pointer(&answer);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------- */

static void put_citations(const Answer *answer, const char *key, JsonWriter *w)
{
	json_array_begin(w, key);
	for (guint i = 0; i < answer->citations->len; i++) {
		const Citation *citation = g_ptr_array_index(answer->citations, i);

		json_object_begin(w, NULL);
		json_put_string(w, "article_id", citation->article_id);
		json_put_string(w, "title", citation->title);
		json_put_string(w, "passage", citation->passage);
		json_put_double(w, "score", citation->score);
		json_put_string(w, "url", citation->url);
		json_object_end(w);
	}
	json_array_end(w);
}

const char *answer_action_name(AnswerAction action)
{
	static const char *const names[] = {"answer", "clarify", "handover"};

	return names[action];
}

void answer_write_members(const Answer *answer, JsonWriter *w)
{
	json_put_string(w, "answer", answer->text);
	put_citations(answer, "citations", w);
	json_put_string(w, "action", answer_action_name(answer->action));
	json_put_string(w, "reason", answer->reason);
	json_put_string(w, "intent", intent_name(answer->judgement.intent));
	json_put_string(w, "sentiment", sentiment_name(answer->judgement.sentiment));
	json_put_string(w, "language", answer->language);
	json_put_string(w, "path", answer->path);
	json_put_double(w, "ms", answer->ms);
}

char *answer_citations(const Answer *answer)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	/* Of an answer only the passage it was taken from is its source; a question back cites
	 * nothing. */
	if (answer->action == ANSWER_ANSWER && answer->citations->len) {
		g_ptr_array_set_size(answer->citations, 1);
		put_citations(answer, NULL, &w);
	} else {
		g_string_append(out, "[]");
	}
	return g_string_free(out, FALSE);
}

char *answer_why(const Answer *answer)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "action", answer_action_name(answer->action));
	json_put_string(&w, "reason", answer->reason);
	json_put_string(&w, "path", answer->path);
	json_put_bool(&w, "exact", answer->exact);
	json_put_string(&w, "intent", intent_name(answer->judgement.intent));
	json_put_string(&w, "sentiment", sentiment_name(answer->judgement.sentiment));
	json_put_string(&w, "language", answer->language);
	json_put_double(&w, "ms", answer->ms);
	if (answer->why) /* its members join */
		g_string_append_printf(out, ",%.*s", (int)strlen(answer->why) - 2, answer->why + 1);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

char *answer_options(const Answer *answer)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	g_autoptr(GPtrArray) names = option_names(answer);

	if (answer->action != ANSWER_CLARIFY)
		g_ptr_array_set_size(names, 0);
	json_array_begin(&w, NULL);
	for (guint i = 0; i < names->len; i++)
		json_put_string(&w, NULL, g_ptr_array_index(names, i));
	json_array_end(&w);
	return g_string_free(out, FALSE);
}
