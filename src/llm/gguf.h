/*
 * Our own look at a GGUF file before llama.cpp, whose loaders have had many holes, may open it:
 * every count, length, type, offset and extent is checked, with overflow in mind, and what a chat
 * model needs is there and agrees with itself (architecture, sizes, a vocabulary whose arrays are
 * equally long).
 *
 * Ownership: the summary is the caller's. Threads: pure. Limits: the constants below; versions 2 and
 * 3, little-endian. Errors: INVALID with the place and what is wrong.
 * Does not judge the weights themselves, does not follow split files, does not read the chat
 * template.
 */
#pragma once

#include <glib.h>

enum {
	GGUF_KEYS_MAX = 1024,
	GGUF_KEY_MAX_BYTES = 256,
	GGUF_TENSORS_MAX = 32768,
	GGUF_NAME_MAX_BYTES = 63,    /* of a tensor */
	GGUF_ELEMENTS_MAX = 1 << 22, /* of an array */
	GGUF_TEXT_MAX_BYTES = 4 << 20,
	GGUF_ALIGNMENT_MAX = 1 << 20,
	GGUF_LAYERS_MAX = 512,
	GGUF_CONTEXT_MAX = 1 << 24,
	GGUF_WIDTH_MAX = 1 << 17,
};

typedef struct {
	char architecture[32];
	char name[128]; /* as the file calls itself; may be empty; valid UTF-8 */
	guint32 n_context, n_layers, n_width, n_tokens;
	guint64 n_tensors, n_tensor_bytes;
} GgufSummary;

/* Is this a whole and honest GGUF file of a chat model? The bytes may be a map of the file. */
gboolean gguf_check(const guint8 *bytes, gsize n_bytes, GgufSummary *ret_summary, GError **error);
