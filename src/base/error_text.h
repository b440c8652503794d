/*
 * Errors in the reader's language. Sources say them in English; error_texts.def holds the Chinese of every sentence, and is found by
 * the sentence as it was said: a message is matched with the rows, its names and numbers taken over as they stand.
 * What stands behind ": " or behind a space (the path of a field before it) is translated alone where the whole is no sentence of
 * the table. Ownership: what is returned belongs to the caller. Threads: pure functions. Errors: none; what is in no row stays
 * English, as messages of over ERROR_TEXT_MAX_BYTES do. Does not translate what the console says (web/shared/locales) nor the bot (bot/texts.def).
 */
#pragma once

#include "base/error.h"

typedef enum { READER_EN, READER_ZH } Reader;

enum { ERROR_TEXT_MAX_BYTES = 1000 };

/* Of the header Accept-Language (RFC 9110, 12.5.4), NULL for none: Chinese where it is wanted more than English, or
 * named first. */
Reader reader_of(const char *accept_language);
/* "zh", "en" */
const char *reader_language(Reader reader);

const char *error_title(const ErrorKind *kind, Reader reader);
char *error_text(const char *message, Reader reader);
/* What a client is told: messages of other domains (GLib's I/O) name files of ours, so that the title stands for them. */
char *error_detail(const GError *error, Reader reader);
