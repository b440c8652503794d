/*
 * Does a text promise what its sources do not? Private to check_facts.c.
 * Ownership: results are the caller's. Threads: pure. Limits: time linear in the text; a clause is
 * looked at up to 160 bytes to either side. Does not understand: promises.def says what binds.
 */
#pragma once

#include <glib.h>

/* A normal form without what a writer may have put between the letters of a word: signs and spaces
 * between Han characters, emphasis, spaces between single letters. What all below work on. */
char *promises_squeeze(const char *normal);
/* Bits of the classes that a source promises. */
guint promises_made(const char *squeezed);
/* FALSE: a promise of a class that is not among made, not denied, and whose clause is none of the
 * sources'; *ret_detail has its words. */
gboolean promises_check(guint made, const char *sources, const char *squeezed, char **ret_detail);
