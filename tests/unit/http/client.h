/*
 * A raw HTTP client for tests: sends bytes as they are given, reads one response at a time, notices
 * the end of the connection. Every read gives up after ten seconds, which fails the test; nothing
 * here waits for a time to pass. Not a user's client: it understands just what the server under
 * test may send.
 */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
	int fd;
	GString *in; /* read and not yet taken */
	gboolean ended;
} Client;

typedef struct {
	int status; /* 0: the connection ended without a response */
	char *head; /* with the status line */
	GString *body;
} Response;

static void response_clear(Response *response)
{
	g_clear_pointer(&response->head, g_free);
	if (response->body)
		g_string_free(response->body, TRUE);
	response->body = NULL;
	response->status = 0;
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Response, response_clear)

static Client *client_connect_from(guint16 port, const char *source)
{
	Client *client = g_new0(Client, 1);
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in local = {.sin_family = AF_INET};
	int on = 1;

	client->in = g_string_new(NULL);
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	g_assert_cmpint(client->fd, >=, 0);
	inet_pton(AF_INET, source, &local.sin_addr);
	g_assert_cmpint(bind(client->fd, (struct sockaddr *)(gpointer)&local, sizeof(local)), ==,
			0);
	inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
	g_assert_cmpint(connect(client->fd, (struct sockaddr *)(gpointer)&address, sizeof(address)),
			==, 0);
	setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return client;
}

static inline Client *client_connect(guint16 port)
{
	return client_connect_from(port, "127.0.0.1");
}

static void client_free(Client *client)
{
	if (!client)
		return;
	close(client->fd);
	g_string_free(client->in, TRUE);
	g_free(client);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Client, client_free)

/* FALSE when the server no longer takes bytes. */
static gboolean client_send_n(Client *client, const char *bytes, gsize n_bytes)
{
	while (n_bytes) {
		ssize_t n = send(client->fd, bytes, n_bytes, MSG_NOSIGNAL);

		if (n < 0)
			return FALSE;
		bytes += n;
		n_bytes -= (gsize)n;
	}
	return TRUE;
}

static inline gboolean client_send(Client *client, const char *text)
{
	return client_send_n(client, text, strlen(text));
}

/* Reads once; FALSE at the end of the connection. */
static gboolean client_fill(Client *client)
{
	struct pollfd row = {.fd = client->fd, .events = POLLIN};
	char buffer[16384];
	ssize_t n;

	if (client->ended)
		return FALSE;
	if (poll(&row, 1, 10000) != 1)
		g_error("no answer within ten seconds; so far: '%s'", client->in->str);
	n = recv(client->fd, buffer, sizeof(buffer), 0);
	if (n > 0)
		g_string_append_len(client->in, buffer, n);
	client->ended = n <= 0;
	return n > 0;
}

/* Waits until text is there and returns what stands before and with it; NULL when the connection
 * ends before. */
static inline char *client_read_until(Client *client, const char *text)
{
	const char *found;
	char *taken;

	while (!(found = strstr(client->in->str, text))) {
		if (!client_fill(client))
			return NULL;
	}
	taken = g_strndup(client->in->str, (gsize)(found - client->in->str) + strlen(text));
	g_string_erase(client->in, 0, (gssize)strlen(taken));
	return taken;
}

static gboolean client_take(Client *client, gsize n_bytes, GString *to)
{
	while (client->in->len < n_bytes) {
		if (!client_fill(client))
			return FALSE;
	}
	g_string_append_len(to, client->in->str, (gssize)n_bytes);
	g_string_erase(client->in, 0, (gssize)n_bytes);
	return TRUE;
}

static inline char *response_header(const Response *response, const char *name)
{
	g_autofree char *pattern = g_strdup_printf("(?mi)^%s: *(.*?)\\r?$", name);
	g_autoptr(GRegex) regex = g_regex_new(pattern, 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;

	return g_regex_match(regex, response->head, 0, &match) ? g_match_info_fetch(match, 1)
							       : NULL;
}

static void client_read_chunks(Client *client, Response *response)
{
	for (;;) {
		g_autofree char *line = client_read_until(client, "\r\n");
		gsize n = line ? g_ascii_strtoull(line, NULL, 16) : 0;
		g_autofree char *end = NULL;

		if (n && !client_take(client, n, response->body))
			return;
		end = client_read_until(client, "\r\n");
		if (!n || !end)
			return;
	}
}

/* head_only: the answer to HEAD. */
static void client_read(Client *client, gboolean head_only, Response *response)
{
	g_autofree char *length = NULL, *encoding = NULL;

	response_clear(response);
	response->body = g_string_new(NULL);
	response->head = client_read_until(client, "\r\n\r\n");
	if (!response->head)
		return;
	g_assert_true(g_str_has_prefix(response->head, "HTTP/1.1 "));
	response->status = atoi(response->head + 9);
	length = response_header(response, "Content-Length");
	encoding = response_header(response, "Transfer-Encoding");
	if (head_only || response->status == 204 || response->status == 304 ||
	    response->status == 100)
		return;
	if (encoding) {
		client_read_chunks(client, response);
	} else if (length) {
		g_assert_true(
			client_take(client, g_ascii_strtoull(length, NULL, 10), response->body));
	} else {
		while (client_fill(client))
			;
		client_take(client, client->in->len, response->body);
	}
}

/* TRUE when the server closed the connection and sent nothing more. */
static inline gboolean client_is_closed(Client *client)
{
	return client->in->len == 0 && !client_fill(client);
}

static inline int client_ask(Client *client, const char *request, Response *response)
{
	g_assert_true(client_send(client, request));
	client_read(client, g_str_has_prefix(request, "HEAD "), response);
	return response->status;
}
