/*
 * Sources become sets: a figure is looked up by value with the units it was seen with, a word by its
 * folded form, eight tokens in a row by a hash. So each sentence costs its own length.
 */
#include "llm/check_facts.h"

#include <string.h>

#include "llm/check_denials.h"
#include "llm/check_promises.h"
#include "text/figures.h"
#include "text/language.h"
#include "text/normalise.h"
#include "text/terms.h"
#include "text/tokenize.h"

enum {
	N_SEQUENCE = 5,
	N_QUOTES_MAX = 32,
	SUPPORT_HAN_MIN = 10, /* a shorter sentence says too little for a share */
	SUPPORT_WORDS_MIN = 4,
	SUPPORT_PERCENT = 60,
};

/* A bit beside those of FigureUnit: a part of a date or time. */
#define UNIT_BIT(unit) ((guint64)1 << (unit))
#define PART_BIT ((guint64)1 << 40)
#define VAGUE_BIT ((guint64)1 << 41) /* 一 in 一锅: no number to rest another on */

struct Facts {
	GHashTable *figures; /* "0:30" (kind, value) -> guint64 *, bits of units */
	GHashTable *words;   /* Latin words of passages and question, folded */
	GHashTable *terms;   /* what passages speak of (text/terms.h) */
	GHashTable *prompt;  /* hashes of windows of the fixed prompt that no passage has */
	Denials *denials;
	GString *passages;	/* normal form, one a line */
	GString *squeezed;	/* passages as promises are looked for in them */
	GString *all;		/* passages and question */
	guint promises;		/* bits of the classes that a passage makes */
	gboolean same_language; /* all passages are in the answer's */
	char language;		/* 'z', 'e' or NUL */
};

/* ---- figures --------------------------------------------------------------------------------- */

static void add_figure(GHashTable *figures, FigureKind kind, const char *value, guint64 bits)
{
	g_autofree char *key = g_strdup_printf("%d:%s", kind, value);
	guint64 *seen = g_hash_table_lookup(figures, key);

	if (!seen) {
		seen = g_new0(guint64, 1);
		g_hash_table_insert(figures, g_steal_pointer(&key), seen);
	}
	*seen |= bits;
}

/* A date supports its parts: 2026-05-01 also 05-01, 2026-05, 05, 2026. */
static void add_date(GHashTable *figures, const char *value)
{
	static const guint8 keep[][3] = {{1, 1, 1}, {0, 1, 1}, {1, 1, 0}, {0, 1, 0}, {1, 0, 0}};
	g_auto(GStrv) parts = g_strsplit(value, "-", 3);

	for (guint i = 0; i < G_N_ELEMENTS(keep); i++) {
		g_autofree char *date =
			g_strdup_printf("%s-%s-%s", keep[i][0] ? parts[0] : "0000",
					keep[i][1] ? parts[1] : "00", keep[i][2] ? parts[2] : "00");

		add_figure(figures, FIGURE_DATE, date, UNIT_BIT(UNIT_NONE));
	}
	for (guint i = 0; i < 3; i++) {
		const char *number = parts[i];

		while (*number == '0' && number[1])
			number++;
		add_figure(figures, FIGURE_NUMBER, number, PART_BIT);
	}
}

static void add_time(GHashTable *figures, const char *value)
{
	char hour[3] = {value[0], value[1], '\0'};

	add_figure(figures, FIGURE_TIME, value, UNIT_BIT(UNIT_NONE));
	add_figure(figures, FIGURE_NUMBER, hour + (hour[0] == '0'), PART_BIT);
}

static void add_figures(Facts *facts, const char *normal)
{
	g_autoptr(GArray) found = figures_find(normal);

	for (guint i = 0; i < found->len; i++) {
		const Figure *figure = &g_array_index(found, Figure, i);

		if (figure->kind == FIGURE_DATE)
			add_date(facts->figures, figure->value);
		else if (figure->kind == FIGURE_TIME)
			add_time(facts->figures, figure->value);
		else
			add_figure(facts->figures, figure->kind, figure->value,
				   figure->vague ? VAGUE_BIT : UNIT_BIT(figure->unit));
	}
}

static gboolean has_figure(const Facts *facts, const Figure *figure)
{
	char key[FIGURE_VALUE_MAX + 8];
	const guint64 *seen;

	g_snprintf(key, sizeof key, "%d:%s", figure->kind, figure->value);
	seen = g_hash_table_lookup(facts->figures, key);
	if (!seen || figure->value[0] == '?')
		return FALSE;
	if (figure->kind != FIGURE_NUMBER)
		return TRUE;
	if (figure->unit <= UNIT_OTHER)
		return figure->spelled || (*seen & ~VAGUE_BIT);
	return (*seen & (UNIT_BIT(figure->unit) | UNIT_BIT(UNIT_NONE))) != 0;
}

/* Many short numbers in a row spell a longer one, digit by digit, that no source has. */
static gboolean is_spelled_out(const Facts *facts, const GArray *found, guint at,
			       const char *normal, char **ret_detail)
{
	const Figure *first = &g_array_index(found, Figure, at), *last = first;
	guint n = 1;
	g_autofree char *run = NULL;

	for (guint i = at + 1; i < found->len; i++, n++) {
		const Figure *next = &g_array_index(found, Figure, i);
		gsize gap = next->start - last->end;

		if (next->kind != FIGURE_NUMBER || next->start < last->end || gap > 3 ||
		    strcspn(normal + last->end, " -,.、,;:/_|") > 0)
			break;
		last = next;
	}
	if (n < N_SEQUENCE)
		return FALSE;
	run = g_strndup(normal + first->start, last->end - first->start);
	if (strstr(facts->passages->str, run))
		return FALSE;
	*ret_detail = g_steal_pointer(&run);
	return TRUE;
}

CheckFault facts_check_figures(const Facts *facts, const char *normal, char **ret_detail)
{
	g_autoptr(GArray) found = figures_find(normal);
	gsize behind = 0; /* of the last run that was looked at */

	for (guint i = 0; i < found->len; i++) {
		const Figure *figure = &g_array_index(found, Figure, i);

		if (!figure->vague && !has_figure(facts, figure)) {
			*ret_detail =
				g_strndup(normal + figure->start, figure->end - figure->start);
			return figure->kind == FIGURE_NUMBER ? CHECK_NUMBER : CHECK_DATE;
		}
		if (figure->kind == FIGURE_NUMBER && figure->start >= behind &&
		    is_spelled_out(facts, found, i, normal, ret_detail))
			return CHECK_NUMBER;
		behind = figure->end + 4;
	}
	return CHECK_OK;
}

CheckFault facts_check_promises(const Facts *facts, const char *normal, char **ret_detail)
{
	g_autofree char *squeezed = promises_squeeze(normal);

	return promises_check(facts->promises, facts->squeezed->str, squeezed, ret_detail)
		       ? CHECK_OK
		       : CHECK_PROMISE;
}

/* ---- support --------------------------------------------------------------------------------- */

typedef struct {
	const Facts *facts;
	guint n_han, n_words, n_found; /* that tell something; found among those of the sources */
} Support;

static gboolean tells_something(TermKind kind, gboolean weak)
{
	return !weak && (kind == TERM_HAN1 || kind == TERM_WORD);
}

static int add_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	if (tells_something(kind, weak))
		g_hash_table_add(((Facts *)data)->terms, g_strndup(text, n_bytes));
	return 0;
}

static int see_term(TermKind kind, gboolean weak, const char *text, guint n_bytes, gpointer data)
{
	Support *support = data;

	(void)n_bytes;
	if (!tells_something(kind, weak))
		return 0;
	support->n_han += kind == TERM_HAN1;
	support->n_words += kind == TERM_WORD;
	support->n_found += g_hash_table_contains(support->facts->terms, text);
	return 0;
}

/* Most of what a sentence says must be the sources' words, and not the question's, which say nothing of
 * what is so; across languages that cannot be told. */
CheckFault facts_check_support(const Facts *facts, const char *normal, char **ret_detail)
{
	Support support = {.facts = facts};
	guint n;

	if (!facts->same_language)
		return CHECK_OK;
	text_foreach_term(normal, strlen(normal), see_term, &support);
	n = support.n_han + support.n_words;
	if (support.n_han < SUPPORT_HAN_MIN && support.n_words < SUPPORT_WORDS_MIN)
		return CHECK_OK;
	if (support.n_found * 100 >= n * SUPPORT_PERCENT)
		return CHECK_OK;
	*ret_detail = g_strdup_printf("%u of %u", support.n_found, n);
	return CHECK_UNSUPPORTED;
}

gboolean facts_speak_of(const Facts *facts, const char *normal)
{
	Support support = {.facts = facts};

	if (!facts->same_language)
		return TRUE;
	text_foreach_term(normal, strlen(normal), see_term, &support);
	return support.n_found > 0;
}

/* Is it a sentence of a source, word for word? */
static gboolean is_quoted(const Facts *facts, const char *normal)
{
	return strlen(normal) >= 6 && strstr(facts->passages->str, normal);
}

/* A question states nothing. */
CheckFault facts_check_denials(const Facts *facts, const char *normal, char **ret_detail)
{
	if (is_quoted(facts, normal))
		return CHECK_OK;
	if (g_str_has_suffix(normal, "?") || denials_check(facts->denials, normal, ret_detail))
		return CHECK_OK;
	return CHECK_DENIED;
}

/* ---- links and e-mail addresses -------------------------------------------------------------- */

/* A run of characters that an address could be made of. */
static gsize address_bytes(const char *text)
{
	gsize n = 0;

	while (g_ascii_isgraph(text[n]) && !strchr("<>\"'`(){}[],;", text[n]))
		n++;
	return n;
}

/* example.com, shop.example/x; not 3.5, e.g., p.m. */
static gboolean has_domain(const char *run, gsize n)
{
	for (gsize i = 2; i + 2 < n; i++)
		if (run[i] == '.' && g_ascii_isalnum(run[i - 1]) && g_ascii_isalnum(run[i - 2]) &&
		    g_ascii_isalpha(run[i + 1]) && g_ascii_isalpha(run[i + 2]))
			return TRUE;
	return FALSE;
}

static CheckFault address_kind(const char *run, gsize n)
{
	static const char *const schemes[] = {
		"javascript:", "data:", "vbscript:", "file:", "mailto:", "tel:", "blob:"};
	const char *at = memchr(run, '@', n);

	for (guint i = 0; i < G_N_ELEMENTS(schemes); i++)
		if (g_strstr_len(run, (gssize)n, schemes[i]))
			return CHECK_LINK;
	if (g_strstr_len(run, (gssize)n, "://") || strncmp(run, "www.", 4) == 0)
		return CHECK_LINK;
	if (at && at > run && at + 1 < run + n)
		return CHECK_CONTACT;
	return has_domain(run, n) ? CHECK_LINK : CHECK_OK;
}

static gboolean ends_address(const char *at)
{
	return !g_ascii_isgraph(*at) || strchr("<>\"'`(){}[],;", *at);
}

/* Whether the passages have it as a whole address, not as the beginning of another. */
static gboolean has_address(const Facts *facts, const char *run)
{
	gsize n = strlen(run);

	for (const char *at = facts->passages->str; (at = strstr(at, run)); at += n) {
		const char *next = at + n;

		if (at > facts->passages->str &&
		    (g_ascii_isalnum(at[-1]) || strchr("@./-", at[-1])))
			continue;
		while (!ends_address(next) && strchr(".:!?", *next))
			next++;
		if (ends_address(next))
			return TRUE;
	}
	return FALSE;
}

CheckFault facts_check_addresses(const Facts *facts, const char *normal, char **ret_detail)
{
	for (gsize at = 0; normal[at];) {
		gsize n = address_bytes(normal + at), behind = at + MAX(n, 1);
		g_autofree char *run = NULL;
		CheckFault kind;

		while (n && strchr(".,:!?*_", normal[at + n - 1]))
			n--;
		while (n && strchr("*_", normal[at])) {
			at++;
			n--;
		}
		run = g_strndup(normal + at, n);
		kind = n ? address_kind(run, n) : CHECK_OK;
		if (kind != CHECK_OK && !has_address(facts, run)) {
			*ret_detail = g_steal_pointer(&run);
			return kind;
		}
		at = behind;
	}
	return CHECK_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

static gboolean is_latin(gunichar c)
{
	return (c < 0x250 || (c >= 0x1E00 && c < 0x1F00)) && g_unichar_isalpha(c);
}

static gboolean is_word_part(gunichar c)
{
	return is_latin(c) || (c >= '0' && c <= '9');
}

/* A word of Latin letters and digits. */
typedef struct {
	gsize start, end;
	guint n_letters, n_digits, n_upper;
	gboolean digit_first, capital;
} Word;

/* The word that begins at text; FALSE: none does. */
static gboolean read_word(const char *text, gsize start, Word *ret)
{
	const char *at = text + start;

	*ret = (Word){.start = start};
	for (; *at; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);

		if (!is_word_part(c))
			break;
		if (at == text + start) {
			ret->digit_first = g_ascii_isdigit(*at);
			ret->capital = g_unichar_isupper(c);
		}
		ret->n_letters += is_latin(c);
		ret->n_digits += !is_latin(c);
		ret->n_upper += g_unichar_isupper(c);
	}
	ret->end = (gsize)(at - text);
	return ret->end > start;
}

static void add_words(Facts *facts, const char *normal)
{
	for (gsize at = 0; normal[at];) {
		Word word;

		if (!read_word(normal, at, &word)) {
			at += g_utf8_skip[(guchar)normal[at]];
			continue;
		}
		if (word.n_letters)
			g_hash_table_add(facts->words,
					 g_strndup(normal + word.start, word.end - word.start));
		at = word.end;
	}
}

static gboolean has_word(const Facts *facts, const char *text, const Word *word)
{
	static const char *const ours[] = {
		"i",	    "ok",	"am",	   "pm",      "january",   "february",	"march",
		"april",    "may",	"june",	   "july",    "august",	   "september", "october",
		"november", "december", "monday",  "tuesday", "wednesday", "thursday",	"friday",
		"saturday", "sunday",	"mondays", "fridays", "saturdays", "sundays",	NULL};
	g_autofree char *folded =
		text_normalise(text + word->start, (gssize)(word->end - word->start));
	gsize n = strlen(folded);

	if (g_hash_table_contains(facts->words, folded) || g_strv_contains(ours, folded))
		return TRUE;
	if (n > 3 && folded[n - 1] == 's') {
		folded[n - 1] = '\0';
		return g_hash_table_contains(facts->words, folded);
	}
	return FALSE;
}

static gboolean must_be_known(const Facts *facts, const Word *word, gboolean fresh)
{
	if (word->n_digits && word->digit_first) /* 30kg, 1st are figures */
		return word->n_letters > 2 && word->n_digits + word->n_letters > 4;
	if (word->n_digits && word->n_letters)
		return TRUE;
	if (facts->language == 'z')
		return word->n_letters > 1;
	if (word->n_upper > 1 || (word->n_upper && !word->capital))
		return word->n_letters > 1;
	return word->capital && !fresh;
}

/* After these a capital says nothing. */
static gboolean makes_fresh(gunichar c)
{
	return strchr(".!?:;\n([", (int)(c < 0x80 ? c : '~')) != NULL || c == 0x3002 ||
	       c == 0xFF01 || c == 0xFF1F || c == 0xFF1A || c == 0x2022 || c == 0x201C || c == '"';
}

static CheckFault check_words(const Facts *facts, const char *text, char **ret_detail)
{
	gboolean fresh = TRUE;

	for (gsize at = 0; text[at];) {
		Word word;

		if (!read_word(text, at, &word)) {
			gunichar c = g_utf8_get_char(text + at);

			if (makes_fresh(c))
				fresh = TRUE;
			else if (g_unichar_isalpha(c))
				fresh = FALSE;
			at += g_utf8_skip[(guchar)text[at]];
			continue;
		}
		if (must_be_known(facts, &word, fresh) && !has_word(facts, text, &word)) {
			*ret_detail = g_strndup(text + word.start, word.end - word.start);
			return CHECK_NAME;
		}
		fresh = word.n_letters == 0 && fresh;
		at = word.end;
	}
	return CHECK_OK;
}

static CheckFault check_quotes(const Facts *facts, const char *text, char **ret_detail)
{
	static const struct {
		const char *open, *close;
	} pairs[] = {{"“", "”"},   {"「", "」"}, {"『", "』"},
		     {"《", "》"}, {"【", "】"}, {"\"", "\""}};
	guint n_quotes = 0;

	for (guint i = 0; i < G_N_ELEMENTS(pairs); i++)
		for (const char *at = text; (at = strstr(at, pairs[i].open));) {
			const char *inner = at + strlen(pairs[i].open);
			const char *end = strstr(inner, pairs[i].close);
			g_autofree char *normal = NULL;

			if (!end)
				break;
			normal = text_normalise(inner, (gssize)(end - inner));
			if (++n_quotes > N_QUOTES_MAX ||
			    (*normal && !strstr(facts->all->str, normal))) {
				*ret_detail = g_steal_pointer(&normal);
				return CHECK_NAME;
			}
			at = end + strlen(pairs[i].close);
		}
	return CHECK_OK;
}

CheckFault facts_check_names(const Facts *facts, const char *text, char **ret_detail)
{
	CheckFault fault = check_quotes(facts, text, ret_detail);

	return fault != CHECK_OK ? fault : check_words(facts, text, ret_detail);
}

/* ---- language -------------------------------------------------------------------------------- */

static gboolean is_han(gunichar c)
{
	return g_unichar_get_script(c) == G_UNICODE_SCRIPT_HAN;
}

/* The run of Han characters at text, in bytes. */
static gsize han_bytes(const char *text)
{
	const char *at = text;

	while (*at && is_han(g_utf8_get_char(at)))
		at = g_utf8_next_char(at);
	return (gsize)(at - text);
}

typedef struct {
	guint n_han, n_words;
	gboolean
		strange; /* a letter of another script that no source has, or Han where not asked */
	gsize at;
} Letters;

static void count_letters(const Facts *facts, const char *text, Letters *letters)
{
	for (gsize at = 0; text[at] && !letters->strange;) {
		gunichar c = g_utf8_get_char(text + at);
		gsize n = han_bytes(text + at);
		Word word;

		letters->at = at;
		if (n) {
			g_autofree char *run = text_normalise(text + at, (gssize)n);

			letters->n_han += (guint)g_utf8_strlen(run, -1);
			letters->strange = facts->language == 'e' && !strstr(facts->all->str, run);
		} else if (read_word(text, at, &word)) {
			letters->n_words += word.n_letters > 0;
			n = word.end - at;
		} else {
			n = g_utf8_skip[(guchar)text[at]];
			if (g_unichar_isalpha(c)) {
				g_autofree char *letter = text_normalise(text + at, (gssize)n);

				letters->strange = !strstr(facts->all->str, letter);
			}
		}
		at += n;
	}
}

CheckFault facts_check_language(const Facts *facts, const char *text, char **ret_detail)
{
	Letters letters = {0};
	TextLanguage language;
	gboolean wrong;

	count_letters(facts, text, &letters);
	if (letters.strange) {
		gsize n = text_prefix(text + letters.at, -1, 4);

		*ret_detail = g_strndup(text + letters.at, n);
		return CHECK_LANGUAGE;
	}
	if (!facts->language || letters.n_han + letters.n_words < 3)
		return CHECK_OK;
	language = text_language(text);
	if (facts->language == 'z')
		wrong = letters.n_han == 0 || (language == LANGUAGE_MIXED && letters.n_words > 2) ||
			language == LANGUAGE_EN;
	else
		wrong = language != LANGUAGE_EN && letters.n_han * 3 > letters.n_words;
	wrong = wrong || (language == LANGUAGE_UNKNOWN && letters.n_words > 4 && !letters.n_han);
	if (wrong)
		*ret_detail = g_strdup(text_language_name(language));
	return wrong ? CHECK_LANGUAGE : CHECK_OK;
}

/* ---- the prompt ------------------------------------------------------------------------------ */

typedef struct {
	TokenWindow *window;
	GHashTable *set;    /* of guint64 * */
	gboolean add, drop; /* else look */
	gboolean found;
} Windows;

static guint64 window_hash(const TokenWindow *window)
{
	guint64 hash = 0xcbf29ce484222325;

	for (guint i = 0; i < CHECK_NGRAM; i++)
		hash = (hash ^ window->last[(window->n + i) % CHECK_NGRAM]) * 0x9E3779B97F4A7C15 +
		       (hash >> 29);
	return hash;
}

static int see_token(const Token *token, gpointer data)
{
	Windows *windows = data;
	guint64 hash = 0xcbf29ce484222325;

	for (int i = 0; i < token->n_bytes; i++)
		hash = (hash ^ (guchar)token->text[i]) * 0x100000001b3;
	windows->window->last[windows->window->n++ % CHECK_NGRAM] = hash;
	if (windows->window->n < CHECK_NGRAM)
		return 0;
	hash = window_hash(windows->window);
	if (windows->add)
		g_hash_table_add(windows->set, g_memdup2(&hash, sizeof hash));
	else if (windows->drop)
		g_hash_table_remove(windows->set, &hash);
	else
		windows->found = windows->found || g_hash_table_contains(windows->set, &hash);
	return 0;
}

gboolean facts_check_prompt(const Facts *facts, const char *normal, TokenWindow *window)
{
	Windows windows = {.window = window, .set = facts->prompt};

	text_foreach_token(normal, strlen(normal), see_token, &windows);
	return !windows.found;
}

static void learn_prompt(Facts *facts, const char *fixed)
{
	g_autofree char *normal = text_normalise(fixed, -1);
	TokenWindow window = {0}, passages = {0};
	Windows add = {.window = &window, .set = facts->prompt, .add = TRUE};
	Windows drop = {.window = &passages, .set = facts->prompt, .drop = TRUE};

	text_foreach_token(normal, strlen(normal), see_token, &add);
	text_foreach_token(facts->passages->str, facts->passages->len, see_token, &drop);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* Only a short text may be in none. */
static gboolean is_in_language(const char *text, char language)
{
	TextLanguage found = text_language(text);

	return language == 'z' ? found == LANGUAGE_ZH || found == LANGUAGE_MIXED
			       : language == 'e' && found == LANGUAGE_EN;
}

Facts *facts_new(const CheckSources *sources)
{
	Facts *facts = g_new0(Facts, 1);

	facts->figures = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	facts->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	facts->prompt = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	facts->terms = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	facts->denials = denials_new();
	facts->passages = g_string_new(NULL);
	facts->squeezed = g_string_new(NULL);
	facts->same_language = sources->passages && sources->passages[0] && !sources->loose;
	facts->language = sources->language ? sources->language[0] : '\0';
	for (const char *const *p = sources->passages; p && *p; p++) {
		g_autofree char *normal = text_normalise(*p, -1),
				*squeezed = promises_squeeze(normal);

		add_figures(facts, normal);
		add_words(facts, normal);
		facts->promises |= promises_made(squeezed);
		facts->same_language = facts->same_language && is_in_language(*p, facts->language);
		text_foreach_term(normal, strlen(normal), add_term, facts);
		denials_add(facts->denials, normal);
		g_string_append(facts->squeezed, squeezed);
		g_string_append_c(facts->squeezed, '\n');
		g_string_append(facts->passages, normal);
		g_string_append_c(facts->passages, '\n');
	}
	facts->all = g_string_new(facts->passages->str);
	if (sources->question) {
		g_autofree char *normal = text_normalise(sources->question, -1);

		add_words(facts, normal);
		g_string_append(facts->all, normal);
	}
	if (sources->fixed)
		learn_prompt(facts, sources->fixed);
	return facts;
}

void facts_free(Facts *facts)
{
	if (!facts)
		return;
	g_hash_table_unref(facts->figures);
	g_hash_table_unref(facts->words);
	g_hash_table_unref(facts->terms);
	denials_free(facts->denials);
	g_hash_table_unref(facts->prompt);
	g_string_free(facts->passages, TRUE);
	g_string_free(facts->squeezed, TRUE);
	g_string_free(facts->all, TRUE);
	g_free(facts);
}
