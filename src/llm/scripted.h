/*
 * The provider of the tests: says what a JSON file tells it, always the same for the same calls.
 *
 * {"model": "name", "rules": [{"match": "words of the prompt", "text": "…", "chunk": 5, "delay_ms": 10,
 *  "error": "unavailable", "fail_after": 20, "hostile": "echo"}]}
 *
 * The first rule counts whose match stands in the input or the fixed part; a rule without one matches
 * all. chunk: bytes of a piece (whole characters, default all at once). delay_ms: before each piece.
 * error: instead of text; fail_after: UNAVAILABLE after so many bytes. hostile: what a hostile model
 * would do, see scripted.def; "any" goes through all of them, one a call. No rule: UNAVAILABLE.
 *
 * Ownership: the Llm owns it. Threads: any. Limits: a file of SCRIPTED_MAX_BYTES; a wait ends at the
 * request's deadline. Errors: INVALID (file), else those that the script asks for. Does not run outside
 * of tests: llm/open.h refuses it unless ZHIYIN_TEST is set.
 */
#pragma once

#include "llm/llm.h"

enum { SCRIPTED_MAX_BYTES = 1 << 20 };

/* text: of the file. */
Llm *scripted_new(const char *text, gsize n_bytes, GError **error);
