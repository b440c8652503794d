/* `zhiyin check`, `backup`, `restore`: is everything still as it was written, and how to get it
 * back. */
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "crm/audit.h"
#include "llm/models.h"
#include "text/tokenize.h"

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

static gboolean check_all(Store *store, GPtrArray *faults, GError **error)
{
	g_autoptr(Db) db = NULL;

	if (!store_check(store, collect, faults, error))
		return FALSE;
	db = db_begin_read(store, error);
	return db && audit_check(db, collect, faults, error) &&
	       model_each(db, verify_model, faults, error);
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
	g_autoptr(Store) store = open_store(run, NULL, error);
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);

	if (!store || !check_all(store, faults, error) || !print_faults(run, faults, error))
		return FALSE;
	if (!faults->len)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
		    "%u faults found (restore a backup: zhiyin restore FILE --data NEWDIR)",
		    faults->len);
	return FALSE;
}

static gboolean backup_run(CommandRun *run, GError **error)
{
	g_autoptr(Store) store = open_store(run, NULL, error);

	return store && store_backup(store, run->arguments[0], error) &&
	       command_printf(run, error, run->json ? "{\"out\":\"done\"}\n" : "%s",
			      run->json ? "" : "done\n");
}

static gboolean copy_file(const char *from, const char *to, GError **error)
{
	g_autoptr(GFile) source = g_file_new_for_path(from);
	g_autoptr(GFile) target = g_file_new_for_path(to);
	int fd;

	if (!g_file_copy(source, target, G_FILE_COPY_NONE, NULL, NULL, NULL, error))
		return FALSE;
	g_chmod(to, 0600);
	fd = open(to, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
	return TRUE;
}

/* Into a directory without a store; what was restored is checked before it counts. */
static gboolean restore_run(CommandRun *run, GError **error)
{
	const char *data = config_string(run->config, SETTING_DATA);
	g_autofree char *file = g_build_filename(data, "zhiyin.db", NULL);
	StoreOptions options = {.path = data, .tokenize = text_tokenize, .migrate = TRUE};
	g_autoptr(GPtrArray) faults = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Store) store = NULL;

	if (g_file_test(file, G_FILE_TEST_EXISTS)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "%s holds a store already: restore into a new directory", data);
		return FALSE;
	}
	if (g_mkdir_with_parents(data, 0700) != 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s: %s", data,
			    g_strerror(errno));
		return FALSE;
	}
	if (!copy_file(run->arguments[0], file, error))
		return FALSE;
	store = store_open(&options, error);
	if (store && check_all(store, faults, error) && !faults->len)
		return command_printf(run, error, run->json ? "{\"ok\":true}\n" : "%s",
				      run->json ? "" : "restored\n");
	g_clear_pointer(&store, store_close);
	g_unlink(file);
	if (error && !*error)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "%s is damaged: %s (nothing was restored)", run->arguments[0],
			    faults->len ? (const char *)g_ptr_array_index(faults, 0)
					: "cannot be read");
	return FALSE;
}

static const Setting settings[] = {SETTING_DATA, N_SETTINGS};

const Command command_check = {
	.name = "check",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Verify the database, its indexes, the audit chain and the models.",
	.arguments = "",
	.settings = settings,
	.example = "zhiyin check --data data/demo",
	.run = check_run,
};

const Command command_backup = {
	.name = "backup",
	.group = COMMAND_GROUP_UPKEEP,
	.summary = "Copy the store into a file while the server goes on.",
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
