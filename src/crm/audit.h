/*
 * The audit trail: one row per change (and per reading of what is sensitive), in the transaction of
 * the change, with what was before and after, by whom, at which request and why. Chained by hash:
 *
 *   hash(n) = SHA-256( hash(n-1) | "\x1f"-joined fields of row n ), hash(0) = 64 zeros
 *
 * What may name a person (detail and reason) is covered by its digest, SHA-256(salt, reason, detail),
 * so that it can be erased and the chain stays; a row that has nothing to hide has no digest. The
 * anchor knows length and end of the chain. A row that is changed, removed, inserted, swapped or cut
 * off breaks one of them, and so does a detail that is gone without an erasure that counts it.
 * Does not keep out who may write the whole database: that takes a copy of the anchor elsewhere.
 */
#pragma once

#include "base/id.h"
#include "crm/access.h"
#include "crm/objects.h"
#include "store/store.h"

enum { AUDIT_REASON_MAX_CHARS = 500 };

/* Inside a write. detail is a JSON object or NULL for {}; changes of a record are
 * {"changes":{"field":[before,after]}}. Request and reason are the actor's. */
gboolean audit_add(Db *db, const Principal *actor, const char *action, const char *object,
		   const char *record_id, const char *detail, GError **error);
typedef struct {
	gint64 n_rows, n_faults;
	gint64 broken_at; /* number of the first row that is not as it was written; 0 = none of them */
} AuditState;

/* Walks the whole chain, every row of it; calls found() for each break (NULL = only
 * counted). ret_state may be NULL. */
gboolean audit_check(Db *db, StoreFound found, gpointer data, AuditState *ret_state,
		     GError **error);

/* Where a walk that found nothing ended; zeroed, nowhere. */
typedef struct {
	gint64 seq, n_rows, n_erased, n_stated;
	gint64 walked_at; /* when all rows were walked last, milliseconds */
	char hash[HASH_CHARS + 1];
} AuditMark;

/* Walks what follows the mark and moves it there, so that a long chain is not walked at each look. All of
 * it is walked where there is no mark, where its row is not as it was, or anything was found. Does not see what was done to rows
 * before the mark, which audit_check() does. Threads: the mark is the caller's. */
gboolean audit_check_on(Db *db, AuditMark *mark, AuditState *ret_state, GError **error);

/* Inside a write: leaves of the rows of a record nothing but who, when and what act. Adds to *n how many
 * lost their details; the erasure's own row must say that number: {"audit":N}, action "erase". */
gboolean audit_erase(Db *db, const char *org_id, const char *object, const char *record_id,
		     gint64 *n, GError **error);
/* The same of rows about many records at once (exports by a filter) in whose details the text stands. */
gboolean audit_erase_text(Db *db, const char *org_id, const char *text, gint64 *n, GError **error);
/* Inside a write, before the first audit_erase(): rows that were written before details had digests
 * get them; the chain is reckoned anew from the first of them on. */
gboolean audit_prepare_erasure(Db *db, const char *org_id, const char *object,
			       const char *record_id, GError **error);

/* Whether reading a record of the object lets the principal know a sensitive field, so that it leaves a row:
 * action "read", or "list" of many. */
gboolean audit_wants_read(const Principal *principal, const Object *object);

typedef struct {
	const char *object, *record_id, *action, *actor_id; /* NULL = any */
	gint64 since, until;				    /* milliseconds; 0 = any */
	int page_size;
	const char *page_token;
} AuditQuery;

/* Newest first: {"items":[{"seq","at","actor_kind","actor_id","actor_name","action","object",
 * "record_id","detail","reason","request_id","erased"}],"next_page_token"}. of: whose fields the
 * principal may know, or NULL where it may know all. INVALID for a token that is none. */
gboolean audit_list(Db *db, const Principal *principal, const Object *of, const AuditQuery *query,
		    GString *out, GError **error);
/* detail without the changes of fields that are kept from the principal. The caller frees it. */
char *audit_shown(const Principal *principal, const Object *object, const char *detail);
