/* Content-addressed files beside the database: written under a name of their own, synced, renamed. */
#include "crm/attachments.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/records.h"
#include "crm/schema.h"

#define FOLDER "attachments"
#define PART ".part-"
enum { NAME_CHARS = 200, DAY_SECONDS = 86400, SHA256_LENGTH = 64, MAX_LISTED = 1000 };

/* ---- types ------------------------------------------------------------------------------------------------------ */

/* bytes at offset; what is shown is a picture, which no browser runs. */
static const struct {
	gsize offset;
	const char *bytes;
	gsize n_bytes;
	const char *type;
	gboolean shown;
} signatures[] = {
	{0, "\x89PNG\r\n\x1a\n", 8, "image/png", TRUE},
	{0, "\xff\xd8\xff", 3, "image/jpeg", TRUE},
	{0, "GIF87a", 6, "image/gif", TRUE},
	{0, "GIF89a", 6, "image/gif", TRUE},
	{8, "WEBP", 4, "image/webp", TRUE},
	{0, "%PDF-", 5, "application/pdf", FALSE},
	{0, "PK\x03\x04", 4, "application/zip", FALSE},
	{0, "\x1f\x8b", 2, "application/gzip", FALSE},
	{0, "7z\xbc\xaf\x27\x1c", 6, "application/x-7z-compressed", FALSE},
	{0, "Rar!\x1a\x07", 6, "application/vnd.rar", FALSE},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "application/x-ole-storage", FALSE},
	{0, "ID3", 3, "audio/mpeg", FALSE},
	{8, "WAVE", 4, "audio/wav", FALSE},
	{0, "OggS", 4, "audio/ogg", FALSE},
	{4, "ftyp", 4, "video/mp4", FALSE},
	{0, "\x1a\x45\xdf\xa3", 4, "video/webm", FALSE},
	{0, "MZ", 2, "application/octet-stream", FALSE}, /* programs */
	{0,
	 "\x7f"
	 "ELF",
	 4, "application/octet-stream", FALSE},
};

/* Text that a browser or a shell would run. */
static gboolean is_active(const char *text, gsize n_bytes)
{
	g_autofree char *begin = g_ascii_strdown(text, (gssize)MIN(n_bytes, 1024));

	return g_str_has_prefix(begin, "#!") || strstr(begin, "<html") ||
	       strstr(begin, "<!doctype") || strstr(begin, "<script") || strstr(begin, "<svg") ||
	       strstr(begin, "<?xml");
}

const char *attachment_type(const void *bytes, gsize n_bytes, gboolean *ret_shown)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signatures); i++)
		if (signatures[i].offset + signatures[i].n_bytes <= n_bytes &&
		    memcmp((const char *)bytes + signatures[i].offset, signatures[i].bytes,
			   signatures[i].n_bytes) == 0) {
			*ret_shown = signatures[i].shown;
			return signatures[i].type;
		}
	*ret_shown = g_utf8_validate_len(bytes, n_bytes, NULL) && !is_active(bytes, n_bytes);
	return *ret_shown ? "text/plain" : "application/octet-stream";
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static gboolean fail_file(const char *path, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR,
		    errno == ENOSPC || errno == EDQUOT ? ZHIYIN_ERROR_STORAGE_FULL
						       : ZHIYIN_ERROR_UNAVAILABLE,
		    "%s: %s", path, g_strerror(errno));
	return FALSE;
}

static char *file_path(const char *data, const char *sha256)
{
	return g_build_filename(data, FOLDER, sha256, NULL);
}

static gboolean sync_folder(const char *folder, GError **error)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gboolean synced = fd >= 0 && fsync(fd) == 0;

	if (!synced)
		fail_file(folder, error);
	if (fd >= 0)
		close(fd);
	return synced;
}

static gboolean write_part(const char *part, int fd, const void *bytes, gsize n_bytes,
			   GError **error)
{
	const char *at = bytes;

	while (n_bytes) {
		gssize n = write(fd, at, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_file(part, error);
		at += n;
		n_bytes -= (gsize)n;
	}
	return fsync(fd) == 0 || fail_file(part, error);
}

/* The bytes under their hash, on disk when this returns. One that is there is only made young again, so
 * that no sweep takes it before its row is written. */
static gboolean keep_file(const char *data, const char *sha256, const void *bytes, gsize n_bytes,
			  GError **error)
{
	g_autofree char *folder = g_build_filename(data, FOLDER, NULL);
	g_autofree char *part = g_build_filename(folder, PART "XXXXXX", NULL);
	g_autofree char *path = file_path(data, sha256);
	struct stat status;
	gboolean kept;
	int fd;

	if (g_mkdir(folder, 0700) != 0 && errno != EEXIST)
		return fail_file(folder, error);
	if (stat(path, &status) == 0 && (gsize)status.st_size == n_bytes)
		return utimensat(AT_FDCWD, path, NULL, 0) == 0 || fail_file(path, error);
	fd = g_mkstemp_full(part, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_file(folder, error);
	kept = write_part(part, fd, bytes, n_bytes, error);
	close(fd);
	if (kept && g_rename(part, path) != 0)
		kept = fail_file(path, error);
	if (!kept)
		g_unlink(part);
	return kept && sync_folder(folder, error) && sync_folder(data, error);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

#define COLUMNS \
	"id, object, record_id, file_name, content_type, n_bytes, sha256, created_at, created_by"

static void put_attachment(JsonWriter *w, DbRows *rows)
{
	static const char *const names[] = {"id", "object", "record_id", "file_name",
					    "content_type"};

	json_object_begin(w, NULL);
	for (int i = 0; i < (int)G_N_ELEMENTS(names); i++)
		json_put_string(w, names[i], db_text(rows, i));
	json_put_int(w, "n_bytes", db_int(rows, 5));
	json_put_string(w, "sha256", db_text(rows, 6));
	json_put_time(w, "created_at", db_int(rows, 7));
	json_put_string(w, "created_by", db_text(rows, 8));
	json_object_end(w);
}

/* NOT_FOUND for a record that the principal may not read, FORBIDDEN for an act that it may not do. */
static gboolean record_allows(Db *db, const Principal *principal, const char *plural,
			      const char *record_id, AccessAction action, GError **error)
{
	const Object *object = schema_object(db, principal->org_id, plural, error);
	g_autoptr(json_t) record =
		object ? record_read(db, principal, object, record_id, NULL, error) : NULL;
	gboolean reaches;

	if (!record || !access_may(principal, object, action, error) ||
	    !access_reaches(db, principal, object, action, record_id, &reaches, error))
		return FALSE;
	if (reaches)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
		    "this needs the right to change the %s", object->name);
	return FALSE;
}

typedef struct {
	const Principal *principal;
	const char *data;
	const NewAttachment *fresh;
	char *name, *sha256;
	GString *out;
} Adding;

static gboolean add_row(Db *db, gpointer data, GError **error)
{
	Adding *adding = data;
	const NewAttachment *fresh = adding->fresh;
	JsonWriter w = json_writer(adding->out);
	g_autoptr(DbRows) rows = NULL;
	gboolean shown;
	char id[ID_LENGTH + 1];

	/* kept once more: somebody may have been forgotten meanwhile, and with them the same file */
	if (!record_allows(db, adding->principal, fresh->object, fresh->record_id, ACCESS_UPDATE,
			   error) ||
	    !keep_file(adding->data, adding->sha256, fresh->bytes, fresh->n_bytes, error))
		return FALSE;
	rows = db_query(
		db,
		"INSERT INTO attachments (org_id, id, object, record_id, file_name, "
		"content_type, n_bytes, sha256, created_at, created_by) VALUES ($1, $2, $3, "
		"$4, $5, $6, $7, $8, $9, $10) RETURNING " COLUMNS,
		error, "ssssssisis", adding->principal->org_id, id_new(id), fresh->object,
		fresh->record_id, adding->name,
		attachment_type(fresh->bytes, fresh->n_bytes, &shown), (gint64)fresh->n_bytes,
		adding->sha256, clock_now_ms(),
		*adding->principal->id ? adding->principal->id : NULL);
	if (!rows || !db_next(rows, error))
		return FALSE;
	put_attachment(&w, rows);
	g_clear_pointer(&rows, db_rows_free);
	return audit_add(db, adding->principal, "create", "attachments", id, NULL, error);
}

/* The last part of a path, without what would break a header or a terminal; NULL when nothing is left.
 * The caller frees it. */
static char *clean_name(const char *name)
{
	g_autofree char *valid = g_utf8_make_valid(name ? name : "", -1);
	const char *slash = strrchr(valid, '/'), *back = strrchr(valid, '\\');
	const char *base = MAX(slash ? slash + 1 : valid, back ? back + 1 : valid);
	g_autoptr(GString) clean = g_string_new(NULL);
	g_autofree char *cut = NULL;

	for (const char *c = base; *c; c = g_utf8_next_char(c))
		if (!g_unichar_iscntrl(g_utf8_get_char(c)))
			g_string_append_unichar(clean, g_utf8_get_char(c));
	g_strstrip(clean->str);
	cut = g_utf8_substring(clean->str, 0, MIN(g_utf8_strlen(clean->str, -1), NAME_CHARS));
	return *cut ? g_steal_pointer(&cut) : NULL;
}

static gboolean may_add(Store *store, const Principal *principal, const NewAttachment *fresh,
			GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db &&
	       record_allows(db, principal, fresh->object, fresh->record_id, ACCESS_UPDATE, error);
}

gboolean attachment_add(Store *store, const char *data, const Principal *principal,
			const NewAttachment *fresh, GString *out, GError **error)
{
	g_autofree char *name = clean_name(fresh->file_name);
	g_autofree char *sha256 = NULL;
	Adding adding = {
		.principal = principal, .data = data, .fresh = fresh, .name = name, .out = out};

	if (!name || !fresh->n_bytes) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "send the file as the body, and its name and record: "
			    "?filename=offer.pdf&object=deals&record_id=…");
		return FALSE;
	}
	if (!may_add(store, principal, fresh, error))
		return FALSE;
	sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, fresh->bytes, fresh->n_bytes);
	adding.sha256 = sha256;
	return keep_file(data, sha256, fresh->bytes, fresh->n_bytes, error) &&
	       store_write(store, add_row, &adding, error);
}

gboolean attachments_put(Db *db, const char *org_id, const char *object, const char *record_id,
			 JsonWriter *w, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT " COLUMNS " FROM attachments WHERE org_id = $1 AND object = $2 AND "
		"record_id = $3 ORDER BY id LIMIT $4",
		error, "sssi", org_id, object, record_id, (gint64)MAX_LISTED);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		put_attachment(w, rows);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean attachment_list(Db *db, const Principal *principal, const char *object,
			 const char *record_id, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);

	if (!record_allows(db, principal, object, record_id, ACCESS_READ, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	if (!attachments_put(db, principal->org_id, object, record_id, &w, error))
		return FALSE;
	json_array_end(&w);
	json_put_null(&w, "next_page_token");
	json_object_end(&w);
	return TRUE;
}

/* The row, when the principal may do that with its record: COLUMNS. */
static DbRows *find_row(Db *db, const Principal *principal, const char *id, AccessAction action,
			GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " COLUMNS " FROM attachments WHERE org_id = $1 AND id = $2",
			 error, "ss", principal->org_id, id);

	if (!rows)
		return NULL;
	if (!db_next(rows, &failed)) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		else
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "there is no such attachment");
		return NULL;
	}
	return record_allows(db, principal, db_text(rows, 1), db_text(rows, 2), action, error)
		       ? g_steal_pointer(&rows)
		       : NULL;
}

void attachment_file_clear(AttachmentFile *file)
{
	g_clear_pointer(&file->file_name, g_free);
	g_clear_pointer(&file->content_type, g_free);
	g_clear_pointer(&file->bytes, g_bytes_unref);
}

gboolean attachment_read(Db *db, const char *data, const Principal *principal, const char *id,
			 AttachmentFile *ret_file, GError **error)
{
	g_autoptr(DbRows) rows = find_row(db, principal, id, ACCESS_READ, error);
	g_autofree char *path = rows ? file_path(data, db_text(rows, 6)) : NULL;
	g_autoptr(GMappedFile) mapped = path ? g_mapped_file_new(path, FALSE, NULL) : NULL;

	if (!rows)
		return FALSE;
	if (!mapped) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
			    "the file of this attachment is not there any more");
		return FALSE;
	}
	ret_file->file_name = g_strdup(db_text(rows, 3));
	ret_file->bytes = g_mapped_file_get_bytes(mapped);
	ret_file->content_type =
		g_strdup(attachment_type(g_bytes_get_data(ret_file->bytes, NULL),
					 g_bytes_get_size(ret_file->bytes), &ret_file->shown));
	return TRUE;
}

gboolean attachment_remove(Db *db, const Principal *principal, const char *id, GError **error)
{
	g_autoptr(DbRows) rows = find_row(db, principal, id, ACCESS_UPDATE, error);

	if (!rows)
		return FALSE;
	g_clear_pointer(&rows, db_rows_free);
	return db_run(db, "DELETE FROM attachments WHERE org_id = $1 AND id = $2", error, "ss",
		      principal->org_id, id) &&
	       audit_add(db, principal, "delete", "attachments", id, NULL, error);
}

gboolean attachment_exists(Db *db, const char *org_id, const char *id, gboolean *ret_exists,
			   GError **error)
{
	return db_exists(db, "SELECT 1 FROM attachments WHERE org_id = $1 AND id = $2", ret_exists,
			 error, "ss", org_id, id);
}

/* ---- upkeep ----------------------------------------------------------------------------------------------------- */

static gboolean is_used(Db *db, const char *sha256, gboolean *ret_used, GError **error)
{
	return db_exists(db, "SELECT 1 FROM attachments WHERE sha256 = $1 LIMIT 1", ret_used, error,
			 "s", sha256);
}

/* ---- forgetting ------------------------------------------------------------------------------------------------- */

gboolean attachments_erase(Db *db, const char *org_id, const char *object, const char *record_id,
			   GHashTable *hashes, gint64 *ret_n, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "DELETE FROM attachments WHERE org_id = $1 AND object = $2 AND record_id "
			 "= $3 RETURNING sha256",
			 error, "sss", org_id, object, record_id);

	if (!rows)
		return FALSE;
	for (*ret_n = 0; db_next(rows, &failed); ++*ret_n)
		g_hash_table_add(hashes, g_strdup(db_text(rows, 0)));
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean attachments_find_unused(Db *db, GHashTable *hashes, GError **error)
{
	GHashTableIter iter;
	gpointer sha256;
	gboolean used;

	g_hash_table_iter_init(&iter, hashes);
	while (g_hash_table_iter_next(&iter, &sha256, NULL)) {
		if (!is_used(db, sha256, &used, error))
			return FALSE;
		if (used)
			g_hash_table_iter_remove(&iter);
	}
	return TRUE;
}

typedef struct {
	const char *data;
	GHashTable *hashes;
} Dropping;

/* In a write, so that no row comes between the look and the removal (add_row). */
static gboolean drop_unused(Db *db, gpointer data, GError **error)
{
	Dropping *dropping = data;
	GHashTableIter iter;
	gpointer sha256;

	if (!attachments_find_unused(db, dropping->hashes, error))
		return FALSE;
	g_hash_table_iter_init(&iter, dropping->hashes);
	while (g_hash_table_iter_next(&iter, &sha256, NULL)) {
		g_autofree char *path = file_path(dropping->data, sha256);

		g_unlink(path);
	}
	return TRUE;
}

gboolean attachments_drop(Store *store, const char *data, GHashTable *hashes, GError **error)
{
	Dropping dropping = {data, hashes};

	return !g_hash_table_size(hashes) || store_write(store, drop_unused, &dropping, error);
}

static gboolean sweep_one(Store *store, const char *path, const char *name, GError **error)
{
	g_autoptr(Db) db = NULL;
	struct stat status;
	gboolean used = FALSE;

	if (stat(path, &status) != 0 ||
	    clock_now_ms() / 1000 - (gint64)status.st_mtime < DAY_SECONDS)
		return TRUE;
	db = db_begin_read(store, error);
	if (!db || !is_used(db, name, &used, error))
		return FALSE;
	if (!used)
		g_unlink(path);
	return TRUE;
}

gboolean attachments_sweep(Store *store, const char *data, GError **error)
{
	g_autofree char *folder = g_build_filename(data, FOLDER, NULL);
	g_autoptr(GDir) directory = g_dir_open(folder, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if ((strlen(name) == SHA256_LENGTH || g_str_has_prefix(name, PART)) &&
		    !sweep_one(store, path, name, error))
			return FALSE;
	}
	return TRUE;
}

/* Calls each() for every file that rows name, once. */
typedef gboolean (*EachFile)(const char *sha256, gint64 n_bytes, gpointer data, GError **error);

static gboolean each_file(Db *db, EachFile each, gpointer data, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT DISTINCT sha256, n_bytes FROM attachments ORDER BY sha256", error, "");

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		if (!each(db_text(rows, 0), db_int(rows, 1), data, error))
			return FALSE;
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

typedef struct {
	const char *from, *to;
	StoreFound found;
	gpointer user;
} Upkeep;

/* NULL: whole. The caller frees it. */
static char *fault_of(const char *path, const char *sha256, gint64 n_bytes)
{
	g_autoptr(GMappedFile) mapped = g_mapped_file_new(path, FALSE, NULL);
	g_autoptr(GBytes) bytes = mapped ? g_mapped_file_get_bytes(mapped) : NULL;
	g_autofree char *sum =
		bytes ? g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes) : NULL;

	if (!mapped)
		return g_strdup_printf("attachment: the file %s is missing", sha256);
	if ((gint64)g_bytes_get_size(bytes) == n_bytes && g_str_equal(sum, sha256))
		return NULL;
	return g_strdup_printf("attachment: the file %s is not what was stored", sha256);
}

static gboolean check_one(const char *sha256, gint64 n_bytes, gpointer data, GError **error)
{
	const Upkeep *upkeep = data;
	g_autofree char *path = file_path(upkeep->from, sha256);
	g_autofree char *fault = fault_of(path, sha256, n_bytes);

	(void)error;
	if (fault)
		upkeep->found(fault, upkeep->user);
	return TRUE;
}

gboolean attachments_check(Db *db, const char *data, StoreFound found, gpointer user,
			   GError **error)
{
	Upkeep upkeep = {.from = data, .found = found, .user = user};

	return each_file(db, check_one, &upkeep, error);
}

static gboolean copy_one(const char *sha256, gint64 n_bytes, gpointer data, GError **error)
{
	const Upkeep *upkeep = data;
	g_autofree char *path = file_path(upkeep->from, sha256);
	g_autofree char *fault = fault_of(path, sha256, n_bytes);
	g_autoptr(GMappedFile) mapped = fault ? NULL : g_mapped_file_new(path, FALSE, NULL);

	if (mapped)
		return keep_file(upkeep->to, sha256, g_mapped_file_get_contents(mapped),
				 g_mapped_file_get_length(mapped), error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED, "%s", fault ? fault : path);
	return FALSE;
}

gboolean attachments_count(Db *db, gint64 *ret_n, GError **error)
{
	g_autoptr(DbRows) rows = db_query(db, "SELECT count(*) FROM attachments", error, "");

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_n = db_int(rows, 0);
	return TRUE;
}

gboolean attachments_copy(Db *db, const char *from, const char *to, GError **error)
{
	Upkeep upkeep = {.from = from, .to = to};

	return each_file(db, copy_one, &upkeep, error);
}
