/*
 * Private to the http layer: the parts of a request head that are plain text work, without a
 * connection. Everything here refuses rather than repairs: what two programs may read in two ways
 * has no place on our side of a proxy. Ownership: functions write into the caller's memory and keep
 * nothing. Threads: all functions are pure. Errors: INVALID with what is wrong, HEADERS_TOO_LARGE
 * over a limit. Does not read from sockets and does not look at bodies.
 */
#pragma once

#include <glib.h>

enum {
	HEAD_MAX_BYTES = 8192,
	HEAD_MAX_FIELDS = 100,
	HEAD_MAX_ARGUMENTS = 100,
};

/* A header field, or a query argument; both parts NUL-terminated. */
typedef struct {
	char *name, *value;
} HeadField;

/* What the framing fields say. */
typedef struct {
	guint64 content_length; /* 0 when absent */
	gboolean chunked;
	gboolean expect_continue;
} HeadFraming;

/* Header names and methods are tokens (RFC 9110 section 5.6.2). */
gboolean head_is_token(const char *text);
/* The value of the first field of that name (any case), or NULL. */
const char *head_find(const HeadField *fields, guint n_fields, const char *name);

/* Checks names and values, cuts white space off the values' ends, and reads the framing.
 * http_1_0: Host may be absent, Transfer-Encoding may not be there. */
gboolean head_check(HeadField *fields, guint n_fields, gboolean http_1_0, HeadFraming *ret_framing,
		    GError **error);

/* "name", "name:port", "192.0.2.1:80", "[::1]:80" -> the name in lower case without port, brackets
 * and last dot. FALSE when it is none of these. */
gboolean host_parse(const char *host, char name[256], gboolean *ret_is_address);

/* Splits and decodes a request target in place: "/a/b?x=1", or "http://host/a" when its authority
 * equals host. *ret_path is NUL-terminated and valid UTF-8; *ret_query is the raw query
 * (target_parse_query decodes it) or NULL. */
gboolean target_parse(char *target, const char *host, char **ret_path, char **ret_query,
		      GError **error);
/* Decodes "a=1&b=2" in place into fields[HEAD_MAX_ARGUMENTS]; '+' is a space. */
gboolean target_parse_query(char *query, HeadField *fields, guint *ret_n_fields, GError **error);
/* Number of arguments that target_parse_query will find at most. */
guint target_count_arguments(const char *query);
