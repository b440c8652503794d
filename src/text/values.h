/*
 * What a message states, as values: dates, times, money, quantities, phones, e-mail and web addresses,
 * places, order numbers, identity and card numbers, people and firms - Chinese and English, each with
 * where it stands and its one normalised form. "下周三下午两点半" is a date and the time 14:30; "三万五" and
 * "35k" are 35000. Numbers with a check digit are only reported when it agrees.
 *
 * Forms: dates "2026-05-01", a range "2026-05-01/2026-05-03"; times "14:30"; money and quantities a
 * decimal number, with the currency (ISO 4217) or the thing counted in unit; phones "+8613800138000"
 * where the country is known, else the digits; everything else as written, without spaces between
 * groups of digits. Dates are reckoned from `now`, in its own time zone; one without a year is the
 * next such day.
 *
 * Ownership: the array is the caller's, with what is in it; unref frees all. Threads: any; the
 * expressions behind it are compiled once and shared. Errors: none, valid UTF-8 is expected
 * (text_clean). Limits: VALUES_MAX_BYTES of a text are read; spans do not overlap.
 * Does not know whether a card, a phone or an address exists.
 */
#pragma once

#include <glib.h>

enum { VALUES_MAX_BYTES = 1 << 20 };

typedef enum {
#define VALUE_KIND(id, name, personal) VALUE_##id,
#include "text/value_kinds.def"
#undef VALUE_KIND
	N_VALUE_KINDS
} ValueKind;

#define VALUE_BIT(kind) (G_GUINT64_CONSTANT(1) << (kind))
#define VALUES_ALL (VALUE_BIT(N_VALUE_KINDS) - 1)

typedef struct {
	ValueKind kind;
	gsize start, end;  /* bytes of the text */
	double confidence; /* 0..1 */
	char *value;
	char *unit; /* "CNY", "箱", "dozen"; NULL = none */
} Value;

/* GArray of Value in text order. kinds: VALUE_BITs. */
GArray *text_values(const char *text, GDateTime *now, guint64 kinds);
/* The same of an answer to a question for one kind: a bare number then is of that kind (people, time,
 * date). N_VALUE_KINDS = nothing was asked. */
GArray *text_values_asked(const char *text, GDateTime *now, guint64 kinds, ValueKind asked);
/* N_VALUE_KINDS when there is none of that name, or NULL. */
ValueKind value_kind_named(const char *name);
/* "phone", "email" ... */
const char *value_kind_name(ValueKind kind);
/* The kinds that tell who or where somebody is. */
guint64 value_kinds_personal(void);
