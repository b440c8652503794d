/* A call moves from the queue into a slot, is read in (its prompt), then written out (its answer).
 * Each batch holds one token of every call that is written out and fills up with prompts; so nobody
 * waits for a stranger's whole prompt. */
#include "llm/engine.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "llm/holdback.h"
#include "llm/llm.h"

enum { PIECE_BYTES = 256 };

typedef struct {
	gpointer owner;
	guint32 id;
	gint32 *tokens; /* the prompt */
	guint n_fixed, n_prompt;
	guint n_cached; /* of the prompt, not computed for this call */
	guint max_tokens, n_generated;
	double temperature;
	guint64 random;
	gint64 deadline_us, submitted_us, started_us, first_us;
	gpointer grammar;
	HoldBack *text;
} Call;

typedef struct {
	Call *call;	/* NULL: free */
	GArray *held;	/* gint32: the tokens whose state the model holds for this sequence */
	gint32 next;	/* the token that was chosen and is not computed yet; prompt is read then */
	gboolean waits; /* another slot computes the same fixed part */
	gboolean keeps; /* the fixed part's state is to be kept when it is computed */
	guint batch_end; /* index behind this call's tokens in the batch, 0: none */
} Slot;

typedef struct {
	gint32 *tokens;
	guint n;
	GBytes *state;
	guint64 used; /* the larger, the later */
} Prefix;

struct Engine {
	const EngineModel *model;
	gpointer self;
	EngineOutput output;
	gpointer data;
	GQueue waiting; /* Call */
	Slot slots[ENGINE_SLOTS];
	Prefix prefixes[ENGINE_PREFIXES];
	guint64 n_uses, n_generated;
	gint32 *scratch; /* n_context + 1 tokens */
	EngineToken batch[ENGINE_BATCH];
};

Engine *engine_new(const EngineModel *model, gpointer self, EngineOutput output, gpointer data)
{
	Engine *engine = g_new0(Engine, 1);

	engine->model = model;
	engine->self = self;
	engine->output = output;
	engine->data = data;
	engine->scratch = g_new(gint32, model->n_context + 1);
	g_queue_init(&engine->waiting);
	for (guint i = 0; i < ENGINE_SLOTS; i++)
		engine->slots[i].held = g_array_new(FALSE, FALSE, sizeof(gint32));
	return engine;
}

static void call_free(const Engine *engine, Call *call)
{
	if (call->grammar)
		engine->model->grammar_free(engine->self, call->grammar);
	holdback_free(call->text);
	g_free(call->tokens);
	g_free(call);
}

static void prefix_clear(Prefix *prefix)
{
	g_clear_pointer(&prefix->tokens, g_free);
	g_clear_pointer(&prefix->state, g_bytes_unref);
	memset(prefix, 0, sizeof(*prefix));
}

void engine_free(Engine *engine)
{
	Call *call;

	if (!engine)
		return;
	while ((call = g_queue_pop_head(&engine->waiting)))
		call_free(engine, call);
	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		if (engine->slots[i].call)
			call_free(engine, engine->slots[i].call);
		g_array_unref(engine->slots[i].held);
	}
	for (guint i = 0; i < ENGINE_PREFIXES; i++)
		prefix_clear(&engine->prefixes[i]);
	g_free(engine->scratch);
	g_free(engine);
}

/* ---- what goes out --------------------------------------------------------------------------- */

static void fail(const Engine *engine, gpointer owner, guint32 id, int code, const char *why)
{
	WireMessage message = {.kind = WIRE_FAILED,
			       .id = id,
			       .code = (guint32)code,
			       .text = why,
			       .n_text = strlen(why)};

	engine->output(owner, &message, engine->data);
}

static void say(const Engine *engine, const Call *call, const char *text, gsize n_bytes)
{
	while (n_bytes) {
		WireMessage message = {.kind = WIRE_PIECE,
				       .id = call->id,
				       .text = text,
				       .n_text = MIN(n_bytes, (gsize)WIRE_PIECE_MAX)};

		engine->output(call->owner, &message, engine->data);
		text += message.n_text;
		n_bytes -= message.n_text;
	}
}

static double ms_between(gint64 from_us, gint64 to_us)
{
	return from_us && to_us > from_us ? (double)(to_us - from_us) / 1000.0 : 0;
}

static void done(const Engine *engine, const Call *call, LlmEnd end, gint64 now_us)
{
	WireMessage message = {
		.kind = WIRE_DONE,
		.id = call->id,
		.end = end,
		.n_prompt = call->n_prompt,
		.n_cached = call->n_cached,
		.n_generated = call->n_generated,
		.queue_ms = ms_between(call->submitted_us,
				       call->started_us ? call->started_us : now_us),
		.first_ms = ms_between(call->submitted_us, call->first_us),
		.total_ms = ms_between(call->submitted_us, now_us),
	};

	engine->output(call->owner, &message, engine->data);
}

/* ---- submitting ------------------------------------------------------------------------------ */

/* FALSE when prompt and answer do not fit into the context. */
static gboolean read_prompt(Engine *engine, Call *call, const WireMessage *request)
{
	const EngineModel *model = engine->model;
	guint room;
	gint n_fixed, n_input;

	if (request->max_tokens < 1 || request->max_tokens >= model->n_context)
		return FALSE;
	room = model->n_context - request->max_tokens;
	n_fixed = model->tokenize(engine->self, request->fixed, request->n_fixed, TRUE,
				  engine->scratch, room);
	if (n_fixed < 0)
		return FALSE;
	n_input = model->tokenize(engine->self, request->input, request->n_input, FALSE,
				  engine->scratch + n_fixed, room - (guint)n_fixed);
	if (n_input < 0 || n_fixed + n_input < 1)
		return FALSE;
	call->n_fixed = (guint)n_fixed;
	call->n_prompt = (guint)(n_fixed + n_input);
	call->tokens = g_memdup2(engine->scratch, call->n_prompt * sizeof(gint32));
	return TRUE;
}

static Call *call_new(const WireMessage *request, gpointer owner, gint64 now_us)
{
	Call *call = g_new0(Call, 1);

	call->owner = owner;
	call->id = request->id;
	call->max_tokens = request->max_tokens;
	call->temperature = isfinite(request->temperature) ? request->temperature : 0;
	call->random = request->seed;
	call->deadline_us = request->deadline_us;
	call->submitted_us = now_us;
	call->text = holdback_new(request->stops, request->n_stops);
	return call;
}

/* TRUE, or the call has failed. */
static gboolean call_prepare(Engine *engine, Call *call, const WireMessage *request)
{
	g_autofree char *gbnf = NULL;

	if (g_queue_get_length(&engine->waiting) >= ENGINE_QUEUE_MAX) {
		fail(engine, call->owner, call->id, ZHIYIN_ERROR_UNAVAILABLE,
		     "too many calls wait for the model");
		return FALSE;
	}
	if (!read_prompt(engine, call, request)) {
		fail(engine, call->owner, call->id, ZHIYIN_ERROR_TOO_LARGE,
		     "the prompt and its answer do not fit into the model's context");
		return FALSE;
	}
	if (!request->n_grammar)
		return TRUE;
	gbnf = g_strndup(request->grammar, request->n_grammar);
	call->grammar = engine->model->grammar_new(engine->self, gbnf);
	if (!call->grammar)
		fail(engine, call->owner, call->id, ZHIYIN_ERROR_INVALID,
		     "the grammar has a fault");
	return call->grammar != NULL;
}

void engine_submit(Engine *engine, gpointer owner, const WireMessage *request, gint64 now_us)
{
	Call *call = call_new(request, owner, now_us);

	if (call_prepare(engine, call, request))
		g_queue_push_tail(&engine->waiting, call);
	else
		call_free(engine, call);
}

/* ---- leaving --------------------------------------------------------------------------------- */

static void slot_clear(const Engine *engine, Slot *slot)
{
	call_free(engine, slot->call);
	slot->call = NULL;
	slot->waits = slot->keeps = FALSE;
	slot->batch_end = 0;
}

/* The text is at its end: what was held back goes out, then how it ended. */
static void slot_finish(const Engine *engine, Slot *slot, LlmEnd end, gint64 now_us)
{
	const char *text;
	gsize n;

	holdback_end(slot->call->text, &text, &n);
	say(engine, slot->call, text, n);
	done(engine, slot->call, end, now_us);
	slot_clear(engine, slot);
}

typedef gboolean (*CallTest)(const Call *call, gconstpointer data);

/* Takes the calls that the test names out of the queue and the slots. */
static void remove_calls(Engine *engine, CallTest test, gconstpointer data)
{
	for (GList *link = engine->waiting.head, *next; link; link = next) {
		next = link->next;
		if (!test(link->data, data))
			continue;
		call_free(engine, link->data);
		g_queue_delete_link(&engine->waiting, link);
	}
	for (guint i = 0; i < ENGINE_SLOTS; i++)
		if (engine->slots[i].call && test(engine->slots[i].call, data))
			slot_clear(engine, &engine->slots[i]);
}

static gboolean is_same(const Call *call, gconstpointer data)
{
	const Call *other = data;

	return call->owner == other->owner && call->id == other->id;
}

static gboolean is_owners(const Call *call, gconstpointer owner)
{
	return call->owner == owner;
}

void engine_cancel(Engine *engine, gpointer owner, guint32 id)
{
	Call which = {.owner = owner, .id = id};

	remove_calls(engine, is_same, &which);
}

void engine_drop(Engine *engine, gpointer owner)
{
	remove_calls(engine, is_owners, owner);
}

static void expire(Engine *engine, gint64 now_us)
{
	for (GList *link = engine->waiting.head, *next; link; link = next) {
		Call *call = link->data;

		next = link->next;
		if (now_us < call->deadline_us)
			continue;
		done(engine, call, LLM_END_DEADLINE, now_us);
		call_free(engine, call);
		g_queue_delete_link(&engine->waiting, link);
	}
	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		Slot *slot = &engine->slots[i];

		if (slot->call && now_us >= slot->call->deadline_us)
			slot_finish(engine, slot, LLM_END_DEADLINE, now_us);
	}
}

/* ---- prefixes -------------------------------------------------------------------------------- */

static Prefix *prefix_find(Engine *engine, const Call *call)
{
	for (guint i = 0; i < ENGINE_PREFIXES; i++) {
		Prefix *prefix = &engine->prefixes[i];

		if (prefix->n && prefix->n == call->n_fixed &&
		    memcmp(prefix->tokens, call->tokens, prefix->n * sizeof(gint32)) == 0)
			return prefix;
	}
	return NULL;
}

static void prefix_keep(Engine *engine, guint sequence, const Call *call)
{
	Prefix *oldest = &engine->prefixes[0];
	GBytes *state;

	if (prefix_find(engine, call))
		return;
	state = engine->model->save(engine->self, sequence, ENGINE_PREFIX_MAX_BYTES);
	if (!state)
		return;
	for (guint i = 1; i < ENGINE_PREFIXES; i++)
		if (engine->prefixes[i].used < oldest->used)
			oldest = &engine->prefixes[i];
	prefix_clear(oldest);
	oldest->tokens = g_memdup2(call->tokens, call->n_fixed * sizeof(gint32));
	oldest->n = call->n_fixed;
	oldest->state = state;
	oldest->used = ++engine->n_uses;
}

/* Does another slot compute the same fixed part at this moment? */
static gboolean prefix_is_coming(const Engine *engine, const Call *call)
{
	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		const Slot *slot = &engine->slots[i];

		if (slot->call && slot->call != call && slot->keeps &&
		    slot->call->n_fixed == call->n_fixed &&
		    memcmp(slot->call->tokens, call->tokens, call->n_fixed * sizeof(gint32)) == 0)
			return TRUE;
	}
	return FALSE;
}

/* ---- into a slot ----------------------------------------------------------------------------- */

static guint common_tokens(const Slot *slot, const Call *call)
{
	guint n = 0;

	while (n < slot->held->len && n < call->n_prompt &&
	       g_array_index(slot->held, gint32, n) == call->tokens[n])
		n++;
	return n;
}

/* The free slot that holds most of the prompt already; NULL when none is free. */
static Slot *free_slot(Engine *engine, const Call *call, guint *ret_n_common)
{
	Slot *best = NULL;

	*ret_n_common = 0;
	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		Slot *slot = &engine->slots[i];
		guint n = slot->call ? 0 : common_tokens(slot, call);

		if (slot->call || (best && n <= *ret_n_common))
			continue;
		best = slot;
		*ret_n_common = n;
	}
	return best;
}

/* The prefix's state, or nothing, and at most n_max tokens of it. */
static void sequence_restore(Engine *engine, Slot *slot, const Prefix *prefix, guint n_max)
{
	const EngineModel *model = engine->model;
	guint sequence = (guint)(slot - engine->slots);

	model->keep(engine->self, sequence, 0);
	g_array_set_size(slot->held, 0);
	if (!prefix || !model->restore(engine->self, sequence, prefix->state))
		return;
	if (prefix->n <= n_max || model->keep(engine->self, sequence, n_max))
		g_array_append_vals(slot->held, prefix->tokens, MIN(prefix->n, n_max));
}

/* Makes the model's sequence hold as much of the prompt as can be had without computing. At least
 * the last token is computed anew: its logits are needed. */
static void slot_begin(Engine *engine, Slot *slot)
{
	Call *call = slot->call;
	guint sequence = (guint)(slot - engine->slots);
	guint n_keep = MIN(common_tokens(slot, call), call->n_prompt - 1);
	Prefix *prefix = prefix_find(engine, call);

	if (prefix)
		prefix->used = ++engine->n_uses;
	if (n_keep && (!prefix || n_keep >= MIN(prefix->n, call->n_prompt - 1)) &&
	    engine->model->keep(engine->self, sequence, n_keep))
		g_array_set_size(slot->held, n_keep);
	else
		sequence_restore(engine, slot, prefix, call->n_prompt - 1);
	call->n_cached = slot->held->len;
	slot->waits = FALSE;
	if (!prefix && slot->held->len == call->n_fixed && call->n_fixed >= ENGINE_PREFIX_MIN)
		prefix_keep(engine, sequence, call);
	slot->keeps =
		!prefix && call->n_fixed >= ENGINE_PREFIX_MIN && slot->held->len <= call->n_fixed;
}

static void admit(Engine *engine, gint64 now_us)
{
	guint n_common;
	Call *call;

	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		Slot *slot = &engine->slots[i];

		if (slot->call && slot->waits && !prefix_is_coming(engine, slot->call))
			slot_begin(engine, slot);
	}
	while ((call = g_queue_peek_head(&engine->waiting))) {
		Slot *slot = free_slot(engine, call, &n_common);

		if (!slot)
			return;
		g_queue_pop_head(&engine->waiting);
		call->started_us = now_us;
		slot->call = call;
		slot->waits = n_common < call->n_fixed && prefix_is_coming(engine, call);
		if (!slot->waits)
			slot_begin(engine, slot);
	}
}

/* ---- the batch ------------------------------------------------------------------------------- */

static gboolean slot_writes(const Slot *slot)
{
	return slot->call && !slot->waits && slot->held->len >= slot->call->n_prompt;
}

static guint add_token(Engine *engine, guint n, Slot *slot, gint32 token, gboolean wants_logits)
{
	engine->batch[n] = (EngineToken){.token = token,
					 .position = slot->held->len,
					 .sequence = (guint)(slot - engine->slots),
					 .wants_logits = wants_logits};
	g_array_append_val(slot->held, token);
	slot->batch_end = n + 1;
	return n + 1;
}

/* As much of a prompt as there is room for. It stops behind the fixed part when that is to be kept. */
static guint add_prompt(Engine *engine, guint n, guint room, Slot *slot)
{
	const Call *call = slot->call;
	guint until =
		slot->keeps && slot->held->len < call->n_fixed ? call->n_fixed : call->n_prompt;

	for (; room && slot->held->len < until; room--) {
		guint at = slot->held->len;

		n = add_token(engine, n, slot, call->tokens[at], at + 1 == call->n_prompt);
	}
	return n;
}

static guint fill_batch(Engine *engine)
{
	guint n = 0, room;

	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		Slot *slot = &engine->slots[i];

		slot->batch_end = 0;
		if (slot_writes(slot))
			n = add_token(engine, n, slot, slot->next, TRUE);
	}
	room = n ? ENGINE_BATCH_SHARED : ENGINE_BATCH;
	for (guint i = 0; i < ENGINE_SLOTS && room; i++) {
		Slot *slot = &engine->slots[i];
		guint before = n;

		if (!slot->call || slot->waits || slot->batch_end)
			continue;
		n = add_prompt(engine, n, room, slot);
		room -= n - before;
	}
	return n;
}

static gint32 choose(Engine *engine, Call *call, const float *logits)
{
	const EngineModel *model = engine->model;
	SampleCandidate top[SAMPLE_TOP];
	gint32 token;
	guint n;

	if (!call->grammar && call->temperature <= 0)
		return sample_greedy(logits, model->n_tokens);
	n = sample_top(logits, model->n_tokens, top, SAMPLE_TOP);
	if (!call->grammar)
		return sample_pick(top, n, call->temperature, &call->random);
	/* nearly always the grammar allows one of the likeliest: it need not look at all */
	model->grammar_mask(engine->self, call->grammar, top, n);
	token = sample_pick(top, n, call->temperature, &call->random);
	if (token >= 0)
		return token;
	n = model->grammar_top(engine->self, call->grammar, logits, top, SAMPLE_TOP);
	return sample_pick(top, n, call->temperature, &call->random);
}

/* The next token of a call whose logits were computed. */
static void slot_advance(Engine *engine, Slot *slot, gint64 now_us)
{
	Call *call = slot->call;
	gint32 token =
		choose(engine, call, engine->model->logits(engine->self, slot->batch_end - 1));
	char bytes[PIECE_BYTES];
	const char *text;
	gboolean ended;
	gsize n;

	if (!call->first_us)
		call->first_us = now_us;
	if (token < 0 || engine->model->is_end(engine->self, token)) {
		slot_finish(engine, slot, LLM_END_STOP, now_us);
		return;
	}
	if (call->grammar)
		engine->model->grammar_accept(engine->self, call->grammar, token);
	call->n_generated++;
	engine->n_generated++;
	slot->next = token;
	n = engine->model->piece(engine->self, token, bytes, sizeof(bytes));
	ended = holdback_feed(call->text, bytes, n, &text, &n);
	say(engine, call, text, n);
	if (ended)
		slot_finish(engine, slot, LLM_END_STOP, now_us);
	else if (call->n_generated >= call->max_tokens)
		slot_finish(engine, slot, LLM_END_LENGTH, now_us);
}

static void after_batch(Engine *engine, gint64 now_us)
{
	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		Slot *slot = &engine->slots[i];

		if (!slot->call || !slot->batch_end)
			continue;
		if (slot->keeps && slot->held->len == slot->call->n_fixed) {
			prefix_keep(engine, i, slot->call);
			slot->keeps = FALSE;
		}
		if (slot->held->len >= slot->call->n_prompt)
			slot_advance(engine, slot, now_us);
	}
}

/* The model could not compute: the calls of the batch have failed, their sequences are void. */
static void batch_failed(Engine *engine)
{
	for (guint i = 0; i < ENGINE_SLOTS; i++) {
		Slot *slot = &engine->slots[i];

		if (!slot->call || !slot->batch_end)
			continue;
		fail(engine, slot->call->owner, slot->call->id, ZHIYIN_ERROR_UNAVAILABLE,
		     "the model could not compute the answer");
		engine->model->keep(engine->self, i, 0);
		g_array_set_size(slot->held, 0);
		slot_clear(engine, slot);
	}
}

gboolean engine_step(Engine *engine, gint64 now_us)
{
	guint n;

	expire(engine, now_us);
	admit(engine, now_us);
	n = fill_batch(engine);
	if (!n)
		return FALSE;
	if (engine->model->decode(engine->self, engine->batch, n))
		after_batch(engine, clock_monotonic_us());
	else
		batch_failed(engine);
	return TRUE;
}

void engine_state(const Engine *engine, EngineState *ret_state)
{
	memset(ret_state, 0, sizeof(*ret_state));
	ret_state->n_waiting = engine->waiting.length;
	ret_state->n_generated = engine->n_generated;
	for (guint i = 0; i < ENGINE_SLOTS; i++)
		ret_state->n_running += engine->slots[i].call != NULL;
	for (guint i = 0; i < ENGINE_PREFIXES; i++)
		ret_state->n_prefixes += engine->prefixes[i].n > 0;
}
