/* Classifiers of n-grams from small data: learning, reasons, out of scope, the file whole and damaged. (With the
 * encoder: tests/cli/test_learn.py.) */
#include "nlu/classifier.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "nlu/grams.h"
#include "text/normalise.h"

static const char *const good[] = {
	"质量很好",	 "非常喜欢",   "物流很快很满意",   "very good, I love it",
	"great quality", "服务态度好", "很满意的一次购物", "love this, works great"};
static const char *const bad[] = {
	"质量太差",	"非常失望",   "物流太慢不满意",	  "very bad, I hate it",
	"poor quality", "服务态度差", "很糟糕的一次购物", "hate this, it broke"};

static Examples *make(guint n_labels)
{
	Examples *e = examples_new();

	g_ptr_array_add(e->labels, g_strdup("negative"));
	if (n_labels > 1)
		g_ptr_array_add(e->labels, g_strdup("positive"));
	for (guint i = 0; i < 8; i++)
		for (guint class = 0; class < n_labels; class ++) {
			g_ptr_array_add(e->texts, g_strdup(class ? good[i] : bad[i]));
			g_array_append_val(e->classes, class);
		}
	return e;
}

static Classifier *train(const Examples *e, gboolean oos, GError **error)
{
	ClassifierOptions options = {.task = "sentiment",
				     .views = 1U << VIEW_GRAMS,
				     .seed = 1,
				     .n_threads = 1,
				     .oos = oos};

	return classifier_train(e, &options, error);
}

static guint label_of(const Classifier *c, const char *text)
{
	double p[3];
	g_autoptr(GError) error = NULL;

	classifier_predict(c, &text, 1, p, &error);
	g_assert_no_error(error);
	return classifier_decide(c, p);
}

static void test_learns(void)
{
	g_autoptr(Examples) e = make(2);
	g_autoptr(GError) error = NULL;
	g_autoptr(Classifier) c = train(e, FALSE, &error);
	g_autoptr(GArray) reasons = NULL;
	guint n = 0;

	g_assert_no_error(error);
	g_assert_cmpuint(label_of(c, "质量好"), ==, 1);
	g_assert_cmpuint(label_of(c, "very bad, I hate it"), ==, 0);
	g_assert_cmpuint(label_of(c, "質量很好"), ==, 1); /* traditional */
	reasons = classifier_explain(c, "质量太差", 0, 3);
	g_assert_cmpuint(reasons->len, ==, 3);
	for (guint i = 0; i < reasons->len; i++) {
		const ClassifierReason *reason = &g_array_index(reasons, ClassifierReason, i);

		n += strstr(reason->piece, "差") && reason->weight > 0;
	}
	g_assert_cmpuint(n, >=, 1);
}

static void test_one_label(void)
{
	g_autoptr(Examples) e = make(1);
	g_autoptr(GError) error = NULL;

	g_assert_null(train(e, FALSE, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	g_assert_nonnull(strstr(error->message, "negative"));
}

static void test_oos(void)
{
	g_autoptr(Examples) e = make(2);
	static const char *const others[] = {"今天天气怎么样",	"帮我放一首歌",	   "明天几点日出",
					     "what time is it", "play some music", "book a flight"};
	g_autoptr(Classifier) c = NULL;
	guint oos = 1;

	g_ptr_array_insert(e->labels, 1, g_strdup(CLASSIFIER_OOS)); /* negative, oos, positive */
	for (guint i = 0; i < e->classes->len; i++)
		g_array_index(e->classes, guint, i) *= 2;
	for (gsize i = 0; i < G_N_ELEMENTS(others); i++) {
		g_ptr_array_add(e->texts, g_strdup(others[i]));
		g_array_append_val(e->classes, oos);
	}
	c = train(e, TRUE, NULL);
	g_assert_cmpuint(label_of(c, "明天天气怎么样"), ==,
			 3); /* the number of labels: none of them */
	g_assert_cmpuint(label_of(c, "质量很好，非常喜欢"), ==, 2);
}

/* Two labels of few examples, which share no word with what is asked but by the label's name. */
static guint label_by_name(const char *name, guint n_examples, const char *text)
{
	g_autoptr(Examples) e = examples_new();
	g_autoptr(Classifier) c = NULL;

	for (guint i = 0; i < n_examples; i++) {
		g_autofree char *one = g_strdup_printf("please bill %u", i);
		g_autofree char *other = g_strdup_printf("where is my parcel %u", i);

		examples_add(e, one, name);
		examples_add(e, other, "delivery");
	}
	examples_sort(e);
	c = train(e, FALSE, NULL);
	return label_of(c, text);
}

static void test_names_of_labels(void)
{
	/* in the order of their bytes */
	g_assert_cmpuint(label_by_name("vat_invoice", 6, "invoice"), ==, 1);
	g_assert_cmpuint(label_by_name("a|开发票", 6, "开发票"), ==, 0);
	g_assert_cmpuint(label_by_name("a|开发票", 6, "delivery"), ==, 1);
	g_assert_cmpuint(label_by_name("1", 6, "please bill"), ==, 0); /* no name */
	/* of many examples the name says nothing: neither label is nearer */
	g_assert_cmpuint(label_by_name("vat_invoice", 21, "invoice"), ==,
			 label_by_name("vat_invoice", 21, "delivery"));
}

/* The teacher knows a word that the student's examples do not have; texts without labels have both. */
static void test_distillation(void)
{
	g_autoptr(Examples) few = examples_new(), more = examples_new();
	g_autoptr(GPtrArray) unlabelled = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Classifier) teacher = NULL, alone = NULL, student = NULL, other = NULL;
	g_autoptr(GError) error = NULL;
	ClassifierOptions options = {.task = "sentiment", .views = 1U << VIEW_GRAMS, .seed = 1};

	for (guint i = 0; i < 30; i++) {
		examples_add(few, "满意", "p");
		examples_add(few, "失望", "n");
		examples_add(more, i % 2 ? "满意" : "给力", "p");
		examples_add(more, i % 2 ? "失望" : "坑人", "n");
		g_ptr_array_add(unlabelled, g_strdup(i % 2 ? "给力又实惠" : "坑人的破烂"));
	}
	examples_sort(few);
	examples_sort(more);
	teacher = train(more, FALSE, NULL);
	alone = train(few, FALSE, NULL);
	options.teacher = teacher;
	options.unlabelled = unlabelled;
	student = classifier_train(few, &options, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(label_of(alone, "实惠"), ==, label_of(alone, "破烂"));
	g_assert_cmpuint(label_of(student, "实惠"), ==, 1);
	g_assert_cmpuint(label_of(student, "破烂"), ==, 0);
	g_assert_cmpuint(label_of(student, "满意"), ==, 1);
	{
		g_autoptr(GByteArray) file = classifier_format(student, NULL);

		other = classifier_parse(file->data, file->len, NULL);
		g_assert_nonnull(strstr(classifier_card(other), "\"unlabelled\":30"));
	}
	g_free(few->labels->pdata[1]);
	few->labels->pdata[1] = g_strdup("q");
	g_assert_null(classifier_train(few, &options, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
}

/* Each text stands there three times, and nothing but itself tells its label: on what is held out it is a guess. */
static void test_same_texts(void)
{
	static const char *const marks[] = {"甲", "乙", "丙", "丁", "戊", "己", "庚",
					    "辛", "壬", "癸", "子", "丑", "寅", "卯",
					    "辰", "巳", "午", "未", "申", "酉"};
	g_autoptr(Examples) e = examples_new();
	g_autoptr(Classifier) c = NULL, read = NULL;
	g_autoptr(GByteArray) file = NULL;
	g_autoptr(json_t) card = NULL;
	ClassifierOptions options = {
		.task = "intent", .views = 1U << VIEW_GRAMS, .seed = 1, .measure = TRUE};

	for (guint i = 0; i < 3 * G_N_ELEMENTS(marks); i++)
		examples_add(e, marks[i / 3], i / 3 % 2 ? "odd" : "even");
	examples_sort(e);
	c = classifier_train(e, &options, NULL);
	file = classifier_format(c, NULL);
	read = classifier_parse(file->data, file->len, NULL);
	card = json_parse(classifier_card(read), strlen(classifier_card(read)), NULL);
	g_assert_cmpfloat(
		json_number_value(json_object_get(json_object_get(card, "held_out"), "accuracy")),
		<, 0.8);
}

static void test_file(void)
{
	g_autoptr(Examples) e = make(2);
	g_autoptr(Classifier) c = train(e, FALSE, NULL), same = train(e, FALSE, NULL), read = NULL;
	g_autoptr(GByteArray) file = classifier_format(c, "{\"accuracy\":1}"),
			      again = classifier_format(same, "{\"accuracy\":1}");
	g_autoptr(GError) error = NULL;
	const char *text = "物流很快";
	double p[2], q[2];

	g_assert_cmpmem(file->data, file->len, again->data, again->len); /* bit for bit */
	read = classifier_parse(file->data, file->len, &error);
	g_assert_no_error(error);
	g_assert_nonnull(strstr(classifier_card(read), "\"accuracy\":1"));
	g_assert_true(classifier_predict(c, &text, 1, p, NULL) &&
		      classifier_predict(read, &text, 1, q, NULL));
	g_assert_cmpfloat_with_epsilon(p[1], q[1], 1e-6);
	for (guint n = 0; n < file->len; n += 1 + file->len / 200) {
		g_autoptr(Classifier) cut = classifier_parse(file->data, n, NULL), flipped = NULL;

		g_assert_null(cut);
		file->data[n] ^= 1;
		flipped = classifier_parse(file->data, file->len, NULL);
		file->data[n] ^= 1;
		g_assert_null(flipped);
	}
}

static void read_fails(const char *content, const char *message)
{
	g_autofree char *path = NULL;
	ExamplesColumns columns = {"text", "label", NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(Examples) e = NULL;
	int fd = g_file_open_tmp("examples-XXXXXX.csv", &path, NULL);

	g_close(fd, NULL);
	g_file_set_contents(path, content, -1, NULL);
	e = examples_read(path, &columns, &error);
	g_unlink(path);
	g_assert_null(e);
	g_assert_nonnull(strstr(error->message, message));
}

static void test_bad_tables(void)
{
	read_fails("text,label\na,x\nb\n", ":3:");
	read_fails("text,label\na,x\nb,\n", ":3:1: the row has no label");
	read_fails("words,label\na,x\n", "no column 'text'");
	read_fails("text,label\n", "no row");
	read_fails("", "");
}

static GArray *keys_of(const char *text)
{
	GArray *keys = g_array_new(FALSE, FALSE, sizeof(guint32));
	g_autofree char *normal = text_normalise(text, -1);

	grams_append(normal, GRAMS_ALL, keys, NULL);
	return keys;
}

static void same_keys(const char *a, const char *b)
{
	g_autoptr(GArray) x = keys_of(a), y = keys_of(b);

	g_assert_cmpmem(x->data, x->len * sizeof(guint32), y->data, y->len * sizeof(guint32));
	g_assert_cmpuint(x->len, >, 0);
}

static void test_grams(void)
{
	g_autoptr(GArray) none = keys_of("  ");

	g_assert_cmpuint(none->len, ==, 0);
	same_keys("质量很好ABC", "質量很好ａｂｃ");
	same_keys("好\u200b用", "好用");
	same_keys("好好好好好好", "好好好");
	same_keys("sooooooo good", "sooo good");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/classifier/learns", test_learns);
	g_test_add_func("/classifier/one-label", test_one_label);
	g_test_add_func("/classifier/oos", test_oos);
	g_test_add_func("/classifier/names-of-labels", test_names_of_labels);
	g_test_add_func("/classifier/distillation", test_distillation);
	g_test_add_func("/classifier/same-texts", test_same_texts);
	g_test_add_func("/classifier/file", test_file);
	g_test_add_func("/classifier/bad-tables", test_bad_tables);
	g_test_add_func("/classifier/grams", test_grams);
	return g_test_run();
}
