/* Working hours: what may be set, and whether somebody is there at a given moment anywhere. */
#include "crm/working_hours.h"

#include "crm/organisation.h"
#include "fixture.h"

static void test_what_is_stored(void)
{
	static const struct {
		const char *given, *stored; /* stored NULL = refused */
	} cases[] = {
		{"{}", "{}"},
		{"{'sun':[],'mon':[]}", "{\"mon\":[],\"sun\":[]}"},
		{"{'mon':[['09:00','12:30'],['12:30','24:00']]}",
		 "{\"mon\":[[\"09:00\",\"12:30\"],[\"12:30\",\"24:00\"]]}"},
		{"{'mon':[['00:00','00:01']]}", "{\"mon\":[[\"00:00\",\"00:01\"]]}"},
		{"[]", NULL},
		{"'always'", NULL},
		{"{'monday':[]}", NULL},
		{"{'mon':[],'Mon':[]}", NULL},
		{"{'mon':null}", NULL},
		{"{'mon':['09:00','18:00']}", NULL},
		{"{'mon':[['09:00','18:00','19:00']]}", NULL},
		{"{'mon':[[9,18]]}", NULL},
		{"{'mon':[['9:00','18:00']]}", NULL},
		{"{'mon':[['09:00','18:60']]}", NULL},
		{"{'mon':[['24:00','24:00']]}", NULL},
		{"{'mon':[['09:00','25:00']]}", NULL},
		{"{'mon':[['09.00','18.00']]}", NULL},
		{"{'mon':[['18:00','09:00']]}", NULL},
		{"{'mon':[['13:00','18:00'],['09:00','12:00']]}", NULL},
		{"{'mon':[['09:00','12:00'],['11:59','13:00']]}", NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(json_t) hours = fixture_json(cases[i].given);
		g_autofree char *stored = working_hours_read(hours, &error);

		g_test_message("%s", cases[i].given);
		g_assert_cmpstr(stored, ==, cases[i].stored);
		if (!stored)
			fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	}
}

#define OFFICE \
	"{\"mon\":[[\"09:00\",\"12:00\"],[\"13:00\",\"18:00\"]],\"sun\":[[\"00:00\",\"24:00\"]]}"

static void test_open_at(void)
{
	static const struct {
		const char *hours, *zone, *at;
		gboolean open;
	} cases[] = {
		{"{}", "Asia/Shanghai", "2026-11-24T03:00:00Z", TRUE},
		{"{\"mon\":[]}", "UTC", "2026-11-24T12:00:00Z", FALSE},
		/* Monday, 23 November 2026 */
		{OFFICE, "UTC", "2026-11-23T08:59:59Z", FALSE},
		{OFFICE, "UTC", "2026-11-23T09:00:00Z", TRUE},
		{OFFICE, "UTC", "2026-11-23T11:59:59Z", TRUE},
		{OFFICE, "UTC", "2026-11-23T12:00:00Z", FALSE},
		{OFFICE, "UTC", "2026-11-23T13:00:00Z", TRUE},
		{OFFICE, "UTC", "2026-11-23T18:00:00Z", FALSE},
		{OFFICE, "UTC", "2026-11-24T10:00:00Z", FALSE}, /* Tuesday */
		{OFFICE, "UTC", "2026-11-22T00:00:00Z", TRUE},	/* Sunday, whole */
		{OFFICE, "UTC", "2026-11-22T23:59:59Z", TRUE},
		/* nine in Shanghai is one in the morning of UTC; its Sunday ends before UTC's */
		{OFFICE, "Asia/Shanghai", "2026-11-23T00:59:59Z", FALSE},
		{OFFICE, "Asia/Shanghai", "2026-11-23T01:00:00Z", TRUE},
		{OFFICE, "Asia/Shanghai", "2026-11-22T16:00:00Z", FALSE},
		/* Berlin: one hour from UTC in winter, two in summer */
		{OFFICE, "Europe/Berlin", "2026-11-23T08:00:00Z", TRUE},
		{OFFICE, "Europe/Berlin", "2026-11-23T07:30:00Z", FALSE},
		{OFFICE, "Europe/Berlin", "2026-07-20T07:00:00Z", TRUE},
		{OFFICE, "Mars/Olympus", "2026-11-23T09:00:00Z", TRUE}, /* counts as UTC */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		gint64 at = 0;

		g_test_message("%s %s", cases[i].zone, cases[i].at);
		g_assert_true(clock_parse(cases[i].at, &at));
		g_assert_true(working_hours_open_at(cases[i].hours, cases[i].zone, at) ==
			      cases[i].open);
	}
}

static void test_time_zones(void)
{
	static const char *const right[] = {"UTC", "Asia/Shanghai", "America/Argentina/Salta",
					    "Etc/GMT+3"};
	static const char *const wrong[] = {"",
					    "Mars/Olympus",
					    "../../etc/passwd",
					    "/etc/localtime",
					    "+08:00",
					    "asia shanghai",
					    "Asia/",
					    ":UTC"};
	g_autofree char *long_name = g_strnfill(65, 'a');

	for (gsize i = 0; i < G_N_ELEMENTS(right); i++)
		g_assert_true(time_zone_valid(right[i]));
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_test_message("%s", wrong[i]);
		g_assert_false(time_zone_valid(wrong[i]));
	}
	g_assert_false(time_zone_valid(long_name));
}

/* A change that breaks a rule in one member changes none. */
static void test_organisation(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) closed = fixture_json("{'mon':[]}");
	g_autoptr(json_t) wrong = fixture_json("{'mon':5}");
	Db *db = fixture_write(f);
	g_autoptr(Organisation) a = NULL, b = NULL;
	OrganisationChange good = {.name = " 云台 ", .time_zone = "UTC", .working_hours = closed};
	OrganisationChange bad = {.name = "never", .working_hours = wrong};
	gint64 n_audit;

	g_assert_true(organisation_update(db, &f->user_a, &good, &error));
	n_audit = fixture_int(db, "SELECT count(*) FROM audit");
	g_assert_false(organisation_update(db, &f->user_a, &bad, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit"), ==, n_audit);
	a = organisation_get(db, f->a, &error);
	b = organisation_get(db, f->b, &error);
	g_assert_cmpstr(a->name, ==, "云台");
	g_assert_cmpstr(a->time_zone, ==, "UTC");
	g_assert_false(organisation_open_at(a, 0));
	g_assert_cmpstr(b->name, ==, "B");
	g_assert_true(organisation_open_at(b, 0));
	g_assert_null(organisation_get(db, "none", &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/working_hours/what_is_stored", test_what_is_stored);
	g_test_add_func("/working_hours/open_at", test_open_at);
	g_test_add_func("/working_hours/time_zones", test_time_zones);
	g_test_add_func("/working_hours/organisation", test_organisation);
	return g_test_run();
}
