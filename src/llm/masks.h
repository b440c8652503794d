/*
 * The masks (text/mask.h) of conversations that go on, so that a phone is "[PHONE_1]" in every turn, also when the turn
 * that named it first is no longer sent. Kept for MASKS_KEPT_US after the last turn, the latest MASKS_MAX of them, in
 * memory alone: after a restart, and when two calls of a conversation run at once, the numbers may begin anew.
 * Ownership: a mask that was taken is the caller's until it is returned. Threads: any, without waiting for each other's
 * calls. Errors: none.
 */
#pragma once

#include "text/mask.h"

#define MASKS_KEPT_US (G_GINT64_CONSTANT(3600) * G_USEC_PER_SEC)
enum { MASKS_MAX = 500 };

typedef struct Masks Masks;

Masks *masks_new(void);
void masks_free(Masks *masks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Masks, masks_free)

/* The conversation's mask, or a new one, which knows the names (of people, NULL-terminated, or NULL). conversation NULL:
 * a new one. */
Mask *masks_take(Masks *masks, const char *conversation, const char *const *names, gint64 now_us);
/* Gives it back; it is freed where no conversation is. */
void masks_return(Masks *masks, const char *conversation, Mask *mask, gint64 now_us);
