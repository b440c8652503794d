/* One import while it is worked on. Private to crm/import*.c. */
#pragma once

#include "base/json.h"
#include "crm/import_match.h"
#include "crm/import_rows.h"
#include "crm/imports.h"

typedef enum { DUPLICATE_SKIP, DUPLICATE_UPDATE, DUPLICATE_CREATE } OnDuplicate;

typedef struct {
	gint64 position, n_created, n_updated, n_skipped, n_failed, n_related, n_reverted, n_kept;
} ImportCounts;

typedef struct {
	gint64 seq;
	char id[37];
	char *object, *state, *file_name, *file_hash;
	json_t *options;
	gint64 n_rows;
	ImportCounts counts;
} ImportJob;

enum { IMPORT_FAULTS_MAX = 10000, IMPORT_FAULTS_SHOWN = 1000 };

/* When a step ends: after 8 ms of work while somebody waits to write; after 80 ms while nobody does; after
 * 250 ms when nobody had to for a minute, since what a commit costs is shared by its rows. Where the
 * machine is busy, after three times as long by the clock. */
typedef struct {
	Store *store;
	gint64 worked_us, began_us;
} ImportStep;

ImportStep import_step_begin(Store *store);
gboolean import_step_goes_on(const ImportStep *step);

void import_job_free(ImportJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportJob, import_job_free)
/* NOT_FOUND when there is none. */
ImportJob *import_job_get(Db *db, const char *org_id, const char *id, GError **error);
ImportJob *import_job_read(const Imports *imports, const char *id, GError **error);
/* Sets state and trouble (NULL: none) of one that is in one of the states from ("ready|queued");
 * CONFLICT otherwise. */
gboolean import_job_set_state(Db *db, const ImportJob *job, const char *from, const char *state,
			      const char *trouble, GError **error);
gboolean import_job_save(Db *db, const ImportJob *job, GError **error);
/* The path of its file. The caller frees it. */
char *import_file(const Imports *imports, const char *hash);
/* Removes the file unless another import waits for it. */
gboolean import_drop_file(const Imports *imports, const char *hash, GError **error);
/* An array of faults as JSON: [{"line","column","message"}]. */
void import_put_fault(JsonWriter *w, guint64 line, const char *column, const char *message,
		      Reader reader);
/* The job as a JSON object, left open for more members. */
void import_job_put(const ImportJob *job, const char *key, JsonWriter *w);

OnDuplicate import_on_duplicate(const json_t *options);
gboolean import_option(const json_t *options, const char *name);
/* USAGE for what is no option. */
gboolean import_check_options(const json_t *options, GError **error);

/* The first cells of every column of a table, and how many rows it has. */
typedef struct {
	GArray *samples; /* ImportSample */
	gint64 n_rows;
	TableFormat format;
} ImportLook;

void import_look_free(ImportLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportLook, import_look_free)
/* Reads the whole table. */
ImportLook *import_look(const char *path, const char *name, GError **error);
