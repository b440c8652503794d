/* JSON writer and strict parser. The writer escapes by a table, since every answer of the server
 * passes here. */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"

enum { JSON_MAX_DEPTH = 512 };

JsonWriter json_writer(GString *out)
{
	return (JsonWriter){.out = out};
}

static void escape_byte(GString *out, guchar byte)
{
	static const char named[] = "\"\\\b\f\n\r\t";
	static const char letters[] = "\"\\bfnrt";
	const char *found = byte ? strchr(named, byte) : NULL;

	if (found) {
		g_string_append_c(out, '\\');
		g_string_append_c(out, letters[found - named]);
	} else {
		g_string_append_printf(out, "\\u%04x", byte);
	}
}

static void append_valid(GString *out, const char *text, gsize n_bytes)
{
	gsize start = 0;

	for (gsize i = 0; i < n_bytes; i++) {
		guchar byte = (guchar)text[i];

		if (byte >= 0x20 && byte != '"' && byte != '\\' && byte != 0x7f)
			continue;
		g_string_append_len(out, text + start, (gssize)(i - start));
		escape_byte(out, byte);
		start = i + 1;
	}
	g_string_append_len(out, text + start, (gssize)(n_bytes - start));
}

/* Most texts are letters and digits: nothing to escape, nothing to check. */
static gboolean is_plain(const char *text, gsize n_bytes)
{
	for (gsize i = 0; i < n_bytes; i++) {
		guchar byte = (guchar)text[i];

		if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\')
			return FALSE;
	}
	return TRUE;
}

static void append_quoted(GString *out, const char *text, gsize n_bytes)
{
	g_string_append_c(out, '"');
	if (is_plain(text, n_bytes)) {
		g_string_append_len(out, text, (gssize)n_bytes);
	} else if (g_utf8_validate_len(text, n_bytes, NULL)) {
		append_valid(out, text, n_bytes);
	} else {
		g_autofree char *valid = g_utf8_make_valid(text, (gssize)n_bytes);

		append_valid(out, valid, strlen(valid));
	}
	g_string_append_c(out, '"');
}

char *json_key(const char *name)
{
	GString *out = g_string_new(NULL);

	append_quoted(out, name, strlen(name));
	g_string_truncate(out, out->len - 1);
	g_string_erase(out, 0, 1);
	return g_string_free(out, FALSE);
}

static void json_begin_value(JsonWriter *w, const char *key)
{
	if (w->comma)
		g_string_append_c(w->out, ',');
	if (key) {
		g_string_append_c(w->out, '"');
		g_string_append(w->out, key);
		g_string_append_len(w->out, "\":", 2);
	}
	w->comma = TRUE;
}

static void json_open(JsonWriter *w, const char *key, char bracket)
{
	json_begin_value(w, key);
	g_string_append_c(w->out, bracket);
	w->comma = FALSE;
}

static void json_close(JsonWriter *w, char bracket)
{
	g_string_append_c(w->out, bracket);
	w->comma = TRUE;
}

void json_object_begin(JsonWriter *w, const char *key)
{
	json_open(w, key, '{');
}

void json_object_end(JsonWriter *w)
{
	json_close(w, '}');
}

void json_array_begin(JsonWriter *w, const char *key)
{
	json_open(w, key, '[');
}

void json_array_end(JsonWriter *w)
{
	json_close(w, ']');
}

void json_put_string_n(JsonWriter *w, const char *key, const char *text, gsize n_bytes)
{
	json_begin_value(w, key);
	append_quoted(w->out, text, n_bytes);
}

void json_put_string(JsonWriter *w, const char *key, const char *text)
{
	if (text)
		json_put_string_n(w, key, text, strlen(text));
	else
		json_put_null(w, key);
}

void json_put_int(JsonWriter *w, const char *key, gint64 value)
{
	json_begin_value(w, key);
	g_string_append_printf(w->out, "%" G_GINT64_FORMAT, value);
}

void json_put_double(JsonWriter *w, const char *key, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	if (!isfinite(value)) {
		json_put_null(w, key);
		return;
	}
	json_begin_value(w, key);
	for (int digits = 15; digits <= 17; digits++) {
		char format[8];

		g_snprintf(format, sizeof(format), "%%.%dg", digits);
		g_ascii_formatd(text, sizeof(text), format, value);
		if (g_ascii_strtod(text, NULL) == value)
			break;
	}
	g_string_append(w->out, text);
}

void json_put_bool(JsonWriter *w, const char *key, gboolean value)
{
	json_begin_value(w, key);
	g_string_append(w->out, value ? "true" : "false");
}

void json_put_null(JsonWriter *w, const char *key)
{
	json_begin_value(w, key);
	g_string_append(w->out, "null");
}

void json_put_time(JsonWriter *w, const char *key, gint64 time_ms)
{
	char text[CLOCK_TEXT_LENGTH + 1];

	if (time_ms)
		json_put_string_n(w, key, clock_format(time_ms, text), CLOCK_TEXT_LENGTH);
	else
		json_put_null(w, key);
}

void json_put_raw(JsonWriter *w, const char *key, const char *json)
{
	json_begin_value(w, key);
	g_string_append(w->out, json ? json : "null");
}

typedef struct {
	gboolean too_deep;
	gboolean bare_nul;
	gboolean has_nul; /* an escaped NUL, "\\u0000" */
} JsonLook;

static gboolean is_escaped_nul(const char *text, gsize n_bytes, gsize i)
{
	return n_bytes - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0;
}

/* jansson recurses into brackets; its own limit is 2048, ours is checked before it sees the
 * text. */
static JsonLook json_look(const char *text, gsize n_bytes)
{
	JsonLook look = {0};
	gboolean quoted = FALSE;
	int depth = 0;

	for (gsize i = 0; i < n_bytes && !look.too_deep; i++) {
		char c = text[i];

		look.bare_nul |= c == '\0';
		if (quoted && c == '\\') {
			look.has_nul |= is_escaped_nul(text, n_bytes, i);
			i++;
		} else if (c == '"') {
			quoted = !quoted;
		} else if (!quoted && (c == '[' || c == '{')) {
			look.too_deep = ++depth > JSON_MAX_DEPTH;
		} else if (!quoted && (c == ']' || c == '}')) {
			depth--;
		}
	}
	return look;
}

/* Our strings end at NUL, so an escaped one comes in as U+FFFD, as broken bytes do elsewhere. */
static char *without_nul(const char *text, gsize n_bytes)
{
	char *copy = g_memdup2(text, n_bytes);

	for (gsize i = 0; i < n_bytes; i++)
		if (copy[i] == '\\') {
			if (is_escaped_nul(copy, n_bytes, i))
				memcpy(copy + i, "\\ufffd", 6);
			i++;
		}
	return copy;
}

json_t *json_parse(const char *text, gsize n_bytes, GError **error)
{
	JsonLook look = json_look(text, n_bytes);
	g_autofree char *copy = look.has_nul ? without_nul(text, n_bytes) : NULL;
	json_error_t where;
	json_t *document;

	if (look.bare_nul) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "JSON must not hold a NUL byte");
		return NULL;
	}
	if (look.too_deep) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "JSON is nested deeper than %d levels", JSON_MAX_DEPTH);
		return NULL;
	}
	document = json_loadb(copy ? copy : text, n_bytes, JSON_DECODE_ANY, &where);
	if (!document) {
		/* it shows what stands near the fault, cut anywhere */
		g_autofree char *what = g_utf8_make_valid(where.text, -1);

		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "JSON: %s (line %d, column %d)", what, where.line, where.column);
	}
	return document;
}

const char *json_member_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}
