/*
 * The trained classifiers of an organisation (nlu/classifier.h): each version kept whole in the store, with its card;
 * which of them judges customers' messages (crm/judging.h), and which stands in shadow: it judges beside the one in
 * use, is shown nowhere, and is counted.
 *
 * A file is parsed strictly before it is kept, and again, with its hash, before it is promoted. A promotion is one
 * row; it is ended by a rollback, after which the one before counts, in the end what comes with the program (nlu/judge.h).
 * So whoever is killed at any moment leaves the old one or the new one.
 * It is refused where labels are no words of the server, where the encoder is needed and missing, and, unless forced,
 * where it is measurably worse than the one in use: the 95 % interval of its accuracy or macro F1, by the cards, lies below the
 * other's; or, on the newest CLASSIFIER_QUALITY_ROWS messages that people corrected, neither having learnt them online, it
 * is right less often (McNemar's test, 5 %).
 *
 * Names: a file's name (of several the newest), TASK@VERSION, or the first digits (8 or more) of its hash.
 * Ownership: as named. Threads: as the Db or Store; classifier_promote() may take seconds: not on event threads.
 * Errors: NOT_FOUND, INVALID, DAMAGED, UNPROCESSABLE, CONFLICT, UNAVAILABLE (no encoder). Limits: CLASSIFIER_MAX_BYTES.
 * Does not train, and does not ask who may.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "nlu/judge.h"
#include "store/store.h"

enum { CLASSIFIER_MAX_BYTES = 48 << 20, CLASSIFIER_QUALITY_ROWS = 500 };

typedef struct {
	char sha256[65];
	char *name;
	JudgeTask task;
	gint64 version, n_bytes, added_at;
	char *card; /* JSON, as in the file */
	/* since when, and who did it; 0 and NULL: not in that place */
	gint64 since[N_JUDGE_PLACES];
	char *by[N_JUDGE_PLACES];
	/* in shadow, now or before: messages, as the one in use said; of those that people looked at, right, and right of
	 * the one in use */
	gint64 n_shadowed, n_agreed, n_reviewed, n_right, n_right_in_use;
} KeptClassifier;

void kept_classifier_clear(KeptClassifier *kept);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KeptClassifier, kept_classifier_clear)

/* Is the file one, by its first bytes? One of names counts, too: it is refused when it is read. */
gboolean classifier_is_file(const char *path);
/* A file that is one, read and parsed. The caller frees bytes. */
gboolean classifier_read(const char *path, GBytes **ret_bytes, GError **error);
/* Inside a write, audited: kept under the next version of its task; again is no error. */
gboolean classifier_add(Db *db, const Principal *actor, const char *name, GBytes *bytes,
			KeptClassifier *ret_kept, GError **error);
gboolean classifier_find(Db *db, const char *org_id, const char *name, KeptClassifier *ret_kept,
			 GError **error);
/* By task, the newest version first. GArray of KeptClassifier. */
GArray *classifier_list(Db *db, const char *org_id, GError **error);
/* Is what is kept still what was added? DAMAGED. */
gboolean classifier_verify(Db *db, const char *org_id, const KeptClassifier *kept, GError **error);
/* Of all organisations: found() for each that is not. */
gboolean classifier_verify_all(Db *db, StoreFound found, gpointer data, GError **error);
/* "in_use", "shadow", "kept". */
const char *kept_classifier_state(const KeptClassifier *kept);
void kept_classifier_write(const KeptClassifier *kept, JsonWriter *w);

typedef struct {
	const char *name;
	JudgePlace place;
	gboolean force;
	const char *encoder_path; /* or NULL */
} Promotion;

/* Audited. What is there already is no error. */
gboolean classifier_promote(Store *store, const Principal *actor, const Promotion *promotion,
			    KeptClassifier *ret_kept, GError **error);
/* Inside a write, audited: the last promotion of the task ends. CONFLICT when there is none. */
gboolean classifier_rollback(Db *db, const Principal *actor, JudgeTask task, JudgePlace place,
			     GError **error);

/* A number that is another one after every promotion and rollback of any organisation. */
gboolean classifier_generation(Db *db, gint64 *ret_generation, GError **error);
/* Those with promotions: char *. */
GPtrArray *classifier_organisations(Db *db, GError **error);
/* What is promoted, each with its place; placed() takes trained, whose encoder is not open. What cannot be read is
 * logged and left out. */
typedef void (*ClassifierPlaced)(JudgeTask task, JudgePlace place, Trained *trained, gpointer data);
gboolean classifier_each_placed(Db *db, const char *org_id, ClassifierPlaced placed, gpointer data,
				GError **error);
