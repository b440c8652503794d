/*
 * What answers are made with: the index of each organisation's knowledge, the text encoder, the model.
 * All come when they are first needed.
 *
 * Ownership: store, tasks and model are borrowed and outlive the engine. Threads: shared by any number.
 * Errors: those of the store; a missing encoder is no error, words alone decide then.
 * Does not answer: that is bot/answer.h.
 */
#pragma once

#include "bot/index.h"
#include "crm/knowledge.h"
#include "llm/task.h"
#include "ml/encoder.h"
#include "store/store.h"

typedef struct AnswerEngine AnswerEngine;

/* encoder_path NULL = words only. The encoder is opened at its first use and closed by
 * answer_engine_tick when it was idle for idle_ms. */
AnswerEngine *answer_engine_new(Store *store, const char *encoder_path, guint n_threads,
				gint64 idle_ms);
void answer_engine_free(AnswerEngine *engine);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AnswerEngine, answer_engine_free)
void answer_engine_tick(AnswerEngine *engine);
/* From now on documents are answered by llm (borrowed) where it can; NULL: not. At any time, on any thread;
 * llm lives as long as the engine. */
void answer_engine_set_model(AnswerEngine *engine, const Tasks *tasks, Llm *llm);
/* Somebody is likely to ask soon: the model comes into memory meanwhile. Returns at once. */
void answer_engine_prepare(AnswerEngine *engine);
/* The model, or NULL; the tasks that it is given. */
Llm *answer_engine_model(const AnswerEngine *engine, const Tasks **ret_tasks);

/* The index of the organisation's present knowledge: built anew when that has changed. */
RetrievalIndex *answer_engine_index(AnswerEngine *engine, const char *org_id, GError **error);

/* What the file of the encoder is called, without its ending; NULL: there is none. */
const char *answer_engine_encoder_name(const AnswerEngine *engine);
/* vectors (n x 384) = the texts, each of unit length, as retrieval has them; ret_n_tokens: what that took.
 * Errors: UNAVAILABLE (no encoder), and those of encoder_encode. */
gboolean answer_engine_embed(AnswerEngine *engine, EncoderPrefix prefix, const char *const *texts,
			     gsize n, float *vectors, gsize *ret_n_tokens, GError **error);
/* For knowledge_encode_missing; lives as long as the engine. */
const KnowledgeEncoder *answer_engine_encoder(const AnswerEngine *engine);
/* The question with its slips put right by the knowledge's own words, or NULL; the caller frees it. Without
 * an encoder nothing tells a slip from a word. */
char *answer_engine_spell(AnswerEngine *engine, const RetrievalIndex *index, const char *question);
/* One question's vector, ENCODER_DIMENSIONS floats. FALSE without error: there is no encoder. */
gboolean answer_engine_encode(AnswerEngine *engine, const char *question, float *vector,
			      GError **error);
