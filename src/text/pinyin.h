/*
 * How Chinese names are typed without Chinese: the words by which search finds them. "李雷" gives
 * "lilei li lei ll". Readings are the most common ones (ICU's Han-Latin), those of surnames where a
 * name begins with one ("曾" zeng, "单" shan). Threads: any. Does not know readings by context.
 */
#pragma once

#include <glib.h>

enum { PINYIN_MAX_CHARS = 16 };

/* Words for each run of 2 to PINYIN_MAX_CHARS Han characters, separated by spaces; NULL when there is
 * none. The caller frees it. */
char *text_pinyin(const char *text);
