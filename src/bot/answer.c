/* The steps of one answer, each a function: judge, look up, gate, phrase. The index and the encoder
 * are shared and lazy. */
#include "bot/answer.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/asset.h"
#include "bot/gate.h"
#include "bot/index.h"
#include "bot/texts.h"
#include "crm/knowledge.h"
#include "llm/calls.h"
#include "ml/encoder.h"
#include "text/language.h"
#include "text/normalise.h"

#define CORRECTIONS "models/retrieval.bin"
#define DEFAULT_ENCODER_BYTES 71622400

enum { N_HITS = 5, N_CLARIFY = 3, QUESTION_MAX_CHARS = 1000, ENCODING_MAX = 2 };

struct AnswerEngine {
	Store *store;
	char *encoder_path, *encoder_name;
	char *encoding; /* the weights and their corrections */
	KnowledgeEncoder knowledge_encoder;
	const Tasks *tasks;
	Llm *_Atomic llm; /* NULL: no model */
	guint n_threads;
	gint64 idle_ms;
	GMutex index_lock;
	GHashTable *indexes;  /* org_id -> RetrievalIndex */
	GRWLock encoder_lock; /* readers use the encoder, the writer opens or closes it */
	Encoder *encoder;
	gboolean encoder_failed;
	_Atomic gint64 encoder_used_us;
	GMutex turn_lock; /* of n_encoding */
	GCond turn;
	guint n_encoding; /* texts that are being encoded, at most ENCODING_MAX */
};

/* ---- engine -------------------------------------------------------------------------------------------------- */

static gboolean encode_knowledge(const char *const *texts, gsize n, gboolean as_questions,
				 float *vectors, gpointer data, GError **error);

static gint64 file_size(const char *path)
{
	GStatBuf status;

	return path && g_stat(path, &status) == 0 ? (gint64)status.st_size : -1;
}

/* The corrections that travel in the binary belong to the default weights: others do without. */
static const Asset *corrections_for(const char *encoder_path)
{
	return file_size(encoder_path) == DEFAULT_ENCODER_BYTES ? asset_find(CORRECTIONS) : NULL;
}

/* Size and corrections tell weights apart well enough; a file that is replaced by another of its
 * size must be registered anew anyway. */
static char *encoding_name(const char *encoder_path)
{
	const Asset *corrections = corrections_for(encoder_path);
	gint64 size = file_size(encoder_path);

	if (size < 0)
		return NULL;
	return g_strdup_printf("%" G_GINT64_FORMAT "%s%s", size, corrections ? "+" : "",
			       corrections ? corrections->etag : "");
}

/* "/models/e5-small-q4.bin" -> "e5-small-q4" */
static char *name_of(const char *path)
{
	char *name = path ? g_path_get_basename(path) : NULL;
	char *dot = name ? strrchr(name, '.') : NULL;

	if (dot && dot > name)
		*dot = '\0';
	return name;
}

static void index_unref_pointer(gpointer index)
{
	index_unref(index);
}

AnswerEngine *answer_engine_new(Store *store, const char *encoder_path, guint n_threads,
				gint64 idle_ms)
{
	AnswerEngine *engine = g_new0(AnswerEngine, 1);

	engine->store = store;
	engine->encoder_path = g_strdup(encoder_path);
	engine->encoder_name = name_of(encoder_path);
	engine->encoding = encoding_name(encoder_path);
	engine->knowledge_encoder = (KnowledgeEncoder){encode_knowledge, engine, engine->encoding};
	engine->n_threads = n_threads;
	engine->idle_ms = idle_ms;
	g_mutex_init(&engine->index_lock);
	g_rw_lock_init(&engine->encoder_lock);
	g_mutex_init(&engine->turn_lock);
	g_cond_init(&engine->turn);
	engine->indexes =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, index_unref_pointer);
	return engine;
}

void answer_engine_free(AnswerEngine *engine)
{
	if (!engine)
		return;
	g_hash_table_unref(engine->indexes);
	g_clear_pointer(&engine->encoder, encoder_free);
	g_mutex_clear(&engine->index_lock);
	g_rw_lock_clear(&engine->encoder_lock);
	g_mutex_clear(&engine->turn_lock);
	g_cond_clear(&engine->turn);
	g_free(engine->encoder_path);
	g_free(engine->encoder_name);
	g_free(engine->encoding);
	g_free(engine);
}

void answer_engine_tick(AnswerEngine *engine)
{
	if (clock_monotonic_us() - engine->encoder_used_us < engine->idle_ms * 1000 ||
	    !g_rw_lock_writer_trylock(&engine->encoder_lock))
		return;
	g_clear_pointer(&engine->encoder, encoder_free);
	g_rw_lock_writer_unlock(&engine->encoder_lock);
}

static Encoder *engine_encoder_new(const AnswerEngine *engine, GError **error)
{
	const Asset *corrections = corrections_for(engine->encoder_path);
	g_autoptr(Encoder) encoder = encoder_open(engine->encoder_path, engine->n_threads, error);

	if (encoder && corrections &&
	    !encoder_correct(encoder, corrections->data, corrections->n_bytes, error))
		return NULL;
	return g_steal_pointer(&encoder);
}

static void engine_open_encoder(AnswerEngine *engine)
{
	g_autoptr(GError) error = NULL;

	g_rw_lock_writer_lock(&engine->encoder_lock);
	if (!engine->encoder && !engine->encoder_failed) {
		engine->encoder = engine_encoder_new(engine, &error);
		engine->encoder_failed = engine->encoder == NULL;
		if (error)
			log_event(LOG_WARNING, "encoder_missing", "error", 'e', error, NULL);
	}
	g_rw_lock_writer_unlock(&engine->encoder_lock);
}

/* More at once would be no faster, and each needs memory of its own. */
static void turn_take(AnswerEngine *engine)
{
	g_mutex_lock(&engine->turn_lock);
	while (engine->n_encoding >= ENCODING_MAX)
		g_cond_wait(&engine->turn, &engine->turn_lock);
	engine->n_encoding++;
	g_mutex_unlock(&engine->turn_lock);
}

static void turn_end(AnswerEngine *engine)
{
	g_mutex_lock(&engine->turn_lock);
	engine->n_encoding--;
	g_cond_signal(&engine->turn);
	g_mutex_unlock(&engine->turn_lock);
}

static gsize count_tokens(const Encoder *encoder, EncoderPrefix prefix, const char *const *texts,
			  gsize n)
{
	gsize n_tokens = 0;

	for (gsize i = 0; i < n; i++)
		n_tokens += encoder_count(encoder, prefix, texts[i]);
	return n_tokens;
}

/* Until the lock is given back nobody releases the encoder, which is there if it can be. */
static void encoder_hold(AnswerEngine *engine)
{
	g_rw_lock_reader_lock(&engine->encoder_lock);
	if (!engine->encoder && engine->encoder_path && !engine->encoder_failed) {
		g_rw_lock_reader_unlock(&engine->encoder_lock);
		engine_open_encoder(engine);
		g_rw_lock_reader_lock(&engine->encoder_lock);
	}
}

/* FALSE without error: there is no encoder, words must do. ret_n_tokens may be NULL. */
static gboolean engine_encode(AnswerEngine *engine, EncoderPrefix prefix, const char *const *texts,
			      gsize n, float *vectors, gsize *ret_n_tokens, GError **error)
{
	gboolean ok = FALSE;

	if (!engine->encoder_path || engine->encoder_failed)
		return FALSE;
	turn_take(engine);
	encoder_hold(engine);
	if (engine->encoder)
		ok = encoder_encode(engine->encoder, prefix, texts, n, vectors, error);
	if (ok && ret_n_tokens)
		*ret_n_tokens = count_tokens(engine->encoder, prefix, texts, n);
	engine->encoder_used_us = clock_monotonic_us();
	g_rw_lock_reader_unlock(&engine->encoder_lock);
	turn_end(engine);
	return ok;
}

static gsize count_pieces(const char *word, gpointer encoder)
{
	return encoder_count(encoder, ENCODER_PLAIN, word) - 2; /* without bos and eos */
}

/* The question with its slips put right by the knowledge's own words, or NULL. Without an encoder
 * nothing tells a slip from a word. */
static char *engine_spell(AnswerEngine *engine, const RetrievalIndex *index, const char *question)
{
	char *right = NULL;

	if (!index_has_vectors(index))
		return NULL;
	encoder_hold(engine);
	if (engine->encoder)
		right = spelling_correct(index_vocabulary(index), question, count_pieces,
					 engine->encoder);
	g_rw_lock_reader_unlock(&engine->encoder_lock);
	return right;
}

gboolean answer_engine_embed(AnswerEngine *engine, EncoderPrefix prefix, const char *const *texts,
			     gsize n, float *vectors, gsize *ret_n_tokens, GError **error)
{
	gboolean ok = engine_encode(engine, prefix, texts, n, vectors, ret_n_tokens, error);

	if (!ok && error && !*error)
		g_set_error(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			"the encoder's weights are missing (zhiyin model add FILE registers them)");
	return ok;
}

static gboolean encode_knowledge(const char *const *texts, gsize n, gboolean as_questions,
				 float *vectors, gpointer data, GError **error)
{
	return answer_engine_embed(data, as_questions ? ENCODER_QUERY : ENCODER_PASSAGE, texts, n,
				   vectors, NULL, error);
}

const char *answer_engine_encoder_name(const AnswerEngine *engine)
{
	return engine->encoder_name;
}

const KnowledgeEncoder *answer_engine_encoder(const AnswerEngine *engine)
{
	return &engine->knowledge_encoder;
}

/* The index of the present knowledge: built anew when the version has moved. */
RetrievalIndex *answer_engine_index(AnswerEngine *engine, const char *org_id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(engine->store, error);
	gint64 version = db ? knowledge_version(db, org_id, error) : -1;
	g_autoptr(GMutexLocker) locked = NULL;
	RetrievalIndex *index;

	if (version < 0)
		return NULL;
	locked = g_mutex_locker_new(&engine->index_lock);
	(void)locked;
	index = g_hash_table_lookup(engine->indexes, org_id);
	if (!index || index_version(index) != version) {
		index = index_build(db, org_id, engine->encoding, error);
		if (!index)
			return NULL;
		g_hash_table_replace(engine->indexes, g_strdup(org_id), index);
	}
	return index_ref(index);
}

void answer_engine_set_model(AnswerEngine *engine, const Tasks *tasks, Llm *llm)
{
	engine->tasks = tasks;
	engine->llm = llm;
}

void answer_engine_prepare(AnswerEngine *engine)
{
	llm_prepare(engine->llm);
}

/* ---- answers ------------------------------------------------------------------------------------------------- */

static void citation_free(gpointer data)
{
	Citation *citation = data;

	g_free(citation->article_id);
	g_free(citation->title);
	g_free(citation->passage);
	g_free(citation->url);
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

/* The titles of the best hits, each once; borrowed. */
static GPtrArray *option_titles(const Answer *answer)
{
	GPtrArray *titles = g_ptr_array_new();

	for (guint i = 0; i < answer->citations->len && titles->len < N_CLARIFY; i++) {
		Citation *citation = g_ptr_array_index(answer->citations, i);

		if (!g_ptr_array_find_with_equal_func(titles, citation->title, g_str_equal, NULL))
			g_ptr_array_add(titles, citation->title);
	}
	return titles;
}

/* "Did you mean": one a line. */
static void answer_clarify(Answer *answer)
{
	g_autoptr(GString) text = g_string_new(bot_text(BOT_TEXT_CLARIFY, answer->language));
	g_autoptr(GPtrArray) titles = option_titles(answer);

	for (guint i = 0; i < titles->len; i++)
		g_string_append_printf(text, "\n• %s", (const char *)g_ptr_array_index(titles, i));
	say(answer, ANSWER_CLARIFY, "ambiguous", BOT_TEXT_CLARIFY);
	g_free(answer->text);
	answer->text = g_strdup(text->str);
	answer->missed = TRUE;
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

/* How the answer came about; what a model was asked is added behind it. */
static void note_why(Answer *answer, const GArray *hits, const GateVerdict *verdict)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_double(&w, "probability", verdict->probability);
	json_array_begin(&w, "passages");
	for (guint i = 0; i < hits->len; i++) {
		const IndexHit *hit = &g_array_index(hits, IndexHit, i);

		json_object_begin(&w, NULL);
		json_put_string(&w, "article_id", hit->entry->article_id);
		json_put_string(&w, "title", hit->entry->title);
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

/* Retrieval and gate for one wording; fills citations. */
static gboolean look_up(AnswerEngine *engine, const RetrievalIndex *index, const char *question,
			const char *original, Answer *answer, GateVerdict *ret_verdict,
			const IndexEntry **ret_entry, GError **error)
{
	float vector[ENCODER_DIMENSIONS];
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) hits = NULL;
	g_autofree char *spelt = engine_spell(engine, index, original);
	g_autofree char *normalised = spelt ? text_normalise(spelt, -1) : NULL;
	const char *wording = spelt ? spelt : original;
	gboolean has_vector =
		index_has_vectors(index) &&
		engine_encode(engine, ENCODER_QUERY, &wording, 1, vector, NULL, &failed);
	QueryFacts facts;

	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (spelt)
		question = normalised;
	hits = index_search(index, question, answer->language, has_vector ? vector : NULL, N_HITS,
			    &facts);
	*ret_verdict = gate_judge(index, question, hits, &facts, has_vector, answer->language);
	*ret_entry = hits->len ? g_array_index(hits, IndexHit, 0).entry : NULL;
	note_why(answer, hits, ret_verdict);
	g_ptr_array_set_size(answer->citations, 0);
	for (guint i = 0; i < hits->len; i++) {
		const IndexHit *hit = &g_array_index(hits, IndexHit, i);

		cite(answer, hit->entry, i ? hit->fused : ret_verdict->probability);
	}
	return TRUE;
}

typedef struct {
	const AnswerRequest *request;
	Answer *answer;
} Generating;

static gboolean pass_piece(const char *piece, gsize n, gpointer data)
{
	const Generating *generating = data;
	const AnswerRequest *request = generating->request;

	return !request->piece || request->piece(piece, n, request->piece_data);
}

/* The call joins the reasons, as their last member. */
static void note_call(const TaskRecord *record, gpointer data)
{
	const Generating *generating = data;
	Answer *answer = generating->answer;
	GString *out = g_string_new(answer->why ? answer->why : "{}");
	g_autoptr(GString) call = g_string_new(NULL);
	JsonWriter w = json_writer(call);

	json_object_begin(&w, NULL);
	model_call_write_members(record, &w);
	json_object_end(&w);
	g_string_truncate(out, out->len - 1);
	g_string_append_printf(out, "%s\"model_call\":%s}", out->len > 1 ? "," : "", call->str);
	g_free(answer->why);
	answer->why = g_string_free(out, FALSE);
	answer->n_prompt += record->n_prompt;
	answer->n_cached += record->n_cached;
	answer->n_generated += record->n_generated;
}

/* What a document's passage says to this question, in the model's words; FALSE: in its own. */
static gboolean answer_generated(const AnswerEngine *engine, const AnswerRequest *request,
				 const IndexEntry *entry, Answer *answer)
{
	const char *title = entry->heading ? entry->heading : entry->title;
	g_autofree char *passage = g_strdup_printf("%s\n%s", title, entry->body);
	const char *const passages[] = {passage, NULL};
	Generating generating = {request, answer};
	TaskCall call = {.task = TASK_ANSWER,
			 .language = answer->language,
			 .question = request->question,
			 .passages = passages,
			 .names = request->names,
			 .org_id = request->org_id,
			 .wanted = request->wanted,
			 .wanted_data = request->wanted_data,
			 .session = request->session ? request->session : request->org_id};
	g_auto(TaskResult) result = {0};

	if (!engine->llm || entry->is_faq)
		return FALSE;
	task_run(engine->tasks, engine->llm, &call, pass_piece, note_call, &generating, &result);
	if (!result.generated)
		return FALSE;
	answer->action = ANSWER_ANSWER;
	answer->reason = "passage";
	answer->path = "generated";
	g_free(answer->text);
	answer->text = g_steal_pointer(&result.text);
	return TRUE;
}

static gboolean answer_knowledge(AnswerEngine *engine, const RetrievalIndex *index,
				 const AnswerRequest *request, const char *question,
				 const char *original, Answer *answer, GError **error)
{
	const IndexEntry *exact = index_find_title(index, question), *best;
	GateVerdict verdict;

	if (!exact)
		exact = index_near_title(index, question);
	if (exact) {
		answer_from(answer, exact);
		cite(answer, exact, 1);
		return TRUE;
	}
	if (!look_up(engine, index, question, original, answer, &verdict, &best, error))
		return FALSE;
	if (verdict.answer) {
		if (!answer_generated(engine, request, best, answer))
			answer_from(answer, best);
	} else if (verdict.clarify) {
		answer_clarify(answer);
	} else {
		say(answer, ANSWER_HANDOVER, "nothing_found", BOT_TEXT_MISSED);
		answer->missed = TRUE;
	}
	return TRUE;
}

/* The customer's last words, for a follow-up that cannot stand alone. */
static const char *previous_question(const GPtrArray *history)
{
	for (guint i = history ? history->len : 0; i >= 2; i -= 2)
		if (g_str_equal(g_ptr_array_index(history, i - 2), "customer"))
			return g_ptr_array_index(history, i - 1);
	return NULL;
}

static gboolean answer_follow_up(AnswerEngine *engine, const RetrievalIndex *index,
				 const AnswerRequest *request, const char *original, Answer *answer,
				 GError **error)
{
	const char *before = previous_question(request->history);
	g_autofree char *both = before ? g_strdup_printf("%s %s", before, original) : NULL;
	g_autofree char *question = both ? text_normalise(both, -1) : NULL;

	if (!before || answer->action == ANSWER_ANSWER || g_utf8_strlen(original, -1) > 20)
		return TRUE;
	g_clear_pointer(&answer->text, g_free);
	answer->missed = FALSE;
	return answer_knowledge(engine, index, request, question, both, answer, error);
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

Answer *answer_ask(AnswerEngine *engine, const AnswerRequest *request, GError **error)
{
	gint64 start = clock_monotonic_us();
	g_autofree char *original = g_strndup(
		request->question, text_prefix(request->question, -1, QUESTION_MAX_CHARS));
	g_autofree char *normal = text_normalise(original, -1);
	g_autoptr(Answer) answer = answer_new(original, normal, request->language);
	g_autoptr(RetrievalIndex) index = NULL;

	if (!answer_small_talk(answer)) {
		index = answer_engine_index(engine, request->org_id, error);
		if (!index ||
		    !answer_knowledge(engine, index, request, normal, original, answer, error) ||
		    !answer_follow_up(engine, index, request, original, answer, error))
			return NULL;
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

char *answer_options(const Answer *answer)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	g_autoptr(GPtrArray) titles = option_titles(answer);

	if (answer->action != ANSWER_CLARIFY)
		g_ptr_array_set_size(titles, 0);
	json_array_begin(&w, NULL);
	for (guint i = 0; i < titles->len; i++)
		json_put_string(&w, NULL, g_ptr_array_index(titles, i));
	json_array_end(&w);
	return g_string_free(out, FALSE);
}
