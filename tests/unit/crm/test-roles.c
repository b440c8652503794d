/* Roles: what they say, how far it reaches, and that nothing of what is kept back shows on any way. */
#include "crm/roles.h"

#include "crm/conversations.h"
#include "crm/records.h"
#include "crm/search.h"
#include "crm/sessions.h"
#include "crm/teams.h"
#include "crm/timeline.h"
#include "fixture.h"

/* me and mate are in one team, stranger in none. */
typedef struct {
	Fixture *f;
	Principal me, mate, stranger;
	char mine[37], mates[37], strangers[37], nobodys[37]; /* contacts */
} People;

static void make_role(Db *db, Fixture *f, const char *name, const char *rights)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text =
		g_strdup_printf("{'name':'%s','label_en':'x','rights':%s}", name, rights);
	g_autoptr(json_t) body = fixture_json(text);

	role_create(db, &f->user_a, body, &error);
	g_assert_no_error(error);
}

static void give_role(Db *db, Fixture *f, Principal *who, const char *role)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(DbRows) rows = NULL;

	db_run(db, "UPDATE users SET role = $2 WHERE id = $1", &error, "ss", who->id, role);
	g_assert_no_error(error);
	rows = db_query(db, "SELECT access_version FROM organisations WHERE id = $1", &error, "s",
			f->a);
	g_assert_true(db_next(rows, &error));
	who->rights = rights_get(db, f->a, db_int(rows, 0), role, &error);
	g_assert_no_error(error);
}

static void make_contact(Db *db, const Principal *who, const char *fields, char id[37])
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) body = fixture_json(fields);

	record_create(db, who, &OBJECT_CONTACT, body, id, NULL, &error);
	g_assert_no_error(error);
}

static void make_owned(Db *db, Fixture *f, const char *name, const Principal *owner, char id[37])
{
	g_autofree char *fields =
		g_strdup_printf("{'name':'%s','phone':'+86138001380%02u','owner_id':'%s'}", name,
				(guint)(guchar)name[0] % 100, owner->id);

	make_contact(db, &f->user_a, fields, id);
}

static Principal member(Db *db, Fixture *f, const char *email)
{
	Principal who = fixture_user(f->a, FALSE);

	fixture_store_user(db, &who, email);
	return who;
}

static void make_people(Db *db, Fixture *f, const char *rights, People *p)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *team = NULL;
	g_autoptr(json_t) body = NULL;
	char id[37];

	p->f = f;
	p->me = member(db, f, "me@a.example");
	p->mate = member(db, f, "mate@a.example");
	p->stranger = member(db, f, "stranger@a.example");
	team = g_strdup_printf("{'name':'North','members':['%s','%s']}", p->me.id, p->mate.id);
	body = fixture_json(team);
	team_create(db, &f->user_a, body, id, &error);
	g_assert_no_error(error);
	make_role(db, f, "tried", rights);
	give_role(db, f, &p->me, "tried");
	make_owned(db, f, "Anna", &p->me, p->mine);
	make_owned(db, f, "Bert", &p->mate, p->mates);
	make_owned(db, f, "Carl", &p->stranger, p->strangers);
	make_contact(db, &f->user_a, "{'name':'Dora'}", p->nobodys);
}

static void people_clear(People *p)
{
	principal_clear(&p->me);
	principal_clear(&p->mate);
	principal_clear(&p->stranger);
}

static char *list(Db *db, const Principal *who, RecordQuery query)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);

	query.page_size = 50;
	record_list(db, who, &OBJECT_CONTACT, &query, out, &error);
	if (error)
		return g_strdup_printf("refused: %s", error->message);
	return g_strdup(out->str);
}

static void expect_names(const char *page, const char *names)
{
	static const char *const all[] = {"Anna", "Bert", "Carl", "Dora"};

	g_test_message("%s of %s", names, page);
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		g_assert_true((strstr(page, all[i]) != NULL) == (strchr(names, all[i][0]) != NULL));
}

static int code_of_get(Db *db, const Principal *who, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);

	return record_get(db, who, &OBJECT_CONTACT, id, NULL, out, NULL, &error) ? 0 : error->code;
}

static int code_of_patch(Db *db, const Principal *who, const char *id, const char *patch)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) body = fixture_json(patch);

	return record_patch(db, who, &OBJECT_CONTACT, id, body, NULL, NULL, &error) ? 0
										    : error->code;
}

static int code_of_delete(Db *db, const Principal *who, const char *id)
{
	g_autoptr(GError) error = NULL;

	return record_delete(db, who, &OBJECT_CONTACT, id, NULL, &error) ? 0 : error->code;
}

static void test_reach_of_lists(void)
{
	static const struct {
		const char *rights, *names;
	} cases[] = {
		{"{'*':{'read':'all'}}", "ABCD"},
		{"{'*':{'read':'team'}}", "AB"},
		{"{'*':{'read':'own'}}", "A"},
		{"{'*':{'read':'own'},'contacts':{'read':'team'}}", "AB"},
		{"{'*':{'read':'all'},'contacts':{'read':'own'}}", "A"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Fixture) f = fixture_new();
		Db *db = fixture_write(f);
		People p;
		g_autofree char *plain = NULL, *filtered = NULL, *found = NULL, *ordered = NULL;
		g_autofree char *total = NULL, *wide = NULL;

		make_people(db, f, cases[i].rights, &p);
		plain = list(db, &p.me, (RecordQuery){.total = TRUE});
		filtered = list(db, &p.me, (RecordQuery){.filter = "name:* AND NOT name = \"x\""});
		wide = list(db, &p.me, (RecordQuery){.filter = "name > A"});
		ordered = list(db, &p.me, (RecordQuery){.order_by = "owner.name desc, name"});
		found = list(db, &p.me, (RecordQuery){.q = "Bert"});
		expect_names(plain, cases[i].names);
		expect_names(filtered, cases[i].names);
		expect_names(wide, cases[i].names);
		expect_names(ordered, cases[i].names);
		expect_names(found, strchr(cases[i].names, 'B') ? "B" : "");
		total = g_strdup_printf("\"total\":%zu,", strlen(cases[i].names));
		g_assert_nonnull(strstr(plain, total));
		people_clear(&p);
		fixture_undo(f);
	}
}

static void test_reach_of_one(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	g_autofree char *give = NULL;
	People p;

	make_people(db, f, "{'*':{'read':'team','update':'own','delete':'none'}}", &p);
	give = g_strdup_printf("{'owner_id':'%s'}", p.stranger.id);
	g_assert_cmpint(code_of_get(db, &p.me, p.mine), ==, 0);
	g_assert_cmpint(code_of_get(db, &p.me, p.mates), ==, 0);
	g_assert_cmpint(code_of_get(db, &p.me, p.strangers), ==, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpint(code_of_get(db, &p.me, p.nobodys), ==, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpint(code_of_patch(db, &p.me, p.mine, "{'title':'x'}"), ==, 0);
	g_assert_cmpint(code_of_patch(db, &p.me, p.mates, "{'title':'x'}"), ==,
			ZHIYIN_ERROR_FORBIDDEN);
	g_assert_cmpint(code_of_patch(db, &p.me, p.strangers, "{'title':'x'}"), ==,
			ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpint(code_of_patch(db, &p.me, p.mine, give), ==, ZHIYIN_ERROR_FORBIDDEN);
	g_assert_cmpint(code_of_delete(db, &p.me, p.mine), ==, ZHIYIN_ERROR_FORBIDDEN);
	people_clear(&p);
	fixture_undo(f);
}

static void test_what_one_makes_is_ones_own(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *others = NULL;
	g_autoptr(json_t) body = NULL;
	Db *db = fixture_write(f);
	People p;
	char id[37];

	make_people(db, f, "{'*':{'read':'own','create':'own'}}", &p);
	make_contact(db, &p.me, "{'name':'Emil'}", id);
	g_assert_cmpint(code_of_get(db, &p.me, id), ==, 0);
	others = g_strdup_printf("{'name':'Fritz','owner_id':'%s'}", p.mate.id);
	body = fixture_json(others);
	g_assert_false(record_create(db, &p.me, &OBJECT_CONTACT, body, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_FORBIDDEN);
	people_clear(&p);
	fixture_undo(f);
}

/* On every way on which a value could show, directly or by what it does. */
static void test_hidden_fields(void)
{
	static const char *const filters[] = {"phone = \"+8613800138065\"", "phone:*",
					      "NOT phone:*", "custom.secret = \"x\"",
					      "company.phone:*"};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *plain = NULL, *ordered = NULL, *found = NULL, *by_name = NULL;
	Db *db = fixture_write(f);
	People p;

	make_people(db, f,
		    "{'*':{'read':'all','update':'all'},'contacts':{'fields':{'phone':'hidden',"
		    "'secret':'hidden','email':'read'}},'companies':{'fields':{'phone':'hidden'}}}",
		    &p);
	g_assert_cmpint(
		code_of_patch(db, &f->user_a, p.mine,
			      "{'custom':{'secret':'x','open':'y'},'phone':'+8613911111111'}"),
		==, 0);
	plain = list(db, &p.me, (RecordQuery){0});
	g_assert_null(strstr(plain, "phone"));
	g_assert_null(strstr(plain, "secret"));
	g_assert_nonnull(strstr(plain, "open"));
	for (gsize i = 0; i < G_N_ELEMENTS(filters); i++) {
		g_autofree char *answer = list(db, &p.me, (RecordQuery){.filter = filters[i]});

		g_assert_nonnull(strstr(answer, "there is no field"));
	}
	ordered = list(db, &p.me, (RecordQuery){.order_by = "phone"});
	g_assert_nonnull(strstr(ordered, "there is no field"));
	found = list(db, &p.me, (RecordQuery){.q = "8613911111111"});
	expect_names(found, "");
	by_name = list(db, &p.me, (RecordQuery){.q = "ann"});
	expect_names(by_name, "A");
	g_assert_cmpint(code_of_patch(db, &p.me, p.mine, "{'phone':'+8613822222222'}"), ==,
			ZHIYIN_ERROR_INVALID);
	g_assert_cmpint(code_of_patch(db, &p.me, p.mine, "{'custom':{'secret':'z'}}"), ==,
			ZHIYIN_ERROR_INVALID);
	g_assert_cmpint(code_of_patch(db, &p.me, p.mine, "{'email':'a@b.example'}"), ==,
			ZHIYIN_ERROR_FORBIDDEN);
	g_assert_true(timeline_write(
		db, &p.me, &(TimelineQuery){&OBJECT_CONTACT, p.mine, NULL, 50, NULL}, out, &error));
	g_assert_null(strstr(out->str, "13911111111"));
	g_assert_null(strstr(out->str, "secret"));
	g_assert_nonnull(strstr(out->str, "open"));
	people_clear(&p);
	fixture_undo(f);
}

/* A company that one may not read does not show through its contacts. */
static void test_relations(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) company = fixture_json("{'name':'Hidden Ltd'}");
	g_autofree char *link = NULL, *answer = NULL, *make = NULL;
	g_autoptr(RecordView) view = NULL;
	g_autoptr(json_t) body = NULL;
	Db *db = fixture_write(f);
	char company_id[37], id[37];
	People p;

	make_people(db, f, "{'*':{'read':'own','create':'all'},'contacts':{'read':'all'}}", &p);
	g_assert_true(
		record_create(db, &f->user_a, &OBJECT_COMPANY, company, company_id, NULL, &error));
	link = g_strdup_printf("{'company_id':'%s'}", company_id);
	g_assert_cmpint(code_of_patch(db, &f->user_a, p.mine, link), ==, 0);
	answer = list(db, &p.me, (RecordQuery){.filter = "company.name = \"Hidden Ltd\""});
	expect_names(answer, "");
	view = record_view_new(db, &p.me, &OBJECT_CONTACT, NULL, "company", &error);
	g_assert_no_error(error);
	g_assert_true(record_get(db, &p.me, &OBJECT_CONTACT, p.mine, view, out, NULL, &error));
	g_assert_null(strstr(out->str, "Hidden Ltd"));
	g_assert_nonnull(strstr(out->str, "\"company\":null"));
	make = g_strdup_printf("{'name':'x','company_id':'%s'}", company_id);
	body = fixture_json(make);
	g_assert_false(record_create(db, &p.me, &OBJECT_CONTACT, body, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	people_clear(&p);
	fixture_undo(f);
}

static char *new_conversation(Db *db, Fixture *f, const Principal *owner, char id[37])
{
	g_autoptr(GError) error = NULL;
	NewConversation fresh = {.channel = "web", .language = "zh"};
	char *token;

	conversation_create(db, &f->system_a, &fresh, id, &token, &error);
	g_assert_no_error(error);
	if (owner)
		db_run(db,
		       "UPDATE conversations SET owner = 'person', owner_id = $2, state = "
		       "'handed_over' WHERE id = $1",
		       &error, "ss", id, owner->id);
	g_assert_no_error(error);
	return token;
}

static void test_conversations(void)
{
	static const struct {
		const char *reach;
		guint n_listed;
	} cases[] = {{"none", 0}, {"own", 2}, {"team", 3}, {"all", 4}};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Fixture) f = fixture_new();
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		g_autofree char *rights =
			g_strdup_printf("{'conversations':{'read':'%s'}}", cases[i].reach);
		g_autoptr(json_t) page = NULL;
		ConversationQuery query = {.page_size = 50};
		Db *db = fixture_write(f);
		char ids[4][37];
		People p;

		make_people(db, f, rights, &p);
		g_free(new_conversation(db, f, NULL, ids[0]));
		g_free(new_conversation(db, f, &p.me, ids[1]));
		g_free(new_conversation(db, f, &p.mate, ids[2]));
		g_free(new_conversation(db, f, &p.stranger, ids[3]));
		g_assert_true(conversation_list(db, &p.me, &query, out, &error));
		page = json_parse(out->str, out->len, &error);
		g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==,
				 cases[i].n_listed);
		for (guint k = 0; k < 4; k++)
			g_assert_true(access_conversation(db, &p.me, ids[k], ACCESS_READ, NULL) ==
				      (k < cases[i].n_listed));
		people_clear(&p);
		fixture_undo(f);
	}
}

static void test_roles_as_records(void)
{
	static const char *const unfit[] = {
		"{'name':'x y','rights':{}}",
		"{'name':'agent','rights':{}}",
		"{'name':'x','rights':{'*':{'fly':'all'}}}",
		"{'name':'x','rights':{'*':{'read':'some'}}}",
		"{'name':'x','rights':{'contacts':{'fields':{'name':'maybe'}}}}",
		"{'name':'x','rights':[]}",
	};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) less = fixture_json("{'rights':{'*':{'read':'own'}}}");
	g_autoptr(GString) out = g_string_new(NULL);
	Db *db = fixture_write(f);
	Principal agent = member(db, f, "agent@a.example");

	for (gsize i = 0; i < G_N_ELEMENTS(unfit); i++) {
		g_autoptr(json_t) body = fixture_json(unfit[i]);

		g_assert_false(role_create(db, &f->user_a, body, &error));
		g_assert_true(error->code == ZHIYIN_ERROR_UNPROCESSABLE ||
			      error->code == ZHIYIN_ERROR_CONFLICT);
		g_clear_error(&error);
	}
	give_role(db, f, &agent, "agent");
	g_assert_cmpint(access_reach(&agent, "contacts", ACCESS_READ), ==, REACH_ALL);
	g_assert_true(role_update(db, &f->user_a, "agent", less, &error));
	give_role(db, f, &agent, "agent");
	g_assert_cmpint(access_reach(&agent, "contacts", ACCESS_READ), ==, REACH_OWN);
	g_assert_true(role_delete(db, &f->user_a, "agent", &error)); /* as it came */
	give_role(db, f, &agent, "agent");
	g_assert_cmpint(access_reach(&agent, "contacts", ACCESS_READ), ==, REACH_ALL);
	g_assert_false(role_update(db, &f->user_a, "admin", less, &error));
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	make_role(db, f, "clerk", "{}");
	give_role(db, f, &agent, "clerk");
	g_assert_false(role_delete(db, &f->user_a, "clerk", &error)); /* somebody has it */
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	g_assert_true(role_list(db, f->a, out, &error));
	g_assert_nonnull(strstr(out->str, "\"clerk\""));
	g_assert_nonnull(strstr(out->str, "\"read_only\""));
	g_string_truncate(out, 0);
	g_assert_true(role_list(db, f->b, out, &error)); /* another organisation's are its own */
	g_assert_null(strstr(out->str, "clerk"));
	principal_clear(&agent);
	fixture_undo(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/crm/roles/reach_of_lists", test_reach_of_lists);
	g_test_add_func("/crm/roles/reach_of_one", test_reach_of_one);
	g_test_add_func("/crm/roles/own", test_what_one_makes_is_ones_own);
	g_test_add_func("/crm/roles/hidden_fields", test_hidden_fields);
	g_test_add_func("/crm/roles/relations", test_relations);
	g_test_add_func("/crm/roles/conversations", test_conversations);
	g_test_add_func("/crm/roles/records", test_roles_as_records);
	return g_test_run();
}
