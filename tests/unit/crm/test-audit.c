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
	AuditState state;
	int n = 0;

	audit_check(db, count, &n, &state, &error);
	g_assert_no_error(error);
	g_assert_cmpint(state.n_faults, ==, n);
	g_assert_true(!state.broken_at || n > 0);
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

static AuditState check_on(Db *db, AuditMark *mark)
{
	g_autoptr(GError) error = NULL;
	AuditState state;

	g_assert_true(audit_check_on(db, mark, &state, &error));
	g_assert_no_error(error);
	return state;
}

/* What is new is walked from the mark on; what was done to rows before it is found by walking all, and by any
 * look once something does not fit. */
static void test_marks(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fill(f);
	AuditMark mark = {0}, first;
	gint64 n = 0;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(check_on(db, &mark).n_faults, ==, 0);
	g_assert_cmpint(mark.n_rows, ==, 15);
	first = mark;
	add(db, &f->user_a, "{\"fields\":[\"x\"]}");
	g_assert_cmpint(check_on(db, &mark).n_rows, ==, 16);
	g_assert_cmpint(mark.seq, ==, first.seq + 1);
	g_assert_cmpint(mark.walked_at, ==, first.walked_at);

	/* an erasure of what stands before the mark fits when all is counted */
	g_assert_true(audit_erase(db, f->b, "contacts", "some id", &n, &error));
	g_assert_cmpint(n, ==, 5);
	g_assert_true(audit_add(db, &f->system_b, "erase", "contacts", "some id", "{\"audit\":5}",
				&error));
	g_assert_cmpint(check_on(db, &mark).n_faults, ==, 0);
	g_assert_cmpint(mark.n_rows, ==, 17);

	/* new rows and the end are looked at */
	add(db, &f->user_a, NULL);
	g_assert_true(db_run(db, "UPDATE audit SET action = 'read' WHERE seq = $1", &error, "i",
			     mark.seq + 1));
	g_assert_cmpint(check_on(db, &mark).broken_at, ==, first.seq + 3);
	g_assert_cmpint(mark.seq, ==, 0);
	g_assert_true(db_run(db, "UPDATE audit SET action = 'update' WHERE seq = $1", &error, "i",
			     first.seq + 3));
	g_assert_cmpint(check_on(db, &mark).n_faults, ==, 0);
	g_assert_true(db_run(db, "DELETE FROM audit WHERE seq = $1", &error, "i", mark.seq));
	g_assert_cmpint(check_on(db, &mark).n_faults, >, 0);

	/* a row before the mark: not from the mark on, but by walking all */
	mark = first;
	g_assert_true(db_run(db, "UPDATE audit SET object = 'x' WHERE seq = $1", &error, "i",
			     first.seq - 3));
	g_assert_cmpint(n_breaks(db), >, 0);
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
		"record_id, detail, hash, request_id, reason, salt, digest FROM audit WHERE seq = "
		"5",
		"DELETE FROM audit WHERE seq = (SELECT max(seq) FROM audit)",
		"DELETE FROM audit WHERE seq > 3",
		"DELETE FROM audit",
		"UPDATE audit_anchor SET n_rows = n_rows - 1",
		"UPDATE audit SET detail = '{}', salt = NULL WHERE seq = 5",
		"UPDATE audit SET reason = 'because' WHERE seq = 5",
		"UPDATE audit SET request_id = 'r' WHERE seq = 5",
		"UPDATE audit SET salt = 'x' WHERE seq = 1",
		"UPDATE audit SET digest = NULL WHERE seq = 5",
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

/* ---- a thousand at random ---------------------------------------------------------------------------------------- */

static const char *const columns[] = {"org_id", "at",	     "actor_kind", "actor_id", "action",
				      "object", "record_id", "detail",	   "hash",     "request_id",
				      "reason", "salt",	     "digest"};

/* One letter of one column of one row, another row in another's place, one more, one less, a tail. */
static char *random_tampering(GRand *chance, gint64 n)
{
	int seq = g_rand_int_range(chance, 1, (int)n + 1),
	    other = g_rand_int_range(chance, 1, (int)n + 1);
	const char *column = columns[g_rand_int_range(chance, 0, G_N_ELEMENTS(columns))];

	switch (g_rand_int_range(chance, 0, 5)) {
	case 0:
		if (g_str_equal(column, "at"))
			return g_strdup_printf("UPDATE audit SET at = at + %d WHERE seq = %d",
					       g_rand_int_range(chance, 1, 1000), seq);
		return g_strdup_printf("UPDATE audit SET %s = coalesce(substr(%s, 2), '') || '%c' "
				       "WHERE seq = %d",
				       column, column, '!' + g_rand_int_range(chance, 0, 6), seq);
	case 1:
		return g_strdup_printf("DELETE FROM audit WHERE seq = %d", seq);
	case 2:
		return g_strdup_printf(
			"INSERT INTO audit (org_id, at, actor_kind, actor_id, action, "
			"object, record_id, detail, hash) SELECT org_id, at + %d, "
			"actor_kind, actor_id, action, object, record_id, detail, hash "
			"FROM audit WHERE seq = %d",
			g_rand_int_range(chance, 0, 9), seq);
	case 3:
		return seq == other
			       ? g_strdup("DELETE FROM audit WHERE seq = 2")
			       : g_strdup_printf("UPDATE audit SET seq = CASE seq WHEN %d THEN "
						 "-%d ELSE -%d END WHERE seq IN (%d, %d)",
						 seq, other, seq, seq, other);
	default:
		return g_strdup_printf("DELETE FROM audit WHERE seq >= %d", seq);
	}
}

static void test_a_thousand_tamperings(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GRand) chance = g_rand_new_with_seed(20261125);
	Principal asked = f->user_a;
	gint64 n;
	Db *db;

	asked.request_id = "request";
	asked.reason = "the customer asked for it";
	fill(f);
	add(f->db, &asked, "{\"changes\":{\"name\":[\"a\",\"b\"]}}");
	add(f->db, &asked, NULL);
	n = fixture_int(f->db, "SELECT count(*) FROM audit");
	fixture_commit(f);
	for (int i = 0; i < 1000; i++) {
		g_autofree char *sql = random_tampering(chance, n);
		g_autoptr(GError) error = NULL;

		db = fixture_write(f);
		g_assert_true(db_run(db, sql, &error, ""));
		g_assert_no_error(error);
		db_run(db, "UPDATE audit SET seq = -seq WHERE seq < 0", &error, "");
		g_assert_no_error(error);
		if (!n_breaks(db))
			g_test_message("not found: %s", sql);
		g_assert_cmpint(n_breaks(db), >, 0);
		fixture_undo(f);
	}
	db = fixture_write(f);
	g_assert_cmpint(n_breaks(db), ==, 0);
	fixture_undo(f);
}

/* ---- erasure ----------------------------------------------------------------------------------------------------- */

static void erase(Db *db, Fixture *f, const char *record_id)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *detail = NULL;
	gint64 n = 0;

	audit_erase(db, f->a, "contacts", record_id, &n, &error);
	g_assert_no_error(error);
	detail = g_strdup_printf("{\"audit\":%" G_GINT64_FORMAT "}", n);
	audit_add(db, &f->user_a, "erase", "contacts", record_id, detail, &error);
	g_assert_no_error(error);
}

static void test_erasure_keeps_the_chain(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Principal asked = f->user_a;
	Db *db = fixture_write(f);

	asked.reason = "Jane asked for it";
	add(db, &asked, "{\"changes\":{\"name\":[\"Jane\",\"Jane D.\"]}}");
	add(db, &f->user_a, "{\"changes\":{\"title\":[null,\"Ms\"]}}");
	audit_add(db, &f->user_a, "update", "contacts", "other id", "{\"a\":1}", &error);
	erase(db, f, "some id");
	erase(db, f, "some id"); /* nothing is left, and nothing is counted twice */
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit WHERE detail LIKE '%Jane%' OR "
					"reason IS NOT NULL"),
			==, 0);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit WHERE detail = '{\"a\":1}'"),
			==, 1);
	g_assert_cmpint(n_breaks(db), ==, 0);
	/* one more that nobody counted */
	db_run(db, "UPDATE audit SET detail = '{}', salt = NULL WHERE record_id = 'other id'",
	       &error, "");
	g_assert_cmpint(n_breaks(db), >, 0);
	fixture_undo(f);
}

/* As rows were hashed before details had digests. */
static void add_old(Db *db, Fixture *f, const char *detail)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	g_autofree char *text = NULL;
	g_autoptr(DbRows) rows = db_query(db, "SELECT hash FROM audit_anchor", &error, "");

	g_assert_true(db_next(rows, &error));
	text = g_strdup_printf("%s\x1f%s\x1f%d\x1fuser\x1f%s\x1fupdate\x1f"
			       "contacts\x1fsome id\x1f%s",
			       db_text(rows, 0), f->a, 7, f->user_a.id, detail);
	g_checksum_update(sum, (const guchar *)text, -1);
	g_clear_pointer(&rows, db_rows_free);
	g_assert_true(db_run(db,
			     "INSERT INTO audit (org_id, at, actor_kind, actor_id, action, object, "
			     "record_id, detail, hash) VALUES ($1, 7, 'user', $2, 'update', "
			     "'contacts', 'some id', $3, $4)",
			     &error, "ssss", f->a, f->user_a.id, detail,
			     g_checksum_get_string(sum)));
	g_assert_true(db_run(db, "UPDATE audit_anchor SET n_rows = n_rows + 1, hash = $1", &error,
			     "s", g_checksum_get_string(sum)));
}

static void test_old_rows(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	add(db, &f->user_a, NULL);
	add_old(db, f, "{\"fields\":[\"Jane\"]}");
	add_old(db, f, "{}");
	add(db, &f->user_a, "{\"changes\":{\"name\":[\"Jane\",\"J\"]}}");
	g_assert_cmpint(n_breaks(db), ==, 0);
	erase(db, f, "some id");
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit WHERE detail LIKE '%Jane%'"),
			==, 0);
	g_assert_cmpint(n_breaks(db), ==, 0);
	add(db, &f->user_a, NULL);
	g_assert_cmpint(n_breaks(db), ==, 0);
	fixture_undo(f);
}

static void test_list(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) page = NULL;
	AuditQuery query = {.object = "contacts", .page_size = 2};
	Db *db = fill(f);

	g_assert_true(audit_list(db, &f->user_a, NULL, &query, out, &error));
	page = json_parse(out->str, out->len, &error);
	g_assert_cmpuint(json_array_size(json_object_get(page, "items")), ==, 2);
	query.page_token = json_member_string(page, "next_page_token");
	g_assert_nonnull(query.page_token);
	query.page_size = 100;
	g_string_truncate(out, 0);
	g_assert_true(audit_list(db, &f->user_a, NULL, &query, out, &error));
	g_assert_null(strstr(out->str, f->user_b.id)); /* another organisation's */
	g_assert_nonnull(strstr(out->str, "\"Lin\""));
	query.page_token = "x";
	g_assert_false(audit_list(db, &f->user_a, NULL, &query, out, &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/audit/writers_share_one_chain", test_writers_share_one_chain);
	g_test_add_func("/audit/marks", test_marks);
	g_test_add_func("/audit/every_change_breaks_it", test_every_change_breaks_it);
	g_test_add_func("/audit/a_thousand_tamperings", test_a_thousand_tamperings);
	g_test_add_func("/audit/erasure_keeps_the_chain", test_erasure_keeps_the_chain);
	g_test_add_func("/audit/old_rows", test_old_rows);
	g_test_add_func("/audit/list", test_list);
	return g_test_run();
}
