/*
 * The objects Zhiyin keeps, declared: from a row follow validation, storage statements, REST
 * bodies, search, export. To add a field: a column in a migration and a row here;
 * tests/unit/crm/test-objects.c checks that both agree. Threads: the tables never change. Does not
 * hold administrator-made objects (they come with the record engine).
 */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "store/store.h"

typedef enum {
	FIELD_TEXT,	 /* one line */
	FIELD_LONG_TEXT, /* many lines */
	FIELD_EMAIL,	 /* lower-cased, checked */
	FIELD_PHONE,	 /* digits with a leading +, separators removed */
	FIELD_URL,	 /* http or https */
	FIELD_CHOICE,	 /* one word of choices */
	FIELD_REFERENCE, /* id of another record */
	FIELD_TAGS,	 /* JSON list of short texts */
	FIELD_JSON	 /* JSON object, at most 16 KiB */
} FieldType;

typedef enum {
	FIELD_REQUIRED = 1,
	FIELD_SEARCHABLE = 2, /* its words are found by search */
	FIELD_FILTER = 4,     /* lists can be narrowed by ?name=value */
	FIELD_PERSONAL = 8    /* personal data: masked in logs, erased with the person */
} FieldFlags;

typedef struct {
	const char *name;
	FieldType type;
	guint flags;
	guint max_chars;
	const char *choices;	   /* "zh|en" */
	const char *default_value; /* when absent on creation */
	const char *label_zh, *label_en;
} Field;

enum { OBJECT_MAX_FIELDS = 24 };

typedef struct Object Object;
/* Derived rows that must follow a change (passages of an article). Inside the transaction. */
typedef gboolean (*ObjectChanged)(Db *db, const char *org_id, const char *record_id,
				  gboolean deleted, GError **error);

/* Fills what a new record lacks, before validation (the language of an article from its text). */
typedef void (*ObjectPrepare)(json_t *fields);

struct Object {
	const char *name;   /* "contact" */
	const char *plural; /* "contacts": table and path */
	const char *label_zh, *label_en;
	const Field *fields;
	gsize n_fields;
	ObjectPrepare prepare;	  /* may be NULL */
	ObjectChanged changed;	  /* may be NULL */
	const char *extra_column; /* one more read-only value: SQL expression over t, or NULL */
	const char *extra_name;
};

extern const Object OBJECT_CONTACT;
extern const Object OBJECT_ARTICLE;

/* By plural; NULL when there is none. */
const Object *object_find(const char *plural);
const Object *const *objects_all(gsize *ret_n);
/* The field's row, or NULL. */
const Field *object_field(const Object *object, const char *name);
/* JSON Schema of the object as it is read (for OpenAPI). The caller frees it. */
char *object_schema(const Object *object);
