/*
 * Does an answer say what its sources deny? "内胎不能水洗" denies 水洗, "cannot be moved" denies moved:
 * an answer that has such a word must deny it, too, unless a source also says it without denying it. And
 * where a source begins with no, an answer may not begin with yes, nor the other way round.
 * Private to check_facts.c.
 * Ownership: Denials is the caller's. Threads: read-only once filled. Limits: time linear in the text.
 * Does not see denials that are further from their verb than a modal ("不支持七天无理由退款" denies 支持,
 * not 退款: promises.def has that), nor verbs of one Han character.
 */
#pragma once

#include <glib.h>

typedef struct Denials Denials;

Denials *denials_new(void);
void denials_free(Denials *denials);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Denials, denials_free)

/* A source in normal form. */
void denials_add(Denials *denials, const char *normal);
/* FALSE: the text says what is denied; *ret_detail has the words. */
gboolean denials_check(const Denials *denials, const char *normal, char **ret_detail);
