/*
 * Folding, one cluster at a time: what search, filters and models compare instead of what people
 * typed. A fold is NFKC case fold (ＡＢＣ, ABC and abc agree; zero-width, bidi, variation and tag
 * characters vanish), then traditional to simplified, then control characters dropped. Broken UTF-8
 * folds to U+FFFD, one per broken sequence. Ownership: a cursor lives on the caller's stack and
 * borrows the text. Threads: a cursor belongs to one thread, the tables behind it are shared and
 * filled block by block at first use. Limits: of a base character and its marks the first 32 code
 * points count, the rest vanishes, so piled-up marks cost linear time and a fold folds to itself. Does
 * not look at words: tokens are made in tokenize.c. Private to the text layer.
 */
#pragma once

#include <glib.h>
#include <stdatomic.h>
#include <unicode/utf8.h>

typedef enum {
	CHAR_OTHER, /* punctuation, symbols, unassigned */
	CHAR_DROP,  /* folds to nothing */
	CHAR_SPACE,
	CHAR_MARK, /* combining, did not compose */
	CHAR_DIGIT,
	CHAR_LATIN,
	CHAR_LETTER, /* of any other alphabet */
	CHAR_HAN,
	CHAR_KANA,
	CHAR_HANGUL,
	CHAR_COMPLEX, /* Thai, Lao, Khmer, Burmese: words only by dictionary */
	CHAR_EMOJI,
} CharKind;

/* One code point, folded on its own. */
typedef struct {
	guint32 fold; /* the folded code point when it is exactly one */
	guint32 base : 21; /* fold without Latin accents, digits of all scripts as ASCII: what tokens hold */
	guint32 kind : 4;   /* CharKind of fold */
	guint32 joins : 1;  /* may combine with what stands before it */
	guint32 spread : 1; /* folds to several code points */
} FoldChar;

#define FOLD_BLOCK_BITS 8
#define FOLD_CLUSTER_MAX 32
#define FOLD_SPREAD_MAX (FOLD_CLUSTER_MAX * 18) /* U+FDFA, the longest, folds to 18 */

typedef struct {
	const char *text;
	gsize n_bytes;
	gsize start, end; /* bytes of the present cluster */
	gboolean
		same; /* the cluster is one code point that folds to itself: its bytes are the fold */
	guint n_chars; /* code points that it folds to, also 0 */
	const FoldChar *chars;
	FoldChar ahead; /* the code point behind end, already looked up */
	guint32 ahead_code;
	gsize ahead_end; /* == end: nothing ahead */
	FoldChar one;
	FoldChar many[FOLD_SPREAD_MAX];
} FoldCursor;

/* Builds and publishes a block of 256 entries; called by fold_char only. */
const FoldChar *fold_block(guint32 block);
/* The reverse of UTF-8 decoding: 1 to 4 bytes to out, returns how many. */
int fold_put(char out[4], guint32 code);
/* Slow path of fold_next: clusters of several code points. */
void fold_cluster(FoldCursor *cursor);

extern _Atomic(const FoldChar *) fold_blocks[0x110000 >> FOLD_BLOCK_BITS];

/* code: any Unicode scalar value. */
static inline FoldChar fold_char(guint32 code)
{
	guint32 block = code >> FOLD_BLOCK_BITS;
	const FoldChar *entries = atomic_load_explicit(&fold_blocks[block], memory_order_acquire);

	if (G_UNLIKELY(!entries))
		entries = fold_block(block);
	return entries[code & ((1U << FOLD_BLOCK_BITS) - 1)];
}

/* An ASCII character that is no part of a cluster with what stands before it; one that vanishes may
 * be. */
static inline gboolean fold_parts(char c)
{
	return (c >= ' ' && c < 0x7F) || (c >= '\t' && c <= '\r');
}

static inline void fold_look_ahead(FoldCursor *cursor)
{
	gsize at = cursor->end;

	if (at < cursor->n_bytes) {
		U8_NEXT_OR_FFFD(cursor->text, at, cursor->n_bytes, cursor->ahead_code);
		cursor->ahead = fold_char(cursor->ahead_code);
	}
	cursor->ahead_end = at;
}

/* Continues at byte offset at, which must begin a code point. */
static inline void fold_seek(FoldCursor *cursor, gsize at)
{
	cursor->end = at;
	fold_look_ahead(cursor);
}

static inline void fold_begin(FoldCursor *cursor, const char *text, gsize n_bytes)
{
	cursor->text = text;
	cursor->n_bytes = n_bytes;
	fold_seek(cursor, 0);
}

/* The next cluster, FALSE at the end. */
static inline gboolean fold_next(FoldCursor *cursor)
{
	guint32 code = cursor->ahead_code;

	if (cursor->ahead_end == cursor->end)
		return FALSE;
	cursor->start = cursor->end;
	cursor->end = cursor->ahead_end;
	cursor->one = cursor->ahead;
	fold_look_ahead(cursor);
	if (G_UNLIKELY(cursor->one.spread ||
		       (cursor->ahead_end > cursor->end && cursor->ahead.joins))) {
		cursor->same = FALSE;
		fold_cluster(cursor);
		return TRUE;
	}
	cursor->same = cursor->one.base == code && code != 0xFFFD;
	cursor->chars = &cursor->one;
	cursor->n_chars = cursor->one.kind != CHAR_DROP;
	return TRUE;
}
