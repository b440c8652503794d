/*
 * Finding records that a table speaks of: doubles of a new record by the keys of its object (people by
 * e-mail, then phone; companies by domain, then name however it is spelt; others by their unique
 * fields), and related records by a field. Never a person by the name alone. Private to crm/import*.c.
 * Ownership: a matcher remembers what it found; make one for one import. Threads: one at a time,
 * inside the transaction.
 */
#pragma once

#include <jansson.h>

#include "crm/access.h"
#include "crm/objects.h"

typedef struct ImportMatcher ImportMatcher;

/* trial: records are made and undone again, so what was made is remembered here. */
ImportMatcher *import_matcher_new(const Principal *principal, const Object *object, gboolean trial);
void import_matcher_free(ImportMatcher *matcher);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportMatcher, import_matcher_free)

/* *ret_id is empty when there is no such record, "-" when a trial has made and undone one. */
gboolean import_match(ImportMatcher *matcher, Db *db, const json_t *fields, char ret_id[37],
		      GError **error);
/* After a record was made of fields; only a trial needs to remember it. */
void import_matched(ImportMatcher *matcher, const json_t *fields);

/* The record of related whose field lookup is text. *ret_n: how many there are, 2 standing for more. */
gboolean import_look_up(ImportMatcher *matcher, Db *db, const Object *related, const Field *lookup,
			const char *text, char ret_id[37], int *ret_n, GError **error);
/* Whether a trial has made one for which this text would be found; TRUE where it does not know. */
gboolean import_may_be_made(const ImportMatcher *matcher, const Field *lookup, const char *text);
/* What was found may be undone by now. */
void import_matcher_forget(ImportMatcher *matcher);
