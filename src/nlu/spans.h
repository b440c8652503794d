/*
 * Texts with marked spans, row by row: JSON Lines {"text", "entities": [[start, end, "TYPE"], ...]} in code points
 * (end is behind the last), or {"text", "label": {"TYPE": {"surface": [[first, last], ...]}}} as CLUENER has it, or CoNLL (a token, white space, a tag B-/I-/M-/E-/S-TYPE or O a line; a blank line
 * ends a text). The first character tells them apart.
 * Errors: INVALID "FILE:LINE: what is wrong". Ownership: a reader owns its row and types. Threads: one.
 */
#pragma once

#include <glib.h>

enum { SPANS_MAX_TYPES = 200 };

typedef struct {
	guint start, end; /* code points */
	guint type;	  /* of the reader's types */
} Span;

typedef struct SpanReader SpanReader;

SpanReader *span_reader_open(const char *path, GError **error);
void span_reader_free(SpanReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SpanReader, span_reader_free)
/* FALSE at the end, and with error set on failure. */
gboolean span_reader_next(SpanReader *reader, GError **error);
const char *span_reader_text(const SpanReader *reader);
const GArray *span_reader_spans(const SpanReader *reader);    /* Span, as they stand in the file */
const GPtrArray *span_reader_types(const SpanReader *reader); /* char *, in order of appearance */
