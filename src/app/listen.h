/*
 * The listen socket: HOST:PORT, IPv4, IPv6 or a name, SO_REUSEADDR, a queue of 1024, close-on-exec.
 * Errors: UNAVAILABLE, each with the way out. Does not accept.
 */
#pragma once

#include <glib.h>

/* The descriptor, -1 on failure. */
int listen_open(const char *text, GError **error);
/* "http://127.0.0.1:8787" of a listening socket, as it can be typed into a browser. The caller
 * frees it. */
char *listen_url(int listen_fd, gboolean secure);
