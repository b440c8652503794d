/*
 * Files that belong to records. A file lies once in DATA/attachments under the SHA-256 of its bytes,
 * synced before the row that names it is committed; rows count its uses, and a file without rows is
 * swept when it is a day old. The type is told by the bytes, never by what the sender says; only
 * pictures and plain text are ever shown in a browser, everything else is a download.
 *
 * Rights are those of the record: who may read it may read its files, who may change it adds and
 * removes them. Errors: NOT_FOUND (record, attachment, its file), INVALID (empty, no name), FORBIDDEN,
 * TOO_LARGE, STORAGE_FULL. Threads: any; functions with a Store not on the writer's thread.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "crm/objects.h"
#include "store/store.h"

typedef struct {
	const char *object, *record_id;
	const char *file_name; /* its last part counts */
	const void *bytes;
	gsize n_bytes;
} NewAttachment;

/* data: the store's directory. Appends the attachment's JSON: {"id","object","record_id","file_name",
 * "content_type","n_bytes","sha256","created_at","created_by"}. */
gboolean attachment_add(Store *store, const char *data, const Principal *principal,
			const NewAttachment *fresh, GString *out, GError **error);
/* {"items":[...],"next_page_token":null} of one record, oldest first, at most 1,000. */
gboolean attachment_list(Db *db, const Principal *principal, const char *object,
			 const char *record_id, GString *out, GError **error);

/* Its items alone, into an array of w; whether somebody may read them is asked before. */
gboolean attachments_put(Db *db, const char *org_id, const char *object, const char *record_id,
			 JsonWriter *w, GError **error);

typedef struct {
	char *file_name, *content_type;
	gboolean shown; /* may be shown in a browser */
	GBytes *bytes;
} AttachmentFile;

void attachment_file_clear(AttachmentFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(AttachmentFile, attachment_file_clear)

gboolean attachment_read(Db *db, const char *data, const Principal *principal, const char *id,
			 AttachmentFile *ret_file, GError **error);
/* Inside a write; the file stays until it is swept. */
gboolean attachment_remove(Db *db, const Principal *principal, const char *id, GError **error);
/* Inside a write, of a record that is forgotten: takes its rows away and adds the hashes of their files
 * to hashes (char *, owned by the set). */
gboolean attachments_erase(Db *db, const char *org_id, const char *object, const char *record_id,
			   GHashTable *hashes, gint64 *ret_n, GError **error);
/* Leaves of hashes those that no row names any more. */
gboolean attachments_find_unused(Db *db, GHashTable *hashes, GError **error);
/* Removes at once those of the files that no row names. Not inside a write. */
gboolean attachments_drop(Store *store, const char *data, GHashTable *hashes, GError **error);
/* Whether the organisation has it. */
gboolean attachment_exists(Db *db, const char *org_id, const char *id, gboolean *ret_exists,
			   GError **error);

/* What bytes are: "image/png", "application/pdf" ...; ret_shown: may be shown in a browser. Pure. */
const char *attachment_type(const void *bytes, gsize n_bytes, gboolean *ret_shown);

/* ---- upkeep ----------------------------------------------------------------------------------------------------- */

/* Removes files without rows that are older than a day, and unfinished ones. */
gboolean attachments_sweep(Store *store, const char *data, GError **error);
/* Calls found() for each file that a row names and that is not as it was written. */
gboolean attachments_check(Db *db, const char *data, StoreFound found, gpointer user,
			   GError **error);
/* How many rows there are. */
gboolean attachments_count(Db *db, gint64 *ret_n, GError **error);
/* Copies every file that a row names from one data directory (or a backup's folder) to another, which
 * may have some of them; synced. */
gboolean attachments_copy(Db *db, const char *from, const char *to, GError **error);
