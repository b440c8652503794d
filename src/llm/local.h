/*
 * The provider that asks the local model process, `zhiyin llmd`, over a socketpair. The supervisor
 * hands the link to core when the process is there, and another when it has been started anew; a
 * command starts a process of its own with local_spawn().
 *
 * Ownership: the Llm owns the Local; local_attach() takes the descriptor. Threads: any, one reader
 * thread for each link. Limits: an answer of LOCAL_ANSWER_MAX bytes; more, or text that is not UTF-8,
 * is a process that has lost its mind, and the call fails. Errors: UNAVAILABLE while there is no
 * process, when it does not run the model that was agreed on, and at once when it goes in the middle
 * of an answer.
 * Does not start a process anew, does not read model files.
 */
#pragma once

#include "llm/llm.h"

enum { LOCAL_SLOTS = 4, LOCAL_ANSWER_MAX = 256 << 10 };

typedef struct Local Local;

/* Whether a model with this hash may be used: NULL, or why not (the caller frees it). Called on a
 * reader thread. */
typedef char *(*LocalApprove)(const char *sha256, const char *name, gpointer data);

/* *ret_local: for local_attach(); lives as long as the Llm. approve NULL: any model will do. */
Llm *local_new(LocalApprove approve, gpointer data, Local **ret_local);
/* A connected socket to a model process, in place of the one before. */
void local_attach(Local *local, int fd);
/* No process will come, and why (for people): it does not take its file. Until the next attach. */
void local_give_up(Local *local, const char *why);
/* Waits until the process has said what it runs. FALSE with UNAVAILABLE when it goes, is refused, or
 * does not come in time. */
gboolean local_wait_ready(Local *local, int timeout_ms, GError **error);

/* Starts `zhiyin llmd` for this process alone: the descriptor for local_attach(). It ends when that
 * is closed, and with this process. -1 with UNAVAILABLE. */
int local_spawn(const char *model_path, guint n_context, GError **error);
