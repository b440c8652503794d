/* Binding is the one step of a start that fails for reasons outside the program, so each reason has
 * its own advice. */
#include "app/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/config.h"
#include "base/error.h"

enum { BACKLOG = 1024 };

static const char *advice(int number)
{
	switch (number) {
	case EADDRINUSE:
		return "the port is taken by another program; stop that one, or choose another "
		       "port with --listen HOST:PORT";
	case EACCES:
		return "ports below 1024 need special rights; choose a higher one with --listen "
		       "HOST:PORT";
	case EADDRNOTAVAIL:
		return "this machine does not have that address; choose one of its own with "
		       "--listen HOST:PORT";
	default:
		return g_strerror(number);
	}
}

/* One address: the descriptor, or -1 with errno. */
static int open_one(const struct addrinfo *address)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int number;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
	    bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	number = errno;
	close(fd);
	errno = number;
	return -1;
}

int listen_open(const char *text, GError **error)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	g_autofree char *host = NULL;
	g_autofree char *service = NULL;
	struct addrinfo *found = NULL;
	int fd = -1, number = EADDRNOTAVAIL, code;
	guint16 port;

	if (!listen_parse(text, &host, &port, error))
		return -1;
	service = g_strdup_printf("%u", port);
	code = getaddrinfo(host, service, &hints, &found);
	if (code) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "listen '%s': %s", text,
			    gai_strerror(code));
		return -1;
	}
	for (const struct addrinfo *address = found; address && fd < 0;
	     address = address->ai_next) {
		fd = open_one(address);
		if (fd < 0)
			number = errno;
	}
	freeaddrinfo(found);
	if (fd < 0)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE, "listen '%s': %s", text,
			    advice(number));
	return fd;
}

char *listen_url(int listen_fd, gboolean secure)
{
	struct sockaddr_storage address = {0};
	socklen_t length = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	gboolean v6;

	if (getsockname(listen_fd, (struct sockaddr *)&address, &length) ||
	    getnameinfo((struct sockaddr *)&address, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV))
		return g_strdup("");
	v6 = address.ss_family == AF_INET6;
	return g_strdup_printf("%s://%s%s%s:%s", secure ? "https" : "http", v6 ? "[" : "", host,
			       v6 ? "]" : "", port);
}
