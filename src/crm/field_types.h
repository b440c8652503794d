/* What one value becomes, by its type. Private to crm/field*.c. */
#pragma once

#include <jansson.h>

#include "crm/objects.h"

/* text, allocated, is what value points to where it is one; fault is set when the value breaks its
 * rule. */
typedef struct {
	DbValue value;
	char *text;
	const char *fault;
} Taken;

typedef enum {
	FIELD_FORM_TEXT,
	FIELD_FORM_INTEGER,
	FIELD_FORM_DOUBLE,
	FIELD_FORM_JSON, /* an object or lines, as text */
	FIELD_FORM_LIST	 /* a list of short texts, as text */
} FieldForm;

/* How a type is kept in its column. */
FieldForm field_form(FieldType type);
/* value: not null. digits: of the record's currency. */
void field_take(const Field *field, const json_t *value, int digits, Taken *taken);
/* Takes text over. */
void field_take_text(Taken *taken, char *text);
