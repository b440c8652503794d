/* The audit chain: unbroken by any mix of writers, broken by any change of what stands in it. */
#include "crm/audit.h"

#include "fixture.h"

static void count(const char *what, gpointer n)
{
	g_assert_nonnull(strstr(what, "audit"));
	++*(int *)n;
}

static int n_breaks(Db *db)
{
	g_autoptr(GError) error = NULL;
	int n = 0;

	audit_check(db, count, &n, &error);
	g_assert_no_error(error);
	return n;
}

static void add(Db *db, const Principal *who, const char *detail)
{
	g_autoptr(GError) error = NULL;

	audit_add(db, who, "update", "contacts", "some id", detail, &error);
	g_assert_no_error(error);
}

static Db *fill(Fixture *f)
{
	Db *db = fixture_write(f);
	Principal visitor = fixture_visitor(f->a, "conversation");

	for (int i = 0; i < 5; i++) {
		add(db, &f->user_a, NULL);
		add(db, &f->system_b, "{\"fields\":[\"名\"]}");
		add(db, &visitor, NULL);
	}
	return db;
}

static void test_writers_share_one_chain(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fill(f);

	g_assert_cmpint(n_breaks(db), ==, 0);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit WHERE actor_kind = 'visitor' "
					"AND actor_id = 'conversation'"),
			==, 5);
	fixture_commit(f);
}

static void test_every_change_breaks_it(void)
{
	static const char *const changes[] = {
		"UPDATE audit SET at = at + 1 WHERE seq = 5",
		"UPDATE audit SET org_id = 'x' WHERE seq = 5",
		"UPDATE audit SET actor_kind = 'key' WHERE seq = 5",
		"UPDATE audit SET actor_id = 'x' WHERE seq = 5",
		"UPDATE audit SET action = 'read' WHERE seq = 5",
		"UPDATE audit SET object = 'articles' WHERE seq = 5",
		"UPDATE audit SET record_id = 'x' WHERE seq = 5",
		"UPDATE audit SET detail = '{ }' WHERE seq = 5",
		"UPDATE audit SET hash = upper(hash) WHERE seq = 5",
		"DELETE FROM audit WHERE seq = 5",
		"DELETE FROM audit WHERE seq = 1",
		"INSERT INTO audit SELECT 5000, org_id, at, actor_kind, actor_id, action, object, "
		"record_id, detail, hash FROM audit WHERE seq = 5",
		"UPDATE audit SET seq = -seq WHERE seq = 5",
	};
	g_autoptr(Fixture) f = fixture_new();

	fill(f);
	fixture_commit(f);
	for (gsize i = 0; i < G_N_ELEMENTS(changes); i++) {
		g_autoptr(GError) error = NULL;
		Db *db = fixture_write(f);

		g_test_message("%s", changes[i]);
		g_assert_true(db_run(db, changes[i], &error, ""));
		g_assert_no_error(error);
		g_assert_cmpint(n_breaks(db), >, 0);
		fixture_undo(f);
		db = fixture_write(f);
		g_assert_cmpint(n_breaks(db), ==, 0);
		fixture_undo(f);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/audit/writers_share_one_chain", test_writers_share_one_chain);
	g_test_add_func("/audit/every_change_breaks_it", test_every_change_breaks_it);
	return g_test_run();
}
