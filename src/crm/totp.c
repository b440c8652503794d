/* HOTP over the number of the half minute; base32 as RFC 4648 has it, without padding. */
#include "crm/totp.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static char *base32_encode(const guchar *bytes, gsize n)
{
	GString *text = g_string_new(NULL);
	guint bits = 0, n_bits = 0;

	for (gsize i = 0; i < n; i++) {
		bits = (bits << 8 | bytes[i]) & 0xffff;
		for (n_bits += 8; n_bits >= 5; n_bits -= 5)
			g_string_append_c(text, alphabet[bits >> (n_bits - 5) & 31]);
	}
	if (n_bits)
		g_string_append_c(text, alphabet[bits << (5 - n_bits) & 31]);
	return g_string_free(text, FALSE);
}

/* At most max bytes; letters that are none of the alphabet end it. */
static gsize base32_decode(const char *text, guchar *bytes, gsize max)
{
	guint bits = 0, n_bits = 0;
	gsize n = 0;

	for (; *text && n < max; text++) {
		const char *place = strchr(alphabet, *text);

		if (!place)
			break;
		bits = (bits << 5 | (guint)(place - alphabet)) & 0xffff;
		n_bits += 5;
		if (n_bits >= 8) {
			n_bits -= 8;
			bytes[n++] = (guchar)(bits >> n_bits & 0xff);
		}
	}
	return n;
}

char *totp_secret_new(void)
{
	guchar bytes[TOTP_SECRET_BYTES];

	random_bytes(bytes, sizeof(bytes));
	return base32_encode(bytes, sizeof(bytes));
}

char *totp_url(const char *secret, const char *issuer, const char *account)
{
	g_autofree char *by = g_uri_escape_string(issuer, NULL, FALSE);
	g_autofree char *of = g_uri_escape_string(account, NULL, FALSE);

	return g_strdup_printf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d"
			       "&period=%d",
			       by, of, secret, by, TOTP_DIGITS, TOTP_STEP_SECONDS);
}

void totp_code(const char *secret, gint64 step, char code[TOTP_DIGITS + 1])
{
	guchar key[64], hash[20];
	gsize n_key = base32_decode(secret, key, sizeof(key)), n_hash = sizeof(hash);
	guint64 counter = GUINT64_TO_BE((guint64)step);
	GHmac *hmac = g_hmac_new(G_CHECKSUM_SHA1, key, n_key);
	guint32 number;
	guint at;

	g_hmac_update(hmac, (const guchar *)&counter, sizeof(counter));
	g_hmac_get_digest(hmac, hash, &n_hash);
	g_hmac_unref(hmac);
	at = hash[19] & 15;
	number = (guint32)(hash[at] & 0x7f) << 24 | (guint32)hash[at + 1] << 16 |
		 (guint32)hash[at + 2] << 8 | hash[at + 3];
	g_snprintf(code, TOTP_DIGITS + 1, "%06u", number % 1000000);
}

gint64 totp_match(const char *secret, const char *code, gint64 now_ms, gint64 last_step)
{
	gint64 now = now_ms / 1000 / TOTP_STEP_SECONDS, found = 0;

	if (strlen(code) != TOTP_DIGITS)
		return 0;
	for (gint64 step = now - 1; step <= now + 1; step++) {
		char right[TOTP_DIGITS + 1];

		totp_code(secret, step, right);
		if (secret_equal(right, code, TOTP_DIGITS) && step > last_step)
			found = step;
	}
	return found;
}

char *recovery_code_new(void)
{
	guchar bytes[10];
	g_autofree char *text = NULL;
	g_autofree char *small = NULL;

	random_bytes(bytes, sizeof(bytes));
	text = base32_encode(bytes, sizeof(bytes));
	small = g_ascii_strdown(text, -1);
	return g_strdup_printf("%.4s-%.4s-%.4s-%.4s", small, small + 4, small + 8, small + 12);
}

char *recovery_code_hash(const char *code)
{
	g_autoptr(GString) plain = g_string_new(NULL);

	for (const char *c = code; *c && plain->len < 64; c++)
		if (g_ascii_isalnum(*c))
			g_string_append_c(plain, g_ascii_tolower(*c));
	return secret_hash(plain->str);
}
