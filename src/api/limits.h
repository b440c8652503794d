/*
 * Token buckets in memory: how often a visitor may write, how often a password may be tried. Lost
 * at restart, which is fine. Threads: safe from any thread. Memory: old buckets are swept, at most
 * 100,000 are kept.
 */
#pragma once

#include <glib.h>

typedef struct Limits Limits;

Limits *limits_new(void);
void limits_free(Limits *limits);
/* Takes one token from the bucket of key, which holds at most per_minute and fills at that rate.
 * FALSE with TOO_MANY. */
gboolean limits_take(Limits *limits, const char *key, guint per_minute, GError **error);
