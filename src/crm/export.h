/*
 * Records of an object as a table: CSV for spreadsheets (UTF-8 with a byte order mark, nothing that
 * could be taken for a formula), XLSX, JSON Lines for programs. Streamed in one snapshot at constant
 * memory; who may see what is decided by record_walk(). What is written is read back by an import:
 * dates, times, amounts and lists in their API form, fields of administrators in columns of their own
 * ("custom.level"). Errors: USAGE for a format that is none, those of record_list(), and STORAGE_FULL.
 * Threads: any.
 */
#pragma once

#include <stdio.h>

#include "crm/access.h"
#include "crm/objects.h"

typedef struct {
	const char *format;   /* "csv", "jsonl" or "xlsx" */
	const char *filter;   /* crm/filter.h, or NULL */
	const char *q;	      /* words to find, newest first whatever the order; or NULL */
	const char *order_by; /* or NULL: newest first */
	const char *fields;   /* comma-separated, or NULL: all */
} ExportQuery;

/* Media type of a format, NULL when it is none. */
const char *export_media(const char *format);
/* folder: for what is temporary. ret_n_rows may be NULL. */
gboolean export_write(Db *db, const Principal *principal, const Object *object,
		      const ExportQuery *query, const char *folder, FILE *out, gint64 *ret_n_rows,
		      GError **error);
/* Inside a write: who exported how much of what. */
gboolean export_audit(Db *db, const Principal *principal, const Object *object,
		      const ExportQuery *query, gint64 n_rows, GError **error);
