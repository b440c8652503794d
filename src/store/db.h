/*
 * Inside the store: a Db is one connection with its prepared statements and the rows it has lent.
 * Ownership: the pool of readers or the writer thread owns a Db; users borrow it. Threads: one at a
 * time.
 * Limits: 256 prepared statements, the least recently used goes first. Does not begin or end
 * transactions.
 */
#pragma once

#include "store/backend.h"

typedef struct Readers Readers;

struct Db {
	const Backend *backend;
	BackendLink *link;
	GHashTable *statements; /* SQL text -> Statement of the cache */
	GQueue recent;		/* the same, most recently used first */
	DbRows *rows;		/* lent, newest first */
	Readers *readers;	/* the pool it goes back to; NULL for the writer's own */
	gint64 idle_since_us;
};

Db *db_open(const Backend *backend, BackendStore *shared, BackendRole role, GError **error);
void db_close(Db *db);
/* Resets every statement that is still lent; what holds their DbRows finds them at their end. */
void db_drop_rows(Db *db);
