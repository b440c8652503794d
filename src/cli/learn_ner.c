/* The task "ner": spans of texts and their types (nlu/entities.h). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/learn.h"
#include "cli/ner_report.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "cli/text_rows.h"
#include "llm/models.h"
#include "ml/random.h"
#include "nlu/classifier.h"
#include "nlu/entities.h"

enum { PREDICT_BATCH = 64, CHOICE_LEAST = 100, CHOICE_FOLDS = 5, CHOICE_PARTS = 3 };
static const double worth = 0.005; /* of F1, since vectors take some fifty times as long */
#define NO_TYPE G_MAXUINT

static gboolean goes_on(guint done, guint all, gpointer data)
{
	(void)done;
	(void)all;
	return clock_monotonic_us() < *(gint64 *)data;
}

/* What the other tasks take and this one has no use for. */
static gboolean options_fit(const CommandRun *run, GError **error)
{
	static const char *const useless[] = {"tune", "ensemble"};

	for (guint i = 0; i < G_N_ELEMENTS(useless); i++)
		if (command_given(run, useless[i]))
			command_note(run, "ner has nothing to do for --%s", useless[i]);
	if (!command_given(run, "valid"))
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "ner does not take --valid: measure the model with zhiyin eval ner");
	return FALSE;
}

/* ---- the encoder --------------------------------------------------------------------------------- */

static Encoder *open_encoder(const CommandRun *run, GError **error)
{
	g_autofree char *path = models_encoder_path(run->config);

	if (path)
		return encoder_open(path, MIN(g_get_num_processors(), 8), error);
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE,
		    "there is no encoder in %s (./dev build fetches it; --encoder FILE names "
		    "another)",
		    config_string(run->config, SETTING_MODELS));
	return NULL;
}

/* What --views says, or whether there is an encoder. FALSE without error: n-grams alone. */
static gboolean wants_vectors(const CommandRun *run, GError **error)
{
	g_autofree char *path = models_encoder_path(run->config);
	guint views;

	if (!command_given(run, "views")) {
		if (!path)
			command_note(run, "no encoder: characters and words alone (./dev build "
					  "fetches it)");
		return path != NULL;
	}
	views = classifier_views_parse(command_text(run, "views"), error);
	if (views & 1U << VIEW_TUNED)
		command_note(run, "ner does not fine-tune the encoder: vectors as they are");
	return (views & ~(1U << VIEW_GRAMS)) != 0;
}

typedef struct {
	gint64 until_us;
	Progress *progress;
} Watch;

static gboolean encodes_on(guint done, guint all, gpointer data)
{
	const Watch *watch = data;

	(void)all;
	progress_set(watch->progress, done);
	return clock_monotonic_us() < watch->until_us;
}

/* Once for all folds. */
static gboolean encode(const CommandRun *run, MarkedTexts *m, GError **error)
{
	g_autoptr(GError) cause = NULL;
	gboolean wanted = wants_vectors(run, &cause);
	g_autoptr(Encoder) encoder = wanted && !cause ? open_encoder(run, &cause) : NULL;
	g_autoptr(Progress) progress = progress_new("encoding", "texts", m->texts->len, run->quiet);
	Watch watch = {clock_monotonic_us() + command_int(run, "minutes") * 60 * G_USEC_PER_SEC,
		       progress};

	if (encoder)
		return marked_texts_encode(m, encoder, encodes_on, &watch, error);
	if (!cause)
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&cause));
	return FALSE;
}

/* A model and, where it needs vectors, the encoder. */
typedef struct {
	Entities *entities;
	Encoder *encoder;
} NerModel;

static void ner_model_clear(NerModel *model)
{
	g_clear_pointer(&model->entities, entities_free);
	g_clear_pointer(&model->encoder, encoder_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(NerModel, ner_model_clear)

static gboolean ner_model_open(const CommandRun *run, NerModel *model, GError **error)
{
	static const char *const needed[] = {"model", NULL};
	g_autofree char *bytes = NULL;
	gsize n;

	if (!learn_needs(run, needed, error) ||
	    !g_file_get_contents(command_text(run, "model"), &bytes, &n, error))
		return FALSE;
	model->entities = entities_parse((const guint8 *)bytes, n, error);
	if (model->entities && entities_need_vectors(model->entities))
		model->encoder = open_encoder(run, error);
	return model->entities && (model->encoder || !entities_need_vectors(model->entities));
}

/* GArray of Span, a text each, in ret (n). */
static gboolean ner_model_find(const NerModel *model, const char *const *texts, guint n,
			       GArray **ret, GError **error)
{
	g_autofree EncodedText **encoded = g_new0(EncodedText *, n + 1);

	if (model->encoder && !encode_texts(model->encoder, texts, n, encoded, error))
		return FALSE;
	for (guint i = 0; i < n; i++) {
		ret[i] = entities_find(model->entities, texts[i], encoded[i]);
		encoded_text_unref(encoded[i]);
	}
	return TRUE;
}

/* Within the minutes of the command, shared by n_parts trainings. */
static Entities *train_on(const CommandRun *run, const MarkedTexts *m, guint n_parts,
			  GError **error)
{
	gint64 until =
		clock_monotonic_us() + command_int(run, "minutes") * 60 * G_USEC_PER_SEC / n_parts;
	CrfOptions options = {.n_rounds = 12,
			      .rate = 0.1,
			      .drop = 0.3,
			      .seed = (guint32)command_int(run, "seed"),
			      .progress = goes_on,
			      .data = &until};

	return entities_train(m, &options, error);
}

/* ---- held-out texts ------------------------------------------------------------------------------ */

/* The model's types as those of the file; a type that the file does not know is of no row: NO_TYPE. */
static guint *types_in(const Entities *e, const MarkedTexts *m)
{
	const GPtrArray *types = entities_types(e);
	guint *in = g_new(guint, types->len + 1);

	for (guint t = 0; t < types->len; t++)
		if (!g_ptr_array_find_with_equal_func(m->types, types->pdata[t], g_str_equal,
						      in + t))
			in[t] = NO_TYPE;
	return in;
}

/* told: by a model with these types, in so many microseconds. */
static void measure_row(NerReport *r, const GArray *told, gint64 micros, const MarkedTexts *m,
			guint row, const guint *types)
{
	const GArray *truth = m->spans->pdata[row];
	NerCount *counts = r->counts + (gsize)row * r->n_types;

	r->micros[row] = micros;
	r->n_chars += (double)g_utf8_strlen(m->texts->pdata[row], -1);
	for (guint k = 0; k < truth->len; k++)
		counts[g_array_index(truth, Span, k).type].support++;
	for (guint i = 0; i < told->len; i++) {
		Span *span = &g_array_index(told, Span, i);

		span->type = types[span->type];
		if (span->type == NO_TYPE) {
			r->n_foreign++;
			continue;
		}
		counts[span->type].told++;
		for (guint k = 0; k < truth->len; k++)
			if (!memcmp(span, &g_array_index(truth, Span, k), sizeof *span)) {
				counts[span->type].right++;
				break;
			}
	}
}

/* Of a permutation of the texts every n_folds-th, from fold on, by what was learnt from the others. */
static void measure_held_out(const Entities *e, const MarkedTexts *m, const guint32 *order,
			     guint n_folds, guint fold, NerReport *r)
{
	g_autofree guint *types = types_in(e, m);
	const GPtrArray *tokens = entities_need_vectors(e) ? m->tokens : NULL;

	for (guint i = fold; i < m->texts->len; i += n_folds) {
		gint64 start = clock_monotonic_us();
		g_autoptr(GArray) told = entities_find(e, m->texts->pdata[order[i]],
						       tokens ? tokens->pdata[order[i]] : NULL);

		measure_row(r, told, clock_monotonic_us() - start, m, order[i], types);
	}
}

/* The caller frees it. */
static guint32 *shuffled(const CommandRun *run, guint n)
{
	guint32 *order = g_new(guint32, n + 1);
	Random random;

	random_seed(&random, (guint32)command_int(run, "seed"));
	for (guint i = 0; i < n; i++)
		order[i] = i;
	random_shuffle(&random, order, n);
	return order;
}

static double f1_of(const NerReport *r)
{
	guint64 told = r->n_foreign, right = 0, support = 0;

	for (gsize i = 0; i < (gsize)r->n * r->n_types; i++) {
		told += r->counts[i].told;
		right += r->counts[i].right;
		support += r->counts[i].support;
	}
	return told + support ? 2 * (double)right / (double)(told + support) : 0;
}

/* What the choice of the views went by. */
typedef struct {
	guint n;      /* texts held out; 0: there was nothing to choose */
	double f1[2]; /* without and with the encoder's vectors */
} ViewChoice;

/* Whether the vectors of m find enough more of a fifth of it to be worth their time. If not, they are dropped. */
static gboolean choose_views(const CommandRun *run, MarkedTexts *m, guint n_parts,
			     ViewChoice *choice, GError **error)
{
	g_autofree guint32 *order = shuffled(run, m->texts->len);
	g_autoptr(MarkedTexts) part = NULL;

	*choice = (ViewChoice){0};
	if (!m->tokens || command_given(run, "views") || m->texts->len < CHOICE_LEAST)
		return TRUE;
	part = marked_texts_without(m, order, CHOICE_FOLDS, 0);
	for (int with = 1; with >= 0; with--) {
		g_autoptr(Entities) e = train_on(run, part, n_parts, error);
		g_auto(NerReport) r = {0};

		if (!e)
			return FALSE;
		ner_report_init(&r, m);
		measure_held_out(e, m, order, CHOICE_FOLDS, 0, &r);
		choice->f1[with] = f1_of(&r);
		g_clear_pointer(&part->tokens, g_ptr_array_unref);
	}
	choice->n = m->texts->len - part->texts->len;
	if (choice->f1[1] - choice->f1[0] < worth)
		g_clear_pointer(&m->tokens, g_ptr_array_unref);
	return TRUE;
}

static void put_views(JsonWriter *w, const MarkedTexts *m, const ViewChoice *choice)
{
	json_put_string(w, "views", m->tokens ? "grams,vectors" : "grams");
	if (!choice->n)
		return;
	json_object_begin(w, "held_out");
	json_put_int(w, "n", choice->n);
	json_put_double(w, "f1_grams", choice->f1[0]);
	json_put_double(w, "f1_grams_vectors", choice->f1[1]);
	json_object_end(w);
}

/* ---- training and predicting --------------------------------------------------------------------- */

static gboolean ner_train(CommandRun *run, GError **error)
{
	g_autoptr(MarkedTexts) m =
		options_fit(run, error) ? marked_texts_read(command_text(run, "in"), error) : NULL;
	gint64 start = clock_monotonic_us();
	ViewChoice choice = {0};
	g_autoptr(Entities) e =
		m && encode(run, m, error) && choose_views(run, m, CHOICE_PARTS, &choice, error)
			? train_on(run, m, choice.n ? CHOICE_PARTS : 1, error)
			: NULL;
	g_autoptr(GByteArray) bytes = e ? entities_format(e) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	if (!bytes || !g_file_set_contents_full(command_text(run, "out"), (const char *)bytes->data,
						(gssize)bytes->len, G_FILE_SET_CONTENTS_CONSISTENT,
						0644, error))
		return FALSE;
	json_object_begin(&w, NULL);
	json_put_string(&w, "task", "ner");
	json_put_string(&w, "out", command_text(run, "out"));
	json_put_int(&w, "n", m->texts->len);
	json_put_int(&w, "types", m->types->len);
	put_views(&w, m, &choice);
	json_put_int(&w, "bytes", bytes->len);
	json_put_double(&w, "seconds", (double)(clock_monotonic_us() - start) / 1e6);
	json_object_end(&w);
	return print_json(run, out, error);
}

static void write_row(const Entities *e, const char *text, const GArray *spans, GString *out)
{
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "text", text);
	json_array_begin(&w, "entities");
	for (guint i = 0; i < spans->len; i++) {
		const Span *span = &g_array_index(spans, Span, i);

		json_array_begin(&w, NULL);
		json_put_int(&w, NULL, span->start);
		json_put_int(&w, NULL, span->end);
		json_put_string(&w, NULL, entities_types(e)->pdata[span->type]);
		json_array_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	g_string_append_c(out, '\n');
}

static gboolean write_rows(const NerModel *model, const GPtrArray *texts, TextOut *out,
			   GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	g_autoptr(GString) lines = g_string_new(NULL);

	g_ptr_array_set_size(found, (gint)texts->len);
	if (!ner_model_find(model, (const char *const *)texts->pdata, texts->len,
			    (GArray **)(gpointer)found->pdata, error)) {
		g_ptr_array_set_free_func(found, NULL);
		return FALSE;
	}
	for (guint i = 0; i < texts->len; i++)
		write_row(model->entities, texts->pdata[i], found->pdata[i], lines);
	return text_out_write(out, lines, error);
}

static gboolean predict_rows(CommandRun *run, const NerModel *model, SpanReader *reader,
			     TextOut *out, GError **error)
{
	g_autoptr(Progress) progress = progress_new("predicting", "texts", 0, run->quiet);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) cause = NULL;
	guint64 n = 0;

	while (span_reader_next(reader, &cause)) {
		g_ptr_array_add(texts, g_strdup(span_reader_text(reader)));
		if (texts->len < PREDICT_BATCH)
			continue;
		if (!write_rows(model, texts, out, error))
			return FALSE;
		progress_set(progress, n += texts->len);
		g_ptr_array_set_size(texts, 0);
	}
	if (!cause)
		return write_rows(model, texts, out, error);
	g_propagate_error(error, g_steal_pointer(&cause));
	return FALSE;
}

static gboolean ner_predict(CommandRun *run, GError **error)
{
	g_auto(NerModel) model = {0};
	g_autoptr(SpanReader) reader = ner_model_open(run, &model, error)
					       ? span_reader_open(command_text(run, "in"), error)
					       : NULL;
	g_autoptr(TextOut) out =
		reader ? text_out_open(run, command_text(run, "out"), error) : NULL;

	return out && predict_rows(run, &model, reader, out, error) && text_out_commit(out, error);
}

/* ---- measuring ----------------------------------------------------------------------------------- */

static gboolean measure_model(const CommandRun *run, const MarkedTexts *m, NerReport *r,
			      GError **error)
{
	g_auto(NerModel) model = {0};
	g_autofree guint *types = NULL;

	if (!ner_model_open(run, &model, error))
		return FALSE;
	types = types_in(model.entities, m);
	for (guint i = 0; i < m->texts->len; i++) {
		gint64 start = clock_monotonic_us();
		g_autoptr(GArray) told = NULL;

		if (!ner_model_find(&model, (const char *const *)m->texts->pdata + i, 1, &told,
				    error))
			return FALSE;
		measure_row(r, told, clock_monotonic_us() - start, m, i, types);
	}
	return TRUE;
}

/* Rows are spread over the folds at random: a text has entities of many types. Each fold chooses its views, as train does. */
static gboolean measure_folds(const CommandRun *run, MarkedTexts *m, NerReport *r, GError **error)
{
	guint n_folds = (guint)command_int(run, "folds");
	g_autofree guint32 *order = shuffled(run, r->n);

	if (!learn_folds_fill(run, r->n, error) || !encode(run, m, error))
		return FALSE;
	for (guint f = 0; f < n_folds; f++) {
		g_autoptr(MarkedTexts) part = marked_texts_without(m, order, n_folds, f);
		ViewChoice choice;
		g_autoptr(Entities) e =
			choose_views(run, part, n_folds * CHOICE_PARTS, &choice, error)
				? train_on(run, part, n_folds * (choice.n ? CHOICE_PARTS : 1),
					   error)
				: NULL;

		if (!e)
			return FALSE;
		measure_held_out(e, m, order, n_folds, f, r);
	}
	return TRUE;
}

static gboolean ner_eval(CommandRun *run, GError **error)
{
	g_autoptr(MarkedTexts) m = marked_texts_read(command_text(run, "in"), error);
	gint64 start = clock_monotonic_us();
	g_auto(NerReport) report = {0};

	if (!m)
		return FALSE;
	ner_report_init(&report, m);
	report.seed = (guint32)command_int(run, "seed");
	if (!(command_given(run, "folds") ? measure_folds(run, m, &report, error)
					  : measure_model(run, m, &report, error)))
		return FALSE;
	report.seconds = (double)(clock_monotonic_us() - start) / 1e6;
	return ner_report_print(&report, m, run, error);
}

const LearnTask learn_ner = {
	.name = "ner",
	.help = "named spans of a text",
	.train = ner_train,
	.predict = ner_predict,
	.eval = ner_eval,
};
