/*
 * The model behind the bot of a running server: which one it is, by whose choice, how it does, and
 * changing it while chats go on.
 *
 * A choice is none, a registered local file, or a remote endpoint. It is a set of settings
 * (config_choose), kept in DIR/console.conf and so over a restart, and leaves an audit row. Calls in
 * progress end with the model that they began with, or their answer falls back to the passage. What a flag
 * or the environment names is not changed (CONFLICT).
 *
 * A key is written into that file (0600) and shown to nobody. It stays only while the endpoint's address
 * stays: another one must not be sent it. A key file lies in the data directory and is named NAME.key, so
 * that nobody at the console can have any other file sent away.
 *
 * Ownership: what the options name is borrowed. Threads: any; bot_model_switch() and bot_model_test() wait
 * for the disk and the model: not on event threads. Errors: INVALID, UNPROCESSABLE (a value), NOT_FOUND
 * (model, file), CONFLICT (fixed, licence, a test under way), UNAVAILABLE (built without llama.cpp).
 * Does not start processes: it says what is wanted. Does not ask who may.
 */
#pragma once

#include "base/config.h"
#include "base/json.h"
#include "bot/answer.h"
#include "crm/access.h"
#include "llm/local.h"

typedef struct BotModel BotModel;

/* A local model's process is wanted, anew where it runs (it reads its settings anew), or none is. */
typedef void (*BotModelWant)(gboolean wanted, gpointer data);

typedef struct {
	Store *store;
	const Config *config;
	AnswerEngine *engine; /* is given the model where somebody chose it */
	const Tasks *tasks;
	BotModelWant want;
	gpointer data;
} BotModelOptions;

BotModel *bot_model_new(const BotModelOptions *options, GError **error);
/* The engine must be gone. */
void bot_model_free(BotModel *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BotModel, bot_model_free)

/* A link to the model's process, which is closed where none is wanted; and that it will not come, since it
 * does not take its file. */
void bot_model_attach(BotModel *model, int link_fd);
void bot_model_refused(BotModel *model);

/* One JSON object each, appended to out: how it does, with the figures of llm/calls.h; the registered
 * files (a list form). */
gboolean bot_model_write(BotModel *model, Db *db, const char *org_id, GString *out, GError **error);
gboolean bot_model_list(BotModel *model, Db *db, GString *out, GError **error);

/* wanted: {"provider": "none"}, {"provider": "local", "sha256", "accept_licence": true where it was not
 * yet}, or {"provider": "remote", "url", "model", "key" or "key_file", "daily_tokens"}; without key and
 * key_file the stored key stays, "" removes it. *ret_member names the member at fault, or is NULL. */
gboolean bot_model_switch(BotModel *model, const Principal *actor, const json_t *wanted,
			  const char **ret_member, GError **error);

/* asked: {"question", "passage"[, "language"]} for the answer as a customer would have it, or {"prompt"[,
 * "max_tokens"]} for what the model says by itself. One at a time. */
gboolean bot_model_test(BotModel *model, const Principal *actor, const json_t *asked, GString *out,
			GError **error);
