/* Passages: words of Markdown by a table, sections and their paths, cutting and joining, and
 * properties for any bytes. */
#include "text/markdown.h"

#include "../cpu_time.h"
#include "support.h"
#include "text/normalise.h"
#include "text/tokenize.h"

static void test_plain(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"# Returns **and** refunds", "Returns and refunds"},
		{"**Bold**, *it*, ***both***, __b__, _i_, ~~gone~~", "Bold, it, both, b, i, gone"},
		{"3 * 4 = 12, a*b, snake_case_name, 5~6", "3 * 4 = 12, a*b, snake_case_name, 5~6"},
		{"[a link](https://x.y/(z)) and ![image](i.png) and [ref][1]",
		 "a link and image and ref"},
		{"[![badge](b.svg)](https://x) [重要] [**bold** link](u)",
		 "badge [重要] bold link"},
		{"<https://a.b/c> <b>x</b><br>y <!-- note -->z 1 < 2", "https://a.b/c x y z 1 < 2"},
		{"&lt;p&gt; &amp;&nbsp;&#20013;&#x6587; &unknown; & co",
		 "<p> & 中文 &unknown; & co"},
		{"`a *b* <c>` and ``x ` y``", "a *b* <c> and x ` y"},
		{"\\*not\\* \\# \\a", "*not* # \\a"},
		{"- one\n- [x] two\n  - three\n1. four", "one\ntwo\nthree\n1. four"},
		{"> quoted\n> text", "quoted\ntext"},
		{"| 名称 | 价格 |\n|------|:---:|\n| 手机 | 1,299元 |",
		 "名称 | 价格\n手机 | 1,299元"},
		{"```c\nint x;\n```", "int x;"},
		{"<!-- never closed", "<!-- never closed"},
		{"**续**约*合*同", "续约合同"},
		{"a\n\n\n---\n\nb", "a\nb"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *plain = markdown_plain(rows[i][0], strlen(rows[i][0]));

		g_assert_cmpstr(plain, ==, rows[i][1]);
	}
}

/* "path: source" of every passage, / between them, line feeds as ~. */
static char *show(GPtrArray *passages)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		g_string_append_printf(out, "%s%s: %s", i ? " / " : "", passage->heading_path,
				       passage->source);
	}
	g_ptr_array_unref(passages);
	return g_strdelimit(g_string_free(out, FALSE), "\n", '~');
}

static void test_sections(void)
{
	static const char *const rows[][2] = {
		{"", ""},
		{"Just text.\n\nMore.", "f.md: Just text.~~More."},
		{"# T\n\nIntro.\n\n## A\n\nText a.\n\n### A1\ntext a1\n\n## B\ntext b",
		 "T: Intro. / T > A: Text a. / T > A > A1: text a1 / T > B: text b"},
		{"Title\n=====\n\nSub\n---\ntext", "Title > Sub: text"},
		{"para one\n\n---\n\npara two", "f.md: para one~~---~~para two"},
		{"line one\nline two\n---\nnext", "f.md: line one~line two~---~next"},
		{"---\ntitle: x\ntags: [a]\n---\n# Real ##\nbody", "Real: body"},
		{"---\nno front matter", "f.md: no front matter"},
		{"# FAQ\n## 7天无理由退货\n## 怎么开发票\n在订单页申请。",
		 "FAQ > 7天无理由退货: ## 7天无理由退货 / FAQ > 怎么开发票: 在订单页申请。"},
		{"#hashtag is no heading", "f.md: #hashtag is no heading"},
		{"##退货政策\n七天。\n#话题", "退货政策: 七天。~#话题"},
		{"# C\n```\n# not a heading\n\nx\n```\nend", "C: ```~# not a heading~~x~```~end"},
		{"# L\n- a\n- b\n\n- c\n  more\n\ntext", "L: - a~- b~~- c~  more~~text"},
		{"# T\r\n\r\nbody\r\n", "T: body"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = show(markdown_passages(rows[i][0], "f.md"));

		g_assert_cmpstr(got, ==, rows[i][1]);
	}
}

static void test_title(void)
{
	g_autofree char *first = markdown_title("text\n\n## **Delivery** times ##\n# Other", "f");
	g_autofree char *none = markdown_title("text only\n\n```\n# no\n```", "f"),
			*empty = markdown_title("# \n\n# B", "f");

	g_assert_cmpstr(first, ==, "Delivery times");
	g_assert_cmpstr(none, ==, "f");
	g_assert_cmpstr(empty, ==, "B");
}

static char *repeat(const char *part, int n)
{
	GString *text = g_string_new(NULL);

	for (int i = 0; i < n; i++)
		g_string_append(text, part);
	return g_string_free(text, FALSE);
}

/* What must hold of every cut: verbatim, in order, not too heavy. */
static void check_passages(GPtrArray *passages, const char *text, double max)
{
	gsize at = 0;

	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		g_assert_cmpuint(passage->start, >=, at);
		g_assert_cmpuint(passage->end, >, passage->start);
		g_assert_cmpmem(passage->source, strlen(passage->source), text + passage->start,
				passage->end - passage->start);
		g_assert_cmpfloat(passage->weight, <=, max);
		g_assert_nonnull(passage->plain);
		g_assert_nonnull(passage->heading_path);
		at = passage->end;
	}
}

static void test_long_paragraph(void)
{
	const char *sentence = "本店支持七天无理由退货，请在签收后七天内申请。";
	g_autofree char *text = repeat(sentence, 60);
	g_autoptr(GPtrArray) passages = markdown_passages(text, "f");

	check_passages(passages, text, PASSAGE_MAX);
	g_assert_cmpuint(passages->len, >=, 5);
	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		g_assert_cmpfloat(passage->weight, >=, PASSAGE_MIN);
		g_assert_true(g_str_has_prefix(passage->source, "本店"));
		g_assert_true(g_str_has_suffix(passage->source, "申请。"));
	}
}

static void test_long_sentence(void)
{
	g_autofree char *clauses = repeat("很长的一句话没有句号，", 200),
			*bare = repeat("字", 2000);
	g_autoptr(GPtrArray) by_clause = plain_passages(clauses, "f"),
			     by_token = plain_passages(bare, "f");

	check_passages(by_clause, clauses, PASSAGE_MAX);
	check_passages(by_token, bare, PASSAGE_MAX);
	g_assert_cmpuint(by_token->len, >=, 6);
	for (guint i = 0; i < by_clause->len; i++) {
		const Passage *passage = g_ptr_array_index(by_clause, i);

		g_assert_true(g_str_has_suffix(passage->source, "，"));
	}
}

static void test_joining(void)
{
	g_autofree char *text = repeat("A short paragraph about delivery times.\n\n", 40);
	g_autoptr(GPtrArray) passages = markdown_passages(text, "f");

	check_passages(passages, text, PASSAGE_MAX);
	g_assert_cmpuint(passages->len, <, 8);
	for (guint i = 0; i < passages->len; i++)
		g_assert_cmpfloat(((Passage *)g_ptr_array_index(passages, i))->weight, >=,
				  PASSAGE_MIN);
}

static void test_table_rows(void)
{
	g_autofree char *rows = repeat("| 智能手机旗舰型号 | 一千二百九十九元 | 有货 |\n", 60);
	g_autofree char *text =
		g_strconcat("# 价目\n| 商品 | 价格 | 库存 |\n|---|---|---|\n", rows, NULL);
	g_autoptr(GPtrArray) passages = markdown_passages(text, "f");

	check_passages(passages, text, PASSAGE_MAX);
	g_assert_cmpuint(passages->len, >=, 3);
	for (guint i = 0; i < passages->len; i++) {
		const Passage *passage = g_ptr_array_index(passages, i);

		g_assert_true(g_str_has_prefix(passage->plain, "商品 | 价格 | 库存\n智能手机"));
		g_assert_true(g_str_has_suffix(passage->source, "|"));
		g_assert_cmpstr(passage->heading_path, ==, "价目");
	}
}

static void test_code_is_whole(void)
{
	g_autofree char *lines = repeat("call(this, that); // and more\n", 200);
	g_autofree char *text = g_strconcat("# API\n```c\n", lines, "```\n", NULL);
	g_autoptr(GPtrArray) passages = markdown_passages(text, "f");

	g_assert_cmpuint(passages->len, ==, 1);
	check_passages(passages, text, 5000);
}

static void test_plain_text(void)
{
	const char *text = "# not markup\nfirst   line\n\n*second*  paragraph";
	g_autoptr(GPtrArray) passages = plain_passages(text, "notes.txt");
	const Passage *passage = g_ptr_array_index(passages, 0);

	g_assert_cmpuint(passages->len, ==, 1);
	g_assert_cmpstr(passage->heading_path, ==, "notes.txt");
	g_assert_cmpstr(passage->source, ==, text);
	g_assert_cmpstr(passage->plain, ==, "# not markup first line *second* paragraph");
}

static int count_token(const Token *token, gpointer data)
{
	(void)token;
	++*(guint *)data;
	return 0;
}

static guint count_tokens(const char *text)
{
	guint n = 0;

	text_foreach_token(text, strlen(text), count_token, &n);
	return n;
}

/* Any text: verbatim passages; and plain text loses no token in the cutting. */
static void check_any(const char *bytes, gsize n_bytes)
{
	g_autofree char *text = text_clean(bytes, (gssize)n_bytes),
			*title = markdown_title(text, "f");
	g_autoptr(GPtrArray) marked = markdown_passages(text, "f"),
			     plain = plain_passages(text, "f");
	guint n = 0;

	check_passages(marked, text, G_MAXDOUBLE);
	check_passages(plain, text, PASSAGE_MAX + 1);
	for (guint i = 0; i < plain->len; i++)
		n += count_tokens(((Passage *)g_ptr_array_index(plain, i))->source);
	g_assert_cmpuint(n, ==, count_tokens(text));
	g_assert_nonnull(title);
}

static void test_any(void)
{
	static const char alphabet[] = "#-*_`~|>[]()!<&;\\= \n\n\nab退1.:\"";
	g_autoptr(GRand) rand = g_rand_new_with_seed(11);

	support_foreach_nasty(check_any);
	support_foreach_noise(check_any, 3000);
	for (int i = 0; i < 20000; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		int n = g_rand_int_range(rand, 0, 60);

		while (n-- > 0)
			g_string_append_c(
				text, alphabet[g_rand_int_range(rand, 0, sizeof(alphabet) - 1)]);
		check_any(text->str, text->len);
	}
}

static void test_naughty(void)
{
	support_foreach_naughty(check_any);
}

static void test_linear(void)
{
	static const char *const parts[] = {"[",       "![",	"<",	  "<!--",     "`",
					    "*a",      "> ",	"- a\n",  "|a\n|-\n", "# a\n",
					    "&#1",     "字",	"a, ",	  "a\n\n",    "\\",
					    "- a\n\n", "~~~\n", "a\n=\n", "[a]("};

	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *text = repeat(parts[i], 400000 / (int)strlen(parts[i]));
		g_autoptr(GPtrArray) passages = NULL;
		double began, seconds;

		began = cpu_seconds();
		passages = markdown_passages(text, "f");
		check_passages(passages, text, G_MAXDOUBLE);
		seconds = cpu_seconds() - began;
		if (seconds > 10)
			g_error("%s takes %.1f s", parts[i], seconds);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/markdown/plain", test_plain);
	g_test_add_func("/markdown/sections", test_sections);
	g_test_add_func("/markdown/title", test_title);
	g_test_add_func("/markdown/long-paragraph", test_long_paragraph);
	g_test_add_func("/markdown/long-sentence", test_long_sentence);
	g_test_add_func("/markdown/joining", test_joining);
	g_test_add_func("/markdown/table-rows", test_table_rows);
	g_test_add_func("/markdown/code-is-whole", test_code_is_whole);
	g_test_add_func("/markdown/plain-text", test_plain_text);
	g_test_add_func("/markdown/any", test_any);
	g_test_add_func("/markdown/naughty", test_naughty);
	g_test_add_func("/markdown/linear", test_linear);
	return g_test_run();
}
