/*
 * Clean and normal forms. Runs of plain bytes are copied whole; everything else goes through the
 * fold tables, so that this file, the tokenizer and the filters can never disagree on what a
 * character is.
 */
#include "text/normalise.h"

#include <string.h>

#include "text/fold.h"

static gsize length_of(const char *text, gssize n)
{
	return n < 0 ? strlen(text) : (gsize)n;
}

/* ---- normal form --------------------------------------------------------------------------------------------- */

typedef struct {
	GString *out;
	gboolean space; /* white space seen since the last character */
} Normal;

static inline void normal_put(Normal *normal, const char *bytes, int n_bytes)
{
	if (normal->space && normal->out->len)
		g_string_append_c(normal->out, ' ');
	normal->space = FALSE;
	g_string_append_len(normal->out, bytes, n_bytes);
}

static inline void normal_put_ascii(Normal *normal, char c)
{
	if (c == ' ' || (c >= '\t' && c <= '\r')) {
		normal->space = TRUE;
		return;
	}
	if (c < ' ' || c == 0x7F)
		return;
	if (normal->space && normal->out->len)
		g_string_append_c(normal->out, ' ');
	normal->space = FALSE;
	g_string_append_c(normal->out, g_ascii_tolower(c));
}

static void normal_put_cluster(Normal *normal, const FoldCursor *cursor)
{
	char bytes[4];

	for (guint i = 0; i < cursor->n_chars; i++) {
		const FoldChar *c = &cursor->chars[i];

		if (c->kind == CHAR_SPACE)
			normal->space = TRUE;
		else if (cursor->same)
			normal_put(normal, cursor->text + cursor->start,
				   (int)(cursor->end - cursor->start));
		else
			normal_put(normal, bytes, fold_put(bytes, c->fold));
	}
}

static inline gboolean is_ascii(char c)
{
	return ((guchar)c & 0x80) == 0;
}

char *text_normalise(const char *text, gssize n)
{
	gsize n_bytes = length_of(text, n), at = 0;
	Normal normal = {g_string_sized_new(n_bytes + 1), FALSE};
	FoldCursor cursor;

	while (at < n_bytes) {
		/* An ASCII character before a non-ASCII one, or one that vanishes, may take a mark: it
		 * goes to the cursor. */
		while (at < n_bytes && is_ascii(text[at]) &&
		       (at + 1 == n_bytes || fold_parts(text[at + 1])))
			normal_put_ascii(&normal, text[at++]);
		if (at == n_bytes)
			break;
		cursor.text = text;
		cursor.n_bytes = n_bytes;
		fold_seek(&cursor, at);
		do {
			if (!fold_next(&cursor))
				break;
			normal_put_cluster(&normal, &cursor);
		} while (cursor.end < n_bytes && !is_ascii(text[cursor.end]));
		at = cursor.end;
	}
	return g_string_free(normal.out, FALSE);
}

/* ---- clean form ---------------------------------------------------------------------------------------------- */

static inline gboolean is_plain(guchar c)
{
	return (c >= ' ' && c < 0x7F) || c == '\n' || c == '\t';
}

/* Handles one character that is not plain; returns the offset behind it. */
static gsize clean_one(GString *out, const char *text, gsize at, gsize n_bytes)
{
	gsize start = at;
	gint32 code;

	U8_NEXT(text, at, n_bytes, code);
	if (code < 0) {
		g_string_append(out, "\xEF\xBF\xBD");
	} else if (code == '\r') {
		g_string_append_c(out, '\n');
		at += at < n_bytes && text[at] == '\n';
	} else if (code == '\v' || code == '\f' || code == 0x85) {
		g_string_append_c(out, '\n');
	} else if (code >= 0xA0) {
		g_string_append_len(out, text + start, (gssize)(at - start));
	}
	return at;
}

void text_clean_append(GString *out, const char *text, gssize n)
{
	gsize n_bytes = length_of(text, n), at = 0;

	while (at < n_bytes) {
		gsize start = at;

		while (at < n_bytes && is_plain((guchar)text[at]))
			at++;
		g_string_append_len(out, text + start, (gssize)(at - start));
		if (at < n_bytes)
			at = clean_one(out, text, at, n_bytes);
	}
}

char *text_clean(const char *text, gssize n)
{
	gsize n_bytes = length_of(text, n);
	GString *out = g_string_sized_new(n_bytes + 1);

	text_clean_append(out, text, (gssize)n_bytes);
	return g_string_free(out, FALSE);
}

gsize text_prefix(const char *text, gssize n, gsize n_chars)
{
	gsize n_bytes = length_of(text, n), at = 0;

	while (n_chars-- > 0 && at < n_bytes)
		U8_FWD_1(text, at, n_bytes);
	return at;
}
