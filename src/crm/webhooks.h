/*
 * Webhooks: programs elsewhere are told of changes. A telling (delivery) is a row, written in the
 * transaction of the change, so that none is lost; the worker posts it until it is taken, with growing
 * pauses for 24 hours; a webhook that failed all that time is paused. Each request is signed:
 *
 *   Zhiyin-Signature: t=UNIX_SECONDS,v1=HEX( HMAC-SHA256( secret, "UNIX_SECONDS.BODY" ) )
 *   Zhiyin-Event: contact.created      Zhiyin-Delivery: the delivery's id, the same for every attempt
 *
 * Order is not promised: the body tells when it happened. Errors: NOT_FOUND, UNPROCESSABLE with faults
 * as in crm/fields.h. Threads: as the store's.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "crm/objects.h"
#include "store/store.h"

/* ---- administration (writes inside a transaction, by an administrator) ------------------------------------------ */

/* body: {"name","url","events":["contact.created","deal.*","*"],"active"}. The secret is made here. */
gboolean webhook_create(Db *db, const Principal *principal, const json_t *body, char ret_id[37],
			GPtrArray *faults, GError **error);
/* Setting active ends a pause. "new_secret": true makes another secret. */
gboolean webhook_patch(Db *db, const Principal *principal, const char *id, const json_t *patch,
		       GPtrArray *faults, GError **error);
gboolean webhook_delete(Db *db, const Principal *principal, const char *id, GError **error);
/* secret is written with_secret only: after creation or renewal. */
gboolean webhook_write(Db *db, const Principal *principal, const char *id, gboolean with_secret,
		       GString *out, GError **error);
gboolean webhook_list(Db *db, const Principal *principal, GString *out, GError **error);
/* Newest first, with payload. */
gboolean webhook_list_deliveries(Db *db, const Principal *principal, const char *id, int page_size,
				 const char *page_token, GString *out, GError **error);
/* Due again, whatever became of it, with all attempts before it. */
gboolean webhook_replay(Db *db, const Principal *principal, const char *id, const char *delivery_id,
			GError **error);
/* A delivery of the event "test.ping". */
gboolean webhook_test(Db *db, const Principal *principal, const char *id, char ret_delivery_id[37],
		      GError **error);

/* ---- telling ------------------------------------------------------------------------------------------------------ */

/* Notes that a record was "created", "updated", "deleted" or "restored" for all who want to know.
 * Inside the write; one point read when nobody does. */
gboolean webhook_note(Db *db, const Principal *principal, const Object *object, const char *id,
		      const char *what, GError **error);
/* The same for what is no record: event "conversation.message", data its JSON. */
gboolean webhook_note_event(Db *db, const char *org_id, const char *event, const char *record_id,
			    const char *data, GError **error);

/* Posts what is due, one after the other, until nothing is left or stopping(data) is TRUE. Blocks; not
 * inside a write. Returns how many were tried, -1 with error when the store failed. */
int webhooks_send_due(Store *store, gboolean allow_private, gboolean (*stopping)(gpointer data),
		      gpointer data, GError **error);

/* Milliseconds until the next attempt after n failed ones, -1: given up (24 hours). */
gint64 webhook_pause_ms(int n_attempts);
/* Hexadecimal HMAC-SHA256 over "seconds.body". The caller frees it. */
char *webhook_sign(const char *secret, gint64 seconds, const char *body);
