/* The bot's side of a conversation: when it answers, when it counts a miss, when it hands over, and
 * when it is silent. */
#include "bot/dialogue.h"

#include "bot/texts.h"
#include "crm/organisation.h"
#include "dialogue_fixture.h"

/* The text of the bot's reply; NULL when it is silent. The caller frees it. */
static char *reply(BotFixture *b, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = NULL;
	g_autoptr(json_t) message = NULL;

	dialogue_reply(b->engine, b->f->store, b->f->a, id, NULL, NULL, &json, &error);
	g_assert_no_error(error);
	if (!json)
		return NULL;
	message = json_parse(json, strlen(json), &error);
	g_assert_no_error(error);
	g_assert_cmpstr(json_member_string(message, "role"), ==, "bot");
	return g_strdup(json_member_string(message, "text"));
}

static char *ask(BotFixture *b, const char *id, const char *text)
{
	Principal visitor = fixture_visitor(b->f->a, id);

	bot_say(b, &visitor, id, "customer", text);
	return reply(b, id);
}

static void expect_reply(BotFixture *b, const char *id, const char *text, const char *wanted)
{
	g_autofree char *said = ask(b, id, text);

	g_test_message("%s", text);
	g_assert_cmpstr(said, ==, wanted);
}

static void close_doors(BotFixture *b)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) never = fixture_json("{'mon':[]}");
	OrganisationChange change = {.working_hours = never};
	Db *db = fixture_write(b->f);

	organisation_update(db, &b->f->user_a, &change, &error);
	g_assert_no_error(error);
	fixture_commit(b->f);
}

static void test_a_known_question_is_answered_verbatim(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	char id[37];

	bot_know(b, "几天可以退货？", "签收后七天内可以退货。");
	bot_start(b, "zh", id);
	expect_reply(b, id, "几天可以退货？", "签收后七天内可以退货。");
	expect_reply(b, id, "几天可以退货", "签收后七天内可以退货。");
	bot_expect(b, id, "open", "bot");
}

static void test_a_second_call_gives_the_same_reply(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(Conversation) before = NULL, after = NULL;
	g_autofree char *first = NULL, *second = NULL;
	char id[37];

	bot_start(b, "zh", id);
	first = ask(b, id, "你好");
	before = bot_look(b, id);
	second = reply(b, id);
	after = bot_look(b, id);
	g_assert_nonnull(first);
	g_assert_cmpstr(first, ==, second);
	g_assert_cmpint(before->n_messages, ==, after->n_messages);
}

static void test_two_misses_hand_over(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(Conversation) once = NULL, twice = NULL;
	char id[37];

	bot_start(b, "en", id);
	expect_reply(b, id, "How tall is the tower of Pisa?", bot_text(BOT_TEXT_MISSED, "en"));
	once = bot_look(b, id);
	g_assert_cmpint(once->n_misses, ==, 1);
	expect_reply(b, id, "Which planet has the most moons?",
		     bot_text(BOT_TEXT_HANDED_OVER_MISSED, "en"));
	twice = bot_look(b, id);
	g_assert_cmpstr(twice->state, ==, "handed_over");
	g_assert_cmpstr(twice->owner, ==, "queue");
	g_assert_cmpstr(twice->handover_reason, ==, "nothing_found");
}

static void test_an_answer_between_forgives_a_miss(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	char id[37];

	bot_know(b, "几天可以退货？", "七天。");
	bot_start(b, "zh", id);
	for (int i = 0; i < 3; i++) {
		g_autofree char *missed = ask(b, id, "比萨斜塔高多少弗隆？");
		g_autofree char *answered = ask(b, id, "几天可以退货？");

		g_assert_cmpstr(answered, ==, "七天。");
		bot_expect(b, id, "open", "bot");
	}
}

static void test_a_person_is_asked_for(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(Conversation) conversation = NULL;
	char id[37];

	bot_know(b, "几天可以退货？", "七天。");
	bot_start(b, "zh", id);
	expect_reply(b, id, "转人工", bot_text(BOT_TEXT_HANDED_OVER, "zh"));
	conversation = bot_look(b, id);
	g_assert_cmpstr(conversation->handover_reason, ==, "asked_for_person");
	expect_reply(b, id, "几天可以退货？", NULL); /* it waits for a person: not a word more */
	bot_say(b, &b->f->user_a, id, "agent", "在的。");
	expect_reply(b, id, "几天可以退货？", NULL);
	bot_expect(b, id, "handed_over", "person");
}

static void test_the_summary(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) item = NULL;
	g_autofree char *first = NULL, *second = NULL;
	const char *summary;
	char id[37];

	bot_start(b, "zh", id);
	first = ask(b, id, "我的订单\n还没有到");
	second = ask(b, id, "转人工");
	{
		g_autoptr(Db) db = db_begin_read(b->f->store, &error);

		g_assert_true(conversation_write(db, b->f->a, id, FALSE, out, &error));
	}
	item = json_parse(out->str, out->len, &error);
	summary = json_member_string(item, "handover_summary");
	g_assert_cmpstr(summary, ==,
			"顾客：没有留下姓名和联系方式\n说过：转人工\n没有答上：我的订单 还没有到\n"
			"情绪：平静\n还缺：姓名；邮箱或电话");
}

static void test_a_resolved_chat_wakes_with_the_bot(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db;
	char id[37];

	bot_know(b, "几天可以退货？", "七天。");
	bot_start(b, "zh", id);
	bot_say(b, &b->f->user_a, id, "agent", "在的。");
	db = fixture_write(b->f);
	g_assert_true(conversation_act(db, &b->f->user_a, id, ACTION_RESOLVE, NULL, &error));
	fixture_commit(b->f);
	expect_reply(b, id, "几天可以退货？", "七天。");
	bot_expect(b, id, "open", "bot");
}

/* ---- off hours ------------------------------------------------------------------------------- */

static void test_off_hours(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(Conversation) conversation = NULL;
	char id[37], other[37];

	close_doors(b);
	bot_know(b, "几天可以退货？", "七天。");
	bot_start(b, "zh", id);
	expect_reply(b, id, "几天可以退货？", "七天。"); /* what is known is known at night, too */
	expect_reply(b, id, "转人工", bot_text(BOT_TEXT_OFF_HOURS, "zh"));
	bot_expect(b, id, "pending", "queue");
	expect_reply(b, id, "在吗？", NULL);
	expect_reply(b, id, "我的邮箱是 lilei@mail.example",
		     bot_text(BOT_TEXT_DETAILS_TAKEN, "zh"));
	conversation = bot_look(b, id);
	g_assert_nonnull(conversation->contact_id);

	bot_start(b, "en", other);
	expect_reply(b, other, "My number is 138 0013 8000, I want to talk to a person",
		     bot_text(BOT_TEXT_OFF_HOURS_REACHABLE, "en"));
}

/* ---- forms and buttons ----------------------------------------------------------------------- */

static void hand_over(BotFixture *b, const Principal *who, const char *id)
{
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(b->f);

	dialogue_hand_over(db, who, id, "asked_for_person", &error);
	g_assert_no_error(error);
	fixture_commit(b->f);
}

static void test_the_button_for_a_person(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(Conversation) once = NULL, twice = NULL;
	g_autoptr(GError) error = NULL;
	Principal visitor;
	Db *db;
	char id[37];

	bot_start(b, "zh", id);
	visitor = fixture_visitor(b->f->a, id);
	hand_over(b, &visitor, id);
	once = bot_look(b, id);
	g_assert_cmpstr(once->state, ==, "handed_over");
	hand_over(b, &visitor, id); /* pressed twice: nothing more */
	twice = bot_look(b, id);
	g_assert_cmpint(twice->n_messages, ==, once->n_messages);

	bot_say(b, &b->f->user_a, id, "agent", "在的。");
	hand_over(b, &visitor, id); /* a person has it already */
	bot_expect(b, id, "handed_over", "person");
	hand_over(b, &b->f->user_a, id); /* staff put it back into the queue */
	bot_expect(b, id, "handed_over", "queue");

	db = fixture_write(b->f);
	g_assert_true(conversation_act(db, &b->f->user_a, id, ACTION_RESOLVE, NULL, &error));
	fixture_commit(b->f);
	hand_over(b, &visitor, id); /* a closed one is opened by it */
	bot_expect(b, id, "handed_over", "queue");
}

static void leave(BotFixture *b, const Principal *who, const char *id, const char *details)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) json = fixture_json(details);
	g_autofree char *contact_id = NULL;
	Db *db = fixture_write(b->f);

	dialogue_leave_details(db, who, id, json, &contact_id, &error);
	g_assert_no_error(error);
	g_assert_nonnull(contact_id);
	fixture_commit(b->f);
}

/* What the contact does not take is told to staff as a message. */
static void test_the_form_for_details(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(Conversation) kept = NULL, told = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) history = NULL;
	Principal visitor;
	char id[37], other[37];

	bot_start(b, "zh", id);
	visitor = fixture_visitor(b->f->a, id);
	leave(b, &visitor, id, "{'name':'李雷','email':'li@mail.example'}");
	kept = bot_look(b, id);
	g_assert_cmpint(kept->n_messages, ==, 0);

	bot_start(b, "zh", other);
	visitor = fixture_visitor(b->f->a, other);
	leave(b, &visitor, other, "{'email':'li@mail.example','phone':'13800138000'}");
	told = bot_look(b, other);
	g_assert_cmpstr(told->contact_id, ==, kept->contact_id);
	{
		g_autoptr(Db) db = db_begin_read(b->f->store, &error);

		history = conversation_history(db, b->f->a, other, 10, &error);
	}
	g_assert_cmpuint(history->len, ==, 2);
	g_assert_cmpstr(g_ptr_array_index(history, 0), ==, "customer");
	g_assert_cmpstr(g_ptr_array_index(history, 1), ==, "li@mail.example, 13800138000");
}

static void test_what_is_not_there(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *json = NULL;
	char id[37];

	g_assert_false(dialogue_reply(b->engine, b->f->store, b->f->a, id_new(id), NULL, NULL,
				      &json, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
	bot_start(b, "zh", id);
	g_assert_true(
		dialogue_reply(b->engine, b->f->store, b->f->a, id, NULL, NULL, &json, &error));
	g_assert_null(json); /* nobody has said anything yet */
	g_assert_false(
		dialogue_reply(b->engine, b->f->store, b->f->b, id, NULL, NULL, &json, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dialogue/a_known_question", test_a_known_question_is_answered_verbatim);
	g_test_add_func("/dialogue/a_second_call", test_a_second_call_gives_the_same_reply);
	g_test_add_func("/dialogue/two_misses_hand_over", test_two_misses_hand_over);
	g_test_add_func("/dialogue/an_answer_between", test_an_answer_between_forgives_a_miss);
	g_test_add_func("/dialogue/a_person_is_asked_for", test_a_person_is_asked_for);
	g_test_add_func("/dialogue/the_summary", test_the_summary);
	g_test_add_func("/dialogue/a_resolved_chat_wakes", test_a_resolved_chat_wakes_with_the_bot);
	g_test_add_func("/dialogue/off_hours", test_off_hours);
	g_test_add_func("/dialogue/the_button_for_a_person", test_the_button_for_a_person);
	g_test_add_func("/dialogue/the_form_for_details", test_the_form_for_details);
	g_test_add_func("/dialogue/what_is_not_there", test_what_is_not_there);
	return g_test_run();
}
