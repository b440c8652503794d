/* One row is held at a time, so that a file may be larger than the memory. */
#include "nlu/spans.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "text/lines.h"

struct SpanReader {
	Lines *lines;
	char *path;
	GString *text;
	GArray *spans;
	GPtrArray *types;
	guint n_chars;
	gboolean open; /* a span of CoNLL goes on */
};

SpanReader *span_reader_open(const char *path, GError **error)
{
	Input *input = input_open(path, 0, error);
	SpanReader *r;

	if (!input)
		return NULL;
	r = g_new0(SpanReader, 1);
	r->lines = lines_new(input);
	r->path = g_strdup(path);
	r->text = g_string_new(NULL);
	r->spans = g_array_new(FALSE, FALSE, sizeof(Span));
	r->types = g_ptr_array_new_with_free_func(g_free);
	return r;
}

void span_reader_free(SpanReader *r)
{
	if (!r)
		return;
	lines_free(r->lines);
	g_free(r->path);
	g_string_free(r->text, TRUE);
	g_array_unref(r->spans);
	g_ptr_array_unref(r->types);
	g_free(r);
}

const char *span_reader_text(const SpanReader *r)
{
	return r->text->str;
}

const GArray *span_reader_spans(const SpanReader *r)
{
	return r->spans;
}

const GPtrArray *span_reader_types(const SpanReader *r)
{
	return r->types;
}

static gboolean bad(const SpanReader *r, const char *what, GError **error)
{
	g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, "%s:%" G_GUINT64_FORMAT ": %s",
		    r->path, r->lines->line, what);
	return FALSE;
}

static gboolean add_span(SpanReader *r, gint64 start, gint64 end, const char *type, GError **error)
{
	Span span = {(guint)start, (guint)end, 0};

	if (start < 0 || end <= start || end > r->n_chars)
		return bad(r, "an entity lies outside its text", error);
	while (span.type < r->types->len && strcmp(r->types->pdata[span.type], type) != 0)
		span.type++;
	if (span.type == SPANS_MAX_TYPES || !*type)
		return bad(r, "there are too many types of entities, or one has no name", error);
	if (span.type == r->types->len)
		g_ptr_array_add(r->types, g_strdup(type));
	g_array_append_val(r->spans, span);
	return TRUE;
}

/* {"surface": [[first, last], ...], ...} of one type; here the last character is named, not the one behind it. */
static gboolean read_surfaces(SpanReader *r, const char *type, json_t *surfaces, GError **error)
{
	const char *surface;
	json_t *places, *place;
	gsize i;

	json_object_foreach(surfaces, surface, places) json_array_foreach(places, i, place)
	{
		const json_t *first = json_array_get(place, 0), *last = json_array_get(place, 1);

		if (!json_is_integer(first) || !json_is_integer(last))
			return bad(r, "a place is not [first, last]", error);
		if (!add_span(r, json_integer_value(first), json_integer_value(last) + 1, type,
			      error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_json(SpanReader *r, const char *line, gsize n, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autoptr(json_t) row = json_parse(line, n, &cause);
	const char *text = row ? json_member_string(row, "text") : NULL, *name;
	json_t *entities = json_object_get(row, "entities"), *item;
	gsize i;

	if (!text)
		return bad(r, row ? "there is no \"text\"" : cause->message, error);
	g_string_assign(r->text, text);
	r->n_chars = (guint)g_utf8_strlen(text, -1);
	if (entities && !json_is_array(entities))
		return bad(r, "\"entities\" is not [[start, end, \"TYPE\"], ...]", error);
	json_array_foreach(entities, i, item)
	{
		const json_t *start = json_array_get(item, 0), *end = json_array_get(item, 1);
		const char *type = json_string_value(json_array_get(item, 2));

		if (!json_is_integer(start) || !json_is_integer(end) || !type)
			return bad(r, "an entity is not [start, end, \"TYPE\"]", error);
		if (!add_span(r, json_integer_value(start), json_integer_value(end), type, error))
			return FALSE;
	}
	json_object_foreach(json_object_get(row, "label"), name,
			    item) if (!read_surfaces(r, name, item, error)) return FALSE;
	return TRUE;
}

/* The last span grows where the tag goes on with it. */
static gboolean add_tag(SpanReader *r, const char *tag, guint start, GError **error)
{
	Span *last = r->spans->len ? &g_array_index(r->spans, Span, r->spans->len - 1) : NULL;
	gboolean goes_on = r->open && strchr("IME", tag[0]);

	r->open = tag[0] != 'O' && tag[0] != 'E' && tag[0] != 'S';
	if (g_str_equal(tag, "O"))
		return TRUE;
	if (!strchr("BIMES", tag[0]) || tag[1] != '-')
		return bad(r, "a tag is not O or B-, I-, M-, E-, S- and a type", error);
	if (goes_on && last && g_str_equal(r->types->pdata[last->type], tag + 2)) {
		last->end = r->n_chars;
		return TRUE;
	}
	return add_span(r, start, r->n_chars, tag + 2, error);
}

static gboolean read_token(SpanReader *r, char *line, GError **error)
{
	char *tag = strpbrk(line, "\t "), *last = tag;
	guint start;

	if (!tag || tag == line)
		return bad(r, "a line is not a token and its tag", error);
	for (char *at = tag; (at = strpbrk(at, "\t ")); at++)
		last = at;
	*tag = '\0';
	/* words are parted by a space, characters are not */
	if (r->text->len && g_ascii_isalnum(line[0]) && line[1]) {
		g_string_append_c(r->text, ' ');
		r->n_chars++;
	}
	start = r->n_chars;
	g_string_append(r->text, line);
	r->n_chars += (guint)g_utf8_strlen(line, -1);
	return add_tag(r, last + 1, start, error);
}

gboolean span_reader_next(SpanReader *r, GError **error)
{
	char *line;
	gsize n;
	g_autoptr(GError) cause = NULL;

	g_string_truncate(r->text, 0);
	g_array_set_size(r->spans, 0);
	r->n_chars = 0;
	r->open = FALSE;
	while ((line = lines_next(r->lines, &n, &cause))) {
		if (!*g_strchug(line) && r->text->len)
			return TRUE;
		if (line[0] == '{' && line[1] && line[1] != ' ' && line[1] != '\t' && !r->text->len)
			return read_json(r, line, strlen(line), error);
		if (*line && !read_token(r, line, error))
			return FALSE;
	}
	if (cause) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return FALSE;
	}
	return r->text->len > 0;
}
