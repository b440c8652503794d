/*
 * Speed of the text encoder: texts, tokens and CPU time, for a file of texts (one a line) or for
 * made-up ones of about 58 tokens. bench-encoder [--threads N] [--texts N] [--tokens N] [--weights
 * FILE] [LINES] bench-encoder --dump query|passage|plain [LINES] writes {"ids": [...], "vector":
 * [...]} for each line, for encoder_reference.py Prints one line of JSON per measurement. Does not
 * compare with other engines: that is encoder_reference.py's work.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/json.h"
#include "ml/encoder.h"
#include "ml/tokenizer.h"
#include "ml/weights.h"

static char *weights_path;
static int n_threads = 1, n_texts = 400, n_tokens = 58;
static char *dump;

static const GOptionEntry options[] = {
	{"threads", 0, 0, G_OPTION_ARG_INT, &n_threads, "threads of a call", "N"},
	{"texts", 0, 0, G_OPTION_ARG_INT, &n_texts, "how many texts to encode", "N"},
	{"tokens", 0, 0, G_OPTION_ARG_INT, &n_tokens, "tokens of a made-up text", "N"},
	{"weights", 0, 0, G_OPTION_ARG_FILENAME, &weights_path, "packed weights", "FILE"},
	{"dump", 0, 0, G_OPTION_ARG_STRING, &dump, "write ids and vectors instead", "PREFIX"},
	G_OPTION_ENTRY_NULL,
};

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

/* The kB of a line of smaps_rollup: our share of memory, files included. */
static gint64 memory_kb(const char *key)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL))
		return 0;
	line = strstr(text, key);
	return line ? g_ascii_strtoll(line + strlen(key), NULL, 10) : 0;
}

/* Sentences of everyday words, in turns Chinese and English, until the text has the wanted number
 * of tokens. */
static char *text_make(const Encoder *encoder, GRand *random)
{
	static const char *const words[2][12] = {
		{"我们", "昨天", "收到", "的", "订单", "没有", "发票", "请", "尽快", "退款", "谢谢",
		 "，"},
		{" customer", " the", " invoice", " was", " delivered", " refund", " late",
		 " please", " order", " my", " account", ","},
	};
	g_autoptr(GString) text = g_string_new(NULL);
	gsize language = (gsize)g_rand_int_range(random, 0, 2);

	do
		g_string_append(text, words[language][g_rand_int_range(random, 0, 12)]);
	while (encoder_count(encoder, ENCODER_QUERY, text->str) < (gsize)n_tokens);
	return g_string_free(g_steal_pointer(&text), FALSE);
}

static GPtrArray *texts_get(const Encoder *encoder, const char *path, GError **error)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GRand) random = g_rand_new_with_seed(42);
	g_autofree char *content = NULL;
	g_auto(GStrv) lines = NULL;

	if (path && !g_file_get_contents(path, &content, NULL, error))
		return NULL;
	if (content)
		lines = g_strsplit(g_strchomp(content), "\n", -1);
	for (int i = 0; lines && lines[i]; i++)
		g_ptr_array_add(texts, g_strdup(lines[i]));
	for (int i = 0; !lines && i < n_texts; i++)
		g_ptr_array_add(texts, text_make(encoder, random));
	return g_steal_pointer(&texts);
}

static gboolean measure(const Encoder *encoder, GPtrArray *texts, GError **error)
{
	g_autofree float *vectors = g_new(float, (gsize)texts->len *ENCODER_DIMENSIONS);
	const char *const *all = (const char *const *)texts->pdata;
	gsize total = 0;
	gint64 start;
	double cpu, seconds;

	for (guint i = 0; i < texts->len; i++)
		total += encoder_count(encoder, ENCODER_QUERY, all[i]);
	if (!encoder_encode(encoder, ENCODER_QUERY, all, MIN(texts->len, 16), vectors, error))
		return FALSE;
	start = g_get_monotonic_time();
	cpu = cpu_seconds();
	if (!encoder_encode(encoder, ENCODER_QUERY, all, texts->len, vectors, error))
		return FALSE;
	cpu = cpu_seconds() - cpu;
	seconds = (double)(g_get_monotonic_time() - start) * 1e-6;
	printf("{\"kernels\":\"%s\",\"threads\":%d,\"texts\":%u,\"tokens_per_text\":%.1f,\"texts_"
	       "per_s\":%.1f,\"tokens_per_s\":%.0f,"
	       "\"cpu_ms_per_text\":%.3f,\"pss_kb\":%" G_GINT64_FORMAT "}\n",
	       encoder_kernels(encoder), n_threads, texts->len, (double)total / texts->len,
	       texts->len / seconds, (double)total / seconds, cpu * 1e3 / texts->len,
	       memory_kb("Pss:"));
	start = g_get_monotonic_time();
	for (guint i = 0; i < MIN(texts->len, 100); i++)
		if (!encoder_encode(encoder, ENCODER_QUERY, &all[i], 1, vectors, error))
			return FALSE;
	printf("{\"one_by_one_ms\":%.3f}\n",
	       (double)(g_get_monotonic_time() - start) * 1e-3 / MIN(texts->len, 100));
	return TRUE;
}

static void dump_ids(JsonWriter *json, const Tokenizer *tokenizer, const char *prefix,
		     const char *text)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));

	json_array_begin(json, "ids");
	if (tokenizer_split(tokenizer, prefix, text, strlen(text), tokens, NULL))
		for (guint i = 0; i < tokens->len; i++)
			json_put_int(json, NULL, g_array_index(tokens, Token, i).id);
	json_array_end(json);
}

static gboolean dump_all(const Encoder *encoder, GPtrArray *texts, GError **error)
{
	g_autoptr(Weights) weights = weights_open(weights_path, error);
	g_autoptr(Tokenizer) tokenizer =
		weights ? tokenizer_new(weights_vocabulary(weights)) : NULL;
	g_autofree char *prefix =
		strcmp(dump, "plain") == 0 ? g_strdup("") : g_strconcat(dump, ": ", NULL);
	EncoderPrefix kind = !*prefix	      ? ENCODER_PLAIN
			     : *prefix == 'q' ? ENCODER_QUERY
					      : ENCODER_PASSAGE;
	g_autofree float *vectors = g_new(float, (gsize)texts->len *ENCODER_DIMENSIONS);

	if (!tokenizer || !encoder_encode(encoder, kind, (const char *const *)texts->pdata,
					  texts->len, vectors, error))
		return FALSE;
	for (guint i = 0; i < texts->len; i++) {
		g_autoptr(GString) line = g_string_new(NULL);
		JsonWriter json = json_writer(line);

		json_object_begin(&json, NULL);
		dump_ids(&json, tokenizer, prefix, texts->pdata[i]);
		json_array_begin(&json, "vector");
		for (guint j = 0; j < ENCODER_DIMENSIONS; j++)
			json_put_double(&json, NULL,
					(double)vectors[(gsize)i * ENCODER_DIMENSIONS + j]);
		json_array_end(&json);
		json_object_end(&json);
		puts(line->str);
	}
	return TRUE;
}

int main(int argc, char **argv)
{
	g_autoptr(GOptionContext) context = g_option_context_new("[LINES]");
	g_autoptr(GError) error = NULL;
	g_autoptr(Encoder) encoder = NULL;
	g_autoptr(GPtrArray) texts = NULL;
	gint64 start;

	g_option_context_add_main_entries(context, options, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error)) {
		fprintf(stderr, "%s\n", error->message);
		return 2;
	}
	if (!weights_path)
		weights_path = g_build_filename(g_get_home_dir(),
						".cache/zhiyin/models/e5-small-q4.bin", NULL);
	start = g_get_monotonic_time();
	encoder = encoder_open(weights_path, (guint)MAX(n_threads, 1), &error);
	if (encoder && !dump)
		printf("{\"open_ms\":%.1f,\"pss_kb\":%" G_GINT64_FORMAT
		       ",\"private_kb\":%" G_GINT64_FORMAT "}\n",
		       (double)(g_get_monotonic_time() - start) * 1e-3, memory_kb("Pss:"),
		       memory_kb("Private_Dirty:"));
	texts = encoder ? texts_get(encoder, argc > 1 ? argv[1] : NULL, &error) : NULL;
	if (!texts ||
	    !(dump ? dump_all(encoder, texts, &error) : measure(encoder, texts, &error))) {
		fprintf(stderr, "%s\n", error->message);
		return 1;
	}
	return 0;
}
