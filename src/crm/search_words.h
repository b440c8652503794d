/*
 * The distinct words of what is searchable (other than Han text), by organisation: which of them hold
 * a piece of a word, which are one slip away. Words are noted in the transaction of the text, and stay
 * until they are forgotten. Threads: as the store's.
 */
#pragma once

#include "store/store.h"

enum {
	SEARCH_PIECE_MIN = 3, /* letters of a piece: the index knows runs of three */
	SEARCH_WORDS_MAX = 64
};

gboolean search_words_note(Db *db, const char *org_id, const char *text, GError **error);
/* Takes away those words of a removed text that no other text has. */
gboolean search_words_forget(Db *db, const char *org_id, const char *text, GError **error);
/* At most SEARCH_WORDS_MAX words that hold the piece; GPtrArray of char *. */
GPtrArray *search_words_with(Db *db, const char *org_id, const char *piece, GError **error);
/* Words of 4 letters and more that one insertion, deletion, replacement or swap makes of word, their
 * first two letters apart, which are taken to be right. */
GPtrArray *search_words_near(Db *db, const char *org_id, const char *word, GError **error);
