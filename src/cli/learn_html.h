/*
 * The report of `zhiyin eval TASK --report FILE.html`: one page that stands alone - measures with intervals, reliability as a
 * drawing, labels, confusions, slices, the surest errors, the other model - without a script or anything fetched.
 * The errors stand in their own words, which may name people: the file is written 0600. Errors: of the disk; it
 * appears whole or not at all. Threads: pure.
 */
#pragma once

#include "cli/learn_report.h"

/* language: "zh" or "en". */
gboolean learn_html_write(const LearnReport *report, const char *language, const char *path,
			  GError **error);
