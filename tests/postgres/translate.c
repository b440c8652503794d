/*
 * What PostgreSQL is told: without arguments the statements of standard input, each ended by a NUL, come out in the same way; with
 * "schema", what makes the tables.
 */
#include <stdio.h>
#include <string.h>

#include "store/migrate.h"
#include "store/postgres_sql.h"

static void write_schema(void)
{
	gsize n_migrations;
	g_autofree StoreMigration *migrations = migrations_own(&n_migrations);

	g_autofree char *table = postgres_sql(migrate_table, strlen(migrate_table));

	printf("%s%s;\n", postgres_functions, table);
	for (gsize i = 0; i < n_migrations; i++) {
		g_autofree char *sql = postgres_sql(migrations[i].sql, migrations[i].n_bytes);

		puts(sql);
	}
}

static void write_statements(void)
{
	g_autofree char *sql = NULL;
	size_t n_allocated = 0;
	ssize_t n_read;

	while ((n_read = getdelim(&sql, &n_allocated, '\0', stdin)) > 0) {
		g_autofree char *made = postgres_sql(sql, strlen(sql));

		fwrite(made, 1, strlen(made) + 1, stdout);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "schema") == 0)
		write_schema();
	else
		write_statements();
	return fflush(stdout) == 0 ? 0 : 1;
}
