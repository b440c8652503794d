/*
 * Short texts sealed with a secret that somebody else holds: whoever has the sealed text alone has nothing,
 * and a changed one does not open. libsodium's secretbox; its key is a hash of the secret, which must be
 * one that cannot be guessed (128 bits of chance, say): this does not slow a guess down.
 *
 * Ownership: what comes out is the caller's. Threads: any. Does not keep, does not log.
 */
#pragma once

#include <glib.h>

/* In base64. */
char *seal_text(const char *secret, const char *text);
/* NULL: another secret, or not sealed by this. */
char *unseal_text(const char *secret, const char *sealed);
