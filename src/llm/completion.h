/*
 * Reader of what an endpoint of OpenAI's protocol answers to a chat request: an event stream of chunks,
 * or one document. Its text goes on as it comes: personal data restored (text/mask.h), nothing of a stop
 * word, whole characters only (llm/holdback.h).
 *
 * Ownership: stop words are copied, the mask is borrowed; the state belongs to the reader. Threads: one
 * at a time. Limits: COMPLETION_MAX_BYTES for one event, and for a document. Errors: UNAVAILABLE, what
 * came is no reply; nothing may be fed after that. Does not connect, does not look at statuses, does not
 * believe: callers check the text.
 */
#pragma once

#include "llm/llm.h"
#include "text/mask.h"

enum { COMPLETION_MAX_BYTES = 256 << 10 };

typedef struct Completion Completion;

typedef struct {
	gboolean finished;  /* the endpoint has said that this is the end */
	gboolean by_length; /* ... since there were enough tokens */
	gboolean stopped;   /* a stop word has come */
	gboolean cancelled; /* the piece's function wanted no more */
	guint n_pieces;	    /* given on */
	gint64 first_us;    /* clock_monotonic_us() of the first piece, 0 = none yet */
	guint n_prompt, n_generated,
		n_cached; /* tokens, as the endpoint counts; 0 = it does not say */
} CompletionState;

/* stops: one after the other, each ended by a NUL, n_stops bytes in all. */
Completion *completion_new(const char *stops, gsize n_stops, const Mask *mask, LlmPiece piece,
			   gpointer data);
void completion_free(Completion *completion);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Completion, completion_free)

/* Bytes as they came, all of a stream or all of a document. FALSE: no more is wanted, with error when
 * this is no reply. */
gboolean completion_feed(Completion *completion, gboolean is_stream, const char *bytes, gsize n,
			 GError **error);
/* No more comes: reads the document, if that is what was fed. FALSE with error when it is no reply. */
gboolean completion_end(Completion *completion, GError **error);
/* Gives on what was held back; nothing is given after that. */
void completion_flush(Completion *completion);

const CompletionState *completion_state(const Completion *completion);
