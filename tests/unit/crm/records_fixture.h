/* Records in one line, for tests of the rules between them. */
#pragma once

#include "crm/records.h"
#include "fixture.h"

static inline char *make(Db *db, const Principal *who, const Object *object, const char *format,
			 ...) G_GNUC_PRINTF(4, 5);

/* The id of a new record; format as fixture_json. */
static inline char *make(Db *db, const Principal *who, const Object *object, const char *format,
			 ...)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(json_t) document = NULL;
	g_autofree char *text = NULL;
	char id[37];
	va_list arguments;

	va_start(arguments, format);
	text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	document = fixture_json(text);
	record_create(db, who, object, document, id, NULL, &error);
	g_assert_no_error(error);
	return g_strdup(id);
}

static inline json_t *get(Db *db, const Principal *who, const Object *object, const char *id)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	record_get(db, who, object, id, NULL, out, NULL, &error);
	g_assert_no_error(error);
	return json_parse(out->str, out->len, NULL);
}

static inline gboolean patch(Db *db, const Principal *who, const Object *object, const char *id,
			     const char *text, GError **error)
{
	g_autoptr(json_t) document = fixture_json(text);

	return record_patch(db, who, object, id, document, NULL, NULL, error);
}

/* Asserts that member name of the record is text; NULL: that it is empty. */
static inline void expect_member(Db *db, const Principal *who, const Object *object, const char *id,
				 const char *name, const char *text)
{
	g_autoptr(json_t) record = get(db, who, object, id);

	g_assert_cmpstr(json_member_string(record, name), ==, text);
}
