/* The one row of search_renewal is the newest document that is still to come; no row, nothing to do. */
#include "crm/search_renewal.h"

#include "base/error.h"
#include "crm/records.h"
#include "crm/schema.h"
#include "crm/search.h"

enum { STEP_DOCUMENTS = 100 };

typedef struct {
	gboolean (*stopping)(gpointer data);
	gpointer data;
} Renewal;

typedef struct {
	gint64 id;
	char *org_id, *object, *record_id;
} Document;

static void document_clear(gpointer data)
{
	Document *document = data;

	g_free(document->org_id);
	g_free(document->object);
	g_free(document->record_id);
}

static GArray *documents_to_come(Db *db, GError **error)
{
	g_autoptr(GArray) documents = g_array_new(FALSE, FALSE, sizeof(Document));
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, org_id, object, record_id FROM search_documents WHERE id <= (SELECT "
		"max(document) FROM search_renewal) ORDER BY id DESC LIMIT $1",
		error, "i", (gint64)STEP_DOCUMENTS);

	g_array_set_clear_func(documents, document_clear);
	if (!rows)
		return NULL;
	while (db_next(rows, &failed)) {
		Document document = {db_int(rows, 0), g_strdup(db_text(rows, 1)),
				     g_strdup(db_text(rows, 2)), g_strdup(db_text(rows, 3))};

		g_array_append_val(documents, document);
	}
	if (!failed)
		return g_steal_pointer(&documents);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

static gboolean renew_message(Db *db, const Document *document, GError **error)
{
	g_autofree char *body = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT body FROM messages WHERE org_id = $1 AND seq = CAST($2 AS INTEGER)",
		error, "ss", document->org_id, document->record_id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		body = g_strdup(db_text(rows, 0));
	g_clear_pointer(&rows, db_rows_free);
	if (!failed)
		return !body || search_put(db, document->org_id, document->object,
					   document->record_id, body, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* What can not be read any more, of an object that is gone say, stays as it is. */
static gboolean renew_record(Db *db, const Document *document, GError **error)
{
	Principal program = principal_system(document->org_id);
	g_autoptr(GError) failed = NULL;
	const Object *object = schema_object(db, document->org_id, document->object, &failed);

	if ((object && record_index(db, &program, object, document->record_id, &failed)) ||
	    (failed && error_kind(failed)->http_status < 500))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static BulkStep renew_step(Db *db, gpointer data, GError **error)
{
	const Renewal *renewal = data;
	g_autoptr(GArray) documents = documents_to_come(db, error);
	const Document *document = NULL;

	if (!documents)
		return BULK_FAILED;
	for (guint i = 0; i < documents->len; i++) {
		document = &g_array_index(documents, Document, i);
		if (!(g_str_equal(document->object, "messages") ? renew_message : renew_record)(
			    db, document, error))
			return BULK_FAILED;
	}
	if (!(document ? db_run(db, "UPDATE search_renewal SET document = $1", error, "i",
				document->id - 1)
		       : db_run(db, "DELETE FROM search_renewal", error, "")))
		return BULK_FAILED;
	return document && !renewal->stopping(renewal->data) ? BULK_MORE : BULK_DONE;
}

static gboolean is_wanted(Store *store, gboolean *ret_wanted, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows =
		db ? db_query(db, "SELECT document FROM search_renewal", error, "") : NULL;

	if (!rows)
		return FALSE;
	*ret_wanted = db_next(rows, &failed);
	g_clear_pointer(&rows, db_rows_free);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean search_renew(Store *store, gboolean (*stopping)(gpointer data), gpointer data,
		      GError **error)
{
	Renewal renewal = {stopping, data};
	gboolean wanted;

	return is_wanted(store, &wanted, error) &&
	       (!wanted || store_write_bulk(store, renew_step, &renewal, error));
}
