/* A promotion looks before it writes: labels, hash, encoder and quality are judged over a snapshot, seconds if need
 * be; the write is three small statements. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crm/classifiers_private.h"
#include "crm/judgements.h"
#include "ml/metrics.h"

static const char *const actions[N_JUDGE_PLACES] = {"promote", "shadow"};
static const double level = 0.05;

/* ---- quality by the cards ------------------------------------------------------------------------ */

typedef struct {
	double value, low, high;
	gboolean is_told;
} Measured;

static Measured measured_of(const json_t *card, const char *measure)
{
	const json_t *metrics = json_object_get(card, "metrics");
	const json_t *told = json_is_object(metrics) ? metrics : json_object_get(card, "held_out");
	const json_t *interval = json_object_get(json_object_get(told, "ci95"), measure);

	return (Measured){json_number_value(json_object_get(told, measure)),
			  json_number_value(json_array_get(interval, 0)),
			  json_number_value(json_array_get(interval, 1)),
			  json_array_size(interval) == 2};
}

static gboolean cards_allow(const KeptClassifier *new, const KeptClassifier *old, GError **error)
{
	static const struct {
		const char *member, *name;
	} measures[] = {{"accuracy", "accuracy"}, {"f1_macro", "macro F1"}};
	g_autoptr(json_t) new_card = json_parse(new->card, strlen(new->card), error);
	g_autoptr(json_t) old_card =
		new_card ? json_parse(old->card, strlen(old->card), error) : NULL;

	if (!old_card)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(measures); i++) {
		Measured a = measured_of(new_card, measures[i].member),
			 b = measured_of(old_card, measures[i].member);

		if (!a.is_told || !b.is_told || a.high >= b.low)
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "its measured %s is significantly below that of the one in use, "
			    "%.3f (95 %%: %.3f to %.3f) against %.3f (%.3f to %.3f); "
			    "force promotes it all the same",
			    measures[i].name, a.value, a.low, a.high, b.value, b.low, b.high);
		return FALSE;
	}
	return TRUE;
}

/* ---- quality on what people corrected ------------------------------------------------------------ */

typedef struct {
	const Trained *new, *old; /* old NULL: the judge's own */
	const Judge *judge;
	JudgeTask task;
	gsize n, only_new, only_old;
} Contest;

static gboolean is_right(const Contest *contest, const Trained *trained, const char *text,
			 const char *truth)
{
	TrainedVerdict verdict;
	JudgedMessage judged;

	if (trained)
		return trained_tell(trained, text, &verdict) && g_str_equal(verdict.word, truth);
	judge_message(contest->judge, text, &judged);
	return g_str_equal(contest->task == JUDGE_SENTIMENT ? judged.mood : judged.intent, truth);
}

static gboolean hold_contest(Contest *contest, const GArray *corrections, GError **error)
{
	guint first = corrections->len > CLASSIFIER_QUALITY_ROWS
			      ? corrections->len - CLASSIFIER_QUALITY_ROWS
			      : 0;

	for (guint i = first; i < corrections->len; i++) {
		const JudgeCorrection *c = &g_array_index(corrections, JudgeCorrection, i);
		const char *truth = contest->task == JUDGE_SENTIMENT ? c->mood : c->intent;
		gboolean new, old;

		if (!truth)
			continue;
		new = is_right(contest, contest->new, c->text, truth);
		old = is_right(contest, contest->old, c->text, truth);
		contest->n++;
		contest->only_new += new && !old;
		contest->only_old += old && !new;
	}
	if (contest->only_new >= contest->only_old ||
	    metrics_mcnemar(contest->only_new, contest->only_old) >= level)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
		    "on the %" G_GSIZE_FORMAT " newest messages that people corrected it is wrong "
		    "where the one in use is right %" G_GSIZE_FORMAT " times, the other way round "
		    "%" G_GSIZE_FORMAT " times; force promotes it all the same",
		    contest->n, contest->only_old, contest->only_new);
	return FALSE;
}

/* ---- promoting ----------------------------------------------------------------------------------- */

typedef struct {
	const Principal *actor;
	const Promotion *promotion;
	KeptClassifier *kept;
} Promoting;

/* *ret_old has no name where what comes with the program is in use. */
static gboolean find_in_use(Db *db, const char *org_id, JudgeTask task, KeptClassifier *ret_old,
			    GError **error)
{
	g_autoptr(GArray) all = classifier_list(db, org_id, error);

	for (guint i = 0; all && i < all->len; i++) {
		KeptClassifier *each = &g_array_index(all, KeptClassifier, i);

		if (each->task == task && each->since[JUDGE_IN_USE])
			return classifier_find(db, org_id, each->sha256, ret_old, error);
	}
	return all != NULL;
}

/* With its encoder open. */
static Trained *open_whole(const Promoting *p, Db *db, const char *sha256, GError **error)
{
	g_autoptr(Trained) trained = kept_classifier_open(db, p->actor->org_id, sha256, error);

	if (!trained || !trained_open_encoder(trained, p->promotion->encoder_path, NULL, error))
		return NULL;
	return g_steal_pointer(&trained);
}

static gboolean quality_allows(const Promoting *p, Db *db, const Trained *trained, GError **error)
{
	const char *org_id = p->actor->org_id;
	g_autoptr(GArray) corrections = judgements_corrected(db, org_id, error);
	g_auto(KeptClassifier) old = {0};
	g_autoptr(Trained) before = NULL;
	g_autoptr(Judge) judge = NULL;
	Contest contest = {.new = trained, .task = p->kept->task};

	if (!corrections || !find_in_use(db, org_id, p->kept->task, &old, error))
		return FALSE;
	if (old.name && !cards_allow(p->kept, &old, error))
		return FALSE;
	if (!corrections->len)
		return TRUE;
	if (old.name)
		/* one that cannot be opened any more is no rival */
		before = open_whole(p, db, old.sha256, NULL);
	else
		judge = judge_new(NULL, NULL, error);
	if (!old.name && !judge)
		return FALSE;
	contest.old = before;
	contest.judge = judge;
	return (old.name && !before) || hold_contest(&contest, corrections, error);
}

static gboolean may_be_promoted(const Promoting *p, Db *db, GError **error)
{
	g_autoptr(Trained) trained = open_whole(p, db, p->kept->sha256, error);

	if (!trained)
		return FALSE;
	if (p->promotion->place == JUDGE_SHADOW && p->kept->since[JUDGE_IN_USE]) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
				    "it is in use: it cannot stand in its own shadow");
		return FALSE;
	}
	return p->promotion->place == JUDGE_SHADOW || p->promotion->force ||
	       quality_allows(p, db, trained, error);
}

#define END "UPDATE classifier_promotions SET ended_at = $1 WHERE ended_at IS NULL AND org_id = $2 "

static gboolean end_shadow(Db *db, const char *org_id, JudgeTask task, GError **error)
{
	return db_run(db, END "AND task = $3 AND shadow = 1", error, "iss", clock_now_ms(), org_id,
		      judge_task_name(task));
}

static const char *name_of(const Principal *actor)
{
	return actor->name ? actor->name : principal_kind_name(actor);
}

static gboolean store_promotion(Db *db, gpointer data, GError **error)
{
	const Promoting *p = data;
	JudgePlace place = p->promotion->place;
	const char *task = judge_task_name(p->kept->task);

	/* of shadows there is one; who comes into use leaves the shadow */
	if ((place == JUDGE_SHADOW || p->kept->since[JUDGE_SHADOW]) &&
	    !end_shadow(db, p->actor->org_id, p->kept->task, error))
		return FALSE;
	return db_run(db,
		      "INSERT INTO classifier_promotions (org_id, sha256, task, shadow, at, "
		      "by_name) "
		      "VALUES ($1, $2, $3, $4, $5, $6)",
		      error, "sssiis", p->actor->org_id, p->kept->sha256, task, (gint64)place,
		      clock_now_ms(), name_of(p->actor)) &&
	       classifier_audit(db, p->actor, actions[place], p->kept, p->promotion->force, error);
}

static gboolean look_up(const Promoting *p, Store *store, gboolean check, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	kept_classifier_clear(p->kept);
	if (!db || !classifier_find(db, p->actor->org_id, p->promotion->name, p->kept, error))
		return FALSE;
	return !check || p->kept->since[p->promotion->place] || may_be_promoted(p, db, error);
}

gboolean classifier_promote(Store *store, const Principal *actor, const Promotion *promotion,
			    KeptClassifier *ret_kept, GError **error)
{
	Promoting p = {actor, promotion, ret_kept};

	if (!look_up(&p, store, TRUE, error))
		return FALSE;
	if (ret_kept->since[promotion->place])
		return TRUE;
	return store_write(store, store_promotion, &p, error) && look_up(&p, store, FALSE, error);
}

/* ---- back ---------------------------------------------------------------------------------------- */

static gboolean find_last(Db *db, const char *org_id, JudgeTask task, JudgePlace place,
			  gint64 *ret_id, char **ret_sha256, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, sha256 FROM classifier_promotions WHERE org_id = $1 AND task = $2 AND "
		"shadow = $3 AND ended_at IS NULL ORDER BY id DESC LIMIT 1",
		error, "ssi", org_id, judge_task_name(task), (gint64)place);

	if (!rows)
		return FALSE;
	*ret_id = 0;
	if (db_next(rows, &failed)) {
		*ret_id = db_int(rows, 0);
		*ret_sha256 = g_strdup(db_text(rows, 1));
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* What comes into use again leaves the shadow. */
static gboolean leave_shadow(Db *db, const char *org_id, JudgeTask task, GError **error)
{
	g_autofree char *in_use = NULL, *shadow = NULL;
	gint64 id;

	if (!find_last(db, org_id, task, JUDGE_IN_USE, &id, &in_use, error) ||
	    !find_last(db, org_id, task, JUDGE_SHADOW, &id, &shadow, error))
		return FALSE;
	return !in_use || g_strcmp0(in_use, shadow) != 0 || end_shadow(db, org_id, task, error);
}

gboolean classifier_rollback(Db *db, const Principal *actor, JudgeTask task, JudgePlace place,
			     GError **error)
{
	static const char *const nothing[N_JUDGE_PLACES] = {
		"what comes with the program is in use: there is nothing before it",
		"no classifier stands in shadow"};
	g_autofree char *sha256 = NULL;
	g_auto(KeptClassifier) kept = {0};
	gint64 id;

	if (!find_last(db, actor->org_id, task, place, &id, &sha256, error))
		return FALSE;
	if (!id) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT, nothing[place]);
		return FALSE;
	}
	return classifier_find(db, actor->org_id, sha256, &kept, error) &&
	       db_run(db, END "AND id = $3", error, "isi", clock_now_ms(), actor->org_id, id) &&
	       leave_shadow(db, actor->org_id, task, error) &&
	       classifier_audit(db, actor, "rollback", &kept, FALSE, error);
}
