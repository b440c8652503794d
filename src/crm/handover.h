/*
 * What a person needs who takes over a conversation: why (a word of a short list), what was said with
 * how the bot came to it, and the summary, which is first made from that and may later be improved.
 *
 * Ownership: lists and texts given back belong to the caller. Threads: as the Db they are given. Errors:
 * those of the store. Does not word a summary: that is bot/handover.h.
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

/* FALSE for a word that is none. */
gboolean handover_reason_valid(const char *reason);

typedef struct {
	char *role, *text; /* "customer", "agent", "bot" */
	char *path;  /* of the bot's: "curated", "extract", "generated", "template"; else NULL */
	char *title; /* of the article that it cites first, or NULL */
} HandoverTurn;

/* GPtrArray of HandoverTurn: the last n, oldest first, without the log's own lines. */
GPtrArray *handover_turns(Db *db, const char *org_id, const char *conversation_id, int n,
			  GError **error);

/* Who it is, as far as known: each may be NULL. */
typedef struct {
	char *name, *email, *phone;
} HandoverContact;

void handover_contact_clear(HandoverContact *contact);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HandoverContact, handover_contact_clear)
gboolean handover_contact(Db *db, const char *org_id, const char *conversation_id,
			  HandoverContact *ret_contact, GError **error);

/* Inside a write: the summary of a conversation that people have, for the one caller who may have it
 * improved; NULL where somebody was before. */
gboolean handover_claim(Db *db, const char *org_id, const char *conversation_id, char **ret_summary,
			GError **error);
/* Inside a write, with event and audit row (detail: a JSON object): another summary, where it is still the
 * one that was claimed and people still have the conversation; else nothing happens. */
gboolean handover_improve(Db *db, const Principal *actor, const char *conversation_id,
			  const char *claimed, const char *summary, const char *detail,
			  GError **error);
