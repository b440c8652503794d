/*
 * Run once at build: writes the reading of every Han character from U+4E00 to U+9FFF without its tone, one string
 * a line in their order, "" where there is none. ICU reads its rules for a tenth of a second before it
 * answers, which the first write of every process would wait for.
 * The readings are ICU's (Han-Latin). Fails when one is longer than the table of text/pinyin.c has room for.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { FIRST = 0x4e00, LAST = 0x9fff, LONGEST = 6 };

/* FALSE when it is too long. */
static int put_reading(UTransliterator *han_latin, UChar c)
{
	UChar text[64] = {c};
	char latin[64] = "";
	int32_t n = 1, limit = 1;
	UErrorCode status = U_ZERO_ERROR;

	utrans_transUChars(han_latin, text, &n, 64, 0, &limit, &status);
	u_strToUTF8(latin, sizeof(latin), NULL, text, n, &status);
	if (U_FAILURE(status) || !isalpha((unsigned char)*latin))
		*latin = '\0';
	printf("\"%s\",\n", latin);
	return strlen(latin) <= LONGEST;
}

int main(void)
{
	UErrorCode status = U_ZERO_ERROR;
	UTransliterator *han_latin;
	UChar id[64];
	int fits = 1;

	u_uastrcpy(id, "Han-Latin; Latin-ASCII");
	han_latin = utrans_openU(id, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
	if (U_FAILURE(status))
		return 1;
	for (UChar c = FIRST; c <= LAST; c++)
		fits &= put_reading(han_latin, c);
	utrans_close(han_latin);
	return !fits;
}
