/* A draft for staff: which question it answers, from what, how it is worded with a model and without. */
#include "bot/draft.h"

#include "../llm/prompts.h"
#include "bot/texts.h"
#include "dialogue_fixture.h"

typedef struct {
	BotFixture *b;
	GArray *assets;
	Tasks *tasks;
	Parrot parrot;
	Llm *llm;
	Draft draft;
	char id[37];
} Fixed;

static void set_up(Fixed *x, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	x->b = bot_fixture_new();
	bot_know(x->b, "几天可以退货？", "签收后七天内可以退货。");
	bot_know(x->b, "运费怎么收？", "满 99 元包邮。");
	bot_start(x->b, "zh", x->id);
	x->assets = prompts_register();
	x->tasks = tasks_load(&error);
	g_assert_no_error(error);
	x->parrot = (Parrot){.text = "", .size = 7, .end = LLM_END_STOP};
	x->llm = llm_new(&parrot_provider, &x->parrot, 1);
}

static void tear_down(Fixed *x, gconstpointer data)
{
	(void)data;
	draft_clear(&x->draft);
	bot_fixture_free(x->b);
	llm_free(x->llm);
	tasks_free(x->tasks);
	prompts_free(x->assets);
}

static void customer(Fixed *x, const char *text)
{
	Principal visitor = fixture_visitor(x->b->f->a, x->id);

	bot_say(x->b, &visitor, x->id, "customer", text);
}

static const Draft *make(Fixed *x)
{
	g_autoptr(GError) error = NULL;
	DraftRequest request = {.org_id = x->b->f->a, .conversation_id = x->id};

	draft_clear(&x->draft);
	draft_make(x->b->engine, x->b->f->store, &request, &x->draft, &error);
	g_assert_no_error(error);
	return &x->draft;
}

static const Draft *make_with(Fixed *x, const char *said)
{
	x->parrot.text = said;
	answer_engine_set_model(x->b->engine, x->tasks, x->llm);
	return make(x);
}

/* The last question counts, not the last word. */
static void test_which_question(Fixed *x, gconstpointer data)
{
	(void)data;
	g_assert_cmpstr(make(x)->text, ==, bot_text(BOT_TEXT_WIDGET_GREETING, "zh"));
	customer(x, "运费怎么收？");
	customer(x, "几天可以退货？");
	customer(x, "转人工");
	customer(x, "在吗");
	g_assert_nonnull(strstr(make(x)->text, "\n签收后七天内可以退货。\n"));
	g_assert_cmpstr(x->draft.path, ==, "curated");
	g_assert_nonnull(strstr(x->draft.citations, "\"几天可以退货？\""));
	g_assert_true(g_str_has_prefix(x->draft.text, bot_text(BOT_TEXT_DRAFT_HELLO, "zh")));
}

static void test_who_is_upset_hears_sorry(Fixed *x, gconstpointer data)
{
	(void)data;
	customer(x, "几天可以退货？");
	customer(x, "你们太差劲了，我要投诉你们");
	g_assert_true(g_str_has_prefix(make(x)->text, bot_text(BOT_TEXT_DRAFT_SORRY, "zh")));
}

static void test_with_a_model(Fixed *x, gconstpointer data)
{
	(void)data;
	customer(x, "几天可以退货？");
	make_with(x, " 您好，签收后七天内可以退货。");
	g_assert_cmpstr(x->draft.path, ==, "generated");
	g_assert_cmpstr(x->draft.text, ==, "您好，签收后七天内可以退货。");
	g_assert_nonnull(strstr(x->parrot.input, "签收后七天内可以退货。"));
	g_assert_nonnull(strstr(x->parrot.input, "顾客：几天可以退货？"));
	make_with(x, "您好，三十天内可以退货。");
	g_assert_cmpstr(x->draft.path, ==, "curated");
	x->parrot.fails = TRUE;
	make_with(x, "");
	g_assert_cmpstr(x->draft.path, ==, "curated");
}

/* Without a passage no model is asked. */
static void test_without_a_source(Fixed *x, gconstpointer data)
{
	(void)data;
	customer(x, "比萨斜塔高多少弗隆？");
	make_with(x, "比萨斜塔高 300 弗隆。");
	g_assert_cmpstr(x->draft.path, ==, "template");
	g_assert_cmpstr(x->draft.citations, ==, "[]");
	g_assert_nonnull(strstr(x->draft.text, bot_text(BOT_TEXT_DRAFT_UNKNOWN, "zh")));
	g_assert_null(x->parrot.input);
}

static void test_what_is_not_there(Fixed *x, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	DraftRequest request = {.org_id = x->b->f->b, .conversation_id = x->id};

	(void)data;
	g_assert_false(draft_make(x->b->engine, x->b->f->store, &request, &x->draft, &error));
	fixture_expect(&error, ZHIYIN_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function)(Fixed *x, gconstpointer data);
	} tests[] = {{"/draft/which_question", test_which_question},
		     {"/draft/who_is_upset_hears_sorry", test_who_is_upset_hears_sorry},
		     {"/draft/with_a_model", test_with_a_model},
		     {"/draft/without_a_source", test_without_a_source},
		     {"/draft/what_is_not_there", test_what_is_not_there}};

	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixed, NULL, set_up, tests[i].function, tear_down);
	return g_test_run();
}
