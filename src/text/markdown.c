/*
 * Passages in three passes over the text, each a list of byte ranges: lines to blocks, blocks to
 * units that are never cut further, units to passages. Ranges, not copies, so that every passage is
 * verbatim by construction.
 */
#include "text/markdown.h"

#include <string.h>

#include "text/normalise.h"
#include "text/sentence.h"
#include "text/tokenize.h"

#define LEVELS 6
#define FRONT_LINES_MAX 200
#define HEADING_BYTES_MAX 150 /* of an underlined one */

typedef enum {
	BLOCK_PARAGRAPH,
	BLOCK_LIST,
	BLOCK_TABLE,
	BLOCK_CODE,
	BLOCK_QUOTE,
	BLOCK_HEADING,
	BLOCK_RULE
} BlockKind;

typedef struct {
	BlockKind kind;
	gsize start, end; /* without the last line feed */
	int level;	  /* of a heading */
	gsize head_end;	  /* of a table: end of its header row, 0 when it has none */
} Block;

typedef struct {
	gsize start, end;
	double weight;
	TextSpan head; /* header row of the table it is cut from */
} Unit;

typedef struct {
	const char *text;
	gsize n;
	gsize at; /* of the line to read next */
} Lines;

/* ---- lines --------------------------------------------------------------------------------------------------- */

static gsize line_end(const Lines *l, gsize start)
{
	const char *end = memchr(l->text + start, '\n', l->n - start);

	return end ? (gsize)(end - l->text) : l->n;
}

static gsize next_line(const Lines *l, gsize start)
{
	return MIN(line_end(l, start) + 1, l->n);
}

/* Offset of the first sign of the line, its end when it is blank. */
static gsize line_indent(const Lines *l, gsize start)
{
	while (start < l->n &&
	       (l->text[start] == ' ' || l->text[start] == '\t' || l->text[start] == '\r'))
		start++;
	return start;
}

static gboolean is_blank(const Lines *l, gsize start)
{
	gsize at = line_indent(l, start);

	return at >= l->n || l->text[at] == '\n';
}

static gsize count_char(const Lines *l, gsize at, char c)
{
	gsize n = 0;

	while (at + n < l->n && l->text[at + n] == c)
		n++;
	return n;
}

static gboolean is_gap(const Lines *l, gsize at)
{
	return at >= l->n || l->text[at] == ' ' || l->text[at] == '\t' || l->text[at] == '\n' ||
	       l->text[at] == '\r';
}

/* "## Title", also without the space when it is clear ("##标题"; "#话题" is a tag). */
static int heading_level(const Lines *l, gsize start)
{
	gsize at = line_indent(l, start), n = count_char(l, at, '#');
	gboolean glued = n >= 2 && at + n < l->n && (guchar)l->text[at + n] >= 0x80;

	return at - start < 4 && n >= 1 && n <= LEVELS && (glued || is_gap(l, at + n)) ? (int)n : 0;
}

/* The line holds nothing but three or more c, spaces between allowed. */
static gboolean is_line_of(const Lines *l, gsize start, char c, gsize min)
{
	gsize n = 0;

	for (gsize at = line_indent(l, start); at < l->n && l->text[at] != '\n'; at++) {
		n += l->text[at] == c;
		if (l->text[at] != c && l->text[at] != ' ' && l->text[at] != '\t' &&
		    l->text[at] != '\r')
			return FALSE;
	}
	return n >= min;
}

static gboolean is_rule(const Lines *l, gsize start)
{
	return is_line_of(l, start, '-', 3) || is_line_of(l, start, '*', 3) ||
	       is_line_of(l, start, '_', 3);
}

/* ``` or ~~~: how many, 0 when it is none. */
static gsize fence_length(const Lines *l, gsize start, char *ret_sign)
{
	gsize at = line_indent(l, start), n = 0;

	if (at < l->n && (l->text[at] == '`' || l->text[at] == '~')) {
		*ret_sign = l->text[at];
		n = count_char(l, at, *ret_sign);
	}
	return n >= 3 ? n : 0;
}

static gboolean is_list_item(const Lines *l, gsize start)
{
	gsize at = line_indent(l, start), digits = at;

	if (at < l->n && strchr("-*+", l->text[at]))
		return is_gap(l, at + 1) && !is_rule(l, start);
	while (digits < l->n && digits - at < 9 && g_ascii_isdigit(l->text[digits]))
		digits++;
	return digits > at && digits + 1 < l->n &&
	       (l->text[digits] == '.' || l->text[digits] == ')') && is_gap(l, digits + 1);
}

static gboolean is_table_line(const Lines *l, gsize start)
{
	gsize end = line_end(l, start);

	return memchr(l->text + start, '|', end - start) != NULL;
}

/* |---|:--:| */
static gboolean is_table_rule(const Lines *l, gsize start)
{
	gsize end = line_end(l, start);
	gboolean dash = FALSE;

	for (gsize at = start; at < end; at++) {
		dash |= l->text[at] == '-';
		if (!strchr("|-: \t\r", l->text[at]))
			return FALSE;
	}
	return dash && is_table_line(l, start);
}

static gboolean is_table_start(const Lines *l, gsize start)
{
	gsize next = next_line(l, start);

	return is_table_line(l, start) && next < l->n && is_table_rule(l, next);
}

/* ---- blocks -------------------------------------------------------------------------------------------------- */

/* What the line at start begins. */
static BlockKind line_kind(const Lines *l, gsize start)
{
	gsize at = line_indent(l, start);
	char sign;

	if (heading_level(l, start))
		return BLOCK_HEADING;
	if (fence_length(l, start, &sign))
		return BLOCK_CODE;
	if (is_rule(l, start))
		return BLOCK_RULE;
	if (is_list_item(l, start))
		return BLOCK_LIST;
	if (l->text[at] == '>')
		return BLOCK_QUOTE;
	return is_table_start(l, start) ? BLOCK_TABLE : BLOCK_PARAGRAPH;
}

/* Each returns the offset behind the last line of the block. */
static gsize code_end(const Lines *l, gsize start)
{
	char sign = 0, close_sign = 0;
	gsize n = fence_length(l, start, &sign);

	for (gsize at = next_line(l, start); at < l->n; at = next_line(l, at))
		if (fence_length(l, at, &close_sign) >= n && close_sign == sign &&
		    is_line_of(l, at, sign, n))
			return next_line(l, at);
	return l->n;
}

static gsize list_end(const Lines *l, gsize start)
{
	gsize at = next_line(l, start), end = at;

	while (at < l->n) {
		if (is_blank(l, at)) {
			at = next_line(l, at);
			/* One blank line is inside when the list goes on behind it. */
			if (at >= l->n || is_blank(l, at) ||
			    (!is_list_item(l, at) && line_indent(l, at) - at < 2))
				break;
			continue;
		}
		if (line_kind(l, at) == BLOCK_HEADING || line_kind(l, at) == BLOCK_RULE)
			break;
		at = end = next_line(l, at);
	}
	return end;
}

static gsize table_end(const Lines *l, gsize start)
{
	gsize at = start;

	while (at < l->n && !is_blank(l, at) && is_table_line(l, at))
		at = next_line(l, at);
	return at;
}

/* Paragraph or quotation: until a blank line or the beginning of something else. */
static gsize paragraph_end(const Lines *l, gsize start, BlockKind kind)
{
	gsize at = next_line(l, start);

	while (at < l->n && !is_blank(l, at)) {
		BlockKind next = line_kind(l, at);

		if (next != BLOCK_PARAGRAPH && next != kind)
			break;
		if (kind == BLOCK_PARAGRAPH && is_line_of(l, at, '=', 1))
			break;
		at = next_line(l, at);
	}
	return at;
}

static Block read_heading(Lines *l)
{
	Block block = {.kind = BLOCK_HEADING, .start = l->at, .level = heading_level(l, l->at)};

	l->at = next_line(l, l->at);
	block.end = line_end(l, block.start);
	return block;
}

/* People draw --- under whole paragraphs as well, to part them; what is a heading fits on one line.
 */
static gboolean is_short_line(const Lines *l, const Block *block)
{
	return line_end(l, block->start) >= block->end &&
	       block->end - block->start <= HEADING_BYTES_MAX;
}

/* A line with === or --- under it is a heading, too. */
static gboolean read_underlined(Lines *l, Block *block)
{
	gboolean equals;

	if (block->kind != BLOCK_PARAGRAPH || l->at >= l->n)
		return FALSE;
	equals = is_line_of(l, l->at, '=', 1);
	if (!equals && !is_line_of(l, l->at, '-', 2))
		return FALSE;
	if (l->text[l->at - 1] != '\n' ||
	    block->end + 2 < l->at) /* a blank line, or less, is between */
		return FALSE;
	if (!is_short_line(l, block))
		return FALSE;
	block->kind = BLOCK_HEADING;
	block->level = equals ? 1 : 2;
	l->at = next_line(l, l->at);
	return TRUE;
}

static Block read_block(Lines *l)
{
	Block block = {.kind = line_kind(l, l->at), .start = l->at};
	gsize behind;

	switch (block.kind) {
	case BLOCK_HEADING:
		return read_heading(l);
	case BLOCK_CODE:
		behind = code_end(l, l->at);
		break;
	case BLOCK_LIST:
		behind = list_end(l, l->at);
		break;
	case BLOCK_TABLE:
		behind = table_end(l, l->at);
		block.head_end = line_end(l, l->at);
		break;
	case BLOCK_RULE:
		behind = next_line(l, l->at);
		break;
	default:
		behind = paragraph_end(l, l->at, block.kind);
	}
	l->at = behind;
	while (behind > block.start && g_ascii_isspace(l->text[behind - 1]))
		behind--;
	block.end = behind;
	read_underlined(l, &block);
	return block;
}

/* Behind --- ... --- at the very beginning. */
static gsize skip_front_matter(const Lines *l)
{
	gsize at = 0;

	if (!is_line_of(l, 0, '-', 3) || l->text[0] != '-')
		return 0;
	at = next_line(l, 0);
	for (int i = 0; i < FRONT_LINES_MAX && at < l->n; i++) {
		gboolean is_end = is_line_of(l, at, '-', 3) || is_line_of(l, at, '.', 3);

		at = next_line(l, at);
		if (is_end)
			return at;
	}
	return 0;
}

static GArray *read_blocks(Lines *l)
{
	GArray *blocks = g_array_new(FALSE, FALSE, sizeof(Block));

	l->at = skip_front_matter(l);
	while (l->at < l->n) {
		Block block;

		if (is_blank(l, l->at)) {
			l->at = next_line(l, l->at);
			continue;
		}
		block = read_block(l);
		g_array_append_val(blocks, block);
	}
	return blocks;
}

static GArray *read_paragraphs(Lines *l)
{
	GArray *blocks = g_array_new(FALSE, FALSE, sizeof(Block));

	while (l->at < l->n) {
		Block block = {.kind = BLOCK_PARAGRAPH, .start = l->at};

		if (is_blank(l, l->at)) {
			l->at = next_line(l, l->at);
			continue;
		}
		while (l->at < l->n && !is_blank(l, l->at))
			l->at = next_line(l, l->at);
		block.end = l->at;
		while (block.end > block.start && g_ascii_isspace(l->text[block.end - 1]))
			block.end--;
		g_array_append_val(blocks, block);
	}
	return blocks;
}

/* ---- units --------------------------------------------------------------------------------------------------- */

typedef struct {
	double weight;
	gsize end, soft_end; /* of the last token that fits; behind the last clause */
	const char *text;
} Fit;

/* A comma or space stands behind the token: a better place to cut. */
static gboolean is_clause_end(const char *text, gsize at)
{
	static const char *const marks[] = {"，", "、", "；", "：", ",", ";", ":"};

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		if (g_str_has_prefix(text + at, marks[i]))
			return TRUE;
	return FALSE;
}

static int fit_token(const Token *token, gpointer data)
{
	Fit *fit = data;

	fit->weight += token->kind == TOKEN_CHARACTER ? 1.0 : 1.3;
	if (fit->weight > PASSAGE_MAX)
		return 1;
	fit->end = (gsize)token->end;
	if (fit->weight > PASSAGE_MAX / 2.0 && is_clause_end(fit->text, fit->end))
		fit->soft_end = fit->end;
	return 0;
}

static int stop_at_once(const Token *token, gpointer data)
{
	(void)token, (void)data;
	return 1;
}

/* Where a sentence that is too long is cut: behind its last clause that fits, else its last token
 * that does. */
static gsize cut_point(const char *text, gsize start, gsize end)
{
	Fit fit = {.text = text + start};
	gsize n = end - start, at;

	if (text_foreach_token(text + start, n, fit_token, &fit) == 0)
		return end;
	at = fit.soft_end ? fit.soft_end : fit.end;
	if (at == 0)
		return end;
	if (fit.soft_end)
		at += text_prefix(text + start + at, (gssize)(n - at), 1);
	/* Closing signs are not left behind alone. */
	return text_foreach_token(text + start + at, n - at, stop_at_once, NULL) ? start + at : end;
}

static void add_unit(GArray *units, const char *text, gsize start, gsize end, const Block *block)
{
	Unit unit = {.start = start, .end = end};

	while (unit.start < unit.end && g_ascii_isspace(text[unit.start]))
		unit.start++;
	if (unit.start == unit.end)
		return;
	unit.weight = text_weigh(text + unit.start, unit.end - unit.start);
	if (block->head_end && start > block->start)
		unit.head = (TextSpan){block->start, block->head_end};
	g_array_append_val(units, unit);
}

static void add_sentences(GArray *units, const char *text, const Block *block, gsize start,
			  gsize end)
{
	TextSpan span;
	gsize at = 0;

	while (text_sentence_next(text + start, end - start, &at, &span)) {
		gsize from = start + span.start, to = start + span.end;

		while (from < to) {
			gsize cut = cut_point(text, from, to);

			add_unit(units, text, from, cut, block);
			from = cut;
		}
	}
}

/* A table that is too long, by rows; the header and the line under it go with the first. */
static void add_rows(GArray *units, const Lines *l, const Block *block)
{
	gsize from = block->start, at = next_line(l, next_line(l, block->start));

	for (;;) {
		gsize end = MIN(line_end(l, MIN(at, block->end)), block->end);

		if (text_weigh(l->text + from, end - from) > PASSAGE_MAX)
			add_sentences(units, l->text, block, from, end);
		else
			add_unit(units, l->text, from, end, block);
		if (end >= block->end)
			return;
		from = at = end + 1;
	}
}

static void add_units(GArray *units, const Lines *l, const Block *block)
{
	double weight = text_weigh(l->text + block->start, block->end - block->start);

	if (weight <= PASSAGE_MAX || block->kind == BLOCK_CODE)
		add_unit(units, l->text, block->start, block->end, block);
	else if (block->kind == BLOCK_TABLE)
		add_rows(units, l, block);
	else
		add_sentences(units, l->text, block, block->start, block->end);
}

/* ---- passages ------------------------------------------------------------------------------------------------ */

typedef struct {
	const char *text;
	const char *fallback;
	gboolean markup;
	char *headings[LEVELS]; /* plain, NULL where there is none */
	GPtrArray *passages;
	GArray *units; /* of the present section */
} Cutter;

void passage_free(Passage *passage)
{
	if (!passage)
		return;
	g_free(passage->heading_path);
	g_free(passage->source);
	g_free(passage->plain);
	g_free(passage);
}

static char *heading_path(const Cutter *c)
{
	GString *path = g_string_new(NULL);

	for (int i = 0; i < LEVELS; i++)
		if (c->headings[i] && *c->headings[i])
			g_string_append_printf(path, "%s%s", path->len ? " > " : "",
					       c->headings[i]);
	if (!path->len)
		g_string_append(path, c->fallback);
	return g_string_free(path, FALSE);
}

static char *join_space(const char *text, gsize n)
{
	GString *out = g_string_sized_new(n + 1);

	for (gsize i = 0; i < n; i++) {
		gboolean space = g_ascii_isspace(text[i]);

		if (!space)
			g_string_append_c(out, text[i]);
		else if (out->len && i + 1 < n && !g_ascii_isspace(text[i + 1]))
			g_string_append_c(out, ' ');
	}
	return g_string_free(out, FALSE);
}

static char *plain_of(const Cutter *c, const Unit *first, gsize end)
{
	g_autofree char *body = NULL, *head = NULL;

	if (!c->markup)
		return join_space(c->text + first->start, end - first->start);
	body = markdown_plain(c->text + first->start, end - first->start);
	if (!first->head.end)
		return g_steal_pointer(&body);
	head = markdown_plain(c->text + first->head.start, first->head.end - first->head.start);
	return g_strconcat(head, "\n", body, NULL);
}

/* units[from, to) become one passage. */
static void add_passage(Cutter *c, guint from, guint to)
{
	const Unit *first = &g_array_index(c->units, Unit, from),
		   *last = &g_array_index(c->units, Unit, to - 1);
	g_autoptr(Passage) passage = g_new0(Passage, 1);

	passage->start = first->start;
	passage->end = last->end;
	passage->source = g_strndup(c->text + first->start, last->end - first->start);
	passage->plain = plain_of(c, first, last->end);
	passage->heading_path = heading_path(c);
	passage->weight = text_weigh(passage->source, last->end - first->start);
	g_ptr_array_add(c->passages, g_steal_pointer(&passage));
}

/* Joins neighbours up to the target; a short rest goes to the passage before it. */
static void end_section(Cutter *c)
{
	guint from = 0, before = 0;
	double weight = 0, before_weight = 0;
	gboolean has_before = FALSE;

	for (guint i = 0; i < c->units->len; i++) {
		double next = g_array_index(c->units, Unit, i).weight;
		double limit = weight < PASSAGE_MIN ? PASSAGE_MAX : PASSAGE_TARGET;

		if (i > from && weight + next > limit) {
			if (has_before)
				add_passage(c, before, from);
			has_before = TRUE;
			before = from;
			before_weight = weight;
			from = i;
			weight = 0;
		}
		weight += next;
	}
	if (has_before && weight < PASSAGE_MIN && before_weight + weight <= PASSAGE_MAX)
		from = before;
	else if (has_before)
		add_passage(c, before, from);
	if (from < c->units->len)
		add_passage(c, from, c->units->len);
	g_array_set_size(c->units, 0);
}

/* The words of a heading on one line, without the signs that some put behind it ("## Title ##"). */
static char *heading_text(const char *text, const Block *block)
{
	char *heading = g_strdelimit(markdown_plain(text + block->start, block->end - block->start),
				     "\n", ' ');
	gsize n = strlen(heading), end = n;

	while (end && heading[end - 1] == '#')
		end--;
	if (end < n && (end == 0 || heading[end - 1] == ' '))
		heading[end] = '\0';
	return g_strchomp(heading);
}

static void set_heading(Cutter *c, const Block *block)
{
	for (int i = block->level - 1; i < LEVELS; i++)
		g_clear_pointer(&c->headings[i], g_free);
	c->headings[block->level - 1] = heading_text(c->text, block);
}

/* Nothing but the end or a heading of the same or a higher level follows: the heading speaks for
 * itself. */
static gboolean is_leaf(const GArray *blocks, guint heading)
{
	const Block *block = &g_array_index(blocks, Block, heading);

	for (guint i = heading + 1; i < blocks->len; i++) {
		const Block *next = &g_array_index(blocks, Block, i);

		if (next->kind == BLOCK_HEADING)
			return next->level <= block->level;
		if (next->kind != BLOCK_RULE)
			return FALSE;
	}
	return TRUE;
}

static GPtrArray *cut(Lines *l, GArray *blocks, const char *fallback, gboolean markup)
{
	Cutter c = {.text = l->text, .fallback = fallback, .markup = markup};

	c.passages = g_ptr_array_new_with_free_func((GDestroyNotify)passage_free);
	c.units = g_array_new(FALSE, FALSE, sizeof(Unit));
	for (guint i = 0; i < blocks->len; i++) {
		const Block *block = &g_array_index(blocks, Block, i);

		if (block->kind == BLOCK_RULE)
			continue;
		if (block->kind == BLOCK_HEADING) {
			end_section(&c);
			set_heading(&c, block);
			if (!is_leaf(blocks, i))
				continue;
		}
		add_units(c.units, l, block);
	}
	end_section(&c);
	for (int i = 0; i < LEVELS; i++)
		g_free(c.headings[i]);
	g_array_unref(c.units);
	return c.passages;
}

GPtrArray *markdown_passages(const char *text, const char *fallback_title)
{
	Lines lines = {text, strlen(text), 0};
	g_autoptr(GArray) blocks = read_blocks(&lines);

	return cut(&lines, blocks, fallback_title, TRUE);
}

GPtrArray *plain_passages(const char *text, const char *fallback_title)
{
	Lines lines = {text, strlen(text), 0};
	g_autoptr(GArray) blocks = read_paragraphs(&lines);

	return cut(&lines, blocks, fallback_title, FALSE);
}

char *markdown_title(const char *text, const char *fallback)
{
	Lines lines = {text, strlen(text), 0};
	g_autoptr(GArray) blocks = read_blocks(&lines);

	for (guint i = 0; i < blocks->len; i++) {
		const Block *block = &g_array_index(blocks, Block, i);
		g_autofree char *title = NULL;

		if (block->kind != BLOCK_HEADING)
			continue;
		title = heading_text(text, block);
		if (*title)
			return g_steal_pointer(&title);
	}
	return g_strdup(fallback);
}
