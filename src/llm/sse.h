/*
 * Reader of a stream of server-sent events (the WHATWG's text/event-stream), in pieces of any size:
 * lines may end in LF, CR LF or CR, a byte order mark may stand at the beginning, comments and the
 * fields id and retry are passed over, several data lines are one text. An event without data is none.
 *
 * Ownership: what the function gets is valid during its call. Threads: one at a time. Limits: max_bytes
 * for one line and for one event's data. Errors: TOO_LARGE, INVALID (a NUL, data that is no UTF-8);
 * after one the reader takes nothing more. Does not reconnect, does not read an unfinished event at
 * the end (as the standard says).
 */
#pragma once

#include <glib.h>

typedef struct Sse Sse;

/* type: "" when the event has none. FALSE ends the reading without an error. */
typedef gboolean (*SseEvent)(const char *type, const char *data, gsize n_bytes, gpointer user);

Sse *sse_new(gsize max_bytes, SseEvent event, gpointer user);
void sse_free(Sse *sse);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sse, sse_free)

/* FALSE with an error, or without one when the function ended the reading. */
gboolean sse_feed(Sse *sse, const char *bytes, gsize n_bytes, GError **error);
