/* The table of the bot's own sentences. */
#include "bot/texts.h"

static const struct {
	const char *zh, *en;
	gboolean said; /* to customers */
} texts[] = {
#define TEXT_ROW(name, zh, en) {zh, en, TRUE},
#define NOTE_ROW(name, zh, en) {zh, en, FALSE},
#include "bot/texts.def"
};

const char *bot_text(BotText text, const char *language)
{
	return g_strcmp0(language, "en") == 0 ? texts[text].en : texts[text].zh;
}

gboolean bot_text_known(const char *text)
{
	for (guint i = 0; i < N_BOT_TEXTS; i++)
		if (texts[i].said &&
		    (g_str_has_prefix(text, texts[i].zh) || g_str_has_prefix(text, texts[i].en)))
			return TRUE;
	return FALSE;
}
