/* A store as the last release left it, its index of whole words only, is opened by this one. */
#include "crm/search_renewal.h"

#include "crm/conversations.h"
#include "crm/records.h"
#include "crm/search.h"
#include "fixture.h"
#include "store/migrate.h"

enum { N_CONTACTS = 250, BEFORE_PIECES = 25 /* steps of the schema */ };

static void reopen(Fixture *f, StoreTokenize tokenize, gsize n_migrations)
{
	g_autoptr(GError) error = NULL;
	gsize n;
	g_autofree StoreMigration *steps = migrations_own(&n);
	StoreOptions options = {.path = f->path,
				.tokenize = tokenize,
				.create = TRUE,
				.migrate = TRUE,
				.synchronous = "OFF",
				.migrations = steps,
				.n_migrations = n_migrations ? n_migrations : n};

	store_close(f->store);
	f->store = store_open(&options, &error);
	g_assert_no_error(error);
}

static void remove_files(const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		g_unlink(file);
	}
}

static void add_old_data(Fixture *f, char conversation[37])
{
	g_autoptr(GError) error = NULL;
	g_autofree char *token = NULL;
	NewConversation fresh = {.channel = "web", .language = "en"};
	NewMessage message = {.role = "customer", .text = "where is Buxtehude"};
	Db *db = fixture_write(f);
	char id[37];

	g_assert_true(organisation_create(db, "A", "zh", FALSE, f->a, &error));
	f->system_a = principal_system(f->a);
	g_strlcpy(f->user_a.org_id, f->a, sizeof(f->user_a.org_id));
	fixture_store_user(db, &f->user_a, "lin@a.example");
	for (int i = 0; i < N_CONTACTS; i++) {
		g_autoptr(json_t) contact = json_pack("{s:s}", "name", i ? "Schmidt" : "Eldest");

		record_create(db, &f->user_a, &OBJECT_CONTACT, contact, id, NULL, &error);
		g_assert_no_error(error);
	}
	g_assert_true(conversation_create(db, &f->user_a, &fresh, conversation, &token, &error));
	g_assert_true(message_add(db, &f->system_a, conversation, &message, NULL, &error));
	fixture_commit(f);
}

/* The old store: its files are made anew by the steps before the pieces, with the tokens of then. */
static Fixture *old_store(char conversation[37])
{
	Fixture *f = fixture_new();

	store_close(f->store);
	remove_files(f->path);
	f->store = NULL;
	reopen(f, text_tokenize, BEFORE_PIECES);
	add_old_data(f, conversation);
	reopen(f, text_tokenize_pieces, 0);
	return f;
}

static gboolean count_hit(const char *object, const char *record_id, gpointer data, GError **error)
{
	(void)object, (void)record_id, (void)error;
	++*(int *)data;
	return TRUE;
}

static int n_found(Fixture *f, const char *q)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(f->store, &error);
	g_autofree char *next = NULL;
	int n = 0;

	g_assert_no_error(error);
	g_assert_true(search_find(db, f->a, NULL, q, 1000, NULL, count_hit, &n, &next, &error));
	return n;
}

static gint64 n_to_come(Fixture *f)
{
	Db *db = fixture_write(f);
	gint64 n = fixture_int(db, "SELECT count(*) FROM search_renewal");

	fixture_commit(f);
	return n;
}

static void expect_words(Fixture *f)
{
	g_assert_cmpint(n_found(f, "schmidt"), ==, N_CONTACTS - 1);
	g_assert_cmpint(n_found(f, "eldest"), ==, 1);
	g_assert_cmpint(n_found(f, "buxtehude"), ==, 1);
}

static gboolean at_once(gpointer data)
{
	++*(int *)data;
	return TRUE;
}

static gboolean never(gpointer data)
{
	(void)data;
	return FALSE;
}

/* Whole words are found before, while and after; pieces as far as it came, newest first. */
static void test_goes_on_where_it_stopped(void)
{
	g_autoptr(GError) error = NULL;
	char conversation[37];
	g_autoptr(Fixture) f = old_store(conversation);
	int n_asked = 0;

	expect_words(f);
	g_assert_cmpint(n_to_come(f), ==, 1);
	g_assert_cmpint(n_found(f, "ldest"), ==, 0);
	g_assert_true(search_renew(f->store, at_once, &n_asked, &error));
	g_assert_no_error(error);
	g_assert_cmpint(n_asked, ==, 1);
	expect_words(f);
	g_assert_cmpint(n_found(f, "xtehud"), ==, 1);
	g_assert_cmpint(n_found(f, "chmid"), ==, 99); /* a step, less the message */
	g_assert_cmpint(n_to_come(f), ==, 1);
	reopen(f, text_tokenize_pieces, 0);
	g_assert_true(search_renew(f->store, never, NULL, &error));
	expect_words(f);
	g_assert_cmpint(n_found(f, "chmid"), ==, N_CONTACTS - 1);
	g_assert_cmpint(n_found(f, "ldest"), ==, 1);
	g_assert_cmpint(n_to_come(f), ==, 0);
	g_assert_true(search_renew(f->store, at_once, &n_asked, &error)); /* nothing to do */
	g_assert_cmpint(n_asked, ==, 1);
}

static void test_new_store_has_nothing_to_renew(void)
{
	g_autoptr(Fixture) f = fixture_new();

	g_assert_cmpint(n_to_come(f), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/search_renewal/goes_on_where_it_stopped", test_goes_on_where_it_stopped);
	g_test_add_func("/search_renewal/new_store", test_new_store_has_nothing_to_renew);
	return g_test_run();
}
