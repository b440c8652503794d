/*
 * From a cell of a table, as people write it, to the value of a field in API form: 2026/11/25,
 * 25.11.2026, 11/25/2026, 2026年11月25日, "Nov 25, 2026 08:00"; 1,299.50, ￥1,299, 1.5万, (12.00), 85%;
 * 是, 否, yes, x; lists parted by comma, semicolon, 、 or bar. Whether the value keeps the rules of its
 * field is asked where it is stored (fields.h), and nowhere else. Threads: pure functions.
 */
#pragma once

#include <jansson.h>

#include "crm/objects.h"

/* How a column writes what can be read in two ways. */
typedef struct {
	gboolean day_first; /* 3/4/2026 is the third of April */
	GTimeZone *zone;    /* of times without one; borrowed */
} ImportForm;

/* cell: not empty. ret_currency: what the sign of an amount says ("￥" -> "CNY"), else left alone.
 * NULL with *ret_fault when it cannot be read. */
json_t *import_value(const Field *field, const char *cell, const ImportForm *form,
		     const char **ret_currency, const char **ret_fault);
/* Whether a cell looks like a value of this type: for guesses, so strictly. */
gboolean import_looks_like(FieldType type, const char *cell);
/* 1: the cell can only be day first, -1: only month first, 0: both, or no such date. */
int import_date_order(const char *cell);
