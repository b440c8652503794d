/*
 * What the sources of an answer state, prepared once and asked for each sentence: figures, words,
 * promises, addresses. Private to check.c.
 * Ownership: Facts copies. Threads: read-only once made. Each function returns TRUE when all is in
 * order, else FALSE with the offending piece in *ret_detail (the caller frees it).
 * Does not know of sentences or streams.
 */
#pragma once

#include <glib.h>

#include "llm/check.h"

typedef struct Facts Facts;

Facts *facts_new(const CheckSources *sources);
void facts_free(Facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Facts, facts_free)

/* normal: a sentence in normal form; text: as it was written. */
CheckFault facts_check_figures(const Facts *facts, const char *normal, char **ret_detail);
CheckFault facts_check_promises(const Facts *facts, const char *normal, char **ret_detail);
CheckFault facts_check_support(const Facts *facts, const char *normal, char **ret_detail);
/* Does it have one word at least that says something and is the sources'? TRUE where that cannot be told. */
gboolean facts_speak_of(const Facts *facts, const char *normal);
CheckFault facts_check_denials(const Facts *facts, const char *normal, char **ret_detail);
CheckFault facts_check_addresses(const Facts *facts, const char *normal, char **ret_detail);
CheckFault facts_check_names(const Facts *facts, const char *text, char **ret_detail);
CheckFault facts_check_language(const Facts *facts, const char *text, char **ret_detail);

/* Hashes of CHECK_NGRAM tokens in a row, the last of which is token: a window to move along. */
typedef struct {
	guint64 last[CHECK_NGRAM];
	guint n;
} TokenWindow;
/* Moves it over normal; FALSE when the prompt has the same tokens in a row and no passage has. */
gboolean facts_check_prompt(const Facts *facts, const char *normal, TokenWindow *window);
