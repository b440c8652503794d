/*
 * How long records are kept: a rule (object retention_rules) says after how many days without a change
 * a record goes for good, or a field of it is emptied; rows of a log count from their creation. Contacts
 * go as a person is forgotten (erase.h); of the others, the details of their audit rows go with them,
 * and each leaves a row that says so. What its own rules hold back (something refers to it, the field is
 * needed) stays and is counted. Errors: those of the store; UNAVAILABLE when it is to stop.
 */
#pragma once

#include "crm/objects.h"

enum { RETENTION_MAX_DAYS = 36500 };

/* ObjectDerive of retention_rules: the object is there, the field can be emptied, days are 1 to
 * RETENTION_MAX_DAYS. */
gboolean retention_derive(Db *db, const Principal *principal, const json_t *before, json_t *after,
			  GPtrArray *faults, GError **error);

typedef struct {
	Store *store;
	const char *data;		     /* the store's directory */
	gboolean dry_run;		     /* look only */
	gboolean (*stopping)(gpointer data); /* NULL = never */
	gpointer stopping_data;
} Retention;

/* Runs the rules of every organisation. Appends {"dry_run","items":[{"rule_id","object","field","days",
 * "records","kept","ids"}]}: records that are due, how many of them stayed, ids of the first 100. Blocks,
 * also for minutes; not inside a write. */
gboolean retention_run(const Retention *retention, GString *out, GError **error);
