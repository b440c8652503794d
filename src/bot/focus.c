/* The second best goes along because the best one alone is wrong too often (docs/measurements.md); where a
 * third is nearly as good, nothing is sure. */
#include "bot/focus.h"

#include <string.h>

#include "llm/task.h"
#include "ml/encoder.h"
#include "text/sentence.h"

static const float margin = 0.05F; /* of the best over the third */

void focus_clear(Focus *focus)
{
	g_free(focus->text);
	g_free(focus->grammar);
	memset(focus, 0, sizeof(*focus));
}

/* "- ", "* ", "3. ", "3、": the bytes of a list marker. */
static gsize marker_bytes(const char *text)
{
	gsize digits = strspn(text, "0123456789");

	if (digits && g_str_has_prefix(text + digits, "、"))
		return digits + strlen("、");
	if (digits && text[digits] == '.' && text[digits + 1] == ' ')
		return digits + 2;
	return (*text == '-' || *text == '*') && text[1] == ' ' ? 2 : 0;
}

/* As it may stand in a prompt, and alone. */
static void add_part(GPtrArray *parts, const char *text, gsize n_bytes)
{
	g_autofree char *part = g_strndup(text, n_bytes);
	g_autofree char *clean = task_disarm(part, n_bytes);
	const char *bare = clean + marker_bytes(clean);

	if (*bare)
		g_ptr_array_add(parts, g_strdup(bare));
}

static gboolean is_sentence(const char *text)
{
	static const char *const ends[] = {"。", "！", "？", "；", "”",	 "」", "）",
					   ".",	 "!",  "?",  ";",  "\"", ")",  NULL};

	for (guint i = 0; ends[i]; i++)
		if (g_str_has_suffix(text, ends[i]))
			return TRUE;
	return FALSE;
}

/* What a table says stands in no sentence. */
static gboolean has_table(const GPtrArray *parts)
{
	for (guint i = 0; i < parts->len; i++)
		if (*(const char *)g_ptr_array_index(parts, i) == '|')
			return TRUE;
	return FALSE;
}

static GPtrArray *sentences_of(const char *passage)
{
	g_autoptr(GArray) spans = text_sentences(passage, strlen(passage));
	GPtrArray *parts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < spans->len; i++) {
		const TextSpan *span = &g_array_index(spans, TextSpan, i);

		add_part(parts, passage + span->start, span->end - span->start);
	}
	return parts;
}

gboolean focus_choose(const float *cosines, guint n, guint *ret_best, guint *ret_second)
{
	float top[3] = {-2, -2, -2}; /* falling */
	guint at[3] = {0};

	for (guint i = 0; i < n; i++) {
		guint place = 3;

		for (; place > 0 && cosines[i] > top[place - 1]; place--)
			if (place < 3) {
				top[place] = top[place - 1];
				at[place] = at[place - 1];
			}
		if (place < 3) {
			top[place] = cosines[i];
			at[place] = i;
		}
	}
	*ret_best = at[0];
	*ret_second = n > 1 ? at[1] : at[0];
	return n && top[0] - top[2] >= margin;
}

/* FALSE: there is no encoder, or it failed. */
static gboolean measure(const KnowledgeEncoder *encoder, const char *question,
			const GPtrArray *sentences, float *cosines)
{
	float asked[ENCODER_DIMENSIONS];
	g_autofree float *vectors = g_new(float, (gsize)sentences->len *ENCODER_DIMENSIONS);

	if (!encoder->encode(&question, 1, TRUE, asked, encoder->data, NULL) ||
	    !encoder->encode((const char *const *)sentences->pdata, sentences->len, FALSE, vectors,
			     encoder->data, NULL))
		return FALSE;
	for (guint i = 0; i < sentences->len; i++) {
		cosines[i] = 0;
		for (guint k = 0; k < ENCODER_DIMENSIONS; k++)
			cosines[i] += asked[k] * vectors[i * ENCODER_DIMENSIONS + k];
	}
	return TRUE;
}

/* Of a sentence as it stands in a prompt. */
static char *literal(const char *sentence)
{
	g_auto(GStrv) parts = g_strsplit(sentence, "\\", -1);
	g_autofree char *slashed = g_strjoinv("\\\\", parts);
	GString *out = g_string_new(slashed);

	g_string_replace(out, "\"", "\\\"", 0);
	g_string_append_c(g_string_prepend_c(out, '"'), '"');
	return g_string_free(out, FALSE);
}

static void write_one(const char *sentence, Focus *ret_focus)
{
	g_autofree char *quoted = literal(sentence);

	ret_focus->text = g_strdup(sentence);
	ret_focus->grammar = g_strdup_printf("root ::= \" \"? %s", quoted);
}

/* The best one, alone or with the other in its place. Chinese puts nothing between sentences. */
static void write_two(const char *first, const char *last, gboolean first_is_best, Focus *ret_focus)
{
	g_autofree char *quoted_first = literal(first), *quoted_last = literal(last);
	const char *between = (guchar)first[strlen(first) - 1] < 0x80 ? " " : "";

	ret_focus->text = g_strconcat(first, between, last, NULL);
	ret_focus->grammar = first_is_best ? g_strdup_printf("root ::= \" \"? %s (\"%s\" %s)?",
							     quoted_first, between, quoted_last)
					   : g_strdup_printf("root ::= \" \"? (%s \"%s\")? %s",
							     quoted_first, between, quoted_last);
}

void focus_find(const KnowledgeEncoder *encoder, const char *question, const char *passage,
		Focus *ret_focus)
{
	g_autoptr(GPtrArray) sentences = sentences_of(passage);
	float cosines[FOCUS_SENTENCES_MAX];
	guint best, second;

	memset(ret_focus, 0, sizeof(*ret_focus));
	if (!sentences->len || sentences->len > FOCUS_SENTENCES_MAX || has_table(sentences) ||
	    !measure(encoder, question, sentences, cosines))
		return;
	ret_focus->sure = focus_choose(cosines, sentences->len, &best, &second) &&
			  is_sentence(g_ptr_array_index(sentences, best));
	if (!is_sentence(g_ptr_array_index(sentences, second)))
		second = best;
	if (best == second)
		write_one(g_ptr_array_index(sentences, best), ret_focus);
	else
		write_two(g_ptr_array_index(sentences, MIN(best, second)),
			  g_ptr_array_index(sentences, MAX(best, second)), best < second,
			  ret_focus);
}
