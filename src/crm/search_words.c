/* The index's own list of its terms. */
#include "crm/search_words.h"

#include <string.h>

#include "base/nearest.h"

enum { WORDS_MAX = 64, NEAR_LOOK_AT = 4000 };

GPtrArray *search_words_near(Db *db, const char *word, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *begin = NULL, *behind = NULL;
	g_autoptr(GError) failed = NULL;
	g_autoptr(DbRows) rows = NULL;

	if (strlen(word) < 4 || !g_str_is_ascii(word))
		return g_steal_pointer(&words);
	begin = g_strndup(word, 2);
	behind = g_strconcat(begin, "\x7f", NULL);
	rows = db_query(db,
			"SELECT term FROM search_terms WHERE term >= $1 AND term < $2 "
			"AND length(term) BETWEEN $3 AND $4 LIMIT $5",
			error, "ssiii", begin, behind, (gint64)strlen(word) - 1,
			(gint64)strlen(word) + 1, (gint64)NEAR_LOOK_AT);
	if (!rows)
		return NULL;
	while (words->len < WORDS_MAX && db_next(rows, &failed))
		if (word_distance(word, db_text(rows, 0)) == 1)
			g_ptr_array_add(words, g_strdup(db_text(rows, 0)));
	if (!failed)
		return g_steal_pointer(&words);
	g_propagate_error(error, g_steal_pointer(&failed));
	return NULL;
}
