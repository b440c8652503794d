/* One import while it runs, and what one row of it does. Private to crm/import_run.c and import_store.c. */
#pragma once

#include "crm/import_job.h"

typedef enum {
	OUTCOME_FAILED,
	OUTCOME_CREATED,
	OUTCOME_UPDATED,
	OUTCOME_SKIPPED,
	OUTCOME_JOINED /* to a record that is counted already */
} ImportOutcome;

typedef struct {
	const Imports *imports;
	ImportJob *job;
	const Object *object;
	ImportMap *map;
	ImportReader *reader;
	ImportMatcher *matcher;
	GTimeZone *zone;
	OnDuplicate on_duplicate;
	gboolean create_related;
	gboolean trial;

	GPtrArray *batch; /* ImportRow */
	guint at;	  /* rows of it that are done */
	gint64 n_journal, n_faults, n_unresolved;
	GPtrArray *outcomes; /* of a preview, by row: ImportOutcome; else NULL */
	GPtrArray *later;    /* ImportLookup, of a trial: see store_later() */
	GHashTable *groups;  /* made by a trial */
	GString *told;	     /* faults of a trial as JSON; else NULL */
	JsonWriter tell;
} ImportRun;

/* A row while it is stored. */
typedef struct {
	ImportRun *run;
	ImportRow *row;
	GPtrArray *faults; /* pairs of field and message */
	ImportOutcome outcome;
	gboolean made_related;
	char id[37]; /* of the record */
} ImportStoring;

/* StoreWork of a ImportStoring: looks up what the row refers to, finds its double, creates, updates or skips,
 * and notes what undoes it. FALSE leaves nothing behind; the row may have got faults. */
gboolean import_store_row(Db *db, gpointer storing, GError **error);
/* The same for a reference of a stored record that is looked up again at the end of the table. */
gboolean import_store_later(Db *db, gpointer storing, GError **error);
