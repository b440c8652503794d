/*
 * The provider over any endpoint that speaks OpenAI's protocol (vLLM, llama-server, Ollama, Qwen,
 * DeepSeek, OpenAI): POST URL/chat/completions, streaming; the request's fixed part is the system
 * message, its input the user's. Stop words are enforced here, too; a grammar is not sent.
 *
 * What leaves: personal data in the input is masked (text/mask.h: phones, e-mail addresses, card
 * numbers, the request's names) and restored in the reply. The key stands in one header and nowhere
 * else. Addresses must be https, or on this machine; redirects are refused.
 *
 * Faults: connecting, 408, 429 and 5xx are tried again, up to REMOTE_ATTEMPTS in all, with growing
 * pauses of random length, but only before the first piece and within the deadline. After
 * `failures` calls in a row that failed the breaker opens: calls fail at once for pause_ms, then one is
 * let through to try. The tokens of a day (UTC) are counted from the endpoint's own figures, else
 * estimated; a call that would begin over the budget fails. The count is kept in the store
 * (llm/budget.h); without one, or while that cannot be written, it is this process's alone.
 *
 * Ownership: options are copied, the store is borrowed; the Llm owns the provider. Threads: any but the
 * store's writer; connections are kept and
 * used again. Limits: REMOTE_MAX_BYTES of a reply. Errors: INVALID (options), UNAVAILABLE (all of the
 * above). Does not log, does not follow, does not believe: callers check the text.
 */
#pragma once

#include "llm/llm.h"
#include "store/store.h"

enum { REMOTE_ATTEMPTS = 3, REMOTE_MAX_BYTES = 4 << 20, REMOTE_SLOTS = 8 };

typedef struct {
	const char *url; /* up to and with /v1; the rest is added */
	const char *model;
	const char *key;     /* or NULL */
	gint64 daily_tokens; /* 0 = no limit */
	Store *store;	     /* or NULL */
	gboolean insecure;   /* http beyond this machine is allowed */
	guint failures;	     /* that open the breaker; 0 = 5 */
	guint pause_ms;	     /* for which it stays open; 0 = 30 s */
	guint retry_ms;	     /* first pause before another try; 0 = 200 ms */
} RemoteOptions;

Llm *remote_new(const RemoteOptions *options, GError **error);
