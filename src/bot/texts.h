/* What the bot says by itself and what it notes for staff, in both languages. Rows of texts.def; nothing
 * else in bot/ holds sentences for people. */
#pragma once

#include <glib.h>

typedef enum {
#define TEXT_ROW(name, zh, en) BOT_TEXT_##name,
#define NOTE_ROW(name, zh, en) BOT_TEXT_##name,
#include "bot/texts.def"
	N_BOT_TEXTS
} BotText;

/* language: "zh" or "en"; anything else is zh. Static. */
const char *bot_text(BotText text, const char *language);
/* Is this one of those that customers hear, or begins with one? */
gboolean bot_text_known(const char *text);
