/*
 * How values are read, shared by values.c (the walk over the table of expressions) and its readers.
 * An expression finds what has the shape of a value; a reader looks at what was found, says no or
 * fills the value in. Private to the text layer.
 */
#pragma once

#include "text/figures.h"
#include "text/values.h"

typedef struct {
	GMatchInfo *info;
	const char *text; /* folded, letters as written */
	gsize start, end; /* of what was found */
	GDateTime *now;
} ValueMatch;

/* FALSE: it is none. value: kind and confidence of the row, start and end of the match, which a reader
 * may narrow. The reader sets value->value (else it is what was found) and unit. */
typedef gboolean (*ValueReader)(const ValueMatch *match, Value *value);

/* The named group, NULL when it took no part. The caller frees it. */
char *value_group(const ValueMatch *match, const char *name);
gboolean value_has(const ValueMatch *match, const char *name);
/* A number in digits, Han or English words with 万, k, m behind it; -1 when it is none or not whole. */
int value_group_int(const ValueMatch *match, const char *name);
/* The same as a decimal text. */
gboolean value_number(const char *text, char out[FIGURE_VALUE_MAX]);
/* Does the text before byte at end with the expression? It is caseless and sees 64 bytes. */
gboolean value_follows(const ValueMatch *match, const char *expression);

/* values_date.c */
gboolean value_read_day(const ValueMatch *match, Value *value);	     /* 5月1日, May 1st */
gboolean value_read_relative(const ValueMatch *match, Value *value); /* 明天, in 3 days */
gboolean value_read_weekday(const ValueMatch *match, Value *value);
gboolean value_read_lunar(const ValueMatch *match, Value *value);
gboolean value_read_festival(const ValueMatch *match, Value *value);
gboolean value_read_period(const ValueMatch *match, Value *value); /* 下个月, this weekend */
/* values_time.c */
gboolean value_read_time(const ValueMatch *match, Value *value);
gboolean value_read_from_now(const ValueMatch *match, Value *value); /* in half an hour */
/* values_amount.c */
gboolean value_read_money(const ValueMatch *match, Value *value);
gboolean value_read_quantity(const ValueMatch *match, Value *value);
gboolean value_read_people(const ValueMatch *match, Value *value);
gboolean value_read_party(const ValueMatch *match, Value *value); /* me, my wife and 2 kids */
gboolean value_read_duration(const ValueMatch *match, Value *value);
gboolean value_read_age(const ValueMatch *match, Value *value);
/* values_code.c */
gboolean value_read_email(const ValueMatch *match, Value *value);
gboolean value_read_phone(const ValueMatch *match, Value *value);
gboolean value_read_ip(const ValueMatch *match, Value *value);
gboolean value_read_url(const ValueMatch *match, Value *value);
gboolean value_read_chinese_id(const ValueMatch *match, Value *value);
gboolean value_read_credit_code(const ValueMatch *match, Value *value);
gboolean value_read_card(const ValueMatch *match, Value *value);
gboolean value_read_iban(const ValueMatch *match, Value *value);
gboolean value_read_ssn(const ValueMatch *match, Value *value);
gboolean value_read_labelled(const ValueMatch *match, Value *value); /* group "n" is the value */

/* Check digits. digits: ASCII digits, n of them. */
gboolean check_luhn(const char *digits, gsize n);
/* 18 characters, the last '0'..'9' or 'X'/'x'; also that the birthday is a day. */
gboolean check_chinese_id(const char *id);
/* 18 characters of GB 32100, upper case */
gboolean check_credit_code(const char *code);
/* ISO 13616, upper case, without spaces */
gboolean check_iban(const char *iban);
