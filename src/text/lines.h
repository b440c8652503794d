/*
 * The lines of an input, one at a time, in constant memory: LF or CR LF ends one, the last needs no
 * end. Ownership: a reader belongs to the caller and owns its input; a line is valid until the next.
 * Threads: one at a time. Errors: those of input_read; TOO_LARGE for a line over CSV_ROW_MAX bytes.
 */
#pragma once

#include "text/input.h"

typedef struct {
	Input *input;
	GString *buffer;
	gsize at; /* of the next line in buffer */
	gboolean end;
	guint64 line; /* of the present one, from 1 */
} Lines;

/* Takes the input. */
Lines *lines_new(Input *input);
void lines_free(Lines *lines);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lines, lines_free)
/* The next line without its end; NULL at the end, and with error set on failure. */
char *lines_next(Lines *lines, gsize *ret_n, GError **error);
