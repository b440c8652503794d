/* Members that only staff see, as a list; what is no object stays as it is. */
#include "crm/conversation_view.h"

#include <string.h>

#include "base/json.h"

static const char *const staff_only[] = {"contact_name", "handover_summary", "handover_generated"};

char *conversation_view_visitor(const char *json)
{
	g_autoptr(json_t) object = json_parse(json, strlen(json), NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(staff_only); i++)
		if (json_object_get(object, staff_only[i]))
			json_object_set_new(object, staff_only[i], json_null());
	return object ? json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY) : g_strdup(json);
}
