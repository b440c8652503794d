/*
 * Full text over records, conversations included. The index keeps tokens only; ids are looked up
 * beside it. Matches are any piece of Han text, whole words elsewhere; where those do not fill a page,
 * also pieces of words ("mith" finds Smith), and where nothing is found so, words one slip away. Chinese
 * names are found by their pinyin too. Newest record first. Does not rank: a bounded newest-first set is what tables and pickers want.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* For a record that is new to the index. */
gboolean search_add(Db *db, const char *org_id, const char *object, const char *record_id,
		    const char *text, GError **error);
/* For one that may be there already. */
gboolean search_put(Db *db, const char *org_id, const char *object, const char *record_id,
		    const char *text, GError **error);
gboolean search_remove(Db *db, const char *object, const char *record_id, GError **error);

/* found returns FALSE with error to stop. object NULL searches all. page_token as given out before,
 * or NULL. */
typedef gboolean (*SearchFound)(const char *object, const char *record_id, gpointer data,
				GError **error);
gboolean search_find(Db *db, const char *org_id, const char *object, const char *q, int page_size,
		     const char *page_token, SearchFound found, gpointer data,
		     char **ret_next_token, GError **error);

/* Search over all objects as a page of {"object","id","title","snippet","marks"}: marks are
 * the places that match, [start, end] in characters. A message is told as its conversation. */
gboolean search_everything(Db *db, const Principal *principal, const char *q, int page_size,
			   const char *page_token, GString *out, GError **error);
