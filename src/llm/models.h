/*
 * Model files: where they are looked for, and the register of those an installation trusts (hash,
 * size, licence). Threads: pure but for the store. Hashing a large file takes a second per few
 * hundred megabytes: not on event threads. Errors: NOT_FOUND, DAMAGED (hash differs), INVALID (no
 * model file).
 */
#pragma once

#include "base/config.h"
#include "base/json.h"
#include "store/store.h"

#define MODELS_ENCODER_FILE "e5-small-q4.bin"
#define MODELS_CHAT_FILE "gemma-3-270m-q4_k_m.gguf"

/* The encoder's file by the settings: the one that is named, else the default one where it exists,
 * else NULL (also for "none"). The caller frees it. */
char *models_encoder_path(const Config *config);

/* The chat model's file by the same rule; NULL also when a remote model is set (llm_url). */
char *models_chat_path(const Config *config);
/* Did somebody choose the model, by model or llm_url? Only then it writes answers: the default one is
 * a small base model, too many of whose answers are wrong (docs/measurements.md). */
gboolean models_chat_chosen(const Config *config);

/* Are the files that the settings encoder and model name there, and of their kind? Looks at their
 * first bytes only. What the console chose was there when it was chosen: it stops no start. NOT_FOUND,
 * INVALID. */
gboolean models_check(const Config *config, GError **error);

typedef struct {
	char sha256[65];
	char *name, *kind, *path, *licence;
	gint64 n_bytes;
	gint64 accepted_at; /* when its licence was, by an administrator; 0 = not yet */
} Model;

void model_clear(Model *model);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Model, model_clear)

/* Reads kind and hash of a file: "encoder" (E5S1) or "chat" (GGUF). licence "" = told by the file's
 * kind, else "unknown". */
gboolean model_read(const char *path, const char *licence, Model *ret_model, GError **error);
/* Inside a write: registers it; again is no error. What the register had for the same path goes. */
gboolean model_add(Db *db, const Model *model, GError **error);
/* The registered model with this hash. NOT_FOUND. */
gboolean model_get(Db *db, const char *sha256, Model *ret_model, GError **error);
/* Inside a write: its licence is accepted. */
gboolean model_accept(Db *db, const char *sha256, GError **error);
typedef void (*ModelEach)(const Model *model, gpointer data);
gboolean model_each(Db *db, ModelEach each, gpointer data, GError **error);
/* May the chat model with this hash be used? It may when it is registered, or fetched by set-up
 * (deps.lock), by which it is registered now, so that the console can choose it; one that the setting
 * names is registered by that, with a line in the log. FORBIDDEN. Writes and hashes: not on event
 * threads. */
gboolean models_trust(Store *store, const Config *config, const char *sha256, GError **error);
/* Is there still a file of its kind? Looks at the first bytes only. NOT_FOUND, INVALID. */
gboolean model_look(const Model *model, GError **error);
/* Is the file still what was registered? */
gboolean model_verify(const Model *model, GError **error);
/* The object, and its members alone (the object is the caller's). */
void model_write_json(const Model *model, JsonWriter *w);
void model_write_members(const Model *model, JsonWriter *w);
