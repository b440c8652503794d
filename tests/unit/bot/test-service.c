/* The queue of conversations that wait for the bot: each is answered, told, and none is forgotten. */
#include "bot/service.h"

#include "dialogue_fixture.h"

enum { N_CHATS = 20 };

typedef struct {
	GMutex lock;
	GCond changed;
	int n_replies, n_silent;
} Told;

static void told_init(Told *told)
{
	*told = (Told){0};
	g_mutex_init(&told->lock);
	g_cond_init(&told->changed);
}

static void told_clear(Told *told)
{
	g_mutex_clear(&told->lock);
	g_cond_clear(&told->changed);
}

static void note(const char *reply, gpointer data)
{
	Told *told = data;

	g_mutex_lock(&told->lock);
	++*(reply ? &told->n_replies : &told->n_silent);
	g_cond_broadcast(&told->changed);
	g_mutex_unlock(&told->lock);
}

static void wait_for(Told *told, int n)
{
	g_mutex_lock(&told->lock);
	while (told->n_replies + told->n_silent < n)
		g_cond_wait(&told->changed, &told->lock);
	g_mutex_unlock(&told->lock);
}

static void ask(BotFixture *b, char ret_id[37])
{
	Principal visitor;

	bot_start(b, "zh", ret_id);
	visitor = fixture_visitor(b->f->a, ret_id);
	bot_say(b, &visitor, ret_id, "customer", "你好");
}

static void test_each_is_told(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	BotService *service = bot_service_new(b->f->store, b->engine);
	Told told;
	char id[37], taken[37];

	told_init(&told);
	ask(b, id);
	ask(b, taken);
	bot_say(b, &b->f->user_a, taken, "agent", "在的。");
	g_assert_true(bot_service_engine(service) == b->engine);
	bot_service_submit(service, b->f->a, id, note, &told);
	bot_service_submit(service, b->f->a, taken, note, &told);
	bot_service_submit(service, b->f->a, "no such conversation", note, &told);
	wait_for(&told, 3);
	g_assert_cmpint(told.n_replies, ==, 1);
	g_assert_cmpint(told.n_silent, ==, 2);
	bot_service_free(service);
	told_clear(&told);
}

/* What is queued when the service ends is answered before it has ended. */
static void test_the_end_waits_for_what_is_queued(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	BotService *service = bot_service_new(b->f->store, b->engine);
	Told told;

	told_init(&told);
	for (int i = 0; i < N_CHATS; i++) {
		char id[37];

		ask(b, id);
		bot_service_submit(service, b->f->a, id, note, &told);
	}
	bot_service_free(service);
	g_assert_cmpint(told.n_replies, ==, N_CHATS);
	told_clear(&told);
}

static gint64 n_said_by_bot(BotFixture *b)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(b->f->store, &error);

	return fixture_int(db, "SELECT count(*) FROM messages WHERE role = 'bot'");
}

/* What a crash left unanswered is answered at the next start, once. */
static void test_resume(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	g_autoptr(GError) error = NULL;

	for (int i = 0; i < N_CHATS; i++) {
		char id[37];

		ask(b, id);
	}
	for (int i = 0; i < 2; i++) {
		BotService *service = bot_service_new(b->f->store, b->engine);

		g_assert_true(bot_service_resume(service, &error));
		g_assert_no_error(error);
		bot_service_free(service);
		g_assert_cmpint(n_said_by_bot(b), ==, N_CHATS);
	}
}

/* A conversation that was queued twice is answered once. */
static void test_twice_is_once(void)
{
	g_autoptr(BotFixture) b = bot_fixture_new();
	BotService *service = bot_service_new(b->f->store, b->engine);
	Told told;
	char id[37];

	told_init(&told);
	ask(b, id);
	for (int i = 0; i < N_CHATS; i++)
		bot_service_submit(service, b->f->a, id, note, &told);
	wait_for(&told, N_CHATS);
	bot_service_free(service);
	g_assert_cmpint(n_said_by_bot(b), ==, 1);
	told_clear(&told);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/service/each_is_told", test_each_is_told);
	g_test_add_func("/service/the_end_waits", test_the_end_waits_for_what_is_queued);
	g_test_add_func("/service/resume", test_resume);
	g_test_add_func("/service/twice_is_once", test_twice_is_once);
	return g_test_run();
}
