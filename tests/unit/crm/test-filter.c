/* Filters and orders over real rows: what is found, in which order, and where it went wrong. */
#include "crm/filter.h"

#include "base/clock.h"
#include "crm/records.h"
#include "crm/schema.h"
#include "fixture.h"

static char *make(Db *db, const Principal *who, const Object *object, const char *fields)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document = fixture_json(fields);
	char id[37];

	record_create(db, who, object, document, id, NULL, &error);
	g_assert_no_error(error);
	return g_strdup(id);
}

/* The names of what a list shows, page by page of page_size, joined by spaces. */
static char *names(Db *db, const Principal *who, const Object *object, RecordQuery query)
{
	g_autofree char *token = NULL;
	GString *found = g_string_new(NULL);
	int n_pages = 0;

	do {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(json_t) page = NULL;
		const json_t *items;

		query.page_token = token;
		record_list(db, who, object, &query, out, &error);
		g_assert_no_error(error);
		page = json_parse(out->str, out->len, &error);
		g_assert_no_error(error);
		items = json_object_get(page, "items");
		for (gsize i = 0; i < json_array_size(items); i++)
			g_string_append_printf(
				found, "%s%s", found->len ? " " : "",
				json_member_string(json_array_get(items, i), "name"));
		g_free(token);
		token = g_strdup(json_member_string(page, "next_page_token"));
		g_assert_cmpint(++n_pages, <, 50);
	} while (token);
	return g_string_free(found, FALSE);
}

static void make_deals(Db *db, const Principal *who)
{
	g_autofree char *retail = make(db, who, &OBJECT_COMPANY,
				       "{'name':'云集','industry':'retail','n_employees':50}");
	g_autofree char *steel = make(db, who, &OBJECT_COMPANY,
				      "{'name':'Stahl','industry':'metal','n_employees':9000}");
	static const char *const rows[] = {
		"{'name':'a','amount':100,'tags':['vip','东区'],'expected_close_on':'2026-01-05',"
		"'company_id':'%s','custom':{'level':'gold','rank':3}}",
		"{'name':'b','amount':99.99,'tags':['vip2'],'expected_close_on':'2026-03-01',"
		"'company_id':'%s','custom':{'level':'silver','rank':20}}",
		"{'name':'c','amount':2500,'currency':'JPY','source':'fair%%'}",
		"{'name':'d','source':'fair_x'}",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = g_strdup(rows[i]);
		g_auto(GStrv) parts = g_strsplit(text, "%s", 2);
		g_autofree char *filled = g_strjoinv(i ? steel : retail, parts);
		g_autofree char *id = NULL;

		id = make(db, who, &OBJECT_DEAL, filled);
	}
}

static void test_filters(void)
{
	static const struct {
		const char *filter, *found; /* newest first */
	} cases[] = {
		{"name = a", "a"},
		{"name = \"a\" OR name = 'b'", "b a"},
		{"name = a OR name = b amount > 99.99", "a"}, /* OR binds tighter */
		{"(name = a AND amount >= 100) OR name = d", "d a"},
		{"amount >= 100", "c a"},
		{"amount < 100", "b"},
		{"amount = 99.99", "b"},
		{"amount = null", "d"},
		{"amount != null", "c b a"},
		{"amount:*", "c b a"},
		{"NOT amount:*", "d"},
		{"-amount >= 100", "d b"},
		{"NOT (amount >= 100 OR name = d)", "b"},
		{"amount != 100", "d c b"}, /* the empty differs */
		{"tags:vip", "a"},
		{"tags:VIP", "a"},
		{"tags = 东区", "a"},
		{"tags != vip", "d c b"},
		{"company.industry = retail", "a"},
		{"company_id.n_employees > 100", "b"},
		{"NOT company.industry = retail", "d c b"},
		{"expected_close_on >= 2026-02-01", "b"},
		{"expected_close_on < today", "b a"},
		{"custom.level = gold", "a"},
		{"custom.level = \"*ol*\"", "a"},
		{"custom.rank > 5", "b"},
		{"custom.nothing = 1", ""},
		{"source:fair", "d c"},
		{"source:\"fair%\"", "c"},
		{"source:fair_", "d"},
		{"source = \"fair*\"", "d c"},
		{"source = \"*x\"", "d"},
		{"status = open", "d c b a"},
		{"created_at > now-1h", "d c b a"},
		{"created_at < 2020-01-01", ""},
		{"name = \"' OR '1'='1\"", ""},
		{"currency = jpy", "c"},
		{"weighted_amount = null OR name = a", "d c b a"},
		{"   name   =   a   ", "a"},
		{"name=a", "a"},
		{"name=\"=a\"", ""},
	};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	make_deals(db, &f->user_a);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		RecordQuery query = {.page_size = 10, .filter = cases[i].filter};
		g_autofree char *found = names(db, &f->user_a, &OBJECT_DEAL, query);
		g_autofree char *elsewhere = names(db, &f->user_b, &OBJECT_DEAL, query);

		g_test_message("%s", cases[i].filter);
		g_assert_cmpstr(found, ==, cases[i].found);
		g_assert_cmpstr(elsewhere, ==, "");
	}
	fixture_commit(f);
}

static void test_refusals(void)
{
	static const struct {
		const char *filter, *says;
	} cases[] = {
		{"nme = a", "column 1: there is no field 'nme'"},
		{"name = a AND 姓名 = b", "column 14: expected the name of a field"},
		{"name", "column 5: expected one of"},
		{"name = ", "column 8: expected a value"},
		{"name==a", "column 6: a value that begins with = < or >"},
		{"amount = >5", "column 10: a value that begins with = < or >"},
		{"name = \"a", "column 8: this quote is not closed"},
		{"(name = a", "column 1: this ( is not closed"},
		{"name = a)", "column 9: there is no ( for this )"},
		{"amount > much", "column 10: the value is no amount"},
		{"probability > much", "column 15: the value is no number"},
		{"created_at > yesterday", "column 14: the value is no time"},
		{"owner_id = 7", "column 12: the value is no id"},
		{"company.nothing = 1", "column 1: there is no field"},
		{"company.parent.name = x", "column 1: there is no field"},
		{"tags > x", "column 8: a list is compared"},
		{"name = a AND", "column 13: expected"},
		{"org_id = x", "column 1: there is no field"},
		{"name; DROP TABLE deals", "column 5: expected one of"},
		{"custom.a'b = 1", "column 9: expected one of"},
		{"amount > null", "column 10: null is compared"},
	};
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GString) deep = g_string_new(NULL);
	Db *db = fixture_write(f);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		RecordQuery query = {.page_size = 10, .filter = cases[i].filter};

		g_test_message("%s", cases[i].filter);
		g_assert_false(record_list(db, &f->user_a, &OBJECT_DEAL, &query, out, &error));
		g_assert_nonnull(error);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	}
	for (int i = 0; i < 1000; i++)
		g_string_append_c(deep, '(');
	{
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		RecordQuery query = {.page_size = 10, .filter = deep->str};

		g_assert_false(record_list(db, &f->user_a, &OBJECT_DEAL, &query, out, &error));
		fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	}
	fixture_commit(f);
}

/* The same order whatever the size of a page. */
static void test_orders(void)
{
	static const struct {
		const char *order, *found;
	} cases[] = {
		{"name", "a b c d"},
		{"name desc", "d c b a"},
		{"updated_at", "a b c d"},
		{"updated_at desc", "d c b a"},
		{"amount", "b a c d"}, /* the empty last, whichever way */
		{"amount desc", "c a b d"},
		{"currency desc, name", "c a b d"},
		{"currency,name desc", "d b a c"},
		{"company.name desc, name", "a b c d"},
		{"company.name, name", "b a c d"},
		{"source, amount desc", "c d a b"},
		{"source desc, amount", "d c b a"},
		{"currency, source desc", "d a b c"},
		{"created_at", "a b c d"},
		{"custom.level desc, name", "b a c d"},
	};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	make_deals(db, &f->user_a);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		for (int size = 1; size <= 5; size++) {
			RecordQuery query = {.page_size = size, .order_by = cases[i].order};
			g_autofree char *found = names(db, &f->user_a, &OBJECT_DEAL, query);

			g_test_message("%s by %d", cases[i].order, size);
			g_assert_cmpstr(found, ==, cases[i].found);
		}
	fixture_commit(f);
}

static void test_order_refusals(void)
{
	static const char *const orders[] = {"nothing", "name down", "name,,", "a,b,c,d",
					     "tags'--"};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	RecordQuery forged = {.page_size = 5, .order_by = "name", .page_token = "eyJhIjoxfQ=="};

	for (gsize i = 0; i <= G_N_ELEMENTS(orders); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		RecordQuery query = {.page_size = 5};

		if (i < G_N_ELEMENTS(orders))
			query.order_by = orders[i];
		else
			query = forged;
		g_assert_false(record_list(db, &f->user_a, &OBJECT_DEAL, &query, out, &error));
		fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	}
	fixture_commit(f);
}

/* An invented object and an added field take part at once. */
static void test_own_fields(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autoptr(json_t) vehicle = fixture_json(
		"{'name':'vehicle','plural':'vehicles','label_en':'Vehicle','fields':["
		"{'name':'name','type':'text','label_en':'Plate','unique':true,'required':true},"
		"{'name':'doors','type':'integer','label_en':'Doors','indexed':true},"
		"{'name':'price','type':'money','label_en':'Price'},"
		"{'name':'electric','type':'boolean','label_en':'Electric'},"
		"{'name':'bought_at','type':'time','label_en':'Bought'},"
		"{'name':'kinds','type':'multi_choice','label_en':'Kinds','choices':['van','bus']},"
		"{'name':'contact_id','type':'reference','label_en':'Contact','target':'contacts'}]"
		"}");
	g_autofree char *owner = make(db, &f->user_a, &OBJECT_CONTACT, "{'name':'李雷'}");
	static const struct {
		const char *filter, *found;
	} cases[] = {
		{"doors = 4", "B A"},
		{"doors > 4", "C"},
		{"name = A", "A"},
		{"price >= 100.5", "B"},
		{"electric = true", "A"},
		{"electric != true", "C B"},
		{"kinds:bus", "C"},
		{"kinds != bus", "B A"},
		{"bought_at > 2026-01-01", "A"},
		{"name = \"*\"", "C B A"},
	};
	const Object *object;

	g_assert_true(schema_create_object(db, &f->user_a, vehicle, NULL, &error));
	g_assert_no_error(error);
	object = schema_object(db, f->user_a.org_id, "vehicles", &error);
	g_assert_no_error(error);
	{
		g_autofree char *a = make(db, &f->user_a, object,
					  "{'name':'A','doors':4,'electric':true,'bought_at':"
					  "'2026-02-03T04:05:06Z','price':100}");
		g_autofree char *b =
			make(db, &f->user_a, object, "{'name':'B','doors':4,'price':'100.50'}");
		g_autofree char *text = g_strdup_printf(
			"{'name':'C','doors':5,'kinds':['van','bus'],'contact_id':'%s'}", owner);
		g_autofree char *c = make(db, &f->user_a, object, text);
		g_autoptr(json_t) again = fixture_json("{'name':'A'}");
		char id[37];

		g_assert_true(a && b && c);
		g_assert_false(record_create(db, &f->user_a, object, again, id, NULL, &error));
		fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		RecordQuery query = {.page_size = 2, .filter = cases[i].filter};
		g_autofree char *found = names(db, &f->user_a, object, query);

		g_test_message("%s", cases[i].filter);
		g_assert_cmpstr(found, ==, cases[i].found);
	}
	g_assert_null(schema_object(db, f->user_b.org_id, "vehicles", &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	fixture_commit(f);
}

enum { N_RETAIL = 3, N_METAL = 20 };

/* 1,500 deals, n0 to n1499: the first 150 of retailers and tagged old, the next 150 of metal works, each
 * third tagged third, the last 200 deleted. */
static void make_many(Db *db, const Principal *who)
{
	g_autoptr(GPtrArray) companies = g_ptr_array_new_with_free_func(g_free);

	for (int i = 0; i < N_RETAIL + N_METAL; i++)
		g_ptr_array_add(companies, make(db, who, &OBJECT_COMPANY,
						i < N_RETAIL ? "{'name':'x','industry':'retail'}"
							     : "{'name':'y','industry':'metal'}"));
	for (int i = 0; i < 1500; i++) {
		int k = i < 150 ? i % N_RETAIL : N_RETAIL + i % N_METAL;
		g_autofree char *of =
			g_strdup_printf(",'company_id':'%s'", (const char *)companies->pdata[k]);
		g_autofree char *fields =
			g_strdup_printf("{'name':'n%d','amount':%d,'tags':[%s%s%s]%s}", i, i,
					i % 3 ? "" : "'third'", i % 3 || i >= 150 ? "" : ",",
					i < 150 ? "'old'" : "", i < 300 ? of : "");
		g_autofree char *id = make(db, who, &OBJECT_DEAL, fields);
		g_autoptr(GError) error = NULL;

		if (i >= 1300)
			record_delete(db, who, &OBJECT_DEAL, id, NULL, &error);
		g_assert_no_error(error);
	}
}

/* What most rows are in, what few are in, and what only the oldest of many are in: the same rows, in the
 * same order, page by page, whatever way they were found. */
static void test_wide(void)
{
	static const struct {
		const char *filter;
		int n;
		const char *first, *last;
	} cases[] = {{"amount >= 0", 1300, "n1299", "n0"},
		     {"amount >= 1290", 10, "n1299", "n1290"},
		     {"amount < 120", 120, "n119", "n0"},
		     {"name = \"n*\"", 1300, "n1299", "n0"},
		     {"name = \"n59*\"", 11, "n599", "n59"},
		     {"company.industry = retail", 150, "n149", "n0"},
		     {"company.industry = metal", 150, "n299", "n150"},
		     {"company.industry != retail", 150, "n299", "n150"},
		     {"company.industry = metal amount < 200", 50, "n199", "n150"},
		     {"company.industry = metal OR company.industry = retail", 300, "n299", "n0"},
		     {"NOT company.industry = retail", 1150, "n1299", "n150"},
		     {"tags:third", 434, "n1299", "n0"},
		     {"tags:old", 150, "n149", "n0"},
		     {"tags:old tags:third", 50, "n147", "n0"},
		     {"tags:third tags:old", 50, "n147", "n0"},
		     {"tags != third", 866, "n1298", "n1"},
		     {"NOT tags:third", 866, "n1298", "n1"},
		     {"tags:third OR tags:old", 534, "n1299", "n0"},
		     {"tags:nobody", 0, NULL, NULL},
		     {"tags:third amount < 100", 34, "n99", "n0"},
		     {"tags:old company.industry = retail", 150, "n149", "n0"},
		     {"amount >= 0 name = n599", 1, "n599", "n599"},
		     {"company_id:*", 300, "n299", "n0"},
		     {"company_id != null amount < 120", 120, "n119", "n0"},
		     {"NOT company_id:*", 1000, "n1299", "n300"},
		     {"contact_id:*", 0, NULL, NULL},
		     {"company_id:* OR amount >= 1290", 310, "n1299", "n0"},
		     {"updated_at > now-1d", 1300, "n1299", "n0"},
		     {"updated_at > now+1d", 0, NULL, NULL},
		     {"updated_at < now+1d company.industry = metal", 150, "n299", "n150"},
		     {"created_at > now+1d company.industry = metal", 0, NULL, NULL},
		     {"created_at < now+1d company.industry = retail", 150, "n149", "n0"}};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	make_many(db, &f->user_a);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		for (int size = 40; size <= 130; size += 10) {
			RecordQuery query = {.page_size = size, .filter = cases[i].filter};
			g_autofree char *found = names(db, &f->user_a, &OBJECT_DEAL, query);
			g_auto(GStrv) words = g_strsplit(found, " ", -1);
			int n = *found ? (int)g_strv_length(words) : 0;

			g_test_message("%s by %d", cases[i].filter, size);
			g_assert_cmpint(n, ==, cases[i].n);
			for (int k = 1; k < n; k++)
				g_assert_cmpint(atoi(words[k] + 1), <, atoi(words[k - 1] + 1));
			g_assert_cmpstr(words[0], ==, cases[i].first);
			g_assert_cmpstr(n ? words[n - 1] : NULL, ==, cases[i].last);
		}
	fixture_commit(f);
}

static void expect_plan(Db *db, const char *sql, const char *wanted)
{
	g_autofree char *explain = g_strconcat("EXPLAIN QUERY PLAN ", sql, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(DbRows) rows = db_query(db, explain, &error, "ss", "o", "x");

	g_assert_no_error(error);
	g_assert_true(db_next(rows, NULL));
	g_test_message("%s: %s", sql, db_text(rows, 3));
	g_assert_nonnull(strstr(db_text(rows, 3), wanted));
}

/* One value of an indexed field never walks the table, from the first row on. */
static void test_plans(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	gsize n;
	const Object *const *objects = objects_all(&n);

	for (gsize i = 0; i < n; i++)
		for (gsize k = 0; k < objects[i]->n_fields; k++) {
			const Field *field = &objects[i]->fields[k];
			g_autofree char *sql = NULL, *wanted = NULL;

			if (!(field->flags & FIELD_INDEXED) || field->type == FIELD_TAGS ||
			    objects[i]->flags & (OBJECT_LOG | OBJECT_ADMIN_ONLY))
				continue;
			sql = g_strdup_printf("SELECT t.id FROM %s t WHERE t.org_id = $1 AND "
					      "t.deleted_at IS NULL AND ((t.%s = $2)) ORDER BY "
					      "t.id DESC LIMIT 31",
					      object_table(objects[i]), field->name);
			wanted = g_strdup_printf("INDEX %s_%s", object_table(objects[i]),
						 field->name);
			expect_plan(db, sql, wanted);
		}
	fixture_commit(f);
}

/* The plan's lines of the filter's condition in a list, each ended by a newline. */
static char *plan_of(Db *db, FilterScope scope, const char *filter, const char *behind)
{
	g_autoptr(SqlText) text = sql_text_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(DbRows) rows = NULL;
	GString *plan = g_string_new(NULL);

	scope.db = db;
	sql_bind(text, &(DbValue){.type = DB_TEXT, .text = scope.principal->org_id, .n_bytes = -1});
	g_string_append_printf(text->sql,
			       "EXPLAIN QUERY PLAN SELECT 1 FROM %s t WHERE t.org_id = $1 AND ",
			       object_table(scope.object));
	filter_compile(&scope, filter, text, &error);
	g_assert_no_error(error);
	g_string_append(text->sql, behind);
	rows = sql_query(db, text, &error);
	g_assert_no_error(error);
	while (db_next(rows, NULL))
		g_string_append_printf(plan, "%s\n", db_text(rows, 3));
	g_test_message("%s: %s", filter, plan->str);
	return g_string_free(plan, FALSE);
}

/* How many rows a wide condition's index gives is counted in that index alone; walking goes down the
 * ids and sorts nothing; elements are listed between the bounds of the walk. */
static void test_wide_plans(void)
{
	static const char newest[] = " ORDER BY t.id DESC LIMIT 31";
	static const struct {
		const char *filter, *counted, *walked;
	} cases[] = {{"company.industry = retail", "t USING COVERING INDEX deals_company_id",
		      "t USING PRIMARY KEY (org_id=?)"},
		     {"amount >= 5", "t USING COVERING INDEX deals_amount",
		      "t USING PRIMARY KEY (org_id=?)"},
		     {"name = \"n*\"", "t USING COVERING INDEX deals_name",
		      "t USING PRIMARY KEY (org_id=?)"},
		     {"updated_at > now-1d", "t USING COVERING INDEX deals_updated_at",
		      "t USING PRIMARY KEY (org_id=?)"},
		     {"company_id:*", "t USING COVERING INDEX deals_company_id",
		      "t USING PRIMARY KEY (org_id=?)"},
		     {"owner_id != null", "t USING COVERING INDEX deals_owner_id",
		      "t USING PRIMARY KEY (org_id=?)"},
		     {"tags:vip",
		      "x USING PRIMARY KEY (org_id=? AND object=? AND field=? AND key=?)",
		      "field=? AND key=? AND record_id>? AND record_id<?)"}};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		FilterScope index = {.principal = &f->user_a, .object = &OBJECT_DEAL};
		FilterScope walk = {.principal = &f->user_a,
				    .object = &OBJECT_DEAL,
				    .walk = TRUE,
				    .from = "a",
				    .below = "b"};
		g_autofree char *counted = plan_of(db, index, cases[i].filter, "");
		g_autofree char *walked = plan_of(db, walk, cases[i].filter, newest);

		g_assert_nonnull(strstr(counted, cases[i].counted));
		g_assert_nonnull(strstr(walked, cases[i].walked));
		g_assert_null(strstr(walked, "TEMP B-TREE"));
		g_assert_null(strstr(walked, "BLOOM"));
		/* the related record by its id, not all related ones first */
		g_assert_true(!strstr(walked, " r ") ||
			      strstr(walked, " r USING PRIMARY KEY (org_id=? AND id=?)"));
	}
	{
		FilterScope related = {.principal = &f->user_a,
				       .object = &OBJECT_CONTACT,
				       .walk = TRUE,
				       .kept = "company_id"};
		g_autofree char *plan =
			plan_of(db, related, "company.industry = retail name > x",
				" AND t.id >= 'a' AND t.id < 'b' ORDER BY t.id DESC LIMIT 31");

		g_assert_nonnull(strstr(plan, "t USING INDEX contacts_company_id (org_id=? "
					      "AND company_id=? AND id>? AND id<?)"));
	}
	fixture_commit(f);
}

/* When a record was made bounds the walk down the ids, alone and in the index of something else; where a
 * field that is mostly filled is empty, the ids stand in an index of their own. */
static void test_bounded_plans(void)
{
	static const struct {
		const Object *object;
		const char *filter, *plan;
	} cases[] = {
		{&OBJECT_CONTACT, "created_at > now-1d", "PRIMARY KEY (org_id=? AND id>?)"},
		{&OBJECT_CONTACT, "created_at <= now-1d", "PRIMARY KEY (org_id=? AND id<?)"},
		{&OBJECT_EVENT, "created_at = now", "PRIMARY KEY (org_id=? AND id>? AND id<?)"},
		{&OBJECT_CONTACT, "source = fair created_at > now",
		 "INDEX contacts_source (org_id=? AND source=? AND id>?)"},
		{&OBJECT_CONTACT, "email = null", "INDEX contacts_without_email (org_id=?)"},
		{&OBJECT_CONTACT, "phone = null created_at > now-1d",
		 "INDEX contacts_without_phone (org_id=? AND id>?)"},
		{&OBJECT_COMPANY, "domain = null", "INDEX companies_without_domain (org_id=?)"},
		{&OBJECT_LEAD, "owner_id = null", "INDEX leads_without_owner (org_id=?)"},
		{&OBJECT_DEAL, "owner_id = null", "INDEX deals_without_owner (org_id=?)"},
		{&OBJECT_TICKET, "owner_id = null", "INDEX tickets_without_owner (org_id=?)"},
		{&OBJECT_TASK, "owner_id = null", "INDEX tasks_without_owner (org_id=?)"},
	};
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		FilterScope scope = {.principal = &f->user_a, .object = cases[i].object};
		g_autofree char *behind = g_strconcat(
			cases[i].object->flags & OBJECT_LOG ? "" : " AND t.deleted_at IS NULL",
			" ORDER BY t.id DESC LIMIT 31", NULL);
		g_autofree char *plan = plan_of(db, scope, cases[i].filter, behind);

		g_assert_nonnull(strstr(plan, cases[i].plan));
		g_assert_null(strstr(plan, "TEMP B-TREE"));
	}
	fixture_commit(f);
}

/* Each sign, at the very millisecond. */
static void test_created(void)
{
	static const struct {
		const char *sign, *found;
	} cases[] = {{"=", "b"},    {":", "b"}, {"!=", "c a"}, {"<", "a"},
		     {"<=", "b a"}, {">", "c"}, {">=", "c b"}};
	static const char *const rows[] = {"{'name':'a'}", "{'name':'b'}", "{'name':'c'}"};
	const gint64 at = 4102444800000; /* later than any id so far: 2100-01-01 */
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);

	for (int i = 0; i < 3; i++) {
		g_autofree char *id = NULL;

		clock_fix(at + i, 0);
		id = make(db, &f->user_a, &OBJECT_DEAL, rows[i]);
	}
	clock_fix(0, 0);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *filter = g_strdup_printf(
			"created_at %s \"2100-01-01T00:00:00.001Z\"", cases[i].sign);
		RecordQuery query = {.page_size = 2, .filter = filter};
		g_autofree char *found = names(db, &f->user_a, &OBJECT_DEAL, query);

		g_assert_cmpstr(found, ==, cases[i].found);
	}
	fixture_commit(f);
}

/* An order by an indexed field takes what the index gives, also where the field may be empty; by another
 * one it walks the table, not an index and each row behind it. */
static void test_order_plans(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	gsize n;
	const Object *const *objects = objects_all(&n);

	for (gsize i = 0; i < n; i++)
		for (gsize k = 0; k < objects[i]->n_fields; k++) {
			const Field *field = &objects[i]->fields[k];
			const char *table = object_table(objects[i]);
			gboolean sorted = (field->flags & FIELD_INDEXED) != 0;
			g_autofree char *sql = NULL, *wanted = NULL;

			if (field->type == FIELD_TAGS || field->type == FIELD_REFERENCE ||
			    field->computed || objects[i]->flags & (OBJECT_LOG | OBJECT_ADMIN_ONLY))
				continue;
			sql = g_strdup_printf(
				"SELECT * FROM %s t WHERE t.org_id = $1 AND t.deleted_at "
				"IS NULL AND t.%s IS NOT NULL AND $2 <> '' ORDER BY "
				"t.%s ASC, t.id LIMIT 31",
				table, field->name, field->name);
			wanted = sorted ? g_strdup_printf("INDEX %s_%s", table, field->name)
					: g_strdup("PRIMARY KEY");
			expect_plan(db, sql, wanted);
		}
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/filter/filters", test_filters);
	g_test_add_func("/filter/refusals", test_refusals);
	g_test_add_func("/filter/orders", test_orders);
	g_test_add_func("/filter/order_refusals", test_order_refusals);
	g_test_add_func("/filter/own_fields", test_own_fields);
	g_test_add_func("/filter/wide", test_wide);
	g_test_add_func("/filter/plans", test_plans);
	g_test_add_func("/filter/wide_plans", test_wide_plans);
	g_test_add_func("/filter/bounded_plans", test_bounded_plans);
	g_test_add_func("/filter/order_plans", test_order_plans);
	g_test_add_func("/filter/created", test_created); /* last: later ids follow its clock */
	return g_test_run();
}
