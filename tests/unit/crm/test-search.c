/* Full text: which words find which records, paging, and what may not be seen. */
#include "crm/search.h"

#include "crm/conversations.h"
#include "crm/records.h"
#include "crm/timeline.h"
#include "fixture.h"

static void put(Db *db, const char *org_id, const char *object, const char *id, const char *text)
{
	g_autoptr(GError) error = NULL;

	search_put(db, org_id, object, id, text, &error);
	g_assert_no_error(error);
}

static gboolean note(const char *object, const char *record_id, gpointer data, GError **error)
{
	(void)error;
	g_string_append_printf(data, "%s%s:%s", ((GString *)data)->len ? " " : "", object,
			       record_id);
	return TRUE;
}

static char *find(Db *db, const char *org_id, const char *object, const char *q, int page_size,
		  const char *token, char **ret_next)
{
	g_autoptr(GError) error = NULL;
	GString *out = g_string_new(NULL);

	search_find(db, org_id, object, q, page_size, token, note, out, ret_next, &error);
	g_assert_no_error(error);
	return g_string_free(out, FALSE);
}

static void expect(Db *db, const char *org_id, const char *q, const char *wanted)
{
	g_autofree char *next = NULL;
	g_autofree char *found = find(db, org_id, NULL, q, 50, NULL, &next);

	g_test_message("%s", q);
	g_assert_cmpstr(found, ==, wanted);
	g_assert_null(next);
}

static void test_words(void)
{
	static const struct {
		const char *q, *found;
	} cases[] = {
		{"建国", "contacts:1"},
		{"国", "contacts:1"},
		{"王建国", "contacts:1"},
		{"国建", ""},
		{"jonat", "contacts:1"},
		{"JONATHAN", "contacts:1"},
		{"onathan", "contacts:1"}, /* inside a word */
		{"hmid", "contacts:2"},
		{"xampl", "contacts:2 contacts:1"},
		{"jonahtan", "contacts:1"}, /* one slip */
		{"schmitd", "contacts:2"},
		{"onathan wang", "contacts:1"},
		{"onathan schmidt", ""},
		{"xyzxyz", ""},
		{"jonathan wang", "contacts:1"},
		{"jonathan schmidt", ""},
		{"example", "contacts:2 contacts:1"},
		{"schmidt", "contacts:2"},
		{"ＳＣＨＭＩＤＴ", "contacts:2"},
		{"", ""},
		{"   ", ""},
		{"\"", ""},
		{"* OR *", ""},
		{"NEAR(a b)", ""},
		{"'; DROP TABLE contacts; --", ""},
	};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	put(db, f->a, "contacts", "1", "王建国 Jonathan Wang jw@example.com");
	put(db, f->a, "contacts", "2", "Schmidt anna@example.com");
	put(db, f->b, "contacts", "3", "王建国 Jonathan Schmidt example");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect(db, f->a, cases[i].q, cases[i].found);
	fixture_commit(f);
}

static void test_changes(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);

	put(db, f->a, "contacts", "1", "alpha");
	put(db, f->a, "contacts", "1", "beta");
	expect(db, f->a, "alpha", "");
	expect(db, f->a, "beta", "contacts:1");
	g_assert_true(search_remove(db, "contacts", "1", &error));
	expect(db, f->a, "beta", "");
	g_assert_true(search_remove(db, "contacts", "1", &error)); /* again is nothing */
	fixture_commit(f);
}

/* Names are found as they are typed without Chinese; what matches is marked. */
static void test_pinyin_and_marks(void)
{
	static const struct {
		const char *q, *marks;
	} cases[] = {
		{"lilei", "\"marks\":{\"title\":[],\"snippet\":[]}"},
		{"ll", "\"title\":\"李雷\""},
		{"li lei", "\"title\":\"李雷\""},
		{"李", "\"marks\":{\"title\":[[0,1]],\"snippet\":[]}"},
		{"ample", "\"marks\":{\"title\":[],\"snippet\":[[3,10]]}"},
	};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) contact = fixture_json("{'name':'李雷','email':'li@example.com'}");
	Db *db = fixture_write(f);
	char id[37];

	g_assert_true(record_create(db, &f->user_a, &OBJECT_CONTACT, contact, id, NULL, &error));
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new(NULL);

		g_assert_true(search_everything(db, &f->user_a, cases[i].q, 10, NULL, out, &error));
		g_test_message("%s: %s", cases[i].q, out->str);
		g_assert_nonnull(strstr(out->str, cases[i].marks));
	}
	fixture_commit(f);
}

/* A word longer than the longest piece is asked for by several of them: all must be there. Words of
 * other scripts have pieces too. */
static void test_pieces(void)
{
	static const struct {
		const char *q, *found;
	} cases[] = {
		{"nternati", "contacts:1"},
		{"ternational", "contacts:1"},
		{"internationalist", ""},
		{"ntxernati", ""},
		{"ривет", "contacts:2"},
		{"рив", "contacts:2"},
		{"in", "contacts:1"},
		{"nt", ""},
		{"23456", "contacts:2"},
		{"tern", "contacts:1"},
		{"иве", "contacts:2"},
		{"риве", "contacts:2"},
		{"lase", "contacts:3"}, /* its two runs stand in one word there, and apart in 4 */
		{"sern", ""},
	};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	put(db, f->a, "contacts", "1", "international");
	put(db, f->a, "contacts", "2", "привет 1234567");
	put(db, f->a, "contacts", "3", "blaser");
	put(db, f->a, "contacts", "4", "abase of blas");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		expect(db, f->a, cases[i].q, cases[i].found);
	fixture_commit(f);
}

/* A word that no text has any more is in the index no longer, once that is tidied. */
static void test_forgetting(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);

	put(db, f->a, "contacts", "1", "alpha gamma");
	put(db, f->a, "contacts", "2", "alpha");
	fixture_commit(f);
	db = fixture_write(f);
	g_assert_true(search_remove(db, "contacts", "1", &error));
	g_assert_true(db_run(db, "INSERT INTO search_text (search_text) VALUES ('optimize')",
			     &error, ""));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM search_terms WHERE term = 'gamma'"),
			==, 0);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM search_terms WHERE term = 'alpha'"),
			==, 1);
	expect(db, f->a, "lph", "contacts:2");
	fixture_commit(f);
}

static void test_pages_visit_each_once(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GString) all = g_string_new(NULL), wanted = g_string_new(NULL);
	g_autofree char *token = NULL;
	Db *db = fixture_write(f);
	int n_pages = 0;

	for (int i = 0; i < 25; i++) {
		g_autofree char *id = g_strdup_printf("%02d", i);

		put(db, f->a, "contacts", id, "common word");
		put(db, f->a, "articles", id, "common word");
		g_string_prepend(wanted, " ");
		g_string_prepend(wanted, id);
		g_string_prepend(wanted, "contacts:");
	}
	do {
		char *next = NULL;
		g_autofree char *page = find(db, f->a, "contacts", "common", 10, token, &next);

		g_string_append_printf(all, "%s ", page);
		g_free(token);
		token = next;
		g_assert_cmpint(++n_pages, <, 10);
	} while (token);
	g_assert_cmpint(n_pages, ==, 3);
	g_assert_cmpstr(all->str, ==, wanted->str);
	fixture_commit(f);
}

/* A message is told as its conversation; what was deleted is not told at all. */
static void test_everything(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) contact = fixture_json("{'name':'zebra','source':'x'}");
	g_autoptr(json_t) article = fixture_json("{'title':'zebra?','body':'zebra!','kind':'faq'}");
	g_autofree char *token = NULL;
	NewConversation fresh = {.channel = "web", .language = "en"};
	NewMessage message = {.role = "customer", .text = "a zebra, please"};
	char contact_id[37], article_id[37], conversation[37];
	Db *db = fixture_write(f);

	g_assert_true(
		record_create(db, &f->user_a, &OBJECT_CONTACT, contact, contact_id, NULL, &error));
	g_assert_true(
		record_create(db, &f->user_a, &OBJECT_ARTICLE, article, article_id, NULL, &error));
	g_assert_true(conversation_create(db, &f->user_a, &fresh, conversation, &token, &error));
	g_assert_true(message_add(db, &f->system_a, conversation, &message, NULL, &error));
	g_assert_true(search_everything(db, &f->user_a, "zebra", 10, NULL, out, &error));
	g_assert_nonnull(strstr(out->str, contact_id));
	g_assert_nonnull(strstr(out->str, article_id));
	g_assert_nonnull(strstr(out->str, conversation));
	g_assert_nonnull(strstr(out->str, "\"object\":\"conversations\""));
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, contact_id, NULL, &error));
	g_string_truncate(out, 0);
	g_assert_true(search_everything(db, &f->user_a, "zebra", 10, NULL, out, &error));
	g_assert_null(strstr(out->str, contact_id));
	g_string_truncate(out, 0);
	g_assert_true(search_everything(db, &f->user_b, "zebra", 10, NULL, out, &error));
	g_assert_cmpstr(out->str, ==, "{\"items\":[],\"next_page_token\":null}");
	fixture_commit(f);
}

/* ---- timeline -------------------------------------------------------------------------------- */

static char *kinds(Db *db, const Principal *who, const char *id, int page_size, char **token)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) page = NULL;
	const json_t *items;
	GString *words = g_string_new(NULL);

	timeline_write(db, who, &(TimelineQuery){&OBJECT_CONTACT, id, NULL, page_size, *token}, out,
		       &error);
	g_assert_no_error(error);
	page = json_parse(out->str, out->len, &error);
	items = json_object_get(page, "items");
	for (gsize i = 0; i < json_array_size(items); i++)
		g_string_append_printf(words, "%s ",
				       json_member_string(json_array_get(items, i), "kind"));
	g_free(*token);
	*token = g_strdup(json_member_string(page, "next_page_token"));
	return g_string_free(words, FALSE);
}

static void test_timeline(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) contact = fixture_json("{'name':'a'}");
	g_autoptr(json_t) change = fixture_json("{'name':'b'}");
	g_autofree char *chat_token = NULL, *token = NULL, *whole = NULL;
	g_autoptr(GString) paged = g_string_new(NULL);
	NewConversation fresh = {.channel = "web", .language = "en"};
	char id[37], conversation[37];
	Db *db = fixture_write(f);
	int n_pages = 0;

	clock_fix(1000000, 10);
	g_assert_true(record_create(db, &f->user_a, &OBJECT_CONTACT, contact, id, NULL, &error));
	fresh.contact_id = id;
	g_assert_true(
		conversation_create(db, &f->user_a, &fresh, conversation, &chat_token, &error));
	g_assert_true(
		record_patch(db, &f->user_a, &OBJECT_CONTACT, id, change, NULL, NULL, &error));
	clock_fix(0, 0);
	whole = kinds(db, &f->user_a, id, 50, &token);
	g_assert_cmpstr(whole, ==, "change conversation created ");
	g_assert_null(token);
	do {
		g_autofree char *page = kinds(db, &f->user_a, id, 1, &token);

		g_string_append(paged, page);
		g_assert_cmpint(++n_pages, <, 10);
	} while (token);
	g_assert_cmpstr(paged->str, ==, whole);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/search/words", test_words);
	g_test_add_func("/search/changes", test_changes);
	g_test_add_func("/search/pinyin_and_marks", test_pinyin_and_marks);
	g_test_add_func("/search/pieces", test_pieces);
	g_test_add_func("/search/forgetting", test_forgetting);
	g_test_add_func("/search/pages_visit_each_once", test_pages_visit_each_once);
	g_test_add_func("/search/everything", test_everything);
	g_test_add_func("/search/timeline", test_timeline);
	return g_test_run();
}
