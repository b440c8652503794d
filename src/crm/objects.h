/*
 * The objects Zhiyin keeps, declared. From a row follow validation, storage statements, REST routes
 * and bodies, filters, search, import, export, OpenAPI and the console's tables and forms. To add a
 * field: a column in a migration and a row in objects.c; tests/unit/crm/test-objects.c checks that
 * both agree. What an administrator adds at run time is of the same shape (crm/schema.h).
 * Threads: declarations never change once they are given out.
 */
#pragma once

#include <glib.h>
#include <jansson.h>

#include "crm/access.h"
#include "store/store.h"

typedef enum {
	FIELD_TEXT,	    /* one line */
	FIELD_LONG_TEXT,    /* many lines */
	FIELD_EMAIL,	    /* lower-cased, checked */
	FIELD_PHONE,	    /* digits with a leading +, separators removed */
	FIELD_URL,	    /* http or https */
	FIELD_CHOICE,	    /* one word of choices */
	FIELD_MULTI_CHOICE, /* JSON list of words of choices */
	FIELD_REFERENCE,    /* id of a record of target */
	FIELD_TAGS,	    /* JSON list of short texts */
	FIELD_JSON,	    /* JSON object, at most max_chars bytes */
	FIELD_NUMBER,	    /* double */
	FIELD_INTEGER,	    /* 64 bits; in JSON exact up to 2^53 */
	FIELD_MONEY,	    /* decimal in JSON, thousandths of the record's currency in the store */
	FIELD_CURRENCY,	    /* ISO 4217 */
	FIELD_DATE,	    /* "2026-11-25" */
	FIELD_TIME,	    /* RFC 3339 in JSON, milliseconds since 1970 UTC in the store */
	FIELD_BOOLEAN,
	FIELD_ADDRESS, /* JSON object of country, province, city, district, street, postcode, text */
	FIELD_LINES,   /* JSON list of line items: product_id, name, quantity, price, discount */
	FIELD_FILE,    /* id of an attachment */
	FIELD_N_TYPES
} FieldType;

typedef enum {
	FIELD_REQUIRED = 1,
	FIELD_SEARCHABLE = 2, /* its words are found by search */
	FIELD_INDEXED = 4,    /* filters and sorting use an index: (org_id, field) or field_index */
	FIELD_UNIQUE = 8,     /* no two live records share a value */
	FIELD_READ_ONLY = 16, /* set by the program, refused in bodies */
	FIELD_SENSITIVE = 32, /* reading one record with it leaves an audit row */
	FIELD_CUSTOM = 64,    /* kept in the column custom: made by an administrator */
	FIELD_MATCHED = 128 /* found however it is spelt: its field_match_key() is in field_index */
} FieldFlags;

/* Why a value is somebody's own; erasure and masking follow from it. */
typedef enum {
	PERSONAL_NONE,
	PERSONAL_CONTACT,  /* name, e-mail, phone, address */
	PERSONAL_IDENTITY, /* numbers of documents */
	PERSONAL_CONTENT   /* free text that may hold anything of the above */
} PersonalClass;

typedef enum {
	DELETE_KEEP,	/* the reference stays; a purge empties it */
	DELETE_CASCADE, /* goes with it, and comes back with it */
	DELETE_RESTRICT /* the target cannot be deleted while it stands */
} DeleteRule;

typedef struct {
	const char *name;
	FieldType type;
	guint flags;
	guint max_chars;
	const char *label_zh, *label_en;
	PersonalClass personal;
	const char *choices;	   /* "zh|en" */
	const char *default_value; /* when absent on creation, in the form of the store */
	const char *target;	   /* FIELD_REFERENCE: plural of the object, or "users" */
	DeleteRule on_delete;
	const char *computed; /* SQL over t instead of a column; read only */
} Field;

/* A row: name, type, flags, max_chars, label_zh, label_en, then .personal = ... and so on. */
#define FIELD(field_name, field_type, field_flags, chars, zh, ...)                  \
	{                                                                           \
		.name = (field_name), .type = (field_type), .flags = (field_flags), \
		.max_chars = (chars), .label_zh = (zh), .label_en = __VA_ARGS__     \
	}

enum { OBJECT_MAX_FIELDS = 120 };

typedef enum {
	OBJECT_LOG = 1,	      /* rows are added, never changed: no version, no search, no audit */
	OBJECT_INTERNAL = 2,  /* a target of references without routes */
	OBJECT_INVENTED = 4,  /* by an administrator: rows of custom_records, fields at top level */
	OBJECT_ADMIN_ONLY = 8 /* settings: everybody reads, administrators write */
} ObjectFlags;

/* Fills what a record lacks, before validation (the language of an article from its text). */
typedef void (*ObjectPrepare)(json_t *fields);
/* Sets what follows from other fields, and refuses what cannot be. before: the stored record in
 * API form, NULL on creation; after: what it becomes, to be completed. faults as in records.h.
 * Inside the transaction. */
typedef gboolean (*ObjectDerive)(Db *db, const Principal *principal, const json_t *before,
				 json_t *after, GPtrArray *faults, GError **error);
typedef enum { RECORD_CREATED, RECORD_UPDATED, RECORD_DELETED, RECORD_RESTORED } RecordChange;
/* What must follow a change that is written already: passages of an article, the owner of a new
 * ticket. Inside the transaction. */
typedef gboolean (*ObjectChanged)(Db *db, const Principal *principal, const char *record_id,
				  RecordChange what, GError **error);

struct Object {
	const char *name;   /* "contact" */
	const char *plural; /* "contacts": path */
	const char *table;  /* NULL = plural */
	const char *label_zh, *label_en;
	const char *title; /* the field that stands for the record, or NULL: its number or id */
	guint flags;
	const Field *fields;
	gsize n_fields;
	ObjectPrepare prepare; /* may be NULL */
	ObjectDerive derive;   /* may be NULL */
	ObjectChanged changed; /* may be NULL */
};

extern const Object OBJECT_CONTACT, OBJECT_COMPANY, OBJECT_LEAD, OBJECT_DEAL, OBJECT_PIPELINE,
	OBJECT_STAGE, OBJECT_TICKET, OBJECT_PRODUCT, OBJECT_ORDER, OBJECT_EVENT, OBJECT_TASK,
	OBJECT_ACTIVITY, OBJECT_NOTE, OBJECT_ARTICLE, OBJECT_SLA_POLICY, OBJECT_HOLIDAY,
	OBJECT_QUEUE, OBJECT_QUEUE_MEMBER, OBJECT_ASSIGNMENT_RULE, OBJECT_RETENTION_RULE,
	OBJECT_USER;

/* Of the objects that come with the program, by plural; NULL when there is none. Those of an
 * organisation, its own ones included: schema_object(). */
const Object *object_find(const char *plural);
const Object *const *objects_all(gsize *ret_n);
/* The field's row, or NULL. */
const Field *object_field(const Object *object, const char *name);
const char *object_table(const Object *object);
/* Whether the field has a column of its own that is written. */
gboolean field_is_column(const Field *field);
/* JSON Schema of the object as it is read (for OpenAPI). The caller frees it. */
char *object_schema(const Object *object);
