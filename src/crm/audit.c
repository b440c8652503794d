/* Hash chain over audit rows. The anchor is read and set inside the transaction, so several processes
 * extend one chain. */
#include "crm/audit.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/sql_text.h"

#define ZERO_HASH "0000000000000000000000000000000000000000000000000000000000000000"
enum { SALT_BYTES = 16, SALT_CHARS = 2 * SALT_BYTES };

typedef struct {
	const char *org_id, *actor_kind, *actor_id, *action, *object, *record_id, *detail;
	const char *request_id, *reason, *salt, *digest; /* digest NULL: the hash covers detail */
	gint64 at;
} AuditRow;

static void row_hash(const char *before, const AuditRow *row, char hex[HASH_CHARS + 1])
{
	char at[24];
	const char *fields[] = {
		before,		 row->org_id,	 at,
		row->actor_kind, row->actor_id,	 row->action,
		row->object,	 row->record_id, row->digest ? row->request_id : row->detail,
		row->digest};

	g_snprintf(at, sizeof(at), "%" G_GINT64_FORMAT, row->at);
	hash_fields(fields, row->digest ? G_N_ELEMENTS(fields) : G_N_ELEMENTS(fields) - 1, hex);
}

static const char *new_salt(char salt[SALT_CHARS + 1])
{
	guchar bytes[SALT_BYTES];

	random_bytes(bytes, sizeof(bytes));
	for (gsize i = 0; i < sizeof(bytes); i++) {
		salt[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		salt[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	salt[SALT_CHARS] = '\0';
	return salt;
}

static void detail_digest(const AuditRow *row, char hex[HASH_CHARS + 1])
{
	const char *fields[] = {row->salt, row->reason, row->detail};

	hash_fields(fields, G_N_ELEMENTS(fields), hex);
}

/* ---- adding ----------------------------------------------------------------------------------------------------- */

static gboolean read_anchor(Db *db, gint64 *ret_n, char hash[HASH_CHARS + 1], GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT n_rows, hash FROM audit_anchor WHERE id = 1", error, "");

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		*ret_n = db_int(rows, 0);
		g_strlcpy(hash, db_text(rows, 1), HASH_CHARS + 1);
		return TRUE;
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the audit trail has lost its anchor");
	return FALSE;
}

static gboolean set_anchor(Db *db, gint64 n, const char *hash, GError **error)
{
	return db_run(db, "UPDATE audit_anchor SET n_rows = $1, hash = $2 WHERE id = 1", error,
		      "is", n, hash);
}

static gboolean has_digest(const AuditRow *row)
{
	return row->reason || row->request_id || !g_str_equal(row->detail, "{}");
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
			.detail = detail ? detail : "{}",
			.request_id = actor->request_id,
			.reason = actor->reason};
	char before[HASH_CHARS + 1], hash[HASH_CHARS + 1], digest[HASH_CHARS + 1];
	char salt[SALT_CHARS + 1];
	gint64 n;

	if (!read_anchor(db, &n, before, error))
		return FALSE;
	if (has_digest(&row)) {
		row.salt = new_salt(salt);
		detail_digest(&row, digest);
		row.digest = digest;
	}
	row_hash(before, &row, hash);
	return db_run(db,
		      "INSERT INTO audit (org_id, at, actor_kind, actor_id, action, object, "
		      "record_id, detail, request_id, reason, salt, digest, hash) "
		      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
		      error, "sisssssssssss", row.org_id, row.at, row.actor_kind, row.actor_id,
		      row.action, row.object, row.record_id, row.detail, row.request_id, row.reason,
		      row.salt, row.digest, hash) &&
	       set_anchor(db, n + 1, hash, error);
}

/* ---- checking --------------------------------------------------------------------------------------------------- */

#define ROW_COLUMNS                                                                              \
	"seq, org_id, at, actor_kind, actor_id, action, object, record_id, detail, request_id, " \
	"reason, salt, digest, hash"
enum { COLUMN_SEQ, COLUMN_HASH = 13 };

static AuditRow read_row(DbRows *rows)
{
	return (AuditRow){.org_id = db_text(rows, 1),
			  .at = db_int(rows, 2),
			  .actor_kind = db_text(rows, 3),
			  .actor_id = db_text(rows, 4),
			  .action = db_text(rows, 5),
			  .object = db_text(rows, 6),
			  .record_id = db_text(rows, 7),
			  .detail = db_text(rows, 8),
			  .request_id = db_text(rows, 9),
			  .reason = db_text(rows, 10),
			  .salt = db_text(rows, 11),
			  .digest = db_text(rows, 12)};
}

static gboolean is_erased(const AuditRow *row)
{
	return row->digest && !row->salt;
}

/* Whether what the hash does not cover itself is as its digest says. */
static gboolean detail_stands(const AuditRow *row)
{
	char digest[HASH_CHARS + 1];

	if (!row->digest)
		return !row->salt && !row->reason && !row->request_id;
	if (is_erased(row))
		return !row->reason && g_str_equal(row->detail, "{}");
	detail_digest(row, digest);
	return g_str_equal(digest, row->digest);
}

static gint64 stated_erasures(const AuditRow *row)
{
	g_autoptr(json_t) detail = NULL;

	if (!g_str_equal(row->action, "erase"))
		return 0;
	detail = json_loads(row->detail, 0, NULL);
	return json_integer_value(json_object_get(detail, "audit"));
}

typedef struct {
	StoreFound found;
	gpointer data;
	char before[HASH_CHARS + 1];
	gint64 n_erased, n_stated;
	AuditState state;
	gint64 seq; /* of the last row */
} Walk;

static void tell(Walk *walk, const char *format, gint64 number)
{
	g_autoptr(GString) what = g_string_new("audit: ");

	walk->state.n_faults++;
	if (!walk->found)
		return;
	g_string_append_printf(what, "%" G_GINT64_FORMAT " %s", number, format);
	walk->found(what->str, walk->data);
}

static void tell_row(Walk *walk, const char *format, DbRows *rows)
{
	gint64 seq = db_int(rows, COLUMN_SEQ);

	if (!walk->state.broken_at)
		walk->state.broken_at = seq;
	tell(walk, format, seq);
}

static void walk_row(Walk *walk, DbRows *rows)
{
	AuditRow row = read_row(rows);
	char hash[HASH_CHARS + 1];

	row_hash(walk->before, &row, hash);
	if (!g_str_equal(hash, db_text(rows, COLUMN_HASH)))
		tell_row(walk, "is the number of a row that breaks the chain", rows);
	if (!detail_stands(&row))
		tell_row(walk, "is the number of a row whose detail was changed", rows);
	walk->state.n_rows++;
	walk->n_erased += is_erased(&row);
	walk->n_stated += stated_erasures(&row);
	g_strlcpy(walk->before, db_text(rows, COLUMN_HASH), sizeof(walk->before));
	walk->seq = db_int(rows, COLUMN_SEQ);
}

static gboolean walk_end(Db *db, Walk *walk, GError **error)
{
	char hash[HASH_CHARS + 1];
	gint64 n;

	if (!read_anchor(db, &n, hash, error))
		return FALSE;
	if (n != walk->state.n_rows)
		tell(walk, "rows more or less than were written", ABS(n - walk->state.n_rows));
	if (!g_str_equal(hash, walk->before))
		tell(walk, "rows stand before an end that is not the one that was written",
		     walk->state.n_rows);
	if (walk->n_erased != walk->n_stated)
		tell(walk, "details are gone that no erasure counts",
		     ABS(walk->n_erased - walk->n_stated));
	return TRUE;
}

/* Goes on behind the walk's last row. */
static gboolean walk_on(Db *db, Walk *walk, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT " ROW_COLUMNS " FROM audit WHERE seq > $1 ORDER BY seq", error,
			 "i", walk->seq);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed))
		walk_row(walk, rows);
	if (!failed)
		return walk_end(db, walk, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean audit_check(Db *db, StoreFound found, gpointer data, AuditState *ret_state, GError **error)
{
	Walk walk = {.found = found, .data = data, .before = ZERO_HASH, .seq = G_MININT64};

	if (!walk_on(db, &walk, error))
		return FALSE;
	if (ret_state)
		*ret_state = walk.state;
	return TRUE;
}

gboolean audit_check_on(Db *db, AuditMark *mark, AuditState *ret_state, GError **error)
{
	Walk walk = {.n_erased = mark->n_erased,
		     .n_stated = mark->n_stated,
		     .state = {.n_rows = mark->n_rows},
		     .seq = mark->seq};
	gboolean holds = FALSE;

	memcpy(walk.before, mark->hash, sizeof(walk.before));
	if (mark->seq && !db_exists(db, "SELECT 1 FROM audit WHERE seq = $1 AND hash = $2", &holds,
				    error, "is", mark->seq, mark->hash))
		return FALSE;
	if (holds && !walk_on(db, &walk, error))
		return FALSE;
	if (!holds || walk.state.n_faults) {
		walk = (Walk){.before = ZERO_HASH, .seq = G_MININT64};
		mark->walked_at = clock_now_ms();
		if (!walk_on(db, &walk, error))
			return FALSE;
	}
	*ret_state = walk.state;
	*mark = (AuditMark){.walked_at = mark->walked_at};
	if (walk.state.n_faults)
		return TRUE;
	*mark = (AuditMark){walk.seq,	   walk.state.n_rows, walk.n_erased,
			    walk.n_stated, mark->walked_at,   {0}};
	memcpy(mark->hash, walk.before, sizeof(mark->hash));
	return TRUE;
}

/* ---- erasing ---------------------------------------------------------------------------------------------------- */

static gboolean first_old(Db *db, const char *org_id, const char *object, const char *record_id,
			  gint64 *ret_seq, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT coalesce(min(seq), 0) FROM audit WHERE org_id = $1 AND object = $2 AND "
		"record_id = $3 AND digest IS NULL AND detail <> '{}'",
		error, "sss", org_id, object, record_id);

	if (!rows || !db_next(rows, error))
		return FALSE;
	*ret_seq = db_int(rows, 0);
	return TRUE;
}

/* One row of what follows a changed one. FALSE at the end, with error on failure. */
static gboolean rechain_one(Db *db, gint64 after, const AuditRow *wanted,
			    char before[HASH_CHARS + 1], gint64 *ret_seq, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db, "SELECT " ROW_COLUMNS " FROM audit WHERE seq > $1 ORDER BY seq LIMIT 1", error,
		"i", after);
	char digest[HASH_CHARS + 1], salt[SALT_CHARS + 1], hash[HASH_CHARS + 1];
	AuditRow row;

	if (!rows || !db_next(rows, error))
		return FALSE;
	row = read_row(rows);
	if (!row.digest && g_str_equal(row.object, wanted->object) &&
	    g_str_equal(row.record_id, wanted->record_id) && !g_str_equal(row.detail, "{}")) {
		row.salt = new_salt(salt);
		detail_digest(&row, digest);
		row.digest = digest;
	}
	row_hash(before, &row, hash);
	*ret_seq = db_int(rows, COLUMN_SEQ);
	if (!db_run(db, "UPDATE audit SET salt = $2, digest = $3, hash = $4 WHERE seq = $1", error,
		    "isss", *ret_seq, row.salt, row.digest, hash))
		return FALSE;
	memcpy(before, hash, sizeof(hash));
	return TRUE;
}

gboolean audit_prepare_erasure(Db *db, const char *org_id, const char *object,
			       const char *record_id, GError **error)
{
	AuditRow wanted = {.object = object, .record_id = record_id};
	char before[HASH_CHARS + 1] = ZERO_HASH, hash[HASH_CHARS + 1];
	g_autoptr(GError) failed = NULL;
	gint64 seq, n;

	if (!first_old(db, org_id, object, record_id, &seq, error) ||
	    !read_anchor(db, &n, hash, error))
		return FALSE;
	if (!seq)
		return TRUE;
	{
		g_autoptr(DbRows) rows = db_query(
			db, "SELECT hash FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT 1",
			error, "i", seq);

		if (!rows)
			return FALSE;
		if (db_next(rows, &failed))
			g_strlcpy(before, db_text(rows, 0), sizeof(before));
	}
	seq--;
	while (!failed && rechain_one(db, seq, &wanted, before, &seq, &failed))
		;
	if (!failed)
		return set_anchor(db, n, before, error);
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean audit_erase(Db *db, const char *org_id, const char *object, const char *record_id,
		     gint64 *n, GError **error)
{
	if (!audit_prepare_erasure(db, org_id, object, record_id, error) ||
	    !db_run(db,
		    "UPDATE audit SET detail = '{}', reason = NULL, salt = NULL WHERE org_id = $1 "
		    "AND object = $2 AND record_id = $3 AND salt IS NOT NULL AND action <> 'erase'",
		    error, "sss", org_id, object, record_id))
		return FALSE;
	*n += db_changes(db);
	return TRUE;
}

gboolean audit_erase_text(Db *db, const char *org_id, const char *text, gint64 *n, GError **error)
{
	g_autoptr(json_t) json = json_string(text);
	g_autofree char *quoted = json_dumps(json, JSON_ENCODE_ANY);

	/* as it stands inside of JSON, without the quotation marks around it */
	if (!db_run(db,
		    "UPDATE audit SET detail = '{}', reason = NULL, salt = NULL WHERE org_id = $1 "
		    "AND record_id = '*' AND salt IS NOT NULL AND action <> 'erase' AND "
		    "instr(detail, substr($2, 2, length($2) - 2)) > 0",
		    error, "ss", org_id, quoted))
		return FALSE;
	*n += db_changes(db);
	return TRUE;
}

/* ---- reading what is sensitive ------------------------------------------------------------------------------------ */

gboolean audit_wants_read(const Principal *principal, const Object *object)
{
	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_SENSITIVE &&
		    access_field(principal, object, object->fields[i].name) != FIELD_HIDDEN)
			return TRUE;
	return FALSE;
}

/* ---- showing ---------------------------------------------------------------------------------------------------- */

static void drop_hidden(const Principal *principal, const Object *object, json_t *changes)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(changes, next, name, value)
	{
		if (access_field(principal, object, name) == FIELD_HIDDEN) {
			json_object_del(changes, name);
			continue;
		}
		if (g_str_equal(name, "custom"))
			for (gsize i = 0; i < json_array_size(value); i++)
				drop_hidden(principal, object, json_array_get(value, i));
	}
}

char *audit_shown(const Principal *principal, const Object *object, const char *detail)
{
	g_autoptr(json_t) json = NULL;

	if (!object || !access_limits_fields(principal, object))
		return g_strdup(detail);
	json = json_loads(detail, 0, NULL);
	drop_hidden(principal, object, json_object_get(json, "changes"));
	return json ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15)) : g_strdup("{}");
}

static void put_row(const Principal *principal, const Object *of, DbRows *rows, JsonWriter *w)
{
	AuditRow row = read_row(rows);
	g_autofree char *detail = audit_shown(principal, of, row.detail);

	json_object_begin(w, NULL);
	json_put_int(w, "seq", db_int(rows, COLUMN_SEQ));
	json_put_time(w, "at", row.at);
	json_put_string(w, "actor_kind", row.actor_kind);
	json_put_string(w, "actor_id", row.actor_id && *row.actor_id ? row.actor_id : NULL);
	json_put_string(w, "actor_name", db_text(rows, COLUMN_HASH + 1));
	json_put_string(w, "action", row.action);
	json_put_string(w, "object", row.object);
	json_put_string(w, "record_id", row.record_id);
	json_put_raw(w, "detail", detail);
	json_put_string(w, "reason", row.reason);
	json_put_string(w, "request_id", row.request_id);
	json_put_bool(w, "erased", is_erased(&row));
	json_object_end(w);
}

static void append_equal(SqlText *text, const char *column, const char *value)
{
	if (!value)
		return;
	g_string_append_printf(text->sql, " AND %s = ", column);
	sql_text(text, value);
}

static void append_time(SqlText *text, const char *condition, gint64 at)
{
	if (!at)
		return;
	g_string_append_printf(text->sql, " AND %s ", condition);
	sql_int(text, at);
}

static DbRows *query_rows(Db *db, const Principal *principal, const AuditQuery *query, gint64 below,
			  GError **error)
{
	g_autoptr(SqlText) text = sql_text_new();

	g_string_append(
		text->sql,
		"SELECT " ROW_COLUMNS ", coalesce((SELECT u.name FROM users u WHERE u.org_id = "
		"audit.org_id AND u.id = audit.actor_id), (SELECT k.name FROM api_keys k WHERE "
		"k.org_id = audit.org_id AND k.id = audit.actor_id)) FROM audit WHERE org_id = ");
	sql_text(text, principal->org_id);
	append_equal(text, "object", query->object);
	append_equal(text, "record_id", query->record_id);
	append_equal(text, "action", query->action);
	append_equal(text, "actor_id", query->actor_id);
	append_time(text, "seq <", below);
	append_time(text, "at >=", query->since);
	append_time(text, "at <", query->until);
	g_string_append(text->sql, " ORDER BY seq DESC LIMIT ");
	sql_int(text, query->page_size + 1);
	return sql_query(db, text, error);
}

gboolean audit_list(Db *db, const Principal *principal, const Object *of, const AuditQuery *query,
		    GString *out, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;
	g_autofree char *token = NULL;
	gint64 below = G_MAXINT64;
	JsonWriter w = json_writer(out);
	int n = 0;

	if (query->page_token &&
	    !g_ascii_string_to_signed(query->page_token, 10, 1, G_MAXINT64, &below, NULL)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "page_token was not given out by this list");
		return FALSE;
	}
	rows = query_rows(db, principal, query, below, error);
	if (!rows)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	while (n < query->page_size && db_next(rows, &failed)) {
		put_row(principal, of, rows, &w);
		if (++n == query->page_size)
			token = g_strdup_printf("%" G_GINT64_FORMAT, db_int(rows, COLUMN_SEQ));
	}
	json_array_end(&w);
	json_put_string(&w, "next_page_token",
			token && !failed && db_next(rows, &failed) ? token : NULL);
	json_object_end(&w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
