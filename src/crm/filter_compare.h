/* One comparison of a filter, by the type of its field. Private to crm/filter*.c. */
#pragma once

#include "crm/filter_names.h"

typedef enum {
	FILTER_EQUALS,
	FILTER_DIFFERS,
	FILTER_BELOW,
	FILTER_AT_MOST,
	FILTER_ABOVE,
	FILTER_AT_LEAST,
	FILTER_HAS
} FilterOperator;

typedef struct {
	char *text;
	gboolean quoted; /* null, true, me, now are words only without quotes */
} FilterLiteral;

void filter_literal_clear(FilterLiteral *literal);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(FilterLiteral, filter_literal_clear)

/* Appends the condition in parentheses. INVALID without a position. */
gboolean filter_compare(const FilterScope *scope, const char *path, FilterOperator sign,
			const FilterLiteral *literal, SqlText *out, GError **error);
