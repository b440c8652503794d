/* `zhiyin check`, `backup`, `restore`: is everything still as it was written, and how to get it
 * back. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/attachments.h"
#include "crm/audit.h"
#include "crm/classifiers.h"
#include "crm/organisation.h"
#include "llm/models.h"
#include "text/pieces.h"

static void collect(const char *what, gpointer faults)
{
	g_ptr_array_add(faults, g_strdup(what));
}

static void verify_model(const Model *model, gpointer faults)
{
	g_autoptr(GError) error = NULL;

	if (!model_verify(model, &error))
		g_ptr_array_add(faults, g_strdup_printf("model: %s", error->message));
}

/* What stands in the tables: the audit chain, kept classifiers, and, of a store that is in its place (data), the files of
 * models and attachments. */
static gboolean check_rows(Store *store, const char *data, GPtrArray *faults, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);

	return db && audit_check(db, collect, faults, NULL, error) &&
	       classifier_verify_all(db, collect, faults, error) &&
	       (!data || (model_each(db, verify_model, faults, error) &&
			  attachments_check(db, data, collect, faults, error)));
}

/* Damage that ends the reading is a fault like the others, told once. */
static gboolean damage_is_fault(GError *failed, GPtrArray *faults, GError **error)
{
	if (!g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED)) {
		g_propagate_error(error, failed);
		return FALSE;
	}
	if (!faults->len)
		g_ptr_array_add(faults, g_strdup(failed->message));
	g_error_free(failed);
	return TRUE;
}

static gboolean check_all(Store *store, const char *data, GPtrArray *faults, GError **error)
{
	GError *failed = NULL;

	if (store_check(store, collect, faults, &failed) &&
	    check_rows(store, data, faults, &failed))
		return TRUE;
	return damage_is_fault(failed, faults, error);
}

static gboolean print_faults(CommandRun *run, const GPtrArray *faults, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json) {
		for (guint i = 0; i < faults->len; i++)
			if (!command_printf(run, error, "%s\n",
					    (const char *)g_ptr_array_index(faults, i)))
				return FALSE;
		return faults->len || command_printf(run, error, "all is well\n");
	}
	json_object_begin(&w, NULL);
	json_put_bool(&w, "ok", faults->len == 0);
	json_array_begin(&w, "faults");
	for (guint i = 0; i < faults->len; i++)
		json_put_string(&w, NULL, g_ptr_array_index(faults, i));
	json_array_end(&w);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean check_run(CommandRun *run, GError **error)
{
	GError *failed = NULL;
	g_autoptr(Store) store = open_store(run, NULL, &failed);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	gboolean ran =
		store ? check_all(store, config_string(run->config, SETTING_DATA), faults, error)
		      : damage_is_fault(failed, faults, error);

	if (!ran || !print_faults(run, faults, error))
		return FALSE;
	if (!faults->len)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "%u faults found (restore a backup: zhiyin restore FILE --data NEWDIR)",
		    faults->len);
	return FALSE;
}

/* "done: FILE", or {name: FILE}. */
static gboolean report(CommandRun *run, const char *done, const char *name, const char *file,
		       GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!run->json)
		return command_printf(run, error, "%s: %s\n", done, file);
	json_object_begin(&w, NULL);
	json_put_string(&w, name, file);
	json_object_end(&w);
	return print_json(run, out, error);
}

static gboolean fail_file(const char *path, GError **error)
{
	int code = errno == ENOSPC || errno == EDQUOT ? ZHIYIN_ERROR_STORAGE_FULL
		   : errno == EEXIST		      ? ZHIYIN_ERROR_CONFLICT
						      : ZHIYIN_ERROR_UNAVAILABLE;

	g_set_error(error, ZHIYIN_ERROR, code, "%s: %s", path, g_strerror(errno));
	return FALSE;
}

/* The files that attachments name, beside the backup: FILE.files. They are copied after the database, so that
 * none is missing that it names; one that was removed in between has no row then. */
static char *files_of(const char *backup)
{
	return g_strconcat(backup, ".files", NULL);
}

static gboolean backup_files(Store *store, const char *data, const char *backup, GError **error)
{
	g_autofree char *files = files_of(backup);
	g_autoptr(Db) db = db_begin_read(store, error);
	gint64 n;

	if (!db || !attachments_count(db, &n, error))
		return FALSE;
	return !n || ((g_mkdir(files, 0700) == 0 || errno == EEXIST || fail_file(files, error)) &&
		      attachments_copy(db, data, files, error));
}

static gboolean backup_run(CommandRun *run, GError **error)
{
	g_autoptr(Store) store = open_store(run, NULL, error);

	return store && store_backup(store, run->arguments[0], error) &&
	       backup_files(store, config_string(run->config, SETTING_DATA), run->arguments[0],
			    error) &&
	       report(run, "backed up", "out", run->arguments[0], error);
}

/* ---- restore --------------------------------------------------------------------------------- */

static gboolean sync_path(const char *path, GError **error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	gboolean synced = fd >= 0 && fsync(fd) == 0;

	if (!synced)
		fail_file(path, error);
	if (fd >= 0)
		close(fd);
	return synced;
}

static gboolean copy_file(const char *from, const char *to, GError **error)
{
	g_autoptr(GFile) source = g_file_new_for_path(from);
	g_autoptr(GFile) target = g_file_new_for_path(to);
	g_autoptr(GError) failed = NULL;

	if (g_file_copy(source, target, G_FILE_COPY_TARGET_DEFAULT_PERMS, NULL, NULL, NULL,
			&failed))
		return g_chmod(to, 0600) == 0 || fail_file(to, error);
	g_set_error(error, ZHIYIN_ERROR,
		    g_error_matches(failed, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)
			    ? ZHIYIN_ERROR_NOT_FOUND
			    : ZHIYIN_ERROR_UNAVAILABLE,
		    "%s: %s", from, failed->message);
	return FALSE;
}

/* The copy in the directory part: whole, of this program, with an organisation in it. Models are
 * not asked for: they lie elsewhere on another machine. */
static gboolean check_copy(const char *part, GPtrArray *faults, GError **error)
{
	StoreOptions options = {.path = part, .tokenize = text_tokenize_pieces, .migrate = TRUE};
	g_autoptr(Store) store = store_open(&options, error);
	g_autoptr(Db) db = NULL;
	char org_id[37];

	if (!store || !check_all(store, NULL, faults, error))
		return FALSE;
	if (faults->len) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED, "%s",
			    (const char *)g_ptr_array_index(faults, 0));
		return FALSE;
	}
	db = db_begin_read(store, error);
	return db && organisation_first(db, org_id, error);
}

/* The files of attachments, before the database has its name. */
static gboolean restore_files(const char *part, const char *data, const char *backup,
			      GError **error)
{
	StoreOptions options = {.path = part, .tokenize = text_tokenize_pieces};
	g_autofree char *files = files_of(backup);
	g_autoptr(Store) store = store_open(&options, error);
	g_autoptr(Db) db = store ? db_begin_read(store, error) : NULL;

	return db && attachments_copy(db, files, data, error);
}

/* Copies and checks in a directory of its own; the finished file gets its name in one step, never
 * over one that is there. */
static gboolean restore_into(const char *data, const char *part, const char *backup, GError **error)
{
	g_autofree char *copy = g_build_filename(part, "zhiyin.db", NULL);
	g_autofree char *file = g_build_filename(data, "zhiyin.db", NULL);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) failed = NULL;

	if (g_mkdir(part, 0700) != 0)
		return fail_file(part, error);
	if (!copy_file(backup, copy, error))
		return FALSE;
	if (!check_copy(part, faults, &failed)) {
		/* what is damaged or empty is the file that was given, not the store */
		g_set_error(error, ZHIYIN_ERROR,
			    g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED) ||
					    g_error_matches(failed, ZHIYIN_ERROR,
							    ZHIYIN_ERROR_NOT_FOUND)
				    ? ZHIYIN_ERROR_INVALID
				    : failed->code,
			    "%s is no sound backup, nothing was restored: %s", backup,
			    failed->message);
		return FALSE;
	}
	return restore_files(part, data, backup, error) && sync_path(copy, error) &&
	       (link(copy, file) == 0 || fail_file(file, error)) && sync_path(data, error);
}

/* A log that was left alone would be read as the restored store's. */
static gboolean holds_store(const char *data)
{
	static const char *const names[] = {"zhiyin.db", "zhiyin.db-wal", "zhiyin.db-shm"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_build_filename(data, names[i], NULL);

		if (g_file_test(file, G_FILE_TEST_EXISTS))
			return TRUE;
	}
	return FALSE;
}

static gboolean restore_run(CommandRun *run, GError **error)
{
	const char *data = config_string(run->config, SETTING_DATA);
	g_autofree char *part = g_build_filename(data, "restore.part", NULL);
	gboolean made = !g_file_test(data, G_FILE_TEST_IS_DIR);
	gboolean restored;

	if (holds_store(data)) {
		g_set_error(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			"%s holds a store already, or a part of one: restore into a new directory",
			data);
		return FALSE;
	}
	if (g_mkdir_with_parents(data, 0700) != 0)
		return fail_file(data, error);
	discard_store(part, TRUE); /* of a restore that was killed */
	restored = restore_into(data, part, run->arguments[0], error);
	discard_store(part, TRUE);
	if (!restored && made)
		g_rmdir(data);
	return restored && report(run, "restored", "data", data, error);
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};

const Command command_check = {
	.name = "check",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Verify the database, its indexes, the audit chain, attachments and models.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin check --data data/demo",
	.run = check_run,
};

const Command command_backup = {
	.name = "backup",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Copy the store into a file (attachments into FILE.files) while the server goes "
		   "on.",
	.arguments = "FILE",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.example = "zhiyin backup /backups/zhiyin-monday.db --data data/demo",
	.run = backup_run,
};

const Command command_restore = {
	.name = "restore",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Make a store from a backup, checked before it counts.",
	.arguments = "FILE",
	.min_arguments = 1,
	.max_arguments = 1,
	.settings = settings,
	.example = "zhiyin restore /backups/zhiyin-monday.db --data data/restored",
	.run = restore_run,
};
