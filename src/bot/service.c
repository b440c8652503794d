/* As many threads as a model may keep waiting and two besides, so that no question that needs no model
 * stands behind one that does. What computes under them has its own bounds (the encoder in engine.c,
 * the model in llm.h). */
#include "bot/service.h"

#include "base/log.h"
#include "bot/handover.h"
#include "crm/conversations.h"
#include "llm/local.h"

enum { N_THREADS = LLM_QUEUE_MAX + LOCAL_SLOTS + 2 };

struct BotService {
	Store *store;
	AnswerEngine *engine;
	GThreadPool *pool;
	DialogueHear hear;
	gpointer hear_data;
};

typedef struct {
	char org_id[37], conversation_id[37];
	BotDone done;
	gpointer data;
} BotJob;

static void bot_run(gpointer data, gpointer user_data)
{
	BotService *service = user_data;
	g_autofree BotJob *job = data;
	g_autoptr(GError) error = NULL, failed = NULL;
	g_autofree char *reply = NULL;

	if (!dialogue_reply(service->engine, service->store, job->org_id, job->conversation_id,
			    service->hear, service->hear_data, &reply, &error))
		log_event(LOG_ERROR, "bot_reply", "conversation_id", 's', job->conversation_id,
			  "error", 'e', error, NULL);
	if (job->done)
		job->done(reply, job->data);
	/* nobody waits any more */
	if (!handover_summarise(service->engine, service->store, job->org_id, job->conversation_id,
				&failed))
		log_event(LOG_ERROR, "handover_summary", "conversation_id", 's',
			  job->conversation_id, "error", 'e', failed, NULL);
}

BotService *bot_service_new(Store *store, AnswerEngine *engine)
{
	BotService *service = g_new0(BotService, 1);

	service->store = store;
	service->engine = engine;
	service->pool = g_thread_pool_new(bot_run, service, N_THREADS, FALSE, NULL);
	return service;
}

void bot_service_set_hear(BotService *service, DialogueHear hear, gpointer data)
{
	service->hear = hear;
	service->hear_data = data;
}

void bot_service_free(BotService *service)
{
	if (!service)
		return;
	g_thread_pool_free(service->pool, FALSE, TRUE);
	g_free(service);
}

void bot_service_submit(BotService *service, const char *org_id, const char *conversation_id,
			BotDone done, gpointer data)
{
	BotJob *job = g_new0(BotJob, 1);

	g_strlcpy(job->org_id, org_id, sizeof(job->org_id));
	g_strlcpy(job->conversation_id, conversation_id, sizeof(job->conversation_id));
	job->done = done;
	job->data = data;
	g_thread_pool_push(service->pool, job, NULL);
}

static void resume_one(const char *org_id, const char *id, gpointer data)
{
	bot_service_submit(data, org_id, id, NULL, NULL);
}

gboolean bot_service_resume(BotService *service, GError **error)
{
	g_autoptr(Db) db = db_begin_read(service->store, error);

	return db && conversation_each_unanswered(db, resume_one, service, error);
}

AnswerEngine *bot_service_engine(BotService *service)
{
	return service->engine;
}

guint bot_service_n_waiting(BotService *service)
{
	return g_thread_pool_unprocessed(service->pool);
}
