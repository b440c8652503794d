/* Two tables; every change is a new version of what people may. */
#include "crm/teams.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/audit.h"
#include "crm/roles.h"

enum { NAME_MAX_CHARS = 100, MEMBERS_MAX = 5000 };

static gboolean put_members(Db *db, const char *org_id, const char *id, JsonWriter *w,
			    GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT user_id FROM team_members WHERE org_id = $1 AND "
					  "team_id = $2 ORDER BY user_id",
					  error, "ss", org_id, id);

	if (!rows)
		return FALSE;
	json_array_begin(w, "members");
	while (db_next(rows, &failed))
		json_put_string(w, NULL, db_text(rows, 0));
	json_array_end(w);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* All, or the one with that id. */
static gboolean put_teams(Db *db, const char *org_id, const char *id, JsonWriter *w, int *ret_n,
			  GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(db,
					  "SELECT id, name FROM teams WHERE org_id = $1 AND (CAST "
					  "($2 AS TEXT) IS NULL OR id = $2) ORDER BY name, id",
					  error, "ss", org_id, id);

	*ret_n = 0;
	if (!rows)
		return FALSE;
	for (; db_next(rows, &failed); ++*ret_n) {
		json_object_begin(w, NULL);
		json_put_string(w, "id", db_text(rows, 0));
		json_put_string(w, "name", db_text(rows, 1));
		if (!put_members(db, org_id, db_text(rows, 0), w, error))
			return FALSE;
		json_object_end(w);
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean no_team(GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND, "there is no such team");
	return FALSE;
}

gboolean team_list(Db *db, const char *org_id, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	int n;

	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	if (!put_teams(db, org_id, NULL, &w, &n, error))
		return FALSE;
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

gboolean team_write(Db *db, const char *org_id, const char *id, GString *out, GError **error)
{
	JsonWriter w = json_writer(out);
	int n;

	return put_teams(db, org_id, id, &w, &n, error) && (n || no_team(error));
}

static gboolean refuse(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "%s", what);
	return FALSE;
}

static gboolean name_fits(const char *name, GError **error)
{
	return (name && *name && g_utf8_strlen(name, -1) <= NAME_MAX_CHARS) ||
	       refuse(error, "the name of a team has 1 to 100 characters");
}

static gboolean add_member(Db *db, const Principal *actor, const char *id, const char *user_id,
			   GError **error)
{
	if (!db_run(db,
		    "INSERT INTO team_members (org_id, team_id, user_id) SELECT org_id, $2, id "
		    "FROM users WHERE org_id = $1 AND id = $3 ON CONFLICT DO NOTHING",
		    error, "sss", actor->org_id, id, user_id ? user_id : ""))
		return FALSE;
	return db_changes(db) || refuse(error, "members must be ids of users, each once");
}

static gboolean set_members(Db *db, const Principal *actor, const char *id, const json_t *members,
			    GError **error)
{
	gsize i;
	json_t *member;

	if (!members)
		return TRUE;
	if (!json_is_array(members) || json_array_size(members) > MEMBERS_MAX)
		return refuse(error, "members must be a list of ids of users");
	if (!db_run(db, "DELETE FROM team_members WHERE org_id = $1 AND team_id = $2", error, "ss",
		    actor->org_id, id))
		return FALSE;
	json_array_foreach(members, i, member)
	{
		if (!add_member(db, actor, id, json_string_value(member), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean told(Db *db, const Principal *actor, const char *action, const char *id,
		     const json_t *body, GError **error)
{
	g_autofree char *detail = body ? json_dumps(body, JSON_COMPACT) : NULL;

	return access_changed(db, actor->org_id, error) &&
	       audit_add(db, actor, action, "teams", id, detail, error);
}

gboolean team_create(Db *db, const Principal *actor, const json_t *body, char ret_id[37],
		     GError **error)
{
	const char *name = json_member_string(body, "name");

	return name_fits(name, error) &&
	       db_run(db,
		      "INSERT INTO teams (org_id, id, name, created_at, updated_at) VALUES ($1, "
		      "$2, "
		      "$3, $4, $4)",
		      error, "sssi", actor->org_id, id_new(ret_id), name, clock_now_ms()) &&
	       set_members(db, actor, ret_id, json_object_get(body, "members"), error) &&
	       told(db, actor, "create", ret_id, body, error);
}

gboolean team_update(Db *db, const Principal *actor, const char *id, const json_t *body,
		     GError **error)
{
	const char *name = json_member_string(body, "name");

	if (name && !name_fits(name, error))
		return FALSE;
	if (!db_run(db,
		    "UPDATE teams SET name = coalesce($3, name), updated_at = $4 WHERE org_id = $1 "
		    "AND id = $2",
		    error, "sssi", actor->org_id, id, name, clock_now_ms()))
		return FALSE;
	return (db_changes(db) || no_team(error)) &&
	       set_members(db, actor, id, json_object_get(body, "members"), error) &&
	       told(db, actor, "update", id, body, error);
}

gboolean team_delete(Db *db, const Principal *actor, const char *id, GError **error)
{
	if (!db_run(db, "DELETE FROM team_members WHERE org_id = $1 AND team_id = $2", error, "ss",
		    actor->org_id, id) ||
	    !db_run(db, "DELETE FROM teams WHERE org_id = $1 AND id = $2", error, "ss",
		    actor->org_id, id))
		return FALSE;
	return (db_changes(db) || no_team(error)) && told(db, actor, "delete", id, NULL, error);
}
