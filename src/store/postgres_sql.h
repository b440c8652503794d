/*
 * What PostgreSQL is told instead of a text that was written for SQLite: the only place that knows where the two differ. Statements of
 * the program are written so that both take them; what is left are words of the schema, and functions that PostgreSQL does not bring.
 * Ownership: the caller frees what is made. Threads: any.
 * Does not parse: it replaces runs of words outside of strings, quoted names and comments. Does not know full-text search: a statement
 * with MATCH stays as it is, and PostgreSQL refuses it.
 */
#pragma once

#include <glib.h>

/* The functions that the program's statements use and PostgreSQL lacks; run once, before the first migration. */
extern const char postgres_functions[];

/* One statement or a whole migration of n_bytes. */
char *postgres_sql(const char *sql, gsize n_bytes);
