/* Imports as jobs of the worker. */
#include "crm/import_work.h"

#include "base/error.h"
#include "base/json.h"
#include "crm/import_job.h"
#include "crm/roles.h"

/* Who started it, with the rights that one has now. */
static gboolean read_actor(Db *db, const char *org_id, const char *id, Principal *ret_actor,
			   GError **error)
{
	static const PrincipalKind person_kinds[] = {PRINCIPAL_USER, PRINCIPAL_KEY};
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT actor_kind, actor_id FROM imports WHERE org_id = $1 AND id = $2", error,
		"ss", org_id, id);

	*ret_actor = principal_system(org_id);
	if (!rows || !db_next(rows, error))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(person_kinds); i++) {
		Principal person = {.kind = person_kinds[i]};

		if (!g_str_equal(principal_kind_name(&person), db_text(rows, 0)))
			continue;
		ret_actor->kind = person_kinds[i];
		g_strlcpy(ret_actor->id, db_text(rows, 1) ? db_text(rows, 1) : "",
			  sizeof(ret_actor->id));
		return access_load(db, ret_actor, error);
	}
	return TRUE;
}

static gboolean goes_on(gint64 n_done, gint64 n_rows, gpointer job, GError **error)
{
	(void)n_done;
	(void)n_rows;
	return job_go_on(job, error);
}

typedef struct {
	const ImportJob *job;
	const char *trouble;
} Failure;

static gboolean note_failure(Db *db, gpointer data, GError **error)
{
	const Failure *failure = data;

	return import_job_set_state(db, failure->job, "queued|running|reverting", "failed",
				    failure->trouble, error);
}

/* What will be the same at every attempt ends the import; it can be taken back. */
static gboolean settle(const Imports *imports, const char *id, const GError *failed, GError **error)
{
	g_autoptr(ImportJob) job = import_job_read(imports, id, error);
	Failure failure = {job, failed->message};

	return job && store_write(imports->store, note_failure, &failure, error) &&
	       import_drop_file(imports, job->file_hash, error);
}

gboolean import_work(Store *store, const char *data, Job *job, gboolean revert, GError **error)
{
	g_autoptr(json_t) payload = json_loads(job_payload(job), 0, NULL);
	const char *id = json_member_string(payload, "id");
	g_auto(Principal) actor = {.kind = PRINCIPAL_NOBODY};
	Imports imports = {store, data, &actor};
	g_autoptr(GError) failed = NULL;
	g_autoptr(Db) db = db_begin_read(store, error);
	gboolean ok;

	if (!id || !db || !read_actor(db, job_org_id(job), id, &actor, error))
		return db != NULL && !(error && *error); /* the import is gone: nothing to do */
	g_clear_pointer(&db, db_free);
	ok = revert ? import_revert(&imports, id, goes_on, job, &failed)
		    : import_run(&imports, id, goes_on, job, &failed);
	if (ok || error_kind(failed)->http_status < 500)
		return ok || g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT) ||
		       settle(&imports, id, failed, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
