/* Many records in one request: each a unit of its own inside the one transaction. */
#include <string.h>

#include "base/error.h"
#include "base/id.h"
#include "crm/records.h"

typedef struct {
	const Principal *principal;
	const Object *object;
	json_t *element; /* fields, fields with id, or an id */
	GPtrArray *faults;
	char id[37];
} Item;

static gboolean create_item(Db *db, gpointer data, GError **error)
{
	Item *item = data;

	return record_create(db, item->principal, item->object, item->element, item->id,
			     item->faults, error);
}

static gboolean update_item(Db *db, gpointer data, GError **error)
{
	Item *item = data;
	const char *id = json_member_string(item->element, "id");

	g_strlcpy(item->id, id ? id : "", sizeof(item->id));
	if (json_is_object(item->element))
		json_object_del(item->element, "id");
	return record_patch(db, item->principal, item->object, item->id, item->element, NULL,
			    item->faults, error);
}

static gboolean delete_item(Db *db, gpointer data, GError **error)
{
	Item *item = data;
	const char *id = json_string_value(item->element);

	g_strlcpy(item->id, id ? id : "", sizeof(item->id));
	return record_delete(db, item->principal, item->object, item->id, NULL, error);
}

static const struct {
	const char *member;
	json_type type; /* of its items */
	StoreWork work;
	int status;
} kinds[] = {{"create", JSON_OBJECT, create_item, 201},
	     {"update", JSON_OBJECT, update_item, 200},
	     {"delete", JSON_STRING, delete_item, 204}};

static void put_failure(JsonWriter *w, const GError *failed, const GPtrArray *faults, Reader reader)
{
	g_autofree char *detail = error_detail(failed, reader);

	json_put_int(w, "status", error_kind(failed)->http_status);
	json_put_string(w, "code", error_kind(failed)->slug);
	json_put_string(w, "detail", detail);
	json_array_begin(w, "errors");
	for (guint i = 0; i + 1 < faults->len; i += 2) {
		g_autofree char *message = error_text(faults->pdata[i + 1], reader);

		json_object_begin(w, NULL);
		json_put_string(w, "path", faults->pdata[i]);
		json_put_string(w, "message", message);
		json_object_end(w);
	}
	json_array_end(w);
}

/* FALSE only for what is nobody's mistake: that undoes the whole request. */
static gboolean run_item(Db *db, Item *item, gsize kind, JsonWriter *w, GError **error)
{
	g_autoptr(GError) failed = NULL;

	item->faults = field_faults_new();
	if (!db_nested(db, kinds[kind].work, item, &failed) &&
	    error_kind(failed)->http_status >= 500) {
		g_propagate_error(error, g_steal_pointer(&failed));
		g_ptr_array_unref(item->faults);
		return FALSE;
	}
	json_object_begin(w, NULL);
	json_put_string(w, "id", *item->id && (!failed || kind) ? item->id : NULL);
	if (failed)
		put_failure(w, failed, item->faults, item->principal->reader);
	else
		json_put_int(w, "status", kinds[kind].status);
	json_object_end(w);
	g_ptr_array_unref(item->faults);
	return TRUE;
}

static gboolean is_list(const char *name, const json_t *value)
{
	const json_t *item;
	gsize at;

	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (!g_str_equal(name, kinds[i].member))
			continue;
		json_array_foreach(value, at,
				   item) if (json_typeof(item) != kinds[i].type) return FALSE;
		return json_is_array(value);
	}
	return FALSE;
}

static gboolean check_request(const json_t *request, GError **error)
{
	const char *name;
	json_t *value;
	gsize n = 0;

	json_object_foreach((json_t *)(guintptr)request, name, value)
	{
		if (!is_list(name, value)) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "expected lists of records to create and update, and of ids "
				    "to delete, not %s",
				    name);
			return FALSE;
		}
		n += json_array_size(value);
	}
	if (n > 0 && n <= RECORD_MAX_BULK)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "expected 1 to %d items in all",
		    RECORD_MAX_BULK);
	return FALSE;
}

gboolean record_bulk(Db *db, const Principal *principal, const Object *object, json_t *request,
		     GString *out, GError **error)
{
	JsonWriter w = json_writer(out);

	if (!check_request(request, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_array_begin(&w, "items");
	for (gsize kind = 0; kind < G_N_ELEMENTS(kinds); kind++) {
		json_t *list = json_object_get(request, kinds[kind].member);

		for (gsize i = 0; i < json_array_size(list); i++) {
			Item item = {principal, object, json_array_get(list, i), NULL, ""};

			if (!run_item(db, &item, kind, &w, error))
				return FALSE;
		}
	}
	json_array_end(&w);
	json_object_end(&w);
	return TRUE;
}
