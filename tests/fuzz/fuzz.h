/*
 * What fuzz targets share. A target is LLVMFuzzerTestOneInput over any bytes; what must hold stands in
 * it as assertions, and a broken one ends the program. A target keeps nothing from one call to the
 * next, so that one file repeats what it found.
 * Ownership: results belong to the caller. Threads: one. Does not read files: libFuzzer or replay.c do.
 */
#pragma once

#include <glib.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n);

/* For what the g_assert macros cannot say. */
#define fuzz_fail(...) (g_printerr(__VA_ARGS__), g_printerr("\n"), abort())

/* Bytes that are taken from the front. */
typedef struct {
	const char *at;
	gsize n;
} FuzzInput;

static inline FuzzInput fuzz_input(const guint8 *bytes, gsize n)
{
	return (FuzzInput){(const char *)bytes, n};
}

/* 0 when there is no more. */
static inline guint8 fuzz_byte(FuzzInput *input)
{
	guint8 byte = 0;

	if (input->n) {
		byte = (guint8)*input->at++;
		input->n--;
	}
	return byte;
}

/* The bytes up to the next sign, which is taken but not given, or all. */
static inline FuzzInput fuzz_until(FuzzInput *input, char sign)
{
	const char *end = input->n ? memchr(input->at, sign, input->n) : NULL;
	gsize n = end ? (gsize)(end - input->at) : input->n;
	FuzzInput part = {input->at, n};

	input->at += n + (end != NULL);
	input->n -= n + (end != NULL);
	return part;
}

/* A NUL-terminated copy: the bytes up to the first NUL. */
static inline char *fuzz_text(FuzzInput input)
{
	return g_strndup(input.n ? input.at : "", input.n);
}

/* The same, made valid UTF-8. */
static inline char *fuzz_utf8(FuzzInput input)
{
	g_autofree char *text = fuzz_text(input);

	return g_utf8_make_valid(text, -1);
}

/* How long the next piece is: from 1 to 64 bytes, mostly few, by the seed; at most n. */
static inline gsize fuzz_piece(guint32 *seed, gsize n)
{
	*seed = *seed * 1664525 + 1013904223;
	return MIN(n, 1 + (*seed >> 24) % (*seed & 0x100000 ? 64 : 5));
}
