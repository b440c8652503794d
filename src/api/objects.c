/* The declarations: what objects there are, and what administrators add to them. */
#include <string.h>

#include "api/api.h"
#include "base/error.h"
#include "crm/schema.h"

static const char *call_name(const ApiCall *call, const char *parameter)
{
	return route_match_value(&call->match, parameter);
}

static gboolean objects_get(ApiCall *call, GError **error)
{
	g_autoptr(GPtrArray) objects = schema_objects(call->db, call->principal.org_id, error);
	JsonWriter w = json_writer(call->out);

	if (!objects)
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	for (guint i = 0; i < objects->len; i++)
		if (access_may(&call->principal, objects->pdata[i], ACCESS_READ, NULL))
			schema_put_object(&w, &call->principal, objects->pdata[i]);
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}

static gboolean answer_object(ApiCall *call, const char *plural, GError **error)
{
	const Object *object = schema_object(call->db, call->principal.org_id, plural, error);
	JsonWriter w = json_writer(call->out);

	if (!object || !access_may(&call->principal, object, ACCESS_READ, error))
		return FALSE;
	schema_put_object(&w, &call->principal, object);
	return TRUE;
}

static gboolean object_get(ApiCall *call, GError **error)
{
	return answer_object(call, call_name(call, "object"), error);
}

static gboolean object_post(ApiCall *call, GError **error)
{
	return schema_create_object(call->db, &call->principal, call->body, call->faults, error) &&
	       answer_object(call, json_member_string(call->body, "plural"), error);
}

static gboolean object_patch(ApiCall *call, GError **error)
{
	return schema_patch_object(call->db, &call->principal, call_name(call, "object"),
				   call->body, call->faults, error) &&
	       answer_object(call, call_name(call, "object"), error);
}

static gboolean object_delete(ApiCall *call, GError **error)
{
	return schema_remove_object(call->db, &call->principal, call_name(call, "object"), error);
}

static gboolean object_restore(ApiCall *call, GError **error)
{
	return schema_restore_object(call->db, &call->principal, call_name(call, "object"),
				     error) &&
	       answer_object(call, call_name(call, "object"), error);
}

static gboolean field_post(ApiCall *call, GError **error)
{
	return schema_create_field(call->db, &call->principal, call_name(call, "object"),
				   call->body, call->faults, error) &&
	       answer_object(call, call_name(call, "object"), error);
}

static gboolean field_patch(ApiCall *call, GError **error)
{
	return schema_patch_field(call->db, &call->principal, call_name(call, "object"),
				  call_name(call, "field"), call->body, call->faults, error) &&
	       answer_object(call, call_name(call, "object"), error);
}

static gboolean field_delete(ApiCall *call, GError **error)
{
	return schema_remove_field(call->db, &call->principal, call_name(call, "object"),
				   call_name(call, "field"), error);
}

static gboolean field_restore(ApiCall *call, GError **error)
{
	return schema_restore_field(call->db, &call->principal, call_name(call, "object"),
				    call_name(call, "field"), error) &&
	       answer_object(call, call_name(call, "object"), error);
}

#define OBJECTS "/api/v1/objects"
#define FIELDS OBJECTS "/{object}/fields"

const HttpRoute object_routes[] = {
	{"GET", OBJECTS, "objects_list", "Every object with its fields", "records:read", API_READ,
	 0, NULL, "DeclaredObjectList", 200, NULL, objects_get, NULL},
	{"POST", OBJECTS, "objects_create", "Invent an object", "admin", API_WRITE, 262144,
	 "NewObject", "DeclaredObject", 201, NULL, object_post, NULL},
	{"GET", OBJECTS "/{object}", "objects_get", "One object with its fields", "records:read",
	 API_READ, 0, NULL, "DeclaredObject", 200, NULL, object_get, NULL},
	{"PATCH", OBJECTS "/{object}", "objects_update", "Change the labels of an invented object",
	 "admin", API_WRITE, 65536, "NewObject", "DeclaredObject", 200, NULL, object_patch, NULL},
	{"DELETE", OBJECTS "/{object}", "objects_remove",
	 "Take an invented object out of sight, with its records", "admin", API_WRITE, 0, NULL,
	 NULL, 204, NULL, object_delete, NULL},
	{"POST", OBJECTS "/{object}/restore", "objects_restore", "Bring an object back", "admin",
	 API_WRITE, 4096, NULL, "DeclaredObject", 200, NULL, object_restore, NULL},
	{"POST", FIELDS, "fields_create", "Add a field to an object", "admin", API_WRITE, 65536,
	 "NewField", "DeclaredObject", 201, NULL, field_post, NULL},
	{"PATCH", FIELDS "/{field}", "fields_update",
	 "Change labels, choices, rules or default of a field", "admin", API_WRITE, 65536,
	 "NewField", "DeclaredObject", 200, NULL, field_patch, NULL},
	{"DELETE", FIELDS "/{field}", "fields_remove", "Take a field out of sight, with its values",
	 "admin", API_WRITE, 0, NULL, NULL, 204, NULL, field_delete, NULL},
	{"POST", FIELDS "/{field}/restore", "fields_restore", "Bring a field back", "admin",
	 API_WRITE, 4096, NULL, "DeclaredObject", 200, NULL, field_restore, NULL},
};
const gsize n_object_routes = G_N_ELEMENTS(object_routes);
