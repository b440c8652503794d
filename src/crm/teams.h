/*
 * Teams: who works together. Rights that reach "team" (crm/roles.h) reach the records of everybody who
 * is in one of the principal's teams. Inside a write, by an administrator, but for the reading. Errors:
 * NOT_FOUND, CONFLICT (the name is in use), UNPROCESSABLE.
 */
#pragma once

#include <jansson.h>

#include "crm/access.h"
#include "store/store.h"

/* {"items":[{"id","name","members":[user ids]}]}. */
gboolean team_list(Db *db, const char *org_id, GString *out, GError **error);
gboolean team_write(Db *db, const char *org_id, const char *id, GString *out, GError **error);
/* body: {"name","members":[user ids]}; members replace those that are there. */
gboolean team_create(Db *db, const Principal *actor, const json_t *body, char ret_id[37],
		     GError **error);
gboolean team_update(Db *db, const Principal *actor, const char *id, const json_t *body,
		     GError **error);
gboolean team_delete(Db *db, const Principal *actor, const char *id, GError **error);
