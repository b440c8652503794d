/*
 * Records of declared objects: create, read, list, change, delete, restore, purge; each write with
 * audit row, search text, index keys and the rules of its relations in the same transaction. Every
 * function takes the principal, works in its organisation only, and does what crm/access.h lets it do:
 * a record that it may not read is NOT_FOUND, what it may not do with it FORBIDDEN, a field that it may
 * not know is none.
 *
 * Errors: NOT_FOUND, INVALID (unknown field, a filter that is none), UNPROCESSABLE (a value breaks
 * its rule), CONFLICT (a unique value is in use, other records refer to this one), PRECONDITION
 * (If-Match), METHOD (rows of a log do not change). Faults of single fields are also appended to
 * faults as pairs (path, message); faults may be NULL.
 */
#pragma once

#include "crm/access.h"
#include "crm/objects.h"
#include "crm/record_view.h"
#include "store/store.h"

/* A list of pairs (path, message); free with g_ptr_array_unref. */
GPtrArray *field_faults_new(void);

enum { RECORD_MAX_PAGE = 1000, RECORD_MAX_BULK = 1000 };

typedef struct {
	const char *q;	      /* search text or NULL */
	const char *filter;   /* crm/filter.h, or NULL */
	const char *order_by; /* or NULL: newest first */
	int page_size;	      /* 1..RECORD_MAX_PAGE */
	const char *page_token;
	const RecordView *view; /* or NULL */
	gboolean deleted;	/* those that can be restored instead */
	gboolean total;		/* how many there are in all: exact up to 10,000 */
} RecordQuery;

/* Inside a write. fields is a JSON object, completed by defaults. ret_id gets the new id; of a log
 * whose event_id is known already, the id of the row that is there. */
gboolean record_create(Db *db, const Principal *principal, const Object *object, json_t *fields,
		       char ret_id[37], GPtrArray *faults, GError **error);
/* JSON merge patch (RFC 7396). if_match: an ETag or NULL. A patch that changes nothing writes
 * nothing. */
gboolean record_patch(Db *db, const Principal *principal, const Object *object, const char *id,
		      json_t *patch, const char *if_match, GPtrArray *faults, GError **error);
/* A change that a rule of the program makes, not the principal by its rights, who stands in the audit
 * row: it may set fields that are read only. Nothing else is different; the rules of the object hold. */
gboolean record_set(Db *db, const Principal *principal, const Object *object, const char *id,
		    const json_t *patch, GError **error);
/* Soft: the record stays for restore, with those that go with it. */
gboolean record_delete(Db *db, const Principal *principal, const Object *object, const char *id,
		       const char *if_match, GError **error);
gboolean record_restore(Db *db, const Principal *principal, const Object *object, const char *id,
			GError **error);
/* For good, of a deleted one. References to it become empty. */
gboolean record_purge(Db *db, const Principal *principal, const Object *object, const char *id,
		      GError **error);

/* Puts the record's text into the index of words again. */
gboolean record_index(Db *db, const Principal *principal, const Object *object, const char *id,
		      GError **error);

/* Whether the principal may do that with the record: NOT_FOUND when it may not even read it or there is
 * none, FORBIDDEN when it may not do it. */
gboolean record_may(Db *db, const Principal *principal, const Object *object, const char *id,
		    AccessAction action, GError **error);

/* Appends the record's JSON. view may be NULL, ret_version too. */
gboolean record_get(Db *db, const Principal *principal, const Object *object, const char *id,
		    const RecordView *view, GString *out, gint64 *ret_version, GError **error);
/* The record as a document that record_patch() could be applied to: API form without id and times.
 * ret_version may be NULL. The caller drops it. */
json_t *record_read(Db *db, const Principal *principal, const Object *object, const char *id,
		    gint64 *ret_version, GError **error);
/* Appends {"items":[...],"next_page_token":...,"total":...,"total_exact":...}. */
gboolean record_list(Db *db, const Principal *principal, const Object *object,
		     const RecordQuery *query, GString *out, GError **error);
/* Every record of the query that the principal may export, in its order, in one snapshot at constant
 * memory: calls each with its JSON. Paging does not count. */
typedef gboolean (*RecordWalk)(const char *json, gsize n_bytes, gpointer data, GError **error);
gboolean record_walk(Db *db, const Principal *principal, const Object *object,
		     const RecordQuery *query, RecordWalk each, gpointer data, GError **error);
/* request: {"create":[{...}],"update":[{"id",...}],"delete":["id"]}, at most RECORD_MAX_BULK in all.
 * Appends {"items":[{"status","id","errors"}]} in that order; what fails alone is undone alone. */
gboolean record_bulk(Db *db, const Principal *principal, const Object *object, json_t *request,
		     GString *out, GError **error);
