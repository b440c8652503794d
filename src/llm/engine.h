/*
 * Many calls on one model: continuous batching of up to ENGINE_SLOTS texts at once, the rest waits in
 * order; the state after each task's fixed part is kept, so that it is computed once and not for
 * every customer; stop words, whole characters, grammar, deadline, cancelling.
 *
 * The model is a table of functions (llm/llama.h fills it; tests have one of their own); requests and
 * answers are the messages of llm/wire.h, so that what comes over the socket is what the engine takes.
 * For every request that engine_submit() takes there are pieces and then one DONE or FAILED; none
 * after engine_cancel() or engine_drop().
 *
 * Ownership: requests are copied; the model stays the caller's. Threads: one. Limits: ENGINE_QUEUE_MAX
 * waiting calls; a prompt and its answer fit into the model's context or the call is TOO_LARGE before
 * anything is computed; ENGINE_PREFIXES states of at most ENGINE_PREFIX_MAX_BYTES each are kept, the
 * longest unused one goes first. Cancelling and deadlines take effect within one batch.
 * Does not read sockets, does not know what a model is made of.
 */
#pragma once

#include "llm/sample.h"
#include "llm/wire.h"

enum {
	ENGINE_SLOTS = 4,
	ENGINE_QUEUE_MAX = 32,
	ENGINE_BATCH = 512,	   /* tokens at once */
	ENGINE_BATCH_SHARED = 128, /* of a prompt, while others wait for their next token */
	ENGINE_PREFIXES = 6,
	ENGINE_PREFIX_MIN = 16, /* tokens; shorter ones are not worth it */
	ENGINE_PREFIX_MAX_BYTES = 64 << 20,
};

typedef struct {
	gint32 token;
	guint position, sequence;
	gboolean wants_logits;
} EngineToken;

/* What the engine asks of a model. Sequences are 0 .. ENGINE_SLOTS - 1. */
typedef struct {
	/* Tokens of a text, begin: with what the model wants at the very beginning. How many, or -1
	 * when there are more than max. Control tokens cannot be written in the text. */
	gint (*tokenize)(gpointer self, const char *text, gsize n_bytes, gboolean begin,
			 gint32 *tokens, guint max);
	/* The bytes of a token; a control token has none. At most max, more is cut. */
	gsize (*piece)(gpointer self, gint32 token, char *bytes, gsize max);
	gboolean (*is_end)(gpointer self, gint32 token);
	/* Computes the tokens, each of which follows what its sequence holds. */
	gboolean (*decode)(gpointer self, const EngineToken *tokens, guint n);
	/* Of the i-th token of the last batch, which wanted them: one number per token. */
	const float *(*logits)(gpointer self, guint i);
	/* Shortens a sequence to its first n_keep tokens. FALSE when it cannot: then it is empty. */
	gboolean (*keep)(gpointer self, guint sequence, guint n_keep);
	/* The state of a sequence, out and in. restore: FALSE when it cannot, it is empty then. */
	GBytes *(*save)(gpointer self, guint sequence, gsize max_bytes);
	gboolean (*restore)(gpointer self, guint sequence, GBytes *state);
	/* NULL: no grammar */
	gpointer (*grammar_new)(gpointer self, const char *gbnf);
	void (*grammar_free)(gpointer self, gpointer grammar);
	/* Sets the logit of each candidate that may not come next to -INFINITY. */
	void (*grammar_mask)(gpointer self, gpointer grammar, SampleCandidate *candidates, guint n);
	void (*grammar_accept)(gpointer self, gpointer grammar, gint32 token);
	/* The best n_top of all tokens that the grammar allows. */
	guint (*grammar_top)(gpointer self, gpointer grammar, const float *logits,
			     SampleCandidate *top, guint n_top);
	guint n_tokens;	 /* size of the vocabulary */
	guint n_context; /* tokens that one sequence can hold */
} EngineModel;

/* owner: as it was at engine_submit(). The message holds for the call only. */
typedef void (*EngineOutput)(gpointer owner, const WireMessage *message, gpointer data);

typedef struct Engine Engine;

Engine *engine_new(const EngineModel *model, gpointer self, EngineOutput output, gpointer data);
void engine_free(Engine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Engine, engine_free)

/* Takes a GENERATE. Answers FAILED (INVALID: grammar; TOO_LARGE; UNAVAILABLE: queue full) at once. */
void engine_submit(Engine *engine, gpointer owner, const WireMessage *request, gint64 now_us);
void engine_cancel(Engine *engine, gpointer owner, guint32 id);
/* The owner is gone, and so are all its calls. */
void engine_drop(Engine *engine, gpointer owner);
/* Computes one batch. FALSE when there was nothing to do. */
gboolean engine_step(Engine *engine, gint64 now_us);

typedef struct {
	guint n_waiting, n_running, n_prefixes;
	guint64 n_generated; /* tokens since the beginning */
} EngineState;

void engine_state(const Engine *engine, EngineState *ret_state);
