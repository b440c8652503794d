/*
 * What commands on a data directory have in common: the store, its organisation, an answer engine.
 * Ownership: the caller closes what it gets. Errors say how to make what is missing.
 */
#pragma once

#include "bot/answer.h"
#include "cli/command.h"
#include "store/store.h"

/* The store of --data; it must exist. ret_org_id may be NULL. */
Store *open_store(const CommandRun *run, char ret_org_id[37], GError **error);
/* Takes the place of a new store, so that of two commands one is refused: makes the directory where
 * it is missing (ret_made), and an empty database file. CONFLICT when there is one already. */
gboolean claim_store(const char *data, gboolean *ret_made, GError **error);
/* Undoes claim_store and all that was stored since. */
void discard_store(const char *data, gboolean made);
/* Engine with the encoder that the settings name, n_threads for bulk work. */
AnswerEngine *open_engine(const CommandRun *run, Store *store, guint n_threads);
/* Gives the engine the model that the settings name, if there is one: its process is started at the
 * first question that needs it. Both are the caller's, and outlive the engine. */
gboolean open_model(const CommandRun *run, Store *store, AnswerEngine *engine, Tasks **ret_tasks,
		    Llm **ret_llm, GError **error);
/* Has the user asked for no encoder? */
gboolean encoder_declined(const CommandRun *run);
/* One JSON object of one level, printed: out ends with a line feed. */
gboolean print_json(CommandRun *run, GString *out, GError **error);
