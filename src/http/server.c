/*
 * Connections, limits and deadlines. libmicrohttpd's event threads speak HTTP; one more thread, the
 * keeper, accepts, since only then can a connection over a limit be answered (503) rather than left
 * in the backlog, and cuts what is overdue: its own timeout is one of inactivity, which a byte a
 * second never meets. The keeper scans an array of slots by descriptor, so that a request changes
 * its deadline with one atomic store and no list.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/slice.h"
#include "http/internal.h"

enum {
	/* Head (8 KiB), its index (100 x 56) and the response head. An idle connection holds all of
	 * it. */
	CONNECTION_MEMORY_BYTES = 14848,
	SPARE_DESCRIPTORS = 1024, /* what the process may hold besides connections */
	ACCEPT_BATCH = 64,
	TICK_MS = 200,
	LINGER_MS = 3000,
	LINGER_MAX_BYTES = 64 * 1024 * 1024,
	DRAIN_POLL_US = 5000,
};

static const char busy_response[] =
	"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
	"Content-Length: 0\r\n\r\n";

/* A socket that is answered and closed on our side, read to its end so that the answer is not lost
 * to a reset. */
typedef struct {
	int fd;
	gint64 until_us;
	gsize n_bytes;
} Linger;

typedef struct {
	HttpServer *server;
	GArray *lingers; /* of Linger */
	GArray *polls;	 /* of struct pollfd: wake, listen, lingers */
	gint64 swept_us, tended_us;
} Keeper;

/* ---- life ------------------------------------------------------------------------------------------- */

HttpServer *server_ref(HttpServer *server)
{
	atomic_fetch_add(&server->n_refs, 1);
	return server;
}

static void close_descriptor(int fd)
{
	if (fd >= 0)
		close(fd);
}

void server_unref(HttpServer *server)
{
	if (atomic_fetch_sub(&server->n_refs, 1) > 1)
		return;
	for (guint i = 0; i < server->n_wires; i++) {
		if (i < server->wires_used && server->wires[i].ready)
			pthread_mutex_destroy(&server->wires[i].lock);
	}
	g_free(server->wires);
	g_clear_pointer(&server->trusted, g_ptr_array_unref);
	g_strfreev(server->allowed_hosts);
	g_free(server->tls_certificate);
	g_free(server->tls_key);
	g_free(server->start_message);
	close_descriptor(server->listen_fd);
	close_descriptor(server->wake_fd);
	close_descriptor(server->reserve_fd);
	g_clear_pointer(&server->groups, g_hash_table_unref);
	for (guint i = 0; i < server->lingering->len; i++)
		close(g_array_index(server->lingering, int, i));
	g_array_unref(server->lingering);
	pthread_mutex_destroy(&server->lock);
	g_free(server);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpServer, server_unref)

void wire_set_deadline(Wire *wire, guint64 delay_ms)
{
	atomic_store(&wire->deadline_us,
		     delay_ms ? clock_monotonic_us() + (gint64)delay_ms * 1000 : 0);
}

gboolean wire_is_hung_up(const Wire *wire)
{
	struct pollfd look = {.fd = wire->fd, .events = POLLRDHUP};

	return poll(&look, 1, 0) > 0;
}

static void server_wake(HttpServer *server)
{
	guint64 one = 1;

	if (write(server->wake_fd, &one, sizeof(one)) < 0)
		return; /* the counter is full, so it is awake */
}

/* ---- who may connect -------------------------------------------------------------------------------- */

gboolean server_trusts(const HttpServer *server, const char *text)
{
	g_autoptr(GInetAddress) address =
		server->trusted->len ? g_inet_address_new_from_string(text) : NULL;

	for (guint i = 0; address && i < server->trusted->len; i++) {
		if (g_inet_address_mask_matches(server->trusted->pdata[i], address))
			return TRUE;
	}
	return FALSE;
}

gboolean server_allows_host(const HttpServer *server, const char *host)
{
	char name[256];
	gboolean is_address;

	if (!server->allowed_hosts)
		return TRUE;
	if (!host_parse(host, name, &is_address))
		return FALSE;
	return is_address || !strcmp(name, "localhost") || g_str_has_suffix(name, ".localhost") ||
	       g_strv_contains((const char *const *)server->allowed_hosts, name);
}

/* Writes the peer's address and the group it counts in. TRUE when it is this machine. */
static gboolean wire_name_peer(Wire *wire, const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(gconstpointer)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(gconstpointer)address;
	struct in6_addr prefix;

	if (address->ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		prefix = v6->sin6_addr;
		memset(&prefix.s6_addr[8], 0, 8);
		inet_ntop(AF_INET6, &v6->sin6_addr, wire->peer, sizeof(wire->peer));
		inet_ntop(AF_INET6, &prefix, wire->group, sizeof(wire->group));
		return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	}
	if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET, &v6->sin6_addr.s6_addr[12], wire->peer, sizeof(wire->peer));
	else if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, wire->peer, sizeof(wire->peer));
	else /* a local socket has no address */
		g_strlcpy(wire->peer, "127.0.0.1", sizeof(wire->peer));
	memcpy(wire->group, wire->peer, sizeof(wire->group));
	return g_str_has_prefix(wire->peer, "127.");
}

static guint group_limit(const HttpServer *server, const Wire *wire, gboolean local)
{
	if (server->options.max_per_address)
		return server->options.max_per_address;
	return local || wire->trusted ? 4096 : 100;
}

/* Counts a connection in; FALSE when its address has too many. */
static gboolean group_enter(HttpServer *server, const char *group, guint limit)
{
	guint n;

	pthread_mutex_lock(&server->lock);
	n = GPOINTER_TO_UINT(g_hash_table_lookup(server->groups, group));
	if (n < limit)
		g_hash_table_insert(server->groups, g_strdup(group), GUINT_TO_POINTER(n + 1));
	pthread_mutex_unlock(&server->lock);
	return n < limit;
}

static void group_leave(HttpServer *server, const char *group)
{
	guint n;

	pthread_mutex_lock(&server->lock);
	n = GPOINTER_TO_UINT(g_hash_table_lookup(server->groups, group));
	if (n > 1)
		g_hash_table_insert(server->groups, g_strdup(group), GUINT_TO_POINTER(n - 1));
	else
		g_hash_table_remove(server->groups, group);
	pthread_mutex_unlock(&server->lock);
}

/* ---- what libmicrohttpd tells ----------------------------------------------------------------------- */

/* Under wire->lock. */
static void wire_release(HttpServer *server, Wire *wire)
{
	if (!wire->counted)
		return;
	wire->counted = FALSE;
	atomic_fetch_sub(&server->n_connections, 1);
	group_leave(server, wire->group);
}

/* When the client may still be sending, closing now would reset the connection and lose our last
 * answer on its way. */
static void wire_linger(HttpServer *server, const Wire *wire)
{
	int n_unread = 0;
	int fd;

	if (!wire->linger && (ioctl(wire->fd, FIONREAD, &n_unread) < 0 || !n_unread))
		return;
	pthread_mutex_lock(&server->lock);
	if (server->lingering->len < LINGER_MAX_SOCKETS) {
		fd = fcntl(wire->fd, F_DUPFD_CLOEXEC, 0);
		if (fd >= 0)
			g_array_append_val(server->lingering, fd);
	}
	pthread_mutex_unlock(&server->lock);
	server_wake(server);
}

static void wire_notify(void *data, struct MHD_Connection *connection, void **socket_context,
			enum MHD_ConnectionNotificationCode code)
{
	HttpServer *server = data;
	Wire *wire = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
				 ->connect_fd;

		wire = *socket_context = &server->wires[fd];
		pthread_mutex_lock(&wire->lock);
		wire->open = TRUE;
		pthread_mutex_unlock(&wire->lock);
		wire_set_deadline(wire, server->options.header_timeout_ms);
		return;
	}
	if (!atomic_load(&server->stopped))
		wire_linger(server, wire);
	pthread_mutex_lock(&wire->lock);
	wire->open = FALSE;
	atomic_store(&wire->deadline_us, 0);
	wire_release(server, wire);
	pthread_mutex_unlock(&wire->lock);
}

/* Its first line while starting explains a failure; those after the start tell only of clients that
 * went away. */
static void G_GNUC_PRINTF(2, 0) server_log(void *data, const char *format, va_list args)
{
	HttpServer *server = data;

	if (atomic_load(&server->started) || server->start_message)
		return;
	server->start_message = g_strchomp(g_strdup_vprintf(format, args));
}

/* The target is decoded by target_parse, once, from what was sent. */
static size_t keep_escaped(void *data, struct MHD_Connection *connection, char *text)
{
	(void)data;
	(void)connection;
	return strlen(text);
}

/* ---- the keeper: accepting -------------------------------------------------------------------------- */

static void keeper_linger(Keeper *keeper, int fd)
{
	Linger linger = {.fd = fd, .until_us = clock_monotonic_us() + LINGER_MS * 1000};

	if (keeper->lingers->len < LINGER_MAX_SOCKETS)
		g_array_append_val(keeper->lingers, linger);
	else
		close(fd);
}

/* Says 503 to a connection that there is no room for. Under TLS there is no way to say anything. */
static void keeper_refuse(Keeper *keeper, int fd)
{
	atomic_fetch_add(&keeper->server->n_refused, 1);
	if (!keeper->server->tls_key)
		(void)!send(fd, busy_response, sizeof(busy_response) - 1,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	shutdown(fd, SHUT_WR);
	keeper_linger(keeper, fd);
}

static gboolean wire_prepare(HttpServer *server, Wire *wire, int fd,
			     const struct sockaddr_storage *address)
{
	gboolean local, welcome;

	if (!atomic_load(&wire->ready)) {
		pthread_mutex_init(&wire->lock, NULL);
		atomic_store(&wire->ready, TRUE);
	}
	pthread_mutex_lock(&wire->lock);
	wire_release(server, wire); /* one that libmicrohttpd dropped before it told us of it */
	wire->fd = fd;
	wire->linger = FALSE;
	wire->n_requests = 0;
	local = wire_name_peer(wire, address);
	wire->trusted = server_trusts(server, wire->peer);
	welcome = atomic_load(&server->n_connections) < server->options.max_connections &&
		  group_enter(server, wire->group, group_limit(server, wire, local));
	if (welcome) {
		wire->counted = TRUE;
		atomic_fetch_add(&server->n_connections, 1);
	}
	pthread_mutex_unlock(&wire->lock);
	return welcome;
}

static void keeper_admit(Keeper *keeper, int fd, const struct sockaddr_storage *address,
			 socklen_t n_address)
{
	HttpServer *server = keeper->server;
	Wire *wire = &server->wires[MIN((guint)fd, server->n_wires - 1)];
	int on = 1;

	if ((guint)fd >= server->n_wires || !wire_prepare(server, wire, fd, address)) {
		keeper_refuse(keeper, fd);
		return;
	}
	if ((guint)fd >= atomic_load(&server->wires_used))
		atomic_store(&server->wires_used, (guint)fd + 1);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (MHD_add_connection(server->daemon, fd, (const struct sockaddr *)(gconstpointer)address,
			       n_address) == MHD_YES)
		return;
	/* It has closed the descriptor; only this thread accepts, so nobody has the slot yet. */
	pthread_mutex_lock(&wire->lock);
	wire_release(server, wire);
	pthread_mutex_unlock(&wire->lock);
	log_event(LOG_WARNING, "connection_not_taken", NULL);
}

/* Out of descriptors: the reserved one lets us take the connection, say 503 and let go, instead of
 * spinning on the backlog. */
static void keeper_accept_spare(Keeper *keeper)
{
	HttpServer *server = keeper->server;
	char drop[4096];
	int fd;

	close_descriptor(server->reserve_fd);
	fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0) {
		atomic_fetch_add(&server->n_refused, 1);
		if (!server->tls_key)
			(void)!send(fd, busy_response, sizeof(busy_response) - 1,
				    MSG_NOSIGNAL | MSG_DONTWAIT);
		shutdown(fd, SHUT_WR);
		(void)!recv(fd, drop, sizeof(drop), MSG_DONTWAIT);
		close(fd);
	}
	server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (server->reserve_fd < 0)
		g_usleep(TICK_MS * 1000 / 4);
}

static void keeper_accept(Keeper *keeper)
{
	for (int i = 0; i < ACCEPT_BATCH; i++) {
		struct sockaddr_storage address = {0};
		socklen_t n_address = sizeof(address);
		int fd = accept4(keeper->server->listen_fd, (struct sockaddr *)(gpointer)&address,
				 &n_address, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			keeper_admit(keeper, fd, &address, n_address);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE)
			keeper_accept_spare(keeper);
		else if (errno != EINTR && errno != ECONNABORTED)
			return;
	}
}

/* ---- the keeper: lingering -------------------------------------------------------------------------- */

/* FALSE when there is nothing more to wait for. */
static gboolean linger_read(Linger *linger, gint64 now_us)
{
	static const gsize piece = 1024 * 1024;
	ssize_t n = 0;

	/* MSG_TRUNC drops the bytes of a TCP socket without copying them. */
	while (linger->n_bytes < LINGER_MAX_BYTES) {
		n = recv(linger->fd, NULL, piece, MSG_DONTWAIT | MSG_TRUNC);
		if (n <= 0)
			break;
		linger->n_bytes += (gsize)n;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) && now_us < linger->until_us;
}

static void keeper_linger_all(Keeper *keeper, gint64 now_us)
{
	HttpServer *server = keeper->server;

	pthread_mutex_lock(&server->lock);
	for (guint i = 0; i < server->lingering->len; i++)
		keeper_linger(keeper, g_array_index(server->lingering, int, i));
	g_array_set_size(server->lingering, 0);
	pthread_mutex_unlock(&server->lock);
	for (guint i = keeper->lingers->len; i-- > 0;) {
		Linger *linger = &g_array_index(keeper->lingers, Linger, i);

		if (!linger_read(linger, now_us)) {
			close(linger->fd);
			g_array_remove_index_fast(keeper->lingers, i);
		}
	}
}

/* ---- the keeper: deadlines and streams -------------------------------------------------------------- */

static void wire_sweep(Wire *wire, gint64 now_us)
{
	gint64 deadline_us = atomic_load(&wire->deadline_us);

	if (!deadline_us || deadline_us > now_us)
		return;
	pthread_mutex_lock(&wire->lock);
	/* The descriptor is ours only until CLOSED; libmicrohttpd then sees an end and closes it.
	 */
	if (wire->open && atomic_compare_exchange_strong(&wire->deadline_us, &deadline_us, 0))
		shutdown(wire->fd, SHUT_RDWR);
	pthread_mutex_unlock(&wire->lock);
}

static void wire_tend(Wire *wire, gint64 now_us)
{
	pthread_mutex_lock(&wire->lock);
	if (wire->stream)
		stream_tend(wire->stream, now_us);
	pthread_mutex_unlock(&wire->lock);
}

static void keeper_sweep(Keeper *keeper, gint64 now_us)
{
	HttpServer *server = keeper->server;
	gboolean tend = now_us - keeper->tended_us >= G_USEC_PER_SEC;
	guint n = atomic_load(&server->wires_used);

	if (now_us - keeper->swept_us < TICK_MS * 1000)
		return;
	keeper->swept_us = now_us;
	if (tend)
		keeper->tended_us = now_us;
	for (guint i = 0; i < n; i++) {
		wire_sweep(&server->wires[i], now_us);
		if (tend && atomic_load(&server->wires[i].streaming))
			wire_tend(&server->wires[i], now_us);
	}
}

static void keeper_wait(Keeper *keeper)
{
	HttpServer *server = keeper->server;
	struct pollfd row = {.fd = server->wake_fd, .events = POLLIN};
	guint64 count;

	g_array_set_size(keeper->polls, 0);
	g_array_append_val(keeper->polls, row);
	row.fd = atomic_load(&server->draining) ? -1 : server->listen_fd;
	g_array_append_val(keeper->polls, row);
	for (guint i = 0; i < keeper->lingers->len; i++) {
		row.fd = g_array_index(keeper->lingers, Linger, i).fd;
		g_array_append_val(keeper->polls, row);
	}
	if (poll((struct pollfd *)(gpointer)keeper->polls->data, keeper->polls->len, TICK_MS) <= 0)
		return;
	if (g_array_index(keeper->polls, struct pollfd, 0).revents)
		(void)!read(server->wake_fd, &count, sizeof(count));
	if (g_array_index(keeper->polls, struct pollfd, 1).revents &&
	    !atomic_load(&server->draining))
		keeper_accept(keeper);
}

static gpointer keeper_run(gpointer data)
{
	Keeper keeper = {
		.server = data,
		.lingers = g_array_new(FALSE, FALSE, sizeof(Linger)),
		.polls = g_array_new(FALSE, FALSE, sizeof(struct pollfd)),
	};

	while (!atomic_load(&keeper.server->stopped)) {
		keeper_wait(&keeper);
		keeper_linger_all(&keeper, clock_monotonic_us());
		keeper_sweep(&keeper, clock_monotonic_us());
	}
	for (guint i = 0; i < keeper.lingers->len; i++)
		close(g_array_index(keeper.lingers, Linger, i).fd);
	g_array_unref(keeper.lingers);
	g_array_unref(keeper.polls);
	return NULL;
}

/* ---- start ------------------------------------------------------------------------------------------ */

static void options_fill(HttpOptions *options)
{
	const struct {
		guint *value;
		guint standard;
	} rows[] = {
		{&options->n_threads, 2},
		{&options->max_connections, 12000},
		{&options->header_timeout_ms, 10000},
		{&options->body_timeout_ms, 30000},
		{&options->idle_timeout_ms, 60000},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!*rows[i].value)
			*rows[i].value = rows[i].standard;
	}
	options->n_threads = MAX(options->n_threads, 2);
}

/* Connections are descriptors: raises the soft limit as far as the hard one lets it, then takes
 * what there is. */
static void options_fit_descriptors(HttpOptions *options)
{
	rlim_t wanted = (rlim_t)options->max_connections + SPARE_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = MIN(wanted, limit.rlim_max);
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= wanted)
		return;
	options->max_connections = (guint)MAX(limit.rlim_cur * 3 / 4, 16);
	log_event(LOG_WARNING, "few_descriptors", "descriptors", 'i', (gint64)limit.rlim_cur,
		  "connections", 'i', (gint64)options->max_connections, NULL);
}

static gboolean server_read_lists(HttpServer *server, const HttpOptions *options, GError **error)
{
	GStrvBuilder *names;

	server->trusted = g_ptr_array_new_with_free_func(g_object_unref);
	for (gsize i = 0; options->trusted_proxies && options->trusted_proxies[i]; i++) {
		g_autoptr(GError) fault = NULL;
		GInetAddressMask *mask =
			g_inet_address_mask_new_from_string(options->trusted_proxies[i], &fault);

		if (!mask) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
				    "trusted proxy '%s' is not an address or network such as "
				    "10.0.0.0/8",
				    options->trusted_proxies[i]);
			return FALSE;
		}
		g_ptr_array_add(server->trusted, mask);
	}
	if (!options->allowed_hosts)
		return TRUE;
	names = g_strv_builder_new();
	for (gsize i = 0; options->allowed_hosts[i]; i++) {
		g_autofree char *name = g_ascii_strdown(options->allowed_hosts[i], -1);

		g_strv_builder_add(names, name);
	}
	server->allowed_hosts = g_strv_builder_end(names);
	g_strv_builder_unref(names);
	return TRUE;
}

static gboolean server_read_file(const char *what, const char *path, char **ret_text,
				 GError **error)
{
	g_autoptr(GError) fault = NULL;

	if (g_file_get_contents(path, ret_text, NULL, &fault))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "TLS %s: %s", what, fault->message);
	return FALSE;
}

static gboolean server_read_tls(HttpServer *server, const HttpOptions *options, GError **error)
{
	if (!options->tls_certificate_file && !options->tls_key_file)
		return TRUE;
	if (!options->tls_certificate_file || !options->tls_key_file) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "TLS needs both a certificate and a key file");
		return FALSE;
	}
	return server_read_file("certificate", options->tls_certificate_file,
				&server->tls_certificate, error) &&
	       server_read_file("key", options->tls_key_file, &server->tls_key, error);
}

static gboolean server_open_descriptors(HttpServer *server, int listen_fd, GError **error)
{
	int flags = fcntl(listen_fd, F_GETFL);

	server->listen_fd = fcntl(listen_fd, F_DUPFD_CLOEXEC, 0);
	server->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	server->reserve_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (flags >= 0 && server->listen_fd >= 0 && server->wake_fd >= 0 &&
	    server->reserve_fd >= 0 && fcntl(server->listen_fd, F_SETFL, flags | O_NONBLOCK) == 0)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "HTTP server: %s",
		    g_strerror(errno));
	return FALSE;
}

static HttpServer *server_new(const HttpOptions *options)
{
	HttpServer *server = g_new0(HttpServer, 1);

	server->n_refs = 1;
	server->options = *options;
	options_fill(&server->options);
	options_fit_descriptors(&server->options);
	server->listen_fd = server->wake_fd = server->reserve_fd = -1;
	server->n_wires = server->options.max_connections + SPARE_DESCRIPTORS;
	server->wires = g_new0(Wire, server->n_wires);
	server->groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	server->lingering = g_array_new(FALSE, FALSE, sizeof(int));
	pthread_mutex_init(&server->lock, NULL);
	return server;
}

static gboolean server_start_daemon(HttpServer *server, GError **error)
{
	const HttpOptions *options = &server->options;
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_MEM_CERT, 0, server->tls_certificate},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, server->tls_key},
		{MHD_OPTION_HTTPS_PRIORITIES, 0,
		 (void *)(guintptr) "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
		{MHD_OPTION_END, 0, NULL},
	};
	unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			     MHD_USE_ERROR_LOG | MHD_USE_NO_LISTEN_SOCKET |
			     (server->tls_key ? MHD_USE_TLS : 0);

	/* The logger comes first, so that it hears of the other options. The keeper counts
	 * connections; the limit here is split between the threads and must only never be the
	 * tighter one. */
	slice_set(SLICE_SHORT_US);
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, exchange_access, server, MHD_OPTION_EXTERNAL_LOGGER,
		server_log, server, MHD_OPTION_THREAD_POOL_SIZE, options->n_threads,
		MHD_OPTION_CONNECTION_LIMIT, options->n_threads * (options->max_connections + 64),
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY_BYTES,
		MHD_OPTION_UNESCAPE_CALLBACK, keep_escaped, NULL, MHD_OPTION_URI_LOG_CALLBACK,
		exchange_start, server, MHD_OPTION_NOTIFY_CONNECTION, wire_notify, server,
		MHD_OPTION_NOTIFY_COMPLETED, exchange_completed, server, MHD_OPTION_ARRAY,
		server->tls_key ? tls : &tls[G_N_ELEMENTS(tls) - 1], MHD_OPTION_END);
	slice_set(SLICE_USUAL);
	atomic_store(&server->started, TRUE);
	if (server->daemon)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR,
		    server->tls_key ? ZHIYIN_ERROR_USAGE : ZHIYIN_ERROR_INTERNAL,
		    "HTTP server does not start%s: %s",
		    server->tls_key ? " (do the TLS certificate and key belong together?)" : "",
		    server->start_message ? server->start_message : g_strerror(errno));
	return FALSE;
}

HttpServer *http_server_start(const HttpOptions *options, GError **error)
{
	g_autoptr(HttpServer) server = server_new(options);

	if (!server_read_lists(server, options, error) ||
	    !server_read_tls(server, options, error) ||
	    !server_open_descriptors(server, options->listen_fd, error) ||
	    !server_start_daemon(server, error))
		return NULL;
	server->keeper = g_thread_new("http-keeper", keeper_run, server);
	return g_steal_pointer(&server);
}

/* ---- stop ------------------------------------------------------------------------------------------- */

/* Calls visit under the lock of each open connection; returns how many visits said TRUE. */
static guint server_visit(HttpServer *server, gboolean (*visit)(Wire *wire))
{
	guint n = atomic_load(&server->wires_used), n_true = 0;

	for (guint i = 0; i < n; i++) {
		Wire *wire = &server->wires[i];

		if (!atomic_load(&wire->ready))
			continue;
		pthread_mutex_lock(&wire->lock);
		if (wire->open && visit(wire))
			n_true++;
		pthread_mutex_unlock(&wire->lock);
	}
	return n_true;
}

static gboolean wire_end_stream(Wire *wire)
{
	if (wire->stream)
		stream_finish(wire->stream);
	return FALSE;
}

/* Cuts an idle connection; TRUE while it is busy. One whose request has arrived unread is busy. */
static gboolean wire_drain(Wire *wire)
{
	int n_unread = 0;

	if (wire->exchange || (ioctl(wire->fd, FIONREAD, &n_unread) == 0 && n_unread))
		return TRUE;
	shutdown(wire->fd, SHUT_RDWR);
	return FALSE;
}

static gboolean wire_abort(Wire *wire)
{
	if (wire->stream)
		stream_abort(wire->stream);
	if (wire->exchange)
		exchange_abort(wire->exchange);
	return FALSE;
}

void http_server_stop(HttpServer *server, guint drain_ms)
{
	gint64 until_us = clock_monotonic_us() + (gint64)drain_ms * 1000;
	guint n_busy;

	atomic_store(&server->draining, TRUE);
	server_wake(server);
	server_visit(server, wire_end_stream);
	while ((n_busy = server_visit(server, wire_drain)) && clock_monotonic_us() < until_us)
		g_usleep(DRAIN_POLL_US);
	if (n_busy)
		log_event(LOG_WARNING, "requests_cut_at_stop", "n", 'i', (gint64)n_busy, NULL);
	atomic_store(&server->aborting, TRUE);
	server_visit(server, wire_abort);
	atomic_store(&server->stopped, TRUE);
	server_wake(server);
	g_thread_join(server->keeper);
	MHD_stop_daemon(server->daemon);
	server_unref(server);
}

HttpCounts http_server_counts(HttpServer *server)
{
	HttpCounts counts = {
		.n_connections = atomic_load(&server->n_connections),
		.n_streams = atomic_load(&server->n_streams),
		.n_refused = atomic_load(&server->n_refused),
	};

	for (gsize i = 0; i < G_N_ELEMENTS(counts.n_responses); i++)
		counts.n_responses[i] = atomic_load(&server->n_responses[i]);
	return counts;
}
