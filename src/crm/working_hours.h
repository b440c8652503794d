/*
 * Working hours: when somebody of the organisation is expected to be there.
 * A JSON object with days as members, {"mon":[["09:00","12:30"],["13:30","18:00"]],...,"sun":[]}:
 * local times of the organisation's time zone, ascending, without overlap; "24:00" ends a day. A
 * day that is missing has no hours; the empty object means always open. Hours over midnight are
 * two spans.
 * Threads: pure functions. Errors: UNPROCESSABLE, naming the day. Does not know holidays.
 */
#pragma once

#include <jansson.h>

#include <glib.h>

/* The form that is stored, days in order of the week. The caller frees it. */
char *working_hours_read(const json_t *hours, GError **error);
/* hours: the stored form; a time zone that is unknown counts as UTC. */
gboolean working_hours_open_at(const char *hours, const char *time_zone, gint64 time_ms);
/* A name of the time zone database ("Asia/Shanghai"), of those this machine knows, or "UTC". */
gboolean time_zone_valid(const char *name);
