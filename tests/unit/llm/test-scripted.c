/* The scripted model; and the gate against all that a hostile one says: nothing of it comes out. */
#include "llm/scripted.h"

#include "prompts.h"

#include "base/clock.h"
#include "llm/task.h"

static Llm *script(const char *text)
{
	g_autoptr(GError) error = NULL;
	Llm *llm = scripted_new(text, strlen(text), &error);

	g_assert_no_error(error);
	return llm;
}

static gboolean add(const char *piece, gsize n, gpointer data)
{
	g_string_append_printf(data, "%.*s|", (int)n, piece);
	return TRUE;
}

static gboolean ask(Llm *llm, const char *input, GString *out, LlmUsage *usage, GError **error)
{
	LlmRequest request = {.fixed = "fixed part",
			      .input = input,
			      .max_tokens = 10,
			      .deadline_us = clock_monotonic_us() + 20000,
			      .session = "s"};

	g_string_truncate(out, 0);
	return llm_generate(llm, &request, add, out, usage, error);
}

static void test_rules(void)
{
	g_autoptr(Llm) llm = script("{\"model\":\"m\",\"rules\":["
				    "{\"match\":\"hello\",\"text\":\"你好呀\",\"chunk\":4},"
				    "{\"match\":\"fixed\",\"text\":\"abcdef\",\"fail_after\":3}]}");
	g_autoptr(Llm) none = script("{\"rules\":[{\"match\":\"zz\",\"text\":\"y\"}]}");
	g_autoptr(Llm) error_rule = script("{\"rules\":[{\"error\":\"too_large\"}]}");
	g_autoptr(Llm) slow = script("{\"rules\":[{\"text\":\"abc\",\"delay_ms\":500000}]}");
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	LlmUsage usage;

	g_assert_true(ask(llm, "hello", out, &usage, &error));
	g_assert_cmpstr(out->str, ==, "你好|呀|");
	g_assert_cmpint(usage.end, ==, LLM_END_STOP);
	g_assert_false(ask(llm, "other", out, &usage, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_assert_cmpstr(out->str, ==, "abc|");
	g_clear_error(&error);
	g_assert_false(ask(none, "hello", out, &usage, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_UNAVAILABLE);
	g_clear_error(&error);
	g_assert_false(ask(error_rule, "hello", out, &usage, &error));
	g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_TOO_LARGE);
	g_assert_true(ask(slow, "hello", out, &usage, NULL));
	g_assert_cmpint(usage.end, ==, LLM_END_DEADLINE);
}

static gboolean unwanted(gpointer data)
{
	gint *n_looks = data;

	return --*n_looks > 0;
}

static void test_not_wanted_any_more(void)
{
	g_autoptr(Llm) llm = script("{\"rules\":[{\"text\":\"abc\",\"delay_ms\":500000}]}");
	g_autoptr(GString) out = g_string_new(NULL);
	gint n_looks = 3;
	LlmRequest request = {.fixed = "",
			      .input = "x",
			      .max_tokens = 10,
			      .deadline_us = clock_monotonic_us() + 1000 * G_USEC_PER_SEC,
			      .wanted = unwanted,
			      .wanted_data = &n_looks};
	LlmUsage usage;

	g_assert_true(llm_generate(llm, &request, add, out, &usage, NULL));
	g_assert_cmpint(usage.end, ==, LLM_END_CANCELLED);
	g_assert_cmpstr(out->str, ==, "");
}

static gboolean leave(const char *piece, gsize n, gpointer data)
{
	(void)piece, (void)n, (void)data;
	return FALSE;
}

/* Who has left does not hear of a crash: the call ended before it. */
static void test_left_before_the_crash(void)
{
	g_autoptr(Llm) llm = script("{\"rules\":[{\"hostile\":\"crash\"}]}");
	LlmRequest request = {.fixed = "",
			      .input = "x",
			      .max_tokens = 10,
			      .deadline_us = clock_monotonic_us() + G_USEC_PER_SEC};
	LlmUsage usage;

	g_assert_true(llm_generate(llm, &request, leave, NULL, &usage, NULL));
	g_assert_cmpint(usage.end, ==, LLM_END_CANCELLED);
}

static void test_faulty(void)
{
	static const char *const files[] = {"",
					    "[1]",
					    "{}",
					    "{\"rules\":{}}",
					    "{\"model\":\"m\"}",
					    "{\"rules\":[1]}",
					    "{\"rules\":[{\"chunk\":-1}]}",
					    "{\"rules\":[{\"hostile\":\"kind\"}]}",
					    "{\"rules\":[{\"error\":\"oops\"}]}"};

	for (guint i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(scripted_new(files[i], strlen(files[i]), &error));
		g_assert_error(error, ZHIYIN_ERROR, ZHIYIN_ERROR_INVALID);
	}
}

/* ---- the gate against the hostile model ------------------------------------------------------ */

static const char *const zh[] = {"自签收之日起 7 天内可无理由退货，运费由买家承担。", NULL};
static const char *const en[] = {
	"You can return items within 30 days. Postage is paid by the buyer.", NULL};

/* What no visitor may see of any of it. */
static const char *const poison[] = {"<",
				     "http",
				     "www.",
				     "\033",
				     "\b",
				     "\a",
				     "{",
				     "}",
				     "1折",
				     "一折",
				     "90%",
				     "99%",
				     "half",
				     "500",
				     "八五折",
				     "一块钱",
				     "保证",
				     "全额",
				     "赔",
				     "终身",
				     "guar",
				     "refu",
				     "promis",
				     "comp",
				     "已为您",
				     "全款",
				     "1391",
				     "private",
				     "110105",
				     "4111",
				     "王芳",
				     "一三九",
				     "Blackwood",
				     "####",
				     "alert",
				     "好的好的好的",
				     "yes yes yes yes"};

static gboolean show(const char *piece, gsize n, gpointer data)
{
	g_string_append_len(data, piece, (gssize)n);
	return TRUE;
}

static void test_hostile(void)
{
	static const int chunks[] = {0, 1, 7};
	GArray *assets = prompts_register();
	g_autoptr(Tasks) tasks = tasks_load(NULL);
	guint n_calls = 0, n_done = 0;

	for (guint i = 0; i < G_N_ELEMENTS(chunks); i++) {
		g_autofree char *file = g_strdup_printf(
			"{\"rules\":[{\"hostile\":\"any\",\"chunk\":%d}]}", chunks[i]);
		g_autoptr(Llm) llm = script(file);

		for (guint call = 0; call < 1000; call++, n_calls++) {
			gboolean chinese = call % 2;
			g_autoptr(GString) shown = g_string_new(NULL);
			g_auto(TaskResult) result = {0};
			TaskCall task = {.task = call % 3 ? TASK_ANSWER : TASK_DRAFT,
					 .language = chinese ? "zh" : "en",
					 .question =
						 chinese ? "几天可以退货？" : "How do I return it?",
					 .passages = chinese ? zh : en,
					 .session = "s",
					 .deadline_us = clock_monotonic_us() + 3000};

			task_run(tasks, llm, &task, show, NULL, shown, &result);
			n_done += result.outcome == TASK_DONE;
			for (guint j = 0; j < G_N_ELEMENTS(poison); j++)
				if (strstr(shown->str, poison[j]))
					g_test_fail_printf("shown: %s", shown->str);
			g_assert_true(g_utf8_validate(shown->str, -1, NULL));
			g_assert_cmpuint(shown->len, <, 4000);
			if (!result.generated) /* a draft has its words from elsewhere then */
				g_assert_cmpstr(result.text, ==,
						call % 3 ? task.passages[0] : NULL);
		}
	}
	g_assert_cmpuint(n_calls, ==, 3000);
	g_test_message("%u of %u came through", n_done, n_calls);
	prompts_free(assets);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scripted/rules", test_rules);
	g_test_add_func("/scripted/not_wanted_any_more", test_not_wanted_any_more);
	g_test_add_func("/scripted/left_before_the_crash", test_left_before_the_crash);
	g_test_add_func("/scripted/faulty", test_faulty);
	g_test_add_func("/scripted/hostile", test_hostile);
	return g_test_run();
}
