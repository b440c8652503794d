/* Who a conversation is with: found, made, filled in, and never overwritten by a visitor's word. */
#include "crm/people.h"

#include "crm/conversations.h"
#include "crm/records.h"
#include "fixture.h"

static void start(Db *db, const char *org_id, char ret_id[37], Principal *ret_visitor)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *token = NULL;
	Principal nobody = {.kind = PRINCIPAL_NOBODY};
	NewConversation fresh = {.channel = "web", .language = "zh"};

	g_strlcpy(nobody.org_id, org_id, sizeof(nobody.org_id));
	conversation_create(db, &nobody, &fresh, ret_id, &token, &error);
	g_assert_no_error(error);
	*ret_visitor = fixture_visitor(org_id, ret_id);
}

/* The contact's id, or NULL with error. */
static char *leave(Db *db, const Principal *who, const char *conversation, const char *details,
		   gboolean *ret_kept, GError **error)
{
	g_autoptr(json_t) json = fixture_json(details);
	char *id = NULL;

	if (people_leave_details(db, who, conversation, json, &id, ret_kept, error))
		return id;
	g_assert_null(id);
	return NULL;
}

static void expect_contact(Db *db, const Principal *who, const char *id, const char *member,
			   const char *wanted)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) contact = NULL;

	record_get(db, who, &OBJECT_CONTACT, id, NULL, out, NULL, &error);
	g_assert_no_error(error);
	contact = json_parse(out->str, out->len, &error);
	g_assert_cmpstr(json_member_string(contact, member), ==, wanted);
}

static gboolean reachable(Db *db, const char *org_id, const char *conversation)
{
	g_autoptr(GError) error = NULL;
	gboolean is = FALSE;

	people_reachable(db, org_id, conversation, &is, &error);
	g_assert_no_error(error);
	return is;
}

static void test_a_visitor_becomes_a_contact(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *first = NULL, *second = NULL;
	Principal visitor;
	char id[37];
	gboolean kept;

	start(db, f->a, id, &visitor);
	g_assert_false(reachable(db, f->a, id));
	first = leave(db, &visitor, id, "{'name':'李雷','email':' Li@Mail.Example '}", &kept,
		      &error);
	g_assert_no_error(error);
	g_assert_true(kept);
	g_assert_true(reachable(db, f->a, id));
	expect_contact(db, &f->user_a, first, "email", "li@mail.example");
	expect_contact(db, &f->user_a, first, "source", "chat");
	/* more of the same person: filled in where something was missing */
	second = leave(db, &visitor, id, "{'phone':'138 0013 8000'}", &kept, &error);
	g_assert_cmpstr(second, ==, first);
	g_assert_true(kept);
	expect_contact(db, &f->user_a, first, "phone", "13800138000");
	fixture_commit(f);
}

/* Whoever names somebody's address is linked with that contact, and can change nothing in it. */
static void test_a_stranger_changes_nothing(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autoptr(json_t) document = fixture_json("{'name':'韩梅梅','email':'han@mail.example'}");
	g_autofree char *found = NULL;
	g_autoptr(GString) told = g_string_new(NULL);
	Principal visitor;
	char id[37], contact[37];
	gboolean kept;

	record_create(db, &f->user_a, &OBJECT_CONTACT, document, contact, NULL, &error);
	g_assert_no_error(error);
	start(db, f->a, id, &visitor);
	found = leave(db, &visitor, id,
		      "{'name':'Mallory','email':'HAN@mail.example','phone':'13900139000'}", &kept,
		      &error);
	g_assert_cmpstr(found, ==, contact);
	g_assert_false(kept); /* staff must be told in another way */
	expect_contact(db, &f->user_a, contact, "name", "韩梅梅");
	expect_contact(db, &f->user_a, contact, "phone", NULL);
	g_assert_true(people_write(db, &visitor, contact, told, &error));
	g_assert_null(strstr(told->str, "韩梅梅"));
	g_assert_null(strstr(told->str, "mail.example"));
	fixture_commit(f);
}

static void test_staff_and_keys_complete(void)
{
	static const struct {
		guint scopes;
		const char *phone;
	} keys[] = {
		{SCOPE_CHAT, NULL}, {SCOPE_READ | SCOPE_CHAT, NULL}, {SCOPE_WRITE, "13900139000"}};
	g_autoptr(Fixture) f = fixture_new();

	for (gsize i = 0; i < G_N_ELEMENTS(keys); i++) {
		g_autoptr(GError) error = NULL;
		Db *db = fixture_write(f);
		g_autoptr(json_t) document = fixture_json("{'email':'han@mail.example'}");
		g_autofree char *found = NULL;
		Principal key = {.kind = PRINCIPAL_KEY, .scopes = keys[i].scopes};
		Principal visitor;
		char id[37], contact[37];
		gboolean kept;

		g_strlcpy(key.org_id, f->a, sizeof(key.org_id));
		id_new(key.id);
		record_create(db, &f->user_a, &OBJECT_CONTACT, document, contact, NULL, &error);
		start(db, f->a, id, &visitor);
		found = leave(db, &key, id, "{'email':'han@mail.example','phone':'13900139000'}",
			      &kept, &error);
		g_assert_cmpstr(found, ==, contact);
		g_assert_true(kept == (keys[i].phone != NULL));
		expect_contact(db, &f->user_a, contact, "phone", keys[i].phone);
		fixture_undo(f);
	}
}

static void test_found_by_address_then_phone_never_by_name(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *first = NULL, *same_name = NULL, *same_phone = NULL, *other_org = NULL;
	Principal visitor;
	char id[37];
	gboolean kept;

	start(db, f->a, id, &visitor);
	first = leave(db, &visitor, id, "{'name':'王伟','phone':'13800138000'}", &kept, &error);
	start(db, f->a, id, &visitor);
	same_name = leave(db, &visitor, id, "{'name':'王伟'}", &kept, &error);
	g_assert_cmpstr(same_name, !=, first);
	g_assert_false(reachable(db, f->a, id)); /* a name alone reaches nobody */
	start(db, f->a, id, &visitor);
	same_phone = leave(db, &visitor, id, "{'email':'w@mail.example','phone':'138-0013-8000'}",
			   &kept, &error);
	g_assert_cmpstr(same_phone, ==, first);
	start(db, f->b, id, &visitor);
	other_org = leave(db, &visitor, id, "{'phone':'13800138000'}", &kept, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(other_org, !=, first);
	fixture_commit(f);
}

static void test_deleted_contacts_are_gone(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *first = NULL, *second = NULL;
	Principal visitor;
	char id[37];
	gboolean kept;

	start(db, f->a, id, &visitor);
	first = leave(db, &visitor, id, "{'email':'li@mail.example'}", &kept, &error);
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, first, NULL, &error));
	g_assert_false(reachable(db, f->a, id));
	second = leave(db, &visitor, id, "{'email':'li@mail.example'}", &kept, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(second, !=, first);
	g_assert_true(reachable(db, f->a, id));
	fixture_commit(f);
}

static void test_what_is_no_detail(void)
{
	static const struct {
		const char *details;
		ZhiyinError error;
	} wrong[] = {{"{}", ZHIYIN_ERROR_UNPROCESSABLE},
		     {"{'name':''}", ZHIYIN_ERROR_UNPROCESSABLE},
		     {"{'email':'nope'}", ZHIYIN_ERROR_UNPROCESSABLE},
		     {"{'phone':'12'}", ZHIYIN_ERROR_UNPROCESSABLE},
		     {"{'email':['a@b.c']}", ZHIYIN_ERROR_INVALID},
		     {"{'title':'CEO'}", ZHIYIN_ERROR_UNPROCESSABLE},
		     {"[]", ZHIYIN_ERROR_UNPROCESSABLE},
		     {"{'name':'ok','email':'nope'}", ZHIYIN_ERROR_UNPROCESSABLE}};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	Principal visitor;
	char id[37];
	gboolean kept;

	start(db, f->a, id, &visitor);
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) json = fixture_json(wrong[i].details);

		g_test_message("%s", wrong[i].details);
		g_assert_null(leave(db, &visitor, id, wrong[i].details, &kept, &error));
		fixture_expect(&error, wrong[i].error);
	}
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM contacts"), ==, 0);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/people/a_visitor_becomes_a_contact", test_a_visitor_becomes_a_contact);
	g_test_add_func("/people/a_stranger_changes_nothing", test_a_stranger_changes_nothing);
	g_test_add_func("/people/staff_and_keys_complete", test_staff_and_keys_complete);
	g_test_add_func("/people/how_they_are_found",
			test_found_by_address_then_phone_never_by_name);
	g_test_add_func("/people/deleted_contacts_are_gone", test_deleted_contacts_are_gone);
	g_test_add_func("/people/what_is_no_detail", test_what_is_no_detail);
	return g_test_run();
}
