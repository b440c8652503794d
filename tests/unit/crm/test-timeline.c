/* One story of many tables, in pages that do not move. */
#include "crm/conversations.h"
#include "crm/timeline.h"
#include "records_fixture.h"

typedef struct {
	const Object *object;
	const char *id, *kinds;
	int page_size;
} Ask;

/* Kinds and titles of a page; token: where to go on, and where that ended. */
static char *page(Db *db, const Principal *who, const Ask *ask, char **token)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) answer = NULL;
	TimelineQuery query = {ask->object, ask->id, ask->kinds, ask->page_size, *token};
	GString *words = g_string_new(NULL);
	json_t *item;
	gsize i;

	timeline_write(db, who, &query, out, &error);
	g_assert_no_error(error);
	answer = json_parse(out->str, out->len, &error);
	json_array_foreach(json_object_get(answer, "items"), i, item)
		g_string_append_printf(words, "%s:%s ", json_member_string(item, "kind"),
				       json_member_string(item, "title"));
	g_free(*token);
	*token = g_strdup(json_member_string(answer, "next_page_token"));
	return g_string_free(words, FALSE);
}

static char *story(Db *db, const Principal *who, const Object *object, const char *id,
		   const char *kinds, int page_size)
{
	Ask ask = {object, id, kinds, page_size};
	GString *all = g_string_new(NULL);
	char *token = NULL;
	int n = 0;

	do {
		g_autofree char *words = page(db, who, &ask, &token);

		g_string_append(all, words);
		g_assert_cmpint(++n, <, 50);
	} while (token);
	return g_string_free(all, FALSE);
}

static void expect_story(Db *db, const Principal *who, const Object *object, const char *id,
			 const char *kinds, const char *want)
{
	for (int size = 1; size <= 20; size = size * 2 + 1) {
		g_autofree char *have = story(db, who, object, id, kinds, size);

		g_assert_cmpstr(have, ==, want);
	}
}

static void test_every_kind(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	const Principal *who = &f->user_a;
	NewConversation fresh = {.channel = "web", .language = "en"};
	Db *db = fixture_write(f);
	g_autofree char *company = NULL, *contact = NULL, *token = NULL;
	char talk[37];

	clock_fix(4000000000000, 1000); /* 2096: ids do not go back */
	company = make(db, who, &OBJECT_COMPANY, "{'name':'Acme'}");
	contact = make(db, who, &OBJECT_CONTACT, "{'name':'Li','company_id':'%s'}", company);
	fresh.contact_id = contact;
	g_assert_true(conversation_create(db, who, &fresh, talk, &token, &error));
	/* at the same moment as another one, and before all that is stored */
	for (int i = 0; i < 2; i++) {
		g_autofree char *event = make(db, who, &OBJECT_EVENT,
					      "{'contact_id':'%s','type':'view',"
					      "'at':'2001-01-01T00:00:00Z'}",
					      contact);
		g_autofree char *order = make(db, who, &OBJECT_ORDER,
					      "{'contact_id':'%s','company_id':'%s','number':'%d',"
					      "'placed_at':'2001-01-01T00:00:00Z'}",
					      contact, company, i);
		g_assert_true(event && order);
	}
	{
		g_autofree char *deal =
			make(db, who, &OBJECT_DEAL,
			     "{'name':'D','contact_id':'%s','company_id':'%s'}", contact, company);
		g_autofree char *ticket =
			make(db, who, &OBJECT_TICKET, "{'subject':'T','contact_id':'%s'}", contact);
		g_autofree char *note =
			make(db, who, &OBJECT_NOTE, "{'body':'N','contact_id':'%s'}", contact);
		g_autofree char *gone =
			make(db, who, &OBJECT_NOTE, "{'body':'G','contact_id':'%s'}", contact);
		g_autofree char *task =
			make(db, who, &OBJECT_TASK, "{'title':'K','contact_id':'%s'}", contact);
		g_autofree char *visit = make(db, who, &OBJECT_ACTIVITY,
					      "{'subject':'V','contact_id':'%s',"
					      "'starts_at':'2100-01-01T00:00:00Z'}",
					      contact);
		g_assert_true(deal && ticket && note && task && visit);
		g_assert_true(record_delete(db, who, &OBJECT_NOTE, gone, NULL, &error));
	}
	g_assert_true(patch(db, who, &OBJECT_CONTACT, contact, "{'title':'CEO'}", &error));
	clock_fix(0, 0);
	expect_story(db, who, &OBJECT_CONTACT, contact, NULL,
		     "activity:V change:update task:K note: ticket:T deal:D conversation:open "
		     "created:create order:1 event:view order:0 event:view ");
	expect_story(db, who, &OBJECT_CONTACT, contact, "note,order", "note: order:1 order:0 ");
	/* of the company: what names it, and what its contacts do */
	expect_story(db, who, &OBJECT_COMPANY, company, NULL,
		     "deal:D conversation:open created:create order:1 event:view order:0 "
		     "event:view ");
	fixture_commit(f);
}

static void test_refuses(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Db *db = fixture_write(f);
	g_autofree char *contact = make(db, &f->user_a, &OBJECT_CONTACT, "{'name':'Li'}");
	TimelineQuery query = {&OBJECT_CONTACT, contact, "colour", 10, NULL};
	static const char *const tokens[] = {"", "x", "1.", "1.2.3", "1.'", "5"};

	g_assert_false(timeline_write(db, &f->user_a, &query, out, &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	query.kinds = NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++) {
		query.page_token = tokens[i];
		g_assert_false(timeline_write(db, &f->user_a, &query, out, &error));
		fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	}
	query.page_token = NULL;
	g_assert_false(timeline_write(db, &f->user_b, &query, out, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	fixture_undo(f);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/timeline/every-kind", test_every_kind);
	g_test_add_func("/timeline/refuses", test_refuses);
	return g_test_run();
}
