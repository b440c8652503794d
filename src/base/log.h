/*
 * The log: one JSON line per event on standard error,
 * {"at","level","process","request_id","event",...}. Fields are numbers, enumerated words and ids
 * only: never a name, an address, a message text, a key or a password. Control characters are
 * escaped by the JSON writer. Threads: safe from any thread, one write(2) per line.
 */
#pragma once

#include <glib.h>

typedef enum { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } LogLevel;

void log_set_level(LogLevel level);
/* "core", "worker", ...; a static string. */
void log_set_process(const char *name);
/* The request that this thread works for, or NULL; copied. */
void log_set_request(const char *request_id);

/* log_event(LOG_INFO, "listening", "address", 's', "127.0.0.1:8787", "port", 'i', (gint64)8787,
 * NULL);
 * Triples of key, type ('s' text, 'i' gint64, 'd' double, 'e' const GError *: its slug and
 * message), value; ended by NULL. */
void log_event(LogLevel level, const char *event, ...) G_GNUC_NULL_TERMINATED;
