/*
 * What a power cut leaves on the disk, simulated, and whether everything that the store has
 * acknowledged is still there.
 *     powercut --points 200 --damages 5 --synchronous FULL --seed 1
 *
 * A VFS over the default one remembers, for each file, what it held at its last sync and every
 * write and truncation since. At random moments of a busy store (several writers, one bulk writer,
 * checkpoints, closing and opening, the very first opening) it takes a picture of that, and of the
 * ledger of what was acknowledged until then. From each picture several disks are made: of what was
 * not synced each 512-byte sector is there, or is not, or is there as of an earlier write, or is
 * torn in the middle; so is the file's length. Each disk is opened with the ordinary VFS and
 * audited.
 *
 * Assumed of the disk, as SQLite does (SQLITE_IOCAP_POWERSAFE_OVERWRITE): a write harms no byte
 * beside it; a sync that has returned holds. A new file's name is durable after the file's first
 * sync, since SQLite then syncs the directory, and so are the deletions before it; until then the
 * file may be absent and a deleted one may be back. The index of the log (-shm) is lost.
 * Threads make each run different; --seed fixes the damage, not the interleaving.
 * Exit: 0 = nothing was lost on any disk, 1 = something was (their number is printed) or the cuts
 * hit nothing worth losing, 2 = wrong usage.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store/store.h"

enum {
	SECTOR = 512,
	POINTS_A_ROUND = 20,
	N_WRITERS = 4,
	BULK_WRITER = N_WRITERS,
	N_LEDGERS = N_WRITERS + 1,
	BULK_ROWS = 20
};

/* ---- the disk -------------------------------------------------------------------------------- */

typedef struct {
	gint64 at;    /* a write's place, a truncation's length */
	GBytes *data; /* NULL = truncation */
} Change;

typedef struct DiskFile DiskFile;
struct DiskFile {
	GByteArray *synced;
	GArray *changes;  /* of Change, since the last sync */
	gboolean present; /* FALSE: deleted, see ghost */
	gboolean named;	  /* its name is durable */
	DiskFile *ghost;  /* what the name stood for before, and may again */
};

typedef struct {
	GHashTable *files;	  /* path -> DiskFile */
	gint64 ledger[N_LEDGERS]; /* the last number that each writer has been told is stored */
} Picture;

typedef struct {
	GMutex lock;
	GHashTable *files;   /* path -> DiskFile */
	GHashTable *handles; /* sqlite3_file -> its path, borrowed from files' keys */
	gint64 ledger[N_LEDGERS];
	gint64 n_operations;
	gint64 next_picture;
	guint n_pictures_left;
	GPtrArray *pictures;
	GRand *random;
	/* What the cuts hit, over all rounds. */
	gint64 n_acknowledged;
	guint n_in_write_back; /* pages of the database file itself were on their way */
	guint n_in_commit;     /* pages of the log were */
} Disk;

static Disk disk;

static void change_clear(gpointer data)
{
	Change *change = data;

	g_clear_pointer(&change->data, g_bytes_unref);
}

static DiskFile *disk_file_new(void)
{
	DiskFile *file = g_new0(DiskFile, 1);

	file->synced = g_byte_array_new();
	file->changes = g_array_new(FALSE, FALSE, sizeof(Change));
	g_array_set_clear_func(file->changes, change_clear);
	file->present = TRUE;
	return file;
}

static void disk_file_free(gpointer data)
{
	DiskFile *file = data;

	if (!file)
		return;
	g_byte_array_unref(file->synced);
	g_array_unref(file->changes);
	disk_file_free(file->ghost);
	g_free(file);
}

static DiskFile *disk_file_copy(const DiskFile *file)
{
	DiskFile *copy;

	if (!file)
		return NULL;
	copy = disk_file_new();
	g_byte_array_append(copy->synced, file->synced->data, file->synced->len);
	for (guint i = 0; i < file->changes->len; i++) {
		Change change = g_array_index(file->changes, Change, i);

		if (change.data)
			g_bytes_ref(change.data);
		g_array_append_val(copy->changes, change);
	}
	copy->present = file->present;
	copy->named = file->named;
	copy->ghost = disk_file_copy(file->ghost);
	return copy;
}

static void bytes_set_length(GByteArray *bytes, gint64 length)
{
	guint before = bytes->len;

	g_byte_array_set_size(bytes, (guint)length);
	if (length > before)
		memset(bytes->data + before, 0, (gsize)length - before);
}

static void bytes_write(GByteArray *bytes, gint64 at, const void *data, gsize n_bytes)
{
	if (bytes->len < at + (gint64)n_bytes)
		bytes_set_length(bytes, at + (gint64)n_bytes);
	memcpy(bytes->data + at, data, n_bytes);
}

/* ---- pictures -------------------------------------------------------------------------------- */

static void picture_free(gpointer data)
{
	Picture *picture = data;

	g_hash_table_unref(picture->files);
	g_free(picture);
}

static GHashTable *files_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, disk_file_free);
}

static void note_what_is_hit(void)
{
	GHashTableIter iter;
	gpointer path;
	gpointer data;

	for (int i = 0; i < N_LEDGERS; i++)
		disk.n_acknowledged += disk.ledger[i];
	g_hash_table_iter_init(&iter, disk.files);
	while (g_hash_table_iter_next(&iter, &path, &data)) {
		const DiskFile *file = data;

		disk.n_in_write_back += file->changes->len && g_str_has_suffix(path, ".db");
		disk.n_in_commit += file->changes->len && g_str_has_suffix(path, "-wal");
	}
}

static void take_picture(void)
{
	Picture *picture = g_new0(Picture, 1);
	GHashTableIter iter;
	gpointer path;
	gpointer file;

	picture->files = files_new();
	memcpy(picture->ledger, disk.ledger, sizeof(disk.ledger));
	note_what_is_hit();
	g_hash_table_iter_init(&iter, disk.files);
	while (g_hash_table_iter_next(&iter, &path, &file))
		g_hash_table_insert(picture->files, g_strdup(path), disk_file_copy(file));
	g_ptr_array_add(disk.pictures, picture);
	disk.n_pictures_left--;
}

/* Before each operation, with the disk locked: now and then the light goes out. Short gaps while
 * the database is young. */
static void disk_operation(void)
{
	if (disk.n_pictures_left && disk.n_operations++ >= disk.next_picture) {
		take_picture();
		disk.next_picture =
			disk.n_operations +
			g_rand_int_range(disk.random, 1, disk.n_operations < 300 ? 100 : 800);
	}
}

/* ---- the VFS --------------------------------------------------------------------------------- */

enum { MAX_METHODS = 8 };

static struct {
	const sqlite3_io_methods *true_ones;
	sqlite3_io_methods ours;
} methods[MAX_METHODS];

static const sqlite3_io_methods *true_methods(sqlite3_file *handle)
{
	for (guint i = 0; i < MAX_METHODS; i++) {
		if (handle->pMethods == &methods[i].ours)
			return methods[i].true_ones;
	}
	g_assert_not_reached();
}

static DiskFile *file_of(sqlite3_file *handle)
{
	const char *path = g_hash_table_lookup(disk.handles, handle);
	DiskFile *file = path ? g_hash_table_lookup(disk.files, path) : NULL;

	g_assert(file);
	return file;
}

static int vfs_close(sqlite3_file *handle)
{
	const sqlite3_io_methods *ones = true_methods(handle);

	g_mutex_lock(&disk.lock);
	g_hash_table_remove(disk.handles, handle);
	g_mutex_unlock(&disk.lock);
	return ones->xClose(handle);
}

static int vfs_write(sqlite3_file *handle, const void *data, int n_bytes, sqlite3_int64 at)
{
	Change change = {at, g_bytes_new(data, (gsize)n_bytes)};
	int code;

	g_mutex_lock(&disk.lock);
	disk_operation();
	g_array_append_val(file_of(handle)->changes, change);
	code = true_methods(handle)->xWrite(handle, data, n_bytes, at);
	g_mutex_unlock(&disk.lock);
	return code;
}

static int vfs_truncate(sqlite3_file *handle, sqlite3_int64 length)
{
	Change change = {length, NULL};
	int code;

	g_mutex_lock(&disk.lock);
	disk_operation();
	g_array_append_val(file_of(handle)->changes, change);
	code = true_methods(handle)->xTruncate(handle, length);
	g_mutex_unlock(&disk.lock);
	return code;
}

/* The directory was synced: what was deleted in it stays deleted. */
static void forget_ghosts(void)
{
	GHashTableIter iter;
	gpointer data;

	g_hash_table_iter_init(&iter, disk.files);
	while (g_hash_table_iter_next(&iter, NULL, &data)) {
		DiskFile *file = data;

		g_clear_pointer(&file->ghost, disk_file_free);
	}
}

/* The true sync is left out: nobody pulls the plug of this machine. */
static int vfs_sync(sqlite3_file *handle, int flags)
{
	DiskFile *file;

	(void)flags;
	g_mutex_lock(&disk.lock);
	disk_operation();
	file = file_of(handle);
	for (guint i = 0; i < file->changes->len; i++) {
		const Change *change = &g_array_index(file->changes, Change, i);
		gsize n_bytes = 0;
		const void *data = change->data ? g_bytes_get_data(change->data, &n_bytes) : NULL;

		if (data)
			bytes_write(file->synced, change->at, data, n_bytes);
		else
			bytes_set_length(file->synced, change->at);
	}
	g_array_set_size(file->changes, 0);
	if (!file->named) {
		file->named = TRUE;
		forget_ghosts();
	}
	g_mutex_unlock(&disk.lock);
	return SQLITE_OK;
}

static const sqlite3_io_methods *our_methods(const sqlite3_io_methods *ones)
{
	guint i = 0;

	while (methods[i].true_ones && methods[i].true_ones != ones)
		g_assert(++i < MAX_METHODS);
	if (!methods[i].true_ones) {
		methods[i].true_ones = ones;
		methods[i].ours = *ones;
		methods[i].ours.xClose = vfs_close;
		methods[i].ours.xWrite = vfs_write;
		methods[i].ours.xTruncate = vfs_truncate;
		methods[i].ours.xSync = vfs_sync;
	}
	return &methods[i].ours;
}

/* What the name stands for from now on. A file that was there before us counts as synced. */
static void disk_open(const char *path, gboolean was_there)
{
	DiskFile *file = g_hash_table_lookup(disk.files, path);
	DiskFile *fresh;

	if (file && file->present)
		return;
	fresh = disk_file_new();
	if (file) {
		fresh->ghost = g_steal_pointer(&file->ghost);
	} else if (was_there) {
		g_autofree char *text = NULL;
		gsize n_bytes = 0;

		g_file_get_contents(path, &text, &n_bytes, NULL);
		g_byte_array_append(fresh->synced, (const guint8 *)text, (guint)n_bytes);
		fresh->named = TRUE;
	}
	/* A handle remembers the key: it must stay when the value changes. */
	if (file) {
		DiskFile swapped = *file;

		*file = *fresh;
		*fresh = swapped;
		disk_file_free(fresh);
	} else {
		g_hash_table_insert(disk.files, g_strdup(path), fresh);
	}
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *handle, int flags,
		    int *ret_flags)
{
	sqlite3_vfs *true_vfs = vfs->pAppData;
	gboolean watched =
		(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
	gboolean was_there;
	gpointer path;
	int code;

	g_mutex_lock(&disk.lock);
	was_there = name && access(name, F_OK) == 0;
	code = true_vfs->xOpen(true_vfs, name, handle, flags, ret_flags);
	if (code == SQLITE_OK && watched) {
		disk_open(name, was_there);
		g_hash_table_lookup_extended(disk.files, name, &path, NULL);
		g_hash_table_insert(disk.handles, handle, path);
		handle->pMethods = our_methods(handle->pMethods);
	}
	g_mutex_unlock(&disk.lock);
	return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
	sqlite3_vfs *true_vfs = vfs->pAppData;
	DiskFile *file;
	int code;

	g_mutex_lock(&disk.lock);
	disk_operation();
	code = true_vfs->xDelete(true_vfs, name, sync_directory);
	file = code == SQLITE_OK ? g_hash_table_lookup(disk.files, name) : NULL;
	if (file && file->present) {
		DiskFile *ghost = disk_file_copy(file);

		g_clear_pointer(&file->ghost, disk_file_free);
		file->present = FALSE;
		file->ghost = ghost;
	}
	if (file && sync_directory)
		forget_ghosts();
	g_mutex_unlock(&disk.lock);
	return code;
}

static void vfs_register(void)
{
	static sqlite3_vfs vfs;

	sqlite3_initialize();
	vfs = *sqlite3_vfs_find(NULL);
	vfs.pAppData = sqlite3_vfs_find(NULL);
	vfs.pNext = NULL;
	vfs.zName = "powercut";
	vfs.xOpen = vfs_open;
	vfs.xDelete = vfs_delete;
	sqlite3_vfs_register(&vfs, 0);
}

/* ---- the damage ------------------------------------------------------------------------------ */

typedef struct {
	GRand *random;
	/* number -> how many of the changes reached it, doubled; odd: and half of the next */
	GHashTable *sectors;
	double keeps; /* share of sectors that are there in their last state */
	double loses; /* share that is there as it was synced; the rest lies in between */
	guint n_changes;
} Damage;

static guint sector_limit(Damage *damage, gint64 sector)
{
	gpointer found = g_hash_table_lookup(damage->sectors, GSIZE_TO_POINTER((gsize)sector + 1));
	double fate = g_rand_double(damage->random);
	guint limit;

	if (found)
		return GPOINTER_TO_UINT(found) - 1;
	if (fate < damage->keeps)
		limit = 2 * damage->n_changes;
	else if (fate < damage->keeps + damage->loses)
		limit = 0;
	else
		limit = (guint)g_rand_int_range(damage->random, 0,
						(gint32)(2 * damage->n_changes) + 1);
	g_hash_table_insert(damage->sectors, GSIZE_TO_POINTER((gsize)sector + 1),
			    GUINT_TO_POINTER(limit + 1));
	return limit;
}

/* Puts the part of one change that falls into one sector where it belongs, whole, by half, or not.
 * data NULL: zeros. */
static void damage_piece(Damage *damage, GByteArray *bytes, guint number, gint64 from, gint64 to,
			 const guint8 *data)
{
	guint limit = sector_limit(damage, from / SECTOR);

	if (limit < 2 * number + 1)
		return;
	if (limit == 2 * number + 1)
		to = from + g_rand_int_range(damage->random, 0, (gint32)(to - from) + 1);
	if (bytes->len < to)
		bytes_set_length(bytes, to);
	if (data)
		memcpy(bytes->data + from, data, (gsize)(to - from));
	else
		memset(bytes->data + from, 0, (gsize)(to - from));
}

static void damage_change(Damage *damage, GByteArray *bytes, guint number, const Change *change)
{
	gsize n_bytes = 0;
	const guint8 *data = change->data ? g_bytes_get_data(change->data, &n_bytes) : NULL;
	gint64 end = data ? change->at + (gint64)n_bytes : bytes->len;
	gint64 next;

	for (gint64 from = change->at; from < end; from = next) {
		next = MIN(end, (from / SECTOR + 1) * SECTOR);
		damage_piece(damage, bytes, number, from, next,
			     data ? data + (from - change->at) : NULL);
	}
}

/* The length is of one moment between the last sync and the cut, whatever became of the sectors. */
static gint64 damage_length(Damage *damage, const DiskFile *file)
{
	guint n_reached = (guint)g_rand_int_range(damage->random, 0, (gint32)damage->n_changes + 1);
	gint64 length = file->synced->len;

	if (g_rand_double(damage->random) < damage->keeps)
		n_reached = damage->n_changes;
	for (guint i = 0; i < n_reached; i++) {
		const Change *change = &g_array_index(file->changes, Change, i);

		if (change->data)
			length = MAX(length, change->at + (gint64)g_bytes_get_size(change->data));
		else
			length = change->at;
	}
	return length;
}

static GByteArray *damage_file(GRand *random, const DiskFile *file)
{
	Damage damage = {.random = random, .n_changes = file->changes->len};
	GByteArray *bytes = g_byte_array_new();
	gint64 length;

	damage.sectors = g_hash_table_new(NULL, NULL);
	damage.keeps = CLAMP(g_rand_double_range(random, -0.3, 1.3), 0, 1);
	damage.loses = g_rand_double(random) * (1 - damage.keeps);
	g_byte_array_append(bytes, file->synced->data, file->synced->len);
	for (guint i = 0; i < file->changes->len; i++)
		damage_change(&damage, bytes, i, &g_array_index(file->changes, Change, i));
	length = damage_length(&damage, file);
	bytes_set_length(bytes, length);
	g_hash_table_unref(damage.sectors);
	return bytes;
}

/* Which file the name stands for after the cut, or NULL for none. */
static const DiskFile *choose_file(GRand *random, const DiskFile *file)
{
	gboolean old = file->ghost && g_rand_boolean(random);

	if (file->present && file->named)
		return file;
	if (file->present && g_rand_boolean(random))
		return file;
	return old && (file->ghost->named || g_rand_boolean(random)) ? file->ghost : NULL;
}

static void make_disk(GRand *random, const Picture *picture, const char *directory)
{
	GHashTableIter iter;
	gpointer path;
	gpointer data;

	g_hash_table_iter_init(&iter, picture->files);
	while (g_hash_table_iter_next(&iter, &path, &data)) {
		g_autofree char *name = g_path_get_basename(path);
		g_autofree char *to = g_build_filename(directory, name, NULL);
		const DiskFile *file = choose_file(random, data);
		g_autoptr(GByteArray) bytes = file ? damage_file(random, file) : NULL;
		g_autoptr(GError) error = NULL;

		g_unlink(to);
		if (bytes)
			g_file_set_contents_full(to, (const char *)bytes->data, bytes->len,
						 G_FILE_SET_CONTENTS_NONE, 0600, &error);
		g_assert_no_error(error);
	}
}

/* ---- the store under test -------------------------------------------------------------------- */

static const char schema[] =
	"CREATE TABLE entries (id INTEGER PRIMARY KEY, writer INTEGER NOT NULL, number INTEGER NOT "
	"NULL,"
	" name TEXT NOT NULL UNIQUE, body TEXT NOT NULL, UNIQUE (writer, number)) STRICT;"
	"CREATE TABLE counters (writer INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;"
	"INSERT INTO counters VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0);"
	"CREATE VIRTUAL TABLE entries_text USING fts5 (body, content='', contentless_delete=1, "
	"tokenize='zhiyin');";
static const char ADD[] =
	"INSERT INTO entries (writer, number, name, body) VALUES ($1, $2, $3, $4)";
static const char INDEX[] =
	"INSERT INTO entries_text (rowid, body) VALUES (last_insert_rowid(), $1)";
static const char COUNT[] = "UPDATE counters SET number = $2 WHERE writer = $1";

static int tokenize_words(const char *text, int n_bytes, StoreEmit emit, gpointer emit_data)
{
	for (int at = 0; at < n_bytes; at += 5) {
		int result =
			emit(text + at, MIN(5, n_bytes - at), at, MIN(at + 5, n_bytes), emit_data);

		if (result)
			return result;
	}
	return 0;
}

static Store *open_store(const char *path, const char *vfs, const char *synchronous, GError **error)
{
	static const StoreMigration migration = {1, "schema", schema, sizeof(schema) - 1};
	StoreOptions options = {
		.path = path,
		.tokenize = tokenize_words,
		.create = TRUE,
		.migrate = TRUE,
		.vfs = vfs,
		.synchronous = synchronous,
		.migrations = &migration,
		.n_migrations = 1,
	};

	return store_open(&options, error);
}

/* What an entry must hold, so that the audit can tell it from a torn one: 1 to 1500 bytes that
 * follow from its number. */
static char *entry_body(int writer, gint64 number)
{
	gsize length = 1 + (gsize)((number * 7919 + writer * 131) % 1500);
	char *body = g_malloc(length + 1);

	for (gsize i = 0; i < length; i++)
		body[i] = (char)('a' + (number * 31 + (gint64)i * (writer + 3)) % 26);
	body[length] = '\0';
	return body;
}

typedef struct {
	Store *store;
	int writer;
	gint64 number;
	int n_requests;
} Writer;

static gboolean add_entry(Db *db, int writer, gint64 number, GError **error)
{
	g_autofree char *body = entry_body(writer, number);
	g_autofree char *name =
		g_strdup_printf("%08x", (guint)(number * 2654435761u) ^ (guint)writer << 28);
	g_autofree char *full = g_strdup_printf("%s %d %" G_GINT64_FORMAT, name, writer, number);

	return db_run(db, ADD, error, "iiss", (gint64)writer, number, full, body) &&
	       db_run(db, INDEX, error, "s", body) &&
	       db_run(db, COUNT, error, "ii", (gint64)writer, number);
}

static gboolean add_one(Db *db, gpointer data, GError **error)
{
	const Writer *writer = data;

	return add_entry(db, writer->writer, writer->number, error);
}

static BulkStep add_many(Db *db, gpointer data, GError **error)
{
	Writer *writer = data;

	for (int i = 0; i < BULK_ROWS; i++) {
		if (!add_entry(db, writer->writer, ++writer->number, error))
			return BULK_FAILED;
	}
	return BULK_DONE;
}

static void acknowledge(const Writer *writer)
{
	g_mutex_lock(&disk.lock);
	disk.ledger[writer->writer] = writer->number;
	g_mutex_unlock(&disk.lock);
}

static gpointer run_writer(gpointer data)
{
	Writer *writer = data;

	for (int i = 0; i < writer->n_requests; i++) {
		g_autoptr(GError) error = NULL;

		if (writer->writer == BULK_WRITER) {
			store_write_bulk(writer->store, add_many, writer, &error);
		} else {
			writer->number++;
			store_write(writer->store, add_one, writer, &error);
		}
		g_assert_no_error(error);
		acknowledge(writer);
	}
	return NULL;
}

/* One life of the store: open, write, close. */
static void run_store(const char *path, const char *synchronous, gint64 *numbers)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = open_store(path, "powercut", synchronous, &error);
	GThread *threads[N_LEDGERS];
	Writer writers[N_LEDGERS];
	int n_requests;

	g_assert_no_error(error);
	g_mutex_lock(&disk.lock);
	n_requests = g_rand_int_range(disk.random, 1, 150);
	g_mutex_unlock(&disk.lock);
	for (int i = 0; i < N_LEDGERS; i++) {
		writers[i] = (Writer){store, i, numbers[i],
				      i == BULK_WRITER ? n_requests / 5 : n_requests};
		threads[i] = g_thread_new("writer", run_writer, &writers[i]);
	}
	for (int i = 0; i < N_LEDGERS; i++) {
		g_thread_join(threads[i]);
		numbers[i] = writers[i].number;
	}
}

/* ---- the audit ------------------------------------------------------------------------------- */

typedef struct {
	guint n_faults;
	char *first;
} Audit;

static void audit_fault(const char *what, gpointer data)
{
	Audit *audit = data;

	audit->n_faults++;
	if (!audit->first)
		audit->first = g_strdup(what);
}

/* Every entry is whole, none is missing below the counter, and the counter is not behind what was
 * acknowledged. */
static void audit_writer(Db *db, int writer, gint64 acknowledged, Audit *audit, GError **error)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT number, body FROM entries WHERE writer = $1 ORDER BY number",
			 error, "i", (gint64)writer);
	g_autoptr(DbRows) counters = db_query(db, "SELECT number FROM counters WHERE writer = $1",
					      error, "i", (gint64)writer);
	gint64 expected = 0;

	while (rows && db_next(rows, error)) {
		g_autofree char *body = entry_body(writer, ++expected);

		if (db_int(rows, 0) != expected || g_strcmp0(body, db_text(rows, 1)) != 0) {
			audit_fault("an entry is missing or torn", audit);
			return;
		}
	}
	if (expected < acknowledged)
		audit_fault("an acknowledged entry is lost", audit);
	if (!counters || !db_next(counters, error) || db_int(counters, 0) != expected)
		audit_fault("half of a request is stored", audit);
}

static void audit_store(Store *store, const Picture *picture, Audit *audit)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(store, &error);

	for (int i = 0; db && i < N_LEDGERS && !error; i++)
		audit_writer(db, i, picture->ledger[i], audit, &error);
	g_clear_pointer(&db, db_free);
	if (!error)
		store_check(store, audit_fault, audit, &error);
	if (error)
		audit_fault(error->message, audit);
}

static gboolean audit_disk(const char *directory, const Picture *picture)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Store) store = open_store(directory, NULL, NULL, &error);
	Audit audit = {0, NULL};

	if (store)
		audit_store(store, picture, &audit);
	else
		audit_fault(error->message, &audit);
	if (audit.n_faults)
		g_printerr("lost: %s\n", audit.first);
	g_free(audit.first);
	return audit.n_faults == 0;
}

/* ---- rounds ---------------------------------------------------------------------------------- */

static void remove_directory(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
	g_rmdir(path);
}

static void disk_start(guint n_pictures)
{
	disk.files = files_new();
	disk.handles = g_hash_table_new(NULL, NULL);
	memset(disk.ledger, 0, sizeof(disk.ledger));
	disk.n_operations = 0;
	disk.next_picture = g_rand_int_range(disk.random, 0, 60);
	disk.n_pictures_left = n_pictures;
	disk.pictures = g_ptr_array_new_with_free_func(picture_free);
}

static void disk_stop(void)
{
	g_clear_pointer(&disk.pictures, g_ptr_array_unref);
	g_clear_pointer(&disk.handles, g_hash_table_unref);
	g_clear_pointer(&disk.files, g_hash_table_unref);
}

static guint audit_pictures(guint n_damages)
{
	g_autofree char *directory = g_dir_make_tmp("zhiyin-audit-XXXXXX", NULL);
	guint n_lost = 0;

	for (guint i = 0; i < disk.pictures->len; i++) {
		for (guint j = 0; j < n_damages; j++) {
			remove_directory(directory);
			g_mkdir(directory, 0700);
			make_disk(disk.random, disk.pictures->pdata[i], directory);
			n_lost += !audit_disk(directory, disk.pictures->pdata[i]);
		}
	}
	remove_directory(directory);
	return n_lost;
}

/* One database from its first byte until all its pictures are taken. */
static guint run_round(guint n_pictures, guint n_damages, const char *synchronous)
{
	g_autofree char *path = g_dir_make_tmp("zhiyin-powercut-XXXXXX", NULL);
	gint64 numbers[N_LEDGERS] = {0};
	guint n_lost;

	disk_start(n_pictures);
	while (disk.n_pictures_left)
		run_store(path, synchronous, numbers);
	n_lost = audit_pictures(n_damages);
	remove_directory(path);
	disk_stop();
	return n_lost;
}

int main(int argc, char **argv)
{
	int n_points = 200;
	int n_damages = 1;
	int seed = 1;
	char *synchronous = NULL;
	const GOptionEntry entries[] = {
		{"points", 0, 0, G_OPTION_ARG_INT, &n_points, "Moments at which the power is cut",
		 "N"},
		{"damages", 0, 0, G_OPTION_ARG_INT, &n_damages, "Disks made of each moment", "N"},
		{"synchronous", 0, 0, G_OPTION_ARG_STRING, &synchronous,
		 "FULL, EXTRA, NORMAL or OFF", "LEVEL"},
		{"seed", 0, 0, G_OPTION_ARG_INT, &seed, "Of the damage", "N"},
		{NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(NULL);
	g_autoptr(GError) error = NULL;
	guint n_lost = 0;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || n_points < 1 ||
	    n_damages < 1) {
		g_printerr("powercut: %s\n",
			   error ? error->message : "points and damages are at least 1");
		return 2;
	}
	vfs_register();
	disk.random = g_rand_new_with_seed((guint32)seed);
	for (int left = n_points; left > 0; left -= POINTS_A_ROUND)
		n_lost += run_round((guint)MIN(left, POINTS_A_ROUND), (guint)n_damages,
				    synchronous ? synchronous : "FULL");
	g_print("power cuts: %d (%u in a commit, %u in a write-back), acknowledged before a cut: "
		"%.0f on average\n",
		n_points, disk.n_in_commit, disk.n_in_write_back,
		(double)disk.n_acknowledged / n_points);
	g_print("disks: %d, disks with a loss: %u\n", n_points * n_damages, n_lost);
	g_rand_free(disk.random);
	g_free(synchronous);
	return n_lost || !disk.n_acknowledged || !disk.n_in_commit ? 1 : 0;
}
