/* What json_parse() takes is valid UTF-8 and not deep, and the writer writes it so that it reads back
 * the same; any bytes as a string, and any number, read back as well. */
#include "base/json.h"

#include <math.h>

#include "base/error.h"
#include "fuzz/fuzz.h"

static void write_value(JsonWriter *w, const char *key, json_t *value, guint depth)
{
	const char *name;
	json_t *member;
	gsize i;
	guint n = 0;

	g_assert_cmpuint(depth, <=, 512);
	if (json_is_object(value)) {
		json_object_begin(w, key);
		json_object_foreach(value, name, member)
		{
			char plain[16]; /* the writer takes names of ours, as they are */

			g_assert_true(g_utf8_validate(name, -1, NULL));
			g_snprintf(plain, sizeof plain, "k%u", n++);
			write_value(w, plain, member, depth + 1);
		}
		json_object_end(w);
	} else if (json_is_array(value)) {
		json_array_begin(w, key);
		json_array_foreach(value, i, member) write_value(w, NULL, member, depth + 1);
		json_array_end(w);
	} else if (json_is_string(value)) {
		json_put_string_n(w, key, json_string_value(value), json_string_length(value));
	} else if (json_is_integer(value)) {
		json_put_int(w, key, json_integer_value(value));
	} else if (json_is_real(value)) {
		json_put_double(w, key, json_real_value(value) + 0.0); /* -0 reads back as 0 */
	} else if (json_is_null(value)) {
		json_put_null(w, key);
	} else {
		json_put_bool(w, key, json_is_true(value));
	}
}

static char *write_document(json_t *document)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	write_value(&w, NULL, document, 1);
	return g_string_free(out, FALSE);
}

static void check_document(const char *text, gsize n)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document = json_parse(text, n, &error), again = NULL;
	g_autofree char *written = NULL, *rewritten = NULL;

	if (!document) {
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return;
	}
	g_assert_no_error(error);
	g_assert_true(g_utf8_validate_len(text, n, NULL));
	written = write_document(document);
	again = json_parse(written, strlen(written), &error);
	g_assert_no_error(error);
	rewritten = write_document(again);
	g_assert_cmpstr(written, ==, rewritten);
}

static void check_string(const char *text, gsize n)
{
	g_autofree char *valid = g_utf8_make_valid(text, (gssize)n);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) again = NULL;
	JsonWriter w = json_writer(out);

	json_put_string_n(&w, NULL, text, n);
	again = json_parse(out->str, out->len, NULL);
	g_assert_cmpstr(json_string_value(again), ==, valid);
}

static void check_number(const char *text, gsize n)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(json_t) again = NULL;
	JsonWriter w = json_writer(out);
	double value;

	if (n < sizeof(value))
		return;
	memcpy(&value, text, sizeof(value));
	json_put_double(&w, NULL, value);
	again = json_parse(out->str, out->len, NULL);
	/* a whole number reads back as one, and one that is too large for that not at all */
	if (isfinite(value) && fabs(value) < 1e15)
		g_assert_true(json_number_value(again) == value);
	else if (!isfinite(value))
		g_assert_true(json_is_null(again));
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	check_document((const char *)bytes, n);
	check_string((const char *)bytes, n);
	check_number((const char *)bytes, n);
	return 0;
}
