/*
 * One request to an address that a user has named (a webhook), guarded against being used to reach
 * what only this machine can (SSRF): the address that a connection is really made to is judged, after
 * the name was looked up and right before it is connected, so no way of writing an address and no
 * second answer of a name server gets past. Redirects are not followed, no proxy of the environment
 * is used, nothing but http and https is spoken.
 *
 * Ownership: what goes in is borrowed for the call. Threads: any; calls block. Errors: INVALID (no
 * web address), FORBIDDEN (the address is not public), UNAVAILABLE (no connection, TLS), TIMEOUT,
 * TOO_LARGE (the answer).
 */
#pragma once

#include <glib.h>
#include <sys/socket.h>

typedef struct {
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end; or NULL */
	const char *body;	    /* POST */
	gint64 timeout_ms;
	gsize max_answer;	/* bytes of the answer's body that are kept; more is cut off */
	gboolean allow_private; /* a setting for those who run their receivers inside */
} ClientRequest;

typedef struct {
	int status;
	GString *body;
} ClientAnswer;

/* answer needs client_answer_clear(), whatever comes back. */
gboolean client_post(const ClientRequest *request, ClientAnswer *answer, GError **error);
void client_answer_clear(ClientAnswer *answer);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ClientAnswer, client_answer_clear)

/* Whether anybody on the internet could reach it: not loopback, link-local, private, shared,
 * multicast, reserved, nor one of those inside an IPv6 form (IANA special-purpose registries). */
gboolean client_address_is_public(const struct sockaddr *address);
