/* Conversations on a real store: which action leads from which state to which, whose turn it is,
 * and what the log, the events and the lists say of it. */
#include "crm/conversations.h"
#include "crm/handover.h"

#include "fixture.h"

static void start(Db *db, const Principal *who, char ret_id[37])
{
	g_autoptr(GError) error = NULL;
	g_autofree char *token = NULL;
	NewConversation fresh = {.channel = "web", .language = "zh"};

	conversation_create(db, who, &fresh, ret_id, &token, &error);
	g_assert_no_error(error);
}

static gboolean act(Db *db, const Principal *who, const char *id, ConversationAction action,
		    GError **error)
{
	ActionDetails details = {.reason = "asked_for_person", .summary = "in short"};

	return conversation_act(db, who, id, action, &details, error);
}

static void say(Db *db, const Principal *who, const char *id, const char *role, const char *text)
{
	g_autoptr(GError) error = NULL;
	NewMessage message = {.role = role, .text = text};

	message_add(db, who, id, &message, NULL, &error);
	g_assert_no_error(error);
}

static void expect(Db *db, const Principal *who, const char *id, const char *state,
		   const char *owner)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Conversation) c = conversation_get(db, who->org_id, id, &error);

	g_assert_no_error(error);
	g_assert_cmpstr(c->state, ==, state);
	g_assert_cmpstr(c->owner, ==, owner);
}

/* ---- actions --------------------------------------------------------------------------------- */

/* How a conversation gets into a state, and what each action makes of it: "state owner", or NULL
 * where it is a conflict. */
static const struct {
	const char *state, *owner;
	ConversationAction path[3]; /* N_ACTIONS ends it */
	const char *after[N_ACTIONS];
} rows[] = {
	{"open",
	 "bot",
	 {N_ACTIONS},
	 {[ACTION_HANDOVER] = "handed_over queue",
	  [ACTION_TAKE] = "handed_over person",
	  [ACTION_RETURN] = "open bot",
	  [ACTION_RESOLVE] = "resolved bot"}},
	{"handed_over",
	 "queue",
	 {ACTION_HANDOVER, N_ACTIONS},
	 {[ACTION_HANDOVER] = "handed_over queue",
	  [ACTION_TAKE] = "handed_over person",
	  [ACTION_RETURN] = "open bot",
	  [ACTION_RESOLVE] = "resolved queue"}},
	{"handed_over",
	 "person",
	 {ACTION_TAKE, N_ACTIONS},
	 {[ACTION_HANDOVER] = "handed_over queue",
	  [ACTION_TAKE] = "handed_over person",
	  [ACTION_RETURN] = "open bot",
	  [ACTION_RESOLVE] = "resolved person"}},
	{"resolved",
	 "person",
	 {ACTION_TAKE, ACTION_RESOLVE, N_ACTIONS},
	 {[ACTION_RESOLVE] = "resolved person",
	  [ACTION_REOPEN] = "handed_over person",
	  [ACTION_WAKE] = "open bot"}},
};

static void try_action(Fixture *f, gsize row, ConversationAction action)
{
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	const char *wanted = rows[row].after[action];
	char id[37];

	start(db, &f->user_a, id);
	for (int i = 0; rows[row].path[i] != N_ACTIONS; i++)
		g_assert_true(act(db, &f->user_a, id, rows[row].path[i], &error));
	expect(db, &f->user_a, id, rows[row].state, rows[row].owner);
	g_test_message("%s %s, action %d", rows[row].state, rows[row].owner, (int)action);
	if (wanted) {
		g_auto(GStrv) words = g_strsplit(wanted, " ", 2);

		g_assert_true(act(db, &f->user_a, id, action, &error));
		expect(db, &f->user_a, id, words[0], words[1]);
	} else {
		g_assert_false(act(db, &f->user_a, id, action, &error));
		fixture_expect(&error, ZHIYIN_ERROR_CONFLICT);
		expect(db, &f->user_a, id, rows[row].state, rows[row].owner);
	}
	fixture_undo(f);
}

static void test_actions(void)
{
	g_autoptr(Fixture) f = fixture_new();

	for (gsize row = 0; row < G_N_ELEMENTS(rows); row++)
		for (int action = 0; action < N_ACTIONS; action++)
			try_action(f, row, (ConversationAction)action);
}

/* An action that changes nothing leaves no line, no event and no audit. */
static void test_again_is_nothing(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	gint64 n_audit, n_events;
	char id[37];

	start(db, &f->user_a, id);
	g_assert_true(act(db, &f->user_a, id, ACTION_TAKE, &error));
	n_audit = fixture_int(db, "SELECT count(*) FROM audit");
	n_events = fixture_int(db, "SELECT count(*) FROM conversation_events");
	g_assert_true(act(db, &f->user_a, id, ACTION_TAKE, &error));
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM audit"), ==, n_audit);
	g_assert_cmpint(fixture_int(db, "SELECT count(*) FROM conversation_events"), ==, n_events);
	fixture_commit(f);
}

static void test_a_colleague_has_it(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	g_auto(Principal) colleague = fixture_user(f->a, FALSE);
	ActionDetails forced = {.force = TRUE};
	g_autoptr(Conversation) c = NULL;
	char id[37];

	fixture_store_user(db, &colleague, "mei@a.example");
	start(db, &f->user_a, id);
	g_assert_true(act(db, &f->user_a, id, ACTION_TAKE, &error));
	g_assert_false(act(db, &colleague, id, ACTION_TAKE, &error));
	fixture_expect(&error, ZHIYIN_ERROR_TAKEN);
	g_assert_true(conversation_act(db, &colleague, id, ACTION_TAKE, &forced, &error));
	c = conversation_get(db, f->a, id, &error);
	g_assert_cmpstr(c->owner_id, ==, colleague.id);
	fixture_commit(f);
}

static void test_off_hours_it_is_pending(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	Db *db = fixture_write(f);
	ActionDetails details = {.reason = "nothing_found", .summary = "a / b", .off_hours = TRUE};
	g_autoptr(Conversation) c = NULL;
	char id[37];

	start(db, &f->user_a, id);
	g_assert_true(conversation_act(db, &f->system_a, id, ACTION_HANDOVER, &details, &error));
	expect(db, &f->user_a, id, "pending", "queue");
	c = conversation_get(db, f->a, id, &error);
	g_assert_cmpstr(c->handover_reason, ==, "nothing_found");
	g_assert_true(act(db, &f->user_a, id, ACTION_TAKE, &error));
	expect(db, &f->user_a, id, "handed_over", "person");
	fixture_commit(f);
}

static void test_reasons(void)
{
	g_assert_true(handover_reason_valid("asked_for_person"));
	g_assert_true(handover_reason_valid("staff"));
	g_assert_false(handover_reason_valid("because"));
	g_assert_false(handover_reason_valid(""));
}

/* ---- messages -------------------------------------------------------------------------------- */

static void test_who_speaks_changes_whose_turn_it_is(void)
{
	g_autoptr(Fixture) f = fixture_new();
	Db *db = fixture_write(f);
	g_auto(Principal) key = {.kind = PRINCIPAL_KEY, .name = g_strdup("helpdesk")};
	char id[37], other[37], third[37];

	g_strlcpy(key.org_id, f->a, sizeof(key.org_id));
	id_new(key.id);
	start(db, &f->user_a, id);
	say(db, &f->system_a, id, "customer", "你好");
	expect(db, &f->user_a, id, "open", "bot");
	say(db, &f->system_a, id, "bot", "您好");
	expect(db, &f->user_a, id, "open", "bot");
	say(db, &f->user_a, id, "agent", "我来回答");
	expect(db, &f->user_a, id, "handed_over", "person");
	g_assert_true(act(db, &f->user_a, id, ACTION_RESOLVE, NULL));
	say(db, &f->user_a, id, "agent", "还有一点"); /* a word afterwards does not open it */
	expect(db, &f->user_a, id, "resolved", "person");
	say(db, &f->system_a, id, "customer", "谢谢");
	expect(db, &f->user_a, id, "open", "bot");

	/* a program that hands in what a person said elsewhere */
	start(db, &key, other);
	say(db, &key, other, "customer", "hello");
	expect(db, &f->user_a, other, "open", "bot");
	say(db, &key, other, "agent", "I am here.");
	expect(db, &f->user_a, other, "handed_over", "person");

	start(db, &f->user_a, third); /* what the system brings in changes nothing */
	say(db, &f->system_a, third, "agent", "of long ago");
	expect(db, &f->user_a, third, "open", "bot");
	fixture_commit(f);
}

static gboolean takes(Db *db, const Principal *who, const char *id, const char *role, gsize n_chars,
		      GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	NewMessage message = {.role = role};

	for (gsize i = 0; i < n_chars; i++)
		g_string_append(text, "字");
	message.text = text->str;
	return message_add(db, who, id, &message, NULL, error);
}

/* People are brief; the bot says what the article says. */
static void test_lengths(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	static const char *const people[] = {"customer", "agent"};
	NewMessage blank = {.role = "customer", .text = " \n\t "};
	Db *db = fixture_write(f);
	char id[37];

	start(db, &f->user_a, id);
	for (gsize i = 0; i < G_N_ELEMENTS(people); i++) {
		g_assert_true(takes(db, &f->system_a, id, people[i], MESSAGE_MAX_CHARS, &error));
		g_assert_false(
			takes(db, &f->system_a, id, people[i], MESSAGE_MAX_CHARS + 1, &error));
		fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
		g_assert_false(takes(db, &f->system_a, id, people[i], 0, &error));
		fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	}
	g_assert_false(message_add(db, &f->system_a, id, &blank, NULL, &error));
	fixture_expect(&error, ZHIYIN_ERROR_UNPROCESSABLE);
	g_assert_true(takes(db, &f->system_a, id, "bot", 50000, &error));
	fixture_commit(f);
}

static void test_history_and_last_word(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) reply = g_string_new(NULL);
	g_autoptr(GPtrArray) history = NULL;
	Db *db = fixture_write(f);
	char id[37];

	start(db, &f->user_a, id);
	say(db, &f->system_a, id, "customer", "one");
	say(db, &f->system_a, id, "bot", "two");
	g_assert_true(act(db, &f->user_a, id, ACTION_HANDOVER, &error)); /* a line of the system */
	g_assert_true(conversation_write_bot_reply(db, f->a, id, reply, &error));
	g_assert_nonnull(strstr(reply->str, "\"two\""));
	say(db, &f->system_a, id, "customer", "three");
	g_string_truncate(reply, 0);
	g_assert_true(conversation_write_bot_reply(db, f->a, id, reply, &error));
	g_assert_cmpuint(reply->len, ==, 0);
	history = conversation_history(db, f->a, id, 2, &error);
	g_assert_cmpuint(history->len, ==, 4);
	g_assert_cmpstr(g_ptr_array_index(history, 0), ==, "bot");
	g_assert_cmpstr(g_ptr_array_index(history, 3), ==, "three");
	fixture_commit(f);
}

/* ---- events, lists --------------------------------------------------------------------------- */

static void note_kind(gint64 seq, const char *org_id, const char *conversation_id, const char *kind,
		      const char *data_json, gpointer data)
{
	(void)org_id;
	(void)conversation_id;
	(void)data_json;
	g_string_append_printf(data, "%s ", kind);
	g_assert_cmpint(seq, >, 0);
}

static void test_events(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) kinds = g_string_new(NULL);
	gint64 before;
	Db *db = fixture_write(f);
	char id[37], other[37];

	start(db, &f->user_a, id);
	start(db, &f->user_a, other);
	before = conversation_events_last(db, &error);
	say(db, &f->system_a, id, "customer", "hello");
	g_assert_true(act(db, &f->user_a, id, ACTION_HANDOVER, &error));
	say(db, &f->system_a, other, "customer", "elsewhere");
	g_assert_true(
		conversation_events_after(db, f->a, id, before, 10, note_kind, kinds, &error));
	g_assert_cmpstr(kinds->str, ==, "message message state ");
	g_string_truncate(kinds, 0);
	g_assert_true(
		conversation_events_after(db, f->a, NULL, before, 2, note_kind, kinds, &error));
	g_assert_cmpstr(kinds->str, ==, "message message ");
	fixture_commit(f);
}

static void note_waiting(const char *org_id, const char *id, gpointer data)
{
	(void)org_id;
	g_string_append_printf(data, "%s ", id);
}

/* What the bot still owes after a restart. */
static void test_unanswered(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) ids = g_string_new(NULL);
	g_autofree char *wanted = NULL;
	Db *db = fixture_write(f);
	char owed[37], answered[37], taken[37], resolved[37], silent[37];

	start(db, &f->user_a, silent);
	start(db, &f->user_a, owed);
	say(db, &f->system_a, owed, "customer", "hello?");
	start(db, &f->user_a, answered);
	say(db, &f->system_a, answered, "customer", "hello?");
	say(db, &f->system_a, answered, "bot", "hello!");
	start(db, &f->user_a, taken);
	say(db, &f->user_a, taken, "agent", "hello!");
	say(db, &f->system_a, taken, "customer", "hello?");
	start(db, &f->user_a, resolved);
	say(db, &f->system_a, resolved, "customer", "hello?");
	g_assert_true(act(db, &f->user_a, resolved, ACTION_RESOLVE, &error));
	g_assert_true(conversation_each_unanswered(db, note_waiting, ids, &error));
	wanted = g_strconcat(owed, " ", NULL);
	g_assert_cmpstr(ids->str, ==, wanted);
	fixture_commit(f);
}

static gsize n_listed(Db *db, const Principal *who, const char *states, const char *owner,
		      GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) page = NULL;
	ConversationQuery query = {.states = states, .owner = owner, .page_size = 50};

	if (!conversation_list(db, who, &query, out, error))
		return G_MAXSIZE;
	page = json_parse(out->str, out->len, error);
	return json_array_size(json_object_get(page, "items"));
}

static void test_lists(void)
{
	g_autoptr(Fixture) f = fixture_new();
	g_autoptr(GError) error = NULL;
	static const struct {
		const char *states, *owner;
		gsize n;
	} lists[] = {
		{NULL, NULL, 4},	  {NULL, "any", 4},	      {"open", NULL, 1},
		{"handed_over", NULL, 2}, {"open,resolved", NULL, 2}, {"pending", NULL, 0},
		{NULL, "me", 2},	  {"handed_over", "me", 1},   {NULL, "none", 1},
		{NULL, "bot", 1},
	};
	static const char *const wrong[] = {"closed", "open,", "open;resolved", "open, resolved",
					    "'"};
	Db *db = fixture_write(f);
	char ids[4][37];

	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		start(db, &f->user_a, ids[i]);
	g_assert_true(act(db, &f->user_a, ids[1], ACTION_HANDOVER, &error));
	g_assert_true(act(db, &f->user_a, ids[2], ACTION_TAKE, &error));
	g_assert_true(act(db, &f->user_a, ids[3], ACTION_TAKE, &error));
	g_assert_true(act(db, &f->user_a, ids[3], ACTION_RESOLVE, &error));
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		g_test_message("%s %s", lists[i].states, lists[i].owner);
		g_assert_cmpuint(n_listed(db, &f->user_a, lists[i].states, lists[i].owner, &error),
				 ==, lists[i].n);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_assert_cmpuint(n_listed(db, &f->user_a, wrong[i], NULL, &error), ==, G_MAXSIZE);
		fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	}
	g_assert_cmpuint(n_listed(db, &f->user_a, NULL, "mine", &error), ==, G_MAXSIZE);
	fixture_expect(&error, ZHIYIN_ERROR_INVALID);
	fixture_commit(f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/conversations/actions", test_actions);
	g_test_add_func("/conversations/again_is_nothing", test_again_is_nothing);
	g_test_add_func("/conversations/a_colleague_has_it", test_a_colleague_has_it);
	g_test_add_func("/conversations/off_hours_it_is_pending", test_off_hours_it_is_pending);
	g_test_add_func("/conversations/reasons", test_reasons);
	g_test_add_func("/conversations/who_speaks", test_who_speaks_changes_whose_turn_it_is);
	g_test_add_func("/conversations/lengths", test_lengths);
	g_test_add_func("/conversations/history_and_last_word", test_history_and_last_word);
	g_test_add_func("/conversations/events", test_events);
	g_test_add_func("/conversations/unanswered", test_unanswered);
	g_test_add_func("/conversations/lists", test_lists);
	return g_test_run();
}
