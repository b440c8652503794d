/* A table of steps; a step is an expression and what becomes of each place it finds. The places that
 * change are kept, so that every step can be explained. */
#include "text/cleaning.h"

#include <string.h>

#include "text/fold.h"

enum { MODIFIER_BYTES = 8 }; /* behind an emoji: skin, presentation */

typedef struct {
	Cleaned *cleaned;
	GString *out;
} Replacing;

typedef void (*Replace)(Replacing *r, const char *found, gsize n);

static const struct {
	const char *text, *sign;
	MoodSign mood;
} moods[] = {
#define MOOD(text, sign, mood) MOOD_(text, sign, mood)
#define MOOD_(text, sign, mood) {text, sign, MOOD_##mood},
#include "text/moods.def"
#undef MOOD
#undef MOOD_
};

static const struct {
	const char *parts, *character;
} split[] = {
#define PART(parts, character) {parts, character},
#include "text/parts.def"
#undef PART
};

/* ---- what becomes of a place ----------------------------------------------------------------- */

static const struct {
	const char *name, *text;
} entities[] = {{"amp", "&"},	{"lt", "<"},	 {"gt", ">"},	  {"quot", "\""}, {"apos", "'"},
		{"nbsp", " "},	{"hellip", "…"}, {"mdash", "—"},  {"ndash", "–"}, {"copy", "©"},
		{"ldquo", "“"}, {"rdquo", "”"},	 {"lsquo", "‘"},  {"rsquo", "’"}, {"yen", "¥"},
		{"pound", "£"}, {"euro", "€"},	 {"middot", "·"}, {"times", "×"}, {"deg", "°"}};

static void replace_entity(Replacing *r, const char *found, gsize n)
{
	g_autofree char *name = g_strndup(found + 1, n - 2);
	gboolean hex = name[0] == '#' && g_ascii_tolower(name[1]) == 'x';
	guint64 code;

	if (name[0] == '#') {
		code = g_ascii_strtoull(name + 1 + hex, NULL, hex ? 16 : 10);
		if (code >= ' ' && code <= 0x10FFFF && g_unichar_validate((gunichar)code))
			g_string_append_unichar(r->out, (gunichar)code);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(entities); i++)
		if (g_str_equal(name, entities[i].name)) {
			g_string_append(r->out, entities[i].text);
			return;
		}
	g_string_append_len(r->out, found, (gssize)n);
}

/* Tags that end a line do so; the rest vanish. */
static void replace_markup(Replacing *r, const char *found, gsize n)
{
	static const char *const breaks[] = {"<br",  "</p",  "</div", "</li",
					     "</tr", "</h1", "</h2",  "</h3"};

	if (*found == '&') {
		replace_entity(r, found, n);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(breaks); i++)
		if (g_ascii_strncasecmp(found, breaks[i], strlen(breaks[i])) == 0) {
			g_string_append_c(r->out, '\n');
			return;
		}
	if (g_ascii_strncasecmp(found, "</td", strlen("</td")) == 0)
		g_string_append_c(r->out, ' ');
}

static void replace_mood(Replacing *r, const char *found, gsize n)
{
	CleaningMood mood = {.mood = MOOD_NEUTRAL};

	for (guint i = 0; i < G_N_ELEMENTS(moods) && !mood.sign; i++)
		if (strncmp(found, moods[i].text, strlen(moods[i].text)) == 0 &&
		    n - strlen(moods[i].text) <= MODIFIER_BYTES) {
			mood.sign = moods[i].sign;
			mood.mood = moods[i].mood;
		}
	if (!mood.sign)
		mood.sign = g_string_chunk_insert_len(r->cleaned->signs, found,
						      g_utf8_skip[(guchar)*found]);
	g_array_append_val(r->cleaned->moods, mood);
	g_string_append(r->out, mood.sign);
}

/* Signs with which Chinese is punctuated stay as wide as they are. */
static void replace_width(Replacing *r, const char *found, gsize n)
{
	static const char wide[] = "，！？；：（）～";

	for (const char *c = found; c < found + n; c = g_utf8_next_char(c)) {
		gsize bytes = g_utf8_skip[(guchar)*c];
		g_autofree char *one = g_strndup(c, bytes);
		g_autofree char *plain =
			strstr(wide, one) ? g_strdup(one)
					  : g_utf8_normalize(one, -1, G_NORMALIZE_ALL_COMPOSE);

		g_string_append(r->out, plain);
	}
}

static void replace_traditional(Replacing *r, const char *found, gsize n)
{
	for (const char *c = found; c < found + n; c = g_utf8_next_char(c)) {
		gunichar code = g_utf8_get_char(c);
		FoldChar folded = fold_char(code);

		g_string_append_unichar(r->out, folded.spread ? code : folded.fold);
	}
}

static void replace_parts(Replacing *r, const char *found, gsize n)
{
	for (guint i = 0; i < G_N_ELEMENTS(split); i++)
		if (strlen(split[i].parts) == n && memcmp(split[i].parts, found, n) == 0) {
			g_string_append(r->out, split[i].character);
			return;
		}
}

static void replace_spaced(Replacing *r, const char *found, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (!strchr(" ._*~-", found[i]) && !g_str_has_prefix(found + i, "·"))
			g_string_append_c(r->out, found[i]);
		else if (g_str_has_prefix(found + i, "·"))
			i += strlen("·") - 1;
}

/* Twice is enough to say that it was drawn out. */
static void replace_elongated(Replacing *r, const char *found, gsize n)
{
	(void)n;
	g_string_append_len(r->out, found, 2 * (gssize)g_utf8_skip[(guchar)*found]);
}

static void replace_space(Replacing *r, const char *found, gsize n)
{
	gboolean edge = r->out->len == 0 || !found[n];

	if (edge)
		return;
	if (memchr(found, '\n', n))
		g_string_append(r->out, "\n\n");
	else if (found[n] != '\n' && r->out->str[r->out->len - 1] != '\n')
		g_string_append_c(r->out, ' ');
}

/* ---- expressions that are lists ------------------------------------------------------------ */

static int longer_first(gconstpointer a, gconstpointer b)
{
	gsize left = strlen(*(const char *const *)a), right = strlen(*(const char *const *)b);

	return left > right ? -1 : left < right;
}

/* Every smiley of the list, longest first, those that begin or end with a letter as words; then any
 * other emoji with what modifies it. */
static char *mood_expression(void)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(moods); i++)
		g_ptr_array_add(texts, (gpointer)(guintptr)moods[i].text);
	g_ptr_array_sort(texts, longer_first);
	for (guint i = 0; i < texts->len; i++) {
		const char *text = g_ptr_array_index(texts, i);
		g_autofree char *escaped = g_regex_escape_string(text, -1);
		gboolean word = g_ascii_isalpha(*text) || strchr(":;=", *text);

		g_string_append_printf(all, "%s%s%s", word ? "(?<![A-Za-z0-9])" : "", escaped,
				       word ? "(?![A-Za-z0-9/])|"
					    : "[\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*|");
	}
	g_string_append(all, "[\\x{1F300}-\\x{1F5FF}\\x{1F600}-\\x{1F64F}\\x{1F680}-\\x{1F6FF}\\x{"
			     "1F900}-\\x{1FAFF}"
			     "\\x{2600}-\\x{27BF}][\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*(?:\\x{200D}["
			     "\\x{2600}-\\x{27BF}"
			     "\\x{1F300}-\\x{1FAFF}][\\x{FE0F}\\x{1F3FB}-\\x{1F3FF}]*)*");
	return g_string_free(all, FALSE);
}

/* 口[阿巴...]|女[...]|...: the list goes by the first part. */
static char *parts_expression(void)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(split); i++) {
		const char *parts = split[i].parts, *rest = g_utf8_next_char(parts);
		int n_first = (int)(rest - parts);

		if (!i || strncmp(parts, split[i - 1].parts, (gsize)n_first) != 0)
			g_string_append_printf(all, "%s%.*s[", i ? "]|" : "", n_first, parts);
		g_string_append(all, rest);
	}
	g_string_append_c(all, ']');
	return g_string_free(all, FALSE);
}

/* ---- steps ----------------------------------------------------------------------------------- */

static const struct {
	const char *name, *expression;
	char *(*make_expression)(void); /* of a list, where there is none written */
	Replace replace;
} steps[N_CLEANING_STEPS] = {
#define CLEANING_STEP(id, name, expression, replace) {name, expression, NULL, replace},
#define CLEANING_LIST(id, name, make_expression, replace) {name, NULL, make_expression, replace},
#include "text/cleaning_steps.def"
#undef CLEANING_STEP
#undef CLEANING_LIST
};

const char *cleaning_step_name(CleaningStep step)
{
	return steps[step].name;
}

const char *mood_sign_name(MoodSign mood)
{
	static const char *const names[] = {"negative", "neutral", "positive"};

	return names[mood + 1];
}

static GRegex **compile_steps(void)
{
	GRegex **compiled = g_new0(GRegex *, N_CLEANING_STEPS);

	for (guint i = 0; i < N_CLEANING_STEPS; i++) {
		g_autofree char *made =
			steps[i].make_expression ? steps[i].make_expression() : NULL;
		g_autoptr(GError) error = NULL;

		compiled[i] =
			g_regex_new(made ? made : steps[i].expression, G_REGEX_OPTIMIZE, 0, &error);
		if (!compiled[i])
			g_error("cleaning step %s: %s", steps[i].name, error->message);
	}
	return compiled;
}

static GRegex *step_regex(guint step)
{
	static GRegex **compiled;

	if (g_once_init_enter(&compiled))
		g_once_init_leave(&compiled, compile_steps());
	return compiled[step];
}

static void note_change(Cleaned *cleaned, CleaningStep step, gsize at, const char *before,
			gsize n_before, const char *after)
{
	CleaningChange change = {.step = step, .at = at};

	if (strlen(after) == n_before && memcmp(before, after, n_before) == 0)
		return;
	change.before = g_strndup(before, n_before);
	change.after = g_strdup(after);
	g_array_append_val(cleaned->changes, change);
}

static void run_step(Cleaned *cleaned, CleaningStep step)
{
	g_autofree char *text = g_steal_pointer(&cleaned->text);
	g_autoptr(GMatchInfo) info = NULL;
	Replacing r = {cleaned, g_string_new(NULL)};
	gsize done = 0;

	for (g_regex_match(step_regex(step), text, 0, &info); g_match_info_matches(info);
	     g_match_info_next(info, NULL)) {
		int start = 0, end = 0;
		gsize n, n_out;

		g_match_info_fetch_pos(info, 0, &start, &end);
		n = (gsize)(end - start);
		g_string_append_len(r.out, text + done, (gssize)((gsize)start - done));
		n_out = r.out->len;
		if (steps[step].replace && n)
			steps[step].replace(&r, text + start, n);
		note_change(cleaned, step, (gsize)start, text + start, n, r.out->str + n_out);
		done = (gsize)end;
	}
	g_string_append(r.out, text + done);
	cleaned->text = g_string_free(r.out, FALSE);
}

static void change_clear(gpointer data)
{
	CleaningChange *change = data;

	g_free(change->before);
	g_free(change->after);
}

Cleaned text_cleaning(const char *text)
{
	Cleaned cleaned = {.text = g_strdup(text),
			   .changes = g_array_new(FALSE, FALSE, sizeof(CleaningChange)),
			   .moods = g_array_new(FALSE, FALSE, sizeof(CleaningMood)),
			   .signs = g_string_chunk_new(64)};

	g_array_set_clear_func(cleaned.changes, change_clear);
	for (guint step = 0; step < N_CLEANING_STEPS; step++)
		run_step(&cleaned, (CleaningStep)step);
	return cleaned;
}

void cleaned_clear(Cleaned *cleaned)
{
	g_clear_pointer(&cleaned->text, g_free);
	g_clear_pointer(&cleaned->changes, g_array_unref);
	g_clear_pointer(&cleaned->moods, g_array_unref);
	g_clear_pointer(&cleaned->signs, g_string_chunk_free);
}
