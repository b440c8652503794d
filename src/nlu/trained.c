/* The words are found once; telling is a prediction and a look at a list. */
#include "nlu/trained.h"

#include <math.h>
#include <string.h>

#include "base/error.h"

enum { MAX_WORD_CHARS = 60 };

static const char *const task_names[N_JUDGE_TASKS] = {"sentiment", "intent"};

static const struct {
	const char *word, *label;
} moods[] = {
	{"positive", "positive"}, {"positive", "pos"},	{"positive", "正面"},
	{"positive", "积极"},	  {"positive", "正向"}, {"positive", "好评"},
	{"neutral", "neutral"},	  {"neutral", "neu"},	{"neutral", "中性"},
	{"neutral", "中立"},	  {"neutral", "中评"},	{"negative", "negative"},
	{"negative", "neg"},	  {"negative", "负面"}, {"negative", "消极"},
	{"negative", "负向"},	  {"negative", "差评"},
};

struct Trained {
	Classifier *classifier;
	JudgeTask task;
	char *sha256;
	const char **of_label; /* a word each, and one for what is out of scope; interned */
	GPtrArray *words;
	Reviews *reviews; /* or NULL */
};

const char *judge_task_name(JudgeTask task)
{
	return task_names[task];
}

gboolean judge_task_find(const char *name, JudgeTask *ret_task)
{
	for (JudgeTask task = 0; task < N_JUDGE_TASKS; task++)
		if (g_strcmp0(name, task_names[task]) == 0) {
			*ret_task = task;
			return TRUE;
		}
	return FALSE;
}

/* ---- words --------------------------------------------------------------------------------------- */

static const char *mood_of(const char *label)
{
	g_autofree char *bare = g_strstrip(g_utf8_casefold(label, -1));

	for (gsize i = 0; i < G_N_ELEMENTS(moods); i++)
		if (g_str_equal(bare, moods[i].label))
			return moods[i].word;
	return NULL;
}

static const char *intent_of(const char *label)
{
	if (g_str_equal(label, CLASSIFIER_OOS))
		return "other";
	if (!*label || g_utf8_strlen(label, -1) > MAX_WORD_CHARS)
		return NULL;
	for (const char *at = label; *at; at = g_utf8_next_char(at))
		if (g_unichar_iscntrl(g_utf8_get_char(at)))
			return NULL;
	return g_intern_string(label);
}

static gboolean find_word(Trained *t, guint at, const char *label, GError **error)
{
	t->of_label[at] = !t->sha256		       ? g_intern_string(label)
			  : t->task == JUDGE_SENTIMENT ? mood_of(label)
						       : intent_of(label);
	if (!t->of_label[at]) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    t->task == JUDGE_SENTIMENT
				    ? "its label '%s' is no mood: train it with the labels "
				      "positive, neutral and negative"
				    : "its label '%s' cannot be shown: an intent is 1 to 60 "
				      "characters long",
			    label);
		return FALSE;
	}
	if (!trained_knows(t, t->of_label[at]))
		g_ptr_array_add(t->words, (gpointer)(guintptr)t->of_label[at]);
	return TRUE;
}

static gboolean find_words(Trained *t, GError **error)
{
	const GPtrArray *labels = classifier_labels(t->classifier);

	t->of_label = g_new0(const char *, labels->len + 1);
	for (guint i = 0; i < labels->len; i++)
		if (!find_word(t, i, labels->pdata[i], error))
			return FALSE;
	if (classifier_refuses(t->classifier) && !find_word(t, labels->len, CLASSIFIER_OOS, error))
		return FALSE;
	if (t->words->len > 1)
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "all its labels mean the same");
	return FALSE;
}

Trained *trained_new(Classifier *classifier, const char *sha256, GError **error)
{
	g_autoptr(Trained) t = g_new0(Trained, 1);

	t->classifier = classifier;
	t->sha256 = g_strdup(sha256);
	t->words = g_ptr_array_new();
	if (sha256 && !judge_task_find(classifier_task(classifier), &t->task)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "it was trained for %s: only sentiment and intent are judged here",
			    classifier_task(classifier));
		return NULL;
	}
	return find_words(t, error) ? g_steal_pointer(&t) : NULL;
}

void trained_free(Trained *t)
{
	if (!t)
		return;
	classifier_free(t->classifier);
	g_free(t->sha256);
	g_free(t->of_label);
	g_ptr_array_unref(t->words);
	g_clear_pointer(&t->reviews, reviews_free);
	g_free(t);
}

const char *trained_sha256(const Trained *t)
{
	return t->sha256;
}

void trained_join_reviews(Trained *t, Reviews *reviews)
{
	g_clear_pointer(&t->reviews, reviews_free);
	t->reviews = reviews;
}

const Reviews *trained_reviews(const Trained *t)
{
	return t->reviews;
}

gboolean trained_needs_encoder(const Trained *t)
{
	return classifier_views(t->classifier) != 1U << VIEW_GRAMS;
}

void trained_use_memo(Trained *t, VectorMemo *memo)
{
	classifier_use_memo(t->classifier, memo);
}

gboolean trained_open_encoder(Trained *t, const char *path, const Encoder *encoder, GError **error)
{
	classifier_lend_encoder(t->classifier, encoder);
	return classifier_open_encoder(t->classifier, path, 1, error);
}

gboolean trained_knows(const Trained *t, const char *word)
{
	return g_ptr_array_find_with_equal_func(t->words, word, g_str_equal, NULL);
}

const GPtrArray *trained_words(const Trained *t)
{
	return t->words;
}

/* ---- telling ------------------------------------------------------------------------------------- */

static double share_of(const Trained *t, const double *probabilities, const char *word)
{
	double share = 0;

	for (guint i = 0; i < classifier_labels(t->classifier)->len; i++)
		if (g_str_equal(t->of_label[i], word))
			share += probabilities[i];
	return share;
}

/* Of the probabilities of the labels. */
static TrainedVerdict verdict_of(const Trained *t, const double *p)
{
	guint n = classifier_labels(t->classifier)->len,
	      label = classifier_decide(t->classifier, p);
	double in_scope = 0;

	for (guint i = 0; i < n; i++)
		in_scope = MAX(in_scope, p[i]);
	return (TrainedVerdict){t->of_label[label], label < n ? p[label] : 1 - in_scope,
				share_of(t, p, "positive") - share_of(t, p, "negative")};
}

/* Beside: two who judge by different things, their odds multiply [Genest, Zidek 1986, "Combining probability distributions"].
 * Alone: what is not neutral already is told by the reviews. The labels are the three moods. */
static void join_view(const Trained *t, const char *text, double *p)
{
	ReviewsView view = reviews_view(t->reviews, text);
	guint n = classifier_labels(t->classifier)->len;
	double sum = 0, neutral = 0;

	for (guint i = 0; i < n; i++) {
		gboolean positive = g_str_equal(t->of_label[i], "positive");
		gboolean negative = g_str_equal(t->of_label[i], "negative");

		neutral += positive || negative ? 0 : p[i];
		p[i] *= exp(positive ? view.odds : negative ? -view.odds : 0);
		sum += p[i];
	}
	for (guint i = 0; i < n; i++) {
		double alone = g_str_equal(t->of_label[i], "positive")
				       ? (1 - neutral) * view.positive
			       : g_str_equal(t->of_label[i], "negative")
				       ? (1 - neutral) * view.negative
				       : neutral + (1 - neutral) * view.neutral;

		p[i] = (1 - view.alone) * p[i] / sum + view.alone * alone;
	}
}

gboolean trained_tell(const Trained *t, const char *text, TrainedVerdict *verdict)
{
	g_autofree double *p = g_new(double, classifier_labels(t->classifier)->len);
	gsize n_asked;

	if (!classifier_predict_cascade(t->classifier, &text, 1, p, &n_asked, NULL))
		return FALSE;
	if (t->reviews)
		join_view(t, text, p);
	*verdict = verdict_of(t, p);
	return TRUE;
}

gboolean trained_tell_quick(const Trained *t, const char *text, TrainedVerdict *verdict,
			    gboolean *ret_sure)
{
	g_autofree double *p = g_new(double, classifier_labels(t->classifier)->len);

	if (!classifier_predict_quick(t->classifier, &text, 1, p, ret_sure))
		return FALSE;
	*verdict = verdict_of(t, p);
	return TRUE;
}

void trained_correct(Trained *t, const char *text, const char *word)
{
	for (guint i = 0; i < classifier_labels(t->classifier)->len; i++)
		if (g_str_equal(t->of_label[i], word)) {
			classifier_learn(t->classifier, text, i);
			return;
		}
}
