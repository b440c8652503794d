/*
 * How figures are read, shared by figures.c (the walk), figures_number.c (numerals and units) and
 * figures_date.c (dates, times of day). A reader looks at the text from the walk's place on, puts the
 * figures it finds and returns the bytes it took; 0 = nothing of its kind stands there.
 * Private to the text layer. Does not allocate but for the array of figures.
 */
#pragma once

#include "text/figures.h"

enum { HAN_BYTES = 3 };

typedef struct {
	char digits[FIGURE_DIGITS_MAX + 16]; /* without NUL; room for 万, 亿 */
	gsize n, n_fraction;		     /* digits in all, behind the point */
	gboolean overflow;
} Decimal;

typedef struct {
	guint64 total, section;
	guint n_chars, n_powers;
	int digit;	   /* not used up, or -1 */
	gboolean overflow; /* more than fits */
} HanNumber;

typedef struct {
	const char *text;
	gsize at;
	GArray *out;
} Scan;

typedef gsize (*FigureReader)(Scan *scan);

/* ---- figures_number.c: each returns the bytes it took from the head of text ------------------ */

void decimal_set(Decimal *d, guint64 value);
void decimal_shift(Decimal *d, gsize zeros); /* times ten, so many times */
void decimal_text(const Decimal *d, char out[FIGURE_VALUE_MAX]);
/* The whole number when it is below 10000, else -1. */
int decimal_int(const Decimal *d);
/* 1,299.50 */
gsize figure_read_digits(const char *text, Decimal *d);
/* 三十五, 二百, 一万二千, 二零二六 */
gsize figure_read_han(const char *text, Decimal *d, HanNumber *h);
/* A small number in digits or Han; -1 when it is none or larger. */
gsize figure_read_small(const char *text, int *ret_value);
/* A unit, a space or hyphen before it allowed; with 0 it is UNIT_NONE or UNIT_OTHER. */
gsize figure_read_unit(const char *text, FigureUnit *ret_unit);
/* A unit in front of a number: ¥ 199, rmb199, us$20; a space behind it too. */
gsize figure_read_currency(const char *text, FigureUnit *ret_unit);
int han_digit(const char *text);   /* -1 = none */
guint han_power(const char *text); /* 十 1, 百 2, 千 3, 万 4, 亿 8; 0 = none */
/* Bytes of text that agree with a unit's name up to the end of a word. */
gsize figure_unit_bytes(const char *text, const char *unit);
gboolean figure_unit_is_money(FigureUnit unit);
gboolean figure_unit_is_time(FigureUnit unit);
/* Does text begin with a Chinese measure word (个, 件, 次)? */
gboolean figure_has_measure(const char *text);

/* ---- figures.c ------------------------------------------------------------------------------- */

gboolean figure_has(const char *text, const char *head);
/* Does one of these (NULL-terminated) end where the walk stands? */
gboolean figure_stands_behind(const Scan *scan, const char *const *texts);
gsize figure_put(Scan *scan, const Figure *figure, gsize n_bytes);

/* ---- figures_date.c: readers ----------------------------------------------------------------- */

gsize figure_date_han(Scan *scan);
gsize figure_date_digits(Scan *scan);
gsize figure_date_month_first(Scan *scan);
gsize figure_date_day_first(Scan *scan);
gsize figure_time_of_day(Scan *scan);
gsize figure_weekday_han(Scan *scan);
gsize figure_weekday_english(Scan *scan);
