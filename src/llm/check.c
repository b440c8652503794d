/*
 * The stream: text gathers, and each sentence that is far enough behind its end is judged once and let
 * out, the first ones as soon as one stands on the sources. What must be seen across sentences travels
 * along: the window of tokens, the letters of a secret's length, the count of characters, the sentences
 * that were said.
 */
#include "llm/check.h"

#include <string.h>

#include "llm/check_facts.h"
#include "text/normalise.h"
#include "text/sentence.h"

enum {
	SECRET_MIN_BYTES = 6,
	SAME_MAX = 2,
	SAME_MIN_BYTES = 12,
	DETAIL_MAX_CHARS = 60,
	CLAUSE_MIN_BYTES = 4,
	CLAUSE_MAX = 3,
	WORD_MAX = 9,
	ECHO_MIN_BYTES = 18, /* six Chinese characters, four words */
};

struct Check {
	Facts *facts;
	GPtrArray *secrets; /* letters and digits only, folded */
	gsize longest_secret;
	GString *tail;	  /* not judged yet */
	GString *held;	  /* in order, but nothing said so far stands on the sources */
	gsize scan_at;	  /* look for sentences when tail is so long */
	gsize n_valid;	  /* bytes of tail known to be whole characters */
	GString *letters; /* of the last sentences: what a secret could span */
	char *question;	  /* letters of its normal form; NULL: it may be said again */
	GString *sources; /* letters of the passages, one a line */
	GHashTable *said; /* normal form of a sentence -> how often */
	TokenWindow window;
	guint max_chars, n_chars;
	gboolean line_start, spoke;
	gboolean supported; /* it has said something that the sources speak of */
	CheckFault fault;
	char *detail;
};

static const struct {
	const char *name, *help;
} fault_rows[] = {
#define CHECK_ROW(id, name, help) {name, help},
#include "llm/check.def"
#undef CHECK_ROW
};

const char *check_fault_name(CheckFault fault)
{
	return fault_rows[fault < N_CHECK_FAULTS ? fault : CHECK_EMPTY].name;
}

const char *check_fault_help(CheckFault fault)
{
	return fault_rows[fault < N_CHECK_FAULTS ? fault : CHECK_EMPTY].help;
}

/* Letters and digits of a normal form, nothing between them. */
static void append_letters(GString *out, const char *normal)
{
	for (const char *at = normal; *at; at = g_utf8_next_char(at))
		if (g_unichar_isalnum(g_utf8_get_char(at)))
			g_string_append_unichar(out, g_utf8_get_char(at));
}

static char *letters_of(const char *text)
{
	g_autofree char *normal = text_normalise(text, -1);
	GString *letters = g_string_new(NULL);

	append_letters(letters, normal);
	return g_string_free(letters, FALSE);
}

static void add_secret(Check *check, const char *secret)
{
	g_autofree char *normal = text_normalise(secret, -1);
	g_autoptr(GString) letters = g_string_new(NULL);

	append_letters(letters, normal);
	if (letters->len < SECRET_MIN_BYTES)
		return;
	check->longest_secret = MAX(check->longest_secret, letters->len);
	g_ptr_array_add(check->secrets, g_strdup(letters->str));
}

Check *check_new(const CheckSources *sources)
{
	Check *check = g_new0(Check, 1);

	check->facts = facts_new(sources);
	check->secrets = g_ptr_array_new_with_free_func(g_free);
	for (const char *const *secret = sources->secrets; secret && *secret; secret++)
		add_secret(check, *secret);
	check->tail = g_string_new(NULL);
	check->held = g_string_new(NULL);
	check->letters = g_string_new(NULL);
	check->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	check->max_chars =
		sources->max_chars ? MIN(sources->max_chars, CHECK_MAX_CHARS) : CHECK_MAX_CHARS;
	check->line_start = TRUE;
	check->sources = g_string_new(NULL);
	for (const char *const *p = sources->passages; p && *p; p++) {
		g_autofree char *letters = letters_of(*p);

		g_string_append_printf(check->sources, "%s\n", letters);
	}
	if (sources->question && !sources->loose)
		check->question = letters_of(sources->question);
	return check;
}

void check_free(Check *check)
{
	if (!check)
		return;
	facts_free(check->facts);
	g_ptr_array_unref(check->secrets);
	g_string_free(check->tail, TRUE);
	g_string_free(check->held, TRUE);
	g_string_free(check->letters, TRUE);
	g_hash_table_unref(check->said);
	g_free(check->question);
	g_string_free(check->sources, TRUE);
	g_free(check->detail);
	g_free(check);
}

/* The first fault counts. Always FALSE. */
static gboolean check_fail(Check *check, CheckFault fault, const char *detail)
{
	if (check->fault != CHECK_OK)
		return FALSE;
	check->fault = fault;
	if (detail)
		check->detail = g_strndup(detail, text_prefix(detail, -1, DETAIL_MAX_CHARS));
	return FALSE;
}

/* ---- signs ----------------------------------------------------------------------------------- */

/* Controls, what cannot be seen or turns the writing round, private characters, U+FFFD. */
static gboolean is_forbidden(gunichar c)
{
	static const struct {
		gunichar first, last;
	} ranges[] = {{0x00, 0x08},	{0x0B, 0x1F},	    {0x7F, 0x9F},     {0xAD, 0xAD},
		      {0x034F, 0x034F}, {0x061C, 0x061C},   {0x115F, 0x1160}, {0x180E, 0x180E},
		      {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F}, {0x3164, 0x3164},
		      {0xE000, 0xF8FF}, {0xFE00, 0xFE0E},   {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
		      {0xFFF0, 0xFFFF}, {0xE0000, 0x10FFFF}};

	for (guint i = 0; i < G_N_ELEMENTS(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return TRUE;
	return FALSE;
}

static gboolean check_signs(Check *check, const char *text)
{
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		if (is_forbidden(g_utf8_get_char(at))) {
			g_autofree char *code = g_strdup_printf("U+%04X", g_utf8_get_char(at));

			return check_fail(check, CHECK_CONTROL, code);
		}
	return TRUE;
}

/* ---- markup ---------------------------------------------------------------------------------- */

static gboolean is_tag(const char *at)
{
	return *at == '<' && (g_ascii_isalpha(at[1]) || strchr("/!?", at[1]));
}

/* &lt; &#60; */
static gboolean is_entity(const char *at)
{
	gsize n = 1 + (at[0] == '&' && at[1] == '#');

	if (*at != '&')
		return FALSE;
	while (g_ascii_isalnum(at[n]))
		n++;
	return n > 1 && (at[n] == ';' || at[1] == '#');
}

/* What begins a block of Markdown that is more than a list. */
static gboolean is_block(const char *at)
{
	static const char *const blocks[] = {"#", "|", "```", "~~~", "===", "---", ">"};

	while (*at == ' ' || *at == '\t')
		at++;
	for (guint i = 0; i < G_N_ELEMENTS(blocks); i++)
		if (g_str_has_prefix(at, blocks[i]))
			return TRUE;
	return FALSE;
}

static CheckFault markup_at(const char *at, gboolean line_start)
{
	if (is_tag(at) || is_entity(at) || g_str_has_prefix(at, "```") ||
	    (line_start && is_block(at)))
		return CHECK_MARKUP;
	if (g_str_has_prefix(at, "![") || g_str_has_prefix(at, "](") ||
	    g_str_has_prefix(at, "][") || g_str_has_prefix(at, "]:"))
		return CHECK_LINK;
	return CHECK_OK;
}

/* Markup is also looked for where full-width signs become plain ones. */
static gboolean check_markup(Check *check, const char *text)
{
	gboolean line_start = check->line_start;

	for (const char *at = text; *at; at++) {
		CheckFault fault = markup_at(at, line_start);

		if (fault != CHECK_OK) {
			g_autofree char *piece = g_strndup(at, text_prefix(at, -1, 12));

			return check_fail(check, fault, piece);
		}
		line_start = *at == '\n' || (line_start && (*at == ' ' || *at == '\t'));
	}
	return TRUE;
}

/* ---- one sentence ---------------------------------------------------------------------------- */

/* The bytes of a list marker: "1. ", "- ". */
static gsize marker_bytes(const char *text)
{
	gsize n = strspn(text, " \t\n"), digits = strspn(text + n, "0123456789");

	if (digits == 1 || digits == 2) {
		gsize end = n + digits;
		gsize sign = g_str_has_prefix(text + end, "、")	    ? strlen("、")
			     : strchr(".)", text[end]) && text[end] ? 1
								    : 0;

		if (sign && !g_ascii_isdigit(text[end + sign]))
			return end + sign;
		return 0;
	}
	return text[n] && strchr("-*", text[n]) && text[n + 1] == ' ' ? n + 1 : 0;
}

static gboolean check_secrets(Check *check, const char *normal)
{
	append_letters(check->letters, normal);
	for (guint i = 0; i < check->secrets->len; i++)
		if (strstr(check->letters->str, g_ptr_array_index(check->secrets, i)))
			return check_fail(check, CHECK_SECRET, NULL);
	if (check->letters->len > check->longest_secret)
		g_string_erase(check->letters, 0,
			       (gssize)(check->letters->len - check->longest_secret));
	return TRUE;
}

static gboolean has_run(const char *normal)
{
	g_autoptr(GHashTable) said = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(GStrv) clauses = g_strsplit_set(normal, ",;: ", -1);
	gboolean han = g_utf8_get_char(normal) >= 0x2E80;

	for (char **clause = clauses; *clause; clause++) {
		guint n = GPOINTER_TO_UINT(g_hash_table_lookup(said, *clause)) + 1;

		if (strlen(*clause) < CLAUSE_MIN_BYTES)
			continue;
		if (n > (han ? CLAUSE_MAX : WORD_MAX))
			return TRUE;
		g_hash_table_insert(said, *clause, GUINT_TO_POINTER(n));
	}
	return FALSE;
}

/* The same sentence three times, or the same few words again and again in one. */
static gboolean check_repetition(Check *check, const char *normal)
{
	guint n = GPOINTER_TO_UINT(g_hash_table_lookup(check->said, normal)) + 1;

	if (has_run(normal))
		return check_fail(check, CHECK_REPETITION, NULL);
	if (strlen(normal) < SAME_MIN_BYTES)
		return TRUE;
	g_hash_table_replace(check->said, g_strdup(normal), GUINT_TO_POINTER(n));
	return n <= SAME_MAX || check_fail(check, CHECK_REPETITION, NULL);
}

static gboolean check_echo(Check *check, const char *normal)
{
	g_autofree char *letters = check->question ? letters_of(normal) : NULL;

	return !letters || !*letters || !g_str_equal(letters, check->question) ||
	       check_fail(check, CHECK_ECHO, NULL);
}

/* A clause of the question that no passage has tells nothing, or what nobody knows. */
static gboolean check_echo_clauses(Check *check, const char *normal)
{
	g_auto(GStrv) clauses = g_strsplit_set(check->question ? normal : "", ",;:!?", -1);

	for (char **clause = clauses; *clause; clause++) {
		g_autofree char *letters = letters_of(*clause);

		if (strlen(letters) >= ECHO_MIN_BYTES && strstr(check->question, letters) &&
		    !strstr(check->sources->str, letters))
			return check_fail(check, CHECK_ECHO, *clause);
	}
	return TRUE;
}

typedef CheckFault (*FactCheck)(const Facts *facts, const char *text, char **ret_detail);

static gboolean check_facts(Check *check, const char *text, const char *normal)
{
	static const struct {
		FactCheck function;
		gboolean normal;
	} rows[] = {{facts_check_addresses, TRUE}, {facts_check_figures, TRUE},
		    {facts_check_promises, TRUE},  {facts_check_language, FALSE},
		    {facts_check_names, FALSE},	   {facts_check_denials, TRUE},
		    {facts_check_support, TRUE}};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *detail = NULL;
		CheckFault fault =
			rows[i].function(check->facts, rows[i].normal ? normal : text, &detail);

		if (fault != CHECK_OK)
			return check_fail(check, fault, detail);
	}
	return TRUE;
}

static void note_content(Check *check, const char *text, const char *normal)
{
	check->supported = check->supported || facts_speak_of(check->facts, normal);
	for (const char *at = text; *at && !check->spoke; at = g_utf8_next_char(at))
		check->spoke = g_unichar_isalnum(g_utf8_get_char(at));
}

/* A whole sentence with the white space before it. */
static gboolean check_sentence(Check *check, const char *text)
{
	gsize marker = check->line_start || text[0] == '\n' ? marker_bytes(text) : 0;
	g_autofree char *whole = text_normalise(text, -1);
	g_autofree char *normal = text_normalise(text + marker, -1);
	g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
	gboolean ok = check_signs(check, text) && check_secrets(check, whole) &&
		      check_markup(check, text) && check_markup(check, plain ? plain : "");

	if (ok && !facts_check_prompt(check->facts, whole, &check->window))
		ok = check_fail(check, CHECK_PROMPT, NULL);
	ok = ok && check_echo(check, normal) && check_facts(check, text + marker, normal) &&
	     check_echo_clauses(check, normal) && check_repetition(check, normal);
	note_content(check, text, normal);
	check->line_start = *text && text[strlen(text) - 1] == '\n';
	return ok;
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* Judges tail[0, n) and lets it out, with what was held, once something stands on the sources. */
static gboolean check_let_out(Check *check, gsize n, GString *released)
{
	g_autofree char *text = g_strndup(check->tail->str, n);
	gboolean broken = check->tail->str[n] == '\n';

	if (!check_sentence(check, text))
		return FALSE;
	check->line_start = check->line_start || broken;
	g_string_append_len(check->held, check->tail->str, (gssize)n);
	g_string_erase(check->tail, 0, (gssize)n);
	if (check->supported && check->spoke) {
		g_string_append_len(released, check->held->str, (gssize)check->held->len);
		g_string_truncate(check->held, 0);
	}
	return TRUE;
}

/* White space at the end does not count: what comes behind it may go on with the sentence. */
static gboolean is_far_behind(const GString *tail, gsize at)
{
	const char *end = tail->str + tail->len, *last = end;
	gsize n;

	do {
		end = last;
		last = g_utf8_find_prev_char(tail->str + at, end);
	} while (last && g_unichar_isspace(g_utf8_get_char(last)));
	n = (gsize)(end - (tail->str + at));
	return text_prefix(tail->str + at, (gssize)n, CHECK_HOLD_BACK) < n;
}

/* Sentences of the tail, one by one; those too near to the end stay unless all must go. */
static gboolean check_sentences(Check *check, gboolean all, GString *released)
{
	gsize at = 0;
	TextSpan span;

	while (text_sentence_next(check->tail->str, check->tail->len, &at, &span)) {
		if (!all && !is_far_behind(check->tail, span.end))
			break;
		if (!check_let_out(check, span.end, released))
			return FALSE;
		at = 0;
	}
	check->n_valid = MIN(check->n_valid, check->tail->len);
	check->scan_at = check->tail->len + MAX(check->tail->len / 8, 24);
	return TRUE;
}

/* Counts and validates what came; a character that is not whole yet may stand at the end. */
static gboolean check_take(Check *check, const char *piece, gsize n)
{
	const char *end;
	gsize rest;

	g_string_append_len(check->tail, piece, (gssize)n);
	if (memchr(piece, '\0', n))
		return check_fail(check, CHECK_CONTROL, "U+0000");
	if (!g_utf8_validate_len(check->tail->str + check->n_valid,
				 check->tail->len - check->n_valid, &end)) {
		rest = check->tail->len - (gsize)(end - check->tail->str);
		if (rest > 3 || g_utf8_get_char_validated(end, (gssize)rest) != (gunichar)-2)
			return check_fail(check, CHECK_ENCODING, NULL);
	}
	check->n_chars += (guint)g_utf8_strlen(check->tail->str + check->n_valid,
					       end - (check->tail->str + check->n_valid));
	check->n_valid = (gsize)(end - check->tail->str);
	return check->n_chars <= check->max_chars || check_fail(check, CHECK_LENGTH, NULL);
}

gboolean check_feed(Check *check, const char *piece, gsize n_bytes, GString *released)
{
	gsize most = (gsize)check->max_chars * 4 + 4;

	if (check->fault != CHECK_OK)
		return FALSE;
	if (n_bytes > most)
		return check_fail(check, CHECK_LENGTH, NULL);
	if (!check_take(check, piece, n_bytes))
		return FALSE;
	if (check->tail->len < check->scan_at || check->n_valid < check->tail->len)
		return TRUE;
	return check_sentences(check, FALSE, released);
}

/* Takes off the last sentence unless it has its end. */
static void drop_unfinished(Check *check)
{
	static const char *const ends[] = {".", "!",  "?",  "。", "！", "？",
					   "”", "」", "\"", ")",  "）"};
	gsize at = 0, keep = 0;
	TextSpan span = {0};

	g_string_truncate(check->tail, check->n_valid);
	while (text_sentence_next(check->tail->str, check->tail->len, &at, &span)) {
		for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
			gsize n = strlen(ends[i]);

			if (span.end - span.start >= n &&
			    memcmp(check->tail->str + span.end - n, ends[i], n) == 0)
				keep = span.end;
		}
	}
	g_string_truncate(check->tail, keep);
}

gboolean check_end(Check *check, gboolean complete, GString *released)
{
	if (check->fault != CHECK_OK)
		return FALSE;
	if (complete && check->n_valid < check->tail->len)
		return check_fail(check, CHECK_ENCODING, NULL);
	if (!complete)
		drop_unfinished(check);
	if (!check_sentences(check, TRUE, released))
		return FALSE;
	g_string_truncate(check->tail, 0);
	check->n_valid = 0;
	if (!check->spoke)
		return check_fail(check, CHECK_EMPTY, NULL);
	return check->supported || check_fail(check, CHECK_UNSUPPORTED, NULL);
}

CheckFault check_fault(const Check *check)
{
	return check->fault;
}

const char *check_detail(const Check *check)
{
	return check->detail;
}

CheckFault check_text(const CheckSources *sources, const char *text, char **ret_detail)
{
	g_autoptr(Check) check = check_new(sources);
	g_autoptr(GString) released = g_string_new(NULL);

	if (check_feed(check, text, strlen(text), released))
		check_end(check, TRUE, released);
	if (ret_detail)
		*ret_detail = g_strdup(check->detail);
	return check->fault;
}
