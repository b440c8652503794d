/*
 * Which words of the full-text index are one slip away from one typed, whoever's texts they stand in.
 * Threads: as the store's. Does not say where they stand.
 */
#pragma once

#include "store/store.h"

/* Words of 4 letters and more that one insertion, deletion, replacement or swap makes of word, their
 * first two letters apart, which are taken to be right. At most 64; GPtrArray of char *. */
GPtrArray *search_words_near(Db *db, const char *word, GError **error);
