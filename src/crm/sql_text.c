/* Statements whose shape depends on the request; what comes from outside is only ever bound. */
#include "crm/sql_text.h"

#include <string.h>

SqlText *sql_text_new(void)
{
	SqlText *text = g_new0(SqlText, 1);

	text->sql = g_string_sized_new(512);
	text->texts = g_ptr_array_new_with_free_func(g_free);
	return text;
}

void sql_text_free(SqlText *text)
{
	if (!text)
		return;
	g_string_free(text->sql, TRUE);
	g_ptr_array_unref(text->texts);
	g_free(text);
}

int sql_bind(SqlText *text, const DbValue *value)
{
	DbValue kept = *value;

	if (text->n_values == SQL_MAX_VALUES)
		return 0; /* "$0" is refused when the statement is prepared */
	if (kept.type == DB_TEXT) {
		kept.text = kept.n_bytes < 0 ? g_strdup(kept.text)
					     : g_strndup(kept.text, (gsize)kept.n_bytes);
		kept.n_bytes = -1;
		g_ptr_array_add(text->texts, (gpointer)(guintptr)kept.text);
	}
	text->values[text->n_values++] = kept;
	return (int)text->n_values;
}

static void append(SqlText *text, const DbValue *value)
{
	g_string_append_printf(text->sql, "$%d", sql_bind(text, value));
}

void sql_text(SqlText *text, const char *value)
{
	append(text, &(DbValue){.type = value ? DB_TEXT : DB_NULL, .text = value, .n_bytes = -1});
}

void sql_int(SqlText *text, gint64 value)
{
	append(text, &(DbValue){.type = DB_INT, .i = value});
}

void sql_double(SqlText *text, double value)
{
	append(text, &(DbValue){.type = DB_DOUBLE, .d = value});
}

DbRows *sql_query(Db *db, const SqlText *text, GError **error)
{
	return db_query_values(db, text->sql->str, text->values, text->n_values, error);
}

gboolean sql_run(Db *db, const SqlText *text, GError **error)
{
	return db_run_values(db, text->sql->str, text->values, text->n_values, error);
}
