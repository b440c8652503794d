/* One queue of words: "" is a nudge, an id an organisation to learn for. A lock stands over the judges: it is held
 * shortly by those who judge, and by the thread when it puts a new one in. */
#include "crm/judging.h"

#include "base/log.h"
#include "crm/classifiers.h"
#include "crm/judgements.h"
#include "crm/opinions.h"
#include "nlu/aspects.h"

enum { BATCH = 200, PATIENCE_US = 5 * G_USEC_PER_SEC };
static char nudge[] = "", stop[] = "stop";

struct Judging {
	Store *store;
	GAsyncQueue *queue; /* char *, owned unless nudge or stop */
	GThread *thread;
	GRWLock lock;
	Judge *base;
	GHashTable *own;   /* organisation -> Judge */
	gint64 generation; /* of the promotions that are taken up */
};

static void complain(const char *event, const GError *error)
{
	log_event(LOG_WARNING, event, "error", 'e', error, NULL);
}

/* ---- judges -------------------------------------------------------------------------------------- */

const Judge *judging_borrow(Judging *judging, const char *org_id)
{
	const Judge *own;

	g_rw_lock_reader_lock(&judging->lock);
	own = g_hash_table_lookup(judging->own, org_id);
	return own ? own : judging->base;
}

void judging_give_back(Judging *judging)
{
	g_rw_lock_reader_unlock(&judging->lock);
}

typedef struct {
	Judge *judge;
	const GArray *corrections;
} Equipping;

static void put(JudgeTask task, JudgePlace place, Trained *trained, gpointer data)
{
	const Equipping *equipping = data;

	judge_put(equipping->judge, task, place, trained, equipping->corrections);
}

/* NULL without error: it has nothing of its own. Learns without a reading open, which would keep the log from being
 * emptied (store_scrub). */
static Judge *make_own(Judging *judging, const char *org_id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(judging->store, error);
	g_autoptr(GArray) corrections = db ? judgements_corrected(db, org_id, error) : NULL;
	g_autoptr(GPtrArray) promoted = corrections ? classifier_organisations(db, error) : NULL;
	gboolean has =
		promoted && g_ptr_array_find_with_equal_func(promoted, org_id, g_str_equal, NULL);
	g_autoptr(Judge) judge = NULL;
	Equipping equipping;

	g_clear_pointer(&db, db_free);
	if (promoted && (has || corrections->len))
		judge = judge_new(corrections, judging->base, error);
	if (!judge || !has)
		return g_steal_pointer(&judge);
	db = db_begin_read(judging->store, error);
	equipping.judge = judge;
	equipping.corrections = corrections;
	if (!db || !classifier_each_placed(db, org_id, put, &equipping, error))
		return NULL;
	return g_steal_pointer(&judge);
}

static void learn(Judging *judging, const char *org_id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Judge) judge = make_own(judging, org_id, &error);

	if (error) {
		complain("judge_not_learnt", error);
		return;
	}
	g_rw_lock_writer_lock(&judging->lock);
	if (judge)
		g_hash_table_insert(judging->own, g_strdup(org_id), g_steal_pointer(&judge));
	else
		g_hash_table_remove(judging->own, org_id);
	g_rw_lock_writer_unlock(&judging->lock);
}

static void add_id(GPtrArray *ids, const char *id)
{
	if (!g_ptr_array_find_with_equal_func(ids, id, g_str_equal, NULL))
		g_ptr_array_add(ids, g_strdup(id));
}

/* All that have something of their own, or had. */
static GPtrArray *organisations(Judging *judging, Db *db, GError **error)
{
	g_autoptr(GPtrArray) ids = judgements_organisations(db, error);
	g_autoptr(GPtrArray) promoted = ids ? classifier_organisations(db, error) : NULL;
	GHashTableIter iter;
	gpointer had;

	if (!promoted)
		return NULL;
	for (guint i = 0; i < promoted->len; i++)
		add_id(ids, promoted->pdata[i]);
	g_hash_table_iter_init(&iter, judging->own);
	while (g_hash_table_iter_next(&iter, &had, NULL))
		add_id(ids, had);
	return g_steal_pointer(&ids);
}

/* On the thread: learns for all; *generation is what was there when they were looked for. */
static void learn_each(Judging *judging)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(judging->store, &error);
	gint64 generation = 0;
	g_autoptr(GPtrArray) ids = db && classifier_generation(db, &generation, &error)
					   ? organisations(judging, db, &error)
					   : NULL;

	g_clear_pointer(&db, db_free);
	if (!ids) {
		complain("judge_not_learnt", error);
		return;
	}
	for (guint i = 0; i < ids->len; i++)
		learn(judging, ids->pdata[i]);
	judging->generation = generation;
}

static void learn_all(Judging *judging)
{
	g_autoptr(GError) error = NULL;
	Judge *base = judge_new(NULL, NULL, &error);

	if (!base) {
		complain("judge_not_made", error);
		return;
	}
	g_rw_lock_writer_lock(&judging->lock);
	judging->base = base;
	g_rw_lock_writer_unlock(&judging->lock);
	learn_each(judging);
}

/* ---- messages ------------------------------------------------------------------------------------ */

typedef struct {
	const GArray *messages;
	GArray *judged;		       /* JudgedMessage, a message each */
	GPtrArray *versions, *aspects; /* char *, likewise */
} Stored;

static gboolean store_judgements(Db *db, gpointer data, GError **error)
{
	const Stored *stored = data;

	for (guint i = 0; i < stored->messages->len; i++)
		if (!judgement_add(db, &g_array_index(stored->messages, UnjudgedMessage, i),
				   &g_array_index(stored->judged, JudgedMessage, i),
				   stored->versions->pdata[i], stored->aspects->pdata[i], error))
			return FALSE;
	return opinions_bound(db, error);
}

static char *aspects_of(const Judge *judge, const char *text)
{
	AspectMood found[N_ASPECTS];
	guint n = aspects_find(judge, text, found);
	GString *told = g_string_new(NULL);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(told, "%s%s:%s", i ? " " : "", aspect_name(found[i].aspect),
				       found[i].mood);
	return g_string_free(told, FALSE);
}

/* Outside of the write, which is short. Words stay the judges', which this thread alone replaces. */
static void judge_each(Judging *judging, const Stored *stored)
{
	for (guint i = 0; i < stored->messages->len; i++) {
		const UnjudgedMessage *message =
			&g_array_index(stored->messages, UnjudgedMessage, i);
		const Judge *judge = judging_borrow(judging, message->org_id);
		JudgedMessage judged;

		judging_give_back(judging);
		judge_message(judge, message->text, &judged);
		g_array_append_val(stored->judged, judged);
		g_ptr_array_add(stored->versions, judge_version(judge, &judged));
		g_ptr_array_add(stored->aspects, aspects_of(judge, message->text));
	}
}

/* The judges are made when the first message needs them. */
static gboolean have_judges(Judging *judging)
{
	if (!judging->base)
		learn_all(judging);
	return judging->base != NULL;
}

/* Has anybody promoted something, or taken it back? */
static void take_up(Judging *judging, gint64 generation)
{
	if (judging->base && generation != judging->generation)
		learn_each(judging);
}

static gboolean judge_batch(Judging *judging, GArray *messages, GError **error)
{
	g_autoptr(GArray) judged = g_array_new(FALSE, FALSE, sizeof(JudgedMessage));
	g_autoptr(GPtrArray) versions = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) aspects = g_ptr_array_new_with_free_func(g_free);
	Stored stored = {messages, judged, versions, aspects};

	judge_each(judging, &stored);
	return store_write(judging->store, store_judgements, &stored, error);
}

/* TRUE: there may be more. */
static gboolean judge_some(Judging *judging)
{
	g_autoptr(GError) error = NULL;
	Db *db = db_begin_read(judging->store, &error);
	g_autoptr(GArray) messages = db ? judgements_waiting(db, BATCH, &error) : NULL;
	gint64 generation = 0;
	gboolean good = messages && classifier_generation(db, &generation, &error);

	g_clear_pointer(&db, db_free);
	if (good)
		take_up(judging, generation);
	if (good && (!messages->len || !have_judges(judging)))
		return FALSE;
	if (good && judge_batch(judging, messages, &error))
		return messages->len == BATCH;
	complain("messages_not_judged", error);
	return FALSE;
}

static gpointer work(gpointer data)
{
	Judging *judging = data;
	char *word = nudge;

	while (word != stop) {
		if (word && word != nudge) {
			if (have_judges(judging))
				learn(judging, word);
			g_free(word);
		}
		while (g_async_queue_length(judging->queue) <= 0 && judge_some(judging))
			;
		word = g_async_queue_timeout_pop(judging->queue, PATIENCE_US);
	}
	return NULL;
}

/* ---- from outside -------------------------------------------------------------------------------- */

Judging *judging_new(Store *store)
{
	Judging *judging = g_new0(Judging, 1);

	judging->store = store;
	judging->queue = g_async_queue_new();
	judging->own =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)judge_free);
	g_rw_lock_init(&judging->lock);
	judging->thread = g_thread_new("judging", work, judging);
	return judging;
}

void judging_free(Judging *judging)
{
	char *word;

	if (!judging)
		return;
	g_async_queue_push_front(judging->queue, stop);
	g_thread_join(judging->thread);
	while ((word = g_async_queue_try_pop(judging->queue)))
		if (word != nudge && word != stop)
			g_free(word);
	g_async_queue_unref(judging->queue);
	g_hash_table_unref(judging->own);
	judge_free(judging->base);
	g_rw_lock_clear(&judging->lock);
	g_free(judging);
}

void judging_nudge(Judging *judging)
{
	g_async_queue_push(judging->queue, nudge);
}

void judging_learn(Judging *judging, const char *org_id)
{
	g_async_queue_push(judging->queue, g_strdup(org_id));
}
