/* The queue before a provider. Who waits stands in a list in order of arrival; a free turn goes to
 * the first of the session whose last turn lies furthest back, so that one busy conversation cannot
 * keep the others waiting. */
#include "llm/llm.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"

/* of one session, so that it cannot fill the queue */
enum { WAITING_PER_SESSION = LLM_QUEUE_MAX / 4 };

/* Stands on the stack of its caller. */
typedef struct {
	const char *session;
	GCond turn;
	gboolean granted;
} Waiter;

typedef struct {
	guint n_waiting, n_running;
	guint64 last_turn; /* 0: none yet */
} Session;

/* Whoever answers; calls in progress hold a reference. */
typedef struct {
	gatomicrefcount refs;
	const LlmProvider *provider;
	gpointer self;
	guint n_slots;
} Backend;

struct Llm {
	GMutex mutex;	      /* of all below */
	Backend *backend;     /* NULL: nobody */
	GQueue waiting;	      /* Waiter */
	GHashTable *sessions; /* name -> Session, of those that wait or run */
	guint n_running;
	guint64 n_turns, n_done, n_failed, n_tokens;
	double tokens_per_second, call_seconds; /* of late */
};

/* ---- backends -------------------------------------------------------------------------------- */

static Backend *backend_new(const LlmProvider *provider, gpointer self, guint n_slots)
{
	Backend *backend = g_new0(Backend, 1);

	g_atomic_ref_count_init(&backend->refs);
	backend->provider = provider;
	backend->self = self;
	backend->n_slots = MAX(n_slots, 1);
	return backend;
}

static Backend *backend_ref(Backend *backend)
{
	if (backend)
		g_atomic_ref_count_inc(&backend->refs);
	return backend;
}

static void backend_unref(Backend *backend)
{
	if (!g_atomic_ref_count_dec(&backend->refs))
		return;
	if (backend->provider->free)
		backend->provider->free(backend->self);
	g_free(backend);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Backend, backend_unref)

/* Not with the mutex: the last reference waits for threads that may want it. */
static Backend *current_backend(Llm *llm)
{
	Backend *backend;

	g_mutex_lock(&llm->mutex);
	backend = backend_ref(llm->backend);
	g_mutex_unlock(&llm->mutex);
	return backend;
}

Llm *llm_new(const LlmProvider *provider, gpointer self, guint n_slots)
{
	Llm *llm = g_new0(Llm, 1);

	llm->backend = provider ? backend_new(provider, self, n_slots) : NULL;
	g_mutex_init(&llm->mutex);
	g_queue_init(&llm->waiting);
	llm->sessions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return llm;
}

void llm_free(Llm *llm)
{
	if (!llm)
		return;
	g_clear_pointer(&llm->backend, backend_unref);
	g_hash_table_unref(llm->sessions);
	g_mutex_clear(&llm->mutex);
	g_free(llm);
}

/* ---- turns; all with the mutex --------------------------------------------------------------- */

static Session *session_get(Llm *llm, const char *name)
{
	Session *session = g_hash_table_lookup(llm->sessions, name);

	if (!session) {
		session = g_new0(Session, 1);
		g_hash_table_insert(llm->sessions, g_strdup(name), session);
	}
	return session;
}

static void session_leave(Llm *llm, const char *name)
{
	const Session *session = g_hash_table_lookup(llm->sessions, name);

	if (session && !session->n_waiting && !session->n_running)
		g_hash_table_remove(llm->sessions, name);
}

static void take_turn(Llm *llm, const char *name)
{
	Session *session = session_get(llm, name);

	session->n_running++;
	session->last_turn = ++llm->n_turns;
	llm->n_running++;
}

/* The first of the session whose last turn lies furthest back. */
static Waiter *next_waiter(Llm *llm)
{
	Waiter *best = g_queue_peek_head(&llm->waiting);
	guint64 best_turn = best ? session_get(llm, best->session)->last_turn : 0;

	for (GList *link = llm->waiting.head; link && best_turn; link = link->next) {
		Waiter *waiter = link->data;
		guint64 turn = session_get(llm, waiter->session)->last_turn;

		if (turn < best_turn) {
			best = waiter;
			best_turn = turn;
		}
	}
	return best;
}

/* Where nobody answers all have their turn at once, to be told so. */
static guint slots(const Llm *llm)
{
	return llm->backend ? llm->backend->n_slots : G_MAXUINT;
}

static void grant_turns(Llm *llm)
{
	Waiter *waiter;

	while (llm->n_running < slots(llm) && (waiter = next_waiter(llm))) {
		g_queue_remove(&llm->waiting, waiter);
		session_get(llm, waiter->session)->n_waiting--;
		take_turn(llm, waiter->session);
		waiter->granted = TRUE;
		g_cond_signal(&waiter->turn);
	}
}

static void end_turn(Llm *llm, const char *name)
{
	session_get(llm, name)->n_running--;
	llm->n_running--;
	session_leave(llm, name);
	grant_turns(llm);
}

/* FALSE: there is nothing more to wait for. */
static gboolean wait_on(Llm *llm, Waiter *waiter, const LlmRequest *request)
{
	gint64 until_us = llm_look_us(request, request->deadline_us);

	return g_cond_wait_until(&waiter->turn, &llm->mutex, until_us) ||
	       (clock_monotonic_us() < request->deadline_us && llm_wanted(request));
}

/* Sleeps until it is this call's turn. FALSE when the deadline comes first, or nobody wants it. */
static gboolean wait_turn(Llm *llm, const char *name, const LlmRequest *request)
{
	Waiter waiter = {.session = name};

	g_cond_init(&waiter.turn);
	session_get(llm, name)->n_waiting++;
	g_queue_push_tail(&llm->waiting, &waiter);
	grant_turns(llm);
	while (!waiter.granted && wait_on(llm, &waiter, request))
		;
	g_cond_clear(&waiter.turn);
	if (waiter.granted)
		return TRUE;
	g_queue_remove(&llm->waiting, &waiter);
	session_get(llm, name)->n_waiting--;
	session_leave(llm, name);
	return FALSE;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static gboolean request_check(const LlmRequest *request, GError **error)
{
	gsize n_fixed = strlen(request->fixed), n_input = strlen(request->input);
	guint n_stops = 0;

	if (n_fixed > LLM_PROMPT_MAX_BYTES || n_input > LLM_PROMPT_MAX_BYTES - n_fixed) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "a prompt of more than %d bytes", LLM_PROMPT_MAX_BYTES);
		return FALSE;
	}
	while (request->stop && request->stop[n_stops])
		n_stops++;
	if (n_stops <= LLM_STOP_MAX && request->max_tokens > 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "a request needs 1 or more tokens and at most %d stop words", LLM_STOP_MAX);
	return FALSE;
}

/* Would one more be done by then, as calls went of late? */
static gboolean is_in_time(const Llm *llm, gint64 deadline_us)
{
	guint n_slots = slots(llm);
	double turns = 1 + (llm->waiting.length + 1.0) / n_slots;
	double left_us = (double)(deadline_us - clock_monotonic_us());

	return llm->n_running < n_slots || llm->call_seconds <= 0 ||
	       llm->call_seconds * turns * G_USEC_PER_SEC <= left_us;
}

static gboolean enter(Llm *llm, const LlmRequest *request, const char *session, GError **error)
{
	const Session *known = g_hash_table_lookup(llm->sessions, session);

	if (llm->waiting.length < LLM_QUEUE_MAX &&
	    (!known || known->n_waiting < WAITING_PER_SESSION) &&
	    is_in_time(llm, request->deadline_us))
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
			    "too many calls wait for the model");
	return FALSE;
}

/* value joins a mean of what was of late. */
static void smooth(double *mean, double value)
{
	*mean += (*mean > 0 ? 0.2 : 1) * (value - *mean);
}

static void count(Llm *llm, gboolean fine, const LlmUsage *usage)
{
	double seconds = (usage->total_ms - usage->first_ms) / 1000.0;

	if (!fine) {
		llm->n_failed++;
		return;
	}
	llm->n_done++;
	llm->n_tokens += usage->n_generated;
	smooth(&llm->call_seconds, (usage->total_ms - usage->queue_ms) / 1000.0);
	if (usage->n_generated > 1 && seconds > 0)
		smooth(&llm->tokens_per_second, (usage->n_generated - 1) / seconds);
}

typedef struct {
	const LlmRequest *request;
	LlmPiece piece;
	gpointer data;
} Passing;

static gboolean pass_piece(const char *piece, gsize n, gpointer data)
{
	const Passing *passing = data;

	return llm_wanted(passing->request) && passing->piece(piece, n, passing->data);
}

/* The provider's figures begin with its own part of the call. */
static gboolean call_backend(const Backend *backend, const LlmRequest *request, gint64 began_us,
			     LlmPiece piece, gpointer data, LlmUsage *usage, GError **error)
{
	double queue_ms = (double)(clock_monotonic_us() - began_us) / 1000.0;
	Passing passing = {request, piece, data};
	gboolean fine = backend->provider->generate(backend->self, request, pass_piece, &passing,
						    usage, error);

	usage->queue_ms += queue_ms;
	if (usage->first_ms > 0)
		usage->first_ms += queue_ms;
	usage->total_ms += queue_ms;
	return fine;
}

static gboolean no_model(GError **error)
{
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "there is no model");
	return FALSE;
}

static const char *session_of(const LlmRequest *request)
{
	return request->session ? request->session : "";
}

typedef enum { TURN_COME, TURN_LATE, TURN_REFUSED } Turn;

/* Stands in the queue; with its turn comes the backend of that moment, or NULL. */
static Turn come_to_turn(Llm *llm, const LlmRequest *request, Backend **ret_backend, GError **error)
{
	const char *session = session_of(request);
	Turn turn = TURN_REFUSED;

	g_mutex_lock(&llm->mutex);
	if (enter(llm, request, session, error))
		turn = wait_turn(llm, session, request) ? TURN_COME : TURN_LATE;
	*ret_backend = turn == TURN_COME ? backend_ref(llm->backend) : NULL;
	g_mutex_unlock(&llm->mutex);
	return turn;
}

static gboolean run_turn(Llm *llm, Backend *backend, const LlmRequest *request, gint64 began_us,
			 LlmPiece piece, gpointer data, LlmUsage *ret_usage, GError **error)
{
	gboolean fine =
		backend ? call_backend(backend, request, began_us, piece, data, ret_usage, error)
			: no_model(error);

	g_mutex_lock(&llm->mutex);
	if (backend && backend == llm->backend)
		count(llm, fine, ret_usage);
	end_turn(llm, session_of(request));
	g_mutex_unlock(&llm->mutex);
	return fine;
}

gboolean llm_generate(Llm *llm, const LlmRequest *request, LlmPiece piece, gpointer data,
		      LlmUsage *ret_usage, GError **error)
{
	gint64 began_us = clock_monotonic_us();
	g_autoptr(Backend) backend = NULL;

	memset(ret_usage, 0, sizeof(*ret_usage));
	if (!llm)
		return no_model(error);
	if (!request_check(request, error))
		return FALSE;
	switch (come_to_turn(llm, request, &backend, error)) {
	case TURN_COME:
		return run_turn(llm, backend, request, began_us, piece, data, ret_usage, error);
	case TURN_LATE:
		ret_usage->end = llm_wanted(request) ? LLM_END_DEADLINE : LLM_END_CANCELLED;
		ret_usage->queue_ms = ret_usage->total_ms =
			(double)(clock_monotonic_us() - began_us) / 1000.0;
		return TRUE;
	case TURN_REFUSED:
		break;
	}
	return FALSE;
}

void llm_replace(Llm *llm, Llm *other)
{
	g_autoptr(Backend) old = NULL;

	g_mutex_lock(&llm->mutex);
	old = llm->backend;
	llm->backend = other ? g_steal_pointer(&other->backend) : NULL;
	llm->n_done = llm->n_failed = llm->n_tokens = 0;
	llm->tokens_per_second = llm->call_seconds = 0;
	grant_turns(llm);
	g_mutex_unlock(&llm->mutex);
	llm_free(other);
}

void llm_prepare(Llm *llm)
{
	g_autoptr(Backend) backend = llm ? current_backend(llm) : NULL;

	if (backend && backend->provider->prepare)
		backend->provider->prepare(backend->self);
}

/* ---- for providers --------------------------------------------------------------------------- */

gboolean llm_wanted(const LlmRequest *request)
{
	return !request->wanted || request->wanted(request->wanted_data);
}

gint64 llm_look_us(const LlmRequest *request, gint64 until_us)
{
	return request->wanted ? MIN(until_us, clock_monotonic_us() + LLM_LOOK_MS * 1000)
			       : until_us;
}

gboolean llm_sleep(const LlmRequest *request, gint64 until_us)
{
	gint64 end_us = MIN(until_us, request->deadline_us), now_us;

	while ((now_us = clock_monotonic_us()) < end_us && llm_wanted(request))
		g_usleep((gulong)MAX(llm_look_us(request, end_us) - now_us, 1));
	return until_us < request->deadline_us && llm_wanted(request);
}

/* ---- state ----------------------------------------------------------------------------------- */

void llm_info_clear(LlmInfo *info)
{
	g_free(info->model);
	g_free(info->sha256);
	g_free(info->trouble);
	memset(info, 0, sizeof(*info));
}

const char *llm_state_name(LlmState state)
{
	static const char *const names[] = {"absent", "starting", "ready", "down"};

	return names[state];
}

void llm_info(Llm *llm, LlmInfo *ret_info)
{
	g_autoptr(Backend) backend = llm ? current_backend(llm) : NULL;

	memset(ret_info, 0, sizeof(*ret_info));
	ret_info->provider = "none";
	if (!backend)
		return;
	ret_info->provider = backend->provider->name;
	backend->provider->info(backend->self, ret_info);
	if (ret_info->state == LLM_ABSENT)
		ret_info->state = ret_info->ready ? LLM_READY : LLM_DOWN;
	g_mutex_lock(&llm->mutex);
	ret_info->n_waiting = llm->waiting.length;
	ret_info->n_running = llm->n_running;
	ret_info->n_done = llm->n_done;
	ret_info->n_failed = llm->n_failed;
	ret_info->n_tokens = llm->n_tokens;
	ret_info->tokens_per_second = llm->tokens_per_second;
	g_mutex_unlock(&llm->mutex);
}

gboolean llm_is_small(Llm *llm)
{
	g_auto(LlmInfo) info = {0};

	llm_info(llm, &info);
	return g_str_equal(info.provider, "local") && info.file_bytes < LLM_SMALL_BYTES;
}
