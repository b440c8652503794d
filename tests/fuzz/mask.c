/* Names on the first line, then the text. What was hidden comes back, in pieces as at once; what
 * leaves has nothing left that would be hidden; hiding what came back gives the same. */
#include "text/mask.h"

#include "fuzz/fuzz.h"

/* Each placeholder stands there once: then the text comes back letter by letter (what is written in
 * two ways, "a@b.cn" and "A@B.CN", comes back in the first one). */
static gboolean are_different(const Mask *mask, const char *hidden)
{
	guint n = 0, n_signs = 0;

	for (MaskKind kind = 0; kind < N_MASK_KINDS; kind++)
		n += mask_count(mask, kind);
	for (; *hidden; hidden++)
		n_signs += *hidden == '[';
	return n_signs <= n;
}

static char *restore_pieces(const Mask *mask, const char *text, guint32 seed)
{
	g_autoptr(GString) rest = g_string_new(NULL);
	GString *out = g_string_new(NULL);
	gsize n = strlen(text);

	while (n) {
		gsize taken = fuzz_piece(&seed, n);

		mask_restore_piece(mask, rest, text, taken, FALSE, out);
		text += taken;
		n -= taken;
	}
	mask_restore_piece(mask, rest, "", 0, TRUE, out);
	g_assert_cmpuint(rest->len, ==, 0);
	return g_string_free(out, FALSE);
}

static void check_nothing_left(const char *const *names, const char *hidden)
{
	g_autoptr(Mask) mask = mask_new(names);
	g_autofree char *again = mask_hide(mask, hidden);

	for (MaskKind kind = 0; kind < N_MASK_KINDS; kind++)
		if (kind != MASK_TEXT && mask_count(mask, kind))
			fuzz_fail("kind %d is left in '%s', hidden again '%s'", (int)kind, hidden,
				  again);
}

/* The names of the line that are letters, as people's are. */
static char **read_names(FuzzInput line)
{
	g_autofree char *text = fuzz_utf8(line);
	char **names = g_strsplit(text, "|", 4);

	for (char **name = names; *name; name++)
		for (const char *at = *name; *at; at = g_utf8_next_char(at))
			if (!g_unichar_isalpha(g_utf8_get_char(at)) && *at != ' ') {
				**name = '\0';
				break;
			}
	return names;
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	FuzzInput input = fuzz_input(bytes, n);
	guint32 seed = fuzz_byte(&input);
	g_auto(GStrv) names = read_names(fuzz_until(&input, '\n'));
	g_autofree char *text = fuzz_utf8(input);
	g_autoptr(Mask) mask = mask_new((const char *const *)names);
	g_autoptr(Mask) other = mask_new((const char *const *)names);
	g_autofree char *hidden = mask_hide(mask, text), *restored = mask_restore(mask, hidden);
	g_autofree char *pieces = restore_pieces(mask, hidden, seed);
	g_autofree char *reply = mask_restore(mask, text);
	g_autofree char *reply_pieces = restore_pieces(mask, text, seed);
	g_autofree char *hidden_again = mask_hide(other, restored);

	g_assert_true(g_utf8_validate(hidden, -1, NULL));
	g_assert_cmpstr(pieces, ==, restored);
	g_assert_cmpstr(reply_pieces, ==, reply);
	if (are_different(mask, hidden))
		g_assert_cmpstr(restored, ==, text);
	g_assert_cmpstr(hidden_again, ==, hidden);
	check_nothing_left((const char *const *)names, hidden);
	return 0;
}
