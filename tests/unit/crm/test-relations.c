/* Rules between records and inside them: references, deletion, stages, sums, many at once. */
#include "crm/sales.h"
#include "crm/schema.h"
#include "records_fixture.h"

static void test_references(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *ours = make(db, &f->user_a, &OBJECT_COMPANY, "{'name':'A'}");
	g_autofree char *theirs = make(db, &f->user_b, &OBJECT_COMPANY, "{'name':'B'}");
	g_autofree char *contact =
		make(db, &f->user_a, &OBJECT_CONTACT, "{'name':'x','company_id':'%s'}", ours);
	g_autofree char *foreign = g_strdup_printf("{'company_id':'%s'}", theirs);
	g_autoptr(json_t) shown = NULL;

	g_assert_false(patch(db, &f->user_a, &OBJECT_CONTACT, contact, foreign, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	/* the reference outlives a soft deletion, and a purge empties it */
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_COMPANY, ours, NULL, &error));
	g_assert_true(patch(db, &f->user_a, &OBJECT_CONTACT, contact, "{'title':'y'}", &error));
	g_assert_true(record_purge(db, &f->user_a, &OBJECT_COMPANY, ours, &error));
	shown = get(db, &f->user_a, &OBJECT_CONTACT, contact);
	g_assert_true(json_is_null(json_object_get(shown, "company_id")));
	g_assert_false(record_restore(db, &f->user_a, &OBJECT_COMPANY, ours, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	fixture_commit(f);
}

/* Notes go with their contact and come back with it; one that was deleted before stays deleted. */
static void test_cascade(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *contact = make(db, &f->user_a, &OBJECT_CONTACT, "{'name':'x'}");
	g_autofree char *old =
		make(db, &f->user_a, &OBJECT_NOTE, "{'body':'1','contact_id':'%s'}", contact);
	g_autofree char *note =
		make(db, &f->user_a, &OBJECT_NOTE, "{'body':'2','contact_id':'%s'}", contact);

	g_assert_true(record_delete(db, &f->user_a, &OBJECT_NOTE, old, NULL, &error));
	g_usleep(2000); /* what goes together goes at one moment, so this one at another */
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, contact, NULL, &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM notes WHERE deleted_at IS NULL"), ==,
			0);
	g_assert_true(record_restore(db, &f->user_a, &OBJECT_CONTACT, contact, &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM notes WHERE deleted_at IS NULL"), ==,
			1);
	g_assert_nonnull(note);
	fixture_commit(f);
}

static char *stage_named(Db *db, const Fixture *f, const char *name)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id FROM stages WHERE org_id = $1 AND name = $2", NULL, "ss",
			 f->user_a.org_id, name);

	g_assert_true(db_next(rows, NULL));
	return g_strdup(db_text(rows, 0));
}

static void test_stages(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *won = NULL, *stage = NULL, *deal = NULL, *move = NULL;
	g_autoptr(json_t) shown = NULL;

	g_assert_true(sales_make_pipeline(db, &f->user_a, "en", &error));
	won = stage_named(db, f, "Won");
	deal = make(db, &f->user_a, &OBJECT_DEAL,
		    "{'name':'x','items':[{'name':'chair','quantity':3,'price':19.99},"
		    "{'price':10,'discount':0.5}]}");
	shown = get(db, &f->user_a, &OBJECT_DEAL, deal);
	g_assert_cmpfloat(json_number_value(json_object_get(shown, "amount")), ==, 69.47);
	g_assert_cmpfloat(json_number_value(json_object_get(shown, "probability")), ==, .1);
	g_assert_cmpfloat(json_number_value(json_object_get(shown, "weighted_amount")), ==, 6.947);
	g_assert_cmpstr(json_member_string(shown, "status"), ==, "open");
	move = g_strdup_printf("{'stage_id':'%s'}", won);
	g_assert_true(patch(db, &f->user_a, &OBJECT_DEAL, deal, move, &error));
	json_decref(shown);
	shown = get(db, &f->user_a, &OBJECT_DEAL, deal);
	g_assert_cmpstr(json_member_string(shown, "status"), ==, "won");
	g_assert_cmpfloat(json_number_value(json_object_get(shown, "probability")), ==, 1);
	g_assert_nonnull(json_member_string(shown, "closed_at"));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM deal_stages"), ==, 2);
	/* a stage in use stays; its pipeline goes with no deal left behind */
	g_assert_false(record_delete(db, &f->user_a, &OBJECT_STAGE, won, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	g_assert_false(patch(db, &f->user_a, &OBJECT_DEAL, deal, "{'status':'lost'}", &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	fixture_commit(f);
}

static void test_orders_and_tickets(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *order =
		make(db, &f->user_a, &OBJECT_ORDER,
		     "{'number':'A-1','currency':'JPY','items':[{'quantity':2,'price':150}]}");
	g_autofree char *first = make(db, &f->user_a, &OBJECT_TICKET, "{'subject':'a'}");
	g_autofree char *second = make(db, &f->user_a, &OBJECT_TICKET, "{'subject':'b'}");
	g_autoptr(json_t) shown = get(db, &f->user_a, &OBJECT_ORDER, order);
	g_autoptr(json_t) ticket = get(db, &f->user_a, &OBJECT_TICKET, second);
	g_autoptr(json_t) again = fixture_json("{'number':'A-1'}");
	g_autoptr(json_t) half = fixture_json("{'currency':'JPY','items':[{'price':1.5}]}");
	char id[37];

	g_assert_cmpfloat(json_number_value(json_object_get(shown, "total")), ==, 300);
	g_assert_cmpint(json_integer_value(json_object_get(ticket, "number")), ==, 2);
	g_assert_false(record_create(db, &f->user_a, &OBJECT_ORDER, again, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	g_assert_false(record_create(db, &f->user_a, &OBJECT_ORDER, half, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_true(patch(db, &f->user_a, &OBJECT_TICKET, first, "{'status':'closed'}", &error));
	json_decref(ticket);
	ticket = get(db, &f->user_a, &OBJECT_TICKET, first);
	g_assert_nonnull(json_member_string(ticket, "resolved_at"));
	fixture_commit(f);
}

/* What fails alone is undone alone, and says why; the others stand. */
static void test_bulk(void)
{
	static const int statuses[] = {201, 422, 409, 404, 204};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Db *db = fixture_write(f);
	g_autofree char *old = make(db, &f->user_a, &OBJECT_PRODUCT, "{'name':'x','sku':'1'}");
	g_autofree char *text = g_strdup_printf(
		"{'create':[{'name':'a','sku':'2'},{'sku':'3'},{'name':'b','sku':'1'}],"
		"'update':[{'id':'0190a0b4-0000-7000-8000-000000000000','name':'y'}],"
		"'delete':['%s']}",
		old);
	g_autoptr(json_t) request = fixture_json(text);
	g_autoptr(json_t) answer = NULL;
	const json_t *items;

	g_assert_true(record_bulk(db, &f->user_a, &OBJECT_PRODUCT, request, out, &error));
	g_assert_no_error(error);
	answer = json_parse(out->str, out->len, &error);
	g_assert_no_error(error);
	items = json_object_get(answer, "items");
	g_assert_cmpuint(json_array_size(items), ==, G_N_ELEMENTS(statuses));
	for (gsize i = 0; i < G_N_ELEMENTS(statuses); i++)
		g_assert_cmpint(
			json_integer_value(json_object_get(json_array_get(items, i), "status")), ==,
			statuses[i]);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM products WHERE deleted_at IS NULL"),
			==, 1);
	fixture_commit(f);
}

/* An event is told once, however often it is sent. */
static void test_events(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	const char *text = "{'event_id':'e1','type':'view','at':'2026-01-01T00:00:00Z'}";
	g_autofree char *first = make(db, &f->user_a, &OBJECT_EVENT, "%s", text);
	g_autofree char *second = make(db, &f->user_a, &OBJECT_EVENT, "%s", text);

	g_assert_cmpstr(first, ==, second);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM events"), ==, 1);
	g_assert_false(patch(db, &f->user_a, &OBJECT_EVENT, first, "{'type':'x'}", &error));
	fixture_expect(&error, ZHIYIN_ERROR_METHOD);
	g_assert_false(record_delete(db, &f->user_a, &OBJECT_EVENT, first, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_METHOD);
	fixture_commit(f);
}

/* A field that is removed keeps its values, also through a change of the record. */
static void test_removed_field(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autoptr(json_t) boat = fixture_json(
		"{'name':'boat','plural':'boats','label_zh':'船','fields':[{'name':'name',"
		"'type':'text','label_zh':'名'},{'name':'masts','type':'integer',"
		"'label_zh':'桅','default':'1'}]}");
	g_autofree char *id = NULL;
	g_autoptr(json_t) shown = NULL;
	const Object *object;

	g_assert_true(schema_create_object(db, &f->user_a, boat, NULL, &error));
	object = schema_object(db, f->user_a.org_id, "boats", &error);
	id = make(db, &f->user_a, object, "{'name':'x','masts':3}");
	g_assert_true(schema_remove_field(db, &f->user_a, "boats", "masts", &error));
	object = schema_object(db, f->user_a.org_id, "boats", &error);
	g_assert_true(patch(db, &f->user_a, object, id, "{'name':'y'}", &error));
	g_assert_no_error(error);
	g_assert_true(schema_restore_field(db, &f->user_a, "boats", "masts", &error));
	object = schema_object(db, f->user_a.org_id, "boats", &error);
	shown = get(db, &f->user_a, object, id);
	g_assert_cmpint(json_integer_value(json_object_get(shown, "masts")), ==, 3);
	g_assert_cmpstr(json_member_string(shown, "name"), ==, "y");
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/relations/references", test_references);
	g_test_add_func("/relations/cascade", test_cascade);
	g_test_add_func("/relations/stages", test_stages);
	g_test_add_func("/relations/orders_and_tickets", test_orders_and_tickets);
	g_test_add_func("/relations/bulk", test_bulk);
	g_test_add_func("/relations/events", test_events);
	g_test_add_func("/relations/removed_field", test_removed_field);
	return g_test_run();
}
