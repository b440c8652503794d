/*
 * Markdown to words. Every rule looks ahead a bounded way (LOOK bytes) and leaves what it does not
 * recognise as it stands, so that hostile nesting costs linear time and no text is ever lost; only
 * signs are.
 */
#include "text/markdown.h"

#include <string.h>
#include <unicode/utf8.h>

#define LOOK 1000
#define DEPTH_MAX 4 /* links in links */

typedef struct {
	const char *text;
	gsize n;
	gsize at;
	GString *out;
	guint depth;
	gboolean no_comment_end; /* "-->" was looked for and is not there */
} Plain;

static char peek(const Plain *p, gsize ahead)
{
	return p->at + ahead < p->n ? p->text[p->at + ahead] : '\0';
}

/* Offset of the c that closes what open opens (the same letter: nothing nests), from at on, within
 * LOOK bytes and before an empty line; 0 when there is none. */
static gsize find_close(const Plain *p, gsize at, char open, char c)
{
	gsize end = MIN(p->n, at + LOOK);
	guint n_open = 0;

	for (; at < end; at++) {
		char here = p->text[at];

		if (here == '\\' && at + 1 < end)
			at++;
		else if (here == c && n_open-- == 0)
			return at;
		else if (here == open && here != c)
			n_open++;
		else if (here == '\n' && at + 1 < end && p->text[at + 1] == '\n')
			return 0;
	}
	return 0;
}

static void plain_inline(Plain *p);

static void plain_raw(Plain *p, gsize from, gsize to)
{
	g_string_append_len(p->out, p->text + from, (gssize)(to - from));
}

/* The words of a link, which may hold emphasis or an image. */
static void plain_label(Plain *p, gsize from, gsize to)
{
	Plain label = {
		.text = p->text + from, .n = to - from, .out = p->out, .depth = p->depth + 1};

	if (p->depth < DEPTH_MAX)
		plain_inline(&label);
	else
		plain_raw(p, from, to);
}

/* [words](target), ![words](target), [words][id] -> words. FALSE: no link here. */
static gboolean plain_link(Plain *p)
{
	gsize from = p->at + (p->text[p->at] == '!' ? 2 : 1), close, behind;
	char next;

	if (p->text[from - 1] != '[')
		return FALSE;
	close = find_close(p, from, '[', ']');
	if (!close)
		return FALSE;
	next = close + 1 < p->n ? p->text[close + 1] : '\0';
	if (next != '(' && next != '[')
		return FALSE;
	behind = next == '(' ? find_close(p, close + 2, '(', ')')
			     : find_close(p, close + 2, '[', ']');
	if (!behind)
		return FALSE;
	plain_label(p, from, close);
	p->at = behind + 1;
	return TRUE;
}

/* ---- HTML ---------------------------------------------------------------------------------------------------- */

static gboolean is_block_tag(const char *name)
{
	static const char *const names[] = {"br", "p",	"div", "li", "tr", "td",    "th",
					    "h1", "h2", "h3",  "ul", "ol", "table", "hr"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize n = strlen(names[i]);

		if (g_ascii_strncasecmp(name, names[i], n) == 0 && !g_ascii_isalnum(name[n]))
			return TRUE;
	}
	return FALSE;
}

/* A comment that is never closed is text. */
static gboolean plain_comment(Plain *p)
{
	const char *end = p->no_comment_end
				  ? NULL
				  : g_strstr_len(p->text + p->at, (gssize)(p->n - p->at), "-->");

	p->no_comment_end = !end;
	if (end)
		p->at = (gsize)(end - p->text) + 3;
	return end != NULL;
}

/* <tag ...>, </tag>, <!-- ... -->, <https://...>. FALSE: a plain "less than". */
static gboolean plain_tag(Plain *p)
{
	const char *from = p->text + p->at + 1;
	char first = peek(p, 1);
	gsize close;

	if (first == '!' && peek(p, 2) == '-' && peek(p, 3) == '-')
		return plain_comment(p);
	if (!g_ascii_isalpha(first) && first != '/' && first != '!')
		return FALSE;
	close = find_close(p, p->at, '>', '>');
	if (!close)
		return FALSE;
	if (g_str_has_prefix(from, "http") || g_str_has_prefix(from, "mailto:"))
		plain_raw(p, p->at + 1, close);
	else if (is_block_tag(from + (first == '/')))
		g_string_append_c(p->out, ' ');
	p->at = close + 1;
	return TRUE;
}

static gboolean plain_named_entity(Plain *p)
{
	static const char *const names[][2] = {
		{"&amp;", "&"},	  {"&lt;", "<"},     {"&gt;", ">"},    {"&quot;", "\""},
		{"&apos;", "'"},  {"&nbsp;", " "},   {"&yen;", "¥"},   {"&copy;", "©"},
		{"&reg;", "®"},	  {"&mdash;", "—"},  {"&ndash;", "–"}, {"&hellip;", "…"},
		{"&times;", "×"}, {"&ldquo;", "“"},  {"&rdquo;", "”"}, {"&lsquo;", "‘"},
		{"&rsquo;", "’"}, {"&middot;", "·"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		gsize n = strlen(names[i][0]);

		if (p->n - p->at < n || memcmp(p->text + p->at, names[i][0], n) != 0)
			continue;
		g_string_append(p->out, names[i][1]);
		p->at += n;
		return TRUE;
	}
	return FALSE;
}

static gboolean plain_numeric_entity(Plain *p)
{
	gboolean hex = peek(p, 2) == 'x' || peek(p, 2) == 'X';
	gsize from = hex ? 3 : 2, n = from;
	guint32 code = 0;

	for (; n < from + 8 && g_ascii_xdigit_value(peek(p, n)) >= 0 &&
	       (hex || g_ascii_isdigit(peek(p, n)));
	     n++)
		code = code * (hex ? 16 : 10) + (guint32)g_ascii_xdigit_value(peek(p, n));
	if (n == from || peek(p, n) != ';' || code < ' ' || !g_unichar_validate(code))
		return FALSE;
	g_string_append_unichar(p->out, code);
	p->at += n + 1;
	return TRUE;
}

/* &amp; &#20013; &#x4e2d; FALSE: a plain ampersand. */
static gboolean plain_entity(Plain *p)
{
	return peek(p, 1) == '#' ? plain_numeric_entity(p) : plain_named_entity(p);
}

/* ---- emphasis and code --------------------------------------------------------------------------------------- */

static gsize run_length(const Plain *p, gsize at, char c)
{
	gsize n = 0;

	while (at + n < p->n && p->text[at + n] == c)
		n++;
	return n;
}

/* `code`: the signs between are kept as they are. */
static gboolean plain_code(Plain *p)
{
	gsize n = run_length(p, p->at, '`'), from = p->at + n;

	for (gsize at = from; at < MIN(p->n, from + LOOK);) {
		gsize n_close;

		if (p->text[at] != '`') {
			at++;
			continue;
		}
		n_close = run_length(p, at, '`');
		if (n_close == n) {
			plain_raw(p, from, at);
			p->at = at + n;
			return TRUE;
		}
		at += n_close;
	}
	return FALSE;
}

static gboolean is_word_byte(char c)
{
	return g_ascii_isalnum(c) || ((guchar)c & 0x80);
}

/* n signs c between two characters mark nothing: "3 * 4", a_b, 2*3, one ~. */
static gboolean is_literal(char c, gsize n, char before, char after)
{
	if (n > 3 || (c == '~' && n != 2) || (g_ascii_isspace(before) && g_ascii_isspace(after)))
		return TRUE;
	if (c == '_')
		return is_word_byte(before) && is_word_byte(after);
	return c == '*' && n == 1 && g_ascii_isalnum(before) && g_ascii_isalnum(after);
}

/* *, ** and ***, _ and __, ~~. */
static gboolean plain_emphasis(Plain *p)
{
	char c = p->text[p->at];
	gsize n = run_length(p, p->at, c);
	char before = p->at ? p->text[p->at - 1] : ' ',
	     after = p->at + n < p->n ? p->text[p->at + n] : ' ';

	if (is_literal(c, n, before, after))
		return FALSE;
	p->at += n;
	return TRUE;
}

/* ---- lines --------------------------------------------------------------------------------------------------- */

static gboolean is_blank_sign(char c)
{
	return c == ' ' || c == '\t';
}

/* "## " and also "##标题", which many write. */
static void skip_heading_marker(Plain *p)
{
	gsize n = run_length(p, p->at, '#');

	if (n >= 1 && n <= 6 &&
	    (is_blank_sign(peek(p, n)) || (n >= 2 && (guchar)peek(p, n) >= 0x80)))
		p->at += n;
}

/* "- ", "- [x] " */
static void skip_list_marker(Plain *p)
{
	if (!peek(p, 0) || !strchr("-*+", peek(p, 0)) || !is_blank_sign(peek(p, 1)))
		return;
	p->at += 2;
	if (peek(p, 0) == '[' && peek(p, 2) == ']' && peek(p, 3) == ' ')
		p->at += 4;
}

/* Markers at the beginning of a line: white space, >, #, list markers, table borders. */
static void plain_line_start(Plain *p)
{
	while (is_blank_sign(peek(p, 0)) || peek(p, 0) == '>')
		p->at++;
	skip_heading_marker(p);
	while (is_blank_sign(peek(p, 0)))
		p->at++;
	skip_list_marker(p);
	if (peek(p, 0) == '|')
		p->at++;
	while (is_blank_sign(peek(p, 0)))
		p->at++;
}

/* ---, ===, |---|:--:|, ``` and ~~~: lines of signs only. */
static gboolean is_rule_line(const Plain *p)
{
	gsize at = p->at, n_signs = 0, n_dashes = 0;
	gboolean fence = run_length(p, at, '`') >= 3 || run_length(p, at, '~') >= 3;

	for (; at < p->n && p->text[at] != '\n'; at++) {
		char c = p->text[at];

		if (!strchr("-=|:*_ \t\r", c))
			return fence;
		n_signs += c != ' ' && c != '\t' && c != '\r';
		n_dashes += c == '-' || c == '=' || c == '*' || c == '_';
	}
	return n_signs >= 3 && n_dashes >= 1;
}

static void skip_line(Plain *p)
{
	const char *end = memchr(p->text + p->at, '\n', p->n - p->at);

	p->at = end ? (gsize)(end - p->text) : p->n;
}

/* One line feed between lines, however many there were. */
static void plain_line_end(Plain *p)
{
	while (p->out->len && strchr(" \t|", p->out->str[p->out->len - 1]))
		g_string_truncate(p->out, p->out->len - 1);
	if (p->out->len && p->out->str[p->out->len - 1] != '\n')
		g_string_append_c(p->out, '\n');
	p->at++;
	while (p->at < p->n) {
		if (is_rule_line(p))
			skip_line(p);
		else if (peek(p, 0) != '\n')
			break;
		p->at += p->at < p->n;
	}
	plain_line_start(p);
}

static gboolean plain_sign(Plain *p)
{
	switch (p->text[p->at]) {
	case '\\':
		if (!g_ascii_ispunct(peek(p, 1)))
			return FALSE;
		g_string_append_c(p->out, peek(p, 1));
		p->at += 2;
		return TRUE;
	case '!':
	case '[':
		return peek(p, 1) && plain_link(p);
	case '<':
		return plain_tag(p);
	case '&':
		return plain_entity(p);
	case '`':
		return plain_code(p);
	case '*':
	case '_':
	case '~':
		return plain_emphasis(p);
	default:
		return FALSE;
	}
}

static void plain_inline(Plain *p)
{
	while (p->at < p->n) {
		char c = p->text[p->at];

		if (c == '\n')
			plain_line_end(p);
		else if (!plain_sign(p)) {
			g_string_append_c(p->out, c);
			p->at++;
		}
	}
}

char *markdown_plain(const char *text, gsize n_bytes)
{
	Plain p = {.text = text, .n = n_bytes, .out = g_string_sized_new(n_bytes + 1)};

	while (p.at < p.n && is_rule_line(&p)) {
		skip_line(&p);
		p.at += p.at < p.n;
	}
	plain_line_start(&p);
	plain_inline(&p);
	while (p.out->len && strchr(" \t\n|", p.out->str[p.out->len - 1]))
		g_string_truncate(p.out, p.out->len - 1);
	return g_string_free(p.out, FALSE);
}
