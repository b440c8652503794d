/* Bytes gather to a line, lines to an event; both buffers have one limit. */
#include "llm/sse.h"

#include <string.h>

#include "base/error.h"

struct Sse {
	gsize max_bytes;
	SseEvent event;
	gpointer user;
	GString *line, *data, *type;
	gboolean begun;	   /* a byte order mark may no longer come */
	gboolean has_data; /* a data line has come, maybe an empty one */
	gboolean after_cr; /* an LF that comes next belongs to it */
	gboolean over;	   /* after an error or the function's end */
};

Sse *sse_new(gsize max_bytes, SseEvent event, gpointer user)
{
	Sse *sse = g_new0(Sse, 1);

	sse->max_bytes = max_bytes;
	sse->event = event;
	sse->user = user;
	sse->line = g_string_new(NULL);
	sse->data = g_string_new(NULL);
	sse->type = g_string_new(NULL);
	return sse;
}

void sse_free(Sse *sse)
{
	if (!sse)
		return;
	g_string_free(sse->line, TRUE);
	g_string_free(sse->data, TRUE);
	g_string_free(sse->type, TRUE);
	g_free(sse);
}

static gboolean fail(ZhiyinError code, const char *what, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, code, "event stream: %s", what);
	return FALSE;
}

static gboolean sse_dispatch(Sse *sse, GError **error)
{
	gboolean go_on = TRUE;

	if (sse->has_data) {
		if (!g_utf8_validate_len(sse->data->str, sse->data->len, NULL))
			return fail(ZHIYIN_ERROR_INVALID, "not valid UTF-8", error);
		go_on = sse->event(sse->type->str, sse->data->str, sse->data->len, sse->user);
	}
	g_string_truncate(sse->data, 0);
	g_string_truncate(sse->type, 0);
	sse->has_data = FALSE;
	return go_on;
}

static gboolean sse_field(Sse *sse, const char *name, gsize n_name, const char *value,
			  gsize n_value, GError **error)
{
	if (n_name == 4 && memcmp(name, "data", 4) == 0) {
		if (sse->data->len + n_value + 1 > sse->max_bytes)
			return fail(ZHIYIN_ERROR_TOO_LARGE, "an event is too large", error);
		if (sse->has_data)
			g_string_append_c(sse->data, '\n');
		g_string_append_len(sse->data, value, (gssize)n_value);
		sse->has_data = TRUE;
	} else if (n_name == 5 && memcmp(name, "event", 5) == 0) {
		g_string_truncate(sse->type, 0);
		g_string_append_len(sse->type, value, (gssize)n_value);
	}
	return TRUE;
}

static gboolean sse_line(Sse *sse, GError **error)
{
	const char *line = sse->line->str, *colon, *value;
	gsize n = sse->line->len;
	gboolean ok;

	if (!sse->begun && n >= 3 && memcmp(line, "\xEF\xBB\xBF", 3) == 0) {
		line += 3;
		n -= 3;
	}
	sse->begun = TRUE;
	if (!n) {
		ok = sse_dispatch(sse, error);
	} else {
		colon = memchr(line, ':', n);
		value = colon ? colon + 1 : line + n;
		value += value < line + n && *value == ' ';
		ok = colon == line || /* a comment */
		     sse_field(sse, line, colon ? (gsize)(colon - line) : n, value,
			       (gsize)(line + n - value), error);
	}
	g_string_truncate(sse->line, 0);
	return ok;
}

static gboolean sse_byte(Sse *sse, char byte, GError **error)
{
	gboolean belongs = sse->after_cr && byte == '\n';

	sse->after_cr = byte == '\r';
	if (belongs)
		return TRUE;
	if (byte == '\n' || byte == '\r')
		return sse_line(sse, error);
	if (!byte)
		return fail(ZHIYIN_ERROR_INVALID, "a NUL", error);
	if (sse->line->len >= sse->max_bytes)
		return fail(ZHIYIN_ERROR_TOO_LARGE, "a line is too long", error);
	g_string_append_c(sse->line, byte);
	return TRUE;
}

gboolean sse_feed(Sse *sse, const char *bytes, gsize n_bytes, GError **error)
{
	for (gsize i = 0; i < n_bytes && !sse->over; i++)
		sse->over = !sse_byte(sse, bytes[i], error);
	return !sse->over;
}
