/*
 * Event streams. The response's reader sleeps (MHD_suspend_connection) while nothing waits; whoever
 * sends wakes it. "Is anything waiting? else sleep" and "append, then wake" run under the wire's
 * lock, so that no wake-up is lost. A thousand streams cost a thousand sleeping connections, no
 * threads.
 */
#include <string.h>

#include "base/clock.h"
#include "http/internal.h"

enum {
	STREAM_MAX_WAITING = 256 * 1024,
	STREAM_KEEP_BYTES = 16 * 1024, /* a larger buffer is given back when it has run empty */
	STREAM_CHUNK_BYTES = 1024,
};
static const gint64 ping_after_us = 15 * G_USEC_PER_SEC;

struct HttpStream {
	_Atomic int n_refs;
	HttpServer *server;
	Wire *wire;
	/* under wire->lock */
	struct MHD_Connection *connection; /* NULL once the client is gone */
	GString *waiting;
	gsize n_taken; /* bytes at the head of waiting that are sent already */
	gboolean ended, sleeping;
	gint64 last_us;
};

HttpStream *http_stream_ref(HttpStream *stream)
{
	atomic_fetch_add(&stream->n_refs, 1);
	return stream;
}

void http_stream_unref(HttpStream *stream)
{
	if (atomic_fetch_sub(&stream->n_refs, 1) > 1)
		return;
	g_string_free(stream->waiting, TRUE);
	server_unref(stream->server);
	g_free(stream);
}

/* ---- under wire->lock ------------------------------------------------------------------------------- */

static void stream_wake(HttpStream *stream)
{
	if (stream->sleeping) {
		stream->sleeping = FALSE;
		MHD_resume_connection(stream->connection);
	}
}

void stream_finish(HttpStream *stream)
{
	if (stream->ended)
		return;
	stream->ended = TRUE;
	wire_set_deadline(stream->wire, stream->server->options.body_timeout_ms);
	stream_wake(stream);
}

void stream_detach(HttpStream *stream)
{
	stream->ended = TRUE;
	stream->sleeping = FALSE;
	stream->connection = NULL;
	stream->wire->stream = NULL;
	atomic_store(&stream->wire->streaming, FALSE);
	atomic_fetch_sub(&stream->server->n_streams, 1);
}

void stream_abort(HttpStream *stream)
{
	stream->ended = TRUE;
	stream_wake(stream);
}

static void stream_append(HttpStream *stream, const char *bytes, gsize n_bytes)
{
	if (stream->n_taken > stream->waiting->len / 2) {
		g_string_erase(stream->waiting, 0, (gssize)stream->n_taken);
		stream->n_taken = 0;
	}
	g_string_append_len(stream->waiting, bytes, (gssize)n_bytes);
	stream->last_us = clock_monotonic_us();
	stream_wake(stream);
}

void stream_tend(HttpStream *stream, gint64 now_us)
{
	if (stream->ended)
		return;
	if (stream->sleeping && wire_is_hung_up(stream->wire))
		stream_finish(stream);
	else if (now_us - stream->last_us > ping_after_us)
		stream_append(stream, ": ping\n\n", 8);
}

/* ---- the reader, on the event thread ---------------------------------------------------------------- */

static gsize stream_take(HttpStream *stream, char *buffer, gsize n_room)
{
	gsize n_bytes = MIN(n_room, stream->waiting->len - stream->n_taken);

	memcpy(buffer, stream->waiting->str + stream->n_taken, n_bytes);
	stream->n_taken += n_bytes;
	if (stream->n_taken == stream->waiting->len) {
		if (stream->waiting->allocated_len > STREAM_KEEP_BYTES) {
			g_string_free(stream->waiting, TRUE);
			stream->waiting = g_string_new(NULL);
		}
		g_string_truncate(stream->waiting, 0);
		stream->n_taken = 0;
	}
	return n_bytes;
}

static ssize_t stream_read(void *data, uint64_t position, char *buffer, size_t n_room)
{
	HttpStream *stream = data;
	ssize_t result = 0;

	(void)position;
	pthread_mutex_lock(&stream->wire->lock);
	if (atomic_load(&stream->server->aborting) || !stream->connection) {
		result = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (stream->waiting->len) {
		result = (ssize_t)stream_take(stream, buffer, n_room);
	} else if (stream->ended) {
		result = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		stream->sleeping = TRUE;
		MHD_suspend_connection(stream->connection);
	}
	pthread_mutex_unlock(&stream->wire->lock);
	return result;
}

static void stream_release(void *data)
{
	http_stream_unref(data);
}

/* ---- the handler's side ----------------------------------------------------------------------------- */

static HttpStream *stream_new(HttpExchange *x)
{
	HttpStream *stream = g_new0(HttpStream, 1);

	stream->n_refs = 1;
	stream->server = server_ref(x->server);
	stream->wire = x->wire;
	stream->waiting = g_string_new(NULL);
	stream->last_us = clock_monotonic_us();
	stream->ended = TRUE;
	return stream;
}

/* Ties the stream to the connection, if there still is one. */
static void stream_attach(HttpStream *stream, HttpExchange *x)
{
	pthread_mutex_lock(&x->wire->lock);
	if (x->connection) {
		stream->ended = FALSE;
		stream->connection = x->connection;
		x->wire->stream = stream;
		atomic_store(&x->wire->streaming, TRUE);
		atomic_fetch_add(&x->server->n_streams, 1);
		if (atomic_load(&x->server->draining))
			stream_finish(stream);
	}
	pthread_mutex_unlock(&x->wire->lock);
}

HttpStream *http_respond_stream(HttpExchange *x)
{
	HttpStream *stream = stream_new(x);
	struct MHD_Response *response;

	if (!strcmp(x->method, "HEAD")) {
		/* libmicrohttpd would send the last chunk of a body that HEAD has not: this stream
		 * is born ended. */
		response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	} else {
		stream_attach(stream, x);
		response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_CHUNK_BYTES,
							     stream_read, http_stream_ref(stream),
							     stream_release);
	}
	exchange_put_headers(x, response, "text/event-stream");
	MHD_add_response_header(response, "X-Accel-Buffering", "no");
	exchange_answer(x, MHD_HTTP_OK, response);
	return stream;
}

gboolean http_stream_send(HttpStream *stream, const char *bytes, gsize n_bytes)
{
	gboolean sent = FALSE;

	pthread_mutex_lock(&stream->wire->lock);
	if (!stream->ended) {
		sent = n_bytes <= STREAM_MAX_WAITING - (stream->waiting->len - stream->n_taken);
		if (sent)
			stream_append(stream, bytes, n_bytes);
		else
			stream_finish(stream);
	}
	pthread_mutex_unlock(&stream->wire->lock);
	return sent;
}

void http_stream_end(HttpStream *stream)
{
	pthread_mutex_lock(&stream->wire->lock);
	stream_finish(stream);
	pthread_mutex_unlock(&stream->wire->lock);
}

gboolean http_stream_is_open(HttpStream *stream)
{
	gboolean open;

	pthread_mutex_lock(&stream->wire->lock);
	open = !stream->ended;
	pthread_mutex_unlock(&stream->wire->lock);
	return open;
}
