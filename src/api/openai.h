/*
 * OpenAI's protocol below /v1/: what answers in its form, so that its clients work unchanged. The bot is
 * the model OPENAI_BOT (api/completions.c), the encoder a model by the name of its file (api/openai.c).
 *
 * A failure is {"error": {"message", "type", "param", "code"}} with the status of the error
 * (base/error.def); param is the first of the call's faults. Threads: any. Does not speak the older
 * /v1/completions, nor /v1/responses.
 */
#pragma once

#include "api/api.h"

#define OPENAI_PREFIX "/v1/"
#define OPENAI_BOT "zhiyin"

/* Does whoever calls this address expect that form? */
gboolean openai_speaks(const char *path);
/* Answers the exchange with the failure. param may be NULL. */
void openai_respond_error(HttpExchange *exchange, const GError *error, const char *param);
/* The failure as a document. */
void openai_write_error(const GError *error, const char *param, GString *out);

/* ---- for handlers: all notes param in the call's faults, and is FALSE ---- */

gboolean openai_refuse(ApiCall *call, const char *param, const char *why, GError **error);
gboolean openai_no_such_model(ApiCall *call, GError **error);
/* Member "model" of the body, which must be there. */
gboolean openai_model(ApiCall *call, const char **ret_model, GError **error);

extern const HttpRoute openai_routes[], completion_routes[];
extern const gsize n_openai_routes, n_completion_routes;
