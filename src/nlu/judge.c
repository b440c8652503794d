/* Three classifiers over the same rows. They are small enough to be trained anew whenever somebody corrects one,
 * so that there is no other way of learning to be kept in step with it. */
#include "nlu/judge.h"

#include <string.h>

#include "base/asset.h"
#include "base/error.h"
#include "base/json.h"
#include "nlu/classifier.h"

typedef enum { JUDGES_MOOD, JUDGES_INTENT, JUDGES_URGENCY, N_JUDGES } Kind;

static const struct {
	const char *task, *member;
	double balance;
} kinds[N_JUDGES] = {
	{"sentiment", "mood", 0.5},
	{"intent", "intent", 0.5},
	{"urgency", "urgent", 0},
};

struct Judge {
	Classifier *classifiers[N_JUDGES];
	char version[13];
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
	for (int k = 0; k < N_JUDGES; k++)
		g_clear_pointer(&judge->classifiers[k], classifier_free);
	g_free(judge);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

typedef struct {
	GPtrArray *texts;	     /* char * */
	GPtrArray *labels[N_JUDGES]; /* char *, a text each, or NULL: not told */
	GError *error;
} Rows;

static void rows_clear(Rows *rows)
{
	g_ptr_array_unref(rows->texts);
	for (int k = 0; k < N_JUDGES; k++)
		g_ptr_array_unref(rows->labels[k]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rows, rows_clear)

static void add_line(Rows *rows, const char *line, gsize n)
{
	g_autoptr(json_t) row = json_parse(line, n, rows->error ? NULL : &rows->error);

	if (!row)
		return;
	g_ptr_array_add(rows->texts, g_strdup(json_member_string(row, "text")));
	for (int k = 0; k < N_JUDGES; k++) {
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
			g_ptr_array_add(rows->labels[JUDGES_MOOD], g_strdup(c->mood));
			g_ptr_array_add(rows->labels[JUDGES_INTENT], g_strdup(c->intent));
			g_ptr_array_add(rows->labels[JUDGES_URGENCY], NULL);
		}
	}
}

/* ---- learning ------------------------------------------------------------------------------------ */

static Classifier *learn(const Rows *rows, Kind kind, GError **error)
{
	g_autoptr(Examples) e = examples_new();
	ClassifierOptions options = {.task = kinds[kind].task,
				     .views = 1U << VIEW_GRAMS,
				     .balance = kinds[kind].balance,
				     .seed = 1,
				     .n_folds = 2,
				     .n_threads = 1};

	for (guint i = 0; i < rows->texts->len; i++)
		if (rows->labels[kind]->pdata[i])
			examples_add(e, rows->texts->pdata[i], rows->labels[kind]->pdata[i]);
	examples_sort(e);
	return classifier_train(e, &options, error);
}

static void note_version(Judge *judge, const Rows *rows)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < rows->texts->len; i++)
		for (int k = -1; k < N_JUDGES; k++) {
			const char *text =
				k < 0 ? rows->texts->pdata[i] : rows->labels[k]->pdata[i];

			g_checksum_update(sum, (const guint8 *)(text ? text : ""),
					  text ? (gssize)strlen(text) + 1 : 1);
		}
	g_strlcpy(judge->version, g_checksum_get_string(sum), sizeof judge->version);
}

Judge *judge_new(const GArray *corrections, GError **error)
{
	g_autoptr(Judge) judge = g_new0(Judge, 1);
	g_auto(Rows) rows = {.texts = g_ptr_array_new_with_free_func(g_free)};

	for (int k = 0; k < N_JUDGES; k++)
		rows.labels[k] = g_ptr_array_new_with_free_func(g_free);
	asset_each("models/messages/", add_asset, &rows);
	if (rows.error) {
		g_propagate_error(error, rows.error);
		return NULL;
	}
	add_corrections(&rows, corrections);
	for (Kind k = 0; k < N_JUDGES; k++)
		if (!(judge->classifiers[k] = learn(&rows, k, error)))
			return NULL;
	note_version(judge, &rows);
	return g_steal_pointer(&judge);
}

/* ---- judging ------------------------------------------------------------------------------------- */

static double likelihood(const Classifier *c, const double *probabilities, const char *label)
{
	int at = labels_find(classifier_labels(c), label);

	return at < 0 ? 0 : probabilities[at];
}

static const char *tell(const Classifier *c, const char *text, double *probabilities,
			double *ret_probability)
{
	guint label;

	classifier_predict(c, &text, 1, probabilities, NULL); /* n-grams alone do not fail */
	label = classifier_decide(c, probabilities);
	*ret_probability = probabilities[label];
	return classifier_labels(c)->pdata[label];
}

void judge_message(const Judge *judge, const char *text, JudgedMessage *judged)
{
	double p[64], unused;

	g_assert(classifier_labels(judge->classifiers[JUDGES_INTENT])->len <= G_N_ELEMENTS(p));
	judged->intent =
		tell(judge->classifiers[JUDGES_INTENT], text, p, &judged->intent_probability);
	judged->urgent =
		g_str_equal(tell(judge->classifiers[JUDGES_URGENCY], text, p, &unused), "yes");
	judged->mood = tell(judge->classifiers[JUDGES_MOOD], text, p, &judged->mood_probability);
	judged->strength = likelihood(judge->classifiers[JUDGES_MOOD], p, "positive") -
			   likelihood(judge->classifiers[JUDGES_MOOD], p, "negative");
	judged->language = text_language(text);
}

gboolean judge_knows_mood(const Judge *judge, const char *word)
{
	return labels_find(classifier_labels(judge->classifiers[JUDGES_MOOD]), word) >= 0;
}

gboolean judge_knows_intent(const Judge *judge, const char *word)
{
	return labels_find(classifier_labels(judge->classifiers[JUDGES_INTENT]), word) >= 0;
}

const char *judge_version(const Judge *judge)
{
	return judge->version;
}
