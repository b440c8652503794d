/*
 * What a visitor may see of its own conversation: not what staff know about who it is, nor what they note
 * among themselves. (Whoever leaves somebody's address is linked to that contact.)
 * Threads: pure. Errors: none.
 */
#pragma once

#include <glib.h>

/* json: a conversation as conversation_write() makes it, or another event's object. The same without what
 * is for staff (null instead). The caller frees it. */
char *conversation_view_visitor(const char *json);
