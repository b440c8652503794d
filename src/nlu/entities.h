/*
 * Named entities: spans of a text and their types, learnt from marked texts (nlu/spans.h) by a conditional random
 * field (ml/crf.h) over units - a character, or a run of Latin letters or of digits - with BIOES tags. A unit is
 * seen by itself, its neighbours, their pairs and triples, kinds of characters, beginnings and ends of words, the
 * dictionary words (ICU) that it and its neighbours are of, and, where the texts were encoded, by the encoder's vector
 * of its token, weighted by where in the token it stands. Of 500 texts and more a tenth tells how readily an entity
 * is told: the offset of the tag outside with the best F1.
 * Threads: an Entities may be shared. Errors: INVALID (no marked span), DAMAGED. File: ZYN1, a card (JSON), the
 * features with 8-bit weights, transitions, SHA-256. Limits: a text above TOKENIZER_MAX_BYTES has no vectors; encoded
 * texts take 1.5 kB a token. Does not find spans that overlap: of training the first counts.
 */
#pragma once

#include "ml/crf.h"
#include "ml/encoder.h"
#include "nlu/spans.h"

typedef struct {
	GPtrArray *texts;  /* char * */
	GPtrArray *spans;  /* GArray of Span, one a text */
	GPtrArray *types;  /* char * */
	GPtrArray *tokens; /* EncodedText *, one a text; NULL before marked_texts_encode() */
} MarkedTexts;

/* The encoder's vectors of a text's tokens, shared by reference. */
typedef EncoderTokens EncodedText;

/* Encodes n texts together: a new reference each. FALSE with error: none. */
gboolean encode_texts(const Encoder *encoder, const char *const *texts, gsize n, EncodedText **ret,
		      GError **error);
void encoded_text_unref(EncodedText *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EncodedText, encoded_text_unref)

MarkedTexts *marked_texts_read(const char *path, GError **error);
/* What is learnt from them sees their vectors, too. progress: FALSE breaks off, which is UNPROCESSABLE. */
gboolean marked_texts_encode(MarkedTexts *marked, const Encoder *encoder, CrfProgress progress,
			     gpointer data, GError **error);
/* All but the rows order[fold], order[fold + n_folds], ... (order: a permutation). The caller frees it. */
MarkedTexts *marked_texts_without(const MarkedTexts *marked, const guint32 *order, guint n_folds,
				  guint fold);
void marked_texts_free(MarkedTexts *marked);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MarkedTexts, marked_texts_free)

typedef struct Entities Entities;

Entities *entities_train(const MarkedTexts *marked, const CrfOptions *options, GError **error);
void entities_free(Entities *entities);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Entities, entities_free)
const GPtrArray *entities_types(const Entities *entities); /* char * */
/* Whether it looks at vectors. */
gboolean entities_need_vectors(const Entities *entities);
/* Spans (Span, type of entities_types) in the order of the text. The caller frees them. encoded: the text's vectors,
 * which a model that needs them sees; NULL: it makes do without. */
GArray *entities_find(const Entities *entities, const char *text, const EncodedText *encoded);

/* The file's bytes; the caller frees them. */
GByteArray *entities_format(const Entities *entities);
Entities *entities_parse(const guint8 *bytes, gsize n, GError **error);
