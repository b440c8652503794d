/*
 * Imports: a table of any form (text/table.h) into records of any object. A file is taken into
 * DATA/imports under its hash, read once from end to end (so that faults of structure store nothing),
 * then stored in steps of a few milliseconds, each with its rows, their audit and search, what undoes
 * them, and how far the import is, in one transaction: killed anywhere, it goes on behind the last
 * step, without loss or doubles. The file goes when the import is done; what undoes it stays.
 *
 * Options: {"map":{"COLUMN":"TARGET"} (import_map.h), "on_duplicate":"skip"|"update"|"create",
 * "strict":bool (all or nothing, and no unknown column), "create_related":bool (a related record that
 * is not there is made), "group_by":"COLUMN" (rows with the same value are one record, each a line of
 * it; best when they stand together)}.
 *
 * Errors: USAGE (options), INVALID and TOO_LARGE (the file), NOT_FOUND, CONFLICT (another process is
 * at it, or the state does not allow it), FORBIDDEN, and those of the store. Rows that break a rule
 * are no errors: they are left out, counted and listed.
 * Threads: any but the writer's and not inside a transaction, unless a function takes a Db.
 */
#pragma once

#include <jansson.h>

#include "crm/access.h"
#include "crm/objects.h"

/* Where, and for whom; borrowed. */
typedef struct {
	Store *store;
	const char *data; /* the store's directory */
	const Principal *actor;
} Imports;

/* What is to be imported: an open file, or bytes. */
typedef struct {
	const char *name; /* of the file, for messages; not a path */
	int fd;		  /* read to its end; -1: bytes */
	const void *bytes;
	gsize n_bytes;
	guint64 max_bytes; /* TOO_LARGE beyond; 0 = 8 GiB */
} ImportSource;

/* Takes the file in, reads it through, guesses what is not mapped. ret_id gets the import's id. */
gboolean import_take(const Imports *imports, const char *object, const ImportSource *source,
		     const json_t *options, char ret_id[37], GError **error);
/* One that was begun before id, with the same file, object and options, and is not done: its id, or
 * empty. */
gboolean import_find_begun(const Imports *imports, const char *id, char ret_id[37], GError **error);
/* Changes the options of one that has not begun. */
gboolean import_set_options(const Imports *imports, const char *id, const json_t *options,
			    GError **error);
/* Appends {"import":…,"columns":[…],"rows":[…]}: what the first 20 rows would do. Nothing is stored. */
gboolean import_preview(const Imports *imports, const char *id, GString *out, GError **error);
/* Forgets one that has not begun, with its file. */
gboolean import_drop(const Imports *imports, const char *id, GError **error);

/* After each step: how many rows are done of how many. FALSE with error to stop there. */
typedef gboolean (*ImportProgress)(gint64 n_done, gint64 n_rows, gpointer data, GError **error);

/* To the end, from where it was. progress may be NULL. */
gboolean import_run(const Imports *imports, const char *id, ImportProgress progress, gpointer data,
		    GError **error);
/* Does everything and undoes it: appends what import_put() writes, with the faults. */
gboolean import_try(const Imports *imports, const char *id, ImportProgress progress, gpointer data,
		    GString *out, GError **error);
/* Takes back what it wrote, the last first: new records are deleted (they can be restored), changed
 * ones get their former values; those that were changed since stay and are counted as kept. Goes on
 * when it was interrupted. */
gboolean import_revert(const Imports *imports, const char *id, ImportProgress progress,
		       gpointer data, GError **error);

/* ---- inside a transaction or a snapshot ------------------------------------------------------------------------ */

/* Marks it to be run, or reverted, by the worker, and adds the job. */
gboolean import_queue(Db *db, const Principal *actor, const char *id, gboolean revert,
		      GError **error);
/* {"id","import_id","object","state","file_name","rows","done","created",...}; with errors: the first
 * 1,000 faulty rows too, in the principal's language. */
gboolean import_put(Db *db, const Principal *principal, const char *id, gboolean errors,
		    GString *out, GError **error);
/* {"items":[...],"next_page_token"}; newest first. */
gboolean import_list(Db *db, const Principal *principal, int page_size, const char *page_token,
		     GString *out, GError **error);
/* The faulty rows as a CSV table that a spreadsheet may open. */
gboolean import_put_faults(Db *db, const Principal *principal, const char *id, GString *out,
			   GError **error);
/* What was taken in and never begun, and what undoes imports, goes after these times. */
enum { IMPORT_WAIT_DAYS = 1, IMPORT_UNDO_DAYS = 90 };
gboolean import_sweep(const Imports *imports, GError **error);
