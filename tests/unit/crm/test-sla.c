/* Clocks of tickets: due times, pauses, replies, breaches; who gets a ticket. */
#include "base/clock.h"
#include "crm/assignment.h"
#include "crm/conversations.h"
#include "crm/holidays.h"
#include "crm/notifications.h"
#include "crm/service.h"
#include "crm/sla.h"
#include "records_fixture.h"

enum { MINUTE = 60000, HOUR = 60 * MINUTE };

static gint64 moment(const char *text)
{
	gint64 ms;

	g_assert_true(clock_parse(text, &ms));
	return ms;
}

static void now(const char *text)
{
	clock_fix(moment(text), 1);
}

/* Whole minutes: the clock of a test goes on by a millisecond at each reading. */
static void expect_time(Db *db, const Principal *who, const char *id, const char *name,
			const char *text)
{
	g_autoptr(json_t) ticket = get(db, who, &OBJECT_TICKET, id);
	const char *have = json_member_string(ticket, name);

	if (!text) {
		g_assert_null(have);
		return;
	}
	g_assert_nonnull(have);
	g_assert_cmpint(moment(have) / MINUTE, ==, moment(text) / MINUTE);
}

static void office_hours(Fixture *f, Db *db)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) hours =
		fixture_json("{'mon':[['09:00','18:00']],'tue':[['09:00','18:00']],"
			     "'wed':[['09:00','18:00']],'thu':[['09:00','18:00']],"
			     "'fri':[['09:00','18:00']]}");
	OrganisationChange change = {.working_hours = hours, .time_zone = "Asia/Shanghai"};

	g_assert_true(organisation_update(db, &f->user_a, &change, &error));
}

static void policies(Fixture *f, Db *db)
{
	g_autofree char *normal = make(db, &f->user_a, &OBJECT_SLA_POLICY,
				       "{'priority':'normal','first_response_minutes':60,"
				       "'resolution_minutes':960}");
	g_autofree char *urgent = make(db, &f->user_a, &OBJECT_SLA_POLICY,
				       "{'priority':'urgent','first_response_minutes':15,"
				       "'resolution_minutes':240,'working_hours':false}");

	g_assert_nonnull(normal);
	g_assert_nonnull(urgent);
}

/* Friday evening in Shanghai (UTC+8): an hour of working time ends on Monday morning. */
static void test_due(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_autofree char *ticket = NULL, *plain = NULL;

	now("2026-11-27T09:30:00Z"); /* 17:30 */
	office_hours(f, db);
	policies(f, db);
	ticket = make(db, &f->user_a, &OBJECT_TICKET, "{'subject':'a'}");
	expect_time(db, &f->user_a, ticket, "first_response_due_at", "2026-11-30T01:30:00Z");
	expect_time(db, &f->user_a, ticket, "resolution_due_at", "2026-12-01T07:30:00Z");
	/* around the clock for what is urgent, from when it was opened */
	g_assert_true(
		patch(db, &f->user_a, &OBJECT_TICKET, ticket, "{'priority':'urgent'}", &error));
	expect_time(db, &f->user_a, ticket, "first_response_due_at", "2026-11-27T09:45:00Z");
	expect_time(db, &f->user_a, ticket, "resolution_due_at", "2026-11-27T13:30:00Z");
	/* no policy, no clock */
	plain = make(db, &f->user_a, &OBJECT_TICKET, "{'subject':'b','priority':'low'}");
	expect_time(db, &f->user_a, plain, "resolution_due_at", NULL);
	fixture_commit(f);
	clock_fix(0, 0);
}

static void test_pause(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	const Principal *who = &f->user_a;
	g_autofree char *ticket = NULL;

	now("2026-11-25T02:00:00Z"); /* Wednesday 10:00 */
	office_hours(f, db);
	policies(f, db);
	ticket = make(db, who, &OBJECT_TICKET, "{'subject':'a'}");
	expect_time(db, who, ticket, "first_response_due_at", "2026-11-25T03:00:00Z");
	now("2026-11-25T02:30:00Z");
	g_assert_true(patch(db, who, &OBJECT_TICKET, ticket, "{'status':'pending'}", &error));
	/* waiting over night and two hours of the next day: 7.5 + 2 working hours */
	now("2026-11-26T03:00:00Z");
	g_assert_true(patch(db, who, &OBJECT_TICKET, ticket, "{'status':'open'}", &error));
	expect_time(db, who, ticket, "first_response_due_at", "2026-11-26T03:30:00Z");
	expect_time(db, who, ticket, "paused_at", NULL);
	/* done, and open again an hour later */
	g_assert_true(patch(db, who, &OBJECT_TICKET, ticket, "{'status':'resolved'}", &error));
	now("2026-11-26T04:00:00Z");
	g_assert_true(patch(db, who, &OBJECT_TICKET, ticket, "{'status':'open'}", &error));
	expect_time(db, who, ticket, "resolved_at", NULL);
	expect_time(db, who, ticket, "first_response_due_at", "2026-11-26T04:30:00Z");
	fixture_commit(f);
	clock_fix(0, 0);
}

static void test_breaches(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	const Principal *who = &f->user_a;
	g_autofree char *mine = NULL, *waiting = NULL, *on_time = NULL;
	g_autoptr(GString) told = g_string_new(NULL);
	int n;

	now("2026-11-25T02:00:00Z");
	policies(f, db);
	mine = make(db, who, &OBJECT_TICKET, "{'subject':'late','owner_id':'%s'}", who->id);
	waiting = make(db, who, &OBJECT_TICKET, "{'subject':'waits','status':'on_hold'}");
	on_time = make(db, who, &OBJECT_TICKET, "{'subject':'new','priority':'low'}");
	now("2026-11-25T02:59:00Z");
	g_assert_true(sla_find_breaches(db, &n, &error));
	g_assert_cmpint(n, ==, 0);
	now("2026-11-25T03:01:00Z");
	g_assert_true(sla_find_breaches(db, &n, &error));
	g_assert_cmpint(n, ==, 1);
	expect_time(db, who, mine, "first_response_breached_at", "2026-11-25T03:00:00Z");
	expect_time(db, who, mine, "resolution_breached_at", NULL);
	expect_time(db, who, waiting, "first_response_breached_at", NULL);
	/* once */
	g_assert_true(sla_find_breaches(db, &n, &error));
	g_assert_cmpint(n, ==, 0);
	g_assert_true(notification_list(db, who, TRUE, 10, NULL, told, &error));
	g_assert_nonnull(strstr(told->str, "\"first_response_breached\""));
	g_assert_nonnull(strstr(told->str, "\"unread\":1"));
	g_assert_true(notification_mark(db, who, NULL, TRUE, &error));
	g_string_truncate(told, 0);
	g_assert_true(notification_list(db, who, TRUE, 10, NULL, told, &error));
	g_assert_nonnull(strstr(told->str, "\"items\":[],"));
	fixture_commit(f);
	clock_fix(0, 0);
}

static void test_reply(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	const Principal *who = &f->user_a;
	NewConversation fresh = {.channel = "web", .language = "zh"};
	NewMessage ask = {.role = "customer", .text = "屏幕坏了\n昨天买的"};
	NewMessage answer = {.role = "agent", .text = "请问订单号?"};
	g_autofree char *token = NULL;
	char conversation[37], ticket[37], second[37];

	now("2026-11-25T02:00:00Z");
	policies(f, db);
	g_assert_true(conversation_create(db, who, &fresh, conversation, &token, &error));
	g_assert_true(message_add(db, who, conversation, &ask, NULL, &error));
	g_assert_true(ticket_of_conversation(db, who, conversation, NULL, ticket, NULL, &error));
	expect_member(db, who, &OBJECT_TICKET, ticket, "subject", "屏幕坏了");
	expect_member(db, who, &OBJECT_TICKET, ticket, "channel", "web");
	g_assert_false(ticket_of_conversation(db, who, conversation, NULL, second, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
	/* after its time: noted, and nobody is told any more */
	now("2026-11-25T03:30:00Z");
	g_assert_true(message_add(db, who, conversation, &answer, NULL, &error));
	expect_time(db, who, ticket, "first_responded_at", "2026-11-25T03:30:00Z");
	expect_time(db, who, ticket, "first_response_breached_at", "2026-11-25T03:00:00Z");
	/* the first one counts */
	now("2026-11-25T04:00:00Z");
	g_assert_true(message_add(db, who, conversation, &answer, NULL, &error));
	expect_time(db, who, ticket, "first_responded_at", "2026-11-25T03:30:00Z");
	fixture_commit(f);
	clock_fix(0, 0);
}

static void test_assignment(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	const Principal *who = &f->user_a;
	Principal other = fixture_user(f->a, FALSE);
	g_autofree char *queue = NULL, *spare = NULL, *ids[4] = {NULL};
	g_autofree char *wrong = g_strdup("{'name':'x','filter':'colour = red','priority':'low'}");
	g_autoptr(json_t) bad = fixture_json(wrong);
	char id[37];

	fixture_store_user(db, &other, "mei@a.example");
	queue = make(db, who, &OBJECT_QUEUE, "{'name':'Returns','assign':'round_robin'}");
	for (int i = 0; i < 2; i++) {
		g_autofree char *member =
			make(db, who, &OBJECT_QUEUE_MEMBER, "{'queue_id':'%s','user_id':'%s'}",
			     queue, i ? other.id : who->id);
		g_assert_nonnull(member);
	}
	{
		g_autofree char *last = make(db, who, &OBJECT_ASSIGNMENT_RULE,
					     "{'name':'rest','position':9,'filter':'subject:*',"
					     "'priority':'low'}");
		g_autofree char *first = make(db, who, &OBJECT_ASSIGNMENT_RULE,
					      "{'name':'returns','position':1,'queue_id':'%s',"
					      "'filter':'subject:退货 OR tags:return',"
					      "'priority':'high'}",
					      queue);
		g_assert_true(first && last);
	}
	g_assert_false(record_create(db, who, &OBJECT_ASSIGNMENT_RULE, bad, id, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	for (int i = 0; i < 3; i++) {
		ids[i] = make(db, who, &OBJECT_TICKET, "{'subject':'%s','tags':['return']}",
			      i ? "help" : "我要退货");
		expect_member(db, who, &OBJECT_TICKET, ids[i], "queue_id", queue);
		expect_member(db, who, &OBJECT_TICKET, ids[i], "priority", "high");
		/* in turn */
		expect_member(db, who, &OBJECT_TICKET, ids[i], "owner_id",
			      i % 2 ? other.id : who->id);
	}
	/* the first rule that holds, and only what was not said */
	ids[3] = make(db, who, &OBJECT_TICKET, "{'subject':'x','priority':'urgent'}");
	expect_member(db, who, &OBJECT_TICKET, ids[3], "priority", "urgent");
	expect_member(db, who, &OBJECT_TICKET, ids[3], "owner_id", NULL);
	/* to whom has fewest: who has two open ones of the queue */
	g_assert_true(patch(db, who, &OBJECT_QUEUE, queue, "{'assign':'least_open'}", &error));
	spare = g_strdup_printf("{'queue_id':'%s'}", queue);
	g_assert_true(patch(db, who, &OBJECT_TICKET, ids[3], spare, &error));
	expect_member(db, who, &OBJECT_TICKET, ids[3], "owner_id", other.id);
	for (int i = 0; i < 4; i++)
		g_free(ids[i]);
	memset(ids, 0, sizeof(ids));
	principal_clear(&other);
	fixture_commit(f);
}

static void count_day(const char *date, gboolean is_worked, const char *zh, const char *en,
		      gpointer data)
{
	GString *out = data;

	(void)zh;
	(void)en;
	g_string_append_printf(out, "%s%s ", date + 5, is_worked ? "+" : "");
}

static void expect_holidays(const char *country, int year, const char *want)
{
	g_autoptr(GString) out = g_string_new(NULL);

	g_assert_true(holidays_of(country, year, count_day, out));
	g_assert_cmpstr(out->str, ==, want);
}

static void test_holidays(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL), again = g_string_new(NULL);
	Db *db;

	/* the published lists: opm.gov, gov.uk, and the German ones */
	expect_holidays("US", 2026,
			"01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25 ");
	expect_holidays("UK", 2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28 ");
	expect_holidays("UK", 2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28 ");
	expect_holidays("DE", 2026, "01-01 04-03 04-06 05-01 05-14 05-25 10-03 12-25 12-26 ");
	g_assert_false(holidays_of("CN", 2019, count_day, out));
	g_assert_false(holidays_of("XX", 2026, count_day, out));
	g_assert_true(holidays_of("CN", 2026, count_day, out));
	g_assert_nonnull(strstr(out->str, "02-14+ 02-15 02-16 "));
	g_string_truncate(out, 0);
	db = fixture_write(f);
	g_assert_true(holidays_add(db, &f->user_a, "CN", 2026, out, &error));
	/* 33 days off, 6 worked instead; once */
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM holidays WHERE is_worked = 0"), ==,
			33);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM holidays WHERE is_worked = 1"), ==,
			6);
	g_assert_true(holidays_add(db, &f->user_a, "CN", 2026, again, &error));
	g_assert_cmpstr(again->str, ==, "{\"items\":[]}");
	g_assert_false(holidays_add(db, &f->user_a, "CN", 1999, again, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	fixture_undo(f);
}

int main(int argc, char *argv[])
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sla/due", test_due);
	g_test_add_func("/sla/pause", test_pause);
	g_test_add_func("/sla/breaches", test_breaches);
	g_test_add_func("/sla/reply", test_reply);
	g_test_add_func("/sla/assignment", test_assignment);
	g_test_add_func("/sla/holidays", test_holidays);
	return g_test_run();
}
