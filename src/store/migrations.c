/*
 * The program's migrations: the files of migrations/, put into the binary as they are.
 * A new one is a file, a MIGRATION_TEXT line and a row. A released file is never changed again.
 */
#include "store/migrate.h"

/* The assembler copies the file; one NUL behind it is not counted. The build system knows these
 * files as dependencies. */
#define MIGRATION_TEXT(symbol, file)                                                   \
	__asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"store/migrations/" file \
		"\"\n" #symbol "_end:\n.byte 0\n.popsection\n");                       \
	extern const char symbol[] __attribute__((visibility("hidden")));              \
	extern const char symbol##_end[] __attribute__((visibility("hidden")))

MIGRATION_TEXT(migration_0001, "0001-skeleton.sql");
MIGRATION_TEXT(migration_0002, "0002-passage-encoding.sql");
MIGRATION_TEXT(migration_0003, "0003-why.sql");
MIGRATION_TEXT(migration_0004, "0004-model-days.sql");
MIGRATION_TEXT(migration_0005, "0005-model-calls.sql");
MIGRATION_TEXT(migration_0006, "0006-key-limits.sql");
MIGRATION_TEXT(migration_0007, "0007-objects.sql");
MIGRATION_TEXT(migration_0008, "0008-model-licence.sql");
MIGRATION_TEXT(migration_0009, "0009-options-and-ratings.sql");
MIGRATION_TEXT(migration_0010, "0010-webhooks.sql");
MIGRATION_TEXT(migration_0011, "0011-views.sql");
MIGRATION_TEXT(migration_0012, "0012-lead-conversion.sql");
MIGRATION_TEXT(migration_0013, "0013-search-words.sql");
MIGRATION_TEXT(migration_0014, "0014-imports.sql");
MIGRATION_TEXT(migration_0015, "0015-access.sql");
MIGRATION_TEXT(migration_0016, "0016-service-levels.sql");
MIGRATION_TEXT(migration_0017, "0017-timeline.sql");
MIGRATION_TEXT(migration_0018, "0018-planner.sql");
MIGRATION_TEXT(migration_0019, "0019-attachments.sql");
MIGRATION_TEXT(migration_0020, "0020-handover-summary.sql");
MIGRATION_TEXT(migration_0021, "0021-retention.sql");
MIGRATION_TEXT(migration_0022, "0022-key-use.sql");
MIGRATION_TEXT(migration_0023, "0023-judgements.sql");
MIGRATION_TEXT(migration_0024, "0024-classifiers.sql");
MIGRATION_TEXT(migration_0025, "0025-message-aspects.sql");
MIGRATION_TEXT(migration_0026, "0026-search-pieces.sql");
MIGRATION_TEXT(migration_0027, "0027-search-merging.sql");
MIGRATION_TEXT(migration_0028, "0028-planner-walks.sql");
MIGRATION_TEXT(migration_0029, "0029-unsure-messages.sql");
MIGRATION_TEXT(migration_0030, "0030-updated-and-empty.sql");
MIGRATION_TEXT(migration_0031, "0031-conversation-counts.sql");

/* Number n stands in row n - 1. The length is a difference of two places that only the linker
 * knows, so no constant. */
static const struct {
	const char *name;
	const char *begin;
	const char *end;
} rows[] = {
	{"skeleton", migration_0001, migration_0001_end},
	{"passage encoding", migration_0002, migration_0002_end},
	{"why", migration_0003, migration_0003_end},
	{"model days", migration_0004, migration_0004_end},
	{"model calls", migration_0005, migration_0005_end},
	{"key limits", migration_0006, migration_0006_end},
	{"objects", migration_0007, migration_0007_end},
	{"model licence", migration_0008, migration_0008_end},
	{"options and ratings", migration_0009, migration_0009_end},
	{"webhooks", migration_0010, migration_0010_end},
	{"views", migration_0011, migration_0011_end},
	{"lead conversion", migration_0012, migration_0012_end},
	{"search words", migration_0013, migration_0013_end},
	{"imports", migration_0014, migration_0014_end},
	{"access", migration_0015, migration_0015_end},
	{"service levels", migration_0016, migration_0016_end},
	{"timeline", migration_0017, migration_0017_end},
	{"planner", migration_0018, migration_0018_end},
	{"attachments", migration_0019, migration_0019_end},
	{"hand-over summary", migration_0020, migration_0020_end},
	{"retention", migration_0021, migration_0021_end},
	{"key use", migration_0022, migration_0022_end},
	{"judgements", migration_0023, migration_0023_end},
	{"classifiers", migration_0024, migration_0024_end},
	{"message aspects", migration_0025, migration_0025_end},
	{"search pieces", migration_0026, migration_0026_end},
	{"search merging", migration_0027, migration_0027_end},
	{"planner walks", migration_0028, migration_0028_end},
	{"unsure messages", migration_0029, migration_0029_end},
	{"updated and empty", migration_0030, migration_0030_end},
	{"conversation counts", migration_0031, migration_0031_end},
};

StoreMigration *migrations_own(gsize *ret_n_migrations)
{
	StoreMigration *migrations = g_new0(StoreMigration, G_N_ELEMENTS(rows));

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		migrations[i].version = (int)i + 1;
		migrations[i].name = rows[i].name;
		migrations[i].sql = rows[i].begin;
		migrations[i].n_bytes = (gsize)(rows[i].end - rows[i].begin);
	}
	*ret_n_migrations = G_N_ELEMENTS(rows);
	return migrations;
}

int store_schema_version(void)
{
	return (int)G_N_ELEMENTS(rows);
}
