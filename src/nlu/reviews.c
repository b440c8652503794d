/* The weight grows with the number of Han characters: chosen on messages held out and on reviews (docs/measurements.md). */
#include "nlu/reviews.h"

#include <math.h>

#include "base/asset.h"
#include "base/error.h"
#include "nlu/classifier.h"

#define LEAST_PROBABILITY 1e-6

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

/* How much it counts. */
static double weight_of(const char *text)
{
	guint n_han = 0;

	for (const char *at = text; *at && n_han < REVIEWS_WHOLE; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char_validated(at, -1);

		n_han += c >= 0x4e00 && c <= 0x9fff;
	}
	return (double)n_han / REVIEWS_WHOLE;
}

double reviews_odds(const Reviews *reviews, const char *text)
{
	const Shared *shared = reviews->shared;
	double p[2], weight = weight_of(text);

	if (!shared->classifier || weight <= 0 || g_hash_table_contains(reviews->left_out, text) ||
	    !classifier_predict(shared->classifier, &text, 1, p, NULL))
		return 0;
	return weight * log(MAX(p[shared->positive], LEAST_PROBABILITY) /
			    MAX(p[shared->negative], LEAST_PROBABILITY));
}
