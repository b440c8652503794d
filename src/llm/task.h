/*
 * What a model is asked to do here, as rows: prompts/<task>/ holds task.json (version, limits, what the
 * result may rest on, what happens when there is none), per language the fixed part (zh.txt, en.txt)
 * and the frame of the input (zh.input, en.input), and grammar.gbnf where a grammar helps. The files
 * travel inside the binary.
 *
 * task_run() builds the request: untrusted text becomes one line each, without control characters and
 * the words that steer chat models, cut to its share of input_max_chars, and stands between marks that
 * are new in every call and must not come back. What the model says is judged by llm/check.h against
 * the call's own sources; only what passes is handed on, sentence by sentence. Without that the
 * result is the row's fallback, and says why.
 *
 * Ownership: Tasks are made once and shared; a TaskCall is borrowed. Threads: any; task_run() blocks
 * as llm_generate() does. Errors: of loading, INVALID with file and member; task_run() has none, its
 * outcome is typed. Audit: one record a call, which never holds text.
 * Does not decide whether a question can be answered, does not read records.
 */
#pragma once

#include "llm/check.h"
#include "llm/llm.h"

#define TASK_ANSWER "answer"   /* passages, question -> an answer to a customer */
#define TASK_REWRITE "rewrite" /* history, question -> a question that stands alone */
#define TASK_SUMMARY "summary" /* history -> a note for the colleague who takes over */
#define TASK_DRAFT "draft"     /* passages, history -> a reply that a person looks at */

typedef struct Tasks Tasks;

/* From the files of the binary (base/asset.h). Fails with INVALID. */
Tasks *tasks_load(GError **error);
void tasks_free(Tasks *tasks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Tasks, tasks_free)

typedef struct {
	const char *task;	     /* TASK_... */
	const char *language;	     /* "zh" or "en" */
	const char *question;	     /* or NULL */
	const char *const *passages; /* best first, NULL-terminated, or NULL */
	const char *grammar;	     /* GBNF in place of the row's, or NULL */
	const GPtrArray *history;    /* pairs role, text, oldest first, or NULL */
	const char *const *secrets;  /* must not come back; or NULL */
	const char *const *names;    /* of people: masked before they leave the machine; or NULL */
	const char *org_id;	     /* whose call it is, for the audit; NULL = of nobody */
	const char *session;	     /* whose turn it is: a conversation's id */
	const char *conversation;    /* in which what is masked keeps its placeholders; or NULL */
	gint64 deadline_us;	     /* 0 = deadline_ms of the row from now on; else the earlier */
	LlmWanted wanted;	     /* FALSE cancels the call; or NULL */
	gpointer wanted_data;
} TaskCall;

typedef enum {
	TASK_DONE,	/* text is the model's and passed */
	TASK_REFUSED,	/* it said what it must not: fault tells */
	TASK_NO_MODEL,	/* none, or it failed */
	TASK_LATE,	/* the deadline came first */
	TASK_CANCELLED, /* by the caller's piece function, or nobody wants it any more */
	TASK_NO_TASK,	/* no such task or language, or nothing to work on */
} TaskOutcome;

/* "done", "refused", ... */
const char *task_outcome_name(TaskOutcome outcome);

/* For the audit: who was asked what, never the words; but for detail, which is for the eyes of staff and kept
 * nowhere but with the message. */
typedef struct {
	const char *id; /* of the call, new */
	const char *org_id, *session;
	const char *task, *language, *outcome, *fault;
	const char *detail; /* what was at fault in the text; NULL where that must not be seen */
	guint version;
	const char *provider, *model;
	const char *model_sha256;  /* of a local file, or NULL */
	const char *prompt_sha256; /* of the fixed part, frame and grammar */
	guint n_prompt, n_cached, n_generated;
	double queue_ms, first_ms, total_ms;
} TaskRecord;
typedef void (*TaskAudit)(const TaskRecord *record, gpointer data);
/* From now on every call of every caller is told to audit, too, on the caller's thread. Set before the
 * Tasks are shared. */
void tasks_set_audit(Tasks *tasks, TaskAudit audit, gpointer data);

typedef struct {
	TaskOutcome outcome;
	CheckFault fault;   /* with TASK_REFUSED */
	char *detail;	    /* what was at fault: for staff, never for the log; or NULL */
	char *trouble;	    /* with TASK_NO_MODEL: why, for staff; else NULL */
	gboolean generated; /* text is the model's, else the fallback's */
	char *text;	    /* what to use; NULL where there is no fallback */
	char *shown;	    /* what the piece function was given: a part that passed, or "" */
	const char *task;   /* the row's name and version: valid as long as the Tasks */
	guint version;
	char call_id[37]; /* "" where nobody was asked */
	LlmUsage usage;
} TaskResult;

void task_result_clear(TaskResult *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(TaskResult, task_result_clear)

/* piece: gets what passed, as it passes; FALSE ends the call; may be NULL. audit may be NULL. */
void task_run(const Tasks *tasks, Llm *llm, const TaskCall *call, LlmPiece piece, TaskAudit audit,
	      gpointer data, TaskResult *ret_result);

/* Untrusted text as it may stand in a prompt: one line, no controls, no words that steer. The caller
 * frees it. */
char *task_disarm(const char *text, gsize max_chars);
