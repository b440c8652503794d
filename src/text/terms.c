/*
 * Ranking terms over the tokenizer's tokens. Chinese is not segmented: characters find everything,
 * pairs rank it, and there is no dictionary to disagree with the next customer's words.
 */
#include "text/terms.h"

#include <stdlib.h>
#include <string.h>

#include "text/stem.h"
#include "text/tokenize.h"

static const char *const stop_words[] = {
#define STOP_WORD(text) text,
#include "text/stopwords.def"
};
static const char *const weak_words[] = {
#define WEAK_WORD(text) text,
#include "text/stopwords.def"
};
static const char *const particles[] = {
#define PARTICLE(text) text,
#include "text/stopwords.def"
};
static const char *const grammar[] = {
#define GRAMMAR(text) text,
#include "text/stopwords.def"
};
static const char *const weak_pairs[] = {
#define WEAK_PAIR(text) text,
#include "text/stopwords.def"
};

static int compare_text(const void *key, const void *row)
{
	return strcmp(key, *(const char *const *)row);
}

#define IS_IN(text, list) \
	(bsearch(text, list, G_N_ELEMENTS(list), sizeof(list[0]), compare_text) != NULL)

typedef enum { CONTENT, GRAMMAR_ROLE, PARTICLE_ROLE } Role;

typedef struct {
	TermFunction function;
	gpointer data;
	/* The character before, for pairs. */
	char before[8];
	int n_before;
	int end_before; /* -1: none */
	Role role_before;
} Walk;

static Role role_of(const char *character)
{
	if (IS_IN(character, particles))
		return PARTICLE_ROLE;
	return IS_IN(character, grammar) ? GRAMMAR_ROLE : CONTENT;
}

static int walk_pair(Walk *walk, const char *character, int n_bytes, Role role)
{
	char pair[16];
	int n_pair = walk->n_before + n_bytes;
	gboolean weak;

	if (role == PARTICLE_ROLE && walk->role_before == PARTICLE_ROLE)
		return 0;
	memcpy(pair, walk->before, (gsize)walk->n_before);
	memcpy(pair + walk->n_before, character, (gsize)n_bytes + 1);
	weak = role == PARTICLE_ROLE || walk->role_before == PARTICLE_ROLE ||
	       (role != CONTENT && walk->role_before != CONTENT) || IS_IN(pair, weak_pairs);
	return walk->function(TERM_HAN2, weak, pair, (guint)n_pair, walk->data);
}

static int walk_character(Walk *walk, const Token *token)
{
	char character[8] = "";
	int n_bytes = MIN(token->n_bytes, 7), stop = 0;
	Role role;

	memcpy(character, token->text, (gsize)n_bytes);
	role = role_of(character);
	if (role == CONTENT)
		stop = walk->function(TERM_HAN1, FALSE, character, (guint)n_bytes, walk->data);
	if (!stop && walk->end_before == token->start)
		stop = walk_pair(walk, character, n_bytes, role);
	memcpy(walk->before, character, sizeof(character));
	walk->n_before = n_bytes;
	walk->role_before = role;
	walk->end_before = token->end;
	return stop;
}

gboolean text_is_stop_word(const char *word)
{
	return IS_IN(word, stop_words);
}

static int walk_word(Walk *walk, const Token *token)
{
	char word[TOKEN_BYTES_MAX + 8];
	int n_bytes = MIN(token->n_bytes, TOKEN_BYTES_MAX + 4);
	gboolean weak;

	memcpy(word, token->text, (gsize)n_bytes);
	word[n_bytes] = '\0';
	if (text_is_stop_word(word))
		return 0;
	weak = IS_IN(word, weak_words);
	n_bytes = text_stem(word, n_bytes);
	word[n_bytes] = '\0';
	return walk->function(TERM_WORD, weak, word, (guint)n_bytes, walk->data);
}

static int walk_number(Walk *walk, const Token *token)
{
	char digits[TOKEN_BYTES_MAX + 8];
	int n_bytes = MIN(token->n_bytes, TOKEN_BYTES_MAX + 4);

	memcpy(digits, token->text, (gsize)n_bytes);
	digits[n_bytes] = '\0';
	return walk->function(TERM_NUMBER, FALSE, digits, (guint)n_bytes, walk->data);
}

static int walk_token(const Token *token, gpointer data)
{
	switch (token->kind) {
	case TOKEN_CHARACTER:
		return walk_character(data, token);
	case TOKEN_WORD:
		return walk_word(data, token);
	case TOKEN_NUMBER:
		return walk_number(data, token);
	case TOKEN_EMOJI:
		break;
	}
	return 0;
}

int text_foreach_term(const char *text, gsize n_bytes, TermFunction function, gpointer data)
{
	Walk walk = {.function = function, .data = data, .end_before = -1};

	return text_foreach_token(text, n_bytes, walk_token, &walk);
}

static int add_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	TextTerm *term = g_malloc(sizeof(*term) + n_bytes + 1);

	term->kind = kind;
	term->weak = weak;
	term->n_bytes = n_bytes;
	memcpy(term->text, text, n_bytes + 1);
	g_ptr_array_add(data, term);
	return 0;
}

GPtrArray *text_terms(const char *text)
{
	GPtrArray *terms = g_ptr_array_new_with_free_func(g_free);

	text_foreach_term(text, strlen(text), add_term, terms);
	return terms;
}
