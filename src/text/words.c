/* One break iterator a thread: to open one reads its tables. */
#include "text/words.h"

static void iterator_free(gpointer iterator)
{
	ubrk_close(iterator);
}

UBreakIterator *text_word_iterator(void)
{
	static GPrivate key = G_PRIVATE_INIT(iterator_free);
	UErrorCode status = U_ZERO_ERROR;
	UBreakIterator *iterator = g_private_get(&key);

	if (iterator)
		return iterator;
	iterator = ubrk_open(UBRK_WORD, "zh", NULL, 0, &status);
	if (U_FAILURE(status))
		return NULL;
	g_private_set(&key, iterator);
	return iterator;
}

GArray *text_word_ends(const char *text)
{
	GArray *ends = g_array_new(FALSE, FALSE, sizeof(guint32));
	UErrorCode status = U_ZERO_ERROR;
	UText utext = UTEXT_INITIALIZER;
	UBreakIterator *iterator = text_word_iterator();
	gint32 end;

	utext_openUTF8(&utext, text, -1, &status);
	if (iterator)
		ubrk_setUText(iterator, &utext, &status);
	if (iterator && U_SUCCESS(status))
		for (ubrk_first(iterator); (end = ubrk_next(iterator)) != UBRK_DONE;)
			g_array_append_val(ends, end);
	utext_close(&utext);
	return ends;
}
