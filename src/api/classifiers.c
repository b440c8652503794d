/* Which trained classifiers judge messages, for administrators: the kept versions, promotion, the way back. Files
 * come by `zhiyin model add`. */
#include "api/api.h"
#include "base/error.h"
#include "crm/classifiers.h"
#include "crm/judging.h"
#include "llm/models.h"

static gboolean write_list(Db *db, const char *org_id, GString *out, GError **error)
{
	g_autoptr(GArray) all = classifier_list(db, org_id, error);
	JsonWriter w = json_writer(out);

	if (!all)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	for (guint i = 0; i < all->len; i++)
		kept_classifier_write(&g_array_index(all, KeptClassifier, i), &w);
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

static gboolean classifiers_get(ApiCall *call, GError **error)
{
	return write_list(call->db, call->principal.org_id, call->out, error);
}

/* Answers with what is the case from now on; the judge is told. */
static gboolean answer_now(ApiCall *call, GError **error)
{
	g_autoptr(Db) db = db_begin_read(call->api->store, error);

	if (call->api->judging)
		judging_nudge(call->api->judging);
	return db && write_list(db, call->principal.org_id, call->out, error);
}

static gboolean take_place(ApiCall *call, JudgePlace *ret_place, GError **error)
{
	gboolean shadow, ok = call_bool(call, "shadow", &shadow, error);

	*ret_place = shadow ? JUDGE_SHADOW : JUDGE_IN_USE;
	return ok;
}

static gboolean promote_post(ApiCall *call, GError **error)
{
	g_autofree char *encoder = models_encoder_path(call->api->config);
	g_auto(KeptClassifier) kept = {0};
	Promotion promotion = {.name = call_id(call), .encoder_path = encoder};

	return take_place(call, &promotion.place, error) &&
	       call_bool(call, "force", &promotion.force, error) &&
	       classifier_promote(call->api->store, &call->principal, &promotion, &kept, error) &&
	       answer_now(call, error);
}

typedef struct {
	const Principal *actor;
	JudgeTask task;
	JudgePlace place;
} Rollback;

static gboolean store_rollback(Db *db, gpointer data, GError **error)
{
	const Rollback *rollback = data;

	return classifier_rollback(db, rollback->actor, rollback->task, rollback->place, error);
}

static gboolean rollback_post(ApiCall *call, GError **error)
{
	Rollback rollback = {.actor = &call->principal};
	const char *task;

	if (!take_place(call, &rollback.place, error) || !call_string(call, "task", &task, error))
		return FALSE;
	if (!judge_task_find(task, &rollback.task)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
				    "task must be sentiment or intent");
		return FALSE;
	}
	return store_write(call->api->store, store_rollback, &rollback, error) &&
	       answer_now(call, error);
}

const HttpRoute classifier_routes[] = {
	{"GET", "/api/v1/classifiers", "classifier_list",
	 "The trained classifiers of messages, their cards, and which of them judge", "admin",
	 API_READ, 0, NULL, "ClassifierList", 200, NULL, classifiers_get, NULL},
	{"POST", "/api/v1/classifiers/rollback", "classifier_rollback",
	 "Return to the classifier that was in use before, or end the shadow", "admin", API_SLOW,
	 4096, "ClassifierRollback", "ClassifierList", 200, NULL, rollback_post, NULL},
	{"POST", "/api/v1/classifiers/{id}/promote", "classifier_promote",
	 "Let the classifier with this hash judge messages, or judge in shadow", "admin", API_SLOW,
	 4096, "ClassifierPromotion", "ClassifierList", 200, NULL, promote_post, NULL},
};
const gsize n_classifier_routes = G_N_ELEMENTS(classifier_routes);
