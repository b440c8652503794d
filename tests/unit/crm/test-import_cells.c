/* Cells as people write them. */
#include <string.h>

#include "crm/import_cells.h"

static void expect(FieldType type, const char *cell, const char *json, gboolean day_first)
{
	Field field = {
		.name = "f", .type = type, .choices = type == FIELD_CHOICE ? "new|won" : NULL};
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier("Asia/Shanghai");
	ImportForm form = {day_first, zone};
	const char *currency = NULL, *fault;
	json_t *value = import_value(&field, cell, &form, &currency, &fault);
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	g_assert_cmpstr(text, ==, json);
	g_assert_true((fault != NULL) == (value == NULL));
	json_decref(value);
	free(text);
}

static void test_dates(void)
{
	static const struct {
		const char *cell, *json;
		gboolean day_first;
	} rows[] = {{"2026-11-25", "\"2026-11-25\"", FALSE},
		    {"2026/1/5", "\"2026-01-05\"", FALSE},
		    {"5.1.2026", "\"2026-01-05\"", FALSE},
		    {"1/5/2026", "\"2026-01-05\"", FALSE},
		    {"1/5/2026", "\"2026-05-01\"", TRUE},
		    {"25/1/26", "\"2026-01-25\"", FALSE},
		    {"20261125", "\"2026-11-25\"", FALSE},
		    {"2026年1月5日", "\"2026-01-05\"", FALSE},
		    {"Jan 5, 2026", "\"2026-01-05\"", FALSE},
		    {"2026-02-30", NULL, FALSE},
		    {"soon", NULL, FALSE},
		    {"13/13/2026", NULL, FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		expect(FIELD_DATE, rows[i].cell, rows[i].json, rows[i].day_first);
	expect(FIELD_TIME, "2026-11-25 08:00", "\"2026-11-25T00:00:00.000Z\"", FALSE);
	expect(FIELD_TIME, "2026-11-25 8:00:30 PM", "\"2026-11-25T12:00:30.000Z\"", FALSE);
	expect(FIELD_TIME, "2026-11-25T08:00:00Z", "\"2026-11-25T08:00:00.000Z\"", FALSE);
	expect(FIELD_TIME, "25:00", NULL, FALSE);
	g_assert_cmpint(import_date_order("25/1/2026"), ==, 1);
	g_assert_cmpint(import_date_order("1/25/2026"), ==, -1);
	g_assert_cmpint(import_date_order("1/5/2026"), ==, 0);
}

static void test_numbers(void)
{
	expect(FIELD_NUMBER, "1,234.5", "1234.5", FALSE);
	expect(FIELD_NUMBER, "(12)", "-12", FALSE);
	expect(FIELD_NUMBER, "85%", "0.84999999999999998", FALSE);
	expect(FIELD_NUMBER, "1,23", NULL, FALSE);
	expect(FIELD_INTEGER, "1,234.00", "1234", FALSE);
	expect(FIELD_INTEGER, "1.5", NULL, FALSE);
	expect(FIELD_MONEY, "￥1,299.50", "1299.5", FALSE);
	expect(FIELD_MONEY, "1.5万", "15000", FALSE);
	expect(FIELD_MONEY, "0.1234567", "\"0.1234567\"", FALSE);
	expect(FIELD_MONEY, "much", NULL, FALSE);
}

static void test_others(void)
{
	expect(FIELD_BOOLEAN, "是", "true", FALSE);
	expect(FIELD_BOOLEAN, "No", "false", FALSE);
	expect(FIELD_BOOLEAN, "maybe", NULL, FALSE);
	expect(FIELD_TAGS, "红；blue , [x", "[\"红\",\"blue\",\"[x\"]", FALSE);
	expect(FIELD_TAGS, "[\"a,b\"]", "[\"a,b\"]", FALSE);
	expect(FIELD_CHOICE, "WON", "\"won\"", FALSE);
	expect(FIELD_URL, "www.a.example", "\"https://www.a.example\"", FALSE);
	expect(FIELD_ADDRESS, "1 Road", "{\"text\":\"1 Road\"}", FALSE);
	expect(FIELD_JSON, "[1]", NULL, FALSE);
}

static void test_what_cells_look_like(void)
{
	g_assert_true(import_looks_like(FIELD_EMAIL, "a@b.example"));
	g_assert_true(import_looks_like(FIELD_PHONE, "13800138000"));
	g_assert_true(import_looks_like(FIELD_PHONE, "+44 20 7946 0000"));
	g_assert_false(import_looks_like(FIELD_PHONE, "20261125"));
	g_assert_false(import_looks_like(FIELD_PHONE, "1299.50"));
	g_assert_true(import_looks_like(FIELD_DATE, "2026年1月5日"));
	g_assert_false(import_looks_like(FIELD_DATE, "2026"));
	g_assert_true(import_looks_like(FIELD_MONEY, "￥5"));
	g_assert_false(import_looks_like(FIELD_MONEY, "5"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/import_cells/dates", test_dates);
	g_test_add_func("/import_cells/numbers", test_numbers);
	g_test_add_func("/import_cells/others", test_others);
	g_test_add_func("/import_cells/what-cells-look-like", test_what_cells_look_like);
	return g_test_run();
}
