/* Written from the report's own JSON, so that both always say the same. */
#include "cli/learn_html.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

enum { MATRIX_LABELS = 30, PAIRS = 30, PLOT = 320, MARGIN = 36 };

typedef enum {
#define TEXT(id, en, zh) TEXT_##id,
#include "cli/learn_html.def"
#undef TEXT
	N_TEXTS
} Text;

static const char *const texts[N_TEXTS][2] = {
#define TEXT(id, en, zh) {en, zh},
#include "cli/learn_html.def"
#undef TEXT
};

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;color:#1c2529;max-width:1000px;margin:2em "
	"auto;padding:0 1em}table{border-collapse:collapse;margin:.5em 0 "
	"1.5em}th,td{border:1px solid #dde3e6;padding:.25em .6em;text-align:right}"
	"th:first-child,td:first-child,td.text{text-align:left}td.text{overflow-wrap:anywhere}"
	"td.right{background:#e3f3ec}td.wrong{background:#fbe9e7}.hint{color:#57646b}"
	".wide{overflow-x:auto}@media print{h2{break-after:avoid}tr{break-inside:avoid}}";

typedef struct {
	GString *out;
	const json_t *report;
	int language; /* column of texts */
} Page;

static const char *say(const Page *page, Text text)
{
	return texts[text][page->language];
}

/* ---- pieces -------------------------------------------------------------------------------------- */

static void put_escaped(Page *page, const char *text)
{
	g_autofree char *escaped = g_markup_escape_text(text ? text : "", -1);

	g_string_append(page->out, escaped);
}

static void put_cell(Page *page, const char *tag, const char *text)
{
	g_string_append_printf(page->out, "<%s>", tag);
	put_escaped(page, text);
	g_string_append_printf(page->out, "</%.2s>", tag);
}

static void put_count(Page *page, const json_t *value)
{
	g_string_append_printf(page->out, "<td>%" JSON_INTEGER_FORMAT "</td>",
			       json_integer_value(value));
}

static void put_share(Page *page, const json_t *value)
{
	if (json_is_number(value))
		g_string_append_printf(page->out, "<td>%.4f</td>", json_number_value(value));
	else
		g_string_append(page->out, "<td>–</td>");
}

static void begin_table(Page *page, const Text *heads, guint n)
{
	g_string_append(page->out, "<div class=\"wide\"><table><thead><tr>");
	for (guint i = 0; i < n; i++)
		put_cell(page, "th", say(page, heads[i]));
	g_string_append(page->out, "</tr></thead><tbody>");
}

static void end_table(Page *page)
{
	g_string_append(page->out, "</tbody></table></div>");
}

static void put_head(Page *page, Text text, Text hint)
{
	put_cell(page, "h2", say(page, text));
	if (hint != N_TEXTS) {
		g_string_append(page->out, "<p class=\"hint\">");
		put_escaped(page, say(page, hint));
		g_string_append(page->out, "</p>");
	}
}

/* ---- parts --------------------------------------------------------------------------------------- */

static void put_measures(Page *page)
{
	static const struct {
		Text text;
		const char *member;
	} rows[] = {{TEXT_ACCURACY, "accuracy"},
		    {TEXT_F1_MACRO, "f1_macro"},
		    {TEXT_F1_WEIGHTED, "f1_weighted"},
		    {TEXT_PRECISION, "precision"},
		    {TEXT_RECALL, "recall"},
		    {TEXT_AUC, "auc"},
		    {TEXT_AVERAGE_PRECISION, "average_precision"},
		    {TEXT_BRIER, "brier"},
		    {TEXT_ECE, "ece"}};
	static const Text heads[] = {TEXT_MEASURE, TEXT_VALUE, TEXT_INTERVAL};
	const json_t *latency = json_object_get(page->report, "latency_ms");

	begin_table(page, heads, G_N_ELEMENTS(heads));
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const json_t *interval =
			json_object_get(json_object_get(page->report, "ci95"), rows[i].member);

		g_string_append(page->out, "<tr>");
		put_cell(page, "td", say(page, rows[i].text));
		put_share(page, json_object_get(page->report, rows[i].member));
		if (interval)
			g_string_append_printf(page->out, "<td>%.4f – %.4f</td></tr>",
					       json_number_value(json_array_get(interval, 0)),
					       json_number_value(json_array_get(interval, 1)));
		else
			g_string_append(page->out, "<td></td></tr>");
	}
	g_string_append(page->out, "<tr>");
	put_cell(page, "td", say(page, TEXT_DUPLICATES));
	put_count(page, json_object_get(page->report, "duplicates"));
	g_string_append(page->out, "<td></td></tr><tr>");
	put_cell(page, "td", say(page, TEXT_LATENCY));
	g_string_append_printf(page->out, "<td>%.2f / %.2f</td><td></td></tr>",
			       json_number_value(json_object_get(latency, "p50")),
			       json_number_value(json_object_get(latency, "p99")));
	end_table(page);
}

static void put_against(Page *page)
{
	static const struct {
		Text text;
		const char *member;
	} counts[] = {{TEXT_ONLY_FIRST, "only_first_right"},
		      {TEXT_ONLY_SECOND, "only_second_right"}};
	static const Text heads[] = {TEXT_MEASURE, TEXT_VALUE};
	const json_t *against = json_object_get(page->report, "against");
	double p = json_number_value(json_object_get(against, "p"));

	if (!against)
		return;
	put_head(page, TEXT_AGAINST, p < 0.05 ? TEXT_DIFFERS : TEXT_SAME);
	begin_table(page, heads, G_N_ELEMENTS(heads));
	g_string_append(page->out, "<tr>");
	put_cell(page, "td", say(page, TEXT_ACCURACY));
	put_share(page, json_object_get(against, "accuracy"));
	for (gsize i = 0; i < G_N_ELEMENTS(counts); i++) {
		g_string_append(page->out, "</tr><tr>");
		put_cell(page, "td", say(page, counts[i].text));
		put_count(page, json_object_get(against, counts[i].member));
	}
	g_string_append(page->out, "</tr><tr>");
	put_cell(page, "td", say(page, TEXT_P));
	g_string_append_printf(page->out, "<td>%.4g</td></tr>", p);
	end_table(page);
}

static void put_reliability(Page *page)
{
	const json_t *bins = json_object_get(page->report, "reliability"), *bin;
	double n = json_number_value(json_object_get(page->report, "n"));
	gsize i;

	put_head(page, TEXT_RELIABILITY, TEXT_RELIABILITY_HINT);
	g_string_append_printf(
		page->out,
		"<svg role=\"img\" width=\"%d\" height=\"%d\" viewBox=\"%d -10 %d %d\" "
		"font-size=\"11\"><title>",
		PLOT + 2 * MARGIN, PLOT + MARGIN, -MARGIN, PLOT + 2 * MARGIN, PLOT + MARGIN);
	put_escaped(page, say(page, TEXT_RELIABILITY));
	g_string_append_printf(page->out,
			       "</title><rect width=\"%d\" height=\"%d\" fill=\"none\" "
			       "stroke=\"#84919a\"/><line x1=\"0\" y1=\"%d\" x2=\"%d\" y2=\"0\" "
			       "stroke=\"#84919a\" stroke-dasharray=\"4\"/>",
			       PLOT, PLOT, PLOT, PLOT);
	for (int tick = 0; tick <= 4; tick++)
		g_string_append_printf(page->out,
				       "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%.2f</text>"
				       "<text x=\"-4\" y=\"%d\" text-anchor=\"end\">%.2f</text>",
				       tick * PLOT / 4, PLOT + 16, tick / 4.0,
				       PLOT - tick * PLOT / 4 + 4, tick / 4.0);
	json_array_foreach(bins, i, bin)
	{
		double share = json_number_value(json_object_get(bin, "n")) / n;

		g_string_append_printf(
			page->out,
			"<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#0b7a64\" "
			"fill-opacity=\"0.75\"/>",
			PLOT * json_number_value(json_object_get(bin, "sure")),
			PLOT * (1 - json_number_value(json_object_get(bin, "right"))),
			3 + 12 * sqrt(share));
	}
	g_string_append(page->out, "</svg>");
}

static void put_labels(Page *page)
{
	static const Text heads[] = {TEXT_LABEL, TEXT_ROWS, TEXT_PRECISION, TEXT_RECALL, TEXT_F1};
	const json_t *label;
	gsize i;

	put_head(page, TEXT_BY_LABEL, N_TEXTS);
	begin_table(page, heads, G_N_ELEMENTS(heads));
	json_array_foreach(json_object_get(page->report, "labels"), i, label)
	{
		g_string_append(page->out, "<tr>");
		put_cell(page, "td", json_member_string(label, "label"));
		put_count(page, json_object_get(label, "n"));
		put_share(page, json_object_get(label, "precision"));
		put_share(page, json_object_get(label, "recall"));
		put_share(page, json_object_get(label, "f1"));
		g_string_append(page->out, "</tr>");
	}
	end_table(page);
}

static void put_levels(Page *page)
{
	static const Text heads[] = {TEXT_LEVEL, TEXT_LABELS, TEXT_ACCURACY, TEXT_F1_MACRO};
	const json_t *levels = json_object_get(page->report, "levels"), *level;
	gsize i;

	if (!levels)
		return;
	put_head(page, TEXT_BY_LEVEL, N_TEXTS);
	begin_table(page, heads, G_N_ELEMENTS(heads));
	json_array_foreach(levels, i, level)
	{
		g_string_append(page->out, "<tr>");
		put_count(page, json_object_get(level, "level"));
		put_count(page, json_object_get(level, "labels"));
		put_share(page, json_object_get(level, "accuracy"));
		put_share(page, json_object_get(level, "f1_macro"));
		g_string_append(page->out, "</tr>");
	}
	end_table(page);
}

/* ---- confusions ---------------------------------------------------------------------------------- */

static const char *label_at(const Page *page, gsize i)
{
	return json_member_string(json_array_get(json_object_get(page->report, "labels"), i),
				  "label");
}

static gint64 confused(const Page *page, gsize truth, gsize told)
{
	return json_integer_value(json_array_get(
		json_array_get(json_object_get(page->report, "confusion"), truth), told));
}

static void put_matrix(Page *page, gsize n)
{
	put_head(page, TEXT_CONFUSION, TEXT_CONFUSION_HINT);
	g_string_append(page->out, "<div class=\"wide\"><table><thead><tr><th></th>");
	for (gsize told = 0; told < n; told++)
		put_cell(page, "th", label_at(page, told));
	g_string_append(page->out, "</tr></thead><tbody>");
	for (gsize truth = 0; truth < n; truth++) {
		g_string_append(page->out, "<tr>");
		put_cell(page, "th", label_at(page, truth));
		for (gsize told = 0; told < n; told++) {
			gint64 count = confused(page, truth, told);

			g_string_append_printf(page->out,
					       "<td class=\"%s\">%" G_GINT64_FORMAT "</td>",
					       truth == told ? "right"
					       : count	     ? "wrong"
							     : "none",
					       count);
		}
		g_string_append(page->out, "</tr>");
	}
	end_table(page);
}

typedef struct {
	gsize truth, told;
	gint64 n;
} Pair;

static int more_first(gconstpointer a, gconstpointer b)
{
	const Pair *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return x->truth != y->truth ? (x->truth > y->truth) - (x->truth < y->truth)
				    : (x->told > y->told) - (x->told < y->told);
}

static void put_pairs(Page *page, gsize n)
{
	static const Text heads[] = {TEXT_LABEL, TEXT_TOLD, TEXT_ROWS};
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));

	for (gsize i = 0; i < n * n; i++) {
		Pair pair = {i / n, i % n, confused(page, i / n, i % n)};

		if (pair.truth != pair.told && pair.n)
			g_array_append_val(pairs, pair);
	}
	g_array_sort(pairs, more_first);
	put_head(page, TEXT_CONFUSIONS, N_TEXTS);
	begin_table(page, heads, G_N_ELEMENTS(heads));
	for (guint i = 0; i < MIN(pairs->len, (guint)PAIRS); i++) {
		const Pair *pair = &g_array_index(pairs, Pair, i);

		g_string_append(page->out, "<tr>");
		put_cell(page, "td", label_at(page, pair->truth));
		put_cell(page, "td", label_at(page, pair->told));
		g_string_append_printf(page->out, "<td>%" G_GINT64_FORMAT "</td></tr>", pair->n);
	}
	end_table(page);
}

static void put_confusions(Page *page)
{
	gsize n = json_array_size(json_object_get(page->report, "labels"));

	if (n <= MATRIX_LABELS)
		put_matrix(page, n);
	else
		put_pairs(page, n);
}

/* ---- slices, errors ------------------------------------------------------------------------------ */

/* As the report's JSON names them; others are shown so. */
static const char *slice_name(const Page *page, const char *name)
{
	static const struct {
		const char *name, *shown[2];
	} rows[] = {
		{"zh", {"Chinese", "中文"}},
		{"en", {"English", "英文"}},
		{"mixed", {"mixed", "中英混合"}},
		{"unknown", {"unknown language", "语言未知"}},
		{"below 20 characters", {"below 20 characters", "不足 20 字"}},
		{"20 to 59 characters", {"20 to 59 characters", "20 至 59 字"}},
		{"60 to 199 characters", {"60 to 199 characters", "60 至 199 字"}},
		{"200 characters and more", {"200 characters and more", "200 字及以上"}},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(name, rows[i].name) == 0)
			return rows[i].shown[page->language];
	return name;
}

static void put_slices(Page *page)
{
	static const Text heads[] = {TEXT_SLICE, TEXT_ROWS, TEXT_ACCURACY};
	const json_t *slice;
	gsize i;

	put_head(page, TEXT_SLICES, N_TEXTS);
	begin_table(page, heads, G_N_ELEMENTS(heads));
	json_array_foreach(json_object_get(page->report, "slices"), i, slice)
	{
		g_string_append(page->out, "<tr>");
		put_cell(page, "td", slice_name(page, json_member_string(slice, "slice")));
		put_count(page, json_object_get(slice, "n"));
		put_share(page, json_object_get(slice, "accuracy"));
		g_string_append(page->out, "</tr>");
	}
	end_table(page);
}

static void put_worst(Page *page)
{
	static const Text heads[] = {TEXT_TEXT, TEXT_LABEL, TEXT_TOLD, TEXT_PROBABILITY, TEXT_ROW};
	const json_t *error;
	gsize i;

	put_head(page, TEXT_WORST, N_TEXTS);
	begin_table(page, heads, G_N_ELEMENTS(heads));
	json_array_foreach(json_object_get(page->report, "worst"), i, error)
	{
		g_string_append(page->out, "<tr><td class=\"text\">");
		put_escaped(page, json_member_string(error, "text"));
		g_string_append(page->out, "</td>");
		put_cell(page, "td", json_member_string(error, "label"));
		put_cell(page, "td", json_member_string(error, "predicted"));
		put_share(page, json_object_get(error, "probability"));
		put_count(page, json_object_get(error, "row"));
		g_string_append(page->out, "</tr>");
	}
	end_table(page);
}

static void put_page(Page *page)
{
	g_string_append_printf(
		page->out,
		"<!doctype html><html lang=\"%s\"><head><meta charset=\"utf-8\"><meta "
		"http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
		"'unsafe-inline'\"><meta name=\"viewport\" content=\"width=device-width\"><title>",
		page->language ? "zh-CN" : "en");
	put_escaped(page, say(page, TEXT_TITLE));
	g_string_append_printf(page->out, "</title><style>%s</style></head><body><h1>", style);
	put_escaped(page, say(page, TEXT_TITLE));
	g_string_append(page->out, "</h1><p>");
	put_escaped(page, say(page, TEXT_TASK));
	g_string_append(page->out, ": ");
	put_escaped(page, json_member_string(page->report, "task"));
	g_string_append(page->out, " · ");
	put_escaped(page, say(page, TEXT_ROWS));
	g_string_append_printf(page->out, ": %" JSON_INTEGER_FORMAT "</p>",
			       json_integer_value(json_object_get(page->report, "n")));
	put_measures(page);
	put_against(page);
	put_reliability(page);
	put_levels(page);
	put_labels(page);
	put_confusions(page);
	put_slices(page);
	put_worst(page);
	g_string_append(page->out, "</body></html>\n");
}

gboolean learn_html_write(const LearnReport *report, const char *language, const char *path,
			  GError **error)
{
	g_autofree char *json = learn_report_json(report, TRUE);
	g_autoptr(json_t) parsed = json_parse(json, strlen(json), error);
	g_autoptr(GString) out = g_string_new(NULL);
	Page page = {out, parsed, g_str_equal(language, "zh")};

	if (!parsed)
		return FALSE;
	put_page(&page);
	return g_file_set_contents_full(path, out->str, (gssize)out->len,
					G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}
