/*
 * A chat model in llama.cpp, as llm/engine.h wants it. The only file that knows that library, so that
 * its next version, or another, changes nothing else.
 *
 * llama.cpp aborts the process when it is unhappy: so a model is opened in the model process alone,
 * from a file that gguf_check() has passed, behind the sandbox (base/sandbox.h). What llama.cpp logs
 * is dropped, but for its last error, which explains a failure.
 * Ownership: a Llama owns model and context. Threads: one, which
 * computes with n_threads of its own. Limits: ENGINE_SLOTS sequences of n_context tokens, whose
 * memory is taken at once. Errors: INVALID (llama.cpp does not take the file), UNAVAILABLE (built
 * without it, or no memory).
 * Does not read the chat template or any sampler of the file.
 */
#pragma once

#include <glib.h>

#include "llm/engine.h"

typedef struct Llama Llama;

typedef struct {
	guint n_context; /* tokens of one text; less when the model knows less */
	guint n_threads;
} LlamaOptions;

/* TRUE when llama.cpp was built in. */
gboolean llama_is_built_in(void);
/* fd: open for reading; stays the caller's and may be closed after. */
Llama *llama_open(int fd, const LlamaOptions *options, GError **error);
void llama_close(Llama *llama);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Llama, llama_close)

/* The table for engine_new(), whose self is the Llama; lives as long as it does. */
const EngineModel *llama_engine_model(const Llama *llama);
/* From the next batch on. */
void llama_set_threads(Llama *llama, guint n_threads);
