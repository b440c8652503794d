/* Leads become customers, and lead back. */
#include "crm/conversations.h"
#include "crm/leads.h"
#include "crm/sales.h"
#include "records_fixture.h"

static json_t *convert(Db *db, const Principal *who, const char *lead, const char *request)
{
	g_autoptr(json_t) body = fixture_json(request);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	lead_convert(db, who, lead, body, out, NULL, &error);
	g_assert_no_error(error);
	return json_parse(out->str, out->len, NULL);
}

static json_t *unconvert(Db *db, const Principal *who, const char *lead)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	lead_unconvert(db, who, lead, out, &error);
	g_assert_no_error(error);
	return json_parse(out->str, out->len, NULL);
}

static char *lead_member(const json_t *answer, const char *name)
{
	return g_strdup(json_member_string(json_object_get(answer, "lead"), name));
}

static gboolean there(Db *db, const Principal *who, const Object *object, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) record = record_read(db, who, object, id, NULL, &error);

	g_clear_error(&error);
	return record != NULL;
}

static void test_makes_all_three(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	const Principal *who = &f->user_a;
	Db *db = fixture_write(f);
	g_autofree char *lead =
		make(db, who, &OBJECT_LEAD,
		     "{'name':'李雷','email':'li@yunshan.example','phone':'13800138000',"
		     "'company_name':'云杉科技','title':'采购','tags':['展会'],"
		     "'status':'qualified'}");
	g_autofree char *note =
		make(db, who, &OBJECT_NOTE, "{'body':'called','lead_id':'%s'}", lead);
	g_autofree char *task =
		make(db, who, &OBJECT_TASK, "{'title':'visit','lead_id':'%s'}", lead);
	g_autoptr(json_t) done = NULL, undone = NULL;
	g_autofree char *contact = NULL, *company = NULL, *deal = NULL;

	g_assert_true(sales_make_pipeline(db, who, "zh", &error));
	done = convert(db, who, lead, "{'deal_name':'首单','amount':1200}");
	contact = lead_member(done, "contact_id");
	company = lead_member(done, "company_id");
	deal = lead_member(done, "deal_id");
	g_assert_cmpuint(json_array_size(json_object_get(done, "made")), ==, 3);
	expect_member(db, who, &OBJECT_LEAD, lead, "status", "converted");
	expect_member(db, who, &OBJECT_CONTACT, contact, "email", "li@yunshan.example");
	expect_member(db, who, &OBJECT_CONTACT, contact, "company_id", company);
	expect_member(db, who, &OBJECT_COMPANY, company, "domain", "yunshan.example");
	expect_member(db, who, &OBJECT_DEAL, deal, "name", "首单");
	expect_member(db, who, &OBJECT_DEAL, deal, "contact_id", contact);
	expect_member(db, who, &OBJECT_NOTE, note, "contact_id", contact);
	expect_member(db, who, &OBJECT_TASK, task, "contact_id", contact);
	/* converted once */
	g_assert_false(lead_convert(db, who, lead, NULL, NULL, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	/* and all back */
	undone = unconvert(db, who, lead);
	g_assert_cmpuint(json_array_size(json_object_get(undone, "kept")), ==, 0);
	expect_member(db, who, &OBJECT_LEAD, lead, "status", "qualified");
	expect_member(db, who, &OBJECT_LEAD, lead, "contact_id", NULL);
	expect_member(db, who, &OBJECT_NOTE, note, "contact_id", NULL);
	g_assert_false(there(db, who, &OBJECT_CONTACT, contact));
	g_assert_false(there(db, who, &OBJECT_COMPANY, company));
	g_assert_false(there(db, who, &OBJECT_DEAL, deal));
	g_assert_false(lead_unconvert(db, who, lead, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	fixture_commit(f);
}

/* Who is known is found, and only what is missing is filled in; an open mail service is no company. */
static void test_finds(void)
{
	g_autoptr(Fixture) f = fixture_new();
	const Principal *who = &f->user_a;
	Db *db = fixture_write(f);
	g_autofree char *company =
		make(db, who, &OBJECT_COMPANY, "{'name':'Acme','domain':'acme.example'}");
	g_autofree char *known = make(db, who, &OBJECT_CONTACT,
				      "{'name':'Han','phone':'+8613900139000','title':'CEO'}");
	g_autofree char *lead = make(db, who, &OBJECT_LEAD,
				     "{'name':'Han Meimei','email':'han@acme.example',"
				     "'phone':'+86 139 0013 9000','title':'Buyer'}");
	g_autofree char *free_mail =
		make(db, who, &OBJECT_LEAD, "{'name':'Wang','email':'wang@qq.com'}");
	g_autoptr(json_t) done = convert(db, who, lead, "{'create_deal':false}"), other = NULL;
	g_autoptr(json_t) undone = NULL;

	g_assert_cmpuint(json_array_size(json_object_get(done, "made")), ==, 0);
	expect_member(db, who, &OBJECT_LEAD, lead, "contact_id", known);
	expect_member(db, who, &OBJECT_LEAD, lead, "company_id", company);
	expect_member(db, who, &OBJECT_LEAD, lead, "deal_id", NULL);
	expect_member(db, who, &OBJECT_CONTACT, known, "title", "CEO");
	expect_member(db, who, &OBJECT_CONTACT, known, "email", "han@acme.example");
	expect_member(db, who, &OBJECT_CONTACT, known, "company_id", company);
	other = convert(db, who, free_mail, "{'create_deal':false}");
	expect_member(db, who, &OBJECT_LEAD, free_mail, "company_id", NULL);
	/* the phone was there before, the address was not; what was changed since stays */
	{
		g_autofree char *moved = g_strdup("{'company_id':null}");
		g_autoptr(GError) error = NULL;

		g_assert_true(patch(db, who, &OBJECT_CONTACT, known, moved, &error));
	}
	undone = unconvert(db, who, lead);
	expect_member(db, who, &OBJECT_CONTACT, known, "email", NULL);
	expect_member(db, who, &OBJECT_CONTACT, known, "phone", "+8613900139000");
	expect_member(db, who, &OBJECT_CONTACT, known, "title", "CEO");
	fixture_commit(f);
}

/* What somebody has worked with since stays. */
static void test_keeps(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	const Principal *who = &f->user_a;
	Db *db = fixture_write(f);
	g_autofree char *lead = make(db, who, &OBJECT_LEAD,
				     "{'name':'Li','email':'li@a.example','company_name':'A'}");
	g_autoptr(json_t) done = convert(db, who, lead, "{}"), undone = NULL;
	g_autofree char *contact = lead_member(done, "contact_id");
	g_autofree char *company = lead_member(done, "company_id");
	g_autofree char *deal = lead_member(done, "deal_id");
	g_autofree char *note =
		make(db, who, &OBJECT_NOTE, "{'body':'new','contact_id':'%s'}", contact);

	g_assert_true(patch(db, who, &OBJECT_DEAL, deal, "{'amount':5}", &error));
	undone = unconvert(db, who, lead);
	/* the deal was changed, the contact has a note, both refer to the company */
	g_assert_cmpuint(json_array_size(json_object_get(undone, "kept")), ==, 3);
	g_assert_true(there(db, who, &OBJECT_DEAL, deal));
	g_assert_true(there(db, who, &OBJECT_CONTACT, contact));
	g_assert_true(there(db, who, &OBJECT_COMPANY, company));
	expect_member(db, who, &OBJECT_NOTE, note, "contact_id", contact);
	fixture_commit(f);
}

static void test_conversation_follows(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	const Principal *who = &f->user_a;
	NewConversation fresh = {.channel = "web", .language = "zh"};
	g_autofree char *token = NULL;
	g_autoptr(json_t) done = NULL, undone = NULL;
	Db *db = fixture_write(f);
	char id[37];

	g_assert_true(conversation_create(db, who, &fresh, id, &token, &error));
	{
		g_autofree char *lead =
			make(db, who, &OBJECT_LEAD, "{'name':'Li','conversation_id':'%s'}", id);
		g_autoptr(Conversation) linked = NULL, loose = NULL;
		g_autofree char *contact = NULL;

		done = convert(db, who, lead, "{'create_deal':false}");
		contact = lead_member(done, "contact_id");
		linked = conversation_get(db, f->a, id, &error);
		g_assert_cmpstr(linked->contact_id, ==, contact);
		undone = unconvert(db, who, lead);
		loose = conversation_get(db, f->a, id, &error);
		g_assert_null(loose->contact_id);
		g_assert_false(there(db, who, &OBJECT_CONTACT, contact));
	}
	fixture_commit(f);
}

static void test_refuses(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) unknown = fixture_json("{'colour':'red'}");
	g_autoptr(json_t) nobody =
		fixture_json("{'contact_id':'01890000-0000-7000-8000-000000000000'}");
	Db *db = fixture_write(f);
	g_autofree char *lead = make(db, &f->user_a, &OBJECT_LEAD, "{'name':'Li'}");

	g_assert_false(lead_convert(db, &f->user_a, lead, unknown, NULL, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	g_assert_false(lead_convert(db, &f->user_a, lead, nobody, NULL, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(lead_convert(db, &f->user_b, lead, NULL, NULL, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	/* not by writing the words */
	g_assert_false(patch(db, &f->user_a, &OBJECT_LEAD, lead, "{'status':'converted'}", &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	fixture_undo(f);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/leads/makes-all-three", test_makes_all_three);
	g_test_add_func("/leads/finds", test_finds);
	g_test_add_func("/leads/keeps", test_keeps);
	g_test_add_func("/leads/conversation-follows", test_conversation_follows);
	g_test_add_func("/leads/refuses", test_refuses);
	return g_test_run();
}
