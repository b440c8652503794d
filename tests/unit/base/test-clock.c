/* Times as text and back at the edges of the calendar; the clock and the dice held still. */
#include <glib.h>
#include <string.h>

#include "base/clock.h"

static void test_format(void)
{
	static const struct {
		gint64 time_ms;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00.000Z"},
		{-1, "1969-12-31T23:59:59.999Z"},
		{951782399999, "2000-02-28T23:59:59.999Z"},
		{951782400000, "2000-02-29T00:00:00.000Z"},
		{2147483648000, "2038-01-19T03:14:08.000Z"},
		{4107542399000, "2100-02-28T23:59:59.000Z"},
		{253402300799999, "9999-12-31T23:59:59.999Z"},
		{G_MAXINT64, "0000-00-00T00:00:00.000Z"},
	};
	char text[CLOCK_TEXT_LENGTH + 1];

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		g_assert_cmpstr(clock_format(cases[i].time_ms, text), ==, cases[i].text);
}

static void test_round_trip(void)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	for (gint64 day = -25000; day < 100000; day += 7) {
		gint64 time_ms = day * 86400000 + 45296789;
		gint64 back;

		g_assert_true(clock_parse(clock_format(time_ms, text), &back));
		g_assert_cmpint(back, ==, time_ms);
	}
}

static void test_parse(void)
{
	gint64 time_ms;

	g_assert_true(clock_parse("2026-11-23T08:00:00+08:00", &time_ms));
	g_assert_cmpint(time_ms, ==, 1795392000000);
	g_assert_true(clock_parse("2026-11-23T00:00:00Z", &time_ms));
	g_assert_cmpint(time_ms, ==, 1795392000000);
	g_assert_false(clock_parse("2026-02-29T00:00:00Z", &time_ms));
	g_assert_false(clock_parse("yesterday", &time_ms));
	g_assert_false(clock_parse("", &time_ms));
}

static void test_fixed_clock(void)
{
	gint64 real = g_get_real_time() / 1000;

	clock_fix(1000, 5);
	g_assert_cmpint(clock_now_ms(), ==, 1000);
	g_assert_cmpint(clock_now_ms(), ==, 1005);
	clock_fix(0, 0);
	g_assert_cmpint(clock_now_ms(), >=, real);
	g_assert_cmpint(clock_now_ms(), <, real + 60000);
}

static void test_fixed_random(void)
{
	guint8 one[32], two[32], again[32];

	random_fix(7);
	random_bytes(one, sizeof(one));
	random_bytes(two, sizeof(two));
	random_fix(7);
	random_bytes(again, sizeof(again));
	g_assert_cmpmem(one, sizeof(one), again, sizeof(again));
	g_assert_cmpint(memcmp(one, two, sizeof(one)), !=, 0);
	random_fix(0);
	random_bytes(again, sizeof(again));
	g_assert_cmpint(memcmp(one, again, sizeof(one)), !=, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/clock/format", test_format);
	g_test_add_func("/clock/round-trip", test_round_trip);
	g_test_add_func("/clock/parse", test_parse);
	g_test_add_func("/clock/fixed", test_fixed_clock);
	g_test_add_func("/clock/random", test_fixed_random);
	return g_test_run();
}
