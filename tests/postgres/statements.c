/*
 * Linked into the sanitized program alone: where ZHIYIN_STATEMENTS names a folder, the text of each statement that a process prepares
 * is written there once, ended by a NUL, into a file of the process. Texts hold parameters, never values.
 */
#include <fcntl.h>
#include <glib.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

int __real_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n_bytes, unsigned flags,
			      sqlite3_stmt **ret_stmt, const char **ret_rest);
int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n_bytes, unsigned flags,
			      sqlite3_stmt **ret_stmt, const char **ret_rest);

static void note(const char *folder, const char *sql)
{
	static GMutex lock;
	static GHashTable *known;
	static int fd = -1;
	g_autofree char *path = NULL;

	g_mutex_lock(&lock);
	if (!known) {
		path = g_strdup_printf("%s/%d", folder, (int)getpid());
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
	if (fd >= 0 && g_hash_table_add(known, g_strdup(sql)) &&
	    write(fd, sql, strlen(sql) + 1) < 0)
		g_error("%s cannot be written", folder);
	g_mutex_unlock(&lock);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *db, const char *sql, int n_bytes, unsigned flags,
			      sqlite3_stmt **ret_stmt, const char **ret_rest)
{
	int code = __real_sqlite3_prepare_v3(db, sql, n_bytes, flags, ret_stmt, ret_rest);
	const char *folder = g_getenv("ZHIYIN_STATEMENTS");

	if (folder && code == SQLITE_OK)
		note(folder, sql);
	return code;
}
