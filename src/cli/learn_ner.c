/* The task "ner": spans of texts and their types (nlu/entities.h). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/learn.h"
#include "cli/open.h"
#include "nlu/entities.h"

static gboolean goes_on(guint done, guint all, gpointer data)
{
	(void)done;
	(void)all;
	return clock_monotonic_us() < *(gint64 *)data;
}

static gboolean no_valid(const CommandRun *run, GError **error)
{
	if (!command_given(run, "valid"))
		return TRUE;
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "ner does not take --valid: measure the model with zhiyin eval ner");
	return FALSE;
}

static gboolean ner_train(CommandRun *run, GError **error)
{
	g_autoptr(MarkedTexts) m =
		no_valid(run, error) ? marked_texts_read(command_text(run, "in"), error) : NULL;
	gint64 start = clock_monotonic_us();
	gint64 until = start + command_int(run, "minutes") * 60 * G_USEC_PER_SEC;
	CrfOptions options = {.n_rounds = 12,
			      .rate = 0.1,
			      .drop = 0.3,
			      .seed = (guint32)command_int(run, "seed"),
			      .progress = goes_on,
			      .data = &until};
	g_autoptr(Entities) e = m ? entities_train(m, &options, error) : NULL;
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
	json_put_int(&w, "bytes", bytes->len);
	json_put_double(&w, "seconds", (double)(clock_monotonic_us() - start) / 1e6);
	json_object_end(&w);
	return print_json(run, out, error);
}

static Entities *open_entities(const CommandRun *run, GError **error)
{
	static const char *const needed[] = {"model", NULL};
	g_autofree char *bytes = NULL;
	gsize n;

	return learn_needs(run, needed, error) &&
			       g_file_get_contents(command_text(run, "model"), &bytes, &n, error)
		       ? entities_parse((const guint8 *)bytes, n, error)
		       : NULL;
}

static void write_row(const Entities *e, const char *text, GString *out)
{
	g_autoptr(GArray) spans = entities_find(e, text);
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

static gboolean ner_predict(CommandRun *run, GError **error)
{
	g_autoptr(Entities) e = open_entities(run, error);
	g_autoptr(SpanReader) reader = e ? span_reader_open(command_text(run, "in"), error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) cause = NULL;

	if (!reader)
		return FALSE;
	while (span_reader_next(reader, &cause))
		write_row(e, span_reader_text(reader), out);
	if (cause) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return FALSE;
	}
	if (g_str_equal(command_text(run, "out"), "-"))
		return command_printf(run, error, "%s", out->str);
	return g_file_set_contents_full(command_text(run, "out"), out->str, (gssize)out->len,
					G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
}

typedef struct {
	guint64 told, right, support;
} Count;

static guint64 count_hits(const Entities *e, const MarkedTexts *m, const GArray *told,
			  const GArray *truth)
{
	guint64 hits = 0;

	for (guint i = 0; i < told->len; i++) {
		const Span *a = &g_array_index(told, Span, i);

		for (guint k = 0; k < truth->len; k++) {
			const Span *b = &g_array_index(truth, Span, k);

			if (a->start == b->start && a->end == b->end &&
			    g_str_equal(entities_types(e)->pdata[a->type],
					m->types->pdata[b->type])) {
				hits++;
				break;
			}
		}
	}
	return hits;
}

static gboolean ner_eval(CommandRun *run, GError **error)
{
	g_autoptr(Entities) e = open_entities(run, error);
	g_autoptr(MarkedTexts) m = e ? marked_texts_read(command_text(run, "in"), error) : NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	Count c = {0};
	gint64 start = clock_monotonic_us();
	double seconds, n_chars = 0;

	if (!m)
		return FALSE;
	for (guint i = 0; i < m->texts->len; i++) {
		g_autoptr(GArray) told = entities_find(e, m->texts->pdata[i]);
		const GArray *truth = m->spans->pdata[i];

		c.right += count_hits(e, m, told, truth);
		c.told += told->len;
		c.support += truth->len;
		n_chars += (double)g_utf8_strlen(m->texts->pdata[i], -1);
	}
	seconds = (double)(clock_monotonic_us() - start) / 1e6;
	json_object_begin(&w, NULL);
	json_put_string(&w, "task", "ner");
	json_put_int(&w, "n", m->texts->len);
	json_put_int(&w, "entities", (gint64)c.support);
	json_put_double(&w, "precision", c.told ? (double)c.right / (double)c.told : 0);
	json_put_double(&w, "recall", c.support ? (double)c.right / (double)c.support : 0);
	json_put_double(&w, "f1", c.right ? 2 * (double)c.right / (double)(c.told + c.support) : 0);
	json_put_double(&w, "characters_per_second", n_chars / MAX(seconds, 1e-6));
	json_put_double(&w, "seconds", seconds);
	json_object_end(&w);
	return print_json(run, out, error);
}

const LearnTask learn_ner = {
	.name = "ner",
	.help = "named spans of a text",
	.train = ner_train,
	.predict = ner_predict,
	.eval = ner_eval,
};
