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
		const json_t *member = json_object_get(details, detail_names[i]);
		const char *text = json_string_value(member);
		g_autofree char *value = NULL;

		if (member && !json_is_null(member) && !text) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "%s must be a string", detail_names[i]);
			return NULL;
		}
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

static gboolean writes_records(const Principal *actor)
{
	return actor->kind == PRINCIPAL_SYSTEM ||
	       (access_check(actor, "records:write", NULL) &&
		access_reach(actor, "contacts", ACCESS_UPDATE) != REACH_NONE);
}

/* Who may write records may write into any contact, anybody else into the one that it made. */
static gboolean may_complete(Db *db, const Principal *actor, const char *contact_id,
			     gboolean *ret_may, GError **error)
{
	*ret_may = writes_records(actor);
	return *ret_may ||
	       db_exists(db,
			 "SELECT 1 FROM audit WHERE org_id = $1 AND object = 'contacts' AND "
			 "record_id = $2 AND action = 'create' AND actor_kind = $3 AND "
			 "actor_id = $4",
			 ret_may, error, "ssss", actor->org_id, contact_id,
			 principal_kind_name(actor),
			 actor->kind == PRINCIPAL_VISITOR ? actor->conversation_id : actor->id);
}

/* Takes out of clean what the contact has, and tells whether it has something else instead. */
static gboolean drop_known(json_t *clean, const json_t *known)
{
	gboolean differs = FALSE;

	for (gsize i = 0; i < G_N_ELEMENTS(detail_names); i++) {
		const char *has = json_member_string(known, detail_names[i]);
		const char *said = json_member_string(clean, detail_names[i]);

		differs |= has && said && !g_str_equal(has, said);
		if (has)
			json_object_del(clean, detail_names[i]);
	}
	return differs;
}

/* Fills in what the contact lacks. */
static gboolean contact_complete(Db *db, const Principal *actor, const char *id, json_t *clean,
				 gboolean *ret_kept, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(json_t) known = NULL;
	gboolean may, differs;

	if (!record_get(db, actor, &OBJECT_CONTACT, id, NULL, text, NULL, error) ||
	    !may_complete(db, actor, id, &may, error))
		return FALSE;
	known = json_parse(text->str, text->len, error);
	if (!known)
		return FALSE;
	differs = drop_known(clean, known);
	*ret_kept = !differs && (may || !json_object_size(clean));
	return !may || !json_object_size(clean) ||
	       record_patch(db, actor, &OBJECT_CONTACT, id, clean, NULL, NULL, error);
}

/* The contact of that e-mail or phone, else a new one. */
static gboolean contact_identify(Db *db, const Principal *actor, json_t *clean,
				 char **ret_contact_id, gboolean *ret_kept, GError **error)
{
	char id[37];

	if (!contact_by(db, actor->org_id,
			"SELECT id FROM contacts WHERE org_id = $1 AND email = $2 AND deleted_at "
			"IS NULL ORDER BY id LIMIT 1",
			json_member_string(clean, "email"), ret_contact_id, error) ||
	    !contact_by(db, actor->org_id,
			"SELECT id FROM contacts WHERE org_id = $1 AND phone = $2 AND deleted_at "
			"IS NULL ORDER BY id LIMIT 1",
			json_member_string(clean, "phone"), ret_contact_id, error))
		return FALSE;
	if (*ret_contact_id)
		return contact_complete(db, actor, *ret_contact_id, clean, ret_kept, error);
	json_object_set_new(clean, "source", json_string("chat"));
	if (!record_create(db, actor, &OBJECT_CONTACT, clean, id, NULL, error))
		return FALSE;
	*ret_contact_id = g_strdup(id);
	return TRUE;
}

/* The contact that the conversation has; NULL when it has none or it was deleted. */
static gboolean present_contact(Db *db, const Principal *actor, const char *conversation_id,
				char **ret_contact_id, GError **error)
{
	g_autoptr(Conversation) conversation =
		conversation_get(db, actor->org_id, conversation_id, error);

	if (!conversation)
		return FALSE;
	return contact_by(db, actor->org_id,
			  "SELECT id FROM contacts WHERE org_id = $1 AND id = $2 AND deleted_at IS "
			  "NULL",
			  conversation->contact_id, ret_contact_id, error);
}

gboolean people_details_given(const json_t *details)
{
	for (gsize i = 0; i < G_N_ELEMENTS(detail_names); i++) {
		const json_t *member = json_object_get(details, detail_names[i]);

		if (member && !json_is_null(member) &&
		    json_string_length(member) + !json_is_string(member))
			return TRUE;
	}
	return FALSE;
}

gboolean people_leave_details(Db *db, const Principal *actor, const char *conversation_id,
			      const json_t *details, char **ret_contact_id, gboolean *ret_kept,
			      GError **error)
{
	g_autoptr(json_t) clean = clean_details(details, error);

	*ret_contact_id = NULL;
	*ret_kept = TRUE;
	if (!clean)
		return FALSE;
	if (!json_object_size(clean)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
			    "leave an e-mail address or a phone number");
		return FALSE;
	}
	if (!present_contact(db, actor, conversation_id, ret_contact_id, error))
		return FALSE;
	if (*ret_contact_id)
		return contact_complete(db, actor, *ret_contact_id, clean, ret_kept, error);
	return contact_identify(db, actor, clean, ret_contact_id, ret_kept, error) &&
	       conversation_set_contact(db, actor, conversation_id, *ret_contact_id, error);
}

gboolean people_reachable(Db *db, const char *org_id, const char *conversation_id,
			  gboolean *ret_reachable, GError **error)
{
	return db_exists(db,
			 "SELECT 1 FROM conversations c JOIN contacts k ON k.org_id = c.org_id AND "
			 "k.id = c.contact_id WHERE c.org_id = $1 AND c.id = $2 AND "
			 "k.deleted_at IS NULL AND coalesce(k.email, k.phone) IS NOT NULL",
			 ret_reachable, error, "ss", org_id, conversation_id);
}

gboolean people_write(Db *db, const Principal *actor, const char *contact_id, GString *out,
		      GError **error)
{
	JsonWriter w = json_writer(out);

	if (access_check(actor, "records:read", NULL))
		return record_get(db, actor, &OBJECT_CONTACT, contact_id, NULL, out, NULL, error);
	json_object_begin(&w, NULL);
	json_put_string(&w, "id", contact_id);
	json_object_end(&w);
	return TRUE;
}
