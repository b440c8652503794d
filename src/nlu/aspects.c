/* One expression an aspect, compiled once. Parts are short: they are matched and judged one by one. */
#include "nlu/aspects.h"

#include <math.h>
#include <string.h>

static const struct {
	const char *name, *pattern;
} aspects[N_ASPECTS] = {
#define ASPECT(id, name, han, latin) [ASPECT_##id] = {name, "(?:" han "|(?<![a-z])(?:" latin "))"},
#include "nlu/aspects.def"
#undef ASPECT
};

/* Where a part ends: at a sign, or before a word that turns round. */
#define PARTS                                                                                            \
	"[。！？；，!?;,\n]+|\\.(?=\\s|$)|(?=但是|但|不过|可是|然而|就是)|\\b(?=but\\b|" \
	"however\\b|although\\b|though\\b)"

const char *aspect_name(Aspect aspect)
{
	return aspects[aspect].name;
}

gboolean aspect_find(const char *name, gsize n_bytes, Aspect *ret_aspect)
{
	for (Aspect a = 0; a < N_ASPECTS; a++) {
		const char *each = aspect_name(a);

		if (strlen(each) != n_bytes || memcmp(each, name, n_bytes) != 0)
			continue;
		*ret_aspect = a;
		return TRUE;
	}
	return FALSE;
}

static GRegex *compile(const char *pattern)
{
	g_autoptr(GError) error = NULL;
	GRegex *regex = g_regex_new(pattern, G_REGEX_CASELESS | G_REGEX_OPTIMIZE, 0, &error);

	g_assert_no_error(error);
	return regex;
}

static GRegex *const *compiled(void)
{
	static GRegex *all[N_ASPECTS + 1];
	static gsize done;

	if (g_once_init_enter(&done)) {
		for (int a = 0; a < N_ASPECTS; a++)
			all[a] = compile(aspects[a].pattern);
		all[N_ASPECTS] = compile(PARTS);
		g_once_init_leave(&done, 1);
	}
	return all;
}

typedef struct {
	const Judge *judge;
	const char *text;
	gboolean has[N_ASPECTS];
	AspectMood best[N_ASPECTS];
} Finding;

static void find_in_part(Finding *f, gsize start, gsize end)
{
	g_autofree char *part = g_strndup(f->text + start, end - start);
	gboolean is_judged = FALSE;
	const char *mood = NULL;
	double strength = 0;

	for (Aspect a = 0; a < N_ASPECTS; a++) {
		if (!g_regex_match(compiled()[a], part, 0, NULL))
			continue;
		if (!is_judged)
			judge_part(f->judge, part, &mood, &strength);
		is_judged = TRUE;
		if (f->has[a] && fabs(strength) <= fabs(f->best[a].strength))
			continue;
		f->has[a] = TRUE;
		f->best[a] = (AspectMood){a, start, end, mood, strength};
	}
}

guint aspects_find(const Judge *judge, const char *text, AspectMood found[N_ASPECTS])
{
	Finding f = {.judge = judge, .text = text};
	g_autoptr(GMatchInfo) match = NULL;
	gsize start = 0;
	guint n = 0;

	g_regex_match(compiled()[N_ASPECTS], text, 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		int from, to;

		g_match_info_fetch_pos(match, 0, &from, &to);
		if ((gsize)from > start)
			find_in_part(&f, start, (gsize)from);
		start = (gsize)to;
	}
	if (text[start])
		find_in_part(&f, start, strlen(text));
	for (Aspect a = 0; a < N_ASPECTS; a++)
		if (f.has[a])
			found[n++] = f.best[a];
	return n;
}
