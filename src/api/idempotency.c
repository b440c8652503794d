/* A ticket says under what the answer is kept; what differs for callers without a credential is decided
 * where it is made. */
#include "api/idempotency.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/seal.h"

enum { KEY_MAX_BYTES = 255, NOBODYS_KEY_MIN_BYTES = 16, KEPT_MS = 86400000 };

typedef struct {
	char *principal, *key; /* as they are stored */
	char *request_hash;
	char *secret; /* seals the answer; NULL: it is kept as it is */
} Ticket;

static void ticket_clear(Ticket *ticket)
{
	g_free(ticket->principal);
	g_free(ticket->key);
	g_free(ticket->request_hash);
	g_free(ticket->secret);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ticket, ticket_clear)

static gboolean check_key(const char *key, gboolean nobodys, GError **error)
{
	if (strlen(key) > KEY_MAX_BYTES)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "Idempotency-Key is longer than %d bytes", KEY_MAX_BYTES);
	else if (nobodys && strlen(key) < NOBODYS_KEY_MIN_BYTES)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "without a credential Idempotency-Key must have %d characters or more: "
			    "send a UUID",
			    NOBODYS_KEY_MIN_BYTES);
	else
		return TRUE;
	return FALSE;
}

/* What a request may hold of a person is not for guessing either: nobody's is hashed with the secret. */
static char *hash_request(const ApiCall *call, const char *secret)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize n_bytes;
	const char *body = http_body(call->exchange, &n_bytes);

	g_checksum_update(sum, (const guchar *)http_path(call->exchange), -1);
	g_checksum_update(sum, (const guchar *)body, (gssize)n_bytes);
	if (secret)
		g_checksum_update(sum, (const guchar *)secret, -1);
	return g_strdup(g_checksum_get_string(sum));
}

static gboolean make_ticket(const ApiCall *call, Ticket *ticket, GError **error)
{
	const char *key = http_header(call->exchange, "Idempotency-Key");
	gboolean nobodys = call->principal.kind == PRINCIPAL_NOBODY;

	if (!check_key(key, nobodys, error))
		return FALSE;
	if (nobodys)
		ticket->secret = g_strconcat(key, "\n", http_client_address(call->exchange), NULL);
	ticket->key = nobodys ? secret_hash(ticket->secret) : g_strdup(key);
	ticket->principal = principal_key(&call->principal);
	ticket->request_hash = hash_request(call, ticket->secret);
	return TRUE;
}

/* The answer of row: status, body. */
static gboolean replay(ApiCall *call, const Ticket *ticket, DbRows *row, GError **error)
{
	g_autofree char *opened =
		ticket->secret ? unseal_text(ticket->secret, db_text(row, 2)) : NULL;

	if (!g_str_equal(db_text(row, 0), ticket->request_hash)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "this Idempotency-Key was used for another request");
		return FALSE;
	}
	if (ticket->secret && !opened) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the answer that was kept for this Idempotency-Key does not open");
		return FALSE;
	}
	call->status = (int)db_int(row, 1);
	g_string_assign(call->out, opened ? opened : db_text(row, 2));
	call->replayed = TRUE;
	return TRUE;
}

/* TRUE when the key is new or was answered (then call->replayed). */
static gboolean find_answer(ApiCall *call, const Ticket *ticket, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		call->db,
		"SELECT request_hash, status, body FROM idempotency "
		"WHERE org_id = $1 AND principal = $2 AND idempotency_key = $3 AND created_at > $4",
		error, "sssi", call->principal.org_id, ticket->principal, ticket->key,
		clock_now_ms() - KEPT_MS);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		return replay(call, ticket, rows, error);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* A secret that is shown once is shown once: a repeated request gets the answer without it. */
static gboolean keep_answer(ApiCall *call, const Ticket *ticket, GError **error)
{
	g_autoptr(GString) body = g_string_new(call->out->str);
	g_autofree char *sealed = NULL;

	if (call->secret)
		g_string_replace(body, call->secret, "", 0);
	sealed = ticket->secret ? seal_text(ticket->secret, body->str) : NULL;

	return db_run(call->db,
		      "INSERT INTO idempotency (org_id, principal, idempotency_key, request_hash, "
		      "status, body, created_at) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (org_id, principal, "
		      "idempotency_key) DO UPDATE SET "
		      "request_hash = $4, status = $5, body = $6, created_at = $7",
		      error, "ssssisi", call->principal.org_id, ticket->principal, ticket->key,
		      ticket->request_hash, (gint64)call->status, sealed ? sealed : body->str,
		      clock_now_ms());
}

gboolean idempotency_run(ApiCall *call, GError **error)
{
	g_auto(Ticket) ticket = {0};

	if (!make_ticket(call, &ticket, error) || !find_answer(call, &ticket, error))
		return FALSE;
	return call->replayed ||
	       (call->route->handler(call, error) && keep_answer(call, &ticket, error));
}
