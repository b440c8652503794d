/*
 * What `zhiyin eval ner` says: precision, recall and F1 of whole spans (both ends and the type right), over all
 * and by type, as JSON with --json, else as a table. The interval is 95 % of bootstrap samples of texts.
 * Ownership: a report owns its arrays.
 */
#pragma once

#include "cli/command.h"
#include "nlu/entities.h"

typedef struct {
	guint64 told, right, support;
} NerCount;

typedef struct {
	guint n, n_types;
	NerCount *counts;  /* n x n_types */
	gint64 *micros;	   /* n: how long each text took */
	guint64 n_foreign; /* told with a type that the file does not have: wrong, of no row */
	double n_chars, seconds;
	guint32 seed;
} NerReport;

void ner_report_init(NerReport *report, const MarkedTexts *marked);
void ner_report_clear(NerReport *report);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NerReport, ner_report_clear)

gboolean ner_report_print(const NerReport *report, const MarkedTexts *marked, CommandRun *run,
			  GError **error);
