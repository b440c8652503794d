/* Counts are kept by text, so that the bootstrap can draw texts. */
#include "cli/ner_report.h"

#include "base/json.h"
#include "cli/open.h"
#include "ml/metrics.h"
#include "ml/random.h"

void ner_report_init(NerReport *r, const MarkedTexts *m)
{
	r->n = m->texts->len;
	r->n_types = m->types->len;
	r->counts = g_new0(NerCount, (gsize)r->n * r->n_types + 1);
	r->micros = g_new0(gint64, r->n + 1);
}

void ner_report_clear(NerReport *r)
{
	g_free(r->counts);
	g_free(r->micros);
}

static double precision(NerCount c)
{
	return c.told ? (double)c.right / (double)c.told : 0;
}

static double recall(NerCount c)
{
	return c.support ? (double)c.right / (double)c.support : 0;
}

static double f1(NerCount c)
{
	return c.right ? 2 * (double)c.right / (double)(c.told + c.support) : 0;
}

static void count_add(NerCount *sum, const NerCount *c)
{
	sum->told += c->told;
	sum->right += c->right;
	sum->support += c->support;
}

static NerCount count_type(const NerReport *r, guint type)
{
	NerCount sum = {0};

	for (guint i = 0; i < r->n; i++)
		count_add(&sum, r->counts + (gsize)i * r->n_types + type);
	return sum;
}

static int by_value(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static Interval interval_of(const NerReport *r, const NerCount *rows)
{
	double f[METRICS_RESAMPLES];
	Random random;

	random_seed(&random, r->seed);
	for (guint s = 0; s < METRICS_RESAMPLES; s++) {
		NerCount sum = {.told = r->n_foreign};

		for (guint i = 0; i < r->n; i++)
			count_add(&sum, rows + random_up_to(&random, r->n - 1));
		f[s] = f1(sum);
	}
	qsort(f, METRICS_RESAMPLES, sizeof *f, by_value);
	return (Interval){f[METRICS_RESAMPLES / 40],
			  f[METRICS_RESAMPLES - 1 - METRICS_RESAMPLES / 40]};
}

typedef struct {
	NerCount all;
	Interval f1_ci;
	double f1_macro, p50_ms, p99_ms;
} Summary;

static int by_time(gconstpointer a, gconstpointer b)
{
	gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

	return (x > y) - (x < y);
}

static Summary summarise(const NerReport *r)
{
	g_autofree NerCount *rows = g_new0(NerCount, r->n + 1);
	g_autofree gint64 *micros = g_memdup2(r->micros, r->n * sizeof *micros);
	Summary s = {.all = {.told = r->n_foreign}};

	for (guint i = 0; i < r->n; i++) {
		for (guint t = 0; t < r->n_types; t++)
			count_add(rows + i, r->counts + (gsize)i * r->n_types + t);
		count_add(&s.all, rows + i);
	}
	for (guint t = 0; t < r->n_types; t++)
		s.f1_macro += f1(count_type(r, t)) / r->n_types;
	if (!r->n)
		return s;
	qsort(micros, r->n, sizeof *micros, by_time);
	s.p50_ms = (double)micros[r->n / 2] / 1e3;
	s.p99_ms = (double)micros[(gsize)r->n * 99 / 100] / 1e3;
	s.f1_ci = interval_of(r, rows);
	return s;
}

/* Characters a second of finding alone. */
static double speed(const NerReport *r)
{
	double micros = 1;

	for (guint i = 0; i < r->n; i++)
		micros += (double)r->micros[i];
	return r->n_chars / (micros / 1e6);
}

static void put_count(JsonWriter *w, NerCount c)
{
	json_put_double(w, "precision", precision(c));
	json_put_double(w, "recall", recall(c));
	json_put_double(w, "f1", f1(c));
}

static gboolean print_report_json(const NerReport *r, const MarkedTexts *m, CommandRun *run,
				  GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	JsonWriter w = json_writer(out);
	Summary s = summarise(r);

	json_object_begin(&w, NULL);
	json_put_string(&w, "task", "ner");
	json_put_int(&w, "n", r->n);
	json_put_int(&w, "entities", (gint64)s.all.support);
	put_count(&w, s.all);
	json_put_double(&w, "f1_macro", s.f1_macro);
	json_object_begin(&w, "latency_ms");
	json_put_double(&w, "p50", s.p50_ms);
	json_put_double(&w, "p99", s.p99_ms);
	json_object_end(&w);
	json_put_double(&w, "characters_per_second", speed(r));
	json_put_double(&w, "seconds", r->seconds);
	json_object_begin(&w, "ci95");
	json_array_begin(&w, "f1");
	json_put_double(&w, NULL, s.f1_ci.low);
	json_put_double(&w, NULL, s.f1_ci.high);
	json_array_end(&w);
	json_object_end(&w);
	json_array_begin(&w, "types");
	for (guint t = 0; t < r->n_types; t++) {
		json_object_begin(&w, NULL);
		json_put_string(&w, "type", m->types->pdata[t]);
		json_put_int(&w, "n", (gint64)count_type(r, t).support);
		put_count(&w, count_type(r, t));
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	return print_json(run, out, error);
}

gboolean ner_report_print(const NerReport *r, const MarkedTexts *m, CommandRun *run, GError **error)
{
	g_autoptr(GString) out = g_string_new(NULL);
	Summary s;

	if (run->json)
		return print_report_json(r, m, run, error);
	s = summarise(r);
	g_string_append_printf(out, "%-18s %u\n%-18s %.4f  [%.4f, %.4f]\n%-18s %.2f / %.2f ms\n\n",
			       "texts", r->n, "F1", f1(s.all), s.f1_ci.low, s.f1_ci.high,
			       "latency p50, p99", s.p50_ms, s.p99_ms);
	g_string_append_printf(out, "%-24s %8s %9s %9s %9s\n", "type", "entities", "precision",
			       "recall", "F1");
	for (guint t = 0; t <= r->n_types; t++) {
		NerCount c = t < r->n_types ? count_type(r, t) : s.all;

		g_string_append_printf(out, "%-24s %8" G_GUINT64_FORMAT " %9.4f %9.4f %9.4f\n",
				       t < r->n_types ? (const char *)m->types->pdata[t] : "all",
				       c.support, precision(c), recall(c), f1(c));
	}
	return command_print(run, out->str, (gssize)out->len, error);
}
