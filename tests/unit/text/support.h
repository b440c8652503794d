/*
 * What the tests of the text layer share: evaluation data when it is there, seeded noise, and the
 * naughty strings. Ownership: results belong to the caller. Does not download anything.
 */
#pragma once

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* The file of the evaluation data, NULL (and the test is skipped with the reason) when it is not
 * there. */
static inline char *support_data(const char *name)
{
	const char *root = g_getenv("ZHIYIN_EVAL_DATA");
	g_autofree char *path =
		g_build_filename(root ? root : ZHIYIN_SOURCE_DIR "/../shared/data", name, NULL);
	g_autofree char *reason =
		g_strdup_printf("%s is not in the evaluation data (ZHIYIN_EVAL_DATA)", name);

	if (g_file_test(path, G_FILE_TEST_EXISTS))
		return g_steal_pointer(&path);
	g_test_skip(reason);
	return NULL;
}

typedef void (*SupportText)(const char *text, gsize n_bytes);

/* Short texts that break things: cut characters, surrogates, overlong forms, NUL, piles of marks,
 * bidi, tags. */
static inline void support_foreach_nasty(SupportText check)
{
	static const char *const texts[] = {
		"",
		" ",
		"\xFF",
		"\xC0\x80",
		"\xED\xA0\x80",
		"\xED\xA0\x80\xED\xB0\x80",
		"\xF4\x90\x80\x80",
		"\xE4\xBD",
		"a\xE4\xBD",
		"\xF0\x9F\x98",
		"\xE4\xBD\xA0\xE5\xA5",
		"e\xCC\x81\xCC\x81\xCC\x81",
		"\xCC\x81",
		"\xE2\x80\xAE"
		"abc",
		"\xEF\xBB\xBF",
		"\xF3\xA0\x81\x81\xF3\xA0\x81\x82",
		"\xEF\xB7\xBA",
		"\xE1\x84\x80\xE1\x85\xA1\xE1\x86\xA8",
		"'",
		"''",
		"a'",
		"'s",
		"a's",
		"1.",
		".1",
		"1,",
		"1,234,",
		"1,2345",
		"1.2.3.",
		"-",
		"...",
		"\xEF\xBF\xBD",
		"\xEF\xBF\xBF",
		"\xF4\x8F\xBF\xBF",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		check(texts[i], strlen(texts[i]));
	check("a\0b", 3);
	check("\0", 1);
}

/* Random bytes, and random characters of the blocks where folding is delicate. Same seed, same
 * texts. */
static inline void support_foreach_noise(SupportText check, int n_texts)
{
	static const guint32 from[] = {0x20,   0xA0,   0x300, 0x3A0,  0xAC00, 0x1100,
				       0x3040, 0x4E00, 0xE00, 0xFF00, 0x2000, 0x1F600};
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	for (int i = 0; i < n_texts; i++) {
		g_autoptr(GString) text = g_string_new(NULL);
		int n = g_rand_int_range(rand, 0, 40);

		for (int k = 0; k < n; k++) {
			guint32 block = from[g_rand_int_range(rand, 0, G_N_ELEMENTS(from))];

			if (i % 4 == 0)
				g_string_append_c(text, (char)g_rand_int_range(rand, 0, 256));
			else
				g_string_append_unichar(
					text, block + (guint32)g_rand_int_range(rand, 0, 96));
		}
		check(text->str, text->len);
	}
}

/* Every line of the Big List of Naughty Strings; FALSE when it is not there. */
static inline gboolean support_foreach_naughty(SupportText check)
{
	g_autofree char *path = support_data("security/big-list-of-naughty-strings/blns.txt");
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	gsize n = 0;

	if (!path || !g_file_get_contents(path, &text, &n, NULL))
		return FALSE;
	lines = g_strsplit(text, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), >, 400);
	for (char **line = lines; *line; line++)
		check(*line, strlen(*line));
	check(text, n);
	return TRUE;
}
