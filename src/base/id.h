/*
 * Identifiers: UUIDv7 (RFC 9562): 48 bits of milliseconds, then random bits; opaque, unguessable,
 * sortable by time. Within one process ids made in the same millisecond still ascend (a counter in
 * rand_a, RFC 9562 section 6.2, method 1).
 * Threads: safe from any thread.
 */
#pragma once

#include <glib.h>

#define ID_LENGTH 36

/* Writes "0190a0b4-....-7...-....-............" and returns id. */
char *id_new(char id[ID_LENGTH + 1]);
/* The milliseconds since 1970 in an id. */
gint64 id_time_ms(const char *id);
/* What the ids of that millisecond begin with: it sorts before them and behind all older ones. Times that no id
 * can hold are taken for the nearest that one can. */
enum { ID_BEGIN_LENGTH = 13 };
char *id_begin(gint64 time_ms, char begin[ID_BEGIN_LENGTH + 1]);
/* TRUE for the 36-character lower-case form of any UUID. */
gboolean id_valid(const char *id);

/* A secret for people to hold: prefix + 43 characters of base64url over 256 random bits. The caller
 * frees it. */
char *secret_new(const char *prefix);
enum { HASH_CHARS = 64 };
/* SHA-256 of the fields with \x1f between them, as hexadecimal characters; NULL is "". */
void hash_fields(const char *const *fields, gsize n, char hex[HASH_CHARS + 1]);
/* Whether n bytes are the same, in a time that does not tell where they differ. */
gboolean secret_equal(const void *a, const void *b, gsize n);
/* SHA-256 of a secret as 64 hexadecimal characters: what is stored. The caller frees it. */
char *secret_hash(const char *secret);
