/*
 * The organisation: name, language, time zone, working hours (crm/working_hours.h), and the
 * version of its knowledge.
 */
#pragma once

#include "base/json.h"
#include "crm/access.h"
#include "store/store.h"

typedef struct {
	char id[37];
	char *name, *language, *time_zone, *working_hours;
	gboolean is_demo;
} Organisation;

void organisation_free(Organisation *organisation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Organisation, organisation_free)

/* Inside a write. */
gboolean organisation_create(Db *db, const char *name, const char *language, gboolean is_demo,
			     char ret_id[37], GError **error);
Organisation *organisation_get(Db *db, const char *id, GError **error);
/* The only organisation, or the first made: for commands and visitors of a one-company
 * installation. */
gboolean organisation_first(Db *db, char ret_id[37], GError **error);

enum { ORGANISATION_NAME_MAX_CHARS = 200 };

typedef struct {
	const char *name, *time_zone; /* NULL = as it is */
	const json_t *working_hours;  /* likewise */
} OrganisationChange;

/* Inside a write, with audit row: the actor's organisation. UNPROCESSABLE for values that break a
 * rule; whether the actor may is asked before (access_check). */
gboolean organisation_update(Db *db, const Principal *actor, const OrganisationChange *change,
			     GError **error);

/* Is somebody expected to be there at that time? */
gboolean organisation_open_at(const Organisation *organisation, gint64 time_ms);
void organisation_write_json(const Organisation *organisation, const char *key, JsonWriter *w);
