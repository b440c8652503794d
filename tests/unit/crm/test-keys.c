/* API keys: what they open, until when, and what is kept of them. */
#include "crm/keys.h"

#include "fixture.h"

enum { DAY_MS = 86400000 };

static void expect_out(Db *db, const char *key, const char *why)
{
	g_auto(Principal) who = {0};
	g_autoptr(GError) error = NULL;
	gboolean stale;

	g_assert_false(key_principal(db, key, &who, &stale, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAUTHENTICATED);
	g_assert_cmpstr(error->message, ==, why);
}

static char *make(Db *db, const Principal *actor, const NewKey *fresh, char ret_id[37])
{
	g_autoptr(GError) error = NULL;
	char *key = NULL;

	key_create(db, actor, fresh, ret_id, &key, &error);
	g_assert_no_error(error);
	return key;
}

static void test_a_key_opens_what_its_scopes_say(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_auto(Principal) who = {0};
	Db *db = fixture_write(f);
	NewKey fresh = {.name = "网站", .scopes = SCOPE_READ | SCOPE_CHAT, .per_minute = 30};
	char id[37];
	gboolean stale;
	g_autofree char *key = make(db, &f->system_a, &fresh, id);

	g_assert_true(key_principal(db, key, &who, &stale, &error));
	g_assert_cmpint(who.kind, ==, PRINCIPAL_KEY);
	g_assert_cmpuint(who.scopes, ==, SCOPE_READ | SCOPE_CHAT);
	g_assert_cmpuint(who.per_minute, ==, 30);
	g_assert_false(who.is_admin);
	g_assert_cmpstr(who.org_id, ==, f->a);
	g_assert_cmpstr(who.id, ==, id);
	g_assert_cmpstr(who.name, ==, "网站");
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM api_keys WHERE key_hash LIKE 'zyk%'"),
			==, 0);
	expect_out(db, "zyk_unknown", "this key is not known");
	fixture_commit(f);
}

static void test_a_key_expires(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_auto(Principal) who = {0};
	Db *db = fixture_write(f);
	gint64 now = clock_now_ms();
	NewKey fresh = {.name = "x", .scopes = SCOPE_ALL, .expires_at = now + DAY_MS};
	NewKey late = {.name = "x", .scopes = SCOPE_ALL, .expires_at = now - 1};
	char id[37];
	gboolean stale;
	char *nothing = NULL;
	g_autofree char *key = make(db, &f->system_a, &fresh, id);

	clock_fix(now + DAY_MS - 1, 0);
	g_assert_true(key_principal(db, key, &who, &stale, &error));
	clock_fix(now + DAY_MS, 0);
	expect_out(db, key, "this key has expired");
	clock_fix(0, 0);
	g_assert_false(key_create(db, &f->system_a, &late, id, &nothing, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_null(nothing);
	fixture_commit(f);
}

static void test_a_key_is_revoked_by_its_own_organisation(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_auto(Principal) who = {0};
	Db *db = fixture_write(f);
	NewKey fresh = {.name = "x", .scopes = SCOPE_ALL};
	char id[37];
	gboolean stale;
	g_autofree char *key = make(db, &f->system_a, &fresh, id);
	const char *count = "SELECT count(*) FROM audit WHERE action = 'revoke'";

	g_assert_false(key_revoke(db, &f->system_b, id, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_true(key_principal(db, key, &who, &stale, &error));
	for (guint i = 0; i < 2; i++) {
		g_assert_true(key_revoke(db, &f->system_a, id, &error));
		expect_out(db, key, "this key is not known");
		g_assert_cmpint(fixture_int(db, count), ==, 1);
	}
	fixture_commit(f);
}

static void note_use(const Key *key, gpointer data)
{
	*(gint64 *)data = key->used_at;
}

static void test_its_use_is_noted_once_a_minute(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_auto(Principal) who = {0};
	Db *db = fixture_write(f);
	gint64 now = clock_now_ms(), used_at = -1;
	NewKey fresh = {.name = "x", .scopes = SCOPE_ALL};
	char id[37];
	gboolean stale;
	g_autofree char *key = make(db, &f->system_a, &fresh, id);

	g_assert_true(key_each(db, f->a, note_use, &used_at, &error));
	g_assert_cmpint(used_at, ==, 0);
	g_assert_true(key_principal(db, key, &who, &stale, &error));
	g_assert_true(stale);
	clock_fix(now, 0);
	g_assert_true(key_touch(db, key, &error));
	g_assert_true(key_each(db, f->a, note_use, &used_at, &error));
	g_assert_cmpint(used_at, ==, now);
	for (int minutes = 0; minutes < 2; minutes++) {
		principal_clear(&who);
		clock_fix(now + minutes * 61000, 0);
		g_assert_true(key_principal(db, key, &who, &stale, &error));
		g_assert_cmpint(stale, ==, minutes);
	}
	clock_fix(0, 0);
	fixture_commit(f);
}

static void note(const Key *key, gpointer data)
{
	g_autofree char *scopes = scopes_text(key->scopes);

	g_string_append_printf(data, "%s %s %s %s %u|", key->name, scopes, key->state,
			       key->expires_at ? "ends" : "stays", key->per_minute);
}

static void test_a_list_says_what_became_of_them(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) seen = g_string_new(NULL);
	Db *db = fixture_write(f);
	gint64 now = clock_now_ms();
	const NewKey fresh[] = {{"a", SCOPE_ALL, 0, 0, NULL},
				{"b", SCOPE_CHAT | SCOPE_READ, now + DAY_MS, 20, NULL},
				{"c", SCOPE_ADMIN, now + 3 * DAY_MS, 0, NULL}};
	char id[37];

	for (gsize i = 0; i < G_N_ELEMENTS(fresh); i++)
		g_free(make(db, &f->system_a, &fresh[i], id));
	g_free(make(db, &f->system_b, &fresh[0], id));
	g_assert_true(key_revoke(db, &f->system_b, id, &error));
	clock_fix(now + 2 * DAY_MS, 0);
	g_assert_true(key_each(db, f->a, note, seen, &error));
	g_assert_cmpstr(seen->str, ==,
			"a all active stays 0|b read,chat expired ends 20|c admin active ends 0|");
	g_string_truncate(seen, 0);
	g_assert_true(key_each(db, f->b, note, seen, &error));
	g_assert_cmpstr(seen->str, ==, "a all revoked stays 0|");
	clock_fix(0, 0);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keys/scopes", test_a_key_opens_what_its_scopes_say);
	g_test_add_func("/keys/expires", test_a_key_expires);
	g_test_add_func("/keys/revoked", test_a_key_is_revoked_by_its_own_organisation);
	g_test_add_func("/keys/use", test_its_use_is_noted_once_a_minute);
	g_test_add_func("/keys/list", test_a_list_says_what_became_of_them);
	return g_test_run();
}
