/* Time and randomness behind one door, so that a test can hold both still. */
#include "base/clock.h"

#include <sodium.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

static _Atomic gint64 fixed_now;
static _Atomic gint64 fixed_step;
static _Atomic guint64 fixed_seed;

gint64 clock_now_ms(void)
{
	struct timespec now;

	if (atomic_load(&fixed_now))
		return atomic_fetch_add(&fixed_now, atomic_load(&fixed_step));
	clock_gettime(CLOCK_REALTIME, &now);
	return (gint64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

gint64 clock_thread_us(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (gint64)used.tv_sec * G_USEC_PER_SEC + used.tv_nsec / 1000;
}

gint64 clock_monotonic_us(void)
{
	return g_get_monotonic_time();
}

void clock_fix(gint64 now_ms, gint64 step_ms)
{
	atomic_store(&fixed_step, step_ms);
	atomic_store(&fixed_now, now_ms);
}

static void put_digits(char *at, int n_digits, int value)
{
	for (int i = n_digits - 1; i >= 0; i--, value /= 10)
		at[i] = (char)('0' + value % 10);
}

char *clock_format(gint64 time_ms, char text[CLOCK_TEXT_LENGTH + 1])
{
	static const char pattern[] = "0000-00-00T00:00:00.000Z";
	struct tm parts;
	gint64 seconds = time_ms / 1000;
	int ms = (int)(time_ms % 1000);

	if (ms < 0) {
		ms += 1000;
		seconds--;
	}
	memcpy(text, pattern, sizeof(pattern));
	if (!gmtime_r(&(time_t){seconds}, &parts) || parts.tm_year < -1900 || parts.tm_year > 8099)
		return text;
	put_digits(text, 4, parts.tm_year + 1900);
	put_digits(text + 5, 2, parts.tm_mon + 1);
	put_digits(text + 8, 2, parts.tm_mday);
	put_digits(text + 11, 2, parts.tm_hour);
	put_digits(text + 14, 2, parts.tm_min);
	put_digits(text + 17, 2, parts.tm_sec);
	put_digits(text + 20, 3, ms);
	return text;
}

gboolean clock_parse(const char *text, gint64 *ret_time_ms)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, utc);

	if (!time)
		return FALSE;
	*ret_time_ms = g_date_time_to_unix(time) * 1000 + g_date_time_get_microsecond(time) / 1000;
	return TRUE;
}

void random_fix(guint64 seed)
{
	atomic_store(&fixed_seed, seed);
}

void random_bytes(void *bytes, gsize n_bytes)
{
	if (atomic_load(&fixed_seed)) {
		unsigned char key[randombytes_SEEDBYTES] = {0};
		guint64 step = atomic_fetch_add(&fixed_seed, 1);

		memcpy(key, &step, sizeof(step));
		randombytes_buf_deterministic(bytes, n_bytes, key);
		return;
	}
	randombytes_buf(bytes, n_bytes);
}
