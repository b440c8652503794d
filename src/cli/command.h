/*
 * Commands as rows: one row, one file cmd_<name>.c, and parsing, bounds, help, "did you mean" and
 * exit codes follow.
 *
 * To add a command:
 *   1. Write src/cli/cmd_<name>.c: a comment on what it is for, the function, `const Command
 *   command_<name> = {...}`.
 *   2. Add COMMAND_ROW(<name>) to commands.def. A file may define several (kb add, kb list): one
 *   row each.
 *   3. tests/cli/test_help.py checks its help at once; what it does is tested in
 *   tests/cli/test_<name>.py.
 * The function reads its input through the getters below, writes its result with command_print()
 * (one JSON object with run->json) and its remarks with command_note(), and returns FALSE with an
 * error, whose kind gives the exit code (base/error.def): 0 done, 1 failed, 2 wrong usage, 3 bad
 * input data. It neither exits nor prints the error itself.
 *
 * Threads: the main thread. Ownership: what getters return belongs to the run. Does not know any
 * record: a command opens the store itself, by run->config.
 */
#pragma once

#include <glib.h>
#include <stdio.h>

#include "base/config.h"

typedef enum {
	COMMAND_GROUP_SERVER,
	COMMAND_GROUP_KNOWLEDGE,
	COMMAND_GROUP_RECORDS,
	COMMAND_GROUP_LEARNING,
	COMMAND_GROUP_UPKEEP,
	COMMAND_GROUP_INTERNAL, /* processes that the supervisor starts; not shown */
	N_COMMAND_GROUPS
} CommandGroup;

typedef enum {
	OPTION_FLAG,   /* --name */
	OPTION_TEXT,   /* --name TEXT, valid UTF-8 */
	OPTION_PATH,   /* --name FILE, any bytes */
	OPTION_INT,    /* --name N, within min..max */
	OPTION_NUMBER, /* --name X, within min..max */
	OPTION_CHOICE, /* --name a|b|c: value is one of the words of value_name */
	OPTION_LIST,   /* --name TEXT, may be given again and again */
} OptionKind;

typedef struct {
	const char *name; /* "minutes": --minutes */
	OptionKind kind;
	const char *value_name; /* "N"; the words of a choice, "csv|jsonl|xlsx"; NULL for a flag */
	const char *fallback;	/* as if it had been given; NULL = none */
	double min, max;	/* OPTION_INT, OPTION_NUMBER; both 0 = no bounds */
	const char *help;	/* NULL: not shown, for the program's own use */
} CommandOption;

typedef struct CommandRun CommandRun;

typedef struct {
	const char *name; /* "serve", "key create" */
	CommandGroup group;
	const char *summary;   /* one line, a full sentence */
	const char *arguments; /* "FILE...", "" for none */
	guint min_arguments;
	guint max_arguments; /* G_MAXUINT = any number */
	/* flags that stand for settings, ended by N_SETTINGS; NULL = none */
	const Setting *settings;
	const CommandOption *options; /* ended by a row without a name; NULL = none */
	const char *details;	      /* more text for --help, or NULL */
	/* one line that works as it stands; the last line of --help */
	const char *example;
	gboolean uses_blas; /* trains: main sees to it that OpenBLAS starts well */
	gboolean (*run)(CommandRun *run, GError **error);
} Command;

typedef struct CommandValue CommandValue;

struct CommandRun {
	const Command *command;
	/* environment, flags, and the data directory's file where the command has --data */
	Config *config;
	char **arguments; /* NULL-terminated */
	guint n_arguments;
	gboolean json, quiet;
	FILE *out;	      /* where results go; standard output unless a test says otherwise */
	char **argv;	      /* as the process was started, for those that start it anew */
	CommandValue *values; /* of the options, in their order */
};

/* The option's value; naming an option that the row does not have is a mistake of the program. */
gboolean command_flag(const CommandRun *run, const char *name);
/* NULL when neither given nor with a fallback */
const char *command_text(const CommandRun *run, const char *name);
gint64 command_int(const CommandRun *run, const char *name);
double command_number(const CommandRun *run, const char *name);
/* NULL-terminated, may be empty */
const char *const *command_list(const CommandRun *run, const char *name);
gboolean command_given(const CommandRun *run, const char *name);

/* Writes to run->out. FALSE when that failed (disk full): the result is then incomplete. */
gboolean command_print(CommandRun *run, const char *text, gssize n_bytes, GError **error);
gboolean command_printf(CommandRun *run, GError **error, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
/* One line on standard error, nothing with --quiet. */
void command_note(const CommandRun *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The first line of standard input without its end, at most 1 KiB: for passwords. The caller frees
 * it. */
char *command_read_line(GError **error);

/* Finds and runs the command that argv names. Returns the exit code. commands: all rows,
 * NULL-terminated. */
int command_main(const Command *const *commands, int argc, char **argv);
/* The row that argv names, NULL when none; *ret_n_words gets the words of its name. */
const Command *command_find(const Command *const *commands, const char *const *words,
			    guint *ret_n_words);
