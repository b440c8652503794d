/*
 * Unigram tokenizer, see tokenizer.h.
 * Pieces are found through a hash table over the mapped text, which is built in milliseconds and
 * takes 2 MB for 250,000 pieces, instead of a trie. What a trie would give, an early end of the
 * search, comes from a bitmap of the hashes of all beginnings of pieces: a false hit costs one more
 * step, never a wrong piece. Sums are single precision and ties go to the earlier start, as in the
 * engines that the model's makers use, so that the ids agree.
 */
#include "ml/tokenizer.h"

#include <string.h>

#include "base/error.h"

#define SPACE_MARK 0x2581
#define FNV_START G_GUINT64_CONSTANT(0xcbf29ce484222325)
#define FNV_PRIME G_GUINT64_CONSTANT(0x100000001b3)
#define BITS_PER_PIECE 32 /* beginnings per piece are about 2: one false hit in 16 */
#define UNKNOWN_PENALTY 10.0f

typedef struct {
	guint32 code;
	guint32 first; /* of its replacements; they end where those of the next rule begin */
} Rule;

struct Tokenizer {
	const WeightsVocabulary *vocabulary; /* borrowed */
	Rule *rules;			     /* n_rules + 1, by code point */
	guint32 *replacements;
	guint32 *slots; /* piece + 1, or 0; open addressing */
	guint32 slot_mask;
	/* Bitmap over hash_end() of every beginning of a piece that ends with a character. */
	guint64 *beginnings;
	guint32 bit_mask;
	float unknown_score;
};

/* One character after normalisation. */
typedef struct {
	guint32 code;
	guint32 start, end; /* its bytes in the text; 0, 0 when it is not from the text */
} Letter;

/* The best way to reach the end of a letter. */
typedef struct {
	float score;
	guint32 from; /* letters before its last piece */
	gint32 id;
} Reach;

typedef struct {
	GArray *letters;   /* Letter */
	GByteArray *bytes; /* their UTF-8 */
	guint32 *at;	   /* n_letters + 1 offsets into bytes */
} Normal;

static guint64 hash_step(guint64 hash, guint8 byte)
{
	return (hash ^ byte) * FNV_PRIME;
}

/* The low bits of FNV hang together, the high ones are mixed in. */
static guint32 hash_end(guint64 hash)
{
	return (guint32)(hash ^ hash >> 32);
}

static gboolean letter_begins(guint8 byte)
{
	return (byte & 0xc0) != 0x80;
}

static guint32 power_above(guint64 n)
{
	guint64 power = 64;

	while (power < n)
		power *= 2;
	return (guint32)power;
}

/* A score of zero marks control pieces (bos, eos, pad, mask); with unknown, no text may write
 * them. */
static gboolean piece_writable(const WeightsVocabulary *v, guint piece)
{
	gint32 id = (gint32)piece;

	return v->scores[piece] != 0 && id != v->bos && id != v->eos && id != v->pad &&
	       id != v->unknown && v->starts[piece + 1] > v->starts[piece];
}

static void piece_add(Tokenizer *t, guint piece)
{
	const WeightsVocabulary *v = t->vocabulary;
	guint64 hash = FNV_START;
	guint32 slot;

	for (guint32 i = v->starts[piece]; i < v->starts[piece + 1]; i++) {
		hash = hash_step(hash, (guint8)v->blob[i]);
		if (i + 1 == v->starts[piece + 1] || letter_begins((guint8)v->blob[i + 1])) {
			guint32 bit = hash_end(hash) & t->bit_mask;

			t->beginnings[bit / 64] |= G_GUINT64_CONSTANT(1) << bit % 64;
		}
	}
	slot = hash_end(hash) & t->slot_mask;
	while (t->slots[slot])
		slot = (slot + 1) & t->slot_mask;
	t->slots[slot] = piece + 1;
}

/* The piece that is written exactly so, or -1. */
static gint32 piece_find(const Tokenizer *t, const guint8 *bytes, guint32 n, guint64 hash)
{
	const WeightsVocabulary *v = t->vocabulary;

	for (guint32 slot = hash_end(hash) & t->slot_mask; t->slots[slot];
	     slot = (slot + 1) & t->slot_mask) {
		guint32 piece = t->slots[slot] - 1;

		if (v->starts[piece + 1] - v->starts[piece] == n &&
		    memcmp(v->blob + v->starts[piece], bytes, n) == 0)
			return (gint32)piece;
	}
	return -1;
}

static void rules_index(Tokenizer *t)
{
	const WeightsVocabulary *v = t->vocabulary;
	const guint8 *at = v->rules;
	guint32 n = 0;

	t->rules = g_new(Rule, v->n_rules + 1);
	t->replacements = g_new(guint32, v->n_rule_bytes / 4 + 1);
	for (guint i = 0; i < v->n_rules; i++) {
		guint8 k = at[4];

		memcpy(&t->rules[i].code, at, 4);
		t->rules[i].first = n;
		memcpy(t->replacements + n, at + 5, (gsize)k * 4);
		at += 5 + (gsize)k * 4;
		n += k;
	}
	t->rules[v->n_rules] = (Rule){G_MAXUINT32, n};
}

Tokenizer *tokenizer_new(const WeightsVocabulary *vocabulary)
{
	Tokenizer *t = g_new0(Tokenizer, 1);
	float lowest = 0;

	t->vocabulary = vocabulary;
	rules_index(t);
	t->slot_mask = power_above(2 * (guint64)vocabulary->n_pieces) - 1;
	t->bit_mask = power_above(BITS_PER_PIECE * (guint64)vocabulary->n_pieces) - 1;
	t->slots = g_new0(guint32, (gsize)t->slot_mask + 1);
	t->beginnings = g_new0(guint64, ((gsize)t->bit_mask + 1) / 64);
	for (guint i = 0; i < vocabulary->n_pieces; i++) {
		lowest = MIN(lowest, vocabulary->scores[i]);
		if (piece_writable(vocabulary, i))
			piece_add(t, i);
	}
	t->unknown_score = lowest - UNKNOWN_PENALTY;
	return t;
}

void tokenizer_free(Tokenizer *tokenizer)
{
	if (!tokenizer)
		return;
	g_free(tokenizer->rules);
	g_free(tokenizer->replacements);
	g_free(tokenizer->slots);
	g_free(tokenizer->beginnings);
	g_free(tokenizer);
}

static const Rule *rule_find(const Tokenizer *t, guint32 code)
{
	guint low = 0, high = t->vocabulary->n_rules;

	while (low < high) {
		guint middle = low + (high - low) / 2;

		if (t->rules[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return t->rules[low].code == code ? &t->rules[low] : NULL;
}

/* Appends one letter; a space only behind something that is not a space. */
static void letter_add(GArray *letters, Letter letter)
{
	gboolean space = letter.code == ' ';

	if (space &&
	    (letters->len == 0 || g_array_index(letters, Letter, letters->len - 1).code == ' '))
		return;
	g_array_append_val(letters, letter);
}

/* The next character of bytes[at..n); U+FFFD and one byte where they are not UTF-8. */
static guint32 character_next(const char *bytes, gsize n, gsize *at)
{
	gunichar code = (guint8)bytes[*at];

	if (code < 0x80) {
		*at += 1;
		return code;
	}
	code = g_utf8_get_char_validated(bytes + *at, (gssize)(n - *at));
	if (code == (gunichar)-1 || code == (gunichar)-2) {
		*at += 1;
		return 0xfffd;
	}
	*at += (gsize)g_utf8_skip[(guint8)bytes[*at]];
	return code;
}

static void letters_add(const Tokenizer *t, GArray *letters, const char *bytes, gsize n,
			gboolean from_text)
{
	for (gsize at = 0; at < n;) {
		gsize start = at;
		guint32 code = character_next(bytes, n, &at);
		const Rule *rule = rule_find(t, code);
		Letter letter = {code, from_text ? (guint32)start : 0, from_text ? (guint32)at : 0};

		if (!rule)
			letter_add(letters, letter);
		for (guint32 i = rule ? rule[0].first : 0; rule && i < rule[1].first; i++) {
			letter.code = t->replacements[i];
			letter_add(letters, letter);
		}
	}
}

/* Marks the spaces, puts one in front, drops the one at the end, and writes the letters as
 * UTF-8. */
static void normal_finish(Normal *normal)
{
	GArray *letters = normal->letters;
	const Letter front = {SPACE_MARK, 0, 0};
	char utf8[6];

	if (letters->len && g_array_index(letters, Letter, letters->len - 1).code == ' ')
		g_array_set_size(letters, letters->len - 1);
	if (letters->len)
		g_array_prepend_val(letters, front);
	normal->at = g_new(guint32, (gsize)letters->len + 1);
	for (guint i = 0; i < letters->len; i++) {
		Letter *letter = &g_array_index(letters, Letter, i);

		letter->code = letter->code == ' ' ? SPACE_MARK : letter->code;
		normal->at[i] = normal->bytes->len;
		g_byte_array_append(normal->bytes, (guint8 *)utf8,
				    (guint)g_unichar_to_utf8(letter->code, utf8));
	}
	normal->at[letters->len] = normal->bytes->len;
}

static void reach_offer(Reach *reach, float score, guint32 from, gint32 id)
{
	if (score > reach->score)
		*reach = (Reach){score, from, id};
}

/* Offers every piece that begins at letter i to the letter where it ends. */
static void reach_extend(const Tokenizer *t, const Normal *normal, Reach *reach, guint32 i)
{
	const guint8 *bytes = normal->bytes->data;
	guint64 hash = FNV_START;

	reach_offer(&reach[i + 1], reach[i].score + t->unknown_score, i, -1);
	for (guint32 end = i + 1; end <= normal->letters->len; end++) {
		guint32 bit, n = normal->at[end] - normal->at[i];
		gint32 piece;

		for (guint32 k = normal->at[end - 1]; k < normal->at[end]; k++)
			hash = hash_step(hash, bytes[k]);
		bit = hash_end(hash) & t->bit_mask;
		if (!(t->beginnings[bit / 64] >> bit % 64 & 1))
			return;
		piece = piece_find(t, bytes + normal->at[i], n, hash);
		if (piece >= 0)
			reach_offer(&reach[end], reach[i].score + t->vocabulary->scores[piece], i,
				    piece);
	}
}

static Token token_of(const Tokenizer *t, const Normal *normal, guint32 first, guint32 end,
		      gint32 id)
{
	const Letter *letters = (const void *)normal->letters->data;
	Token token = {id >= 0 ? id : t->vocabulary->unknown, 0, 0};

	if (end - first > 1 && letters[first].code == SPACE_MARK)
		first++;
	token.start = letters[first].start;
	token.end = letters[end - 1].end;
	return token;
}

static void best_append(const Tokenizer *t, const Normal *normal, GArray *tokens)
{
	guint32 n = normal->letters->len;
	guint first = tokens->len, n_tokens = 0;
	g_autofree Reach *reach = g_new(Reach, (gsize)n + 1);

	for (guint32 i = 0; i <= n; i++)
		reach[i] = (Reach){i ? -G_MAXFLOAT : 0, 0, -1};
	for (guint32 i = 0; i < n; i++)
		reach_extend(t, normal, reach, i);
	for (guint32 i = n; i > 0; i = reach[i].from)
		n_tokens++;
	g_array_set_size(tokens, first + n_tokens);
	for (guint32 i = n; i > 0; i = reach[i].from)
		g_array_index(tokens, Token, first + --n_tokens) =
			token_of(t, normal, reach[i].from, i, reach[i].id);
}

gboolean tokenizer_split(const Tokenizer *tokenizer, const char *prefix, const char *text,
			 gsize n_bytes, GArray *tokens, GError **error)
{
	g_autoptr(GArray) letters = NULL;
	g_autoptr(GByteArray) bytes = NULL;
	g_autofree guint32 *at = NULL;
	Normal normal;

	if (n_bytes > TOKENIZER_MAX_BYTES) {
		g_set_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE,
			    "the text is longer than %u bytes", TOKENIZER_MAX_BYTES);
		return FALSE;
	}
	letters = g_array_sized_new(FALSE, FALSE, sizeof(Letter), (guint)n_bytes / 2 + 16);
	bytes = g_byte_array_sized_new((guint)n_bytes + 32);
	if (prefix)
		letters_add(tokenizer, letters, prefix, strlen(prefix), FALSE);
	letters_add(tokenizer, letters, text, n_bytes, TRUE);
	normal = (Normal){letters, bytes, NULL};
	normal_finish(&normal);
	at = normal.at;
	best_append(tokenizer, &normal, tokens);
	return TRUE;
}
