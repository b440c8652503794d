/*
 * The model that the settings name, when it is not a local file: llm_url with llm_model is a remote one
 * (llm/remote.h; its key from llm_key, that is the environment or the file of settings, or from the
 * file llm_key_file), model = scripted:FILE a scripted one (llm/scripted.h), which is refused unless
 * the environment has ZHIYIN_TEST. model = none is none, whatever else is set.
 *
 * Ownership: store is borrowed for as long as the Llm lives: it keeps what a remote one costs; NULL = nothing
 * is kept. *ret_llm is the caller's; NULL with TRUE when the settings name a local model or none
 * (models_chat_path tells which). Threads: any. Errors: INVALID, NOT_FOUND.
 * Does not connect: a remote model is called when it is asked.
 */
#pragma once

#include "base/config.h"
#include "llm/llm.h"
#include "store/store.h"

#define LLM_SCRIPTED_PREFIX "scripted:"

gboolean llm_open(const Config *config, Store *store, Llm **ret_llm, GError **error);
/* Whether llm_open would give one. */
gboolean llm_is_other(const Config *config);
