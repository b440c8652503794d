/*
 * What one person is told: rows of their own, unread until they say otherwise. Kinds:
 * first_response_breached, resolution_breached (of tickets), task_reminder. Swept when they are
 * NOTIFICATION_DAYS old. Errors: NOT_FOUND, INVALID (a page token that is none).
 */
#pragma once

#include "crm/access.h"
#include "store/store.h"

enum { NOTIFICATION_DAYS = 90 };

/* Inside a write. title: of the record, NULL for none. */
gboolean notification_add(Db *db, const char *org_id, const char *user_id, const char *kind,
			  const char *object, const char *record_id, const char *title,
			  GError **error);

/* Those of the principal, newest first:
 * {"items":[{"id","kind","object","record_id","title","at","read_at"}],"next_page_token","unread"}. */
gboolean notification_list(Db *db, const Principal *principal, gboolean unread_only, int page_size,
			   const char *page_token, GString *out, GError **error);
/* id NULL: all. Inside a write. */
gboolean notification_mark(Db *db, const Principal *principal, const char *id, gboolean is_read,
			   GError **error);

typedef void (*NotificationFound)(const char *org_id, const char *user_id, const char *id,
				  gint64 at, gpointer data);
/* Of everybody, in order: those added at `at` (milliseconds) or later whose id follows `id` ("" = any).
 * For whoever tells people at once; it shows no text. */
gboolean notifications_after(Db *db, gint64 at, const char *id, int limit, NotificationFound found,
			     gpointer data, GError **error);
