/* `zhiyin extract`: what messages state - people, firms, amounts, dates, ways to reach somebody - and
 * what they ask for. One message in, one line out; memory does not grow with the file. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/open.h"
#include "cli/progress.h"
#include "nlu/requirement.h"
#include "text/input.h"
#include "text/language.h"
#include "text/lines.h"
#include "text/mask.h"
#include "text/normalise.h"
#include "text/values.h"

enum { NAMED_FAULTS = 20 };

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

typedef struct {
	CommandRun *run;
	GDateTime *now;
	FILE *file; /* of --out, else NULL */
	guint64 n, n_faults;
} Extraction;

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

static void put_values(JsonWriter *w, const char *text, const GArray *values, guint list)
{
	json_array_begin(w, lists[list].key);
	for (guint i = 0; i < values->len; i++) {
		const Value *value = &g_array_index(values, Value, i);

		if (!(VALUE_BIT(value->kind) & lists[list].kinds))
			continue;
		json_object_begin(w, NULL);
		json_put_string(w, "type", value_kind_name(value->kind));
		put_span(w, text, value->start, value->end);
		json_put_string(w, "value", value->value);
		if (value->unit)
			json_put_string(w, "unit", value->unit);
		json_put_double(w, "confidence", rounded(value->confidence));
		json_object_end(w);
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

static void put_requirement(JsonWriter *w, const char *text, const GArray *values)
{
	g_auto(Requirement) r = requirement_find(text, values);

	if (!r.request.end && !r.what.end && !r.quantity.end && !r.budget.end) {
		json_put_null(w, "request");
		return;
	}
	json_object_begin(w, "request");
	put_field(w, "sentence", text, &r.request);
	put_field(w, "who", text, &r.who);
	put_field(w, "what", text, &r.what);
	put_field(w, "quantity", text, &r.quantity);
	put_field(w, "budget", text, &r.budget);
	put_field(w, "deadline", text, &r.deadline);
	json_array_begin(w, "constraints");
	for (guint i = 0; i < r.n_constraints; i++)
		put_field(w, NULL, text, &r.constraints[i]);
	json_array_end(w);
	put_field(w, "contact", text, &r.contact);
	json_object_end(w);
}

static void put_masked(JsonWriter *w, const char *text)
{
	g_autoptr(Mask) mask = mask_new(NULL);
	g_autofree char *hidden = mask_hide(mask, text);

	json_put_string(w, "masked", hidden);
}

/* The answer to one message; an id comes back as it was, any JSON. */
static void put_message(const Extraction *e, GString *out, const char *text, const json_t *row)
{
	const json_t *id = json_object_get(row, "id");
	ValueKind asked = value_kind_named(json_member_string(row, "asked"));
	g_autoptr(GArray) values = text_values_asked(text, e->now, VALUES_ALL, asked);
	g_autofree char *id_text = id ? json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	if (id_text)
		json_put_raw(&w, "id", id_text);
	json_put_string(&w, "language", text_language_name(text_language(text)));
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++)
		put_values(&w, text, values, i);
	put_requirement(&w, text, values);
	if (command_flag(e->run, "mask"))
		put_masked(&w, text);
	json_object_end(&w);
	g_string_append_c(out, '\n');
}

/* ---- the file -------------------------------------------------------------------------------- */

/* Names the fault; FALSE when it ends the run (--strict). */
static gboolean fault(Extraction *e, const char *name, guint64 line, const GError *cause,
		      GError **error)
{
	e->n_faults++;
	if (command_flag(e->run, "strict")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s:%" G_GUINT64_FORMAT ": %s", name, line, cause->message);
		return FALSE;
	}
	if (e->n_faults <= NAMED_FAULTS)
		command_note(e->run, "%s:%" G_GUINT64_FORMAT ": %s", name, line, cause->message);
	return TRUE;
}

static gboolean write_out(Extraction *e, const GString *out, GError **error)
{
	if (!e->file)
		return command_print(e->run, out->str, (gssize)out->len, error);
	if (fwrite(out->str, 1, out->len, e->file) == out->len)
		return TRUE;
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "cannot write the result: %s",
		    g_strerror(errno));
	return FALSE;
}

static gboolean extract_line(Extraction *e, const char *name, guint64 number, const char *line,
			     gsize n, GString *out, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(json_t) row = json_parse(line, n, &cause);
	const char *text = json_member_string(row, command_text(e->run, "text"));
	g_autofree char *clean = NULL;

	if (row && !text)
		g_set_error(&cause, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "expected an object with the text \"%s\"",
			    command_text(e->run, "text"));
	if (!text)
		return fault(e, name, number, cause, error);
	clean = text_clean(text, -1);
	g_string_truncate(out, 0);
	put_message(e, out, clean, row);
	e->n++;
	return write_out(e, out, error);
}

/* Takes the input. */
static gboolean extract_all(Extraction *e, Input *input, GError **error)
{
	g_autoptr(Lines) lines = lines_new(input);
	g_autoptr(Progress) progress = progress_new("reading", "messages", 0, e->run->quiet);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) failure = NULL;
	const char *line;
	gsize n;

	while ((line = lines_next(lines, &n, &failure)))
		if (n) {
			if (!extract_line(e, input_name(input), lines->line, line, n, out, error))
				return FALSE;
			progress_set(progress, e->n);
		}
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	if (e->n_faults > NAMED_FAULTS)
		command_note(e->run, "and %" G_GUINT64_FORMAT " faulty lines more",
			     e->n_faults - NAMED_FAULTS);
	if (!e->n && e->n_faults) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "%s: no line is a JSON object with the text \"%s\"", input_name(input),
			    command_text(e->run, "text"));
		return FALSE;
	}
	return TRUE;
}

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

/* Under another name until it is whole. */
static gboolean extract_to_file(Extraction *e, Input *input, const char *path, GError **error)
{
	g_autofree char *partial = g_strconcat(path, ".part", NULL);
	gboolean done;

	e->file = g_fopen(partial, "wbe");
	if (!e->file) {
		input_free(input);
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "cannot write %s: %s",
			    partial, g_strerror(errno));
		return FALSE;
	}
	done = extract_all(e, input, error);
	if (fclose(e->file) != 0 && done) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "cannot write %s: %s",
			    partial, g_strerror(errno));
		done = FALSE;
	}
	if (done && g_rename(partial, path) != 0) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INTERNAL, "cannot write %s: %s", path,
			    g_strerror(errno));
		done = FALSE;
	}
	if (!done)
		g_unlink(partial);
	return done;
}

static gboolean extract_run(CommandRun *run, GError **error)
{
	g_autoptr(GDateTime) now = now_of(run, error);
	Input *input;
	Extraction e = {.run = run, .now = now};
	const char *path = command_text(run, "out");

	if (!now)
		return FALSE;
	if (!command_text(run, "in")) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_USAGE, "give --in FILE.jsonl");
		return FALSE;
	}
	input = input_open(command_text(run, "in"), 0, error);
	if (!input)
		return FALSE;
	if (path && !g_str_equal(path, "-"))
		return extract_to_file(&e, input, path, error);
	return extract_all(&e, input, error);
}

static const CommandOption options[] = {
	{.name = "in",
	 .kind = OPTION_PATH,
	 .value_name = "FILE.jsonl",
	 .help = "JSON Lines with a text each, and if you like an id, and what had been asked for "
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
	 .help = "name of the member that holds the text"},
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
