/* The table of tasks. */
#include "cli/learn.h"

#include "base/error.h"

static const LearnTask *const tasks[] = {&learn_sentiment, &learn_intent, &learn_ner,
					 &learn_retrieval};

static LearnVerb verb_of(const LearnTask *task, const char *verb)
{
	return g_str_equal(verb, "train")     ? task->train
	       : g_str_equal(verb, "predict") ? task->predict
					      : task->eval;
}

char *learn_list(const char *verb)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(tasks); i++)
		if (verb_of(tasks[i], verb))
			g_string_append_printf(names, "%s%s", names->len ? ", " : "",
					       tasks[i]->name);
	return g_string_free(g_steal_pointer(&names), FALSE);
}

const LearnTask *learn_task(const CommandRun *run, const char *verb, GError **error)
{
	g_autofree char *names = learn_list(verb);

	for (gsize i = 0; i < G_N_ELEMENTS(tasks); i++)
		if (g_str_equal(tasks[i]->name, run->arguments[0]) && verb_of(tasks[i], verb))
			return tasks[i];
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
		    "there is no task '%s' to %s (one of: %s)", run->arguments[0], verb, names);
	return NULL;
}

gboolean learn_folds_fill(const CommandRun *run, gsize n, GError **error)
{
	gint64 n_folds = command_int(run, "folds");

	if ((gint64)n >= n_folds)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
		    "%s: %" G_GSIZE_FORMAT " %s cannot fill %" G_GINT64_FORMAT " folds",
		    command_text(run, "in"), n, command_given(run, "group") ? "groups" : "rows",
		    n_folds);
	return FALSE;
}

gboolean learn_needs(const CommandRun *run, const char *const *options, GError **error)
{
	for (gsize i = 0; options[i]; i++)
		if (!command_given(run, options[i])) {
			g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "give --%s",
				    options[i]);
			return FALSE;
		}
	return TRUE;
}
