/*
 * One walk over the text; at each place the first reader of a table that takes something wins.
 * Readers see the text from their place on and look back a few bytes at most, so the walk is linear.
 */
#include "text/figures_scan.h"

#include <string.h>

/* ---- shared with the readers ----------------------------------------------------------------- */

gboolean figure_has(const char *at, const char *text)
{
	return strncmp(at, text, strlen(text)) == 0;
}

gsize figure_put(Scan *scan, const Figure *figure, gsize n)
{
	Figure copy = *figure;

	copy.start = scan->at;
	copy.end = scan->at + n;
	g_array_append_val(scan->out, copy);
	return n;
}

/* Does one of these end where the walk stands? */
gboolean figure_stands_behind(const Scan *scan, const char *const *texts)
{
	for (; *texts; texts++) {
		gsize n = strlen(*texts);

		if (scan->at >= n && memcmp(scan->text + scan->at - n, *texts, n) == 0)
			return TRUE;
	}
	return FALSE;
}

static gsize skip_space(const char *text)
{
	return *text == ' ';
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* 折: what is left of ten parts; 八五折 and 8.5折 are 15 percent off. */
static gboolean discount(const Decimal *d, Figure *figure)
{
	Decimal left = *d;
	int value;

	if (left.n - left.n_fraction == 2 && left.n_fraction == 0) /* 85折 */
		left.n_fraction = 1;
	decimal_shift(&left, 1);
	value = decimal_int(&left);
	if (value <= 0 || value >= 100)
		return FALSE;
	g_snprintf(figure->value, sizeof figure->value, "%d", 100 - value);
	figure->unit = UNIT_PERCENT;
	return TRUE;
}

/* A number over 满, 仅, 价: money, though no sign stands at it. */
static FigureUnit unit_in_front(const Scan *scan, FigureUnit unit)
{
	static const char *const prices[] = {"满", "仅", "价", "费", "付", "售", "满 ", NULL};

	return unit == UNIT_OTHER && figure_stands_behind(scan, prices) ? UNIT_NONE : unit;
}

/* Multiplier, unit, 折, 成 behind a number of n bytes; fills and puts the figure. */
static gsize put_number(Scan *scan, Decimal *d, Figure *figure, gsize n)
{
	const char *text = scan->text + scan->at;
	gsize m = figure_read_unit(text + n, &figure->unit), skip;
	guint zeros = m ? 0 : han_power(text + n);

	if (zeros && !figure->spelled) {
		decimal_shift(d, zeros);
		n += HAN_BYTES;
		m = figure_read_unit(text + n, &figure->unit);
	}
	decimal_text(d, figure->value);
	skip = skip_space(text + n);
	if (!m && figure_has(text + n + skip, "折") && discount(d, figure)) {
		m = skip + HAN_BYTES;
	} else if (!m && figure->spelled && figure_has(text + n, "成") && d->n == 1) {
		decimal_shift(d, 1);
		decimal_text(d, figure->value);
		figure->unit = UNIT_PERCENT;
		m = HAN_BYTES;
	}
	figure->unit = unit_in_front(scan, figure->unit);
	return figure_put(scan, figure, n + m);
}

static gsize number_digits(Scan *scan)
{
	Figure figure = {0};
	Decimal d;
	gsize n = figure_read_digits(scan->text + scan->at, &d);

	return n ? put_number(scan, &d, &figure, n) : 0;
}

static gsize number_currency(Scan *scan)
{
	Figure figure = {0};
	FigureUnit unit, behind;
	Decimal d;
	gsize n = figure_read_currency(scan->text + scan->at, &unit), m;

	if (!n)
		return 0;
	n += figure_read_digits(scan->text + scan->at + n, &d);
	if (han_power(scan->text + scan->at + n)) {
		decimal_shift(&d, han_power(scan->text + scan->at + n));
		n += HAN_BYTES;
	}
	m = figure_read_unit(scan->text + scan->at + n, &behind);
	decimal_text(&d, figure.value);
	figure.unit = unit;
	return figure_put(scan, &figure, n + (m && figure_unit_is_money(behind) ? m : 0));
}

/* 百分之三十, 百分百 */
static gsize number_percent_han(Scan *scan)
{
	const char *text = scan->text + scan->at;
	Figure figure = {.unit = UNIT_PERCENT, .spelled = TRUE};
	HanNumber h;
	Decimal d;
	gsize head = strlen("百分之"), n;

	if (figure_has(text, "百分百")) {
		g_strlcpy(figure.value, "100", sizeof figure.value);
		return figure_put(scan, &figure, head);
	}
	if (!figure_has(text, "百分之"))
		return 0;
	n = figure_read_digits(text + head, &d);
	if (!n)
		n = figure_read_han(text + head, &d, &h);
	decimal_text(&d, figure.value);
	return n ? figure_put(scan, &figure, head + n) : 0;
}

/* Was a number meant? 一般, 四川, 十分, 万一 are words. */
static gboolean han_is_vague(const Scan *scan, const HanNumber *h, const Decimal *d, gsize n)
{
	static const char *const ordinal[] = {"第", NULL};
	const char *text = scan->text + scan->at;
	FigureUnit unit;
	gsize m = figure_read_unit(text + n, &unit);
	int value = decimal_int(d);
	gboolean begins = han_digit(text) >= 0;

	if (value >= 0 && value <= 10 && figure_stands_behind(scan, ordinal))
		return TRUE;
	if (begins && h->n_chars > 1)
		return FALSE;
	if (value == 1)
		return figure_has(text + n, "块")
			       ? TRUE
			       : !(m || figure_has(text + n, "折") || figure_has(text + n, "成"));
	if (!begins && !figure_has(text, "十")) /* 千元; 百货, 万一 */
		return !figure_unit_is_money(unit);
	return !(m || figure_has_measure(text + n) || (h->n_powers && h->n_chars > 1));
}

/* Two digits one after the other are "three or four": 三四天. Both are put. */
static gsize put_either(Scan *scan, Figure *figure, gsize n)
{
	const char *text = scan->text + scan->at;
	gsize m = figure_read_unit(text + n, &figure->unit);

	for (gsize i = 0; i < n; i += HAN_BYTES) {
		g_snprintf(figure->value, sizeof figure->value, "%d", han_digit(text + i));
		figure_put(scan, figure, n + m);
	}
	return n + m;
}

/* 半 behind the number (一个半月) or alone (半年). */
static gsize read_half(const char *text, gboolean alone)
{
	gsize skip = !alone && figure_has(text, "个半") ? HAN_BYTES : 0;
	FigureUnit unit;
	gsize n = skip + HAN_BYTES;

	return figure_has(text + skip, "半") && figure_read_unit(text + n, &unit) &&
			       figure_unit_is_time(unit)
		       ? n
		       : 0;
}

static gsize number_han(Scan *scan)
{
	const char *text = scan->text + scan->at;
	Figure figure = {.spelled = TRUE};
	HanNumber h;
	Decimal d;
	gsize n = figure_read_han(text, &d, &h), half;

	half = read_half(text + n, n == 0);
	if (!n && !half)
		return 0;
	if (half && !d.overflow && d.n < FIGURE_DIGITS_MAX) {
		d.digits[d.n++] = '5';
		d.n_fraction = 1;
		n += half;
	} else if (figure_has(text + n, "点") &&
		   han_digit(text + n + HAN_BYTES) >= 0) { /* 三点五 */
		return 0;
	} else {
		figure.vague = han_is_vague(scan, &h, &d, n);
		if (h.n_chars == 2 && !h.n_powers && han_digit(text) > 0 &&
		    han_digit(text + HAN_BYTES) == han_digit(text) + 1 &&
		    !figure_has(text + n, "折"))
			return put_either(scan, &figure, n);
	}
	return put_number(scan, &d, &figure, n);
}

/* ---- English number words -------------------------------------------------------------------- */

static const struct {
	const char *text;
	guint value;
} words[] = {{"zero", 0},      {"one", 1},	   {"two", 2},		 {"three", 3},
	     {"four", 4},      {"five", 5},	   {"six", 6},		 {"seven", 7},
	     {"eight", 8},     {"nine", 9},	   {"ten", 10},		 {"eleven", 11},
	     {"twelve", 12},   {"thirteen", 13},   {"fourteen", 14},	 {"fifteen", 15},
	     {"sixteen", 16},  {"seventeen", 17},  {"eighteen", 18},	 {"nineteen", 19},
	     {"twenty", 20},   {"thirty", 30},	   {"forty", 40},	 {"fifty", 50},
	     {"sixty", 60},    {"seventy", 70},	   {"eighty", 80},	 {"ninety", 90},
	     {"hundred", 100}, {"thousand", 1000}, {"million", 1000000}, {"dozen", 12}};

/* Returns the bytes of the number word at text and its value. */
static gsize read_word(const char *text, guint *ret_value)
{
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		gsize n = strlen(words[i].text);

		if (strncmp(text, words[i].text, n) == 0 && !g_ascii_isalnum(text[n])) {
			*ret_value = words[i].value;
			return n;
		}
	}
	return 0;
}

/* One hundred and twenty-five: each word by the sum so far. FALSE: it begins another number. */
static gboolean word_add(guint64 *total, guint64 *section, guint *last, guint value)
{
	if (value == 100) {
		*section = MAX(*section, 1) * value;
	} else if (value >= 1000) {
		*total += MAX(*section, 1) * value;
		*section = 0;
	} else if (*last && *last < 100 && !(*last >= 20 && *last % 10 == 0 && value < 10)) {
		return FALSE;
	} else {
		*section += value;
	}
	*last = value;
	return *total < G_MAXUINT32 && *section < G_MAXUINT32;
}

static gsize number_english(Scan *scan)
{
	const char *text = scan->text + scan->at;
	Figure figure = {.spelled = TRUE};
	guint64 total = 0, section = 0;
	guint value = 0, last = 0, n_words = 0;
	gsize end = 0;
	Decimal d;

	for (gsize at = 0;;) {
		gsize n = read_word(text + at, &value);

		if (!n || !word_add(&total, &section, &last, value))
			break;
		n_words++;
		end = at + n;
		at = end + (text[end] == ' ' || text[end] == '-');
		at += last >= 100 && figure_has(text + at, "and ") ? 4 : 0;
		if (at == end)
			break;
	}
	if (!end)
		return 0;
	decimal_set(&d, total + section);
	if (n_words == 1 && total + section == 1) {
		FigureUnit unit;

		figure.vague = figure_read_unit(text + end, &unit) == 0;
	}
	return put_number(scan, &d, &figure, end);
}

/* "within a week", "half an hour": a number that no number word says. */
static gsize number_article(Scan *scan)
{
	static const char *const before[] = {"within ", "in ", "after ", "every ", NULL};
	static const struct {
		const char *text, *value;
		gboolean after;
	} rows[] = {{"half an ", "0.5", FALSE},
		    {"half a ", "0.5", FALSE},
		    {"an ", "1", TRUE},
		    {"a ", "1", TRUE}};
	const char *text = scan->text + scan->at;

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Figure figure = {.spelled = TRUE};
		gsize n = strlen(rows[i].text), m;

		if (!figure_has(text, rows[i].text) ||
		    (rows[i].after && !figure_stands_behind(scan, before)))
			continue;
		m = figure_read_unit(text + n, &figure.unit);
		if (!m || !figure_unit_is_time(figure.unit))
			return 0;
		g_strlcpy(figure.value, rows[i].value, sizeof figure.value);
		return figure_put(scan, &figure, n + m);
	}
	return 0;
}

/* ---- the walk -------------------------------------------------------------------------------- */

typedef gsize (*FigureReader)(Scan *scan);

static const FigureReader at_digit[] = {figure_date_digits, figure_date_han, figure_date_day_first,
					figure_time_of_day, number_digits,   NULL};
static const FigureReader at_letter[] = {number_currency,	 figure_date_month_first,
					 figure_weekday_english, number_english,
					 number_article,	 NULL};
static const FigureReader at_sign[] = {number_currency, NULL};
static const FigureReader at_han[] = {number_currency,
				      number_percent_han,
				      figure_weekday_han,
				      figure_date_han,
				      figure_time_of_day,
				      number_han,
				      NULL};

static gsize read_any(Scan *scan, const FigureReader *readers)
{
	gsize n = 0;

	for (; *readers && !n; readers++)
		n = (*readers)(scan);
	return n;
}

/* A word to its end; digits that belong to it are skipped with it. */
static gsize word_bytes(const char *text)
{
	gsize n = 0;

	while (g_ascii_isalnum(text[n]))
		n++;
	return n;
}

static gsize step(Scan *scan)
{
	const char *text = scan->text + scan->at;
	gsize n;

	if (g_ascii_isdigit(*text)) {
		return read_any(scan, at_digit);
	} else if (g_ascii_isalpha(*text)) {
		n = read_any(scan, at_letter);
		return n ? n : word_bytes(text);
	}
	n = read_any(scan, (guchar)*text < 0x80 ? at_sign : at_han);
	return n ? n : (gsize)g_utf8_skip[(guchar)*text];
}

/* 3-5天, ¥100至200: what only one of the two says counts for both. */
static void share_units(const char *text, GArray *figures)
{
	static const char *const between[] = {"-",   "–",    "~",    "至",    "到", "或",
					      " - ", " to ", " or ", " and ", "、", "—"};

	for (guint i = 1; i < figures->len; i++) {
		guint at = figures->len - i;
		Figure *before = &g_array_index(figures, Figure, at - 1);
		Figure *after = &g_array_index(figures, Figure, at);
		gsize n = after->start > before->end ? after->start - before->end : 0;

		if (before->kind != FIGURE_NUMBER || after->kind != FIGURE_NUMBER)
			continue;
		for (guint j = 0; j < G_N_ELEMENTS(between); j++) {
			if (strlen(between[j]) != n || strncmp(text + before->end, between[j], n))
				continue;
			if (before->unit <= UNIT_OTHER && after->unit > UNIT_OTHER)
				before->unit = after->unit;
			else if (after->unit <= UNIT_OTHER && figure_unit_is_money(before->unit))
				after->unit = before->unit;
			before->vague = before->vague && after->vague;
		}
	}
}

GArray *figures_find(const char *normal)
{
	Scan scan = {.text = normal, .out = g_array_new(FALSE, TRUE, sizeof(Figure))};
	gsize n = strlen(normal);

	while (scan.at < n) {
		gsize taken = step(&scan);

		scan.at += MAX(taken, 1);
	}
	share_units(normal, scan.out);
	return scan.out;
}
