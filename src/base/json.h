/*
 * JSON out: an append-only writer over a GString. (JSON in is jansson, strict, by json_parse
 * below.)
 * The writer puts commas itself; the caller balances begin and end. Invalid UTF-8 becomes U+FFFD,
 * control characters are escaped.
 * Threads: a writer belongs to one thread. Does not check that keys differ.
 */
#pragma once

#include <glib.h>
#include <jansson.h>

typedef struct {
	GString *out; /* borrowed */
	gboolean comma;
} JsonWriter;

/* Begins at the end of out, which stays the caller's. */
JsonWriter json_writer(GString *out);
/* key: a name of ours, written as it is; NULL: an element of an array or the document itself. */
void json_object_begin(JsonWriter *w, const char *key);
void json_object_end(JsonWriter *w);
void json_array_begin(JsonWriter *w, const char *key);
void json_array_end(JsonWriter *w);
void json_put_string(JsonWriter *w, const char *key, const char *text); /* NULL writes null */
void json_put_string_n(JsonWriter *w, const char *key, const char *text, gsize n_bytes);
void json_put_int(JsonWriter *w, const char *key, gint64 value);
/* not finite: null; shortest form that reads back */
void json_put_double(JsonWriter *w, const char *key, double value);
void json_put_bool(JsonWriter *w, const char *key, gboolean value);
void json_put_null(JsonWriter *w, const char *key);
void json_put_time(JsonWriter *w, const char *key, gint64 time_ms); /* 0 writes null */
/* A name that is not ours, escaped so that it can be a key. The caller frees it. */
char *json_key(const char *name);
/* already JSON; NULL writes null */
void json_put_raw(JsonWriter *w, const char *key, const char *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_t, json_decref)

/* Strict: UTF-8, no bare NUL, nothing behind the document, depth at most 512 (any more is refused
 * without recursion). Of members with the same name the last counts; an escaped NUL becomes U+FFFD.
 * Fails with INVALID and the line and column. */
json_t *json_parse(const char *text, gsize n_bytes, GError **error);
/* The string member, NULL when absent or null. Borrowed from object. */
const char *json_member_string(const json_t *object, const char *key);
