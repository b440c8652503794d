/* Reviews count for long Chinese texts, and not where a person has judged; several judges share them. */
#include "nlu/reviews.h"

#include <string.h>

#include "base/asset.h"
#include "nlu/classifier.h"
#include "nlu/judge.h"

#define GOOD                                                                                                                                   \
	"房间宽敞明亮，早餐丰盛可口，床垫舒适，位置便利，下次出差还会选择入住，值得推荐给朋友们，" \
	"风景也优美"
#define BAD                                                                                                                                    \
	"房间阴暗潮湿，早餐难以下咽，床垫塌陷，位置偏僻，下次出差绝不选择入住，劝告朋友们都别来，" \
	"墙壁也发霉"

static const char messages[] =
	"{\"text\":\"谢谢\",\"mood\":\"positive\",\"intent\":\"thanks\",\"urgent\":false}\n"
	"{\"text\":\"thank you\",\"mood\":\"positive\",\"intent\":\"thanks\",\"urgent\":false}\n"
	"{\"text\":\"几点发货\",\"mood\":\"neutral\",\"intent\":\"delivery\",\"urgent\":false}\n"
	"{\"text\":\"when is it sent\",\"mood\":\"neutral\",\"intent\":\"delivery\",\"urgent\":"
	"false}\n"
	"{\"text\":\"太差\",\"mood\":\"negative\",\"intent\":\"complaint\",\"urgent\":true}\n"
	"{\"text\":\"awful\",\"mood\":\"negative\",\"intent\":\"complaint\",\"urgent\":true}\n";

static void check_mood(const Judge *judge, const char *text, const char *mood)
{
	JudgedMessage judged;

	judge_message(judge, text, &judged);
	g_assert_cmpstr(judged.mood, ==, mood);
}

static void test_odds(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(Reviews) reviews = reviews_new(NULL, &error), kin = NULL;
	double whole, part;

	g_assert_no_error(error);
	whole = reviews_view(reviews, GOOD).odds;
	part = reviews_view(reviews, "房间宽敞明亮").odds;
	g_assert_cmpfloat(whole, >, part);
	g_assert_cmpfloat(part, >, 0);
	g_assert_cmpfloat(reviews_view(reviews, BAD).odds, <, 0);
	g_assert_cmpfloat(reviews_view(reviews, "").odds, ==, 0);
	g_assert_cmpfloat(reviews_view(reviews, "a spacious room").odds, ==, 0);
	kin = reviews_new(reviews, NULL);
	reviews_leave_out(kin, GOOD);
	g_assert_cmpfloat(reviews_view(kin, GOOD).odds, ==, 0);
	g_assert_cmpfloat(reviews_view(kin, BAD).odds, <, 0);
	g_assert_cmpfloat(reviews_view(reviews, GOOD).odds, ==, whole);
}

/* Long texts are told by the mean of their sentences; praise beside blame is neutral. */
static void test_alone(void)
{
	g_autoptr(Reviews) reviews = reviews_new(NULL, NULL);
	ReviewsView good = reviews_view(reviews, GOOD), bad = reviews_view(reviews, BAD);
	ReviewsView both = reviews_view(reviews, GOOD "。" BAD "。");

	g_assert_cmpfloat(reviews_view(reviews, "房间宽敞明亮").alone, ==, 0);
	g_assert_cmpfloat(good.alone, ==, 1);
	g_assert_cmpfloat(good.positive, >, .5);
	g_assert_cmpfloat(bad.negative, >, .5);
	g_assert_cmpfloat(both.neutral, >, both.positive);
	g_assert_cmpfloat(both.neutral, >, both.negative);
	g_assert_cmpfloat_with_epsilon(both.negative + both.neutral + both.positive, 1, 1e-9);
}

static void test_judge(void)
{
	static const JudgeCorrection correction = {(char *)(guintptr)GOOD,
						   (char *)(guintptr) "neutral", NULL};
	g_autoptr(GArray) corrections = g_array_new(FALSE, FALSE, sizeof(JudgeCorrection));
	Judge *before = judge_new(NULL, NULL, NULL);
	g_autoptr(Judge) after = NULL;

	check_mood(before, GOOD, "positive");
	check_mood(before, BAD, "negative");
	g_array_append_val(corrections, correction);
	after = judge_new(corrections, before, NULL);
	judge_free(before); /* what they share lives on */
	check_mood(after, GOOD, "neutral");
	check_mood(after, BAD, "negative");
}

/* Each two parts of a review are an example. */
static void add_parts(Examples *e, const char *review, const char *label)
{
	g_auto(GStrv) parts = g_strsplit(review, "，", -1);

	for (guint i = 0; parts[i]; i++)
		for (guint k = 0; parts[k]; k++) {
			g_autofree char *text = g_strconcat(parts[i], "，", parts[k], NULL);

			if (i != k)
				examples_add(e, text, label);
		}
}

/* With these labels; the caller frees the bytes. */
static GByteArray *make_classifier(const char *good, const char *bad)
{
	g_autoptr(Examples) e = examples_new();
	ClassifierOptions options = {.task = "sentiment",
				     .views = 1U << VIEW_GRAMS,
				     .seed = 1,
				     .n_folds = 2,
				     .n_threads = 1};
	g_autoptr(Classifier) classifier = NULL;

	add_parts(e, GOOD, good);
	add_parts(e, BAD, bad);
	examples_sort(e);
	classifier = classifier_train(e, &options, NULL);
	return classifier_format(classifier, NULL);
}

static void register_assets(const GByteArray *reviews)
{
	static Asset assets[2];

	assets[0] = (Asset){"models/messages/few.jsonl", (const guint8 *)messages,
			    sizeof messages - 1, "\"1\""};
	assets[1] = (Asset){"models/reviews/reviews.zyc", reviews->data, reviews->len, "\"2\""};
	asset_register(assets, G_N_ELEMENTS(assets));
}

static void test_damaged(void)
{
	g_autoptr(GByteArray) other = make_classifier("1", "0");
	g_autoptr(GError) error = NULL;

	register_assets(other);
	g_assert_null(reviews_new(NULL, &error)); /* other labels */
	g_assert_nonnull(error);
	g_clear_error(&error);
	other->data[other->len / 2] ^= 1;
	g_assert_null(judge_new(NULL, NULL, &error));
	g_assert_nonnull(error);
}

int main(int argc, char **argv)
{
	g_autoptr(GByteArray) reviews = make_classifier("positive", "negative");

	g_test_init(&argc, &argv, NULL);
	register_assets(reviews);
	g_test_add_func("/reviews/odds", test_odds);
	g_test_add_func("/reviews/alone", test_alone);
	g_test_add_func("/reviews/judge", test_judge);
	g_test_add_func("/reviews/damaged", test_damaged);
	return g_test_run();
}
