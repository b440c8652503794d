/* Some messages at a time: read, asked without a reading or a write open, and written at once. All classifiers share one
 * encoder, and within a turn the vectors of a text. */
#include "crm/opinions.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crm/classifiers.h"
#include "crm/judgements.h"

enum { AT_ONCE = 8 };

struct Opinions {
	Store *store;
	char *encoder_path;
	gint64 idle_ms, used_us;
	Encoder *encoder;
	gboolean failed;
	GHashTable *panels; /* organisation -> Panel */
	gint64 generation;  /* of the promotions that they are from */
};

/* The classifiers of an organisation, corrected. */
typedef struct {
	Trained *put[N_JUDGE_TASKS][N_JUDGE_PLACES];
	gint64 n_corrected, corrected_at; /* the corrections that they learnt */
} Panel;

typedef struct {
	UnjudgedMessage message; /* text NULL: it is gone */
	char *mood, *intent, *version;
	JudgedMessage judged;
} Opinion;

static void panel_free(gpointer data)
{
	Panel *panel = data;

	for (int t = 0; t < N_JUDGE_TASKS; t++)
		for (int p = 0; p < N_JUDGE_PLACES; p++)
			g_clear_pointer(&panel->put[t][p], trained_free);
	g_free(panel);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Panel, panel_free)

static void opinion_clear(gpointer data)
{
	Opinion *opinion = data;

	unjudged_message_clear(&opinion->message);
	g_free(opinion->mood);
	g_free(opinion->intent);
	g_free(opinion->version);
}

Opinions *opinions_new(Store *store, const char *encoder_path, gint64 idle_ms)
{
	Opinions *opinions = g_new0(Opinions, 1);

	opinions->store = store;
	opinions->encoder_path = g_strdup(encoder_path);
	opinions->idle_ms = idle_ms;
	opinions->panels = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, panel_free);
	return opinions;
}

/* Panels borrow the encoder. */
static void release(Opinions *opinions)
{
	g_hash_table_remove_all(opinions->panels);
	g_clear_pointer(&opinions->encoder, encoder_free);
}

void opinions_free(Opinions *opinions)
{
	if (!opinions)
		return;
	release(opinions);
	g_hash_table_unref(opinions->panels);
	g_free(opinions->encoder_path);
	g_free(opinions);
}

gboolean opinions_bound(Db *db, GError **error)
{
	return db_run(db,
		      "DELETE FROM unsure_messages WHERE message_seq <= (SELECT message_seq FROM "
		      "unsure_messages ORDER BY message_seq DESC LIMIT 1 OFFSET $1)",
		      error, "i", (gint64)OPINIONS_WAITING);
}

/* ---- who is asked -------------------------------------------------------------------------------- */

static void take_seat(JudgeTask task, JudgePlace place, Trained *trained, gpointer data)
{
	((Panel *)data)->put[task][place] = trained;
}

static gboolean count_corrections(Db *db, const char *org_id, Panel *panel, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT count(*), coalesce(max(corrected_at), 0) FROM message_judgements "
			 "WHERE org_id = $1 AND corrected_at IS NOT NULL",
			 error, "s", org_id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	panel->n_corrected = db_int(rows, 0);
	panel->corrected_at = db_int(rows, 1);
	return TRUE;
}

/* One that cannot be used is logged and left out. */
static void prepare(Opinions *opinions, Panel *panel, JudgeTask task, const GArray *corrections)
{
	for (JudgePlace place = 0; place < N_JUDGE_PLACES; place++) {
		g_autoptr(GError) error = NULL;
		Trained *trained = panel->put[task][place];

		if (!trained)
			continue;
		if (place == JUDGE_IN_USE)
			judge_teach(trained, task, corrections);
		if (trained_open_encoder(trained, opinions->encoder_path, opinions->encoder,
					 &error))
			continue;
		log_event(LOG_WARNING, "classifier_not_used", "sha256", 's',
			  trained_sha256(trained), "error", 'e', error, NULL);
		g_clear_pointer(&panel->put[task][place], trained_free);
	}
}

/* NULL with error. Borrowed until promotions or corrections change. */
static Panel *panel_of(Opinions *opinions, const char *org_id, GError **error)
{
	g_autoptr(Db) db = db_begin_read(opinions->store, error);
	g_autoptr(Panel) panel = g_new0(Panel, 1);
	g_autoptr(GArray) corrections = NULL;
	Panel *old = g_hash_table_lookup(opinions->panels, org_id);

	if (!db || !count_corrections(db, org_id, panel, error))
		return NULL;
	if (old && old->n_corrected == panel->n_corrected &&
	    old->corrected_at == panel->corrected_at)
		return old;
	corrections = judgements_corrected(db, org_id, error);
	if (!corrections || !classifier_each_placed(db, org_id, take_seat, panel, error))
		return NULL;
	g_clear_pointer(&db, db_free);
	for (JudgeTask task = 0; task < N_JUDGE_TASKS; task++)
		prepare(opinions, panel, task, corrections);
	g_hash_table_insert(opinions->panels, g_strdup(org_id), panel);
	return g_steal_pointer(&panel);
}

/* ---- what waits ---------------------------------------------------------------------------------- */

static Opinion opinion_of(DbRows *rows)
{
	Opinion opinion = {.message = {.seq = db_int(rows, 0),
				       .org_id = g_strdup(db_text(rows, 1)),
				       .conversation_id = g_strdup(db_text(rows, 2)),
				       .id = g_strdup(db_text(rows, 3)),
				       .text = g_strdup(db_text(rows, 4))},
			   .mood = g_strdup(db_text(rows, 5)),
			   .intent = g_strdup(db_text(rows, 8)),
			   .version = g_strdup(db_text(rows, 10))};

	opinion.judged = (JudgedMessage){.mood = opinion.mood,
					 .mood_probability = db_double(rows, 6),
					 .strength = db_double(rows, 7),
					 .intent = opinion.intent,
					 .intent_probability = db_double(rows, 9)};
	return opinion;
}

/* GArray of Opinion, as they stand; the newest message first. */
static GArray *waiting(Db *db, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) opinions = g_array_new(FALSE, FALSE, sizeof(Opinion));
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT u.message_seq, u.org_id, u.conversation_id, j.message_id, m.body, j.mood, "
		"j.mood_probability, j.strength, j.intent, j.intent_probability, j.version FROM "
		"unsure_messages u LEFT JOIN message_judgements j ON j.message_seq = u.message_seq "
		"LEFT JOIN messages m ON m.seq = j.message_seq ORDER BY u.message_seq DESC LIMIT "
		"$1",
		error, "i", (gint64)AT_ONCE);

	if (!rows)
		return NULL;
	g_array_set_clear_func(opinions, opinion_clear);
	while (db_next(rows, &failed)) {
		Opinion opinion = opinion_of(rows);

		g_array_append_val(opinions, opinion);
	}
	if (!failed)
		return g_steal_pointer(&opinions);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

/* ---- asking -------------------------------------------------------------------------------------- */

static void note_version(Opinion *opinion, JudgeTask task, const Trained *trained)
{
	char *version = judge_version_after(opinion->version, task, trained_sha256(trained));

	g_free(opinion->version);
	opinion->version = version;
}

/* Where one fails, what n-grams said stands. */
static void ask_in_use(const Trained *trained, JudgeTask task, Opinion *opinion)
{
	JudgedMessage *judged = &opinion->judged;
	TrainedVerdict verdict;

	if (!trained || !trained_tell(trained, opinion->message.text, &verdict))
		return;
	note_version(opinion, task, trained);
	if (task == JUDGE_SENTIMENT) {
		judged->mood = verdict.word;
		judged->mood_probability = verdict.probability;
		judged->strength = verdict.strength;
	} else {
		judged->intent = verdict.word;
		judged->intent_probability = verdict.probability;
	}
}

static void ask_shadow(const Trained *trained, JudgeTask task, Opinion *opinion)
{
	TrainedVerdict verdict;

	if (!trained || !trained_tell(trained, opinion->message.text, &verdict))
		return;
	opinion->judged.shadows[task].word = verdict.word;
	opinion->judged.shadows[task].sha256 = trained_sha256(trained);
	opinion->judged.shadows[task].probability = verdict.probability;
}

static void ask(Panel *panel, VectorMemo *memo, Opinion *opinion)
{
	for (JudgeTask task = 0; task < N_JUDGE_TASKS; task++) {
		for (JudgePlace place = 0; place < N_JUDGE_PLACES; place++)
			if (panel->put[task][place])
				trained_use_memo(panel->put[task][place], memo);
		ask_in_use(panel->put[task][JUDGE_IN_USE], task, opinion);
		ask_shadow(panel->put[task][JUDGE_SHADOW], task, opinion);
	}
}

/* In bulk, though it is one step: messages that come meanwhile go first. */
static BulkStep write_opinions(Db *db, gpointer data, GError **error)
{
	const GArray *all = data;

	for (guint i = 0; i < all->len; i++) {
		const Opinion *opinion = &g_array_index(all, Opinion, i);

		if (!judgement_refine(db, &opinion->message, &opinion->judged, opinion->version,
				      error))
			return BULK_FAILED;
	}
	return BULK_DONE;
}

static gboolean ask_all(Opinions *opinions, GArray *all, GError **error)
{
	for (guint i = 0; i < all->len; i++) {
		Opinion *opinion = &g_array_index(all, Opinion, i);
		g_autoptr(VectorMemo) memo = vector_memo_new(NULL);
		Panel *panel;

		if (!opinion->message.text)
			continue;
		panel = panel_of(opinions, opinion->message.org_id, error);
		if (!panel)
			return FALSE;
		ask(panel, memo, opinion);
	}
	return store_write_bulk(opinions->store, write_opinions, all, error);
}

/* FALSE without error: it cannot be opened. */
static gboolean have_encoder(Opinions *opinions)
{
	g_autoptr(GError) error = NULL;

	opinions->used_us = clock_monotonic_us();
	if (opinions->encoder || opinions->failed)
		return opinions->encoder != NULL;
	opinions->encoder = encoder_open(opinions->encoder_path, 1, &error);
	opinions->failed = opinions->encoder == NULL;
	if (error)
		log_event(LOG_WARNING, "encoder_missing", "error", 'e', error, NULL);
	return opinions->encoder != NULL;
}

static void rest(Opinions *opinions)
{
	if (clock_monotonic_us() - opinions->used_us > opinions->idle_ms * 1000)
		release(opinions);
}

gboolean opinions_give(Opinions *opinions, gboolean (*stopping)(gpointer data), gpointer data,
		       GError **error)
{
	while (!stopping(data)) {
		Db *db = db_begin_read(opinions->store, error);
		g_autoptr(GArray) all = db ? waiting(db, error) : NULL;
		gint64 generation = 0;
		gboolean good = all && classifier_generation(db, &generation, error);

		g_clear_pointer(&db, db_free);
		if (!good)
			return FALSE;
		if (!all->len)
			rest(opinions);
		if (!all->len || !have_encoder(opinions))
			return TRUE;
		if (generation != opinions->generation)
			g_hash_table_remove_all(opinions->panels);
		opinions->generation = generation;
		if (!ask_all(opinions, all, error))
			return FALSE;
	}
	return TRUE;
}
