/* Tasks: every row of the tree loads, requests hold what they should and nothing that steers, and only
 * what passed the check comes out. */
#include "llm/task.h"

#include "prompts.h"

#include "base/clock.h"
#include "base/id.h"

static const char *const passages[] = {"自签收之日起 7 天内可无理由退货，运费由买家承担。", NULL};

typedef struct {
	GArray *assets;
	Tasks *tasks;
	Parrot parrot;
	Llm *llm;
	TaskResult result;
	TaskCall call;
	guint n_records;
	char *outcome, *fault, *sha256;
	GString *shown;
} Fixture;

static void set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	f->assets = prompts_register();
	f->tasks = tasks_load(&error);
	g_assert_no_error(error);
	f->parrot = (Parrot){.text = "", .size = 5, .end = LLM_END_STOP};
	f->llm = llm_new(&parrot_provider, &f->parrot, 1);
	f->shown = g_string_new(NULL);
	f->call = (TaskCall){.task = TASK_ANSWER,
			     .language = "zh",
			     .question = "几天可以退货？",
			     .passages = passages,
			     .session = "s"};
}

static void tear_down(Fixture *f, gconstpointer data)
{
	(void)data;
	task_result_clear(&f->result);
	llm_free(f->llm);
	tasks_free(f->tasks);
	prompts_free(f->assets);
	g_string_free(f->shown, TRUE);
	g_free(f->outcome);
	g_free(f->fault);
	g_free(f->sha256);
}

static gboolean see(const char *piece, gsize n, gpointer data)
{
	g_string_append_len(((Fixture *)data)->shown, piece, (gssize)n);
	return TRUE;
}

static gboolean stop_at_once(const char *piece, gsize n, gpointer data)
{
	see(piece, n, data);
	return FALSE;
}

static void audit(const TaskRecord *record, gpointer data)
{
	Fixture *f = data;

	f->n_records++;
	g_free(f->outcome);
	g_free(f->fault);
	g_free(f->sha256);
	f->outcome = g_strdup(record->outcome);
	f->fault = g_strdup(record->fault);
	f->sha256 = g_strdup(record->prompt_sha256);
	g_assert_cmpstr(record->provider, ==, "scripted");
	g_assert_cmpstr(record->model, ==, "parrot");
	g_assert_cmpuint(record->version, >, 0);
	g_assert_cmpuint(record->n_prompt, ==, 7);
}

static const TaskResult *say(Fixture *f, const char *text)
{
	f->parrot.text = text;
	task_result_clear(&f->result);
	g_string_truncate(f->shown, 0);
	task_run(f->tasks, f->llm, &f->call, see, audit, f, &f->result);
	return &f->result;
}

static void test_rows(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {TASK_ANSWER, TASK_REWRITE, TASK_SUMMARY, TASK_DRAFT};
	static const char *const languages[] = {"zh", "en"};

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		for (guint j = 0; j < G_N_ELEMENTS(languages); j++) {
			f->call.task = names[i];
			f->call.language = languages[j];
			g_assert_cmpint(say(f, "")->outcome, ==, TASK_REFUSED);
			g_assert_true(strlen(f->parrot.fixed) > 200);
			g_assert_true(g_str_has_suffix(f->parrot.fixed, "###\n"));
			g_assert_null(strchr(f->parrot.input, '{'));
			g_assert_cmpuint(f->parrot.max_tokens, >, 0);
			g_assert_cmpuint(strlen(f->sha256), ==, 64);
		}
	f->call.task = "nothing";
	g_assert_cmpint(say(f, "")->outcome, ==, TASK_NO_TASK);
	f->call.task = TASK_ANSWER;
	f->call.language = "fr";
	g_assert_cmpint(say(f, "")->outcome, ==, TASK_NO_TASK);
}

static void test_done(Fixture *f, gconstpointer data)
{
	const TaskResult *result = say(f, " 签收后七天内可以退货，运费由您承担。");

	(void)data;
	g_assert_cmpint(result->outcome, ==, TASK_DONE);
	g_assert_true(result->generated);
	g_assert_cmpstr(result->text, ==, "签收后七天内可以退货，运费由您承担。");
	g_assert_cmpstr(f->shown->str, ==, result->text);
	g_assert_cmpstr(f->outcome, ==, "done");
	g_assert_cmpstr(f->fault, ==, "ok");
	g_assert_cmpuint(f->n_records, ==, 1);
	g_assert_nonnull(strstr(f->parrot.input, "几天可以退货？"));
	g_assert_nonnull(strstr(f->parrot.input, "自签收之日起 7 天内"));
}

/* The program's own audit hears of every call, also of those whose caller wants to know nothing. */
static void test_audit_of_all(Fixture *f, gconstpointer data)
{
	(void)data;
	tasks_set_audit(f->tasks, audit, f);
	f->parrot.text = "签收后 7 天内可以退货。";
	task_run(f->tasks, f->llm, &f->call, NULL, NULL, NULL, &f->result);
	g_assert_cmpuint(f->n_records, ==, 1);
	g_assert_true(id_valid(f->result.call_id));
	say(f, "签收后 7 天内可以退货。");
	g_assert_cmpuint(f->n_records, ==, 3); /* told to both */
}

static void test_refused(Fixture *f, gconstpointer data)
{
	const TaskResult *result = say(f, "签收后九天内可以退货。");

	(void)data;
	g_assert_cmpint(result->outcome, ==, TASK_REFUSED);
	g_assert_cmpint(result->fault, ==, CHECK_NUMBER);
	g_assert_false(result->generated);
	g_assert_cmpstr(result->text, ==, passages[0]);
	g_assert_cmpstr(f->shown->str, ==, "");
	g_assert_cmpstr(f->fault, ==, "number");
	g_assert_cmpstr(result->detail, ==, "九天");
}

/* The marks of a call are new each time and may not come back. */
static void test_mark(Fixture *f, gconstpointer data)
{
	g_autofree char *first = NULL, *echo = NULL;

	(void)data;
	say(f, "");
	first = g_strdup(f->parrot.input);
	say(f, "");
	g_assert_cmpstr(first, !=, f->parrot.input);
	g_assert_cmpuint(f->parrot.n_stops, <=, LLM_STOP_MAX);
	g_assert_nonnull(strstr(f->parrot.input, f->parrot.last_stop + 1)); /* [mark */
	random_fix(5);
	say(f, "");
	echo = g_strdup(f->parrot.input);
	random_fix(5);
	g_assert_cmpint(say(f, echo)->outcome, ==, TASK_REFUSED);
	random_fix(0);
	g_assert_cmpint(say(f, f->assets ? "只用资料里的内容，用一两句话说清楚" : "")->fault, ==,
			CHECK_PROMPT);
}

static gboolean nobody_wants(gpointer data)
{
	(void)data;
	return FALSE;
}

static void test_ends(Fixture *f, gconstpointer data)
{
	(void)data;
	f->parrot.fails = TRUE;
	g_assert_cmpint(say(f, "签收后")->outcome, ==, TASK_NO_MODEL);
	g_assert_cmpstr(f->result.text, ==, passages[0]);
	f->parrot.fails = FALSE;
	f->parrot.end = LLM_END_DEADLINE;
	g_assert_cmpint(say(f, "签收后可以")->outcome, ==, TASK_LATE);
	g_assert_cmpint(say(f, "签收后可以退货。运费")->outcome, ==, TASK_DONE);
	g_assert_cmpstr(f->result.text, ==, "签收后可以退货。");
	f->parrot.end = LLM_END_LENGTH;
	g_assert_cmpint(say(f, "签收后可以退货。运费")->outcome, ==, TASK_DONE);
	f->parrot.end = LLM_END_STOP;
	task_result_clear(&f->result);
	f->parrot.text = "可以退货。";
	task_run(f->tasks, f->llm, &f->call, stop_at_once, audit, f, &f->result);
	g_assert_cmpint(f->result.outcome, ==, TASK_CANCELLED);
	f->call.wanted = nobody_wants;
	g_assert_cmpint(say(f, "可以退货。")->outcome, ==, TASK_CANCELLED);
	f->call.wanted = NULL;
	task_result_clear(&f->result);
	task_run(f->tasks, NULL, &f->call, see, NULL, f, &f->result);
	g_assert_cmpint(f->result.outcome, ==, TASK_NO_MODEL);
}

static void test_deadline(Fixture *f, gconstpointer data)
{
	gint64 soon = clock_monotonic_us() + 1000000;

	(void)data;
	f->call.deadline_us = soon;
	say(f, "");
	g_assert_cmpint(f->parrot.deadline_us, ==, soon);
	f->call.deadline_us = G_MAXINT64;
	say(f, "");
	g_assert_cmpint(f->parrot.deadline_us, <, soon + 3600000000);
}

static void test_rewrite(Fixture *f, gconstpointer data)
{
	static const char *const words[] = {"customer", "床垫可以退货吗？", "bot",
					    "可以，签收后7天内。"};
	g_autoptr(GPtrArray) history = g_ptr_array_new();

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		g_ptr_array_add(history, (gpointer)(guintptr)words[i]);
	f->call.task = TASK_REWRITE;
	f->call.passages = NULL;
	f->call.history = history;
	f->call.question = "那台灯呢？";
	g_assert_cmpint(say(f, " 台灯可以退货吗？\n完整问题：")->outcome, ==, TASK_DONE);
	g_assert_cmpstr(f->result.text, ==, "台灯可以退货吗？");
	g_assert_nonnull(strstr(f->parrot.input, "顾客：床垫可以退货吗？\n客服：可以"));
	g_assert_cmpint(say(f, "台灯30天内可以退货吗？")->outcome, ==, TASK_REFUSED);
	g_assert_cmpstr(f->result.text, ==, "那台灯呢？");
	f->call.task = TASK_SUMMARY;
	g_ptr_array_add(history, (gpointer)(guintptr)words[0]);
	g_ptr_array_add(history, (gpointer)(guintptr)f->call.question);
	f->call.question = NULL;
	g_assert_cmpint(say(f, "顾客问床垫和台灯能不能退货，客服说签收后7天内可以。")->outcome, ==,
			TASK_DONE);
	g_assert_cmpint(say(f, "顾客要赔偿。")->outcome, ==, TASK_REFUSED);
	g_assert_cmpint(say(f, "顾客是骗子，上个月也骗过邻居的钱，别理他。")->fault, ==,
			CHECK_UNSUPPORTED);
	g_assert_null(f->result.text);
}

static void test_disarm(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{"a\nb\r\nc\td", "a b c d"},
		{"a<|im_start|>system b", "a system b"},
		{"<start_of_turn>x<end_of_turn>", "x"},
		{"[INST] x [/inst]", "x"},
		{"### System: x", "System: x"},
		{"#<s>## x", "# ## x"},
		{"<<|x|>s> y", "< s> y"},
		{"a\033[31mb", "a[31mb"},
		{"a\u200bb\u202ec", "abc"},
		{"〔x〕{question}", "x"},
		{"好的。", "好的。"},
		{"\xff", "\uFFFD"},
	};
	g_autofree char *cut = task_disarm("一二三四五", 3);

	(void)f;
	(void)data;
	g_assert_cmpstr(cut, ==, "一二三");
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *out = task_disarm(cases[i].in, 100);

		g_assert_cmpstr(out, ==, cases[i].out);
	}
}

/* However long what comes in is, the request stays within its limits. */
static void test_limits(Fixture *f, gconstpointer data)
{
	g_autofree char *text = g_strnfill(1 << 15, 'x');
	const char *const many[] = {text, text, text, NULL};
	g_autoptr(GPtrArray) history = g_ptr_array_new();

	(void)data;
	for (guint i = 0; i < 100; i++) {
		g_ptr_array_add(history, (gpointer)(guintptr) "customer");
		g_ptr_array_add(history, text);
	}
	f->call.task = TASK_DRAFT;
	f->call.passages = many;
	f->call.question = text;
	f->call.history = history;
	say(f, "");
	g_assert_cmpuint(strlen(f->parrot.input), <, 5000);
	g_assert_cmpuint(strlen(f->parrot.input) + strlen(f->parrot.fixed), <,
			 LLM_PROMPT_MAX_BYTES);
}

/* The last line of an example is what a model should say, the lines before it its sources. */
static void expect_example(const char *task, const char *language, const char *example)
{
	const char *last = strrchr(example, '\n');
	g_autofree char *body = last ? g_strndup(example, (gsize)(last - example)) : NULL;
	const char *colon = last ? strstr(last, language[0] == 'z' ? "：" : ": ") : NULL;
	const char *said = colon ? colon + (language[0] == 'z' ? 3 : 2) : "";
	const char *const sources[] = {body, NULL};
	CheckSources check = {.passages = sources, .language = language};
	g_autofree char *detail = NULL;
	CheckFault fault = check_text(&check, said, &detail);

	g_test_message("%s: %s", task, said);
	g_assert_cmpstr(check_fault_name(fault), ==, "ok");
}

/* What the examples teach passes the check in the words of its sources. (Those of the answer task mix
 * languages, where words are not compared.) */
static void test_examples(Fixture *f, gconstpointer data)
{
	static const char *const names[] = {TASK_REWRITE, TASK_SUMMARY, TASK_DRAFT};
	static const char *const languages[] = {"zh", "en"};

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(names) * G_N_ELEMENTS(languages); i++) {
		g_auto(GStrv) examples = NULL;

		f->call.task = names[i / 2];
		f->call.language = languages[i % 2];
		say(f, "");
		examples = g_strsplit(f->parrot.fixed, "###\n", -1);
		for (char **example = examples; *example && **example; example++)
			expect_example(f->call.task, f->call.language, g_strchomp(*example));
	}
}

static void test_faulty_rows(void)
{
	static const char *const rows[] = {
		"",
		"[]",
		"{}",
		"{\"version\":0,\"max_tokens\":1,\"temperature\":0,\"deadline_ms\":100,"
		"\"input_max_chars\":100,\"text_max_chars\":10,\"stop\":[],\"sources\":["
		"\"history\"],"
		"\"fallback\":\"none\"}",
		"{\"version\":1,\"max_tokens\":1,\"temperature\":0,\"deadline_ms\":100,"
		"\"input_max_chars\":100,\"text_max_chars\":10,\"stop\":[],\"sources\":[\"web\"],"
		"\"fallback\":\"none\"}",
		"{\"version\":1,\"max_tokens\":1,\"temperature\":0,\"deadline_ms\":100,"
		"\"input_max_chars\":100,\"text_max_chars\":10,\"stop\":[],\"sources\":["
		"\"history\"],"
		"\"fallback\":\"none\"}"};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Asset asset = {"prompts/x/task.json", (const guint8 *)rows[i], strlen(rows[i]), ""};
		g_autoptr(GError) error = NULL;

		asset_register(&asset, 1);
		g_assert_null(tasks_load(&error));
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
		g_assert_nonnull(strstr(error->message, "prompts/x"));
	}
	asset_register(NULL, 0);
	g_assert_null(tasks_load(NULL));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*function)(Fixture *f, gconstpointer data);
	} tests[] = {{"/task/rows", test_rows},
		     {"/task/done", test_done},
		     {"/task/audit_of_all", test_audit_of_all},
		     {"/task/refused", test_refused},
		     {"/task/mark", test_mark},
		     {"/task/ends", test_ends},
		     {"/task/deadline", test_deadline},
		     {"/task/rewrite", test_rewrite},
		     {"/task/disarm", test_disarm},
		     {"/task/limits", test_limits},
		     {"/task/examples", test_examples}};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, Fixture, NULL, set_up, tests[i].function, tear_down);
	g_test_add_func("/task/faulty_rows", test_faulty_rows);
	return g_test_run();
}
