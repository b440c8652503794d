/*
 * How a record is shown: which of its fields (?fields=name,email) and which related records beside
 * it (?expand=company,owner: one level). Errors: INVALID for names that are nothing.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "crm/objects.h"

typedef struct RecordView RecordView;

/* fields, expand: comma-separated, or NULL for all fields and no relation. */
RecordView *record_view_new(Db *db, const Principal *principal, const Object *object,
			    const char *fields, const char *expand, GError **error);
void record_view_free(RecordView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordView, record_view_free)

/* Writes the record of a row that was selected with the object's columns (record_sql.h). view NULL:
 * all fields. */
gboolean record_put(Db *db, const Principal *principal, const Object *object,
		    const RecordView *view, DbRows *rows, JsonWriter *w, GError **error);
/* The row as the JSON object that a merge patch is applied to: API form without id and times. */
json_t *record_document(const Object *object, DbRows *rows);
/* Whether the words of q stand in the text. */
gboolean words_stand_in(const char *q, const char *text);
/* Whether the words of q stand in what the principal may know of the row, for one from whom something
 * is kept: the index of words holds all. */
gboolean record_shows(const Principal *principal, const Object *object, DbRows *rows,
		      const char *q);
