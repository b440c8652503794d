/*
 * Files that people bring: opened by path or "-" (standard input), gzip unpacked, decoded to UTF-8.
 * Encodings: UTF-8 (a byte order mark is dropped), UTF-16 and UTF-32 with a byte order mark, and
 * GB18030 (with GBK and GB2312 in it), which is recognised at the first bytes that are not ASCII:
 * not UTF-8, valid GB18030 and not mostly characters that nobody uses (so Latin-1 and Big5 are
 * refused, not garbled), judged on up to 1 MiB. gzip is recognised by its first bytes, members one
 * behind the other are all read. Errors: NOT_FOUND; FORBIDDEN (may not be read); INVALID
 * "FILE:LINE: ..." with the byte where decoding stopped, also for damaged or truncated gzip and a
 * directory; TOO_LARGE past max_bytes, or when gzip unpacks to more than RATIO times its size.
 * Ownership: an input belongs to the caller and borrows nothing but the bytes given to
 * input_new_bytes. Threads: an input belongs to one thread at a time. Blocks while the file does.
 * Does not open archives (zip, tar) and does not change line ends or control characters.
 */
#pragma once

#include <glib.h>

#define INPUT_RATIO_MAX 100		    /* unpacked bytes per packed byte, ... */
#define INPUT_RATIO_FREE (16 * 1024 * 1024) /* ... counted after this much output */
#define INPUT_MAX_DEFAULT (G_GUINT64_CONSTANT(8) << 30)

typedef enum {
	INPUT_UNDECIDED,
	INPUT_UTF8,
	INPUT_GB18030,
	INPUT_UTF16LE,
	INPUT_UTF16BE,
	INPUT_UTF32LE,
	INPUT_UTF32BE
} InputEncoding;

typedef struct Input Input;

/* max_bytes: of UTF-8 text, 0 = INPUT_MAX_DEFAULT. */
Input *input_open(const char *path, guint64 max_bytes, GError **error);
/* The same of a file whose messages call it otherwise: one that is kept under its hash. */
Input *input_open_as(const char *path, const char *name, guint64 max_bytes, GError **error);
/* The same over bytes in memory, which must outlive the input; name stands in messages. */
Input *input_new_bytes(const char *name, const void *bytes, gsize n_bytes, guint64 max_bytes);
void input_free(Input *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Input, input_free)

/* Up to max (at least 8) bytes of valid UTF-8, never ending inside a character; 0 = the end, -1 =
 * error. */
gssize input_read(Input *input, char *buffer, gsize max, GError **error);

/* The name for messages: the path as given, "standard input" for "-". */
const char *input_name(const Input *input);
/* UNDECIDED while only ASCII was seen. */
InputEncoding input_encoding(const Input *input);
const char *input_encoding_name(InputEncoding encoding);
gboolean input_is_gzip(const Input *input);

/* The whole text, NUL-terminated; ret_n may be NULL. The caller frees it. */
char *input_load(const char *path, guint64 max_bytes, gsize *ret_n, GError **error);
char *input_load_rest(Input *input, gsize *ret_n, GError **error);
