/* Numerals and what stands behind them. Numbers are decimal texts throughout: no rounding. */
#include "text/figures_scan.h"

#include <string.h>

/* ---- decimals -------------------------------------------------------------------------------- */

static void decimal_digit(Decimal *d, char digit)
{
	if (d->n >= FIGURE_DIGITS_MAX)
		d->overflow = TRUE;
	else if (d->n || digit != '0' || d->n_fraction)
		d->digits[d->n++] = digit;
}

void decimal_set(Decimal *d, guint64 value)
{
	char text[24];
	gsize n = (gsize)g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, value);

	*d = (Decimal){0};
	for (gsize i = 0; i < n; i++)
		decimal_digit(d, text[i]);
}

void decimal_shift(Decimal *d, gsize zeros)
{
	for (; zeros; zeros--) {
		if (d->n_fraction)
			d->n_fraction--;
		else if (d->n && d->n < sizeof d->digits)
			d->digits[d->n++] = '0';
	}
}

void decimal_text(const Decimal *d, char out[FIGURE_VALUE_MAX])
{
	gsize whole = d->n > d->n_fraction ? d->n - d->n_fraction : 0, n = d->n, at = 0;

	if (d->overflow || d->n > FIGURE_DIGITS_MAX || d->n_fraction > FIGURE_DIGITS_MAX) {
		g_strlcpy(out, "?", FIGURE_VALUE_MAX);
		return;
	}
	for (gsize i = 0; i < whole; i++)
		if (at || d->digits[i] != '0')
			out[at++] = d->digits[i];
	if (!at)
		out[at++] = '0';
	while (n > whole && d->digits[n - 1] == '0')
		n--;
	if (n > whole)
		out[at++] = '.';
	for (gsize i = whole; i < n; i++)
		out[at++] = d->digits[i];
	out[at] = '\0';
}

/* The whole number when it is small, else -1. */
int decimal_int(const Decimal *d)
{
	int value = 0;

	if (d->n_fraction || d->n > 4)
		return -1;
	for (gsize i = 0; i < d->n; i++)
		value = value * 10 + (d->digits[i] - '0');
	return value;
}

/* 1,299.50 as it begins at text. Returns its bytes. */
gsize figure_read_digits(const char *text, Decimal *d)
{
	gsize at = 0;

	*d = (Decimal){0};
	while (g_ascii_isdigit(text[at])) {
		decimal_digit(d, text[at++]);
		if (text[at] == ',' && g_ascii_isdigit(text[at + 1]) &&
		    g_ascii_isdigit(text[at + 2]) && g_ascii_isdigit(text[at + 3]) &&
		    !g_ascii_isdigit(text[at + 4]))
			at++;
	}
	if (at && text[at] == '.' && g_ascii_isdigit(text[at + 1]))
		for (at++; g_ascii_isdigit(text[at]); at++) {
			d->n_fraction++;
			if (d->n < FIGURE_DIGITS_MAX)
				d->digits[d->n++] = text[at];
			else
				d->overflow = TRUE;
		}
	return at;
}

/* ---- Han numerals ---------------------------------------------------------------------------- */

static const char *const han_digits[] = {"零", "一", "二", "三", "四", "五",
					 "六", "七", "八", "九", "〇", "两"};
static const struct {
	const char *text;
	guint zeros;
} han_powers[] = {{"十", 1}, {"百", 2}, {"千", 3}, {"万", 4}, {"亿", 8}};

int han_digit(const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(han_digits); i++)
		if (figure_has(text, han_digits[i]))
			return i < 10 ? (int)i : i == 10 ? 0 : 2;
	return -1;
}

guint han_power(const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(han_powers); i++)
		if (figure_has(text, han_powers[i].text))
			return han_powers[i].zeros;
	return 0;
}

static void han_multiply(HanNumber *h, guint zeros)
{
	static const guint64 powers[] = {1, 10, 100, 1000, 10000, 0, 0, 0, 100000000};
	guint64 digit = h->digit >= 0 ? (guint64)h->digit : zeros < 4 && h->section == 0 ? 1 : 0;

	h->n_powers++;
	h->overflow = h->overflow || h->total > G_MAXUINT64 / 1000000000 || h->section > 99999999;
	if (h->overflow)
		return;
	if (zeros < 4) {
		h->section += digit * powers[zeros];
	} else {
		guint64 section = h->section + digit;

		h->total = (h->total + (section || h->total ? section : 1)) * powers[zeros];
		h->section = 0;
	}
	h->digit = -1;
}

/* What the digit at the end is worth: 三万五 is 35000, 两百五 is 250; after 十 or 零 it counts itself. */
static guint64 last_digit(const HanNumber *h, const char *text, gsize n)
{
	static const guint64 worth[] = {1, 1, 10, 100, 1000, 1, 1, 1, 10000000};
	guint zeros = n > 2 * (gsize)HAN_BYTES ? han_power(text + n - 2 * (gsize)HAN_BYTES) : 0;

	return h->digit > 0 ? (guint64)h->digit * worth[zeros] : 0;
}

/* 三十五, 二百, 一万二千, 二零二六. Returns its bytes. */
gsize figure_read_han(const char *text, Decimal *d, HanNumber *h)
{
	gsize at = 0;
	Decimal plain = {0};

	*h = (HanNumber){.digit = -1};
	for (;; at += HAN_BYTES, h->n_chars++) {
		int digit = han_digit(text + at);
		guint zeros = digit < 0 ? han_power(text + at) : 0;

		if (digit >= 0) {
			h->digit = digit;
			decimal_digit(&plain, (char)('0' + digit));
		} else if (zeros) {
			han_multiply(h, zeros);
		} else {
			break;
		}
	}
	if (h->n_powers) {
		decimal_set(d, h->total + h->section + last_digit(h, text, at));
		d->overflow = h->overflow;
	} else {
		*d = plain;
	}
	return at;
}

/* ---- units ----------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	FigureUnit unit;
} units[] = {
#define UNIT_ROW(text, unit) {text, unit},
#include "text/units.def"
#undef UNIT_ROW
};

/* What Chinese counts things with: no unit, but a number of which one is said. */
static const char *const measures[] = {"个", "件", "次", "种", "位", "份", "条", "张", "台",
				       "套", "款", "项", "只", "人", "层", "盒", "瓶", "袋",
				       "箱", "双", "本", "把", "岁", "期", "折", "成", "步"};

/* How many bytes of at agree with a unit's text, 0 = not all. */
gsize figure_unit_bytes(const char *at, const char *unit)
{
	gsize n = 0;

	for (; unit[n]; n++)
		if (at[n] != unit[n] && !(unit[n] == ' ' && at[n] == '-'))
			return 0;
	return g_ascii_isalpha(unit[n - 1]) && g_ascii_isalnum(at[n]) ? 0 : n;
}

static FigureUnit unit_otherwise(const char *text)
{
	const char *next = text + (*text == ' ' || *text == '-');

	return g_ascii_isalpha(*next) || (guchar)*next >= 0xE4 ? UNIT_OTHER : UNIT_NONE;
}

/* The unit at the head of text, a space or hyphen before it allowed. Returns its bytes. */
gsize figure_read_unit(const char *text, FigureUnit *ret_unit)
{
	gsize skip = *text == ' ' || *text == '-' ? 1 : 0;

	for (guint i = 0; i < G_N_ELEMENTS(units); i++) {
		gsize n = figure_unit_bytes(text + skip, units[i].text);

		if (n) {
			*ret_unit = units[i].unit;
			return skip + n;
		}
	}
	*ret_unit = unit_otherwise(text);
	return 0;
}

gboolean figure_has_measure(const char *text)
{
	for (guint i = 0; i < G_N_ELEMENTS(measures); i++)
		if (figure_has(text, measures[i]))
			return TRUE;
	return FALSE;
}

gboolean figure_unit_is_money(FigureUnit unit)
{
	return unit >= UNIT_YUAN && unit <= UNIT_POUND;
}

gboolean figure_unit_is_time(FigureUnit unit)
{
	return unit >= UNIT_SECOND && unit <= UNIT_YEAR;
}

/* A unit that stands in front: ¥ 199, rmb199, us$20. Returns its bytes, a space behind it too. */
gsize figure_read_currency(const char *text, FigureUnit *ret_unit)
{
	static const struct {
		const char *text;
		FigureUnit unit;
	} signs[] = {{"hk$", UNIT_HONGKONG_DOLLAR},
		     {"us$", UNIT_DOLLAR},
		     {"$", UNIT_DOLLAR},
		     {"¥", UNIT_YUAN},
		     {"€", UNIT_EURO},
		     {"£", UNIT_POUND},
		     {"rmb", UNIT_YUAN},
		     {"cny", UNIT_YUAN},
		     {"usd", UNIT_DOLLAR},
		     {"hkd", UNIT_HONGKONG_DOLLAR},
		     {"eur", UNIT_EURO},
		     {"gbp", UNIT_POUND}};

	for (guint i = 0; i < G_N_ELEMENTS(signs); i++)
		if (figure_has(text, signs[i].text)) {
			gsize n = strlen(signs[i].text);

			n += text[n] == ' ';
			*ret_unit = signs[i].unit;
			return g_ascii_isdigit(text[n]) ? n : 0;
		}
	return 0;
}

/* A small number in digits or Han. Returns its bytes, 0 = none. */
gsize figure_read_small(const char *text, int *ret_value)
{
	Decimal d;
	HanNumber h;
	gsize n = figure_read_digits(text, &d);

	if (!n)
		n = figure_read_han(text, &d, &h);
	*ret_value = n ? decimal_int(&d) : -1;
	return n;
}
