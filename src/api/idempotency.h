/*
 * Idempotency-Key: a POST that is repeated with the same key within 24 hours is answered from the store
 * and has no second effect; the answer is kept in the transaction of the effect itself. With another body
 * the key is refused (UNPROCESSABLE).
 *
 * A key belongs to whoever sent it: a user, an API key, a visitor's conversation. Who has no credential
 * (a visitor about to begin a chat) is known by the key and the address alone, and the answer holds a new
 * secret. So such a key needs 16 characters, should be one that cannot be guessed (a UUID), is stored as a
 * hash, and the answer is sealed with it: the database gives no token away.
 *
 * Threads: the writer's, inside the transaction. Does not sweep: the worker does.
 */
#pragma once

#include "api/api.h"

/* Runs the call's handler, or fills the call's answer from the store (call->replayed). */
gboolean idempotency_run(ApiCall *call, GError **error);
