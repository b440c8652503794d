/* Runs are cut by the ends of the word's characters, noted once. */
#include "text/pieces.h"

#include <string.h>

typedef struct {
	TextEmit emit;
	gpointer data;
	char cut[PIECE_WORD_MAX]; /* the last word that was cut into pieces */
	int n_cut;		  /* its bytes */
} Pieces;

/* Into ends[i] where character i ends, ends[-1] being 0; returns how many there are. */
static int note_ends(const Token *word, int ends[PIECE_WORD_MAX])
{
	int n = 0;

	for (int i = 1; i <= word->n_bytes; i++)
		if (i == word->n_bytes || ((guchar)word->text[i] & 0xC0) != 0x80)
			ends[n++] = i;
	return n;
}

static int emit_pieces(const Pieces *pieces, const Token *word)
{
	char marked[1 + PIECE_WORD_MAX] = {PIECE_MARK};
	int ends[1 + PIECE_WORD_MAX] = {0};
	int n_chars = note_ends(word, ends + 1), stop = 0;

	memcpy(marked + 1, word->text, (gsize)word->n_bytes);
	for (int from = 0; from + PIECE_MIN <= n_chars && !stop; from++) {
		char *piece = marked + ends[from];
		char before = *piece;

		*piece = PIECE_MARK;
		for (int n = PIECE_MIN; n <= PIECE_MAX && from + n <= n_chars && !stop;
		     n += PIECE_MAX - PIECE_MIN)
			stop = pieces->emit(piece, 1 + ends[from + n] - ends[from], word->start,
					    word->end, pieces->data);
		*piece = before;
	}
	return stop;
}

static int emit_token(const Token *token, gpointer data)
{
	Pieces *pieces = data;
	int stop =
		pieces->emit(token->text, token->n_bytes, token->start, token->end, pieces->data);

	if (stop || token->n_bytes < PIECE_MIN || token->n_bytes > PIECE_WORD_MAX ||
	    (token->kind != TOKEN_WORD && token->kind != TOKEN_NUMBER))
		return stop;
	if (memmem(pieces->cut, (gsize)pieces->n_cut, token->text, (gsize)token->n_bytes))
		return 0; /* "zhang" behind "zhangwei" */
	memcpy(pieces->cut, token->text, (gsize)token->n_bytes);
	pieces->n_cut = token->n_bytes;
	return emit_pieces(pieces, token);
}

int text_tokenize_pieces(const char *text, int n_bytes, TextEmit emit, gpointer data)
{
	Pieces pieces = {.emit = emit, .data = data, .n_cut = 0};
	gsize n = n_bytes < 0 ? strlen(text) : (gsize)n_bytes;

	if (n && *text == PIECE_MARK)
		return n > 1 ? emit(text + 1, (int)n - 1, 0, (int)n, data) : 0;
	return text_foreach_token(text, n, emit_token, &pieces);
}
