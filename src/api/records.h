/* Routes of records: one template for every object, those of an organisation's own included. */
#pragma once

#include "api/api.h"
#include "crm/objects.h"
#include "http/router.h"

/* The routes of an object with its plural in their paths, for the route table and for OpenAPI. GArray
 * of HttpRoute; texts and rows live as long as the program. */
GArray *record_routes_of(const Object *object);
/* "Contact" of contact; lives as long as the program. */
const char *object_schema_name(const Object *object);
/* A page of the object that the path names. */
gboolean record_list_get(ApiCall *call, GError **error);
