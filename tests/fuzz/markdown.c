/* Passages stand in order, verbatim and with their weight; a text without markup loses nothing but
 * white space; what is plain is valid UTF-8. */
#include "text/markdown.h"

#include "fuzz/fuzz.h"
#include "text/tokenize.h"

static void check_passage(const char *text, const Passage *passage, gsize before)
{
	gsize n = passage->end - passage->start;

	g_assert_cmpuint(passage->start, >=, before);
	g_assert_cmpuint(passage->end, >, passage->start);
	g_assert_cmpuint(passage->end, <=, strlen(text));
	g_assert_cmpuint(strlen(passage->source), ==, n);
	g_assert_cmpint(memcmp(passage->source, text + passage->start, n), ==, 0);
	g_assert_true(g_utf8_validate(passage->source, -1, NULL));
	g_assert_true(g_utf8_validate(passage->plain, -1, NULL));
	g_assert_true(g_utf8_validate(passage->heading_path, -1, NULL));
	g_assert_true(*passage->heading_path);
	g_assert_true(passage->weight == text_weigh(passage->source, n));
}

static void check_markdown(const char *text)
{
	g_autoptr(GPtrArray) passages = markdown_passages(text, "file");
	g_autofree char *title = markdown_title(text, "file");
	g_autofree char *plain = markdown_plain(text, strlen(text));
	gsize before = 0;

	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		check_passage(text, passage, before);
		before = passage->end;
	}
	g_assert_true(*title && g_utf8_validate(title, -1, NULL) && !strchr(title, '\n'));
	g_assert_true(g_utf8_validate(plain, -1, NULL));
}

static void check_gap(const char *text, gsize from, gsize to)
{
	for (gsize i = from; i < to; i++)
		g_assert_true(g_ascii_isspace(text[i]));
}

static void check_plain(const char *text)
{
	g_autoptr(GPtrArray) passages = plain_passages(text, "file");
	gsize before = 0;

	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		check_passage(text, passage, before);
		check_gap(text, before, passage->start);
		before = passage->end;
	}
	check_gap(text, before, strlen(text));
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_autofree char *text = fuzz_utf8(fuzz_input(bytes, n));

	check_markdown(text);
	check_plain(text);
	return 0;
}
