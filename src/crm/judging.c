/* One queue of words: "" is a nudge, an id an organisation to learn for. A lock stands over the judges: it is held
 * shortly by those who judge, and by the thread when it puts a new one in. */
#include "crm/judging.h"

#include "base/log.h"
#include "crm/judgements.h"

enum { BATCH = 200, PATIENCE_US = 5 * G_USEC_PER_SEC };
static char nudge[] = "", stop[] = "stop";

struct Judging {
	Store *store;
	GAsyncQueue *queue; /* char *, owned unless nudge or stop */
	GThread *thread;
	GRWLock lock;
	Judge *base;
	GHashTable *own; /* organisation -> Judge */
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

static GArray *corrections_of(Judging *judging, const char *org_id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(judging->store, error);

	return db ? judgements_corrected(db, org_id, error) : NULL;
}

static void learn(Judging *judging, const char *org_id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GArray) corrections = corrections_of(judging, org_id, &error);
	g_autoptr(Judge) judge =
		corrections && corrections->len ? judge_new(corrections, &error) : NULL;

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

static void learn_all(Judging *judging)
{
	g_autoptr(GError) error = NULL;
	Judge *base = judge_new(NULL, &error);
	g_autoptr(Db) db = NULL;
	g_autoptr(GPtrArray) ids = NULL;

	if (!base) {
		complain("judge_not_made", error);
		return;
	}
	g_rw_lock_writer_lock(&judging->lock);
	judging->base = base;
	g_rw_lock_writer_unlock(&judging->lock);
	db = db_begin_read(judging->store, &error);
	ids = db ? judgements_organisations(db, &error) : NULL;
	g_clear_pointer(&db, db_free);
	for (guint i = 0; ids && i < ids->len; i++)
		learn(judging, ids->pdata[i]);
	if (!ids)
		complain("judge_not_learnt", error);
}

/* ---- messages ------------------------------------------------------------------------------------ */

typedef struct {
	Judging *judging;
	const GArray *messages;
} Stored;

static gboolean store_judgements(Db *db, gpointer data, GError **error)
{
	const Stored *stored = data;

	for (guint i = 0; i < stored->messages->len; i++) {
		const UnjudgedMessage *message =
			&g_array_index(stored->messages, UnjudgedMessage, i);
		const Judge *judge = judging_borrow(stored->judging, message->org_id);
		JudgedMessage judged;
		gboolean good;

		judge_message(judge, message->text, &judged);
		good = judgement_add(db, message, &judged, judge_version(judge), error);
		judging_give_back(stored->judging);
		if (!good)
			return FALSE;
	}
	return TRUE;
}

/* The judges are made when the first message needs them. */
static gboolean have_judges(Judging *judging)
{
	if (!judging->base)
		learn_all(judging);
	return judging->base != NULL;
}

/* TRUE: there may be more. */
static gboolean judge_some(Judging *judging)
{
	g_autoptr(GError) error = NULL;
	Db *db = db_begin_read(judging->store, &error);
	g_autoptr(GArray) messages = db ? judgements_waiting(db, BATCH, &error) : NULL;
	Stored stored = {judging, messages};

	g_clear_pointer(&db, db_free);
	if (messages && (!messages->len || !have_judges(judging)))
		return FALSE;
	if (messages && store_write(judging->store, store_judgements, &stored, &error))
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
