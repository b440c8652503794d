/*
 * A store with two organisations, an engine without encoder, and a conversation in one line each:
 * what the tests of the bot's side need. What is not known here is nowhere: without articles every
 * question misses, whatever the gate is calibrated to.
 */
#pragma once

#include "../crm/fixture.h"
#include "bot/answer.h"
#include "crm/conversations.h"
#include "crm/records.h"

typedef struct {
	Fixture *f;
	AnswerEngine *engine;
} BotFixture;

static inline BotFixture *bot_fixture_new(void)
{
	BotFixture *b = g_new0(BotFixture, 1);

	b->f = fixture_new();
	b->engine = answer_engine_new(b->f->store, NULL, 1, 1000);
	return b;
}

static inline void bot_fixture_free(BotFixture *b)
{
	answer_engine_free(b->engine);
	fixture_free(b->f);
	g_free(b);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BotFixture, bot_fixture_free)

/* A visitor's new chat in organisation a. */
static inline void bot_start(BotFixture *b, const char *language, char ret_id[37])
{
	g_autoptr(GError) error = NULL;
	g_autofree char *token = NULL;
	Principal nobody = {.kind = PRINCIPAL_NOBODY};
	NewConversation fresh = {.channel = "web", .language = language};
	Db *db = fixture_write(b->f);

	g_strlcpy(nobody.org_id, b->f->a, sizeof(nobody.org_id));
	conversation_create(db, &nobody, &fresh, ret_id, &token, &error);
	g_assert_no_error(error);
	fixture_commit(b->f);
}

static inline void bot_say(BotFixture *b, const Principal *who, const char *id, const char *role,
			   const char *text)
{
	g_autoptr(GError) error = NULL;
	NewMessage message = {.role = role, .text = text};
	Db *db = fixture_write(b->f);

	message_add(db, who, id, &message, NULL, &error);
	g_assert_no_error(error);
	fixture_commit(b->f);
}

static inline void bot_know(BotFixture *b, const char *question, const char *answer)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) article = json_object();
	char id[37];
	Db *db = fixture_write(b->f);

	json_object_set_new(article, "title", json_string(question));
	json_object_set_new(article, "body", json_string(answer));
	json_object_set_new(article, "kind", json_string("faq"));
	record_create(db, &b->f->user_a, &OBJECT_ARTICLE, article, id, NULL, &error);
	g_assert_no_error(error);
	fixture_commit(b->f);
}

/* The caller frees it. */
static inline Conversation *bot_look(BotFixture *b, const char *id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Db) db = db_begin_read(b->f->store, &error);
	Conversation *conversation = conversation_get(db, b->f->a, id, &error);

	g_assert_no_error(error);
	return conversation;
}

static inline void bot_expect(BotFixture *b, const char *id, const char *state, const char *owner)
{
	g_autoptr(Conversation) conversation = bot_look(b, id);

	g_assert_cmpstr(conversation->state, ==, state);
	g_assert_cmpstr(conversation->owner, ==, owner);
}
