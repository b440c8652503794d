/* Saved views, and the records that a person has opened or keeps at hand. All belong to a person, so a
 * program's key has none. */
#include <string.h>

#include "api/api.h"
#include "base/error.h"
#include "crm/marks.h"
#include "crm/views.h"

static gboolean views_get(ApiCall *call, GError **error)
{
	return view_list(call->db, &call->principal, http_query(call->exchange, "object"),
			 call->out, error);
}

static gboolean answer_view(ApiCall *call, const char *id, GError **error)
{
	return view_get(call->db, &call->principal, id, call->out, error);
}

static gboolean views_post(ApiCall *call, GError **error)
{
	char id[37];

	return view_create(call->db, &call->principal, call->body, id, error) &&
	       answer_view(call, id, error);
}

static gboolean view_one_get(ApiCall *call, GError **error)
{
	return answer_view(call, call_id(call), error);
}

static gboolean view_one_patch(ApiCall *call, GError **error)
{
	return view_update(call->db, &call->principal, call_id(call), call->body, error) &&
	       answer_view(call, call_id(call), error);
}

static gboolean view_one_delete(ApiCall *call, GError **error)
{
	return view_delete(call->db, &call->principal, call_id(call), error);
}

/* ---- marks ----------------------------------------------------------------------------------------------------- */

static gboolean add_mark(ApiCall *call, MarkKind kind, GError **error)
{
	const char *object, *id;

	if (!call_string(call, "object", &object, error) || !call_string(call, "id", &id, error))
		return FALSE;
	if (!object || !id) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "send object and id");
		return FALSE;
	}
	return mark_add(call->db, &call->principal, kind, object, id, error);
}

static gboolean recent_get(ApiCall *call, GError **error)
{
	return mark_list(call->db, &call->principal, MARK_OPENED, call->out, error);
}

static gboolean recent_post(ApiCall *call, GError **error)
{
	return add_mark(call, MARK_OPENED, error);
}

static gboolean favourites_get(ApiCall *call, GError **error)
{
	return mark_list(call->db, &call->principal, MARK_STARRED, call->out, error);
}

static gboolean favourites_post(ApiCall *call, GError **error)
{
	return add_mark(call, MARK_STARRED, error);
}

static gboolean favourite_delete(ApiCall *call, GError **error)
{
	return mark_remove(call->db, &call->principal, MARK_STARRED,
			   route_match_value(&call->match, "object"), call_id(call), error);
}

#define VIEWS "/api/v1/views"
#define RECENT "/api/v1/recent"
#define FAVOURITES "/api/v1/favourites"

const HttpRoute view_routes[] = {
	{"GET", VIEWS, "views_list", "Saved views: own ones and those of colleagues who share them",
	 "session", API_READ, 0, NULL, "ViewList", 200, "object:string", views_get, NULL},
	{"POST", VIEWS, "views_create", "Save a view", "session", API_WRITE, 65536, "NewView",
	 "View", 201, NULL, views_post, NULL},
	{"GET", VIEWS "/{id}", "views_get", "One saved view", "session", API_READ, 0, NULL, "View",
	 200, NULL, view_one_get, NULL},
	{"PATCH", VIEWS "/{id}", "views_update", "Change a saved view", "session", API_WRITE, 65536,
	 "NewView", "View", 200, NULL, view_one_patch, NULL},
	{"DELETE", VIEWS "/{id}", "views_delete", "Forget a saved view", "session", API_WRITE, 0,
	 NULL, NULL, 204, NULL, view_one_delete, NULL},
	{"GET", RECENT, "recent_list", "Records that were opened lately, newest first", "session",
	 API_READ, 0, NULL, "MarkList", 200, NULL, recent_get, NULL},
	{"POST", RECENT, "recent_add", "Note that a record was opened", "session", API_WRITE, 4096,
	 "NewMark", NULL, 204, NULL, recent_post, NULL},
	{"GET", FAVOURITES, "favourites_list", "Records that are kept at hand, newest first",
	 "session", API_READ, 0, NULL, "MarkList", 200, NULL, favourites_get, NULL},
	{"POST", FAVOURITES, "favourites_add", "Keep a record at hand", "session", API_WRITE, 4096,
	 "NewMark", NULL, 204, NULL, favourites_post, NULL},
	{"DELETE", FAVOURITES "/{object}/{id}", "favourites_remove", "Keep it at hand no longer",
	 "session", API_WRITE, 0, NULL, NULL, 204, NULL, favourite_delete, NULL},
};
const gsize n_view_routes = G_N_ELEMENTS(view_routes);
