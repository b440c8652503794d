/* Three classifiers over the same rows. They are small enough to be trained anew whenever somebody corrects one,
 * so that there is no other way of learning to be kept in step with it. */
#include "nlu/judge.h"

#include <string.h>

#include "base/asset.h"
#include "base/error.h"
#include "base/json.h"
#include "nlu/classifier.h"

/* Behind the tasks that a trained classifier may take. */
enum { URGENCY = N_JUDGE_TASKS, N_KINDS, VERSION_DIGITS = 12 };

static const struct {
	const char *task, *member;
	double balance;
} kinds[N_KINDS] = {
	{"sentiment", "mood", 0.5},
	{"intent", "intent", 0.5},
	{"urgency", "urgent", 0},
};

struct Judge {
	Trained *own[N_KINDS];
	Trained *put[N_JUDGE_TASKS][N_JUDGE_PLACES]; /* NULL: none */
	GString *version;
};

void judge_correction_clear(gpointer data)
{
	JudgeCorrection *correction = data;

	g_free(correction->text);
	g_free(correction->mood);
	g_free(correction->intent);
}

void judge_free(Judge *judge)
{
	if (!judge)
		return;
	for (int k = 0; k < N_KINDS; k++)
		g_clear_pointer(&judge->own[k], trained_free);
	for (int t = 0; t < N_JUDGE_TASKS; t++)
		for (int p = 0; p < N_JUDGE_PLACES; p++)
			g_clear_pointer(&judge->put[t][p], trained_free);
	g_string_free(judge->version, TRUE);
	g_free(judge);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

typedef struct {
	GPtrArray *texts;	    /* char * */
	GPtrArray *labels[N_KINDS]; /* char *, a text each, or NULL: not told */
	GError *error;
} Rows;

static void rows_clear(Rows *rows)
{
	g_ptr_array_unref(rows->texts);
	for (int k = 0; k < N_KINDS; k++)
		g_ptr_array_unref(rows->labels[k]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static void add_line(Rows *rows, const char *line, gsize n)
{
	g_autoptr(json_t) row = json_parse(line, n, rows->error ? NULL : &rows->error);

	if (!row)
		return;
	g_ptr_array_add(rows->texts, g_strdup(json_member_string(row, "text")));
	for (int k = 0; k < N_KINDS; k++) {
		const json_t *label = json_object_get(row, kinds[k].member);

		g_ptr_array_add(rows->labels[k], json_is_string(label)
							 ? g_strdup(json_string_value(label))
						 : json_is_true(label) ? g_strdup("yes")
								       : g_strdup("no"));
	}
}

static void add_asset(const Asset *asset, gpointer data)
{
	const char *at = (const char *)asset->data, *end = at + asset->n_bytes;

	if (!g_str_has_suffix(asset->name, ".jsonl"))
		return;
	while (at < end) {
		const char *line_end = memchr(at, '\n', (gsize)(end - at));

		line_end = line_end ? line_end : end;
		if (line_end > at)
			add_line(data, at, (gsize)(line_end - at));
		at = line_end + 1;
	}
}

static void add_corrections(Rows *rows, const GArray *corrections)
{
	for (guint i = 0; corrections && i < corrections->len; i++) {
		const JudgeCorrection *c = &g_array_index(corrections, JudgeCorrection, i);

		for (int k = 0; k < JUDGE_CORRECTION_WEIGHT; k++) {
			g_ptr_array_add(rows->texts, g_strdup(c->text));
			g_ptr_array_add(rows->labels[JUDGE_SENTIMENT], g_strdup(c->mood));
			g_ptr_array_add(rows->labels[JUDGE_INTENT], g_strdup(c->intent));
			g_ptr_array_add(rows->labels[URGENCY], NULL);
		}
	}
}

/* ---- learning ------------------------------------------------------------------------------------ */

static Trained *learn(const Rows *rows, int kind, GError **error)
{
	g_autoptr(Examples) e = examples_new();
	ClassifierOptions options = {.task = kinds[kind].task,
				     .views = 1U << VIEW_GRAMS,
				     .balance = kinds[kind].balance,
				     .seed = 1,
				     .n_folds = 2,
				     .n_threads = 1};
	Classifier *classifier;

	for (guint i = 0; i < rows->texts->len; i++)
		if (rows->labels[kind]->pdata[i])
			examples_add(e, rows->texts->pdata[i], rows->labels[kind]->pdata[i]);
	examples_sort(e);
	classifier = classifier_train(e, &options, error);
	return classifier ? trained_new(classifier, NULL, error) : NULL;
}

/* What a person said of a text stands, whatever reviews say. */
static gboolean join_reviews(Judge *judge, const GArray *corrections, const Judge *kin,
			     GError **error)
{
	Reviews *reviews =
		reviews_new(kin ? trained_reviews(kin->own[JUDGE_SENTIMENT]) : NULL, error);

	for (guint i = 0; reviews && corrections && i < corrections->len; i++) {
		const JudgeCorrection *c = &g_array_index(corrections, JudgeCorrection, i);

		if (c->mood)
			reviews_leave_out(reviews, c->text);
	}
	if (reviews)
		trained_join_reviews(judge->own[JUDGE_SENTIMENT], reviews);
	return reviews != NULL;
}

static void note_version(Judge *judge, const Rows *rows)
{
	const Asset *reviews = asset_find("models/reviews/reviews.zyc");
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < rows->texts->len; i++)
		for (int k = -1; k < N_KINDS; k++) {
			const char *text =
				k < 0 ? rows->texts->pdata[i] : rows->labels[k]->pdata[i];

			g_checksum_update(sum, (const guint8 *)(text ? text : ""),
					  text ? (gssize)strlen(text) + 1 : 1);
		}
	if (reviews)
		g_checksum_update(sum, (const guint8 *)reviews->etag, -1);
	g_string_append_len(judge->version, g_checksum_get_string(sum), VERSION_DIGITS);
}

Judge *judge_new(const GArray *corrections, const Judge *kin, GError **error)
{
	g_autoptr(Judge) judge = g_new0(Judge, 1);
	g_auto(Rows) rows = {.texts = g_ptr_array_new_with_free_func(g_free)};

	judge->version = g_string_new(NULL);
	for (int k = 0; k < N_KINDS; k++)
		rows.labels[k] = g_ptr_array_new_with_free_func(g_free);
	asset_each("models/messages/", add_asset, &rows);
	if (rows.error) {
		g_propagate_error(error, rows.error);
		return NULL;
	}
	add_corrections(&rows, corrections);
	for (int k = 0; k < N_KINDS; k++)
		if (!(judge->own[k] = learn(&rows, k, error)))
			return NULL;
	if (!join_reviews(judge, corrections, kin, error))
		return NULL;
	note_version(judge, &rows);
	return g_steal_pointer(&judge);
}

void judge_teach(Trained *trained, JudgeTask task, const GArray *corrections)
{
	for (guint i = 0; corrections && i < corrections->len; i++) {
		const JudgeCorrection *c = &g_array_index(corrections, JudgeCorrection, i);
		const char *word = task == JUDGE_SENTIMENT ? c->mood : c->intent;

		if (word)
			trained_correct(trained, c->text, word);
	}
}

void judge_put(Judge *judge, JudgeTask task, JudgePlace place, Trained *trained,
	       const GArray *corrections)
{
	if (place == JUDGE_IN_USE)
		judge_teach(trained, task, corrections);
	g_clear_pointer(&judge->put[task][place], trained_free);
	judge->put[task][place] = trained;
}

/* ---- judging ------------------------------------------------------------------------------------- */

static const Trained *in_use(const Judge *judge, JudgeTask task)
{
	return judge->put[task][JUDGE_IN_USE] ? judge->put[task][JUDGE_IN_USE] : judge->own[task];
}

/* The judge's own, of n-grams, tell always. */
static void tell(const Judge *judge, JudgeTask task, const char *text, TrainedVerdict *verdict,
		 JudgedMessage *judged)
{
	const Trained *put = judge->put[task][JUDGE_IN_USE];
	gboolean sure = TRUE;

	judged->by[task].trained = put && trained_tell_quick(put, text, verdict, &sure);
	if (!judged->by[task].trained)
		trained_tell(judge->own[task], text, verdict);
	judged->by[task].sure = sure;
	judged->unsure |= put && !(judged->by[task].trained && sure);
}

static void tell_shadow(const Judge *judge, JudgeTask task, const char *text, JudgedMessage *judged)
{
	const Trained *shadow = judge->put[task][JUDGE_SHADOW];
	TrainedVerdict verdict;
	gboolean sure = FALSE;

	if (!shadow)
		return;
	if (!trained_tell_quick(shadow, text, &verdict, &sure) || !sure) {
		judged->unsure = TRUE;
		return;
	}
	judged->shadows[task].word = verdict.word;
	judged->shadows[task].sha256 = trained_sha256(shadow);
	judged->shadows[task].probability = verdict.probability;
}

void judge_message(const Judge *judge, const char *text, JudgedMessage *judged)
{
	TrainedVerdict mood, intent, urgency;

	*judged = (JudgedMessage){.language = text_language(text)};
	tell(judge, JUDGE_SENTIMENT, text, &mood, judged);
	tell(judge, JUDGE_INTENT, text, &intent, judged);
	trained_tell(judge->own[URGENCY], text, &urgency);
	judged->mood = mood.word;
	judged->mood_probability = mood.probability;
	judged->strength = mood.strength;
	judged->intent = intent.word;
	judged->intent_probability = intent.probability;
	judged->urgent = g_str_equal(urgency.word, "yes");
	for (JudgeTask task = 0; task < N_JUDGE_TASKS; task++)
		tell_shadow(judge, task, text, judged);
}

void judge_part(const Judge *judge, const char *text, const char **ret_mood, double *ret_strength)
{
	TrainedVerdict mood;
	gboolean sure;

	if (!trained_tell_quick(in_use(judge, JUDGE_SENTIMENT), text, &mood, &sure))
		trained_tell(judge->own[JUDGE_SENTIMENT], text, &mood);
	*ret_mood = mood.word;
	*ret_strength = mood.strength;
}

gboolean judge_knows_mood(const Judge *judge, const char *word)
{
	return trained_knows(judge->own[JUDGE_SENTIMENT], word);
}

gboolean judge_knows_intent(const Judge *judge, const char *word)
{
	return trained_knows(in_use(judge, JUDGE_INTENT), word);
}

const GPtrArray *judge_intents(const Judge *judge)
{
	return trained_words(in_use(judge, JUDGE_INTENT));
}

static void append_task(GString *version, JudgeTask task, const char *sha256)
{
	g_string_append_printf(version, " %s:%.*s", judge_task_name(task), VERSION_DIGITS, sha256);
}

char *judge_version(const Judge *judge, const JudgedMessage *judged)
{
	GString *version = g_string_new(judge->version->str);

	for (JudgeTask task = 0; task < N_JUDGE_TASKS; task++)
		if (judged->by[task].trained) {
			append_task(version, task, trained_sha256(judge->put[task][JUDGE_IN_USE]));
			g_string_append(version, judged->by[task].sure ? "" : "~");
		}
	return g_string_free(version, FALSE);
}

char *judge_version_after(const char *version, JudgeTask task, const char *sha256)
{
	g_auto(GStrv) parts = g_strsplit(version, " ", -1);
	g_autofree char *prefix = g_strconcat(judge_task_name(task), ":", NULL);
	GString *after = g_string_new(parts[0]);

	for (guint i = 1; parts[0] && parts[i]; i++)
		if (!g_str_has_prefix(parts[i], prefix))
			g_string_append_printf(after, " %s", parts[i]);
	append_task(after, task, sha256);
	return g_string_free(after, FALSE);
}
