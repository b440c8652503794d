/* A secret is looked up by its hash, so that a stolen database opens nothing. */
#include "crm/keys.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/audit.h"
#include "crm/roles.h"

enum { NAME_MAX_CHARS = 200, NOTED_EVERY_MS = 60000 };

static gboolean refuse(GError **error, const char *why)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "%s", why);
	return FALSE;
}

static gboolean check_new(Db *db, const Principal *actor, const NewKey *fresh, GError **error)
{
	gboolean exists;

	if (!*fresh->name || g_utf8_strlen(fresh->name, -1) > NAME_MAX_CHARS)
		return refuse(error, "the name of a key has 1 to 200 characters");
	if (fresh->expires_at && fresh->expires_at <= clock_now_ms())
		return refuse(error, "a key cannot expire in the past");
	if (!fresh->role)
		return TRUE;
	if (!role_exists(db, actor->org_id, fresh->role, &exists, error))
		return FALSE;
	return exists || refuse(error, "there is no such role for the key");
}

gboolean key_create(Db *db, const Principal *actor, const NewKey *fresh, char ret_id[37],
		    char **ret_key, GError **error)
{
	g_autofree char *key = secret_new("zyk_");
	g_autofree char *hash = secret_hash(key);
	g_autofree char *bits = g_strdup_printf("%u", fresh->scopes);

	if (!check_new(db, actor, fresh, error) ||
	    !db_run(db,
		    "INSERT INTO api_keys (org_id, id, name, key_hash, scopes, created_at, "
		    "expires_at, per_minute, role) "
		    "VALUES ($1, $2, $3, $4, $5, $6, nullif($7, 0), nullif($8, 0), $9)",
		    error, "sssssiiis", actor->org_id, id_new(ret_id), fresh->name, hash, bits,
		    clock_now_ms(), fresh->expires_at, (gint64)fresh->per_minute, fresh->role) ||
	    !audit_add(db, actor, "create", "api_keys", ret_id, NULL, error))
		return FALSE;
	*ret_key = g_steal_pointer(&key);
	return TRUE;
}

static gboolean unauthenticated(GError **error, const char *why)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED, "%s", why);
	return FALSE;
}

gboolean key_principal(Db *db, const char *key, Principal *ret_principal, gboolean *ret_stale,
		       GError **error)
{
	g_autofree char *hash = secret_hash(key);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT k.org_id, k.id, k.name, k.scopes, k.expires_at, k.per_minute, k.role, "
		"o.access_version, coalesce(k.used_at, 0) FROM api_keys k JOIN organisations o ON "
		"o.id = k.org_id WHERE k.key_hash = $1 AND k.revoked_at IS NULL",
		error, "s", hash);
	gint64 now = clock_now_ms();

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		if (!failed)
			return unauthenticated(error, "this key is not known");
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!db_is_null(rows, 4) && db_int(rows, 4) <= now)
		return unauthenticated(error, "this key has expired");
	*ret_principal = (Principal){.kind = PRINCIPAL_KEY, .name = g_strdup(db_text(rows, 2))};
	g_strlcpy(ret_principal->org_id, db_text(rows, 0), sizeof(ret_principal->org_id));
	g_strlcpy(ret_principal->id, db_text(rows, 1), sizeof(ret_principal->id));
	ret_principal->scopes = (guint)g_ascii_strtoull(db_text(rows, 3), NULL, 10);
	ret_principal->is_admin = (ret_principal->scopes & SCOPE_ADMIN) != 0;
	ret_principal->per_minute = (guint)db_int(rows, 5);
	*ret_stale = now - db_int(rows, 8) > NOTED_EVERY_MS;
	if (db_is_null(rows, 6))
		return TRUE;
	ret_principal->is_admin = ret_principal->is_admin && g_str_equal(db_text(rows, 6), "admin");
	ret_principal->rights =
		rights_get(db, ret_principal->org_id, db_int(rows, 7), db_text(rows, 6), error);
	return ret_principal->rights != NULL;
}

gboolean key_touch(Db *db, const char *key, GError **error)
{
	g_autofree char *hash = secret_hash(key);

	return db_run(db, "UPDATE api_keys SET used_at = $2 WHERE key_hash = $1", error, "si", hash,
		      clock_now_ms());
}

static gboolean key_exists(Db *db, const Principal *actor, const char *id, GError **error)
{
	gboolean exists;

	if (!db_exists(db, "SELECT 1 FROM api_keys WHERE org_id = $1 AND id = $2", &exists, error,
		       "ss", actor->org_id, id))
		return FALSE;
	if (!exists)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no key %s", id);
	return exists;
}

gboolean key_revoke(Db *db, const Principal *actor, const char *id, GError **error)
{
	if (!key_exists(db, actor, id, error) ||
	    !db_run(db,
		    "UPDATE api_keys SET revoked_at = $3 "
		    "WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL",
		    error, "ssi", actor->org_id, id, clock_now_ms()))
		return FALSE;
	return !db_changes(db) || audit_add(db, actor, "revoke", "api_keys", id, NULL, error);
}

static void read_key(DbRows *rows, gint64 now, Key *key)
{
	g_strlcpy(key->id, db_text(rows, 0), sizeof(key->id));
	key->name = db_text(rows, 1);
	key->scopes = (guint)g_ascii_strtoull(db_text(rows, 2), NULL, 10);
	key->created_at = db_int(rows, 3);
	key->expires_at = db_int(rows, 4);
	key->revoked_at = db_int(rows, 5);
	key->per_minute = (guint)db_int(rows, 6);
	key->role = db_text(rows, 7);
	key->used_at = db_int(rows, 8);
	key->state = key->revoked_at				 ? "revoked"
		     : key->expires_at && key->expires_at <= now ? "expired"
								 : "active";
}

gboolean key_each(Db *db, const char *org_id, KeyEach each, gpointer data, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT id, name, scopes, created_at, expires_at, revoked_at, per_minute, role, "
		"used_at FROM api_keys WHERE org_id = $1 ORDER BY created_at, id",
		error, "s", org_id);
	gint64 now = clock_now_ms();

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		Key key;

		read_key(rows, now, &key);
		each(&key, data);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}
