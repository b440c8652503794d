/*
 * What a person typed, as an expression of the full-text index. Private to crm/search*.c.
 *
 * Han characters that touch are one phrase, so any piece of Han text is found; separate words must all
 * be there. A word may be only begun, one of three letters and more may stand inside another
 * (SEARCH_INSIDE); where nothing is found so, a word may be one slip away (SEARCH_NEAR).
 */
#pragma once

#include "store/store.h"

typedef enum {
	SEARCH_WHOLE = 'w',  /* words as they are */
	SEARCH_INSIDE = 'i', /* each inside others */
	SEARCH_NEAR = 'n'    /* each one slip away */
} SearchMode;

/* The MATCH expression; NULL without error when q holds no token. The caller frees it. */
char *search_match(Db *db, const char *q, SearchMode mode, GError **error);
/* Whether modes beyond SEARCH_WHOLE can find more. */
gboolean search_has_words(const char *q);

/* Appends the places of text that q's tokens match, as [[start,end],...] in characters, in JSON. */
void search_put_marks(GString *out, const char *q, const char *text);
