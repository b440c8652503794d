/*
 * Folding tables. ICU knows every rule but is slow to ask (about 100 ns a character); so each block
 * of 256 code points is asked once, when the first text touches it, and a character then costs one
 * load. Only clusters whose characters interact (letter + mark, jamo) go to ICU each time. The
 * tables are the one shared state here: filled, never changed.
 */
#include "text/fold.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/ustring.h>

#define BLOCK_SIZE (1U << FOLD_BLOCK_BITS)
#define UNITS_MAX (FOLD_SPREAD_MAX * 2)

_Atomic(const FoldChar *) fold_blocks[0x110000 >> FOLD_BLOCK_BITS];

static const struct {
	guint32 traditional, simplified;
} pairs[] = {
#define SIMPLER(traditional, simplified) {traditional, simplified},
#include "text/simplified.def"
#undef SIMPLER
};

static guint32 simplify(guint32 code)
{
	gsize low = 0, high = G_N_ELEMENTS(pairs);

	while (low < high) {
		gsize middle = (low + high) / 2;

		if (pairs[middle].traditional == code)
			return pairs[middle].simplified;
		if (pairs[middle].traditional < code)
			low = middle + 1;
		else
			high = middle;
	}
	return code;
}

int fold_put(char out[4], guint32 code)
{
	int n_bytes = 0;

	U8_APPEND_UNSAFE(out, n_bytes, code);
	return n_bytes;
}

/* NFKC case fold of UTF-16; returns the number of units, 0 also when ICU refuses. */
static int fold_units(const UChar *units, int n_units, UChar *ret_units, int max)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *folder = unorm2_getNFKCCasefoldInstance(&status);
	int n_folded = unorm2_normalize(folder, units, n_units, ret_units, max, &status);

	return U_SUCCESS(status) ? n_folded : 0;
}

/* Control characters and interlinear annotation vanish as well; white space among them does not. */
static gboolean is_dropped(guint32 code)
{
	if (u_isUWhiteSpace((UChar32)code))
		return FALSE;
	return u_charType((UChar32)code) == U_CONTROL_CHAR || (code >= 0xFFF9 && code <= 0xFFFB) ||
	       u_hasBinaryProperty((UChar32)code, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

static CharKind letter_kind(UChar32 code)
{
	if (uscript_hasScript(code, USCRIPT_HAN))
		return CHAR_HAN;
	if (uscript_hasScript(code, USCRIPT_HIRAGANA) || uscript_hasScript(code, USCRIPT_KATAKANA))
		return CHAR_KANA;
	if (uscript_hasScript(code, USCRIPT_HANGUL))
		return CHAR_HANGUL;
	return uscript_hasScript(code, USCRIPT_LATIN) ? CHAR_LATIN : CHAR_LETTER;
}

static gboolean is_emoji(UChar32 code)
{
	if (code < 0x2190) /* ©, ™ and the like are signs, not pictures */
		return FALSE;
	return u_hasBinaryProperty(code, UCHAR_EXTENDED_PICTOGRAPHIC) ||
	       u_hasBinaryProperty(code, UCHAR_REGIONAL_INDICATOR);
}

static CharKind kind_of(UChar32 code)
{
	guint32 category = U_GET_GC_MASK(code);

	if (is_dropped((guint32)code))
		return CHAR_DROP;
	if (u_isUWhiteSpace(code))
		return CHAR_SPACE;
	if (u_getIntPropertyValue(code, UCHAR_LINE_BREAK) == U_LB_COMPLEX_CONTEXT)
		return CHAR_COMPLEX;
	if (category & U_GC_M_MASK)
		return CHAR_MARK;
	if (category & U_GC_ND_MASK)
		return CHAR_DIGIT;
	if (category & (U_GC_L_MASK | U_GC_N_MASK))
		return letter_kind(code);
	return is_emoji(code) ? CHAR_EMOJI : CHAR_OTHER;
}

/* Letters that carry their accent inside and so have no decomposition. */
static guint32 plain_latin(guint32 code)
{
	static const guint16 plain[][2] = {
		{0xF8, 'o'}, {0x111, 'd'}, {0x127, 'h'}, {0x131, 'i'}, {0x142, 'l'}};

	for (gsize i = 0; i < G_N_ELEMENTS(plain); i++)
		if (plain[i][0] == code)
			return plain[i][1];
	return code;
}

static guint32 base_of(guint32 code, CharKind kind)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar units[32];
	UChar32 first;
	int n_units;

	if (kind == CHAR_DIGIT)
		return '0' + (guint32)u_charDigitValue((UChar32)code);
	if (kind != CHAR_LATIN || code < 0x80)
		return code;
	n_units = unorm2_getDecomposition(unorm2_getNFCInstance(&status), (UChar32)code, units,
					  G_N_ELEMENTS(units), &status);
	if (U_FAILURE(status) || n_units <= 0)
		return plain_latin(code);
	U16_GET(units, 0, 0, n_units, first);
	return (guint32)first;
}

/* Describes a code point that is folded already. */
static FoldChar describe(guint32 folded)
{
	CharKind kind = kind_of((UChar32)folded);

	return (FoldChar){.fold = folded, .base = base_of(folded, kind), .kind = kind};
}

/* Folds units into chars, simplified and without dropped ones; returns how many. */
static guint fold_to_chars(const UChar *units, int n_units, guint32 *chars, guint max)
{
	UChar folded[UNITS_MAX];
	int n_folded = fold_units(units, n_units, folded, UNITS_MAX);
	guint n_chars = 0;

	for (int i = 0; i < n_folded && n_chars < max;) {
		UChar32 code;

		U16_NEXT(folded, i, n_folded, code);
		if (!U_IS_SURROGATE(code) && !is_dropped((guint32)code))
			chars[n_chars++] = simplify((guint32)code);
	}
	return n_chars;
}

static FoldChar build(guint32 code)
{
	UErrorCode status = U_ZERO_ERROR;
	const UNormalizer2 *folder = unorm2_getNFKCCasefoldInstance(&status);
	FoldChar entry = {.fold = 0xFFFD, .base = 0xFFFD, .kind = CHAR_OTHER};
	guint32 chars[FOLD_SPREAD_MAX];
	UChar units[2];
	int n_units = 0;
	guint n_chars;

	if (U_IS_SURROGATE(code) || U_FAILURE(status))
		return entry;
	U16_APPEND_UNSAFE(units, n_units, code);
	n_chars = fold_to_chars(units, n_units, chars, G_N_ELEMENTS(chars));
	if (n_chars == 1)
		entry = describe(chars[0]);
	else
		entry = (FoldChar){
			.fold = code, .base = code, .kind = n_chars ? CHAR_OTHER : CHAR_DROP};
	entry.spread = n_chars > 1;
	/* what vanishes parts nothing: what stands around it may combine */
	entry.joins = entry.kind == CHAR_DROP || !unorm2_hasBoundaryBefore(folder, (UChar32)code);
	return entry;
}

const FoldChar *fold_block(guint32 block)
{
	FoldChar *entries = g_new(FoldChar, BLOCK_SIZE);
	const FoldChar *present = NULL;

	for (guint32 i = 0; i < BLOCK_SIZE; i++)
		entries[i] = build(block << FOLD_BLOCK_BITS | i);
	if (atomic_compare_exchange_strong(&fold_blocks[block], &present, entries))
		return entries;
	g_free(entries); /* another thread was quicker */
	return present;
}

/* UTF-16 of what does not vanish of text[at, end), at most FOLD_CLUSTER_MAX code points. */
static int cluster_units(const FoldCursor *cursor, UChar *units)
{
	gsize at = cursor->start;
	guint n_codes = 0;
	int n_units = 0;

	while (at < cursor->end && n_codes < FOLD_CLUSTER_MAX) {
		UChar32 code;

		U8_NEXT_OR_FFFD(cursor->text, at, cursor->end, code);
		if (fold_char((guint32)code).kind == CHAR_DROP)
			continue;
		U16_APPEND_UNSAFE(units, n_units, code);
		n_codes++;
	}
	return n_units;
}

void fold_cluster(FoldCursor *cursor)
{
	UChar units[FOLD_CLUSTER_MAX * 2];
	guint32 chars[FOLD_SPREAD_MAX];
	guint n, run = 0;

	while (cursor->ahead_end > cursor->end && cursor->ahead.joins) {
		cursor->end = cursor->ahead_end;
		fold_look_ahead(cursor);
	}
	n = fold_to_chars(units, cluster_units(cursor, units), chars, FOLD_SPREAD_MAX);
	cursor->chars = cursor->many;
	cursor->n_chars = 0;
	for (guint i = 0; i < n; i++) {
		FoldChar c = fold_char(chars[i]);

		c.fold = chars[i];
		run = c.joins ? run + 1 : 1; /* marks may have become more */
		if (run <= FOLD_CLUSTER_MAX)
			cursor->many[cursor->n_chars++] = c;
	}
}
