/*
 * The organisation: name, language, time zone, working hours, and the version of its knowledge.
 * working_hours is a JSON object {"mon":[["09:00","18:00"],...],...,"sun":[]}; empty object =
 * always open.
 */
#pragma once

#include "base/json.h"
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

/* Is somebody expected to be there at that time? */
gboolean organisation_open_at(const Organisation *organisation, gint64 time_ms);
void organisation_write_json(const Organisation *organisation, const char *key, JsonWriter *w);
