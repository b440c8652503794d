/*
 * A classifier (nlu/classifier.h) that judges customers' messages: its labels in the words that the server stores.
 * Moods are "positive", "neutral" and "negative", however the training file spelt them (pos, 好评 ...); intents are
 * shown as they are, CLASSIFIER_OOS as "other".
 * Ownership: a Trained owns its classifier; words are its own. Threads: may be shared once it is made. Errors:
 * UNPROCESSABLE (another task, a label that is no such word). Does not judge urgency or language (nlu/judge.h).
 */
#pragma once

#include "nlu/classifier.h"
#include "nlu/reviews.h"

typedef enum { JUDGE_SENTIMENT, JUDGE_INTENT, N_JUDGE_TASKS } JudgeTask;

const char *judge_task_name(JudgeTask task); /* "sentiment", "intent" */
gboolean judge_task_find(const char *name, JudgeTask *ret_task);

typedef struct Trained Trained;

/* classifier: taken, also on failure. sha256: of its file; NULL: it comes with the program, any label goes. */
Trained *trained_new(Classifier *classifier, const char *sha256, GError **error);
void trained_free(Trained *trained);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Trained, trained_free)

const char *trained_sha256(const Trained *trained);
/* While it is not shared yet: opens the encoder's views, where it has such. encoder: one of path that is open, borrowed
 * for as long as trained lives, or NULL. */
gboolean trained_open_encoder(Trained *trained, const char *path, const Encoder *encoder,
			      GError **error);
/* memo: of that encoder's vectors, borrowed, or NULL; trained is for one thread then. */
void trained_use_memo(Trained *trained, VectorMemo *memo);
/* While it is not shared yet: what trained_tell() says of moods is weighed with what reviews say; taken. */
void trained_join_reviews(Trained *trained, Reviews *reviews);
const Reviews *trained_reviews(const Trained *trained); /* NULL: none joined */
gboolean trained_needs_encoder(const Trained *trained);
gboolean trained_knows(const Trained *trained, const char *word);
/* char *, each once; borrowed. */
const GPtrArray *trained_words(const Trained *trained);

typedef struct {
	const char *word;
	double probability;
	double strength; /* of moods, -1 to 1: p (positive) - p (negative) */
} TrainedVerdict;

/* As a cascade (nlu/classifier.h), its encoder being open. FALSE where that fails, which n-grams do not need. */
gboolean trained_tell(const Trained *trained, const char *text, TrainedVerdict *verdict);
/* By n-grams alone; FALSE where it cannot. ret_sure: trained_tell() would say the same. */
gboolean trained_tell_quick(const Trained *trained, const char *text, TrainedVerdict *verdict,
			    gboolean *ret_sure);
/* While it is not shared yet: a person said what the text is. A word that it does not know changes nothing. */
void trained_correct(Trained *trained, const char *text, const char *word);
