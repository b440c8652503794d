/* What a classifier learns from besides its examples: names of labels, and texts that a teacher labels. */
#include "base/error.h"
#include "nlu/classifier_private.h"

enum { FEW_EXAMPLES = 20 /* of a label, at most: its name counts */, BATCH = 64 };

/* A label's name as somebody would say it ("card_arrival": card arrival), or NULL where it has no letter. */
static char *name_words(const char *label)
{
	GString *words = g_string_new(NULL);
	gboolean letter = FALSE;

	for (const char *at = label; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		letter = letter || g_unichar_isalpha(c);
		g_string_append_unichar(words, g_unichar_isalnum(c) ? c : ' ');
	}
	return g_string_free(words, !letter);
}

static void add_row(TrainingRows *rows, char *text, guint class, float weight)
{
	g_ptr_array_add(rows->texts, text);
	g_array_append_val(rows->classes, class);
	g_array_append_val(rows->weights, weight);
}

static void add_names(const Examples *e, TrainingRows *rows)
{
	g_autofree guint *n_examples = g_new0(guint, e->labels->len + 1);

	for (gsize i = 0; i < e->classes->len; i++)
		n_examples[g_array_index(e->classes, guint, i)]++;
	for (guint k = 0; k < e->labels->len; k++) {
		const char *label = e->labels->pdata[k];
		char *words = n_examples[k] > FEW_EXAMPLES || g_str_equal(label, CLASSIFIER_OOS)
				      ? NULL
				      : name_words(label);

		if (!words)
			continue;
		g_ptr_array_add(rows->names, words);
		add_row(rows, words, k, 1);
	}
}

/* ret_lead: how far the likeliest label is ahead of the next. */
static guint likeliest(const double *p, guint n_labels, double *ret_lead)
{
	guint best = 0;
	double next = 0;

	for (guint k = 1; k < n_labels; k++)
		best = p[k] > p[best] ? k : best;
	for (guint k = 0; k < n_labels; k++)
		next = k != best && p[k] > next ? p[k] : next;
	*ret_lead = p[best] - next;
	return best;
}

static gboolean same_labels(const GPtrArray *a, const GPtrArray *b)
{
	for (guint i = 0; a->len == b->len && i < a->len; i++)
		if (!g_str_equal(a->pdata[i], b->pdata[i]))
			return FALSE;
	return a->len == b->len;
}

static gboolean add_unlabelled(const Examples *e, const ClassifierOptions *options,
			       TrainingRows *rows, GError **error)
{
	const Classifier *teacher = options->teacher;
	const GPtrArray *texts = options->unlabelled;
	g_autofree double *p = g_new(double, (gsize)BATCH * e->labels->len);

	if (!same_labels(classifier_labels(teacher), e->labels)) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
				    "the teacher has other labels than the examples");
		return FALSE;
	}
	for (guint i = 0; i < texts->len; i += BATCH) {
		guint n = MIN(BATCH, texts->len - i);

		if (!classifier_predict(teacher, (const char *const *)texts->pdata + i, n, p,
					error))
			return FALSE;
		for (guint k = 0; k < n; k++) {
			double lead;
			guint label =
				likeliest(p + (gsize)k * e->labels->len, e->labels->len, &lead);

			if (lead > 0)
				add_row(rows, texts->pdata[i + k], label, (float)lead);
		}
		if (options->progress)
			options->progress("teacher", i, texts->len, options->data);
	}
	return TRUE;
}

void training_rows_clear(TrainingRows *rows)
{
	g_clear_pointer(&rows->names, g_ptr_array_unref);
	g_clear_pointer(&rows->texts, g_ptr_array_unref);
	g_clear_pointer(&rows->classes, g_array_unref);
	g_clear_pointer(&rows->weights, g_array_unref);
}

gboolean training_rows_make(TrainingRows *rows, const Examples *e, const ClassifierOptions *options,
			    GError **error)
{
	const guint *classes = (const guint *)(gpointer)e->classes->data;

	*rows = (TrainingRows){.names = g_ptr_array_new_with_free_func(g_free),
			       .texts = g_ptr_array_new(),
			       .classes = g_array_new(FALSE, FALSE, sizeof(guint)),
			       .weights = g_array_new(FALSE, FALSE, sizeof(float))};
	for (guint i = 0; i < e->texts->len; i++)
		add_row(rows, e->texts->pdata[i], classes[i], 1);
	if (!(options->without & 1U << PART_LABEL_NAMES))
		add_names(e, rows);
	return !options->teacher || add_unlabelled(e, options, rows, error);
}
