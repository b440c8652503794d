/*
 * One interface to a generating model, whoever runs it: the local process `zhiyin llmd`, a remote
 * endpoint that speaks OpenAI's protocol, or a script (tests). Which one follows from the settings;
 * callers do not know.
 *
 * A request is a task's fixed part (instructions and examples, the same for every call: the local
 * model keeps it in its prefix cache, a remote one gets it as the system message) and the input of
 * this call. The text comes in pieces of whole UTF-8 characters, without the stop words.
 *
 * Nothing that comes out may be trusted: callers check it (llm/task.h, bot/check.h).
 * Ownership: what goes in is borrowed for the call. Threads: an Llm may be used by any number of
 * threads; llm_generate() blocks its caller, so it is not for event threads. Limits: a bounded fair
 * queue (LLM_QUEUE_MAX waiting; each session has one turn after the other); who cannot be done by the
 * deadline, as calls went of late, is refused at once and not after waiting; every call ends at its
 * deadline. Does not retry after the first piece, does not read records, does not log text.
 */
#pragma once

#include <glib.h>

enum {
	LLM_QUEUE_MAX = 32,
	LLM_STOP_MAX = 8,
	LLM_PROMPT_MAX_BYTES = 64 << 10,
	LLM_LOOK_MS = 200 /* how often a call that waits looks whether it is still wanted */
};

typedef struct Llm Llm;

/* Is the text still wanted? Asked before every piece, and now and then while nothing comes; on the
 * caller's thread, at once. */
typedef gboolean (*LlmWanted)(gpointer data);

typedef struct {
	const char *fixed;   /* instructions and examples; "" = none */
	const char *input;   /* this call's part, goes behind it */
	const char *grammar; /* GBNF whose root the text must match, or NULL */
	const char *const
		*stop; /* up to LLM_STOP_MAX texts that end it, NULL-terminated, or NULL */
	guint max_tokens;
	double temperature; /* 0 = the likeliest token */
	guint64 seed;
	gint64 deadline_us;  /* clock_monotonic_us() by which the last piece must be there */
	const char *session; /* whose turn it is in the fair queue: a conversation's id */
	const char
		*conversation; /* a remote provider's placeholders stay the same in it; or NULL */
	const char *const
		*names;	  /* of people, NULL-terminated: a remote provider masks them; or NULL */
	LlmWanted wanted; /* FALSE ends the call, as the piece function does; or NULL */
	gpointer wanted_data;
} LlmRequest;

typedef enum {
	LLM_END_STOP,	   /* end of text, stop word or end of the grammar */
	LLM_END_LENGTH,	   /* max_tokens */
	LLM_END_DEADLINE,  /* what came is incomplete */
	LLM_END_CANCELLED, /* by a callback */
} LlmEnd;

typedef struct {
	LlmEnd end;
	guint n_prompt, n_cached, n_generated; /* tokens; 0 where a provider does not say */
	double queue_ms, first_ms, total_ms;
} LlmUsage;

/* A piece of text, n bytes, not NUL-terminated. FALSE ends the call. Called on the caller's
 * thread. */
typedef gboolean (*LlmPiece)(const char *piece, gsize n, gpointer data);

/* Fails with UNAVAILABLE (no model, process gone, queue full, endpoint down: before or in the middle
 * of the text), TOO_LARGE (prompt), INVALID (grammar). After TRUE, usage says how it ended. */
gboolean llm_generate(Llm *llm, const LlmRequest *request, LlmPiece piece, gpointer data,
		      LlmUsage *ret_usage, GError **error);

/* A call is likely soon: a model that was put away to save memory is loaded meanwhile. Returns at once;
 * NULL and models that are always there: nothing happens. */
void llm_prepare(Llm *llm);

typedef enum { LLM_ABSENT, LLM_STARTING, LLM_READY, LLM_DOWN } LlmState;
/* "absent", "starting", "ready", "down" */
const char *llm_state_name(LlmState state);

typedef struct {
	const char *provider; /* "local", "remote", "scripted", "none" */
	char *model;	      /* a name for people */
	char *sha256;	      /* of the local file, else NULL */
	guint64 file_bytes;   /* of the local file, else 0 */
	LlmState state;	      /* of providers that do not tell it: by ready */
	gboolean ready;
	char *trouble; /* why not, or NULL */
	const char
		*reason;  /* the same in a word: "loading", "gone", "file", "unregistered", "other",
			     * "budget", "endpoint"; or NULL */
	guint n_restarts; /* of a local model's process, since it was chosen */
	gint64 n_bytes;	  /* that the process holds in memory; 0 = not known */
	guint n_waiting, n_running;
	guint64 n_done, n_failed, n_tokens; /* since start */
	double tokens_per_second;	    /* of late */
	gint64 day_tokens,
		daily_tokens; /* of a remote model: today's (UTC), and its budget; 0 = none */
} LlmInfo;

void llm_info_clear(LlmInfo *info);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LlmInfo, llm_info_clear)
void llm_info(Llm *llm, LlmInfo *ret_info);

/* From now on other's provider answers, NULL: nobody does; other itself is gone then. Who waits is
 * answered by the new one. Calls in progress end with the provider that they began with, which is put
 * away behind the last of them. Counters begin anew. */
void llm_replace(Llm *llm, Llm *other);

/* A local model whose file is smaller than LLM_SMALL_BYTES, or not known yet, understands little: it may
 * repeat, not conclude. */
#define LLM_SMALL_BYTES (1ULL << 30)
gboolean llm_is_small(Llm *llm);

/* NULL is the Llm that has no model: every call fails with UNAVAILABLE. */
void llm_free(Llm *llm);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Llm, llm_free)

/* ---- for providers ----------------------------------------------------------------------------- */

/* What a provider is: generate and info as above, on its own data. The queue, the deadline while
 * waiting, and the counters are llm.c's. n_slots: calls that it runs at once. */
typedef struct {
	const char *name;
	gboolean (*generate)(gpointer self, const LlmRequest *request, LlmPiece piece,
			     gpointer data, LlmUsage *ret_usage, GError **error);
	void (*info)(gpointer self, LlmInfo *ret_info); /* model, sha256, ready, trouble */
	void (*free)(gpointer self);
	void (*prepare)(gpointer self); /* as llm_prepare(), or NULL */
} LlmProvider;

/* provider NULL: there is none yet (llm_replace). */
Llm *llm_new(const LlmProvider *provider, gpointer self, guint n_slots);

/* What the request's function says; TRUE where it has none. */
gboolean llm_wanted(const LlmRequest *request);
/* The end of a wait that is to last until until_us: that, or sooner when there is something to ask. */
gint64 llm_look_us(const LlmRequest *request, gint64 until_us);
/* Sleeps until until_us. FALSE when the deadline came first, or nobody wants the text any more. */
gboolean llm_sleep(const LlmRequest *request, gint64 until_us);
