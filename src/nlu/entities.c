/* Weights are rounded to what the file holds when training ends, so that a read model says the same. */
#include "nlu/entities.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "ml/features.h"
#include "ml/tokenizer.h"
#include "text/words.h"

enum {
	MAX_FEATURES = 1 << 19,
	MAX_WEIGHTS = 1 << 25,
	HASH_BYTES = 32,
	HEAD_BYTES = 8,
	ENCODE_BATCH = 64
};
enum { TAG_B = 1, TAG_I, TAG_E, TAG_S, TAGS_OF_TYPE = 4 }; /* tag 0: outside */
static const char magic[] = "ZYN1";

struct Entities {
	GPtrArray *types;
	FeatureTable *features;
	Crf *crf;
	guint seed, n_rows;
	double offset; /* taken off the tag outside */
};

/* ---- marked texts -------------------------------------------------------------------------------- */

static MarkedTexts *marked_texts_new(void)
{
	MarkedTexts *m = g_new0(MarkedTexts, 1);

	m->texts = g_ptr_array_new_with_free_func(g_free);
	m->spans = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	m->types = g_ptr_array_new_with_free_func(g_free);
	return m;
}

static void clear_encoded(gpointer text)
{
	encoder_tokens_clear(text);
}

void encoded_text_unref(EncodedText *text)
{
	if (text)
		g_atomic_rc_box_release_full(text, clear_encoded);
}

gboolean encode_texts(const Encoder *encoder, const char *const *texts, gsize n, EncodedText **ret,
		      GError **error)
{
	g_autofree const char **fitting = g_new(const char *, n + 1);
	g_autofree EncoderTokens *tokens = g_new0(EncoderTokens, n + 1);

	for (gsize i = 0; i < n; i++)
		fitting[i] = strlen(texts[i]) <= TOKENIZER_MAX_BYTES ? texts[i] : "";
	if (!encoder_encode_tokens(encoder, ENCODER_QUERY, fitting, n, tokens, error))
		return FALSE;
	for (gsize i = 0; i < n; i++) {
		ret[i] = g_atomic_rc_box_new0(EncodedText);
		*ret[i] = tokens[i];
	}
	return TRUE;
}

gboolean marked_texts_encode(MarkedTexts *m, const Encoder *encoder, CrfProgress progress,
			     gpointer data, GError **error)
{
	g_autoptr(GPtrArray) all =
		g_ptr_array_new_full(m->texts->len + 1, (GDestroyNotify)encoded_text_unref);

	for (guint i = 0; i < m->texts->len; i += ENCODE_BATCH) {
		EncodedText *encoded[ENCODE_BATCH];
		guint n = MIN(ENCODE_BATCH, m->texts->len - i);

		if (progress && !progress(i, m->texts->len, data)) {
			g_set_error_literal(
				error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNPROCESSABLE,
				"the time was over before all texts were encoded (--minutes)");
			return FALSE;
		}
		if (!encode_texts(encoder, (const char *const *)m->texts->pdata + i, n, encoded,
				  error))
			return FALSE;
		for (guint k = 0; k < n; k++)
			g_ptr_array_add(all, encoded[k]);
	}
	g_clear_pointer(&m->tokens, g_ptr_array_unref);
	m->tokens = g_steal_pointer(&all);
	return TRUE;
}

static void copy_types(MarkedTexts *m, const GPtrArray *types)
{
	for (guint i = 0; i < types->len; i++)
		g_ptr_array_add(m->types, g_strdup(types->pdata[i]));
}

MarkedTexts *marked_texts_read(const char *path, GError **error)
{
	g_autoptr(SpanReader) reader = span_reader_open(path, error);
	g_autoptr(MarkedTexts) m = marked_texts_new();
	g_autoptr(GError) cause = NULL;

	if (!reader)
		return NULL;
	while (span_reader_next(reader, &cause)) {
		g_ptr_array_add(m->texts, g_strdup(span_reader_text(reader)));
		g_ptr_array_add(m->spans, g_array_copy((GArray *)(gsize)span_reader_spans(reader)));
	}
	if (cause) {
		g_propagate_error(error, g_steal_pointer(&cause));
		return NULL;
	}
	copy_types(m, span_reader_types(reader));
	return g_steal_pointer(&m);
}

MarkedTexts *marked_texts_without(const MarkedTexts *marked, const guint32 *order, guint n_folds,
				  guint fold)
{
	MarkedTexts *m = marked_texts_new();

	if (marked->tokens)
		m->tokens = g_ptr_array_new_with_free_func((GDestroyNotify)encoded_text_unref);
	for (guint i = 0; i < marked->texts->len; i++)
		if (i % n_folds != fold) {
			g_ptr_array_add(m->texts, g_strdup(marked->texts->pdata[order[i]]));
			g_ptr_array_add(m->spans, g_array_ref(marked->spans->pdata[order[i]]));
			if (m->tokens)
				g_ptr_array_add(
					m->tokens,
					g_atomic_rc_box_acquire(marked->tokens->pdata[order[i]]));
		}
	copy_types(m, marked->types);
	return m;
}

void marked_texts_free(MarkedTexts *m)
{
	if (!m)
		return;
	g_ptr_array_unref(m->texts);
	g_ptr_array_unref(m->spans);
	g_ptr_array_unref(m->types);
	g_clear_pointer(&m->tokens, g_ptr_array_unref);
	g_free(m);
}

/* ---- units and their features -------------------------------------------------------------------- */

typedef struct {
	guint start, end; /* code points */
	guint32 id, kind, head, tail;
	guint32 word, last_word,
		next_word; /* the dictionary word that it is of, and its neighbours */
	guint32 place;	   /* in the word: alone, first, within, last */
	guint byte;	   /* where it begins */
} Unit;

static guint32 mix(guint32 a, guint32 b)
{
	guint64 x = ((guint64)a << 32 | b) * G_GUINT64_CONSTANT(0x9E3779B97F4A7C15);

	x ^= x >> 29;
	x *= G_GUINT64_CONSTANT(0xBF58476D1CE4E5B9);
	return (guint32)(x >> 32);
}

static guint32 kind_of(gunichar c)
{
	return g_unichar_isspace(c)		   ? 0
	       : c < 0x250 && g_unichar_isalpha(c) ? 1
	       : g_unichar_isdigit(c)		   ? 2
	       : g_unichar_isalpha(c)		   ? 3
						   : 4;
}

/* The units from first to end are one word. */
static void mark_word(GArray *units, guint first, guint end, guint32 *last)
{
	guint32 word = 11;

	for (guint i = first; i < end; i++)
		word = mix(word, g_array_index(units, Unit, i).id);
	for (guint i = first; i < end; i++) {
		Unit *unit = &g_array_index(units, Unit, i);

		unit->word = word;
		unit->last_word = *last;
		unit->place = end - first == 1 ? 0 : i == first ? 1 : i == end - 1 ? 3 : 2;
	}
	for (guint i = first; i-- > 0 && g_array_index(units, Unit, i).word == *last;)
		g_array_index(units, Unit, i).next_word = word;
	*last = word;
}

static void mark_words(const char *text, GArray *units)
{
	g_autoptr(GArray) ends = text_word_ends(text);
	guint first = 0;
	guint32 last = 13;

	for (guint w = 0; w < ends->len; w++) {
		guint end = first;

		while (end < units->len &&
		       g_array_index(units, Unit, end).byte < g_array_index(ends, guint32, w))
			end++;
		if (end > first)
			mark_word(units, first, end, &last);
		first = end;
	}
}

static GArray *units_of(const char *text)
{
	GArray *units = g_array_new(FALSE, FALSE, sizeof(Unit));
	guint at = 0;

	for (const char *p = text; *p;) {
		Unit unit = {.start = at,
			     .id = 7,
			     .kind = kind_of(g_utf8_get_char(p)),
			     .byte = (guint)(p - text)};
		guint32 kind = unit.kind;

		do {
			gunichar c = g_utf8_get_char(p), low = g_unichar_tolower(c);

			unit.id = mix(unit.id, low);
			unit.kind =
				kind == 1 && c != low && unit.kind < 16 ? unit.kind + 8 : unit.kind;
			unit.head = at - unit.start < 3 ? mix(unit.head, low) : unit.head;
			unit.tail = unit.tail << 10 ^ low;
			p = g_utf8_next_char(p);
			at++;
		} while (*p && (kind == 1 || kind == 2) && kind_of(g_utf8_get_char(p)) == kind);
		unit.end = at;
		if (kind)
			g_array_append_val(units, unit);
	}
	mark_words(text, units);
	return units;
}

/* Which neighbours a feature joins, counted from the unit; 99: none. */
static const gint8 templates[][3] = {
	{-3, 99, 99}, {-2, 99, 99}, {-1, 99, 99}, {0, 99, 99},	{1, 99, 99},
	{2, 99, 99},  {3, 99, 99},  {-2, -1, 99}, {-1, 0, 99},	{0, 1, 99},
	{1, 2, 99},   {-1, 1, 99},  {-2, 0, 99},  {0, 2, 99},	{-2, -1, 0},
	{-1, 0, 1},   {0, 1, 2},    {2, 3, 99},	  {-3, -2, 99},
};

static const Unit *unit_at(const GArray *units, gint64 i)
{
	static const Unit none = {.id = 1, .kind = 31};

	return i < 0 || i >= units->len ? &none : &g_array_index(units, Unit, i);
}

static void unit_keys(const GArray *units, guint i, GArray *keys)
{
	const Unit *unit = unit_at(units, i);
	guint32 kinds = 0, own[12];
	const Unit *before = unit_at(units, (gint64)i - 1), *after = unit_at(units, (gint64)i + 1);

	for (guint t = 0; t < G_N_ELEMENTS(templates); t++) {
		guint32 key = t + 100;

		for (guint k = 0; k < 3 && templates[t][k] != 99; k++)
			key = mix(key, unit_at(units, (gint64)i + templates[t][k])->id);
		g_array_append_val(keys, key);
	}
	for (gint d = -1; d <= 1; d++)
		kinds = kinds << 5 | unit_at(units, (gint64)i + d)->kind;
	own[0] = mix(200, kinds);
	own[1] = mix(201, unit->head);
	own[2] = mix(202, unit->tail);
	own[3] = 203; /* always */
	own[4] = mix(204, unit->place);
	own[5] = mix(205, mix(unit->word, unit->place));
	own[6] = mix(206, mix(unit->last_word, unit->place));
	own[7] = mix(207, mix(unit->next_word, unit->place));
	own[8] = mix(208, mix(mix(unit->last_word, unit->word), unit->place));
	own[9] = mix(209, mix(mix(unit->word, unit->next_word), unit->place));
	own[10] = mix(210, before->place << 4 | unit->place << 2 | after->place);
	own[11] = mix(211, mix(unit->id, unit->place));
	g_array_append_vals(keys, own, G_N_ELEMENTS(own));
}

typedef struct {
	GArray *starts, *indices; /* gsize, guint32 */
	CrfSequence sequence;
} Rows;

static void rows_make(Rows *rows, const FeatureTable *features, const GArray *units)
{
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(guint32));
	gsize end = 0;

	rows->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
	rows->indices = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_array_append_val(rows->starts, end);
	for (guint i = 0; i < units->len; i++) {
		g_array_set_size(keys, 0);
		unit_keys(units, i, keys);
		for (guint k = 0; k < keys->len; k++) {
			gint f = features_find(features, g_array_index(keys, guint32, k));

			if (f >= 0)
				g_array_append_val(rows->indices, f);
		}
		end = rows->indices->len;
		g_array_append_val(rows->starts, end);
	}
	rows->sequence = (CrfSequence){.n = units->len,
				       .starts = (const gsize *)(gpointer)rows->starts->data,
				       .indices = (const guint32 *)(gpointer)rows->indices->data};
}

/* Each unit has the vector of the token that it begins in. A token that is a word of several characters says the same
 * of each, so weights differ by where in it a unit stands: alone, first, within, last. */
static void rows_see(Rows *rows, const GArray *units, const EncodedText *text)
{
	enum { ALONE, FIRST, WITHIN, LAST };
	guint32 *row = g_new0(guint32, units->len + 1);
	guint8 *sets = g_new0(guint8, units->len + 1);
	guint t = 0;

	for (guint i = 0; i < units->len && text->n; i++) {
		guint byte = unit_at(units, i)->byte;
		gboolean begins, ends;

		while (t + 1 < text->n && text->ends[t] <= byte)
			t++;
		begins = text->starts[t] >= byte;
		ends = i + 1 == units->len || unit_at(units, i + 1)->byte >= text->ends[t];
		row[i] = t;
		sets[i] = begins ? (ends ? ALONE : FIRST) : (ends ? LAST : WITHIN);
	}
	rows->sequence.vectors = text->n ? text->vectors : NULL;
	rows->sequence.rows = row;
	rows->sequence.sets = sets;
}

static void rows_clear(Rows *rows)
{
	g_array_unref(rows->starts);
	g_array_unref(rows->indices);
	g_free((guint *)(gsize)rows->sequence.tags);
	g_free((guint32 *)(gsize)rows->sequence.rows);
	g_free((guint8 *)(gsize)rows->sequence.sets);
}

/* ---- tags ---------------------------------------------------------------------------------------- */

static guint *tags_of(const GArray *units, const GArray *spans)
{
	guint *tags = g_new0(guint, units->len + 1);

	for (guint s = 0; s < spans->len; s++) {
		const Span *span = &g_array_index(spans, Span, s);
		guint first = 0, end, base = span->type * TAGS_OF_TYPE;
		gboolean is_free = TRUE;

		while (first < units->len && unit_at(units, first)->end <= span->start)
			first++;
		for (end = first; end < units->len && unit_at(units, end)->start < span->end; end++)
			is_free = is_free && !tags[end];
		for (guint i = first; is_free && i < end; i++)
			tags[i] = base + (end - first == 1 ? TAG_S
					  : i == first	   ? TAG_B
					  : i == end - 1   ? TAG_E
							   : TAG_I);
	}
	return tags;
}

static guint8 *allowed_steps(guint n_types)
{
	guint n_tags = 1 + TAGS_OF_TYPE * n_types, wide = n_tags + 1;
	guint8 *allowed = g_new0(guint8, (gsize)wide * wide);

	for (guint from = 0; from < wide; from++)
		for (guint to = 0; to < wide; to++) {
			guint a = from && from < n_tags ? (from - 1) % TAGS_OF_TYPE + 1 : 0;
			guint b = to && to < n_tags ? (to - 1) % TAGS_OF_TYPE + 1 : 0;
			gboolean inside = a == TAG_B || a == TAG_I, on = b == TAG_I || b == TAG_E;

			allowed[from * wide + to] =
				inside == on &&
				(!on || (from - 1) / TAGS_OF_TYPE == (to - 1) / TAGS_OF_TYPE);
		}
	return allowed;
}

/* ---- training and finding ------------------------------------------------------------------------ */

static FeatureTable *learn_features(GPtrArray *units, guint n_tags)
{
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);

	for (guint r = 0; r < units->len; r++) {
		GArray *row = g_array_new(FALSE, FALSE, sizeof(guint32));

		for (guint i = 0; i < ((GArray *)units->pdata[r])->len; i++)
			unit_keys(units->pdata[r], i, row);
		g_ptr_array_add(keys, row);
	}
	return features_build((const GArray *const *)keys->pdata, keys->len,
			      keys->len > 1000 ? 2 : 1, MIN(MAX_FEATURES, MAX_WEIGHTS / n_tags));
}

static void round_weights(Crf *crf)
{
	for (gsize f = 0; f < crf_n_rows(crf); f++) {
		float *w = crf->weights + f * crf->n_tags, most = 0;

		for (guint k = 0; k < crf->n_tags; k++)
			most = MAX(most, fabsf(w[k]));
		for (guint k = 0; k < crf->n_tags && most > 0; k++)
			w[k] = roundf(w[k] / (most / 127)) * (most / 127);
	}
}

static Entities *entities_new(GPtrArray *types)
{
	Entities *e = g_new0(Entities, 1);

	e->types = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; types && i < types->len; i++)
		g_ptr_array_add(e->types, g_strdup(types->pdata[i]));
	return e;
}

/* ---- how readily an entity is told ---------------------------------------------------------------- */

/* The likeliest tags miss more entities than they invent; F1 wants them level. So much is taken off tag 0. */
static const double offsets[] = {0, 0.25, 0.5, 0.75, 1};
enum { HELD_OUT = 10, HELD_OUT_ROUNDS = 6, HELD_OUT_LEAST_ROWS = 500 };

static void shift_outside(Crf *crf, double offset)
{
	for (guint from = 0; from <= crf->n_tags; from++)
		crf->transitions[(gsize)from * (crf->n_tags + 1)] -= (float)offset;
}

/* Spans of a, and how many of them stand in b just so. */
static void count_spans(const guint *a, const guint *b, gsize n, guint64 *ret_n, guint64 *ret_same)
{
	gboolean same = FALSE;

	for (gsize i = 0; i < n; i++) {
		guint place = a[i] ? (a[i] - 1) % TAGS_OF_TYPE + 1 : 0;

		same = (same || place == TAG_B || place == TAG_S) && a[i] == b[i];
		*ret_n += place == TAG_E || place == TAG_S;
		*ret_same += same && (place == TAG_E || place == TAG_S);
		same = same && (place == TAG_B || place == TAG_I);
	}
}

static double f1_of(const Crf *crf, const CrfSequence *sequences, gsize n)
{
	guint64 support = 0, told = 0, right = 0, again = 0;

	for (gsize s = 0; s < n; s++) {
		g_autofree guint *tags = g_new0(guint, sequences[s].n + 1);

		crf_decode(crf, sequences + s, tags);
		count_spans(sequences[s].tags, tags, sequences[s].n, &support, &right);
		count_spans(tags, sequences[s].tags, sequences[s].n, &told, &again);
	}
	return right ? 2 * (double)right / (double)(support + told) : 0;
}

/* By a field trained on nine tenths, in fewer rounds, and measured on the last. */
static double choose_offset(const Crf *blank, const CrfSequence *sequences, guint n,
			    const CrfOptions *options)
{
	g_autofree CrfSequence *parts = g_new(CrfSequence, n + 1);
	g_autoptr(Crf) crf =
		crf_new(blank->n_features, blank->n_dense, blank->n_tags, blank->allowed);
	CrfOptions fewer = *options;
	guint n_kept = 0, n_held = 0;
	double best = 0, best_f1 = -1;

	if (n < HELD_OUT_LEAST_ROWS)
		return 0;
	for (guint i = 0; i < n; i++)
		parts[i % HELD_OUT ? n_kept++ : n - ++n_held] = sequences[i];
	fewer.n_rounds = HELD_OUT_ROUNDS;
	crf_train(crf, parts, n_kept, &fewer);
	for (guint o = 0; o < G_N_ELEMENTS(offsets); o++) {
		double f1;

		shift_outside(crf, o ? offsets[o] - offsets[o - 1] : 0);
		f1 = f1_of(crf, parts + n_kept, n_held);
		best = f1 > best_f1 ? offsets[o] : best;
		best_f1 = MAX(f1, best_f1);
	}
	return best;
}

static Entities *train(const MarkedTexts *m, const CrfOptions *options)
{
	guint n = m->texts->len, n_tags = 1 + TAGS_OF_TYPE * m->types->len;
	g_autofree guint8 *allowed = allowed_steps(m->types->len);
	g_autofree Rows *rows = g_new0(Rows, n + 1);
	g_autofree CrfSequence *sequences = g_new0(CrfSequence, n + 1);
	g_autoptr(GPtrArray) units = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
	Entities *e = entities_new(m->types);

	e->seed = options->seed;
	e->n_rows = n;
	for (guint i = 0; i < n; i++)
		g_ptr_array_add(units, units_of(m->texts->pdata[i]));
	e->features = learn_features(units, n_tags);
	for (guint i = 0; i < n; i++) {
		rows_make(rows + i, e->features, units->pdata[i]);
		if (m->tokens)
			rows_see(rows + i, units->pdata[i], m->tokens->pdata[i]);
		rows[i].sequence.tags = tags_of(units->pdata[i], m->spans->pdata[i]);
		sequences[i] = rows[i].sequence;
	}
	e->crf = crf_new(features_size(e->features), m->tokens ? ENCODER_DIMENSIONS : 0, n_tags,
			 allowed);
	e->offset = choose_offset(e->crf, sequences, n, options);
	crf_train(e->crf, sequences, n, options);
	shift_outside(e->crf, e->offset);
	round_weights(e->crf);
	for (guint i = 0; i < n; i++)
		rows_clear(rows + i);
	return e;
}

Entities *entities_train(const MarkedTexts *m, const CrfOptions *options, GError **error)
{
	if (m->types->len)
		return train(m, options);
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			    "there is no entity to learn from");
	return NULL;
}

void entities_free(Entities *e)
{
	if (!e)
		return;
	g_ptr_array_unref(e->types);
	g_clear_pointer(&e->features, features_free);
	crf_free(e->crf);
	g_free(e);
}

const GPtrArray *entities_types(const Entities *e)
{
	return e->types;
}

gboolean entities_need_vectors(const Entities *e)
{
	return e->crf->n_dense > 0;
}

GArray *entities_find(const Entities *e, const char *text, const EncodedText *encoded)
{
	GArray *spans = g_array_new(FALSE, FALSE, sizeof(Span));
	g_autoptr(GArray) units = units_of(text);
	g_autofree guint *tags = g_new0(guint, units->len + 1);
	Rows rows = {0};
	Span span = {0};

	rows_make(&rows, e->features, units);
	if (encoded && e->crf->n_dense)
		rows_see(&rows, units, encoded);
	crf_decode(e->crf, &rows.sequence, tags);
	for (guint i = 0; i < units->len; i++) {
		guint place = tags[i] ? (tags[i] - 1) % TAGS_OF_TYPE + 1 : 0;

		if (place == TAG_B || place == TAG_S)
			span = (Span){unit_at(units, i)->start, 0, (tags[i] - 1) / TAGS_OF_TYPE};
		span.end = unit_at(units, i)->end;
		if (place == TAG_E || place == TAG_S)
			g_array_append_val(spans, span);
	}
	rows_clear(&rows);
	return spans;
}

/* ---- the file ------------------------------------------------------------------------------------ */

static char *card_write(const Entities *e)
{
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "task", "ner");
	json_put_int(&w, "version", 1);
	json_array_begin(&w, "types");
	for (guint i = 0; i < e->types->len; i++)
		json_put_string(&w, NULL, e->types->pdata[i]);
	json_array_end(&w);
	json_put_int(&w, "rows", e->n_rows);
	json_put_int(&w, "seed", e->seed);
	json_put_double(&w, "offset", e->offset);
	json_put_int(&w, "features", e->crf->n_features);
	json_put_int(&w, "vectors", e->crf->n_dense);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}

static void put_hash(const guint8 *bytes, gsize n, guint8 hash[HASH_BYTES])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize n_hash = HASH_BYTES;

	g_checksum_update(sum, bytes, (gssize)n);
	g_checksum_get_digest(sum, hash, &n_hash);
}

/* A row of weights: their scale, and each in 8 bits. */
static void put_row(const Crf *crf, gsize r, GByteArray *out)
{
	const float *w = crf->weights + r * crf->n_tags;
	float most = 0, scale;

	for (guint k = 0; k < crf->n_tags; k++)
		most = MAX(most, fabsf(w[k]));
	scale = most / 127;
	g_byte_array_append(out, (const guint8 *)&scale, sizeof scale);
	for (guint k = 0; k < crf->n_tags; k++) {
		gint8 small = most > 0 ? (gint8)lroundf(w[k] / scale) : 0;

		g_byte_array_append(out, (const guint8 *)&small, 1);
	}
}

static void put_vectors(const Crf *crf, GByteArray *out)
{
	g_byte_array_append(out, (const guint8 *)crf->mean, (guint)(crf->n_dense * sizeof(float)));
	g_byte_array_append(out, (const guint8 *)&crf->scale, sizeof(float));
	for (gsize r = crf->n_features; r < crf_n_rows(crf); r++)
		put_row(crf, r, out);
}

GByteArray *entities_format(const Entities *e)
{
	g_autofree char *card = card_write(e);
	GByteArray *out = g_byte_array_new();
	guint32 n_card = (guint32)strlen(card);
	gsize wide = (gsize)e->crf->n_tags + 1;
	guint8 hash[HASH_BYTES];

	g_byte_array_append(out, (const guint8 *)magic, 4);
	g_byte_array_append(out, (const guint8 *)&n_card, sizeof n_card);
	g_byte_array_append(out, (const guint8 *)card, n_card);
	g_byte_array_append(out, (const guint8 *)e->crf->transitions,
			    (guint)(wide * wide * sizeof(float)));
	for (guint f = 0; f < e->crf->n_features; f++) {
		guint32 key = features_key(e->features, f);

		g_byte_array_append(out, (const guint8 *)&key, sizeof key);
		put_row(e->crf, f, out);
	}
	if (e->crf->n_dense)
		put_vectors(e->crf, out);
	put_hash(out->data, out->len, hash);
	g_byte_array_append(out, hash, sizeof hash);
	return out;
}

static gboolean read_types(Entities *e, const json_t *card)
{
	const json_t *type;
	gsize i;

	json_array_foreach(json_object_get(card, "types"), i, type)
	{
		if (!json_is_string(type) || i >= SPANS_MAX_TYPES)
			return FALSE;
		g_ptr_array_add(e->types, g_strdup(json_string_value(type)));
	}
	return e->types->len > 0;
}

static gboolean all_finite(const float *values, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!isfinite(values[i]))
			return FALSE;
	return TRUE;
}

static float read_row(Crf *crf, gsize r, const guint8 *at)
{
	float scale;

	memcpy(&scale, at, sizeof scale);
	for (guint k = 0; k < crf->n_tags; k++)
		crf->weights[r * crf->n_tags + k] = (float)(gint8)at[sizeof scale + k] * scale;
	return scale;
}

static gboolean read_vectors(Crf *crf, const guint8 *at)
{
	gboolean good = TRUE;

	memcpy(crf->mean, at, crf->n_dense * sizeof(float));
	at += crf->n_dense * sizeof(float);
	memcpy(&crf->scale, at, sizeof(float));
	at += sizeof(float);
	for (gsize r = crf->n_features; r < crf_n_rows(crf); r++) {
		good = good && isfinite(read_row(crf, r, at));
		at += sizeof(float) + crf->n_tags;
	}
	return good && all_finite(crf->mean, crf->n_dense) && isfinite(crf->scale);
}

static gsize vectors_size(gint64 n_dense, guint n_tags)
{
	return n_dense ? ((gsize)n_dense + 1) * sizeof(float) +
				 CRF_SETS * (gsize)n_dense * (sizeof(float) + n_tags)
		       : 0;
}

static gboolean read_weights(Entities *e, const guint8 *at, gsize n_bytes, gint64 n, gint64 n_dense)
{
	guint n_tags = 1 + TAGS_OF_TYPE * e->types->len;
	gsize n_steps = ((gsize)n_tags + 1) * (n_tags + 1), row = HEAD_BYTES + (gsize)n_tags;
	g_autofree guint8 *allowed = allowed_steps(e->types->len);
	g_autofree guint32 *keys = NULL;
	g_autofree float *scales = NULL;

	if (n < 0 || n > MAX_FEATURES || (n_dense && n_dense != ENCODER_DIMENSIONS) ||
	    n_bytes != n_steps * sizeof(float) + (gsize)n * row + vectors_size(n_dense, n_tags))
		return FALSE;
	e->crf = crf_new((guint)n, (guint)n_dense, n_tags, allowed);
	memcpy(e->crf->transitions, at, n_steps * sizeof(float));
	at += n_steps * sizeof(float);
	keys = g_new(guint32, (gsize)n + 1);
	scales = g_new(float, (gsize)n + 1);
	for (gsize f = 0; f < (gsize)n; f++, at += row) {
		memcpy(keys + f, at, sizeof *keys);
		scales[f] = read_row(e->crf, f, at + sizeof *keys);
	}
	e->features = features_restore(keys, scales, (guint)n);
	return e->features && all_finite(scales, (gsize)n) &&
	       all_finite(e->crf->transitions, n_steps) && (!n_dense || read_vectors(e->crf, at));
}

static gboolean read_file(Entities *e, const guint8 *bytes, gsize n)
{
	guint8 hash[HASH_BYTES];
	g_autoptr(json_t) card = NULL;
	guint32 n_card;
	gsize n_body = n - HASH_BYTES;

	memcpy(&n_card, bytes + 4, sizeof n_card);
	put_hash(bytes, n_body, hash);
	if (memcmp(hash, bytes + n_body, HASH_BYTES) != 0 || n_card > n_body - HEAD_BYTES)
		return FALSE;
	card = json_parse((const char *)bytes + HEAD_BYTES, n_card, NULL);
	return card && read_types(e, card) &&
	       read_weights(e, bytes + HEAD_BYTES + n_card, n_body - HEAD_BYTES - n_card,
			    json_integer_value(json_object_get(card, "features")),
			    json_integer_value(json_object_get(card, "vectors")));
}

Entities *entities_parse(const guint8 *bytes, gsize n, GError **error)
{
	g_autoptr(Entities) e = NULL;

	if (n < HEAD_BYTES + HASH_BYTES || memcmp(bytes, magic, 4) != 0) {
		g_set_error_literal(
			error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID,
			"this is not a model of entities (zhiyin train ner makes them)");
		return NULL;
	}
	e = entities_new(NULL);
	if (read_file(e, bytes, n))
		return g_steal_pointer(&e);
	g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_DAMAGED,
			    "the model is damaged; train it again or fetch it anew");
	return NULL;
}
