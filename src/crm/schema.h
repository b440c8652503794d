/*
 * What an organisation keeps: the objects that come with the program, the fields its administrators
 * added to them, and the objects they invented. Looked up by each request at the cost of one point
 * read; a change is seen by every process with its next request, nothing is restarted.
 *
 * Ownership: an Object given out stays valid until the program ends: a change makes new ones and
 * keeps the old (a few kilobytes a change), so that nobody has to hold a reference. Threads: any.
 *
 * Errors: NOT_FOUND, CONFLICT (the name is in use), UNPROCESSABLE (a declaration breaks a rule, with
 * faults as in crm/fields.h). Every change is audited and can be undone.
 */
#pragma once

#include "base/json.h"
#include "crm/objects.h"

/* The object of this organisation; NOT_FOUND when it has none of that name. */
const Object *schema_object(Db *db, const char *org_id, const char *plural, GError **error);
/* All with routes, those of the program first. The caller frees the array, not the objects. */
GPtrArray *schema_objects(Db *db, const char *org_id, GError **error);

/* ---- declaring (inside a write, by an administrator) ---------------------------------------------------------- */

/* declaration: {"name","plural","label_zh","label_en","fields":[...]}; a label may be left out when
 * the other is there. */
gboolean schema_create_object(Db *db, const Principal *principal, const json_t *declaration,
			      GPtrArray *faults, GError **error);
/* labels only. */
gboolean schema_patch_object(Db *db, const Principal *principal, const char *plural,
			     const json_t *patch, GPtrArray *faults, GError **error);
/* Out of sight with its records; restore brings all back. */
gboolean schema_remove_object(Db *db, const Principal *principal, const char *plural,
			      GError **error);
gboolean schema_restore_object(Db *db, const Principal *principal, const char *plural,
			       GError **error);

/* declaration: {"name","type","label_zh","label_en","required","searchable","indexed","unique",
 * "choices":[...],"target","default","personal"}. A new index is filled from what is stored. */
gboolean schema_create_field(Db *db, const Principal *principal, const char *plural,
			     const json_t *declaration, GPtrArray *faults, GError **error);
/* Labels, choices (no word may go that is in use), required, default. */
gboolean schema_patch_field(Db *db, const Principal *principal, const char *plural,
			    const char *name, const json_t *patch, GPtrArray *faults,
			    GError **error);
gboolean schema_remove_field(Db *db, const Principal *principal, const char *plural,
			     const char *name, GError **error);
gboolean schema_restore_field(Db *db, const Principal *principal, const char *plural,
			      const char *name, GError **error);

/* ---- telling -------------------------------------------------------------------------------------------------- */

/* Writes an object with its fields, as far as the principal may know them, and how far its rights reach:
 * what the console builds tables and forms from. */
void schema_put_object(JsonWriter *w, const Principal *principal, const Object *object);
