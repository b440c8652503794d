/* The types of fields: a row of functions for each, that check, bring into form, and write. */
#include "crm/field_types.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/id.h"
#include "crm/fields.h"

typedef struct {
	const char *name;
	/* A text that stands for a value -> its stored text; NULL with *ret_fault. */
	char *(*normalise)(const char *text, const char **ret_fault);
	void (*take)(const Field *field, const json_t *value, int digits, Taken *taken);
	void (*put)(JsonWriter *w, const char *key, DbRows *rows, int column);
	const char *schema; /* JSON Schema type of a value that may not be null */
	const char *format;
} FieldKind;

static const FieldKind kinds[FIELD_N_TYPES];

/* Returns the stored text, or NULL with *ret_fault telling what is wrong. */
typedef char *(*Normalise)(const char *text, const char **ret_fault);

static char *normalise_text(const char *text, const char **ret_fault)
{
	(void)ret_fault;
	return g_strstrip(g_strdelimit(g_strdup(text), "\r\n", ' '));
}

static char *normalise_long_text(const char *text, const char **ret_fault)
{
	(void)ret_fault;
	return g_strdup(text);
}

static gboolean email_shape(const char *email)
{
	const char *at = strchr(email, '@');
	const char *dot = at ? strrchr(at, '.') : NULL;

	if (!at || at == email || strchr(at + 1, '@') || !dot || dot == at + 1 || !dot[1])
		return FALSE;
	for (const char *c = email; *c; c++)
		if ((guchar)*c <= ' ' || strchr("()<>,;:\\\"[]", *c))
			return FALSE;
	return TRUE;
}

static char *normalise_email(const char *text, const char **ret_fault)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	char *email = g_utf8_strdown(stripped, -1);

	if (email_shape(email))
		return email;
	g_free(email);
	*ret_fault = "is no e-mail address (expected name@domain.example)";
	return NULL;
}

static char *normalise_phone(const char *text, const char **ret_fault)
{
	g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
	g_autoptr(GString) phone = g_string_new(NULL);
	gsize n_digits = 0;

	for (const char *c = plain ? plain : ""; *c; c++) {
		if (g_ascii_isdigit(*c)) {
			g_string_append_c(phone, *c);
			n_digits++;
		} else if (*c == '+' && !phone->len) {
			g_string_append_c(phone, '+');
		} else if (!strchr(" -().\t/", *c)) {
			n_digits = 0;
			break;
		}
	}
	if (n_digits >= 5 && n_digits <= 20)
		return g_strdup(phone->str);
	*ret_fault = "is no phone number (expected 5 to 20 digits)";
	return NULL;
}

static char *normalise_url(const char *text, const char **ret_fault)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	const char *scheme = g_uri_peek_scheme(stripped);

	if (stripped[0] == '/' && stripped[1] != '/')
		return g_steal_pointer(&stripped);
	if (scheme && (g_str_equal(scheme, "http") || g_str_equal(scheme, "https")) &&
	    g_uri_is_valid(stripped, G_URI_FLAGS_NONE, NULL))
		return g_steal_pointer(&stripped);
	*ret_fault = "is no web address (expected https://… or /path)";
	return NULL;
}

static char *normalise_reference(const char *text, const char **ret_fault)
{
	if (id_valid(text))
		return g_strdup(text);
	*ret_fault = "is no id";
	return NULL;
}

static char *normalise_currency(const char *text, const char **ret_fault)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	char *currency = g_ascii_strup(stripped, -1);

	if (strlen(currency) == 3 && strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3)
		return currency;
	g_free(currency);
	*ret_fault = "is no currency (expected three letters as in CNY)";
	return NULL;
}

static char *normalise_date(const char *text, const char **ret_fault)
{
	g_autofree char *stripped = g_strstrip(g_strdup(text));
	GDate date;
	gint64 parts[3];
	g_auto(GStrv) words = g_strsplit(stripped, "-", 4);

	g_date_clear(&date, 1);
	if (strlen(stripped) == 10 && g_strv_length(words) == 3 &&
	    g_ascii_string_to_signed(words[0], 10, 1, 9999, &parts[0], NULL) &&
	    g_ascii_string_to_signed(words[1], 10, 1, 12, &parts[1], NULL) &&
	    g_ascii_string_to_signed(words[2], 10, 1, 31, &parts[2], NULL) &&
	    g_date_valid_dmy((GDateDay)parts[2], (GDateMonth)parts[1], (GDateYear)parts[0]))
		return g_steal_pointer(&stripped);
	*ret_fault = "is no date (expected 2026-11-25)";
	return NULL;
}

/* A day alone is its first moment in UTC. */
static gboolean time_value(const char *text, gint64 *ret_ms)
{
	const char *fault = NULL;
	g_autofree char *day = NULL, *first = NULL;

	if (clock_parse(text, ret_ms))
		return TRUE;
	day = normalise_date(text, &fault);
	first = day ? g_strconcat(day, "T00:00:00Z", NULL) : NULL;
	return first && clock_parse(first, ret_ms);
}

static char *normalise_time(const char *text, const char **ret_fault)
{
	gint64 ms;

	if (time_value(text, &ms))
		return g_strdup_printf("%" G_GINT64_FORMAT, ms);
	*ret_fault = "is no time (expected 2026-11-25T08:00:00Z)";
	return NULL;
}

static char *normalise_number(const char *text, const char **ret_fault)
{
	char *end;
	double value = g_ascii_strtod(text, &end);
	char buffer[G_ASCII_DTOSTR_BUF_SIZE];

	if (end != text && !*end && isfinite(value))
		return g_strdup(g_ascii_dtostr(buffer, sizeof(buffer), value));
	*ret_fault = "is no number";
	return NULL;
}

static char *normalise_integer(const char *text, const char **ret_fault)
{
	gint64 value;

	if (g_ascii_string_to_signed(text, 10, -G_MAXINT64, G_MAXINT64, &value, NULL))
		return g_strdup_printf("%" G_GINT64_FORMAT, value);
	*ret_fault = "is no whole number";
	return NULL;
}

static char *normalise_boolean(const char *text, const char **ret_fault)
{
	static const struct {
		const char *word, *stored;
	} words[] = {{"true", "1"}, {"false", "0"}, {"yes", "1"}, {"no", "0"},
		     {"1", "1"},    {"0", "0"},	    {"是", "1"},  {"否", "0"}};

	for (gsize i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_ascii_strcasecmp(text, words[i].word) == 0)
			return g_strdup(words[i].stored);
	*ret_fault = "is neither true nor false";
	return NULL;
}

char *field_normalise(FieldType type, const char *text, GError **error)
{
	const char *fault = NULL;
	char *value = kinds[type].normalise(text, &fault);

	if (!value)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE, "the value %s", fault);
	return value;
}

/* ---- money --------------------------------------------------------------------------------------------------- */

int currency_digits(const char *currency)
{
	static const struct {
		const char *currencies;
		int digits;
	} rows[] = {{"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF", 0},
		    {"BHD IQD JOD KWD LYD OMR TND", 3}};

	for (gsize i = 0; currency && i < G_N_ELEMENTS(rows); i++)
		if (strlen(currency) == 3 && strstr(rows[i].currencies, currency))
			return rows[i].digits;
	return 2;
}

/* What stands behind the whole part: at most `digits` digits and zeros beyond, as thousandths. */
static gboolean add_fraction(const char *point, int digits, gint64 *thousandths)
{
	const char *c = *point == '.' ? point + 1 : point;

	for (int i = 0; i < MONEY_DIGITS; i++)
		*thousandths =
			*thousandths * 10 + (i < digits && g_ascii_isdigit(*c) ? *c++ - '0' : 0);
	while (*c == '0')
		c++;
	return !*c;
}

gboolean money_parse(const char *text, int digits, gint64 *ret_thousandths)
{
	gboolean negative = *text == '-';
	const char *c = text + (negative || *text == '+');
	gint64 sum = 0;

	if (!g_ascii_isdigit(*c))
		return FALSE;
	for (; g_ascii_isdigit(*c); c++) {
		if (sum > 100000000000)
			return FALSE; /* a million million is enough, and 15 digits are exact */
		sum = sum * 10 + (*c - '0');
	}
	if ((*c && *c != '.') || !add_fraction(c, digits, &sum))
		return FALSE;
	*ret_thousandths = negative ? -sum : sum;
	return TRUE;
}

char *money_format(gint64 thousandths)
{
	gint64 positive = thousandths < 0 ? -thousandths : thousandths;
	GString *out = g_string_new(thousandths < 0 ? "-" : NULL);

	g_string_append_printf(out, "%" G_GINT64_FORMAT, positive / 1000);
	if (positive % 1000) {
		g_string_append_printf(out, ".%03d", (int)(positive % 1000));
		while (out->str[out->len - 1] == '0')
			g_string_truncate(out, out->len - 1);
	}
	return g_string_free(out, FALSE);
}

/* A JSON number or decimal string. */
static gboolean money_value(const json_t *value, int digits, gint64 *ret_thousandths)
{
	char buffer[64];

	if (json_is_string(value))
		return money_parse(json_string_value(value), digits, ret_thousandths);
	if (json_is_integer(value))
		g_snprintf(buffer, sizeof(buffer), "%" JSON_INTEGER_FORMAT,
			   json_integer_value(value));
	else if (json_is_real(value))
		g_ascii_formatd(buffer, sizeof(buffer), "%.6f", json_real_value(value));
	else
		return FALSE;
	return money_parse(buffer, digits, ret_thousandths);
}

/* ---- taking -------------------------------------------------------------------------------------------------- */

static gboolean choice_allowed(const char *choices, const char *word)
{
	g_auto(GStrv) words = g_strsplit(choices, "|", -1);

	return g_strv_contains((const char *const *)words, word);
}

void field_take_text(Taken *taken, char *text)
{
	taken->text = text;
	taken->value = (DbValue){.type = DB_TEXT, .text = text, .n_bytes = -1};
}

static void take_text(const Field *field, const json_t *value, int digits, Taken *taken)
{
	g_autofree char *text = NULL;

	(void)digits;
	if (!json_is_string(value)) {
		taken->fault = "must be a string";
		return;
	}
	text = kinds[field->type].normalise(json_string_value(value), &taken->fault);
	if (!text)
		return;
	if (field->max_chars && g_utf8_strlen(text, -1) > (glong)field->max_chars)
		taken->fault = "is too long";
	else if (field->choices && *text && !choice_allowed(field->choices, text))
		taken->fault = "is not one of the choices";
	else
		field_take_text(taken, g_steal_pointer(&text));
}

/* Tags and choices of several; without doubles, in the order given. */
static void take_list(const Field *field, const json_t *value, int digits, Taken *taken)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(json_t) list = json_array();
	gsize i;
	json_t *element;

	(void)digits;
	taken->fault = "must be a list of at most 100 short texts";
	if (!json_is_array(value) || json_array_size(value) > 100)
		return;
	json_array_foreach(value, i, element)
	{
		const char *text = json_string_value(element);

		if (!text || g_utf8_strlen(text, -1) > (glong)field->max_chars)
			return;
		if (field->choices && !choice_allowed(field->choices, text)) {
			taken->fault = "holds a word that is not one of the choices";
			return;
		}
		if (g_hash_table_add(seen, (gpointer)(guintptr)text))
			json_array_append(list, element);
	}
	taken->fault = NULL;
	field_take_text(taken, json_dumps(list, JSON_COMPACT));
}

static void take_json(const Field *field, const json_t *value, int digits, Taken *taken)
{
	char *text;

	(void)digits;
	if (!json_is_object(value)) {
		taken->fault = "must be an object";
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
	if (text && strlen(text) <= field->max_chars) {
		field_take_text(taken, text);
		return;
	}
	free(text);
	taken->fault = "is too large";
}

static void take_address(const Field *field, const json_t *value, int digits, Taken *taken)
{
	static const char *const parts[] = {"country", "province", "city", "district",
					    "street",  "postcode", "text", NULL};
	const char *name;
	json_t *part;

	json_object_foreach((json_t *)(guintptr)value, name,
			    part) if (!g_strv_contains(parts, name) || !json_is_string(part))
	{
		taken->fault = "may hold texts country, province, city, district, street, "
			       "postcode and text";
		return;
	}
	take_json(field, value, digits, taken);
}

static gboolean line_is_right(const json_t *line, int digits)
{
	static const char *const members[] = {"product_id", "name",	"quantity",
					      "price",	    "discount", NULL};
	const json_t *quantity = json_object_get(line, "quantity");
	const json_t *price = json_object_get(line, "price");
	const json_t *discount = json_object_get(line, "discount");
	const json_t *product = json_object_get(line, "product_id");
	const char *name;
	json_t *member;
	gint64 amount;

	json_object_foreach((json_t *)(guintptr)line, name,
			    member) if (!g_strv_contains(members, name)) return FALSE;
	if (product && !json_is_null(product) && !id_valid(json_string_value(product)))
		return FALSE;
	if (quantity && !json_is_number(quantity))
		return FALSE;
	return json_is_object(line) && (!price || money_value(price, digits, &amount)) &&
	       (!discount || money_value(discount, digits, &amount));
}

static void take_lines(const Field *field, const json_t *value, int digits, Taken *taken)
{
	gsize i;
	json_t *line;

	taken->fault = "must be a list of items {product_id, name, quantity, price, discount}";
	if (!json_is_array(value) || json_array_size(value) > field->max_chars)
		return;
	json_array_foreach(value, i, line) if (!line_is_right(line, digits)) return;
	taken->fault = NULL;
	field_take_text(taken, json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(15)));
}

static void take_number(const Field *field, const json_t *value, int digits, Taken *taken)
{
	(void)field;
	(void)digits;
	if (json_is_number(value))
		taken->value = (DbValue){.type = DB_DOUBLE, .d = json_number_value(value)};
	else
		taken->fault = "must be a number";
}

static void take_integer(const Field *field, const json_t *value, int digits, Taken *taken)
{
	double real = json_is_real(value) ? json_real_value(value) : .5;

	(void)field;
	(void)digits;
	if (json_is_integer(value))
		taken->value = (DbValue){.type = DB_INT, .i = json_integer_value(value)};
	else if (real == floor(real) && fabs(real) < 9e15)
		taken->value = (DbValue){.type = DB_INT, .i = (gint64)real};
	else
		taken->fault = "must be a whole number";
}

static void take_money(const Field *field, const json_t *value, int digits, Taken *taken)
{
	(void)field;
	taken->value.type = DB_INT;
	if (!money_value(value, digits, &taken->value.i))
		taken->fault = "must be an amount with no more digits than its currency has";
}

static void take_time(const Field *field, const json_t *value, int digits, Taken *taken)
{
	(void)field;
	(void)digits;
	taken->value.type = DB_INT;
	if (!json_is_string(value) || !time_value(json_string_value(value), &taken->value.i))
		taken->fault = "must be a time such as 2026-11-25T08:00:00Z";
}

static void take_boolean(const Field *field, const json_t *value, int digits, Taken *taken)
{
	(void)field;
	(void)digits;
	taken->value = (DbValue){.type = DB_INT, .i = json_is_true(value)};
	if (!json_is_boolean(value))
		taken->fault = "must be true or false";
}

/* ---- writing ------------------------------------------------------------------------------------------------- */

static void put_text(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	json_put_string(w, key, db_text(rows, column));
}

static void put_raw(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	json_put_raw(w, key, db_text(rows, column));
}

static void put_number(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	json_put_double(w, key, db_double(rows, column));
}

static void put_integer(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	json_put_int(w, key, db_int(rows, column));
}

static void put_money(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	g_autofree char *amount = money_format(db_int(rows, column));

	json_put_raw(w, key, amount);
}

static void put_time(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	json_put_string(w, key, clock_format(db_int(rows, column), text));
}

static void put_boolean(JsonWriter *w, const char *key, DbRows *rows, int column)
{
	json_put_bool(w, key, db_int(rows, column) != 0);
}

/* ---- the types ----------------------------------------------------------------------------------------------- */

static const FieldKind kinds[FIELD_N_TYPES] = {
	[FIELD_TEXT] = {"text", normalise_text, take_text, put_text, "string", NULL},
	[FIELD_LONG_TEXT] = {"long_text", normalise_long_text, take_text, put_text, "string", NULL},
	[FIELD_EMAIL] = {"email", normalise_email, take_text, put_text, "string", "email"},
	[FIELD_PHONE] = {"phone", normalise_phone, take_text, put_text, "string", NULL},
	[FIELD_URL] = {"url", normalise_url, take_text, put_text, "string", "uri-reference"},
	[FIELD_CHOICE] = {"choice", normalise_text, take_text, put_text, "string", NULL},
	[FIELD_MULTI_CHOICE] = {"multi_choice", normalise_text, take_list, put_raw, "array", NULL},
	[FIELD_REFERENCE] = {"reference", normalise_reference, take_text, put_text, "string",
			     "uuid"},
	[FIELD_TAGS] = {"tags", normalise_text, take_list, put_raw, "array", NULL},
	[FIELD_JSON] = {"json", normalise_text, take_json, put_raw, "object", NULL},
	[FIELD_NUMBER] = {"number", normalise_number, take_number, put_number, "number", NULL},
	[FIELD_INTEGER] = {"integer", normalise_integer, take_integer, put_integer, "integer",
			   NULL},
	[FIELD_MONEY] = {"money", normalise_number, take_money, put_money, "number", NULL},
	[FIELD_CURRENCY] = {"currency", normalise_currency, take_text, put_text, "string", NULL},
	[FIELD_DATE] = {"date", normalise_date, take_text, put_text, "string", "date"},
	[FIELD_TIME] = {"time", normalise_time, take_time, put_time, "string", "date-time"},
	[FIELD_BOOLEAN] = {"boolean", normalise_boolean, take_boolean, put_boolean, "boolean",
			   NULL},
	[FIELD_ADDRESS] = {"address", normalise_text, take_address, put_raw, "object", NULL},
	[FIELD_LINES] = {"lines", normalise_text, take_lines, put_raw, "array", NULL},
	[FIELD_FILE] = {"file", normalise_reference, take_text, put_text, "string", "uuid"},
};

const char *field_type_name(FieldType type)
{
	return kinds[type].name;
}

gboolean field_type_find(const char *name, FieldType *ret_type)
{
	for (int i = 0; i < FIELD_N_TYPES; i++)
		if (g_str_equal(kinds[i].name, name)) {
			*ret_type = (FieldType)i;
			return TRUE;
		}
	return FALSE;
}

void field_put(JsonWriter *w, const char *key, const Field *field, DbRows *rows, int column)
{
	if (db_is_null(rows, column))
		json_put_null(w, key);
	else
		kinds[field->type].put(w, key, rows, column);
}

static void put_choices(JsonWriter *w, const Field *field, gboolean nullable)
{
	g_auto(GStrv) words = g_strsplit(field->choices, "|", -1);

	json_array_begin(w, "enum");
	for (char **word = words; *word; word++)
		json_put_string(w, NULL, *word);
	if (nullable)
		json_put_null(w, NULL);
	json_array_end(w);
}

static void put_items_schema(JsonWriter *w, const Field *field)
{
	json_object_begin(w, "items");
	json_put_string(w, "type", field->type == FIELD_LINES ? "object" : "string");
	if (field->choices)
		put_choices(w, field, FALSE);
	json_object_end(w);
}

void field_put_schema(JsonWriter *w, const Field *field)
{
	const FieldKind *kind = &kinds[field->type];
	gboolean is_text = g_str_equal(kind->schema, "string");

	if (field->flags & FIELD_REQUIRED || field->default_value) {
		json_put_string(w, "type", kind->schema);
	} else {
		json_array_begin(w, "type");
		json_put_string(w, NULL, kind->schema);
		json_put_string(w, NULL, "null");
		json_array_end(w);
	}
	if (kind->format)
		json_put_string(w, "format", kind->format);
	if (is_text && field->max_chars)
		json_put_int(w, "maxLength", field->max_chars);
	if (g_str_equal(kind->schema, "array"))
		put_items_schema(w, field);
	else if (field->choices)
		put_choices(w, field, !(field->flags & FIELD_REQUIRED || field->default_value));
}

void field_take(const Field *field, const json_t *value, int digits, Taken *taken)
{
	kinds[field->type].take(field, value, digits, taken);
}

FieldForm field_form(FieldType type)
{
	const FieldKind *kind = &kinds[type];

	if (kind->take == take_list)
		return FIELD_FORM_LIST;
	if (kind->put == put_raw)
		return FIELD_FORM_JSON;
	if (kind->put == put_number)
		return FIELD_FORM_DOUBLE;
	return kind->put == put_text ? FIELD_FORM_TEXT : FIELD_FORM_INTEGER;
}
