/*
 * Figures in running text, Chinese and English: numbers with their unit, dates, times of day and
 * days of the week, each in one form whatever way it is written. 三十天, 30 天, "30-day" and "thirty
 * days" are the number 30 in days; 1,299, １２９９ and 1299.00 are 1299; 1.5万 is 15000; 八五折 and
 * "15% off" are 15 percent; 5月1日 and "May 1st" are the date 0000-05-01; 下午6点, "6 pm" and 18:00
 * are the time 18:00; 周五 and "Friday" are the weekday 5. So two texts can be compared by what they
 * state.
 *
 * A figure is vague when the writer may not have meant a number at all (一 in 一般, "one" in "this
 * one", 十分). Digits inside a word that begins with a letter (iPhone15) are no figure.
 * Ownership: the array is the caller's. Threads: pure. Errors: none. Limits: time linear in the
 * text; a number of more than FIGURE_DIGITS_MAX digits has the value "?". Does not convert units (24
 * hours are not a day) and does not know other calendars.
 */
#pragma once

#include <glib.h>

enum { FIGURE_DIGITS_MAX = 30, FIGURE_VALUE_MAX = 40 };

typedef enum { FIGURE_NUMBER, FIGURE_DATE, FIGURE_TIME, FIGURE_WEEKDAY } FigureKind;

typedef enum {
	UNIT_NONE,  /* nothing follows that could be one */
	UNIT_OTHER, /* a word follows that is no unit known here */
	UNIT_PERCENT,
	UNIT_YUAN,
	UNIT_DOLLAR,
	UNIT_HONGKONG_DOLLAR,
	UNIT_EURO,
	UNIT_POUND,
	UNIT_SECOND,
	UNIT_MINUTE,
	UNIT_HOUR,
	UNIT_DAY,
	UNIT_WORKDAY,
	UNIT_WEEK,
	UNIT_MONTH,
	UNIT_YEAR,
	UNIT_TIMES, /* 倍, "times" */
	UNIT_KILOGRAM,
	UNIT_GRAM,
	UNIT_KILOMETRE,
	UNIT_METRE,
	UNIT_CENTIMETRE,
	UNIT_MILLIMETRE,
	UNIT_INCH,
	UNIT_LITRE,
	UNIT_MILLILITRE,
} FigureUnit;

typedef struct {
	FigureKind kind;
	FigureUnit unit; /* of a number */
	gboolean vague;
	gboolean spelled; /* in words or Han characters */
	char value[FIGURE_VALUE_MAX];
	gsize start, end; /* bytes of the text, unit included */
} Figure;

/* GArray of Figure, in text order. normal: a text in its normal form (text_normalise). */
GArray *figures_find(const char *normal);

G_STATIC_ASSERT((int)FIGURE_VALUE_MAX > (int)FIGURE_DIGITS_MAX + 2);
