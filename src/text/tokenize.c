/*
 * The tokenizer: a small state machine over folded characters. It follows ICU's word rules where
 * search gains by them (letters and digits hold together, decimals, apostrophes) and breaks at
 * every other sign where it does not: ICU keeps "john.smith" and "example.com" whole, and then
 * nobody finds smith. Only scripts without spaces go to ICU's dictionaries.
 */
#include "text/tokenize.h"

#include <string.h>

#include "text/fold.h"
#include "text/words.h"

typedef struct {
	TokenFunction function;
	gpointer data;
	int stop; /* what function returned when it wanted no more */
	/* The word being collected. */
	char word[TOKEN_BYTES_MAX + 4];
	int n_word;
	int start, end;
	CharKind last;	  /* kind of its last character */
	char joint;	  /* '.' or '\'' seen behind it, which the next character may swallow */
	int apostrophe;	  /* length of the word when the last apostrophe was swallowed, else -1 */
	gboolean digits;  /* all digits so far (with points) */
	gboolean foreign; /* a letter that is not Latin */
} Splitter;

static void splitter_emit(Splitter *s, TokenKind kind, const char *bytes, int n_bytes, int start,
			  int end)
{
	Token token = {kind, bytes, n_bytes, start, end, kind == TOKEN_WORD && !s->foreign};

	s->stop = s->function(&token, s->data);
}

static void splitter_end_word(Splitter *s)
{
	if (!s->n_word)
		return;
	/* customer's -> customer */
	if (s->apostrophe > 0 && s->n_word == s->apostrophe + 1 && s->word[s->n_word - 1] == 's')
		s->n_word--;
	splitter_emit(s, s->digits ? TOKEN_NUMBER : TOKEN_WORD, s->word, s->n_word, s->start,
		      s->end);
	s->n_word = 0;
	s->joint = 0;
}

static void splitter_begin_word(Splitter *s, int start)
{
	s->start = start;
	s->apostrophe = -1;
	s->digits = TRUE;
	s->foreign = FALSE;
	s->joint = 0;
}

static inline gboolean is_letter(CharKind kind)
{
	return kind == CHAR_LATIN || kind == CHAR_LETTER;
}

/* Decides what a sign between the word and a further character means; FALSE when it parts them. */
static gboolean splitter_join(Splitter *s, CharKind kind)
{
	char joint = s->joint;

	s->joint = 0;
	if (joint == '.' && s->last == CHAR_DIGIT && kind == CHAR_DIGIT) {
		s->word[s->n_word++] = '.';
		return TRUE;
	}
	if (joint == '\'' && is_letter(s->last) && is_letter(kind)) {
		s->apostrophe = s->n_word;
		return TRUE;
	}
	return joint == ',';
}

static void splitter_letter(Splitter *s, const FoldChar *c, int start, int end)
{
	if (s->n_word && s->joint && !splitter_join(s, c->kind))
		splitter_end_word(s);
	if (s->n_word >= TOKEN_BYTES_MAX - 3)
		splitter_end_word(s);
	if (s->stop)
		return;
	if (!s->n_word)
		splitter_begin_word(s, start);
	s->n_word += fold_put(s->word + s->n_word, c->base);
	s->last = c->kind;
	s->digits &= c->kind == CHAR_DIGIT;
	s->foreign |= c->kind == CHAR_LETTER;
	s->end = end;
}

/* Marks that did not compose: dropped behind Latin letters, kept where they are vowels. */
static void splitter_mark(Splitter *s, const FoldChar *c, int end)
{
	if (!s->n_word || s->joint || s->n_word >= TOKEN_BYTES_MAX - 3)
		return;
	if (s->last == CHAR_LETTER)
		s->n_word += fold_put(s->word + s->n_word, c->base);
	s->end = end;
}

/* A comma before exactly three digits groups thousands; at is behind it. */
static gboolean groups_thousands(const Splitter *s, const char *text, gsize at, gsize n_bytes)
{
	FoldCursor cursor;
	guint n_digits = 0;

	if (!s->digits || s->last != CHAR_DIGIT || memchr(s->word, '.', (gsize)s->n_word))
		return FALSE;
	cursor.text = text;
	cursor.n_bytes = n_bytes;
	fold_seek(&cursor, at);
	while (n_digits < 4 && fold_next(&cursor))
		for (guint i = 0; i < cursor.n_chars; i++) {
			if (cursor.chars[i].kind != CHAR_DIGIT)
				return n_digits == 3;
			n_digits++;
		}
	return n_digits == 3;
}

/* behind: where the text goes on. */
static void splitter_sign(Splitter *s, guint32 sign, const char *text, gsize behind, gsize n_bytes)
{
	if (!s->n_word)
		return;
	if (!s->joint && (sign == '.' || sign == '\''))
		s->joint = (char)sign;
	else if (!s->joint && sign == 0x2019) /* ’ */
		s->joint = '\'';
	else if (!s->joint && sign == ',' && groups_thousands(s, text, behind, n_bytes))
		s->joint = ',';
	else
		splitter_end_word(s);
}

static void splitter_single(Splitter *s, TokenKind kind, const FoldCursor *cursor,
			    const FoldChar *c)
{
	char bytes[4];

	splitter_end_word(s);
	if (s->stop)
		return;
	if (cursor->same)
		splitter_emit(s, kind, cursor->text + cursor->start,
			      (int)(cursor->end - cursor->start), (int)cursor->start,
			      (int)cursor->end);
	else
		splitter_emit(s, kind, bytes, fold_put(bytes, c->base), (int)cursor->start,
			      (int)cursor->end);
}

static void splitter_char(Splitter *s, const FoldCursor *cursor, const FoldChar *c)
{
	switch ((CharKind)c->kind) {
	case CHAR_HAN:
	case CHAR_KANA:
	case CHAR_HANGUL:
		splitter_single(s, TOKEN_CHARACTER, cursor, c);
		break;
	case CHAR_EMOJI:
		splitter_single(s, TOKEN_EMOJI, cursor, c);
		break;
	case CHAR_LATIN:
	case CHAR_LETTER:
	case CHAR_COMPLEX: /* reached only through a compatibility character */
	case CHAR_DIGIT:
		splitter_letter(s, c, (int)cursor->start, (int)cursor->end);
		break;
	case CHAR_MARK:
		splitter_mark(s, c, (int)cursor->end);
		break;
	case CHAR_OTHER:
		splitter_sign(s, c->fold, cursor->text, cursor->end, cursor->n_bytes);
		break;
	case CHAR_SPACE:
		splitter_end_word(s);
		break;
	case CHAR_DROP:
		break;
	}
}

/* ---- scripts without spaces ---------------------------------------------------------------------------------- */

/* Emits one dictionary word, folded. */
static void splitter_complex_word(Splitter *s, const char *text, gsize start, gsize end)
{
	FoldCursor cursor;

	fold_begin(&cursor, text, end);
	fold_seek(&cursor, start);
	while (!s->stop && fold_next(&cursor))
		for (guint i = 0; i < cursor.n_chars && !s->stop; i++)
			splitter_letter(s, &cursor.chars[i], (int)cursor.start, (int)cursor.end);
	if (!s->stop)
		splitter_end_word(s);
}

static void splitter_complex(Splitter *s, const char *text, gsize start, gsize end)
{
	UErrorCode status = U_ZERO_ERROR;
	UText utext = UTEXT_INITIALIZER;
	UBreakIterator *iterator = text_word_iterator();

	splitter_end_word(s);
	if (s->stop)
		return;
	utext_openUTF8(&utext, text + start, (gint64)(end - start), &status);
	if (iterator)
		ubrk_setUText(iterator, &utext, &status);
	if (!iterator || U_FAILURE(status)) {
		splitter_complex_word(s, text, start, end);
	} else {
		gint32 from = ubrk_first(iterator), to;

		while (!s->stop && (to = ubrk_next(iterator)) != UBRK_DONE) {
			splitter_complex_word(s, text, start + (gsize)from, start + (gsize)to);
			from = to;
		}
	}
	utext_close(&utext);
}

/* The run of such characters at the cursor's cluster; the cursor ends behind it. */
static void splitter_complex_run(Splitter *s, FoldCursor *cursor)
{
	gsize start = cursor->start;

	while (cursor->ahead_end > cursor->end && cursor->ahead.kind == CHAR_COMPLEX)
		fold_next(cursor);
	splitter_complex(s, cursor->text, start, cursor->end);
}

/* ---- the walk ------------------------------------------------------------------------------------------------ */

/* ASCII without a look at the tables; stops before a character that may take a mark. Returns how
 * far it came. */
static gsize splitter_ascii(Splitter *s, const char *text, gsize at, gsize n_bytes)
{
	while (at < n_bytes && !((guchar)text[at] & 0x80) && !s->stop) {
		char c = text[at];
		FoldChar folded = {.base = (guint32)(guchar)g_ascii_tolower(c)};

		if (at + 1 < n_bytes && !fold_parts(text[at + 1]))
			return at;
		if (g_ascii_isalpha(c) || g_ascii_isdigit(c)) {
			folded.kind = g_ascii_isalpha(c) ? CHAR_LATIN : CHAR_DIGIT;
			splitter_letter(s, &folded, (int)at, (int)at + 1);
		} else if (g_ascii_isspace(c) || c == '\v') {
			splitter_end_word(s);
		} else if (g_ascii_isprint(c)) {
			splitter_sign(s, (guint32)(guchar)c, text, at + 1, n_bytes);
		}
		at++;
	}
	return at;
}

/* Everything else, up to the next ASCII character. */
static gsize splitter_unicode(Splitter *s, FoldCursor *cursor, gsize at)
{
	fold_seek(cursor, at);
	do {
		if (!fold_next(cursor))
			break;
		if (cursor->one.kind == CHAR_COMPLEX) {
			splitter_complex_run(s, cursor);
			continue;
		}
		for (guint i = 0; i < cursor->n_chars && !s->stop; i++)
			splitter_char(s, cursor, &cursor->chars[i]);
	} while (!s->stop && cursor->end < cursor->n_bytes &&
		 ((guchar)cursor->text[cursor->end] & 0x80));
	return cursor->end;
}

int text_foreach_token(const char *text, gsize n_bytes, TokenFunction function, gpointer data)
{
	Splitter s;
	FoldCursor cursor;
	gsize at = 0;

	s.function = function;
	s.data = data;
	s.stop = 0;
	s.n_word = 0;
	s.joint = 0;
	cursor.text = text;
	cursor.n_bytes = MIN(n_bytes, G_MAXINT);
	while (at < cursor.n_bytes && !s.stop) {
		at = splitter_ascii(&s, text, at, cursor.n_bytes);
		if (at < cursor.n_bytes && !s.stop)
			at = splitter_unicode(&s, &cursor, at);
	}
	if (!s.stop)
		splitter_end_word(&s);
	return s.stop;
}

typedef struct {
	TextEmit emit;
	gpointer data;
} Forward;

static int forward(const Token *token, gpointer data)
{
	const Forward *to = data;

	return to->emit(token->text, token->n_bytes, token->start, token->end, to->data);
}

int text_tokenize(const char *text, int n_bytes, TextEmit emit, gpointer data)
{
	Forward to = {emit, data};

	return text_foreach_token(text, n_bytes < 0 ? strlen(text) : (gsize)n_bytes, forward, &to);
}

static int weigh(const Token *token, gpointer data)
{
	*(double *)data += token->kind == TOKEN_CHARACTER ? 1.0 : 1.3;
	return 0;
}

double text_weigh(const char *text, gsize n_bytes)
{
	double weight = 0;

	text_foreach_token(text, n_bytes, weigh, &weight);
	return weight;
}
