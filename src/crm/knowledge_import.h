/*
 * Files into articles: FAQ tables (CSV, TSV: question, answer[, category, url, language]), Markdown
 * and plain text documents. An article of the same source and title is replaced, so that adding a
 * file again changes nothing but what changed. Faulty rows, and a question that stands in a table
 * twice, are left out and reported; faults of structure end the file with INVALID and store nothing
 * of it (a table is read twice for that). Threads: one import belongs to one
 * thread; it writes through store_write_bulk and gives way to others.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

typedef struct {
	gint64 n_rows, n_created, n_updated, n_unchanged, n_failed;
	GPtrArray *faults; /* texts "FILE:LINE:COLUMN: what" in the files' order, at most 100 */
} KnowledgeImport;

void knowledge_import_clear(KnowledgeImport *import);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(KnowledgeImport, knowledge_import_clear)

typedef void (*KnowledgeImportProgress)(gint64 n_rows, gpointer data);

/* Adds to *import; paths is NULL-terminated. Path "-" is standard input: a table when it has the
 * header of one, else a document. Nothing of any file is stored unless all can be read. progress may
 * be NULL. */
gboolean knowledge_import_files(Store *store, const Principal *actor, const char *const *paths,
				KnowledgeImport *import, KnowledgeImportProgress progress,
				gpointer data, GError **error);
/* The same for text in memory; name decides the format by its ending and stands as source. */
gboolean knowledge_import_text(Store *store, const Principal *actor, const char *name,
			       const char *text, gsize n_bytes, KnowledgeImport *import,
			       GError **error);
