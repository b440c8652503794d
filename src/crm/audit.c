/* Hash chain over audit rows. The last hash is read inside the transaction, so several processes
 * extend one chain. */
#include "crm/audit.h"

#include <string.h>

#include "base/clock.h"

#define ZERO_HASH "0000000000000000000000000000000000000000000000000000000000000000"

typedef struct {
	const char *org_id, *actor_kind, *actor_id, *action, *object, *record_id, *detail;
	gint64 at;
} AuditRow;

static char *row_hash(const char *before, const AuditRow *row)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *text = g_strdup_printf(
		"%s\x1f%s\x1f%" G_GINT64_FORMAT "\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s", before,
		row->org_id, row->at, row->actor_kind, row->actor_id ? row->actor_id : "",
		row->action, row->object, row->record_id, row->detail);

	g_checksum_update(sum, (const guchar *)text, (gssize)strlen(text));
	return g_strdup(g_checksum_get_string(sum));
}

static char *last_hash(Db *db, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT hash FROM audit ORDER BY seq DESC LIMIT 1", error, "");

	if (!rows)
		return NULL;
	if (db_next(rows, &failed))
		return g_strdup(db_text(rows, 0));
	if (failed) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return NULL;
	}
	return g_strdup(ZERO_HASH);
}

gboolean audit_add(Db *db, const Principal *actor, const char *action, const char *object,
		   const char *record_id, const char *detail, GError **error)
{
	AuditRow row = {.org_id = actor->org_id,
			.at = clock_now_ms(),
			.actor_kind = principal_kind_name(actor),
			.actor_id = actor->kind == PRINCIPAL_VISITOR ? actor->conversation_id
								     : actor->id,
			.action = action,
			.object = object,
			.record_id = record_id,
			.detail = detail ? detail : "{}"};
	g_autofree char *before = last_hash(db, error);
	g_autofree char *hash = NULL;

	if (!before)
		return FALSE;
	hash = row_hash(before, &row);
	return db_run(db,
		      "INSERT INTO audit (org_id, at, actor_kind, actor_id, action, object, "
		      "record_id, detail, hash) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		      error, "sisssssss", row.org_id, row.at, row.actor_kind, row.actor_id,
		      row.action, row.object, row.record_id, row.detail, hash);
}

gboolean audit_check(Db *db, StoreFound found, gpointer data, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autofree char *before = g_strdup(ZERO_HASH);
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT seq, org_id, at, actor_kind, actor_id, action, "
					  "object, record_id, detail, hash "
					  "FROM audit ORDER BY seq",
					  error, "");

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		AuditRow row = {.org_id = db_text(rows, 1),
				.at = db_int(rows, 2),
				.actor_kind = db_text(rows, 3),
				.actor_id = db_text(rows, 4),
				.action = db_text(rows, 5),
				.object = db_text(rows, 6),
				.record_id = db_text(rows, 7),
				.detail = db_text(rows, 8)};
		g_autofree char *hash = row_hash(before, &row);

		if (!g_str_equal(hash, db_text(rows, 9))) {
			g_autofree char *what =
				g_strdup_printf("audit: row %" G_GINT64_FORMAT " breaks the chain",
						db_int(rows, 0));

			found(what, data);
		}
		g_free(before);
		before = g_strdup(db_text(rows, 9));
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
