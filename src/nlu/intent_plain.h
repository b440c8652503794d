/*
 * The plain form of a message, which the rules of intents and moods are written against:
 * ";clause;clause;". A clause is words with one space between them, Chinese characters without any
 * space; every sign, emoji or line end is one ";". Apostrophes are gone (dont), letters drawn out
 * are one (heeelp: help), and words that a rule may look for are spelled right ("custmer servise":
 * customer service), so that rules need not know slips. Ownership: results belong to the caller.
 * Threads: pure. Errors: none, any bytes are accepted; linear in the text. Does not correct other
 * words, and no Chinese ones.
 */
#pragma once

#include <glib.h>

/* text: normalised by text_normalise. A text without any letter or digit gives ";". */
char *intent_plain(const char *text);
