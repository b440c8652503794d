/*
 * Erasing a person: what person.h finds goes, wherever it has left a trace. Records that are only of the
 * person (the contact, notes, events, conversations) are deleted; others (deals, orders, tickets) lose
 * their personal fields and their reference, so that sums and statistics stay. With them go their
 * attachments (a file as soon as no other record uses it), words of the indexes, answers kept for repeated requests, live events, deliveries, journals of imports, and the
 * details of audit rows, whose chain stays whole. Afterwards the indexes are merged and the log is written
 * back and emptied, so that no byte of it is left in the files.
 * Does not reach backups and tables that were handed out before: they are out of the program's hands.
 * Blocks, also for minutes on a large store: not on an event thread, not in a write. Errors: NOT_FOUND;
 * UNAVAILABLE when readers held the log for too long (all is erased, the files are cleaned later).
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* data: the store's directory. Appends the receipt: {"receipt_id","contact_id","erased_at","dry_run","counts":{place:n},"hash"}; hash =
 * SHA-256 of the receipt's text without it. dry_run: everything is done and undone again. Whether the
 * actor may is asked before (administrators). */
gboolean erase_person(Store *store, const char *data, const Principal *actor,
		      const char *contact_id, gboolean dry_run, GString *out, GError **error);
/* The same in two steps, for many: the rows of each, then once the indexes and the log. */
gboolean erase_person_rows(Store *store, const char *data, const Principal *actor,
			   const char *contact_id, gboolean dry_run, GString *out, GError **error);
gboolean erase_clean(Store *store, GError **error);
