/* `zhiyin extract`: what messages state - people, firms, amounts, dates, ways to reach somebody - and
 * what they ask for. One message in, one line out; memory does not grow with the file. */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "cli/text_rows.h"
#include "nlu/requirement.h"
#include "text/language.h"
#include "text/mask.h"
#include "text/values.h"

/* The arrays of a line and what goes into them. */
static const struct {
	const char *key;
	guint64 kinds;
} lists[] = {
	{"people", VALUE_BIT(VALUE_PERSON)},
	{"companies", VALUE_BIT(VALUE_COMPANY)},
	{"products", VALUE_BIT(VALUE_PRODUCT)},
	{"amounts", VALUE_BIT(VALUE_MONEY)},
	{"quantities", VALUE_BIT(VALUE_QUANTITY) | VALUE_BIT(VALUE_PEOPLE)},
	{"dates", VALUE_BIT(VALUE_DATE)},
	{"times", VALUE_BIT(VALUE_TIME)},
	{"durations", VALUE_BIT(VALUE_DURATION)},
	{"phones", VALUE_BIT(VALUE_PHONE)},
	{"emails", VALUE_BIT(VALUE_EMAIL)},
	{"addresses", VALUE_BIT(VALUE_ADDRESS)},
	{"places", VALUE_BIT(VALUE_PLACE)},
	{"order_numbers", VALUE_BIT(VALUE_ORDER)},
	{"ids", VALUE_BIT(VALUE_CHINESE_ID) | VALUE_BIT(VALUE_CREDIT_CODE) | VALUE_BIT(VALUE_CARD) |
			VALUE_BIT(VALUE_IBAN) | VALUE_BIT(VALUE_SSN) | VALUE_BIT(VALUE_PASSPORT) |
			VALUE_BIT(VALUE_LICENCE)},
	{"ages", VALUE_BIT(VALUE_AGE)},
	{"links", VALUE_BIT(VALUE_URL) | VALUE_BIT(VALUE_IP)},
};

/* ---- one line -------------------------------------------------------------------------------- */

static void put_span(JsonWriter *w, const char *text, gsize start, gsize end)
{
	json_put_string_n(w, "text", text + start, end - start);
	json_put_int(w, "start", g_utf8_pointer_to_offset(text, text + start));
	json_put_int(w, "end", g_utf8_pointer_to_offset(text, text + end));
}

static double rounded(double confidence)
{
	return (double)(gint64)(confidence * 100 + .5) / 100;
}

/* A thing that is counted or wanted is a product unless the words already are one. */
static gboolean is_told(const GArray *values, const RequirementField *thing)
{
	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if (value->kind == VALUE_PRODUCT && value->start < thing->end &&
		    thing->start < value->end)
			return TRUE;
	}
	return FALSE;
}

static void put_value(JsonWriter *w, const char *text, const Value *value)
{
	json_object_begin(w, NULL);
	json_put_string(w, "type", value_kind_name(value->kind));
	put_span(w, text, value->start, value->end);
	if (value->value)
		json_put_string(w, "value", value->value);
	else
		json_put_string_n(w, "value", text + value->start, value->end - value->start);
	if (value->unit)
		json_put_string(w, "unit", value->unit);
	json_put_double(w, "confidence", rounded(value->confidence));
	json_object_end(w);
}

static void put_values(JsonWriter *w, const char *text, const GArray *values, const Requirement *r,
		       guint list)
{
	json_array_begin(w, lists[list].key);
	for (guint i = 0; i < values->len; i++)
		if (VALUE_BIT(g_array_index(values, Value, i).kind) & lists[list].kinds)
			put_value(w, text, &g_array_index(values, Value, i));
	for (guint i = 0; i < r->n_things && (lists[list].kinds & VALUE_BIT(VALUE_PRODUCT)); i++) {
		Value value = {.kind = VALUE_PRODUCT,
			       .start = r->things[i].start,
			       .end = r->things[i].end,
			       .confidence = r->things[i].confidence};

		if (!is_told(values, &r->things[i]))
			put_value(w, text, &value);
	}
	json_array_end(w);
}

static void put_field(JsonWriter *w, const char *key, const char *text,
		      const RequirementField *field)
{
	if (!field->end)
		return;
	json_object_begin(w, key);
	put_span(w, text, field->start, field->end);
	if (field->value)
		json_put_string(w, "value", field->value);
	if (field->unit)
		json_put_string(w, "unit", field->unit);
	json_put_double(w, "confidence", rounded(field->confidence));
	json_object_end(w);
}

static void put_requirement(JsonWriter *w, const char *text, const Requirement *r)
{
	if (!r->request.end && !r->what.end && !r->quantity.end && !r->budget.end) {
		json_put_null(w, "request");
		return;
	}
	json_object_begin(w, "request");
	put_field(w, "sentence", text, &r->request);
	put_field(w, "who", text, &r->who);
	put_field(w, "what", text, &r->what);
	put_field(w, "quantity", text, &r->quantity);
	put_field(w, "budget", text, &r->budget);
	put_field(w, "deadline", text, &r->deadline);
	json_array_begin(w, "constraints");
	for (guint i = 0; i < r->n_constraints; i++)
		put_field(w, NULL, text, &r->constraints[i]);
	json_array_end(w);
	put_field(w, "contact", text, &r->contact);
	json_object_end(w);
}

static void put_masked(JsonWriter *w, const char *text)
{
	g_autoptr(Mask) mask = mask_new(NULL);
	g_autofree char *hidden = mask_hide(mask, text);

	json_put_string(w, "masked", hidden);
}

/* The answer to one message; an id comes back as it was, any JSON. */
static void put_message(const CommandRun *run, GDateTime *now, GString *out, const char *text,
			const json_t *row)
{
	const json_t *id = json_object_get(row, "id");
	ValueKind asked = value_kind_named(json_member_string(row, "asked"));
	g_autoptr(GArray) values = text_values_asked(text, now, VALUES_ALL, asked);
	g_auto(Requirement) r = requirement_find(text, values, now);
	g_autofree char *id_text = id ? json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	if (id_text)
		json_put_raw(&w, "id", id_text);
	json_put_string(&w, "language", text_language_name(text_language(text)));
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		put_values(&w, text, values, &r, i);
	put_requirement(&w, text, &r);
	if (command_flag(run, "mask"))
		put_masked(&w, text);
	json_object_end(&w);
	g_string_append_c(out, '\n');
}

/* ---- the file -------------------------------------------------------------------------------- */

static GDateTime *now_of(const CommandRun *run, GError **error)
{
	const char *text = command_text(run, "now");
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	GDateTime *now = text ? g_date_time_new_from_iso8601(text, local)
			      : g_date_time_new_from_unix_local(clock_now_ms() / 1000);

	if (!now)
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE,
			    "--now %s is no time (2026-05-01T12:00:00+08:00)", text);
	return now;
}

static gboolean extract_all(CommandRun *run, GDateTime *now, TextRows *rows, TextOut *out,
			    GError **error)
{
	g_autoptr(Progress) progress = progress_new("reading", "messages", 0, run->quiet);
	g_autoptr(GString) line = g_string_new(NULL);
	g_autoptr(GError) failure = NULL;
	guint64 n = 0;

	while (text_rows_next(rows, &failure)) {
		g_string_truncate(line, 0);
		put_message(run, now, line, text_rows_text(rows), text_rows_object(rows));
		if (!text_out_write(out, line, error))
			return FALSE;
		progress_set(progress, ++n);
	}
	if (!failure)
		return text_out_commit(out, error);
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean extract_run(CommandRun *run, GError **error)
{
	g_autoptr(GDateTime) now = now_of(run, error);
	g_autoptr(TextRows) rows =
		now ? text_rows_open(run, command_text(run, "in"), command_text(run, "text"), error)
		    : NULL;
	g_autoptr(TextOut) out = rows ? text_out_open(run, command_text(run, "out"), error) : NULL;

	return out && extract_all(run, now, rows, out, error);
}

static const CommandOption options[] = {
	{.name = "in",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .help = "JSON Lines with a text each (also CSV, TSV, XLSX, plain lines), and if you like "
		 "an id, and what had been asked for "
		 "(asked: "
		 "people_count, time or date); - is standard input"},
	{.name = "out",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .help = "where the lines go, standard output without it"},
	{.name = "text",
	 .kind = OPTION_TEXT,
	 .value_name = "NAME",
	 .fallback = "text",
	 .help = "name of the member or column that holds the text"},
	{.name = "now",
	 .kind = OPTION_TEXT,
	 .value_name = "RFC3339",
	 .help = "the time from which \"tomorrow\" is reckoned"},
	{.name = "mask", .kind = OPTION_FLAG, .help = "add the text with personal data masked"},
	{.name = "strict", .kind = OPTION_FLAG, .help = "end at the first faulty line"},
	{0},
};

const Command command_extract = {
	.name = "extract",
	.group = COMMAND_GROUP_LEARNING,
	.summary = "Find names, amounts, dates, contact details and the request in messages.",
	.arguments = "",
	.options = options,
	.details = "Writes one JSON object a line: arrays of what was found, each with its text, "
		   "place in "
		   "code points, normalised value and confidence, and the request (who, what, "
		   "quantity, "
		   "budget, deadline, constraints, contact) or null. Faulty lines are named and "
		   "left out.",
	.example = "zhiyin extract --in messages.jsonl --now 2026-05-01T12:00:00+08:00",
	.run = extract_run,
};
