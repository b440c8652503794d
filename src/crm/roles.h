/*
 * Roles: what their members may do with each object, how far it reaches, and which fields they know.
 * admin, manager, agent and read_only come with the program; an organisation may make more, and may
 * change those but for admin (to delete the change brings the program's back). As JSON:
 *
 *   {"*":        {"read":"all","create":"all","update":"own","delete":"none"},
 *    "contacts": {"read":"team","fields":{"phone":"hidden","email":"read"}}}
 *
 * An act that is not named at an object is as at "*", and at "*" it is none. A field that is not named
 * may be written by whoever may write the record.
 *
 * Ownership: Rights given out stay valid until the program ends, as declarations do (crm/schema.h): a
 * change makes new ones. Threads: any. Errors: NOT_FOUND, CONFLICT (name in use, members left),
 * UNPROCESSABLE (rights that are none).
 */
#pragma once

#include <jansson.h>

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

/* What a role of this organisation allows. A name that is no role allows nothing. At most one point
 * read, and none when version (organisations.access_version) is the one that was read last. */
const Rights *rights_get(Db *db, const char *org_id, gint64 version, const char *role,
			 GError **error);
Reach rights_reach(const Rights *rights, const char *plural, AccessAction action);
FieldAccess rights_field(const Rights *rights, const char *plural, const char *name);
gboolean rights_limit_fields(const Rights *rights, const char *plural);
/* Everything, no field kept back. */
gboolean rights_are_whole(const Rights *rights);
/* Whether it may change any record at all. */
gboolean rights_write_anything(const Rights *rights);
/* Those of a role of the program, for who has no row yet; NULL when there is none of that name. */
const Rights *rights_standard(const char *role);

/* Gives a user or key, of whom kind, organisation and id are known, the rights that it has now: for work
 * that goes on without its request. NOT_FOUND when there is none. */
gboolean access_load(Db *db, Principal *principal, GError **error);

/* A role, team or user has changed: every process reads the rights anew with its next request, and
 * open streams end. Inside a write. */
gboolean access_changed(Db *db, const char *org_id, GError **error);

/* ---- roles as records (inside a write, by an administrator, but for the reading) ---------------------------------- */

gboolean role_exists(Db *db, const char *org_id, const char *name, gboolean *ret_exists,
		     GError **error);
/* {"items":[...]}: those of the program first. */
gboolean role_list(Db *db, const char *org_id, GString *out, GError **error);
gboolean role_write(Db *db, const char *org_id, const char *name, GString *out, GError **error);
/* body: {"name","label_zh","label_en","rights"}; a label may be left out when the other is there. */
gboolean role_create(Db *db, const Principal *actor, const json_t *body, GError **error);
/* labels, and rights as a whole. */
gboolean role_update(Db *db, const Principal *actor, const char *name, const json_t *body,
		     GError **error);
gboolean role_delete(Db *db, const Principal *actor, const char *name, GError **error);
