/*
 * Records of declared objects: create, read, list, change, delete, restore; each write with audit
 * row and search text in the same transaction. SQL is built once per object from its declaration;
 * values are always bound. Every function takes the principal and works in its organisation only.
 * Errors: NOT_FOUND, INVALID (unknown field), UNPROCESSABLE (a value breaks its rule), PRECONDITION
 * (If-Match). Faults of single fields are also appended to faults as pairs (path, message); faults
 * may be NULL.
 */
#pragma once

#include "crm/access.h"
#include "crm/objects.h"
#include "store/store.h"

/* A list of pairs (path, message), NULL-terminated by field_faults_end; free with
 * g_ptr_array_unref. */
GPtrArray *field_faults_new(void);

enum { RECORD_MAX_PAGE = 1000 };

typedef struct {
	const char *q; /* search text or NULL */
	int page_size; /* 1..RECORD_MAX_PAGE */
	const char *page_token;
	/* value of a FIELD_FILTER field by its name, or NULL */
	const char *(*filter)(const char *field, gpointer data);
	gpointer filter_data;
} RecordQuery;

/* Inside a write. fields is a JSON object. ret_id gets the new id. */
gboolean record_create(Db *db, const Principal *principal, const Object *object, json_t *fields,
		       char ret_id[37], GPtrArray *faults, GError **error);
/* JSON merge patch (RFC 7396). if_match: an ETag or NULL. */
gboolean record_patch(Db *db, const Principal *principal, const Object *object, const char *id,
		      json_t *patch, const char *if_match, GPtrArray *faults, GError **error);
/* Soft: the record stays for restore. */
gboolean record_delete(Db *db, const Principal *principal, const Object *object, const char *id,
		       const char *if_match, GError **error);
gboolean record_restore(Db *db, const Principal *principal, const Object *object, const char *id,
			GError **error);

/* Appends the record's JSON. ret_version may be NULL. */
gboolean record_get(Db *db, const Principal *principal, const Object *object, const char *id,
		    GString *out, gint64 *ret_version, GError **error);
/* Appends {"items":[...],"next_page_token":...}: newest first. */
gboolean record_list(Db *db, const Principal *principal, const Object *object,
		     const RecordQuery *query, GString *out, GError **error);
/* Calls each(rows) for every live record, oldest first; columns: id, the fields in order,
 * created_at, updated_at. */
typedef gboolean (*RecordEach)(DbRows *rows, gpointer data, GError **error);
gboolean record_each(Db *db, const Principal *principal, const Object *object, RecordEach each,
		     gpointer data, GError **error);
