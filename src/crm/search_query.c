/* Tokens of the query, each as itself or as a group of words that it may stand for. */
#include "crm/search_query.h"

#include <string.h>

#include "base/nearest.h"
#include "crm/search_words.h"
#include "text/pieces.h"

enum { SEARCH_MAX_TOKENS = 32 };

typedef struct {
	char *text;
	gboolean word;	   /* else a Han character and the like */
	gboolean adjoined; /* stands right behind the one before */
} QueryToken;

typedef struct {
	QueryToken tokens[SEARCH_MAX_TOKENS];
	guint n;
	int last_end;
} QueryTokens;

static void query_clear(QueryTokens *query)
{
	for (guint i = 0; i < query->n; i++)
		g_free(query->tokens[i].text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(QueryTokens, query_clear)

static int add_token(const Token *token, gpointer data)
{
	QueryTokens *query = data;

	if (query->n == SEARCH_MAX_TOKENS)
		return 1;
	query->tokens[query->n] =
		(QueryToken){g_strndup(token->text, (gsize)token->n_bytes),
			     token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER,
			     query->n && token->start == query->last_end};
	query->n++;
	query->last_end = token->end;
	return 0;
}

static void read_query(const char *q, QueryTokens *query)
{
	text_foreach_token(q, MIN(strlen(q), 1000), add_token, query);
}

gboolean search_has_words(const char *q)
{
	g_auto(QueryTokens) query = {0};

	read_query(q, &query);
	for (guint i = 0; i < query.n; i++)
		if (query.tokens[i].word)
			return TRUE;
	return FALSE;
}

/* One token of the index, as it is spelled there. */
static void append_quoted(GString *match, const char *text)
{
	g_string_append_c(match, '"');
	g_string_append_c(match, PIECE_MARK);
	for (; *text; text++) {
		if (*text == '"')
			g_string_append_c(match, '"');
		g_string_append_c(match, *text);
	}
	g_string_append_c(match, '"');
}

/* The word itself, begun, or standing inside others: the longest runs that the index has of it, each two
 * characters on; of four characters the two runs of three, in one word (or in two side by side). Itself too, since what is not renewed
 * yet (search_renewal.h) has no pieces. */
static void append_pieces(GString *match, const char *word)
{
	char piece[2 + 4 * PIECE_MAX + 1] = {PIECE_MARK};
	glong n = g_utf8_strlen(word, -1), size = n < PIECE_MAX ? PIECE_MIN : PIECE_MAX;
	glong from = 0, step = 0;
	gboolean near = n > PIECE_MIN && n < PIECE_MAX;

	if (n < PIECE_MIN) {
		append_quoted(match, word);
		g_string_append_c(match, '*');
		return;
	}
	g_string_append_c(match, '(');
	append_quoted(match, word);
	g_string_append(match, near ? " OR NEAR(" : " OR (");
	do {
		const char *begin = g_utf8_offset_to_pointer(word, from);

		g_strlcpy(piece + 1, begin,
			  (gsize)(g_utf8_offset_to_pointer(begin, size) - begin) + 1);
		if (step)
			g_string_append(match, near ? " " : " AND ");
		append_quoted(match, piece);
		step = MIN(2, n - size - from);
		from += step;
	} while (step > 0);
	g_string_append(match, near ? ", 0))" : "))");
}

/* ("smith" OR "smithe" OR ...) */
static gboolean append_near(Db *db, const char *word, GString *match, GError **error)
{
	g_autoptr(GPtrArray) words = search_words_near(db, word, error);

	if (!words)
		return FALSE;
	g_string_append_c(match, '(');
	append_quoted(match, word);
	for (guint i = 0; i < words->len; i++) {
		g_string_append(match, " OR ");
		append_quoted(match, words->pdata[i]);
	}
	g_string_append_c(match, ')');
	return TRUE;
}

/* A group cannot be part of a phrase. */
static gboolean is_group(const QueryToken *token, SearchMode mode)
{
	return token->word && (mode == SEARCH_INSIDE || mode == SEARCH_NEAR);
}

char *search_match(Db *db, const char *q, SearchMode mode, GError **error)
{
	g_auto(QueryTokens) query = {0};
	g_autoptr(GString) match = g_string_new(NULL);

	read_query(q, &query);
	for (guint i = 0; i < query.n; i++) {
		const QueryToken *token = &query.tokens[i];
		gboolean phrase = token->adjoined && !is_group(token, mode) &&
				  !is_group(&query.tokens[i - 1], mode);

		if (i)
			g_string_append(match, phrase ? " + " : " AND ");
		if (!is_group(token, mode))
			append_quoted(match, token->text);
		else if (mode == SEARCH_INSIDE)
			append_pieces(match, token->text);
		else if (!append_near(db, token->text, match, error))
			return NULL;
	}
	return query.n ? g_strdup(match->str) : NULL;
}

/* ---- marks ------------------------------------------------------------------------------------------------------ */

typedef struct {
	const QueryTokens *query;
	const char *text;
	GString *out;
	int begin, end; /* of the mark that may still grow, in bytes; end 0 = none */
	gboolean any;
} Marks;

static gboolean token_matches(const QueryTokens *query, const char *token)
{
	for (guint i = 0; i < query->n; i++) {
		const QueryToken *wanted = &query->tokens[i];

		if (wanted->word
			    ? strstr(token, wanted->text) ||
				      (strlen(token) > 3 && word_distance(token, wanted->text) == 1)
			    : g_str_equal(token, wanted->text))
			return TRUE;
	}
	return FALSE;
}

static void put_mark(Marks *marks)
{
	if (!marks->end)
		return;
	g_string_append_printf(marks->out, "%s[%ld,%ld]", marks->any ? "," : "",
			       g_utf8_pointer_to_offset(marks->text, marks->text + marks->begin),
			       g_utf8_pointer_to_offset(marks->text, marks->text + marks->end));
	marks->any = TRUE;
	marks->end = 0;
}

static int mark_token(const Token *token, gpointer data)
{
	Marks *marks = data;
	g_autofree char *text = g_strndup(token->text, (gsize)token->n_bytes);

	if (!token_matches(marks->query, text))
		return 0;
	if (marks->end && token->start == marks->end) {
		marks->end = token->end;
		return 0;
	}
	put_mark(marks);
	marks->begin = token->start;
	marks->end = token->end;
	return 0;
}

void search_put_marks(GString *out, const char *q, const char *text)
{
	g_auto(QueryTokens) query = {0};
	Marks marks = {&query, text, out, 0, 0, FALSE};

	read_query(q, &query);
	g_string_append_c(out, '[');
	text_foreach_token(text, strlen(text), mark_token, &marks);
	put_mark(&marks);
	g_string_append_c(out, ']');
}
