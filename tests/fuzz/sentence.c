/* Sentences stand in order, begin and end with a sign, and between them is nothing but white space. */
#include "text/sentence.h"

#include "fuzz/fuzz.h"

/* As the splitter sees it: ASCII, no-break and ideographic space, line and paragraph separator. */
static gsize skip_space(const char *text, gsize at, gsize end)
{
	static const char *const spaces[] = {
		" ",  "\t",	  "\n",		  "\v",		  "\f",
		"\r", "\xC2\xA0", "\xE3\x80\x80", "\xE2\x80\xA8", "\xE2\x80\xA9"};
	gsize before;

	do {
		before = at;
		for (guint i = 0; i < G_N_ELEMENTS(spaces); i++) {
			gsize n = strlen(spaces[i]);

			if (end - at >= n && memcmp(text + at, spaces[i], n) == 0)
				at += n;
		}
	} while (at > before);
	return at;
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	const char *text = (const char *)bytes;
	g_autoptr(GArray) spans = text_sentences(text, n);
	gsize at = 0;

	for (guint i = 0; i < spans->len; i++) {
		TextSpan span = g_array_index(spans, TextSpan, i);

		g_assert_cmpuint(skip_space(text, at, n), ==, span.start);
		g_assert_cmpuint(span.start, <, span.end);
		g_assert_cmpuint(span.end, <=, n);
		g_assert_false(g_ascii_isspace(text[span.end - 1]));
		at = span.end;
	}
	g_assert_cmpuint(skip_space(text, at, n), ==, n);
	return 0;
}
