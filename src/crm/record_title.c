/* Titles are read as anybody reads a record, so that nobody learns the title of what that one may not
 * see. */
#include "crm/record_title.h"

#include "crm/records.h"

gboolean record_title(Db *db, const Principal *principal, const Object *object, const char *id,
		      char **ret_title, GError **error)
{
	gboolean hidden =
		object->title && access_field(principal, object, object->title) == FIELD_HIDDEN;
	const char *title = hidden ? NULL : object->title;
	const char *name = title ? title : "id";
	g_autoptr(RecordView) view = record_view_new(db, principal, object, name, NULL, error);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) record = NULL;
	const json_t *value;

	if (!view || !record_get(db, principal, object, id, view, out, NULL, error))
		return FALSE;
	record = json_parse(out->str, out->len, error);
	if (!record)
		return FALSE;
	value = title ? json_object_get(record, title) : NULL;
	if (json_is_string(value))
		*ret_title = g_strdup(json_string_value(value));
	else if (json_is_number(value))
		*ret_title = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	else
		*ret_title = g_strdup("");
	return TRUE;
}
