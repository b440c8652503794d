/*
 * One walk over the tokens of a text, for sources and answers alike: it tells each word (two Han
 * characters, or a Latin word's stem) and how many tokens back a negator stood in the same clause.
 */
#include "llm/check_denials.h"

#include <string.h>

#include "text/normalise.h"
#include "text/stem.h"
#include "text/terms.h"
#include "text/tokenize.h"

enum { WORD_BYTES = 66, FAR = 1000, DENIED_IN_ANSWER = 5 };

struct Denials {
	GHashTable *denied, *said;
	gboolean yes, no; /* a source begins with that */
};

/* What a word is, and where the negator before it: 0 = right before it but for modals. */
typedef void (*WordFunction)(const char *word, guint n_content, guint n_tokens, gpointer data);

typedef struct {
	const char *text;
	gsize last_end;
	char last[8];	    /* the Han character before, or "" */
	guint n_tokens;	    /* since the negator in this clause, FAR = none */
	guint n_content;    /* of those, that are no modals */
	guint last_content; /* n_content when last came */
	guint last_tokens;
	WordFunction function;
	gpointer data;
} Walk;

static gboolean is_one_of(const char *text, const char *const *texts)
{
	for (; *texts; texts++)
		if (g_str_equal(*texts, text))
			return TRUE;
	return FALSE;
}

static gboolean is_negator(const char *token)
{
	static const char *const negators[] = {
		"不",	 "没",	  "未",	    "勿",      "别",	   "无",      "not",	 "cannot",
		"never", "no",	  "cant",   "dont",    "wont",	   "doesnt",  "didnt",	 "isnt",
		"arent", "wasnt", "werent", "couldnt", "shouldnt", "wouldnt", "without", NULL};

	return is_one_of(token, negators);
}

static gboolean is_modal(const char *token)
{
	static const char *const modals[] = {
		"能", "可",  "以",   "会",   "要",   "得",   "予",	  "再",	 "有",
		"法", "须",  "需",   "be",   "been", "a",    "an",	  "the", "any",
		"to", "yet", "also", "have", "get",  "been", "currently", NULL};

	return is_one_of(token, modals);
}

static gboolean clause_ends(const char *text, gsize from, gsize to)
{
	static const char *const signs[] = {"。", "、", "！", "？", "；", "，"};

	for (gsize i = from; i < to; i++) {
		if (strchr(",.!?;:\n", text[i]))
			return TRUE;
		for (guint j = 0; j < G_N_ELEMENTS(signs); j++)
			if (strncmp(text + i, signs[j], strlen(signs[j])) == 0)
				return TRUE;
	}
	return FALSE;
}

/* Both characters are known now: the word began at the one before. */
static void tell_han(Walk *walk, const char *character)
{
	char word[16];

	if (!walk->last[0] || is_modal(walk->last))
		return;
	g_snprintf(word, sizeof word, "%s%s", walk->last, character);
	walk->function(word, walk->last_content, walk->last_tokens, walk->data);
}

static int see_token(const Token *token, gpointer data)
{
	Walk *walk = data;
	char word[WORD_BYTES];
	gboolean han = token->kind == TOKEN_CHARACTER && token->n_bytes < (int)sizeof walk->last;
	gsize n = (gsize)MIN(token->n_bytes, WORD_BYTES - 2);
	gboolean apart = (gsize)token->start > walk->last_end;

	memcpy(word, token->text, n);
	word[n] = '\0';
	if (clause_ends(walk->text, walk->last_end, (gsize)token->start))
		walk->n_tokens = walk->n_content = FAR;
	walk->last_end = (gsize)token->end;
	if (is_negator(word)) {
		walk->n_tokens = walk->n_content = 0;
		walk->last[0] = '\0';
		return 0;
	}
	if (han && !apart)
		tell_han(walk, word);
	else if (token->kind == TOKEN_WORD && token->latin && !is_modal(word) &&
		 !text_is_stop_word(word)) {
		word[text_stem(word, (int)n)] = '\0';
		walk->function(word, walk->n_content, walk->n_tokens, walk->data);
	}
	walk->last_content = walk->n_content;
	walk->last_tokens = walk->n_tokens;
	g_strlcpy(walk->last, han ? word : "", sizeof walk->last);
	walk->n_tokens += walk->n_tokens < FAR;
	walk->n_content += walk->n_content < FAR && !is_modal(word);
	return 0;
}

static void walk_words(const char *normal, WordFunction function, gpointer data)
{
	Walk walk = {.text = normal,
		     .n_tokens = FAR,
		     .n_content = FAR,
		     .last_content = FAR,
		     .last_tokens = FAR,
		     .function = function,
		     .data = data};

	text_foreach_token(normal, strlen(normal), see_token, &walk);
}

Denials *denials_new(void)
{
	Denials *denials = g_new0(Denials, 1);

	denials->denied = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	denials->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return denials;
}

void denials_free(Denials *denials)
{
	if (!denials)
		return;
	g_hash_table_unref(denials->denied);
	g_hash_table_unref(denials->said);
	g_free(denials);
}

static void learn(const char *word, guint n_content, guint n_tokens, gpointer data)
{
	Denials *denials = data;

	if (n_content == 0)
		g_hash_table_add(denials->denied, g_strdup(word));
	else if (n_tokens > DENIED_IN_ANSWER)
		g_hash_table_add(denials->said, g_strdup(word));
}

static gboolean begins_with(const char *text, const char *const *openings)
{
	for (; *openings; openings++)
		if (g_str_has_prefix(text, *openings))
			return TRUE;
	return FALSE;
}

static gboolean says_yes(const char *text)
{
	static const char *const openings[] = {"yes,", "yes.", "可以", "支持", "能", "会,",
					       "是的", "有的", "有,",  "有。", NULL};

	return begins_with(text, openings);
}

static gboolean says_no(const char *text)
{
	static const char *const openings[] = {"no,",  "no.",  "不支持", "不可以", "不能",
					       "不行", "不会", "不需",	 "没有",   "暂不",
					       "不。", "不,",  NULL};

	return begins_with(text, openings);
}

void denials_add(Denials *denials, const char *normal)
{
	denials->yes = denials->yes || says_yes(normal);
	denials->no = denials->no || says_no(normal);
	walk_words(normal, learn, denials);
}

typedef struct {
	const Denials *denials;
	char *found;
} Search;

static void look(const char *word, guint n_content, guint n_tokens, gpointer data)
{
	Search *search = data;

	(void)n_content;
	if (!search->found && n_tokens > DENIED_IN_ANSWER &&
	    g_hash_table_contains(search->denials->denied, word) &&
	    !g_hash_table_contains(search->denials->said, word))
		search->found = g_strdup(word);
}

gboolean denials_check(const Denials *denials, const char *normal, char **ret_detail)
{
	Search search = {.denials = denials};

	if ((says_yes(normal) && denials->no && !denials->yes) ||
	    (says_no(normal) && denials->yes && !denials->no))
		search.found = g_strndup(normal, text_prefix(normal, -1, 3));
	else
		walk_words(normal, look, &search);
	*ret_detail = search.found;
	return !search.found;
}
