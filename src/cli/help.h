/*
 * The help texts, made from the rows: the overview, a page a command, and both as JSON for
 * completion and tests.
 * Threads: pure. The caller frees what is returned. Does not print.
 */
#pragma once

#include "cli/command.h"

/* "zhiyin" alone: what it can do, grouped by task. */
char *help_overview(const Command *const *commands);
/* One page: begins with the summary, ends with a working example. */
char *help_page(const Command *command);
/* What begins with a word ("kb"): its commands; NULL when nothing does. */
char *help_family(const Command *const *commands, const char *word);
/* {"commands":[{"name","group","summary","arguments","options":[{"name","value","default","help"}],"example"}]}
 */
char *help_json(const Command *const *commands);
/* The command whose name is nearest to what was typed, or NULL. */
const char *help_nearest(const Command *const *commands, const char *typed);
/* Likewise for an option of a command, without dashes. */
const char *help_nearest_option(const Command *command, const char *typed);
