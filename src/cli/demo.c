/* The demo comes through the same doors as a company's own data, so it shows nothing that users do
 * not get. */
#include "cli/demo.h"

#include <string.h>

#include "base/asset.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "crm/conversations.h"
#include "crm/knowledge_import.h"
#include "crm/people.h"
#include "crm/records.h"
#include "text/csv.h"

typedef struct {
	Store *store;
	Principal actor;
	KnowledgeImport import;
	GError *error;
} DemoKnowledge;

static gboolean is_knowledge(const char *name)
{
	return g_str_has_prefix(name, "demo/faq.") || g_str_has_prefix(name, "demo/policies/");
}

static void load_article(const Asset *asset, gpointer data)
{
	DemoKnowledge *demo = data;

	if (!demo->error && is_knowledge(asset->name) && !g_str_has_suffix(asset->name, ".gz"))
		knowledge_import_text(demo->store, &demo->actor, asset->name,
				      (const char *)asset->data, asset->n_bytes, &demo->import,
				      &demo->error);
}

static gboolean load_knowledge(Store *store, const char *org_id, GError **error)
{
	DemoKnowledge demo = {.store = store, .actor = principal_system(org_id)};
	gint64 n;

	asset_each("demo/", load_article, &demo);
	n = demo.import.n_created;
	knowledge_import_clear(&demo.import);
	if (demo.error) {
		g_propagate_error(error, demo.error);
		return FALSE;
	}
	if (n)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_NOT_FOUND,
		    "this program was built without the demo company");
	return FALSE;
}

/* ---- contacts ------------------------------------------------------------------------------------------------ */

typedef struct {
	Principal actor;
	GPtrArray *contacts; /* json_t */
	GPtrArray *turns;    /* json_t: messages, those of a conversation together */
	guint n;
	GHashTable *by_email;
	char conversation_id[37];
	const char *present; /* the conversation's name in the file */
	gint64 last_at;
} DemoPeople;

static void set_text(json_t *fields, const char *name, const CsvReader *reader)
{
	int column = csv_find(reader, name);

	if (column >= 0 && *csv_cell(reader, (guint)column, NULL))
		json_object_set_new(fields, name,
				    json_string(csv_cell(reader, (guint)column, NULL)));
}

static json_t *contact_fields(const CsvReader *reader)
{
	static const char *const names[] = {"name",  "email",	 "phone",
					    "title", "language", "source"};
	g_auto(GStrv) tags = NULL;
	json_t *fields = json_object(), *list = json_array();

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		set_text(fields, names[i], reader);
	tags = g_strsplit(csv_cell(reader, (guint)MAX(csv_find(reader, "tags"), 0), NULL), ";", -1);
	for (char **tag = tags; *tag; tag++)
		if (**tag)
			json_array_append_new(list, json_string(*tag));
	json_object_set_new(fields, "tags", list);
	return fields;
}

static gboolean read_contacts(DemoPeople *people, GError **error)
{
	const Asset *asset = asset_find("demo/contacts.csv");
	g_autoptr(Input) input =
		asset ? input_new_bytes(asset->name, asset->data, asset->n_bytes, 0) : NULL;
	g_autoptr(CsvReader) reader = input ? csv_open(input, NULL, error) : NULL;
	CsvStep step;

	if (!reader)
		return !asset;
	while ((step = csv_next(reader, error)) == CSV_ROW)
		g_ptr_array_add(people->contacts, contact_fields(reader));
	return step == CSV_END;
}

static gboolean store_contacts(Db *db, gpointer data, GError **error)
{
	DemoPeople *people = data;

	for (guint i = 0; i < people->contacts->len; i++) {
		json_t *fields = g_ptr_array_index(people->contacts, i);
		char id[37];

		if (!record_create(db, &people->actor, &OBJECT_CONTACT, fields, id, NULL, error))
			return FALSE;
		g_hash_table_insert(people->by_email, g_strdup(json_member_string(fields, "email")),
				    g_strdup(id));
	}
	return TRUE;
}

/* ---- conversations ------------------------------------------------------------------------------------------- */

static gboolean read_turns(DemoPeople *people, GError **error)
{
	const Asset *asset = asset_find("demo/conversations.jsonl");
	g_auto(GStrv) lines = NULL;
	g_autofree char *text =
		asset ? g_strndup((const char *)asset->data, asset->n_bytes) : g_strdup("");

	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		json_t *turn = **line ? json_parse(*line, strlen(*line), error) : NULL;

		if (**line && !turn)
			return FALSE;
		if (turn)
			g_ptr_array_add(people->turns, turn);
	}
	return TRUE;
}

static gboolean finish_conversation(Db *db, DemoPeople *people, GError **error)
{
	ActionDetails details = {.at = people->last_at};

	return !people->present || conversation_act(db, &people->actor, people->conversation_id,
						    ACTION_RESOLVE, &details, error);
}

static gboolean begin_conversation(Db *db, DemoPeople *people, const json_t *turn, gint64 at,
				   GError **error)
{
	const char *text = json_member_string(turn, "text");
	const char *email = json_member_string(turn, "contact");
	NewConversation fresh = {
		.channel = "web",
		.language = g_utf8_strlen(text, -1) == (glong)strlen(text) ? "en" : "zh",
		.contact_id = email ? g_hash_table_lookup(people->by_email, email) : NULL,
		.at = at};
	g_autofree char *token = NULL;

	people->present = json_member_string(turn, "conversation");
	return conversation_create(db, &people->actor, &fresh, people->conversation_id, &token,
				   error);
}

static gboolean store_turn(Db *db, DemoPeople *people, const json_t *turn, GError **error)
{
	NewMessage message = {.role = json_member_string(turn, "role"),
			      .text = json_member_string(turn, "text")};
	const char *name = json_member_string(turn, "conversation"),
		   *time = json_member_string(turn, "at");
	gint64 at;

	if (!message.role || !message.text || !name || !time || !clock_parse(time, &at)) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "demo/conversations.jsonl: a line lacks a member");
		return FALSE;
	}
	if (g_strcmp0(people->present, name) != 0 &&
	    (!finish_conversation(db, people, error) ||
	     !begin_conversation(db, people, turn, at, error)))
		return FALSE;
	people->last_at = message.at = at;
	return message_add(db, &people->actor, people->conversation_id, &message, NULL, error);
}

static BulkStep store_turns(Db *db, gpointer data, GError **error)
{
	DemoPeople *people = data;

	for (int i = 0; i < 50 && people->n < people->turns->len; i++)
		if (!store_turn(db, people, g_ptr_array_index(people->turns, people->n++), error))
			return BULK_FAILED;
	if (people->n < people->turns->len)
		return BULK_MORE;
	return finish_conversation(db, people, error) ? BULK_DONE : BULK_FAILED;
}

static void json_free(gpointer json)
{
	json_decref(json);
}

static gboolean load_people(Store *store, const char *org_id, GError **error)
{
	g_autoptr(GPtrArray) contacts = g_ptr_array_new_with_free_func(json_free);
	g_autoptr(GPtrArray) turns = g_ptr_array_new_with_free_func(json_free);
	g_autoptr(GHashTable) by_email =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	DemoPeople people = {.actor = principal_system(org_id),
			     .contacts = contacts,
			     .turns = turns,
			     .by_email = by_email};

	return read_contacts(&people, error) && read_turns(&people, error) &&
	       store_write(store, store_contacts, &people, error) &&
	       store_write_bulk(store, store_turns, &people, error);
}

gboolean demo_load(Store *store, const char *org_id, GError **error)
{
	return load_knowledge(store, org_id, error) && load_people(store, org_id, error);
}
