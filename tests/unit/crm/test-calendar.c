/* Working time: weeks, lunch, holidays, days that are worked instead, summer time. */
#include "base/clock.h"
#include "crm/calendar.h"

#define OFFICE                                                                                    \
	"{\"mon\":[[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]],\"tue\":[[\"09:00\",\"12:00\"],"  \
	"[\"13:00\",\"18:00\"]],\"wed\":[[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]],\"thu\":[[" \
	"\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]],\"fri\":[[\"09:00\",\"12:00\"],[\"13:00\","  \
	"\"18:00\"]],\"sat\":[],\"sun\":[]}"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

static gint64 at(const char *text)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);

	g_assert_nonnull(time);
	return g_date_time_to_unix(time) * 1000;
}

static void expect_end(WorkCalendar *calendar, const char *from, gint64 work_ms, const char *end)
{
	char have[CLOCK_TEXT_LENGTH + 1], want[CLOCK_TEXT_LENGTH + 1];

	g_assert_cmpstr(clock_format(work_calendar_add(calendar, at(from), work_ms), have), ==,
			clock_format(at(end), want));
	/* what was added is what lies in between */
	g_assert_cmpint(work_calendar_between(calendar, at(from), at(end)), ==, work_ms);
}

static void test_week(void)
{
	g_autoptr(WorkCalendar) office = work_calendar_new(OFFICE, "Asia/Shanghai");

	expect_end(office, "2026-11-25T10:00:00+08:00", HOUR, "2026-11-25T11:00:00+08:00");
	/* over lunch, over night, over the weekend */
	expect_end(office, "2026-11-25T11:30:00+08:00", HOUR, "2026-11-25T13:30:00+08:00");
	expect_end(office, "2026-11-25T17:30:00+08:00", HOUR, "2026-11-26T09:30:00+08:00");
	expect_end(office, "2026-11-27T17:00:00+08:00", 2 * HOUR, "2026-11-30T10:00:00+08:00");
	expect_end(office, "2026-11-28T12:00:00+08:00", 30 * MINUTE, "2026-11-30T09:30:00+08:00");
	/* to the very end of a day, not the beginning of the next */
	expect_end(office, "2026-11-25T17:00:00+08:00", HOUR, "2026-11-25T18:00:00+08:00");
	g_assert_cmpint(work_calendar_between(office, at("2026-11-23T00:00:00+08:00"),
					      at("2026-11-30T00:00:00+08:00")),
			==, 40 * HOUR);
	g_assert_cmpint(work_calendar_between(office, 5, 5), ==, 0);
	g_assert_cmpint(work_calendar_between(office, 9, 5), ==, 0);
}

/* The national holiday of 2026: off from the first to the seventh of October, worked on Saturday 10th. */
static void test_holidays(void)
{
	g_autoptr(WorkCalendar) office = work_calendar_new(OFFICE, "Asia/Shanghai");
	char day[] = "2026-10-01";

	for (int i = 1; i <= 7; i++) {
		day[9] = (char)('0' + i);
		work_calendar_set_day(office, day, FALSE);
	}
	work_calendar_set_day(office, "2026-10-10", TRUE);
	expect_end(office, "2026-09-30T17:00:00+08:00", 2 * HOUR, "2026-10-08T10:00:00+08:00");
	expect_end(office, "2026-10-09T17:00:00+08:00", 2 * HOUR, "2026-10-10T10:00:00+08:00");
}

static void test_always_and_never(void)
{
	g_autoptr(WorkCalendar) always = work_calendar_new("{}", "Asia/Shanghai");
	g_autoptr(WorkCalendar) never = work_calendar_new("{\"mon\":[]}", "Asia/Shanghai");

	work_calendar_set_day(always, "2026-11-26", FALSE);
	expect_end(always, "2026-11-25T23:30:00+08:00", HOUR, "2026-11-26T00:30:00+08:00");
	g_assert_cmpint(work_calendar_add(never, at("2026-11-25T10:00:00+08:00"), HOUR), ==, 0);
	work_calendar_set_day(never, "2026-11-26", TRUE);
	g_assert_cmpint(work_calendar_add(never, at("2026-11-25T10:00:00+08:00"), HOUR), ==, 0);
}

/* The night of 25 October 2026 has 25 hours in Berlin, that of 29 March 2026 has 23. */
static void test_summer_time(void)
{
	g_autoptr(WorkCalendar) round = work_calendar_new(
		"{\"sat\":[[\"00:00\",\"24:00\"]],\"sun\":[[\"00:00\",\"24:00\"]]}",
		"Europe/Berlin");

	g_assert_cmpint(work_calendar_between(round, at("2026-10-23T12:00:00+02:00"),
					      at("2026-10-27T12:00:00+01:00")),
			==, 49 * HOUR);
	g_assert_cmpint(work_calendar_between(round, at("2026-03-27T12:00:00+01:00"),
					      at("2026-03-31T12:00:00+02:00")),
			==, 47 * HOUR);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calendar/week", test_week);
	g_test_add_func("/calendar/holidays", test_holidays);
	g_test_add_func("/calendar/always-and-never", test_always_and_never);
	g_test_add_func("/calendar/summer-time", test_summer_time);
	return g_test_run();
}
