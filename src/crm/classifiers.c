/* Everything that is asked of the register is one statement; what stands in which place is found by CURRENT. */
#include "crm/classifiers.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "crm/audit.h"
#include "crm/classifiers_private.h"

enum { HASH_MIN = 8 };

void kept_classifier_clear(KeptClassifier *kept)
{
	g_free(kept->name);
	g_free(kept->card);
	for (int p = 0; p < N_JUDGE_PLACES; p++)
		g_free(kept->by[p]);
	memset(kept, 0, sizeof *kept);
}

/* ---- files --------------------------------------------------------------------------------------- */

/* Of names (nlu/entities.h), which is refused by its name and not as any file. */
static gboolean is_tagger(const char *bytes, gsize n)
{
	return n >= 4 && memcmp(bytes, "ZYN1", 4) == 0;
}

static void refuse_task(const char *task, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
		    "it was trained for %s: only sentiment and intent are judged here", task);
}

gboolean classifier_is_file(const char *path)
{
	char magic[4] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean is = fd >= 0 && read(fd, magic, sizeof magic) == sizeof magic &&
		      (memcmp(magic, "ZYC1", sizeof magic) == 0 || is_tagger(magic, sizeof magic));

	if (fd >= 0)
		close(fd);
	return is;
}

gboolean classifier_read(const char *path, GBytes **ret_bytes, GError **error)
{
	g_autoptr(Classifier) classifier = NULL;
	g_autofree char *bytes = NULL;
	struct stat status;
	gsize n;

	if (stat(path, &status) == 0 && status.st_size > CLASSIFIER_MAX_BYTES) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "%s: a classifier has at most %d MiB", path,
			    CLASSIFIER_MAX_BYTES >> 20);
		return FALSE;
	}
	if (!g_file_get_contents(path, &bytes, &n, error))
		return FALSE;
	if (is_tagger(bytes, n))
		refuse_task("ner", error);
	else
		classifier = classifier_parse((const guint8 *)bytes, n, error);
	if (!classifier) {
		g_prefix_error(error, "%s: ", path);
		return FALSE;
	}
	*ret_bytes = g_bytes_new_take(g_steal_pointer(&bytes), n);
	return TRUE;
}

/* ---- reading ------------------------------------------------------------------------------------- */

/* p: promotions that count. */
#define CURRENT(p, place)                                                                      \
	p ".org_id = c.org_id AND " p ".sha256 = c.sha256 AND " p ".shadow = " place " AND " p \
	  ".id = (SELECT max(q.id) FROM classifier_promotions q WHERE q.org_id = "             \
	  "c.org_id AND q.task = c.task AND q.shadow = " place " AND q.ended_at IS NULL)"
#define KEPT                                                                                \
	"SELECT c.sha256, c.name, c.task, c.version, c.n_bytes, c.added_at, c.card, u.at, " \
	"u.by_name, s.at, s.by_name FROM classifiers c LEFT JOIN classifier_promotions u "  \
	"ON " CURRENT("u", "0") " LEFT JOIN classifier_promotions s ON " CURRENT(           \
		"s", "1") " WHERE c.org_id = $1"

static void take_row(DbRows *rows, KeptClassifier *kept)
{
	*kept = (KeptClassifier){.name = g_strdup(db_text(rows, 1)),
				 .version = db_int(rows, 3),
				 .n_bytes = db_int(rows, 4),
				 .added_at = db_int(rows, 5),
				 .card = g_strdup(db_text(rows, 6)),
				 .since = {db_int(rows, 7), db_int(rows, 9)},
				 .by = {g_strdup(db_text(rows, 8)), g_strdup(db_text(rows, 10))}};
	g_strlcpy(kept->sha256, db_text(rows, 0), sizeof kept->sha256);
	judge_task_find(db_text(rows, 2), &kept->task);
}

/* What the one in use said, the word that a person gave, and what the one in shadow said. */
static gboolean count_shadow(Db *db, const char *org_id, KeptClassifier *kept, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT count(*), count(CASE WHEN word = told THEN 1 END), count(corrected), "
		"count(CASE WHEN word = corrected THEN 1 END), count(CASE WHEN told = corrected "
		"THEN 1 END) FROM (SELECT s.word, CASE WHEN s.task = 'sentiment' THEN j.mood ELSE "
		"j.intent END AS told, CASE WHEN s.task = 'sentiment' THEN j.corrected_mood ELSE "
		"j.corrected_intent END AS corrected FROM message_shadows s JOIN "
		"message_judgements j ON j.message_seq = s.message_seq WHERE s.org_id = $1 AND "
		"s.task = $2 AND s.sha256 = $3) AS shadowed",
		error, "sss", org_id, judge_task_name(kept->task), kept->sha256);

	if (!rows || !db_next(rows, error))
		return FALSE;
	kept->n_shadowed = db_int(rows, 0);
	kept->n_agreed = db_int(rows, 1);
	kept->n_reviewed = db_int(rows, 2);
	kept->n_right = db_int(rows, 3);
	kept->n_right_in_use = db_int(rows, 4);
	return TRUE;
}

GArray *classifier_list(Db *db, const char *org_id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(KeptClassifier));
	g_autoptr(DbRows) rows =
		db_query(db, KEPT " ORDER BY c.task DESC, c.version DESC", error, "s", org_id);

	if (!rows)
		return NULL;
	g_array_set_clear_func(all, (GDestroyNotify)kept_classifier_clear);
	while (db_next(rows, &failed)) {
		KeptClassifier kept;

		take_row(rows, &kept);
		g_array_append_val(all, kept);
	}
	for (guint i = 0; !failed && i < all->len; i++)
		count_shadow(db, org_id, &g_array_index(all, KeptClassifier, i), &failed);
	if (!failed)
		return g_steal_pointer(&all);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

gboolean classifier_find(Db *db, const char *org_id, const char *name, KeptClassifier *ret_kept,
			 GError **error)
{
	g_autoptr(GError) failed = NULL;
	gboolean is_hash = strlen(name) >= HASH_MIN && strlen(name) <= 64 &&
			   strspn(name, "0123456789abcdef") == strlen(name);
	g_autofree char *prefix = is_hash ? g_strconcat(name, "%", NULL) : NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		KEPT " AND (c.name = $2 OR c.task || '@' || CAST (c.version AS TEXT) = $2 OR "
		     "c.sha256 LIKE CAST ($3 AS TEXT)) ORDER BY c.added_at DESC, c.version DESC "
		     "LIMIT 1",
		error, "sss", org_id, name, prefix);

	memset(ret_kept, 0, sizeof *ret_kept);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		take_row(rows, ret_kept);
		return count_shadow(db, org_id, ret_kept, error);
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "no registered classifier is called '%s' (zhiyin model list)", name);
	return FALSE;
}

static GBytes *file_of(Db *db, const char *org_id, const char *sha256, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT file FROM classifiers WHERE org_id = $1 AND sha256 = $2",
			 error, "ss", org_id, sha256);
	g_autofree char *sum = NULL;

	if (!rows)
		return NULL;
	if (db_next(rows, &failed))
		sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, db_blob(rows, 0),
						  db_length(rows, 0));
	if (sum && g_str_equal(sum, sha256))
		return g_bytes_new(db_blob(rows, 0), db_length(rows, 0));
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the classifier %.12s is not what was registered", sha256);
	return NULL;
}

gboolean classifier_verify(Db *db, const char *org_id, const KeptClassifier *kept, GError **error)
{
	g_autoptr(GBytes) bytes = file_of(db, org_id, kept->sha256, error);

	return bytes != NULL;
}

static gboolean verify_of(Db *db, const char *org_id, StoreFound found, gpointer data,
			  GError **error)
{
	g_autoptr(GArray) all = classifier_list(db, org_id, error);

	for (guint i = 0; all && i < all->len; i++) {
		g_autoptr(GError) fault = NULL;

		if (!classifier_verify(db, org_id, &g_array_index(all, KeptClassifier, i), &fault))
			found(fault->message, data);
	}
	return all != NULL;
}

gboolean classifier_verify_all(Db *db, StoreFound found, gpointer data, GError **error)
{
	g_autoptr(GPtrArray) ids =
		db_texts(db, "SELECT DISTINCT org_id FROM classifiers", error, "");

	for (guint i = 0; ids && i < ids->len; i++)
		if (!verify_of(db, ids->pdata[i], found, data, error))
			return FALSE;
	return ids != NULL;
}

GPtrArray *classifier_organisations(Db *db, GError **error)
{
	return db_texts(db,
			"SELECT DISTINCT org_id FROM classifier_promotions WHERE ended_at IS NULL",
			error, "");
}

gboolean classifier_generation(Db *db, gint64 *ret_generation, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT count(*) + count(ended_at) FROM classifier_promotions", error, "");

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_generation = db_int(rows, 0);
	return TRUE;
}

/* ---- using --------------------------------------------------------------------------------------- */

Trained *kept_classifier_open(Db *db, const char *org_id, const char *sha256, GError **error)
{
	g_autoptr(GBytes) bytes = file_of(db, org_id, sha256, error);
	g_autoptr(Classifier) classifier = NULL;

	if (!bytes)
		return NULL;
	classifier =
		classifier_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
	if (!classifier)
		return NULL;
	return trained_new(g_steal_pointer(&classifier), sha256, error);
}

gboolean classifier_each_placed(Db *db, const char *org_id, ClassifierPlaced placed, gpointer data,
				GError **error)
{
	g_autoptr(GArray) all = classifier_list(db, org_id, error);

	for (guint i = 0; all && i < all->len; i++) {
		const KeptClassifier *kept = &g_array_index(all, KeptClassifier, i);

		for (JudgePlace place = 0; place < N_JUDGE_PLACES; place++) {
			g_autoptr(GError) fault = NULL;
			Trained *trained;

			if (!kept->since[place])
				continue;
			trained = kept_classifier_open(db, org_id, kept->sha256, &fault);
			if (trained)
				placed(kept->task, place, trained, data);
			else
				log_event(LOG_WARNING, "classifier_not_used", "sha256", 's',
					  kept->sha256, "error", 'e', fault, NULL);
		}
	}
	return all != NULL;
}

/* ---- adding -------------------------------------------------------------------------------------- */

static gboolean is_kept(Db *db, const char *org_id, const char *sha256, gboolean *ret_is,
			GError **error)
{
	return db_exists(db, "SELECT 1 FROM classifiers WHERE org_id = $1 AND sha256 = $2", ret_is,
			 error, "ss", org_id, sha256);
}

static gboolean insert(Db *db, const Principal *actor, const char *name, const char *sha256,
		       const Classifier *classifier, GBytes *bytes, GError **error)
{
	gsize n;
	const void *file = g_bytes_get_data(bytes, &n);

	return db_run(
		db,
		"INSERT INTO classifiers (org_id, sha256, name, task, version, card, n_bytes, "
		"file, added_at) SELECT $1, $2, $3, $4, coalesce(max(version), 0) + 1, $5, "
		"$6, $7, $8 FROM classifiers WHERE org_id = $1 AND task = $4",
		error, "sssssibi", actor->org_id, sha256, name, classifier_task(classifier),
		classifier_card(classifier), (gint64)n, file, n, clock_now_ms());
}

gboolean classifier_audit(Db *db, const Principal *actor, const char *action,
			  const KeptClassifier *kept, gboolean forced, GError **error)
{
	g_autoptr(GString) detail = g_string_new(NULL);
	JsonWriter w = json_writer(detail);

	json_object_begin(&w, NULL);
	json_put_string(&w, "name", kept->name);
	json_put_string(&w, "task", judge_task_name(kept->task));
	json_put_int(&w, "version", kept->version);
	if (forced)
		json_put_bool(&w, "forced", TRUE);
	json_object_end(&w);
	return audit_add(db, actor, action, "classifiers", kept->sha256, detail->str, error);
}

gboolean classifier_add(Db *db, const Principal *actor, const char *name, GBytes *bytes,
			KeptClassifier *ret_kept, GError **error)
{
	g_autofree char *sha256 = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
	g_autoptr(Classifier) classifier =
		classifier_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
	gboolean again;
	JudgeTask task;

	if (!classifier || !is_kept(db, actor->org_id, sha256, &again, error))
		return FALSE;
	if (!judge_task_find(classifier_task(classifier), &task)) {
		refuse_task(classifier_task(classifier), error);
		return FALSE;
	}
	if (!again && !insert(db, actor, name, sha256, classifier, bytes, error))
		return FALSE;
	return classifier_find(db, actor->org_id, sha256, ret_kept, error) &&
	       (again || classifier_audit(db, actor, "add", ret_kept, FALSE, error));
}

/* ---- as JSON ------------------------------------------------------------------------------------- */

const char *kept_classifier_state(const KeptClassifier *kept)
{
	return kept->since[JUDGE_IN_USE] ? "in_use" : kept->since[JUDGE_SHADOW] ? "shadow" : "kept";
}

void kept_classifier_write(const KeptClassifier *kept, JsonWriter *w)
{
	JudgePlace place = kept->since[JUDGE_IN_USE] ? JUDGE_IN_USE : JUDGE_SHADOW;

	json_object_begin(w, NULL);
	json_put_string(w, "name", kept->name);
	json_put_string(w, "kind", "classifier");
	json_put_string(w, "task", judge_task_name(kept->task));
	json_put_int(w, "version", kept->version);
	json_put_string(w, "state", kept_classifier_state(kept));
	json_put_time(w, "since", kept->since[place]);
	json_put_string(w, "by", kept->by[place]);
	json_put_string(w, "sha256", kept->sha256);
	json_put_int(w, "bytes", kept->n_bytes);
	json_put_time(w, "added_at", kept->added_at);
	json_put_raw(w, "card", kept->card);
	json_object_begin(w, "shadowed");
	json_put_int(w, "messages", kept->n_shadowed);
	json_put_int(w, "agreed", kept->n_agreed);
	json_put_int(w, "reviewed", kept->n_reviewed);
	json_put_int(w, "right", kept->n_right);
	json_put_int(w, "right_in_use", kept->n_right_in_use);
	json_object_end(w);
	json_object_end(w);
}
