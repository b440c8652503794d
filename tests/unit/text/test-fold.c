/* The fold tables against ICU itself: every code point, and random strings whose characters
 * interact. */
#include "text/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

#include "../cpu_time.h"
#include "support.h"

static UTransliterator *open_simplifier(void)
{
	UErrorCode status = U_ZERO_ERROR;
	UTransliterator *simplifier =
		utrans_openU(u"Traditional-Simplified", -1, UTRANS_FORWARD, NULL, 0, NULL, &status);

	g_assert_true(U_SUCCESS(status));
	return simplifier;
}

static void test_simplified(void)
{
	UTransliterator *simplifier = open_simplifier();
	int n_changed = 0;

	for (UChar32 code = 0x2E80; code < 0x32000; code++) {
		UErrorCode status = U_ZERO_ERROR;
		UChar units[8];
		UChar32 expected;
		gint32 n = 0, limit;

		if (!uscript_hasScript(code, USCRIPT_HAN) || fold_char((guint32)code).fold == 0 ||
		    u_charType(code) != U_OTHER_LETTER)
			continue;
		if ((code >= 0xF900 && code < 0xFB00) || (code >= 0x2F800 && code < 0x2FA20))
			continue; /* compatibility forms fold first */
		U16_APPEND_UNSAFE(units, n, code);
		limit = n;
		utrans_transUChars(simplifier, units, &n, 8, 0, &limit, &status);
		U16_GET(units, 0, 0, n, expected);
		g_assert_true(U_SUCCESS(status));
		/* ICU turns 苎 into 苧 and 苧 into 苎 */
		if (expected == 0x82E7 || expected == 0x82CE)
			expected = 0x82CE;
		g_assert_cmphex(fold_char((guint32)code).fold, ==, (guint32)expected);
		g_assert_cmphex(fold_char((guint32)expected).fold, ==, (guint32)expected);
		n_changed += expected != code;
	}
	g_assert_cmpint(n_changed, >, 2500);
	utrans_close(simplifier);
}

/* Control characters and interlinear annotation, which ICU keeps. */
static gboolean vanishes(UChar32 code)
{
	return (u_charType(code) == U_CONTROL_CHAR && !u_isUWhiteSpace(code)) ||
	       (code >= 0xFFF9 && code <= 0xFFFB);
}

/* UTF-16 without what vanishes, so that nothing is parted by it. The caller frees it. */
static UChar *units_of(const char *text, gsize n_bytes, gint32 *ret_n)
{
	UChar *units = g_new(UChar, n_bytes * 2 + 2);
	gint32 n = 0;

	for (gsize at = 0; at < n_bytes;) {
		UChar32 code;

		U8_NEXT_OR_FFFD(text, at, n_bytes, code);
		if (!vanishes(code))
			U16_APPEND_UNSAFE(units, n, code);
	}
	*ret_n = n;
	return units;
}

/* The characters of a text, folded by ICU as a whole; Han are not simplified. */
static GArray *fold_by_icu(const char *text, gsize n_bytes)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *folder = unorm2_getNFKCCasefoldInstance(&status);
	GArray *chars = g_array_new(FALSE, FALSE, sizeof(guint32));
	gint32 n, n_folded, max = (gint32)n_bytes * 20 + 20;
	g_autofree UChar *units = units_of(text, n_bytes, &n), *folded = g_new(UChar, max);

	n_folded = unorm2_normalize(folder, units, n, folded, max, &status);
	g_assert_true(U_SUCCESS(status));
	for (gint32 i = 0; i < n_folded;) {
		UChar32 code;

		U16_NEXT(folded, i, n_folded, code);
		g_array_append_val(chars, code);
	}
	return chars;
}

static gboolean is_same(guint32 ours, guint32 icu)
{
	return ours == icu ||
	       (uscript_hasScript((UChar32)icu, USCRIPT_HAN) && fold_char(icu).fold == ours);
}

static void check_text(const char *text, gsize n_bytes)
{
	g_autoptr(GArray) expected = fold_by_icu(text, n_bytes);
	FoldCursor cursor;
	guint n = 0;
	gsize end = 0;

	fold_begin(&cursor, text, n_bytes);
	while (fold_next(&cursor)) {
		g_assert_cmpuint(cursor.start, ==, end);
		end = cursor.end;
		for (guint i = 0; i < cursor.n_chars; i++, n++) {
			g_assert_cmpuint(n, <, expected->len);
			g_assert_true(
				is_same(cursor.chars[i].fold, g_array_index(expected, guint32, n)));
		}
		if (cursor.same && cursor.n_chars) {
			char bytes[4];
			int n_put = fold_put(bytes, cursor.chars[0].fold);

			g_assert_cmpmem(bytes, n_put, text + cursor.start,
					cursor.end - cursor.start);
		}
	}
	g_assert_cmpuint(end, ==, n_bytes);
	g_assert_cmpuint(n, ==, expected->len);
}

static void test_every_code_point(void)
{
	for (guint32 code = 0; code < 0x110000; code++) {
		char text[4];

		if (!U_IS_SURROGATE(code))
			check_text(text, (gsize)fold_put(text, code));
	}
}

static void test_strings(void)
{
	support_foreach_nasty(check_text);
	support_foreach_noise(check_text, 40000);
}

/* A million marks on one letter: linear, not quadratic, and few are left. */
static void test_pile(void)
{
	g_autoptr(GString) text = g_string_new("a");
	FoldCursor cursor;
	gsize n = 0;
	double began;

	while (text->len < 1000000)
		g_string_append(text, text->len % 4 == 1 ? "\xCC\x81" : "\xCC\xA3");
	began = cpu_seconds();
	fold_begin(&cursor, text->str, text->len);
	while (fold_next(&cursor))
		n += cursor.n_chars;
	g_assert_cmpuint(n, >, 1);
	g_assert_cmpuint(n, <=, FOLD_CLUSTER_MAX);
	g_assert_cmpfloat(cpu_seconds() - began, <, 5.0);
}

static gpointer fold_all(gpointer data)
{
	guint64 sum = 0;

	(void)data;
	for (guint32 code = 0; code < 0x30000; code++)
		sum = sum * 31 + fold_char(code).fold;
	return GSIZE_TO_POINTER(sum);
}

static void test_threads(void)
{
	GThread *threads[4];
	gpointer expected;

	for (int i = 0; i < 4; i++)
		threads[i] = g_thread_new("fold", fold_all, NULL);
	expected = fold_all(NULL);
	for (int i = 0; i < 4; i++)
		g_assert_true(g_thread_join(threads[i]) == expected);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/fold/threads", test_threads);
	g_test_add_func("/fold/simplified", test_simplified);
	g_test_add_func("/fold/every-code-point", test_every_code_point);
	g_test_add_func("/fold/strings", test_strings);
	g_test_add_func("/fold/pile", test_pile);
	return g_test_run();
}
