/*
 * Bot threads of the core process: a queue of conversations that wait for the bot. A customer's
 * message is stored before it is queued here, and what a crash left unanswered is queued again at
 * the next start, so no message is forgotten. Threads: submit from anywhere; done runs on a bot
 * thread.
 */
#pragma once

#include "bot/dialogue.h"

typedef struct BotService BotService;

BotService *bot_service_new(Store *store, AnswerEngine *engine);
/* Answers what is queued, then stops. */
void bot_service_free(BotService *service);
/* hear gets what the bot is saying while it says it, on a bot thread; set before anything is
 * submitted. */
void bot_service_set_hear(BotService *service, DialogueHear hear, gpointer data);
/* reply: the JSON of the bot's message, or NULL when it is silent. */
typedef void (*BotDone)(const char *reply, gpointer data);
/* done may be NULL. */
void bot_service_submit(BotService *service, const char *org_id, const char *conversation_id,
			BotDone done, gpointer data);
/* Queues what was left unanswered. */
gboolean bot_service_resume(BotService *service, GError **error);
AnswerEngine *bot_service_engine(BotService *service);
guint bot_service_n_waiting(BotService *service);
