/* One code point at a time; what folds to another length in lower case keeps its own case. */
#include "text/folded.h"

#include "text/fold.h"

void folded_clear(Folded *folded)
{
	g_string_free(folded->text, TRUE);
	g_string_free(folded->lower, TRUE);
	g_array_unref(folded->offsets);
}

static gboolean is_invisible(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	return type == G_UNICODE_FORMAT || type == G_UNICODE_NON_SPACING_MARK ||
	       (type == G_UNICODE_CONTROL && c != '\n' && c != '\t');
}

static gunichar fold_sign(gunichar c)
{
	FoldChar folded;

	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFEE0;
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE63)
		return '-';
	if (c == 0x3000 || c == 0xA0 || c == '\t')
		return ' ';
	if (c == 0xFFE5) /* the full-width yen sign */
		return 0xA5;
	if (c < 0x80)
		return c;
	if (g_unichar_isdigit(c))
		return (gunichar)('0' + g_unichar_digit_value(c));
	folded = fold_char(c);
	return folded.kind == CHAR_HAN && !folded.spread ? folded.fold : c;
}

Folded folded_new(const char *text)
{
	Folded folded = {g_string_new(NULL), g_string_new(NULL),
			 g_array_new(FALSE, FALSE, sizeof(gsize))};
	gsize at = 0;

	for (; text[at]; at += g_utf8_skip[(guchar)text[at]]) {
		gunichar c = g_utf8_get_char(text + at), small;
		gsize n = folded.text->len;

		if (is_invisible(c))
			continue;
		c = fold_sign(c);
		g_string_append_unichar(folded.text, c);
		small = g_unichar_tolower(c);
		if (g_unichar_to_utf8(small, NULL) != g_unichar_to_utf8(c, NULL))
			small = c;
		g_string_append_unichar(folded.lower, small);
		for (; n < folded.text->len; n++)
			g_array_append_val(folded.offsets, at);
	}
	g_array_append_val(folded.offsets, at);
	return folded;
}

gsize folded_origin(const Folded *folded, gsize at)
{
	return g_array_index(folded->offsets, gsize, at);
}
