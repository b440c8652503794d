/* The statements of an object, built once from its declaration. Private to crm/record*.c. */
#pragma once

#include "crm/objects.h"

typedef struct {
	char *columns; /* of a select over t: what RecordColumn names, then the fields */
	char *where;   /* "t.org_id = $1 ...": rows of this object in this organisation */
	char *live;    /* " AND t.deleted_at IS NULL", or "" for logs */
	char *get;     /* $1 org, $2 id */
	char *insert, *update;
	int column[OBJECT_MAX_FIELDS]; /* of each field in columns; -1 for custom ones */
	int n_columns;
	int custom; /* the column custom, or -1 */
} ObjectSql;

enum { COLUMN_ID, COLUMN_VERSION, COLUMN_CREATED, COLUMN_UPDATED, COLUMN_DELETED, COLUMN_FIELDS };

/* Lives until the program ends, as the object does. Threads: any. */
const ObjectSql *object_sql(const Object *object);
