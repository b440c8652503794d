/*
 * Values of declared fields: from JSON as it came to what is bound to a statement, checked and
 * brought into one form, and back. Errors: INVALID for members that cannot be set, UNPROCESSABLE
 * for values that break their rule; each fault with its path. faults: pairs (path, message), may be
 * NULL. Threads: pure functions.
 */
#pragma once

#include <jansson.h>

#include "base/json.h"
#include "crm/objects.h"
#include "store/store.h"

typedef struct {
	DbValue values
		[OBJECT_MAX_FIELDS]; /* in the order of the object's fields; only columns count */
	GPtrArray *keys;	     /* pairs (field, key) for field_index */
	GPtrArray *texts;	     /* owns what the values point to */
} FieldValues;

/* How a type is told to people and machines: "text", "money" ... NULL for an unknown word's type. */
const char *field_type_name(FieldType type);
gboolean field_type_find(const char *name, FieldType *ret_type);

/* Whether every member of body may be set by the one who sends it. */
gboolean field_check_body(const Object *object, const json_t *body, GPtrArray *faults,
			  GError **error);
/* document: a JSON object with the fields of one record, absent ones get their default; its member
 * custom is brought into form. */
FieldValues *field_values_new(const Object *object, json_t *document, GPtrArray *faults,
			      GError **error);
void field_values_free(FieldValues *values);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FieldValues, field_values_free)

/* Writes the value in column of rows as member key. */
void field_put(JsonWriter *w, const char *key, const Field *field, DbRows *rows, int column);
/* The type and format members of a field's JSON Schema. */
void field_put_schema(JsonWriter *w, const Field *field);

/* A time in a document: milliseconds, 0 = none. */
gint64 field_time(const json_t *document, const char *name);
void field_set_time(json_t *document, const char *name, gint64 time_ms);

/* Applies a merge patch (RFC 7396) to document. */
void field_merge(json_t *document, const json_t *patch);

/* One value brought into form, for callers that hold a bare text (a visitor's e-mail, a literal of
 * a filter, a cell of a table): what is stored, as text. NULL with UNPROCESSABLE when it is none. */
char *field_normalise(FieldType type, const char *text, GError **error);

/* Digits behind the point of an ISO 4217 currency: 2 unless it is one of the others. */
int currency_digits(const char *currency);
/* Money is stored in thousandths of its unit, whatever the currency (docs/decisions/0009): "12.34"
 * -> 12340. FALSE when it is no number, has more than digits digits, or is too large. */
enum { MONEY_DIGITS = 3 };
gboolean money_parse(const char *text, int digits, gint64 *ret_thousandths);
/* The reverse; the shortest form ("12.3", "12"). The caller frees it. */
char *money_format(gint64 thousandths);

/* Adds a fault, and sets error when it is the first. code: a ZhiyinError. */
void field_fault(GPtrArray *faults, GError **error, int code, const char *path,
		 const char *message);

/* The key of a value in field_index: texts in lower case and cut, numbers so that their order is
 * that of their keys. value: as in API form. NULL when it has none (null, objects). The caller frees
 * it. */
enum { FIELD_KEY_CHARS = 64 };
char *field_index_key(const json_t *value);
/* The key of a name however it is spelt: folded, letters and digits only ("Acme, Inc." and "ACME
 * INC" agree). NULL when nothing is left. The caller frees it. */
char *field_match_key(const char *text);
