/* Checks of a request head. Tables of allowed bytes decide, since a list of forbidden ones is never
 * complete. */
#include "http/head.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/error.h"

enum { HOST_MAX_BYTES = 255 };

static gboolean head_fail(GError **error, const char *what)
{
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID, what);
	return FALSE;
}

static gboolean is_token_byte(char c)
{
	return g_ascii_isalnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

gboolean head_is_token(const char *text)
{
	const char *at = text;

	while (is_token_byte(*at))
		at++;
	return at > text && !*at;
}

const char *head_find(const HeadField *fields, guint n_fields, const char *name)
{
	for (guint i = 0; i < n_fields; i++) {
		if (!g_ascii_strcasecmp(fields[i].name, name))
			return fields[i].value;
	}
	return NULL;
}

/* Tab, space, visible ASCII and bytes above (obs-text); a lone CR or LF, NUL, VT, DEL are not. */
static gboolean value_is_clean(const char *value)
{
	for (const guchar *at = (const guchar *)value; *at; at++) {
		if ((*at < 0x20 && *at != '\t') || *at == 0x7f)
			return FALSE;
	}
	return TRUE;
}

static gboolean content_length_parse(const char *value, guint64 *ret_length)
{
	gsize n = strspn(value, "0123456789");

	if (!n || value[n] || n > 15)
		return FALSE;
	*ret_length = g_ascii_strtoull(value, NULL, 10);
	return TRUE;
}

typedef struct {
	guint n_hosts, n_lengths, n_encodings;
	const char *host, *length, *encoding;
} FramingFields;

static void framing_collect(FramingFields *found, const HeadField *field)
{
	const struct {
		const char *name;
		guint *n;
		const char **value;
	} rows[] = {
		{"Host", &found->n_hosts, &found->host},
		{"Content-Length", &found->n_lengths, &found->length},
		{"Transfer-Encoding", &found->n_encodings, &found->encoding},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (!g_ascii_strcasecmp(field->name, rows[i].name)) {
			++*rows[i].n;
			*rows[i].value = field->value;
		}
	}
}

static gboolean framing_check(const FramingFields *found, gboolean http_1_0,
			      HeadFraming *ret_framing, GError **error)
{
	char name[HOST_MAX_BYTES + 1];
	gboolean is_address;

	if (found->n_hosts > 1 || (!found->n_hosts && !http_1_0))
		return head_fail(error, "The request must carry exactly one Host header");
	if (found->host && !host_parse(found->host, name, &is_address))
		return head_fail(error, "The Host header is not a host name");
	if (found->n_lengths + found->n_encodings > 1)
		return head_fail(error, "The request tells its length more than once");
	if (found->encoding && (http_1_0 || g_ascii_strcasecmp(found->encoding, "chunked")))
		return head_fail(error, "The only transfer encoding understood is 'chunked'");
	ret_framing->chunked = found->encoding != NULL;
	ret_framing->content_length = 0;
	if (found->length && !content_length_parse(found->length, &ret_framing->content_length))
		return head_fail(error, "Content-Length is not a number");
	return TRUE;
}

gboolean head_check(HeadField *fields, guint n_fields, gboolean http_1_0, HeadFraming *ret_framing,
		    GError **error)
{
	FramingFields found = {0};
	const char *expect;

	for (guint i = 0; i < n_fields; i++) {
		if (!head_is_token(fields[i].name))
			return head_fail(error,
					 "A header name holds a character that is not allowed");
		if (!value_is_clean(fields[i].value))
			return head_fail(error, "A header value holds a control character");
		/* To the body reader below us "chunked " is not chunked, so here neither. */
		if (g_ascii_strcasecmp(fields[i].name, "Transfer-Encoding"))
			g_strchomp(fields[i].value);
		framing_collect(&found, &fields[i]);
	}
	if (!framing_check(&found, http_1_0, ret_framing, error))
		return FALSE;
	expect = head_find(fields, n_fields, "Expect");
	ret_framing->expect_continue = expect && !g_ascii_strcasecmp(expect, "100-continue");
	return TRUE;
}

/* ---- Host ------------------------------------------------------------------------------------------- */

static gboolean port_is_valid(const char *text)
{
	gsize n = strspn(text, "0123456789");
	guint64 port = g_ascii_strtoull(text, NULL, 10);

	return n > 0 && n <= 5 && !text[n] && port > 0 && port <= 65535;
}

static gboolean host_parse_v6(const char *host, char name[HOST_MAX_BYTES + 1])
{
	const char *end = strchr(host, ']');
	struct in6_addr address;

	if (!end || end - host - 1 >= INET6_ADDRSTRLEN)
		return FALSE;
	memcpy(name, host + 1, (gsize)(end - host - 1));
	name[end - host - 1] = '\0';
	if (inet_pton(AF_INET6, name, &address) != 1)
		return FALSE;
	return !end[1] || (end[1] == ':' && port_is_valid(end + 2));
}

gboolean host_parse(const char *host, char name[HOST_MAX_BYTES + 1], gboolean *ret_is_address)
{
	struct in_addr address;
	gsize n;

	*ret_is_address = TRUE;
	if (host[0] == '[')
		return host_parse_v6(host, name);
	n = strcspn(host, ":");
	if (!n || n > HOST_MAX_BYTES || (host[n] && !port_is_valid(host + n + 1)))
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		if (!g_ascii_isalnum(host[i]) && !strchr("-._", host[i]))
			return FALSE;
		name[i] = g_ascii_tolower(host[i]);
	}
	name[n] = '\0';
	if (n > 1 && name[n - 1] == '.')
		name[n - 1] = '\0';
	*ret_is_address = inet_pton(AF_INET, name, &address) == 1;
	return TRUE;
}

/* ---- Target ----------------------------------------------------------------------------------------- */

/* Decodes [from, end) to `to`, which may be the same place, and terminates it. FALSE on a bad
 * escape or a NUL. */
static gboolean percent_decode(const char *from, const char *end, char *to, gboolean plus_is_space)
{
	while (from < end) {
		char c = *from++;

		if (c == '%') {
			int high = end - from >= 2 ? g_ascii_xdigit_value(from[0]) : -1;
			int low = high >= 0 ? g_ascii_xdigit_value(from[1]) : -1;

			if (low < 0)
				return FALSE;
			c = (char)(high << 4 | low);
			from += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		if (!c)
			return FALSE;
		*to++ = c;
	}
	*to = '\0';
	return TRUE;
}

/* C0, DEL and C1 (two bytes in UTF-8). */
static gboolean has_control(const char *text)
{
	for (const guchar *at = (const guchar *)text; *at; at++) {
		if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] <= 0x9f))
			return TRUE;
	}
	return FALSE;
}

static gboolean has_dot_segment(const char *path)
{
	for (const char *at = path; at; at = strchr(at + 1, '/')) {
		gsize n = strcspn(at + 1, "/");

		if ((n == 1 && at[1] == '.') || (n == 2 && at[1] == '.' && at[2] == '.'))
			return TRUE;
	}
	return FALSE;
}

/* An escaped slash would move the borders between segments, so that we and a proxy see different
 * paths. */
static gboolean has_escaped_slash(const char *path)
{
	for (const char *at = strchr(path, '%'); at; at = strchr(at + 1, '%')) {
		if (at[1] == '2' && g_ascii_tolower(at[2]) == 'f')
			return TRUE;
	}
	return FALSE;
}

static gboolean path_decode(char *path, GError **error)
{
	if (has_escaped_slash(path) || !percent_decode(path, path + strlen(path), path, FALSE))
		return head_fail(error, "The path holds an escape that is not allowed");
	if (!g_utf8_validate(path, -1, NULL) || has_control(path))
		return head_fail(error, "The path is not clean UTF-8");
	if (has_dot_segment(path))
		return head_fail(error, "The path must not hold '.' or '..' segments");
	return TRUE;
}

/* The path of "http://host/path", when host is what the Host header says. */
static char *absolute_path(char *target, const char *host)
{
	gsize n_scheme = g_ascii_strncasecmp(target, "http://", 7) ? 8 : 7;
	gsize n_host = host ? strlen(host) : 0;
	char *authority = target + n_scheme;

	if (n_scheme == 8 && g_ascii_strncasecmp(target, "https://", 8))
		return NULL;
	if (!n_host || g_ascii_strncasecmp(authority, host, n_host) || authority[n_host] != '/')
		return NULL;
	return authority + n_host;
}

gboolean target_parse(char *target, const char *host, char **ret_path, char **ret_query,
		      GError **error)
{
	char *query;

	for (const guchar *at = (const guchar *)target; *at; at++) {
		if (*at <= 0x20 || *at == 0x7f || *at == '#')
			return head_fail(
				error, "The request target holds a character that is not allowed");
	}
	*ret_path = target[0] == '/' ? target : absolute_path(target, host);
	if (!*ret_path)
		return head_fail(error, "The request target must be a path on this host");
	query = strchr(*ret_path, '?');
	if (query)
		*query++ = '\0';
	*ret_query = query;
	return path_decode(*ret_path, error);
}

guint target_count_arguments(const char *query)
{
	guint n = 1;

	for (const char *at = strchr(query, '&'); at; at = strchr(at + 1, '&'))
		n++;
	return n;
}

static gboolean argument_decode(char *text, char *end, HeadField *ret_field)
{
	char *equals = memchr(text, '=', (gsize)(end - text));
	char *value = equals ? equals + 1 : end;

	/* The name first: its terminator may fall on the '='. */
	if (!percent_decode(text, equals ? equals : end, text, TRUE))
		return FALSE;
	if (equals && !percent_decode(value, end, value, TRUE))
		return FALSE;
	ret_field->name = text;
	ret_field->value = value;
	return g_utf8_validate(text, -1, NULL) && g_utf8_validate(value, -1, NULL);
}

gboolean target_parse_query(char *query, HeadField *fields, guint *ret_n_fields, GError **error)
{
	guint n = 0;

	while (query) {
		char *next = strchr(query, '&');
		char *end = next ? next : query + strlen(query);

		if (next)
			*next++ = '\0';
		if (end > query) {
			if (n == HEAD_MAX_ARGUMENTS)
				return head_fail(error, "The query has too many arguments");
			if (!argument_decode(query, end, &fields[n++]))
				return head_fail(error, "The query is not percent-encoded UTF-8");
		}
		query = next;
	}
	*ret_n_fields = n;
	return TRUE;
}
