/* A card says what the classifier does, from what, how well, and what it costs: whoever decides about it is no
 * specialist. */
#include "cli/model_card.h"

#include <string.h>

#include "base/json.h"
#include "cli/open.h"

static gboolean print_as_json(CommandRun *run, const KeptClassifier *kept, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	kept_classifier_write(kept, &w);
	return print_json(run, out, error);
}

static const char *state_of(const KeptClassifier *kept)
{
	const char *state = kept_classifier_state(kept);

	return g_str_equal(state, "in_use") ? "in use" : state;
}

gboolean classifier_print_line(CommandRun *run, const KeptClassifier *kept, GError **error)
{
	if (run->json)
		return print_as_json(run, kept, error);
	return command_printf(run, error,
			      "%-9s %-3" G_GINT64_FORMAT " %-36s %10" G_GINT64_FORMAT
			      " bytes  %.12s  %s\n",
			      judge_task_name(kept->task), kept->version, kept->name, kept->n_bytes,
			      kept->sha256, state_of(kept));
}

/* ---- the card ------------------------------------------------------------------------------------ */

static void put_names(GString *out, const json_t *names, gsize most)
{
	gsize n = json_array_size(names);

	for (gsize i = 0; i < MIN(n, most); i++)
		g_string_append_printf(out, "%s%s", i ? ", " : "",
				       json_string_value(json_array_get(names, i)));
	if (n > most)
		g_string_append_printf(out, " and %" G_GSIZE_FORMAT " more", n - most);
}

static void put_interval(GString *out, const json_t *measured, const char *measure,
			 const char *name)
{
	const json_t *interval = json_object_get(json_object_get(measured, "ci95"), measure);

	g_string_append_printf(out, "%s %.1f %% (95 %%: %.1f to %.1f)", name,
			       100 * json_number_value(json_object_get(measured, measure)),
			       100 * json_number_value(json_array_get(interval, 0)),
			       100 * json_number_value(json_array_get(interval, 1)));
}

static void put_quality(GString *out, const json_t *card)
{
	const json_t *metrics = json_object_get(card, "metrics");
	const json_t *told = json_is_object(metrics) ? metrics : json_object_get(card, "held_out");

	if (!json_is_object(told)) {
		g_string_append(out, "never measured: train it with --valid FILE\n");
		return;
	}
	put_interval(out, told, "accuracy", "right");
	g_string_append(out, "; ");
	put_interval(out, told, "f1_macro", "macro F1");
	g_string_append_printf(
		out,
		"\n         on %" JSON_INTEGER_FORMAT " %s\ncalibr.  what it says it is sure "
		"of and how often it is right differ by %.1f points on average\n",
		json_integer_value(json_object_get(told, "n")),
		told == metrics ? "rows that it did not learn from (--valid)"
				: "of its own rows, each while it learnt from the others",
		100 * json_number_value(json_object_get(told, "ece")));
}

static void put_card(GString *out, const json_t *card)
{
	const json_t *views = json_object_get(card, "views");

	g_string_append(out, "tells    ");
	put_names(out, json_object_get(card, "labels"), 20);
	g_string_append_printf(out,
			       "\nlearnt   from %" JSON_INTEGER_FORMAT
			       " texts, SHA-256 %s, seed %" JSON_INTEGER_FORMAT "\nlooks at ",
			       json_integer_value(json_object_get(card, "rows")),
			       json_member_string(card, "data_sha256"),
			       json_integer_value(json_object_get(card, "seed")));
	put_names(out, views, 8);
	g_string_append(
		out,
		json_array_size(views) == 1 &&
				g_strcmp0(json_string_value(json_array_get(views, 0)), "grams") == 0
			? " (runs of characters and words: needs no encoder)\nquality  "
			: " (needs the encoder)\nquality  ");
	put_quality(out, card);
}

static void put_shadow(GString *out, const KeptClassifier *kept)
{
	if (!kept->n_shadowed)
		return;
	g_string_append_printf(out,
			       "shadow   said the same as the one in use of %" G_GINT64_FORMAT
			       " of %" G_GINT64_FORMAT " messages",
			       kept->n_agreed, kept->n_shadowed);
	if (kept->n_reviewed)
		g_string_append_printf(out,
				       ";\n         of %" G_GINT64_FORMAT
				       " that people looked at right %" G_GINT64_FORMAT
				       ", the one in use %" G_GINT64_FORMAT,
				       kept->n_reviewed, kept->n_right, kept->n_right_in_use);
	g_string_append_c(out, '\n');
}

gboolean classifier_print_card(CommandRun *run, const KeptClassifier *kept, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) card = NULL;

	if (run->json)
		return print_as_json(run, kept, error);
	card = json_parse(kept->card, strlen(kept->card), error);
	if (!card)
		return FALSE;
	g_string_append_printf(out,
			       "name     %s\nkind     classifier of %s, version %" G_GINT64_FORMAT
			       "\nstate    %s\nsha256   %s\nbytes    %" G_GINT64_FORMAT "\n",
			       kept->name, judge_task_name(kept->task), kept->version,
			       state_of(kept), kept->sha256, kept->n_bytes);
	put_card(out, card);
	put_shadow(out, kept);
	return command_print(run, out->str, (gssize)out->len, error);
}
