/*
 * Shared by the SQLite files of the store; only they may include this header.
 * Ownership and threads as in backend.h. Does not leave this folder.
 */
#pragma once

#include <sqlite3.h>

#include "store/backend.h"
#include "store/wait.h"

#define DATABASE_FILE "zhiyin.db"
#define APPLICATION_ID 0x5a68796e /* "Zhyn", in bytes 68 to 71 of the file */

enum {
	LOG_TIDY_PAGES = 1000,	/* write back from here on */
	LOG_LARGE_PAGES = 8192, /* 32 MB: start the log anew, and bulk writers wait for that */
	LOG_HUGE_PAGES = 16384, /* 64 MB: shorten the file when nobody writes */
	LOG_FULL_PAGES = 16384	/* 64 MB: interactive writers wait for the log, too */
};

struct BackendStore {
	char *path; /* of the database file */
	char *vfs;
	const char *synchronous; /* whole PRAGMA text */
	StoreTokenize tokenize;
	WaitFile *wait;
	_Atomic gint64 n_log_pages;   /* in the write-ahead log, as of our last commit */
	_Atomic gint64 n_saved_pages; /* of these, already written back */
	_Atomic gint64 n_file_pages;  /* the longest the log has been: its file stays that long */
	_Atomic gint64 committed_us;
	_Atomic gint64 large_tried_us;
	_Atomic gboolean saves_rest; /* the rest of a large log is being written back: let it */
	/* a sync failed: nothing is written back any more, not even at the end */
	_Atomic gboolean frozen;
};

typedef enum {
	LINK_MODE_RUN,	   /* rows only */
	LINK_MODE_MIGRATE, /* schema too */
	LINK_MODE_INTERNAL /* our own statements */
} LinkMode;

typedef enum {
	CONTROL_BEGIN,
	CONTROL_BEGIN_WRITE,
	CONTROL_COMMIT,
	CONTROL_ROLLBACK,
	CONTROL_SAVEPOINT,
	CONTROL_RELEASE,
	CONTROL_ROLLBACK_TO,
	CONTROL_DATA_VERSION,
	N_CONTROLS
} Control;

struct BackendLink {
	sqlite3 *db;
	BackendStore *store;
	LinkMode mode;
	BackendFault fault;
	sqlite3_stmt *controls[N_CONTROLS];
	gboolean waits_openly; /* stamps the wait file while it waits */
	WaitKind wait_kind;
	gint64 patience_us;
	gint64 wait_began_us;
	gint64 began_us;
	gint64 data_version;
};

/* Fills error and link->fault from an SQLite result code. doing: words, or the text of a statement;
 * never values. */
void sqlite_fail(BackendLink *link, int code, const char *doing, GError **error);
/* One of our own statements without a result, whatever the mode. FALSE as sqlite_fail. */
gboolean sqlite_exec_own(BackendLink *link, const char *sql, GError **error);
/* The first column of the first row of one of our own statements. */
gboolean sqlite_get_int(BackendLink *link, const char *sql, gint64 *ret_value, GError **error);

BackendLink *sqlite_connect(BackendStore *store, BackendRole role, GError **error);
void sqlite_disconnect(BackendLink *link);

/* sqlite_open.c */
BackendStore *sqlite_open(const StoreOptions *options, GError **error);
void sqlite_close(BackendStore *store);
gboolean sqlite_sync_directory_of(const char *path, GError **error);
/* Settings, limits, guard and tokenizer of a fresh connection. */
gboolean sqlite_furnish(BackendLink *link, BackendRole role, GError **error);

/* sqlite_fts.c: makes the tokenizer "zhiyin" known to this connection. */
gboolean sqlite_add_tokenizer(BackendLink *link, GError **error);

/* sqlite_upkeep.c */
gboolean sqlite_wants_tidy(BackendStore *store);
gboolean sqlite_tidy(BackendLink *link, GError **error);
gboolean sqlite_backup(BackendLink *link, const char *path, GError **error);
gboolean sqlite_scrub(BackendStore *store, GError **error);
gboolean sqlite_check(BackendStore *store, StoreFound found, gpointer data, GError **error);
