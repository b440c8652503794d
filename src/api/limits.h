/*
 * Token buckets in memory: how often a visitor may write, how often a password may be tried. Lost
 * at restart, which is fine. Threads: safe from any thread. Memory: at most LIMITS_MAX_KEYS buckets;
 * those that were not used for a minute are swept, and while all are in use a new key is refused.
 */
#pragma once

#include <glib.h>

enum { LIMITS_MAX_KEYS = 100000 };

typedef struct Limits Limits;

Limits *limits_new(void);
void limits_free(Limits *limits);
/* Takes one token from the bucket of key, which holds at most per_minute and fills at that rate.
 * FALSE with TOO_MANY. */
gboolean limits_take(Limits *limits, const char *key, guint per_minute, GError **error);
