/* Passwords, accounts and sessions: what gets in, until when. */
#include "crm/sessions.h"

#include "fixture.h"

enum { IDLE_MS = 1000, ABSOLUTE_MS = 5000, START_MS = 100000000 };

static const SessionLimits limits = {.idle_ms = IDLE_MS, .absolute_ms = ABSOLUTE_MS};

static void test_passwords(void)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *hash = password_hash("correct horse", &error);
	g_autofree char *again = password_hash("correct horse", &error);
	g_autofree char *most = g_strnfill(PASSWORD_MAX_BYTES, 'x');
	g_autofree char *more = g_strnfill(PASSWORD_MAX_BYTES + 1, 'x');
	g_autofree char *of_most = password_hash(most, &error);
	User user = {.password_hash = hash, .active = TRUE};

	g_assert_no_error(error);
	g_assert_true(g_str_has_prefix(hash, "$argon2id$"));
	g_assert_cmpstr(hash, !=, again);
	g_assert_nonnull(of_most);
	g_assert_true(password_matches(&user, "correct horse"));
	g_assert_false(password_matches(&user, "Correct horse"));
	g_assert_false(password_matches(&user, ""));
	g_assert_false(password_matches(&user, more));
	g_assert_false(password_matches(NULL, "correct horse"));
	user.active = FALSE;
	g_assert_false(password_matches(&user, "correct horse"));
	g_assert_null(password_hash("短密码七个字七", &error)); /* seven characters */
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_null(password_hash(more, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
}

static gboolean create(Db *db, const Principal *who, const char *email, GError **error)
{
	char id[37];

	return user_create(db, who, "Mei", email, "agent", "zh", "-", id, error);
}

static void test_one_address_is_one_account(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(User) found = NULL;
	Db *db = fixture_write(f);

	g_assert_true(create(db, &f->system_a, " Mei@A.Example ", &error));
	found = user_find_email(db, "MEI@a.example", &error);
	g_assert_nonnull(found);
	g_assert_cmpstr(found->email, ==, "mei@a.example");
	g_assert_null(user_find_email(db, "nobody@a.example", &error));
	g_assert_no_error(error);
	g_assert_false(create(db, &f->system_a, "no address", &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_false(create(db, &f->system_b, "mei@a.example", &error)); /* anywhere */
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	fixture_undo(f);
}

static void test_update(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(User) user = NULL;
	g_autofree char *long_name = g_strnfill(201, 'x');
	Db *db = fixture_write(f);
	gint64 n_audit;

	g_assert_true(user_update(db, &f->user_a, f->user_a.id, &(UserChange){" 林 ", NULL, NULL},
				  &error));
	g_assert_true(
		user_update(db, &f->user_a, f->user_a.id, &(UserChange){NULL, "en", NULL}, &error));
	user = user_get(db, f->a, f->user_a.id, &error);
	g_assert_cmpstr(user->name, ==, "林");
	g_assert_cmpstr(user->language, ==, "en");
	n_audit = fixture_int(db, "SELECT count(*) FROM audit");
	g_assert_false(
		user_update(db, &f->user_a, f->user_a.id, &(UserChange){" ", NULL, NULL}, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_false(user_update(db, &f->user_a, f->user_a.id,
				   &(UserChange){long_name, NULL, NULL}, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_false(
		user_update(db, &f->user_a, f->user_a.id, &(UserChange){NULL, "fr", NULL}, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_false(
		user_update(db, &f->user_a, "nobody", &(UserChange){"x", NULL, NULL}, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit"), ==, n_audit);
	g_assert_null(user_get(db, f->a, "nobody", NULL)); /* also without a place for the error */
	fixture_commit(f);
}

/* ---- sessions -------------------------------------------------------------------------------- */

static gboolean is_in(Db *db, const char *token, gboolean *ret_stale)
{
	g_auto(Principal) who = {0};
	g_autoptr(GError) error = NULL;
	gboolean in = session_principal(db, token, &limits, &who, ret_stale, &error);

	if (!in)
		fixture_expect(&error, ZHIYIN_ERROR_UNAUTHENTICATED);
	else
		g_assert_cmpint(who.kind, ==, PRINCIPAL_USER);
	return in;
}

static char *log_in(Db *db, const Fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(User) user = user_get(db, f->a, f->user_a.id, &error);
	char *token = NULL;

	session_create(db, user, &(NewSession){0}, &token, &error);
	g_assert_no_error(error);
	return token;
}

static void test_sessions_end(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *token = NULL;
	gboolean stale;

	clock_fix(START_MS, 0);
	token = log_in(db, f);
	clock_fix(START_MS + IDLE_MS, 0);
	g_assert_true(is_in(db, token, &stale));
	clock_fix(START_MS + IDLE_MS + 1, 0);
	g_assert_false(is_in(db, token, &stale));
	for (gint64 now = START_MS + IDLE_MS; now <= START_MS + ABSOLUTE_MS; now += IDLE_MS) {
		clock_fix(now, 0);
		g_assert_true(is_in(db, token, &stale));
		g_assert_true(session_touch(db, token, &error));
	}
	clock_fix(START_MS + ABSOLUTE_MS + 1, 0); /* however busy it is */
	g_assert_false(is_in(db, token, &stale));
	clock_fix(0, 0);
	fixture_commit(f);
}

static void test_sessions_are_secrets_and_end_on_request(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *token = log_in(db, f);
	g_autofree char *other = log_in(db, f);
	gboolean stale;

	g_assert_cmpstr(token, !=, other);
	g_assert_true(g_str_has_prefix(token, "zys_"));
	g_assert_cmpint(
		fixture_int(db, "SELECT count(*) FROM sessions WHERE token_hash LIKE 'zys%'"), ==,
		0);
	g_assert_true(session_end(db, token, &error));
	g_assert_false(is_in(db, token, &stale));
	g_assert_true(is_in(db, other, &stale));
	g_assert_false(stale);
	g_assert_false(is_in(db, "", &stale));
	g_assert_true(db_run(db, "UPDATE users SET active = 0", &error, ""));
	g_assert_false(is_in(db, other, &stale));
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/users/passwords", test_passwords);
	g_test_add_func("/users/one_address_is_one_account", test_one_address_is_one_account);
	g_test_add_func("/users/update", test_update);
	g_test_add_func("/users/sessions_end", test_sessions_end);
	g_test_add_func("/users/sessions_are_secrets",
			test_sessions_are_secrets_and_end_on_request);
	return g_test_run();
}
