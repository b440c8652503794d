/* Question, passages (parted by bars), a line each, then the answer. In pieces it passes exactly when it
 * passes at once, and comes out whole; when it does not, what was let out before is its beginning and
 * would have passed alone; nothing that is markup or cannot be seen is ever let out. */
#include "llm/check.h"

#include "fuzz/fuzz.h"
#include "text/normalise.h"

typedef struct {
	CheckFault fault;
	GString *released;
} Verdict;

static void verdict_clear(Verdict *verdict)
{
	g_string_free(verdict->released, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Verdict, verdict_clear)

static Verdict judge(const CheckSources *sources, FuzzInput text, guint32 seed)
{
	g_autoptr(Check) check = check_new(sources);
	Verdict verdict = {.released = g_string_new(NULL)};
	gboolean ok = TRUE;

	while (text.n && ok) {
		gsize n = seed ? fuzz_piece(&seed, text.n) : text.n;

		ok = check_feed(check, text.at, n, verdict.released);
		text.at += n;
		text.n -= n;
	}
	if (ok)
		check_end(check, TRUE, verdict.released);
	verdict.fault = check_fault(check);
	return verdict;
}

static void check_released(const CheckSources *sources, FuzzInput text, const GString *released)
{
	static const char *const never[] = {"![",	    "](",	    "```",
					    "<a",	    "</",	    "\x1b",
					    "\xE2\x80\x8B", "\xE2\x80\xAE", "\xEF\xBB\xBF"};
	CheckFault alone = check_text(sources, released->str, NULL);

	g_assert_cmpuint(released->len, <=, text.n);
	g_assert_true(!released->len || memcmp(released->str, text.at, released->len) == 0);
	g_assert_true(g_utf8_validate_len(released->str, released->len, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(never); i++)
		g_assert_null(strstr(released->str, never[i]));
	if (released->len && alone != CHECK_OK)
		fuzz_fail("let out, but alone it is '%s': %s", check_fault_name(alone),
			  released->str);
}

/* All of it but white space at its end, which is never let out. */
static void check_whole(FuzzInput text, const GString *released)
{
	g_autofree char *rest =
		text_normalise(text.at + released->len, (gssize)(text.n - released->len));

	g_assert_cmpstr(rest, ==, "");
}

int LLVMFuzzerTestOneInput(const guint8 *bytes, gsize n)
{
	static const char *const languages[] = {NULL, "zh", "en", "zh"};
	static const char *const secrets[] = {"zy-canary-8f3a", NULL};
	FuzzInput input = fuzz_input(bytes, n);
	guint8 knobs = fuzz_byte(&input);
	guint32 seed = 1u + fuzz_byte(&input);
	g_autofree char *question = fuzz_utf8(fuzz_until(&input, '\n'));
	g_autofree char *line = fuzz_utf8(fuzz_until(&input, '\n'));
	g_auto(GStrv) passages = g_strsplit(line, "|", 8);
	CheckSources sources = {.passages = (const char *const *)passages,
				.question = question,
				.language = languages[knobs & 3],
				.fixed = "Answer the question from the passage alone and add "
					 "nothing of your own.",
				.secrets = secrets,
				.max_chars = 400,
				.loose = knobs & 4};
	g_auto(Verdict) whole = judge(&sources, input, 0), pieces = judge(&sources, input, seed);

	if ((whole.fault == CHECK_OK) != (pieces.fault == CHECK_OK))
		fuzz_fail("at once '%s', in pieces '%s'", check_fault_name(whole.fault),
			  check_fault_name(pieces.fault));
	check_released(&sources, input, whole.released);
	check_released(&sources, input, pieces.released);
	if (whole.fault != CHECK_OK)
		return 0;
	check_whole(input, whole.released);
	check_whole(input, pieces.released);
	return 0;
}
