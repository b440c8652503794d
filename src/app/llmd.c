/* The process that owns the chat model. It opens the model file, checks and hashes it, shuts itself in,
 * only then lets llama.cpp read it, and has nothing but that file and its sockets: one loop over them
 * and the engine, on one thread. Whoever goes away takes their calls with them. The weights come into
 * memory when somebody needs them and leave it when nobody has for a while; the descriptor stays. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "app/process.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sandbox.h"
#include "llm/engine.h"
#include "llm/gguf.h"
#include "llm/llama.h"
#include "llm/threads.h"

enum {
	CLIENTS_MAX = 4,
	OUT_MAX_BYTES = 4 << 20, /* of one client that does not read */
	READ_BYTES = 64 << 10,
	NICENESS = 5,
	HASH_STEP = 4 << 20,
	WARM_TOKENS = 2,
	BATCH_SECONDS = 120, /* at most; one takes a second, with a large model some */
};

#define ROOM_BYTES (3ULL << 30) /* address space besides the model: contexts, threads, libraries */

typedef struct {
	int fd; /* -1: free */
	WireReader *reader;
	GByteArray *out;
} Client;

typedef struct {
	const LlmdOptions *options;
	GgufSummary summary;
	char sha256[65], name[128];
	gsize n_bytes;
	int model_fd;
	struct stat stamp; /* of the file, as it was hashed */
	gint64 used_us;	   /* when the model was needed last */
	Llama *llama;	   /* NULL: not in memory */
	Engine *engine;	   /* NULL: the same */
	ThreadWatch watch;
	Client clients[CLIENTS_MAX];
	guint n_linked; /* clients ever */
	int control_fd;
	gboolean watched;	  /* an alarm is set */
	double tokens_per_second; /* of late */
	guint8 *buffer;		  /* READ_BYTES */
} Llmd;

/* ---- clients --------------------------------------------------------------------------------- */

static void client_close(Llmd *llmd, Client *client)
{
	if (llmd->engine)
		engine_drop(llmd->engine, client);
	close(client->fd);
	client->fd = -1;
	g_clear_pointer(&client->reader, wire_reader_free);
	g_clear_pointer(&client->out, g_byte_array_unref);
}

/* As much as the socket takes now. FALSE when the client is gone or does not read. */
static gboolean client_flush(Client *client)
{
	gssize n;

	while (client->out->len) {
		n = send(client->fd, client->out->data, client->out->len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0)
			return (errno == EAGAIN || errno == EINTR) &&
			       client->out->len < OUT_MAX_BYTES;
		g_byte_array_remove_range(client->out, 0, (guint)n);
	}
	return TRUE;
}

static void flush_all(Llmd *llmd)
{
	for (guint i = 0; i < CLIENTS_MAX; i++) {
		Client *client = &llmd->clients[i];

		if (client->fd >= 0 && client->out->len && !client_flush(client))
			client_close(llmd, client);
	}
}

static void send_message(gpointer owner, const WireMessage *message, gpointer data)
{
	Client *client = owner;

	(void)data;
	wire_write(client->out, message);
}

static void send_info(const Llmd *llmd, Client *client)
{
	EngineState state = {0};
	WireMessage message = {.kind = WIRE_INFO,
			       .text = llmd->name,
			       .n_text = strlen(llmd->name),
			       .sha256 = llmd->sha256,
			       .n_sha256 = strlen(llmd->sha256),
			       .n_slots = ENGINE_SLOTS,
			       .n_context = MIN(llmd->options->n_context, llmd->summary.n_context),
			       .pid = (guint32)getpid(),
			       .file_bytes = llmd->n_bytes,
			       .tokens_per_second = llmd->tokens_per_second};

	if (llmd->engine)
		engine_state(llmd->engine, &state);
	message.n_running = state.n_running;
	wire_write(client->out, &message);
}

static void client_add(Llmd *llmd, int fd)
{
	for (guint i = 0; i < CLIENTS_MAX; i++) {
		Client *client = &llmd->clients[i];

		if (client->fd >= 0)
			continue;
		client->fd = fd;
		client->reader = wire_reader_new();
		client->out = g_byte_array_new();
		llmd->n_linked++;
		send_info(llmd, client);
		return;
	}
	log_event(LOG_WARNING, "too_many_links", NULL);
	close(fd);
}

/* ---- the model ------------------------------------------------------------------------------- */

static void ignore_message(gpointer owner, const WireMessage *message, gpointer data)
{
	(void)owner;
	(void)message;
	(void)data;
}

/* The first batches bring the weights into memory and start the threads: not at a customer's cost. */
static void warm_up(Llmd *llmd)
{
	const EngineModel *model = llama_engine_model(llmd->llama);
	WireMessage request = {.kind = WIRE_GENERATE,
			       .max_tokens = WARM_TOKENS,
			       .deadline_us = G_MAXINT64,
			       .fixed = "1 2 3 4 5 6 7 8 9",
			       .n_fixed = 17};
	Engine *engine = engine_new(model, llmd->llama, ignore_message, NULL);

	engine_submit(engine, llmd, &request, clock_monotonic_us());
	do
		llama_set_threads(llmd->llama,
				  thread_watch_look(&llmd->watch, clock_monotonic_us()));
	while (engine_step(engine, clock_monotonic_us()));
	engine_free(engine);
	for (guint i = 0; i < ENGINE_SLOTS; i++)
		model->keep(llmd->llama, i, 0);
}

/* What fstat() tells without the name that the C library's own function passes along, which the sandbox
 * declines. */
static gboolean file_stamp(int fd, struct stat *ret_stamp)
{
	return syscall(SYS_fstat, fd, ret_stamp) == 0;
}

/* Is the file still the one that was checked and hashed? */
static gboolean is_unchanged(const Llmd *llmd)
{
	struct stat now;

	return file_stamp(llmd->model_fd, &now) && now.st_size == llmd->stamp.st_size &&
	       now.st_mtim.tv_sec == llmd->stamp.st_mtim.tv_sec &&
	       now.st_mtim.tv_nsec == llmd->stamp.st_mtim.tv_nsec &&
	       now.st_ctim.tv_sec == llmd->stamp.st_ctim.tv_sec &&
	       now.st_ctim.tv_nsec == llmd->stamp.st_ctim.tv_nsec;
}

static gboolean model_load(Llmd *llmd, GError **error)
{
	gint64 began_us = clock_monotonic_us();
	LlamaOptions options = {.n_context = llmd->options->n_context,
				.n_threads = thread_watch_look(&llmd->watch, began_us)};

	if (!is_unchanged(llmd)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
				    "the model file has changed since it was checked");
		return FALSE;
	}
	llmd->llama = llama_open(llmd->model_fd, &options, error);
	if (!llmd->llama)
		return FALSE;
	warm_up(llmd);
	llmd->engine = engine_new(llama_engine_model(llmd->llama), llmd->llama, send_message, llmd);
	llmd->used_us = clock_monotonic_us();
	log_event(LOG_INFO, "model_loaded", "tokens", 'i',
		  (gint64)llama_engine_model(llmd->llama)->n_context, "threads", 'i',
		  (gint64)llmd->watch.n_threads, "ms", 'i', (llmd->used_us - began_us) / 1000,
		  NULL);
	return TRUE;
}

static void G_GNUC_NORETURN end_with(const GError *error, const char *event)
{
	log_event(LOG_ERROR, event, "error", 'e', error, NULL);
	_exit(error_kind(error)->exit_code);
}

/* The model is needed: from now on it is there, or the process is not, and the supervisor looks after
 * that. */
static void model_wake(Llmd *llmd)
{
	g_autoptr(GError) error = NULL;

	if (!llmd->llama && !model_load(llmd, &error))
		end_with(error, "model_load");
	llmd->used_us = clock_monotonic_us();
}

/* How long it may stay without work; -1: as long as it likes. */
static gint64 model_patience_us(const Llmd *llmd)
{
	gint64 end_us = llmd->used_us + llmd->options->idle_seconds * G_USEC_PER_SEC;

	if (!llmd->llama || !llmd->options->idle_seconds)
		return -1;
	return MAX(end_us - clock_monotonic_us(), 0);
}

static void model_release(Llmd *llmd)
{
	g_clear_pointer(&llmd->engine, engine_free);
	g_clear_pointer(&llmd->llama, llama_close);
	malloc_trim(0);
	log_event(LOG_INFO, "model_released", NULL);
}

/* ---- what clients say ------------------------------------------------------------------------- */

static void handle(Llmd *llmd, Client *client, const WireMessage *message)
{
	switch (message->kind) {
	case WIRE_PREPARE:
		model_wake(llmd);
		break;
	case WIRE_GENERATE:
		model_wake(llmd);
		engine_submit(llmd->engine, client, message, clock_monotonic_us());
		break;
	case WIRE_CANCEL:
		if (llmd->engine)
			engine_cancel(llmd->engine, client, message->id);
		break;
	case WIRE_ASK_INFO:
		send_info(llmd, client);
		break;
	default: /* an answer has no business here */
		break;
	}
}

static void client_read(Llmd *llmd, Client *client)
{
	g_autoptr(GError) error = NULL;
	gssize n = recv(client->fd, llmd->buffer, READ_BYTES, MSG_DONTWAIT);
	WireMessage message;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !wire_feed(client->reader, llmd->buffer, (gsize)n, &error)) {
		client_close(llmd, client);
		return;
	}
	while (wire_next(client->reader, &message, &error))
		handle(llmd, client, &message);
	if (!error)
		return;
	log_event(LOG_ERROR, "link", "error", 'e', error, NULL);
	client_close(llmd, client);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static gboolean has_clients(const Llmd *llmd)
{
	for (guint i = 0; i < CLIENTS_MAX; i++)
		if (llmd->clients[i].fd >= 0)
			return TRUE;
	return FALSE;
}

/* Sleeps until something comes or the model has idled long enough, or only looks when the engine has
 * work. FALSE: stop. */
static gboolean listen_to_all(Llmd *llmd, gboolean working)
{
	struct pollfd fds[CLIENTS_MAX + 1];
	gint64 wait_us = working ? 0 : model_patience_us(llmd);
	struct timespec wait = {wait_us / G_USEC_PER_SEC, wait_us % G_USEC_PER_SEC * 1000};
	sigset_t open_mask;
	int n, link_fd;

	for (guint i = 0; i < CLIENTS_MAX; i++) {
		const Client *client = &llmd->clients[i];
		gboolean pending = client->fd >= 0 && client->out->len > 0;

		fds[i] = (struct pollfd){.fd = client->fd,
					 .events = (short)(POLLIN | (pending ? POLLOUT : 0))};
	}
	fds[CLIENTS_MAX] = (struct pollfd){.fd = llmd->control_fd, .events = POLLIN};
	sigemptyset(&open_mask);
	n = ppoll(fds, CLIENTS_MAX + 1, wait_us < 0 ? NULL : &wait, &open_mask);
	if (n < 0)
		return FALSE; /* a signal: the only reason there is */
	for (guint i = 0; n > 0 && i < CLIENTS_MAX; i++)
		if (llmd->clients[i].fd >= 0 && fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			client_read(llmd, &llmd->clients[i]);
	if (!fds[CLIENTS_MAX].revents)
		return TRUE;
	if (process_receive(llmd->control_fd, &link_fd) == PROCESS_STOPPING)
		return FALSE;
	if (link_fd >= 0)
		client_add(llmd, link_fd);
	return TRUE;
}

/* Tokens per second of a busy engine, smoothed over some seconds. */
static void measure(Llmd *llmd, guint64 n_before, gint64 began_us)
{
	EngineState state;
	double seconds = (double)(clock_monotonic_us() - began_us) / G_USEC_PER_SEC;
	double weight = MIN(seconds / 5, 1);

	engine_state(llmd->engine, &state);
	if (seconds > 0 && state.n_generated > n_before)
		llmd->tokens_per_second +=
			weight * ((double)(state.n_generated - n_before) / seconds -
				  llmd->tokens_per_second);
}

/* A batch that never ends is ended by SIGALRM, and with it this process: the supervisor starts another.
 * seconds 0: nothing is computed, nothing need be watched. */
static void watch(Llmd *llmd, int seconds)
{
	struct itimerval timer = {.it_value = {.tv_sec = seconds}};

	if (seconds || llmd->watched)
		setitimer(ITIMER_REAL, &timer, NULL);
	llmd->watched = seconds > 0;
}

static gboolean work(Llmd *llmd)
{
	gint64 began_us = clock_monotonic_us();
	EngineState before;
	gboolean worked;

	if (!llmd->engine) {
		flush_all(llmd);
		return FALSE;
	}
	engine_state(llmd->engine, &before);
	llama_set_threads(llmd->llama, thread_watch_look(&llmd->watch, began_us));
	watch(llmd, BATCH_SECONDS);
	worked = engine_step(llmd->engine, began_us);
	if (worked) {
		measure(llmd, before.n_generated, began_us);
		llmd->used_us = clock_monotonic_us();
	} else {
		watch(llmd, 0);
	}
	flush_all(llmd);
	return worked;
}

static void serve_links(Llmd *llmd)
{
	gboolean working = FALSE;

	while (listen_to_all(llmd, working)) {
		working = work(llmd);
		if (!working && model_patience_us(llmd) == 0)
			model_release(llmd);
		if (llmd->control_fd < 0 && !has_clients(llmd))
			return;
	}
}

/* ---- beginning ------------------------------------------------------------------------------- */

static void hash(const guint8 *bytes, gsize n_bytes, char ret_sha256[65])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	for (gsize at = 0; at < n_bytes; at += HASH_STEP)
		g_checksum_update(sum, bytes + at, (gssize)MIN(n_bytes - at, (gsize)HASH_STEP));
	g_strlcpy(ret_sha256, g_checksum_get_string(sum), 65);
}

/* Our own look at the file, and its hash: nobody else has read a byte of it by then. */
static gboolean examine(Llmd *llmd, GError **error)
{
	g_autoptr(GMappedFile) map = g_mapped_file_new_from_fd(llmd->model_fd, FALSE, error);
	const guint8 *bytes;

	if (!map)
		return FALSE;
	file_stamp(llmd->model_fd, &llmd->stamp); /* before a byte is read */
	bytes = (const guint8 *)g_mapped_file_get_contents(map);
	llmd->n_bytes = g_mapped_file_get_length(map);
	if (!gguf_check(bytes, llmd->n_bytes, &llmd->summary, error))
		return FALSE;
	hash(bytes, llmd->n_bytes, llmd->sha256);
	return TRUE;
}

static gboolean shut_in(const Llmd *llmd, int link_fd, GError **error)
{
	const int fds[] = {llmd->control_fd, link_fd, llmd->model_fd, llmd->watch.fd};
	SandboxOptions sandbox = {.deadly = llmd->options->deadly};
	SandboxReport report = {0};

#if !defined(__SANITIZE_ADDRESS__) && \
	!defined(__SANITIZE_THREAD__) /* whose shadows take terabytes */
	sandbox.max_bytes = 2 * (guint64)llmd->n_bytes + ROOM_BYTES;
#endif
	for (gsize i = 0; i < G_N_ELEMENTS(fds); i++)
		if (fds[i] >= 0)
			sandbox.keep[sandbox.n_keep++] = fds[i];
	if (!sandbox_enter(&sandbox, &report, error))
		return FALSE;
	log_event(LOG_INFO, "sandboxed", "landlock", 'i', (gint64)report.landlock, "other_user",
		  'i', (gint64)report.other_user, NULL);
	return TRUE;
}

static void set_name(Llmd *llmd, const char *path)
{
	g_autofree char *file = g_path_get_basename(path);
	g_autofree char *shown = g_utf8_make_valid(file, -1);

	g_strlcpy(llmd->name, *llmd->summary.name ? llmd->summary.name : shown, sizeof(llmd->name));
}

static gboolean llmd_open(Llmd *llmd, int link_fd, GError **error)
{
	const char *path = llmd->options->path;

	llmd->model_fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (llmd->model_fd < 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "%s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	thread_watch_begin(&llmd->watch);
	if (!examine(llmd, error) || !shut_in(llmd, link_fd, error))
		return FALSE;
	set_name(llmd, path);
	if (llmd->options->lazy)
		return TRUE;
	return model_load(llmd, error);
}

/* It ends by _exit(): the system takes all of it back, and behind the sandbox not everything could be put away in
 * order. */
void llmd_main(const LlmdOptions *options, int link_fd, int control_fd)
{
	g_autoptr(GError) error = NULL;
	Llmd *llmd = g_new0(Llmd, 1);

	setpriority(PRIO_PROCESS, 0, NICENESS);
	llmd->options = options;
	llmd->control_fd = control_fd;
	llmd->buffer = g_malloc(READ_BYTES);
	for (guint i = 0; i < CLIENTS_MAX; i++)
		llmd->clients[i].fd = -1;
	if (!llmd_open(llmd, link_fd, &error))
		end_with(error, "llmd_start");
	log_event(LOG_INFO, "model_ready", "sha256", 's', llmd->sha256, "loaded", 'i',
		  (gint64)(llmd->llama != NULL), NULL);
	process_ready(control_fd);
	if (link_fd >= 0)
		client_add(llmd, link_fd);
	serve_links(llmd);
	_exit(0);
}
