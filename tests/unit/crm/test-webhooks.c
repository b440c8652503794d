/* Deliveries: noted with the change, signed, tried again for a day. */
#include "crm/webhooks.h"

#include "crm/records.h"
#include "fixture.h"

static void test_pauses(void)
{
	gint64 sum = 0;
	int n = 1;

	for (; webhook_pause_ms(n) > 0; n++) {
		g_assert_true(n == 1 || webhook_pause_ms(n) > webhook_pause_ms(n - 1));
		sum += webhook_pause_ms(n);
	}
	g_assert_cmpint(webhook_pause_ms(n), ==, -1);
	g_assert_cmpint(sum, ==, 86400000);
}

/* RFC 4231, test case 2 in the form that is signed: key "Jefe". */
static void test_signature(void)
{
	g_autofree char *once = webhook_sign("Jefe", 7, "what do ya want for nothing?");
	g_autofree char *again = webhook_sign("Jefe", 7, "what do ya want for nothing?");
	g_autofree char *later = webhook_sign("Jefe", 8, "what do ya want for nothing?");
	g_autofree char *wanted = g_compute_hmac_for_string(
		G_CHECKSUM_SHA256, (const guchar *)"Jefe", 4, "7.what do ya want for nothing?", -1);

	g_assert_cmpstr(once, ==, wanted);
	g_assert_cmpstr(once, ==, again);
	g_assert_cmpstr(once, !=, later);
}

static void test_notes(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autoptr(json_t) contacts = fixture_json(
		"{'url':'https://a.example/x','events':['contact.created','contact.deleted']}");
	g_autoptr(json_t) idle =
		fixture_json("{'url':'https://b.example','events':['*'],'active':false}");
	g_autoptr(json_t) contact = fixture_json("{'name':'x'}");
	g_autoptr(json_t) other = fixture_json("{'name':'x'}");
	g_autoptr(json_t) change = fixture_json("{'name':'y'}");
	char id[37], record[37];

	g_assert_true(webhook_create(db, &f->user_a, contacts, id, NULL, &error));
	g_assert_true(webhook_create(db, &f->user_a, idle, id, NULL, &error));
	g_assert_true(record_create(db, &f->user_b, &OBJECT_CONTACT, other, record, NULL, &error));
	g_assert_true(
		record_create(db, &f->user_a, &OBJECT_CONTACT, contact, record, NULL, &error));
	g_assert_true(
		record_patch(db, &f->user_a, &OBJECT_CONTACT, record, change, NULL, NULL, &error));
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, record, NULL, &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM webhook_deliveries"), ==, 2);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM webhook_deliveries WHERE event = "
					"'contact.created' AND payload LIKE '%\"name\":\"x\"%'"),
			==, 1);
	fixture_commit(f);
}

static void test_refusals(void)
{
	static const char *const bodies[] = {
		"{'url':'ftp://a.example','events':['*']}",
		"{'url':'/x','events':['*']}",
		"{'events':['*']}",
		"{'url':'https://a.example'}",
		"{'url':'https://a.example','events':[]}",
		"{'url':'https://a.example','events':['x']}",
		"{'url':'https://a.example','events':['a.b.c']}",
		"{'url':'https://a.example','events':['*'],'active':1}"};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	for (gsize i = 0; i < G_N_ELEMENTS(bodies); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) body = fixture_json(bodies[i]);
		char id[37];

		g_test_message("%s", bodies[i]);
		g_assert_false(webhook_create(db, &f->user_a, body, id, NULL, &error));
		fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	}
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/webhooks/pauses", test_pauses);
	g_test_add_func("/webhooks/signature", test_signature);
	g_test_add_func("/webhooks/notes", test_notes);
	g_test_add_func("/webhooks/refusals", test_refusals);
	return g_test_run();
}
