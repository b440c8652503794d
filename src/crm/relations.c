/* Walks the declarations of the organisation for references to an object. */
#include "crm/relations.h"

#include <string.h>

#include "base/error.h"
#include "crm/attachments.h"
#include "crm/audit.h"
#include "crm/record_sql.h"
#include "crm/schema.h"
#include "crm/search.h"

/* ---- targets -------------------------------------------------------------------------------------------------- */

/* For the principal: what it may not read is not there. */
static gboolean target_exists(Db *db, const Principal *principal, const char *target,
			      const char *id, gboolean *ret_exists, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	const Object *object = NULL;

	if (g_str_equal(target, "users")) {
		rows = db_query(db, "SELECT 1 FROM users WHERE org_id = $1 AND id = $2", error,
				"ss", principal->org_id, id);
	} else {
		object = schema_object(db, principal->org_id, target, error);
		if (!object)
			return FALSE;
		rows = db_query(db, object_sql(object)->get, error, "ss", principal->org_id, id);
	}
	if (!rows)
		return FALSE;
	*ret_exists = db_next(rows, &failed) &&
		      (db_n_columns(rows) == 1 || db_is_null(rows, COLUMN_DELETED));
	if (!failed)
		return !object || !*ret_exists ||
		       access_reaches(db, principal, object, ACCESS_READ, id, ret_exists, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static const json_t *reference_value(const Object *object, const Field *field,
				     const json_t *document)
{
	gboolean inside = field->flags & FIELD_CUSTOM && !(object->flags & OBJECT_INVENTED);

	return json_object_get(inside ? json_object_get(document, "custom") : document,
			       field->name);
}

static gboolean check_reference(Db *db, const Principal *principal, const Object *object,
				const Field *field, const json_t *before, const json_t *after,
				GPtrArray *faults, GError **failed, GError **error)
{
	const char *id = json_string_value(reference_value(object, field, after));
	const char *old = json_string_value(reference_value(object, field, before));
	g_autofree char *message = NULL;
	gboolean exists;

	if (!id || !*id || !field->target || g_strcmp0(id, old) == 0)
		return TRUE;
	if (!target_exists(db, principal, field->target, id, &exists, error))
		return FALSE;
	message = g_strdup_printf("names none of the %s", field->target);
	if (!exists)
		field_fault(faults, failed, ZHIYIN_ERROR_UNPROCESSABLE, field->name, message);
	return TRUE;
}

/* A value of type file names an attachment of the organisation. */
static gboolean check_file(Db *db, const Principal *principal, const Object *object,
			   const Field *field, const json_t *after, GPtrArray *faults,
			   GError **failed, GError **error)
{
	const char *id = json_string_value(reference_value(object, field, after));
	gboolean exists = TRUE;

	if (id && *id && !attachment_exists(db, principal->org_id, id, &exists, error))
		return FALSE;
	if (!exists)
		field_fault(faults, failed, ZHIYIN_ERROR_UNPROCESSABLE, field->name,
			    "names none of the attachments");
	return TRUE;
}

gboolean relations_check(Db *db, const Principal *principal, const Object *object,
			 const json_t *before, const json_t *after, GPtrArray *faults,
			 GError **error)
{
	g_autoptr(GError) failed = NULL;

	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];

		if ((field->type == FIELD_REFERENCE &&
		     !check_reference(db, principal, object, field, before, after, faults, &failed,
				      error)) ||
		    (field->type == FIELD_FILE &&
		     !check_file(db, principal, object, field, after, faults, &failed, error)))
			return FALSE;
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- those that refer ----------------------------------------------------------------------------------------- */

typedef struct {
	Db *db;
	const Principal *principal;
	const char *id;
	gint64 at;
	gboolean *any; /* of relations_any() */
} Gone;

typedef gboolean (*EachReference)(const Gone *gone, const Object *object, const Field *field,
				  GError **error);

/* Columns only: a reference inside custom has no rule and simply names nothing any more. */
static gboolean each_reference(const Gone *gone, const char *target, EachReference each,
			       GError **error)
{
	g_autoptr(GPtrArray) objects = schema_objects(gone->db, gone->principal->org_id, error);

	for (guint i = 0; objects && i < objects->len; i++) {
		const Object *object = objects->pdata[i];

		for (gsize k = 0; k < object->n_fields; k++) {
			const Field *field = &object->fields[k];

			if (field->type == FIELD_REFERENCE && field_is_column(field) &&
			    g_strcmp0(field->target, target) == 0 &&
			    !each(gone, object, field, error))
				return FALSE;
		}
	}
	return objects != NULL;
}

static gboolean count_one(const Gone *gone, const Object *object, const Field *field, gint64 *ret_n,
			  GError **error)
{
	g_autofree char *text = g_strdup_printf(
		"SELECT count(*) FROM %s t WHERE %s%s AND t.%s = $2", object_table(object),
		object_sql(object)->where, object_sql(object)->live, field->name);
	g_autoptr(DbRows) rows =
		db_query(gone->db, text, error, "ss", gone->principal->org_id, gone->id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_n = db_int(rows, 0);
	return TRUE;
}

static gboolean restrict_one(const Gone *gone, const Object *object, const Field *field,
			     GError **error)
{
	gint64 n;

	if (field->on_delete != DELETE_RESTRICT)
		return TRUE;
	if (!count_one(gone, object, field, &n, error))
		return FALSE;
	if (!n)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
		    "%" G_GINT64_FORMAT " of the %s still refer to it", n, object->plural);
	return FALSE;
}

static gboolean any_one(const Gone *gone, const Object *object, const Field *field, GError **error)
{
	gint64 n = 0;

	if (!*gone->any && !count_one(gone, object, field, &n, error))
		return FALSE;
	*gone->any |= n > 0;
	return TRUE;
}

/* Ids first, changes afterwards: rows are not changed under a query that walks them. */
static GPtrArray *ids_of(const Gone *gone, const Object *object, const Field *field,
			 const char *condition, GError **error)
{
	g_autofree char *text = g_strdup_printf("SELECT t.id FROM %s t WHERE %s AND t.%s = $2 AND "
						"%s",
						object_table(object), object_sql(object)->where,
						field->name, condition);

	return db_texts(gone->db, text, error, "ssi", gone->principal->org_id, gone->id, gone->at);
}

static gboolean mark(const Gone *gone, const Object *object, const char *id, gboolean deleted,
		     GError **error)
{
	g_autofree char *text = g_strdup_printf(
		"UPDATE %s AS t SET deleted_at = CASE WHEN $4 = 1 THEN $3 END, updated_at = $3, "
		"version = version + 1 WHERE %s AND t.id = $2",
		object_table(object), object_sql(object)->where);

	return db_run(gone->db, text, error, "ssii", gone->principal->org_id, id, gone->at,
		      (gint64)deleted) &&
	       audit_add(gone->db, gone->principal, deleted ? "delete" : "restore", object->plural,
			 id, NULL, error);
}

static gboolean cascade_one(const Gone *gone, const Object *object, const Field *field,
			    GError **error)
{
	g_autoptr(GPtrArray) ids = NULL;

	if (field->on_delete != DELETE_CASCADE)
		return TRUE;
	ids = ids_of(gone, object, field,
		     "t.deleted_at IS NULL AND CAST ($3 AS BIGINT) IS NOT NULL", error);
	for (guint i = 0; ids && i < ids->len; i++)
		if (!mark(gone, object, ids->pdata[i], TRUE, error))
			return FALSE;
	return ids != NULL;
}

static gboolean uncascade_one(const Gone *gone, const Object *object, const Field *field,
			      GError **error)
{
	g_autoptr(GPtrArray) ids = NULL;

	if (field->on_delete != DELETE_CASCADE)
		return TRUE;
	ids = ids_of(gone, object, field, "t.deleted_at = $3", error);
	for (guint i = 0; ids && i < ids->len; i++)
		if (!mark(gone, object, ids->pdata[i], FALSE, error))
			return FALSE;
	return ids != NULL;
}

static gboolean empty_one(const Gone *gone, const Object *object, const Field *field,
			  GError **error)
{
	g_autofree char *text = NULL;

	if (field->flags & FIELD_REQUIRED)
		return TRUE; /* goes by its own rule */
	text = g_strdup_printf("UPDATE %s AS t SET %s = NULL WHERE %s AND t.%s = $2",
			       object_table(object), field->name, object_sql(object)->where,
			       field->name);
	return db_run(gone->db, text, error, "ss", gone->principal->org_id, gone->id);
}

gboolean relations_delete(Db *db, const Principal *principal, const Object *object, const char *id,
			  gint64 at, GError **error)
{
	Gone gone = {db, principal, id, at, NULL};

	return each_reference(&gone, object->plural, restrict_one, error) &&
	       each_reference(&gone, object->plural, cascade_one, error);
}

gboolean relations_restore(Db *db, const Principal *principal, const Object *object, const char *id,
			   gint64 at, GError **error)
{
	Gone gone = {db, principal, id, at, NULL};

	return each_reference(&gone, object->plural, uncascade_one, error);
}

gboolean relations_purge(Db *db, const Principal *principal, const Object *object, const char *id,
			 GError **error)
{
	Gone gone = {db, principal, id, 0, NULL};

	return each_reference(&gone, object->plural, empty_one, error) &&
	       db_run(db,
		      "DELETE FROM attachments WHERE org_id = $1 AND object = $2 AND record_id = "
		      "$3",
		      error, "sss", principal->org_id, object->plural, id);
}

gboolean relations_any(Db *db, const Principal *principal, const Object *object, const char *id,
		       gboolean *ret_any, GError **error)
{
	Gone gone = {db, principal, id, 0, ret_any};

	*ret_any = FALSE;
	return each_reference(&gone, object->plural, any_one, error);
}
