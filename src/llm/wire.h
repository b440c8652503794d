/*
 * What a caller and the model process say to each other over a socketpair: frames of a u32 length
 * (little-endian, of what follows), a u8 kind, and the fields of that kind. Both ends are the same
 * binary on the same machine, yet neither trusts the other: the model process has read customers'
 * texts, so its frames are taken apart like anything from outside.
 *
 * Ownership: wire_write() appends to the caller's buffer; what wire_next() gives points into the
 * reader and holds until its next call or that of wire_feed(). Threads: a reader belongs to one
 * thread.
 * Limits: a frame has at most WIRE_MAX_BYTES, texts as noted at WireMessage; a longer, unknown or
 * malformed one is INVALID, and the connection is of no use any more. Texts are bytes with a
 * length: they are not NUL-terminated, may hold NULs, and need not be UTF-8.
 * Does not read or write sockets, does not know what a model is.
 */
#pragma once

#include <glib.h>

enum {
	WIRE_MAX_BYTES = 128 << 10,
	WIRE_PROMPT_MAX = 64 << 10, /* fixed and input together */
	WIRE_GRAMMAR_MAX = 16 << 10,
	WIRE_STOPS_MAX = 2 << 10,
	WIRE_PIECE_MAX = 16 << 10,
	WIRE_NOTE_MAX = 1024, /* names, messages */
};

typedef enum {
	WIRE_GENERATE = 1, /* to the model process */
	WIRE_CANCEL,
	WIRE_ASK_INFO,
	WIRE_PREPARE,	 /* a call is likely soon: the model is loaded meanwhile */
	WIRE_PIECE = 16, /* from it */
	WIRE_DONE,
	WIRE_FAILED,
	WIRE_INFO,
} WireKind;

/* Fields by kind; those of other kinds are zero. */
typedef struct {
	WireKind kind;
	guint32 id; /* of the call; chosen by the caller; all but ASK_INFO, PREPARE and INFO */

	/* GENERATE */
	guint32 max_tokens;
	gdouble temperature;
	guint64 seed;
	gint64 deadline_us; /* of the monotonic clock, which all processes share */
	const char *fixed, *input, *grammar;
	gsize n_fixed, n_input, n_grammar; /* n_grammar 0: none */
	const char *stops;		   /* stop words, each ended by a NUL */
	gsize n_stops;			   /* bytes */

	const char *text; /* PIECE; FAILED: the message; INFO: the model's name */
	gsize n_text;

	/* DONE: end is an LlmEnd; FAILED: code is an error's number */
	guint32 end, code;
	guint32 n_prompt, n_cached, n_generated;
	gdouble queue_ms, first_ms, total_ms;

	/* INFO */
	const char *sha256; /* of the model file, 64 digits */
	gsize n_sha256;
	guint32 n_slots, n_running, n_context, pid;
	guint64 file_bytes; /* of the model */
	gdouble tokens_per_second;
} WireMessage;

/* FALSE when the message breaks a limit; nothing is appended then. */
gboolean wire_write(GByteArray *out, const WireMessage *message);

typedef struct WireReader WireReader;

WireReader *wire_reader_new(void);
void wire_reader_free(WireReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(WireReader, wire_reader_free)

/* Bytes as they came. FALSE with INVALID when there is more than frames can be: the caller feeds
 * after it has taken all whole messages, at most WIRE_MAX_BYTES at once. */
gboolean wire_feed(WireReader *reader, const void *bytes, gsize n_bytes, GError **error);
/* The next whole message: TRUE with it, FALSE without error when there is none yet, FALSE with
 * INVALID when the bytes are no message. */
gboolean wire_next(WireReader *reader, WireMessage *ret_message, GError **error);
