/*
 * The processes of one `zhiyin serve`, and how a child speaks with the supervisor over its control
 * socket, in words of one byte: the child says once that it is ready; the supervisor says once that it is
 * to stop; the end of either side closes the socket, which the other sees. When core and llmd are both
 * ready, the supervisor makes a socketpair and hands one end to each (PROCESS_LINK with the descriptor);
 * when one of them has been started anew, it does so again, and what they had before is closed. Core says
 * when another local model was chosen (llmd is started anew, and reads its settings anew), or none; and
 * is told when llmd does not take its file and will not be started again.
 *
 * core_main() and worker_main() run until process_wait() returns FALSE and return an exit code;
 * llmd_main() ends the process itself. A child is a fresh start of the same binary: it has read its
 * own settings, has the listen socket as a number (the supervisor keeps it too, so that no
 * connection is refused while a core is started anew), and is killed when the supervisor dies.
 * Threads: process_begin() before any thread is made; the others from the main thread.
 * Does not carry any data: what processes share stands in the store.
 */
#pragma once

#include "base/config.h"

/* Answers HTTP on listen_fd, which is bound and listening. */
int core_main(const Config *config, int listen_fd, int control_fd);
/* Owns the chat model and answers over the links that it is handed; link_fd: one that it has from the
 * beginning (started by a command, without a supervisor: it ends with it), or -1. path: the model. */
typedef struct {
	const char *path;
	guint n_context;
	gint64 idle_seconds; /* after which the model leaves memory until it is needed; 0: never */
	gboolean lazy;	     /* it is not loaded before it is needed */
	gboolean deadly;     /* tests: what the sandbox forbids kills */
} LlmdOptions;

void llmd_main(const LlmdOptions *options, int link_fd, int control_fd) G_GNUC_NORETURN;
/* Runs durable jobs. control_fd -1: started by hand on a machine of its own. */
int worker_main(const Config *config, int control_fd);

/* Names the process in logs and in ps, takes signals in hand: TERM (and INT, unless supervised) end
 * process_wait(). */
void process_begin(const char *role, gboolean supervised);
/* Tells the supervisor that the process serves now; nothing with -1. */
void process_ready(int control_fd);
/* The words on the control socket. */
enum {
	PROCESS_READY = 'R',
	PROCESS_STOP = 'S',
	PROCESS_LINK = 'L',
	PROCESS_MODEL = 'M',	/* core: start llmd, anew where it runs */
	PROCESS_NO_MODEL = 'N', /* core: no llmd is wanted */
	PROCESS_REFUSED = 'X',	/* to core: llmd does not take its file */
};
/* One word to the other side; any thread. FALSE when it cannot be said. */
gboolean process_say(int control_fd, char word);

/* What process_receive() found. */
typedef enum {
	PROCESS_NOTHING,
	PROCESS_LINKED,
	PROCESS_MODEL_REFUSED,
	PROCESS_STOPPING /* by word of the supervisor, its death, or a signal */
} ProcessNews;
/* Sleeps up to timeout_ms (-1: no limit) for news; *ret_link_fd is the link (close-on-exec, the
 * caller's), or -1. */
ProcessNews process_wait_news(int control_fd, int timeout_ms, int *ret_link_fd);
/* The same for a process without links. TRUE: go on; FALSE: stop. */
gboolean process_wait(int control_fd, int timeout_ms);
/* The supervisor's side: hands over a descriptor, which stays open here. FALSE when the child does
 * not take it. */
gboolean process_send_link(int control_fd, int link_fd);

/* Reads one word without waiting: for those that have a loop of their own. */
ProcessNews process_receive(int control_fd, int *ret_link_fd);
