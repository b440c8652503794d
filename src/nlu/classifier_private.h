/* What a classifier is made of, shared by its training (classifier_train.c), use (classifier.c) and file
 * (classifier_file.c). Private to them. */
#pragma once

#include "ml/adapter.h"
#include "ml/encoder.h"
#include "ml/head.h"
#include "ml/linear.h"
#include "ml/features.h"
#include "nlu/classifier.h"

struct Classifier {
	char *task;
	guint views, without; /* without: bits 1 << ClassifierPart; 0 in a file */
	GPtrArray *labels;
	/* view of n-grams */
	FeatureTable *features;
	Linear *linear;
	/* views of the encoder */
	Head *head, *tuned_head;
	GByteArray *adapter; /* file of ml/adapter.h */
	Encoder *encoder, *tuned_encoder;
	const Encoder *lent;	  /* borrowed, instead of encoder; or NULL */
	VectorMemo *memo;	  /* borrowed, or NULL */
	Calibration *calibration; /* of the views that there are, in their order */
	Calibration *quick;	  /* of n-grams alone, for the cascade; NULL: there is none */
	double sure;		  /* the probability from which the quick answer stands */
	gboolean oos;
	int oos_label; /* the label that stands for none of the others, or -1 */
	double threshold;
	/* for the card */
	guint32 seed;
	double cost; /* of the n-gram view's machine, as chosen */
	guint n_rows;
	guint n_unlabelled;
	char *teacher_sha256; /* of what the teacher learnt from, or NULL */
	char *data_sha256;
	char *held_out; /* JSON, after training */
	char *card;
	guint n_threads;
};

/* What it learns from: the examples, then the names of labels that have few of them, then the texts without labels, as
 * the teacher labels them. It has seen the labels of all examples, so that the calibration of a student, by folds of
 * the examples, is a little too sure. */
typedef struct {
	GPtrArray *texts; /* char *, borrowed from examples, names and options */
	GArray *classes;  /* guint, of the examples' labels */
	GArray *weights; /* float: how much a row counts to the view of n-grams; the others take all alike */
	GPtrArray *names; /* private */
} TrainingRows;

/* Labels of texts are told under the stage "teacher". Fails with INVALID where the teacher has other labels. */
gboolean training_rows_make(TrainingRows *rows, const Examples *examples,
			    const ClassifierOptions *options, GError **error);
void training_rows_clear(TrainingRows *rows);

guint classifier_n_views(const Classifier *classifier);
/* margins (n x n_views x labels) of the views. */
gboolean classifier_margins(const Classifier *classifier, const char *const *texts, gsize n,
			    float *margins, GError **error);
/* How sure it is that the text belongs to a label in scope: what the threshold is for. */
double classifier_in_scope(const Classifier *classifier, const double *probabilities);
/* The keys of a text's n-grams are appended. */
void classifier_keys(const Classifier *classifier, const char *text, GArray *keys);
