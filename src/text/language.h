/*
 * Which of our two languages a text is in. Works on any length from one word; per sentence with
 * text_sentence_next. ZH: Han, also with brands, model numbers and single English words in it;
 * traditional or simplified. EN: Latin words that do not look like another language of Latin
 * letters (a short list of their commonest words decides). MIXED: both, with real English in it
 * ("How do I 退货"). UNKNOWN: no letters (digits, signs, emoji), Japanese, Korean, other scripts,
 * other languages of Latin letters. Threads: pure. Errors: none. Limits: time linear in the text.
 * Does not name the other languages; words without any hint ("Amsterdam", "asdf") count as English;
 * pinyin does, too.
 */
#pragma once

#include <glib.h>

typedef enum { LANGUAGE_UNKNOWN, LANGUAGE_ZH, LANGUAGE_EN, LANGUAGE_MIXED } TextLanguage;

TextLanguage text_language(const char *text);
TextLanguage text_language_n(const char *text, gsize n_bytes);
/* "unknown", "zh", "en", "mixed" */
const char *text_language_name(TextLanguage language);
