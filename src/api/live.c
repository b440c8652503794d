/* A listener is added under the lock after it was given what it missed, so that no event falls
 * between. */
#include "api/live.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "crm/conversation_view.h"
#include "crm/conversations.h"
#include "crm/notifications.h"

enum { READ_LIMIT = 1000, MISSED_LIMIT = 10000 };

typedef struct {
	HttpStream *stream;
	char org_id[37], conversation_id[37]; /* the latter empty = all */
	gint64 seq;			      /* it was given everything up to here when it came */
	Principal principal;		      /* without its name */
	gint64 access_version;		      /* of staff: as it was when it came; else 0 */
} Listener;

struct Live {
	Store *store;
	GMutex lock;
	GCond wake;
	GPtrArray *listeners;
	GThread *thread;
	gint64 seq;	/* everything up to here was sent */
	gint64 told_at; /* milliseconds; the last notification that was told, and its id */
	char told_id[37];
	gboolean news, stop;
};

static void listener_free(gpointer data)
{
	Listener *listener = data;

	http_stream_end(listener->stream);
	http_stream_unref(listener->stream);
	g_free(listener);
}

/* Of one that does not see every conversation. */
static gboolean listener_reaches(Live *live, const Listener *listener, const char *conversation_id)
{
	g_autoptr(Db) db = NULL;

	if (*listener->conversation_id ||
	    access_reach(&listener->principal, "conversations", ACCESS_READ) == REACH_ALL)
		return TRUE;
	db = db_begin_read(live->store, NULL);
	return db &&
	       access_conversation(db, &listener->principal, conversation_id, ACCESS_READ, NULL);
}

/* seq 0: not a stored event. */
static gboolean listener_wants(const Listener *listener, gint64 seq, const char *org_id,
			       const char *conversation_id)
{
	return (!seq || seq > listener->seq) && g_str_equal(listener->org_id, org_id) &&
	       (!*listener->conversation_id ||
		g_str_equal(listener->conversation_id, conversation_id));
}

/* Under the lock. Listeners whose client is gone are dropped on the way. public: the frame for visitors. */
static void live_send_each(Live *live, gint64 seq, const char *org_id, const char *conversation_id,
			   const GString *frame, const GString *public)
{
	for (guint i = live->listeners->len; i-- > 0;) {
		Listener *listener = g_ptr_array_index(live->listeners, i);
		const GString *its = listener->principal.kind == PRINCIPAL_VISITOR ? public : frame;

		if (!http_stream_is_open(listener->stream) ||
		    (listener_wants(listener, seq, org_id, conversation_id) && its->len &&
		     listener_reaches(live, listener, conversation_id) &&
		     !http_stream_send(listener->stream, its->str, its->len)))
			g_ptr_array_remove_index_fast(live->listeners, i);
	}
}

static void live_send(Live *live, const char *org_id, const char *conversation_id,
		      const GString *frame)
{
	live_send_each(live, 0, org_id, conversation_id, frame, frame);
}

static void append_frame(GString *out, gint64 seq, const char *kind, const char *data)
{
	g_string_append_printf(out, "id: %" G_GINT64_FORMAT "\nevent: %s\ndata: %s\n\n", seq, kind,
			       data);
}

/* What is thought of a message is for staff: visitors get nothing. */
static void append_public(GString *out, gint64 seq, const char *kind, const char *data)
{
	g_autofree char *public =
		g_str_equal(kind, "state") ? conversation_view_visitor(data) : NULL;

	if (!g_str_equal(kind, "judgement"))
		append_frame(out, seq, kind, public ? public : data);
}

static void send_event(gint64 seq, const char *org_id, const char *conversation_id,
		       const char *kind, const char *data_json, gpointer data)
{
	Live *live = data;
	g_autoptr(GString) frame = g_string_new(NULL), public = g_string_new(NULL);

	append_frame(frame, seq, kind, data_json);
	append_public(public, seq, kind, data_json);
	live_send_each(live, seq, org_id, conversation_id, frame, public);
	live->seq = seq;
}

static gint64 access_version(Db *db, const char *org_id)
{
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT access_version FROM organisations WHERE id = $1", NULL, "s", org_id);

	return rows && db_next(rows, NULL) ? db_int(rows, 0) : 0;
}

/* Under the lock: whoever came under other rights comes again. */
static void drop_outdated(Live *live, Db *db)
{
	for (guint i = live->listeners->len; i-- > 0;) {
		const Listener *listener = g_ptr_array_index(live->listeners, i);

		if (listener->principal.kind != PRINCIPAL_VISITOR &&
		    access_version(db, listener->org_id) != listener->access_version)
			g_ptr_array_remove_index_fast(live->listeners, i);
	}
}

/* Only that there is one: what it says is asked for by whoever may read it. Not stored. */
static void send_notification(const char *org_id, const char *user_id, const char *id, gint64 at,
			      gpointer data)
{
	Live *live = data;
	g_autofree char *frame =
		g_strdup_printf("event: notification\ndata: {\"id\":\"%s\"}\n\n", id);

	for (guint i = live->listeners->len; i-- > 0;) {
		const Listener *listener = g_ptr_array_index(live->listeners, i);

		if (listener->principal.kind == PRINCIPAL_USER &&
		    g_str_equal(listener->org_id, org_id) &&
		    g_str_equal(listener->principal.id, user_id) &&
		    !http_stream_send(listener->stream, frame, strlen(frame)))
			g_ptr_array_remove_index_fast(live->listeners, i);
	}
	live->told_at = at;
	g_strlcpy(live->told_id, id, sizeof(live->told_id));
}

static void live_read(Live *live)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(live->store, &error);
	gint64 before;

	if (db)
		drop_outdated(live, db);
	do {
		before = live->seq;
		if (!db || !conversation_events_after(db, NULL, NULL, live->seq, READ_LIMIT,
						      send_event, live, &error)) {
			log_event(LOG_ERROR, "live_read", "error", 'e', error, NULL);
			return;
		}
	} while (live->seq - before >= READ_LIMIT);
	if (!notifications_after(db, live->told_at, live->told_id, READ_LIMIT, send_notification,
				 live, &error))
		log_event(LOG_ERROR, "live_read", "error", 'e', error, NULL);
}

static gpointer live_run(gpointer data)
{
	Live *live = data;

	g_mutex_lock(&live->lock);
	while (!live->stop) {
		if (live->news) {
			live->news = FALSE;
			live_read(live);
		} else {
			g_cond_wait(&live->wake, &live->lock);
		}
	}
	g_mutex_unlock(&live->lock);
	return NULL;
}

Live *live_new(Store *store, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	gint64 seq = db ? conversation_events_last(db, error) : -1;
	Live *live;

	if (seq < 0)
		return NULL;
	live = g_new0(Live, 1);
	live->store = store;
	live->seq = seq;
	live->told_at = clock_now_ms();
	live->listeners = g_ptr_array_new_with_free_func(listener_free);
	g_mutex_init(&live->lock);
	g_cond_init(&live->wake);
	live->thread = g_thread_new("live", live_run, live);
	return live;
}

void live_free(Live *live)
{
	if (!live)
		return;
	g_mutex_lock(&live->lock);
	live->stop = TRUE;
	g_cond_signal(&live->wake);
	g_mutex_unlock(&live->lock);
	g_thread_join(live->thread);
	g_ptr_array_unref(live->listeners);
	g_mutex_clear(&live->lock);
	g_cond_clear(&live->wake);
	g_free(live);
}

void live_news(gpointer data)
{
	Live *live = data;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&live->lock);

	(void)locked;
	live->news = TRUE;
	g_cond_signal(&live->wake);
}

typedef struct {
	Live *live;
	const Listener *listener;
	GString *frames;
	gint64 last;
} Missed;

static void collect_event(gint64 seq, const char *org_id, const char *conversation_id,
			  const char *kind, const char *data_json, gpointer data)
{
	Missed *missed = data;

	(void)org_id;
	if (listener_reaches(missed->live, missed->listener, conversation_id))
		(missed->listener->principal.kind == PRINCIPAL_VISITOR
			 ? append_public
			 : append_frame)(missed->frames, seq, kind, data_json);
	missed->last = seq;
}

static Listener *listener_new(Db *db, const Principal *principal, const char *conversation_id)
{
	Listener *listener = g_new0(Listener, 1);

	listener->principal = *principal;
	listener->principal.name = NULL;
	listener->principal.request_id = listener->principal.reason = NULL;
	listener->access_version = access_version(db, principal->org_id);
	g_strlcpy(listener->org_id, principal->org_id, sizeof(listener->org_id));
	if (conversation_id)
		g_strlcpy(listener->conversation_id, conversation_id,
			  sizeof(listener->conversation_id));
	return listener;
}

gboolean live_subscribe(Live *live, HttpExchange *exchange, const Principal *principal,
			const char *conversation_id, gint64 after, GError **error)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&live->lock);
	g_autoptr(GString) frames = g_string_new("retry: 2000\n\n");
	g_autoptr(Db) db = db_begin_read(live->store, error);
	g_autofree Listener *listener = db ? listener_new(db, principal, conversation_id) : NULL;
	Missed missed = {live, listener, frames, 0};

	(void)locked;
	if (!db ||
	    (after >= 0 && !conversation_events_after(db, principal->org_id, conversation_id, after,
						      MISSED_LIMIT, collect_event, &missed, error)))
		return FALSE;
	listener->stream = http_respond_stream(exchange);
	listener->seq = missed.last;
	http_stream_send(listener->stream, frames->str, frames->len);
	g_ptr_array_add(live->listeners, g_steal_pointer(&listener));
	return TRUE;
}

void live_typing(Live *live, const char *org_id, const char *conversation_id, const char *role,
		 const char *name)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&live->lock);
	g_autoptr(GString) frame = g_string_new("event: typing\ndata: ");
	JsonWriter w = json_writer(frame);

	(void)locked;
	json_object_begin(&w, NULL);
	json_put_string(&w, "conversation_id", conversation_id);
	json_put_string(&w, "role", role);
	json_put_string(&w, "name", name);
	json_object_end(&w);
	g_string_append(frame, "\n\n");
	live_send(live, org_id, conversation_id, frame);
}

void live_token(const DialoguePiece *piece, gpointer data)
{
	Live *live = data;
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&live->lock);
	g_autoptr(GString) frame = g_string_new("event: token\ndata: ");
	JsonWriter w = json_writer(frame);

	(void)locked;
	json_object_begin(&w, NULL);
	json_put_string(&w, "conversation_id", piece->conversation_id);
	json_put_int(&w, "turn", piece->turn);
	json_put_int(&w, "from", piece->from);
	json_put_string_n(&w, "text", piece->text, piece->n);
	json_object_end(&w);
	g_string_append(frame, "\n\n");
	live_send(live, piece->org_id, piece->conversation_id, frame);
}
