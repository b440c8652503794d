/* Roles, teams and API keys: what administrators say about who may do what. */
#include "api/api.h"
#include "base/clock.h"
#include "base/error.h"
#include "crm/keys.h"
#include "crm/roles.h"
#include "crm/teams.h"

static const char *call_name(const ApiCall *call)
{
	return route_match_value(&call->match, "name");
}

/* ---- roles ------------------------------------------------------------------------------------------------------- */

static gboolean roles_get(ApiCall *call, GError **error)
{
	return role_list(call->db, call->principal.org_id, call->out, error);
}

static gboolean role_get(ApiCall *call, GError **error)
{
	return role_write(call->db, call->principal.org_id, call_name(call), call->out, error);
}

static gboolean role_post(ApiCall *call, GError **error)
{
	return role_create(call->db, &call->principal, call->body, error) &&
	       role_write(call->db, call->principal.org_id, json_member_string(call->body, "name"),
			  call->out, error);
}

static gboolean role_patch(ApiCall *call, GError **error)
{
	return role_update(call->db, &call->principal, call_name(call), call->body, error) &&
	       role_get(call, error);
}

static gboolean role_one_delete(ApiCall *call, GError **error)
{
	return role_delete(call->db, &call->principal, call_name(call), error);
}

/* ---- teams ------------------------------------------------------------------------------------------------------- */

static gboolean teams_get(ApiCall *call, GError **error)
{
	return team_list(call->db, call->principal.org_id, call->out, error);
}

static gboolean team_get(ApiCall *call, GError **error)
{
	return team_write(call->db, call->principal.org_id, call_id(call), call->out, error);
}

static gboolean team_post(ApiCall *call, GError **error)
{
	char id[37];

	return team_create(call->db, &call->principal, call->body, id, error) &&
	       team_write(call->db, call->principal.org_id, id, call->out, error);
}

static gboolean team_patch(ApiCall *call, GError **error)
{
	return team_update(call->db, &call->principal, call_id(call), call->body, error) &&
	       team_get(call, error);
}

static gboolean team_one_delete(ApiCall *call, GError **error)
{
	return team_delete(call->db, &call->principal, call_id(call), error);
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static void put_key(const Key *key, gpointer data)
{
	JsonWriter *w = data;
	g_autofree char *scopes = scopes_text(key->scopes);

	json_object_begin(w, NULL);
	json_put_string(w, "id", key->id);
	json_put_string(w, "name", key->name);
	json_put_string(w, "scope", scopes);
	json_put_string(w, "role", key->role);
	json_put_string(w, "state", key->state);
	json_put_time(w, "created_at", key->created_at);
	json_put_time(w, "expires_at", key->expires_at);
	json_put_time(w, "revoked_at", key->revoked_at);
	json_put_time(w, "used_at", key->used_at);
	json_put_int(w, "per_minute", key->per_minute);
	json_object_end(w);
}

static gboolean keys_get(ApiCall *call, GError **error)
{
	JsonWriter w = json_writer(call->out);

	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	if (!key_each(call->db, call->principal.org_id, put_key, &w, error))
		return FALSE;
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

static gboolean invalid(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s", what);
	return FALSE;
}

/* Scopes, end and pace of the body. */
static gboolean read_key(ApiCall *call, NewKey *fresh, GError **error)
{
	const json_t *pace = json_object_get(call->body, "per_minute");
	const char *scope, *end;

	if (!call_string(call, "name", &fresh->name, error) ||
	    !call_string(call, "role", &fresh->role, error) ||
	    !call_string(call, "scope", &scope, error) ||
	    !call_string(call, "expires_at", &end, error))
		return FALSE;
	if (!fresh->name)
		return invalid(error, "send the name of the key");
	if (end && !clock_parse(end, &fresh->expires_at))
		return invalid(error, "expires_at must be a time such as 2027-01-31T12:00:00Z");
	if (pace && !json_is_null(pace) &&
	    (!json_is_integer(pace) || json_integer_value(pace) < 0 ||
	     json_integer_value(pace) > 1000000))
		return invalid(error, "per_minute must be a number from 0 to 1000000");
	fresh->per_minute = (guint)json_integer_value(pace);
	return scopes_parse(scope ? scope : "read", &fresh->scopes, error);
}

static gboolean key_post(ApiCall *call, GError **error)
{
	NewKey fresh = {0};
	g_autofree char *key = NULL;
	g_autofree char *scopes = NULL;
	JsonWriter w = json_writer(call->out);
	char id[37];

	if (!read_key(call, &fresh, error) ||
	    !key_create(call->db, &call->principal, &fresh, id, &key, error))
		return FALSE;
	call->secret = g_strdup(key);
	scopes = scopes_text(fresh.scopes);
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", id);
	json_put_string(&w, "key", key);
	json_put_string(&w, "name", fresh.name);
	json_put_string(&w, "scope", scopes);
	json_put_string(&w, "role", fresh.role);
	json_put_time(&w, "expires_at", fresh.expires_at);
	json_object_end(&w);
	return TRUE;
}

static gboolean key_delete(ApiCall *call, GError **error)
{
	return key_revoke(call->db, &call->principal, call_id(call), error);
}

#define ROLES "/api/v1/roles"
#define TEAMS "/api/v1/teams"
#define KEYS "/api/v1/keys"

const HttpRoute access_routes[] = {
	{"GET", ROLES, "role_list", "Roles and what they may do", "staff", API_READ, 0, NULL,
	 "RoleList", 200, NULL, roles_get, NULL},
	{"POST", ROLES, "role_create", "Make a role", "admin", API_WRITE, 262144, "NewRole", "Role",
	 201, NULL, role_post, NULL},
	{"GET", ROLES "/{name}", "role_get", "One role", "staff", API_READ, 0, NULL, "Role", 200,
	 NULL, role_get, NULL},
	{"PATCH", ROLES "/{name}", "role_update", "Change labels or rights of a role", "admin",
	 API_WRITE, 262144, "RoleChange", "Role", 200, NULL, role_patch, NULL},
	{"DELETE", ROLES "/{name}", "role_delete",
	 "Remove a role; one of the program is as it came", "admin", API_WRITE, 0, NULL, NULL, 204,
	 NULL, role_one_delete, NULL},
	{"GET", TEAMS, "team_list", "Teams and their members", "staff", API_READ, 0, NULL,
	 "TeamList", 200, NULL, teams_get, NULL},
	{"POST", TEAMS, "team_create", "Make a team", "admin", API_WRITE, 262144, "NewTeam", "Team",
	 201, NULL, team_post, NULL},
	{"GET", TEAMS "/{id}", "team_get", "One team", "staff", API_READ, 0, NULL, "Team", 200,
	 NULL, team_get, NULL},
	{"PATCH", TEAMS "/{id}", "team_update", "Change name or members", "admin", API_WRITE,
	 262144, "TeamChange", "Team", 200, NULL, team_patch, NULL},
	{"DELETE", TEAMS "/{id}", "team_delete", "Remove a team, not its members", "admin",
	 API_WRITE, 0, NULL, NULL, 204, NULL, team_one_delete, NULL},
	{"GET", KEYS, "key_list", "API keys, never the secrets", "admin", API_READ, 0, NULL,
	 "KeyList", 200, NULL, keys_get, NULL},
	{"POST", KEYS, "key_create", "Make an API key; it is shown once", "admin", API_WRITE, 16384,
	 "NewKey", "CreatedKey", 201, NULL, key_post, NULL},
	{"DELETE", KEYS "/{id}", "key_revoke", "From now on the key opens nothing", "admin",
	 API_WRITE, 0, NULL, NULL, 204, NULL, key_delete, NULL},
};
const gsize n_access_routes = G_N_ELEMENTS(access_routes);
