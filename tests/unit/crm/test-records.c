/* Records of declared objects on a real store: their life, paging, filters, versions, audit. */
#include "crm/records.h"

#include "fixture.h"

static char *create(Db *db, const Principal *who, const Object *object, const char *fields)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document = fixture_json(fields);
	char id[37];

	record_create(db, who, object, document, id, NULL, &error);
	g_assert_no_error(error);
	return g_strdup(id);
}

static json_t *get(Db *db, const Principal *who, const Object *object, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	json_t *record;

	record_get(db, who, object, id, NULL, out, NULL, &error);
	g_assert_no_error(error);
	record = json_parse(out->str, out->len, &error);
	g_assert_no_error(error);
	return record;
}

static gboolean patch(Db *db, const Principal *who, const char *id, const char *change,
		      const char *if_match, GError **error)
{
	g_autoptr(json_t) document = fixture_json(change);

	return record_patch(db, who, &OBJECT_CONTACT, id, document, if_match, NULL, error);
}

static gint64 version_of(Db *db, const Principal *who, const char *id)
{
	g_autoptr(GString) out = g_string_new(NULL);
	gint64 version = 0;

	g_assert_true(record_get(db, who, &OBJECT_CONTACT, id, NULL, out, &version, NULL));
	return version;
}

static void test_life(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Db *db = fixture_write(f);
	g_autofree char *id =
		create(db, &f->user_a, &OBJECT_CONTACT,
		       "{'name':'张伟','email':'Z@Mail.Example','tags':['vip'],'custom':{'a':1}}");
	g_autoptr(json_t) made = get(db, &f->user_a, &OBJECT_CONTACT, id);

	g_assert_cmpstr(json_member_string(made, "email"), ==, "z@mail.example");
	g_assert_cmpstr(json_member_string(made, "id"), ==, id);
	g_assert_true(json_is_null(json_object_get(made, "phone")));
	g_assert_true(patch(db, &f->user_a, id, "{'custom':{'b':2},'name':null}", NULL, &error));
	g_clear_pointer(&made, json_decref);
	made = get(db, &f->user_a, &OBJECT_CONTACT, id);
	g_assert_cmpuint(json_object_size(json_object_get(made, "custom")), ==, 2);
	g_assert_null(json_member_string(made, "name"));

	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, id, NULL, &error));
	g_assert_false(record_get(db, &f->user_a, &OBJECT_CONTACT, id, NULL, out, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(record_delete(db, &f->user_a, &OBJECT_CONTACT, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_assert_false(patch(db, &f->user_a, id, "{'name':'x'}", NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);

	g_assert_true(record_restore(db, &f->user_a, &OBJECT_CONTACT, id, &error));
	g_assert_false(record_restore(db, &f->user_a, &OBJECT_CONTACT, id, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	g_clear_pointer(&made, json_decref);
	made = get(db, &f->user_a, &OBJECT_CONTACT, id);
	g_assert_cmpstr(json_member_string(made, "email"), ==, "z@mail.example");
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit WHERE object = 'contacts' AND "
					"action IN ('create', 'update', 'delete', 'restore')"),
			==, 4);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit WHERE action = 'update' AND "
					"detail LIKE '{\"changes\":{\"name\":[%' AND detail "
					"LIKE '%\"custom\":[{%'"),
			==, 1);
	fixture_commit(f);
}

/* A fault leaves nothing: no row, no search text, no audit. */
static void test_faults_store_nothing(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *id = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'a'}");
	g_autoptr(json_t) bad = fixture_json("{'name':'b','email':'no address'}");
	gint64 n_audit = fixture_int(db, "SELECT count(*) FROM audit");
	char other[37];

	g_assert_false(record_create(db, &f->user_a, &OBJECT_CONTACT, bad, other, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_false(patch(db, &f->user_a, id, "{'phone':'x'}", NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_false(patch(db, &f->user_a, id, "{'id':'x'}", NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM contacts"), ==, 1);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM search_documents"), ==, 1);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit"), ==, n_audit);
	g_assert_cmpint(version_of(db, &f->user_a, id), ==, 1);
	fixture_commit(f);
}

static void test_versions(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *id = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'a'}");

	g_assert_true(patch(db, &f->user_a, id, "{'name':'b'}", "\"v1\"", &error));
	g_assert_false(patch(db, &f->user_a, id, "{'name':'c'}", "\"v1\"", &error));
	fixture_expect(&error, ZHIYIN_ERROR_PRECONDITION);
	g_assert_false(patch(db, &f->user_a, id, "{'name':'c'}", "v2", &error));
	fixture_expect(&error, ZHIYIN_ERROR_PRECONDITION);
	g_assert_true(patch(db, &f->user_a, id, "{'name':'c'}", "*", &error));
	g_assert_cmpint(version_of(db, &f->user_a, id), ==, 3);
	g_assert_false(record_delete(db, &f->user_a, &OBJECT_CONTACT, id, "\"v2\"", &error));
	fixture_expect(&error, ZHIYIN_ERROR_PRECONDITION);
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, id, "\"v3\"", &error));
	fixture_commit(f);
}

static void test_ids_that_are_none(void)
{
	static const char *const ids[] = {
		"", "1", "x' OR '1'='1", "0190a0b4-0000-7000-8000-00000000000", "%", "新"};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	Db *db = fixture_write(f);

	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_assert_false(record_get(db, &f->user_a, &OBJECT_CONTACT, ids[i], NULL, out, NULL,
					  &error));
		fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
		g_assert_false(patch(db, &f->user_a, ids[i], "{}", NULL, &error));
		fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
		g_assert_false(
			record_delete(db, &f->user_a, &OBJECT_CONTACT, ids[i], NULL, &error));
		fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	}
	fixture_commit(f);
}

/* ---- lists ----------------------------------------------------------------------------------- */

/* All ids that a list gives, page by page, joined by spaces; no page is longer than it may be. */
static char *walk(Db *db, const Principal *who, RecordQuery query, int *ret_n_pages)
{
	g_autofree char *token = NULL;
	GString *ids = g_string_new(NULL);

	*ret_n_pages = 0;
	do {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(json_t) page = NULL;
		const json_t *items;

		query.page_token = token;
		record_list(db, who, &OBJECT_CONTACT, &query, out, &error);
		g_assert_no_error(error);
		page = json_parse(out->str, out->len, &error);
		g_assert_no_error(error);
		items = json_object_get(page, "items");
		g_assert_cmpuint(json_array_size(items), <=, (gsize)query.page_size);
		for (gsize i = 0; i < json_array_size(items); i++)
			g_string_append_printf(ids, "%s ",
					       json_member_string(json_array_get(items, i), "id"));
		g_free(token);
		token = g_strdup(json_member_string(page, "next_page_token"));
		g_assert_cmpint(++*ret_n_pages, <, 100);
	} while (token);
	return g_string_free(ids, FALSE);
}

static void test_paging(void)
{
	static const int sizes[] = {1, 3, 10, 20, 21, 1000};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GString) newest_first = g_string_new(NULL);
	Db *db = fixture_write(f);

	for (int i = 0; i < 20; i++) {
		g_autofree char *id = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'list'}");
		g_autofree char *other = create(db, &f->user_b, &OBJECT_CONTACT, "{'name':'list'}");
		g_autofree char *gone = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'list'}");

		g_string_prepend(newest_first, " ");
		g_string_prepend(newest_first, id);
		g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, gone, NULL, NULL));
	}
	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		RecordQuery plain = {.page_size = sizes[i]};
		RecordQuery search = {.page_size = sizes[i], .q = "list"};
		int n_pages;
		g_autofree char *listed = walk(db, &f->user_a, plain, &n_pages);
		g_autofree char *found = walk(db, &f->user_a, search, &n_pages);

		g_assert_cmpstr(listed, ==, newest_first->str);
		g_assert_cmpstr(found, ==, newest_first->str);
	}
	fixture_commit(f);
}

static void test_filters(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	g_autofree char *chat =
		create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'li','source':'chat'}");
	g_autofree char *fair =
		create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'li','source':'fair'}");
	g_autofree char *wanted_chat = g_strconcat(chat, " ", NULL);
	g_autofree char *wanted_fair = g_strconcat(fair, " ", NULL);
	RecordQuery query = {.page_size = 10, .filter = "source = chat"};
	int n_pages;
	g_autofree char *first = walk(db, &f->user_a, query, &n_pages);
	g_autofree char *second = NULL, *third = NULL;

	g_assert_cmpstr(first, ==, wanted_chat);
	query.filter = "source = \"' OR '1'='1\"";
	second = walk(db, &f->user_a, query, &n_pages);
	g_assert_cmpstr(second, ==, "");
	query.q = "li";
	query.filter = "source = \"fair\"";
	third = walk(db, &f->user_a, query, &n_pages);
	g_assert_cmpstr(third, ==, wanted_fair);
	fixture_commit(f);
}

/* Tokens that no list gave out: a page or a refusal, never a crash or another's rows. */
static void test_hostile_tokens(void)
{
	static const char *const tokens[] = {"w", "b",	"x5", "b-1", "w99999999999999999999",
					     "'", "zz", "%",  "0"};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	g_autofree char *id = create(db, &f->user_b, &OBJECT_CONTACT, "{'name':'list'}");

	g_assert_nonnull(id);
	for (gsize i = 0; i < G_N_ELEMENTS(tokens); i++)
		for (int k = 0; k < 2; k++) {
			g_autoptr(GString) out = g_string_new(NULL);
			RecordQuery query = {
				.page_size = 5, .q = k ? "list" : NULL, .page_token = tokens[i]};

			if (record_list(db, &f->user_a, &OBJECT_CONTACT, &query, out, NULL))
				g_assert_nonnull(strstr(out->str, "\"items\":[]"));
		}
	fixture_commit(f);
}

static gboolean note_record(const char *json, gsize n_bytes, gpointer data, GError **error)
{
	g_autoptr(json_t) record = json_parse(json, n_bytes, error);

	g_ptr_array_add(data, g_strdup(json_member_string(record, "id")));
	return record != NULL;
}

static gboolean stop_at_once(const char *json, gsize n_bytes, gpointer data, GError **error)
{
	(void)json;
	(void)n_bytes;
	++*(int *)data;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_STORAGE_FULL, "full");
	return FALSE;
}

static void test_walk(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) ids = g_ptr_array_new_with_free_func(g_free);
	Db *db = fixture_write(f);
	g_autofree char *first = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'1'}");
	g_autofree char *gone = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'2'}");
	g_autofree char *last = create(db, &f->user_a, &OBJECT_CONTACT, "{'name':'3'}");
	g_autofree char *other = create(db, &f->user_b, &OBJECT_CONTACT, "{'name':'4'}");
	RecordQuery all = {.page_size = 1}, one = {.filter = "name = 1"}, bad = {.filter = "="};
	int n_called = 0;

	g_assert_nonnull(other);
	g_assert_true(record_delete(db, &f->user_a, &OBJECT_CONTACT, gone, NULL, &error));
	g_assert_true(record_walk(db, &f->user_a, &OBJECT_CONTACT, &all, note_record, ids, &error));
	g_assert_cmpuint(ids->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(ids, 0), ==, last);
	g_assert_cmpstr(g_ptr_array_index(ids, 1), ==, first);
	g_assert_true(record_walk(db, &f->user_a, &OBJECT_CONTACT, &one, note_record, ids, &error));
	g_assert_cmpuint(ids->len, ==, 3);
	g_assert_false(
		record_walk(db, &f->user_a, &OBJECT_CONTACT, &bad, note_record, ids, &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	g_assert_false(record_walk(db, &f->user_a, &OBJECT_CONTACT, &all, stop_at_once, &n_called,
				   &error));
	fixture_expect(&error, ZHIYIN_ERROR_STORAGE_FULL);
	g_assert_cmpint(n_called, ==, 1);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/records/life", test_life);
	g_test_add_func("/records/faults_store_nothing", test_faults_store_nothing);
	g_test_add_func("/records/versions", test_versions);
	g_test_add_func("/records/ids_that_are_none", test_ids_that_are_none);
	g_test_add_func("/records/paging", test_paging);
	g_test_add_func("/records/filters", test_filters);
	g_test_add_func("/records/hostile_tokens", test_hostile_tokens);
	g_test_add_func("/records/walk", test_walk);
	return g_test_run();
}
