/* A link is one connection with its pending calls; it is born whole and dies whole. Calls hold a
 * reference, so that a new link can take the old one's place while they are told of its end. */
#include "llm/local.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "llm/llama.h"
#include "llm/wire.h"

enum { READ_BYTES = 64 << 10, SEND_SECONDS = 5, NAME_MAX_BYTES = 128 };

/* Stands on the stack of its caller. */
typedef struct {
	GCond news;
	GString *text; /* what came and was not given on yet */
	gsize n_bytes; /* that came in all */
	gboolean over;
	LlmUsage usage;
	GError *error;
} Pending;

typedef struct {
	gatomicrefcount refs;
	int fd;
	Local *local; /* outlives the reader, not every reference */
	GThread *reader;
	GMutex writing;
	GMutex mutex;	     /* of all below */
	GCond news;	     /* it has introduced itself, or is dead */
	GHashTable *pending; /* id -> Pending */
	guint32 last_id;
	gboolean dead;
	gboolean known; /* it has introduced itself, and may be used */
	char *trouble, *name, *sha256;
	guint pid; /* as it says itself */
	guint64 file_bytes;
} Link;

struct Local {
	LocalApprove approve;
	gpointer data;
	GMutex mutex;
	Link *link;	  /* NULL: none yet */
	guint n_attached; /* links ever */
	char *given_up;	  /* why no process will come, or NULL */
};

/* ---- links ----------------------------------------------------------------------------------- */

static Link *link_ref(Link *link)
{
	g_atomic_ref_count_inc(&link->refs);
	return link;
}

static void link_unref(Link *link)
{
	if (!g_atomic_ref_count_dec(&link->refs))
		return;
	close(link->fd);
	g_hash_table_unref(link->pending);
	g_mutex_clear(&link->writing);
	g_mutex_clear(&link->mutex);
	g_cond_clear(&link->news);
	g_free(link->trouble);
	g_free(link->name);
	g_free(link->sha256);
	g_free(link);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Link, link_unref)

static void unavailable(GError **error, const char *why)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "%s", why);
}

/* From now on nothing comes of it: all that wait are told. With the mutex. */
static void link_die(Link *link)
{
	GHashTableIter iter;
	gpointer value;

	link->dead = TRUE;
	link->known = FALSE;
	g_hash_table_iter_init(&iter, link->pending);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		Pending *pending = value;

		if (!pending->over)
			unavailable(&pending->error, "the model process has gone");
		pending->over = TRUE;
		g_cond_signal(&pending->news);
	}
	g_hash_table_remove_all(link->pending);
	g_cond_broadcast(&link->news);
}

/* FALSE when it does not go out: then the link is cut, and its reader does the rest. */
static gboolean link_send(Link *link, const WireMessage *message)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	gsize at = 0;
	gssize n = 0;

	if (!wire_write(bytes, message))
		return FALSE;
	g_mutex_lock(&link->writing);
	while (at < bytes->len) {
		n = send(link->fd, bytes->data + at, bytes->len - at, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		at += (gsize)n;
	}
	g_mutex_unlock(&link->writing);
	if (at == bytes->len)
		return TRUE;
	shutdown(link->fd, SHUT_RDWR);
	return FALSE;
}

/* ---- what comes in; on the reader's thread, with the mutex ----------------------------------- */

static void take_piece(Pending *pending, const WireMessage *message)
{
	pending->n_bytes += message->n_text;
	if (pending->n_bytes > LOCAL_ANSWER_MAX ||
	    !g_utf8_validate(message->text, (gssize)message->n_text, NULL)) {
		unavailable(&pending->error, "the model process answers nonsense");
		pending->over = TRUE;
		return;
	}
	g_string_append_len(pending->text, message->text, (gssize)message->n_text);
}

static void take_done(Pending *pending, const WireMessage *message)
{
	pending->over = TRUE;
	pending->usage = (LlmUsage){
		.end = message->end <= LLM_END_CANCELLED ? (LlmEnd)message->end : LLM_END_STOP,
		.n_prompt = message->n_prompt,
		.n_cached = message->n_cached,
		.n_generated = message->n_generated,
		.queue_ms = message->queue_ms,
	};
}

static void take_failed(Pending *pending, const WireMessage *message)
{
	g_autofree char *text = g_utf8_make_valid(message->text, (gssize)message->n_text);
	static const int codes[] = {ZHIYIN_ERROR_INVALID, ZHIYIN_ERROR_TOO_LARGE};
	int code = ZHIYIN_ERROR_UNAVAILABLE;

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if ((guint32)codes[i] == message->code)
			code = codes[i];
	g_set_error(&pending->error, ZHIYIN_ERROR, code, "%s", text);
	pending->over = TRUE;
}

static void take_answer(Link *link, const WireMessage *message)
{
	Pending *pending = g_hash_table_lookup(link->pending, GUINT_TO_POINTER(message->id));

	if (!pending || pending->over)
		return; /* of a call that was cancelled */
	if (message->kind == WIRE_PIECE)
		take_piece(pending, message);
	else if (message->kind == WIRE_DONE)
		take_done(pending, message);
	else
		take_failed(pending, message);
	g_cond_signal(&pending->news);
}

/* Without the mutex: approving may take its time. */
static void take_info(Link *link, const WireMessage *message)
{
	gsize n_name = MIN(message->n_text, (gsize)NAME_MAX_BYTES);
	g_autofree char *name = g_utf8_make_valid(message->text, (gssize)n_name);
	g_autofree char *sha256 = g_strndup(message->sha256, message->n_sha256);
	const Local *local = link->local;
	char *trouble = local->approve ? local->approve(sha256, name, local->data) : NULL;

	g_mutex_lock(&link->mutex);
	g_free(link->trouble);
	g_free(link->name);
	g_free(link->sha256);
	link->trouble = trouble;
	link->name = g_steal_pointer(&name);
	link->sha256 = g_steal_pointer(&sha256);
	link->pid = message->pid;
	link->file_bytes = message->file_bytes;
	link->known = !trouble && !link->dead;
	g_cond_broadcast(&link->news);
	g_mutex_unlock(&link->mutex);
}

static void take_message(Link *link, const WireMessage *message)
{
	if (message->kind == WIRE_INFO) {
		take_info(link, message);
		return;
	}
	if (message->kind < WIRE_PIECE)
		return;
	g_mutex_lock(&link->mutex);
	take_answer(link, message);
	g_mutex_unlock(&link->mutex);
}

static gpointer read_link(gpointer data)
{
	g_autoptr(Link) link = data;
	g_autoptr(WireReader) reader = wire_reader_new();
	g_autoptr(GError) error = NULL;
	g_autofree guint8 *buffer = g_malloc(READ_BYTES);
	WireMessage message;

	while (!error) {
		gssize n = recv(link->fd, buffer, READ_BYTES, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !wire_feed(reader, buffer, (gsize)n, &error))
			break;
		while (wire_next(reader, &message, &error))
			take_message(link, &message);
	}
	if (error)
		log_event(LOG_ERROR, "model_link", "error", 'e', error, NULL);
	shutdown(link->fd, SHUT_RDWR);
	g_mutex_lock(&link->mutex);
	link_die(link);
	g_mutex_unlock(&link->mutex);
	return NULL;
}

static Link *link_new(Local *local, int fd)
{
	struct timeval patience = {SEND_SECONDS, 0};
	Link *link = g_new0(Link, 1);

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	g_atomic_ref_count_init(&link->refs);
	link->fd = fd;
	link->local = local;
	link->pending = g_hash_table_new(g_direct_hash, g_direct_equal);
	g_mutex_init(&link->writing);
	g_mutex_init(&link->mutex);
	g_cond_init(&link->news);
	link->reader = g_thread_new("llm-link", read_link, link_ref(link));
	return link;
}

/* Cuts the connection, waits for its reader, and lets go of it. */
static void link_close(Link *link)
{
	shutdown(link->fd, SHUT_RDWR);
	g_thread_join(link->reader);
	link_unref(link);
}

static Link *current_link(Local *local)
{
	Link *link;

	g_mutex_lock(&local->mutex);
	link = local->link ? link_ref(local->link) : NULL;
	g_mutex_unlock(&local->mutex);
	return link;
}

void local_attach(Local *local, int fd)
{
	Link *fresh = link_new(local, fd), *old;

	g_mutex_lock(&local->mutex);
	old = local->link;
	local->link = fresh;
	local->n_attached++;
	g_clear_pointer(&local->given_up, g_free);
	g_mutex_unlock(&local->mutex);
	if (old)
		link_close(old);
}

void local_give_up(Local *local, const char *why)
{
	g_mutex_lock(&local->mutex);
	g_free(local->given_up);
	local->given_up = g_strdup(why);
	g_mutex_unlock(&local->mutex);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static gboolean call_send(Link *link, guint32 id, const LlmRequest *request)
{
	g_autoptr(GByteArray) stops = g_byte_array_new();
	WireMessage message = {
		.kind = WIRE_GENERATE,
		.id = id,
		.max_tokens = request->max_tokens,
		.temperature = request->temperature,
		.seed = request->seed,
		.deadline_us = request->deadline_us,
		.fixed = request->fixed,
		.n_fixed = strlen(request->fixed),
		.input = request->input,
		.n_input = strlen(request->input),
		.grammar = request->grammar,
		.n_grammar = request->grammar ? strlen(request->grammar) : 0,
	};

	for (const char *const *stop = request->stop; stop && *stop; stop++)
		g_byte_array_append(stops, (const guint8 *)*stop, (guint)strlen(*stop) + 1);
	message.stops = (const char *)stops->data;
	message.n_stops = stops->len;
	return link_send(link, &message);
}

static void call_cancel(Link *link, guint32 id)
{
	WireMessage message = {.kind = WIRE_CANCEL, .id = id};

	link_send(link, &message);
}

/* Puts the call on the link's list. FALSE when it takes none. */
static gboolean call_begin(Link *link, Pending *pending, guint32 *ret_id, GError **error)
{
	gboolean usable;

	g_mutex_lock(&link->mutex);
	usable = link->known;
	if (usable) {
		*ret_id = ++link->last_id;
		g_hash_table_insert(link->pending, GUINT_TO_POINTER(*ret_id), pending);
	} else {
		unavailable(error, link->trouble ? link->trouble
				   : link->dead	 ? "the model process has gone"
						 : "the model is being loaded");
	}
	g_mutex_unlock(&link->mutex);
	return usable;
}

/* Gives what has come to the callback, without the mutex. FALSE: it wants no more. */
static gboolean call_give(Link *link, Pending *pending, LlmPiece piece, gpointer data)
{
	g_autoptr(GString) text = pending->text;
	gboolean wanted;

	pending->text = g_string_new(NULL);
	g_mutex_unlock(&link->mutex);
	wanted = piece(text->str, text->len, data);
	g_mutex_lock(&link->mutex);
	return wanted;
}

/* Until it is over. Returns how: what the process said, or the deadline, or the callback. */
static LlmEnd call_follow(Link *link, Pending *pending, const LlmRequest *request, LlmPiece piece,
			  gpointer data, gint64 *ret_first_us)
{
	for (;;) {
		if (pending->error)
			return LLM_END_STOP;
		if (pending->text->len) {
			if (!*ret_first_us)
				*ret_first_us = clock_monotonic_us();
			if (!call_give(link, pending, piece, data))
				return LLM_END_CANCELLED;
		} else if (pending->over) {
			return pending->usage.end;
		} else if (!llm_wanted(request)) {
			return LLM_END_CANCELLED;
		} else if (!g_cond_wait_until(&pending->news, &link->mutex,
					      llm_look_us(request, request->deadline_us)) &&
			   clock_monotonic_us() >= request->deadline_us) {
			return LLM_END_DEADLINE;
		}
	}
}

static double ms_since(gint64 began_us, gint64 until_us)
{
	return until_us ? (double)(until_us - began_us) / 1000.0 : 0;
}

static gboolean call_run(Link *link, Pending *pending, const LlmRequest *request, LlmPiece piece,
			 gpointer data, LlmUsage *ret_usage, GError **error)
{
	gint64 began_us = clock_monotonic_us(), first_us = 0;
	guint32 id;
	gboolean over;
	LlmEnd end;

	if (!call_begin(link, pending, &id, error))
		return FALSE;
	if (!call_send(link, id, request)) { /* a message over the limits, or a dead link */
		g_mutex_lock(&link->mutex);
		g_hash_table_remove(link->pending, GUINT_TO_POINTER(id));
		g_mutex_unlock(&link->mutex);
		g_clear_error(&pending->error);
		unavailable(error, "the model process does not take the call");
		return FALSE;
	}
	g_mutex_lock(&link->mutex);
	end = call_follow(link, pending, request, piece, data, &first_us);
	over = pending->over;
	g_hash_table_remove(link->pending, GUINT_TO_POINTER(id));
	g_mutex_unlock(&link->mutex);
	if (!over || pending->error)
		call_cancel(link, id);
	*ret_usage = pending->usage;
	ret_usage->end = end;
	ret_usage->first_ms = ms_since(began_us, first_us);
	ret_usage->total_ms = ms_since(began_us, clock_monotonic_us());
	if (!pending->error)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&pending->error));
	return FALSE;
}

static gboolean local_generate(gpointer self, const LlmRequest *request, LlmPiece piece,
			       gpointer data, LlmUsage *ret_usage, GError **error)
{
	g_autoptr(Link) link = current_link(self);
	Pending pending = {.text = NULL};
	gboolean fine;

	if (!link) {
		unavailable(error, "the model process is not there (yet)");
		return FALSE;
	}
	g_cond_init(&pending.news);
	pending.text = g_string_new(NULL);
	fine = call_run(link, &pending, request, piece, data, ret_usage, error);
	g_string_free(pending.text, TRUE);
	g_cond_clear(&pending.news);
	return fine;
}

static void local_prepare(gpointer self)
{
	g_autoptr(Link) link = current_link(self);
	const WireMessage message = {.kind = WIRE_PREPARE};

	if (link)
		link_send(link, &message);
}

/* What a process holds in memory, the mapped model file included; 0 when it is not there. */
static gint64 resident_bytes(guint pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%u/statm", pid);
	g_autofree char *text = NULL;
	const char *second;

	if (!pid || !g_file_get_contents(path, &text, NULL, NULL) || !(second = strchr(text, ' ')))
		return 0;
	return g_ascii_strtoll(second, NULL, 10) * sysconf(_SC_PAGESIZE);
}

static void tell(LlmInfo *info, LlmState state, const char *reason, const char *trouble)
{
	info->state = state;
	info->ready = state == LLM_READY;
	info->reason = reason;
	info->trouble = g_strdup(trouble);
}

/* With the link's mutex. */
static void tell_link(const Link *link, LlmInfo *info)
{
	info->model = g_strdup(link->name);
	info->sha256 = g_strdup(link->sha256);
	info->file_bytes = link->file_bytes;
	info->n_bytes = link->dead ? 0 : resident_bytes(link->pid);
	if (link->known)
		tell(info, LLM_READY, NULL, NULL);
	else if (link->trouble)
		tell(info, LLM_DOWN, "unregistered", link->trouble);
	else if (link->dead)
		tell(info, LLM_DOWN, "gone", "the model process has gone");
	else
		tell(info, LLM_STARTING, "loading", "the model is being loaded");
}

static void local_info(gpointer self, LlmInfo *ret_info)
{
	Local *local = self;
	g_autoptr(Link) link = NULL;
	g_autofree char *given_up = NULL;

	g_mutex_lock(&local->mutex);
	link = local->link ? link_ref(local->link) : NULL;
	given_up = g_strdup(local->given_up);
	ret_info->n_restarts = local->n_attached ? local->n_attached - 1 : 0;
	g_mutex_unlock(&local->mutex);
	if (given_up) {
		tell(ret_info, LLM_DOWN, "file", given_up);
	} else if (link) {
		g_mutex_lock(&link->mutex);
		tell_link(link, ret_info);
		g_mutex_unlock(&link->mutex);
	} else {
		tell(ret_info, LLM_STARTING, "loading", "the model process is not there (yet)");
	}
}

static void local_free(gpointer self)
{
	Local *local = self;

	if (local->link)
		link_close(local->link);
	g_free(local->given_up);
	g_mutex_clear(&local->mutex);
	g_free(local);
}

Llm *local_new(LocalApprove approve, gpointer data, Local **ret_local)
{
	static const LlmProvider provider = {"local", local_generate, local_info, local_free,
					     local_prepare};
	Local *local = g_new0(Local, 1);

	local->approve = approve;
	local->data = data;
	g_mutex_init(&local->mutex);
	*ret_local = local;
	return llm_new(&provider, local, LOCAL_SLOTS);
}

gboolean local_wait_ready(Local *local, int timeout_ms, GError **error)
{
	g_autoptr(Link) link = current_link(local);
	gint64 until_us = clock_monotonic_us() + timeout_ms * 1000LL;
	gboolean known;

	if (!link) {
		unavailable(error, "there is no model process");
		return FALSE;
	}
	g_mutex_lock(&link->mutex);
	while (!link->known && !link->dead && !link->trouble &&
	       g_cond_wait_until(&link->news, &link->mutex, until_us))
		;
	known = link->known;
	if (!known)
		unavailable(error, link->trouble ? link->trouble
				   : link->dead	 ? "the model process has ended: its log line "
						   "says why"
						 : "the model takes too long to load");
	g_mutex_unlock(&link->mutex);
	return known;
}

/* ---- a process of one's own ------------------------------------------------------------------ */

static char **spawn_argv(const char *model_path, guint n_context, int fd)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	g_autofree char *context = g_strdup_printf("--llm-context=%u", n_context);
	g_autofree char *model = g_strconcat("--model=", model_path, NULL);
	g_autofree char *link = g_strdup_printf("--link-fd=%d", fd);

	g_strv_builder_add_many(builder, "zhiyin", "llmd", link, model, context, NULL);
	return g_strv_builder_end(builder);
}

int local_spawn(const char *model_path, guint n_context, GError **error)
{
	g_auto(GStrv) argv = NULL;
	pid_t parent = getpid(), pid;
	int pair[2];

	if (!llama_is_built_in()) {
		unavailable(error, "this program was built without llama.cpp: no local model "
				   "(./dev build adds it when its source can be had)");
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		unavailable(error, g_strerror(errno));
		return -1;
	}
	argv = spawn_argv(model_path, n_context, pair[1]);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent || fcntl(pair[1], F_SETFD, 0))
			_exit(1);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	close(pair[1]);
	if (pid > 0)
		return pair[0];
	close(pair[0]);
	unavailable(error, "no process for the model could be started");
	return -1;
}
