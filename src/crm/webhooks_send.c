/* Posting what is due: read outside a transaction, post, note what came of it. A worker that dies
 * between post and note posts again: a receiver tells by the delivery's id. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "crm/webhooks.h"
#include "http/client.h"

enum { TIMEOUT_MS = 10000, ANSWER_BYTES = 500, GIVE_UP_MS = 86400000 };

gint64 webhook_pause_ms(int n_attempts)
{
	static const int minutes[] = {1, 2, 5, 10, 20, 40, 60, 120, 180, 240, 360, 402};

	/* the pauses add up to 24 hours */
	return n_attempts >= 1 && n_attempts <= (int)G_N_ELEMENTS(minutes)
		       ? minutes[n_attempts - 1] * 60000LL
		       : -1;
}

char *webhook_sign(const char *secret, gint64 seconds, const char *body)
{
	g_autofree char *text = g_strdup_printf("%" G_GINT64_FORMAT ".%s", seconds, body);

	return g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *)secret, strlen(secret),
					 text, -1);
}

typedef struct {
	char *org_id, *id, *webhook_id, *event, *payload, *url, *secret;
	int attempts;
	gint64 failing_since;
	/* what came of it */
	int status;
	char *trouble;
} Delivery;

static void delivery_clear(Delivery *d)
{
	g_free(d->org_id);
	g_free(d->id);
	g_free(d->webhook_id);
	g_free(d->event);
	g_free(d->payload);
	g_free(d->url);
	g_free(d->secret);
	g_free(d->trouble);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Delivery, delivery_clear)

/* FALSE without error: nothing is due. */
static gboolean next_due(Store *store, Delivery *d, GError **error)
{
	g_autoptr(Db) db = db_begin_read(store, error);
	g_autoptr(DbRows) rows =
		db ? db_query(
			     db,
			     "SELECT d.org_id, d.id, d.webhook_id, d.event, d.payload, w.url, "
			     "w.secret, d.attempts, w.failing_since FROM webhook_deliveries d JOIN "
			     "webhooks w ON w.org_id = d.org_id AND w.id = d.webhook_id WHERE "
			     "d.state = 'pending' AND d.next_at <= $1 AND w.active = 1 ORDER BY "
			     "d.next_at LIMIT 1",
			     error, "i", clock_now_ms())
		   : NULL;

	if (!rows || !db_next(rows, error))
		return FALSE;
	*d = (Delivery){.org_id = g_strdup(db_text(rows, 0)),
			.id = g_strdup(db_text(rows, 1)),
			.webhook_id = g_strdup(db_text(rows, 2)),
			.event = g_strdup(db_text(rows, 3)),
			.payload = g_strdup(db_text(rows, 4)),
			.url = g_strdup(db_text(rows, 5)),
			.secret = g_strdup(db_text(rows, 6)),
			.attempts = (int)db_int(rows, 7),
			.failing_since = db_int(rows, 8)};
	return TRUE;
}

static void post(Delivery *d, gboolean allow_private)
{
	gint64 seconds = clock_now_ms() / 1000;
	g_autofree char *mac = webhook_sign(d->secret, seconds, d->payload);
	g_autofree char *signature =
		g_strdup_printf("Zhiyin-Signature: t=%" G_GINT64_FORMAT ",v1=%s", seconds, mac);
	g_autofree char *event = g_strconcat("Zhiyin-Event: ", d->event, NULL);
	g_autofree char *id = g_strconcat("Zhiyin-Delivery: ", d->id, NULL);
	const char *headers[] = {"Content-Type: application/json", signature, event, id, NULL};
	ClientRequest request = {d->url,     headers,	   d->payload,
				 TIMEOUT_MS, ANSWER_BYTES, allow_private};
	g_auto(ClientAnswer) answer = {0};
	g_autoptr(GError) failed = NULL;

	if (!client_post(&request, &answer, &failed))
		d->trouble = g_strdup(failed->message);
	else if (answer.status < 200 || answer.status > 299)
		d->trouble = g_strdup_printf("answered %d", answer.status);
	d->status = answer.status;
}

static gboolean note_delivered(Db *db, const Delivery *d, GError **error)
{
	return db_run(db,
		      "UPDATE webhook_deliveries SET state = 'delivered', attempts = $3, status = "
		      "$4, "
		      "trouble = NULL, done_at = $5 WHERE org_id = $1 AND id = $2",
		      error, "ssiii", d->org_id, d->id, (gint64)d->attempts + 1, (gint64)d->status,
		      clock_now_ms()) &&
	       db_run(db,
		      "UPDATE webhooks SET failing_since = NULL WHERE org_id = $1 AND id = $2 AND "
		      "failing_since IS NOT NULL",
		      error, "ss", d->org_id, d->webhook_id);
}

/* A webhook that took nothing for a whole day is paused: its deliveries wait until somebody looks. */
static gboolean note_failed(Db *db, const Delivery *d, GError **error)
{
	gint64 now = clock_now_ms(), pause = webhook_pause_ms(d->attempts + 1);
	gint64 since = d->failing_since ? d->failing_since : now;
	gboolean give_up = pause < 0;

	return db_run(db,
		      "UPDATE webhook_deliveries SET state = $3, attempts = $4, status = $5, "
		      "trouble "
		      "= $6, next_at = $7, done_at = $8 WHERE org_id = $1 AND id = $2",
		      error, "sssiisii", d->org_id, d->id, give_up ? "given_up" : "pending",
		      (gint64)d->attempts + 1, (gint64)d->status, d->trouble, now + MAX(pause, 0),
		      give_up ? now : 0) &&
	       /* the others of the same webhook wait as long: one that is down keeps nobody up */
	       db_run(db,
		      "UPDATE webhook_deliveries SET next_at = $3 WHERE org_id = $1 AND webhook_id "
		      "= "
		      "$2 AND state = 'pending' AND next_at < $3",
		      error, "ssi", d->org_id, d->webhook_id, now + MAX(pause, 0)) &&
	       db_run(db,
		      "UPDATE webhooks SET failing_since = $3, active = CASE WHEN $4 = 1 THEN 0 "
		      "ELSE "
		      "active END, paused_because = CASE WHEN $4 = 1 THEN $5 ELSE paused_because "
		      "END WHERE org_id = $1 AND id = $2",
		      error, "ssiis", d->org_id, d->webhook_id, since,
		      (gint64)(now - since >= GIVE_UP_MS), d->trouble);
}

static gboolean note_result(Db *db, gpointer data, GError **error)
{
	const Delivery *d = data;

	return d->trouble ? note_failed(db, d, error) : note_delivered(db, d, error);
}

int webhooks_send_due(Store *store, gboolean allow_private, gboolean (*stopping)(gpointer data),
		      gpointer data, GError **error)
{
	int n = 0;

	while (!stopping(data)) {
		g_auto(Delivery) delivery = {0};
		g_autoptr(GError) failed = NULL;

		if (!next_due(store, &delivery, &failed)) {
			if (!failed)
				return n;
			g_propagate_error(error, g_steal_pointer(&failed));
			return -1;
		}
		post(&delivery, allow_private);
		if (delivery.trouble)
			log_event(LOG_INFO, "webhook", "delivery", 's', delivery.id, "status", 'i',
				  (gint64)delivery.status, "attempt", 'i',
				  (gint64)delivery.attempts + 1, NULL);
		if (!store_write(store, note_result, &delivery, error))
			return -1;
		n++;
	}
	return n;
}
