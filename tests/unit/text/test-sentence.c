/* Sentence ends: a table in both languages, and properties that must hold for any bytes. */
#include "text/sentence.h"

#include "../cpu_time.h"
#include "support.h"

/* Sentences with | between them; line feeds inside shown as ~. */
static char *split(const char *text)
{
	g_autoptr(GArray) spans = text_sentences(text, strlen(text));
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < spans->len; i++) {
		TextSpan span = g_array_index(spans, TextSpan, i);

		g_string_append_printf(out, "%s%.*s", i ? "|" : "", (int)(span.end - span.start),
				       text + span.start);
	}
	return g_strdelimit(g_string_free(out, FALSE), "\n", '~');
}

static void test_table(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"  \n ", ""},
		{"我想退货。快递三天没到！怎么办？", "我想退货。|快递三天没到！|怎么办？"},
		{"他说：“好的。”然后走了。", "他说：“好的。”|然后走了。"},
		{"他说：\"好的。\"然后走了。", "他说：\"好的。\"|然后走了。"},
		{"真的吗？！太好了……谢谢", "真的吗？！|太好了……|谢谢"},
		{"好吗?谢谢!再见", "好吗?|谢谢!|再见"},
		{"这样行不行.谢谢", "这样行不行.|谢谢"},
		{"版本是3.5。价格1,299.00元。", "版本是3.5。|价格1,299.00元。"},
		{"（见下文。）第二句。", "（见下文。）|第二句。"},
		{"第一行\n第二行\n\n第三行", "第一行|第二行|第三行"},
		{"I want a refund. It is broken! Why?", "I want a refund.|It is broken!|Why?"},
		{"It costs $3.50. Really?", "It costs $3.50.|Really?"},
		{"Mr. Smith met Dr. Jones. They left.", "Mr. Smith met Dr. Jones.|They left."},
		{"Use e.g. a box, i.e. a big one. Done.", "Use e.g. a box, i.e. a big one.|Done."},
		{"We asked Apple Inc. about it. Apple Inc. Then left.",
		 "We asked Apple Inc. about it.|Apple Inc.|Then left."},
		{"See No. 5 on p. 12. No. Never.", "See No. 5 on p. 12.|No.|Never."},
		{"J. R. Smith lives in the U.S. Army base.",
		 "J. R. Smith lives in the U.S. Army base."},
		{"Visit www.example.com/a?b=c!d today. OK.",
		 "Visit www.example.com/a?b=c!d today.|OK."},
		{"Wait... what? Well... Yes.", "Wait... what?|Well...|Yes."},
		{"He said \"Stop.\" Then (later.) He left.",
		 "He said \"Stop.\"|Then (later.)|He left."},
		{"1. Open the box. 2. Send it.", "1. Open the box.|2. Send it."},
		{"Steps:\n1. Open\n2. Close", "Steps:|1. Open|2. Close"},
		{"a line that\nis wrapped here.\nNext", "a line that~is wrapped here.|Next"},
		{"one,\nTwo", "one,~Two"},
		{"at 5 p.m. we close. at 6 a.m. We open.",
		 "at 5 p.m. we close. at 6 a.m.|We open."},
		{"Ends here.", "Ends here."},
		{"?!", "?!"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = split(rows[i][0]);

		g_assert_cmpstr(got, ==, rows[i][1]);
	}
}

/* Spans ascend, hold no white space at their ends, and only white space lies between them. */
static void check_any(const char *text, gsize n_bytes)
{
	g_autoptr(GArray) spans = text_sentences(text, n_bytes);
	gsize at = 0;

	for (guint i = 0; i <= spans->len; i++) {
		TextSpan span = i < spans->len ? g_array_index(spans, TextSpan, i)
					       : (TextSpan){n_bytes, n_bytes};

		g_assert_cmpuint(span.start, >=, at);
		for (gsize k = at; k < span.start; k++)
			g_assert_true(g_ascii_isspace(text[k]) || text[k] == '\v' ||
				      ((guchar)text[k] & 0x80));
		if (i < spans->len) {
			g_assert_cmpuint(span.end, >, span.start);
			g_assert_false(g_ascii_isspace(text[span.start]) ||
				       g_ascii_isspace(text[span.end - 1]));
		}
		at = span.end;
	}
}

static void test_any(void)
{
	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 20000);
}

static void test_naughty(void)
{
	support_foreach_naughty(check_any);
}

static void test_linear(void)
{
	static const char *const parts[] = {".",   ". ",   "?\"",  ".)",   "a.", ",\n",
					    "\n ", "Dr. ", "。\"", "a.b ", "… ", "1. "};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		double began;

		while (text->len < 1000000)
			g_string_append(text, parts[i]);
		began = cpu_seconds();
		check_any(text->str, text->len);
		g_assert_cmpfloat(cpu_seconds() - began, <, 10.0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sentence/table", test_table);
	g_test_add_func("/sentence/any-bytes", test_any);
	g_test_add_func("/sentence/naughty", test_naughty);
	g_test_add_func("/sentence/linear", test_linear);
	return g_test_run();
}
