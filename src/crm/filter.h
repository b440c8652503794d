/*
 * The filter language (Google's AIP-160) and order_by (AIP-132) over declared fields, compiled to SQL
 * with bound values.
 *
 *   name = "李雷"   amount >= 100   status != won   created_at > 2026-01-01   due_at < now+7d
 *   name = "Li*" (begins)   name:"lei" (contains)   tags:vip   email:* (is there)   phone = null
 *   company.industry = "retail"   custom.level = "gold"   address.city = "上海"   owner_id = me
 *   a AND b   a b (the same)   a OR b (binds tighter)   NOT a   -a   (a OR b) AND c
 *
 * A comparison with a field that is empty is false, so NOT of it is true. Errors: INVALID with the
 * position of the character where it went wrong. Threads: pure functions over db.
 */
#pragma once

#include "crm/access.h"
#include "crm/objects.h"
#include "crm/sql_text.h"

enum { FILTER_MAX_CHARS = 4000, FILTER_MAX_DEPTH = 32 };

/* What a filter has that may hold for very many rows. Each name is that of the first condition of its
 * kind, or NULL. */
typedef struct {
	gboolean rows;	      /* a range of an indexed field, or a relation */
	const char *field;    /* whose elements stand in field_index (tags:vip) */
	char *key;	      /* the element there; the caller frees it */
	const char *relation; /* the reference that is crossed (company_id) */
	SqlText *related;     /* not NULL: the SELECT of the related ids is appended */
} FilterWide;

/* What names mean: db is asked for the declarations of related objects. The record's table is t,
 * its organisation bound as $1, the principal's id as $2 where access_is_limited(). A field that it
 * may not know is no field, a related record that it may not read is none. With walk what is wide
 * uses no index of rows but that of the reference kept, for rows in the order of ids: those before
 * below, from the id from on (NULL: no bound). */
typedef struct {
	Db *db;
	const Principal *principal;
	const Object *object;
	FilterWide *ret_wide; /* or NULL */
	gboolean walk;
	const char *kept, *from, *below;
} FilterScope;

/* Appends a condition in parentheses. */
gboolean filter_compile(const FilterScope *scope, const char *filter, SqlText *out, GError **error);

/* One key of order_by. */
typedef struct {
	char *expression; /* SQL over t */
	FieldType type;
	gboolean descending;
	gboolean nullable;
} OrderKey;

/* "amount desc, company.name" -> keys, at most 3; the id is always the last one. Free with
 * g_ptr_array_unref. */
GPtrArray *order_parse(const FilterScope *scope, const char *order_by, GError **error);
