/* The weights, and where neutral lies, were chosen on messages held out and on reviews (docs/measurements.md). */
#include "nlu/reviews.h"

#include <math.h>
#include <string.h>

#include "base/asset.h"
#include "base/error.h"
#include "nlu/classifier.h"
#include "text/sentence.h"

#define LEAST_PROBABILITY 1e-6
#define TOWARDS_POSITIVE 0.3 /* of the odds of a long text */
#define NEUTRAL 0.4	     /* odds nearer to even than this are neutral */
enum { SENTENCE_MIN = 12 };  /* bytes, four Han characters: shorter ones do not count */

typedef struct {
	Classifier *classifier; /* NULL: none */
	guint negative, positive;
} Shared;

struct Reviews {
	Shared *shared;	      /* counts who holds it */
	GHashTable *left_out; /* texts */
};

static void shared_clear(gpointer data)
{
	Shared *shared = data;

	g_clear_pointer(&shared->classifier, classifier_free);
}

static void shared_free(Shared *shared)
{
	g_atomic_rc_box_release_full(shared, shared_clear);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shared, shared_free)

static gboolean find_labels(Shared *shared, GError **error)
{
	const GPtrArray *labels = classifier_labels(shared->classifier);
	int negative = labels_find(labels, "negative"), positive = labels_find(labels, "positive");

	if (labels->len != 2 || negative < 0 || positive < 0) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
				    "the classifier of reviews has other labels");
		return FALSE;
	}
	shared->negative = (guint)negative;
	shared->positive = (guint)positive;
	return TRUE;
}

static Shared *shared_new(GError **error)
{
	const Asset *asset = asset_find("models/reviews/reviews.zyc");
	g_autoptr(Shared) shared = g_atomic_rc_box_new0(Shared);

	if (!asset)
		return g_steal_pointer(&shared);
	shared->classifier = classifier_parse(asset->data, asset->n_bytes, error);
	if (!shared->classifier || !find_labels(shared, error))
		return NULL;
	return g_steal_pointer(&shared);
}

Reviews *reviews_new(const Reviews *kin, GError **error)
{
	Shared *shared = kin ? g_atomic_rc_box_acquire(kin->shared) : shared_new(error);
	Reviews *reviews;

	if (!shared)
		return NULL;
	reviews = g_new(Reviews, 1);
	*reviews = (Reviews){shared, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
	return reviews;
}

void reviews_free(Reviews *reviews)
{
	if (!reviews)
		return;
	shared_free(reviews->shared);
	g_hash_table_unref(reviews->left_out);
	g_free(reviews);
}

void reviews_leave_out(Reviews *reviews, const char *text)
{
	g_hash_table_add(reviews->left_out, g_strdup(text));
}

static guint count_han(const char *text)
{
	guint n = 0;

	for (const char *at = text; *at && n < REVIEWS_ALONE; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char_validated(at, -1);

		n += c >= 0x4e00 && c <= 0x9fff;
	}
	return n;
}

static double log_odds(double positive)
{
	return log(MAX(positive, LEAST_PROBABILITY) / MAX(1 - positive, LEAST_PROBABILITY));
}

/* The mean of p (positive); .5 if it cannot tell. */
static double mean_of(const Shared *shared, const GPtrArray *texts)
{
	g_autofree double *p = g_new(double, (gsize)2 * texts->len);
	double sum = 0;

	if (!classifier_predict(shared->classifier, (const char *const *)texts->pdata, texts->len,
				p, NULL))
		return .5;
	for (guint i = 0; i < texts->len; i++)
		sum += p[2 * i + shared->positive];
	return sum / texts->len;
}

static GPtrArray *sentences_of(const char *text)
{
	GPtrArray *sentences = g_ptr_array_new_with_free_func(g_free);
	gsize at = 0, n_bytes = strlen(text);
	TextSpan span;

	while (text_sentence_next(text, n_bytes, &at, &span))
		if (span.end - span.start >= SENTENCE_MIN)
			g_ptr_array_add(sentences,
					g_strndup(text + span.start, span.end - span.start));
	if (!sentences->len)
		g_ptr_array_add(sentences, g_strdup(text));
	return sentences;
}

/* Softmax of -odds, NEUTRAL and odds. */
static void tell_alone(const Shared *shared, const char *text, ReviewsView *view)
{
	g_autoptr(GPtrArray) sentences = sentences_of(text);
	double odds = log_odds(mean_of(shared, sentences)) + TOWARDS_POSITIVE;
	double sum = exp(-odds) + exp(NEUTRAL) + exp(odds);

	view->negative = exp(-odds) / sum;
	view->neutral = exp(NEUTRAL) / sum;
	view->positive = exp(odds) / sum;
}

ReviewsView reviews_view(const Reviews *reviews, const char *text)
{
	const Shared *shared = reviews->shared;
	guint n_han = count_han(text);
	ReviewsView view = {0};
	double p[2];

	if (!shared->classifier || !n_han || g_hash_table_contains(reviews->left_out, text) ||
	    !classifier_predict(shared->classifier, &text, 1, p, NULL))
		return view;
	view.odds = log_odds(p[shared->positive]) * n_han / REVIEWS_ALONE;
	if (n_han <= REVIEWS_BESIDE)
		return view;
	view.alone = (double)(n_han - REVIEWS_BESIDE) / (REVIEWS_ALONE - REVIEWS_BESIDE);
	tell_alone(shared, text, &view);
	return view;
}
