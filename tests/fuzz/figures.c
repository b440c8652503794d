/* Figures stand in order within the text, their values have the form of their kind, and a number's
 * value is found as that number. */
#include "text/figures.h"

#include "fuzz/fuzz.h"
#include "text/normalise.h"

static void check_number(const Figure *figure)
{
	g_autoptr(GArray) again = figures_find(figure->value);
	const char *value = figure->value;
	gsize whole = strspn(value, "0123456789");

	if (g_str_equal(value, "?"))
		return;
	g_assert_cmpuint(whole, >, 0);
	g_assert_true(!value[whole] ||
		      (value[whole] == '.' &&
		       strspn(value + whole + 1, "0123456789") == strlen(value + whole + 1)));
	g_assert_cmpuint(again->len, ==, 1);
	g_assert_cmpstr(g_array_index(again, Figure, 0).value, ==, value);
}

static void check_form(const Figure *figure)
{
	static const char *const forms[] = {[FIGURE_DATE] = "^\\d{4}-\\d\\d-\\d\\d$",
					    [FIGURE_TIME] = "^\\d\\d:\\d\\d$",
					    [FIGURE_WEEKDAY] = "^[1-7]$"};

	if (figure->kind == FIGURE_NUMBER)
		check_number(figure);
	else
		g_assert_true(g_regex_match_simple(forms[figure->kind], figure->value, 0, 0));
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	g_autofree char *normal = text_normalise((const char *)bytes, (gssize)n);
	g_autoptr(GArray) figures = figures_find(normal);
	gsize before = 0;

	for (guint i = 0; i < figures->len; i++) {
		const Figure *figure = &g_array_index(figures, Figure, i);

		g_assert_cmpuint(figure->start, >=, before);
		g_assert_cmpuint(figure->start, <, figure->end);
		g_assert_cmpuint(figure->end, <=, strlen(normal));
		g_assert_true(g_utf8_validate_len(normal + figure->start,
						  figure->end - figure->start, NULL));
		check_form(figure);
		before = figure->start; /* "three or four" are two at one place */
	}
	return 0;
}
