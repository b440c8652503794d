/* One loop over a table of parts; the whole comes first, and every other is set beside it row by row. */
#include "cli/learn_ablation.h"

#include "base/json.h"
#include "cli/open.h"
#include "ml/metrics.h"
#include "ml/proportions.h"

typedef struct {
	const char *name;
	guint views, without; /* bits that are left out of ClassifierOptions, and set there */
	gboolean balance;
} Part;

static const Part parts[] = {
	{.name = "folding", .without = 1U << PART_FOLDING},
	{.name = "letters", .without = 1U << PART_LETTERS},
	{.name = "runs", .without = 1U << PART_RUNS},
	{.name = "label names", .without = 1U << PART_LABEL_NAMES},
	{.name = "balance", .balance = TRUE},
	{.name = "grams", .views = 1U << VIEW_GRAMS},
	{.name = "vectors", .views = 1U << VIEW_VECTORS},
	{.name = "tuned", .views = 1U << VIEW_TUNED},
};

typedef struct {
	const Part *part;
	double accuracy, f1_macro, p, p_holm;
	gsize only_whole, only_without; /* rows that one alone has right */
} Row;

/* FALSE where the part is not there, or nothing would be left. */
static gboolean leave_out(const Part *part, ClassifierOptions *options)
{
	guint grams_only = 1U << PART_FOLDING | 1U << PART_LETTERS | 1U << PART_RUNS;

	if ((part->without & grams_only) && !(options->views & 1U << VIEW_GRAMS))
		return FALSE;
	if (part->balance && options->balance <= 0)
		return FALSE;
	if (part->views && (!(options->views & part->views) || !(options->views & ~part->views)))
		return FALSE;
	options->views &= ~part->views;
	options->without |= part->without;
	options->balance = part->balance ? 0 : options->balance;
	return TRUE;
}

static void set_measures(const LearnReport *r, Row *row)
{
	for (gsize i = 0; i < r->n; i++)
		row->accuracy += (r->truth[i] == r->predicted[i]) / (double)MAX(r->n, 1);
	for (guint f = 0; f < r->n_folds; f++)
		row->f1_macro += r->fold_f1[f] / r->n_folds;
}

static void compare(const LearnReport *whole, const LearnReport *without, Row *row)
{
	for (gsize i = 0; i < whole->n; i++) {
		gboolean first = whole->predicted[i] == whole->truth[i];
		gboolean second = without->predicted[i] == without->truth[i];

		row->only_whole += first && !second;
		row->only_without += second && !first;
	}
	row->p = metrics_mcnemar(row->only_whole, row->only_without);
}

static void correct(GArray *rows)
{
	g_autofree double *p = g_new(double, rows->len + 1);

	for (guint i = 0; i < rows->len; i++)
		p[i] = g_array_index(rows, Row, i).p;
	proportions_holm(p, rows->len);
	for (guint i = 0; i < rows->len; i++)
		g_array_index(rows, Row, i).p_holm = p[i];
}

static void put_row(const Row *row, const Row *whole, JsonWriter *w)
{
	json_object_begin(w, NULL);
	json_put_string(w, "left_out", row->part->name);
	json_put_double(w, "accuracy", row->accuracy);
	json_put_double(w, "accuracy_change", row->accuracy - whole->accuracy);
	json_put_double(w, "f1_macro", row->f1_macro);
	json_put_double(w, "f1_macro_change", row->f1_macro - whole->f1_macro);
	json_put_int(w, "only_whole_right", (gint64)row->only_whole);
	json_put_int(w, "only_without_right", (gint64)row->only_without);
	json_put_double(w, "p", row->p);
	json_put_double(w, "p_holm", row->p_holm);
	json_object_end(w);
}

static void write_json(const LearnReport *report, const Row *whole, const GArray *rows,
		       GString *out)
{
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "task", report->task);
	json_put_int(&w, "n", (gint64)report->n);
	json_put_int(&w, "folds", report->n_folds);
	json_put_double(&w, "accuracy", whole->accuracy);
	json_put_double(&w, "f1_macro", whole->f1_macro);
	json_array_begin(&w, "parts");
	for (guint i = 0; i < rows->len; i++)
		put_row(&g_array_index(rows, Row, i), whole, &w);
	json_array_end(&w);
	json_object_end(&w);
}

static void write_table(const Row *whole, const GArray *rows, GString *out)
{
	g_string_append_printf(out, "%-14s %9s %9s %9s %9s %9s %9s\n%-14s %9.4f %9s %9.4f\n",
			       "left out", "accuracy", "change", "F1", "change", "p", "p (Holm)",
			       "nothing", whole->accuracy, "", whole->f1_macro);
	for (guint i = 0; i < rows->len; i++) {
		const Row *row = &g_array_index(rows, Row, i);

		g_string_append_printf(out, "%-14s %9.4f %+9.4f %9.4f %+9.4f %9.4g %9.4g\n",
				       row->part->name, row->accuracy,
				       row->accuracy - whole->accuracy, row->f1_macro,
				       row->f1_macro - whole->f1_macro, row->p, row->p_holm);
	}
}

gboolean learn_ablate(CommandRun *run, const ClassifierOptions *options, AblationMeasure measure,
		      gpointer data, GError **error)
{
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(Row));
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(LearnReport) report;
	Row whole = {0};

	learn_report_init(&report, options->task);
	command_note(run, "nothing left out");
	if (!measure(options, &report, data, error))
		return FALSE;
	set_measures(&report, &whole);
	for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
		ClassifierOptions less = *options;
		Row row = {.part = &parts[i]};
		g_auto(LearnReport) without;

		learn_report_init(&without, options->task);
		if (!leave_out(&parts[i], &less))
			continue;
		command_note(run, "left out: %s", parts[i].name);
		if (!measure(&less, &without, data, error))
			return FALSE;
		set_measures(&without, &row);
		compare(&report, &without, &row);
		g_array_append_val(rows, row);
	}
	correct(rows);
	if (run->json) {
		write_json(&report, &whole, rows, out);
		return print_json(run, out, error);
	}
	write_table(&whole, rows, out);
	return command_print(run, out->str, (gssize)out->len, error);
}
