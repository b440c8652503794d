/*
 * The pool of reading connections. Lending one costs a mutex and a BEGIN; a new one is connected
 * only when all are lent.
 * Limits: 64 lent at a time, the next caller waits up to 5 s (UNAVAILABLE); 8 are kept, those idle
 * for 30 s go, the last one stays.
 * Threads: all. Does not know writers.
 */
#pragma once

#include "store/db.h"

Readers *readers_new(const Backend *backend, BackendStore *shared);
/* All must have been given back; those that were not are left alone and logged. */
void readers_free(Readers *readers);
/* A connection inside a read transaction. */
Db *readers_lend(Readers *readers, GError **error);
void readers_give_back(Readers *readers, Db *db);
/* Closes what has been idle for long; called now and then. */
void readers_trim(Readers *readers);
