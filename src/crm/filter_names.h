/* What a path in a filter or an order stands for. Private to crm/filter*.c. */
#pragma once

#include "crm/filter.h"

typedef struct {
	char *expression; /* SQL over alias t or r */
	FieldType type;
	gboolean nullable;
	gboolean is_indexed;   /* a column with an index of its own */
	gboolean is_id_time;   /* expression is an id, compared by the time in it (created_at) */
	gboolean is_free;      /* an undeclared member of custom: its type is that of the literal */
	const Field *field;    /* declared one, or NULL (id, times, members of objects) */
	const Object *owner;   /* the object that the field is of: scope's or the related one */
	const Field *relation; /* the reference that was crossed, or NULL */
	char *reach;	       /* condition on r: which of the related rows may be known; or NULL */
} FilterName;

void filter_name_clear(FilterName *name);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FilterName, filter_name_clear)

/* path: "amount", "company.name", "custom.level". INVALID without a position when it is nothing. */
gboolean filter_name_resolve(const FilterScope *scope, const char *path, FilterName *ret_name,
			     GError **error);
/* The condition that a row r of the related object is still there, and may be known. */
void filter_append_there(GString *sql, const FilterName *name);
/* The condition that a row r of the related object is the one that t names, and still there. */
void filter_append_relation(GString *sql, const FilterName *name);
