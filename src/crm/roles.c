/* Rights are read from their JSON once and kept as long as the organisation's access_version stands.
 * A version is a random number, so that it never means two things, also where a change was undone. */
#include "crm/roles.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "crm/audit.h"

enum { NAME_MAX_CHARS = 40, LABEL_MAX_CHARS = 100, OBJECTS_MAX = 200, FIELDS_MAX = 200 };

typedef struct {
	Reach reach[N_ACCESS_ACTIONS];
	GHashTable *fields; /* char * -> FieldAccess, or NULL */
} ObjectRights;

struct Rights {
	ObjectRights standard; /* of "*" */
	GHashTable *objects;   /* char *plural -> ObjectRights * */
};

static const char *const reach_words[] = {"none", "own", "team", "all"};
static const char *const field_words[] = {"write", "read", "hidden"};

static const struct {
	const char *name, *label_zh, *label_en, *rights;
} standard_roles[] = {
	{"admin", "管理员", "Administrator",
	 "{\"*\":{\"read\":\"all\",\"create\":\"all\",\"update\":\"all\",\"delete\":\"all\","
	 "\"export\":\"all\",\"import\":\"all\"}}"},
	{"manager", "经理", "Manager",
	 "{\"*\":{\"read\":\"all\",\"create\":\"all\",\"update\":\"all\",\"delete\":\"team\","
	 "\"export\":\"all\",\"import\":\"all\"}}"},
	{"agent", "客服与销售", "Agent",
	 "{\"*\":{\"read\":\"all\",\"create\":\"all\",\"update\":\"all\",\"delete\":\"own\"}}"},
	{"read_only", "只读", "Read only", "{\"*\":{\"read\":\"all\"}}"},
};

/* ---- reading rights --------------------------------------------------------------------------------------------- */

static int word_find(const char *const *words, gsize n, const char *word)
{
	for (gsize i = 0; word && i < n; i++)
		if (g_str_equal(words[i], word))
			return (int)i;
	return -1;
}

static gboolean unfit(GError **error, const char *where, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "rights of %s: %s", where,
		    what);
	return FALSE;
}

static void object_rights_free(gpointer data)
{
	ObjectRights *rights = data;

	g_clear_pointer(&rights->fields, g_hash_table_unref);
	g_free(rights);
}

static gboolean read_fields(const char *plural, const json_t *fields, ObjectRights *rights,
			    GError **error)
{
	const char *name;
	json_t *value;

	if (!json_is_object(fields) || json_object_size(fields) > FIELDS_MAX)
		return unfit(error, plural, "fields must be an object of field names");
	rights->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	json_object_foreach((json_t *)(guintptr)fields, name, value)
	{
		int access =
			word_find(field_words, G_N_ELEMENTS(field_words), json_string_value(value));

		if (access < 0)
			return unfit(error, plural, "a field is write, read or hidden");
		if (access != FIELD_WRITABLE)
			g_hash_table_insert(rights->fields, g_strdup(name),
					    GINT_TO_POINTER(access));
	}
	return TRUE;
}

/* rights begins as a copy of what holds where nothing is said. */
static gboolean read_object(const char *plural, const json_t *json, ObjectRights *rights,
			    GError **error)
{
	const char *word;
	json_t *value;

	if (!json_is_object(json))
		return unfit(error, plural, "expected an object of acts");
	json_object_foreach((json_t *)(guintptr)json, word, value)
	{
		AccessAction action;
		int reach;

		if (g_str_equal(word, "fields") && !g_str_equal(plural, "*")) {
			if (!read_fields(plural, value, rights, error))
				return FALSE;
			continue;
		}
		reach = word_find(reach_words, G_N_ELEMENTS(reach_words), json_string_value(value));
		if (!access_action_find(word, &action) || reach < 0)
			return unfit(error, plural,
				     "expected read, create, update, delete, export or import, "
				     "each none, own, team or all");
		rights->reach[action] = (Reach)reach;
	}
	return TRUE;
}

static void rights_free(Rights *rights)
{
	g_hash_table_unref(rights->objects);
	g_free(rights);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rights, rights_free)

static Rights *rights_new(const json_t *json, GError **error)
{
	g_autoptr(Rights) rights = g_new0(Rights, 1);
	const json_t *standard = json_object_get(json, "*");
	const char *plural;
	json_t *value;

	rights->objects =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, object_rights_free);
	if (!json_is_object(json) || json_object_size(json) > OBJECTS_MAX) {
		unfit(error, "the role", "expected an object of objects");
		return NULL;
	}
	if (standard && !read_object("*", standard, &rights->standard, error))
		return NULL;
	json_object_foreach((json_t *)(guintptr)json, plural, value)
	{
		ObjectRights *of_object;

		if (g_str_equal(plural, "*"))
			continue;
		of_object = g_memdup2(&rights->standard, sizeof(*of_object));
		g_hash_table_insert(rights->objects, g_strdup(plural), of_object);
		if (!read_object(plural, value, of_object, error))
			return NULL;
	}
	return g_steal_pointer(&rights);
}

/* ---- asking ----------------------------------------------------------------------------------------------------- */

static const ObjectRights *rights_of(const Rights *rights, const char *plural)
{
	const ObjectRights *of_object = g_hash_table_lookup(rights->objects, plural);

	return of_object ? of_object : &rights->standard;
}

Reach rights_reach(const Rights *rights, const char *plural, AccessAction action)
{
	return rights_of(rights, plural)->reach[action];
}

FieldAccess rights_field(const Rights *rights, const char *plural, const char *name)
{
	GHashTable *fields = rights_of(rights, plural)->fields;

	return fields ? (FieldAccess)GPOINTER_TO_INT(g_hash_table_lookup(fields, name))
		      : FIELD_WRITABLE;
}

gboolean rights_limit_fields(const Rights *rights, const char *plural)
{
	GHashTable *fields = rights_of(rights, plural)->fields;

	return fields && g_hash_table_size(fields) > 0;
}

gboolean rights_are_whole(const Rights *rights)
{
	if (g_hash_table_size(rights->objects))
		return FALSE;
	for (int i = 0; i < N_ACCESS_ACTIONS; i++)
		if (rights->standard.reach[i] != REACH_ALL)
			return FALSE;
	return TRUE;
}

static gboolean writes(const ObjectRights *rights)
{
	return rights->reach[ACCESS_CREATE] || rights->reach[ACCESS_UPDATE] ||
	       rights->reach[ACCESS_DELETE] || rights->reach[ACCESS_IMPORT];
}

gboolean rights_write_anything(const Rights *rights)
{
	GHashTableIter each;
	gpointer of_object;

	if (writes(&rights->standard))
		return TRUE;
	g_hash_table_iter_init(&each, rights->objects);
	while (g_hash_table_iter_next(&each, NULL, &of_object))
		if (writes(of_object))
			return TRUE;
	return FALSE;
}

/* ---- keeping ---------------------------------------------------------------------------------------------------- */

static GMutex kept_lock;
static GHashTable *kept; /* "org version role" -> Rights, for as long as the program runs */

static const Rights *nothing(void)
{
	static gsize once;
	static Rights *rights;

	if (g_once_init_enter(&once)) {
		g_autoptr(json_t) json = json_object();

		rights = rights_new(json, NULL);
		g_once_init_leave(&once, 1);
	}
	return rights;
}

static const char *standard_json(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(standard_roles); i++)
		if (g_str_equal(standard_roles[i].name, name))
			return standard_roles[i].rights;
	return NULL;
}

static Rights *rights_parse(const char *text, GError **error)
{
	g_autoptr(json_t) json = json_parse(text, strlen(text), error);

	return json ? rights_new(json, error) : NULL;
}

/* Under the lock or before threads: makes what is missing. */
static const Rights *keep(char *key, const char *text, GError **error)
{
	const Rights *rights = text ? rights_parse(text, error) : nothing();

	if (!rights) {
		g_free(key);
		return NULL;
	}
	g_hash_table_insert(kept, key, (gpointer)(guintptr)rights);
	return rights;
}

static GHashTable *kept_rights(void)
{
	if (!kept)
		kept = g_hash_table_new(g_str_hash, g_str_equal);
	return kept;
}

const Rights *rights_standard(const char *role)
{
	g_autoptr(GMutexLocker) locked = g_mutex_locker_new(&kept_lock);
	const char *text = standard_json(role);
	const Rights *rights = g_hash_table_lookup(kept_rights(), role);

	(void)locked;
	return rights || !text ? rights : keep(g_strdup(role), text, NULL);
}

/* The organisation's own text of the role, else the program's; NULL without error: no such role. */
static gboolean stored_rights(Db *db, const char *org_id, const char *role, char **ret_text,
			      GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT rights FROM roles WHERE org_id = $1 AND name = $2", error,
			 "ss", org_id, role);

	if (!rows)
		return FALSE;
	*ret_text = g_strdup(db_next(rows, &failed) ? db_text(rows, 0) : standard_json(role));
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

const Rights *rights_get(Db *db, const char *org_id, gint64 version, const char *role,
			 GError **error)
{
	g_autofree char *key = NULL;
	g_autofree char *text = NULL;
	const Rights *rights;

	if (!version) /* nothing was ever changed */
		return (rights = rights_standard(role)) ? rights : nothing();
	key = g_strdup_printf("%s %" G_GINT64_FORMAT " %s", org_id, version, role);
	g_mutex_lock(&kept_lock);
	rights = g_hash_table_lookup(kept_rights(), key);
	g_mutex_unlock(&kept_lock);
	if (rights)
		return rights;
	if (!stored_rights(db, org_id, role, &text, error))
		return NULL;
	g_mutex_lock(&kept_lock);
	rights = g_hash_table_lookup(kept, key); /* another thread may have been faster */
	if (!rights)
		rights = keep(g_steal_pointer(&key), text, error);
	g_mutex_unlock(&kept_lock);
	return rights;
}

gboolean access_load(Db *db, Principal *principal, GError **error)
{
	gboolean is_key = principal->kind == PRINCIPAL_KEY;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		is_key ? db_query(db,
				  "SELECT k.role, o.access_version, k.scopes FROM api_keys k JOIN "
				  "organisations o ON o.id = k.org_id WHERE k.org_id = $1 AND "
				  "k.id = $2",
				  error, "ss", principal->org_id, principal->id)
		       : db_query(db,
				  "SELECT u.role, o.access_version, '0' FROM users u JOIN "
				  "organisations o ON o.id = u.org_id WHERE u.org_id = $1 AND "
				  "u.id = $2",
				  error, "ss", principal->org_id, principal->id);

	if (!rows)
		return FALSE;
	if (!db_next(rows, &failed)) {
		if (failed)
			g_propagate_error(error, g_steal_pointer(&failed));
		else
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
				    "whoever began this is gone");
		return FALSE;
	}
	principal->scopes = (guint)g_ascii_strtoull(db_text(rows, 2), NULL, 10);
	principal->rights = NULL;
	if (!db_is_null(rows, 0))
		principal->rights =
			rights_get(db, principal->org_id, db_int(rows, 1), db_text(rows, 0), error);
	principal->is_admin = db_is_null(rows, 0) ? (principal->scopes & SCOPE_ADMIN) != 0
						  : g_str_equal(db_text(rows, 0), "admin");
	return principal->rights || db_is_null(rows, 0);
}

gboolean access_changed(Db *db, const char *org_id, GError **error)
{
	guint64 bits;

	random_bytes(&bits, sizeof(bits));
	return db_run(db, "UPDATE organisations SET access_version = $2 WHERE id = $1", error, "si",
		      org_id, (gint64)(bits >> 12) | 1);
}

/* ---- as records ------------------------------------------------------------------------------------------------- */

typedef struct {
	const char *name, *label_zh, *label_en, *rights;
	gboolean builtin, changed;
} Role;

static void put_role(JsonWriter *w, const Role *role)
{
	json_object_begin(w, NULL);
	json_put_string(w, "name", role->name);
	json_put_string(w, "label_zh", role->label_zh);
	json_put_string(w, "label_en", role->label_en);
	json_put_bool(w, "builtin", role->builtin);
	json_put_bool(w, "changed", role->changed);
	json_put_raw(w, "rights", role->rights);
	json_object_end(w);
}

static gboolean standard_role(const char *name, Role *role)
{
	for (gsize i = 0; i < G_N_ELEMENTS(standard_roles); i++)
		if (g_str_equal(standard_roles[i].name, name)) {
			*role = (Role){name,
				       standard_roles[i].label_zh,
				       standard_roles[i].label_en,
				       standard_roles[i].rights,
				       TRUE,
				       FALSE};
			return TRUE;
		}
	return FALSE;
}

/* The roles of the organisation by name, all or one; put for each. */
static gboolean put_stored(Db *db, const char *org_id, const char *name, gboolean builtin,
			   JsonWriter *w, int *ret_n, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db,
			 "SELECT name, label_zh, label_en, rights FROM roles WHERE org_id = $1 AND "
			 "(CAST ($2 AS TEXT) IS NULL OR name = $2) ORDER BY name",
			 error, "ss", org_id, name);

	if (!rows)
		return FALSE;
	while (db_next(rows, &failed)) {
		Role role = {db_text(rows, 0),
			     db_text(rows, 1),
			     db_text(rows, 2),
			     db_text(rows, 3),
			     standard_json(db_text(rows, 0)) != NULL,
			     TRUE};

		if (role.builtin != builtin)
			continue;
		put_role(w, &role);
		++*ret_n;
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean put_builtin(Db *db, const char *org_id, const char *name, JsonWriter *w, int *ret_n,
			    GError **error)
{
	Role role;

	if (!put_stored(db, org_id, name, TRUE, w, ret_n, error))
		return FALSE;
	if (*ret_n || !standard_role(name, &role))
		return TRUE;
	put_role(w, &role);
	++*ret_n;
	return TRUE;
}

gboolean role_list(Db *db, const char *org_id, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	int n;

	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	for (gsize i = 0; i < G_N_ELEMENTS(standard_roles); i++) {
		n = 0;
		if (!put_builtin(db, org_id, standard_roles[i].name, &w, &n, error))
			return FALSE;
	}
	if (!put_stored(db, org_id, NULL, FALSE, &w, &n, error))
		return FALSE;
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

static gboolean no_role(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such role");
	return FALSE;
}

gboolean role_write(Db *db, const char *org_id, const char *name, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	int n = 0;

	return put_builtin(db, org_id, name, &w, &n, error) &&
	       (n || put_stored(db, org_id, name, FALSE, &w, &n, error)) && (n || no_role(error));
}

gboolean role_exists(Db *db, const char *org_id, const char *name, gboolean *ret_exists,
		     GError **error)
{
	g_autofree char *text = NULL;

	if (!stored_rights(db, org_id, name, &text, error))
		return FALSE;
	*ret_exists = text != NULL;
	return TRUE;
}

static gboolean name_fits(const char *name)
{
	gsize n = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;

	return n > 0 && n <= NAME_MAX_CHARS && !name[n] && g_ascii_isalpha(*name);
}

static gboolean label_fits(const char *label)
{
	return !label || (*label && g_utf8_strlen(label, -1) <= LABEL_MAX_CHARS);
}

/* Labels and the text of rights, checked; what is not given is NULL. The caller frees ret_rights. */
static gboolean read_body(const json_t *body, Role *role, char **ret_rights, GError **error)
{
	const json_t *json = json_object_get(body, "rights");
	g_autoptr(Rights) rights = NULL;

	role->label_zh = json_member_string(body, "label_zh");
	role->label_en = json_member_string(body, "label_en");
	if (!label_fits(role->label_zh) || !label_fits(role->label_en))
		return unfit(error, "the role", "a label has 1 to 100 characters");
	*ret_rights = NULL;
	if (!json)
		return TRUE;
	rights = rights_new(json, error);
	if (!rights)
		return FALSE;
	*ret_rights = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	return TRUE;
}

static gboolean told(Db *db, const Principal *actor, const char *action, const char *name,
		     const char *rights, GError **error)
{
	g_autofree char *detail = rights ? g_strdup_printf("{\"rights\":%s}", rights) : NULL;

	return access_changed(db, actor->org_id, error) &&
	       audit_add(db, actor, action, "roles", name, detail, error);
}

gboolean role_create(Db *db, const Principal *actor, const json_t *body, GError **error)
{
	Role role = {.name = json_member_string(body, "name")};
	g_autofree char *rights = NULL;
	const char *any;
	gboolean exists;

	if (!name_fits(role.name))
		return unfit(error, "the role",
			     "a name has 1 to 40 of a-z, 0-9 and _ and begins with a letter");
	if (!read_body(body, &role, &rights, error) ||
	    !role_exists(db, actor->org_id, role.name, &exists, error))
		return FALSE;
	if (exists) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "there is a role '%s' already", role.name);
		return FALSE;
	}
	any = role.label_zh ? role.label_zh : role.label_en ? role.label_en : role.name;
	return db_run(db,
		      "INSERT INTO roles (org_id, name, label_zh, label_en, rights, created_at, "
		      "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6)",
		      error, "sssssi", actor->org_id, role.name,
		      role.label_zh ? role.label_zh : any, role.label_en ? role.label_en : any,
		      rights ? rights : "{}", clock_now_ms()) &&
	       told(db, actor, "create", role.name, rights, error);
}

/* A role of the program gets a row with its first change. */
static gboolean adopt(Db *db, const Principal *actor, const char *name, GError **error)
{
	Role role;

	if (g_str_equal(name, "admin")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "administrators may do everything, that stays");
		return FALSE;
	}
	return !standard_role(name, &role) ||
	       db_run(db,
		      "INSERT INTO roles (org_id, name, label_zh, label_en, rights, created_at, "
		      "updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT DO NOTHING",
		      error, "sssssi", actor->org_id, role.name, role.label_zh, role.label_en,
		      role.rights, clock_now_ms());
}

gboolean role_update(Db *db, const Principal *actor, const char *name, const json_t *body,
		     GError **error)
{
	g_autofree char *rights = NULL;
	Role role;

	if (!read_body(body, &role, &rights, error) || !adopt(db, actor, name, error) ||
	    !db_run(db,
		    "UPDATE roles SET label_zh = coalesce($3, label_zh), label_en = coalesce($4, "
		    "label_en), rights = coalesce($5, rights), updated_at = $6 WHERE org_id = $1 "
		    "AND name = $2",
		    error, "sssssi", actor->org_id, name, role.label_zh, role.label_en, rights,
		    clock_now_ms()))
		return FALSE;
	return db_changes(db) ? told(db, actor, "update", name, rights, error) : no_role(error);
}

static gboolean members_left(Db *db, const char *org_id, const char *name, GError **error)
{
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT (SELECT count(*) FROM users WHERE org_id = $1 AND role = $2) + (SELECT "
		"count(*) FROM api_keys WHERE org_id = $1 AND role = $2 AND revoked_at IS NULL)",
		error, "ss", org_id, name);

	if (!rows || !db_next(rows, error))
		return TRUE;
	if (!db_int(rows, 0))
		return FALSE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
		    "%" G_GINT64_FORMAT " users or keys still have this role", db_int(rows, 0));
	return TRUE;
}

gboolean role_delete(Db *db, const Principal *actor, const char *name, GError **error)
{
	if (!standard_json(name) && members_left(db, actor->org_id, name, error))
		return FALSE;
	if (!db_run(db, "DELETE FROM roles WHERE org_id = $1 AND name = $2", error, "ss",
		    actor->org_id, name))
		return FALSE;
	return db_changes(db) ? told(db, actor, "delete", name, NULL, error) : no_role(error);
}
