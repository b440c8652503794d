/* The line of a long piece of work, for every state it can be in. */
#include <glib.h>

#include "cli/progress.h"

static void test_text(void)
{
	static const struct {
		guint64 done, total;
		gint64 elapsed_us;
		const char *text;
	} cases[] = {
		{0, 200, 1000000, "encoding  0 %  0 of 200 texts"},
		{50, 200, 1000000, "encoding  25 %  50 of 200 texts  50/s  0:03 left"},
		{3, 1000, 2000000, "encoding  0 %  3 of 1000 texts  1.5/s  11:05 left"},
		{200, 200, 4000000, "encoding  100 %  200 of 200 texts  50/s  0:00 left"},
		{300, 200, 4000000, "encoding  100 %  300 of 200 texts  75/s  0:00 left"},
		{500, 0, 1000000, "encoding  500 texts  500/s"},
		{10, 20, 0, "encoding  50 %  10 of 20 texts  10000000/s  0:00 left"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = progress_text("encoding", "texts", cases[i].done,
						      cases[i].total, cases[i].elapsed_us);

		g_assert_cmpstr(text, ==, cases[i].text);
	}
}

static void draw_in_a_pipe(void)
{
	g_autoptr(Progress) progress = progress_new("encoding", "texts", 10, FALSE);

	progress_set(progress, 5);
}

/* g_test runs the child with pipes, so nothing may be drawn. */
static void test_pipe(void)
{
	if (g_test_subprocess()) {
		draw_in_a_pipe();
		return;
	}
	g_test_trap_subprocess(NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
	g_test_trap_assert_passed();
	g_test_trap_assert_stderr("");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/progress/text", test_text);
	g_test_add_func("/progress/pipe", test_pipe);
	return g_test_run();
}
