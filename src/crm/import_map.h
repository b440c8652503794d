/*
 * What the columns of a table mean: for each a target, guessed from its name (zh, en, and how people
 * call things) and from what its cells look like, or named by whoever imports.
 *
 *   email            a field                     company.name        the record that has this name
 *   custom.level     a member of custom          items.quantity      of the line that this row is
 *   address.city     a part of an address        items.product.sku   a line's product
 *   id               names the record to update  (empty)             the column is left out
 *
 * A column that means nothing known goes to custom under its own name where the object has that.
 * Errors: USAGE for a target that is none, or that cannot be looked up. Ownership: targets are
 * valid as long as the map. Threads: pure functions over db.
 */
#pragma once

#include "crm/access.h"
#include "crm/import_cells.h"
#include "crm/objects.h"

typedef enum {
	IMPORT_NOTHING, /* left out */
	IMPORT_ID,
	IMPORT_FIELD,
	IMPORT_RELATION,
	IMPORT_CUSTOM,
	IMPORT_ADDRESS,
	IMPORT_LINE,
	IMPORT_LINE_RELATION
} ImportKind;

typedef struct {
	char *column;	     /* name in the file */
	char *target;	     /* as above */
	const char *because; /* why it was guessed: "name", "content", "unknown", "given" */
	ImportKind kind;
	const Field *field;    /* of the object; NULL for id, nothing and undeclared custom */
	char *member;	       /* of custom, address or line */
	const Object *related; /* whose record is looked up ... */
	const Field *lookup;   /* ... by this field */
	ImportForm form;
} ImportColumn;

typedef struct {
	GArray *columns; /* ImportColumn, in the file's order */
} ImportMap;

void import_map_free(ImportMap *map);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportMap, import_map_free)

/* The first rows of a column. */
typedef struct {
	const char *name;
	const GPtrArray *cells; /* char *, none empty */
} ImportSample;

/* given: {"COLUMN":"TARGET"} or NULL; the others are guessed. */
ImportMap *import_map_new(Db *db, const Principal *principal, const Object *object,
			  const ImportSample *samples, gsize n_samples, const json_t *given,
			  GError **error);
ImportColumn *import_map_column(const ImportMap *map, guint i);
/* {"COLUMN":"TARGET"}: what import_map_new() takes. */
json_t *import_map_json(const ImportMap *map);
