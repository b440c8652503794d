/*
 * What a pipeline promises and how it goes: sums of its deals, how long deals stood in a stage and how
 * many went on. Only deals that the principal reaches count. Money is told by currency, never added
 * across. Errors: NOT_FOUND, INVALID (by is none of the words, from or to no date), FORBIDDEN (the
 * field that it tells of is hidden). Threads: any.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* Deals by expected_close_on, from and to included, "2026-11-01" or NULL; by: "month", "owner" or "stage".
 * {"items":[{"key","name","currency","open","amount","weighted_amount","won","won_amount","lost",
 * "lost_amount"}]}; a deal without a date has the key null and counts where neither from nor to is given. */
gboolean forecast_write(Db *db, const Principal *principal, const char *pipeline_id,
			const char *from, const char *to, const char *by, GString *out,
			GError **error);
/* Stages in order: {"items":[{"stage_id","name","kind","entered","went_on","rate","mean_ms"}]}. entered:
 * deals that ever stood in it; went_on: those that reached a later stage that is not lost; mean_ms: of
 * the stays that have ended. */
gboolean forecast_write_conversion(Db *db, const Principal *principal, const char *pipeline_id,
				   GString *out, GError **error);
/* The stages of one deal, oldest first: {"items":[{"stage_id","name","entered_at","left_at"}]}. */
gboolean forecast_write_stages(Db *db, const Principal *principal, const char *deal_id,
			       GString *out, GError **error);
