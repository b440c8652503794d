/* order_by, a page token, then a filter, a line each, over a few deals: it is refused as INVALID or it is
 * SQL that runs. What it finds and what its NOT finds are all there are; by pages of two the same comes in
 * the same order. */
#include "crm/filter.h"

#include "crm/records.h"
#include "fuzz/fuzz.h"
#include "unit/crm/records_fixture.h"

enum { N_DEALS = 5 };

static Fixture *fixture; /* for all calls; its transaction stays open */
static Db *db;

static void end_fixture(void)
{
	fixture_undo(fixture);
	fixture_free(fixture);
}

static void begin_fixture(void)
{
	static const char *const rows[N_DEALS] = {
		"{'name':'a','amount':100,'tags':['vip','东区'],'expected_close_on':'2026-01-05',"
		"'custom':{'level':'gold','rank':3}}",
		"{'name':'b','amount':99.99,'tags':['vip2'],'expected_close_on':'2026-03-01',"
		"'custom':{'level':'silver','rank':20}}",
		"{'name':'C','amount':2500,'currency':'JPY','source':'fair%%'}",
		"{'name':'D_','source':'fair_x'}",
		"{'name':'李雷','probability':40}",
	};
	g_autofree char *company = NULL;

	fixture = fixture_new();
	db = fixture_write(fixture);
	company = make(db, &fixture->user_a, &OBJECT_COMPANY,
		       "{'name':'云集','industry':'retail','n_employees':50}");
	for (gsize i = 0; i < N_DEALS; i++) {
		g_autofree char *id = make(db, &fixture->user_a, &OBJECT_DEAL, "%s", rows[i]);
		g_autofree char *link = g_strdup_printf("{'company_id':'%s'}", company);

		if (i % 2)
			g_assert_true(patch(db, &fixture->user_a, &OBJECT_DEAL, id, link, NULL));
	}
	atexit(end_fixture);
}

/* Appends the ids, returns how many, or -1 when the query is refused; *ret_token: of the next page. */
static int list(const RecordQuery *query, GString *ids, char **ret_token)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) page = NULL;
	json_t *item;
	gsize i;

	if (!record_list(db, &fixture->user_a, &OBJECT_DEAL, query, out, &error)) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return -1;
	}
	page = json_parse(out->str, out->len, &error);
	g_assert_no_error(error);
	json_array_foreach(json_object_get(page, "items"), i, item)
		g_string_append_printf(ids, "%s\n", json_member_string(item, "id"));
	if (ret_token)
		*ret_token = g_strdup(json_member_string(page, "next_page_token"));
	return (int)i;
}

static void check_pages(const char *filter, const char *order, const char *ids, int n)
{
	g_autoptr(GString) pieces = g_string_new(NULL);
	g_autofree char *token = NULL;
	RecordQuery query = {.filter = filter, .order_by = order, .page_size = 2};
	int n_pages = 0;

	do {
		char *next = NULL;

		query.page_token = token;
		g_assert_cmpint(list(&query, pieces, &next), >=, 0);
		g_free(token);
		token = next;
		g_assert_cmpint(++n_pages, <=, n / 2 + 1);
	} while (token);
	g_assert_cmpstr(pieces->str, ==, ids);
}

static void check_opposite(const char *filter, int n)
{
	g_autofree char *opposite = g_strdup_printf("NOT (%s)", filter);
	g_autoptr(GString) ids = g_string_new(NULL);
	RecordQuery query = {.filter = opposite, .page_size = 100};
	int n_opposite = list(&query, ids, NULL);

	/* it may have become too long or too deep by this */
	if (n_opposite >= 0)
		g_assert_cmpint(n + n_opposite, ==, N_DEALS);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	g_autofree char *order = fuzz_utf8(fuzz_until(&input, '\n'));
	g_autofree char *token = fuzz_utf8(fuzz_until(&input, '\n'));
	g_autofree char *filter = fuzz_utf8(input);
	RecordQuery query = {.filter = *filter ? filter : NULL,
			     .order_by = *order ? order : NULL,
			     .page_size = 100};
	g_autoptr(GString) ids = g_string_new(NULL), ignored = g_string_new(NULL);
	int n_found;

	if (!fixture)
		begin_fixture();
	n_found = list(&query, ids, NULL);
	if (n_found >= 0) {
		check_pages(query.filter, query.order_by, ids->str, n_found);
		if (query.filter)
			check_opposite(filter, n_found);
	}
	query.page_token = token;
	list(&query, ignored, NULL);
	return 0;
}
