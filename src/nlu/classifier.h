/*
 * Text classifiers (sentiment, intent, any labels): learnt from labelled texts, calibrated, in a file that
 * carries its own card.
 *
 * A classifier looks at a text in up to three views, whose scores are put together with calibrated weights
 * (ml/calibration.h):
 *   grams    n-grams (nlu/grams.h) under a linear support vector machine: tens of thousands of texts a second
 *   vectors  the encoder's vector under a small network
 *   tuned    the encoder fine-tuned for the task (nlu/tuned.h)
 * Few-shot: where a label has at most 20 examples, its name is one more, in words ("card_arrival", "退货").
 * Cascade [Viola, Jones 2001]: n-grams alone answer where they are sure, the views of the encoder are asked about the other
 * texts. How sure they must be is chosen on rows that the views did not learn from, so that CASCADE_LOSS of the answers
 * at most go wrong that were right.
 * Distillation [Hinton et al. 2015]: a student learns from texts without labels as a teacher, another classifier, labels
 * them, each counting as much as the teacher's likeliest label is ahead of the next. So n-grams alone come near a teacher that needs the encoder.
 * Weights of views and biases are fitted to rows that the views did not learn from. With a reject option the
 * answer may be CLASSIFIER_OOS ("oos"): none of the labels; rows labelled so in training are examples of it.
 *
 * File: "ZYC1", u32 length of the card, the card (JSON: task, labels, views, seed, SHA-256 of the training data,
 * held_out and metrics: how good), blocks of numbers as the card names them, SHA-256 of all that. Little-endian.
 *
 * Same rows, options and kind of machine: same file, bit for bit.
 * Threads: a Classifier may be shared once its encoder is open. Ownership: results are the caller's. Errors:
 * INVALID (one label only), DAMAGED (file), UNAVAILABLE (no encoder).
 */
#pragma once

#include "ml/calibration.h"
#include "ml/vector_memo.h"
#include "nlu/examples.h"

#define CLASSIFIER_OOS "oos"
#define CASCADE_LOSS 0.002

typedef enum { VIEW_GRAMS, VIEW_VECTORS, VIEW_TUNED, N_CLASSIFIER_VIEWS } ClassifierView;

/* What can be left out to see what it is worth: normal forms, kinds of n-grams (both of the view of n-grams alone), names
 * of labels as examples. */
typedef enum { PART_FOLDING, PART_LETTERS, PART_RUNS, PART_LABEL_NAMES } ClassifierPart;

typedef struct Classifier Classifier;

/* stage: "vectors", "fine-tuning", ...; FALSE ends fine-tuning early, which is no error. */
typedef gboolean (*ClassifierProgress)(const char *stage, guint n_done, guint n_all, gpointer data);

typedef struct {
	const char *task;
	guint views;		  /* bits 1 << ClassifierView */
	const char *encoder_path; /* for the views that need it */
	guint without; /* bits 1 << ClassifierPart; then it cannot be written to a file */
	gboolean oos;
	double balance; /* 0: rows count the same, 1: labels do */
	guint32 seed;
	guint n_folds; /* that weights and biases are fitted by; 0: five */
	guint n_tries; /* settings of the n-gram view to choose from, by the same folds; 0: one */
	gboolean measure; /* on rows not learnt from, for the card: "held_out" */
	guint n_threads;
	VectorMemo *
		memo; /* vectors are looked up there, by what is trained, too, while it lives; or NULL */
	gint64 budget_s;	/* for fine-tuning */
	const char *checkpoint; /* of fine-tuning (nlu/tuned.h), or NULL */
	/* Both or neither: learn from texts (char *) as the teacher labels them; its labels are the examples' */
	const Classifier *teacher;
	const GPtrArray *unlabelled;
	ClassifierProgress progress;
	gpointer data;
} ClassifierOptions;

const char *classifier_view_name(ClassifierView view);
/* "grams,tuned" to bits; 0 with INVALID. */
guint classifier_views_parse(const char *names, GError **error);

Classifier *classifier_train(const Examples *examples, const ClassifierOptions *options,
			     GError **error);
void classifier_free(Classifier *classifier);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Classifier, classifier_free)

/* metrics_json: what evaluation found, an object, or NULL. */
GByteArray *classifier_format(const Classifier *classifier, const char *metrics_json);
Classifier *classifier_parse(const guint8 *bytes, gsize n_bytes, GError **error);
Classifier *classifier_open(const char *path, GError **error);

/* Before the first prediction. A classifier of n-grams alone needs none; path may then be NULL. */
gboolean classifier_open_encoder(Classifier *classifier, const char *path, guint n_threads,
				 GError **error);
/* Before that: vectors come from an encoder of path that is open already, borrowed for as long as the classifier
 * lives, so that several share one. One that was fine-tuned opens its own all the same. */
void classifier_lend_encoder(Classifier *classifier, const Encoder *encoder);
/* For the predictions to come; the classifier must then not be shared. */
void classifier_use_memo(Classifier *classifier, VectorMemo *memo);
guint classifier_views(const Classifier *classifier);
const char *classifier_task(const Classifier *classifier);
const GPtrArray *classifier_labels(const Classifier *classifier); /* char *, sorted */
const char *classifier_card(const Classifier *classifier);	  /* JSON */

/* probabilities (n x labels). */
gboolean classifier_predict(const Classifier *classifier, const char *const *texts, gsize n,
			    double *probabilities, GError **error);
/* The same as a cascade. ret_n_asked: of how many texts the encoder was asked. Without n-grams and views of the encoder,
 * both, it is classifier_predict(). */
gboolean classifier_predict_cascade(const Classifier *classifier, const char *const *texts, gsize n,
				    double *probabilities, gsize *ret_n_asked, GError **error);
/* By n-grams alone, without the encoder: sure (n) tells whether classifier_predict_cascade() would leave it at that.
 * FALSE, always, where n-grams cannot answer alone: without them, or with an encoder's view in a file without a cascade. */
gboolean classifier_predict_quick(const Classifier *classifier, const char *const *texts, gsize n,
				  double *probabilities, gboolean *sure);
/* Of one row: the likeliest label, or the number of labels for CLASSIFIER_OOS. */
guint classifier_decide(const Classifier *classifier, const double *probabilities);

/* May it answer CLASSIFIER_OOS? */
gboolean classifier_refuses(const Classifier *classifier);

/* While it is not shared yet: a person said which label the text has. The weights of its n-grams move as far as makes
 * that label the likeliest by a margin, no further [Crammer et al. 2006, "Online passive-aggressive algorithms"]; in a
 * cascade as far as makes n-grams sure of it, so that the encoder is not asked: the person's word stands.
 * Where n-grams cannot answer alone, or the text has no known ones, nothing changes. */
void classifier_learn(Classifier *classifier, const char *text, guint label);

/* A piece of the (normalised) text and how much it spoke for a label. */
typedef struct {
	char *piece;
	double weight;
} ClassifierReason;

void classifier_reason_clear(gpointer reason);
/* GArray of ClassifierReason: the n_most pieces that spoke most for or against the label in the view of n-grams,
 * strongest first; empty without that view. */
GArray *classifier_explain(const Classifier *classifier, const char *text, guint label,
			   guint n_most);
