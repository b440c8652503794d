/* Visitors become contacts here. A visitor's word never overwrites what staff know. */
#include "crm/people.h"

#include "base/error.h"
#include "base/json.h"
#include "crm/conversations.h"
#include "crm/fields.h"
#include "crm/records.h"

static const char *const detail_names[] = {"name", "email", "phone"};

/* Only the three members, e-mail and phone in their stored form. */
static json_t *clean_details(const json_t *details, GError **error)
{
	g_autoptr(json_t) clean = json_object();

	for (gsize i = 0; i < G_N_ELEMENTS(detail_names); i++) {
		const char *text = json_member_string(details, detail_names[i]);
		g_autofree char *value = NULL;

		if (!text || !*text)
			continue;
		value = field_normalise(object_field(&OBJECT_CONTACT, detail_names[i])->type, text,
					error);
		if (!value) {
			g_prefix_error(error, "%s: ", detail_names[i]);
			return NULL;
		}
		json_object_set_new(clean, detail_names[i], json_string(value));
	}
	return g_steal_pointer(&clean);
}

static gboolean contact_by(Db *db, const char *org_id, const char *sql, const char *value,
			   char **ret_id, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!value || *ret_id)
		return TRUE;
	rows = db_query(db, sql, error, "ss", org_id, value);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		*ret_id = g_strdup(db_text(rows, 0));
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Fills in what the contact lacks. */
static gboolean contact_complete(Db *db, const Principal *actor, const char *id, json_t *clean,
				 GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(json_t) known = NULL;

	if (!record_get(db, actor, &OBJECT_CONTACT, id, text, NULL, error))
		return FALSE;
	known = json_parse(text->str, text->len, error);
	if (!known)
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(detail_names); i++)
		if (json_member_string(known, detail_names[i]))
			json_object_del(clean, detail_names[i]);
	return !json_object_size(clean) ||
	       record_patch(db, actor, &OBJECT_CONTACT, id, clean, NULL, NULL, error);
}

static gboolean identify_clean(Db *db, const Principal *actor, json_t *clean, char **ret_contact_id,
			       GError **error)
{
	char id[37];

	*ret_contact_id = NULL;
	if (!json_object_size(clean))
		return TRUE;
	if (!contact_by(db, actor->org_id,
			"SELECT id FROM contacts WHERE org_id = $1 AND email = $2 AND deleted_at "
			"IS NULL ORDER BY id LIMIT 1",
			json_member_string(clean, "email"), ret_contact_id, error) ||
	    !contact_by(db, actor->org_id,
			"SELECT id FROM contacts WHERE org_id = $1 AND phone = $2 AND deleted_at "
			"IS NULL ORDER BY id LIMIT 1",
			json_member_string(clean, "phone"), ret_contact_id, error))
		return FALSE;
	if (*ret_contact_id) /* a stranger who names somebody's address must not write into that record */
		return actor->kind == PRINCIPAL_VISITOR ||
		       contact_complete(db, actor, *ret_contact_id, clean, error);
	json_object_set_new(clean, "source", json_string("chat"));
	if (!record_create(db, actor, &OBJECT_CONTACT, clean, id, NULL, error))
		return FALSE;
	*ret_contact_id = g_strdup(id);
	return TRUE;
}

gboolean people_identify(Db *db, const Principal *actor, const json_t *details,
			 char **ret_contact_id, GError **error)
{
	g_autoptr(json_t) clean = clean_details(details, error);

	return clean && identify_clean(db, actor, clean, ret_contact_id, error);
}

gboolean people_leave_details(Db *db, const Principal *actor, const char *conversation_id,
			      const json_t *details, char **ret_contact_id, GError **error)
{
	g_autoptr(json_t) clean = clean_details(details, error);
	g_autoptr(Conversation) conversation = NULL;

	if (!clean)
		return FALSE;
	if (!json_object_size(clean)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "leave an e-mail address or a phone number");
		return FALSE;
	}
	conversation = conversation_get(db, actor->org_id, conversation_id, error);
	if (!conversation)
		return FALSE;
	if (conversation->contact_id) {
		*ret_contact_id = g_strdup(conversation->contact_id);
		return contact_complete(db, actor, conversation->contact_id, clean, error);
	}
	return identify_clean(db, actor, clean, ret_contact_id, error) &&
	       conversation_set_contact(db, actor, conversation_id, *ret_contact_id, error);
}

gboolean people_write(Db *db, const Principal *actor, const char *contact_id, GString *out,
		      GError **error)
{
	JsonWriter w = json_writer(out);

	if (actor->kind != PRINCIPAL_VISITOR)
		return record_get(db, actor, &OBJECT_CONTACT, contact_id, out, NULL, error);
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", contact_id);
	json_object_end(&w);
	return TRUE;
}
