/*
 * Brings a database to the schema of this program: numbered steps, forward only, each in one
 * transaction together with its row in schema_migrations (version, name, SHA-256 of its text,
 * applied_at). Several processes may start at once: one applies, the others see it done.
 * Errors: NEWER (the database knows a step that this program does not), DAMAGED (a step that was
 * applied reads otherwise now, or is missing), UNAVAILABLE (behind and not allowed to migrate),
 * else what the step itself fails with.
 * Threads: as the Db. Does not go back and does not repair.
 */
#pragma once

#include "store/db.h"

/* Makes the table of the steps that were applied, where it is missing. */
extern const char migrate_table[];

/* The program's own steps, oldest first. The caller frees the array, not what it points to. */
StoreMigration *migrations_own(gsize *ret_n_migrations);

gboolean migrate_run(Db *db, const StoreMigration *migrations, gsize n_migrations, gboolean apply,
		     GError **error);
/* Compares only; each difference goes to found. */
gboolean migrate_check(Db *db, const StoreMigration *migrations, gsize n_migrations,
		       StoreFound found, gpointer data, GError **error);
