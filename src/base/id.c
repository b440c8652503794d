/* Ids and secrets. The counter keeps ids of one process in order even inside one millisecond. */
#include "base/id.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"

#define MAX_TIME_MS ((G_GINT64_CONSTANT(1) << 48) - 1)

static GMutex lock;
static gint64 last_ms;
static guint counter; /* 12 bits, starts anew each millisecond with its top bit clear */

static guint id_tick(gint64 *time_ms, guint start)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&lock);

	(void)locked;
	if (*time_ms > last_ms) {
		last_ms = *time_ms;
		counter = start & 0x7ff;
	} else if (++counter > 0xfff) {
		last_ms++; /* borrowed from the future, as the RFC allows */
		counter = start & 0x7ff;
	}
	*time_ms = last_ms;
	return counter;
}

char *id_new(char id[ID_LENGTH + 1])
{
	static const char digits[] = "0123456789abcdef";
	guint8 bytes[16];
	gint64 time_ms = clock_now_ms();
	char *at = id;
	guint tick;

	random_bytes(bytes, sizeof(bytes));
	tick = id_tick(&time_ms, (guint)bytes[6] << 8 | bytes[7]);
	for (int i = 0; i < 6; i++)
		bytes[i] = (guint8)(time_ms >> (40 - 8 * i));
	bytes[6] = (guint8)(0x70 | (tick >> 8));
	bytes[7] = (guint8)tick;
	bytes[8] = (guint8)(0x80 | (bytes[8] & 0x3f));
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at = '\0';
	return id;
}

gint64 id_time_ms(const char *id)
{
	gint64 time_ms = 0;

	for (int i = 0; i < ID_BEGIN_LENGTH; i++)
		if (id[i] != '-')
			time_ms = time_ms << 4 | g_ascii_xdigit_value(id[i]);
	return time_ms;
}

char *id_begin(gint64 time_ms, char begin[ID_BEGIN_LENGTH + 1])
{
	gint64 ms = CLAMP(time_ms, 0, MAX_TIME_MS);

	g_snprintf(begin, ID_BEGIN_LENGTH + 1, "%08x-%04x", (guint)(ms >> 16),
		   (guint)(ms & 0xffff));
	return begin;
}

gboolean id_valid(const char *id)
{
	if (!id || strlen(id) != ID_LENGTH)
		return FALSE;
	for (int i = 0; i < ID_LENGTH; i++) {
		gboolean dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? id[i] != '-' : !strchr("0123456789abcdef", id[i]))
			return FALSE;
	}
	return TRUE;
}

char *secret_new(const char *prefix)
{
	guint8 bytes[32];
	char text[sodium_base64_ENCODED_LEN(sizeof(bytes),
					    sodium_base64_VARIANT_URLSAFE_NO_PADDING)];

	random_bytes(bytes, sizeof(bytes));
	sodium_bin2base64(text, sizeof(text), bytes, sizeof(bytes),
			  sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(bytes, sizeof(bytes));
	return g_strconcat(prefix, text, NULL);
}

char *secret_hash(const char *secret)
{
	guint8 hash[crypto_hash_sha256_BYTES];
	char *text = g_malloc(2 * sizeof(hash) + 1);

	crypto_hash_sha256(hash, (const guint8 *)secret, strlen(secret));
	return sodium_bin2hex(text, 2 * sizeof(hash) + 1, hash, sizeof(hash));
}

void hash_fields(const char *const *fields, gsize n, char hex[HASH_CHARS + 1])
{
	guchar hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (gsize i = 0; i < n; i++) {
		const char *field = fields[i] ? fields[i] : "";

		if (i)
			crypto_hash_sha256_update(&state, (const guchar *)"\x1f", 1);
		crypto_hash_sha256_update(&state, (const guchar *)field, strlen(field));
	}
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(hex, HASH_CHARS + 1, hash, sizeof(hash));
}

gboolean secret_equal(const void *a, const void *b, gsize n)
{
	return sodium_memcmp(a, b, n) == 0;
}
