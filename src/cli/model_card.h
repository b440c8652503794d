/*
 * Kept classifiers (crm/classifiers.h) as commands show them: a line, or the card in plain words. Threads: the main thread.
 */
#pragma once

#include "cli/command.h"
#include "crm/classifiers.h"

/* With --json an object. */
gboolean classifier_print_line(CommandRun *run, const KeptClassifier *kept, GError **error);
gboolean classifier_print_card(CommandRun *run, const KeptClassifier *kept, GError **error);
