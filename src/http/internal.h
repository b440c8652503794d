/*
 * Private to the http layer: what server.c (connections, deadlines, limits), exchange.c (requests
 * and responses) and stream.c (event streams) share. Nobody outside src/http includes this.
 *
 * Two objects: a Wire is one client connection, a slot in an array indexed by its descriptor,
 * living as long as the server; an HttpExchange is one request on it, living until both
 * libmicrohttpd and the handler are done with it (two references). Locks: wire->lock guards
 * everything that several threads touch of the wire, of the exchange and of the stream on it; it
 * may be held while calling MHD_suspend_connection and MHD_resume_connection, never while calling a
 * handler. server->lock guards the address counts and the lingering list; it is the inner one. They
 * are pthread locks because ThreadSanitizer sees those, and this layer is tested under it.
 */
#pragma once

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/id.h"
#include "http/head.h"
#include "http/http.h"

/* exchange.c reads the request head where libmicrohttpd leaves it; that place is known for this
 * version. */
G_STATIC_ASSERT(MHD_VERSION >> 8 == 0x000975);

enum {
	ADDRESS_TEXT_BYTES = 46, /* INET6_ADDRSTRLEN */
	REQUEST_ID_MAX_BYTES = 64,
	LINGER_MAX_SOCKETS = 64,
};

typedef struct {
	pthread_mutex_t lock;
	_Atomic gint64
		deadline_us; /* monotonic; 0 = none. Past it the keeper shuts the socket down */
	_Atomic gboolean streaming; /* a hint for the keeper: there is a stream to look after */
	_Atomic gboolean ready;	    /* the lock is initialised */
	gboolean
		counted; /* in n_connections and in the address counts; keeper and CLOSED, under lock */
	gboolean
		open; /* between STARTED and CLOSED: the descriptor is this connection's; under lock */
	gboolean linger;  /* the client may still be sending when we close; event thread only */
	gboolean trusted; /* the peer is a trusted proxy */
	guint n_requests; /* event thread only */
	int fd;
	HttpExchange *exchange; /* under lock, borrowed; the one that is running */
	HttpStream *stream;	/* under lock, borrowed */
	char peer[ADDRESS_TEXT_BYTES];
	char group
		[ADDRESS_TEXT_BYTES]; /* by what connections are counted: the address, of IPv6 its /64 */
} Wire;

struct HttpServer {
	HttpOptions
		options; /* with the defaults filled in; its strings are the caller's and not used after start */
	_Atomic int n_refs;
	struct MHD_Daemon *daemon;
	Wire *wires;
	guint n_wires;
	_Atomic guint wires_used; /* highest descriptor seen, plus one */
	GPtrArray *trusted;	  /* of GInetAddressMask */
	char **allowed_hosts;
	char *tls_certificate, *tls_key;
	char *start_message; /* what libmicrohttpd said first while starting */
	_Atomic gboolean started, draining, aborting, stopped;
	GThread *keeper;
	int listen_fd, wake_fd, reserve_fd;
	pthread_mutex_t lock;
	GHashTable *groups; /* char * -> count of connections */
	GArray *lingering;  /* of int, handed over to the keeper */
	_Atomic guint n_connections, n_streams;
	_Atomic guint64 n_responses[6], n_refused;
	_Atomic gint64 n_body_bytes; /* memory that bodies hold now */
};

struct HttpExchange {
	HttpServer *server;
	Wire *wire;
	struct MHD_Connection
		*connection; /* under lock; NULL once libmicrohttpd has let go of the request */
	_Atomic int n_refs;
	/* event thread only */
	gboolean begun, handed, close, discard, http_1_0;
	HeadFraming framing;
	guint64 n_limit, n_received, n_sent;
	/* under lock */
	gboolean answered, suspended;
	struct MHD_Response *response;
	int status;
	/* the request: never changes once the handler sees it */
	gint64 started_us;
	char *head; /* one block: fields, then the bytes they point into */
	HeadField *fields;
	guint n_fields;
	HeadField *arguments;
	guint n_arguments;
	const char *method, *path;
	char *body;
	gsize n_body, n_body_room;
	gboolean secure;
	char client[ADDRESS_TEXT_BYTES];
	char request_id[REQUEST_ID_MAX_BYTES + 1];
	/* the holder's */
	GPtrArray *headers; /* name, value, name, value */
	GPtrArray *cookies; /* name, value, ... parsed at first use */
	gpointer data;
	GDestroyNotify destroy;
	gsize n_target;
	char target[]; /* as sent; decoded in place */
};

/* ---- server.c ---- */
HttpServer *server_ref(HttpServer *server);
void server_unref(HttpServer *server);
/* The deadline is delay_ms from now; 0 means none. */
void wire_set_deadline(Wire *wire, guint64 delay_ms);
gboolean server_trusts(const HttpServer *server, const char *address);
gboolean server_allows_host(const HttpServer *server, const char *host);

/* Has the peer hung up? A sleeping connection is not polled, so this is how it shows. Under
 * wire->lock, while the connection is open. */
gboolean wire_is_hung_up(const Wire *wire);

/* ---- exchange.c: what libmicrohttpd calls ---- */
void *exchange_start(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_access(void *server, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *upload,
				size_t *n_upload, void **context);
void exchange_completed(void *server, struct MHD_Connection *connection, void **context,
			enum MHD_RequestTerminationCode code);
/* Hands the response over: from now on the exchange is not the handler's. */
void exchange_answer(HttpExchange *x, int status, struct MHD_Response *response);
/* Adds the headers that every response has, and the handler's own. */
void exchange_put_headers(HttpExchange *x, struct MHD_Response *response, const char *content_type);
/* Ends a wait without an answer: the connection is closed. Under wire->lock. */
void exchange_abort(HttpExchange *x);

/* ---- stream.c; all under wire->lock ---- */
/* Looks after an open stream: pings after silence, ends it when the peer has hung up. */
void stream_tend(HttpStream *stream, gint64 now_us);
void stream_finish(HttpStream *stream);
/* The connection is gone. */
void stream_detach(HttpStream *stream);
/* Lets go of a sleeping reader so that the server can stop. */
void stream_abort(HttpStream *stream);
