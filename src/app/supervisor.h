/*
 * The supervisor of one `zhiyin serve`: binds the listen socket, starts core, llmd when there is a
 * local model, and then worker (the same binary anew), joins core and llmd by a socketpair, starts a
 * child again when it ends (after 100 ms, doubling to 10 s; from the beginning after 30 s of health;
 * not an llmd that does not take its model file, of which core is told), starts llmd anew or stops it when
 * core says that another model was chosen, and stops all in order, worker, core, llmd, each
 * with 10 s before it is killed. It parses nothing from outside and opens no database. A core that ends before it
 * was ever ready is a fault of the settings or the data: the supervisor then ends, too.
 * Threads: the main thread alone, none may exist. Does not daemonise: children stay in the session
 * of serve.
 */
#pragma once

#include "base/config.h"

/* Called once, when core is ready for the first time. */
typedef void (*SupervisorReady)(const char *url, gpointer data);

typedef struct {
	const Config *config;
	gboolean with_model; /* start llmd, until core says otherwise */
	/* what follows the role's name on a child's command line; NULL-terminated */
	const char *const *arguments;
	SupervisorReady ready;
	gpointer data;
} SupervisorOptions;

/* Runs until SIGTERM, SIGINT or SIGHUP. TRUE after an orderly stop; FALSE with error when the
 * address cannot be had or core cannot start (UNAVAILABLE; core has logged why). */
gboolean supervisor_run(const SupervisorOptions *options, GError **error);
