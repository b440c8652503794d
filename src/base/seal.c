/* base64 of nonce and box. */
#include "base/seal.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"

enum {
	KEY_BYTES = crypto_secretbox_KEYBYTES,
	NONCE_BYTES = crypto_secretbox_NONCEBYTES,
	TAG_BYTES = crypto_secretbox_MACBYTES
};

static void derive(const char *secret, guint8 key[KEY_BYTES])
{
	static const guint8 purpose[] = "zhiyin seal";

	crypto_generichash(key, KEY_BYTES, (const guint8 *)secret, strlen(secret), purpose,
			   sizeof(purpose));
}

char *seal_text(const char *secret, const char *text)
{
	gsize n = strlen(text), n_all = NONCE_BYTES + TAG_BYTES + n;
	g_autofree guint8 *bytes = g_malloc(n_all);
	guint8 key[KEY_BYTES];

	derive(secret, key);
	random_bytes(bytes, NONCE_BYTES);
	crypto_secretbox_easy(bytes + NONCE_BYTES, (const guint8 *)text, n, bytes, key);
	sodium_memzero(key, sizeof(key));
	return g_base64_encode(bytes, n_all);
}

char *unseal_text(const char *secret, const char *sealed)
{
	gsize n_all;
	g_autofree guint8 *bytes = g_base64_decode(sealed, &n_all);
	g_autofree char *text = NULL;
	guint8 key[KEY_BYTES];
	int opened;

	if (n_all < NONCE_BYTES + TAG_BYTES)
		return NULL;
	text = g_malloc0(n_all - NONCE_BYTES - TAG_BYTES + 1);
	derive(secret, key);
	opened = crypto_secretbox_open_easy((guint8 *)text, bytes + NONCE_BYTES,
					    n_all - NONCE_BYTES, bytes, key);
	sodium_memzero(key, sizeof(key));
	return opened == 0 ? g_steal_pointer(&text) : NULL;
}
