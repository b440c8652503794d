/* Judging messages by the rows that travel in the binary (here: a few of their kind), and by corrections. */
#include "nlu/aspects.h"

#include <string.h>

#include "base/asset.h"

static const char rows[] =
	"{\"text\":\"质量很好，很喜欢\",\"mood\":\"positive\",\"intent\":\"product\",\"urgent\":"
	"false}\n"
	"{\"text\":\"great service, thank "
	"you\",\"mood\":\"positive\",\"intent\":\"thanks\",\"urgent\":false}\n"
	"{\"text\":\"太好了，谢谢你们\",\"mood\":\"positive\",\"intent\":\"thanks\",\"urgent\":"
	"false}\n"
	"{\"text\":\"什么时候发货\",\"mood\":\"neutral\",\"intent\":\"delivery\",\"urgent\":false}"
	"\n"
	"{\"text\":\"when will my parcel "
	"arrive\",\"mood\":\"neutral\",\"intent\":\"delivery\",\"urgent\":false}\n"
	"{\"text\":\"快递到哪里了\",\"mood\":\"neutral\",\"intent\":\"delivery\",\"urgent\":false}"
	"\n"
	"{\"text\":\"太差了，马上给我处理\",\"mood\":\"negative\",\"intent\":\"complaint\","
	"\"urgent\":true}\n"
	"{\"text\":\"this is awful, fix it right "
	"now\",\"mood\":\"negative\",\"intent\":\"complaint\",\"urgent\":true}\n"
	"{\"text\":\"太失望了，质量差，马上处理\",\"mood\":\"negative\",\"intent\":\"complaint\","
	"\"urgent\":true}\n";
static const Asset assets[] = {
	{"models/messages/few.jsonl", (const guint8 *)rows, sizeof rows - 1, "\"1\""},
};

static void check_version(const Judge *judge, const JudgedMessage *judged, const Judge *other,
			  gboolean same)
{
	g_autofree char *version = judge_version(judge, judged),
			*version_of_other = judge_version(other, judged);

	g_assert_true(g_str_equal(version, version_of_other) == same);
}

static void test_judges(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Judge) judge = judge_new(NULL, NULL, &error), same = NULL;
	JudgedMessage judged;

	g_assert_no_error(error);
	judge_message(judge, "快递什么时候到", &judged);
	g_assert_cmpstr(judged.intent, ==, "delivery");
	g_assert_cmpstr(judged.mood, ==, "neutral");
	g_assert_cmpint(judged.language, ==, LANGUAGE_ZH);
	judge_message(judge, "质量太差，马上处理", &judged);
	g_assert_cmpstr(judged.mood, ==, "negative");
	g_assert_true(judged.urgent);
	g_assert_cmpfloat(judged.strength, <, 0);
	g_assert_true(judge_knows_mood(judge, "neutral") && judge_knows_intent(judge, "thanks"));
	g_assert_false(judge_knows_mood(judge, "angry") || judge_knows_intent(judge, "weather"));
	judge_message(judge, "", &judged); /* says something of anything */
	g_assert_nonnull(judged.mood);
	same = judge_new(NULL, NULL, NULL);
	check_version(judge, &judged, same, TRUE);
}

/* One correction changes the next judgement, of mood and of intent, each alone. */
static void test_corrections(void)
{
	static const JudgeCorrection correction = {(char *)(guintptr) "什么时候发货啊",
						   (char *)(guintptr) "negative", NULL};
	g_autoptr(GArray) corrections = g_array_new(FALSE, FALSE, sizeof(JudgeCorrection));
	g_autoptr(Judge) before = judge_new(NULL, NULL, NULL), after = NULL;
	JudgedMessage judged;

	judge_message(before, correction.text, &judged);
	g_assert_cmpstr(judged.mood, ==, "neutral");
	g_array_append_val(corrections, correction);
	after = judge_new(corrections, before, NULL);
	judge_message(after, correction.text, &judged);
	g_assert_cmpstr(judged.mood, ==, "negative");
	g_assert_cmpstr(judged.intent, ==, "delivery");
	check_version(before, &judged, after, FALSE);
}

/* "aspect:mood ..." of a text; the moods of short parts are those of the rows above. */
static void check_aspects(const Judge *judge, const char *text, const char *expected)
{
	AspectMood found[N_ASPECTS];
	g_autoptr(GString) out = g_string_new(NULL);
	guint n = aspects_find(judge, text, found);

	for (guint i = 0; i < n; i++)
		g_string_append_printf(out, "%s%s:%s", i ? " " : "", aspect_name(found[i].aspect),
				       found[i].mood);
	g_assert_cmpstr(out->str, ==, expected);
}

static void test_aspects(void)
{
	g_autoptr(Judge) judge = judge_new(NULL, NULL, NULL);
	AspectMood found[N_ASPECTS];

	check_aspects(judge, "", "");
	check_aspects(judge, "你好", "");
	check_aspects(judge, "质量很好，但是快递太差了", "delivery:negative quality:positive");
	check_aspects(judge, "Great service but the quality is awful",
		      "quality:negative service:positive");
	check_aspects(judge, "apricot", ""); /* no price within a word */
	check_aspects(judge, "你们的APP太差了", "app:negative");
	check_aspects(judge, "may I have an appointment within my budget", ""); /* no app, no bug */
	g_assert_cmpuint(aspects_find(judge, "质量很好，快递到哪里了", found), ==, 2);
	g_assert_cmpuint(found[0].start, ==, strlen("质量很好，"));
	g_assert_cmpuint(found[1].end, ==, strlen("质量很好"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	asset_register(assets, G_N_ELEMENTS(assets));
	g_test_add_func("/judge/judges", test_judges);
	g_test_add_func("/judge/corrections", test_corrections);
	g_test_add_func("/judge/aspects", test_aspects);
	return g_test_run();
}
