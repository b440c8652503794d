/* A table of words beside an index of their runs of three letters. */
#include "crm/search_words.h"

#include <string.h>

#include "base/nearest.h"
#include "text/tokenize.h"

enum { WORD_BYTES_MAX = 64, NEAR_LOOK_AT = 4000 };

typedef gboolean (*EachWord)(Db *db, const char *org_id, const char *word, GError **error);

typedef struct {
	Db *db;
	const char *org_id;
	EachWord each;
	GError **error;
} Walk;

static int walk_token(const Token *token, gpointer data)
{
	Walk *walk = data;
	char word[WORD_BYTES_MAX + 1];

	if ((token->kind != TOKEN_WORD && token->kind != TOKEN_NUMBER) ||
	    token->n_bytes < SEARCH_PIECE_MIN || token->n_bytes > WORD_BYTES_MAX)
		return 0;
	memcpy(word, token->text, (gsize)token->n_bytes);
	word[token->n_bytes] = '\0';
	return !walk->each(walk->db, walk->org_id, word, walk->error);
}

static gboolean each_word(Db *db, const char *org_id, const char *text, EachWord each,
			  GError **error)
{
	Walk walk = {db, org_id, each, error};

	return text_foreach_token(text, strlen(text), walk_token, &walk) == 0;
}

/* 0 when the word is not there. */
static gboolean word_id(Db *db, const char *org_id, const char *word, gint64 *ret_id,
			GError **error)
{
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows =
		db_query(db, "SELECT id FROM search_words WHERE org_id = $1 AND word = $2", error,
			 "ss", org_id, word);

	if (!rows)
		return FALSE;
	*ret_id = db_next(rows, &failed) ? db_int(rows, 0) : 0;
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

/* Without RETURNING, which would make a savepoint of the statement: FTS5 writes out what it holds
 * at each of them. */
static gboolean note_word(Db *db, const char *org_id, const char *word, GError **error)
{
	gint64 id;

	if (!word_id(db, org_id, word, &id, error))
		return FALSE;
	return id || (db_run(db, "INSERT INTO search_words (org_id, word) VALUES ($1, $2)", error,
			     "ss", org_id, word) &&
		      db_run(db, "INSERT INTO search_grams (rowid, word) VALUES ($1, $2)", error,
			     "is", db_last_id(db), word));
}

gboolean search_words_note(Db *db, const char *org_id, const char *text, GError **error)
{
	return each_word(db, org_id, text, note_word, error);
}

/* Whether a text still has the word. */
static gboolean word_is_used(Db *db, const char *org_id, const char *word, gboolean *ret_used,
			     GError **error)
{
	g_autofree char *match = g_strdup_printf("\"%s\"", word);
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = db_query(
		db,
		"SELECT 1 FROM search_text s JOIN search_documents d ON d.id = s.rowid WHERE "
		"s.search_text MATCH $1 AND d.org_id = $2 LIMIT 1",
		error, "ss", match, org_id);

	if (!rows)
		return FALSE;
	*ret_used = db_next(rows, &failed);
	if (!failed)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failed));
	return FALSE;
}

static gboolean forget_word(Db *db, const char *org_id, const char *word, GError **error)
{
	gboolean used;

	if (!word_is_used(db, org_id, word, &used, error))
		return FALSE;
	return used ||
	       (db_run(db,
		       "DELETE FROM search_grams WHERE rowid IN (SELECT id FROM search_words WHERE "
		       "org_id = $1 AND word = $2)",
		       error, "ss", org_id, word) &&
		db_run(db, "DELETE FROM search_words WHERE org_id = $1 AND word = $2", error, "ss",
		       org_id, word));
}

gboolean search_words_forget(Db *db, const char *org_id, const char *text, GError **error)
{
	return each_word(db, org_id, text, forget_word, error);
}

/* ---- finding ---------------------------------------------------------------------------------------------------- */

/* "mit" AND "ith": runs alone do not say that they are one piece, so the word is looked at. */
static char *runs_of(const char *piece)
{
	GString *match = g_string_new(NULL);
	const char *at = piece;

	for (glong n = g_utf8_strlen(piece, -1) - 2; n > 0; n--, at = g_utf8_next_char(at)) {
		const char *end = g_utf8_offset_to_pointer(at, 3);

		g_string_append_printf(match, "%s\"%.*s\"", match->len ? " AND " : "",
				       (int)(end - at), at);
	}
	return g_string_free(match, FALSE);
}

GPtrArray *search_words_with(Db *db, const char *org_id, const char *piece, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *match = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (g_utf8_strlen(piece, -1) < SEARCH_PIECE_MIN || strchr(piece, '"'))
		return g_steal_pointer(&words);
	match = runs_of(piece);
	rows = db_query(db,
			"SELECT w.word FROM search_grams g JOIN search_words w ON w.id = g.rowid "
			"WHERE g.search_grams MATCH $1 AND w.org_id = $2 AND instr(w.word, $3) > 0 "
			"LIMIT $4",
			error, "sssi", match, org_id, piece, (gint64)SEARCH_WORDS_MAX);
	if (!rows)
		return NULL;
	while (db_next(rows, &failed))
		g_ptr_array_add(words, g_strdup(db_text(rows, 0)));
	if (!failed)
		return g_steal_pointer(&words);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}

GPtrArray *search_words_near(Db *db, const char *org_id, const char *word, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *begin = NULL, *behind = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (strlen(word) < 4 || !g_str_is_ascii(word))
		return g_steal_pointer(&words);
	begin = g_strndup(word, 2);
	behind = g_strconcat(begin, "\x7f", NULL);
	rows = db_query(
		db,
		"SELECT word FROM search_words WHERE org_id = $1 AND word >= $2 AND word < $3 "
		"AND length(word) BETWEEN $4 AND $5 LIMIT $6",
		error, "sssiii", org_id, begin, behind, (gint64)strlen(word) - 1,
		(gint64)strlen(word) + 1, (gint64)NEAR_LOOK_AT);
	if (!rows)
		return NULL;
	while (words->len < SEARCH_WORDS_MAX && db_next(rows, &failed))
		if (word_distance(word, db_text(rows, 0)) == 1)
			g_ptr_array_add(words, g_strdup(db_text(rows, 0)));
	if (!failed)
		return g_steal_pointer(&words);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}
