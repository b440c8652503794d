/* A hash of buckets under one lock: a few hundred nanoseconds, and only visitors and logins pass
 * here. */
#include "api/limits.h"

#include "base/clock.h"
#include "base/error.h"

enum { SWEEP_US = G_USEC_PER_SEC };

typedef struct {
	double tokens;
	gint64 at_us;
} Bucket;

struct Limits {
	GMutex lock;
	GHashTable *buckets;
	gint64 swept_us;
};

Limits *limits_new(void)
{
	Limits *limits = g_new0(Limits, 1);

	g_mutex_init(&limits->lock);
	limits->buckets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return limits;
}

void limits_free(Limits *limits)
{
	g_hash_table_unref(limits->buckets);
	g_mutex_clear(&limits->lock);
	g_free(limits);
}

static gboolean bucket_is_old(gpointer key, gpointer value, gpointer now)
{
	const Bucket *bucket = value;

	(void)key;
	return *(gint64 *)now - bucket->at_us > 60 * G_USEC_PER_SEC;
}

static Bucket *bucket_add(Limits *limits, const char *key, guint per_minute, gint64 now)
{
	Bucket *bucket;

	if (g_hash_table_size(limits->buckets) >= LIMITS_MAX_KEYS &&
	    now - limits->swept_us > SWEEP_US) {
		limits->swept_us = now;
		g_hash_table_foreach_remove(limits->buckets, bucket_is_old, &now);
	}
	if (g_hash_table_size(limits->buckets) >= LIMITS_MAX_KEYS)
		return NULL;
	bucket = g_new(Bucket, 1);
	*bucket = (Bucket){per_minute, now};
	g_hash_table_insert(limits->buckets, g_strdup(key), bucket);
	return bucket;
}

static gboolean bucket_take(Bucket *bucket, guint per_minute, gint64 now)
{
	bucket->tokens =
		MIN(per_minute, bucket->tokens + (double)(now - bucket->at_us) * per_minute /
							 (60.0 * G_USEC_PER_SEC));
	bucket->at_us = now;
	if (bucket->tokens < 1)
		return FALSE;
	bucket->tokens -= 1;
	return TRUE;
}

gboolean limits_take(Limits *limits, const char *key, guint per_minute, GError **error)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&limits->lock);
	gint64 now = clock_monotonic_us();
	Bucket *bucket = g_hash_table_lookup(limits->buckets, key);

	(void)locked;
	if (!bucket)
		bucket = bucket_add(limits, key, per_minute, now);
	if (bucket && bucket_take(bucket, per_minute, now))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_MANY,
		    "too many in a minute, wait a little");
	return FALSE;
}
