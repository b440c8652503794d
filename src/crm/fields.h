/*
 * Values of declared fields: from JSON as it came to what is bound to a statement, checked and
 * brought into one form. Errors: INVALID for unknown fields, UNPROCESSABLE for values that break
 * their rule; each fault with its path.
 */
#pragma once

#include <jansson.h>

#include "crm/objects.h"
#include "store/store.h"

typedef struct {
	DbValue values[OBJECT_MAX_FIELDS]; /* in the order of the object's fields */
	GPtrArray *texts;		   /* owns what values point to */
} FieldValues;

/* document: a JSON object with the fields of one record; absent ones get their default. faults may
 * be NULL. */
FieldValues *field_values_new(const Object *object, const json_t *document, GPtrArray *faults,
			      GError **error);
void field_values_free(FieldValues *values);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FieldValues, field_values_free)

/* Applies a merge patch (RFC 7396) to document and returns the names of the changed members as
 * {"fields":[...]}. */
char *field_merge(json_t *document, const json_t *patch);

/* One value brought into form, for callers that hold a bare text (a visitor's e-mail): NULL with
 * UNPROCESSABLE when it is none. */
char *field_normalise(FieldType type, const char *text, GError **error);
