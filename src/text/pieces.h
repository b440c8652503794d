/*
 * The tokens of the full-text index: those of tokenize.h, and where each word of three characters and more
 * stands also its pieces, every run of three and of five characters of it, so that what stands inside words is
 * found by terms too (four characters by the two runs of three that they are). A piece is spelled with PIECE_MARK before it, which no word has. A word inside the one
 * that was cut last ("zhang" behind "zhangwei") is not cut: its pieces are there.
 *
 * A text that begins with PIECE_MARK is one token, spelled as it stands behind the mark: so a query, whose
 * words are tokens already, asks for the very terms it means.
 * Ownership, threads, errors: as tokenize.h. Words of more than PIECE_WORD_MAX bytes have no pieces.
 */
#pragma once

#include "text/tokenize.h"

#define PIECE_MARK '\x01'
enum { PIECE_MIN = 3, PIECE_MAX = 5, PIECE_WORD_MAX = 64 }; /* a piece has one or the other */

/* In the shape that the store asks for (StoreTokenize). Pieces have the places of their word. */
int text_tokenize_pieces(const char *text, int n_bytes, TextEmit emit, gpointer data);
