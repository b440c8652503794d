/* Every step of a conversion is noted as it is done; undoing walks the notes backwards. Only empty fields
 * are ever completed, so a step needs no more than their names. */
#include "crm/leads.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/conversations.h"
#include "crm/fields.h"
#include "crm/records.h"
#include "crm/relations.h"

typedef struct {
	Db *db;
	const Principal *principal;
	const char *lead_id;
	json_t *lead; /* as it is before */
	const json_t *request;
	json_t *given; /* field -> value that records get: the ids, and what the lead knows of the person */
	json_t *steps;
	GPtrArray *faults;
} Conversion;

static void conversion_clear(Conversion *c)
{
	g_clear_pointer(&c->lead, json_decref);
	g_clear_pointer(&c->given, json_decref);
	g_clear_pointer(&c->steps, json_decref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Conversion, conversion_clear)

/* What a contact takes over from its lead. */
static const char *const person_fields[] = {"name",	"email",  "phone", "title",
					    "language", "source", "tags",  "owner_id"};

static void give(json_t *into, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);

	if (value && !json_is_null(value))
		json_object_set(into, name, value);
}

static gboolean begin(Conversion *c, GError **error)
{
	if (!record_may(c->db, c->principal, &OBJECT_LEAD, c->lead_id, ACCESS_UPDATE, error))
		return FALSE;
	c->lead = record_read(c->db, c->principal, &OBJECT_LEAD, c->lead_id, NULL, error);
	if (!c->lead)
		return FALSE;
	c->given = json_object();
	for (gsize i = 0; i < G_N_ELEMENTS(person_fields); i++)
		give(c->given, c->lead, person_fields[i]);
	return TRUE;
}

/* ---- steps ------------------------------------------------------------------------------------------------------ */

static gboolean make(Conversion *c, const Object *object, json_t *fields, const char *reference,
		     GError **error)
{
	char id[37];

	if (!record_create(c->db, c->principal, object, fields, id, c->faults, error))
		return FALSE;
	json_array_append_new(c->steps, json_pack("{s:s, s:s, s:i}", "object", object->plural, "id",
						  id, "version", 1));
	json_object_set_new(c->given, reference, json_string(id));
	return TRUE;
}

/* Writes what the record lacks of these fields. */
static gboolean complete(Conversion *c, const Object *object, const char *id,
			 const char *const *names, gsize n_names, GError **error)
{
	g_autoptr(json_t) record = record_read(c->db, c->principal, object, id, NULL, error);
	g_autoptr(json_t) patch = json_object();
	json_t *fields;

	if (!record)
		return FALSE;
	fields = json_array();
	for (gsize i = 0; i < n_names; i++) {
		const json_t *has = json_object_get(record, names[i]);

		if ((has && !json_is_null(has)) || !json_object_get(c->given, names[i]))
			continue;
		give(patch, c->given, names[i]);
		json_array_append_new(fields, json_string(names[i]));
	}
	if (json_array_size(fields))
		json_array_append_new(c->steps,
				      json_pack("{s:s, s:s, s:O}", "object", object->plural, "id",
						id, "fields", fields));
	json_decref(fields);
	return record_set(c->db, c->principal, object, id, patch, error);
}

/* The first live record of that value, into given. */
static gboolean find(Conversion *c, const char *sql, const char *value, const char *reference,
		     GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (!value || !*value || json_object_get(c->given, reference))
		return TRUE;
	rows = db_query(c->db, sql, error, "ss", c->principal->org_id, value);
	if (!rows)
		return FALSE;
	if (db_next(rows, &failed))
		json_object_set_new(c->given, reference, json_string(db_text(rows, 0)));
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* ---- company ---------------------------------------------------------------------------------------------------- */

/* Where anybody can have an address, so that it says nothing of a company. */
static const char *const open_mail[] = {
	"126.com",     "139.com",	 "163.com",	"189.cn",
	"21cn.com",    "aliyun.com",	 "aol.com",	"foxmail.com",
	"gmail.com",   "gmx.de",	 "gmx.net",	"googlemail.com",
	"hotmail.com", "icloud.com",	 "live.cn",	"live.com",
	"mail.ru",     "me.com",	 "msn.com",	"outlook.com",
	"proton.me",   "protonmail.com", "qq.com",	"sina.cn",
	"sina.com",    "sohu.com",	 "t-online.de", "tom.com",
	"vip.163.com", "vip.qq.com",	 "web.de",	"yahoo.com",
	"yahoo.co.uk", "yahoo.com.cn",	 "yandex.ru",	"yeah.net",
	NULL};

static const char *company_domain(const json_t *lead)
{
	const char *email = json_member_string(lead, "email");
	const char *at = email ? strrchr(email, '@') : NULL;

	return at && !g_strv_contains(open_mail, at + 1) ? at + 1 : NULL;
}

static gboolean company_take(Conversion *c, GError **error)
{
	const char *domain = company_domain(c->lead);
	const char *name = json_member_string(c->lead, "company_name");
	g_autofree char *shown = name ? g_strstrip(g_strdup(name)) : NULL;
	g_autoptr(json_t) fields = NULL;

	give(c->given, c->request, "company_id");
	if (!find(c,
		  "SELECT id FROM companies WHERE org_id = $1 AND domain = $2 AND deleted_at IS "
		  "NULL ORDER BY id LIMIT 1",
		  domain, "company_id", error) ||
	    !find(c,
		  "SELECT id FROM companies WHERE org_id = $1 AND name = $2 AND deleted_at IS NULL "
		  "ORDER BY id LIMIT 1",
		  shown, "company_id", error))
		return FALSE;
	if (json_object_get(c->given, "company_id") || !shown || !*shown)
		return TRUE;
	fields = json_pack("{s:s, s:s?}", "name", shown, "domain", domain);
	give(fields, c->lead, "owner_id");
	give(fields, c->lead, "source");
	return make(c, &OBJECT_COMPANY, fields, "company_id", error);
}

/* ---- contact ---------------------------------------------------------------------------------------------------- */

static gboolean contact_take(Conversion *c, GError **error)
{
	static const char *const completed[] = {"name",	    "email",  "phone",	  "title",
						"language", "source", "owner_id", "company_id"};
	g_autoptr(json_t) fields = NULL;
	const char *found;

	give(c->given, c->request, "contact_id");
	if (!find(c,
		  "SELECT id FROM contacts WHERE org_id = $1 AND email = $2 AND deleted_at IS NULL "
		  "ORDER BY id LIMIT 1",
		  json_member_string(c->lead, "email"), "contact_id", error) ||
	    !find(c,
		  "SELECT id FROM contacts WHERE org_id = $1 AND phone = $2 AND deleted_at IS NULL "
		  "ORDER BY id LIMIT 1",
		  json_member_string(c->lead, "phone"), "contact_id", error))
		return FALSE;
	found = json_member_string(c->given, "contact_id");
	if (found)
		return complete(c, &OBJECT_CONTACT, found, completed, G_N_ELEMENTS(completed),
				error);
	fields = json_copy(c->given);
	return make(c, &OBJECT_CONTACT, fields, "contact_id", error);
}

/* ---- deal ------------------------------------------------------------------------------------------------------- */

static gboolean deal_take(Conversion *c, GError **error)
{
	static const char *const said[] = {"amount", "currency", "pipeline_id", "stage_id",
					   "expected_close_on"};
	const char *name = json_member_string(c->request, "deal_name");
	g_autoptr(json_t) fields = json_object();

	if (json_is_false(json_object_get(c->request, "create_deal")))
		return TRUE;
	if (!name)
		name = json_member_string(c->lead, "company_name");
	if (!name)
		name = json_member_string(c->lead, "name");
	json_object_set_new(fields, "name", json_string(name));
	for (gsize i = 0; i < G_N_ELEMENTS(said); i++)
		give(fields, c->request, said[i]);
	give(fields, c->given, "contact_id");
	give(fields, c->given, "company_id");
	give(fields, c->lead, "owner_id");
	give(fields, c->lead, "source");
	return make(c, &OBJECT_DEAL, fields, "deal_id", error);
}

/* ---- what belongs to the lead ----------------------------------------------------------------------------------- */

static GPtrArray *ids_of_lead(Conversion *c, const Object *object, GError **error)
{
	g_autofree char *sql = g_strdup_printf("SELECT id FROM %s WHERE org_id = $1 AND lead_id = "
					       "$2 AND deleted_at IS NULL ORDER BY id",
					       object_table(object));

	return db_texts(c->db, sql, error, "ss", c->principal->org_id, c->lead_id);
}

static gboolean follow(Conversion *c, GError **error)
{
	static const Object *const followers[] = {&OBJECT_NOTE, &OBJECT_TASK, &OBJECT_ACTIVITY};
	static const char *const contact[] = {"contact_id"};

	for (gsize i = 0; i < G_N_ELEMENTS(followers); i++) {
		g_autoptr(GPtrArray) ids = ids_of_lead(c, followers[i], error);

		for (guint k = 0; ids && k < ids->len; k++)
			if (!complete(c, followers[i], ids->pdata[k], contact, 1, error))
				return FALSE;
		if (!ids)
			return FALSE;
	}
	return TRUE;
}

/* The lead's conversation, unless it has a contact or is not there any more. */
static gboolean follow_conversation(Conversion *c, GError **error)
{
	const char *id = json_member_string(c->lead, "conversation_id");
	g_autoptr(GError) failed = NULL;
	g_autoptr(Conversation) conversation =
		id ? conversation_get(c->db, c->principal->org_id, id, &failed) : NULL;

	if (failed && !g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND)) {
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	if (!conversation || conversation->contact_id)
		return TRUE;
	json_array_append_new(c->steps,
			      json_pack("{s:s, s:s}", "object", "conversations", "id", id));
	return conversation_set_contact(c->db, c->principal, id,
					json_member_string(c->given, "contact_id"), error);
}

/* ---- converting ------------------------------------------------------------------------------------------------- */

static gboolean keep_steps(Conversion *c, GError **error)
{
	g_autofree char *steps = json_dumps(c->steps, JSON_COMPACT);

	return db_run(c->db,
		      "INSERT INTO lead_conversions (org_id, lead_id, status, steps, at) VALUES "
		      "($1, $2, $3, $4, $5)",
		      error, "ssssi", c->principal->org_id, c->lead_id,
		      json_member_string(c->lead, "status"), steps, clock_now_ms());
}

static gboolean mark_converted(Conversion *c, GError **error)
{
	char now[CLOCK_TEXT_LENGTH + 1];
	g_autoptr(json_t) patch = json_pack("{s:s, s:s}", "status", "converted", "converted_at",
					    clock_format(clock_now_ms(), now));

	give(patch, c->given, "contact_id");
	give(patch, c->given, "company_id");
	give(patch, c->given, "deal_id");
	return record_set(c->db, c->principal, &OBJECT_LEAD, c->lead_id, patch, error);
}

static gboolean answer(Conversion *c, const json_t *made, const json_t *kept, GString *out,
		       GError **error)
{
	JsonWriter w = json_writer(out);
	g_autofree char *made_text = json_dumps(made, JSON_COMPACT);
	g_autofree char *kept_text = json_dumps(kept, JSON_COMPACT);
	g_autoptr(GString) lead = g_string_new(NULL);

	if (!record_get(c->db, c->principal, &OBJECT_LEAD, c->lead_id, NULL, lead, NULL, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_raw(&w, "lead", lead->str);
	json_put_raw(&w, "made", made_text);
	json_put_raw(&w, "kept", kept_text);
	json_object_end(&w);
	return TRUE;
}

static gboolean request_check(const json_t *request, GPtrArray *faults, GError **error)
{
	static const char *const members[] = {
		"contact_id", "company_id",  "create_deal", "deal_name",	 "amount",
		"currency",   "pipeline_id", "stage_id",    "expected_close_on", NULL};
	g_autoptr(GError) failed = NULL;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(guintptr)request, name, value)
	{
		if (!g_strv_contains(members, name))
			field_fault(faults, &failed, ZHIYIN_ERROR_INVALID, name,
				    "is nothing that a conversion knows");
		else if (g_str_equal(name, "create_deal") && !json_is_boolean(value))
			field_fault(faults, &failed, ZHIYIN_ERROR_INVALID, name,
				    "must be true or false");
		else if ((g_str_equal(name, "deal_name") || g_str_has_suffix(name, "_id")) &&
			 !json_is_string(value) && !json_is_null(value))
			field_fault(faults, &failed, ZHIYIN_ERROR_INVALID, name,
				    "must be a string");
	}
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

gboolean lead_convert(Db *db, const Principal *principal, const char *id, const json_t *request,
		      GString *out, GPtrArray *faults, GError **error)
{
	g_auto(Conversion) c = {.db = db,
				.principal = principal,
				.lead_id = id,
				.request = request,
				.steps = json_array(),
				.faults = faults};
	g_autoptr(json_t) made = json_array(), kept = json_array();
	json_t *step;
	gsize i;

	if (!request_check(request, faults, error) || !begin(&c, error))
		return FALSE;
	if (json_member_string(c.lead, "converted_at")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "the lead is converted already");
		return FALSE;
	}
	if (!company_take(&c, error) || !contact_take(&c, error) || !deal_take(&c, error) ||
	    !follow(&c, error) || !follow_conversation(&c, error) || !keep_steps(&c, error) ||
	    !mark_converted(&c, error))
		return FALSE;
	json_array_foreach(c.steps, i, step) if (json_object_get(step, "version"))
		json_array_append_new(made, json_pack("{s:O, s:O}", "object",
						      json_object_get(step, "object"), "id",
						      json_object_get(step, "id")));
	return answer(&c, made, kept, out, error);
}

/* ---- undoing ---------------------------------------------------------------------------------------------------- */

/* What the conversion wrote goes, where it still stands. */
static gboolean empty_fields(Conversion *c, const Object *object, const char *id,
			     const json_t *fields, const json_t *record, GError **error)
{
	g_autoptr(json_t) patch = json_object();
	json_t *field;
	gsize i;

	json_array_foreach(fields, i, field)
	{
		const char *name = json_string_value(field);

		if (json_equal(json_object_get(record, name), json_object_get(c->given, name)))
			json_object_set_new(patch, name, json_null());
	}
	return record_set(c->db, c->principal, object, id, patch, error);
}

/* Conversations and their contact are no relation of the table of objects. */
static gboolean spoken_with(Conversion *c, const Object *object, const char *id, gboolean *ret_any,
			    GError **error)
{
	return *ret_any || object != &OBJECT_CONTACT ||
	       db_exists(c->db,
			 "SELECT 1 FROM conversations WHERE org_id = $1 AND contact_id = $2 LIMIT "
			 "1",
			 ret_any, error, "ss", c->principal->org_id, id);
}

static gboolean unmake(Conversion *c, const Object *object, const char *id, gboolean changed,
		       json_t *kept, GError **error)
{
	gboolean used = FALSE;

	if (!relations_any(c->db, c->principal, object, id, &used, error) ||
	    !spoken_with(c, object, id, &used, error))
		return FALSE;
	if (!changed && !used)
		return record_delete(c->db, c->principal, object, id, NULL, error);
	json_array_append_new(kept, json_pack("{s:s, s:s}", "object", object->plural, "id", id));
	return TRUE;
}

static gboolean undo_conversation(Conversion *c, const char *id, GError **error)
{
	g_autoptr(Conversation) conversation =
		conversation_get(c->db, c->principal->org_id, id, error);

	if (!conversation)
		return FALSE;
	return g_strcmp0(conversation->contact_id, json_member_string(c->given, "contact_id")) !=
		       0 ||
	       conversation_set_contact(c->db, c->principal, id, NULL, error);
}

static gboolean undo_step(Conversion *c, const json_t *step, json_t *kept, GError **error)
{
	const char *plural = json_member_string(step, "object");
	const char *id = json_member_string(step, "id");
	const json_t *version = json_object_get(step, "version");
	const Object *object = object_find(plural);
	g_autoptr(GError) failed = NULL;
	g_autoptr(json_t) record = NULL;
	gint64 now;

	if (!object)
		return undo_conversation(c, id, error);
	record = record_read(c->db, c->principal, object, id, &now, &failed);
	if (!record) {
		if (g_error_matches(failed, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND))
			return TRUE; /* somebody deleted it */
		g_propagate_error(error, g_steal_pointer(&failed));
		return FALSE;
	}
	return version ? unmake(c, object, id, now != json_integer_value(version), kept, error)
		       : empty_fields(c, object, id, json_object_get(step, "fields"), record,
				      error);
}

static gboolean mark_unconverted(Conversion *c, const char *status, GError **error)
{
	g_autoptr(json_t) patch = json_pack("{s:s, s:n, s:n, s:n, s:n}", "status", status,
					    "converted_at", "contact_id", "company_id", "deal_id");

	give(c->given, c->lead, "contact_id");
	give(c->given, c->lead, "company_id");
	give(c->given, c->lead, "deal_id");
	return record_set(c->db, c->principal, &OBJECT_LEAD, c->lead_id, patch, error) &&
	       db_run(c->db, "DELETE FROM lead_conversions WHERE org_id = $1 AND lead_id = $2",
		      error, "ss", c->principal->org_id, c->lead_id);
}

/* The status before and the steps; CONFLICT when there is no conversion. */
static gboolean recall_steps(Conversion *c, char **ret_status, GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(c->db,
					  "SELECT status, steps FROM lead_conversions WHERE org_id "
					  "= $1 AND lead_id = $2",
					  error, "ss", c->principal->org_id, c->lead_id);

	if (!rows)
		return FALSE;
	if (db_next(rows, &failed)) {
		*ret_status = g_strdup(db_text(rows, 0));
		c->steps = json_parse(db_text(rows, 1), db_length(rows, 1), error);
		return c->steps != NULL;
	}
	if (failed)
		g_propagate_error(error, g_steal_pointer(&failed));
	else
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_CONFLICT,
			    "the lead is not converted");
	return FALSE;
}

gboolean lead_unconvert(Db *db, const Principal *principal, const char *id, GString *out,
			GError **error)
{
	g_auto(Conversion) c = {.db = db, .principal = principal, .lead_id = id};
	g_autoptr(json_t) made = json_array(), kept = json_array();
	g_autofree char *status = NULL;

	if (!begin(&c, error) || !recall_steps(&c, &status, error) ||
	    !mark_unconverted(&c, status, error))
		return FALSE;
	for (gsize i = json_array_size(c.steps); i-- > 0;)
		if (!undo_step(&c, json_array_get(c.steps, i), kept, error))
			return FALSE;
	return answer(&c, made, kept, out, error);
}
