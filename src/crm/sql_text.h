/* A statement in the making: its text and the values bound to it. Texts are copied. Threads: none. */
#pragma once

#include "store/store.h"

enum { SQL_MAX_VALUES = 250 };

typedef struct {
	GString *sql;
	DbValue values[SQL_MAX_VALUES];
	gsize n_values;
	GPtrArray *texts;
} SqlText;

SqlText *sql_text_new(void);
void sql_text_free(SqlText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SqlText, sql_text_free)

/* Each binds a value and appends its "$N"; past SQL_MAX_VALUES the text becomes one that fails. */
void sql_text(SqlText *text, const char *value);
void sql_int(SqlText *text, gint64 value);
void sql_double(SqlText *text, double value);
/* Binds without appending; returns N. */
int sql_bind(SqlText *text, const DbValue *value);
DbRows *sql_query(Db *db, const SqlText *text, GError **error);
gboolean sql_run(Db *db, const SqlText *text, GError **error);
