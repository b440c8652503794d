/* A request head: target, Host, then fields, a line each. What is taken is clean, is taken again with
 * the same result, and reads back when it is encoded. */
#include "http/head.h"

#include "base/error.h"
#include "fuzz/fuzz.h"

static void check_error(const GError *error)
{
	g_assert_nonnull(error);
	g_assert_true(error->code == ZHIYIN_ERROR_INVALID ||
		      error->code == ZHIYIN_ERROR_HEADERS_TOO_LARGE);
}

static void check_host(const char *host)
{
	char name[256], again[256];
	gboolean is_address, is_address_again;

	if (!host_parse(host, name, &is_address))
		return;
	g_assert_cmpuint(strlen(name), <=, 255);
	if (*host == '[') {
		g_assert_true(is_address);
		return;
	}
	g_assert_true(host_parse(name, again, &is_address_again));
	for (const char *at = name; *at; at++)
		g_assert_true(g_ascii_isalnum(*at) ? !g_ascii_isupper(*at)
						   : strchr("-._", *at) != NULL);
	g_assert_cmpint(is_address, ==, is_address_again);
}

static char *escaped(const char *text, const char *plain)
{
	return g_uri_escape_bytes((const guint8 *)text, strlen(text), plain);
}

static void check_path(const char *path)
{
	g_autofree char *target = escaped(path, "/"), *copy = g_strdup(target);
	char *again, *query;

	g_assert_cmpint(*path, ==, '/');
	g_assert_true(g_utf8_validate(path, -1, NULL));
	g_assert_false(strstr(path, "/../") || strstr(path, "/./") ||
		       g_str_has_suffix(path, "/.."));
	g_assert_true(target_parse(copy, NULL, &again, &query, NULL));
	g_assert_cmpstr(again, ==, path);
	g_assert_null(query);
}

static char *join_arguments(const HeadField *fields, guint n)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < n; i++) {
		g_autofree char *name = escaped(fields[i].name, NULL);
		g_autofree char *value = escaped(fields[i].value, NULL);

		g_string_append_printf(out, "%s%s=%s", i ? "&" : "", name, value);
	}
	return g_string_free(out, FALSE);
}

static void check_query(const char *query)
{
	HeadField fields[HEAD_MAX_ARGUMENTS], fields_again[HEAD_MAX_ARGUMENTS];
	g_autofree char *copy = g_strdup(query), *joined = NULL, *joined_again = NULL, *text = NULL;
	g_autoptr(GError) error = NULL;
	guint n, n_again;

	if (!target_parse_query(copy, fields, &n, &error)) {
		check_error(error);
		return;
	}
	g_assert_cmpuint(n, <=, target_count_arguments(query));
	joined = join_arguments(fields, n);
	text = g_strdup(joined);
	g_assert_true(target_parse_query(text, fields_again, &n_again, NULL));
	joined_again = join_arguments(fields_again, n_again);
	g_assert_cmpuint(n_again, ==, n);
	g_assert_cmpstr(joined_again, ==, joined);
}

static void check_target(const char *target, const char *host)
{
	g_autofree char *copy = g_strdup(target);
	g_autoptr(GError) error = NULL;
	char *path, *query;

	if (!target_parse(copy, host, &path, &query, &error)) {
		check_error(error);
		return;
	}
	check_path(path);
	if (query)
		check_query(query);
}

/* The fields of the lines, "Name: value", which is changed. */
static guint split_fields(char **lines, HeadField *fields)
{
	guint n = 0;

	for (; *lines && n < HEAD_MAX_FIELDS; lines++) {
		char *colon = strchr(*lines, ':');

		if (!colon)
			continue;
		*colon = '\0';
		fields[n++] = (HeadField){*lines, g_strchug(colon + 1)};
	}
	return n;
}

static void check_fields(char **lines, gboolean http_1_0)
{
	HeadField fields[HEAD_MAX_FIELDS];
	HeadFraming framing, again;
	g_autoptr(GError) error = NULL;
	guint n = split_fields(lines, fields);

	if (!head_check(fields, n, http_1_0, &framing, &error)) {
		check_error(error);
		return;
	}
	g_assert_true(http_1_0 || head_find(fields, n, "host"));
	g_assert_false(framing.chunked && framing.content_length);
	g_assert_false(framing.chunked && http_1_0);
	for (guint i = 0; i < n; i++) {
		g_assert_true(head_is_token(fields[i].name));
		g_assert_null(strpbrk(fields[i].value, "\r\n\v\x7f"));
	}
	g_assert_true(head_check(fields, n, http_1_0, &again, NULL));
	g_assert_cmpmem(&again, sizeof again, &framing, sizeof framing);
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	gboolean http_1_0 = fuzz_byte(&input) & 1;
	g_autofree char *text = fuzz_text(input);
	g_auto(GStrv) lines = g_strsplit(text, "\n", HEAD_MAX_FIELDS + 2);

	if (g_strv_length(lines) < 2)
		return 0;
	check_host(lines[1]);
	check_target(lines[0], lines[1]);
	check_query(lines[0]);
	check_fields(lines + 1, http_1_0);
	return 0;
}
