/* Sums of a pipeline, stages of a deal, and how many went on: against figures reckoned by hand. */
#include "crm/forecast.h"
#include "crm/sales.h"
#include "records_fixture.h"

static json_t *parse(const GString *out)
{
	return json_parse(out->str, out->len, NULL);
}

static double number(const json_t *items, gsize i, const char *name)
{
	return json_number_value(json_object_get(json_array_get(items, i), name));
}

static char *stage_of(Db *db, const char *name)
{
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id FROM stages WHERE name = $1", NULL, "s", name);

	g_assert_true(db_next(rows, NULL));
	return g_strdup(db_text(rows, 0));
}

static void move(Db *db, const Principal *who, const char *deal, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *stage = stage_of(db, name);
	g_autofree char *change = g_strdup_printf("{'stage_id':'%s'}", stage);

	g_assert_true(patch(db, who, &OBJECT_DEAL, deal, change, &error));
}

static void test_forecast(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) months = NULL, one = NULL, ways = NULL, stays = NULL;
	const Principal *who = &f->user_a;
	const json_t *items;
	Db *db = fixture_write(f);
	g_autofree char *a = NULL, *b = NULL, *c = NULL, *d = NULL, *pipeline = NULL;

	clock_fix(1700000000000, 0);
	g_assert_true(sales_make_pipeline(db, who, "en", &error));
	a = make(db, who, &OBJECT_DEAL,
		 "{'name':'a','amount':1000,'expected_close_on':'2026-11-05'}");
	b = make(db, who, &OBJECT_DEAL,
		 "{'name':'b','amount':500.50,'expected_close_on':'2026-11-30'}");
	c = make(db, who, &OBJECT_DEAL,
		 "{'name':'c','amount':200,'currency':'USD','expected_close_on':'2026-12-01'}");
	d = make(db, who, &OBJECT_DEAL,
		 "{'name':'d','amount':70,'expected_close_on':'2026-12-31'}");
	{
		g_autoptr(json_t) deal = get(db, who, &OBJECT_DEAL, a);

		pipeline = g_strdup(json_member_string(deal, "pipeline_id"));
	}
	clock_fix(1700000060000, 0);
	move(db, who, a, "Proposal");
	clock_fix(1700000100000, 0);
	move(db, who, a, "Won");
	move(db, who, d, "Lost");
	clock_fix(0, 0);
	g_assert_true(forecast_write(db, who, pipeline, "2026-11-01", "2026-12-31", "month", out,
				     &error));
	months = parse(out);
	items = json_object_get(months, "items");
	/* November CNY: a won, b open at 10 %; December: d lost in CNY, c open in USD */
	g_assert_cmpuint(json_array_size(items), ==, 3);
	g_assert_cmpstr(json_member_string(json_array_get(items, 0), "key"), ==, "2026-11");
	g_assert_cmpfloat(number(items, 0, "amount"), ==, 500.5);
	g_assert_cmpfloat(number(items, 0, "weighted_amount"), ==, 50.05);
	g_assert_cmpfloat(number(items, 0, "won_amount"), ==, 1000);
	g_assert_cmpfloat(number(items, 1, "lost_amount"), ==, 70);
	g_assert_cmpfloat(number(items, 2, "open"), ==, 1);
	g_string_truncate(out, 0);
	g_assert_true(forecast_write(db, who, pipeline, NULL, "2026-11-30", "stage", out, &error));
	one = parse(out);
	g_assert_cmpuint(json_array_size(json_object_get(one, "items")), ==, 2);
	g_assert_false(forecast_write(db, who, pipeline, NULL, NULL, "colour", out, &error));
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	g_assert_false(forecast_write(db, &f->user_b, pipeline, NULL, NULL, "month", out, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	/* four began in the first stage, one went on; both that left it stood 60 and 100 s */
	g_string_truncate(out, 0);
	g_assert_true(forecast_write_conversion(db, who, pipeline, out, &error));
	ways = parse(out);
	items = json_object_get(ways, "items");
	g_assert_cmpfloat(number(items, 0, "entered"), ==, 4);
	g_assert_cmpfloat(number(items, 0, "went_on"), ==, 1);
	g_assert_cmpfloat(number(items, 0, "rate"), ==, .25);
	g_assert_cmpfloat(number(items, 0, "mean_ms"), ==, 80000);
	g_assert_cmpfloat(number(items, 2, "mean_ms"), ==, 40000);
	g_string_truncate(out, 0);
	g_assert_true(forecast_write_stages(db, who, a, out, &error));
	stays = parse(out);
	items = json_object_get(stays, "items");
	g_assert_cmpuint(json_array_size(items), ==, 3);
	g_assert_cmpstr(json_member_string(json_array_get(items, 1), "name"), ==, "Proposal");
	g_assert_cmpstr(json_member_string(json_array_get(items, 1), "left_at"), ==,
			json_member_string(json_array_get(items, 2), "entered_at"));
	g_assert_true(b && c);
	fixture_commit(f);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/forecast/all", test_forecast);
	return g_test_run();
}
