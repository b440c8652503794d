/* Logging in and out, and who am I. Passwords are checked on the slow pool, never on an event
 * thread. */
#include "api/api.h"
#include "api/limits.h"
#include "api/session_cookie.h"
#include "base/error.h"
#include "crm/organisation.h"
#include "crm/sessions.h"

enum { AGENT_MAX_BYTES = 200 };

static gboolean write_session(ApiCall *call, Db *db, const User *user, GError **error)
{
	g_autoptr(Organisation) organisation = organisation_get(db, user->org_id, error);
	JsonWriter w = json_writer(call->out);

	if (!organisation)
		return FALSE;
	json_object_begin(&w, NULL);
	user_write_json(user, "user", &w);
	organisation_write_json(organisation, "organisation", &w);
	json_object_end(&w);
	return TRUE;
}

typedef struct {
	const User *user;
	NewSession fresh;
	char *token;
} Login;

static gboolean store_session(Db *db, gpointer data, GError **error)
{
	Login *login = data;

	return session_create(db, login->user, &login->fresh, &login->token, error);
}

static gboolean login_allowed(ApiCall *call, const char *email, GError **error)
{
	g_autofree char *by_address =
		g_strdup_printf("login:%s", http_client_address(call->exchange));
	g_autofree char *account = user_email_key(email);
	g_autofree char *by_account = g_strdup_printf("account:%s", account);

	/* The address first: who may not try at all makes no buckets of made-up accounts. */
	return limits_take(call->api->limits, by_address, 60, error) &&
	       limits_take(call->api->limits, by_account, 10, error);
}

/* The browser as it calls itself, in ASCII and cut. */
static const char *agent_of(ApiCall *call, char agent[AGENT_MAX_BYTES])
{
	const char *sent = http_header(call->exchange, "User-Agent");

	g_strlcpy(agent, sent ? sent : "", AGENT_MAX_BYTES);
	for (char *c = agent; *c; c++)
		if (!g_ascii_isprint(*c))
			*c = '?';
	return *agent ? agent : NULL;
}

static gboolean session_post(ApiCall *call, GError **error)
{
	const char *email, *password;
	g_autoptr(Db) db = NULL;
	g_autoptr(User) user = NULL;
	Login login = {0};
	char agent[AGENT_MAX_BYTES];
	gboolean ok;

	if (!call_string(call, "email", &email, error) ||
	    !call_string(call, "password", &password, error) ||
	    !call_string(call, "code", &login.fresh.code, error))
		return FALSE;
	if (!email || !password) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "send email and password");
		return FALSE;
	}
	if (!login_allowed(call, email, error))
		return FALSE;
	db = db_begin_read(call->api->store, error);
	user = db ? user_find_email(db, email, error) : NULL;
	if (!db || *error)
		return FALSE;
	g_clear_pointer(&db, db_free); /* hashing takes long, a snapshot must not */
	if (!password_matches(user, password)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_BAD_CREDENTIALS,
			    "the e-mail or the password is not right");
		return FALSE;
	}
	login.user = user;
	login.fresh.address = http_client_address(call->exchange);
	login.fresh.agent = agent_of(call, agent);
	if (!store_write(call->api->store, store_session, &login, error))
		return FALSE;
	session_cookie(call->exchange, login.token);
	g_free(login.token);
	db = db_begin_read(call->api->store, error);
	ok = db && write_session(call, db, user, error);
	return ok;
}

static gboolean session_get(ApiCall *call, GError **error)
{
	g_autoptr(User) user =
		user_get(call->db, call->principal.org_id, call->principal.id, error);

	return user && write_session(call, call->db, user, error);
}

static gboolean session_delete(ApiCall *call, GError **error)
{
	session_cookie(call->exchange, NULL);
	return session_end(call->db, session_token(call->exchange), error);
}

static gboolean users_get(ApiCall *call, GError **error)
{
	return user_list(call->db, call->principal.org_id, call->out, error);
}

static gboolean users_me_patch(ApiCall *call, GError **error)
{
	UserChange change = {0};
	g_autoptr(User) user = NULL;
	JsonWriter w = json_writer(call->out);

	if (!call_string(call, "name", &change.name, error) ||
	    !call_string(call, "language", &change.language, error) ||
	    !user_update(call->db, &call->principal, call->principal.id, &change, error))
		return FALSE;
	user = user_get(call->db, call->principal.org_id, call->principal.id, error);
	if (!user)
		return FALSE;
	user_write_json(user, NULL, &w);
	return TRUE;
}

static gboolean organisation_read(ApiCall *call, GError **error)
{
	g_autoptr(Organisation) organisation =
		organisation_get(call->db, call->principal.org_id, error);
	JsonWriter w = json_writer(call->out);

	if (!organisation)
		return FALSE;
	organisation_write_json(organisation, NULL, &w);
	return TRUE;
}

static gboolean refuse_unknown_members(ApiCall *call, GError **error)
{
	static const char *const known[] = {"name", "time_zone", "working_hours", NULL};
	const char *name;
	json_t *value;

	json_object_foreach(call->body, name, value)
	{
		if (g_strv_contains(known, name))
			continue;
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s is not a member that can be set (name, time_zone, working_hours)",
			    name);
		return FALSE;
	}
	return TRUE;
}

static gboolean organisation_patch(ApiCall *call, GError **error)
{
	OrganisationChange change = {0};

	if (!refuse_unknown_members(call, error) ||
	    !call_string(call, "name", &change.name, error) ||
	    !call_string(call, "time_zone", &change.time_zone, error))
		return FALSE;
	change.working_hours = json_object_get(call->body, "working_hours");
	return organisation_update(call->db, &call->principal, &change, error) &&
	       organisation_read(call, error);
}

const HttpRoute session_routes[] = {
	{"POST", "/api/v1/session", "session_create", "Log in; sets the session cookie", "public",
	 API_SLOW, 4096, "Login", "Session", 200, NULL, session_post, NULL},
	{"GET", "/api/v1/session", "session_get", "Who is logged in", "session", API_READ, 0, NULL,
	 "Session", 200, NULL, session_get, NULL},
	{"DELETE", "/api/v1/session", "session_delete", "Log out", "session", API_WRITE, 0, NULL,
	 NULL, 204, NULL, session_delete, NULL},
	{"GET", "/api/v1/users", "user_list", "Staff of the organisation", "staff", API_READ, 0,
	 NULL, "UserList", 200, NULL, users_get, NULL},
	{"PATCH", "/api/v1/users/me", "user_update_me", "Change own name or language", "session",
	 API_WRITE, 4096, "UserPatch", "User", 200, NULL, users_me_patch, NULL},
	{"GET", "/api/v1/organisation", "organisation_get", "The organisation", "staff", API_READ,
	 0, NULL, "Organisation", 200, NULL, organisation_read, NULL},
	{"PATCH", "/api/v1/organisation", "organisation_update",
	 "Change name, time zone or working hours", "admin", API_WRITE, 16384, "OrganisationPatch",
	 "Organisation", 200, NULL, organisation_patch, NULL},
};
const gsize n_session_routes = G_N_ELEMENTS(session_routes);
