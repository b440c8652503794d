/* A buffer that is refilled when no whole line is left in it. */
#include "text/lines.h"

#include <string.h>

#include "base/error.h"
#include "text/csv.h"

enum { READ_BYTES = 65536 };

Lines *lines_new(Input *input)
{
	Lines *lines = g_new0(Lines, 1);

	lines->input = input;
	lines->buffer = g_string_sized_new(2 * READ_BYTES);
	return lines;
}

void lines_free(Lines *lines)
{
	if (!lines)
		return;
	g_string_free(lines->buffer, TRUE);
	input_free(lines->input);
	g_free(lines);
}

static gboolean lines_fill(Lines *lines, GError **error)
{
	gsize n = lines->buffer->len - lines->at;
	gssize got;

	if (n > CSV_ROW_MAX) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "%s:%" G_GUINT64_FORMAT ":1: the line is longer than %d MiB",
			    input_name(lines->input), lines->line + 1, CSV_ROW_MAX >> 20);
		return FALSE;
	}
	g_string_erase(lines->buffer, 0, (gssize)lines->at);
	lines->at = 0;
	g_string_set_size(lines->buffer, n + READ_BYTES);
	got = input_read(lines->input, lines->buffer->str + n, READ_BYTES, error);
	g_string_set_size(lines->buffer, n + (gsize)MAX(got, 0));
	lines->end = got == 0;
	return got >= 0;
}

char *lines_next(Lines *lines, gsize *ret_n, GError **error)
{
	gsize seen = 0;
	char *text, *feed;

	for (;;) {
		text = lines->buffer->str + lines->at;
		feed = memchr(text + seen, '\n', lines->buffer->len - lines->at - seen);
		if (feed || lines->end)
			break;
		seen = lines->buffer->len - lines->at;
		if (!lines_fill(lines, error))
			return NULL;
	}
	if (!feed && lines->at == lines->buffer->len)
		return NULL;
	*ret_n = feed ? (gsize)(feed - text) : lines->buffer->len - lines->at;
	lines->at += *ret_n + (feed ? 1 : 0);
	lines->line++;
	if (*ret_n && text[*ret_n - 1] == '\r')
		(*ret_n)--;
	text[*ret_n] = '\0';
	return text;
}
