/* A row of the table below for each type; what people write in words is read by text/figures.h. */
#include "crm/import_cells.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "crm/fields.h"
#include "text/figures.h"
#include "text/normalise.h"

typedef struct {
	const Field *field;
	const ImportForm *form;
	const char **ret_currency;
	const char *fault;
} Reading;

/* ---- dates ----------------------------------------------------------------------------------------------------- */

typedef struct {
	int year, month, day, hour, minute, second;
	gboolean has_time;
	gboolean has_zone; /* then ms holds the moment */
	gint64 ms;
} Moment;

static gboolean moment_valid(const Moment *m)
{
	return m->year >= 1000 && m->year <= 9999 && m->month >= 1 && m->month <= 12 &&
	       m->day >= 1 &&
	       g_date_valid_dmy((GDateDay)m->day, (GDateMonth)m->month, (GDateYear)m->year);
}

/* Up to max digits; -1 when there is none. */
static int read_int(const char **at, int max, int *ret_digits)
{
	int value = 0, n = 0;

	for (; n < max && g_ascii_isdigit(**at); n++, (*at)++)
		value = value * 10 + (**at - '0');
	*ret_digits = n;
	return n ? value : -1;
}

/* Three numbers with the same sign between them, and how many digits each has. */
static gboolean three_numbers(const char **at, int numbers[3], int digits[3], char *ret_sign)
{
	const char *c = *at;

	for (int i = 0; i < 3; i++) {
		numbers[i] = read_int(&c, 4, &digits[i]);
		if (numbers[i] < 0)
			return FALSE;
		if (i == 0)
			*ret_sign = *c;
		if (i < 2 && (*c != *ret_sign || !*c || !strchr("-/.", *c)))
			return FALSE;
		c += i < 2;
	}
	if (g_ascii_isdigit(*c))
		return FALSE;
	*at = c;
	return TRUE;
}

static int two_digit_year(int year, int digits)
{
	if (digits != 2)
		return year;
	return year + (year < 70 ? 2000 : 1900);
}

/* A point says that the day comes first; of a slash the column tells. */
static gboolean read_date(const char **at, const ImportForm *form, Moment *m)
{
	int n[3], digits[3];
	char sign;
	gboolean day_first;

	if (!three_numbers(at, n, digits, &sign))
		return FALSE;
	if (digits[0] == 4) {
		*m = (Moment){.year = n[0], .month = n[1], .day = n[2]};
		return TRUE;
	}
	if (digits[2] != 4 && digits[2] != 2)
		return FALSE;
	day_first = sign == '.' || form->day_first || n[0] > 12;
	*m = (Moment){.year = two_digit_year(n[2], digits[2]),
		      .month = n[day_first ? 1 : 0],
		      .day = n[day_first ? 0 : 1]};
	return TRUE;
}

/* What stands behind the digits: nothing, AM or PM. */
static gboolean read_half_day(const char *c, Moment *m)
{
	gboolean pm = g_ascii_strcasecmp(c, "pm") == 0, am = g_ascii_strcasecmp(c, "am") == 0;

	if (pm && m->hour < 12)
		m->hour += 12;
	if (am && m->hour == 12)
		m->hour = 0;
	return pm || am || !*c;
}

/* " 08:00[:00[.123]] [AM|PM]" to the end. */
static gboolean read_time(const char *c, Moment *m)
{
	int digits;

	c += strspn(c, " T");
	if (!*c)
		return TRUE;
	m->has_time = TRUE;
	m->hour = read_int(&c, 2, &digits);
	if (m->hour < 0 || *c++ != ':')
		return FALSE;
	m->minute = read_int(&c, 2, &digits);
	if (digits != 2)
		return FALSE;
	if (*c == ':') {
		c++;
		m->second = read_int(&c, 2, &digits);
	}
	if (*c == '.')
		c += 1 + strspn(c + 1, "0123456789");
	c += strspn(c, " ");
	return read_half_day(c, m) && m->hour < 24 && m->minute < 60 && m->second >= 0 &&
	       m->second < 60;
}

/* 20261125 */
static gboolean read_compact(const char *cell, Moment *m)
{
	if (strlen(cell) != 8 || strspn(cell, "0123456789") != 8)
		return FALSE;
	m->day = (int)g_ascii_strtoll(cell, NULL, 10);
	m->year = m->day / 10000;
	m->month = m->day / 100 % 100;
	m->day %= 100;
	return TRUE;
}

/* Figures must be all that the text says, but for commas and spaces between them. */
static gboolean covers(const char *normal, const GArray *figures)
{
	gsize at = 0;

	for (guint i = 0; i <= figures->len; i++) {
		const Figure *figure = i < figures->len ? &g_array_index(figures, Figure, i) : NULL;
		gsize end = figure ? figure->start : strlen(normal);

		for (; at < end; at++)
			if (!strchr(" ,", normal[at]))
				return FALSE;
		at = figure ? figure->end : end;
	}
	return TRUE;
}

/* "2026年11月25日 下午6点", "Nov 25, 2026" */
static gboolean read_words(const char *cell, Moment *m)
{
	g_autofree char *normal = text_normalise(cell, -1);
	g_autoptr(GArray) figures = figures_find(normal);
	g_auto(GStrv) parts = NULL;

	if (!figures->len || !covers(normal, figures))
		return FALSE;
	for (guint i = 0; i < figures->len; i++) {
		const Figure *figure = &g_array_index(figures, Figure, i);

		g_strfreev(g_steal_pointer(&parts));
		parts = g_strsplit_set(figure->value, "-:", 3);
		if (figure->kind == FIGURE_DATE && g_strv_length(parts) == 3) {
			m->year = (int)g_ascii_strtoll(parts[0], NULL, 10);
			m->month = (int)g_ascii_strtoll(parts[1], NULL, 10);
			m->day = (int)g_ascii_strtoll(parts[2], NULL, 10);
		} else if (figure->kind == FIGURE_TIME && g_strv_length(parts) >= 2) {
			m->has_time = TRUE;
			m->hour = (int)g_ascii_strtoll(parts[0], NULL, 10);
			m->minute = (int)g_ascii_strtoll(parts[1], NULL, 10);
		} else if (figure->kind != FIGURE_WEEKDAY) {
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean read_moment(const char *cell, const ImportForm *form, Moment *m)
{
	const char *at = cell;

	*m = (Moment){.year = 0};
	if (strchr(cell, 'T') && clock_parse(cell, &m->ms)) {
		m->has_zone = m->has_time = TRUE;
		return TRUE;
	}
	if (read_date(&at, form, m)) {
		if (!read_time(at, m))
			return FALSE;
	} else if (!read_compact(cell, m) && !read_words(cell, m)) {
		return FALSE;
	}
	return moment_valid(m);
}

int import_date_order(const char *cell)
{
	int n[3], digits[3];
	char sign;

	if (!three_numbers(&cell, n, digits, &sign) || digits[0] == 4 || sign == '.')
		return 0;
	return n[0] > 12 ? 1 : n[1] > 12 ? -1 : 0;
}

static json_t *date_value(const char *cell, Reading *reading)
{
	Moment m;
	char text[32];

	if (!read_moment(cell, reading->form, &m) || m.has_zone) {
		reading->fault = "is no date (expected 2026-11-25, 2026年11月25日, 11/25/2026 …)";
		return NULL;
	}
	g_snprintf(text, sizeof(text), "%04d-%02d-%02d", m.year, m.month, m.day);
	return json_string(text);
}

static json_t *time_value(const char *cell, Reading *reading)
{
	Moment m;
	char text[CLOCK_TEXT_LENGTH + 1];
	GDateTime *local;

	if (!read_moment(cell, reading->form, &m)) {
		reading->fault = "is no time (expected 2026-11-25 08:00, 2026年11月25日 …)";
		return NULL;
	}
	if (!m.has_zone) {
		local = g_date_time_new(reading->form->zone, m.year, m.month, m.day, m.hour,
					m.minute, m.second);
		m.ms = local ? g_date_time_to_unix(local) * 1000 : 0;
		g_clear_pointer(&local, g_date_time_unref);
	}
	return json_string(clock_format(m.ms, text));
}

/* ---- numbers --------------------------------------------------------------------------------------------------- */

/* "1,299.50" -> "1299.50"; FALSE when a comma does not part thousands. */
static gboolean plain_number(const char *text, GString *out)
{
	gsize n_group = 0;
	gboolean grouped = FALSE;
	const char *c = text;

	for (; g_ascii_isdigit(*c) || *c == ','; c++) {
		if (*c == ',') {
			if (!n_group || n_group > 3 || (grouped && n_group != 3))
				return FALSE;
			grouped = TRUE;
			n_group = 0;
		} else {
			g_string_append_c(out, *c);
			n_group++;
		}
	}
	if (grouped && n_group != 3)
		return FALSE;
	if (*c == '.' && out->len) {
		g_string_append_c(out, *c++);
		for (; g_ascii_isdigit(*c); c++)
			g_string_append_c(out, *c);
	}
	return out->len && !*c;
}

static const struct {
	FigureUnit unit;
	const char *currency;
} currencies[] = {{UNIT_YUAN, "CNY"},
		  {UNIT_DOLLAR, "USD"},
		  {UNIT_HONGKONG_DOLLAR, "HKD"},
		  {UNIT_EURO, "EUR"},
		  {UNIT_POUND, "GBP"}};

/* "￥1,299", "1.5万", "85%": one number and nothing else. */
static gboolean figure_number(const char *text, GString *out, FigureUnit *ret_unit)
{
	g_autofree char *normal = text_normalise(text, -1);
	g_autoptr(GArray) figures = figures_find(normal);
	const Figure *figure;

	if (figures->len != 1 || !covers(normal, figures))
		return FALSE;
	figure = &g_array_index(figures, Figure, 0);
	if (figure->kind != FIGURE_NUMBER || *figure->value == '?')
		return FALSE;
	*ret_unit = figure->unit;
	g_string_assign(out, figure->value);
	return TRUE;
}

/* A decimal as text, so that nothing is lost; NULL when it is none. The caller frees it. */
static char *read_number(const char *cell, FigureUnit *ret_unit)
{
	gboolean bracketed = *cell == '(' && g_str_has_suffix(cell, ")");
	gboolean negative = bracketed || *cell == '-';
	gsize n = strlen(cell);
	g_autofree char *inner = bracketed ? g_strndup(cell + 1, n - 2)
					   : g_strdup(cell + (*cell == '-' || *cell == '+'));
	g_autoptr(GString) out = g_string_new(negative ? "-" : NULL);
	g_autoptr(GString) digits = g_string_new(NULL);

	*ret_unit = UNIT_NONE;
	g_strstrip(inner);
	if (!plain_number(inner, digits) && !figure_number(inner, digits, ret_unit))
		return NULL;
	g_string_append(out, digits->str);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* As JSON reads it back, so that a value that did not change is equal to the stored one. */
static json_t *shortest_number(double number)
{
	return number == floor(number) && fabs(number) < 1e15 ? json_integer((json_int_t)number)
							      : json_real(number);
}

static json_t *number_value(const char *cell, Reading *reading)
{
	FigureUnit unit;
	g_autofree char *text = read_number(cell, &unit);
	char *end;
	double number = g_ascii_strtod(text ? text : cell, &end);

	if (!text && (end == cell || *end)) {
		reading->fault = "is no number";
		return NULL;
	}
	return shortest_number(unit == UNIT_PERCENT ? number / 100 : number);
}

static json_t *integer_value(const char *cell, Reading *reading)
{
	FigureUnit unit;
	g_autofree char *text = read_number(cell, &unit);
	char *point = text ? strchr(text, '.') : NULL;
	gint64 number;

	if (point && strspn(point + 1, "0") == strlen(point + 1))
		*point = '\0'; /* 12.00 */
	if (text && g_ascii_string_to_signed(text, 10, -G_MAXINT64, G_MAXINT64, &number, NULL))
		return json_integer(number);
	reading->fault = "is no whole number";
	return NULL;
}

/* With more digits than any currency has it stays a text, which its field refuses. */
static json_t *amount(const char *text)
{
	const char *point = strchr(text, '.');

	return point && strlen(point + 1) > MONEY_DIGITS
		       ? json_string(text)
		       : shortest_number(g_ascii_strtod(text, NULL));
}

static json_t *money_value(const char *cell, Reading *reading)
{
	FigureUnit unit;
	g_autofree char *text = read_number(cell, &unit);

	for (gsize i = 0; i < G_N_ELEMENTS(currencies); i++)
		if (text && currencies[i].unit == unit)
			*reading->ret_currency = currencies[i].currency;
	if (text)
		return amount(text);
	reading->fault = "is no amount (expected 1299.50, ￥1,299 …)";
	return NULL;
}

/* ---- others ---------------------------------------------------------------------------------------------------- */

static json_t *text_value(const char *cell, Reading *reading)
{
	(void)reading;
	return json_string(cell);
}

static json_t *url_value(const char *cell, Reading *reading)
{
	(void)reading;
	if (*cell != '/' && !strstr(cell, "://") && strchr(cell, '.') && !strchr(cell, ' '))
		return json_sprintf("https://%s", cell);
	return json_string(cell);
}

/* As declared, whatever its capitals. */
static const char *choice_word(const Field *field, const char *word)
{
	g_auto(GStrv) words = g_strsplit(field->choices ? field->choices : "", "|", -1);

	for (char **one = words; *one; one++)
		if (g_ascii_strcasecmp(*one, word) == 0)
			return g_intern_string(*one);
	return word;
}

static json_t *choice_value(const char *cell, Reading *reading)
{
	return json_string(choice_word(reading->field, cell));
}

/* A cell that was written by a program. */
static json_t *json_value(const char *cell, gboolean (*is_right)(const json_t *value))
{
	g_autoptr(json_t) value = strchr("[{", *cell) ? json_parse(cell, strlen(cell), NULL) : NULL;

	return value && is_right(value) ? g_steal_pointer(&value) : NULL;
}

static gboolean is_list(const json_t *value)
{
	return json_is_array(value);
}

static gboolean is_object(const json_t *value)
{
	return json_is_object(value);
}

static json_t *list_value(const char *cell, Reading *reading)
{
	static const char *const signs[] = {"，", "；", "、", ";", "|"};
	json_t *list = json_value(cell, is_list);
	g_autoptr(GString) text = g_string_new(cell);
	g_auto(GStrv) words = NULL;

	if (list)
		return list;
	for (gsize i = 0; i < G_N_ELEMENTS(signs); i++)
		g_string_replace(text, signs[i], ",", 0);
	words = g_strsplit(text->str, ",", -1);
	list = json_array();
	for (char **word = words; *word; word++)
		if (*g_strstrip(*word))
			json_array_append_new(list,
					      json_string(choice_word(reading->field, *word)));
	return list;
}

static json_t *object_value(const char *cell, Reading *reading)
{
	json_t *value = json_value(cell, is_object);

	if (!value)
		reading->fault = "is no JSON object";
	return value;
}

static json_t *lines_value(const char *cell, Reading *reading)
{
	json_t *value = json_value(cell, is_list);

	if (!value)
		reading->fault = "is no JSON list of items";
	return value;
}

static json_t *address_value(const char *cell, Reading *reading)
{
	json_t *value = json_value(cell, is_object);

	(void)reading;
	return value ? value : json_pack("{s:s}", "text", cell);
}

static json_t *boolean_value(const char *cell, Reading *reading)
{
	static const struct {
		const char *word;
		gboolean value;
	} words[] = {{"true", TRUE}, {"false", FALSE}, {"yes", TRUE},  {"no", FALSE}, {"1", TRUE},
		     {"0", FALSE},   {"y", TRUE},      {"n", FALSE},   {"x", TRUE},   {"t", TRUE},
		     {"f", FALSE},   {"on", TRUE},     {"off", FALSE}, {"是", TRUE},  {"否", FALSE},
		     {"有", TRUE},   {"无", FALSE},    {"对", TRUE},   {"错", FALSE}, {"√", TRUE},
		     {"×", FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strcasecmp(cell, words[i].word) == 0)
			return json_boolean(words[i].value);
	reading->fault = "is neither yes nor no (expected 是, 否, yes, no, true, false)";
	return NULL;
}

static json_t *(*const readers[FIELD_N_TYPES])(const char *cell, Reading *reading) = {
	[FIELD_TEXT] = text_value,	   [FIELD_LONG_TEXT] = text_value,
	[FIELD_EMAIL] = text_value,	   [FIELD_PHONE] = text_value,
	[FIELD_URL] = url_value,	   [FIELD_CHOICE] = choice_value,
	[FIELD_MULTI_CHOICE] = list_value, [FIELD_REFERENCE] = text_value,
	[FIELD_TAGS] = list_value,	   [FIELD_JSON] = object_value,
	[FIELD_NUMBER] = number_value,	   [FIELD_INTEGER] = integer_value,
	[FIELD_MONEY] = money_value,	   [FIELD_CURRENCY] = text_value,
	[FIELD_DATE] = date_value,	   [FIELD_TIME] = time_value,
	[FIELD_BOOLEAN] = boolean_value,   [FIELD_ADDRESS] = address_value,
	[FIELD_LINES] = lines_value,	   [FIELD_FILE] = text_value,
};

json_t *import_value(const Field *field, const char *cell, const ImportForm *form,
		     const char **ret_currency, const char **ret_fault)
{
	Reading reading = {field, form, ret_currency, NULL};
	json_t *value = readers[field->type](cell, &reading);

	*ret_fault = value ? NULL : reading.fault ? reading.fault : "holds no valid text";
	return value;
}

/* ---- what a cell looks like ------------------------------------------------------------------------------------ */

static gboolean looks_like_phone(const char *cell)
{
	g_autofree char *phone = field_normalise(FIELD_PHONE, cell, NULL);
	gsize n = phone ? strlen(phone) : 0;

	if (!phone || import_date_order(cell) || strchr(cell, '.'))
		return FALSE;
	/* a bare number is one where it is a Chinese mobile number */
	return strspn(cell, "0123456789") < strlen(cell) ? n >= 7 && n <= 16
							 : n == 11 && *phone == '1';
}

gboolean import_looks_like(FieldType type, const char *cell)
{
	static const ImportForm form = {.day_first = FALSE};
	g_autofree char *text = NULL;
	FigureUnit unit;
	Moment m;

	switch (type) {
	case FIELD_EMAIL:
	case FIELD_URL:
		text = strchr(cell, type == FIELD_EMAIL ? '@' : ':')
			       ? field_normalise(type, cell, NULL)
			       : NULL;
		return text != NULL;
	case FIELD_PHONE:
		return looks_like_phone(cell);
	case FIELD_DATE:
	case FIELD_TIME:
		return strspn(cell, "0123456789") < strlen(cell) && read_moment(cell, &form, &m);
	case FIELD_NUMBER:
	case FIELD_INTEGER:
		text = read_number(cell, &unit);
		return text != NULL;
	case FIELD_MONEY:
		text = read_number(cell, &unit);
		return text && (unit != UNIT_NONE || strpbrk(cell, ".,"));
	default:
		return TRUE;
	}
}
