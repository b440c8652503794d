/* Staff over HTTP: invited, changed, let go; and what people do for themselves: password, second
 * factor, sessions. Passwords are hashed on the slow pool, never on an event thread. */
#include <string.h>

#include "api/api.h"
#include "api/limits.h"
#include "api/session_cookie.h"
#include "base/error.h"
#include "crm/organisation.h"
#include "crm/sessions.h"
#include "crm/totp.h"

/* A password is guessed at ten times, a link of 256 random bits as often as an office behind one address
 * may need. */
enum { TRIES_PER_MINUTE = 10, LINKS_PER_MINUTE = 60 };

/* ---- telling ---------------------------------------------------------------------------------------------------- */

static gboolean answer_user(ApiCall *call, const char *id, GError **error)
{
	g_autoptr(User) user = user_get(call->db, call->principal.org_id, id, error);
	JsonWriter w = json_writer(call->out);

	if (!user)
		return FALSE;
	user_write_json(user, NULL, &w);
	return TRUE;
}

/* {"user","token","link","expires_in_days"}: the token stands behind the #, where no log sees it. */
static gboolean answer_link(ApiCall *call, const char *id, const char *token, GError **error)
{
	g_autoptr(User) user = user_get(call->db, call->principal.org_id, id, error);
	const char *base = config_string(call->api->config, SETTING_PUBLIC_URL);
	g_autofree char *link = g_strdup_printf("%s/console/welcome#%s", base ? base : "", token);
	JsonWriter w = json_writer(call->out);

	if (!user)
		return FALSE;
	call->secret = g_strdup(token);
	json_object_begin(&w, NULL);
	user_write_json(user, "user", &w);
	json_put_string(&w, "token", token);
	json_put_string(&w, "link", link);
	json_put_int(&w, "expires_in_days", USER_LINK_DAYS);
	json_object_end(&w);
	return TRUE;
}

static gboolean missing(GError **error, const char *what)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "send %s", what);
	return FALSE;
}

/* Whoever guesses is slowed down: by address, and by what is guessed at. */
static gboolean may_try(ApiCall *call, const char *what, GError **error)
{
	g_autofree char *by_address =
		g_strdup_printf("%s:%s", what, http_client_address(call->exchange));

	return limits_take(call->api->limits, by_address, LINKS_PER_MINUTE, error);
}

/* ---- by administrators ------------------------------------------------------------------------------------------- */

static gboolean user_post(ApiCall *call, GError **error)
{
	NewUser fresh = {0};
	g_autofree char *token = NULL;
	char id[37];

	if (!call_string(call, "name", &fresh.name, error) ||
	    !call_string(call, "email", &fresh.email, error) ||
	    !call_string(call, "role", &fresh.role, error) ||
	    !call_string(call, "language", &fresh.language, error))
		return FALSE;
	if (!fresh.name || !fresh.email)
		return missing(error, "name and email");
	if (!fresh.role)
		fresh.role = "agent";
	if (!fresh.language)
		fresh.language = "zh";
	return user_invite(call->db, &call->principal, &fresh, id, &token, error) &&
	       answer_link(call, id, token, error);
}

static gboolean user_one_patch(ApiCall *call, GError **error)
{
	UserChange change = {0};

	return call_string(call, "name", &change.name, error) &&
	       call_string(call, "language", &change.language, error) &&
	       call_string(call, "role", &change.role, error) &&
	       user_update(call->db, &call->principal, call_id(call), &change, error) &&
	       answer_user(call, call_id(call), error);
}

static gboolean deactivate_post(ApiCall *call, GError **error)
{
	g_autoptr(User) user = NULL;
	JsonWriter w = json_writer(call->out);
	const char *heir;
	gint64 n;

	if (!call_string(call, "hand_over_to", &heir, error) ||
	    !user_deactivate(call->db, &call->principal, call_id(call), heir, &n, error))
		return FALSE;
	user = user_get(call->db, call->principal.org_id, call_id(call), error);
	if (!user)
		return FALSE;
	json_object_begin(&w, NULL);
	user_write_json(user, "user", &w);
	json_put_int(&w, "handed_over", n);
	json_object_end(&w);
	return TRUE;
}

static gboolean reactivate_post(ApiCall *call, GError **error)
{
	return user_reactivate(call->db, &call->principal, call_id(call), error) &&
	       answer_user(call, call_id(call), error);
}

static gboolean reset_post(ApiCall *call, GError **error)
{
	g_autofree char *token = NULL;
	gboolean drop_totp;

	return call_bool(call, "totp", &drop_totp, error) &&
	       user_reset(call->db, &call->principal, call_id(call), drop_totp, &token, error) &&
	       answer_link(call, call_id(call), token, error);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static gboolean link_post(ApiCall *call, GError **error)
{
	g_autoptr(Db) db = NULL;
	g_autoptr(User) user = NULL;
	g_autoptr(Organisation) organisation = NULL;
	JsonWriter w = json_writer(call->out);
	const char *token;
	gint64 expires_at;

	if (!call_string(call, "token", &token, error))
		return FALSE;
	if (!token)
		return missing(error, "token");
	if (!may_try(call, "link", error))
		return FALSE;
	db = db_begin_read(call->api->store, error);
	user = db ? user_find_link(db, token, &expires_at, error) : NULL;
	organisation = user ? organisation_get(db, user->org_id, error) : NULL;
	if (!organisation)
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "name", user->name);
	json_put_string(&w, "email", user->email);
	json_put_string(&w, "language", user->language);
	json_put_string(&w, "organisation", organisation->name);
	json_put_time(&w, "expires_at", expires_at);
	json_object_end(&w);
	return TRUE;
}

typedef struct {
	const char *token, *hash, *but_token;
	const Principal *who;
	User *user;
} PasswordSetting;

static gboolean accept_link(Db *db, gpointer data, GError **error)
{
	PasswordSetting *setting = data;

	return user_accept(db, setting->token, setting->hash, &setting->user, error);
}

static gboolean accept_post(ApiCall *call, GError **error)
{
	PasswordSetting setting = {0};
	g_autoptr(User) user = NULL;
	g_autofree char *hash = NULL;
	const char *password;
	JsonWriter w = json_writer(call->out);

	if (!call_string(call, "token", &setting.token, error) ||
	    !call_string(call, "password", &password, error))
		return FALSE;
	if (!setting.token || !password)
		return missing(error, "token and password");
	if (!may_try(call, "link", error))
		return FALSE;
	hash = password_hash(password, error);
	setting.hash = hash;
	if (!hash || !store_write(call->api->store, accept_link, &setting, error))
		return FALSE;
	user = setting.user;
	user_write_json(user, NULL, &w);
	return TRUE;
}

/* ---- by themselves ----------------------------------------------------------------------------------------------- */

static gboolean set_password(Db *db, gpointer data, GError **error)
{
	const PasswordSetting *setting = data;

	return user_set_password(db, setting->who, setting->who->id, setting->hash,
				 setting->but_token, error);
}

/* Whether it is the caller's own password; asked before anything that a stolen session must not do. */
static gboolean own_password(ApiCall *call, const char *password, GError **error)
{
	g_autofree char *by_account = g_strdup_printf("account:%s", call->principal.id);
	g_autoptr(Db) db = NULL;
	g_autoptr(User) user = NULL;

	if (!password)
		return missing(error, "the password you have now");
	if (!limits_take(call->api->limits, by_account, TRIES_PER_MINUTE, error))
		return FALSE;
	db = db_begin_read(call->api->store, error);
	user = db ? user_get(db, call->principal.org_id, call->principal.id, error) : NULL;
	if (!user)
		return FALSE;
	g_clear_pointer(&db, db_free);
	if (password_matches(user, password))
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN, "this is not your password");
	return FALSE;
}

static gboolean password_post(ApiCall *call, GError **error)
{
	PasswordSetting setting = {.who = &call->principal,
				   .but_token = session_token(call->exchange)};
	const char *current, *fresh;
	g_autofree char *hash = NULL;

	if (!call_string(call, "current", &current, error) ||
	    !call_string(call, "new", &fresh, error))
		return FALSE;
	if (!fresh)
		return missing(error, "current and new");
	if (!own_password(call, current, error))
		return FALSE;
	hash = password_hash(fresh, error);
	setting.hash = hash;
	return hash && store_write(call->api->store, set_password, &setting, error);
}

typedef struct {
	const Principal *who;
	char *secret;
} Totp;

static gboolean begin_totp(Db *db, gpointer data, GError **error)
{
	Totp *totp = data;

	return user_begin_totp(db, totp->who, &totp->secret, error);
}

static gboolean drop_totp(Db *db, gpointer data, GError **error)
{
	const Totp *totp = data;

	return user_drop_totp(db, totp->who, totp->who->id, error);
}

static gboolean answer_secret(ApiCall *call, const char *secret, GError **error)
{
	g_autoptr(Db) db = db_begin_read(call->api->store, error);
	g_autoptr(User) user = NULL;
	g_autofree char *url = NULL;
	JsonWriter w = json_writer(call->out);

	user = db ? user_get(db, call->principal.org_id, call->principal.id, error) : NULL;
	if (!user)
		return FALSE;
	url = totp_url(secret, "Zhiyin", user->email);
	json_object_begin(&w, NULL);
	json_put_string(&w, "secret", secret);
	json_put_string(&w, "url", url);
	json_object_end(&w);
	return TRUE;
}

static gboolean totp_post(ApiCall *call, GError **error)
{
	Totp totp = {&call->principal, NULL};
	g_autofree char *secret = NULL;
	const char *password;

	if (!call_string(call, "password", &password, error) ||
	    !own_password(call, password, error) ||
	    !store_write(call->api->store, begin_totp, &totp, error))
		return FALSE;
	secret = totp.secret;
	return answer_secret(call, secret, error);
}

static gboolean totp_confirm_post(ApiCall *call, GError **error)
{
	g_autoptr(GPtrArray) codes = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *by_account = g_strdup_printf("totp:%s", call->principal.id);
	JsonWriter w = json_writer(call->out);
	const char *code;

	if (!call_string(call, "code", &code, error))
		return FALSE;
	if (!code)
		return missing(error, "code");
	if (!limits_take(call->api->limits, by_account, TRIES_PER_MINUTE, error) ||
	    !user_confirm_totp(call->db, &call->principal, code, codes, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "recovery_codes");
	for (guint i = 0; i < codes->len; i++)
		json_put_string(&w, NULL, codes->pdata[i]);
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

static gboolean totp_disable_post(ApiCall *call, GError **error)
{
	Totp totp = {&call->principal, NULL};
	const char *password;

	return call_string(call, "password", &password, error) &&
	       own_password(call, password, error) &&
	       store_write(call->api->store, drop_totp, &totp, error);
}

static gboolean sessions_get(ApiCall *call, GError **error)
{
	return session_list(call->db, &call->principal, session_token(call->exchange), call->out,
			    error);
}

/* Everywhere, here too. */
static gboolean sessions_delete(ApiCall *call, GError **error)
{
	session_cookie(call->exchange, NULL);
	return session_end_all(call->db, call->principal.org_id, call->principal.id, NULL, error);
}

static gboolean session_one_delete(ApiCall *call, GError **error)
{
	return session_end_id(call->db, &call->principal, call_id(call), error);
}

#define USERS "/api/v1/users"
#define ME USERS "/me"

const HttpRoute user_routes[] = {
	{"POST", USERS, "user_invite", "Invite somebody; the answer holds the link to hand on",
	 "admin", API_WRITE, 16384, "NewUser", "UserLink", 201, NULL, user_post, NULL},
	{"PATCH", USERS "/{id}", "user_update", "Change name, language or role", "admin", API_WRITE,
	 16384, "UserChange", "User", 200, NULL, user_one_patch, NULL},
	{"POST", USERS "/{id}/deactivate", "user_deactivate",
	 "End all sessions and let nobody in any more; the records may go to somebody else",
	 "admin", API_WRITE, 4096, "Deactivation", "Deactivated", 200, NULL, deactivate_post, NULL},
	{"POST", USERS "/{id}/reactivate", "user_reactivate", "Let somebody in again", "admin",
	 API_WRITE, 4096, NULL, "User", 200, NULL, reactivate_post, NULL},
	{"POST", USERS "/{id}/reset", "user_reset",
	 "A link that sets another password; with totp, the second factor is off", "admin",
	 API_WRITE, 4096, "UserReset", "UserLink", 200, NULL, reset_post, NULL},
	{"POST", USERS "/link", "user_link", "Whose link it is", "public", API_SLOW, 4096,
	 "LinkToken", "LinkOwner", 200, NULL, link_post, NULL},
	{"POST", USERS "/accept", "user_accept", "Set the password by a link", "public", API_SLOW,
	 4096, "LinkPassword", "User", 200, NULL, accept_post, NULL},
	{"POST", ME "/password", "user_set_password", "Change own password; all other sessions end",
	 "session", API_SLOW, 4096, "PasswordChange", NULL, 204, NULL, password_post, NULL},
	{"POST", ME "/totp", "user_totp_begin", "A secret for an authenticator app", "session",
	 API_SLOW, 4096, "OwnPassword", "TotpSecret", 200, NULL, totp_post, NULL},
	{"POST", ME "/totp/confirm", "user_totp_confirm",
	 "Turn the second factor on by its first code", "session", API_WRITE, 4096, "TotpCode",
	 "RecoveryCodes", 200, NULL, totp_confirm_post, NULL},
	{"POST", ME "/totp/disable", "user_totp_disable", "Turn the second factor off", "session",
	 API_SLOW, 4096, "OwnPassword", NULL, 204, NULL, totp_disable_post, NULL},
	{"GET", ME "/sessions", "session_list", "Where one is logged in", "session", API_READ, 0,
	 NULL, "SessionList", 200, NULL, sessions_get, NULL},
	{"DELETE", ME "/sessions", "session_delete_all", "Log out everywhere", "session", API_WRITE,
	 0, NULL, NULL, 204, NULL, sessions_delete, NULL},
	{"DELETE", ME "/sessions/{id}", "session_delete_one", "Log out there", "session", API_WRITE,
	 0, NULL, NULL, 204, NULL, session_one_delete, NULL},
};
const gsize n_user_routes = G_N_ELEMENTS(user_routes);
